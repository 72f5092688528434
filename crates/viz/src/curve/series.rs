//! What is drawn of a series: smoothed, thinned, cut where a value is missing.

use super::Curve;
use crate::text::visible;

/// A series with more points is thinned out to the lowest and highest point of as many stretches as half of it.
pub(super) const MOST_POINTS: usize = 2000;

/// The points of a curve as they were given.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) label: String,
    pub(crate) points: Vec<(f64, f64)>,
    /// How far the band reaches to either side, one for each point; none without a band.
    pub(crate) deviations: Vec<f64>,
    pub(super) dots: bool,
}

impl Series {
    pub(super) fn new(label: &str, points: impl IntoIterator<Item = (f64, f64)>, dots: bool) -> Series {
        Series { label: visible(label), points: points.into_iter().collect(), deviations: vec![], dots }
    }
}

/// A stretch of points without a gap, in the units of the axes.
pub(super) type Segment = Vec<(f64, f64)>;

/// A series in the units of the axes.
pub(super) struct Prepared {
    pub(super) raw: Vec<Segment>,
    pub(super) smoothed: Option<Vec<Segment>>,
    /// The lower and the upper bound of each stretch of the band.
    pub(super) band: Vec<[Segment; 2]>,
    pub(super) dots: bool,
}

impl Curve {
    /// The series in the units of the axes, cut into segments where a value is missing.
    pub(super) fn prepared(&self) -> Vec<Prepared> {
        let segments = |points: &mut dyn Iterator<Item = (f64, f64)>| {
            let placed = points.map(|(x, y)| Some((self.place_step(x)?, self.place(y)?)));
            stretches(placed).into_iter().map(thin).collect::<Vec<_>>()
        };
        let prepare = |Series { points, deviations, dots, .. }: &Series| {
            let smoothed = (self.smoothing > 0.0 && !dots).then(|| {
                let values: Vec<f64> = points.iter().map(|point| point.1).collect();
                let smoothed = smooth(&values, self.smoothing);
                segments(&mut points.iter().map(|point| point.0).zip(smoothed))
            });
            let bounds = points.iter().zip(deviations).map(|(&(x, y), deviation)| {
                let x = self.place_step(x)?;
                Some([(x, self.place(y - deviation)?), (x, self.place(y + deviation)?)])
            });
            let band =
                stretches(bounds).into_iter().map(|stretch| [0, 1].map(|n| stretch.iter().map(|b| b[n]).collect()));
            Prepared { raw: segments(&mut points.iter().copied()), smoothed, band: band.collect(), dots: *dots }
        };
        self.series.iter().map(prepare).collect()
    }
}

/// What lies between gaps.
fn stretches<T>(items: impl Iterator<Item = Option<T>>) -> Vec<Vec<T>> {
    let mut stretches = vec![Vec::new()];
    for item in items {
        match item {
            Some(item) => stretches.last_mut().expect("there is always one").push(item),
            None => stretches.push(Vec::new()),
        }
    }
    stretches.retain(|stretch| !stretch.is_empty());
    stretches
}

/// The exponential moving average with the weight `w` on the past, corrected for its start:
/// s_t = w·s_{t−1} + (1 − w)·x_t, result s_t / (1 − w^t), as TensorBoard smooths its curves.
///
/// A value that is not finite stays as it is and does not enter the average. `w` = 0 changes nothing.
pub fn smooth(values: &[f64], weight: f64) -> Vec<f64> {
    let (mut sum, mut past) = (0.0, 1.0);
    values
        .iter()
        .map(|&value| {
            if !value.is_finite() {
                return value;
            }
            sum = weight * sum + (1.0 - weight) * value;
            past *= weight;
            sum / (1.0 - past)
        })
        .collect()
}

/// At most about [`MOST_POINTS`] points that look like all of them: the lowest and the highest of each stretch.
pub(super) fn thin(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    if points.len() <= MOST_POINTS {
        return points;
    }
    let stretch = points.len().div_ceil(MOST_POINTS / 2);
    let mut kept = Vec::with_capacity(MOST_POINTS + 2);
    for stretch in points.chunks(stretch) {
        let by_value = |a: &usize, b: &usize| stretch[*a].1.total_cmp(&stretch[*b].1);
        let lowest = (0..stretch.len()).min_by(by_value).expect("a chunk is not empty");
        let highest = (0..stretch.len()).max_by(by_value).expect("a chunk is not empty");
        kept.push(stretch[lowest.min(highest)]);
        if lowest != highest {
            kept.push(stretch[lowest.max(highest)]);
        }
    }
    kept
}
