//! `jumok bert nsp`.

use jumok_bert::{
    AlbertForPreTraining, BertForNextSentencePrediction, EncoderConfig, EncoderError, HeadedModel, Loaded,
    MissingParts, TextEncoder,
};
use jumok_nn::Ctx;
use jumok_tensor::{Tensor, no_grad};
use jumok_training::Text;
use jumok_viz::{TerminalStyle, bars};

use super::model_folder::ModelFolder;
use super::predict::{inputs, sequence};
use crate::cli::NspArgs;
use crate::{CommandError, Console, texts};

/// Prints how likely sentence B follows sentence A; by an ALBERT, how likely the two stand in their order.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded or has no head for pairs, or a sentence is empty.
pub fn next_sentence(args: &NspArgs, console: Console) -> Result<(), CommandError> {
    for (what, text) in [("sentence A", &args.a), ("sentence B", &args.b)] {
        if text.trim().is_empty() {
            return Err(CommandError::EmptySentence { what });
        }
    }
    let folder = ModelFolder::open(&args.model, console)?;
    let tokenizer = &folder.tokenizer;
    let (a, b) = (tokenizer.encode(&args.a)?, tokenizer.encode(&args.b)?);
    let (mut ctx, max) = (Ctx::eval(), folder.config.max_length());
    let (logits, answers): (Tensor, [Text; 2]) = match &folder.config {
        EncoderConfig::Bert(config) => {
            let model = trained_on_pairs::<BertForNextSentencePrediction>(&folder, config)?.model;
            let inputs = inputs(&sequence(max, tokenizer, &a, Some(&b))?);
            (no_grad(|| model.forward(&inputs, &mut ctx)), [texts::IS_NEXT, texts::IS_NOT_NEXT])
        }
        EncoderConfig::Albert(config) => {
            let model = trained_on_pairs::<AlbertForPreTraining>(&folder, config)?.model;
            let inputs = inputs(&sequence(max, tokenizer, &a, Some(&b))?);
            let [_, order] = no_grad(|| model.forward(&inputs, &mut ctx));
            (order, [texts::IN_ORDER, texts::SWAPPED])
        }
        EncoderConfig::Roberta(_) | EncoderConfig::DistilBert(_) => return Err(no_head(&folder)),
    };
    let probability = f64::from(logits.softmax(-1).to_vec()[0]); // logits [1, 2]
    let [yes, no] = answers.map(|text| text.get(console.language()));
    console.raw(&bars(&[(yes, probability), (no, 1.0 - probability)], &TerminalStyle::detect()));
    Ok(())
}

/// Loads a model with its head for pairs of sentences, which not every folder has.
fn trained_on_pairs<M: HeadedModel>(
    folder: &ModelFolder,
    config: &<M::Encoder as TextEncoder>::Config,
) -> Result<Loaded<M>, CommandError> {
    let below = format!("{}.", M::Encoder::PREFIX);
    let encoder = |name: &String| name.starts_with(&below) && !name.contains(".pooler.");
    folder.load::<M>(config, MissingParts::Refuse).map_err(|error| match error {
        CommandError::Encoder(EncoderError::Missing { names, .. }) if !names.iter().any(encoder) => no_head(folder),
        other => other,
    })
}

fn no_head(folder: &ModelFolder) -> CommandError {
    CommandError::NoPairHead { path: folder.path().into(), model_type: folder.config.model_type() }
}
