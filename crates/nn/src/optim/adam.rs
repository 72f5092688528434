//! Adam (Kingma and Ba 2014, algorithm 1), with L2 regularisation and AMSGrad (Reddi et al. 2018) as PyTorch has them.
//!
//! With gradient g, parameter p, learning rate γ and, for every parameter, two moments m and v, in step t = 1, 2, …:
//!
//! ```text
//! g ← g + λ·p                                L2 regularisation λ (weight_decay)
//! m ← β₁·m + (1 − β₁)·g                      mean of the gradient
//! v ← β₂·v + (1 − β₂)·g²                     mean of its square
//! m̂ = m/(1 − β₁ᵗ),  v̂ = v/(1 − β₂ᵗ)
//! p ← p − γ·m̂/(√v̂ + ε)
//! ```
//!
//! Why the two divisions: unrolled, m = (1 − β₁)·Σᵢ β₁ᵗ⁻ⁱ·gᵢ, whose weights sum to 1 − β₁ᵗ only, because the sum starts from
//! zero; dividing by it makes m̂ a weighted mean again, and v̂ likewise.
//!
//! AMSGrad divides by the largest v so far, so that the step size of an element never grows.

use jumok_kernels::optim::{AdamStep, adam};
use jumok_tensor::{Elem, Gradients};
use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::{NOT_NEGATIVE, Optimizer, OptimizerError, OptimizerState, SHARE, check, not_negative, share};
use crate::Module;

/// The settings of [`Adam`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamConfig {
    /// β₁ and β₂, the shares of the old moments that stay; (0.9, 0.999) by default.
    pub betas: (f64, f64),
    /// ε, added to √v̂; 1e-8 by default.
    pub eps: f64,
    /// λ, added to the gradient as λ·p; 0 by default.
    pub weight_decay: f64,
    /// Divide by the largest second moment so far.
    pub amsgrad: bool,
    /// Leave parameters without a gradient unchanged instead of refusing the step.
    pub allow_missing: bool,
}

impl Default for AdamConfig {
    fn default() -> Self {
        Self { betas: (0.9, 0.999), eps: 1e-8, weight_decay: 0.0, amsgrad: false, allow_missing: false }
    }
}

/// Adam. The algorithm is in the [header of its module](self).
#[derive(Clone, Debug)]
pub struct Adam {
    config: AdamConfig,
    engine: Engine<3>,
}

impl Adam {
    /// An optimiser without memory yet.
    ///
    /// # Errors
    /// If a β is not in 0..1, or `eps` or `weight_decay` is negative or not finite.
    pub fn new(config: AdamConfig) -> Result<Self, OptimizerError> {
        check_settings("adam", config.betas, config.eps, config.weight_decay)?;
        Ok(Self { config, engine: Engine::new("adam", moments(config.amsgrad), 0.0, config.allow_missing) })
    }
}

/// An error if a setting of Adam or AdamW is outside its range.
pub(super) fn check_settings(
    optimizer: &'static str,
    betas: (f64, f64),
    eps: f64,
    weight_decay: f64,
) -> Result<(), OptimizerError> {
    check(optimizer, "beta1", betas.0, SHARE, share)?;
    check(optimizer, "beta2", betas.1, SHARE, share)?;
    check(optimizer, "eps", eps, NOT_NEGATIVE, not_negative)?;
    check(optimizer, "weight_decay", weight_decay, NOT_NEGATIVE, not_negative)
}

/// The buffers of Adam and AdamW.
pub(super) fn moments(amsgrad: bool) -> [Option<&'static str>; 3] {
    [Some("exp_avg"), Some("exp_avg_sq"), amsgrad.then_some("max_exp_avg_sq")]
}

impl Optimizer for Adam {
    fn step(&mut self, model: &mut dyn Module, grads: &Gradients, lr: f64) -> Result<(), OptimizerError> {
        let AdamConfig { betas: (beta1, beta2), eps, weight_decay, amsgrad, .. } = self.config;
        self.engine.step(model, grads, lr, |piece| {
            let step = AdamStep { lr, beta1, beta2, eps, weight_decay, step: piece.step };
            let [m, v, v_max] = piece.buffers;
            if amsgrad {
                // The regularised gradient; the sweep itself then has no decay left to do.
                let grad: Vec<Elem> =
                    piece.grad.iter().zip(&*piece.value).map(|(&g, &p)| g + weight_decay as Elem * p).collect();
                amsgrad_sweep(piece.value, &grad, m, v, v_max, &AdamStep { weight_decay: 0.0, ..step });
            } else {
                adam(piece.value, piece.grad, m, v, &step);
            }
        })
    }

    fn state(&self) -> OptimizerState {
        self.engine.state()
    }

    fn load_state(&mut self, state: OptimizerState) -> Result<(), OptimizerError> {
        self.engine.load_state(state)
    }
}

/// p ← (1 − γλ)·p − γ·m̂/(√v̂ + ε), where v̂ is that of the largest v so far.
pub(super) fn amsgrad_sweep(
    p: &mut [Elem],
    g: &[Elem],
    m: &mut [Elem],
    v: &mut [Elem],
    v_max: &mut [Elem],
    s: &AdamStep,
) {
    let exponent = i32::try_from(s.step).unwrap_or(i32::MAX);
    let step_size = (s.lr / (1.0 - s.beta1.powi(exponent))) as Elem;
    let root_correction2 = (1.0 - s.beta2.powi(exponent)).sqrt() as Elem;
    let keep = (1.0 - s.lr * s.weight_decay) as Elem;
    let (beta1, beta2, eps) = (s.beta1 as Elem, s.beta2 as Elem, s.eps as Elem);
    let (new1, new2) = ((1.0 - s.beta1) as Elem, (1.0 - s.beta2) as Elem);
    for i in 0..p.len() {
        m[i] = beta1 * m[i] + new1 * g[i];
        v[i] = beta2 * v[i] + new2 * g[i] * g[i];
        v_max[i] = v_max[i].max(v[i]);
        p[i] = keep * p[i] - step_size * m[i] / (v_max[i].sqrt() / root_correction2 + eps);
    }
}

#[cfg(test)]
mod tests {
    use jumok_tensor::{Array, Tensor};

    use super::*;

    fn step(optimizer: &mut dyn Optimizer, p: &mut Tensor, g: f64, lr: f64) -> f64 {
        let mut grads = Gradients::new();
        grads.insert(p, Array::scalar(g as Elem));
        optimizer.step(p, &grads, lr).unwrap();
        p.item()
    }

    #[test]
    fn the_first_step_has_the_size_of_the_learning_rate_whatever_the_gradient() {
        for g in [1e-3, 1.0, 1e3] {
            let mut p = Tensor::parameter(Array::scalar(0.0));
            let moved = step(&mut Adam::new(AdamConfig::default()).unwrap(), &mut p, g, 0.1);
            assert!((moved + 0.1).abs() < 2e-6, "gradient {g}: {moved}");
        }
    }

    #[test]
    fn two_steps_by_hand() {
        // m̂ = 1, then (0.5·0.5 + 0.5·3)/0.75 = 7/3;  v̂ = 1, then (0.75·0.25 + 0.25·9)/0.4375 = 39/7
        let mut p = Tensor::parameter(Array::scalar(0.0));
        let config = AdamConfig { betas: (0.5, 0.75), eps: 0.0, ..AdamConfig::default() };
        let mut optimizer = Adam::new(config).unwrap();
        assert!((step(&mut optimizer, &mut p, 1.0, 0.1) + 0.1).abs() < 1e-7);
        let second = -0.1 - 0.1 * (7.0 / 3.0) / (39.0_f64 / 7.0).sqrt();
        assert!((step(&mut optimizer, &mut p, 3.0, 0.1) - second).abs() < 1e-7);
    }

    #[test]
    fn amsgrad_remembers_the_largest_second_moment() {
        let config = AdamConfig { betas: (0.0, 0.5), eps: 0.0, ..AdamConfig::default() };
        let run = |amsgrad| {
            let mut p = Tensor::parameter(Array::scalar(0.0));
            let mut optimizer = Adam::new(AdamConfig { amsgrad, ..config }).unwrap();
            step(&mut optimizer, &mut p, 4.0, 0.1);
            let before = p.item();
            before - step(&mut optimizer, &mut p, 1.0, 0.1)
        };
        // v = 8, then 4.5; corrections 0.5, then 0.75
        assert!((run(false) - 0.1 / (4.5_f64 / 0.75).sqrt()).abs() < 1e-7);
        assert!((run(true) - 0.1 / (8.0_f64 / 0.75).sqrt()).abs() < 1e-7);
    }

    #[test]
    fn senseless_settings_are_refused() {
        let config = AdamConfig::default();
        for wrong in [
            AdamConfig { betas: (1.0, 0.9), ..config },
            AdamConfig { betas: (0.9, -0.1), ..config },
            AdamConfig { eps: -1.0, ..config },
            AdamConfig { weight_decay: f64::INFINITY, ..config },
        ] {
            assert!(matches!(Adam::new(wrong), Err(OptimizerError::Setting { .. })), "{wrong:?}");
        }
    }
}
