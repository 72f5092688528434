use std::path::Path;

use crate::heat_map::MARGIN;
use crate::number::{Format, ticks};
use crate::svg::{Body, Label};
use crate::text::{elide_to_pixels, pixel_width, visible};
use crate::{VizError, save};

/// Longest label of a bar, in pixels; a longer one is cut and ends with `…`.
const LABEL_LIMIT: f64 = 180.0;
const LABEL_SIZE: f64 = 13.0;
const VALUE_SIZE: f64 = 12.0;
/// Length of the axis of the values.
const LENGTH: f64 = 380.0;

/// The colours of the curves, lighter on a dark page where they need it.
const RULES: &str = "\
.jumok .bar0{fill:#0072b2}.jumok .bar1{fill:#d55e00}.jumok .bar2{fill:#009e73}\
.jumok .bar3{fill:#cc79a7}.jumok .bar4{fill:#e69f00}.jumok .bar5{fill:#56b4e9}\
.jumok .grid{stroke:#e1e5ea}.jumok .zero{stroke:#8c959f}\
@media (prefers-color-scheme:dark){\
.jumok .bar0{fill:#4ba3e3}.jumok .grid{stroke:#262c36}.jumok .zero{stroke:#656c76}\
}";
const COLORS: usize = 6;

/// Numbers as bars that start at zero, one row a label: scores, weights, anything that is compared at a glance.
///
/// The bars lie, so that a label of any length and script stands upright beside its bar. Several series stand below one
/// another at each label. A value that is not finite has no bar, its number says what it is.
///
/// ```
/// use jumok_viz::{BarChart, TerminalStyle};
///
/// let chart = BarChart::new(["나는", "go"]).series("weights", &[0.75, 0.25]).decimals(2).range(0.0, 1.0);
/// assert!(chart.to_svg().contains("나는"));
/// let style = TerminalStyle { columns: 20, ..TerminalStyle::plain() };
/// assert_eq!(chart.to_terminal(&style), "나는  ######    0.75\ngo    ##        0.25\n");
/// ```
#[derive(Debug, Clone)]
pub struct BarChart {
    pub(crate) labels: Vec<String>,
    pub(crate) series: Vec<(String, Vec<f64>)>,
    pub(crate) title: String,
    label_axis: String,
    value_axis: String,
    decimals: usize,
    range: Option<(f64, f64)>,
}

impl BarChart {
    /// A chart with these labels and no bars yet.
    pub fn new<S: AsRef<str>>(labels: impl IntoIterator<Item = S>) -> BarChart {
        BarChart {
            labels: labels.into_iter().map(|label| visible(label.as_ref())).collect(),
            series: Vec::new(),
            title: String::new(),
            label_axis: String::new(),
            value_axis: String::new(),
            decimals: 3,
            range: None,
        }
    }

    /// Adds a bar for each label.
    ///
    /// # Panics
    /// If there are not as many values as labels.
    #[must_use]
    #[track_caller]
    pub fn series<T: Copy + Into<f64>>(mut self, name: &str, values: &[T]) -> BarChart {
        let (len, count) = (values.len(), self.labels.len());
        assert_eq!(len, count, "BarChart: {len} values for {count} labels");
        self.series.push((visible(name), values.iter().map(|&v| v.into()).collect()));
        self
    }

    /// A title above the bars.
    #[must_use]
    pub fn title(mut self, title: &str) -> BarChart {
        self.title = visible(title);
        self
    }

    /// What the labels and what the numbers are, such as `key` and `score`.
    #[must_use]
    pub fn axes(mut self, labels: &str, values: &str) -> BarChart {
        (self.label_axis, self.value_axis) = (visible(labels), visible(values));
        self
    }

    /// How many decimals a number has: 3 unless set.
    #[must_use]
    pub fn decimals(mut self, decimals: usize) -> BarChart {
        self.decimals = decimals;
        self
    }

    /// The ends of the axis of the values, which is widened to hold zero; a longer bar is cut there. To compare charts,
    /// give them the same range.
    ///
    /// # Panics
    /// If an end is not finite or `low` is greater than `high`.
    #[must_use]
    #[track_caller]
    pub fn range(mut self, low: f64, high: f64) -> BarChart {
        assert!(low.is_finite() && high.is_finite() && low <= high, "BarChart: {low} to {high} is no range");
        self.range = Some((low, high));
        self
    }

    fn values(&self) -> impl Iterator<Item = f64> {
        self.series.iter().flat_map(|(_, values)| values).copied()
    }

    /// The ends of the axis: what was asked for or what the values need, and zero.
    pub(crate) fn ends(&self) -> (f64, f64) {
        let fitted = || {
            let finite = self.values().filter(|v| v.is_finite());
            finite.fold((0.0, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)))
        };
        let (low, high) = self.range.unwrap_or_else(fitted);
        let (low, high) = (low.min(0.0), high.max(0.0));
        if low < high { (low, high) } else { (0.0, 1.0) }
    }

    /// How the numbers are written.
    pub(crate) fn format(&self) -> Format {
        Format::new(self.decimals, self.values().filter(|v| v.is_finite()).fold(0.0, |max: f64, v| max.max(v.abs())))
    }

    /// The picture as a complete SVG document; see [`HeatMap::to_svg`](crate::HeatMap::to_svg).
    pub fn to_svg(&self) -> String {
        const BAR: f64 = 16.0;
        const GAP: f64 = 10.0;
        let (low, high) = self.ends();
        let format = self.format();
        let labels: Vec<String> =
            self.labels.iter().map(|label| elide_to_pixels(label, LABEL_SIZE, LABEL_LIMIT)).collect();
        let widest = labels.iter().map(|label| pixel_width(label, LABEL_SIZE)).fold(0.0, f64::max);
        let numbers = self.values().map(|v| pixel_width(&format.write(v), VALUE_SIZE)).fold(0.0, f64::max);
        let label_axis = elide_to_pixels(&self.label_axis, LABEL_SIZE, LABEL_LIMIT);
        let left = MARGIN + widest.max(pixel_width(&label_axis, LABEL_SIZE)) + 10.0;
        let right = left + LENGTH;
        let title = elide_to_pixels(&self.title, 16.0, 900.0);
        let mut top = MARGIN + if title.is_empty() { 0.0 } else { 30.0 };

        let mut body = Body::default();
        body.text(MARGIN, MARGIN + 14.0, &title, Label { size: 16.0, bold: true, ..Label::PLAIN });
        let end = right + 12.0 + numbers;
        top = self.draw_legend(&mut body, top, end);
        let muted = Label { class: "muted", ..Label::PLAIN };
        if !label_axis.is_empty() {
            body.text(left - 10.0, top + 12.0, &label_axis, Label { anchor: "end", ..muted });
            top += 22.0;
        }

        let pitch = BAR * self.series.len().max(1) as f64 + GAP;
        let bottom = top + pitch * labels.len() as f64;
        // In halves, because the difference of two very large numbers may be infinite.
        let place = |v: f64| left + LENGTH * ((v / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0));
        for tick in ticks(low, high, 5) {
            let x = place(tick.value);
            body.path(&format!("M{x:.2} {top:.2}V{bottom:.2}"), "grid");
            let label = Label { size: VALUE_SIZE, anchor: "middle", ..muted };
            body.text(x, bottom + 16.0, &tick.label, label);
        }
        for (n, label) in labels.iter().enumerate() {
            let start = top + pitch * n as f64 + GAP / 2.0;
            let middle = start + (pitch - GAP) / 2.0;
            body.text(left - 10.0, middle + 4.5, label, Label { anchor: "end", ..Label::PLAIN });
            for (s, (name, values)) in self.series.iter().enumerate() {
                let y = start + BAR * s as f64;
                let number = format.write(values[n]);
                if values[n].is_finite() {
                    let (a, b) = (place(0.0), place(values[n].clamp(low, high)));
                    let name = if name.is_empty() { String::new() } else { format!(", {name}") };
                    let tooltip = format!("{}{name}: {number}", self.labels[n]);
                    let bar = [a.min(b), y + 1.0, (b - a).abs(), BAR - 2.0];
                    body.rect(bar, &format!("class=\"bar{}\"", s % COLORS), Some(&tooltip));
                }
                let label = Label { size: VALUE_SIZE, anchor: "end", ..Label::PLAIN };
                body.text(end, y + BAR / 2.0 + 4.0, &number, label);
            }
        }
        body.path(&format!("M{0:.2} {top:.2}V{bottom:.2}", place(0.0)), "zero");
        let mut height = bottom + 22.0;
        if !self.value_axis.is_empty() {
            height += 20.0;
            body.text((left + right) / 2.0, height - 2.0, &self.value_axis, Label { anchor: "middle", ..muted });
        }
        let width = end
            .max(MARGIN + pixel_width(&title, 16.0))
            .max((left + right + pixel_width(&self.value_axis, LABEL_SIZE)) / 2.0);
        body.finish_with(width + MARGIN, height + MARGIN, &self.title, RULES)
    }

    /// Draws the names of the series, as many in a line as fit, and returns where what follows may start.
    fn draw_legend(&self, body: &mut Body, top: f64, right: f64) -> f64 {
        const LINE: f64 = 20.0;
        let (mut x, mut y) = (MARGIN, top);
        for (s, (name, _)) in self.series.iter().enumerate().filter(|(_, (name, _))| !name.is_empty()) {
            let name = elide_to_pixels(name, VALUE_SIZE, right - MARGIN - 18.0);
            let entry = 18.0 + pixel_width(&name, VALUE_SIZE);
            if x > MARGIN && x + entry > right {
                (x, y) = (MARGIN, y + LINE);
            }
            body.rect([x, y + 2.0, 12.0, 12.0], &format!("class=\"bar{}\"", s % COLORS), None);
            body.text(x + 18.0, y + 12.0, &name, Label { size: VALUE_SIZE, ..Label::PLAIN });
            x += entry + 18.0;
        }
        if x > MARGIN { y + LINE + 6.0 } else { y }
    }

    /// Saves [`BarChart::to_svg`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Save`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_svg())
    }
}
