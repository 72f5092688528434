//! exp and log.
//!
//! y = eˣ is its own derivative, so **dx = g·y**. y = ln x has the derivative 1/x, so **dx = g/x**.

use super::elementwise::{apply, apply_each, chain};
use crate::autograd::{Backward, ParentGrads, grads};
use crate::{Array, Elem, Tensor};
use jumok_kernels::elementwise as kernel;

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::ArrayD;

    /// y = eˣ
    pub fn exp(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(Elem::exp)
    }
    /// dx = g·y
    pub fn exp_backward(y: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * y
    }
    /// y = ln x
    pub fn log(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(Elem::ln)
    }
    /// dx = g/x
    pub fn log_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g / x
    }
}

/// dx = g·y
#[derive(Debug)]
struct ExpBackward {
    y: Array,
}
impl Backward for ExpBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.y, &grad, kernel::mul)]
    }
}

/// dx = g/x
#[derive(Debug)]
struct LogBackward {
    x: Array,
}
impl Backward for LogBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.x, &grad, |x, g, dx| kernel::div(g, x, dx))]
    }
}

impl Tensor {
    /// y = eˣ, element by element; overflows to ∞ above x ≈ 88.7.
    pub fn exp(&self) -> Tensor {
        let y = apply(self.array(), kernel::exp);
        let kept = y.clone();
        Tensor::from_operation(y, &[self], || ExpBackward { y: kept })
    }

    /// y = ln x, element by element: −∞ at 0 (where its gradient is infinite), NaN below.
    pub fn log(&self) -> Tensor {
        let y = apply_each(self.array(), Elem::ln);
        Tensor::from_operation(y, &[self], || LogBackward { x: self.array().clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, check_unary};
    use super::*;

    #[test]
    fn both_agree_with_reference_and_derivative() {
        check_unary(Tensor::exp, reference::exp, |_, y, g| reference::exp_backward(y, g), -2.0, 1.5);
        check_unary(Tensor::log, reference::log, |x, _, g| reference::log_backward(x, g), 0.4, 4.0);
    }

    #[test]
    fn at_the_ends_of_the_range() {
        let (y, dx) = at(Tensor::exp, &[-1e4, 1e4, Elem::NEG_INFINITY, 0.0]);
        assert_eq!((y[0], y[1], y[2], y[3]), (0.0, Elem::INFINITY, 0.0, 1.0));
        assert_eq!((dx[0], dx[1], dx[3]), (0.0, Elem::INFINITY, 1.0));
        let (y, dx) = at(Tensor::log, &[0.0, -1.0, 1.0]);
        assert_eq!((y[0], dx[0], y[2], dx[2]), (Elem::NEG_INFINITY, Elem::INFINITY, 0.0, 1.0));
        assert!(y[1].is_nan());
    }
}
