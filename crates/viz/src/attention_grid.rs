use std::path::Path;

use crate::color::ColorMap;
use crate::heat_map::{Labels, MARGIN};
use crate::number::Format;
use crate::svg::{Body, Label, Scale, draw_cells};
use crate::text::{elide_to_pixels, pixel_width, visible};
use crate::{VizError, save};

/// Longest label of a row or column, in pixels.
const LABEL_LIMIT: f64 = 90.0;

/// Several matrices of one shape as small heat maps side by side, such as the heads and layers of a model. They share the
/// labels and the colours, so that they can be compared.
///
/// ```
/// use jumok_viz::AttentionGrid;
///
/// let grid = AttentionGrid::new([1, 2]).columns(2).map("head 0", &[0.5_f32, 0.5]).map("head 1", &[0.9_f32, 0.1]);
/// assert!(grid.to_svg().contains("head 1"));
/// ```
#[derive(Debug, Clone)]
pub struct AttentionGrid {
    shape: [usize; 2],
    maps: Vec<(String, Vec<f64>)>,
    title: String,
    row_labels: Vec<String>,
    column_labels: Vec<String>,
    row_axis: String,
    column_axis: String,
    grid_columns: Option<usize>,
    color_map: Option<ColorMap>,
    range: Option<(f64, f64)>,
}

impl AttentionGrid {
    /// An empty grid for matrices `[rows, columns]`.
    pub fn new(shape: [usize; 2]) -> AttentionGrid {
        AttentionGrid {
            shape,
            maps: Vec::new(),
            title: String::new(),
            row_labels: Vec::new(),
            column_labels: Vec::new(),
            row_axis: String::new(),
            column_axis: String::new(),
            grid_columns: None,
            color_map: None,
            range: None,
        }
    }

    /// Adds a matrix with its caption, values in row-major order. The grid fills line by line.
    ///
    /// # Panics
    /// If the number of values is not rows × columns.
    #[must_use]
    #[track_caller]
    pub fn map<T: Copy + Into<f64>>(mut self, caption: &str, values: &[T]) -> AttentionGrid {
        let (len, count) = (values.len(), self.shape[0] * self.shape[1]);
        assert_eq!(len, count, "AttentionGrid: {len} values do not fit {:?}, which needs {count}", self.shape);
        self.maps.push((visible(caption), values.iter().map(|&v| v.into()).collect()));
        self
    }

    /// A title above the grid.
    #[must_use]
    pub fn title(mut self, title: &str) -> AttentionGrid {
        self.title = visible(title);
        self
    }

    /// A label for each row of a matrix.
    ///
    /// # Panics
    /// If there are not as many as rows.
    #[must_use]
    #[track_caller]
    pub fn row_labels<S: AsRef<str>>(mut self, labels: impl IntoIterator<Item = S>) -> AttentionGrid {
        self.row_labels = labels.into_iter().map(|label| visible(label.as_ref())).collect();
        let (len, rows) = (self.row_labels.len(), self.shape[0]);
        assert_eq!(len, rows, "AttentionGrid: {len} labels for {rows} rows");
        self
    }

    /// A label for each column of a matrix.
    ///
    /// # Panics
    /// If there are not as many as columns.
    #[must_use]
    #[track_caller]
    pub fn col_labels<S: AsRef<str>>(mut self, labels: impl IntoIterator<Item = S>) -> AttentionGrid {
        self.column_labels = labels.into_iter().map(|label| visible(label.as_ref())).collect();
        let (len, columns) = (self.column_labels.len(), self.shape[1]);
        assert_eq!(len, columns, "AttentionGrid: {len} labels for {columns} columns");
        self
    }

    /// What the rows and what the columns of a matrix are, such as `query` and `key`.
    #[must_use]
    pub fn axes(mut self, rows: &str, columns: &str) -> AttentionGrid {
        self.row_axis = visible(rows);
        self.column_axis = visible(columns);
        self
    }

    /// How many maps stand side by side, such as the number of heads; without it the grid is about square.
    ///
    /// # Panics
    /// If it is 0.
    #[must_use]
    #[track_caller]
    pub fn columns(mut self, columns: usize) -> AttentionGrid {
        assert!(columns > 0, "AttentionGrid: a grid needs at least one column");
        self.grid_columns = Some(columns);
        self
    }

    /// The colours, instead of those that suit the values.
    #[must_use]
    pub fn color_map(mut self, map: ColorMap) -> AttentionGrid {
        self.color_map = Some(map);
        self
    }

    /// The values at the low and the high end of the colours, for all maps.
    ///
    /// # Panics
    /// If an end is not finite or `low` is greater than `high`.
    #[must_use]
    #[track_caller]
    pub fn range(mut self, low: f64, high: f64) -> AttentionGrid {
        assert!(low.is_finite() && high.is_finite() && low <= high, "AttentionGrid: {low} to {high} is no range");
        self.range = Some((low, high));
        self
    }

    /// The picture as a complete SVG document; see [`HeatMap::to_svg`](crate::HeatMap::to_svg).
    pub fn to_svg(&self) -> String {
        const GAP: f64 = 18.0;
        const CAPTION: f64 = 20.0;
        let [rows, columns] = self.shape;
        let values = || self.maps.iter().flat_map(|(_, values)| values);
        let scale = Scale::fit(values(), self.color_map, self.range);
        let across = self.grid_columns.unwrap_or_else(|| (self.maps.len() as f64).sqrt().ceil() as usize);
        let across = across.min(self.maps.len()).max(1);
        let down = self.maps.len().div_ceil(across);

        let cell = (150.0 / rows.max(columns).max(1) as f64).floor().clamp(1.0, 18.0);
        // A caption may be wider than a small map.
        let caption_width =
            self.maps.iter().map(|(caption, _)| pixel_width(caption, 12.0)).fold(0.0, f64::max).min(160.0);
        let size = (cell * columns as f64, cell * rows as f64);
        let pitch = (size.0.max(caption_width) + GAP, size.1 + CAPTION + GAP);

        let row_labels = Labels::new(&self.row_labels, cell, LABEL_LIMIT);
        let column_labels = Labels::new(&self.column_labels, cell, LABEL_LIMIT);
        let angle = if column_labels.angle(cell) == 0.0 { 0.0 } else { -90.0 };
        let axis = |name: &str| if name.is_empty() { 0.0 } else { 22.0 };
        let title = elide_to_pixels(&self.title, 16.0, 900.0);
        let title_height = if title.is_empty() { 0.0 } else { 30.0 };
        let row_gap = if self.row_labels.is_empty() { 0.0 } else { 8.0 };
        let left = MARGIN + axis(&self.row_axis) + row_labels.widest() + row_gap;
        let header = axis(&self.column_axis) + column_labels.height(angle);
        let top = MARGIN + title_height + CAPTION + header;
        let total = (pitch.0 * across as f64 - GAP, (pitch.1 * down as f64 - CAPTION - GAP).max(0.0));

        let mut body = Body::default();
        let muted = Label { class: "muted", anchor: "middle", ..Label::PLAIN };
        body.text(MARGIN, MARGIN + 14.0, &title, Label { size: 16.0, bold: true, ..Label::PLAIN });
        let names = (left + total.0 / 2.0, MARGIN + title_height + 12.0);
        body.text(names.0, names.1, &self.column_axis, muted);
        body.text(MARGIN + 11.0, top + total.1 / 2.0, &self.row_axis, Label { rotate: -90.0, ..muted });
        for (n, (caption, values)) in self.maps.iter().enumerate() {
            let (line, place) = (n / across, n % across);
            let (x, y) = (left + place as f64 * pitch.0, top + line as f64 * pitch.1);
            // Labels stand between the first line's captions and its maps; captions stay close to what they name elsewhere.
            let caption_y = if line == 0 { y - column_labels.height(angle) - 7.0 } else { y - 7.0 };
            let caption = elide_to_pixels(caption, 12.0, pitch.0 - 6.0);
            body.text(x, caption_y, &caption, Label { size: 12.0, bold: true, ..Label::PLAIN });
            if line == 0 {
                column_labels.draw_columns(&mut body, x, y - 6.0, cell, angle);
            }
            if place == 0 {
                row_labels.draw_rows(&mut body, x - 8.0, y, cell);
            }
            let cells: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
            draw_cells(&mut body, &cells, columns, &scale, (x, y), (cell, cell), |row, column, value| {
                let name = |labels: &[String], n: usize| labels.get(n).map_or_else(|| n.to_string(), String::clone);
                let (row, column) = (name(&self.row_labels, row), name(&self.column_labels, column));
                format!("{row} → {column}: {}", Format::new(4, value.abs()).write(value))
            });
            body.rect([x, y, size.0, size.1], "class=\"frame\" stroke-width=\"0.5\"", None);
        }
        let bar_left = left + total.0 + 18.0;
        let bar = scale.draw_bar(&mut body, (bar_left, top), total.1.clamp(90.0, 220.0), values());
        let width = (bar_left + bar.0).max(MARGIN + pixel_width(&title, 16.0));
        let height = top + total.1.max(bar.1).max(pixel_width(&self.row_axis, 13.0) / 2.0);
        body.finish(width + MARGIN, height + MARGIN, &self.title)
    }

    /// Saves [`AttentionGrid::to_svg`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Save`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_svg())
    }
}
