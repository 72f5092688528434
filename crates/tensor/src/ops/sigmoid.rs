//! The logistic family: sigmoid, its logarithm and integral, and tanh.
//!
//! σ(x) = 1/(1 + e⁻ˣ). With u = e⁻ˣ: dσ/dx = u/(1 + u)² = σ·u/(1 + u) = σ(1 − σ), so **dx = g·y·(1 − y)**.
//!
//! softplus(x) = ln(1 + eˣ) is its integral: d/dx = eˣ/(1 + eˣ) = σ(x), so **dx = g·σ(x)**. It is evaluated as
//! max(x, 0) + ln(1 + e^(−|x|)), which never overflows.
//!
//! ln σ(x) = −ln(1 + e⁻ˣ) = −softplus(−x): d/dx = σ(−x) = 1 − σ(x), so **dx = g·σ(−x)**.
//!
//! tanh x = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ) = 2σ(2x) − 1. With s = σ(2x): d/dx = 4s(1 − s) = 1 − (2s − 1)² = 1 − y², so
//! **dx = g·(1 − y²)**.

use super::elementwise::{apply, apply_each, chain, chain_each};
use crate::autograd::{Backward, ParentGrads, grads};
use crate::{Array, Tensor};
use jumok_kernels::{elementwise as kernel, math};

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::ArrayD;

    /// y = 1/(1 + e⁻ˣ)
    pub fn sigmoid(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(|x| 1.0 / (1.0 + (-x).exp()))
    }
    /// dx = g·y·(1 − y)
    pub fn sigmoid_backward(y: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * y * (1.0 - y)
    }
    /// y = max(x, 0) + ln(1 + e^(−|x|))
    pub fn softplus(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(|x| x.max(0.0) + (-x.abs()).exp().ln_1p())
    }
    /// dx = g·σ(x)
    pub fn softplus_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * sigmoid(x)
    }
    /// y = −softplus(−x)
    pub fn log_sigmoid(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        -softplus(&-x)
    }
    /// dx = g·σ(−x)
    pub fn log_sigmoid_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * sigmoid(&-x)
    }
    /// y = tanh x
    pub fn tanh(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(Elem::tanh)
    }
    /// dx = g·(1 − y²)
    pub fn tanh_backward(y: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * (1.0 - y * y)
    }
}

/// dx = g·y·(1 − y)
#[derive(Debug)]
struct SigmoidBackward {
    y: Array,
}
impl Backward for SigmoidBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.y, &grad, kernel::sigmoid_backward)]
    }
}

/// dx = g·σ(x)
#[derive(Debug)]
struct SoftplusBackward {
    x: Array,
}
impl Backward for SoftplusBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.x, &grad, kernel::softplus_backward)]
    }
}

/// dx = g·σ(−x)
#[derive(Debug)]
struct LogSigmoidBackward {
    x: Array,
}
impl Backward for LogSigmoidBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain_each(&self.x, &grad, |x, g| g * math::sigmoid(-x))]
    }
}

/// dx = g·(1 − y²)
#[derive(Debug)]
struct TanhBackward {
    y: Array,
}
impl Backward for TanhBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.y, &grad, kernel::tanh_backward)]
    }
}

impl Tensor {
    /// y = σ(x) = 1/(1 + e⁻ˣ) in (0, 1), element by element.
    pub fn sigmoid(&self) -> Tensor {
        let y = apply(self.array(), kernel::sigmoid);
        let kept = y.clone();
        Tensor::from_operation(y, &[self], || SigmoidBackward { y: kept })
    }

    /// y = ln(1 + eˣ), element by element: a smooth max(x, 0).
    pub fn softplus(&self) -> Tensor {
        let y = apply(self.array(), kernel::softplus);
        Tensor::from_operation(y, &[self], || SoftplusBackward { x: self.array().clone() })
    }

    /// y = ln σ(x), element by element; finite for every finite x, unlike the logarithm of the rounded σ(x).
    pub fn log_sigmoid(&self) -> Tensor {
        let y = apply_each(self.array(), |x| -math::softplus(-x));
        Tensor::from_operation(y, &[self], || LogSigmoidBackward { x: self.array().clone() })
    }

    /// y = tanh x = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ) in (−1, 1), element by element.
    pub fn tanh(&self) -> Tensor {
        let y = apply(self.array(), kernel::tanh);
        let kept = y.clone();
        Tensor::from_operation(y, &[self], || TanhBackward { y: kept })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, check_unary};
    use super::*;
    use crate::Elem;

    const EXTREME: [Elem; 9] = [-1e4, -100.0, -20.0, -1e-6, 0.0, 1e-6, 20.0, 100.0, 1e4];

    #[test]
    fn all_agree_with_reference_and_derivative() {
        check_unary(Tensor::sigmoid, reference::sigmoid, |_, y, g| reference::sigmoid_backward(y, g), -5.0, 5.0);
        check_unary(Tensor::softplus, reference::softplus, |x, _, g| reference::softplus_backward(x, g), -5.0, 5.0);
        check_unary(
            Tensor::log_sigmoid,
            reference::log_sigmoid,
            |x, _, g| reference::log_sigmoid_backward(x, g),
            -5.0,
            5.0,
        );
        check_unary(Tensor::tanh, reference::tanh, |_, y, g| reference::tanh_backward(y, g), -3.0, 3.0);
    }

    #[test]
    fn extreme_numbers_stay_finite_and_saturate() {
        type Row = (fn(&Tensor) -> Tensor, [Elem; 2], [Elem; 2]);
        // y and dx at −10⁴ and at 10⁴
        let table: [Row; 4] = [
            (Tensor::sigmoid, [0.0, 1.0], [0.0, 0.0]),
            (Tensor::softplus, [0.0, 1e4], [0.0, 1.0]),
            (Tensor::log_sigmoid, [-1e4, 0.0], [1.0, 0.0]),
            (Tensor::tanh, [-1.0, 1.0], [0.0, 0.0]),
        ];
        for (op, ends, slopes) in table {
            let (y, dx) = at(op, &EXTREME);
            assert!(y.iter().chain(&dx).all(|x| x.is_finite()), "{y:?} {dx:?}");
            assert_eq!(([y[0], y[8]], [dx[0], dx[8]]), (ends, slopes));
        }
        assert!(at(Tensor::log_sigmoid, &[-100.0]).0[0] == -100.0);
        assert!(at(Tensor::tanh, &[Elem::NAN]).0[0].is_nan());
    }
}
