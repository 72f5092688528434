//! Translators: a recurrent decoder looks at what a recurrent encoder read; a Transformer looks in three ways.

use jumok_nn::translation::Seq2SeqBatch;
use jumok_nn::{Ctx, Record};
use jumok_seq2seq::Seq2Seq;
use jumok_tensor::{IntTensor, no_grad};
use jumok_text::parallel::{BOS, EOS};
use jumok_transformer::translation::TransformerForTranslation;
use jumok_viz::{Absence, AttentionKind, AttentionLayer, AttentionPart};

use super::{Attended, recording::attention_layers};
use crate::cli::AttendArgs;
use crate::commands::translation::{TranslationModel, Translator, token_labels};
use crate::texts::attend as texts;
use crate::{CommandError, Console};

/// A sentence and its translation, as ids and as labels.
struct Pair {
    source: Vec<i64>,
    target: Vec<i64>,
    /// The tokens that were read.
    read: Vec<String>,
    /// The tokens that the decoder wrote, one a step: the translation and its end.
    written: Vec<String>,
    /// The tokens that the decoder had read last before each step: its start and the translation.
    read_back: Vec<String>,
    /// The translation as text.
    translation: String,
}

/// The sentence, with the translation that is asked for or the model's own.
fn pair<M: TranslationModel>(translator: &Translator<M>, args: &AttendArgs) -> Result<Pair, CommandError> {
    let source = translator.source.encode(args.text.trim());
    if source.is_empty() {
        return Err(CommandError::EmptySentence { what: "the sentence" });
    }
    let target = match &args.target {
        Some(target) => translator.target.encode(target.trim()),
        None => translator.translate(&source, 1, None).tokens,
    };
    Ok(Pair {
        read: token_labels(&translator.source, &source),
        written: token_labels(&translator.target, &[&target[..], &[EOS]].concat()),
        read_back: token_labels(&translator.target, &[&[BOS], &target[..]].concat()),
        translation: translator.target.decode(&target),
        source,
        target,
    })
}

fn title(model: &str, args: &AttendArgs, pair: &Pair, console: Console) -> String {
    let values: &[(&str, &dyn std::fmt::Display)] =
        &[("model", &model), ("text", &args.text.trim()), ("translation", &pair.translation)];
    texts::TITLE_OF_TRANSLATION.fill(console.language(), values)
}

/// A Transformer of `jumok transformer train`.
pub(super) fn transformer(args: &AttendArgs, console: Console) -> Result<Attended, CommandError> {
    let translator = Translator::<TransformerForTranslation>::load(&args.model, console)?;
    let (model, pair) = (&translator.model, pair(&translator, args)?);
    let row = |ids: &[i64]| IntTensor::from_vec(ids.to_vec(), &[1, ids.len()]);
    let mut ctx = Ctx::eval().recording();
    no_grad(|| {
        let memory = model.encode(&row(&pair.source), &[pair.source.len()], &mut ctx);
        model.decode(&row(&[&[BOS], &pair.target[..]].concat()), &memory, &mut ctx)
    });

    let mut layers = attention_layers(&ctx.take_records(), AttentionKind::Encoder);
    let mut parts = vec![];
    for (kind, queries, keys) in [
        (AttentionKind::Encoder, &pair.read, &pair.read),
        (AttentionKind::Decoder, &pair.read_back, &pair.read_back),
        (AttentionKind::Cross, &pair.written, &pair.read),
    ] {
        let (of_kind, others) = layers.into_iter().partition(|(one, _)| *one == kind);
        layers = others;
        let of_kind: Vec<(AttentionKind, AttentionLayer)> = of_kind;
        let of_kind: Vec<AttentionLayer> = of_kind.into_iter().map(|(_, layer)| layer).collect();
        let heads = match kind {
            AttentionKind::Encoder => model.config.encoder_attention_heads,
            AttentionKind::Decoder | AttentionKind::Cross => model.config.decoder_attention_heads,
        };
        super::say_part(kind, of_kind.len(), heads, [queries.len(), keys.len()], console);
        parts.push(AttentionPart::new(kind, queries.clone(), keys.clone(), of_kind));
    }
    Ok(Attended { title: title("Transformer", args, &pair, console), parts, page: |page| page })
}

/// An encoder–decoder of `jumok seq2seq train`.
pub(super) fn recurrent(args: &AttendArgs, console: Console) -> Result<Attended, CommandError> {
    let translator = Translator::<Seq2Seq>::load(&args.model, console)?;
    let model = &translator.model;
    if model.attention.is_none() {
        let reason = "has a decoder that sees one fixed vector and no attention, so there is nothing to look at: train one \
                      with `seq2seq train --attention bahdanau`";
        return Err(CommandError::NothingToAttend { path: args.model.clone(), reason: reason.into() });
    }
    let pair = pair(&translator, args)?;
    let [sources, targets] = [&pair.source, &pair.target].map(std::slice::from_ref);
    let batch = Seq2SeqBatch::new(sources, targets, &model.config);
    let mut ctx = Ctx::eval().recording();
    no_grad(|| model.forward(&batch, 1.0, &mut ctx));

    let layer = AttentionLayer::new("attention", 1, weights_of_all_steps(&ctx.take_records()));
    super::say_part(AttentionKind::Cross, 1, 1, [pair.written.len(), pair.read.len()], console);
    let name = format!("{} ({})", model.config.cell.name().to_uppercase(), model.config.attention.name());
    let title = title(&name, args, &pair, console);
    let parts = vec![AttentionPart::new(AttentionKind::Cross, pair.written, pair.read, vec![layer])];
    Ok(Attended { title, parts, page: |page| page.absent(Absence::Recurrent) })
}

/// The weights `[1, 1, S]` of every step of the decoder, one behind the other: `[T, S]`.
fn weights_of_all_steps(records: &[Record]) -> Vec<f32> {
    let of_a_step = |record: &&Record| record.path.starts_with("decoder.") && record.path.ends_with(".weights");
    let steps = records.iter().filter(of_a_step);
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    steps.flat_map(|record| record.value.to_vec()).map(|x| x as f32).collect()
}
