//! Group `models`: small checkpoints in Hugging Face's format, loaded as they are.

use std::fs;

use jumok_bert::{BertConfig, BertForPreTraining, BertInputs, PreTrainingLabels};
use jumok_nn::{Ctx, LoadOptions, Module, Record, load};
use jumok_tensor::{IntTensor, Tensor};

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
    match g.attr::<String>("architecture")?.as_str() {
        "BertForPreTraining" => bert_for_pre_training(g),
        other => Err(CaseError::not_built(format!("{} {other}", g.case().op))),
    }
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

/// Masked words are predicted at every position here, since that is what the case compares.
fn bert_for_pre_training(g: &Given) -> Result<Outputs> {
    g.leave_out_attr("model_type");
    g.leave_out_attr("decoder");
    let mut model = g.succeed(BertForPreTraining::new(&config::<BertConfig>(g)?, 0))?;
    load_weights(g, &mut model)?;
    model.row_selection = false;

    let inputs = BertInputs {
        input_ids: g.ints("input_ids")?,
        token_type_ids: g.ints("token_type_ids")?,
        attention_mask: g.ints("attention_mask")?,
    };
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
    let mut outputs = Outputs::new()
        .and("loss", loss)
        .and("prediction_logits", logits)
        .and("seq_relationship_logits", output.seq_relationship_logits);
    let records = ctx.take_records();
    outputs = outputs.and("hidden_states.0", recorded(g, &records, "bert.embeddings.LayerNorm")?);
    for n in 0..model.bert.encoder.layer.len() {
        let path = |part: &str| format!("bert.encoder.layer.{n}.{part}");
        outputs = outputs
            .and(format!("hidden_states.{}", n + 1), recorded(g, &records, &path("output"))?)
            .and(format!("attentions.{n}"), recorded(g, &records, &path("attention.self.weights"))?);
    }
    Ok(outputs.with_leaves(&model))
}

/// What the model recorded under a path.
fn recorded(g: &Given, records: &[Record], path: &str) -> Result<Tensor> {
    let record = records.iter().find(|record| record.path == path);
    Ok(record.ok_or_else(|| g.unsuitable(format!("the model recorded nothing under {path}")))?.value.clone())
}
