//! Group `models`: small checkpoints in Hugging Face's format, loaded as they are.

use std::fs;

use jumok_bert::{
    AlbertForPreTraining, AlbertModel, BertForNextSentencePrediction, BertForPreTraining, BertInputs, BertModel,
    DistilBertModel, ForMaskedLM, ForMultipleChoice, ForQuestionAnswering, ForSequenceClassification,
    ForTokenClassification, PreTrainingLabels, RobertaModel, SequenceLabels, TextEncoder,
};
use jumok_nn::{Ctx, LoadOptions, Module, load};
use jumok_tensor::IntTensor;

use crate::given::{Given, Outputs, Result};
use crate::{CaseError, Compute};

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "hf_forward" => forward,
        _ => return None,
    };
    Some(compute)
}

fn forward(g: &Given) -> Result<Outputs> {
    g.leave_out_attr("model_type");
    g.leave_out_attr("decoder");
    let architecture: String = g.attr("architecture")?;
    match architecture.as_str() {
        "BertForPreTraining" => return bert_for_pre_training(g),
        "BertForNextSentencePrediction" => return next_sentence(g),
        "AlbertForPreTraining" => return albert_for_pre_training(g),
        _ => {}
    }
    let found = with_head::<BertModel>(g, &architecture)
        .or_else(|| with_head::<RobertaModel>(g, &architecture))
        .or_else(|| with_head::<AlbertModel>(g, &architecture))
        .or_else(|| with_head::<DistilBertModel>(g, &architecture));
    found.unwrap_or_else(|| Err(CaseError::not_built(format!("{} {architecture}", g.case().op))))
}

/// A model of one of the family with one of its common heads; `None` for another class.
fn with_head<E: TextEncoder>(g: &Given, architecture: &str) -> Option<Result<Outputs>> {
    Some(match architecture.strip_prefix(E::FAMILY)? {
        "ForMaskedLM" => masked_lm::<E>(g),
        "ForSequenceClassification" => sequence_classification::<E>(g),
        "ForMultipleChoice" => multiple_choice::<E>(g),
        "ForTokenClassification" => token_classification::<E>(g),
        "ForQuestionAnswering" => question_answering::<E>(g),
        _ => return None,
    })
}

/// The configuration that stands beside the case.
fn config<C: serde::de::DeserializeOwned>(g: &Given) -> Result<C> {
    let path = g.case().folder.join(g.attr::<String>("config")?);
    let wrong = |reason: String| g.unsuitable(format!("{}: {reason}", path.display()));
    let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))
}

/// The weights that stand beside the case.
fn load_weights(g: &Given, model: &mut dyn Module) -> Result<()> {
    let path = g.case().folder.join(g.attr::<String>("weights")?);
    g.succeed(load(model, &path, &LoadOptions::default()))?;
    Ok(())
}

/// The batch; segments are 0 where the case has none.
fn inputs(g: &Given) -> Result<BertInputs> {
    let mut inputs = BertInputs::new(g.ints("input_ids")?);
    inputs.attention_mask = g.ints("attention_mask")?;
    if g.case().input_opt("token_type_ids").is_some() {
        inputs.token_type_ids = g.ints("token_type_ids")?;
    }
    Ok(inputs)
}

/// Hidden states, attention weights and the parameters, beside what the head gave.
fn with_states<E: TextEncoder>(outputs: Outputs, mut ctx: Ctx, model: &dyn Module) -> Outputs {
    let states = E::recorded_states(&ctx.take_records());
    let mut outputs = outputs;
    for (n, hidden) in states.hidden_states.into_iter().enumerate() {
        outputs = outputs.and(format!("hidden_states.{n}"), hidden);
    }
    for (n, weights) in states.attentions.into_iter().enumerate() {
        outputs = outputs.and(format!("attentions.{n}"), weights);
    }
    outputs.with_leaves(model)
}

fn masked_lm<E: TextEncoder>(g: &Given) -> Result<Outputs> {
    let mut model = g.succeed(ForMaskedLM::<E>::new(&config(g)?, 0))?;
    load_weights(g, &mut model)?;
    let mut ctx = Ctx::eval().recording();
    let logits = model.forward(&inputs(g)?, &mut ctx);
    let loss = ForMaskedLM::<E>::loss(&logits, &g.ints("labels")?);
    Ok(with_states::<E>(Outputs::new().and("loss", loss).and("logits", logits), ctx, &model))
}

fn sequence_classification<E: TextEncoder>(g: &Given) -> Result<Outputs> {
    let mut model = g.succeed(ForSequenceClassification::<E>::new(&config(g)?, 0))?;
    load_weights(g, &mut model)?;
    let mut ctx = Ctx::eval().recording();
    let logits = model.forward(&inputs(g)?, &mut ctx);
    let labels = if g.case().input("labels")?.is_float() {
        SequenceLabels::Values(g.input("labels")?.clone())
    } else {
        SequenceLabels::Classes(g.ints("labels")?)
    };
    let loss = model.loss(&logits, &labels);
    Ok(with_states::<E>(Outputs::new().and("loss", loss).and("logits", logits), ctx, &model))
}

/// The choices of an example stand on an axis of their own in the case: `[B, choices, T]`.
fn multiple_choice<E: TextEncoder>(g: &Given) -> Result<Outputs> {
    let mut model = g.succeed(ForMultipleChoice::<E>::new(&config(g)?, 0))?;
    load_weights(g, &mut model)?;
    let [batch, choices, time] = g.ints("input_ids")?.dims();
    let flat = |name: &str| Ok::<_, CaseError>(g.ints(name)?.reshape(&[batch * choices, time]));
    let mut inputs = BertInputs::new(flat("input_ids")?);
    inputs.attention_mask = flat("attention_mask")?;
    if g.case().input_opt("token_type_ids").is_some() {
        inputs.token_type_ids = flat("token_type_ids")?;
    }
    let mut ctx = Ctx::eval().recording();
    let logits = model.forward(&inputs, choices, &mut ctx);
    let loss = ForMultipleChoice::<E>::loss(&logits, &g.ints("labels")?);
    Ok(with_states::<E>(Outputs::new().and("loss", loss).and("logits", logits), ctx, &model))
}

fn token_classification<E: TextEncoder>(g: &Given) -> Result<Outputs> {
    let mut model = g.succeed(ForTokenClassification::<E>::new(&config(g)?, 0))?;
    load_weights(g, &mut model)?;
    let mut ctx = Ctx::eval().recording();
    let logits = model.forward(&inputs(g)?, &mut ctx);
    let loss = ForTokenClassification::<E>::loss(&logits, &g.ints("labels")?);
    Ok(with_states::<E>(Outputs::new().and("loss", loss).and("logits", logits), ctx, &model))
}

fn question_answering<E: TextEncoder>(g: &Given) -> Result<Outputs> {
    let mut model = g.succeed(ForQuestionAnswering::<E>::new(&config(g)?, 0))?;
    load_weights(g, &mut model)?;
    let mut ctx = Ctx::eval().recording();
    let logits = model.forward(&inputs(g)?, &mut ctx);
    let positions = [g.ints("start_positions")?, g.ints("end_positions")?];
    let loss = ForQuestionAnswering::<E>::loss(&logits, [&positions[0], &positions[1]]);
    let [start, end] = logits;
    let outputs = Outputs::new().and("loss", loss).and("start_logits", start).and("end_logits", end);
    Ok(with_states::<E>(outputs, ctx, &model))
}

fn next_sentence(g: &Given) -> Result<Outputs> {
    let mut model = g.succeed(BertForNextSentencePrediction::new(&config(g)?, 0))?;
    load_weights(g, &mut model)?;
    let mut ctx = Ctx::eval().recording();
    let logits = model.forward(&inputs(g)?, &mut ctx);
    let loss = BertForNextSentencePrediction::loss(&logits, &g.ints("labels")?);
    Ok(with_states::<BertModel>(Outputs::new().and("loss", loss).and("logits", logits), ctx, &model))
}

fn albert_for_pre_training(g: &Given) -> Result<Outputs> {
    let mut model = g.succeed(AlbertForPreTraining::new(&config(g)?, 0))?;
    load_weights(g, &mut model)?;
    let mut ctx = Ctx::eval().recording();
    let logits = model.forward(&inputs(g)?, &mut ctx);
    let loss = AlbertForPreTraining::loss(&logits, &g.ints("labels")?, &g.ints("sentence_order_label")?);
    let [words, order] = logits;
    let outputs = Outputs::new().and("loss", loss).and("prediction_logits", words).and("sop_logits", order);
    Ok(with_states::<AlbertModel>(outputs, ctx, &model))
}

/// Masked words are predicted at every position here, since that is what the case compares.
fn bert_for_pre_training(g: &Given) -> Result<Outputs> {
    let mut model = g.succeed(BertForPreTraining::new(&config(g)?, 0))?;
    load_weights(g, &mut model)?;
    model.row_selection = false;

    let inputs = inputs(g)?;
    let [batch, time] = inputs.input_ids.dims();
    let everywhere = IntTensor::from_vec((0..(batch * time) as i64).collect(), &[batch * time]);
    let labels = PreTrainingLabels {
        masked_labels: g.ints("labels")?.reshape(&[batch * time]),
        next_sentence_labels: g.ints("next_sentence_label")?,
    };
    let mut ctx = Ctx::eval().recording();
    let output = model.forward(&inputs, &everywhere, &mut ctx);
    let loss = BertForPreTraining::loss(&output, &labels, labels.counts()).loss;

    let words = output.prediction_logits.shape()[1];
    let logits = output.prediction_logits.reshape(&[batch, time, words].map(|n| n as isize));
    let outputs = Outputs::new()
        .and("loss", loss)
        .and("prediction_logits", logits)
        .and("seq_relationship_logits", output.seq_relationship_logits);
    Ok(with_states::<BertModel>(outputs, ctx, &model))
}
