//! `jumok bert fill-mask`.

use jumok_bert::{BertInputs, EncoderTask, ForMaskedLM, MissingParts, TextEncoder};
use jumok_nn::Ctx;
use jumok_tensor::IntTensor;
use jumok_viz::{TerminalStyle, bars};

use super::model_folder::ModelFolder;
use super::predict::{Guess, fill_masks};
use crate::cli::FillMaskArgs;
use crate::{CommandError, Console, texts};

/// How a masked word is typed, whatever the tokenizer calls it.
const MASK: &str = "[MASK]";

/// Prints the most likely words at each `[MASK]` (or `<mask>`, where the vocabulary says so).
///
/// To a model that learned whether two sentences belong together, a text of several is given as it was trained: the first half of them
/// as A, the rest as B.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded or the text has no mask.
pub fn fill_mask(args: &FillMaskArgs, console: Console) -> Result<(), CommandError> {
    let folder = ModelFolder::open(&args.model, console)?;
    let mask = folder.tokenizer.token(folder.tokenizer.special().mask).unwrap_or(MASK);
    if !args.text.contains(MASK) && !args.text.contains(mask) {
        return Err(CommandError::NoMask { text: args.text.clone() });
    }
    let text = args.text.replace(MASK, mask);
    let masks = folder.config.with_encoder(FillMask { folder: &folder, text: &text, top: args.top })?;
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

struct FillMask<'a> {
    folder: &'a ModelFolder,
    text: &'a str,
    top: usize,
}

impl EncoderTask for FillMask<'_> {
    type Output = Result<Vec<Vec<Guess>>, CommandError>;

    fn run<E: TextEncoder>(self, config: &E::Config) -> Self::Output {
        let FillMask { folder, text, top } = self;
        let loaded = folder.load::<ForMaskedLM<E>>(config, MissingParts::Refuse)?;
        // Only a model that was trained on pairs of texts has a head for them.
        let heads = ["cls.seq_relationship", "sop_classifier"];
        let knows_pairs = loaded.report.unexpected.iter().any(|name| heads.iter().any(|head| name.starts_with(head)));
        let (a, b) = if knows_pairs { halves(text) } else { (text, None) };
        let b = b.map(|b| folder.tokenizer.encode(b)).transpose()?;
        let words = |inputs: &BertInputs, positions: &IntTensor| {
            loaded.model.forward_at(inputs, positions, &mut Ctx::eval()) // [M, V]
        };
        let max = folder.config.max_length();
        fill_masks(words, max, &folder.tokenizer, &folder.tokenizer.encode(a)?, b.as_deref(), top)
    }
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
