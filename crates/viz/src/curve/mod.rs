//! Values over steps: loss and accuracy of a run, means of several runs with their deviations.

mod draw;
mod series;
#[cfg(test)]
mod tests;

use std::path::Path;

use plotters::prelude::*;

use crate::text::{Language, visible};
use crate::{VizError, save, svg};
use draw::{FINE, RULES};
use series::Series;

pub use series::smooth;

/// Curves of a training run: values over steps, as SVG.
///
/// Values that are not finite (or beyond 10^300) leave a gap; on a logarithmic axis so do values that are not positive.
///
/// ```
/// use jumok_viz::Curve;
///
/// # fn main() -> Result<(), jumok_viz::VizError> {
/// let loss = [(1.0, 9.0), (2.0, 6.5), (3.0, 5.0)];
/// let svg = Curve::new("Training").axes("step", "loss").series("MLM", loss).baseline("uniform guess", 9.01).to_svg()?;
/// assert!(svg.contains("uniform guess"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Curve {
    pub(crate) title: String,
    x_name: String,
    y_name: String,
    pub(crate) series: Vec<Series>,
    pub(crate) baselines: Vec<(String, f64)>,
    included: Vec<f64>,
    smoothing: f64,
    log_scale: bool,
    log_steps: bool,
    size: (f64, f64),
    language: Language,
}

impl Curve {
    /// A picture without curves yet.
    pub fn new(title: &str) -> Curve {
        Curve {
            title: visible(title),
            x_name: String::new(),
            y_name: String::new(),
            series: Vec::new(),
            baselines: Vec::new(),
            included: Vec::new(),
            smoothing: 0.0,
            log_scale: false,
            log_steps: false,
            size: (760.0, 420.0),
            language: Language::English,
        }
    }

    /// What the axes show, such as `step` and `loss`, with their units if they have any.
    #[must_use]
    pub fn axes(mut self, x: &str, y: &str) -> Curve {
        self.x_name = visible(x);
        self.y_name = visible(y);
        self
    }

    /// Adds a curve of `(step, value)` pairs in the order in which they are joined.
    #[must_use]
    pub fn series(mut self, label: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Curve {
        self.series.push(Series::new(label, points, false));
        self
    }

    /// Adds a curve with a dot at each point, which is never smoothed: for what is measured now and then, such as the
    /// accuracy on held-out data.
    #[must_use]
    pub fn dotted_series(mut self, label: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Curve {
        self.series.push(Series::new(label, points, true));
        self
    }

    /// Adds a curve of `(step, value, deviation)` with a dot at each value and the band from value − deviation to value + deviation
    /// shaded: a mean over several runs and how far they lie apart. It is never smoothed.
    #[must_use]
    pub fn banded_series(mut self, label: &str, points: impl IntoIterator<Item = (f64, f64, f64)>) -> Curve {
        let (points, deviations) = points.into_iter().map(|(x, y, deviation)| ((x, y), deviation)).unzip();
        let points: Vec<(f64, f64)> = points;
        self.series.push(Series { deviations, ..Series::new(label, points, true) });
        self
    }

    /// Adds a dashed level line, such as the accuracy of always guessing the most frequent word.
    #[must_use]
    pub fn baseline(mut self, label: &str, value: f64) -> Curve {
        self.baselines.push((visible(label), value));
        self
    }

    /// Extends the vertical axis so that it contains a value, such as 0 and 1 for an accuracy.
    #[must_use]
    pub fn include(mut self, value: f64) -> Curve {
        self.included.push(value);
        self
    }

    /// Draws a smoothed curve strongly and the values themselves palely; see [`smooth`]. 0 draws only the values.
    ///
    /// # Panics
    /// If the weight is not in 0 ≤ weight < 1.
    #[must_use]
    #[track_caller]
    pub fn smoothing(mut self, weight: f64) -> Curve {
        assert!((0.0..1.0).contains(&weight), "Curve: the smoothing weight {weight} is not in 0 <= weight < 1");
        self.smoothing = weight;
        self
    }

    /// A logarithmic vertical axis.
    #[must_use]
    pub fn log_scale(mut self) -> Curve {
        self.log_scale = true;
        self
    }

    /// A logarithmic horizontal axis. Where the curves have a value at few steps, the ticks stand at those; steps that are not positive
    /// have no place on it.
    #[must_use]
    pub fn log_steps(mut self) -> Curve {
        self.log_steps = true;
        self
    }

    /// Width and height in pixels, at least 240 × 160; 760 × 420 unless set.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Curve {
        self.size = (f64::from(width.max(240)), f64::from(height.max(160)));
        self
    }

    /// The language of the words that the picture adds by itself.
    #[must_use]
    pub fn language(mut self, language: Language) -> Curve {
        self.language = language;
        self
    }

    /// The picture as a complete SVG document.
    ///
    /// # Errors
    /// [`VizError::Draw`] if plotters refuses to draw.
    pub fn to_svg(&self) -> Result<String, VizError> {
        let (width, height) = (self.size.0 * FINE, self.size.1 * FINE);
        let mut drawn = String::new();
        {
            let root = SVGBackend::with_string(&mut drawn, (width as u32, height as u32)).into_drawing_area();
            self.draw(&root).and_then(|()| root.present()).map_err(|error| VizError::Draw(error.to_string()))?;
        }
        // plotters' own first line knows nothing of titles, styles and a size other than that of the coordinates.
        let (_, body) = drawn.split_once('\n').unwrap_or_default();
        Ok(svg::open(self.size, (width, height), &self.title, RULES) + body)
    }

    /// Saves [`Curve::to_svg`] through [`save`].
    ///
    /// # Errors
    /// [`VizError::Draw`] and [`VizError::Save`].
    pub fn save_svg(&self, path: impl AsRef<Path>) -> Result<(), VizError> {
        save(path, &self.to_svg()?)
    }

    /// Whether [`Curve::log_scale`] was called.
    pub(crate) fn is_logarithmic(&self) -> bool {
        self.log_scale
    }

    /// The steps at which the curves have values, each once, if [`Curve::log_steps`] was called and they are few enough for a tick
    /// at each.
    pub(crate) fn marked_steps(&self) -> Vec<f64> {
        const MOST_TICKS: usize = 12;
        if !self.log_steps {
            return vec![];
        }
        let all = self.series.iter().flat_map(|series| &series.points).map(|point| point.0);
        let mut steps: Vec<f64> = all.filter(|step| self.place_step(*step).is_some()).collect();
        steps.sort_by(f64::total_cmp);
        steps.dedup();
        if steps.len() > MOST_TICKS { vec![] } else { steps }
    }

    /// Where a value stands on the vertical axis; `None` if it has no place there.
    pub(crate) fn place(&self, value: f64) -> Option<f64> {
        placed(value, self.log_scale)
    }

    /// Where a step stands on the horizontal axis; `None` if it has no place there.
    fn place_step(&self, step: f64) -> Option<f64> {
        placed(step, self.log_steps)
    }
}

/// A number on a linear or a logarithmic axis; beyond 10^300 the length of the axis would not be a number any more.
fn placed(value: f64, logarithmic: bool) -> Option<f64> {
    let placed = match logarithmic {
        true if value <= 0.0 => f64::NAN,
        true => value.log10(),
        false => value,
    };
    (placed.abs() <= 1e300).then_some(placed)
}
