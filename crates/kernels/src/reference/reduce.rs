//! Sums and maxima; see [`crate::reduce`].

use crate::Elem;

/// Σ x
pub fn sum(x: &[Elem]) -> Elem {
    x.iter().map(|&x| x as f64).sum::<f64>() as Elem
}

/// Σ a·b
pub fn dot(a: &[Elem], b: &[Elem]) -> Elem {
    a.iter().zip(b).map(|(&a, &b)| a as f64 * b as f64).sum::<f64>() as Elem
}

/// The largest number, NaN if there is one.
pub fn max(x: &[Elem]) -> Elem {
    if x.iter().any(|x| x.is_nan()) {
        return Elem::NAN;
    }
    x.iter().fold(Elem::NEG_INFINITY, |a, &b| a.max(b))
}

/// Σ x²
pub fn sum_of_squares(x: &[Elem]) -> f64 {
    x.iter().map(|&x| x as f64 * x as f64).sum()
}

/// `out[i]` = Σ_j `x[i, j]`
pub fn sum_rows(x: &[Elem], row_len: usize, out: &mut [Elem]) {
    for (i, out) in out.iter_mut().enumerate() {
        *out = sum(&x[i * row_len..][..row_len]);
    }
}

/// `out[j]` = Σ_i `x[i, j]`
pub fn sum_columns(x: &[Elem], row_len: usize, out: &mut [Elem]) {
    for (j, out) in out.iter_mut().enumerate() {
        *out = x.iter().skip(j).step_by(row_len).map(|&x| x as f64).sum::<f64>() as Elem;
    }
}
