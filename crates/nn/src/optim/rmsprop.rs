//! RMSprop (Tieleman and Hinton 2012, lecture 6.5; centred form of Graves 2013), as PyTorch has it.
//!
//! With gradient g, parameter p, learning rate γ and, for every parameter, up to three buffers:
//!
//! ```text
//! g ← g + λ·p                                L2 regularisation λ (weight_decay)
//! s ← α·s + (1 − α)·g²                       mean of the squared gradient
//! a ← α·a + (1 − α)·g,   s̃ = s − a²          (centered: the variance instead)    else s̃ = s
//! u = g/(√s̃ + ε)
//! b ← μ·b + u,   p ← p − γ·b                 (with momentum μ)                   else p ← p − γ·u
//! ```

use jumok_tensor::{Elem, Gradients};
use serde::{Deserialize, Serialize};

use super::engine::Engine;
use super::{NOT_NEGATIVE, Optimizer, OptimizerError, OptimizerState, SHARE, check, not_negative, share};
use crate::Module;

/// The settings of [`RmsProp`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RmsPropConfig {
    /// α, the share of the old mean that stays; 0.99 by default.
    pub alpha: f64,
    /// ε, added to the root; 1e-8 by default.
    pub eps: f64,
    /// λ, added to the gradient as λ·p; 0 by default.
    pub weight_decay: f64,
    /// μ, the share of the old step that stays; 0 by default.
    pub momentum: f64,
    /// Divide by the deviation of the gradient instead of its root mean square.
    pub centered: bool,
    /// Leave parameters without a gradient unchanged instead of refusing the step.
    pub allow_missing: bool,
}

impl Default for RmsPropConfig {
    fn default() -> Self {
        Self { alpha: 0.99, eps: 1e-8, weight_decay: 0.0, momentum: 0.0, centered: false, allow_missing: false }
    }
}

/// RMSprop. The algorithm is in the [header of its module](self).
#[derive(Clone, Debug)]
pub struct RmsProp {
    config: RmsPropConfig,
    engine: Engine<3>,
}

impl RmsProp {
    /// An optimiser without memory yet.
    ///
    /// # Errors
    /// If `alpha` is not in 0..1, or another setting is negative or not finite.
    pub fn new(config: RmsPropConfig) -> Result<Self, OptimizerError> {
        check("rmsprop", "alpha", config.alpha, SHARE, share)?;
        let settings = [("eps", config.eps), ("weight_decay", config.weight_decay), ("momentum", config.momentum)];
        for (setting, value) in settings {
            check("rmsprop", setting, value, NOT_NEGATIVE, not_negative)?;
        }
        let grad_avg = config.centered.then_some("grad_avg");
        let momentum_buffer = (config.momentum != 0.0).then_some("momentum_buffer");
        let buffers = [Some("square_avg"), grad_avg, momentum_buffer];
        Ok(Self { config, engine: Engine::new("rmsprop", buffers, 0.0, config.allow_missing) })
    }
}

impl Optimizer for RmsProp {
    fn step(&mut self, model: &mut dyn Module, grads: &Gradients, lr: f64) -> Result<(), OptimizerError> {
        let config = self.config;
        let (alpha, new, eps) = (config.alpha as Elem, (1.0 - config.alpha) as Elem, config.eps as Elem);
        let (decay, momentum) = (config.weight_decay as Elem, config.momentum as Elem);
        self.engine.step(model, grads, lr, |piece| {
            let [square_avg, grad_avg, momentum_buffer] = piece.buffers;
            for (i, p) in piece.value.iter_mut().enumerate() {
                let g = piece.grad[i] + decay * *p;
                square_avg[i] = alpha * square_avg[i] + new * g * g;
                let mut spread = square_avg[i];
                if config.centered {
                    grad_avg[i] = alpha * grad_avg[i] + new * g;
                    spread -= grad_avg[i] * grad_avg[i];
                }
                let mut update = g / (spread.sqrt() + eps);
                if config.momentum != 0.0 {
                    momentum_buffer[i] = momentum * momentum_buffer[i] + update;
                    update = momentum_buffer[i];
                }
                *p -= lr as Elem * update;
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

    /// Two steps with gradients 2 and 1 from p = 0, α = 0.75, γ = 0.1.
    fn trajectory(config: RmsPropConfig) -> [f64; 2] {
        let mut p = Tensor::parameter(Array::scalar(0.0));
        let mut optimizer = RmsProp::new(RmsPropConfig { alpha: 0.75, eps: 0.0, ..config }).unwrap();
        [2.0, 1.0].map(|g| {
            let mut grads = Gradients::new();
            grads.insert(&p, Array::scalar(g));
            optimizer.step(&mut p, &grads, 0.1).unwrap();
            p.item()
        })
    }

    #[test]
    fn steps_by_hand() {
        let config = RmsPropConfig::default();
        let close = |actual: [f64; 2], expected: [f64; 2]| jumok_testkit::assert_close(&actual, &expected, 1e-6, 0.0);
        // s = 1, then 1; u = 2, then 1
        close(trajectory(config), [-0.2, -0.3]);
        // b = 2, then 0.5·2 + 1
        close(trajectory(RmsPropConfig { momentum: 0.5, ..config }), [-0.2, -0.4]);
        // a = 0.5, then 0.625; s̃ = 0.75, then 0.609375
        let first = -0.2 / 0.75_f64.sqrt();
        close(trajectory(RmsPropConfig { centered: true, ..config }), [first, first - 0.1 / 0.609_375_f64.sqrt()]);
    }

    #[test]
    fn senseless_settings_are_refused() {
        let error = RmsProp::new(RmsPropConfig { alpha: 1.0, ..RmsPropConfig::default() }).unwrap_err().to_string();
        assert_eq!(error, "rmsprop: alpha is 1, but must be at least 0 and below 1");
        assert!(RmsProp::new(RmsPropConfig { momentum: -1.0, ..RmsPropConfig::default() }).is_err());
    }
}
