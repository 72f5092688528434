//! reshape, flatten, squeeze, unsqueeze: the same elements, in the same order, under another shape.
//!
//! y_n = x_n, where n counts the elements in row-major order. Nothing is computed, and where the strides allow it (always
//! for a contiguous x, and always for adding or dropping an axis of extent 1) nothing is copied either.
//!
//! Gradient. ∂y_n/∂x_m = δ_nm, so dx_m = Σ_n g_n δ_nm = g_m: **dx is g under the shape of x**.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Tensor, TensorError};

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, IxDyn};

    /// y_n = x_n; its own backward, with the shape of x.
    pub fn reshape(x: &ArrayD<Elem>, shape: &[usize]) -> ArrayD<Elem> {
        ArrayD::from_shape_vec(IxDyn(shape), x.iter().copied().collect()).expect("as many elements")
    }
}

/// dx is g under the shape of x.
#[derive(Debug)]
struct ReshapeBackward {
    shape: Dims,
}
impl Backward for ReshapeBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![grad.reshape(&self.shape)]
    }
}

/// The shape that `wanted` means for an array of shape `from`: one entry may be −1, which takes what is left.
fn resolve(from: &[usize], wanted: &[isize]) -> Result<Dims, TensorError> {
    let misfit = || TensorError::shape("reshape", &[from], format!("as many elements as {wanted:?}"));
    let open = wanted.iter().filter(|&&extent| extent == -1).count();
    if open > 1 || wanted.iter().any(|&extent| extent < -1) {
        let rule = format!("extents of 0 or more, and at most one -1 for what is left, not {wanted:?}");
        return Err(TensorError::shape("reshape", &[from], rule));
    }
    let given = wanted.iter().filter(|&&extent| extent >= 0).map(|&extent| extent as usize);
    let given = given.into_iter().try_fold(1, usize::checked_mul).ok_or_else(misfit)?;
    let len = layout::count(from);
    let left = match open {
        0 if given == len => 1,
        // Any extent times 0 is 0, so a −1 beside a 0 could be anything.
        1 if given != 0 && len.is_multiple_of(given) => len / given,
        _ => return Err(misfit()),
    };
    Ok(wanted.iter().map(|&extent| usize::try_from(extent).unwrap_or(left)).collect())
}

impl Tensor {
    fn reshaped(&self, shape: &[usize]) -> Tensor {
        let y = self.array().reshape(shape);
        Tensor::from_operation(y, &[self], || ReshapeBackward { shape: self.shape().into() })
    }

    /// The same elements in row-major order under another shape; one extent may be −1, which takes what is left.
    ///
    /// A view where the layout allows it, else a copy.
    ///
    /// # Panics
    /// If the number of elements differs, or what −1 stands for is not determined.
    #[track_caller]
    pub fn reshape(&self, shape: &[isize]) -> Tensor {
        fit(self.try_reshape(shape))
    }

    /// As [`Tensor::reshape`], with an error instead of the panic.
    pub fn try_reshape(&self, shape: &[isize]) -> Result<Tensor, TensorError> {
        Ok(self.reshaped(&resolve(self.shape(), shape)?))
    }

    /// The axes `start..=end` joined into one: `[B, T, H, D]` flattened from 2 to 3 is `[B, T, H·D]`. A single number
    /// becomes `[1]`.
    ///
    /// # Panics
    /// If there are no such axes or `start` lies behind `end`.
    #[track_caller]
    pub fn flatten(&self, start: isize, end: isize) -> Tensor {
        fit(self.try_flatten(start, end))
    }

    /// As [`Tensor::flatten`], with an error instead of the panic.
    pub fn try_flatten(&self, start: isize, end: isize) -> Result<Tensor, TensorError> {
        const OP: &str = "flatten";
        // A single number counts as one axis of extent 1, as in PyTorch.
        let shape = if self.rank() == 0 { &[1][..] } else { self.shape() };
        let (first, last) = (layout::axis(OP, shape, start)?, layout::axis(OP, shape, end)?);
        if first > last {
            let rule = format!("a first axis that is not behind the last, not {start} and {end}");
            return Err(TensorError::shape(OP, &[self.shape()], rule));
        }
        let mut joined: Dims = shape[..first].into();
        joined.push(layout::count(&shape[first..=last]));
        joined.extend_from_slice(&shape[last + 1..]);
        Ok(self.reshaped(&joined))
    }

    /// Drops `axis` if its extent is 1, else changes nothing (as in PyTorch). A view.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn squeeze(&self, axis: isize) -> Tensor {
        fit(self.try_squeeze(axis))
    }

    /// As [`Tensor::squeeze`], with an error instead of the panic.
    pub fn try_squeeze(&self, axis: isize) -> Result<Tensor, TensorError> {
        let axis = layout::axis("squeeze", self.shape(), axis)?;
        let mut shape: Dims = self.shape().into();
        if shape[axis] == 1 {
            shape.remove(axis);
        }
        Ok(self.reshaped(&shape))
    }

    /// A new axis of extent 1 at position `axis` of the result; −1 puts it last. A view.
    ///
    /// # Panics
    /// If `axis` is outside `-(rank + 1)..=rank`.
    #[track_caller]
    pub fn unsqueeze(&self, axis: isize) -> Tensor {
        fit(self.try_unsqueeze(axis))
    }

    /// As [`Tensor::unsqueeze`], with an error instead of the panic.
    pub fn try_unsqueeze(&self, axis: isize) -> Result<Tensor, TensorError> {
        let rank = self.rank() as isize;
        if !(-rank - 1..=rank).contains(&axis) {
            let rule = format!("an axis in {}..={rank}, not {axis}", -rank - 1);
            return Err(TensorError::shape("unsqueeze", &[self.shape()], rule));
        }
        let mut shape: Dims = self.shape().into();
        shape.insert(if axis < 0 { axis + rank + 1 } else { axis } as usize, 1);
        Ok(self.reshaped(&shape))
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
    fn elements_keep_their_order_whatever_the_layout() {
        for x in [
            values(&[2, 3, 4]),
            values(&[4, 3, 2]).transpose(0, 2),
            values(&[2, 1, 4]).broadcast_to(&[2, 3, 4]).unwrap(),
        ] {
            let tensor = Tensor::parameter(x.clone());
            for (wanted, shape) in [
                (&[4, 6][..], &[4, 6][..]),
                (&[2, -1], &[2, 12]),
                (&[-1], &[24]),
                (&[2, 3, 2, 2, -1], &[2, 3, 2, 2, 1]),
            ] {
                let y = tensor.reshape(wanted);
                assert_eq!(y.array(), &Array::from_ndarray(reference::reshape(&x.to_ndarray(), shape)));
                let g = values(shape);
                let dx = y.backward_from(g.clone());
                let expected = reference::reshape(&g.to_ndarray(), &[2, 3, 4]);
                assert_eq!(dx.get(&tensor).unwrap(), &Array::from_ndarray(expected));
            }
        }
    }

    #[test]
    fn axes_of_extent_one_come_and_go_without_a_copy() {
        let x = Tensor::from_array(values(&[2, 3]).transpose(0, 1));
        for (y, shape) in [(x.unsqueeze(-1), [3, 2, 1]), (x.unsqueeze(0), [1, 3, 2]), (x.unsqueeze(1), [3, 1, 2])] {
            assert_eq!(y.shape(), shape);
            assert_eq!(y.array().from_first().as_ptr(), x.array().from_first().as_ptr());
            let axis = shape.iter().position(|&extent| extent == 1).unwrap();
            assert_eq!(y.squeeze(axis as isize).array(), x.array());
        }
        assert_eq!(x.squeeze(0).shape(), [3, 2]);
        assert_eq!(Tensor::scalar(1.0).unsqueeze(-1).shape(), [1]);
    }

    #[test]
    fn flattening_joins_neighbours() {
        let x = Tensor::zeros(&[2, 3, 4, 5]);
        assert_eq!(x.flatten(0, -1).shape(), [120]);
        assert_eq!(x.flatten(1, 2).shape(), [2, 12, 5]);
        assert_eq!(x.flatten(-2, -1).shape(), [2, 3, 20]);
        assert_eq!(x.flatten(1, 1).shape(), [2, 3, 4, 5]);
        assert_eq!(Tensor::scalar(1.0).flatten(0, -1).shape(), [1]);
        assert!(x.try_flatten(2, 1).unwrap_err().to_string().contains("not 2 and 1"));
    }

    #[test]
    fn all_are_their_derivatives() {
        let check = GradCheck::default();
        gradcheck(|i| i[0].reshape(&[3, -1]), &[values(&[2, 3, 2])], &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).reshape(&[4, 3]), &[values(&[2, 3, 2])], &check).unwrap();
        gradcheck(|i| i[0].expand(&[2, 3, 2]).reshape(&[-1]), &[values(&[3, 1])], &check).unwrap();
        gradcheck(|i| i[0].flatten(0, 1), &[values(&[2, 3, 2])], &check).unwrap();
        gradcheck(|i| i[0].squeeze(1), &[values(&[2, 1, 2])], &check).unwrap();
        gradcheck(|i| i[0].unsqueeze(1), &[values(&[2, 2])], &check).unwrap();
        gradcheck(|i| i[0].reshape(&[]), &[values(&[1, 1])], &check).unwrap();
    }

    #[test]
    fn nothing_can_be_reshaped_too() {
        let x = Tensor::parameter(Array::zeros(&[0, 3]));
        let y = x.reshape(&[2, -1, 5]);
        assert_eq!(y.shape(), [2, 0, 5]);
        assert_eq!(y.sum_all().backward().get(&x).unwrap().shape(), [0, 3]);
        assert!(x.try_reshape(&[0, -1]).is_err());
    }

    #[test]
    fn shapes_that_cannot_be() {
        let x = Tensor::zeros(&[6]);
        for wanted in [&[4][..], &[-1, -1], &[-2, 3], &[4, -1], &[isize::MAX, 4], &[0]] {
            assert!(x.try_reshape(wanted).is_err(), "{wanted:?}");
        }
        let error = x.try_unsqueeze(3).unwrap_err().to_string();
        assert_eq!(error, "unsqueeze: shape [6] does not fit: need an axis in -2..=1, not 3");
    }

    #[test]
    #[should_panic(expected = "reshape: shape [2, 3] does not fit: need as many elements as [4, 2]")]
    fn the_number_of_elements_must_agree() {
        Tensor::zeros(&[2, 3]).reshape(&[4, 2]);
    }
}
