//! How well two lists of numbers go together, as scipy computes it.

use crate::MetricError;

/// Pearson's r = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² · Σ (y − ȳ)²), −1 to 1; NaN if one side is constant.
///
/// # Errors
/// [`MetricError::LengthMismatch`].
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64, MetricError> {
    MetricError::same_length("numbers on one side", x.len(), "on the other", y.len())?;
    let centred = |values: &[f64]| -> Vec<f64> {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|value| value - mean).collect()
    };
    let (x, y) = (centred(x), centred(y));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    Ok(dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt())
}

/// Spearman's ρ: Pearson's r of the ranks, where equal numbers share the mean of their ranks. It sees whether one side rises
/// with the other, however fast.
///
/// # Errors
/// [`MetricError::LengthMismatch`].
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64, MetricError> {
    pearson(&ranks(x), &ranks(y))
}

fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    for group in order.chunk_by(|&a, &b| values[a] == values[b]) {
        let mean = start as f64 + (group.len() + 1) as f64 / 2.0;
        group.iter().for_each(|&index| ranks[index] = mean);
        start += group.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_share_their_ranks() {
        assert_eq!(ranks(&[3.0, 1.0, 3.0, 2.0, -0.0, 0.0]), [5.5, 3.0, 5.5, 4.0, 1.5, 1.5]);
    }

    #[test]
    fn ranks_see_a_curve_as_a_line() {
        let (x, y) = ([1.0, 2.0, 3.0, 4.0], [1.0, 10.0, 100.0, 1000.0]);
        assert!((spearman(&x, &y).unwrap() - 1.0).abs() < 1e-12);
        assert!(pearson(&x, &y).unwrap() < 0.95);
        assert!(pearson(&[1.0, 1.0], &[1.0, 2.0]).unwrap().is_nan());
        assert!(pearson(&[1.0], &[]).is_err());
    }
}
