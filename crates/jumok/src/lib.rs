//! jumok (주목, "attention"): the Transformer course in Rust, as one library and one command line.
//!
//! For notebooks and programs this crate names all the others: [`tensor`], [`nn`], [`attention`], [`text`], [`metrics`],
//! [`seq2seq`], [`transformer`], [`bert`], [`training`], [`viz`], [`lecture`]. The [`prelude`] brings what nearly every example needs.
//!
//! ```
//! use jumok::prelude::*;
//!
//! let mut rng = ChaCha8Rng::seed_from_u64(0);
//! let mut layer = Linear::new(2, 1, &mut rng);
//! let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0], &[2, 2]);
//! let loss = layer.forward(&x).pow_scalar(2.0).mean_all();
//! let gradients = loss.backward();
//! let before = loss.item();
//! drop(loss);
//! let mut optimizer = Sgd::new(SgdConfig::default())?;
//! optimizer.step(&mut layer, &gradients, 0.01)?;
//! assert!(layer.forward(&x).pow_scalar(2.0).mean_all().item() < before);
//! # Ok::<(), jumok::nn::OptimizerError>(())
//! ```
//!
//! The command line stands in [`cli`] (what can be typed, with its [`help`]) and [`commands`] (what it does).

pub use jumok_attention as attention;
pub use jumok_bert as bert;
pub use jumok_kernels as kernels;
pub use jumok_lecture as lecture;
pub use jumok_metrics as metrics;
pub use jumok_nn as nn;
pub use jumok_seq2seq as seq2seq;
pub use jumok_tensor as tensor;
pub use jumok_text as text;
pub use jumok_training as training;
pub use jumok_transformer as transformer;
pub use jumok_viz as viz;

pub mod cli;
pub mod commands;
mod console;
mod convert;
mod error;
pub mod help;
pub mod interrupt;
pub mod texts;

pub use console::{Console, invocation};
pub use convert::BertBatch;
pub use error::CommandError;

/// What nearly every example needs.
pub mod prelude {
    pub use jumok_attention::{Mask, MultiHeadAttention, scaled_dot_product};
    pub use jumok_bert::{BertConfig, BertForPreTraining, BertInputs};
    pub use jumok_nn::{
        AdamW, AdamWConfig, Ctx, Embedding, LayerNorm, Linear, Module, Optimizer, Schedule, Sgd, SgdConfig,
        clip_grad_norm,
    };
    pub use jumok_tensor::{Array, BoolTensor, CrossEntropy, Gradients, IntTensor, Reduction, Tensor, no_grad};
    pub use jumok_text::{Corpus, PretrainingData, PretrainingOptions, Tokenizer};
    pub use jumok_training::{DataParallel, RunFolder};
    pub use jumok_viz::{BarChart, Curve, HeatMap, Table, TerminalStyle};
    pub use rand::SeedableRng;
    pub use rand::rngs::ChaCha8Rng;
}

/// The listings of the README and of the course, compiled and run by `cargo test --doc`.
#[cfg(doctest)]
mod listings {
    #[doc = include_str!("../../../README.md")]
    mod readme {}
    #[doc = include_str!("../../../docs/en/00-foundation.md")]
    mod foundation_en {}
    #[doc = include_str!("../../../docs/ko/00-foundation.md")]
    mod foundation_ko {}
}
