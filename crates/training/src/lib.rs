//! What every training run shares, whatever model it trains.
//!
//! A training loop is written out where it is used, so that its five lines can be seen: learning rate, forward and
//! backward, clip, optimiser, log. This crate holds what would hide them:
//!
//! | to | use |
//! |---|---|
//! | differentiate the shards of a batch side by side, with the same bits on any number of threads | [`DataParallel`] |
//! | run a model over held-out batches | [`evaluate`] |
//! | keep a run on disk: configuration, metrics, checkpoints, summary | [`RunFolder`], [`MetricsLog`], [`Checkpoint`] |
//! | compare two sets of weights, or two corpora | [`weights_sha256`], [`texts_sha256`] |
//! | say how it goes, in a terminal or in a log file, in English or Korean | [`Progress`], [`Language`], [`Text`] |
//! | know when to save and when to stop | [`Pace`], [`seconds_a_step`] |
//! | average what is measured | [`Mean`], [`MovingAverage`], [`Rate`] |
//!
//! Randomness never comes from a stream that is drawn from in passing: it is keyed by (seed, step, shard). That, the
//! weights, the optimiser's moments and the number of the step are all a run needs to go on bit for bit.

mod digest;
mod error;
mod files;
mod meter;
mod pace;
mod parallel;
mod progress;
mod run;
pub mod texts;

pub use digest::{texts_sha256, weights_sha256};
pub use error::RunError;
pub use meter::{Mean, MovingAverage, Rate};
pub use pace::{Due, Pace, seconds_a_step};
pub use parallel::{DataParallel, StepOutput, evaluate};
pub use progress::{Progress, ProgressStyle, StepReport, grouped, minutes_and_seconds};
pub use run::{Checkpoint, LoadedCheckpoint, MetricsLog, MetricsTable, RunFolder};
pub use texts::{Language, Text};
