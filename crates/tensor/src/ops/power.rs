//! Powers and roots.
//!
//! y = aᵇ = exp(b·ln a). ∂y/∂a = b·aᵇ⁻¹ and ∂y/∂b = y·ln a, so **da = g·b·aᵇ⁻¹** and **db = g·y·ln a**. Where b = 0 the
//! power is the constant 1 and da = 0; where a = 0 and b ≥ 0 it stays 0 when b moves and db = 0.
//!
//! √x is the power ½: dy/dx = ½·x^(−½) = 1/(2y), so **dx = g/(2y)**. 1/√x is the power −½: dy/dx = −½·x^(−3/2), so
//! **dx = −½·g·y³**. Both need y alone.

use super::arithmetic::scaled_by;
use super::elementwise::{apply, apply_each, chain_each, pair};
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};
use jumok_kernels::elementwise as kernel;

/// The formulas on plain `ndarray`, for operands of one shape.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Zip};

    /// y = aᵇ
    pub fn pow(a: &ArrayD<Elem>, b: &ArrayD<Elem>) -> ArrayD<Elem> {
        Zip::from(a).and(b).map_collect(|&a, &b| a.powf(b))
    }
    /// da = g·b·aᵇ⁻¹ and db = g·y·ln a, for a > 0
    pub fn pow_backward(a: &ArrayD<Elem>, b: &ArrayD<Elem>, g: &ArrayD<Elem>) -> (ArrayD<Elem>, ArrayD<Elem>) {
        (g * b * pow(a, &(b - 1.0)), g * pow(a, b) * a.mapv(Elem::ln))
    }
    /// y = x^c
    pub fn pow_scalar(x: &ArrayD<Elem>, c: Elem) -> ArrayD<Elem> {
        x.mapv(|x| x.powf(c))
    }
    /// dx = g·c·x^(c−1)
    pub fn pow_scalar_backward(x: &ArrayD<Elem>, c: Elem, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * c * x.mapv(|x| x.powf(c - 1.0))
    }
    /// y = √x
    pub fn sqrt(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(Elem::sqrt)
    }
    /// dx = g/(2y)
    pub fn sqrt_backward(y: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g / (y * 2.0)
    }
    /// y = 1/√x
    pub fn rsqrt(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(|x| 1.0 / x.sqrt())
    }
    /// dx = −½·g·y³
    pub fn rsqrt_backward(y: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        -0.5 * g * y * y * y
    }
}

/// c·x^(c−1), and 0 for c = 0 even where x^(−1) is infinite.
fn slope(x: Elem, c: Elem) -> Elem {
    if c == 0.0 { 0.0 } else { c * x.powf(c - 1.0) }
}

/// da = g·b·aᵇ⁻¹, db = g·y·ln a (0 where a = 0 and b ≥ 0).
#[derive(Debug)]
struct PowBackward {
    a: Array,
    b: Array,
    wanted: [bool; 2],
}
impl Backward for PowBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let factor = |f: fn(Elem, Elem) -> Elem| fit(pair("pow", &self.a, &self.b, f));
        let da = self.wanted[0].then(|| scaled_by(&grad, &factor(slope)).sum_to(self.a.shape()));
        let db = self.wanted[1].then(|| {
            let by_exponent = factor(|a, b| if a == 0.0 && b >= 0.0 { 0.0 } else { a.powf(b) * a.ln() });
            scaled_by(&grad, &by_exponent).sum_to(self.b.shape())
        });
        grads![da, db]
    }
}

/// dx = g·c·x^(c−1)
#[derive(Debug)]
struct PowScalarBackward {
    x: Array,
    exponent: Elem,
}
impl Backward for PowScalarBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let c = self.exponent;
        grads![if c == 2.0 {
            chain_each(&self.x, &grad, |x, g| g * (2.0 * x))
        } else {
            chain_each(&self.x, &grad, |x, g| g * slope(x, c))
        }]
    }
}

/// dx = g/(2y)
#[derive(Debug)]
struct SqrtBackward {
    y: Array,
}
impl Backward for SqrtBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain_each(&self.y, &grad, |y, g| g / (2.0 * y))]
    }
}

/// dx = −½·g·y³
#[derive(Debug)]
struct RsqrtBackward {
    y: Array,
}
impl Backward for RsqrtBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain_each(&self.y, &grad, |y, g| -0.5 * g * (y * y * y))]
    }
}

impl Tensor {
    /// y = aᵇ, element by element, with `self` as a and `exponent` as b; shapes broadcast as in NumPy.
    ///
    /// NaN where a is negative and b is no whole number.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    #[track_caller]
    pub fn pow(&self, exponent: &Tensor) -> Tensor {
        fit(self.try_pow(exponent))
    }

    /// As [`Tensor::pow`], with an error instead of the panic.
    pub fn try_pow(&self, exponent: &Tensor) -> Result<Tensor, TensorError> {
        let (a, b) = (self.array(), exponent.array());
        let y = pair("pow", a, b, Elem::powf)?;
        Ok(Tensor::from_operation(y, &[self, exponent], || PowBackward {
            a: a.clone(),
            b: b.clone(),
            wanted: [self.needs_grad(), exponent.needs_grad()],
        }))
    }

    /// y = x^c for every element; NaN where x is negative and c is no whole number.
    pub fn pow_scalar(&self, exponent: f64) -> Tensor {
        let c = exponent as Elem;
        let x = self.array();
        let y = if c == 2.0 { apply_each(x, |x| x * x) } else { apply_each(x, |x| x.powf(c)) };
        Tensor::from_operation(y, &[self], || PowScalarBackward { x: x.clone(), exponent: c })
    }

    /// y = √x, element by element: NaN below 0; its gradient at 0 is infinite.
    pub fn sqrt(&self) -> Tensor {
        let y = apply(self.array(), kernel::sqrt);
        let kept = y.clone();
        Tensor::from_operation(y, &[self], || SqrtBackward { y: kept })
    }

    /// y = 1/√x, element by element: ∞ at 0, NaN below.
    pub fn rsqrt(&self) -> Tensor {
        let y = apply_each(self.array(), |x| 1.0 / x.sqrt());
        let kept = y.clone();
        Tensor::from_operation(y, &[self], || RsqrtBackward { y: kept })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, at, between, check_unary};
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn roots_agree_with_reference_and_derivative() {
        check_unary(Tensor::sqrt, reference::sqrt, |_, y, g| reference::sqrt_backward(y, g), 0.4, 4.0);
        check_unary(Tensor::rsqrt, reference::rsqrt, |_, y, g| reference::rsqrt_backward(y, g), 0.5, 4.0);
    }

    #[test]
    fn constant_exponents_agree_with_reference_and_derivative() {
        for c in [2.0, 3.0, 0.5, -1.0, 1.0] {
            let low = if c > 0.9 { -1.5 } else { 0.5 };
            check_unary(
                |x| x.pow_scalar(c),
                |x| reference::pow_scalar(x, c as Elem),
                |x, _, g| reference::pow_scalar_backward(x, c as Elem, g),
                low,
                2.5,
            );
        }
        assert_eq!(at(|x| x.pow_scalar(0.0), &[0.0, -2.0, 3.0]), (vec![1.0; 3], vec![0.0; 3]));
        assert_eq!(at(|x| x.pow_scalar(1.0), &[0.0, -2.0]), (vec![0.0, -2.0], vec![1.0; 2]));
        assert_eq!(at(|x| x.pow_scalar(3.0), &[0.0, -2.0]), (vec![0.0, -8.0], vec![0.0, 12.0]));
    }

    #[test]
    fn tensor_exponents_agree_with_reference_and_derivative_in_every_shape() {
        let shapes: [(&[usize], &[usize]); 5] =
            [(&[3, 4], &[3, 4]), (&[3, 1], &[4]), (&[4], &[3, 4]), (&[2, 2], &[]), (&[0, 3], &[3])];
        for (a, b) in shapes {
            let leaves = [between(0.4, 2.0, a), between(-1.5, 2.0, b)].map(Tensor::parameter);
            let [a, b] = &leaves;
            let y = a.pow(b);
            let g = between(-1.0, 1.0, y.shape());
            let whole = |x: &Tensor| x.array().broadcast_to(y.shape()).unwrap().to_ndarray();
            assert_close(y.array(), &reference::pow(&whole(a), &whole(b)));
            let (da, db) = reference::pow_backward(&whole(a), &whole(b), &g.to_ndarray());
            let grads = y.backward_from(g);
            assert_close(grads.get(a).unwrap(), &Array::from_ndarray(da).sum_to(a.shape()).to_ndarray());
            assert_close(grads.get(b).unwrap(), &Array::from_ndarray(db).sum_to(b.shape()).to_ndarray());
            gradcheck(|i| i[0].pow(&i[1]), &[a.array().clone(), b.array().clone()], &GradCheck::default()).unwrap();
        }
        let turned = between(0.4, 2.0, &[3, 4]).transpose(0, 1);
        gradcheck(|i| i[0].pow(&i[1]), &[turned.clone(), turned], &GradCheck::default()).unwrap();
    }

    #[test]
    fn at_zero() {
        let a = Tensor::parameter(Array::zeros(&[3]));
        let b = Tensor::parameter(Array::from_vec(vec![0.0, 2.0, 1.0], &[3]));
        let y = a.pow(&b);
        assert_eq!(y.to_vec(), [1.0, 0.0, 0.0]);
        let grads = y.backward_from(Array::ones(&[3]));
        assert_eq!(grads.get(&a).unwrap().to_vec(), [0.0, 0.0, 1.0]);
        assert_eq!(grads.get(&b).unwrap().to_vec(), [0.0; 3]);
        let (y, dx) = at(Tensor::sqrt, &[0.0, 4.0]);
        assert_eq!((y, dx), (vec![0.0, 2.0], vec![Elem::INFINITY, 0.25]));
        assert_eq!(at(Tensor::rsqrt, &[0.0]).0, [Elem::INFINITY]);
    }

    #[test]
    #[should_panic(expected = "pow: shapes [2, 3] and [2] do not fit")]
    fn shapes_that_do_not_fit() {
        Tensor::zeros(&[2, 3]).pow(&Tensor::zeros(&[2]));
    }
}
