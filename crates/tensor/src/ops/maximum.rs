//! The larger and the smaller of two, element by element.
//!
//! y = max(a, b) is a where a > b, so there ∂y/∂a = 1 and ∂y/∂b = 0, and the other way round where b > a. On a tie both
//! sides have a share in the result, and each gets half, as in PyTorch:
//! **da = g where a > b, ½·g where a = b**, else 0, and db likewise. Since min(a, b) = −max(−a, −b), its gradient is
//! the same with < in the place of >.

use super::arithmetic::scaled_by;
use super::elementwise::pair;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};

/// The formulas on plain `ndarray`, for operands of one shape.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Zip};

    /// y = max(a, b)
    pub fn maximum(a: &ArrayD<Elem>, b: &ArrayD<Elem>) -> ArrayD<Elem> {
        Zip::from(a).and(b).map_collect(|&a, &b| a.max(b))
    }
    /// da = g where a > b, ½·g where a = b; db with a and b exchanged
    pub fn maximum_backward(a: &ArrayD<Elem>, b: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        let share = |&a: &Elem, &b: &Elem| match a.total_cmp(&b) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.5,
            std::cmp::Ordering::Less => 0.0,
        };
        g * &Zip::from(a).and(b).map_collect(share)
    }
    /// y = −max(−a, −b)
    pub fn minimum(a: &ArrayD<Elem>, b: &ArrayD<Elem>) -> ArrayD<Elem> {
        -maximum(&-a, &-b)
    }
    /// da = g where a < b, ½·g where a = b; db with a and b exchanged
    pub fn minimum_backward(a: &ArrayD<Elem>, b: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        maximum_backward(&-a, &-b, g)
    }
}

/// The share of a in max(a, b): 1, ½ on a tie, or 0 (1 if a NaN makes both take part).
fn share_of_larger(a: Elem, b: Elem) -> Elem {
    if a < b {
        0.0
    } else if a == b {
        0.5
    } else {
        1.0
    }
}

/// da = g·share(a, b), db = g·share(b, a), each summed back to its operand's shape.
fn shared<'a>(grad: &Array, a: &Array, b: &Array, share: fn(Elem, Elem) -> Elem) -> ParentGrads<'a> {
    let (of_a, of_b) = (fit(pair("maximum", a, b, share)), fit(pair("maximum", a, b, |a, b| share(b, a))));
    grads![scaled_by(grad, &of_a).sum_to(a.shape()), scaled_by(grad, &of_b).sum_to(b.shape())]
}

/// da = g where a > b, ½·g where a = b, else 0; db with a and b exchanged
#[derive(Debug)]
struct MaximumBackward {
    a: Array,
    b: Array,
}
impl Backward for MaximumBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        shared(&grad, &self.a, &self.b, share_of_larger)
    }
}

/// da = g where a < b, ½·g where a = b, else 0; db with a and b exchanged
#[derive(Debug)]
struct MinimumBackward {
    a: Array,
    b: Array,
}
impl Backward for MinimumBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        shared(&grad, &self.a, &self.b, |a, b| share_of_larger(-a, -b))
    }
}

impl Tensor {
    /// y = max(a, b), element by element; shapes broadcast as in NumPy. NaN if one of the two is.
    ///
    /// On a tie each side gets half of the gradient.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn maximum(&self, other: &Tensor) -> Tensor {
        fit(self.try_maximum(other))
    }

    /// As [`Tensor::maximum`], with an error instead of the panic.
    pub fn try_maximum(&self, other: &Tensor) -> Result<Tensor, TensorError> {
        let (a, b) = (self.array(), other.array());
        let y = pair("maximum", a, b, |a, b| if a > b || a.is_nan() { a } else { b })?;
        Ok(Tensor::from_operation(y, &[self, other], || MaximumBackward { a: a.clone(), b: b.clone() }))
    }

    /// y = min(a, b), element by element; shapes broadcast as in NumPy. NaN if one of the two is.
    ///
    /// On a tie each side gets half of the gradient.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn minimum(&self, other: &Tensor) -> Tensor {
        fit(self.try_minimum(other))
    }

    /// As [`Tensor::minimum`], with an error instead of the panic.
    pub fn try_minimum(&self, other: &Tensor) -> Result<Tensor, TensorError> {
        let (a, b) = (self.array(), other.array());
        let y = pair("minimum", a, b, |a, b| if a < b || a.is_nan() { a } else { b })?;
        Ok(Tensor::from_operation(y, &[self, other], || MinimumBackward { a: a.clone(), b: b.clone() }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};
    use ndarray::ArrayD;

    type Forward = fn(&ArrayD<Elem>, &ArrayD<Elem>) -> ArrayD<Elem>;
    type Gradient = fn(&ArrayD<Elem>, &ArrayD<Elem>, &ArrayD<Elem>) -> ArrayD<Elem>;
    type Row = (fn(&Tensor, &Tensor) -> Tensor, Forward, Gradient);

    const TABLE: [Row; 2] = [
        (Tensor::maximum, reference::maximum, reference::maximum_backward),
        (Tensor::minimum, reference::minimum, reference::minimum_backward),
    ];

    /// Numbers that stay at least 0.015 away from those of `between(-1.0, 2.0, ..)`: half of their distance.
    fn between_those(shape: &[usize]) -> Array {
        between(-1.0, 2.0, shape).map(|x| x + 1.5 / 97.0)
    }

    #[test]
    fn both_agree_with_reference_and_derivative_in_every_shape() {
        let shapes: [(&[usize], &[usize]); 6] =
            [(&[3, 4], &[3, 4]), (&[3, 1], &[4]), (&[4], &[3, 4]), (&[2, 2], &[]), (&[0, 3], &[3]), (&[1], &[1])];
        for (op, forward, backward) in TABLE {
            for (a, b) in shapes {
                let leaves = [between(-1.0, 2.0, a), between_those(b)].map(Tensor::parameter);
                let [a, b] = &leaves;
                let y = op(a, b);
                let g = between(-1.0, 1.0, y.shape());
                let whole = |x: &Tensor| x.array().broadcast_to(y.shape()).unwrap().to_ndarray();
                assert_close(y.array(), &forward(&whole(a), &whole(b)));
                let grads = y.backward_from(g.clone());
                for (x, other) in [(a, b), (b, a)] {
                    let whole_grad = backward(&whole(x), &whole(other), &g.to_ndarray());
                    assert_close(
                        grads.get(x).unwrap(),
                        &Array::from_ndarray(whole_grad).sum_to(x.shape()).to_ndarray(),
                    );
                }
                gradcheck(|i| op(&i[0], &i[1]), &[a.array().clone(), b.array().clone()], &GradCheck::default())
                    .unwrap();
            }
            let turned = between(-1.0, 2.0, &[3, 4]).transpose(0, 1);
            gradcheck(|i| op(&i[0], &i[1]), &[turned, between_those(&[4, 3])], &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn ties_share_and_nan_wins() {
        for (op, ..) in TABLE {
            let a = Tensor::parameter(Array::from_vec(vec![1.0, 0.0, Elem::NAN, 2.0], &[4]));
            let b = Tensor::parameter(Array::from_vec(vec![1.0, -0.0, 1.0, Elem::NAN], &[4]));
            let y = op(&a, &b);
            assert!(y.to_vec()[2].is_nan() && y.to_vec()[3].is_nan());
            let grads = y.backward_from(Array::full(&[4], 3.0));
            for x in [&a, &b] {
                assert_eq!(grads.get(x).unwrap().to_vec()[..2], [1.5, 1.5]);
            }
        }
    }

    #[test]
    #[should_panic(expected = "maximum: shapes [2, 3] and [2] do not fit")]
    fn shapes_that_do_not_fit() {
        Tensor::zeros(&[2, 3]).maximum(&Tensor::zeros(&[2]));
    }
}
