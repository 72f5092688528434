//! What `jumok seq2seq` and `jumok transformer` share: from pairs of sentences to a trained translator, and its use.
//!
//! A kind of model says what is its own by [`TranslationModel`]; data, run folder, loop, evaluation and report are the same.

pub mod config;
pub(super) mod data;
pub(super) mod evaluation;
mod model;
mod report;
pub(super) mod train;
mod translate;
mod translator;

pub use config::TranslatorConfig;
pub use model::{ConfigOf, TranslationModel};
pub(crate) use train::train;
pub(in crate::commands) use translate::token_labels;
pub use translate::translate;
pub(crate) use translate::translate_looking;
pub use translator::Translator;

const SOURCE_VOCABULARY_FILE: &str = "source_vocabulary.json";
const TARGET_VOCABULARY_FILE: &str = "target_vocabulary.json";
