//! pad and flip: a border around a tensor, and axes read backwards.
//!
//! pad: y_{before + i} = x_i along every axis, and a constant elsewhere. Gradient: ∂y_j/∂x_i = 1 if j = before + i, else 0,
//! so **dx_i = g_{before + i}**: the inner part of g, as a view. The constant border has none.
//!
//! flip: y_i = x_{n−1−i} along the flipped axes. Gradient: **dx_i = g_{n−1−i}**; flipping twice changes nothing.

use smallvec::SmallVec;

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Elem, Tensor, TensorError};

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis, IxDyn, Slice};

    /// y_{before + i} = x_i, `value` elsewhere
    pub fn pad(x: &ArrayD<Elem>, borders: &[(usize, usize)], value: Elem) -> ArrayD<Elem> {
        let shape: Vec<usize> = x.shape().iter().zip(borders).map(|(n, (before, after))| before + n + after).collect();
        let mut y = ArrayD::from_elem(IxDyn(&shape), value);
        let inner = |axis: usize| Slice::from(borders[axis].0..borders[axis].0 + x.shape()[axis]);
        y.slice_each_axis_mut(|axis| inner(axis.axis.index())).assign(x);
        y
    }

    /// dx_i = g_{before + i}
    pub fn pad_backward(g: &ArrayD<Elem>, borders: &[(usize, usize)]) -> ArrayD<Elem> {
        g.slice_each_axis(|axis| {
            let (before, after) = borders[axis.axis.index()];
            Slice::from(before..axis.len - after)
        })
        .to_owned()
    }

    /// y_i = x_{n−1−i} along the given axes; its own backward.
    pub fn flip(x: &ArrayD<Elem>, axes: &[usize]) -> ArrayD<Elem> {
        let mut y = x.view();
        axes.iter().for_each(|&axis| y.invert_axis(Axis(axis)));
        y.to_owned()
    }
}

/// dx_i = g_{before + i}
#[derive(Debug)]
struct PadBackward {
    borders: SmallVec<[(usize, usize); 4]>,
}
impl Backward for PadBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let inner = self.borders.iter().enumerate().fold(grad, |part, (axis, &(before, after))| {
            part.slice_axis(axis, before, part.shape()[axis] - before - after, 1)
        });
        grads![inner]
    }
}

/// dx_i = g_{n−1−i}
#[derive(Debug)]
struct FlipBackward {
    axes: Dims,
}
impl Backward for FlipBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![flipped(&grad, &self.axes)]
    }
}

/// x with the given axes read backwards, in new memory (strides are never negative).
fn flipped(x: &Array, axes: &[usize]) -> Array {
    let mut view = x.view();
    axes.iter().for_each(|&axis| view.invert_axis(ndarray::Axis(axis)));
    Array::build(x.shape(), |y| y.iter_mut().zip(view).for_each(|(y, &x)| *y = x))
}

impl Tensor {
    /// A border of `value` around the tensor: `borders[a]` = (before, after) for every axis a, in order.
    ///
    /// # Panics
    /// If there is not exactly one pair an axis.
    #[track_caller]
    pub fn pad(&self, borders: &[(usize, usize)], value: f64) -> Tensor {
        fit(self.try_pad(borders, value))
    }

    /// As [`Tensor::pad`], with an error instead of the panic.
    pub fn try_pad(&self, borders: &[(usize, usize)], value: f64) -> Result<Tensor, TensorError> {
        if borders.len() != self.rank() {
            let rule = format!("one pair (before, after) an axis, not {borders:?}");
            return Err(TensorError::shape("pad", &[self.shape()], rule));
        }
        let extents = self.shape().iter().zip(borders);
        let shape: Dims = extents.map(|(extent, (before, after))| before + extent + after).collect();
        let row_len = self.shape().last().copied().unwrap_or(1);
        let y = Array::build(&shape, |y| {
            y.fill(value as Elem);
            if self.is_empty() {
                return;
            }
            let strides = layout::row_major(&shape);
            let first: usize = borders.iter().zip(&strides).map(|(&(before, _), stride)| before * stride).sum();
            let x = self.array().contiguous();
            let mut rows = x.as_slice().expect("made contiguous").chunks_exact(row_len);
            layout::for_each_row(self.shape(), &strides, |start| {
                let row = rows.next().expect("as many rows as the shape has");
                y[first + start..first + start + row_len].copy_from_slice(row);
            });
        });
        Ok(Tensor::from_operation(y, &[self], || PadBackward { borders: borders.into() }))
    }

    /// The given axes read backwards; a copy.
    ///
    /// # Panics
    /// If an axis does not exist or is given twice.
    #[track_caller]
    pub fn flip(&self, axes: &[isize]) -> Tensor {
        fit(self.try_flip(axes))
    }

    /// As [`Tensor::flip`], with an error instead of the panic.
    pub fn try_flip(&self, axes: &[isize]) -> Result<Tensor, TensorError> {
        let axes = layout::axes("flip", self.shape(), axes)?;
        let y = flipped(self.array(), &axes);
        Ok(Tensor::from_operation(y, &[self], || FlipBackward { axes }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::between;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn both_agree_with_the_reference() {
        let x = Tensor::parameter(between(-1.0, 1.0, &[2, 3, 4]));
        for borders in [[(0, 0), (1, 2), (0, 3)], [(2, 0), (0, 0), (1, 1)], [(0, 0); 3]] {
            let y = x.pad(&borders, -2.5);
            assert_eq!(y.array(), &Array::from_ndarray(reference::pad(&x.array().to_ndarray(), &borders, -2.5)));
            let g = between(-2.0, 2.0, y.shape());
            let expected = Array::from_ndarray(reference::pad_backward(&g.to_ndarray(), &borders));
            assert_eq!(y.backward_from(g).get(&x).unwrap(), &expected);
        }
        for axes in [&[0][..], &[1, 2], &[2, 0, 1], &[]] {
            let y = x.flip(&axes.iter().map(|&axis| axis as isize - 3).collect::<Vec<_>>());
            assert_eq!(y.array(), &Array::from_ndarray(reference::flip(&x.array().to_ndarray(), axes)));
            let g = between(-2.0, 2.0, y.shape());
            let expected = Array::from_ndarray(reference::flip(&g.to_ndarray(), axes));
            assert_eq!(y.backward_from(g).get(&x).unwrap(), &expected);
        }
    }

    #[test]
    fn both_are_their_derivatives() {
        let check = GradCheck::default();
        gradcheck(|i| i[0].pad(&[(1, 0), (0, 2)], 3.0), &[between(-1.0, 1.0, &[2, 3])], &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).pad(&[(1, 1), (1, 1)], 0.0), &[between(-1.0, 1.0, &[2, 3])], &check)
            .unwrap();
        gradcheck(|i| i[0].transpose(0, 1).flip(&[0]), &[between(-1.0, 1.0, &[2, 3])], &check).unwrap();
        gradcheck(|i| i[0].flip(&[0, 1]), &[between(-1.0, 1.0, &[1, 1])], &check).unwrap();
        let empty = Tensor::parameter(Array::zeros(&[0, 2]));
        let y = empty.pad(&[(1, 1), (0, 1)], 4.0);
        assert_eq!(y.to_vec(), [4.0; 6]);
        assert_eq!(y.flip(&[0]).sum_all().backward().get(&empty).unwrap().shape(), [0, 2]);
        assert_eq!(Tensor::scalar(2.0).pad(&[], 1.0).item(), 2.0);
    }

    #[test]
    #[should_panic(expected = "pad: shape [2, 3] does not fit: need one pair (before, after) an axis, not [(1, 1)]")]
    fn every_axis_needs_its_border() {
        Tensor::zeros(&[2, 3]).pad(&[(1, 1)], 0.0);
    }

    #[test]
    #[should_panic(expected = "flip: shape [2, 3] does not fit: need distinct axes, not [1, -1]")]
    fn an_axis_is_flipped_once() {
        Tensor::zeros(&[2, 3]).flip(&[1, -1]);
    }
}
