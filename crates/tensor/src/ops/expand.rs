//! expand, repeat, repeat_interleave: elements used more than once.
//!
//! expand repeats axes of extent 1 (and new leading axes) as broadcasting does: y_{i, j} = x_{0, j}. Nothing is copied; the
//! stride of a repeated axis is 0. The other two are an expansion along a new axis, which is then merged with its neighbour:
//! before it, [a b] becomes [a b a b] (repeat), behind it [a a b b] (repeat_interleave).
//!
//! Gradient. If x_j appears as y_{i, j} for i = 1..n, then ∂y_{i, j}/∂x_j = 1 for each i, so **dx_j = Σ_i g_{i, j}**: a
//! repeated element collects the gradients of all its copies.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Tensor, TensorError};

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis};

    /// y_{i, j} = x_{0, j}
    pub fn expand(x: &ArrayD<Elem>, shape: &[usize]) -> ArrayD<Elem> {
        x.broadcast(shape).expect("shapes that broadcast").to_owned()
    }

    /// dx_j = Σ_i g_{i, j}
    pub fn expand_backward(g: &ArrayD<Elem>, shape: &[usize]) -> ArrayD<Elem> {
        let mut dx = g.clone();
        while dx.ndim() > shape.len() {
            dx = dx.sum_axis(Axis(0));
        }
        for axis in (0..shape.len()).filter(|&axis| shape[axis] == 1) {
            dx = dx.sum_axis(Axis(axis)).insert_axis(Axis(axis));
        }
        dx
    }

    /// y_{k·n + j} = x_j along every axis, n its extent
    pub fn repeat(x: &ArrayD<Elem>, repeats: &[usize]) -> ArrayD<Elem> {
        let shape: Vec<usize> = x.shape().iter().zip(repeats).map(|(n, r)| n * r).collect();
        ArrayD::from_shape_fn(
            shape,
            |y| x[&x.shape().iter().enumerate().map(|(a, n)| y[a] % n).collect::<Vec<_>>()[..]],
        )
    }

    /// y_{j·n + k} = x_j along `axis`, k < n
    pub fn repeat_interleave(x: &ArrayD<Elem>, n: usize, axis: usize) -> ArrayD<Elem> {
        let mut shape = x.shape().to_vec();
        shape[axis] *= n;
        ArrayD::from_shape_fn(shape, |mut p| {
            p[axis] /= n;
            x[p]
        })
    }
}

/// dx_j = Σ_i g_{i, j}
#[derive(Debug)]
struct ExpandBackward {
    shape: Dims,
}
impl Backward for ExpandBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![grad.sum_to(&self.shape)]
    }
}

impl Tensor {
    fn expanded(&self, shape: &[usize]) -> Option<Tensor> {
        let y = self.array().broadcast_to(shape)?;
        Some(Tensor::from_operation(y, &[self], || ExpandBackward { shape: self.shape().into() }))
    }

    /// This tensor repeated along its axes of extent 1, and along new leading axes, up to `shape`; a view.
    ///
    /// `[B, 1, D]` expands to `[B, T, D]`, and `[T, 1]` to `[B, T, D]`.
    ///
    /// # Panics
    /// If an axis that would have to be repeated has another extent than 1.
    #[track_caller]
    pub fn expand(&self, shape: &[usize]) -> Tensor {
        fit(self.try_expand(shape))
    }

    /// As [`Tensor::expand`], with an error instead of the panic.
    pub fn try_expand(&self, shape: &[usize]) -> Result<Tensor, TensorError> {
        let rule = || format!("extents that are 1 or those of {shape:?}, aligned at the last axis");
        self.expanded(shape).ok_or_else(|| TensorError::shape("expand", &[self.shape()], rule()))
    }

    /// The whole tensor `repeats[a]` times along every axis a: [a b] twice is [a b a b]. With more numbers than axes there
    /// are new leading axes. (NumPy's `tile`.)
    ///
    /// # Panics
    /// If there are fewer numbers than axes.
    #[track_caller]
    pub fn repeat(&self, repeats: &[usize]) -> Tensor {
        fit(self.try_repeat(repeats))
    }

    /// As [`Tensor::repeat`], with an error instead of the panic.
    pub fn try_repeat(&self, repeats: &[usize]) -> Result<Tensor, TensorError> {
        let Some(new_axes) = repeats.len().checked_sub(self.rank()) else {
            let rule = format!("one number an axis or more, not {repeats:?}");
            return Err(TensorError::shape("repeat", &[self.shape()], rule));
        };
        // Every axis of extent n becomes [1, n], then [r, n], then r·n.
        let extents: Dims = std::iter::repeat_n(1, new_axes).chain(self.shape().iter().copied()).collect();
        let apart: Vec<isize> = extents.iter().flat_map(|&n| [1, n as isize]).collect();
        let repeated: Dims = extents.iter().zip(repeats).flat_map(|(&n, &r)| [r, n]).collect();
        let merged: Vec<isize> = extents.iter().zip(repeats).map(|(n, r)| (n * r) as isize).collect();
        self.try_reshape(&apart)?.try_expand(&repeated)?.try_reshape(&merged)
    }

    /// Every element `n` times in a row along `axis`: [a b] twice is [a a b b]. It gives each query head of grouped-query
    /// attention its key head.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn repeat_interleave(&self, n: usize, axis: isize) -> Tensor {
        fit(self.try_repeat_interleave(n, axis))
    }

    /// As [`Tensor::repeat_interleave`], with an error instead of the panic.
    pub fn try_repeat_interleave(&self, n: usize, axis: isize) -> Result<Tensor, TensorError> {
        let axis = layout::axis("repeat_interleave", self.shape(), axis)?;
        let mut repeated: Dims = self.shape().into();
        repeated.insert(axis + 1, n);
        let mut merged: Vec<isize> = self.shape().iter().map(|&extent| extent as isize).collect();
        merged[axis] *= n as isize;
        self.try_unsqueeze(axis as isize + 1)?.try_expand(&repeated)?.try_reshape(&merged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_close, between};
    use crate::{GradCheck, gradcheck};

    #[test]
    fn expanding_agrees_with_the_reference_and_copies_nothing() {
        let shapes: [(&[usize], &[usize]); 6] = [
            (&[2, 1, 4], &[2, 3, 4]),
            (&[3, 1], &[2, 3, 4]),
            (&[], &[2, 3]),
            (&[2, 3], &[2, 3]),
            (&[1], &[0, 3]),
            (&[1, 3], &[0, 3]),
        ];
        for (from, to) in shapes {
            let x = Tensor::parameter(between(-1.0, 1.0, from));
            let y = x.expand(to);
            assert_eq!(y.array(), &Array::from_ndarray(reference::expand(&x.array().to_ndarray(), to)));
            assert_eq!(y.array().from_first().as_ptr(), x.array().from_first().as_ptr());
            let g = between(-2.0, 2.0, to);
            let expected = reference::expand_backward(&g.to_ndarray(), from);
            assert_close(y.backward_from(g).get(&x).unwrap(), &expected);
        }
    }

    #[test]
    fn the_two_ways_to_repeat() {
        let x = Tensor::from_vec(vec![1.0, 2.0], &[2]);
        assert_eq!(x.repeat(&[2]).to_vec(), [1.0, 2.0, 1.0, 2.0]);
        assert_eq!(x.repeat_interleave(2, 0).to_vec(), [1.0, 1.0, 2.0, 2.0]);
        assert_eq!(x.repeat(&[2, 2]).shape(), [2, 4]);
        assert_eq!(x.repeat(&[0]).shape(), [0]);
        let x = Tensor::from_array(between(-1.0, 1.0, &[2, 3, 4]));
        let plain = x.array().to_ndarray();
        assert_close(x.repeat(&[3, 1, 2]).array(), &reference::repeat(&plain, &[3, 1, 2]));
        for axis in 0..3 {
            let y = x.repeat_interleave(3, axis as isize - 3);
            assert_close(y.array(), &reference::repeat_interleave(&plain, 3, axis));
        }
    }

    #[test]
    fn all_are_their_derivatives() {
        let check = GradCheck::default();
        gradcheck(|i| i[0].expand(&[2, 3, 2]), &[between(-1.0, 1.0, &[3, 1])], &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).expand(&[2, 3, 2]), &[between(-1.0, 1.0, &[2, 3])], &check).unwrap();
        gradcheck(|i| i[0].repeat(&[2, 1, 3]), &[between(-1.0, 1.0, &[2, 2])], &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).repeat_interleave(2, 0), &[between(-1.0, 1.0, &[2, 3])], &check).unwrap();
        gradcheck(|i| i[0].repeat_interleave(2, -1), &[between(-1.0, 1.0, &[1, 1])], &check).unwrap();
        let x = Tensor::parameter(Array::ones(&[2]));
        assert_eq!(x.repeat(&[0]).sum_all().backward().get(&x).unwrap().to_vec(), [0.0; 2]);
    }

    #[test]
    #[should_panic(expected = "expand: shape [2, 3] does not fit: need extents that are 1 or those of [2, 4]")]
    fn only_extents_of_one_expand() {
        Tensor::zeros(&[2, 3]).expand(&[2, 4]);
    }

    #[test]
    #[should_panic(expected = "repeat: shape [2, 3] does not fit: need one number an axis or more, not [2]")]
    fn every_axis_needs_its_number() {
        Tensor::zeros(&[2, 3]).repeat(&[2]);
    }
}
