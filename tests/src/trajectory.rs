//! Whole training runs of a small language model, step by step beside PyTorch's.

use std::collections::BTreeMap;

use jumok_attention::Mask;
use jumok_nn::{Ctx, Embedding, Linear, Module, clip_grad_norm, parameters};
use jumok_tensor::{CrossEntropy, IntTensor, Tensor};
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

/// Step s: the batch is `in.ids[s]` `[B, T + 1]`; its first T tokens predict its last T. `out.loss[s]` is the loss before
/// the step, `out.grad_norm[s]` the norm before clipping, `out.final.P` a parameter after the last step.
fn training_trajectory(g: &Given) -> Result<Outputs> {
    let kind: String = g.attr("model")?;
    if kind != "causal_lm" {
        return Err(CaseError::not_built(format!("{} of {kind}", g.case().op)));
    }
    let config = layer_config(g)?;
    let (vocab, rng) = (g.attr("vocab")?, &mut any_rng());
    let mut model = CausalLm {
        embed: Embedding::new(vocab, config.d_model, rng),
        encoder: Encoder::new(&config, g.attr("num_layers")?, g.attr("final_norm")?, rng),
        head: Linear::new(config.d_model, vocab, rng),
    };
    let initial = unpack(g.all_params()).into_iter().map(|(name, value)| (name, value.detach().requires_grad()));
    bind(&mut model, &initial.collect::<BTreeMap<String, Tensor>>(), g)?;

    let (mut optimizer, lr) = optimizer(g, g.attr_json("optimizer"))?;
    let schedule = schedule(g, lr)?;
    let max_norm = g.attr_opt("clip_norm")?.unwrap_or(f64::INFINITY);
    let ids = g.ints("ids")?;
    let [steps, batch, tokens] = ids.dims();
    let (mut losses, mut norms) = (Vec::new(), Vec::new());
    for step in 0..steps {
        let rows = ids.as_slice()[step * batch * tokens..][..batch * tokens].chunks_exact(tokens);
        let given = rows.clone().flat_map(|row| row[..tokens - 1].iter().copied()).collect();
        let next = rows.flat_map(|row| row[1..].iter().copied()).collect();
        let given = IntTensor::from_vec(given, &[batch, tokens - 1]);
        let next = IntTensor::from_vec(next, &[batch * (tokens - 1)]);

        let logits = model.forward(&given, &mut Ctx::eval()); //                              [B, T, V]
        let loss = logits.flatten(0, 1).cross_entropy(&next, &CrossEntropy::default());
        losses.push(loss.item());
        let mut grads = loss.backward();
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
