//! `jumok transformer train-lm` and `jumok transformer generate`.

pub mod config;
mod data;
mod evaluation;
mod generate;
mod report;
mod train;

pub use generate::generate;
pub(super) use generate::load;
pub use train::train;

const VOCABULARY_FILE: &str = "vocabulary.json";
