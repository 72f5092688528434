//! transpose and permute: the axes in another order.
//!
//! y_{i_σ(0), i_σ(1), ..} = x_{i_0, i_1, ..}: axis a of y is axis σ(a) of x. Only strides change places; no element moves.
//!
//! Gradient. Every element of y is one element of x, so its gradient goes back to where it came from: **dx is g with the
//! inverse order of axes**, again a view.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Tensor, TensorError};

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, IxDyn};

    /// Axis a of y is axis `order[a]` of x.
    pub fn permute(x: &ArrayD<Elem>, order: &[usize]) -> ArrayD<Elem> {
        let shape: Vec<usize> = order.iter().map(|&axis| x.shape()[axis]).collect();
        ArrayD::from_shape_fn(IxDyn(&shape), |y_index| {
            let mut x_index = vec![0; order.len()];
            order.iter().enumerate().for_each(|(a, &axis)| x_index[axis] = y_index[a]);
            x[&x_index[..]]
        })
    }

    /// Axis `order[a]` of dx is axis a of g.
    pub fn permute_backward(g: &ArrayD<Elem>, order: &[usize]) -> ArrayD<Elem> {
        let mut inverse = vec![0; order.len()];
        order.iter().enumerate().for_each(|(a, &axis)| inverse[axis] = a);
        permute(g, &inverse)
    }
}

/// dx is g with the inverse order of axes.
#[derive(Debug)]
struct PermuteBackward {
    inverse: Dims,
}
impl Backward for PermuteBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![grad.permute(&self.inverse)]
    }
}

impl Tensor {
    fn permuted(&self, order: &[usize]) -> Tensor {
        Tensor::from_operation(self.array().permute(order), &[self], || {
            let mut inverse: Dims = order.into();
            order.iter().enumerate().for_each(|(a, &axis)| inverse[axis] = a);
            PermuteBackward { inverse }
        })
    }

    /// Two axes exchanged; a view. `k.transpose(-2, -1)` is kᵀ for every matrix of a batch.
    ///
    /// # Panics
    /// If there are no such axes.
    #[track_caller]
    pub fn transpose(&self, a: isize, b: isize) -> Tensor {
        fit(self.try_transpose(a, b))
    }

    /// As [`Tensor::transpose`], with an error instead of the panic.
    pub fn try_transpose(&self, a: isize, b: isize) -> Result<Tensor, TensorError> {
        const OP: &str = "transpose";
        let (a, b) = (layout::axis(OP, self.shape(), a)?, layout::axis(OP, self.shape(), b)?);
        let mut order: Dims = (0..self.rank()).collect();
        order.swap(a, b);
        Ok(self.permuted(&order))
    }

    /// The axes in the given order: axis a of the result is axis `order[a]` of this; a view.
    ///
    /// `[B, T, H, D]` permuted by `[0, 2, 1, 3]` is `[B, H, T, D]`.
    ///
    /// # Panics
    /// If `order` does not name every axis exactly once.
    #[track_caller]
    pub fn permute(&self, order: &[isize]) -> Tensor {
        fit(self.try_permute(order))
    }

    /// As [`Tensor::permute`], with an error instead of the panic.
    pub fn try_permute(&self, order: &[isize]) -> Result<Tensor, TensorError> {
        const OP: &str = "permute";
        if order.len() != self.rank() {
            return Err(TensorError::shape(OP, &[self.shape()], format!("every axis exactly once, not {order:?}")));
        }
        layout::axes(OP, self.shape(), order)?;
        let order = order.iter().map(|&a| layout::axis(OP, self.shape(), a)).collect::<Result<Dims, _>>()?;
        Ok(self.permuted(&order))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::between;
    use crate::{GradCheck, gradcheck};

    fn values(shape: &[usize]) -> Array {
        between(-2.0, 2.0, shape)
    }

    #[test]
    fn agrees_with_the_reference_for_every_order() {
        let x = Tensor::parameter(values(&[2, 3, 4]));
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let y = x.permute(&order.map(|axis| axis as isize));
            assert_eq!(y.array(), &Array::from_ndarray(reference::permute(&x.array().to_ndarray(), &order)));
            let g = values(y.shape());
            let expected = Array::from_ndarray(reference::permute_backward(&g.to_ndarray(), &order));
            assert_eq!(y.backward_from(g).get(&x).unwrap(), &expected);
        }
        assert_eq!(x.permute(&[-1, 0, -2]).shape(), [4, 2, 3]);
    }

    #[test]
    fn no_element_moves_forward_or_backward() {
        let x = Tensor::parameter(values(&[2, 3]));
        let y = x.transpose(0, -1);
        assert_eq!(y.array().from_first().as_ptr(), x.array().from_first().as_ptr());
        let g = values(&[3, 2]);
        let address = g.from_first().as_ptr();
        assert_eq!(y.backward_from(g).get(&x).unwrap().from_first().as_ptr(), address);
    }

    #[test]
    fn is_its_derivative() {
        let check = GradCheck::default();
        gradcheck(|i| i[0].transpose(0, 2), &[values(&[2, 3, 2])], &check).unwrap();
        gradcheck(|i| i[0].permute(&[2, 0, 1]), &[values(&[2, 3, 2])], &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).permute(&[1, 2, 0]), &[values(&[2, 1, 3])], &check).unwrap();
        let empty = Tensor::parameter(Array::zeros(&[0, 3]));
        let grads = empty.transpose(0, 1).sum_all().backward();
        assert_eq!(grads.get(&empty).unwrap().shape(), [0, 3]);
    }

    #[test]
    #[should_panic(expected = "permute: shape [2, 3] does not fit: need distinct axes, not [0, 0]")]
    fn an_axis_cannot_come_twice() {
        Tensor::zeros(&[2, 3]).permute(&[0, 0]);
    }

    #[test]
    #[should_panic(expected = "permute: shape [2, 3] does not fit: need every axis exactly once, not [0]")]
    fn no_axis_may_be_missing() {
        Tensor::zeros(&[2, 3]).permute(&[0]);
    }

    #[test]
    #[should_panic(expected = "transpose: shape [2, 3] has no axis 2: need -2..=1")]
    fn the_axes_must_exist() {
        Tensor::zeros(&[2, 3]).transpose(0, 2);
    }
}
