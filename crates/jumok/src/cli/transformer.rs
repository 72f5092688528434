//! What can be typed after `jumok transformer`.

use clap::Subcommand;

use super::language_model::{GenerateArgs, LanguageModelTrainArgs};

/// The commands for Transformers.
#[derive(Debug, Subcommand)]
pub enum TransformerCommand {
    /// Train a causal language model on your own text or the built-in stories, from a fresh model or where a run was stopped.
    TrainLm(Box<LanguageModelTrainArgs>),
    /// Let a language model go on with a text, token by token.
    Generate(GenerateArgs),
}
