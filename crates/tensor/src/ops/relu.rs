//! Functions made of straight pieces: relu, abs, clamp, and neg, which is a single one.
//!
//! On each piece the derivative is the piece's slope. At a corner there is none; any number between the slopes at
//! either side is a subgradient, and the choice is PyTorch's: relu′(0) = 0, |·|′(0) = 0, and clamp passes the gradient
//! at its bounds.
//!
//! - relu(x) = max(x, 0) (Nair and Hinton 2010): **dx = g where x > 0**, else 0.
//! - |x|: **dx = g·sign x**, with sign 0 = 0.
//! - clamp(x) = min(max(x, low), high): **dx = g where low ≤ x ≤ high**, else 0.
//! - −x: **dx = −g**.

use super::elementwise::{apply, apply_each, chain, chain_each};
use crate::autograd::{Backward, ParentGrads, grads};
use crate::{Array, Elem, Tensor};
use jumok_kernels::elementwise as kernel;

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Zip};

    /// y = max(x, 0)
    pub fn relu(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(|x| if x < 0.0 { 0.0 } else { x })
    }
    /// dx = g where x > 0
    pub fn relu_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        Zip::from(x).and(g).map_collect(|&x, &g| if x > 0.0 { g } else { 0.0 })
    }
    /// y = |x|
    pub fn abs(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        x.mapv(Elem::abs)
    }
    /// dx = g·sign x
    pub fn abs_backward(x: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * &x.mapv(super::sign)
    }
    /// y = min(max(x, low), high)
    pub fn clamp(x: &ArrayD<Elem>, low: Elem, high: Elem) -> ArrayD<Elem> {
        x.mapv(|x| x.max(low).min(high))
    }
    /// dx = g where low ≤ x ≤ high
    pub fn clamp_backward(x: &ArrayD<Elem>, low: Elem, high: Elem, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        Zip::from(x).and(g).map_collect(|&x, &g| if (low..=high).contains(&x) { g } else { 0.0 })
    }
}

/// −1, 0 or 1; 0 for NaN.
fn sign(x: Elem) -> Elem {
    if x > 0.0 {
        1.0
    } else if x < 0.0 {
        -1.0
    } else {
        0.0
    }
}

/// dx = g where x > 0, and x > 0 just where y > 0: y, which the next operation often keeps too, is enough.
#[derive(Debug)]
struct ReluBackward {
    y: Array,
}
impl Backward for ReluBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain(&self.y, &grad, kernel::relu_backward)]
    }
}

/// dx = g·sign x
#[derive(Debug)]
struct AbsBackward {
    x: Array,
}
impl Backward for AbsBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![chain_each(&self.x, &grad, |x, g| g * sign(x))]
    }
}

/// dx = g where low ≤ x ≤ high
#[derive(Debug)]
struct ClampBackward {
    x: Array,
    low: Elem,
    high: Elem,
}
impl Backward for ClampBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let inside = self.low..=self.high;
        grads![chain_each(&self.x, &grad, |x, g| if inside.contains(&x) { g } else { 0.0 })]
    }
}

/// dx = −g
#[derive(Debug)]
struct NegBackward;
impl Backward for NegBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![apply_each(&grad, |g| -g)]
    }
}

impl Tensor {
    /// y = max(x, 0), element by element; its derivative at 0 is 0.
    pub fn relu(&self) -> Tensor {
        let y = apply(self.array(), kernel::relu);
        let kept = y.clone();
        Tensor::from_operation(y, &[self], || ReluBackward { y: kept })
    }

    /// y = |x|, element by element; its derivative at 0 is 0.
    pub fn abs(&self) -> Tensor {
        Tensor::from_operation(apply_each(self.array(), Elem::abs), &[self], || AbsBackward { x: self.array().clone() })
    }

    /// y = min(max(x, `min`), `max`), element by element; NaN stays NaN.
    ///
    /// An infinite bound does not bind. If `min` > `max`, every y is `max`.
    ///
    /// # Panics
    /// If a bound is NaN.
    #[track_caller]
    pub fn clamp(&self, min: f64, max: f64) -> Tensor {
        assert!(!min.is_nan() && !max.is_nan(), "clamp: bounds {min} and {max} do not fit: need numbers, not NaN");
        let (low, high) = (min as Elem, max as Elem);
        let y = apply_each(self.array(), |x| {
            let raised = if x < low { low } else { x };
            if raised > high { high } else { raised }
        });
        Tensor::from_operation(y, &[self], || ClampBackward { x: self.array().clone(), low, high })
    }

    /// y = −x, element by element; the operator `-x` does the same.
    pub fn neg(&self) -> Tensor {
        Tensor::from_operation(apply_each(self.array(), |x| -x), &[self], || NegBackward)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{at, check_unary};
    use super::*;

    #[test]
    fn all_agree_with_reference_and_derivative() {
        check_unary(Tensor::relu, reference::relu, |x, _, g| reference::relu_backward(x, g), -2.0, 2.0);
        check_unary(Tensor::abs, reference::abs, |x, _, g| reference::abs_backward(x, g), -2.0, 2.0);
        check_unary(Tensor::neg, |x| -x, |_, _, g| -g, -2.0, 2.0);
        check_unary(
            |x| x.clamp(-0.5, 0.75),
            |x| reference::clamp(x, -0.5, 0.75),
            |x, _, g| reference::clamp_backward(x, -0.5, 0.75, g),
            -2.0,
            2.0,
        );
    }

    #[test]
    fn at_the_corners() {
        assert_eq!(at(Tensor::relu, &[0.0, -0.0]).1, [0.0; 2]);
        assert_eq!(at(Tensor::abs, &[0.0, -3.0]), (vec![0.0, 3.0], vec![0.0, -1.0]));
        assert_eq!(at(|x| x.clamp(-1.0, 1.0), &[-1.0, 1.0, 2.0]), (vec![-1.0, 1.0, 1.0], vec![1.0, 1.0, 0.0]));
        assert_eq!(at(|x| x.clamp(0.0, f64::INFINITY), &[-1.0, 9.0]), (vec![0.0, 9.0], vec![0.0, 1.0]));
        assert_eq!(at(|x| x.clamp(2.0, 1.0), &[0.0, 3.0]), (vec![1.0; 2], vec![0.0; 2]));
    }

    #[test]
    fn nan_stays_visible() {
        for y in [at(Tensor::relu, &[Elem::NAN]).0, at(|x| x.clamp(0.0, 1.0), &[Elem::NAN]).0] {
            assert!(y[0].is_nan());
        }
    }

    #[test]
    #[should_panic(expected = "clamp: bounds NaN and 1 do not fit")]
    fn bounds_are_numbers() {
        Tensor::zeros(&[1]).clamp(f64::NAN, 1.0);
    }
}
