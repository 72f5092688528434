//! SiLU, also called swish (Elfwing, Uchibe and Doya 2017; Ramachandran, Zoph and Le 2017).
//!
//! y = x·σ(x). With s = σ(x) and s′ = s(1 − s) the product rule gives dy/dx = s + x·s(1 − s), so
//! **dx = g·s·(1 + x·(1 − s))**.

use super::elementwise::{apply, chain};
use crate::autograd::{Backward, ParentGrads, grads};
use crate::{Array, Tensor};
use jumok_kernels::elementwise as kernel;

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use crate::ops::sigmoid::reference::sigmoid;
    use ndarray::ArrayD;

    /// y = x·σ(x)
    pub fn silu(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x * &sigmoid(x)
    }
    /// dx = g·s·(1 + x·(1 − s))
    pub fn silu_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        let s = sigmoid(x);
        g * &s * (1.0 + x * (1.0 - &s))
    }
}

/// dx = g·s·(1 + x·(1 − s)); s is computed again rather than kept.
#[derive(Debug)]
struct SiluBackward {
    x: Array,
}
impl Backward for SiluBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.x, &grad, kernel::silu_backward)]
    }
}

impl Tensor {
    /// y = x·σ(x), element by element.
    pub fn silu(&self) -> Tensor {
        let y = apply(self.array(), kernel::silu);
        Tensor::from_operation(y, &[self], || SiluBackward { x: self.array().clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, check_unary};
    use super::*;

    #[test]
    fn agrees_with_reference_and_derivative() {
        check_unary(Tensor::silu, reference::silu, |x, _, g| reference::silu_backward(x, g), -5.0, 5.0);
    }

    #[test]
    fn extreme_numbers_pass_or_stop_whole() {
        let (y, dx) = at(Tensor::silu, &[-1e4, -100.0, 0.0, 100.0, 1e4]);
        assert!(y[1].abs() < 1e-40 && dx[1].abs() < 1e-40);
        assert_eq!((y[0], y[2], y[3], y[4]), (0.0, 0.0, 100.0, 1e4));
        assert_eq!((dx[0], dx[2], dx[3], dx[4]), (0.0, 0.5, 1.0, 1.0));
    }
}
