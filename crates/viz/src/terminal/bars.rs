//! Bars in the terminal.

use crate::BarChart;
use crate::table::{Align, pad};
use crate::terminal::{TerminalStyle, ascii_unless, bar};
use crate::text::width;

impl BarChart {
    /// The chart as characters, one bar a line: label, name of the series if there are several, bar, number. Each line has
    /// its end. Where there are negative values, the bars start at an axis between the two sides.
    pub fn to_terminal(&self, style: &TerminalStyle) -> String {
        const LONGEST: usize = 48;
        let format = self.format();
        let several = self.series.len() > 1;
        let widest = |names: &mut dyn Iterator<Item = &String>| names.map(|name| width(name)).max().unwrap_or(0);
        let labels = widest(&mut self.labels.iter()).min(style.columns / 4);
        let names =
            if several { widest(&mut self.series.iter().map(|(name, _)| name)).min(style.columns / 4) } else { 0 };
        let number = |value: f64| ascii_unless(style, format.write(value));
        let numbers = self.series.iter().flat_map(|(_, values)| values).map(|&v| width(&number(v))).max().unwrap_or(0);
        let taken = labels + 2 + if several { names + 2 } else { 0 } + 2 + numbers;
        let length = style.columns.saturating_sub(taken).clamp(5, LONGEST);

        let mut out = String::new();
        if !self.title.is_empty() {
            out += &format!("{}\n", style.bold(&style.elide(&self.title, style.columns)));
        }
        for (n, label) in self.labels.iter().enumerate() {
            for (s, (name, values)) in self.series.iter().enumerate() {
                let label = if s == 0 { style.elide(label, labels) } else { String::new() };
                out += &pad(&label, labels, Align::Left);
                if several {
                    out += &format!("  {}", pad(&style.elide(name, names), names, Align::Left));
                }
                let drawn = signed_bar(values[n], self.ends(), length, style);
                out += &format!("  {drawn}  {}\n", pad(&number(values[n]), numbers, Align::Right));
            }
        }
        out
    }
}

/// A bar from zero to `value` on an axis of `length` columns, filled up with spaces.
fn signed_bar(value: f64, (low, high): (f64, f64), length: usize, style: &TerminalStyle) -> String {
    let value = if value.is_finite() { value.clamp(low, high) } else { 0.0 };
    if low == 0.0 {
        return bar(value / high, length, style);
    }
    // One column belongs to the axis itself.
    let span = high / 2.0 - low / 2.0;
    let columns = (length - 1) as f64;
    let left = ((-low / 2.0 / span) * columns).round() as usize;
    let part = |v: f64, columns: usize, end: f64| if end == 0.0 { 0.0 } else { v / end * columns as f64 };
    let negative = part(value.min(0.0), left, low).round() as usize;
    let (block, axis) = if style.unicode { ("█", "│") } else { ("#", "|") };
    let right = length - 1 - left;
    let positive = if high == 0.0 { " ".repeat(right) } else { bar(value.max(0.0) / high, right, style) };
    format!("{}{axis}{positive}", pad(&block.repeat(negative), left, Align::Right))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: TerminalStyle = TerminalStyle { colors: crate::Colors::None, unicode: true, columns: 30 };

    #[test]
    fn bars_of_several_series_stand_below_one_another() {
        let chart = BarChart::new(["나", "we"]).series("dot", &[2.0, 1.0]).series("cos", &[1.0, 0.5]).decimals(1);
        assert_eq!(
            chart.title("점수").to_terminal(&UNICODE),
            "점수\n\
             나  dot  ████████████████  2.0\n\
             \u{20}   cos  ████████          1.0\n\
             we  dot  ████████          1.0\n\
             \u{20}   cos  ████              0.5\n"
        );
    }

    #[test]
    fn negative_bars_go_the_other_way() {
        let chart = BarChart::new(["a", "b", "c"]).series("", &[-1.0, 0.0, 1.0]).decimals(0);
        let style = TerminalStyle { columns: 18, ..TerminalStyle::plain() };
        assert_eq!(
            chart.to_terminal(&style),
            "a  #####|       -1\nb       |        0\nc       |#####   1\n",
            "both sides have the same scale"
        );
    }

    #[test]
    fn a_value_without_a_size_has_no_bar() {
        let chart = BarChart::new(["a", "b"]).series("", &[f64::NAN, f64::INFINITY]);
        let text = chart.to_terminal(&TerminalStyle::plain());
        assert!(text.is_ascii() && !text.contains('#') && text.contains("NaN") && text.contains("inf"), "{text}");
    }

    #[test]
    fn every_line_fits_the_terminal() {
        let chart = BarChart::new(["가".repeat(40)]).series(&"b".repeat(40), &[0.5]).series("c", &[-1.0]);
        let style = TerminalStyle { columns: 40, ..UNICODE };
        assert!(chart.to_terminal(&style).lines().all(|line| width(line) <= 40));
    }
}
