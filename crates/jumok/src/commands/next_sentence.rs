//! `jumok bert nsp`.

use jumok_viz::{TerminalStyle, bars};

use super::model_folder::ModelFolder;
use super::predict::is_next;
use crate::cli::NspArgs;
use crate::{CommandError, Console, texts};

/// Prints how likely sentence B follows sentence A.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded or a sentence is empty.
pub fn next_sentence(args: &NspArgs, console: Console) -> Result<(), CommandError> {
    for (what, text) in [("sentence A", &args.a), ("sentence B", &args.b)] {
        if text.trim().is_empty() {
            return Err(CommandError::EmptySentence { what });
        }
    }
    let ModelFolder { model, tokenizer, .. } = ModelFolder::load(&args.model, console)?;
    let probability = is_next(&model, &tokenizer, &tokenizer.encode(&args.a)?, &tokenizer.encode(&args.b)?)?;
    let language = console.language();
    let both = [(texts::IS_NEXT.get(language), probability), (texts::IS_NOT_NEXT.get(language), 1.0 - probability)];
    console.raw(&bars(&both, &TerminalStyle::detect()));
    Ok(())
}
