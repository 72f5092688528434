//! `jumok attend`: where a model looks, as a page to explore in a browser.

mod bert;
mod language_model;
mod recording;
mod translation;

use std::path::Path;

use jumok_bert::EncoderConfig;
use jumok_viz::{AttentionKind, AttentionPage, AttentionPart};

use super::model_folder::model_type;
use crate::cli::AttendArgs;
use crate::convert::viz_language;
use crate::texts::attend as texts;
use crate::{CommandError, Console};

/// What a model did with a text.
struct Attended {
    /// The text as the page is headed.
    title: String,
    parts: Vec<AttentionPart>,
    page: fn(AttentionPage) -> AttentionPage,
}

/// Records what the attention of a model does with a text, and writes it as a page.
///
/// # Errors
/// [`CommandError`] if the folder holds no model that can be looked into, the text cannot be read by it, or the page cannot
/// be written; nothing is written then.
pub fn attend(args: &AttendArgs, console: Console) -> Result<(), CommandError> {
    if args.text.trim().is_empty() {
        return Err(CommandError::EmptySentence { what: "the sentence" });
    }
    if args.target.as_ref().is_some_and(|target| target.trim().is_empty()) {
        return Err(CommandError::EmptySentence { what: "the sentence of --target" });
    }
    let attended = look(args, console)?;
    let page = AttentionPage::new(&attended.title, viz_language(console.language()), attended.parts);
    let page = (attended.page)(page);
    if page.numbers() > AttentionPage::MANY_NUMBERS {
        console.say(&texts::LARGE, &[("numbers", &jumok_training::grouped(page.numbers() as u64))]);
    }
    page.save(&args.out)?;
    console.say(&texts::SAVED, &[("path", &args.out.display())]);
    Ok(())
}

fn look(args: &AttendArgs, console: Console) -> Result<Attended, CommandError> {
    let path: &Path = &args.model;
    let kind = model_type(path)?;
    match kind.as_str() {
        known if EncoderConfig::MODEL_TYPES.contains(&known) => bert::look(args, console),
        jumok_seq2seq::Seq2SeqConfig::MODEL_TYPE => translation::recurrent(args, console),
        jumok_transformer::causal::CausalLanguageModelConfig::MODEL_TYPE => language_model::look(args, console),
        jumok_transformer::translation::TransformerConfig::MODEL_TYPE => translation::transformer(args, console),
        _ => Err(CommandError::NothingToAttend {
            path: path.into(),
            reason: format!(
                "holds a model of type {kind:?}, and only an encoder of BERT's family, a translator or a language model can be looked into: give the \
                 folder of such a run"
            ),
        }),
    }
}

/// Says what was recorded of one kind of attention, with the numbers of tokens that look and that are looked at.
fn say_part(kind: AttentionKind, layers: usize, heads: usize, [queries, keys]: [usize; 2], console: Console) {
    let text = match kind {
        AttentionKind::Encoder => texts::ENCODER,
        AttentionKind::Decoder => texts::DECODER,
        AttentionKind::Cross => texts::CROSS,
    };
    let values: [(&str, &dyn std::fmt::Display); 4] =
        [("layers", &layers), ("heads", &heads), ("queries", &queries), ("keys", &keys)];
    let asked = text.places(console.language());
    let values: Vec<_> = values.into_iter().filter(|(name, _)| asked.contains(name)).collect();
    console.say(&text, &values);
}
