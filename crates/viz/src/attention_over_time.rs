use std::path::Path;

use crate::color::{ColorMap, Rgb};
use crate::heat_map::MARGIN;
use crate::png::data_uri;
use crate::svg::{Body, Label, Paint, Scale};
use crate::terminal::matrix::shade;
use crate::text::{elide_to_pixels, pixel_width, visible};
use crate::{TerminalStyle, VizError, save, width};

/// Where each of several tags listened in a sound: the spectrogram, low bands at the bottom, and below it for each tag its
/// attention over the same frames. Several sounds are drawn side by side.
///
/// ```
/// use jumok_viz::AttentionOverTime;
///
/// let frames = [0.1_f32, 0.9, 0.2, 0.8, 0.7, 0.1]; // three frames of two bands
/// let picture = AttentionOverTime::new()
///     .sound("a + b", [3, 2], &frames)
///     .border(2)
///     .attention("a", &[0.6_f32, 0.4, 0.0])
///     .attention("b", &[0.0_f32, 0.1, 0.9]);
/// assert!(picture.to_svg().contains(">a + b</text>"));
/// ```
#[derive(Debug, Clone)]
pub struct AttentionOverTime {
    title: String,
    axis: String,
    columns: usize,
    panels: Vec<Panel>,
}

/// A sound and who listened to it.
#[derive(Debug, Clone)]
struct Panel {
    caption: String,
    bands: usize,
    frames: Vec<f64>,
    borders: Vec<usize>,
    attention: Vec<(String, Vec<f64>)>,
}

impl Default for AttentionOverTime {
    fn default() -> AttentionOverTime {
        AttentionOverTime { title: String::new(), axis: String::new(), columns: 2, panels: vec![] }
    }
}

impl AttentionOverTime {
    /// Without any sound yet.
    pub fn new() -> AttentionOverTime {
        AttentionOverTime::default()
    }

    /// A title above everything.
    #[must_use]
    pub fn title(mut self, title: &str) -> AttentionOverTime {
        self.title = visible(title);
        self
    }

    /// What goes from left to right, such as `time`, written below the last line.
    #[must_use]
    pub fn axis(mut self, name: &str) -> AttentionOverTime {
        self.axis = visible(name);
        self
    }

    /// How many sounds stand side by side; two unless it is said.
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    #[track_caller]
    pub fn columns(mut self, columns: usize) -> AttentionOverTime {
        assert!(columns > 0, "AttentionOverTime: need at least one column");
        self.columns = columns;
        self
    }

    /// A sound with its caption, as a spectrogram `[frames, bands]`, frame by frame, each from the lowest band to the highest.
    ///
    /// # Panics
    /// If the number of values is not frames × bands, or there are none.
    #[must_use]
    #[track_caller]
    pub fn sound<T: Copy + Into<f64>>(mut self, caption: &str, shape: [usize; 2], frames: &[T]) -> AttentionOverTime {
        let [count, bands] = shape;
        let (len, wanted) = (frames.len(), count * bands);
        assert!(len == wanted && len > 0, "AttentionOverTime: {len} values do not fit the spectrogram {shape:?}");
        let frames = frames.iter().map(|&value| value.into()).collect();
        self.panels.push(Panel { caption: visible(caption), bands, frames, borders: vec![], attention: vec![] });
        self
    }

    /// Draws a line before this frame of the last sound, where a part of it ends.
    ///
    /// # Panics
    /// If there is no sound yet.
    #[must_use]
    #[track_caller]
    pub fn border(mut self, frame: usize) -> AttentionOverTime {
        self.last().borders.push(frame);
        self
    }

    /// The attention of a tag over the frames of the last sound.
    ///
    /// # Panics
    /// If there is no sound yet, or there are not as many weights as frames.
    #[must_use]
    #[track_caller]
    pub fn attention<T: Copy + Into<f64>>(mut self, tag: &str, weights: &[T]) -> AttentionOverTime {
        let panel = self.last();
        let (len, count) = (weights.len(), panel.count());
        assert!(len == count, "AttentionOverTime: {len} weights do not fit a sound of {count} frames");
        panel.attention.push((visible(tag), weights.iter().map(|&w| w.into()).collect()));
        self
    }

    #[track_caller]
    fn last(&mut self) -> &mut Panel {
        self.panels.last_mut().expect("AttentionOverTime: this needs a sound before it")
    }

    /// The picture as a complete SVG document; see [`HeatMap::to_svg`](crate::HeatMap::to_svg).
    pub fn to_svg(&self) -> String {
        const WIDTH: f64 = 340.0;
        const HEIGHT: f64 = 96.0;
        const TRACK: f64 = 30.0;
        const GAP: f64 = 22.0;
        const CAPTION: f64 = 22.0;
        let title = elide_to_pixels(&self.title, 16.0, 900.0);
        let names = self.panels.iter().flat_map(|panel| &panel.attention).map(|(tag, _)| pixel_width(tag, 12.0));
        let labels = names.fold(0.0, f64::max).min(110.0) + 8.0;
        let tracks = self.panels.iter().map(|panel| panel.attention.len()).max().unwrap_or(0) as f64;
        let pitch = (labels + WIDTH + GAP, CAPTION + HEIGHT + tracks * (TRACK + 4.0) + GAP);
        let across = self.columns.min(self.panels.len()).max(1);
        let down = self.panels.len().div_ceil(across);
        let top = MARGIN + if title.is_empty() { 0.0 } else { 30.0 };

        let mut body = Body::default();
        body.text(MARGIN, MARGIN + 14.0, &title, Label { size: 16.0, bold: true, ..Label::PLAIN });
        for (n, panel) in self.panels.iter().enumerate() {
            let x = MARGIN + labels + (n % across) as f64 * pitch.0;
            let y = top + (n / across) as f64 * pitch.1 + CAPTION;
            let caption = elide_to_pixels(&panel.caption, 13.0, WIDTH);
            body.text(x, y - 7.0, &caption, Label { bold: true, ..Label::PLAIN });
            body.raw(&format!(
                "<image x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" preserveAspectRatio=\"none\" \
                 style=\"image-rendering:pixelated\" href=\"{}\"/>\n",
                panel.image()
            ));
            let largest = panel.largest();
            for (n, (tag, weights)) in panel.attention.iter().enumerate() {
                let base = y + HEIGHT + (n + 1) as f64 * (TRACK + 4.0);
                let name = elide_to_pixels(tag, 12.0, labels - 8.0);
                let label = Label { size: 12.0, anchor: "end", ..Label::PLAIN };
                body.text(x - 8.0, base - TRACK / 2.0 + 4.0, &name, label);
                body.rect([x, base - TRACK, WIDTH, TRACK], "class=\"frame\" stroke-width=\"0.5\"", None);
                let color = TRACK_COLORS[n % TRACK_COLORS.len()].hex();
                let outline = outline(weights, largest, (x, base), (WIDTH, TRACK - 2.0));
                body.raw(&format!("<path d=\"{outline}\" fill=\"{color}\"/>\n"));
            }
            let bottom = y + HEIGHT + panel.attention.len() as f64 * (TRACK + 4.0);
            for &border in &panel.borders {
                let at = x + WIDTH * border as f64 / panel.count() as f64;
                body.raw(&format!(
                    "<path d=\"M{at:.1} {y}V{bottom}\" class=\"mark\" stroke-width=\"1.5\" stroke-dasharray=\"4 3\"/>\n"
                ));
            }
            if n / across + 1 == down && !self.axis.is_empty() {
                let muted = Label { class: "muted", anchor: "end", size: 12.0, ..Label::PLAIN };
                body.text(x + WIDTH, bottom + 16.0, &format!("{} →", self.axis), muted);
            }
        }
        let width = (MARGIN + across as f64 * pitch.0 - GAP).max(MARGIN + pixel_width(&title, 16.0));
        let axis = if self.axis.is_empty() { 0.0 } else { 18.0 };
        body.finish(width + MARGIN, top + down as f64 * pitch.1 - GAP + axis + MARGIN, &self.title)
    }

    /// Spectrogram and attention as shades, two characters a frame; where there is no room for all frames, neighbours are shown
    /// as their mean. Each line has its end.
    pub fn to_terminal(&self, style: &TerminalStyle) -> String {
        let mut out = if self.title.is_empty() { String::new() } else { format!("{}\n", style.bold(&self.title)) };
        for panel in &self.panels {
            let names = panel.attention.iter().map(|(tag, _)| width(tag));
            let labels = names.max().unwrap_or(0).min(style.columns / 3) + 2;
            let room = (style.columns.saturating_sub(labels) / 2).max(1);
            let together = panel.count().div_ceil(room);
            if !panel.caption.is_empty() {
                out += &format!("{}\n", panel.caption);
            }
            let mut line = |name: &str, values: &[f64], scale: &Scale| {
                let name = style.elide(name, labels - 2);
                let means = values.chunks(together).map(|part| part.iter().sum::<f64>() / part.len() as f64);
                let cells: String = means.map(|value| shade(value, scale, style)).collect();
                out += format!("{name}{}{cells}", " ".repeat(labels - width(&name))).trim_end();
                out.push('\n');
            };
            for band in (0..panel.bands).rev() {
                let values: Vec<f64> = panel.frames.iter().skip(band).step_by(panel.bands).copied().collect();
                line("", &values, &panel.scale());
            }
            let scale = Scale { map: ColorMap::Sequential, range: (0.0, panel.largest()) };
            for (tag, weights) in &panel.attention {
                line(tag, weights, &scale);
            }
        }
        out
    }

    /// Saves [`AttentionOverTime::to_svg`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Save`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_svg())
    }
}

/// Readable on light and on dark pages, and apart from one another without colours being seen: blue and orange.
const TRACK_COLORS: [Rgb; 2] = [Rgb(0x3b, 0x7d, 0xd8), Rgb(0xe0, 0x7b, 0x1f)];

impl Panel {
    /// The number of frames.
    fn count(&self) -> usize {
        self.frames.len() / self.bands
    }

    fn scale(&self) -> Scale {
        Scale::fit(self.frames.iter(), Some(ColorMap::Viridis), None)
    }

    /// The largest weight of all tags, which are drawn to one scale; 1 if none is positive.
    fn largest(&self) -> f64 {
        let weights = self.attention.iter().flat_map(|(_, weights)| weights).copied();
        let largest = weights.filter(|w| w.is_finite()).fold(0.0, f64::max);
        if largest > 0.0 { largest } else { 1.0 }
    }

    /// The spectrogram as a picture, the highest band on top.
    fn image(&self) -> String {
        let scale = self.scale();
        let pixel = |value: f64| match scale.paint(value) {
            Paint::Color(color) => color,
            Paint::Nan | Paint::PlusInfinity | Paint::MinusInfinity => Rgb(128, 128, 128),
        };
        let bands = (0..self.bands).rev();
        let pixels: Vec<Rgb> = bands
            .flat_map(|band| self.frames.iter().skip(band).step_by(self.bands).map(|&value| pixel(value)))
            .collect();
        data_uri(&pixels, self.count())
    }
}

/// A step for each weight, filled down to the base line.
fn outline(weights: &[f64], largest: f64, (x, base): (f64, f64), (width, height): (f64, f64)) -> String {
    let step = width / weights.len() as f64;
    let tops: String = weights
        .iter()
        .enumerate()
        .map(|(n, &weight)| {
            let share = if weight.is_finite() { (weight / largest).clamp(0.0, 1.0) } else { 0.0 };
            format!("V{:.1}H{:.1}", base - share * height, x + (n + 1) as f64 * step)
        })
        .collect();
    format!("M{x} {base}{tops}V{base}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture() -> AttentionOverTime {
        AttentionOverTime::new()
            .title("소리")
            .axis("시간")
            .sound("a & b", [4, 2], &[0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0])
            .border(2)
            .attention("첫째", &[0.5, 0.5, 0.0, 0.0])
            .attention("b", &[0.0, 0.0, 0.25, 0.75])
    }

    #[test]
    fn every_tag_has_its_line_below_the_spectrogram() {
        let svg = picture().to_svg();
        for part in [">소리</text>", ">a &amp; b</text>", ">첫째</text>", ">시간 →</text>", "stroke-dasharray"]
        {
            assert!(svg.contains(part), "{part} is missing in {svg}");
        }
        assert_eq!(svg.matches("<image ").count(), 1);
        assert_eq!(svg.matches(&TRACK_COLORS[0].hex()).count() + svg.matches(&TRACK_COLORS[1].hex()).count(), 2);
    }

    #[test]
    fn the_largest_weight_of_all_tags_reaches_the_top() {
        assert_eq!(outline(&[0.0, 0.5], 0.5, (10.0, 40.0), (20.0, 30.0)), "M10 40V40.0H20.0V10.0H30.0V40Z");
        assert_eq!(outline(&[f64::NAN], 0.5, (0.0, 9.0), (1.0, 1.0)), "M0 9V9.0H1.0V9Z");
    }

    #[test]
    fn a_terminal_shows_low_bands_below_and_means_where_room_is_short() {
        let style = TerminalStyle { unicode: true, ..TerminalStyle::plain() };
        let lines = ["소리", "a & b", "      ████····", "      ····████", "첫째  ▓▓▓▓····", "b     ····░░██"];
        assert_eq!(picture().to_terminal(&style).lines().collect::<Vec<_>>(), lines);
        let narrow = picture().to_terminal(&TerminalStyle { columns: 11, ..style });
        assert!(narrow.lines().skip(2).all(|line| width(line) <= 11), "{narrow}");
    }

    #[test]
    #[should_panic(expected = "3 weights do not fit a sound of 4 frames")]
    fn every_frame_has_a_weight() {
        let _ = picture().attention("c", &[0.1, 0.2, 0.3]);
    }
}
