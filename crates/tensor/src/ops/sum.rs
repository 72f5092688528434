//! Sums and means along axes.
//!
//! y_r = Σ_i x_ri over the elements i of row r. Every element of a row enters with factor 1: ∂y_r/∂x_ri = 1, so
//! **dx_ri = g_r**: the gradient is repeated. The mean divides by the n elements of a row: **dx_ri = g_r / n**.
//!
//! Long sums are split into many partial sums (see `jumok_kernels::reduce`), so that rounding does not build up.

use super::rows::Rows;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};

/// The formulas on plain `ndarray`, along one axis that is kept with extent 1.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis};

    /// y = Σ_i x_i
    pub fn sum(x: &ArrayD<Elem>, axis: usize) -> ArrayD<Elem> {
        x.sum_axis(Axis(axis)).insert_axis(Axis(axis))
    }

    /// dx = g, repeated
    pub fn sum_backward(g: &ArrayD<Elem>, shape: &[usize]) -> ArrayD<Elem> {
        g.broadcast(shape).expect("the kept axis has extent 1").to_owned()
    }

    /// y = (1/n)·Σ_i x_i
    pub fn mean(x: &ArrayD<Elem>, axis: usize) -> ArrayD<Elem> {
        sum(x, axis) / x.shape()[axis] as Elem
    }

    /// dx = g/n, repeated
    pub fn mean_backward(g: &ArrayD<Elem>, axis: usize, shape: &[usize]) -> ArrayD<Elem> {
        sum_backward(g, shape) / shape[axis] as Elem
    }
}

/// dx = g, repeated over the row.
#[derive(Debug)]
struct SumBackward {
    rows: Rows,
}
impl Backward for SumBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![self.rows.spread(&grad)]
    }
}

/// dx = g/n, repeated over the row of n elements.
#[derive(Debug)]
struct MeanBackward {
    rows: Rows,
}
impl Backward for MeanBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let n = self.rows.row_len() as Elem;
        grads![self.rows.spread(&grad.map(|g| g / n))]
    }
}

impl Tensor {
    fn summed(&self, rows: Rows, keepdim: bool) -> Tensor {
        let y = rows.sum(self.array(), keepdim);
        Tensor::from_operation(y, &[self], || SumBackward { rows })
    }

    fn averaged(&self, rows: Rows, keepdim: bool) -> Tensor {
        let n = rows.row_len() as Elem;
        let y = rows.sum(self.array(), keepdim).map(|sum| sum / n);
        Tensor::from_operation(y, &[self], || MeanBackward { rows })
    }

    /// y = Σ x over the given axes: `[2, 3, 4]` along axes 0 and 2 gives `[3]`, or `[1, 3, 1]` with `keepdim`.
    ///
    /// Negative axes count from the end. The sum of nothing is 0; along no axis at all, y is x.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn sum(&self, axes: &[isize], keepdim: bool) -> Tensor {
        fit(self.try_sum(axes, keepdim))
    }

    /// As [`Tensor::sum`], with an error instead of the panic.
    pub fn try_sum(&self, axes: &[isize], keepdim: bool) -> Result<Tensor, TensorError> {
        Ok(self.summed(Rows::along("sum", self.shape(), axes)?, keepdim))
    }

    /// The sum of all elements, shape `[]`.
    pub fn sum_all(&self) -> Tensor {
        self.summed(Rows::all(self.shape()), false)
    }

    /// y = (1/n)·Σ x over the n elements along the given axes; shapes as for [`Tensor::sum`].
    ///
    /// The mean of nothing is NaN.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice.
    #[track_caller]
    pub fn mean(&self, axes: &[isize], keepdim: bool) -> Tensor {
        fit(self.try_mean(axes, keepdim))
    }

    /// As [`Tensor::mean`], with an error instead of the panic.
    pub fn try_mean(&self, axes: &[isize], keepdim: bool) -> Result<Tensor, TensorError> {
        Ok(self.averaged(Rows::along("mean", self.shape(), axes)?, keepdim))
    }

    /// The mean of all elements, shape `[]`; NaN if there are none.
    pub fn mean_all(&self) -> Tensor {
        self.averaged(Rows::all(self.shape()), false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn both_agree_with_the_reference_along_every_axis() {
        for shape in [&[2, 3, 5][..], &[4, 1, 70], &[1, 0, 3], &[130, 2, 65]] {
            for axis in 0..3 {
                let x = Tensor::parameter(between(-1.0, 2.0, shape));
                let axes = [axis as isize - 3];
                let y = x.sum(&axes, true);
                let g = between(-2.0, 1.0, y.shape());
                assert_close(y.array(), &reference::sum(&x.array().to_ndarray(), axis));
                let expected = reference::sum_backward(&g.to_ndarray(), shape);
                assert_close(y.backward_from(g.clone()).get(&x).unwrap(), &expected);
                let y = x.mean(&axes, true);
                assert_close(y.array(), &reference::mean(&x.array().to_ndarray(), axis));
                let expected = reference::mean_backward(&g.to_ndarray(), axis, shape);
                assert_close(y.backward_from(g).get(&x).unwrap(), &expected);
            }
        }
    }

    #[test]
    fn are_their_derivatives_along_any_axes_in_any_layout() {
        let x = between(-1.0, 2.0, &[2, 3, 4]);
        for axes in [&[0][..], &[1], &[-1], &[0, 2], &[1, 2], &[0, 1], &[2, 0, 1], &[]] {
            for keepdim in [false, true] {
                for x in [x.clone(), x.transpose(0, 2)] {
                    gradcheck(|i| i[0].sum(axes, keepdim), std::slice::from_ref(&x), &GradCheck::default()).unwrap();
                    gradcheck(|i| i[0].mean(axes, keepdim), &[x], &GradCheck::default()).unwrap();
                }
            }
        }
        gradcheck(|i| i[0].sum_all(), &[x.transpose(0, 1)], &GradCheck::default()).unwrap();
        gradcheck(|i| i[0].mean_all(), &[x], &GradCheck::default()).unwrap();
    }

    #[test]
    fn shapes_and_values_by_hand() {
        let x = Tensor::from_vec((0..24).map(|x| x as Elem).collect(), &[2, 3, 4]);
        assert_eq!(x.sum(&[0, 2], false).to_vec(), [60.0, 92.0, 124.0]);
        assert_eq!(x.sum(&[0, 2], true).shape(), [1, 3, 1]);
        assert_eq!(x.sum(&[], false).array(), x.array());
        assert_eq!(x.mean(&[1], false).to_vec(), [4.0, 5.0, 6.0, 7.0, 16.0, 17.0, 18.0, 19.0]);
        assert_eq!(x.mean_all().item(), 11.5);
        assert_eq!(Tensor::scalar(3.0).sum_all().item(), 3.0);
    }

    #[test]
    fn nothing_sums_to_zero_and_has_no_mean() {
        let x = Tensor::parameter(Array::zeros(&[0, 3]));
        assert_eq!(x.sum_all().item(), 0.0);
        assert_eq!(x.sum(&[0], false).to_vec(), [0.0; 3]);
        assert_eq!(x.sum(&[1], false).shape(), [0]);
        assert!(x.mean_all().item().is_nan());
        assert!(x.mean(&[0], false).to_vec().iter().all(|x| x.is_nan()));
        assert_eq!(x.mean_all().backward().get(&x).unwrap().shape(), [0, 3]);
    }

    #[test]
    fn a_long_sum_does_not_drift() {
        let values: Vec<Elem> = (0..40_000).map(|i| 3.0 + ((i * 7919) % 1013) as Elem / 1013.0).collect();
        #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
        let exact: f64 = values.iter().map(|&x| x as f64).sum();
        let x = Tensor::from_vec(values, &[40_000]);
        for y in [x.sum_all(), x.sum(&[0], false), Tensor::from_array(x.array().reshape(&[40_000, 1])).sum(&[0], true)]
        {
            assert!((y.item() - exact).abs() < 2e-7 * exact, "{} {exact}", y.item());
        }
    }

    #[test]
    #[should_panic(expected = "sum: shape [2, 3] does not fit: need distinct axes, not [0, -2]")]
    fn an_axis_is_summed_once() {
        Tensor::zeros(&[2, 3]).sum(&[0, -2], false);
    }

    #[test]
    #[should_panic(expected = "mean: shape [2, 3] has no axis 2: need -2..=1")]
    fn the_axis_must_exist() {
        Tensor::zeros(&[2, 3]).mean(&[2], false);
    }
}
