//! What can be typed after `jumok transformer`.

use clap::Subcommand;

use super::TransformerExperimentCommand;
use super::language_model::{GenerateArgs, LanguageModelTrainArgs};
use super::transformer_translator::{TransformerTrainArgs, TransformerTranslateArgs};

/// The commands for the Transformer.
#[derive(Debug, Subcommand)]
pub enum TransformerCommand {
    /// Train a translator on a generated task or on your own sentences, from a fresh model or where a run was stopped.
    Train(Box<TransformerTrainArgs>),
    /// Translate a sentence, and draw where each token of the translation looked.
    Translate(TransformerTranslateArgs),
    /// Train a causal language model on your own text or the built-in stories, from a fresh model or where a run was stopped.
    TrainLm(Box<LanguageModelTrainArgs>),
    /// Let a language model go on with a text, token by token.
    Generate(GenerateArgs),
    /// Run one of the experiments of the lecture.
    #[command(subcommand)]
    Experiment(TransformerExperimentCommand),
}
