//! Group `attention`: from scores to many heads.

use std::collections::BTreeMap;

use jumok_attention::score::{Additive, Concat, Cosine, Dot, General, ScaledDot, Score};
use jumok_attention::{
    AttentionOptions, Causal, Mask, MultiHeadAttention, MultiHeadConfig, Values, attend, plain_attention,
};
use jumok_nn::Ctx;
use jumok_tensor::{BoolTensor, Elem, Tensor};

use crate::bind::bind;
use crate::given::{Given, Outputs, Result};
use crate::torch::unpack;
use crate::transformer::any_rng;
use crate::{CaseError, Compute};

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "general_attention" => general_attention,
        "scaled_dot_product_attention" => scaled_dot_product_attention,
        "multihead_attention" => multihead_attention,
        _ => return None,
    };
    Some(compute)
}

/// score → distribution → value with the score function that the case names; the mask is true at real keys.
fn general_attention(g: &Given) -> Result<Outputs> {
    g.leave_out_attr("formula");
    let (q, k, v) = (g.input("q")?, g.input("k")?, g.input("v")?);
    let score = score_function(g, q, k)?;
    let mask = g.bools_opt("mask")?.map_or_else(Mask::none, |is_token| Mask::padding(&is_token));
    let attention = plain_attention(&score, q, &score.prepare(k), &Values::new(v.clone()), &mask, &mut Ctx::eval());
    Ok(Outputs::new()
        .and("score", attention.scores.into_tensor())
        .and("weights", attention.weights.into_tensor())
        .and("context", attention.context.into_tensor()))
}

/// The score function of the case for queries and keys of these widths, with the case's parameters.
fn score_function(g: &Given, q: &Tensor, k: &Tensor) -> Result<Box<dyn Score>> {
    let params: BTreeMap<String, Tensor> =
        g.all_params().iter().map(|(&name, param)| (name.to_owned(), param.clone())).collect();
    let width = |x: &Tensor| x.shape().last().copied().unwrap_or_default();
    let (d_q, d_k, hidden) = (width(q), width(k), params.get("v").map_or(0, Tensor::len));
    let name: String = g.attr("score")?;
    let mut score: Box<dyn Score> = match name.as_str() {
        "dot" => Box::new(Dot),
        "scaled_dot" => Box::new(ScaledDot),
        "cosine" => Box::new(Cosine { eps: g.attr("eps")? }),
        "general" => Box::new(General::new(d_q, d_k, &mut any_rng())),
        "additive" => Box::new(Additive::new(d_q, d_k, hidden, params.contains_key("b"), &mut any_rng())),
        "concat" => Box::new(Concat::new(d_q, d_k, hidden, &mut any_rng())),
        other => return Err(CaseError::not_built(format!("{} with score {other}", g.case().op))),
    };
    bind(&mut score, &params, g)?;
    Ok(score)
}

/// `torch.nn.functional.scaled_dot_product_attention`: a bool mask says who may attend, a float mask is added to the
/// scores, and the causal triangle starts at the top left.
fn scaled_dot_product_attention(g: &Given) -> Result<Outputs> {
    let (q, k, v) = (g.input("q")?, g.input("k")?, g.input("v")?);
    let mut mask = if g.attr("is_causal")? { Mask::causal_aligned(Causal::TopLeft) } else { Mask::none() };
    if g.is_float_input("attn_mask") {
        mask = mask.and(&additive(g.input("attn_mask")?));
    } else if let Some(allowed) = g.bools_opt("attn_mask")? {
        mask = mask.and(&Mask::allowed(allowed));
    }
    let may_share_heads: bool = g.attr("enable_gqa")?;
    if !may_share_heads && q.shape().get(1) != k.shape().get(1) {
        return Err(g.unsuitable("queries and keys have different numbers of heads without enable_gqa"));
    }
    let options = AttentionOptions { scale: g.attr_opt("scale")?, ..AttentionOptions::default() };
    let attention = attend(q, k, v, &mask, &options, &mut Ctx::eval());
    Ok(Outputs::y(attention.context).and("weights", attention.weights))
}

/// An additive mask. Where it is −∞ nobody may attend, and a row of nothing else is a query without any key.
fn additive(bias: &Tensor) -> Mask {
    let forbidden: Vec<bool> = bias.to_vec().into_iter().map(|x| x == Elem::NEG_INFINITY).collect();
    let mask = Mask::bias(bias.clone());
    if forbidden.contains(&true) {
        mask.and(&Mask::allowed(BoolTensor::from_vec(forbidden, bias.shape()).not()))
    } else {
        mask
    }
}

/// `torch.nn.MultiheadAttention`, whose masks are true where nobody may attend.
fn multihead_attention(g: &Given) -> Result<Outputs> {
    for extra in ["add_bias_kv", "add_zero_attn"] {
        if g.attr_or(extra, false)? {
            return Err(CaseError::not_built(format!("{} with {extra}", g.case().op)));
        }
    }
    let (embed_dim, num_heads) = (g.attr::<usize>("embed_dim")?, g.attr("num_heads")?);
    let config = MultiHeadConfig {
        kdim: g.attr_or("kdim", embed_dim)?,
        vdim: g.attr_or("vdim", embed_dim)?,
        bias: g.attr("bias")?,
        ..MultiHeadConfig::new(embed_dim, num_heads)
    };
    let mut layer = MultiHeadAttention::new(&config, &mut any_rng());
    bind(&mut layer, &unpack(g.all_params()), g)?;

    // [length, batch, features] is another order of the same axes.
    let batch_first: bool = g.attr("batch_first")?;
    let batch_outside = |x: &Tensor| if batch_first { x.clone() } else { x.transpose(0, 1) };
    let query = batch_outside(g.input("query")?);
    let (key, value) = if g.attr("self_attention")? {
        (query.clone(), query.clone())
    } else {
        (batch_outside(g.input("key")?), batch_outside(g.input("value")?))
    };

    let mut mask = padding_mask(g, "key_padding_mask")?;
    if g.is_float_input("attn_mask") {
        mask = mask.and(&additive(&per_head(g.input("attn_mask")?, num_heads)));
    } else if let Some(forbidden) = g.bools_opt("attn_mask")? {
        mask = mask.and(&Mask::allowed(forbidden.not()));
    }

    let attention = layer.forward(&query, &key, &value, &mask, &mut Ctx::eval());
    let weights = if g.attr("average_attn_weights")? { attention.weights.mean(&[1], false) } else { attention.weights };
    Ok(Outputs::y(batch_outside(&attention.output)).and("weights", weights))
}

/// A mask `[batch·heads, queries, keys]` with its heads apart; one for all heads `[queries, keys]` as it is.
fn per_head(mask: &Tensor, num_heads: usize) -> Tensor {
    match *mask.shape() {
        [rows, queries, keys] => mask.reshape(&[rows / num_heads, num_heads, queries, keys].map(|n| n as isize)),
        _ => mask.clone(),
    }
}

/// The mask of the bool input `name`, which is true at padding; no mask if there is none.
pub(crate) fn padding_mask(g: &Given, name: &str) -> Result<Mask> {
    Ok(g.bools_opt(name)?.map_or_else(Mask::none, |padding| Mask::padding(&padding.not())))
}
