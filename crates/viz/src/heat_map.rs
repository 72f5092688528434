use std::path::Path;

use crate::color::ColorMap;
use crate::number::Format;
use crate::svg::{Body, Label, Scale, draw_cells};
use crate::text::{elide_to_pixels, pixel_width, visible};
use crate::{VizError, save};

/// Room around a picture, in pixels.
pub(crate) const MARGIN: f64 = 16.0;
/// Longest label of a row or column, in pixels; a longer one is cut and ends with `…`.
const LABEL_LIMIT: f64 = 150.0;
/// Longest title, in pixels.
const TITLE_LIMIT: f64 = 900.0;

/// A matrix as colours, or as numbers.
///
/// The colours fit the values unless they are set: from zero to the largest value, or, if there are negative ones, from
/// blue over near white for zero to red. NaN is grey and crossed out, −∞ (a masked score) pale with a dash, ∞ magenta.
///
/// Setting parts works in a chain; see the [example of the crate](crate).
#[derive(Debug, Clone)]
pub struct HeatMap {
    /// Row by row; nothing where a cell is blank.
    pub(crate) values: Vec<Option<f64>>,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
    pub(crate) title: String,
    pub(crate) row_labels: Vec<String>,
    pub(crate) column_labels: Vec<String>,
    pub(crate) row_axis: String,
    pub(crate) column_axis: String,
    decimals: usize,
    show_values: bool,
    color_map: Option<ColorMap>,
    range: Option<(f64, f64)>,
}

impl HeatMap {
    /// A matrix `[rows, columns]`, its values in row-major order.
    ///
    /// # Panics
    /// If the number of values is not rows × columns.
    #[track_caller]
    pub fn new<T: Copy + Into<f64>>(values: &[T], shape: [usize; 2]) -> HeatMap {
        let [rows, columns] = shape;
        let (len, count) = (values.len(), rows * columns);
        assert_eq!(len, count, "HeatMap: {len} values do not fit the shape {shape:?}, which needs {count}");
        HeatMap {
            values: values.iter().map(|&v| Some(v.into())).collect(),
            rows,
            columns,
            title: String::new(),
            row_labels: Vec::new(),
            column_labels: Vec::new(),
            row_axis: String::new(),
            column_axis: String::new(),
            decimals: 2,
            show_values: false,
            color_map: None,
            range: None,
        }
    }

    /// A title above the matrix.
    #[must_use]
    pub fn title(mut self, title: &str) -> HeatMap {
        self.title = visible(title);
        self
    }

    /// A label for each row, such as the query tokens.
    ///
    /// # Panics
    /// If there are not as many as rows.
    #[must_use]
    #[track_caller]
    pub fn row_labels<S: AsRef<str>>(mut self, labels: impl IntoIterator<Item = S>) -> HeatMap {
        self.row_labels = labels.into_iter().map(|label| visible(label.as_ref())).collect();
        assert_eq!(
            self.row_labels.len(),
            self.rows,
            "HeatMap: {} labels for {} rows",
            self.row_labels.len(),
            self.rows
        );
        self
    }

    /// A label for each column, such as the key tokens.
    ///
    /// # Panics
    /// If there are not as many as columns.
    #[must_use]
    #[track_caller]
    pub fn col_labels<S: AsRef<str>>(mut self, labels: impl IntoIterator<Item = S>) -> HeatMap {
        self.column_labels = labels.into_iter().map(|label| visible(label.as_ref())).collect();
        let len = self.column_labels.len();
        assert_eq!(len, self.columns, "HeatMap: {len} labels for {} columns", self.columns);
        self
    }

    /// What the rows and what the columns are, such as `query` and `key`.
    #[must_use]
    pub fn axes(mut self, rows: &str, columns: &str) -> HeatMap {
        self.row_axis = visible(rows);
        self.column_axis = visible(columns);
        self
    }

    /// Leaves out the cells for which `is_blank(row, column)` holds, whatever their value: a gap between two matrices, or
    /// what cannot occur. A value that is there, be it zero or −∞, looks different.
    #[must_use]
    pub fn blank(mut self, is_blank: impl Fn(usize, usize) -> bool) -> HeatMap {
        for (n, value) in self.values.iter_mut().enumerate() {
            if is_blank(n / self.columns, n % self.columns) {
                *value = None;
            }
        }
        self
    }

    /// Writes the values into the cells, with this many decimals. Without it they are in the tooltips only.
    #[must_use]
    pub fn show_values(mut self, decimals: usize) -> HeatMap {
        self.show_values = true;
        self.decimals = decimals;
        self
    }

    /// The colours, instead of those that suit the values.
    #[must_use]
    pub fn color_map(mut self, map: ColorMap) -> HeatMap {
        self.color_map = Some(map);
        self
    }

    /// The values at the low and the high end of the colours; values beyond have the end's colour. To compare pictures,
    /// give them the same range.
    ///
    /// # Panics
    /// If an end is not finite or `low` is greater than `high`.
    #[must_use]
    #[track_caller]
    pub fn range(mut self, low: f64, high: f64) -> HeatMap {
        assert!(low.is_finite() && high.is_finite() && low <= high, "HeatMap: {low} to {high} is no range");
        self.range = Some((low, high));
        self
    }

    pub(crate) fn shows_values(&self) -> bool {
        self.show_values
    }

    pub(crate) fn scale(&self) -> Scale {
        Scale::fit(self.values.iter().flatten(), self.color_map, self.range)
    }

    /// How the values are written: with three decimals unless [`HeatMap::show_values`] says otherwise.
    pub(crate) fn format(&self) -> Format {
        let largest = self.values.iter().flatten().filter(|v| v.is_finite()).fold(0.0, |max: f64, v| max.max(v.abs()));
        Format::new(if self.show_values { self.decimals } else { 3 }, largest)
    }

    /// What a cell is, in words: its labels and its value.
    fn describe(&self, row: usize, column: usize, value: f64) -> String {
        let name = |axis: &str, labels: &[String], index: usize| {
            let label = labels.get(index).map_or_else(|| index.to_string(), String::clone);
            if axis.is_empty() { label } else { format!("{axis} {label}") }
        };
        format!(
            "{} → {}: {}",
            name(&self.row_axis, &self.row_labels, row),
            name(&self.column_axis, &self.column_labels, column),
            Format::new(4, value.abs()).write(value)
        )
    }

    /// The picture as a complete SVG document, which can also stand inside an HTML page. It follows the viewer's choice of
    /// a light or a dark page.
    pub fn to_svg(&self) -> String {
        const VALUE_SIZE: f64 = 11.0;
        let scale = self.scale();
        let format = self.format();
        let side = (560.0 / self.rows.max(self.columns).max(1) as f64).floor().clamp(2.0, 34.0);
        let mut cell = (side, side);
        if self.show_values {
            let widest =
                self.values.iter().flatten().map(|&v| pixel_width(&format.write(v), VALUE_SIZE)).fold(0.0, f64::max);
            cell = (side.max(widest + 10.0), side.max(24.0));
        }
        let size = (cell.0 * self.columns as f64, cell.1 * self.rows as f64);

        let rows = Labels::new(&self.row_labels, cell.1, LABEL_LIMIT);
        let columns = Labels::new(&self.column_labels, cell.0, LABEL_LIMIT);
        let angle = columns.angle(cell.0);
        let axis = |name: &str| if name.is_empty() { 0.0 } else { 22.0 };

        let title = elide_to_pixels(&self.title, 16.0, TITLE_LIMIT);
        let title_height = if title.is_empty() { 0.0 } else { 30.0 };
        let left = MARGIN + axis(&self.row_axis) + rows.widest() + if self.row_labels.is_empty() { 0.0 } else { 8.0 };
        let top = MARGIN + title_height + axis(&self.column_axis) + columns.height(angle);

        let mut body = Body::default();
        let muted = Label { class: "muted", anchor: "middle", ..Label::PLAIN };
        body.text(MARGIN, MARGIN + 14.0, &title, Label { size: 16.0, bold: true, ..Label::PLAIN });
        body.text(left + size.0 / 2.0, MARGIN + title_height + 12.0, &self.column_axis, muted);
        body.text(MARGIN + 11.0, top + size.1 / 2.0, &self.row_axis, Label { rotate: -90.0, ..muted });
        rows.draw_rows(&mut body, left - 8.0, top, cell.1);
        columns.draw_columns(&mut body, left, top - 7.0, cell.0, angle);
        draw_cells(&mut body, &self.values, self.columns, &scale, (left, top), cell, |r, c, v| self.describe(r, c, v));
        if self.show_values {
            for (n, value) in self.values.iter().enumerate().filter_map(|(n, value)| Some((n, (*value)?))) {
                let (row, column) = (n / self.columns, n % self.columns);
                let (x, y) = (left + (column as f64 + 0.5) * cell.0, top + (row as f64 + 0.5) * cell.1 + 4.0);
                let class = scale.paint(value).text_class();
                if value.is_finite() || value == f64::INFINITY {
                    let label = Label { size: VALUE_SIZE, anchor: "middle", class, ..Label::PLAIN };
                    // The tooltip belongs to the cell below the text.
                    body.raw("<g pointer-events=\"none\">");
                    body.text(x - 0.5, y - 0.5, &format.write(value), label);
                    body.raw("</g>");
                }
            }
        }
        let bar_left = left + size.0 + 18.0;
        let bar_height = size.1.clamp(90.0, 220.0);
        let bar = scale.draw_bar(&mut body, (bar_left, top), bar_height, self.values.iter().flatten());

        let width = (bar_left + bar.0).max(left + columns.reach(angle, cell.0)).max(MARGIN + pixel_width(&title, 16.0));
        let height = top + size.1.max(bar.1).max(pixel_width(&self.row_axis, 13.0) / 2.0);
        body.finish(width + MARGIN, height + MARGIN, &self.title)
    }

    /// Saves [`HeatMap::to_svg`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Save`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_svg())
    }
}

/// The labels along one axis: cut to a length, and thinned out where the cells are smaller than the letters.
pub(crate) struct Labels {
    texts: Vec<String>,
    size: f64,
    every: usize,
}

impl Labels {
    /// `pitch` is the distance from one cell to the next.
    pub(crate) fn new(labels: &[String], pitch: f64, limit: f64) -> Labels {
        let size = (pitch * 0.8).clamp(10.0, 13.0);
        let texts = labels.iter().map(|label| elide_to_pixels(label, size, limit)).collect();
        Labels { texts, size, every: ((size + 1.0) / pitch).ceil().max(1.0) as usize }
    }

    pub(crate) fn widest(&self) -> f64 {
        self.texts.iter().map(|text| pixel_width(text, self.size)).fold(0.0, f64::max)
    }

    /// Upright labels if they fit, slanted ones if not, and vertical ones where slanted ones would touch.
    pub(crate) fn angle(&self, pitch: f64) -> f64 {
        let room = pitch * self.every as f64;
        if self.widest() <= room - 4.0 {
            0.0
        } else if room * 45_f64.to_radians().sin() >= self.size {
            -45.0
        } else {
            -90.0
        }
    }

    /// How much room columns' labels take above the matrix, with the gap.
    pub(crate) fn height(&self, angle: f64) -> f64 {
        if self.texts.is_empty() {
            return 0.0;
        }
        let (sin, cos) = angle.abs().to_radians().sin_cos();
        self.widest() * sin + self.size * cos + 7.0
    }

    /// How far columns' labels reach to the right, from the left end of the matrix.
    pub(crate) fn reach(&self, angle: f64, pitch: f64) -> f64 {
        let cos = if angle == 0.0 { 0.5 } else { angle.to_radians().cos() };
        let end =
            |(n, text): (usize, &String)| (n as f64 + 0.5) * pitch + pixel_width(text, self.size) * cos + self.size;
        self.texts.iter().enumerate().map(end).fold(0.0, f64::max)
    }

    /// Row labels, right-aligned at `x`, for rows of height `pitch` that start at `top`.
    pub(crate) fn draw_rows(&self, body: &mut Body, x: f64, top: f64, pitch: f64) {
        for (n, text) in self.texts.iter().enumerate().step_by(self.every) {
            let y = top + (n as f64 + 0.5) * pitch + self.size * 0.34;
            body.text(x, y, text, Label { size: self.size, anchor: "end", ..Label::PLAIN });
        }
    }

    /// Column labels whose lower ends stand at `y`, for columns of width `pitch` that start at `left`.
    pub(crate) fn draw_columns(&self, body: &mut Body, left: f64, y: f64, pitch: f64, angle: f64) {
        for (n, text) in self.texts.iter().enumerate().step_by(self.every) {
            let centre = left + (n as f64 + 0.5) * pitch;
            // The letters' middle, not their baseline, should point at the cell's middle.
            let (x, anchor) = match angle {
                0.0 => (centre, "middle"),
                -45.0 => (centre + self.size * 0.12, "start"),
                _ => (centre + self.size * 0.34, "start"),
            };
            body.text(x, y, text, Label { size: self.size, anchor, rotate: angle, ..Label::PLAIN });
        }
    }
}
