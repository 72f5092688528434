//! GELU, and the error function it is made of (Hendrycks and Gimpel 2016, "Gaussian Error Linear Units", section 2).
//!
//! erf x = 2/√π·∫₀ˣ e^(−t²) dt, so by the fundamental theorem **dx = g·2/√π·e^(−x²)**.
//!
//! GELU(x) = x·Φ(x) with Φ(x) = ½(1 + erf(x/√2)), the probability that a standard normal number is below x: a relu that
//! lets a number pass with that probability. By the product rule, with Φ′ = φ = e^(−x²/2)/√(2π), **dx = g·(Φ(x) +
//! x·φ(x))**.
//!
//! The tanh form, which GPT-2 uses, replaces Φ(x) by ½(1 + tanh u), u = √(2/π)·(x + 0.044715·x³). With t = tanh u and
//! u′ = √(2/π)·(1 + 3·0.044715·x²): **dx = g·(½(1 + t) + ½x·(1 − t²)·u′)**.

use super::elementwise::{apply, chain};
use crate::autograd::{Backward, ParentGrads, grads};
use crate::{Array, Tensor};
use jumok_kernels::elementwise as kernel;

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use jumok_kernels::reference::math;
    use ndarray::ArrayD;
    use std::f64::consts::{FRAC_2_SQRT_PI, PI, TAU};

    /// y = erf x
    pub fn erf(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        #[allow(clippy::useless_conversion, reason = "Elem is f64 in the gradient checks")]
        x.mapv(|x| math::erf(f64::from(x)) as Elem)
    }
    /// dx = g·2/√π·e^(−x²)
    pub fn erf_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * &x.mapv(|x| FRAC_2_SQRT_PI as Elem * (-x * x).exp())
    }
    /// y = x·Φ(x)
    pub fn gelu(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(|x| x * math::normal_cdf(x))
    }
    /// dx = g·(Φ(x) + x·φ(x))
    pub fn gelu_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * &x.mapv(|x| math::normal_cdf(x) + x * (-x * x / 2.0).exp() / TAU.sqrt() as Elem)
    }
    fn u(x: Elem) -> Elem {
        (2.0 / PI).sqrt() as Elem * (x + 0.044715 * x.powi(3))
    }
    /// y = ½x·(1 + tanh u)
    pub fn gelu_tanh(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(|x| 0.5 * x * (1.0 + u(x).tanh()))
    }
    /// dx = g·(½(1 + t) + ½x·(1 − t²)·u′)
    pub fn gelu_tanh_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        let slope = |x: Elem| {
            let (t, du) = (u(x).tanh(), (2.0 / PI).sqrt() as Elem * (1.0 + 3.0 * 0.044715 * x * x));
            0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * du
        };
        g * &x.mapv(slope)
    }
}

/// dx = g·2/√π·e^(−x²)
#[derive(Debug)]
struct ErfBackward {
    x: Array,
}
impl Backward for ErfBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.x, &grad, kernel::erf_backward)]
    }
}

/// dx = g·(Φ(x) + x·φ(x))
#[derive(Debug)]
struct GeluBackward {
    x: Array,
}
impl Backward for GeluBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.x, &grad, kernel::gelu_backward)]
    }
}

/// dx = g·(½(1 + t) + ½x·(1 − t²)·u′)
#[derive(Debug)]
struct GeluTanhBackward {
    x: Array,
}
impl Backward for GeluTanhBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.x, &grad, kernel::gelu_tanh_backward)]
    }
}

impl Tensor {
    /// y = erf x = 2/√π·∫₀ˣ e^(−t²) dt in (−1, 1), element by element.
    pub fn erf(&self) -> Tensor {
        let y = apply(self.array(), kernel::erf);
        Tensor::from_operation(y, &[self], || ErfBackward { x: self.array().clone() })
    }

    /// y = x·Φ(x), element by element: GELU with the exact normal distribution, as BERT has it.
    pub fn gelu(&self) -> Tensor {
        let y = apply(self.array(), kernel::gelu);
        Tensor::from_operation(y, &[self], || GeluBackward { x: self.array().clone() })
    }

    /// y = ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), element by element: GELU as GPT-2 approximates it.
    pub fn gelu_tanh(&self) -> Tensor {
        let y = apply(self.array(), kernel::gelu_tanh);
        Tensor::from_operation(y, &[self], || GeluTanhBackward { x: self.array().clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, check_unary};
    use super::*;

    #[test]
    fn all_agree_with_reference_and_derivative() {
        check_unary(Tensor::erf, reference::erf, |x, _, g| reference::erf_backward(x, g), -3.0, 3.0);
        check_unary(Tensor::gelu, reference::gelu, |x, _, g| reference::gelu_backward(x, g), -4.0, 4.0);
        check_unary(Tensor::gelu_tanh, reference::gelu_tanh, |x, _, g| reference::gelu_tanh_backward(x, g), -4.0, 4.0);
    }

    #[test]
    fn extreme_numbers_pass_or_stop_whole() {
        for op in [Tensor::gelu, Tensor::gelu_tanh] {
            let (y, dx) = at(op, &[-1e4, -100.0, 0.0, 100.0, 1e4]);
            for (found, expected) in [(y, [0.0, 0.0, 0.0, 100.0, 1e4]), (dx, [0.0, 0.0, 0.5, 1.0, 1.0])] {
                found.iter().zip(expected).for_each(|(a, e)| assert!((a - e).abs() < 1e-40, "{a} {e}"));
            }
        }
        assert_eq!(at(Tensor::erf, &[-1e4, 0.0, 1e4]).0, [-1.0, 0.0, 1.0]);
    }

    #[test]
    fn both_forms_are_close_but_not_equal() {
        let x = Tensor::arange(-4.0, 4.0, 0.01);
        let gap = (x.gelu() - x.gelu_tanh()).abs().max_all().item();
        assert!((1e-4..1e-3).contains(&gap), "{gap}");
        // Φ(1) = 0.841344746
        assert!((at(Tensor::gelu, &[1.0]).0[0] - 0.841_344_7).abs() < 1e-6);
    }
}
