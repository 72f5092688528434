//! Adagrad (Duchi et al. 2011), as PyTorch has it.
//!
//! With gradient g, parameter p, learning rate γ and, for every parameter, a sum s, in step t = 1, 2, …:
//!
//! ```text
//! g ← g + λ·p                                L2 regularisation λ (weight_decay)
//! s ← s + g²                                 all squares so far
//! p ← p − γ/(1 + (t − 1)·η)·g/(√s + ε)       decay η of the learning rate (lr_decay)
//! ```
//!
//! Rare features, whose s stays small, keep a large step.

use jumok_tensor::{Elem, Gradients};
use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::{NOT_NEGATIVE, Optimizer, OptimizerError, OptimizerState, check, not_negative};
use crate::Module;

/// The settings of [`Adagrad`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AdagradConfig {
    /// η, by how much the learning rate falls with every step; 0 by default.
    pub lr_decay: f64,
    /// λ, added to the gradient as λ·p; 0 by default.
    pub weight_decay: f64,
    /// What s starts from; 0 by default.
    pub initial_accumulator_value: f64,
    /// ε, added to the root; 1e-10 by default.
    pub eps: f64,
    /// Leave parameters without a gradient unchanged instead of refusing the step.
    pub allow_missing: bool,
}

impl Default for AdagradConfig {
    fn default() -> Self {
        Self { lr_decay: 0.0, weight_decay: 0.0, initial_accumulator_value: 0.0, eps: 1e-10, allow_missing: false }
    }
}

/// Adagrad. The algorithm is in the [header of its module](self).
#[derive(Clone, Debug)]
pub struct Adagrad {
    config: AdagradConfig,
    engine: Engine<1>,
}

impl Adagrad {
    /// An optimiser without memory yet.
    ///
    /// # Errors
    /// If a setting is negative or not finite.
    pub fn new(config: AdagradConfig) -> Result<Self, OptimizerError> {
        let settings = [
            ("lr_decay", config.lr_decay),
            ("weight_decay", config.weight_decay),
            ("initial_accumulator_value", config.initial_accumulator_value),
            ("eps", config.eps),
        ];
        for (setting, value) in settings {
            check("adagrad", setting, value, NOT_NEGATIVE, not_negative)?;
        }
        let engine = Engine::new("adagrad", [Some("sum")], config.initial_accumulator_value, config.allow_missing);
        Ok(Self { config, engine })
    }
}

impl Optimizer for Adagrad {
    fn step(&mut self, model: &mut dyn Module, grads: &Gradients, lr: f64) -> Result<(), OptimizerError> {
        let config = self.config;
        let (decay, eps) = (config.weight_decay as Elem, config.eps as Elem);
        self.engine.step(model, grads, lr, |piece| {
            let step_size = (lr / (1.0 + (piece.step - 1) as f64 * config.lr_decay)) as Elem;
            let [sum] = piece.buffers;
            for ((p, &g), s) in piece.value.iter_mut().zip(piece.grad).zip(sum) {
                let g = g + decay * *p;
                *s += g * g;
                *p -= step_size * g / (s.sqrt() + eps);
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

    #[test]
    fn steps_by_hand() {
        let mut p = Tensor::parameter(Array::scalar(1.0));
        let config =
            AdagradConfig { lr_decay: 1.0, weight_decay: 1.0, initial_accumulator_value: 7.0, ..Default::default() };
        let mut optimizer = Adagrad::new(config).unwrap();
        // g = 2 + 1 = 3, s = 7 + 9 = 16: p = 1 − 3/4 = 1/4; then g = −3/4 + 1/4 = −1/2, s = 16.25, γ halved
        let expected = [0.25, 0.25 + 0.5 * 0.5 / 16.25_f64.sqrt()];
        for (g, expected) in [2.0, -0.75].into_iter().zip(expected) {
            let mut grads = Gradients::new();
            grads.insert(&p, Array::scalar(g));
            optimizer.step(&mut p, &grads, 1.0).unwrap();
            assert!((p.item() - expected).abs() < 1e-6, "{} is not {expected}", p.item());
        }
    }

    #[test]
    fn senseless_settings_are_refused() {
        let error = Adagrad::new(AdagradConfig { eps: -1.0, ..AdagradConfig::default() }).unwrap_err().to_string();
        assert_eq!(error, "adagrad: eps is -1, but must be finite and not negative");
    }
}
