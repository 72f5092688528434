//! Scores of classes, as scikit-learn computes them.

use crate::{MetricError, Scores};

/// How the scores of the classes become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Average {
    /// The mean of the classes, each weighing the same.
    Macro,
    /// Over all single answers; precision, recall and F1 are then the accuracy.
    Micro,
    /// The mean of the classes, each weighing as much as it really occurs.
    Weighted,
}

/// What was predicted against what is true.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classification {
    /// The classes that occur on either side, ascending.
    pub labels: Vec<i64>,
    /// `confusion[t][p]` is how often class `labels[t]` was taken for class `labels[p]`.
    pub confusion: Vec<Vec<usize>>,
}

impl Classification {
    /// Counts who was taken for whom.
    ///
    /// # Errors
    /// [`MetricError::LengthMismatch`].
    pub fn new(truth: &[i64], predicted: &[i64]) -> Result<Classification, MetricError> {
        MetricError::same_length("true classes", truth.len(), "predicted classes", predicted.len())?;
        let mut labels: Vec<i64> = truth.iter().chain(predicted).copied().collect();
        labels.sort_unstable();
        labels.dedup();
        let mut confusion = vec![vec![0; labels.len()]; labels.len()];
        let index = |label: &i64| labels.binary_search(label).expect("every label is in the list");
        for (truth, predicted) in truth.iter().zip(predicted) {
            confusion[index(truth)][index(predicted)] += 1;
        }
        Ok(Classification { labels, confusion })
    }

    /// How often class `t` really occurs.
    fn wanted(&self, t: usize) -> usize {
        self.confusion[t].iter().sum()
    }

    /// How often class `p` was predicted.
    fn found(&self, p: usize) -> usize {
        self.confusion.iter().map(|row| row[p]).sum()
    }

    fn hits(&self) -> usize {
        (0..self.labels.len()).map(|class| self.confusion[class][class]).sum()
    }

    fn total(&self) -> usize {
        (0..self.labels.len()).map(|class| self.wanted(class)).sum()
    }

    /// Share of the answers that are right, 0 to 1.
    pub fn accuracy(&self) -> f64 {
        self.hits() as f64 / self.total().max(1) as f64
    }

    /// Matthews' correlation coefficient, −1 to 1: with c right of n answers, class k occurring t_k times and predicted p_k
    /// times, (c·n − Σ t_k p_k) / √((n² − Σ p_k²)(n² − Σ t_k²)); 0 if either side is always the same class (Gorodkin,
    /// "Comparing two K-category assignments by a K-category correlation coefficient", 2004).
    pub fn mcc(&self) -> f64 {
        let classes = 0..self.labels.len();
        let (n, c) = (self.total() as f64, self.hits() as f64);
        let sum = |product: &dyn Fn(usize) -> usize| classes.clone().map(product).sum::<usize>() as f64;
        let covariance = c * n - sum(&|k| self.wanted(k) * self.found(k));
        let spread_predicted = n * n - sum(&|k| self.found(k) * self.found(k));
        let spread_true = n * n - sum(&|k| self.wanted(k) * self.wanted(k));
        let product = spread_predicted * spread_true;
        if product == 0.0 { 0.0 } else { covariance / product.sqrt() }
    }

    /// Precision, recall and F1 of one class; zeros for a class that occurs nowhere.
    pub fn of_class(&self, label: i64) -> Scores {
        match self.labels.binary_search(&label) {
            Ok(class) => Scores::from_counts(self.confusion[class][class], self.found(class), self.wanted(class)),
            Err(_) => Scores::default(),
        }
    }

    /// Precision, recall and F1 over all classes.
    pub fn scores(&self, average: Average) -> Scores {
        let weighed = |weight: &dyn Fn(usize) -> f64| {
            let one = |(class, &label): (usize, &i64)| (self.of_class(label), weight(class));
            Scores::weighted_mean(self.labels.iter().enumerate().map(one))
        };
        match average {
            Average::Macro => weighed(&|_| 1.0),
            Average::Micro => Scores::from_counts(self.hits(), self.total(), self.total()),
            Average::Weighted => weighed(&|class| self.wanted(class) as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guesser_has_no_correlation_however_often_it_is_right() {
        let counts = Classification::new(&[1, 1, 1, 0], &[1, 1, 1, 1]).unwrap();
        assert_eq!((counts.accuracy(), counts.mcc()), (0.75, 0.0));
        assert_eq!(Classification::new(&[1, 0], &[0, 1]).unwrap().mcc(), -1.0);
    }

    #[test]
    fn averages_differ_where_classes_are_uneven() {
        let counts = Classification::new(&[0, 0, 0, 7], &[0, 0, 0, 0]).unwrap();
        assert_eq!(counts.confusion, [[3, 0], [1, 0]]);
        assert_eq!(counts.scores(Average::Macro).recall, 0.5);
        assert_eq!(counts.scores(Average::Micro).recall, 0.75);
        assert_eq!(counts.scores(Average::Weighted).recall, 0.75);
        assert_eq!(counts.of_class(7), Scores::default());
        assert!(Classification::new(&[0], &[]).is_err());
    }
}
