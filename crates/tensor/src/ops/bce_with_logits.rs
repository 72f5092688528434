//! Binary cross-entropy between logits and probabilities: each element is a yes-or-no question of its own.
//!
//! With logit x, p = σ(x) and target t in [0, 1]: ℓ = −w·(c·t·ln p + (1 − t)·ln(1 − p)), where w weighs the element
//! and c the positive answers. Since −ln σ(x) = softplus(−x) and −ln(1 − σ(x)) = softplus(x),
//!
//! ℓ = w·(c·t·softplus(−x) + (1 − t)·softplus(x)),
//!
//! which is finite for every finite x, where ln of a rounded p is not.
//!
//! Gradients, with softplus′ = σ: **dx = g·w·((1 − t)·σ(x) − c·t·σ(−x))**, which is g·(p − t) without weights;
//! **dt = g·w·(c·softplus(−x) − softplus(x))**; **dw = g·ℓ/w**, the loss without w; **dc = g·w·t·softplus(−x)**.

use super::losses::{Reducer, Reduction};
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::Dims;
use crate::{Array, Elem, Tensor, TensorError};
use jumok_kernels::math::{sigmoid, softplus};

/// The formulas on plain `ndarray`, without reduction and weights.
pub mod reference {
    use crate::Elem;
    use crate::ops::sigmoid::reference::{sigmoid, softplus};
    use ndarray::ArrayD;

    /// ℓ = t·softplus(−x) + (1 − t)·softplus(x)
    pub fn bce_with_logits(x: &ArrayD<Elem>, t: &ArrayD<Elem>) -> ArrayD<Elem> {
        t * softplus(&-x) + (1.0 - t) * softplus(x)
    }
    /// dx = g·(σ(x) − t)
    pub fn bce_with_logits_backward(x: &ArrayD<Elem>, t: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        g * (sigmoid(x) - t)
    }
}

/// The four operands with the shape of the logits; weights that were not given are 1.
#[derive(Debug)]
struct Elements {
    x: Array,
    t: Array,
    weight: Array,
    pos_weight: Array,
}
impl Elements {
    /// f(x, t, w, c) for every element.
    fn map(&self, f: impl Fn(Elem, Elem, Elem, Elem) -> Elem) -> Array {
        let whole = [&self.x, &self.t, &self.weight, &self.pos_weight].map(|a| a.broadcast_to(self.x.shape()));
        let whole = whole.map(|a| a.expect("checked in the forward pass").contiguous());
        let [x, t, w, c] = [0, 1, 2, 3].map(|n| whole[n].as_slice().expect("made contiguous"));
        Array::build(self.x.shape(), |y| y.iter_mut().enumerate().for_each(|(i, y)| *y = f(x[i], t[i], w[i], c[i])))
    }
}

/// dx = g·w·((1 − t)·σ(x) − c·t·σ(−x)), dt = g·w·(c·softplus(−x) − softplus(x)), dw = g·ℓ/w, dc = g·w·t·softplus(−x)
#[derive(Debug)]
struct BceWithLogitsBackward {
    elements: Elements,
    reducer: Reducer,
    wanted: [bool; 2],
    /// Shapes of the given weights that need a gradient, in the order of the parents; `None` for one that needs none.
    weights: Vec<(Weight, Option<Dims>)>,
}
#[derive(Debug, Clone, Copy)]
enum Weight {
    OfElement,
    OfPositive,
}
impl Backward for BceWithLogitsBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let e = &self.elements;
        let g = self.reducer.upstream(&grad, e.x.shape());
        let times_g = |factor: Array| super::arithmetic::scaled_by(&g, &factor);
        let dx =
            self.wanted[0].then(|| times_g(e.map(|x, t, w, c| w * ((1.0 - t) * sigmoid(x) - c * t * sigmoid(-x)))));
        let dt = self.wanted[1].then(|| times_g(e.map(|x, _, w, c| w * (c * softplus(-x) - softplus(x)))));
        let mut all = grads![dx, dt];
        for (weight, shape) in &self.weights {
            all.push(shape.as_ref().map(|shape| {
                let factor = match weight {
                    Weight::OfElement => e.map(|x, t, _, c| loss(x, t, 1.0, c)),
                    Weight::OfPositive => e.map(|x, t, w, _| w * t * softplus(-x)),
                };
                times_g(factor).sum_to(shape).into()
            }));
        }
        all
    }
}

/// w·(c·t·softplus(−x) + (1 − t)·softplus(x))
fn loss(x: Elem, t: Elem, w: Elem, c: Elem) -> Elem {
    w * (c * t * softplus(-x) + (1.0 - t) * softplus(x))
}

impl Tensor {
    /// −w·(c·t·ln σ(x) + (1 − t)·ln(1 − σ(x))) for logits x and targets t in [0, 1] of the same shape.
    ///
    /// `weight` w and `pos_weight` c broadcast to the shape of x (`pos_weight` `[classes]` with x `[B, classes]`,
    /// say); not given they are 1. Mean (over all elements) and sum give shape `[]`. All operands receive gradients.
    ///
    /// # Panics
    /// If the target's shape is not that of x, or a weight does not broadcast to it.
    #[track_caller]
    pub fn bce_with_logits(
        &self,
        target: &Tensor,
        weight: Option<&Tensor>,
        pos_weight: Option<&Tensor>,
        reduction: Reduction,
    ) -> Tensor {
        fit(self.try_bce_with_logits(target, weight, pos_weight, reduction))
    }

    /// As [`Tensor::bce_with_logits`], with an error instead of the panic.
    pub fn try_bce_with_logits(
        &self,
        target: &Tensor,
        weight: Option<&Tensor>,
        pos_weight: Option<&Tensor>,
        reduction: Reduction,
    ) -> Result<Tensor, TensorError> {
        const OP: &str = "bce_with_logits";
        if self.shape() != target.shape() {
            return Err(TensorError::shape(OP, &[self.shape(), target.shape()], "logits and targets of equal shapes"));
        }
        for weight in [weight, pos_weight].into_iter().flatten() {
            if weight.array().broadcast_to(self.shape()).is_none() {
                let rule = "weights that broadcast to the logits";
                return Err(TensorError::shape(OP, &[self.shape(), weight.shape()], rule));
            }
        }
        let or_one =
            |weight: Option<&Tensor>| weight.map_or_else(|| Array::scalar(1.0), |weight| weight.array().clone());
        let elements = Elements {
            x: self.array().clone(),
            t: target.array().clone(),
            weight: or_one(weight),
            pos_weight: or_one(pos_weight),
        };
        let reducer = Reducer::new(reduction, self.len() as Elem);
        let value = reducer.apply(elements.map(loss));
        let given = [(Weight::OfElement, weight), (Weight::OfPositive, pos_weight)];
        let given = || given.into_iter().filter_map(|(kind, weight)| weight.map(|weight| (kind, weight)));
        let mut parents = vec![self, target];
        parents.extend(given().map(|(_, weight)| weight));
        Ok(Tensor::from_operation(value, &parents, || BceWithLogitsBackward {
            elements,
            reducer,
            wanted: [self.needs_grad(), target.needs_grad()],
            weights: given().map(|(kind, w)| (kind, w.needs_grad().then(|| w.shape().into()))).collect(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn agrees_with_the_reference() {
        let x = Tensor::parameter(between(-4.0, 4.0, &[3, 5]));
        let t = between(0.0, 1.0, &[5, 3]).transpose(0, 1);
        let loss = x.bce_with_logits(&Tensor::from_array(t.clone()), None, None, Reduction::None);
        let (plain, t) = (x.array().to_ndarray(), t.to_ndarray());
        assert_close(loss.array(), &reference::bce_with_logits(&plain, &t));
        let g = between(-1.0, 1.0, &[3, 5]);
        let expected = reference::bce_with_logits_backward(&plain, &t, &g.to_ndarray());
        assert_close(loss.backward_from(g).get(&x).unwrap(), &expected);
    }

    #[test]
    fn is_the_derivative_for_all_operands() {
        let inputs = [
            between(-3.0, 3.0, &[3, 4]),
            between(0.1, 0.9, &[4, 3]).transpose(0, 1),
            between(0.5, 2.0, &[3, 1]),
            between(0.5, 3.0, &[4]),
        ];
        for reduction in [Reduction::Mean, Reduction::Sum, Reduction::None] {
            let check = GradCheck::default();
            gradcheck(|i| i[0].bce_with_logits(&i[1], Some(&i[2]), Some(&i[3]), reduction), &inputs, &check).unwrap();
            gradcheck(|i| i[0].bce_with_logits(&i[1], None, None, reduction), &inputs[..2], &check).unwrap();
        }
        let only_pos = |i: &[Tensor]| i[0].bce_with_logits(&i[1], None, Some(&i[2]), Reduction::Mean);
        gradcheck(only_pos, &[inputs[0].clone(), inputs[1].clone(), inputs[3].clone()], &GradCheck::default()).unwrap();
    }

    #[test]
    fn extreme_logits_stay_finite() {
        let x = Tensor::parameter(Array::from_vec(vec![-1e4, -100.0, 0.0, 100.0, 1e4, -1e4, 1e4], &[7]));
        let t = Tensor::from_vec(vec![0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0], &[7]);
        let loss = x.bce_with_logits(&t, None, None, Reduction::None);
        let y = loss.to_vec();
        assert_eq!((y[0], y[4], y[5], y[6]), (0.0, 0.0, 1e4, 1e4));
        assert!((y[2] - (2.0 as Elem).ln()).abs() < 1e-6 && y.iter().all(|y| y.is_finite()));
        let dx = loss.backward_from(Array::ones(&[7])).get(&x).unwrap().to_vec();
        assert_eq!((dx[0], dx[2], dx[4], dx[5], dx[6]), (0.0, -0.5, 0.0, -1.0, 1.0));
    }

    #[test]
    fn of_nothing() {
        let x = Tensor::parameter(Array::zeros(&[0, 2]));
        let loss = x.bce_with_logits(&Tensor::zeros(&[0, 2]), None, None, Reduction::Mean);
        assert!(loss.item().is_nan());
        assert_eq!(loss.backward().get(&x).unwrap().shape(), [0, 2]);
    }

    #[test]
    #[should_panic(
        expected = "bce_with_logits: shapes [2, 3] and [2] do not fit: need weights that broadcast to the logits"
    )]
    fn weights_must_broadcast() {
        let x = Tensor::zeros(&[2, 3]);
        x.bce_with_logits(&x, None, Some(&Tensor::zeros(&[2])), Reduction::Mean);
    }

    #[test]
    #[should_panic(expected = "need logits and targets of equal shapes")]
    fn targets_must_fit() {
        Tensor::zeros(&[2, 3]).bce_with_logits(&Tensor::zeros(&[3]), None, None, Reduction::Mean);
    }
}
