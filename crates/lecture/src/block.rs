//! What a lesson is made of.

use std::panic::Location;

use jumok_viz::{AttentionOverImage, AttentionOverTime, BarChart, Curve, HeatMap, Table};

/// A piece of a lesson. The text is already in the language of the run.
#[derive(Debug, Clone)]
pub enum Block {
    /// Starts a section.
    Heading(String),
    /// Text.
    Paragraph(String),
    /// A formula on lines of its own, in Unicode, so that a terminal can show it.
    Formula(String),
    /// A matrix that was computed on the way.
    Matrix(Matrix),
    /// A picture of several values together.
    HeatMap(HeatMap),
    /// Where words look in a picture.
    OverImage(AttentionOverImage),
    /// Where tags listen in a sound.
    OverTime(AttentionOverTime),
    /// Numbers to compare.
    Bars(BarChart),
    /// A curve.
    Curve(Curve),
    /// A table.
    Table(Table),
}

/// A matrix that was computed on the way, with its name, its axes and where it comes from.
///
/// A value with more than two axes is cut into one matrix for each place on the leading axes.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The path under which it was shown, with the place on the leading axes where there are several.
    pub name: String,
    /// `[rows, columns]`.
    pub shape: [usize; 2],
    /// Names of the axes; that of the rows is empty for a vector, which stands in one row.
    pub axes: [String; 2],
    /// A label for each row, or none.
    pub row_labels: Vec<String>,
    /// A label for each column, or none.
    pub column_labels: Vec<String>,
    /// The values, row by row.
    pub values: Vec<f64>,
    /// ∂L/∂values of the lesson's loss L, if it depends on them.
    pub gradient: Option<Vec<f64>>,
    /// The line of the source that computed it.
    pub location: &'static Location<'static>,
}

impl Matrix {
    /// Up to this many columns the numbers are written into the cells.
    const MOST_NUMBERS: usize = 12;

    /// The values as a heat map.
    pub fn heat_map(&self) -> HeatMap {
        self.draw(&self.values, &self.name)
    }

    /// ∂L/∂values as a heat map, if there is one.
    pub fn gradient_map(&self) -> Option<HeatMap> {
        self.gradient.as_ref().map(|gradient| self.draw(gradient, &format!("∂L/∂ {}", self.name)))
    }

    fn draw(&self, values: &[f64], title: &str) -> HeatMap {
        let mut map = HeatMap::new(values, self.shape).title(title).axes(&self.axes[0], &self.axes[1]);
        if !self.row_labels.is_empty() {
            map = map.row_labels(&self.row_labels);
        }
        if !self.column_labels.is_empty() {
            map = map.col_labels(&self.column_labels);
        }
        if self.shape[1] <= Self::MOST_NUMBERS { map.show_values(3) } else { map }
    }

    /// Where it was computed, as `crates/…/file.rs:line`.
    pub fn place(&self) -> String {
        // A notebook compiles the crates by their full path; what stands before the workspace differs on every machine.
        let file = self.location.file().replace('\\', "/");
        let start = file.rfind("crates/").unwrap_or(0);
        format!("{}:{}", &file[start..], self.location.line())
    }
}
