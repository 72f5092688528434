//! What can be typed after `jumok transformer`.

use clap::Subcommand;

use super::TransformerExperimentCommand;

/// The commands for the Transformer.
#[derive(Debug, Subcommand)]
pub enum TransformerCommand {
    /// Run one of the experiments of the lecture.
    #[command(subcommand)]
    Experiment(TransformerExperimentCommand),
}
