//! `jumok seq2seq`.

mod bottleneck;
mod captioning;
pub mod model;
mod recency;
pub(super) mod short_run;
mod tagging;
mod vanishing_gradient;

pub use bottleneck::bottleneck;
pub use captioning::captioning;
pub use recency::recency;
pub use tagging::tagging;
pub use vanishing_gradient::vanishing_gradient;

use jumok_seq2seq::Seq2Seq;
use jumok_training::ProgressStyle;

use super::run::Outcome;
use super::translation;
use crate::cli::{Seq2SeqTrainArgs, TranslateArgs};
use crate::{CommandError, Console};

/// A trained recurrent translator with its vocabularies.
pub type Translator = translation::Translator<Seq2Seq>;

/// `jumok seq2seq train`: starts a run, or goes on with one, as the arguments say.
///
/// # Errors
/// [`CommandError`], before anything is written if the arguments, the pairs or the model cannot be used.
pub fn train(args: &Seq2SeqTrainArgs, progress: ProgressStyle, console: Console) -> Result<Outcome, CommandError> {
    translation::train::<Seq2Seq>(|| model::config(args), &args.training, args.resume.as_deref(), progress, console)
}

/// `jumok seq2seq translate`.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded, the sentence is empty, or a picture is asked for of a model without attention.
pub fn translate(args: &TranslateArgs, console: Console) -> Result<(), CommandError> {
    translation::translate::<Seq2Seq>(args, console)
}
