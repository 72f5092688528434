//! A matrix in the terminal: as colours or shades, or as numbers.

use crate::HeatMap;
use crate::number::brief;
use crate::svg::{Paint, Scale};
use crate::table::{Align, pad};
use crate::terminal::{Colors, TerminalStyle, ascii_unless};
use crate::text::width;

/// Longest label of a row, in columns.
const ROW_LABEL: usize = 16;
/// Tallest label of a column that is written downwards, in lines.
const COLUMN_LABEL: usize = 12;

impl HeatMap {
    /// The matrix as characters: coloured cells where there are colours, otherwise shades, which are blocks or ASCII
    /// letters of growing weight. Each line has its end.
    ///
    /// With [`HeatMap::show_values`] the numbers stand in the cells; without, each cell takes two columns and the labels of
    /// the columns are written downwards. NaN is `??`, −∞ is
    /// `-∞` or `vv`, ∞ is `+∞` or `^^`; a blank cell is left empty. Columns that do not fit are counted at the end of the
    /// heading.
    pub fn to_terminal(&self, style: &TerminalStyle) -> String {
        if self.shows_values() {
            return self.render(style, true);
        }
        let scale = self.scale();
        let shade = |value: &Option<f64>| value.map_or_else(|| "  ".to_owned(), |value| shade(value, &scale, style));
        let cells = self.values.iter().map(shade).collect();
        let mut grid = Grid::new(self, style, cells, 2, Align::Left);
        grid.downwards = true;
        grid.render() + &legend(&scale, style)
    }

    /// The matrix as aligned numbers, without colours. Each line has its end.
    pub fn to_numbers(&self, style: &TerminalStyle) -> String {
        self.render(&TerminalStyle { colors: Colors::None, ..*style }, false)
    }

    fn render(&self, style: &TerminalStyle, colored: bool) -> String {
        let format = self.format();
        let write = |value: &Option<f64>| value.map_or_else(String::new, |v| ascii_unless(style, format.write(v)));
        let texts: Vec<String> = self.values.iter().map(write).collect();
        let numbers = texts.iter().map(|text| width(text)).max().unwrap_or(0);
        let labels = self.column_labels.iter().map(|label| width(label)).max().unwrap_or(0);
        let cell = numbers.max(labels.min(10)).max(2) + 2;
        let scale = self.scale();
        let paint = |(text, value): (&String, &Option<f64>)| {
            let padded = pad(text, cell - 1, Align::Right) + " ";
            match value.map(|value| scale.paint(value)) {
                Some(Paint::Color(color)) if colored => style.on(color, &padded),
                _ => padded,
            }
        };
        Grid::new(self, style, texts.iter().zip(&self.values).map(paint).collect(), cell, Align::Right).render()
    }
}

/// A cell of two columns.
pub(crate) fn shade(value: f64, scale: &Scale, style: &TerminalStyle) -> String {
    const BLOCKS: [&str; 5] = ["··", "░░", "▒▒", "▓▓", "██"];
    const LETTERS: [&str; 10] = ["  ", "..", "::", "--", "==", "++", "**", "##", "%%", "@@"];
    match scale.paint(value) {
        Paint::Nan => "??".to_owned(),
        Paint::PlusInfinity => if style.unicode { "+∞" } else { "^^" }.to_owned(),
        Paint::MinusInfinity => if style.unicode { "-∞" } else { "vv" }.to_owned(),
        Paint::Color(color) if style.colors != Colors::None => style.on(color, "  "),
        Paint::Color(_) => {
            let levels: &[&str] = if style.unicode { &BLOCKS } else { &LETTERS };
            let place = scale.map.position(value, scale.range);
            levels[((place * levels.len() as f64) as usize).min(levels.len() - 1)].to_owned()
        }
    }
}

/// One line: the low end, the shades between, the high end.
fn legend(scale: &Scale, style: &TerminalStyle) -> String {
    let (low, high) = scale.range;
    let steps = 10;
    let shades: String =
        (0..=steps).map(|n| shade(low + (high - low) * f64::from(n) / f64::from(steps), scale, style)).collect();
    // "−2" in ASCII where that is asked for; a thousandth of the range is fine enough here.
    let unit = 10_f64.powf((high - low).log10().floor() - 3.0);
    let rounded = |value: f64| if unit.is_normal() { (value / unit).round() * unit } else { value };
    let number = |value: f64| ascii_unless(style, brief(rounded(value)));
    format!("{} {shades} {}\n", number(low), number(high))
}

/// Cells with labels and the names of the axes around them.
struct Grid<'a> {
    map: &'a HeatMap,
    style: &'a TerminalStyle,
    cells: Vec<String>,
    cell_width: usize,
    align: Align,
    downwards: bool,
    row_width: usize,
    shown: usize,
}

impl<'a> Grid<'a> {
    fn new(
        map: &'a HeatMap,
        style: &'a TerminalStyle,
        cells: Vec<String>,
        cell_width: usize,
        align: Align,
    ) -> Grid<'a> {
        let row_width = map.row_labels.iter().map(|label| width(label)).max().unwrap_or(0).min(ROW_LABEL);
        let row_width = row_width.max(width(&map.row_axis).min(ROW_LABEL));
        let room = style.columns.saturating_sub(row_width + 2);
        // "+12" after the heading needs a little room of its own.
        let fits = if map.columns * cell_width <= room { map.columns } else { room.saturating_sub(6) / cell_width };
        Grid { map, style, cells, cell_width, align, downwards: false, row_width, shown: fits.max(1).min(map.columns) }
    }

    fn render(&self) -> String {
        let map = self.map;
        let mut lines = Vec::new();
        if !map.title.is_empty() {
            lines.push(self.style.bold(&self.style.elide(&map.title, self.style.columns)));
        }
        let hidden = map.columns - self.shown;
        let more = if hidden > 0 { format!(" +{hidden}") } else { String::new() };
        if !map.column_axis.is_empty() || hidden > 0 {
            let arrow = if self.style.unicode { "→" } else { "->" };
            let name = if map.column_axis.is_empty() { String::new() } else { format!("{} {arrow}", map.column_axis) };
            lines.push(self.line("", &format!("{name}{more}")));
        }
        let heading = self.heading();
        for (n, cells) in heading.iter().enumerate() {
            let is_last = n + 1 == heading.len();
            lines.push(self.line(if is_last { &map.row_axis } else { "" }, cells));
        }
        if heading.is_empty() && !map.row_axis.is_empty() {
            lines.push(self.line(&map.row_axis, ""));
        }
        for row in 0..map.rows {
            let start = row * map.columns;
            let label = map.row_labels.get(row).map_or("", String::as_str);
            lines.push(self.line(label, &self.cells[start..start + self.shown].concat()));
        }
        lines.iter().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    fn line(&self, label: &str, cells: &str) -> String {
        if self.row_width == 0 {
            return cells.to_owned();
        }
        let label = pad(&self.style.elide(label, self.row_width), self.row_width, Align::Right);
        format!("{label}  {cells}")
    }

    /// The labels of the columns: one line, or one letter a line, the last letter next to the cells.
    fn heading(&self) -> Vec<String> {
        let labels = &self.map.column_labels;
        if labels.is_empty() {
            return Vec::new();
        }
        let labels = &labels[..self.shown];
        if !self.downwards {
            let cell = |label: &String| {
                pad(&self.style.elide(label, self.cell_width - 2), self.cell_width - 1, self.align) + " "
            };
            return vec![labels.iter().map(cell).collect()];
        }
        let letters: Vec<Vec<String>> = labels.iter().map(|label| self.letters(label)).collect();
        let height = letters.iter().map(Vec::len).max().unwrap_or(0);
        let line = |n: usize| {
            let cell = |letters: &Vec<String>| {
                let letter = (n + letters.len()).checked_sub(height).and_then(|at| letters.get(at));
                pad(letter.map_or("", String::as_str), self.cell_width, self.align)
            };
            letters.iter().map(cell).collect()
        };
        (0..height).map(line).collect()
    }

    /// The letters of a label, each with the marks that belong to it.
    fn letters(&self, label: &str) -> Vec<String> {
        let mut letters: Vec<String> = Vec::new();
        for c in label.chars() {
            match letters.last_mut() {
                Some(last) if width(&format!("{last}{c}")) == width(last) => last.push(c),
                _ => letters.push(c.to_string()),
            }
        }
        if letters.len() > COLUMN_LABEL {
            letters.truncate(COLUMN_LABEL - 1);
            letters.push(if self.style.unicode { "⋮" } else { ":" }.to_owned());
        }
        letters
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNICODE: TerminalStyle = TerminalStyle { colors: Colors::None, unicode: true, columns: 60 };

    fn korean() -> HeatMap {
        HeatMap::new(&[0.0_f32, 1.0, 0.5, 0.25], [2, 2])
            .row_labels(["나는", "go"])
            .col_labels(["간다", "ab"])
            .axes("query", "key")
    }

    #[test]
    fn shades_with_labels_downwards() {
        assert_eq!(
            korean().to_terminal(&UNICODE),
            "       key →\n       간a\nquery  다b\n 나는  ··██\n   go  ▒▒░░\n0 ····░░░░▒▒▒▒▓▓▓▓██████ 1\n"
        );
    }

    #[test]
    fn ascii_only_where_asked_for() {
        let map = HeatMap::new(&[0.0, 1.0, f64::NAN, f64::NEG_INFINITY, f64::INFINITY, 0.5], [2, 3]);
        let text = map.to_terminal(&TerminalStyle::plain());
        assert!(text.is_ascii(), "{text}");
        assert!(text.starts_with("  @@??\nvv^^++\n"), "{text}");
        let numbers = map.to_numbers(&TerminalStyle::plain());
        assert_eq!(numbers, " 0.000  1.000    NaN\n  -inf    inf  0.500\n");
    }

    #[test]
    fn numbers_line_up_under_their_labels() {
        assert_eq!(
            korean().to_numbers(&UNICODE),
            "       key →\nquery    간다     ab\n 나는   0.000  1.000\n   go   0.500  0.250\n"
        );
        let gradients = HeatMap::new(&[1e-7, -2.5e-8], [1, 2]).show_values(1);
        assert_eq!(gradients.to_numbers(&UNICODE), "  1.0e-7  -2.5e-8\n", "tiny numbers are not shown as zeros");
    }

    #[test]
    fn blank_cells_are_empty() {
        let map = HeatMap::new(&[1.0, 9.0, f64::NEG_INFINITY, 0.5], [2, 2]).blank(|row, column| row < column);
        assert_eq!(map.to_terminal(&UNICODE), "██\n-∞▒▒\n0 ····░░░░▒▒▒▒▓▓▓▓██████ 1\n");
        assert_eq!(map.to_numbers(&UNICODE), " 1.000\n    −∞  0.500\n");
        let svg = map.to_svg();
        assert!(!svg.contains("0 → 1") && svg.contains("1 → 0: −∞"), "{svg}");
    }

    #[test]
    fn colors_carry_the_values() {
        let style = TerminalStyle { colors: Colors::TrueColor, ..UNICODE };
        let text = HeatMap::new(&[0.0, 1.0], [1, 2]).to_terminal(&style);
        assert_eq!(text.lines().next().unwrap().matches("\u{1b}[48;2;").count(), 2);
        let text = HeatMap::new(&[0.0, 1.0], [1, 2]).show_values(1).to_terminal(&style);
        assert!(text.contains("1.0 \u{1b}[0m"), "{text:?}");
    }

    #[test]
    fn a_narrow_terminal_says_what_it_leaves_out() {
        let map = HeatMap::new(&[0.5; 200], [2, 100]).axes("", "key");
        let text = map.to_terminal(&UNICODE);
        assert!(text.lines().all(|line| width(line) <= 60), "{text}");
        assert!(text.contains("key → +74"), "{text}");
    }

    #[test]
    fn long_and_combined_labels_stay_in_their_cells() {
        let long = "a".repeat(40);
        let map = HeatMap::new(&[0.5, 0.5], [1, 2]).col_labels([long.as_str(), "\u{1112}\u{1161}\u{11ab}e\u{301}"]);
        let text = map.to_terminal(&UNICODE);
        assert_eq!(text.lines().count(), COLUMN_LABEL + 2);
        assert!(text.contains("a \u{1112}\u{1161}\u{11ab}\n⋮ e\u{301}\n"), "{text}");
    }

    #[test]
    fn empty_matrices_are_no_problem() {
        let none: [f32; 0] = [];
        for shape in [[0, 0], [0, 3], [3, 0]] {
            let _ = HeatMap::new(&none, shape).axes("query", "key").to_terminal(&UNICODE);
            let _ = HeatMap::new(&none, shape).to_numbers(&UNICODE);
        }
    }
}
