//! `jumok transformer`.

mod translator;

use jumok_training::ProgressStyle;
use jumok_transformer::translation::TransformerForTranslation;

use super::run::Outcome;
use super::translation;
use crate::cli::{TransformerTrainArgs, TransformerTranslateArgs};
use crate::{CommandError, Console};

pub use translator::{LabelSmoothing, config};

/// A trained Transformer with its vocabularies.
pub type Translator = translation::Translator<TransformerForTranslation>;

/// `jumok transformer train`: starts a run, or goes on with one, as the arguments say.
///
/// # Errors
/// [`CommandError`], before anything is written if the arguments, the pairs or the model cannot be used.
pub fn train(args: &TransformerTrainArgs, progress: ProgressStyle, console: Console) -> Result<Outcome, CommandError> {
    let resumed = args.resume.as_deref();
    translation::train::<TransformerForTranslation>(|| config(args), &args.training, resumed, progress, console)
}

/// `jumok transformer translate`: prints the translation and draws the cross-attention of a layer, in one head or in the mean.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded, the sentence is empty, or there is no such layer or head.
pub fn translate(args: &TransformerTranslateArgs, console: Console) -> Result<(), CommandError> {
    translation::translate_looking(&args.sentence, console, |model: &TransformerForTranslation, source, found| {
        let of = |option, value: Option<usize>, count: usize| match value {
            Some(value) if value >= count => {
                Err(CommandError::option(option, value, format!("the model has {count}, counted from 0")))
            }
            _ => Ok(value),
        };
        let layer = of("--layer", args.layer, model.config.decoder_layers)?;
        let head = of("--head", args.head, model.config.decoder_attention_heads)?;
        Ok(translator::looking(model, source, found, layer, head))
    })
}
