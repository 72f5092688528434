//! Stochastic gradient descent with momentum (Sutskever et al. 2013), as PyTorch has it.
//!
//! With gradient g, parameter p, learning rate γ and, for every parameter, a buffer b:
//!
//! ```text
//! d ← g + λ·p                                L2 regularisation λ (weight_decay)
//! b ← μ·b + (1 − τ)·d                        momentum μ, dampening τ; the first b is d itself
//! d ← d + μ·b   (nesterov)   or   d ← b
//! p ← p − γ·d
//! ```
//!
//! Why momentum: along a valley of the loss the gradients of several steps point the same way and add up to 1/(1 − μ) times
//! one of them; across it they alternate and cancel. Nesterov's form takes the step that the next momentum will add
//! beforehand.

use jumok_kernels::optim::{SgdStep, sgd};
use jumok_tensor::Gradients;
use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::{NOT_NEGATIVE, Optimizer, OptimizerError, OptimizerState, check, not_negative};
use crate::Module;

/// The settings of [`Sgd`]; by default plain descent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SgdConfig {
    /// μ, the share of the old buffer that stays; 0 for none.
    pub momentum: f64,
    /// τ, the share of the gradient that does not enter the buffer.
    pub dampening: f64,
    /// λ, added to the gradient as λ·p.
    pub weight_decay: f64,
    /// Look ahead by one momentum step; needs momentum and no dampening.
    pub nesterov: bool,
    /// Leave parameters without a gradient unchanged instead of refusing the step.
    pub allow_missing: bool,
}

/// Stochastic gradient descent with momentum. The algorithm is in the [header of its module](self).
#[derive(Clone, Debug)]
pub struct Sgd {
    config: SgdConfig,
    engine: Engine<1>,
}

impl Sgd {
    /// An optimiser without memory yet.
    ///
    /// # Errors
    /// If a setting is negative or not finite, or `nesterov` is set without momentum or with dampening.
    pub fn new(config: SgdConfig) -> Result<Self, OptimizerError> {
        let settings =
            [("momentum", config.momentum), ("dampening", config.dampening), ("weight_decay", config.weight_decay)];
        for (setting, value) in settings {
            check("sgd", setting, value, NOT_NEGATIVE, not_negative)?;
        }
        if config.nesterov {
            check("sgd", "momentum", config.momentum, "above 0 with nesterov", |x| x > 0.0)?;
            check("sgd", "dampening", config.dampening, "0 with nesterov", |x| x == 0.0)?;
        }
        let buffer = (config.momentum != 0.0).then_some("momentum_buffer");
        Ok(Self { config, engine: Engine::new("sgd", [buffer], 0.0, config.allow_missing) })
    }
}

impl Optimizer for Sgd {
    fn step(&mut self, model: &mut dyn Module, grads: &Gradients, lr: f64) -> Result<(), OptimizerError> {
        let SgdConfig { momentum, dampening, weight_decay, nesterov, .. } = self.config;
        self.engine.step(model, grads, lr, |piece| {
            let first = piece.step == 1;
            let step = SgdStep { lr, momentum, dampening, weight_decay, nesterov, first };
            let [buffer] = piece.buffers;
            sgd(piece.value, piece.grad, (momentum != 0.0).then_some(buffer), &step);
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

    /// Three steps with gradients 1, 2, 0 from p = 1.
    fn trajectory(config: SgdConfig) -> Vec<f64> {
        let mut p = Tensor::parameter(Array::scalar(1.0));
        let mut optimizer = Sgd::new(config).unwrap();
        let step = |g| {
            let mut grads = Gradients::new();
            grads.insert(&p, Array::scalar(g));
            optimizer.step(&mut p, &grads, 0.1).unwrap();
            p.item()
        };
        [1.0, 2.0, 0.0].map(step).to_vec()
    }

    #[test]
    fn steps_by_hand() {
        let config = SgdConfig::default();
        let close = |config, expected: [f64; 3]| jumok_testkit::assert_close(&trajectory(config), &expected, 1e-6, 0.0);
        close(config, [0.9, 0.7, 0.7]);
        let momentum = SgdConfig { momentum: 0.5, ..config };
        close(momentum, [0.9, 0.65, 0.525]); // b = 1, 2.5, 1.25
        close(SgdConfig { dampening: 0.5, ..momentum }, [0.9, 0.75, 0.675]); // b = 1, 1.5, 0.75
        close(SgdConfig { nesterov: true, ..momentum }, [0.85, 0.525, 0.4625]); // d = 1.5, 3.25, 0.625
        close(SgdConfig { weight_decay: 1.0, ..config }, [0.8, 0.52, 0.468]); // d = 2, 2.8, 0.52
    }

    #[test]
    fn senseless_settings_are_refused() {
        let wrong = [
            SgdConfig { momentum: -0.1, ..SgdConfig::default() },
            SgdConfig { weight_decay: f64::NAN, ..SgdConfig::default() },
            SgdConfig { nesterov: true, ..SgdConfig::default() },
            SgdConfig { nesterov: true, momentum: 0.9, dampening: 0.1, ..SgdConfig::default() },
        ];
        for config in wrong {
            assert!(matches!(Sgd::new(config), Err(OptimizerError::Setting { .. })), "{config:?}");
        }
        let error = Sgd::new(wrong[2]).unwrap_err().to_string();
        assert_eq!(error, "sgd: momentum is 0, but must be above 0 with nesterov");
    }
}
