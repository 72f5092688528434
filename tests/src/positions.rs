//! Group `attention`: what attention is told about the order of its tokens.

use std::collections::BTreeMap;

use jumok_attention::positions::{
    AlibiBias, RopeParameters, RopeType, RotaryAngles, RotaryEmbedding, RotaryLayout, T5RelativePositionBias,
};
use jumok_tensor::Tensor;
use serde_json::Value as Json;

use crate::bind::bind;
use crate::given::{Given, Outputs, Result};
use crate::transformer::any_rng;
use crate::{CaseError, Compute};

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "rope_half" => rope_half,
        "rope_interleaved" => rope_interleaved,
        "alibi" => alibi,
        "t5_relative_bias" => t5_relative_bias,
        _ => return None,
    };
    Some(compute)
}

/// Rotary embedding as Hugging Face's LLaMA has it: it repeats the cosines and sines for the second half of a head.
fn rope_half(g: &Given) -> Result<Outputs> {
    let parameters = rope_parameters(g)?;
    let rotary = RotaryEmbedding::new(g.attr("head_dim")?, &parameters, RotaryLayout::Halves);
    rotated(g, &rotary, |table| Tensor::concat(&[table, table], -1))
}

/// Rotary embedding as GPT-J has it.
fn rope_interleaved(g: &Given) -> Result<Outputs> {
    g.leave_out_attr("head_dim");
    let parameters = RopeParameters { rope_theta: g.attr("rope_theta")?, rope_type: RopeType::Default };
    let rotary = RotaryEmbedding::new(g.attr("rotary_dim")?, &parameters, RotaryLayout::Interleaved);
    rotated(g, &rotary, Tensor::clone)
}

fn rotated(g: &Given, rotary: &RotaryEmbedding, as_peer: fn(&Tensor) -> Tensor) -> Result<Outputs> {
    let angles = rotary.angles(&g.ints("position_ids")?);
    let RotaryAngles { cos, sin } = &angles;
    Ok(Outputs::new()
        .and("q", rotary.rotate(g.input("q")?, &angles))
        .and("k", rotary.rotate(g.input("k")?, &angles))
        .and("cos", as_peer(cos))
        .and("sin", as_peer(sin)))
}

/// The attribute `rope_parameters`; another type, or a setting that ours do not have, is not built.
fn rope_parameters(g: &Given) -> Result<RopeParameters> {
    let (given, op) = (g.attr_json("rope_parameters"), &g.case().op);
    if let Some(kind) = given["rope_type"].as_str()
        && !["default", "linear", "llama3"].contains(&kind)
    {
        return Err(CaseError::not_built(format!("{op} of type {kind}")));
    }
    let parameters: RopeParameters = g.succeed(serde_json::from_value(given.clone()))?;
    let understood: Json = g.succeed(serde_json::to_value(parameters))?;
    let settings = given.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    match settings.map(|(name, _)| name).find(|name| understood.get(name).is_none()) {
        Some(name) => Err(CaseError::not_built(format!("{op} with {name}"))),
        None => Ok(parameters),
    }
}

/// The slopes, and both forms of the bias: BLOOM's by key, and the paper's by distance.
fn alibi(g: &Given) -> Result<Outputs> {
    let (alibi, length) = (AlibiBias::new(g.attr("num_heads")?), g.attr("length")?);
    Ok(Outputs::new()
        .and("slopes", alibi.slopes())
        .and("bias_bloom", alibi.by_key(length))
        .and("bias_relative", alibi.relative(length, length)))
}

/// T5's bias for `query_length` queries, the first of which stands at key `offset`.
fn t5_relative_bias(g: &Given) -> Result<Outputs> {
    let params: BTreeMap<String, Tensor> =
        g.all_params().iter().map(|(&name, param)| (name.to_owned(), param.clone())).collect();
    let heads = params.get("weight").and_then(|weight| weight.shape().last().copied()).unwrap_or_default();
    let (num_buckets, max_distance) = (g.attr("num_buckets")?, g.attr("max_distance")?);
    let mut bias =
        T5RelativePositionBias::new(num_buckets, heads, g.attr("bidirectional")?, max_distance, &mut any_rng());
    bind(&mut bias, &params, g)?;
    let (queries, keys, offset) = (g.attr("query_length")?, g.attr("key_length")?, g.attr("offset")?);
    Ok(Outputs::new()
        .and("bias", bias.forward(queries, keys, offset))
        .and("buckets", bias.buckets(queries, keys, offset)))
}
