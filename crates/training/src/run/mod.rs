//! A run on disk.
//!
//! ```text
//! runs/bert-tiny-001/
//!   config.toml         everything that decides the result, the seed and the fingerprint of the data included
//!   metrics.csv         one line a logged step
//!   checkpoint-500/     model.safetensors, optimizer.safetensors, state.json
//!   checkpoint-1000/    the newest two are kept
//!   summary.json        final figures, written at the end
//!   run.lock            held while a process is at work in the folder
//! ```

mod checkpoint;
mod folder;
mod lock;
mod metrics;

pub use checkpoint::{Checkpoint, LoadedCheckpoint};
pub use folder::RunFolder;
pub use metrics::{MetricsLog, MetricsTable};
