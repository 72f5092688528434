//! What can be typed after `jumok transformer`.

use clap::Subcommand;

use super::transformer_translator::{TransformerTrainArgs, TransformerTranslateArgs};

/// The commands for the Transformer.
#[derive(Debug, Subcommand)]
pub enum TransformerCommand {
    /// Train a translator on a generated task or on your own sentences, from a fresh model or where a run was stopped.
    Train(Box<TransformerTrainArgs>),
    /// Translate a sentence, and draw where each token of the translation looked.
    Translate(TransformerTranslateArgs),
}
