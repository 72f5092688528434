use std::path::Path;

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::number::{Tick, log_ticks, ticks};
use crate::svg;
use crate::text::{Language, elide_to_pixels, pixel_width, visible};
use crate::{VizError, save};

/// Colours for lines that colour-blind readers can tell apart: M. Okabe and K. Ito, "Color Universal Design" (2008).
const LINES: [RGBColor; 6] = [
    RGBColor(0x00, 0x72, 0xb2),
    RGBColor(0xd5, 0x5e, 0x00),
    RGBColor(0x00, 0x9e, 0x73),
    RGBColor(0xcc, 0x79, 0xa7),
    RGBColor(0xe6, 0x9f, 0x00),
    RGBColor(0x56, 0xb4, 0xe9),
];
const INK: RGBColor = RGBColor(0x1f, 0x23, 0x28);
const MUTED: RGBColor = RGBColor(0x59, 0x63, 0x6e);
const GRID: RGBColor = RGBColor(0xe1, 0xe5, 0xea);
const AXIS: RGBColor = RGBColor(0x8c, 0x95, 0x9f);

/// The colours above, which plotters writes as attributes, on a dark page; and rounder lines than plotters'.
const RULES: &str = "\
.jumok polyline{stroke-linejoin:round;stroke-linecap:round}\
.jumok text[fill='#59636E']{fill:#59636e}\
@media (prefers-color-scheme:dark){\
.jumok text[fill='#59636E']{fill:#9198a1}\
.jumok [stroke='#E1E5EA']{stroke:#262c36}\
.jumok [stroke='#8C959F']{stroke:#656c76}\
.jumok [stroke='#0072B2']{stroke:#4ba3e3}\
.jumok [fill='#0072B2']{fill:#4ba3e3}\
}";

/// plotters places everything on whole pixels; drawing this many times larger and showing it smaller makes lines smooth.
const FINE: f64 = 8.0;
/// plotters divides a font's size by this.
const PLOTTERS_FONT: f64 = 1.24;
const MARGIN: f64 = 16.0;
const TITLE_SIZE: f64 = 16.0;
const NAME_SIZE: f64 = 13.0;
const TICK_SIZE: f64 = 12.0;
/// A series with more points is thinned out to the lowest and highest point of as many stretches as half of it.
const MOST_POINTS: usize = 2000;

/// Curves of a training run: values over steps, as SVG.
///
/// Values that are not finite (or beyond 10^300) leave a gap; on a logarithmic axis so do values that are not positive.
///
/// ```
/// use jumok_viz::Curve;
///
/// # fn main() -> Result<(), jumok_viz::VizError> {
/// let loss = [(1.0, 9.0), (2.0, 6.5), (3.0, 5.0)];
/// let svg = Curve::new("Training").axes("step", "loss").series("MLM", loss).baseline("uniform guess", 9.01).to_svg()?;
/// assert!(svg.contains("uniform guess"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Curve {
    pub(crate) title: String,
    x_name: String,
    y_name: String,
    pub(crate) series: Vec<Series>,
    pub(crate) baselines: Vec<(String, f64)>,
    included: Vec<f64>,
    smoothing: f64,
    log_scale: bool,
    size: (f64, f64),
    language: Language,
}

impl Curve {
    /// A picture without curves yet.
    pub fn new(title: &str) -> Curve {
        Curve {
            title: visible(title),
            x_name: String::new(),
            y_name: String::new(),
            series: Vec::new(),
            baselines: Vec::new(),
            included: Vec::new(),
            smoothing: 0.0,
            log_scale: false,
            size: (760.0, 420.0),
            language: Language::English,
        }
    }

    /// What the axes show, such as `step` and `loss`, with their units if they have any.
    #[must_use]
    pub fn axes(mut self, x: &str, y: &str) -> Curve {
        self.x_name = visible(x);
        self.y_name = visible(y);
        self
    }

    /// Adds a curve of `(step, value)` pairs in the order in which they are joined.
    #[must_use]
    pub fn series(mut self, label: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Curve {
        self.series.push(Series { label: visible(label), points: points.into_iter().collect(), dots: false });
        self
    }

    /// Adds a curve with a dot at each point, which is never smoothed: for what is measured now and then, such as the
    /// accuracy on held-out data.
    #[must_use]
    pub fn dotted_series(mut self, label: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Curve {
        self.series.push(Series { label: visible(label), points: points.into_iter().collect(), dots: true });
        self
    }

    /// Adds a dashed level line, such as the accuracy of always guessing the most frequent word.
    #[must_use]
    pub fn baseline(mut self, label: &str, value: f64) -> Curve {
        self.baselines.push((visible(label), value));
        self
    }

    /// Extends the vertical axis so that it contains a value, such as 0 and 1 for an accuracy.
    #[must_use]
    pub fn include(mut self, value: f64) -> Curve {
        self.included.push(value);
        self
    }

    /// Draws a smoothed curve strongly and the values themselves palely; see [`smooth`]. 0 draws only the values.
    ///
    /// # Panics
    /// If the weight is not in 0 ≤ weight < 1.
    #[must_use]
    #[track_caller]
    pub fn smoothing(mut self, weight: f64) -> Curve {
        assert!((0.0..1.0).contains(&weight), "Curve: the smoothing weight {weight} is not in 0 <= weight < 1");
        self.smoothing = weight;
        self
    }

    /// A logarithmic vertical axis.
    #[must_use]
    pub fn log_scale(mut self) -> Curve {
        self.log_scale = true;
        self
    }

    /// Width and height in pixels, at least 240 × 160; 760 × 420 unless set.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Curve {
        self.size = (f64::from(width.max(240)), f64::from(height.max(160)));
        self
    }

    /// The language of the words that the picture adds by itself.
    #[must_use]
    pub fn language(mut self, language: Language) -> Curve {
        self.language = language;
        self
    }

    /// The picture as a complete SVG document.
    ///
    /// # Errors
    /// [`VizError::Draw`] if plotters refuses to draw.
    pub fn to_svg(&self) -> Result<String, VizError> {
        let (width, height) = (self.size.0 * FINE, self.size.1 * FINE);
        let mut drawn = String::new();
        {
            let root = SVGBackend::with_string(&mut drawn, (width as u32, height as u32)).into_drawing_area();
            self.draw(&root).and_then(|()| root.present()).map_err(|error| VizError::Draw(error.to_string()))?;
        }
        // plotters' own first line knows nothing of titles, styles and a size other than that of the coordinates.
        let (_, body) = drawn.split_once('\n').unwrap_or_default();
        Ok(svg::open(self.size, (width, height), &self.title, RULES) + body)
    }

    /// Saves [`Curve::to_svg`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Draw`] and [`VizError::Save`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_svg()?)
    }

    fn draw(&self, root: &Area) -> Drawn {
        let curves = self.curves();
        let visible_points = || curves.iter().flat_map(|curve| curve.raw.iter().flatten().copied());
        let title_height = if self.title.is_empty() { 0.0 } else { 28.0 };
        let title = elide_to_pixels(&self.title, TITLE_SIZE, self.size.0 - 2.0 * MARGIN);
        text(root, &title, (MARGIN, MARGIN), TITLE_SIZE, INK, HPos::Left, VPos::Top, Bold::Yes)?;
        let legend_height = self.draw_legend(root, &curves, MARGIN + title_height)?;
        let top = MARGIN + title_height + legend_height + 14.0;
        let name_height = if self.x_name.is_empty() { 0.0 } else { 22.0 };
        let bottom = self.size.1 - MARGIN - name_height - 22.0;

        let Some((x_range, y_range)) = self.ranges(visible_points()) else {
            let message = match self.language {
                Language::English => "no values yet",
                Language::Korean => "아직 값이 없습니다",
            };
            let middle = (self.size.0 / 2.0, (top + bottom) / 2.0);
            return text(root, message, middle, NAME_SIZE, MUTED, HPos::Center, VPos::Center, Bold::No);
        };
        let y_count = ((bottom - top) / 45.0).clamp(2.0, 8.0) as usize;
        let y_ticks: Vec<Tick> = if self.log_scale {
            let ticks = log_ticks(10_f64.powf(y_range.0), 10_f64.powf(y_range.1), y_count);
            ticks.into_iter().map(|tick| Tick { value: tick.value.log10(), ..tick }).collect()
        } else {
            ticks(y_range.0, y_range.1, y_count)
        };
        let widest = y_ticks.iter().map(|tick| pixel_width(&tick.label, TICK_SIZE)).fold(0.0, f64::max);
        let left = MARGIN + if self.y_name.is_empty() { 0.0 } else { 22.0 } + widest + 8.0;
        let right = self.size.0 - MARGIN - 12.0;

        let mut chart = ChartBuilder::on(root)
            .margin_left(fine(left))
            .margin_right(fine(self.size.0 - right))
            .margin_top(fine(top))
            .margin_bottom(fine(self.size.1 - bottom))
            .build_cartesian_2d(x_range.0..x_range.1, y_range.0..y_range.1)?;

        for tick in &y_ticks {
            let (_, y) = chart.backend_coord(&(x_range.0, tick.value));
            line(root, (left, f64::from(y) / FINE), (right, f64::from(y) / FINE), GRID, 1.0)?;
            let at = (left - 8.0, f64::from(y) / FINE);
            text(root, &tick.label, at, TICK_SIZE, MUTED, HPos::Right, VPos::Center, Bold::No)?;
        }
        for tick in ticks(x_range.0, x_range.1, ((right - left) / 90.0).clamp(2.0, 10.0) as usize) {
            let (x, _) = chart.backend_coord(&(tick.value, y_range.0));
            let x = f64::from(x) / FINE;
            line(root, (x, bottom), (x, bottom + 4.0), AXIS, 1.0)?;
            text(root, &tick.label, (x, bottom + 7.0), TICK_SIZE, MUTED, HPos::Center, VPos::Top, Bold::No)?;
        }
        line(root, (left, bottom), (right, bottom), AXIS, 1.0)?;
        let x_name = ((left + right) / 2.0, self.size.1 - MARGIN + 2.0);
        text(root, &self.x_name, x_name, NAME_SIZE, MUTED, HPos::Center, VPos::Bottom, Bold::No)?;
        let y_name = (MARGIN - 2.0, (top + bottom) / 2.0);
        let upwards =
            text_style(NAME_SIZE, &MUTED, HPos::Center, VPos::Top, Bold::No).transform(FontTransform::Rotate270);
        root.draw_text(&self.y_name, &upwards, pixel(y_name))?;

        for (n, &(_, value)) in self.baselines.iter().enumerate() {
            if let Some(y) = self.place(value) {
                let ends = [(x_range.0, y), (x_range.1, y)];
                chart.draw_series(DashedLineSeries::new(
                    ends,
                    fine(6.0),
                    fine(5.0),
                    stroke(&baseline_color(n), 1.5),
                ))?;
            }
        }
        for (n, curve) in curves.iter().enumerate() {
            let color = LINES[n % LINES.len()];
            match &curve.smoothed {
                Some(smoothed) => {
                    draw_segments(&mut chart, &curve.raw, &color.mix(0.28), 1.2)?;
                    draw_segments(&mut chart, smoothed, &color.mix(1.0), 2.2)?;
                }
                None => draw_segments(&mut chart, &curve.raw, &color.mix(1.0), 2.0)?,
            }
            if curve.dots {
                let points = curve.raw.iter().flatten();
                chart.draw_series(points.map(|&point| Circle::new(point, fine(3.0), color.filled())))?;
            }
        }
        Ok(())
    }

    /// Whether [`Curve::log_scale`] was called.
    pub(crate) fn is_logarithmic(&self) -> bool {
        self.log_scale
    }

    /// Where a value stands on the vertical axis; `None` if it has no place there.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        let placed = if self.log_scale && value <= 0.0 {
            f64::NAN
        } else if self.log_scale {
            value.log10()
        } else {
            value
        };
        // Beyond, the length of the axis would not be a number any more.
        (placed.abs() <= 1e300).then_some(placed)
    }

    /// The series in the units of the axes, cut into segments where a value is missing.
    fn curves(&self) -> Vec<Prepared> {
        let segments = |points: &mut dyn Iterator<Item = (f64, f64)>| {
            let mut segments = vec![Vec::new()];
            for (x, y) in points {
                match self.place(y).filter(|_| x.abs() <= 1e300) {
                    Some(y) => segments.last_mut().expect("there is always one").push((x, y)),
                    None => segments.push(Vec::new()),
                }
            }
            segments.retain(|segment| !segment.is_empty());
            segments.into_iter().map(thin).collect::<Vec<_>>()
        };
        let prepare = |Series { points, dots, .. }: &Series| {
            let smoothed = (self.smoothing > 0.0 && !dots).then(|| {
                let values: Vec<f64> = points.iter().map(|point| point.1).collect();
                let smoothed = smooth(&values, self.smoothing);
                segments(&mut points.iter().map(|point| point.0).zip(smoothed))
            });
            Prepared { raw: segments(&mut points.iter().copied()), smoothed, dots: *dots }
        };
        self.series.iter().map(prepare).collect()
    }

    /// The ranges of the two axes; `None` if there is no point to show.
    fn ranges(&self, points: impl Iterator<Item = (f64, f64)>) -> Option<((f64, f64), (f64, f64))> {
        let (mut x, mut y) = ((f64::INFINITY, f64::NEG_INFINITY), (f64::INFINITY, f64::NEG_INFINITY));
        for point in points {
            x = (x.0.min(point.0), x.1.max(point.0));
            y = (y.0.min(point.1), y.1.max(point.1));
        }
        if x.0 > x.1 {
            return None;
        }
        let levels = self.baselines.iter().map(|baseline| baseline.1).chain(self.included.iter().copied());
        for level in levels.filter_map(|value| self.place(value)) {
            y = (y.0.min(level), y.1.max(level));
        }
        let padding = |(low, high): (f64, f64), part: f64| {
            if high > low { (high - low) * part } else { (low.abs() * 0.1).max(0.5) }
        };
        // An axis that nearly reaches zero may as well start there.
        x.0 = if x.0 > 0.0 && x.0 < 0.1 * x.1 { 0.0 } else { x.0 };
        if x.0 == x.1 {
            let room = padding(x, 0.0);
            x = (x.0 - room, x.1 + room);
        }
        let room = padding(y, 0.05);
        let starts_at_zero = !self.log_scale && y.0 >= 0.0 && y.0 < 0.35 * y.1;
        let ends_at_included = self.included.contains(&y.1);
        y.0 = if starts_at_zero { 0.0 } else { y.0 - room };
        y.1 = if ends_at_included && y.0 < y.1 { y.1 } else { y.1 + room };
        Some((x, y))
    }

    /// Draws the legend, wrapped into as many lines as it needs, and returns its height.
    fn draw_legend(&self, root: &Area, curves: &[Prepared], top: f64) -> Result<f64, Error> {
        const SWATCH: f64 = 22.0;
        const LINE: f64 = 20.0;
        let (mut x, mut y) = (MARGIN, top);
        let mut height = 0.0;
        let pale_note = match self.language {
            Language::English => "pale: before smoothing",
            Language::Korean => "옅은 선: 평활화 이전 값",
        };
        let lines = self
            .series
            .iter()
            .enumerate()
            .map(|(n, series)| (series.label.as_str(), LINES[n % LINES.len()].mix(1.0), false));
        let levels = self.baselines.iter().enumerate().map(|(n, (label, _))| (label.as_str(), baseline_color(n), true));
        let pale = curves.iter().any(|c| c.smoothed.is_some()).then_some((pale_note, LINES[0].mix(0.28), false));
        for (label, color, dashed) in lines.chain(levels).chain(pale).filter(|(label, _, _)| !label.is_empty()) {
            let label = elide_to_pixels(label, TICK_SIZE, self.size.0 - 2.0 * MARGIN - SWATCH - 8.0);
            let entry = SWATCH + 8.0 + pixel_width(&label, TICK_SIZE);
            if x > MARGIN && x + entry > self.size.0 - MARGIN {
                (x, y) = (MARGIN, y + LINE);
            }
            let middle = y + LINE / 2.0;
            let ends = [pixel((x, middle)), pixel((x + SWATCH, middle))];
            if dashed {
                root.draw(&DashedPathElement::new(ends, fine(6.0), fine(4.0), stroke(&color, 1.5)))?;
            } else {
                root.draw(&PathElement::new(ends, stroke(&color, 2.4)))?;
            }
            text(root, &label, (x + SWATCH + 8.0, middle), TICK_SIZE, INK, HPos::Left, VPos::Center, Bold::No)?;
            x += entry + 20.0;
            height = y + LINE - top;
        }
        Ok(height)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) label: String,
    pub(crate) points: Vec<(f64, f64)>,
    dots: bool,
}

/// The exponential moving average with the weight `w` on the past, corrected for its start:
/// s_t = w·s_{t−1} + (1 − w)·x_t, result s_t / (1 − w^t), as TensorBoard smooths its curves.
///
/// A value that is not finite stays as it is and does not enter the average. `w` = 0 changes nothing.
pub fn smooth(values: &[f64], weight: f64) -> Vec<f64> {
    let (mut sum, mut past) = (0.0, 1.0);
    values
        .iter()
        .map(|&value| {
            if !value.is_finite() {
                return value;
            }
            sum = weight * sum + (1.0 - weight) * value;
            past *= weight;
            sum / (1.0 - past)
        })
        .collect()
}

struct Prepared {
    raw: Vec<Vec<(f64, f64)>>,
    smoothed: Option<Vec<Vec<(f64, f64)>>>,
    dots: bool,
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Error = DrawingAreaErrorKind<std::io::Error>;
type Drawn = Result<(), Error>;
type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

#[derive(Clone, Copy, PartialEq)]
enum Bold {
    Yes,
    No,
}

fn fine(pixels: f64) -> i32 {
    (pixels * FINE).round() as i32
}

fn pixel((x, y): (f64, f64)) -> (i32, i32) {
    (fine(x), fine(y))
}

fn stroke(color: &RGBAColor, width: f64) -> ShapeStyle {
    color.stroke_width(fine(width) as u32)
}

fn baseline_color(n: usize) -> RGBAColor {
    // Greys from the other end of the colours of the lines, so that a level does not look like one of them.
    if n == 0 { AXIS.mix(1.0) } else { LINES[LINES.len() - 1 - (n - 1) % LINES.len()].mix(1.0) }
}

fn text_style(size: f64, color: &RGBColor, h: HPos, v: VPos, bold: Bold) -> TextStyle<'static> {
    let weight = if bold == Bold::Yes { FontStyle::Bold } else { FontStyle::Normal };
    let font = FontDesc::new(FontFamily::SansSerif, size * FINE * PLOTTERS_FONT, weight);
    font.color(color).pos(Pos::new(h, v))
}

fn text(root: &Area, text: &str, at: (f64, f64), size: f64, color: RGBColor, h: HPos, v: VPos, bold: Bold) -> Drawn {
    if text.is_empty() { Ok(()) } else { root.draw_text(text, &text_style(size, &color, h, v, bold), pixel(at)) }
}

fn line(root: &Area, from: (f64, f64), to: (f64, f64), color: RGBColor, width: f64) -> Drawn {
    root.draw(&PathElement::new([pixel(from), pixel(to)], stroke(&color.mix(1.0), width)))
}

fn draw_segments(chart: &mut Chart, segments: &[Vec<(f64, f64)>], color: &RGBAColor, width: f64) -> Drawn {
    for segment in segments {
        if let [point] = segment[..] {
            // A line of one point would be invisible.
            chart.draw_series([Circle::new(point, fine(width * 1.4), color.filled())])?;
        } else {
            chart.draw_series(LineSeries::new(segment.iter().copied(), stroke(color, width)))?;
        }
    }
    Ok(())
}

/// At most about [`MOST_POINTS`] points that look like all of them: the lowest and the highest of each stretch.
fn thin(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let stretch = points.len().div_ceil(MOST_POINTS / 2);
    let mut kept = Vec::with_capacity(MOST_POINTS + 2);
    for stretch in points.chunks(stretch) {
        let by_value = |a: &usize, b: &usize| stretch[*a].1.total_cmp(&stretch[*b].1);
        let lowest = (0..stretch.len()).min_by(by_value).expect("a chunk is not empty");
        let highest = (0..stretch.len()).max_by(by_value).expect("a chunk is not empty");
        kept.push(stretch[lowest.min(highest)]);
        if lowest != highest {
            kept.push(stretch[lowest.max(highest)]);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn polylines(svg: &str) -> Vec<Vec<(f64, f64)>> {
        svg.split("<polyline")
            .skip(1)
            .map(|tag| {
                let points = tag.split_once("points=\"").unwrap().1.split_once('"').unwrap().0;
                let number = |text: &str| text.parse::<f64>().unwrap();
                points
                    .split_whitespace()
                    .map(|pair| pair.split_once(',').unwrap())
                    .map(|(x, y)| (number(x), number(y)))
                    .collect()
            })
            .collect()
    }

    /// The lines of the series only: grid, axis and swatches have two points.
    fn curves(svg: &str) -> Vec<Vec<(f64, f64)>> {
        polylines(svg).into_iter().filter(|points| points.len() > 2).collect()
    }

    #[test]
    fn smoothing_is_a_corrected_moving_average() {
        // by hand: s_1 = 0.5·4 = 2, divided by 1 − 0.5; s_2 = 0.5·2 + 0.5·8 = 5, divided by 1 − 0.25
        let smoothed = smooth(&[4.0, f64::NAN, 8.0], 0.5);
        assert_eq!(smoothed[0], 4.0);
        assert!(smoothed[1].is_nan());
        approx::assert_relative_eq!(smoothed[2], 5.0 / 0.75);
        assert_eq!(smooth(&[3.0, -1.0], 0.0), [3.0, -1.0]);
        let constant = smooth(&[2.5; 50], 0.97);
        assert!(constant.iter().all(|v| (v - 2.5).abs() < 1e-12), "a constant stays itself from the first value on");
    }

    #[test]
    fn points_are_mapped_linearly() {
        let svg = Curve::new("").series("", [(0.0, 0.0), (5.0, 10.0), (10.0, 5.0)]).to_svg().unwrap();
        let line = &curves(&svg)[0];
        assert_eq!(line.len(), 3);
        approx::assert_abs_diff_eq!(line[1].0 - line[0].0, line[2].0 - line[1].0, epsilon = 2.0);
        approx::assert_abs_diff_eq!(line[0].1 - line[2].1, line[2].1 - line[1].1, epsilon = 2.0);
        assert!(line[1].1 < line[0].1, "larger values are higher up");
    }

    #[test]
    fn a_logarithmic_axis_makes_equal_ratios_equal_steps() {
        let svg = Curve::new("").log_scale().series("", [(0.0, 1.0), (1.0, 10.0), (2.0, 100.0)]).to_svg().unwrap();
        let line = &curves(&svg)[0];
        approx::assert_abs_diff_eq!(line[0].1 - line[1].1, line[1].1 - line[2].1, epsilon = 2.0);
        let with_zero = Curve::new("").log_scale().series("", [(0.0, 0.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]);
        assert_eq!(curves(&with_zero.to_svg().unwrap())[0].len(), 3, "zero has no place on it");
    }

    #[test]
    fn missing_values_leave_gaps() {
        let nan = f64::NAN;
        let points =
            [(0.0, 1.0), (1.0, 2.0), (2.0, 1.0), (3.0, nan), (4.0, 1.0), (5.0, 3.0), (6.0, 2.0), (7.0, f64::INFINITY)];
        let svg = Curve::new("").series("", points).to_svg().unwrap();
        assert_eq!(curves(&svg).iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
        let drawn = svg.split_once("</style>").unwrap().1;
        assert!(!drawn.contains("NaN") && !drawn.contains("inf"));
    }

    #[test]
    fn nothing_one_point_and_nonsense_are_drawn() {
        let empty = Curve::new("손실").language(Language::Korean).to_svg().unwrap();
        assert!(empty.contains("아직 값이 없습니다"));
        let useless =
            Curve::new("loss").series("a", [(0.0, f64::NAN), (f64::NAN, 1.0)]).series("b", []).to_svg().unwrap();
        assert!(useless.contains("no values yet"));
        let one = Curve::new("").series("", [(3.0, 0.0)]).to_svg().unwrap();
        assert_eq!(one.matches("<circle").count(), 1);
        let level = Curve::new("").series("", [(0.0, 7.0), (1.0, 7.0), (2.0, 7.0)]).to_svg().unwrap();
        assert_eq!(curves(&level)[0].len(), 3);
        let largest = Curve::new("").series("", [(0.0, f64::MIN), (1.0, f64::MAX), (f64::MAX, 1.0)]).to_svg().unwrap();
        assert!(largest.contains("no values yet"), "the ends of the numbers have no place on an axis");
        let huge = Curve::new("").series("", [(0.0, -1e30), (1e18, 1e30), (2e18, 0.0)]).to_svg().unwrap();
        assert_eq!(curves(&huge)[0].len(), 3);
    }

    #[test]
    fn everything_stays_inside_the_picture() {
        let svg = Curve::new("t")
            .axes("step", "loss")
            .smoothing(0.9)
            .baseline("b", -4.0)
            .include(9.0)
            .series("a", (0..500).map(|n| (f64::from(n), f64::from(n % 17) - 3.0)))
            .to_svg()
            .unwrap();
        for (x, y) in polylines(&svg).concat() {
            assert!((0.0..=760.0 * FINE).contains(&x) && (0.0..=420.0 * FINE).contains(&y), "{x} {y}");
        }
    }

    #[test]
    fn a_dotted_series_is_not_smoothed() {
        let points = [(0.0, 1.0), (1.0, 2.0), (2.0, 0.0)];
        let dotted = Curve::new("").dotted_series("", points).smoothing(0.9).to_svg().unwrap();
        assert_eq!(dotted.matches("<circle").count(), 3);
        assert_eq!(curves(&dotted).len(), 1);
        let smoothed = Curve::new("").series("", points).smoothing(0.9).to_svg().unwrap();
        assert_eq!(curves(&smoothed).len(), 2, "the values and the smoothed curve");
    }

    #[test]
    fn labels_are_escaped_and_shown() {
        let svg = Curve::new("<b>&</b>")
            .axes("걸음", "loss \"x\"")
            .series("a<b", [(0.0, 1.0), (1.0, 2.0)])
            .smoothing(0.5)
            .baseline("동전 던지기", 0.5)
            .to_svg()
            .unwrap();
        assert!(svg.contains("<title>&lt;b&gt;&amp;&lt;/b&gt;</title>") && !svg.contains("<b>"));
        for text in ["걸음", "loss &quot;x&quot;", "a&lt;b", "동전 던지기", "pale: before smoothing"] {
            assert!(svg.contains(text), "{text} is missing");
        }
        let long = Curve::new(&"가".repeat(500)).series(&"나".repeat(500), [(0.0, 1.0)]).to_svg().unwrap();
        assert!(long.contains("…"), "what does not fit is cut");
    }

    #[test]
    fn long_series_keep_their_extremes() {
        let spike = 12_345;
        let points = (0..50_000).map(|n| (f64::from(n), if n == spike { 9.0 } else { f64::from(n % 3) * 0.1 }));
        let thinned = thin(points.collect());
        assert!(thinned.len() <= MOST_POINTS + 2);
        assert!(thinned.contains(&(f64::from(spike), 9.0)));
        assert!(thinned.windows(2).all(|pair| pair[0].0 < pair[1].0), "in the order of steps");
    }

    #[test]
    #[should_panic(expected = "smoothing weight 1 is not in")]
    fn a_weight_of_one_is_refused() {
        let _ = Curve::new("").smoothing(1.0);
    }
}
