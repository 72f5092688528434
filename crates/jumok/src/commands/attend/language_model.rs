//! A language model looks back at what stands before.

use jumok_nn::Ctx;
use jumok_tensor::{IntTensor, no_grad};
use jumok_viz::{AttentionKind, AttentionPart};

use super::{Attended, recording::attention_layers};
use crate::cli::AttendArgs;
use crate::commands::{language_model, translation::token_labels};
use crate::texts::attend as texts;
use crate::{CommandError, Console};

pub(super) fn look(args: &AttendArgs, console: Console) -> Result<Attended, CommandError> {
    if let Some(target) = &args.target {
        let rule =
            format!("the model in {} goes on with a text and translates none: leave it out", args.model.display());
        return Err(CommandError::option("--target", target, rule));
    }
    let (model, vocabulary) = language_model::load(&args.model, console)?;
    let ids = vocabulary.encode(args.text.trim());
    if ids.is_empty() {
        return Err(CommandError::EmptySentence { what: "the sentence" });
    }
    if ids.len() > model.config.n_positions {
        return Err(CommandError::TooLong { tokens: ids.len(), max: model.config.n_positions });
    }
    let mut ctx = Ctx::eval().recording();
    no_grad(|| model.forward(&IntTensor::from_vec(ids.clone(), &[1, ids.len()]), &mut ctx));
    let layers = attention_layers(&ctx.take_records(), AttentionKind::Decoder);
    let layers: Vec<_> = layers.into_iter().map(|(_, layer)| layer).collect();
    super::say_part(AttentionKind::Decoder, layers.len(), model.config.n_head, [ids.len(); 2], console);
    let title = texts::TITLE.fill(
        console.language(),
        &[("model", &texts::LANGUAGE_MODEL.get(console.language())), ("text", &args.text.trim())],
    );
    let tokens = token_labels(&vocabulary, &ids);
    let parts = vec![AttentionPart::new(AttentionKind::Decoder, tokens.clone(), tokens, layers)];
    Ok(Attended { title, parts, page: |page| page })
}
