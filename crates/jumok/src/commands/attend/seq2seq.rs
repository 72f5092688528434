//! A recurrent decoder looks at what a recurrent encoder read.

use jumok_nn::{Ctx, Record};
use jumok_seq2seq::Seq2SeqBatch;
use jumok_tensor::no_grad;
use jumok_text::parallel::EOS;
use jumok_viz::{Absence, AttentionKind, AttentionLayer, AttentionPart};

use super::Attended;
use crate::cli::AttendArgs;
use crate::commands::seq2seq::Translator;
use crate::commands::translation::token_labels;
use crate::texts::attend as texts;
use crate::{CommandError, Console};

pub(super) fn look(args: &AttendArgs, console: Console) -> Result<Attended, CommandError> {
    let translator = Translator::load(&args.model, console)?;
    let Translator { model, source: vocabulary, target: written } = &translator;
    if model.attention.is_none() {
        let reason = "has a decoder that sees one fixed vector and no attention, so there is nothing to look at: train one \
                      with `seq2seq train --attention bahdanau`";
        return Err(CommandError::NothingToAttend { path: args.model.clone(), reason: reason.into() });
    }
    let source = vocabulary.encode(args.text.trim());
    let target = match &args.target {
        Some(target) => written.encode(target.trim()),
        None => translator.translate(&source, 1, None).tokens,
    };
    let batch = Seq2SeqBatch::new(std::slice::from_ref(&source), std::slice::from_ref(&target), &model.config);
    let mut ctx = Ctx::eval().recording();
    no_grad(|| model.forward(&batch, 1.0, &mut ctx));

    let keys = token_labels(vocabulary, &source);
    let queries = token_labels(written, &[&target[..], &[EOS]].concat());
    let layer = AttentionLayer::new("attention", 1, weights_of_all_steps(&ctx.take_records()));
    console.say(&texts::CROSS, &[("layers", &1), ("heads", &1), ("queries", &queries.len()), ("keys", &keys.len())]);
    let model = format!("{} ({})", model.config.cell.name().to_uppercase(), model.config.attention.name());
    let translation = written.decode(&target);
    let values: &[(&str, &dyn std::fmt::Display)] =
        &[("model", &model), ("text", &args.text.trim()), ("translation", &translation)];
    let title = texts::TITLE_OF_TRANSLATION.fill(console.language(), values);
    let parts = vec![AttentionPart::new(AttentionKind::Cross, queries, keys, vec![layer])];
    Ok(Attended { title, parts, page: |page| page.absent(Absence::Recurrent) })
}

/// The weights `[1, 1, S]` of every step of the decoder, one behind the other: `[T, S]`.
fn weights_of_all_steps(records: &[Record]) -> Vec<f32> {
    let steps =
        records.iter().filter(|record| record.path.starts_with("decoder.") && record.path.ends_with(".weights"));
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    steps.flat_map(|record| record.value.to_vec()).map(|x| x as f32).collect()
}
