//! `jumok bert fill-mask`.

use jumok_viz::{TerminalStyle, bars};

use super::model_folder::ModelFolder;
use super::predict::fill_masks;
use crate::cli::FillMaskArgs;
use crate::{CommandError, Console, texts};

/// Prints the most likely words at each `[MASK]`.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded or the text has no mask.
pub fn fill_mask(args: &FillMaskArgs, console: Console) -> Result<(), CommandError> {
    if !args.text.contains("[MASK]") {
        return Err(CommandError::NoMask { text: args.text.clone() });
    }
    let ModelFolder { model, tokenizer, .. } = ModelFolder::load(&args.model, console)?;
    let ids = tokenizer.encode(&args.text)?;
    let masks = fill_masks(&model, &tokenizer, &ids, None, args.top)?;
    let style = TerminalStyle::detect();
    for (number, guesses) in masks.iter().enumerate() {
        if masks.len() > 1 {
            console.say(&texts::NTH_MASK, &[("number", &(number + 1))]);
        }
        let list: Vec<(&str, f64)> = guesses.iter().map(|guess| (guess.token.as_str(), guess.probability)).collect();
        console.raw(&bars(&list, &style));
    }
    Ok(())
}
