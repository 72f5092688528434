//! `jumok bert fill-mask`.

use jumok_bert::BertInputs;
use jumok_nn::Ctx;
use jumok_tensor::IntTensor;
use jumok_viz::{TerminalStyle, bars};

use super::model_folder::ModelFolder;
use super::predict::fill_masks;
use crate::cli::FillMaskArgs;
use crate::{CommandError, Console, texts};

/// Prints the most likely words at each `[MASK]`.
///
/// A text of several sentences is read as BERT was trained: the first half of them as A, the rest as B.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded or the text has no mask.
pub fn fill_mask(args: &FillMaskArgs, console: Console) -> Result<(), CommandError> {
    if !args.text.contains("[MASK]") {
        return Err(CommandError::NoMask { text: args.text.clone() });
    }
    let ModelFolder { config, model, tokenizer } = ModelFolder::load(&args.model, console)?;
    let (a, b) = halves(&args.text);
    let b = b.map(|b| tokenizer.encode(b)).transpose()?;
    let words = |inputs: &BertInputs, positions: &IntTensor| {
        model.forward(inputs, positions, &mut Ctx::eval()).prediction_logits
    };
    let max = config.max_position_embeddings;
    let masks = fill_masks(words, max, &tokenizer, &tokenizer.encode(a)?, b.as_deref(), args.top)?;
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

/// The first half of the sentences (the larger one, if they are odd) and the second, if there is more than one.
fn halves(text: &str) -> (&str, Option<&str>) {
    let text = text.trim();
    let ends_sentence = |&(at, mark): &(usize, char)| {
        matches!(mark, '.' | '!' | '?') && text[at + mark.len_utf8()..].starts_with(char::is_whitespace)
    };
    let ends: Vec<usize> = text.char_indices().filter(ends_sentence).map(|(at, mark)| at + mark.len_utf8()).collect();
    match ends.get(ends.len() / 2) {
        Some(&end) => (&text[..end], Some(text[end..].trim_start())),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_sentences_are_cut_in_the_middle() {
        assert_eq!(halves("The boy is drinking [MASK] ."), ("The boy is drinking [MASK] .", None));
        assert_eq!(halves(" One. Two. "), ("One.", Some("Two.")));
        assert_eq!(halves("One. Two! Three?"), ("One. Two!", Some("Three?")));
        assert_eq!(halves("나는 간다. 너는 [MASK]. 끝. 정말?"), ("나는 간다. 너는 [MASK].", Some("끝. 정말?")));
        assert_eq!(halves("It costs 3.50 coins."), ("It costs 3.50 coins.", None));
        assert_eq!(halves(""), ("", None));
    }
}
