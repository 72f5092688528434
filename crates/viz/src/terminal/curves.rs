//! Curves in the terminal.

use crate::Curve;
use crate::number::brief;
use crate::table::{Align, pad};
use crate::terminal::{TerminalStyle, ascii_unless, extent, sparkline_in};
use crate::text::width;

impl Curve {
    /// The curves as trends, one a line: label, [`sparkline`](crate::sparkline), first and last value. Each curve has a scale of its own,
    /// logarithmic if the axis is; there all curves share one scale, since what they are compared by is how steep they are.
    /// A band is said as a deviation, and the steps of a logarithmic axis stand above the trends. Level lines follow with their values.
    /// Each line has its end.
    pub fn to_terminal(&self, style: &TerminalStyle) -> String {
        const LONGEST: usize = 48;
        let names = self.series.iter().map(|series| &series.label).chain(self.baselines.iter().map(|(label, _)| label));
        let labels = names.map(|label| width(label)).max().unwrap_or(0).min(style.columns / 3);
        let number = |value: f64| ascii_unless(style, brief(rounded(value)));
        let label = |text: &str| pad(&style.elide(text, labels), labels, Align::Left);
        let mut out = String::new();
        if !self.title.is_empty() {
            out += &format!("{}\n", style.bold(&style.elide(&self.title, style.columns)));
        }
        let plus_minus = if style.unicode { "±" } else { "+-" };
        let steps = self.marked_steps();
        if !steps.is_empty() {
            let steps: Vec<String> = steps.into_iter().map(number).collect();
            out += &format!(
                "{}  {}\n",
                pad("", labels, Align::Left),
                style.elide(&steps.join(", "), style.columns - labels - 2)
            );
        }
        let shared = self.is_logarithmic().then(|| {
            let values = self.series.iter().flat_map(|series| &series.points).filter_map(|point| self.place(point.1));
            extent(values)
        });
        for series in &self.series {
            let values: Vec<f64> = series.points.iter().map(|point| point.1).collect();
            let length = style.columns.saturating_sub(labels + 30).clamp(5, LONGEST).min(values.len());
            // As many stretches as there is room for, each by its middle value.
            let middle = |n: usize| values[(2 * n + 1) * values.len() / (2 * length)];
            let trend: Vec<f64> = (0..length).map(|n| self.place(middle(n)).unwrap_or(f64::NAN)).collect();
            let range = shared.unwrap_or_else(|| extent(trend.iter().copied()));
            let shown = |n: usize| match series.deviations.get(n) {
                Some(&deviation) => format!("{} {plus_minus} {}", number(values[n]), number(deviation)),
                None => number(values[n]),
            };
            let ends = match values.len() {
                0 => String::new(),
                1 => shown(0),
                many => format!("{} ... {}", shown(0), shown(many - 1)),
            };
            out += format!("{}  {}  {ends}", label(&series.label), sparkline_in(range, &trend, style)).trim_end();
            out.push('\n');
        }
        for (name, value) in &self.baselines {
            out += &format!("{}  {}\n", label(name), number(*value));
        }
        out
    }
}

/// Four digits are enough for an overview.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let unit = 10_f64.powf(value.abs().log10().floor() - 3.0);
    if unit.is_normal() { (value / unit).round() * unit } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: TerminalStyle = TerminalStyle { colors: crate::Colors::None, unicode: true, columns: 60 };

    #[test]
    fn a_trend_a_line() {
        let points = |values: [f64; 4]| values.into_iter().enumerate().map(|(n, v)| (n as f64, v));
        let curve = Curve::new("손실").series("학습", points([8.0, 4.0, 2.0, 1.00004])).baseline("guess", 9.0);
        assert_eq!(curve.to_terminal(&UNICODE), "손실\n학습   █▄▂▁  8 ... 1\nguess  9\n");
    }

    #[test]
    fn a_logarithmic_axis_shows_equal_ratios_as_equal_steps_on_one_scale_for_all() {
        let points = |values: [f64; 4]| values.into_iter().enumerate().map(|(n, v)| (n as f64, v));
        let curve = Curve::new("").log_scale().series("a", points([1e-7, 1e-6, 1e-5, 1e-4]));
        let curve = curve.series("b", points([1e-2, 1e-1, 0.0, 1.0]));
        assert_eq!(curve.to_terminal(&UNICODE), "a  ▁▂▃▄  1e-7 ... 1e-4\nb  ▆▇ █  0.01 ... 1\n");
    }

    #[test]
    fn deviations_and_the_steps_of_a_logarithmic_axis_are_said() {
        let curve = Curve::new("").log_steps().banded_series("mean", [(20.0, 0.5, 0.1), (500.0, 0.75, 0.02)]);
        assert_eq!(curve.to_terminal(&UNICODE), "      20, 500\nmean  ▁█  0.5 ± 0.1 ... 0.75 ± 0.02\n");
        assert!(curve.to_terminal(&TerminalStyle { unicode: false, ..UNICODE }).is_ascii());
    }

    #[test]
    fn long_and_empty_curves_fit() {
        let long = Curve::new("").series("a", (0..5000).map(|n| (f64::from(n), f64::from(n).sin()))).series("none", []);
        let text = long.to_terminal(&UNICODE);
        assert!(text.lines().all(|line| width(line) <= 60) && text.lines().count() == 2, "{text}");
        assert!(long.to_terminal(&TerminalStyle::plain()).is_ascii());
    }
}
