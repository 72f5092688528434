//! The length of vectors.
//!
//! y = ‖x‖ = √(Σ_i x_i²). ∂y/∂x_i = 2x_i/(2y), so **dx = g·x/y**: the unit vector, times g. At the zero vector the
//! norm has a corner; the gradient there is 0, as in PyTorch.

use super::rows::Rows;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};

/// The formulas on plain `ndarray`, along one axis that is kept with extent 1.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis};

    /// y = √(Σ x²)
    pub fn norm(x: &ArrayD<Elem>, axis: usize) -> ArrayD<Elem> {
        (x * x).sum_axis(Axis(axis)).insert_axis(Axis(axis)).mapv(Elem::sqrt)
    }
    /// dx = g·x/y, for y > 0
    pub fn norm_backward(x: &ArrayD<Elem>, y: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        x * &(g / y)
    }
}

/// dx = g·x/y, 0 where y = 0
#[derive(Debug)]
struct NormBackward {
    x: Array,
    y: Array,
    rows: Rows,
}
impl Backward for NormBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let factor = super::elementwise::chain_each(&self.y, &grad, |y, g| if y == 0.0 { 0.0 } else { g / y });
        grads![super::arithmetic::scaled_by(&self.x, &self.rows.spread(&factor))]
    }
}

impl Tensor {
    /// The Euclidean length ‖x‖ = √(Σ x²) along `axis`: `[2, 3]` along axis −1 gives `[2]`, or `[2, 1]` with `keepdim`.
    ///
    /// The gradient at a zero vector is 0.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn norm(&self, axis: isize, keepdim: bool) -> Tensor {
        fit(self.try_norm(axis, keepdim))
    }

    /// As [`Tensor::norm`], with an error instead of the panic.
    pub fn try_norm(&self, axis: isize, keepdim: bool) -> Result<Tensor, TensorError> {
        let rows = Rows::along("norm", self.shape(), &[axis])?;
        let y = rows.map(self.array(), keepdim, |row| jumok_kernels::reduce::sum_of_squares(row).sqrt() as Elem);
        let kept = y.clone();
        Ok(Tensor::from_operation(y, &[self], || NormBackward { x: self.array().clone(), y: kept, rows }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn agrees_with_reference_and_derivative_along_every_axis() {
        for axis in 0..3 {
            for x in [
                between(-2.0, 3.0, &[2, 3, 4]),
                between(-2.0, 3.0, &[2, 3, 4]).transpose(0, 2),
                between(1.0, 2.0, &[1, 1, 1]),
            ] {
                let leaf = Tensor::parameter(x.clone());
                let y = leaf.norm(axis, true);
                let expected = reference::norm(&x.to_ndarray(), axis as usize);
                assert_close(y.array(), &expected);
                let g = between(-1.0, 1.0, y.shape());
                let dx = reference::norm_backward(&x.to_ndarray(), &expected, &g.to_ndarray());
                assert_close(y.backward_from(g).get(&leaf).unwrap(), &dx);
                gradcheck(|i| i[0].norm(axis, false), &[x], &GradCheck::default()).unwrap();
            }
        }
    }

    #[test]
    fn zero_vectors_and_nothing() {
        let x = Tensor::parameter(Array::from_vec(vec![0.0, 0.0, 3.0, -4.0], &[2, 2]));
        let y = x.norm(-1, true);
        assert_eq!((y.to_vec(), y.shape()), (vec![0.0, 5.0], &[2, 1][..]));
        let dx = y.sum_all().backward().get(&x).unwrap().to_vec();
        assert_eq!(dx[..2], [0.0; 2]);
        assert!((dx[2] - 0.6).abs() < 1e-6 && (dx[3] + 0.8).abs() < 1e-6, "{dx:?}");
        assert_eq!(Tensor::zeros(&[2, 0]).norm(1, false).to_vec(), [0.0; 2]);
    }

    #[test]
    #[should_panic(expected = "norm: shape [2, 3] has no axis 2: need -2..=1")]
    fn the_axis_must_exist() {
        Tensor::zeros(&[2, 3]).norm(2, false);
    }
}
