//! sin and cos.
//!
//! sin′ = cos and cos′ = −sin, so **dx = g·cos x** and **dx = −g·sin x**.

use super::elementwise::{apply_each, chain_each};
use crate::autograd::{Backward, ParentGrads, grads};
use crate::{Array, Elem, Tensor};

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::ArrayD;

    /// y = sin x
    pub fn sin(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(Elem::sin)
    }
    /// dx = g·cos x
    pub fn sin_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * cos(x)
    }
    /// y = cos x
    pub fn cos(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(Elem::cos)
    }
    /// dx = −g·sin x
    pub fn cos_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        -(g * sin(x))
    }
}

/// dx = g·cos x
#[derive(Debug)]
struct SinBackward {
    x: Array,
}
impl Backward for SinBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain_each(&self.x, &grad, |x, g| g * x.cos())]
    }
}

/// dx = −g·sin x
#[derive(Debug)]
struct CosBackward {
    x: Array,
}
impl Backward for CosBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain_each(&self.x, &grad, |x, g| -g * x.sin())]
    }
}

impl Tensor {
    /// y = sin x, element by element, x in radians.
    pub fn sin(&self) -> Tensor {
        Tensor::from_operation(apply_each(self.array(), Elem::sin), &[self], || SinBackward { x: self.array().clone() })
    }

    /// y = cos x, element by element, x in radians.
    pub fn cos(&self) -> Tensor {
        Tensor::from_operation(apply_each(self.array(), Elem::cos), &[self], || CosBackward { x: self.array().clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_unary;
    use super::*;

    #[test]
    fn both_agree_with_reference_and_derivative() {
        check_unary(Tensor::sin, reference::sin, |x, _, g| reference::sin_backward(x, g), -4.0, 4.0);
        check_unary(Tensor::cos, reference::cos, |x, _, g| reference::cos_backward(x, g), -4.0, 4.0);
    }

    #[test]
    fn squares_add_up_to_one() {
        let x = Tensor::arange(-6.0, 6.0, 0.1);
        let one = x.sin().pow_scalar(2.0) + x.cos().pow_scalar(2.0);
        assert!(one.to_vec().iter().all(|y| (y - 1.0).abs() < 1e-6));
    }
}
