//! One layer of an encoder: attention, then feed-forward, each wrapped in a residual connection and a layer norm.
//!
//! Post-norm, as in the paper and in BERT:   x ← LayerNorm(x + Sublayer(x))
//! Pre-norm, as in GPT-2 and most after it:  x ← x + Sublayer(LayerNorm(x))
//!
//! The residual gives the gradient a way around each sublayer; pre-norm leaves that way free of any norm, which is why deep
//! pre-norm stacks train without warm-up (Xiong et al. 2020, arXiv 2002.04745).

use jumok_attention::{Mask, MultiHeadAttention, MultiHeadConfig};
use jumok_nn::{Activation, Ctx, Dropout, LayerNorm, Module, parameters, show};
use jumok_tensor::{IntTensor, Tensor};
use rand::Rng;

use crate::FeedForward;

/// The sizes and choices of an [`EncoderLayer`], and of a [`DecoderLayer`](crate::DecoderLayer), which has the same.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EncoderLayerConfig {
    /// D, the width of a token.
    pub d_model: usize,
    /// H; it divides `d_model`.
    pub nhead: usize,
    /// F, the width inside the feed-forward layer.
    pub dim_feedforward: usize,
    /// The activation of the feed-forward layer.
    pub activation: Activation,
    /// Pre-norm instead of post-norm.
    pub norm_first: bool,
    /// ε of the layer norms.
    pub layer_norm_eps: f64,
    /// Whether linear layers and layer norms have biases.
    pub bias: bool,
    /// The probability with which a sublayer's output is dropped in training.
    pub dropout: f64,
    /// The probability with which an attention weight is dropped in training.
    pub attention_dropout: f64,
    /// The probability with which an activation of the feed-forward layer is dropped in training.
    pub activation_dropout: f64,
}

impl EncoderLayerConfig {
    /// The layer of the paper: post-norm, ReLU, ε = 1e-5, without dropout.
    pub fn new(d_model: usize, nhead: usize, dim_feedforward: usize) -> Self {
        Self {
            d_model,
            nhead,
            dim_feedforward,
            activation: Activation::Relu,
            norm_first: false,
            layer_norm_eps: 1e-5,
            bias: true,
            dropout: 0.0,
            attention_dropout: 0.0,
            activation_dropout: 0.0,
        }
    }

    /// The attention of the layer, in self-attention and in cross-attention.
    pub(crate) fn attention(&self) -> MultiHeadConfig {
        MultiHeadConfig {
            bias: self.bias,
            dropout: self.attention_dropout,
            ..MultiHeadConfig::new(self.d_model, self.nhead)
        }
    }

    /// The layer's feed-forward layer with freshly drawn weights.
    pub(crate) fn feed_forward(&self, rng: &mut impl Rng) -> FeedForward {
        let feed_forward = FeedForward::new(self.d_model, self.dim_feedforward, self.activation, self.bias, rng);
        FeedForward { dropout: self.activation_dropout, ..feed_forward }
    }

    /// A norm of the layer's width, with or without a bias.
    pub(crate) fn layer_norm(&self) -> LayerNorm {
        let norm = if self.bias { LayerNorm::new } else { LayerNorm::without_bias };
        norm(self.d_model, self.layer_norm_eps)
    }
}

/// Under which names a layer records what it computes: those of its parameters in the model that it is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerPaths {
    /// Where the attention records query, key, scores, weights and context.
    pub attention: &'static str,
    /// What x is called after the first residual and norm.
    pub attended: &'static str,
    /// What the layer's result is called.
    pub output: &'static str,
}

impl LayerPaths {
    /// The names of `torch.nn.TransformerEncoderLayer`.
    pub const TORCH: Self = Self { attention: "self_attn", attended: "norm1", output: "norm2" };
}

/// Self-attention and feed-forward with their residuals and norms; parameters are named as in
/// `torch.nn.TransformerEncoderLayer`, but for the attention's projections, which stand apart (`self_attn.q_proj`, …).
#[derive(Debug, Clone)]
pub struct EncoderLayer {
    /// Every token looks at every token.
    pub self_attn: MultiHeadAttention,
    /// Every token works on what it saw.
    pub feed_forward: FeedForward,
    /// The norm of the attention.
    pub norm1: LayerNorm,
    /// The norm of the feed-forward layer.
    pub norm2: LayerNorm,
    /// Pre-norm instead of post-norm.
    pub norm_first: bool,
    /// The probability with which a feature of the attention's output is dropped in training.
    pub dropout1: f64,
    /// The same of the feed-forward layer's output; some models drop only one of the two.
    pub dropout2: f64,
    /// The names under which it records.
    pub paths: LayerPaths,
}

impl Module for EncoderLayer {
    parameters!(self_attn, "" => feed_forward, norm1, norm2);
}

impl EncoderLayer {
    /// A layer with freshly drawn weights.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn new(config: &EncoderLayerConfig, rng: &mut impl Rng) -> Self {
        let self_attn = MultiHeadAttention::new(&config.attention(), rng);
        Self {
            self_attn,
            feed_forward: config.feed_forward(rng),
            norm1: config.layer_norm(),
            norm2: config.layer_norm(),
            norm_first: config.norm_first,
            dropout1: config.dropout,
            dropout2: config.dropout,
            paths: LayerPaths::TORCH,
        }
    }

    /// x `[B, T, D]` to `[B, T, D]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, mask: &Mask, ctx: &mut Ctx) -> Tensor {
        self.layer(x, mask, None, ctx)
    }

    /// The rows `rows` of the result of [`EncoderLayer::forward`], `[B, T, D]` to `[rows, D]`; row r = b·T + t is token t of
    /// sequence b.
    ///
    /// Tokens meet only in the attention. Behind it each row goes its own way, so what nobody will read need not be
    /// computed; the rows that are come out the same.
    ///
    /// # Panics
    /// If the shapes do not fit or a row does not exist.
    #[track_caller]
    pub fn forward_rows(&self, x: &Tensor, mask: &Mask, rows: &IntTensor, ctx: &mut Ctx) -> Tensor {
        self.layer(x, mask, Some(rows), ctx)
    }

    #[track_caller]
    fn layer(&self, x: &Tensor, mask: &Mask, rows: Option<&IntTensor>, ctx: &mut Ctx) -> Tensor {
        let show = |name: &'static str, x: &Tensor, ctx: &mut Ctx| match rows {
            Some(_) => show!(ctx, name, ["row", "feature"], x),
            None => show!(ctx, name, ["batch", "token", "feature"], x),
        };
        let pick = |x: &Tensor| match rows {
            Some(rows) => x.flatten(0, 1).index_select(0, rows), //           [rows, D]
            None => x.clone(),                                   //           [B, T, D]
        };
        let input = if self.norm_first { self.norm1.forward(x) } else { x.clone() };
        let heads = ctx.at(self.paths.attention, |ctx| self.self_attn.context(&input, &input, &input, mask, ctx));
        let attended = self.self_attn.output.forward(&pick(&heads));
        let x = pick(x) + Dropout::new(self.dropout1).forward(&attended, ctx);
        let x = if self.norm_first { x } else { self.norm1.forward(&x) };
        show(self.paths.attended, &x, ctx);

        let input = if self.norm_first { self.norm2.forward(&x) } else { x.clone() };
        let worked = self.feed_forward.forward(&input, ctx);
        let x = x + Dropout::new(self.dropout2).forward(&worked, ctx);
        let x = if self.norm_first { x } else { self.norm2.forward(&x) };
        show(self.paths.output, &x, ctx);
        x
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Elem, GradCheck, gradcheck};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn values(shape: &[usize]) -> Tensor {
        let count: usize = shape.iter().product();
        Tensor::from_vec((0..count).map(|i| ((i * 31) % 19) as Elem / 8.0 - 1.1).collect(), shape)
    }
    fn layer(norm_first: bool) -> EncoderLayer {
        let config =
            EncoderLayerConfig { norm_first, activation: Activation::Gelu, ..EncoderLayerConfig::new(4, 2, 6) };
        EncoderLayer::new(&config, &mut ChaCha8Rng::seed_from_u64(3))
    }

    #[test]
    fn both_orders_have_their_derivative_for_every_parameter() {
        for norm_first in [false, true] {
            let layer = layer(norm_first);
            let mut inputs = vec![values(&[1, 3, 4]).array().clone()];
            inputs.extend(layer.named_parameters().iter().map(|(_, p)| p.array().clone()));
            let forward = |i: &[Tensor]| {
                let (mut layer, mut given) = (layer.clone(), i[1..].iter());
                layer.visit_mut("", &mut |_, p| *p = given.next().unwrap().clone());
                layer.forward(&i[0], &Mask::causal(), &mut Ctx::eval())
            };
            gradcheck(forward, &inputs, &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn chosen_rows_come_out_the_same() {
        for norm_first in [false, true] {
            let (layer, x) = (layer(norm_first), values(&[2, 3, 4]));
            let rows = IntTensor::from_vec(vec![5, 0, 2], &[3]);
            let all = layer.forward(&x, &Mask::none(), &mut Ctx::eval());
            let some = layer.forward_rows(&x, &Mask::none(), &rows, &mut Ctx::eval());
            assert_eq!(some.to_vec(), all.flatten(0, 1).index_select(0, &rows).to_vec());
        }
    }

    #[test]
    fn parameters_are_named_as_in_torch() {
        let layer = layer(false);
        let names: Vec<String> = layer.named_parameters().into_iter().map(|(name, _)| name).collect();
        for name in ["self_attn.out_proj.bias", "linear1.weight", "linear2.bias", "norm1.weight", "norm2.bias"] {
            assert!(names.iter().any(|n| n == name), "{name} is not among {names:?}");
        }
    }

    #[test]
    fn without_biases_there_is_none_in_any_part() {
        let config = EncoderLayerConfig { bias: false, ..EncoderLayerConfig::new(4, 2, 6) };
        let layer = EncoderLayer::new(&config, &mut ChaCha8Rng::seed_from_u64(3));
        let names: Vec<String> = layer.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), 8, "{names:?}");
        assert!(names.iter().all(|name| name.ends_with("weight")), "{names:?}");
    }
}
