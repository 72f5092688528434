use std::fmt::Write;

use crate::svg::escape;
use crate::terminal::TerminalStyle;
use crate::text::{elide, visible, width};

/// On which side the cells of a column stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Align {
    /// Texts.
    #[default]
    Left,
    /// Numbers.
    Right,
}

/// A table with a heading, for the terminal and for HTML. Hangul takes its two columns.
///
/// ```
/// use jumok_viz::{Align, Table, TerminalStyle};
///
/// let mut table = Table::new(["word", "p"]).align([Align::Left, Align::Right]);
/// table.row(["사과", "0.5"]);
/// table.row(["apple", "0.25"]);
/// assert_eq!(table.to_terminal(&TerminalStyle::plain()), "word      p\n-----  ----\n사과    0.5\napple  0.25\n");
/// ```
#[derive(Debug, Clone)]
pub struct Table {
    heading: Vec<String>,
    align: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with the headings of its columns, which stand on the left unless [`Table::align`] says otherwise.
    pub fn new<S: AsRef<str>>(heading: impl IntoIterator<Item = S>) -> Table {
        let heading: Vec<String> = heading.into_iter().map(|cell| visible(cell.as_ref())).collect();
        Table { align: vec![Align::Left; heading.len()], heading, rows: Vec::new() }
    }

    /// On which side each column stands.
    ///
    /// # Panics
    /// If there are not as many as columns.
    #[must_use]
    #[track_caller]
    pub fn align(mut self, align: impl IntoIterator<Item = Align>) -> Table {
        self.align = align.into_iter().collect();
        let (len, columns) = (self.align.len(), self.heading.len());
        assert_eq!(len, columns, "Table: {len} alignments for {columns} columns");
        self
    }

    /// Adds a row.
    ///
    /// # Panics
    /// If there are not as many cells as columns.
    #[track_caller]
    pub fn row<S: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = S>) {
        let cells: Vec<String> = cells.into_iter().map(|cell| visible(cell.as_ref())).collect();
        let (len, columns) = (cells.len(), self.heading.len());
        assert_eq!(len, columns, "Table: a row of {len} cells for {columns} columns");
        self.rows.push(cells);
    }

    /// Aligned text, each line with its end. Where it is wider than the terminal, the widest columns are cut.
    pub fn to_terminal(&self, style: &TerminalStyle) -> String {
        const BETWEEN: usize = 2;
        let lines = || std::iter::once(&self.heading).chain(&self.rows);
        let mut widths: Vec<usize> =
            (0..self.heading.len()).map(|n| lines().map(|cells| width(&cells[n])).max().unwrap_or(0)).collect();
        let room = style.columns.saturating_sub(BETWEEN * widths.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            // A column of four columns is as narrow as can still be read.
            match widths.iter_mut().max() {
                Some(widest) if *widest > 4 => *widest -= 1,
                _ => break,
            }
        }
        let rule = if style.unicode { "─" } else { "-" };
        let mut out = String::new();
        for (n, cells) in lines().enumerate() {
            let cells = cells
                .iter()
                .zip(&widths)
                .zip(&self.align)
                .map(|((cell, &w), &align)| pad(&style.elide(cell, w), w, align));
            let line = cells.collect::<Vec<_>>().join(&" ".repeat(BETWEEN));
            let _ = writeln!(out, "{}", if n == 0 { style.bold(line.trim_end()) } else { line.trim_end().to_owned() });
            if n == 0 {
                let rules: Vec<String> = widths.iter().map(|&w| rule.repeat(w)).collect();
                let _ = writeln!(out, "{}", rules.join(&" ".repeat(BETWEEN)));
            }
        }
        out
    }

    /// A `<table>` element.
    pub fn to_html(&self) -> String {
        let line = |tag: &str, cells: &[String]| {
            let mut out = String::from("<tr>");
            for (cell, align) in cells.iter().zip(&self.align) {
                let class = if *align == Align::Right { " class=\"number\"" } else { "" };
                let _ = write!(out, "<{tag}{class}>{}</{tag}>", escape(cell));
            }
            out + "</tr>\n"
        };
        let body: String = self.rows.iter().map(|cells| line("td", cells)).collect();
        format!("<table>\n<thead>{}</thead>\n<tbody>\n{body}</tbody>\n</table>\n", line("th", &self.heading).trim_end())
    }
}

/// Fills a text with spaces to a number of terminal columns.
pub(crate) fn pad(text: &str, columns: usize, align: Align) -> String {
    let text = elide(text, columns);
    let fill = " ".repeat(columns - width(&text).min(columns));
    match align {
        Align::Left => text + &fill,
        Align::Right => fill + &text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Table {
        let mut table = Table::new(["sentence", "p"]).align([Align::Left, Align::Right]);
        table.row(["나는 사과를 먹는다", "0.123"]);
        table.row(["I eat an apple", "12"]);
        table
    }

    #[test]
    fn columns_line_up_with_hangul() {
        let text = sample().to_terminal(&TerminalStyle { unicode: true, ..TerminalStyle::plain() });
        assert_eq!(
            text,
            "sentence                p\n\
             ──────────────────  ─────\n\
             나는 사과를 먹는다  0.123\n\
             I eat an apple         12\n"
        );
    }

    #[test]
    fn a_narrow_terminal_cuts_the_widest_column() {
        let style = TerminalStyle { columns: 16, unicode: true, ..TerminalStyle::plain() };
        let text = sample().to_terminal(&style);
        assert!(text.lines().all(|line| width(line) <= 16), "{text}");
        assert!(text.contains("나는 사…   0.123"), "{text}");
        let style = TerminalStyle { columns: 16, ..TerminalStyle::plain() };
        assert!(sample().to_terminal(&style).contains("I eat ...     12"), "plain text has no ellipsis character");
    }

    #[test]
    fn cells_cannot_break_the_page_or_the_terminal() {
        let mut table = Table::new(["<h>"]);
        table.row(["a\n<script>\u{1b}[2J"]);
        assert!(table.to_html().contains("<td>a␊&lt;script&gt;␛[2J</td>"));
        assert!(table.to_html().contains("<th>&lt;h&gt;</th>"));
        let text = table.to_terminal(&TerminalStyle::plain());
        assert_eq!(text.lines().count(), 3);
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn numbers_are_marked_in_html() {
        assert!(sample().to_html().contains("<th>sentence</th><th class=\"number\">p</th>"));
    }

    #[test]
    #[should_panic(expected = "a row of 1 cells for 2 columns")]
    fn a_short_row_is_refused() {
        sample().row(["x"]);
    }
}
