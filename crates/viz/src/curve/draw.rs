//! Curves drawn by plotters: axes, ticks, legend, bands, lines.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::Curve;
use super::series::{Prepared, Series};
use crate::number::{Tick, brief, log_ticks, ticks};
use crate::text::{Language, elide_to_pixels, pixel_width};

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
pub(super) const RULES: &str = "\
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
pub(super) const FINE: f64 = 8.0;
/// plotters divides a font's size by this.
const PLOTTERS_FONT: f64 = 1.24;
const MARGIN: f64 = 16.0;
const TITLE_SIZE: f64 = 16.0;
const NAME_SIZE: f64 = 13.0;
const TICK_SIZE: f64 = 12.0;

/// How strongly a band is shaded.
const SHADE: f64 = 0.16;

impl Curve {
    pub(super) fn draw(&self, root: &Area) -> Drawn {
        let curves = self.prepared();
        let visible_points = || {
            let bands = curves.iter().flat_map(|curve| curve.band.iter().flatten().flatten().copied());
            curves.iter().flat_map(|curve| curve.raw.iter().flatten().copied()).chain(bands)
        };
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
        // Labels that would touch the one before them are left out.
        let mut free = f64::NEG_INFINITY;
        for tick in self.step_ticks(x_range, ((right - left) / 90.0).clamp(2.0, 10.0) as usize) {
            let (x, _) = chart.backend_coord(&(tick.value, y_range.0));
            let x = f64::from(x) / FINE;
            line(root, (x, bottom), (x, bottom + 4.0), AXIS, 1.0)?;
            let half = pixel_width(&tick.label, TICK_SIZE) / 2.0;
            if x - half > free {
                text(root, &tick.label, (x, bottom + 7.0), TICK_SIZE, MUTED, HPos::Center, VPos::Top, Bold::No)?;
                free = x + half + 4.0;
            }
        }
        line(root, (left, bottom), (right, bottom), AXIS, 1.0)?;
        let x_name = ((left + right) / 2.0, self.size.1 - MARGIN + 2.0);
        text(root, &self.x_name, x_name, NAME_SIZE, MUTED, HPos::Center, VPos::Bottom, Bold::No)?;
        let y_name = (MARGIN - 2.0, (top + bottom) / 2.0);
        let upwards =
            text_style(NAME_SIZE, &MUTED, HPos::Center, VPos::Top, Bold::No).transform(FontTransform::Rotate270);
        root.draw_text(&self.y_name, &upwards, pixel(y_name))?;

        // Bands first, so that no line is under one.
        for (n, curve) in curves.iter().enumerate() {
            for [low, high] in &curve.band {
                let outline: Vec<(f64, f64)> = low.iter().chain(high.iter().rev()).copied().collect();
                chart.draw_series([Polygon::new(outline, band_color(n).filled())])?;
            }
        }
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

    /// The ticks of the horizontal axis, in its units: at the steps that the curves have, or about `count` at round numbers.
    fn step_ticks(&self, range: (f64, f64), count: usize) -> Vec<Tick> {
        if !self.log_steps {
            return ticks(range.0, range.1, count);
        }
        let marked = self.marked_steps();
        let all = match marked.is_empty() {
            true => log_ticks(10_f64.powf(range.0), 10_f64.powf(range.1), count),
            false => marked.into_iter().map(|step| Tick { value: step, label: brief(step) }).collect(),
        };
        all.into_iter().map(|tick| Tick { value: tick.value.log10(), ..tick }).collect()
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
        x.0 = if !self.log_steps && x.0 > 0.0 && x.0 < 0.1 * x.1 { 0.0 } else { x.0 };
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
            .map(|(n, series)| (series.label.as_str(), LINES[n % LINES.len()].mix(1.0), Swatch::of(n, series)));
        let levels = self
            .baselines
            .iter()
            .enumerate()
            .map(|(n, (label, _))| (label.as_str(), baseline_color(n), Swatch::Dashed));
        let pale = curves.iter().any(|c| c.smoothed.is_some()).then_some((pale_note, LINES[0].mix(0.28), Swatch::Line));
        for (label, color, swatch) in lines.chain(levels).chain(pale).filter(|(label, _, _)| !label.is_empty()) {
            let label = elide_to_pixels(label, TICK_SIZE, self.size.0 - 2.0 * MARGIN - SWATCH - 8.0);
            let entry = SWATCH + 8.0 + pixel_width(&label, TICK_SIZE);
            if x > MARGIN && x + entry > self.size.0 - MARGIN {
                (x, y) = (MARGIN, y + LINE);
            }
            let middle = y + LINE / 2.0;
            let ends = [pixel((x, middle)), pixel((x + SWATCH, middle))];
            match swatch {
                Swatch::Dashed => {
                    root.draw(&DashedPathElement::new(ends, fine(6.0), fine(4.0), stroke(&color, 1.5)))?;
                }
                Swatch::Band(band) => {
                    let corners = [pixel((x, middle - 6.0)), pixel((x + SWATCH, middle + 6.0))];
                    root.draw(&Rectangle::new(corners, band.filled()))?;
                    root.draw(&PathElement::new(ends, stroke(&color, 2.4)))?;
                }
                Swatch::Line => root.draw(&PathElement::new(ends, stroke(&color, 2.4)))?,
            }
            text(root, &label, (x + SWATCH + 8.0, middle), TICK_SIZE, INK, HPos::Left, VPos::Center, Bold::No)?;
            x += entry + 20.0;
            height = y + LINE - top;
        }
        Ok(height)
    }
}

/// How an entry of the legend is marked.
enum Swatch {
    Line,
    Dashed,
    Band(RGBAColor),
}

impl Swatch {
    fn of(n: usize, series: &Series) -> Swatch {
        if series.deviations.is_empty() { Swatch::Line } else { Swatch::Band(band_color(n)) }
    }
}

fn band_color(n: usize) -> RGBAColor {
    LINES[n % LINES.len()].mix(SHADE)
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
