//! Variance and standard deviation along axes.
//!
//! v = (1/(n − c))·Σ_i (x_i − μ)² with μ = (1/n)·Σ_i x_i. The correction c is 0 for the variance of the numbers
//! themselves (layer norm) and 1 for the unbiased estimate of the variance of what they were drawn from (Bessel).
//!
//! Gradient. ∂v/∂x_j = (2/(n − c))·Σ_i (x_i − μ)(δ_ij − 1/n) = (2/(n − c))·((x_j − μ) − (1/n)·Σ_i (x_i − μ)), and the
//! last sum is 0: **dx = g·2(x − μ)/(n − c)**.
//!
//! s = √v: ds/dv = 1/(2s), so **dx = g·(x − μ)/((n − c)·s)**, and 0 for a row of equal numbers (s = 0), as in PyTorch.
//!
//! The squares are summed after the mean was subtracted: mean(x²) − μ² would cancel where μ is large.

use super::rows::Rows;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};
use jumok_kernels::reduce;

/// The formulas on plain `ndarray`, along one axis that is kept with extent 1.
pub mod reference {
    use crate::Elem;
    use crate::ops::sum::reference::mean;
    use ndarray::ArrayD;

    /// v = (1/(n − c))·Σ (x − μ)²
    pub fn var(x: &ArrayD<Elem>, axis: usize, correction: Elem) -> ArrayD<Elem> {
        let n = x.shape()[axis] as Elem;
        mean(&(x - mean(x, axis)).mapv(|d| d * d), axis) * n / (n - correction)
    }
    /// dx = g·2(x − μ)/(n − c)
    pub fn var_backward(x: &ArrayD<Elem>, axis: usize, correction: Elem, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        (x - mean(x, axis)) * g * 2.0 / (x.shape()[axis] as Elem - correction)
    }
    /// s = √v
    pub fn std(x: &ArrayD<Elem>, axis: usize, correction: Elem) -> ArrayD<Elem> {
        var(x, axis, correction).mapv(Elem::sqrt)
    }
    /// dx = g·(x − μ)/((n − c)·s)
    pub fn std_backward(x: &ArrayD<Elem>, axis: usize, correction: Elem, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        var_backward(x, axis, correction, &(g / &(std(x, axis, correction) * 2.0)))
    }
}

/// n − c, not below 0.
fn degrees_of_freedom(rows: &Rows, correction: usize) -> Elem {
    rows.row_len().saturating_sub(correction) as Elem
}

fn mean(row: &[Elem]) -> Elem {
    reduce::sum(row) / row.len() as Elem
}

/// The variance of every row.
fn variance(x: &Array, rows: &Rows, correction: usize, keepdim: bool) -> Array {
    let n = degrees_of_freedom(rows, correction);
    let mut centred = vec![0.0; rows.row_len()];
    rows.map(x, keepdim, |row| {
        let mean = mean(row);
        centred.iter_mut().zip(row).for_each(|(d, &x)| *d = x - mean);
        reduce::sum_of_squares(&centred) as Elem / n
    })
}

/// dx = factor·(x − μ), with one factor a row.
fn centred_times(x: &Array, rows: &Rows, factor: &Array) -> Array {
    let factor = factor.contiguous();
    let factors = factor.as_slice().expect("made contiguous");
    let brought = rows.bring(x);
    let from = brought.as_slice().expect("brought in order");
    let row_len = rows.row_len().max(1);
    let dx = Array::build(brought.shape(), |dx| {
        for ((dx, row), factor) in dx.chunks_exact_mut(row_len).zip(from.chunks_exact(row_len)).zip(factors) {
            let mean = mean(row);
            dx.iter_mut().zip(row).for_each(|(dx, &x)| *dx = factor * (x - mean));
        }
    });
    rows.put_back(dx, row_len)
}

/// dx = g·2(x − μ)/(n − c)
#[derive(Debug)]
struct VarBackward {
    x: Array,
    rows: Rows,
    correction: usize,
}
impl Backward for VarBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let n = degrees_of_freedom(&self.rows, self.correction);
        grads![centred_times(&self.x, &self.rows, &grad.map(|g| g * (2.0 / n)))]
    }
}

/// dx = g·(x − μ)/((n − c)·s), 0 where s = 0
#[derive(Debug)]
struct StdBackward {
    x: Array,
    s: Array,
    rows: Rows,
    correction: usize,
}
impl Backward for StdBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let n = degrees_of_freedom(&self.rows, self.correction);
        let factor = super::elementwise::chain_each(&self.s, &grad, |s, g| if s == 0.0 { 0.0 } else { g / (n * s) });
        grads![centred_times(&self.x, &self.rows, &factor)]
    }
}

impl Tensor {
    /// The variance Σ(x − μ)²/(n − `correction`) of the n elements along the given axes; `[2, 3, 4]` along axis −1
    /// gives `[2, 3]`, or `[2, 3, 1]` with `keepdim`.
    ///
    /// `correction` 0 divides by n, 1 by n − 1. NaN or ∞ if n is not above `correction`.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn var(&self, axes: &[isize], correction: usize, keepdim: bool) -> Tensor {
        fit(self.try_var(axes, correction, keepdim))
    }

    /// As [`Tensor::var`], with an error instead of the panic.
    pub fn try_var(&self, axes: &[isize], correction: usize, keepdim: bool) -> Result<Tensor, TensorError> {
        let rows = Rows::along("var", self.shape(), axes)?;
        let v = variance(self.array(), &rows, correction, keepdim);
        Ok(Tensor::from_operation(v, &[self], || VarBackward { x: self.array().clone(), rows, correction }))
    }

    /// The standard deviation, √ of [`Tensor::var`]; its gradient for a row of equal numbers is 0.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn std(&self, axes: &[isize], correction: usize, keepdim: bool) -> Tensor {
        fit(self.try_std(axes, correction, keepdim))
    }

    /// As [`Tensor::std`], with an error instead of the panic.
    pub fn try_std(&self, axes: &[isize], correction: usize, keepdim: bool) -> Result<Tensor, TensorError> {
        let rows = Rows::along("std", self.shape(), axes)?;
        let s = variance(self.array(), &rows, correction, keepdim).map(Elem::sqrt);
        let kept = s.clone();
        Ok(Tensor::from_operation(s, &[self], || StdBackward { x: self.array().clone(), s: kept, rows, correction }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn both_agree_with_the_reference_along_every_axis() {
        for (axis, correction) in [(0, 1), (1, 0), (1, 1), (2, 0)] {
            let x = Tensor::parameter(between(-1.0, 2.0, &[3, 4, 5]));
            let (plain, c, axes) = (x.array().to_ndarray(), correction as Elem, [axis as isize]);
            let y = x.var(&axes, correction, true);
            let g = between(-1.0, 1.0, y.shape());
            assert_close(y.array(), &reference::var(&plain, axis, c));
            let expected = reference::var_backward(&plain, axis, c, &g.to_ndarray());
            assert_close(y.backward_from(g.clone()).get(&x).unwrap(), &expected);
            let y = x.std(&axes, correction, true);
            assert_close(y.array(), &reference::std(&plain, axis, c));
            let expected = reference::std_backward(&plain, axis, c, &g.to_ndarray());
            assert_close(y.backward_from(g).get(&x).unwrap(), &expected);
        }
    }

    #[test]
    fn are_their_derivatives_along_any_axes_in_any_layout() {
        let x = between(-1.0, 2.0, &[2, 3, 4]);
        for axes in [&[0][..], &[1], &[-1], &[0, 2], &[2, 1], &[0, 1, 2]] {
            for (x, keepdim) in [(x.clone(), false), (x.transpose(0, 2), true)] {
                gradcheck(|i| i[0].var(axes, 1, keepdim), std::slice::from_ref(&x), &GradCheck::default()).unwrap();
                gradcheck(|i| i[0].std(axes, 0, keepdim), &[x], &GradCheck::default()).unwrap();
            }
        }
    }

    #[test]
    fn values_by_hand_and_far_from_zero() {
        let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0], &[4]);
        assert_eq!(x.var(&[0], 0, false).item(), 1.25);
        assert!((x.var(&[0], 1, false).item() - 5.0 / 3.0).abs() < 1e-6);
        // mean(x²) − μ² would have no correct digit left here in f32.
        assert_eq!(x.add_scalar(1e5).var(&[0], 0, false).item(), 1.25);
    }

    #[test]
    fn too_few_numbers_and_equal_numbers() {
        let x = Tensor::parameter(Array::full(&[2, 1], 3.0));
        assert!(x.var(&[1], 1, false).to_vec().iter().all(|v| v.is_nan()));
        assert_eq!(x.var(&[1], 0, false).to_vec(), [0.0; 2]);
        assert!(Tensor::zeros(&[0]).var(&[0], 0, false).item().is_nan());
        let s = x.std(&[0], 1, false);
        assert_eq!(s.to_vec(), [0.0]);
        assert_eq!(s.sum_all().backward().get(&x).unwrap().to_vec(), [0.0; 2]);
        let empty = Tensor::parameter(Array::zeros(&[0, 3]));
        assert_eq!(empty.var(&[1], 0, false).sum_all().backward().get(&empty).unwrap().shape(), [0, 3]);
    }

    #[test]
    #[should_panic(expected = "std: shape [2, 3] has no axis -3: need -2..=1")]
    fn the_axis_must_exist() {
        Tensor::zeros(&[2, 3]).std(&[-3], 1, false);
    }
}
