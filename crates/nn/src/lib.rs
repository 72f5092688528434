//! Layers, initialisers, optimisers, schedules and checkpoints.
//!
//! | module | holds |
//! |---|---|
//! | [`Module`], [`parameters!`] | parameters and their names, which are the keys of a checkpoint |
//! | [`Ctx`], [`show!`] | what travels through a forward pass: mode, randomness, the recorder |
//! | [`Linear`], [`Embedding`], [`LayerNorm`], [`RmsNorm`], [`Dropout`], [`Activation`] | the layers |
//! | [`Init`], [`keyed_rng`] | initial values, and random numbers that depend on what they are for |
//! | [`Optimizer`]: [`Sgd`], [`Adam`], [`AdamW`], [`RmsProp`], [`Adagrad`] | from gradients to new parameters |
//! | [`clip_grad_norm`], [`clip_grad_value`], [`GradientAccumulator`] | what happens to gradients before |
//! | [`Schedule`] | the learning rate as a function of the step |
//! | [`translation`] | what encoder–decoders share: batches of pairs, greedy decoding, beam search |
//! | [`save`], [`load`], [`save_arrays`], [`load_arrays`] | checkpoints in Hugging Face's format |
//! | [`ModelConfig`], [`save_model`], [`load_config`] | a model with its configuration in one folder |

#![allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]

pub use jumok_tensor::{Array, BoolTensor, Elem, Gradients, IntTensor, Tensor};

mod accumulate;
mod activation;
pub mod checkpoint;
mod clip;
mod ctx;
mod init;
mod layers;
mod model_folder;
mod module;
pub mod optim;
mod random;
mod schedule;
pub mod translation;

pub use accumulate::GradientAccumulator;
pub use activation::{Activation, UnknownActivation};
pub use checkpoint::{
    CheckpointError, LoadOptions, LoadReport, NameDifference, NamedArrays, ShapeDifference, Weights, load, load_arrays,
    save, save_arrays, save_with_metadata, write_atomically,
};
pub use clip::{NormType, clip_grad_norm, clip_grad_norm_of, clip_grad_value, grad_norm};
pub use ctx::{Ctx, Record, backward_with_records};
pub use init::{Fan, Init};
pub use layers::{Dropout, Embedding, LayerNorm, Linear, RmsNorm};
pub use model_folder::{ModelConfig, ModelFolderError, load_config, load_weights, save_model};
pub use module::{Module, join};
pub use optim::{
    Adagrad, AdagradConfig, Adam, AdamConfig, AdamW, AdamWConfig, Optimizer, OptimizerError, OptimizerState,
    ParameterState, RmsProp, RmsPropConfig, Sgd, SgdConfig,
};
pub use random::keyed_rng;
pub use schedule::{Schedule, ScheduleError};
