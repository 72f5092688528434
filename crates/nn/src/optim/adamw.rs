//! Adam with decoupled weight decay (Loshchilov and Hutter 2017, algorithm 2), as PyTorch has it.
//!
//! ```text
//! p ← (1 − γ·λ)·p                            decay λ, scaled by the learning rate γ
//! p ← p − γ·m̂/(√v̂ + ε)                       Adam, on the bare gradient
//! ```
//!
//! Why decoupled: if λ·p is added to the gradient, as [`Adam`](super::Adam) does, it is divided by √v̂ like the rest, so weights
//! with large gradients shrink less than others. Here all shrink by the same factor.
//!
//! By default only matrices (rank 2 and above) decay: a bias or the scale of a norm has no product with others to keep small,
//! and BERT's training leaves them out as well. `decay_vectors` includes them, as `torch.optim.AdamW` does with all it is given.

use jumok_kernels::optim::{AdamStep, adamw};
use jumok_tensor::Gradients;
use serde::{Deserialize, Serialize};

use super::adam::{amsgrad_sweep, check_settings, moments};
use super::engine::Engine;
use super::{Optimizer, OptimizerError, OptimizerState};
use crate::Module;

/// The settings of [`AdamW`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdamWConfig {
    /// β₁ and β₂, the shares of the old moments that stay; (0.9, 0.999) by default.
    pub betas: (f64, f64),
    /// ε, added to √v̂; 1e-8 by default.
    pub eps: f64,
    /// λ; 0.01 by default.
    pub weight_decay: f64,
    /// Also decay parameters of rank 0 and 1 (biases, norms).
    pub decay_vectors: bool,
    /// Divide by the largest second moment so far.
    pub amsgrad: bool,
    /// Leave parameters without a gradient unchanged instead of refusing the step.
    pub allow_missing: bool,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self {
            betas: (0.9, 0.999),
            eps: 1e-8,
            weight_decay: 0.01,
            decay_vectors: false,
            amsgrad: false,
            allow_missing: false,
        }
    }
}

/// Adam with decoupled weight decay. The algorithm is in the [header of its module](self).
#[derive(Clone, Debug)]
pub struct AdamW {
    config: AdamWConfig,
    engine: Engine<3>,
}

impl AdamW {
    /// An optimiser without memory yet.
    ///
    /// # Errors
    /// If a β is not in 0..1, or `eps` or `weight_decay` is negative or not finite.
    pub fn new(config: AdamWConfig) -> Result<Self, OptimizerError> {
        check_settings("adamw", config.betas, config.eps, config.weight_decay)?;
        Ok(Self { config, engine: Engine::new("adamw", moments(config.amsgrad), 0.0, config.allow_missing) })
    }
}

impl Optimizer for AdamW {
    fn step(&mut self, model: &mut dyn Module, grads: &Gradients, lr: f64) -> Result<(), OptimizerError> {
        let AdamWConfig { betas: (beta1, beta2), eps, weight_decay, decay_vectors, amsgrad, .. } = self.config;
        self.engine.step(model, grads, lr, |piece| {
            let weight_decay = if decay_vectors || piece.rank >= 2 { weight_decay } else { 0.0 };
            let step = AdamStep { lr, beta1, beta2, eps, weight_decay, step: piece.step };
            let [m, v, v_max] = piece.buffers;
            if amsgrad {
                amsgrad_sweep(piece.value, piece.grad, m, v, v_max, &step);
            } else {
                adamw(piece.value, piece.grad, m, v, &step);
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

#[cfg(test)]
mod tests {
    use jumok_tensor::{Array, Tensor};

    use super::*;

    /// Where a parameter of ones is after a step along a zero gradient.
    fn decayed(config: AdamWConfig, shape: &[usize]) -> f64 {
        let mut p = Tensor::parameter(Array::ones(shape));
        let mut grads = Gradients::new();
        grads.insert(&p, Array::zeros(shape));
        AdamW::new(config).unwrap().step(&mut p, &grads, 0.1).unwrap();
        p.item()
    }

    #[test]
    fn matrices_decay_and_vectors_only_when_told() {
        for amsgrad in [false, true] {
            let config = AdamWConfig { weight_decay: 0.5, amsgrad, ..AdamWConfig::default() };
            assert!((decayed(config, &[1, 1]) - 0.95).abs() < 1e-7);
            assert_eq!(decayed(config, &[1]), 1.0);
            assert_eq!(decayed(config, &[]), 1.0);
            assert!((decayed(AdamWConfig { decay_vectors: true, ..config }, &[1]) - 0.95).abs() < 1e-7);
        }
    }
}
