//! masked_fill and select_where: one of two values, element by element, as a mask says.
//!
//! y_i = a_i where c_i, else b_i, after broadcasting; masked_fill is the case of a constant a.
//!
//! Gradient. Where c_i holds ∂y_i/∂a_i = 1 and ∂y_i/∂b_i = 0, elsewhere the other way round: **da = g where c, else 0;
//! db = 0 where c, else g**, each summed back to its operand's shape. The gradient is chosen, not multiplied by 0 or 1, so
//! that an infinite or undefined g on the other side leaves no trace.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, BoolTensor, Elem, Tensor, TensorError};

/// The formulas on plain `ndarray`, for operands that were broadcast already.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Zip};

    /// y_i = a_i where c_i, else b_i
    pub fn select_where(c: &ArrayD<bool>, a: &ArrayD<Elem>, b: &ArrayD<Elem>) -> ArrayD<Elem> {
        Zip::from(c).and(a).and(b).map_collect(|&c, &a, &b| if c { a } else { b })
    }

    /// da = g where c, else 0; db = 0 where c, else g
    pub fn select_where_backward(c: &ArrayD<bool>, g: &ArrayD<Elem>) -> (ArrayD<Elem>, ArrayD<Elem>) {
        let zeros = ArrayD::zeros(g.raw_dim());
        (select_where(c, g, &zeros), select_where(c, &zeros, g))
    }
}

/// y_i = value where mask_i is `fill`, else x_i; the mask broadcasts to x.
fn filled(x: &Array, mask: &BoolTensor, fill: bool, value: Elem) -> Array {
    let mask = mask.broadcast_to(x.shape()).expect("a mask that broadcasts");
    let x = x.contiguous();
    let x_slice = x.as_slice().expect("made contiguous");
    Array::build(x.shape(), |y| {
        for ((y, &x), &mask) in y.iter_mut().zip(x_slice).zip(mask.as_slice()) {
            *y = if mask == fill { value } else { x };
        }
    })
}

/// dx = 0 where the mask is true, else g.
#[derive(Debug)]
struct MaskedFillBackward {
    mask: BoolTensor,
    shape: Dims,
}
impl Backward for MaskedFillBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![filled(&grad, &self.mask, true, 0.0).sum_to(&self.shape)]
    }
}

/// da = g where the condition is true, else 0; db = 0 where it is true, else g.
#[derive(Debug)]
struct SelectWhereBackward {
    condition: BoolTensor,
    a: Dims,
    b: Dims,
}
impl Backward for SelectWhereBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![
            filled(&grad, &self.condition, false, 0.0).sum_to(&self.a),
            filled(&grad, &self.condition, true, 0.0).sum_to(&self.b),
        ]
    }
}

impl Tensor {
    /// `value` where the mask is true, else x; the two broadcast.
    ///
    /// Scores filled with −∞ get no weight in a softmax; [`Tensor::masked_softmax`] does both at once and treats rows
    /// without any score.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn masked_fill(&self, mask: &BoolTensor, value: f64) -> Tensor {
        fit(self.try_masked_fill(mask, value))
    }

    /// As [`Tensor::masked_fill`], with an error instead of the panic.
    pub fn try_masked_fill(&self, mask: &BoolTensor, value: f64) -> Result<Tensor, TensorError> {
        let shape = layout::broadcast("masked_fill", self.shape(), mask.shape())?;
        let x = self.array().broadcast_to(&shape).expect("broadcast shape");
        let y = filled(&x, mask, true, value as Elem);
        Ok(Tensor::from_operation(y, &[self], || MaskedFillBackward { mask: mask.clone(), shape: self.shape().into() }))
    }

    /// a where the condition is true, else b; all three broadcast.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn select_where(condition: &BoolTensor, a: &Tensor, b: &Tensor) -> Tensor {
        fit(Self::try_select_where(condition, a, b))
    }

    /// As [`Tensor::select_where`], with an error instead of the panic.
    pub fn try_select_where(condition: &BoolTensor, a: &Tensor, b: &Tensor) -> Result<Tensor, TensorError> {
        const OP: &str = "select_where";
        let misfit = |_| {
            let shapes = [condition.shape(), a.shape(), b.shape()];
            TensorError::shape(OP, &shapes, "extents that are equal or 1, aligned at the last axis")
        };
        let shape = layout::broadcast(OP, a.shape(), b.shape()).map_err(misfit)?;
        let shape = layout::broadcast(OP, &shape, condition.shape()).map_err(misfit)?;
        let whole = condition.broadcast_to(&shape).expect("broadcast shape");
        let [a_whole, b_whole] = [a, b].map(|x| x.array().broadcast_to(&shape).expect("broadcast shape").contiguous());
        let (a_slice, b_slice) = (a_whole.as_slice().expect("contiguous"), b_whole.as_slice().expect("contiguous"));
        let y = Array::build(&shape, |y| {
            for (((y, &c), &a), &b) in y.iter_mut().zip(whole.as_slice()).zip(a_slice).zip(b_slice) {
                *y = if c { a } else { b };
            }
        });
        Ok(Tensor::from_operation(y, &[a, b], || SelectWhereBackward {
            condition: condition.clone(),
            a: a.shape().into(),
            b: b.shape().into(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_close, between};
    use crate::{GradCheck, gradcheck};
    use ndarray::{ArrayD, IxDyn};

    fn mask(shape: &[usize]) -> BoolTensor {
        BoolTensor::from_vec((0..layout::count(shape)).map(|i| (i * 5) % 7 < 3).collect(), shape)
    }
    fn plain(mask: &BoolTensor, shape: &[usize]) -> ArrayD<bool> {
        ArrayD::from_shape_vec(IxDyn(shape), mask.broadcast_to(shape).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn both_agree_with_the_reference_in_every_broadcast() {
        let shapes: [[&[usize]; 4]; 5] = [
            [&[3, 4], &[3, 4], &[3, 4], &[3, 4]],
            [&[3, 1], &[3, 4], &[1, 4], &[3, 4]],
            [&[2, 1, 4], &[3, 4], &[], &[2, 3, 4]],
            [&[4], &[2, 3, 1], &[3, 1], &[2, 3, 4]],
            [&[0, 4], &[4], &[1, 1], &[0, 4]],
        ];
        for [c, a, b, y_shape] in shapes {
            let (c, a, b) =
                (mask(c), Tensor::parameter(between(-1.0, 1.0, a)), Tensor::parameter(between(2.0, 3.0, b)));
            let y = Tensor::select_where(&c, &a, &b);
            let whole = |x: &Tensor| x.array().broadcast_to(y_shape).unwrap().to_ndarray();
            let condition = plain(&c, y_shape);
            assert_close(y.array(), &reference::select_where(&condition, &whole(&a), &whole(&b)));
            let g = between(-2.0, 2.0, y_shape);
            let (da, db) = reference::select_where_backward(&condition, &g.to_ndarray());
            let grads = y.backward_from(g.clone());
            let sum_to = |x: ArrayD<Elem>, shape: &[usize]| Array::from_ndarray(x).sum_to(shape).to_ndarray();
            assert_close(grads.get(&a).unwrap(), &sum_to(da, a.shape()));
            assert_close(grads.get(&b).unwrap(), &sum_to(db.clone(), b.shape()));

            let filled = b.expand(y_shape).masked_fill(&c, -7.0);
            let sevens = ArrayD::from_elem(IxDyn(y_shape), -7.0);
            assert_close(filled.array(), &reference::select_where(&condition, &sevens, &whole(&b)));
            assert_close(filled.backward_from(g).get(&b).unwrap(), &sum_to(db, b.shape()));
        }
    }

    #[test]
    fn both_are_their_derivatives() {
        let check = GradCheck::default();
        let inputs = [between(-1.0, 1.0, &[3, 4]), between(2.0, 3.0, &[3, 1])];
        gradcheck(|i| Tensor::select_where(&mask(&[2, 1, 4]), &i[0], &i[1]), &inputs, &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).masked_fill(&mask(&[4, 1]), -3.0), &inputs[..1], &check).unwrap();
        gradcheck(|i| i[0].masked_fill(&mask(&[2, 3, 4]), 1.0), &inputs[..1], &check).unwrap();
    }

    #[test]
    fn what_is_not_chosen_leaves_no_trace() {
        let x = Tensor::parameter(Array::from_vec(vec![0.0, 4.0], &[2]));
        let zero = BoolTensor::from_vec(vec![true, false], &[2]);
        // log' is infinite at 0, but that branch is not taken.
        let y = Tensor::select_where(&zero, &(&x * 2.0), &x.log());
        assert_eq!(y.to_vec()[0], 0.0);
        let g = Tensor::parameter(Array::ones(&[2]));
        let infinite = g.masked_fill(&zero, 1.0).backward_from(Array::from_vec(vec![Elem::INFINITY, 1.0], &[2]));
        assert_eq!(infinite.get(&g).unwrap().to_vec(), [0.0, 1.0]);
        let minus = x.masked_fill(&zero, f64::NEG_INFINITY);
        assert_eq!(minus.to_vec(), [Elem::NEG_INFINITY, 4.0]);
    }

    #[test]
    #[should_panic(expected = "select_where: shapes [2], [3] and [3] do not fit")]
    fn shapes_must_broadcast() {
        Tensor::select_where(&mask(&[2]), &Tensor::zeros(&[3]), &Tensor::zeros(&[3]));
    }

    #[test]
    #[should_panic(expected = "masked_fill: shapes [2, 3] and [2] do not fit")]
    fn a_mask_must_broadcast() {
        Tensor::zeros(&[2, 3]).masked_fill(&mask(&[2]), 0.0);
    }
}
