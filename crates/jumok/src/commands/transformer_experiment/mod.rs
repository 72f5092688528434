//! `jumok transformer experiment`: slide S21, what the Transformer changed.

mod heads;
mod parallel;
mod recall;
mod recall_model;
mod scaling;

pub use heads::heads;
pub use parallel::parallel;
pub use recall::recall;
pub use scaling::scaling;

use jumok_training::ProgressStyle;

use crate::cli::TransformerExperimentCommand;
use crate::{CommandError, Console};

/// Runs the experiment that was typed.
///
/// # Errors
/// [`CommandError`] if its settings make no sense, training diverges or the plot cannot be written.
pub fn run(
    command: &TransformerExperimentCommand,
    progress: ProgressStyle,
    console: Console,
) -> Result<(), CommandError> {
    match command {
        TransformerExperimentCommand::Parallel(args) => parallel(args, console),
        TransformerExperimentCommand::Scaling(args) => scaling(args, progress, console),
        TransformerExperimentCommand::Recall(args) => recall(args, progress, console),
        TransformerExperimentCommand::Heads(args) => heads(args, progress, console),
    }
}
