//! Is a hand-derived gradient the derivative of the forward pass?

use std::fmt;

use crate::{Array, Elem, Tensor, no_grad};

/// How a gradient is checked: step of the central difference and tolerance.
///
/// A gradient passes if |analytic − numeric| ≤ `atol` + `rtol`·|numeric| for every element. The defaults depend on the
/// element type: with `f64` (feature `f64`, the one that proves derivations) step 1e-6 and tolerance 1e-6, with `f32`
/// step 1e-2 and tolerance 2e-2, which still catches a wrong factor or sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradCheck {
    /// Half the distance of the two points of the central difference.
    pub step: f64,
    /// Relative tolerance.
    pub rtol: f64,
    /// Absolute tolerance.
    pub atol: f64,
}

impl Default for GradCheck {
    fn default() -> Self {
        if size_of::<Elem>() == 8 {
            Self { step: 1e-6, rtol: 1e-6, atol: 1e-6 }
        } else {
            Self { step: 1e-2, rtol: 2e-2, atol: 2e-2 }
        }
    }
}

/// The element at which analytic and numeric gradient differ most, in units of the tolerance.
#[derive(Debug, Clone, PartialEq)]
pub struct GradCheckReport {
    /// How many elements of inputs were checked.
    pub checked: usize,
    /// Which input the worst element belongs to.
    pub input: usize,
    /// The index of the worst element.
    pub index: Vec<usize>,
    /// The gradient that backward gave there.
    pub analytic: f64,
    /// The central difference there.
    pub numeric: f64,
    /// |analytic − numeric| divided by what is tolerated; the check fails above 1.
    pub ratio: f64,
}

impl fmt::Display for GradCheckReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} elements checked; worst at input {} {:?}: analytic {:.9}, numeric {:.9} ({:.3} of the tolerance)",
            self.checked, self.input, self.index, self.analytic, self.numeric, self.ratio
        )
    }
}

/// A gradient that is not the derivative.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GradCheckError {
    /// The worst element is further off than tolerated.
    #[error("gradient check failed: {0}")]
    Wrong(GradCheckReport),
    /// The result does not depend on an input, as far as backward knows.
    #[error("gradient check failed: input {input} of shape {shape:?} received no gradient")]
    Lost {
        /// Which input.
        input: usize,
        /// Its shape.
        shape: Vec<usize>,
    },
}

/// Compares the gradient of `f` with central differences at **every** element of **every** input.
///
/// The loss is L = Σ_i u_i·f(inputs)_i with fixed weights u_i that differ from each other, so that errors cannot cancel.
/// For each input element x: ∂L/∂x from backward against (L(x + step) − L(x − step)) / (2·step), summed in f64.
///
/// Inputs must stay `step` away from kinks (|x| at 0, ties of a maximum).
///
/// ```
/// use jumok_tensor::{Array, GradCheck, gradcheck};
/// let x = Array::from_vec(vec![0.5, -1.0, 2.0], &[3]);
/// let report = gradcheck(|inputs| inputs[0].tanh(), &[x], &GradCheck::default()).unwrap();
/// assert_eq!(report.checked, 3);
/// ```
///
/// # Errors
/// If an element differs by more than tolerated, or an input receives no gradient at all.
pub fn gradcheck(
    f: impl Fn(&[Tensor]) -> Tensor,
    inputs: &[Array],
    check: &GradCheck,
) -> Result<GradCheckReport, GradCheckError> {
    let leaves: Vec<Tensor> = inputs.iter().cloned().map(Tensor::parameter).collect();
    let result = f(&leaves);
    // Weights between 0.5 and 1.5, spread by the golden ratio.
    let upstream: Vec<f64> = (0..result.len()).map(|i| 0.5 + (i as f64 * 0.618_033_988_75).fract()).collect();
    let weights = Array::from_vec(upstream.iter().map(|&u| u as Elem).collect(), result.shape());
    let grads = result.backward_from(weights);

    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    let loss = |values: &[Tensor]| -> f64 {
        no_grad(|| f(values)).to_vec().iter().zip(&upstream).map(|(&y, u)| y as f64 * u).sum()
    };
    let mut worst =
        GradCheckReport { checked: 0, input: 0, index: vec![], analytic: 0.0, numeric: 0.0, ratio: f64::NEG_INFINITY };
    for (input, leaf) in leaves.iter().enumerate() {
        if leaf.is_empty() {
            continue;
        }
        let analytic =
            grads.get(leaf).ok_or_else(|| GradCheckError::Lost { input, shape: leaf.shape().to_vec() })?.to_vec();
        let values = leaf.to_vec();
        for element in 0..leaf.len() {
            let at = |delta: f64| {
                let mut moved = values.clone();
                moved[element] += delta as Elem;
                #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
                let x = moved[element] as f64;
                let mut shifted = leaves.clone();
                shifted[input] = Tensor::from_vec(moved, leaf.shape());
                (x, loss(&shifted))
            };
            let ((right, high), (left, low)) = (at(check.step), at(-check.step));
            let numeric = (high - low) / (right - left);
            #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
            let analytic = analytic[element] as f64;
            let ratio = (analytic - numeric).abs() / (check.atol + check.rtol * numeric.abs());
            worst.checked += 1;
            // A NaN is the worst there can be.
            let ratio = if ratio.is_nan() { f64::INFINITY } else { ratio };
            if ratio > worst.ratio {
                worst = GradCheckReport {
                    checked: worst.checked,
                    input,
                    index: index_of(element, leaf.shape()),
                    analytic,
                    numeric,
                    ratio,
                };
            }
        }
    }
    if worst.ratio > 1.0 { Err(GradCheckError::Wrong(worst)) } else { Ok(worst) }
}

fn index_of(mut element: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for axis in (0..shape.len()).rev() {
        index[axis] = element % shape[axis];
        element /= shape[axis];
    }
    index
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autograd::{Backward, ParentGrads, grads};

    /// x² with a gradient that forgets the factor 2 for the third element.
    #[derive(Debug)]
    struct PlantedBackward {
        x: Array,
    }
    impl Backward for PlantedBackward {
        fn backward(&self, grad: Array) -> ParentGrads<'_> {
            let x = self.x.to_vec();
            let mut dx: Vec<Elem> = grad.to_vec().iter().zip(&x).map(|(g, x)| 2.0 * g * x).collect();
            dx[2] /= 2.0;
            grads![Array::from_vec(dx, self.x.shape())]
        }
    }
    fn planted(x: &Tensor) -> Tensor {
        Tensor::from_operation(x.array().map(|x| x * x), &[x], || PlantedBackward { x: x.array().clone() })
    }

    #[test]
    fn a_planted_wrong_gradient_is_caught_at_its_element() {
        let x = Array::from_vec(vec![1.0, 2.0, 3.0, 0.5], &[2, 2]);
        let error = gradcheck(|i| planted(&i[0]), std::slice::from_ref(&x), &GradCheck::default()).unwrap_err();
        let GradCheckError::Wrong(report) = &error else { panic!("{error}") };
        assert_eq!((report.input, report.index.as_slice()), (0, &[1, 0][..]));
        assert!((report.numeric - 2.0 * report.analytic).abs() < 0.1, "{report}");
        assert!(error.to_string().contains("worst at input 0 [1, 0]"));
        let right = gradcheck(|i| &i[0] * &i[0], &[x], &GradCheck::default()).unwrap();
        assert_eq!(right.checked, 4);
    }

    #[test]
    fn a_lost_gradient_is_caught() {
        let x = Array::from_vec(vec![1.0], &[1]);
        let error = gradcheck(|i| &i[0] + &i[1].detach(), &[x.clone(), x], &GradCheck::default()).unwrap_err();
        assert_eq!(error, GradCheckError::Lost { input: 1, shape: vec![1] });
    }

    #[test]
    fn a_nan_is_never_a_pass() {
        let x = Array::from_vec(vec![-1.0], &[1]);
        assert!(gradcheck(|i| i[0].log(), &[x], &GradCheck::default()).is_err());
    }
}
