//! The Kullback–Leibler divergence: how far a predicted distribution is from the target distribution.
//!
//! KL(t ‖ q) = Σ_i t_i·(ln t_i − ln q_i). The prediction comes as ℓ_i = ln q_i, so an element's loss is t·(ln t − ℓ),
//! and 0 where t = 0, since t·ln t → 0. If the target comes as τ = ln t too, it is e^τ·(τ − ℓ).
//!
//! Gradients: **dℓ = −g·t**; **dt = g·(ln t + 1 − ℓ)**, taken as 0 where t = 0; with a logarithmic target
//! **dτ = g·e^τ·(τ − ℓ + 1)** and dℓ = −g·e^τ.

use super::elementwise::{chain_each, pair};
use super::losses::Reducer;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};

/// What becomes of the divergences of the single elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KlReduction {
    /// Their sum divided by the extent of the first axis: the mean divergence of distributions `[B, classes]`.
    BatchMean,
    /// Their mean over all elements (not the divergence: it is divided by the number of classes too).
    Mean,
    /// Their sum.
    Sum,
    /// Nothing: one number an element.
    None,
}

/// The formulas on plain `ndarray`, without reduction, for t > 0.
pub mod reference {
    use crate::Elem;
    use ndarray::ArrayD;

    /// t·(ln t − ℓ)
    pub fn kl_div(log_q: &ArrayD<Elem>, t: &ArrayD<Elem>) -> ArrayD<Elem> {
        t * (t.mapv(Elem::ln) - log_q)
    }
    /// dℓ = −g·t and dt = g·(ln t + 1 − ℓ)
    pub fn kl_div_backward(log_q: &ArrayD<Elem>, t: &ArrayD<Elem>, g: &ArrayD<Elem>) -> (ArrayD<Elem>, ArrayD<Elem>) {
        (-(g * t), g * (t.mapv(Elem::ln) + 1.0 - log_q))
    }
}

/// dℓ = −g·t, dt = g·(ln t + 1 − ℓ); with a logarithmic target dℓ = −g·e^τ, dτ = g·e^τ·(τ − ℓ + 1)
#[derive(Debug)]
struct KlDivBackward {
    log_q: Array,
    target: Array,
    log_target: bool,
    reducer: Reducer,
    wanted: [bool; 2],
}
impl Backward for KlDivBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let g = self.reducer.upstream(&grad, self.target.shape());
        let log_target = self.log_target;
        let d_log_q =
            self.wanted[0].then(|| chain_each(&self.target, &g, |t, g| -g * if log_target { t.exp() } else { t }));
        let d_target = self.wanted[1].then(|| {
            let slope = chain_each(&self.log_q, &self.target, |log_q, t| {
                if log_target {
                    t.exp() * (t - log_q + 1.0)
                } else if t == 0.0 {
                    0.0
                } else {
                    t.ln() + 1.0 - log_q
                }
            });
            super::arithmetic::scaled_by(&g, &slope)
        });
        grads![d_log_q, d_target]
    }
}

impl Tensor {
    /// Σ t·(ln t − ℓ), the divergence of the prediction q from the target t, with `self` as ℓ = ln q and `target` of
    /// its shape.
    ///
    /// With `log_target` the target is given as ln t. Both sides receive gradients. All reductions but none give shape
    /// `[]`.
    ///
    /// # Panics
    /// If the shapes differ, or the batch mean is asked of a tensor without axes.
    #[track_caller]
    pub fn kl_div(&self, target: &Tensor, reduction: KlReduction, log_target: bool) -> Tensor {
        fit(self.try_kl_div(target, reduction, log_target))
    }

    /// As [`Tensor::kl_div`], with an error instead of the panic.
    pub fn try_kl_div(&self, target: &Tensor, reduction: KlReduction, log_target: bool) -> Result<Tensor, TensorError> {
        const OP: &str = "kl_div";
        if self.shape() != target.shape() {
            return Err(TensorError::shape(OP, &[self.shape(), target.shape()], "equal shapes"));
        }
        let reducer = match reduction {
            KlReduction::Sum => Reducer::sum_over(1.0),
            KlReduction::None => Reducer::each(),
            KlReduction::Mean => Reducer::sum_over(self.len() as Elem),
            KlReduction::BatchMean => {
                let &batch = self.shape().first().ok_or(TensorError::Axis { op: OP, shape: vec![], axis: 0 })?;
                // No distribution at all diverges by nothing.
                Reducer::sum_over(batch.max(1) as Elem)
            }
        };
        let losses = pair(OP, self.array(), target.array(), |log_q, t| {
            if log_target {
                t.exp() * (t - log_q)
            } else {
                let t_log_t = if t == 0.0 { 0.0 } else { t * t.ln() };
                t_log_t - t * log_q
            }
        })?;
        Ok(Tensor::from_operation(reducer.apply(losses), &[self, target], || KlDivBackward {
            log_q: self.array().clone(),
            target: target.array().clone(),
            log_target,
            reducer,
            wanted: [self.needs_grad(), target.needs_grad()],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};

    const REDUCTIONS: [KlReduction; 4] =
        [KlReduction::BatchMean, KlReduction::Mean, KlReduction::Sum, KlReduction::None];

    #[test]
    fn agrees_with_the_reference() {
        let leaves = [between(-3.0, -0.1, &[3, 4]), between(0.05, 0.9, &[4, 3]).transpose(0, 1)].map(Tensor::parameter);
        let [log_q, t] = leaves.each_ref().map(|x| x.array().to_ndarray());
        let loss = leaves[0].kl_div(&leaves[1], KlReduction::None, false);
        assert_close(loss.array(), &reference::kl_div(&log_q, &t));
        let g = between(-1.0, 1.0, &[3, 4]);
        let (d_log_q, dt) = reference::kl_div_backward(&log_q, &t, &g.to_ndarray());
        let grads = loss.backward_from(g.clone());
        assert_close(grads.get(&leaves[0]).unwrap(), &d_log_q);
        assert_close(grads.get(&leaves[1]).unwrap(), &dt);
        let log_t = leaves[1].log();
        let same = leaves[0].kl_div(&log_t, KlReduction::None, true);
        assert_close(same.array(), &loss.array().to_ndarray());
        assert_close(same.backward_from(g).get(&leaves[1]).unwrap(), &dt);
    }

    #[test]
    fn is_its_derivative_with_every_reduction() {
        let inputs = [between(-3.0, -0.1, &[3, 4]), between(0.3, 0.9, &[3, 4])];
        let logs = [between(-3.0, -0.1, &[3, 4]), between(-2.0, -0.2, &[4, 3]).transpose(0, 1)];
        for reduction in REDUCTIONS {
            gradcheck(|i| i[0].kl_div(&i[1], reduction, false), &inputs, &GradCheck::default()).unwrap();
            gradcheck(|i| i[0].kl_div(&i[1], reduction, true), &logs, &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn a_distribution_does_not_diverge_from_itself_and_zero_targets_count_for_nothing() {
        let q = Tensor::from_vec(vec![0.5, 0.25, 0.25], &[1, 3]);
        assert!(q.log().kl_div(&q, KlReduction::BatchMean, false).item().abs() < 1e-7);
        let t = Tensor::parameter(Array::from_vec(vec![1.0, 0.0, 0.0], &[1, 3]));
        let loss = q.log().kl_div(&t, KlReduction::Sum, false);
        assert!((loss.item() - std::f64::consts::LN_2).abs() < 1e-6);
        assert_eq!(loss.backward().get(&t).unwrap().to_vec()[1..], [0.0, 0.0]);
        let empty = Tensor::zeros(&[0, 3]);
        assert_eq!(empty.kl_div(&empty, KlReduction::BatchMean, false).item(), 0.0);
        assert!(empty.kl_div(&empty, KlReduction::Mean, false).item().is_nan());
    }

    #[test]
    #[should_panic(expected = "kl_div: shapes [2, 3] and [3] do not fit: need equal shapes")]
    fn shapes_must_be_equal() {
        Tensor::zeros(&[2, 3]).kl_div(&Tensor::zeros(&[3]), KlReduction::Sum, false);
    }

    #[test]
    #[should_panic(expected = "kl_div: shape [] has no axis 0")]
    fn the_batch_mean_needs_a_batch() {
        Tensor::scalar(0.0).kl_div(&Tensor::scalar(1.0), KlReduction::BatchMean, false);
    }
}
