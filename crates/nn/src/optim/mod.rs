//! Optimisers: from gradients to new parameters. One algorithm a file.
//!
//! ```
//! use jumok_nn::{Adam, AdamConfig, Linear, Optimizer, Tensor};
//! use rand::{SeedableRng, rngs::ChaCha8Rng};
//!
//! let mut model = Linear::new(3, 1, &mut ChaCha8Rng::seed_from_u64(0));
//! let mut optimizer = Adam::new(AdamConfig::default())?;
//! let x = Tensor::ones(&[2, 3]);
//! let before = model.forward(&x).sum_all().item();
//! for _ in 0..10 {
//!     let grads = model.forward(&x).sum_all().backward();
//!     optimizer.step(&mut model, &grads, 0.1)?; // downhill
//! }
//! assert!(model.forward(&x).sum_all().item() < before - 5.0);
//! # Ok::<(), jumok_nn::OptimizerError>(())
//! ```

pub mod adagrad;
pub mod adam;
pub mod adamw;
mod engine;
pub mod rmsprop;
pub mod sgd;
mod state;

use jumok_tensor::Gradients;

pub use adagrad::{Adagrad, AdagradConfig};
pub use adam::{Adam, AdamConfig};
pub use adamw::{AdamW, AdamWConfig};
pub use rmsprop::{RmsProp, RmsPropConfig};
pub use sgd::{Sgd, SgdConfig};
pub use state::{OptimizerState, ParameterState};

use crate::{CheckpointError, Module};

/// An algorithm that changes the parameters of a model against their gradients.
///
/// What it remembers between steps (moments, counts) is keyed by the parameters' names, so it can be saved, and taken up again
/// by a model that was loaded from a checkpoint.
///
/// The learning rate is an argument of every step: a [`Schedule`](crate::Schedule) or the loop itself decides it.
pub trait Optimizer {
    /// One update of every parameter of `model`; constants (frozen parameters) stay as they are.
    ///
    /// Parameters are written in place if nothing else holds them, so let go of the loss before: its graph holds them all.
    ///
    /// # Errors
    /// If a parameter has no gradient (all of them are named), two names stand for one tensor, `lr` is negative or not finite,
    /// or the state was loaded from a model of other shapes. The model and the state are then unchanged.
    fn step(&mut self, model: &mut dyn Module, grads: &Gradients, lr: f64) -> Result<(), OptimizerError>;

    /// What must be saved to go on later exactly as if nothing had happened; the settings are not part of it.
    fn state(&self) -> OptimizerState;

    /// Takes up a saved state in place of the present one.
    ///
    /// # Errors
    /// If it is the state of another algorithm, or of this one with settings that need other buffers. The present state is then
    /// unchanged.
    fn load_state(&mut self, state: OptimizerState) -> Result<(), OptimizerError>;
}

/// What can be wrong with a step, a setting or a saved state.
#[derive(Debug, thiserror::Error)]
pub enum OptimizerError {
    /// Parameters that the loss does not depend on.
    #[error(
        "no gradient for {}: the loss does not depend on {}; check the forward pass, or set allow_missing to leave such \
         parameters unchanged",
        names.join(", "),
        if names.len() == 1 { "this parameter" } else { "these parameters" }
    )]
    MissingGradients {
        /// Their names, in the model's order.
        names: Vec<String>,
    },
    /// One tensor under two names.
    #[error(
        "{first} and {second} are the same tensor: list it once, and let the other layer borrow it in its forward pass"
    )]
    SharedParameter {
        /// The name that came first.
        first: String,
        /// The name that came later.
        second: String,
    },
    /// A learning rate that is no rate.
    #[error("the learning rate is {lr}, but must be finite and not negative")]
    LearningRate {
        /// The rate as it was given.
        lr: f64,
    },
    /// A setting outside its range.
    #[error("{optimizer}: {setting} is {value}, but must be {rule}")]
    Setting {
        /// The algorithm.
        optimizer: &'static str,
        /// The field of its configuration.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What would be accepted.
        rule: &'static str,
    },
    /// A state that another algorithm saved.
    #[error("the saved state belongs to {found:?}, but this optimizer is {expected:?}")]
    StateKind {
        /// The algorithm at hand.
        expected: &'static str,
        /// The one that saved the state.
        found: String,
    },
    /// A state with other buffers than the settings ask for.
    #[error("the saved state of {name} holds [{}], but the settings need [{}]", found.join(", "), expected.join(", "))]
    StateBuffers {
        /// The parameter.
        name: String,
        /// The buffers that the settings ask for.
        expected: Vec<String>,
        /// The buffers in the state.
        found: Vec<String>,
    },
    /// A state whose arrays have not the shape of the parameter.
    #[error("the saved state of {name} has shape {found:?}, but the parameter has {expected:?}")]
    StateShape {
        /// The parameter.
        name: String,
        /// Its shape.
        expected: Vec<usize>,
        /// The shape in the state.
        found: Vec<usize>,
    },
    /// A file that holds arrays, but not the state of an optimiser.
    #[error("not the state of an optimizer: {reason}")]
    StateFormat {
        /// What is missing or cannot be read.
        reason: String,
    },
    /// The state could not be read or written.
    #[error(transparent)]
    File(#[from] CheckpointError),
}

/// An error unless `value` is finite and `holds`.
fn check(
    optimizer: &'static str,
    setting: &'static str,
    value: f64,
    rule: &'static str,
    holds: impl Fn(f64) -> bool,
) -> Result<(), OptimizerError> {
    if value.is_finite() && holds(value) {
        return Ok(());
    }
    Err(OptimizerError::Setting { optimizer, setting, value, rule })
}

const NOT_NEGATIVE: &str = "finite and not negative";
const SHARE: &str = "at least 0 and below 1";

fn not_negative(x: f64) -> bool {
    x >= 0.0
}

fn share(x: f64) -> bool {
    (0.0..1.0).contains(&x)
}
