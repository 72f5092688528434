//! Whole training runs of small models, step by step beside PyTorch's.

use std::collections::BTreeMap;

use jumok_attention::Mask;
use jumok_bert::{BertConfig, BertForPreTraining, BertInputs, PreTrainingLabels};
use jumok_nn::{Ctx, Embedding, Linear, Module, clip_grad_norm, parameters};
use jumok_tensor::{CrossEntropy, IntTensor, Tensor};
use jumok_text::pretraining::IGNORE_INDEX;
use jumok_transformer::Encoder;
use jumok_transformer::positions::{SinusoidLayout, sinusoidal};

use crate::bind::bind;
use crate::given::{Given, Outputs, Result, from_array};
use crate::torch::{packed, unpack};
use crate::training::{numbers, optimizer, rates, schedule};
use crate::transformer::{any_rng, layer_config};
use crate::{CaseError, Compute};

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "training_trajectory" => training_trajectory,
        _ => return None,
    };
    Some(compute)
}

/// An encoder in which no token sees a later one, between an embedding and a linear layer over the vocabulary.
struct CausalLm {
    embed: Embedding,
    encoder: Encoder,
    head: Linear,
}

impl Module for CausalLm {
    parameters!(embed, encoder, head);
}

impl CausalLm {
    /// ids `[B, T]` to logits `[B, T, V]`.
    fn forward(&self, ids: &IntTensor, ctx: &mut Ctx) -> Tensor {
        let x = self.embed.forward(ids); //                                                  [B, T, D]
        let [_, time, d_model] = x.dims();
        let x = x * (d_model as f64).sqrt() + sinusoidal(time, d_model, SinusoidLayout::Interleaved);
        self.head.forward(&self.encoder.forward(&x, &Mask::causal(), ctx)) //                [B, T, V]
    }
}

fn training_trajectory(g: &Given) -> Result<Outputs> {
    match g.attr::<String>("model")?.as_str() {
        "causal_lm" => causal_lm(g),
        "bert_for_pre_training" => bert_for_pre_training(g),
        other => Err(CaseError::not_built(format!("{} of {other}", g.case().op))),
    }
}

/// The batch of step s is `in.ids[s]` `[B, T + 1]`: its first T tokens predict its last T.
fn causal_lm(g: &Given) -> Result<Outputs> {
    let config = layer_config(g)?;
    let (vocab, rng) = (g.attr("vocab")?, &mut any_rng());
    let model = CausalLm {
        embed: Embedding::new(vocab, config.d_model, rng),
        encoder: Encoder::new(&config, g.attr("num_layers")?, g.attr("final_norm")?, rng),
        head: Linear::new(config.d_model, vocab, rng),
    };
    let ids = g.ints("ids")?;
    train(g, model, ids.shape()[0], |model, step| {
        let batch = at_step(&ids, step);
        let [rows, tokens] = batch.dims();
        let part = |from: usize, to: usize| {
            let ids = batch.as_slice().chunks_exact(tokens).flat_map(|row| row[from..to].iter().copied()).collect();
            IntTensor::from_vec(ids, &[rows, tokens - 1])
        };
        let logits = model.forward(&part(0, tokens - 1), &mut Ctx::eval()); //                 [B, T, V]
        let next = part(1, tokens).reshape(&[rows * (tokens - 1)]);
        logits.flatten(0, 1).cross_entropy(&next, &CrossEntropy::default())
    })
}

/// The batch of step s is `in.X[s]` of what BERT's pre-training reads; labels `[B, T]` are −100 where no word is hidden.
fn bert_for_pre_training(g: &Given) -> Result<Outputs> {
    let config: BertConfig = g.succeed(serde_json::from_value(g.attr_json("config").clone()))?;
    let model = g.succeed(BertForPreTraining::new(&config, 0))?;
    let [input_ids, token_type_ids, attention_mask] =
        ["input_ids", "token_type_ids", "attention_mask"].map(|x| g.ints(x));
    let (input_ids, token_type_ids, attention_mask) = (input_ids?, token_type_ids?, attention_mask?);
    let (labels, next_sentence_label) = (g.ints("labels")?, g.ints("next_sentence_label")?);
    train(g, model, input_ids.shape()[0], |model, step| {
        let inputs = BertInputs {
            input_ids: at_step(&input_ids, step),
            token_type_ids: at_step(&token_type_ids, step),
            attention_mask: at_step(&attention_mask, step),
        };
        let hidden = at_step(&labels, step);
        let hidden = hidden.as_slice().iter().enumerate().filter(|(_, label)| **label != IGNORE_INDEX);
        let (positions, words): (Vec<i64>, Vec<i64>) =
            hidden.map(|(position, &label)| (position as i64, label)).unzip();
        let list = |values: Vec<i64>| {
            let count = values.len();
            IntTensor::from_vec(values, &[count])
        };
        let labels =
            PreTrainingLabels { masked_labels: list(words), next_sentence_labels: at_step(&next_sentence_label, step) };
        let output = model.forward(&inputs, &list(positions), &mut Ctx::eval());
        BertForPreTraining::loss(&output, &labels, labels.counts()).loss
    })
}

/// The part of a tensor `[steps, ..]` that belongs to one step.
fn at_step(values: &IntTensor, step: usize) -> IntTensor {
    let shape = &values.shape()[1..];
    let count: usize = shape.iter().product();
    IntTensor::from_vec(values.as_slice()[step * count..][..count].to_vec(), shape)
}

/// Trains a model from the case's weights on. `out.loss[s]` is the loss before step s, `out.grad_norm[s]` the norm before
/// clipping, `out.final.P` a parameter after the last step.
fn train<M: Module>(g: &Given, mut model: M, steps: usize, loss_at: impl Fn(&M, usize) -> Tensor) -> Result<Outputs> {
    let initial = unpack(g.all_params()).into_iter().map(|(name, value)| (name, value.detach().requires_grad()));
    bind(&mut model, &initial.collect::<BTreeMap<String, Tensor>>(), g)?;
    let (mut optimizer, lr) = optimizer(g, g.attr_json("optimizer"))?;
    let schedule = schedule(g, lr)?;
    let max_norm = g.attr_opt("clip_norm")?.unwrap_or(f64::INFINITY);
    let (mut losses, mut norms) = (Vec::new(), Vec::new());
    for step in 0..steps {
        let loss = loss_at(&model, step);
        losses.push(loss.item());
        let mut grads = loss.backward();
        drop(loss); // its graph holds the parameters, which could not be written in place
        norms.push(clip_grad_norm(&model, &mut grads, max_norm));
        g.succeed(optimizer.step(&mut model, &grads, schedule.lr(step as u64)))?;
    }

    let trained: BTreeMap<String, Tensor> =
        model.named_parameters().into_iter().map(|(name, tensor)| (name, tensor.clone())).collect();
    let mut outputs = Outputs::new()
        .and("loss", numbers(&losses))
        .and("grad_norm", numbers(&norms))
        .and("lr", rates(&schedule, steps));
    for name in g.all_params().keys() {
        let value = packed(name, &trained).ok_or_else(|| g.unsuitable(format!("the model has no parameter {name}")))?;
        outputs = outputs.and(format!("final.{name}"), from_array(&value));
    }
    Ok(outputs)
}
