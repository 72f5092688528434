//! A trained translator at work.

use jumok_nn::translation::Translation;
use jumok_text::Vocabulary;
use jumok_text::parallel::{EOS, UNK, Unit, split_words};
use jumok_training::Language;
use jumok_viz::{HeatMap, TerminalStyle};

use super::{TranslationModel, Translator};
use crate::cli::TranslateArgs;
use crate::texts::seq2seq as texts;
use crate::{CommandError, Console};

/// Prints the translation of a sentence and draws where each of its tokens looked.
///
/// Words that the vocabulary does not know are read as `<unk>`, and named.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded, the sentence is empty, or a picture is asked for of a model without attention.
pub fn translate<Model: TranslationModel>(args: &TranslateArgs, console: Console) -> Result<(), CommandError> {
    translate_looking(args, console, |model: &Model, source, translation| Ok(model.with_attention(source, translation)))
}

/// As [`translate`]; `look` says where the tokens of a translation looked.
///
/// # Errors
/// As [`translate`], and those of `look`.
pub(crate) fn translate_looking<Model: TranslationModel>(
    args: &TranslateArgs,
    console: Console,
    look: impl FnOnce(&Model, &[i64], Translation) -> Result<Translation, CommandError>,
) -> Result<(), CommandError> {
    let translator = Translator::<Model>::load(&args.model, console)?;
    let source = translator.source.encode(args.text.trim());
    if source.is_empty() {
        return Err(CommandError::EmptySentence { what: "the sentence" });
    }
    let translation = translator.translate(&source, args.beam, args.max_tokens);
    let translation = look(&translator.model, &source, translation)?;
    if args.svg.is_some() && translation.attention.is_none() {
        return Err(CommandError::NoAttention { path: args.model.clone() });
    }
    let unknown = unknown_words(&translator, args.text.trim());
    if !unknown.is_empty() {
        console.say(&texts::UNKNOWN, &[("tokens", &unknown.join(" "))]);
    }
    console.line(&translator.target.decode(&translation.tokens));
    if !translation.finished {
        console.say(&texts::UNFINISHED, &[("tokens", &translation.tokens.len())]);
    }
    console.line("");
    match alignment(&translator.source, &translator.target, &source, &translation, console.language()) {
        Some(map) => {
            console.raw(&map.to_terminal(&TerminalStyle::detect()));
            if let Some(path) = &args.svg {
                map.save_svg(path)?;
            }
        }
        None => console.line(texts::NO_ALIGNMENT.get(console.language())),
    }
    Ok(())
}

/// The words (or characters) of a text that its vocabulary does not know, in their order, each once.
fn unknown_words<Model>(translator: &Translator<Model>, text: &str) -> Vec<String> {
    let parts = match translator.source.unit() {
        Unit::Characters => text.chars().map(String::from).collect(),
        Unit::Words | Unit::Pieces => split_words(text),
    };
    let mut unknown: Vec<String> = vec![];
    for part in parts {
        if translator.source.encode(&part).contains(&UNK) && !unknown.contains(&part) {
            unknown.push(part);
        }
    }
    unknown
}

/// The attention weights of a translation as a picture: a row for each token that was written, a column for each that was read.
/// `None` for a model without attention.
pub(super) fn alignment(
    source_vocabulary: &Vocabulary,
    target_vocabulary: &Vocabulary,
    source: &[i64],
    translation: &Translation,
    language: Language,
) -> Option<HeatMap> {
    let weights = translation.attention.as_ref()?.to_vec();
    let rows = weights.len() / source.len();
    // The row behind the last token is that of <eos>, unless the translation was cut.
    let written: Vec<i64> = translation.tokens.iter().copied().chain([EOS]).take(rows).collect();
    Some(
        HeatMap::new(&weights, [rows, source.len()])
            .title(texts::ALIGNMENT_TITLE.get(language))
            .row_labels(token_labels(target_vocabulary, &written))
            .col_labels(token_labels(source_vocabulary, source))
            .axes(texts::AXIS_TRANSLATION.get(language), texts::AXIS_SOURCE.get(language))
            .range(0.0, 1.0),
    )
}

/// The tokens as they are written beside a picture: a space can be seen.
pub(in crate::commands) fn token_labels(vocabulary: &Vocabulary, ids: &[i64]) -> Vec<String> {
    let visible = |token: &str| if token == " " { "␣".to_owned() } else { token.to_owned() };
    vocabulary.tokens(ids).into_iter().map(visible).collect()
}
