//! concat and stack: several tensors put one behind the other.
//!
//! y along the axis is x⁽⁰⁾, then x⁽¹⁾, …: y_{o_k + i} = x⁽ᵏ⁾_i with the offset o_k = Σ_{l<k} n_l of the extents before it.
//! Stacking is the same after each tensor got a new axis of extent 1.
//!
//! Gradient. ∂y_j/∂x⁽ᵏ⁾_i = 1 if j = o_k + i, else 0: **dx⁽ᵏ⁾_i = g_{o_k + i}**, each tensor's own part of g, as a view.

use crate::autograd::{Backward, ParentGrads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Tensor, TensorError};

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis, Slice, concatenate};

    /// y_{o_k + i} = x⁽ᵏ⁾_i
    pub fn concat(parts: &[ArrayD<Elem>], axis: usize) -> ArrayD<Elem> {
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        concatenate(Axis(axis), &views).expect("parts that fit")
    }

    /// dx⁽ᵏ⁾_i = g_{o_k + i}
    pub fn concat_backward(g: &ArrayD<Elem>, extents: &[usize], axis: usize) -> Vec<ArrayD<Elem>> {
        let mut start = 0;
        let mut part = |extent: &usize| {
            start += extent;
            g.slice_axis(Axis(axis), Slice::from(start - extent..start)).to_owned()
        };
        extents.iter().map(&mut part).collect()
    }
}

/// dx⁽ᵏ⁾_i = g_{o_k + i}
#[derive(Debug)]
struct ConcatBackward {
    axis: usize,
    extents: Dims,
}
impl Backward for ConcatBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let mut start = 0;
        let part = |&extent: &usize| {
            start += extent;
            Some(grad.slice_axis(self.axis, start - extent, extent, 1).into())
        };
        self.extents.iter().map(part).collect()
    }
}

impl Tensor {
    /// The tensors one behind the other along `axis`: `[B, T, D]` and `[B, S, D]` along axis 1 give `[B, T + S, D]`.
    ///
    /// # Panics
    /// If there is no tensor, no such axis, or the shapes differ elsewhere than along it.
    #[track_caller]
    pub fn concat(tensors: &[&Tensor], axis: isize) -> Tensor {
        fit(Self::try_concat(tensors, axis))
    }

    /// As [`Tensor::concat`], with an error instead of the panic.
    pub fn try_concat(tensors: &[&Tensor], axis: isize) -> Result<Tensor, TensorError> {
        const OP: &str = "concat";
        let shapes: Vec<&[usize]> = tensors.iter().map(|tensor| tensor.shape()).collect();
        let Some(&first) = shapes.first() else {
            return Err(TensorError::shape(OP, &[&[]], "at least one tensor"));
        };
        let axis = layout::axis(OP, first, axis)?;
        let alike = |shape: &&[usize]| {
            shape.len() == first.len() && (0..first.len()).all(|a| a == axis || shape[a] == first[a])
        };
        if !shapes.iter().all(alike) {
            return Err(TensorError::shape(OP, &shapes, format!("equal shapes but for axis {axis}")));
        }
        let mut shape: Dims = first.into();
        shape[axis] = shapes.iter().map(|shape| shape[axis]).sum();

        let row = layout::count(&shape[axis..]);
        let y = Array::build(&shape, |y| {
            let mut start = 0;
            for tensor in tensors {
                let part_row = layout::count(&tensor.shape()[axis..]);
                if part_row == 0 {
                    continue;
                }
                let part = tensor.array().contiguous();
                let part = part.as_slice().expect("made contiguous").chunks_exact(part_row);
                y.chunks_exact_mut(row)
                    .zip(part)
                    .for_each(|(y, part)| y[start..start + part_row].copy_from_slice(part));
                start += part_row;
            }
        });
        let extents = || shapes.iter().map(|shape| shape[axis]).collect();
        Ok(Tensor::from_operation(y, tensors, || ConcatBackward { axis, extents: extents() }))
    }

    /// Tensors of one shape along a new axis at position `axis` of the result; −1 puts it last.
    ///
    /// # Panics
    /// If there is no tensor, the shapes differ, or `axis` is outside `-(rank + 1)..=rank`.
    #[track_caller]
    pub fn stack(tensors: &[&Tensor], axis: isize) -> Tensor {
        fit(Self::try_stack(tensors, axis))
    }

    /// As [`Tensor::stack`], with an error instead of the panic.
    pub fn try_stack(tensors: &[&Tensor], axis: isize) -> Result<Tensor, TensorError> {
        let shapes: Vec<&[usize]> = tensors.iter().map(|tensor| tensor.shape()).collect();
        if shapes.windows(2).any(|pair| pair[0] != pair[1]) || shapes.is_empty() {
            let shapes = if shapes.is_empty() { &[&[][..]][..] } else { &shapes };
            return Err(TensorError::shape("stack", shapes, "at least one tensor, all of one shape"));
        }
        let longer = tensors.iter().map(|tensor| tensor.try_unsqueeze(axis)).collect::<Result<Vec<_>, _>>()?;
        Self::try_concat(&longer.iter().collect::<Vec<_>>(), axis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::between;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn agrees_with_the_reference_along_every_axis() {
        for axis in 0..3 {
            let parts: Vec<Tensor> = [2, 0, 1, 3]
                .map(|extent| {
                    let mut shape = [2, 3, 4];
                    shape[axis] = extent;
                    Tensor::parameter(between(-1.0, 1.0, &shape))
                })
                .into();
            let plain: Vec<_> = parts.iter().map(|part| part.array().to_ndarray()).collect();
            let y = Tensor::concat(&parts.iter().collect::<Vec<_>>(), axis as isize - 3);
            assert_eq!(y.array(), &Array::from_ndarray(reference::concat(&plain, axis)));
            let g = between(-2.0, 2.0, y.shape());
            let expected = reference::concat_backward(&g.to_ndarray(), &[2, 0, 1, 3], axis);
            let grads = y.backward_from(g);
            for (part, expected) in parts.iter().zip(expected) {
                assert_eq!(grads.get(part).unwrap(), &Array::from_ndarray(expected));
            }
        }
    }

    #[test]
    fn stacking_puts_a_new_axis_anywhere() {
        let (a, b) = (Tensor::from_array(between(0.0, 1.0, &[2, 3])), Tensor::from_array(between(2.0, 3.0, &[2, 3])));
        for (axis, shape) in [(0, [2, 2, 3]), (1, [2, 2, 3]), (2, [2, 3, 2]), (-1, [2, 3, 2]), (-3, [2, 2, 3])] {
            let y = Tensor::stack(&[&a, &b], axis);
            assert_eq!(y.shape(), shape);
            assert_eq!(y.select(axis, 0).to_vec(), a.to_vec());
            assert_eq!(y.select(axis, 1).to_vec(), b.to_vec());
        }
        let numbers: Vec<Tensor> = (0..3).map(|n| Tensor::scalar(f64::from(n))).collect();
        assert_eq!(Tensor::stack(&numbers.iter().collect::<Vec<_>>(), 0).to_vec(), [0.0, 1.0, 2.0]);
    }

    #[test]
    fn both_are_their_derivatives() {
        let check = GradCheck::default();
        let inputs = [between(-1.0, 1.0, &[2, 3]), between(-1.0, 1.0, &[2, 1])];
        gradcheck(|i| Tensor::concat(&[&i[0], &i[1]], 1), &inputs, &check).unwrap();
        gradcheck(|i| Tensor::concat(&[&i[0].transpose(0, 1), &i[0].transpose(0, 1)], -1), &inputs[..1], &check)
            .unwrap();
        gradcheck(|i| Tensor::concat(&[&i[1].expand(&[2, 3]), &i[0]], 0), &inputs, &check).unwrap();
        gradcheck(|i| Tensor::stack(&[&i[0], &i[1].expand(&[2, 3])], 1), &inputs, &check).unwrap();
    }

    #[test]
    fn what_cannot_be_put_together() {
        let (a, b) = (Tensor::zeros(&[2, 3]), Tensor::zeros(&[4, 3]));
        assert!(Tensor::try_concat(&[], 0).unwrap_err().to_string().contains("at least one tensor"));
        assert!(Tensor::try_concat(&[&a], 2).is_err());
        assert!(Tensor::try_concat(&[&Tensor::scalar(1.0)], 0).is_err());
        assert!(Tensor::try_stack(&[], 0).is_err());
        assert!(Tensor::try_stack(&[&a, &b], 0).is_err());
        assert!(Tensor::try_stack(&[&a, &a], 3).is_err());
    }

    #[test]
    #[should_panic(expected = "concat: shapes [2, 3] and [4, 3] do not fit: need equal shapes but for axis 1")]
    fn the_other_axes_must_agree() {
        Tensor::concat(&[&Tensor::zeros(&[2, 3]), &Tensor::zeros(&[4, 3])], 1);
    }
}
