//! What a language model costs, from its `config.json` alone: parameters, operations, memory, and what a machine can make of
//! them (lecture, slide S24).
//!
//! | question | answer |
//! |---|---|
//! | how many parameters, and where | [`Architecture::components`], [`Architecture::parameters`] |
//! | how many operations a token, a training run | [`Compute`] |
//! | how much memory for weights, cache, training | [`NumberFormat::bytes`], [`Architecture::kv_cache_values`], [`TrainingMemory`] |
//! | how fast a given machine can be at most | [`Roofline`] |
//!
//! ```
//! use jumok_lecture::calculator::{Architecture, NumberFormat};
//!
//! let llama = Architecture::preset("llama-7b")?;
//! assert_eq!(llama.parameters(), 6_738_415_616);
//! assert_eq!(NumberFormat::F16.bytes(llama.parameters()) / 1e9, 13.476831232);
//! # Ok::<(), jumok_lecture::calculator::CalculatorError>(())
//! ```

mod architecture;
mod components;
mod compute;
mod config;
mod error;
mod memory;
mod roofline;

pub use architecture::{Architecture, AttentionBias, Head};
pub use components::{Component, Part};
pub use compute::Compute;
pub use error::CalculatorError;
pub use memory::{NumberFormat, TrainingMemory};
pub use roofline::{Machine, Phase, Roofline, RooflinePoint};
