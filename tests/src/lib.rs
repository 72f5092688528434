//! Does jumok compute what PyTorch and Hugging Face compute?
//!
//! A folder of cases (see [`jumok_testkit`]) says what was computed there, on which numbers, with which result.
//! [`dispatch`] computes the same with this project's crates: it looks at `op` and `attrs` of a case alone, never at its
//! name or its shapes. [`run`] does so for every case of a folder and judges the results; the binary `reference` is its
//! command line and `cargo test -p jumok-tests` its test.
//!
//! | group | where |
//! |---|---|
//! | `ops` | `ops.rs`, `losses.rs`, `graphs.rs` |
//! | `attention` | `attention.rs` |
//! | `seq2seq` | `seq2seq.rs` |
//! | `transformer` | `transformer.rs`, `training.rs`, `trajectory.rs` |
//! | `models` | `models.rs` |
//! | `pretraining` | `pretraining.rs` |
//! | `metrics` | `metrics.rs` |
//! | `alignment` | `distillation.rs` |
//! | `bert` (made by `reference/bert/make.py`) | `trajectory.rs` |
//!
//! The course is held to the source and to what the programs print by [`course`], its notebooks by [`notebook`].
//!
//! A new kind is one function from what a case gives to its outputs, and one line in the `find` of its group; upstream
//! gradients, names and element types are looked after here.

mod attention;
mod bind;
pub mod course;
mod dispatch;
mod distillation;
mod error;
mod fields;
mod given;
mod graphs;
mod losses;
mod metrics;
mod models;
pub mod notebook;
mod ops;
mod positions;
mod pretraining;
mod run;
mod seq2seq;
mod torch;
mod training;
mod trajectory;
mod transformer;

pub use dispatch::dispatch;
pub use error::CaseError;
pub use run::{Run, RunError, run};

pub(crate) use dispatch::Compute;
