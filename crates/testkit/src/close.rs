use std::fmt::Write;

use approx::abs_diff_eq;
use serde::Deserialize;

/// How far a number may be from the expected one: |actual − expected| ≤ atol + rtol·|expected|, as in NumPy and PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Tolerance {
    /// Relative part, a factor of the expected magnitude.
    pub rtol: f64,
    /// Absolute part, in the unit of the numbers.
    pub atol: f64,
}

impl Tolerance {
    /// The largest difference that passes: atol + rtol·|expected|.
    pub fn limit(&self, expected: f64) -> f64 {
        self.atol + self.rtol * expected.abs()
    }
}

/// Whether two numbers agree: nan with nan, an infinity with the same infinity, finite numbers within the tolerance.
pub fn is_close(actual: f64, expected: f64, tolerance: Tolerance) -> bool {
    if actual.is_finite() && expected.is_finite() {
        abs_diff_eq!(actual, expected, epsilon = tolerance.limit(expected))
    } else {
        actual == expected || actual.is_nan() && expected.is_nan()
    }
}

/// Asserts |actual − expected| ≤ atol + rtol·|expected| for each element; nan must meet nan, inf the same inf.
///
/// # Panics
/// At the caller's line, if the lengths differ or an element is off. The message names the worst element (the one that
/// exceeds its tolerance most) with its index and both values.
#[track_caller]
pub fn assert_close<A, E>(actual: &[A], expected: &[E], rtol: f64, atol: f64)
where
    A: Copy + Into<f64>,
    E: Copy + Into<f64>,
{
    assert_close_shaped(actual, expected, &[expected.len()], rtol, atol);
}

/// Like [`assert_close`], for elements in row-major order of a `shape`: the worst element is named by its index on each axis.
///
/// # Panics
/// As [`assert_close`], and if `shape` does not have as many elements as `expected`.
#[track_caller]
pub fn assert_close_shaped<A, E>(actual: &[A], expected: &[E], shape: &[usize], rtol: f64, atol: f64)
where
    A: Copy + Into<f64>,
    E: Copy + Into<f64>,
{
    let count: usize = shape.iter().product();
    assert_eq!(
        expected.len(),
        count,
        "assert_close: {} expected values do not fit the shape {shape:?}",
        expected.len()
    );
    assert_eq!(actual.len(), count, "assert_close: {} values, expected {count}", actual.len());
    let tolerance = Tolerance { rtol, atol };
    let pairs = || actual.iter().zip(expected).map(|(&a, &e)| (a.into(), e.into()));
    let off = pairs().filter(|&(a, e)| !is_close(a, e, tolerance)).count();
    if off == 0 {
        return;
    }
    let (worst, (a, e)) = pairs()
        .enumerate()
        .filter(|&(_, (a, e))| !is_close(a, e, tolerance))
        .max_by(|&(_, (a, e)), &(_, (b, f))| excess(a, e, tolerance).total_cmp(&excess(b, f, tolerance)))
        .expect("at least one element is off");
    let mut message =
        format!("assert_close: {off} of {count} elements are off; worst at {:?}: ", unravel(worst, shape));
    let _ = write!(message, "actual {a}, expected {e}");
    if a.is_finite() && e.is_finite() {
        let _ = write!(message, " (difference {:.3e}, allowed {:.3e})", (a - e).abs(), tolerance.limit(e));
    }
    panic!("{message}");
}

/// How many times the allowed difference two numbers are apart; infinite where one of them is not finite.
fn excess(actual: f64, expected: f64, tolerance: Tolerance) -> f64 {
    let difference = (actual - expected).abs();
    // 1e-300 keeps a tolerance of zero from dividing by zero and still ranks the elements by their difference.
    if difference.is_finite() { difference / tolerance.limit(expected).max(1e-300) } else { f64::INFINITY }
}

/// The index on each axis of the element at a row-major position.
fn unravel(mut position: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (axis, &size) in shape.iter().enumerate().rev() {
        index[axis] = position % size;
        position /= size;
    }
    index
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    const EXACT: Tolerance = Tolerance { rtol: 0.0, atol: 0.0 };

    fn message(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
        *catch_unwind(f).unwrap_err().downcast::<String>().unwrap()
    }

    #[test]
    fn the_tolerance_is_relative_to_the_expected_value() {
        let tolerance = Tolerance { rtol: 0.5, atol: 0.0 };
        assert!(is_close(1.0, 2.0, tolerance), "1 is within 0.5 * 2");
        assert!(!is_close(2.0, 1.0, tolerance), "1 is not within 0.5 * 1");
        let tolerance = Tolerance { rtol: 0.0, atol: 0.25 };
        assert!(is_close(1.25, 1.0, tolerance) && is_close(0.75, 1.0, tolerance), "the limit itself passes");
        assert!(!is_close(1.2500001, 1.0, tolerance));
    }

    #[test]
    fn special_values_meet_only_themselves() {
        let values = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0];
        let generous = Tolerance { rtol: 1e9, atol: 1e9 };
        for (i, &a) in values.iter().enumerate() {
            for (j, &e) in values.iter().enumerate() {
                assert_eq!(is_close(a, e, generous), i == j, "{a} and {e}");
            }
        }
        assert!(is_close(0.0, -0.0, EXACT));
        // A tolerance of infinity times zero is nan, and nothing is within nan.
        assert!(!is_close(1.0, 0.0, Tolerance { rtol: f64::INFINITY, atol: 0.0 }));
    }

    #[test]
    fn passes_within_tolerance_and_for_mixed_precision() {
        assert_close(&[1.0f32, 2.0, f32::NAN], &[1.0001f64, 2.0, f64::NAN], 1e-3, 0.0);
        assert_close::<f32, f32>(&[], &[], 0.0, 0.0);
        assert_close(&[1i32, 2], &[1.0f32, 2.0], 0.0, 0.0);
    }

    #[test]
    fn the_worst_element_is_relative_to_its_tolerance() {
        // |110 − 100| is the largest difference, but 0.3 for 0.1 is further outside its own limit.
        let text = message(|| assert_close(&[1.0, 110.0, 0.3], &[1.0, 100.0, 0.1], 0.01, 0.0));
        assert!(text.contains("2 of 3 elements are off; worst at [2]: actual 0.3, expected 0.1"), "{text}");
    }

    #[test]
    fn the_worst_element_is_named_by_its_axes() {
        let text = message(|| assert_close_shaped(&[0.0; 6], &[0.0, 0.0, 0.0, 0.0, 0.0, 5.0], &[2, 3], 0.0, 1.0));
        assert!(text.contains("1 of 6 elements are off; worst at [1, 2]: actual 0, expected 5"), "{text}");
        assert!(text.contains("(difference 5.000e0, allowed 1.000e0)"), "{text}");
        let text = message(|| assert_close_shaped(&[1.0], &[2.0], &[], 0.0, 0.0));
        assert!(text.contains("worst at []"), "{text}");
    }

    #[test]
    fn a_nan_is_worse_than_any_number() {
        let text = message(|| assert_close(&[1e30, f64::NAN, 1e30], &[0.0; 3], 0.0, 1e-9));
        assert!(text.contains("worst at [1]: actual NaN, expected 0"), "{text}");
    }

    #[test]
    fn lengths_must_agree() {
        let text = message(|| assert_close(&[1.0], &[1.0, 1.0], 1.0, 1.0));
        assert!(text.contains("1 values, expected 2"), "{text}");
    }
}
