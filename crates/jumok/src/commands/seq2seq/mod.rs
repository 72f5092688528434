//! `jumok seq2seq`.

mod bottleneck;
mod captioning;
pub mod config;
mod data;
mod evaluation;
mod recency;
mod report;
pub(super) mod short_run;
mod tagging;
mod train;
mod translate;
mod translator;
mod vanishing_gradient;

pub use bottleneck::bottleneck;
pub use captioning::captioning;
pub use recency::recency;
pub use tagging::tagging;
pub use train::train;
pub use translate::translate;
pub use translator::Translator;
pub use vanishing_gradient::vanishing_gradient;

const SOURCE_VOCABULARY_FILE: &str = "source_vocabulary.json";
const TARGET_VOCABULARY_FILE: &str = "target_vocabulary.json";
