//! Pictures made of characters.

mod bars;
mod curves;
pub(crate) mod matrix;

use std::io::IsTerminal;

use crate::color::Rgb;
use crate::table::{Align, pad};
use crate::text::{elide, visible, width};

/// Which colours a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colors {
    /// None: a file, a pipe, or a user who wants none.
    None,
    /// 256 colours.
    Ansi256,
    /// 24 bits, all colours.
    TrueColor,
}

/// What a terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Its colours.
    pub colors: Colors,
    /// Whether it shows blocks, lines and other characters beyond ASCII. Labels are shown as they are in either case.
    pub unicode: bool,
    /// Its width; a Hangul syllable takes two columns.
    pub columns: usize,
}

impl TerminalStyle {
    /// What the standard output can show: no colours if it is not a terminal or `NO_COLOR` is set
    /// (<https://no-color.org>), otherwise what `COLORTERM` and `TERM` say; characters beyond ASCII if the locale is
    /// UTF-8; the width of `COLUMNS`, otherwise 100.
    pub fn detect() -> TerminalStyle {
        TerminalStyle::from_environment(|name| std::env::var(name).ok(), std::io::stdout().is_terminal())
    }

    /// ASCII only, no colours, 100 columns: the same everywhere.
    pub const fn plain() -> TerminalStyle {
        TerminalStyle { colors: Colors::None, unicode: false, columns: 100 }
    }

    /// [`TerminalStyle::detect`] for a given environment.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>, is_terminal: bool) -> TerminalStyle {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let term = set("TERM").unwrap_or_default();
        let colors = if !is_terminal || set("NO_COLOR").is_some() || term == "dumb" {
            Colors::None
        } else if set("COLORTERM").is_some_and(|value| value == "truecolor" || value == "24bit") {
            Colors::TrueColor
        } else if term.contains("256color") {
            Colors::Ansi256
        } else {
            Colors::None
        };
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set).unwrap_or_default().to_lowercase();
        let columns = set("COLUMNS").and_then(|value| value.parse().ok()).filter(|&columns| columns >= 20);
        TerminalStyle {
            colors,
            unicode: locale.contains("utf-8") || locale.contains("utf8"),
            columns: columns.unwrap_or(100),
        }
    }

    /// [`elide`](crate::elide), with three dots where the ellipsis character is not to be used.
    pub(crate) fn elide(&self, text: &str, columns: usize) -> String {
        if self.unicode || width(text) <= columns {
            return elide(text, columns);
        }
        let kept = elide(text, (columns + 1).saturating_sub(3));
        let dots = ".".repeat(3.min(columns));
        kept.strip_suffix('…').map_or_else(|| dots.clone(), |kept| format!("{kept}{dots}"))
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        if self.colors == Colors::None { text.to_owned() } else { format!("\u{1b}[1m{text}\u{1b}[0m") }
    }

    /// A text on a background, in black or white.
    pub(crate) fn on(&self, background: Rgb, text: &str) -> String {
        let Rgb(r, g, b) = background;
        let (ink, ink256) = if background.is_dark() { ("255;255;255", 231) } else { ("0;0;0", 16) };
        match self.colors {
            Colors::None => text.to_owned(),
            Colors::Ansi256 => format!("\u{1b}[48;5;{}m\u{1b}[38;5;{ink256}m{text}\u{1b}[0m", background.ansi256()),
            Colors::TrueColor => format!("\u{1b}[48;2;{r};{g};{b}m\u{1b}[38;2;{ink}m{text}\u{1b}[0m"),
        }
    }
}

/// Probabilities as bars, one a line: label, bar, number. The full length is 1.
///
/// A value that is not between 0 and 1 has a bar of the nearest length; the number is always the value itself.
pub fn bars<S: AsRef<str>>(probabilities: &[(S, f64)], style: &TerminalStyle) -> String {
    let labels: Vec<String> = probabilities.iter().map(|(label, _)| visible(label.as_ref())).collect();
    let widest = labels.iter().map(|label| width(label)).max().unwrap_or(0).min(style.columns / 3);
    let length = style.columns.saturating_sub(widest + 10).clamp(5, 40);
    let line = |(label, (_, p)): (&String, &(S, f64))| {
        let label = pad(&style.elide(label, widest), widest, Align::Left);
        format!("{label}  {}  {p:.3}\n", bar(*p, length, style))
    };
    labels.iter().zip(probabilities).map(line).collect()
}

/// `−` and `∞` in ASCII where that is asked for.
fn ascii_unless(style: &TerminalStyle, text: String) -> String {
    if style.unicode { text } else { text.replace('−', "-").replace('∞', "inf") }
}

/// A bar of `length` columns of which the part `share` is filled.
fn bar(share: f64, length: usize, style: &TerminalStyle) -> String {
    // From one to seven eighths of a column, filled from the left.
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
    let (full, part) = if style.unicode {
        let eighths = (share * length as f64 * 8.0).round() as usize;
        ("█".repeat(eighths / 8), EIGHTHS[eighths % 8])
    } else {
        ("#".repeat((share * length as f64).round() as usize), "")
    };
    pad(&(full + part), length, Align::Left)
}

/// A trend in one line, one character a value, from the lowest value to the highest. A value that is not finite is a
/// blank, and a trend that does not move stays in the middle.
///
/// ```
/// use jumok_viz::{TerminalStyle, sparkline};
///
/// let style = TerminalStyle { unicode: true, ..TerminalStyle::plain() };
/// assert_eq!(sparkline(&[8.0, 4.0, f64::NAN, 2.0, 1.0], &style), "█▄ ▂▁");
/// ```
pub fn sparkline(values: &[f64], style: &TerminalStyle) -> String {
    sparkline_in(extent(values.iter().copied()), values, style)
}

/// The lowest and the highest of the finite values; ∞ and −∞ if there are none.
pub(crate) fn extent(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let finite = values.filter(|v| v.is_finite());
    finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)))
}

/// [`sparkline`] on a scale that goes from `low` to `high`, within which the values lie.
pub(crate) fn sparkline_in((low, high): (f64, f64), values: &[f64], style: &TerminalStyle) -> String {
    let levels: &[char] = if style.unicode {
        &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    } else {
        &['_', '.', '-', '~', '=', '*', '#']
    };
    let level = |&value: &f64| {
        if !value.is_finite() {
            return ' ';
        }
        // In halves, because the difference of two very large numbers may be infinite.
        let place = if high > low { (value / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0) } else { 0.5 };
        levels[(place * (levels.len() - 1) as f64).round() as usize]
    };
    values.iter().map(level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: TerminalStyle = TerminalStyle { colors: Colors::None, unicode: true, columns: 40 };

    fn detect(variables: &[(&str, &str)], is_terminal: bool) -> TerminalStyle {
        let find = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        TerminalStyle::from_environment(find, is_terminal)
    }

    #[test]
    fn the_environment_decides() {
        let modern =
            [("TERM", "xterm-256color"), ("COLORTERM", "truecolor"), ("LANG", "ko_KR.UTF-8"), ("COLUMNS", "72")];
        assert_eq!(detect(&modern, true), TerminalStyle { colors: Colors::TrueColor, unicode: true, columns: 72 });
        assert_eq!(detect(&modern, false).colors, Colors::None, "a pipe");
        assert_eq!(detect(&[&modern[..], &[("NO_COLOR", "1")]].concat(), true).colors, Colors::None);
        assert_eq!(
            detect(&[&modern[..], &[("NO_COLOR", "")]].concat(), true).colors,
            Colors::TrueColor,
            "empty is unset"
        );
        assert_eq!(detect(&[("TERM", "screen-256color")], true).colors, Colors::Ansi256);
        assert_eq!(detect(&[("TERM", "dumb"), ("COLORTERM", "truecolor")], true).colors, Colors::None);
        assert_eq!(detect(&[], true), TerminalStyle { colors: Colors::None, unicode: false, columns: 100 });
        assert!(!detect(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], true).unicode, "LC_ALL rules");
        assert_eq!(detect(&[("COLUMNS", "many")], true).columns, 100);
    }

    #[test]
    fn bars_line_up() {
        let words = [("사과", 0.5), ("bread", 0.25), ("밥", 0.0), ("nan", f64::NAN), ("two", 2.0)];
        let text = bars(&words, &UNICODE);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("사과   {}{}  0.500", "█".repeat(12) + "▌", " ".repeat(12)));
        assert_eq!(lines[2], format!("밥     {}  0.000", " ".repeat(25)));
        assert!(lines[3].ends_with("NaN") && lines[4].ends_with("█  2.000"));
        let starts: Vec<usize> = lines.iter().map(|l| width(l)).collect();
        assert_eq!(starts[..3], [39, 39, 39]);
        assert!(bars(&words, &TerminalStyle::plain()).contains("####"));
        assert_eq!(bars::<&str>(&[], &UNICODE), "");
    }

    #[test]
    fn sparklines() {
        assert_eq!(sparkline(&[0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0], &UNICODE), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&[1.0, 1.0], &UNICODE), "▅▅");
        assert_eq!(sparkline(&[f64::MIN, 0.0, f64::MAX], &UNICODE), "▁▅█");
        assert_eq!(sparkline(&[f64::NAN, f64::INFINITY], &UNICODE), "  ");
        assert_eq!(sparkline(&[], &UNICODE), "");
        assert!(sparkline(&[3.0, -1.0, 0.5], &TerminalStyle::plain()).is_ascii());
    }

    #[test]
    fn elision_without_unicode_is_ascii() {
        let style = TerminalStyle::plain();
        assert_eq!(style.elide("attention", 9), "attention");
        assert_eq!(style.elide("attention", 6), "att...");
        assert_eq!(style.elide("attention", 2), "..");
        assert_eq!(style.elide("주의집중", 6), "주...");
        for columns in 0..9 {
            assert!(width(&style.elide("주의집중", columns)) <= columns);
        }
    }

    #[test]
    fn colors_are_ended() {
        let style = TerminalStyle { colors: Colors::TrueColor, ..UNICODE };
        assert_eq!(style.on(Rgb(1, 2, 3), "x"), "\u{1b}[48;2;1;2;3m\u{1b}[38;2;255;255;255mx\u{1b}[0m");
        let style = TerminalStyle { colors: Colors::Ansi256, ..UNICODE };
        assert_eq!(style.on(Rgb(255, 255, 255), "x"), "\u{1b}[48;5;231m\u{1b}[38;5;16mx\u{1b}[0m");
        assert_eq!(UNICODE.on(Rgb(0, 0, 0), "x"), "x");
    }
}
