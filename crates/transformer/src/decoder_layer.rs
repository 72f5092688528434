//! One layer of a decoder: self-attention to what is written so far, cross-attention to what was read, then feed-forward, each
//! wrapped in a residual connection and a layer norm as in an [`EncoderLayer`](crate::EncoderLayer) (Vaswani et al. 2017,
//! section 3.1; lecture, slides S18–S20).
//!
//! All three attentions of the Transformer are one function; they differ in where queries, keys and values come from:
//!
//! | attention | queries | keys and values | mask |
//! |---|---|---|---|
//! | encoder, self | source | source | padding |
//! | decoder, self | target so far | target so far | causal |
//! | decoder, cross | target so far | encoder's output | padding of the source |

use jumok_attention::{KeyValueCache, Mask, MultiHeadAttention};
use jumok_nn::{Ctx, Dropout, LayerNorm, Module, parameters, show};
use jumok_tensor::Tensor;
use rand::Rng;

use crate::{EncoderLayerConfig, FeedForward};

/// Self-attention, cross-attention and feed-forward with their residuals and norms; parameters are named as in
/// `torch.nn.TransformerDecoderLayer`, but for the attentions' projections, which stand apart (`self_attn.q_proj`, …).
#[derive(Debug, Clone)]
pub struct DecoderLayer {
    /// Every target token looks at those before it.
    pub self_attn: MultiHeadAttention,
    /// Every target token looks at the source.
    pub multihead_attn: MultiHeadAttention,
    /// Every token works on what it saw.
    pub feed_forward: FeedForward,
    /// The norm of the self-attention.
    pub norm1: LayerNorm,
    /// The norm of the cross-attention.
    pub norm2: LayerNorm,
    /// The norm of the feed-forward layer.
    pub norm3: LayerNorm,
    /// Pre-norm instead of post-norm.
    pub norm_first: bool,
    /// The probability with which a sublayer's output is dropped in training.
    pub dropout: f64,
}

impl Module for DecoderLayer {
    parameters!(self_attn, multihead_attn, "" => feed_forward, norm1, norm2, norm3);
}

/// What a decoder layer remembers between two steps of decoding.
#[derive(Debug, Clone, Default)]
pub struct DecoderLayerCache {
    /// Keys and values of the target tokens so far; it grows by one token a step.
    pub self_attn: KeyValueCache,
    /// Keys and values of the source, computed once.
    pub multihead_attn: KeyValueCache,
}

impl DecoderLayer {
    /// A layer with freshly drawn weights. Its configuration is that of an encoder layer: the sizes are the same.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn new(config: &EncoderLayerConfig, rng: &mut impl Rng) -> Self {
        let self_attn = MultiHeadAttention::new(&config.attention(), rng);
        let multihead_attn = MultiHeadAttention::new(&config.attention(), rng);
        Self {
            self_attn,
            multihead_attn,
            feed_forward: config.feed_forward(rng),
            norm1: config.layer_norm(),
            norm2: config.layer_norm(),
            norm3: config.layer_norm(),
            norm_first: config.norm_first,
            dropout: config.dropout,
        }
    }

    /// Target x `[B, T, D]` with what the encoder made of the source, memory `[B, S, D]`, to `[B, T, D]`. `mask` says who may
    /// look at whom in the target (causal, mostly), `memory_mask` which source tokens may be looked at.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, memory: &Tensor, mask: &Mask, memory_mask: &Mask, ctx: &mut Ctx) -> Tensor {
        self.layer(
            x,
            |x, ctx| self.self_attn.output.forward(&self.self_attn.context(x, x, x, mask, ctx)),
            |x, ctx| {
                self.multihead_attn.output.forward(&self.multihead_attn.context(x, memory, memory, memory_mask, ctx))
            },
            ctx,
        )
    }

    /// Computes the keys and values of the source, memory `[B, S, D]`, and keeps them for all steps of decoding.
    ///
    /// # Panics
    /// If the shape does not fit, or outside [`no_grad`](jumok_tensor::no_grad).
    #[track_caller]
    pub fn remember(&self, memory: &Tensor, ctx: &mut Ctx) -> DecoderLayerCache {
        let mut cache = DecoderLayerCache::default();
        ctx.at("multihead_attn", |ctx| self.multihead_attn.remember(memory, memory, &mut cache.multihead_attn, ctx));
        cache
    }

    /// As [`DecoderLayer::forward`] under a causal mask for new target tokens x `[B, T, D]` behind those in the cache, whose keys
    /// and values are added to it.
    ///
    /// # Panics
    /// If the shapes do not fit, or outside [`no_grad`](jumok_tensor::no_grad).
    #[track_caller]
    pub fn forward_cached(
        &self,
        x: &Tensor,
        memory_mask: &Mask,
        cache: &mut DecoderLayerCache,
        ctx: &mut Ctx,
    ) -> Tensor {
        let DecoderLayerCache { self_attn, multihead_attn } = cache;
        self.layer(
            x,
            |x, ctx| self.self_attn.forward_cached(x, &Mask::causal(), self_attn, ctx),
            |x, ctx| self.multihead_attn.forward_remembered(x, memory_mask, multihead_attn, ctx),
            ctx,
        )
    }

    // ANCHOR: decoder_layer
    #[track_caller]
    fn layer(
        &self,
        x: &Tensor, //                                                            [B, T, D]
        look_back: impl FnOnce(&Tensor, &mut Ctx) -> Tensor,
        look_across: impl FnOnce(&Tensor, &mut Ctx) -> Tensor,
        ctx: &mut Ctx,
    ) -> Tensor {
        let x = self.residual(x, &self.norm1, ctx, |x, ctx| ctx.at("self_attn", |ctx| look_back(x, ctx)));
        show!(ctx, "norm1", ["batch", "token", "feature"], &x);
        let x = self.residual(&x, &self.norm2, ctx, |x, ctx| ctx.at("multihead_attn", |ctx| look_across(x, ctx)));
        show!(ctx, "norm2", ["batch", "token", "feature"], &x);
        let x = self.residual(&x, &self.norm3, ctx, |x, ctx| self.feed_forward.forward(x, ctx));
        show!(ctx, "norm3", ["batch", "token", "feature"], &x);
        x //                                                                      [B, T, D]
    }

    /// LayerNorm(x + Sublayer(x)), or x + Sublayer(LayerNorm(x)) with the norm first.
    #[track_caller]
    fn residual(
        &self,
        x: &Tensor,
        norm: &LayerNorm,
        ctx: &mut Ctx,
        sublayer: impl FnOnce(&Tensor, &mut Ctx) -> Tensor,
    ) -> Tensor {
        let result = if self.norm_first { sublayer(&norm.forward(x), ctx) } else { sublayer(x, ctx) };
        let sum = x + Dropout::new(self.dropout).forward(&result, ctx);
        if self.norm_first { sum } else { norm.forward(&sum) }
    }
    // ANCHOR_END: decoder_layer
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_nn::Activation;
    use jumok_tensor::{BoolTensor, Elem, GradCheck, gradcheck, no_grad};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn values(shape: &[usize], seed: usize) -> Tensor {
        let count: usize = shape.iter().product();
        Tensor::from_vec((0..count).map(|i| ((i * 31 + 7 * seed) % 19) as Elem / 8.0 - 1.1).collect(), shape)
    }
    fn layer(norm_first: bool) -> DecoderLayer {
        let config =
            EncoderLayerConfig { norm_first, activation: Activation::Gelu, ..EncoderLayerConfig::new(4, 2, 6) };
        DecoderLayer::new(&config, &mut ChaCha8Rng::seed_from_u64(3))
    }
    fn padding() -> Mask {
        Mask::padding(&BoolTensor::from_vec(vec![true, true, true, true, true, false], &[2, 3]))
    }

    #[test]
    fn both_orders_have_their_derivative_for_both_inputs_and_every_parameter() {
        for norm_first in [false, true] {
            let layer = layer(norm_first);
            let mut inputs = vec![values(&[2, 2, 4], 0).array().clone(), values(&[2, 3, 4], 1).array().clone()];
            inputs.extend(layer.named_parameters().iter().map(|(_, p)| p.array().clone()));
            let forward = |i: &[Tensor]| {
                let (mut layer, mut given) = (layer.clone(), i[2..].iter());
                layer.visit_mut("", &mut |_, p| *p = given.next().unwrap().clone());
                layer.forward(&i[0], &i[1], &Mask::causal(), &padding(), &mut Ctx::eval())
            };
            gradcheck(forward, &inputs, &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn token_by_token_is_all_at_once() {
        let (x, memory) = (values(&[2, 5, 4], 0), values(&[2, 3, 4], 1));
        for norm_first in [false, true] {
            let (layer, ctx) = (layer(norm_first), &mut Ctx::eval());
            let at_once = layer.forward(&x, &memory, &Mask::causal(), &padding(), ctx);
            no_grad(|| {
                let mut cache = layer.remember(&memory, ctx);
                for (start, tokens) in [(0, 2), (2, 1), (3, 1), (4, 1)] {
                    let y = layer.forward_cached(&x.narrow(1, start, tokens), &padding(), &mut cache, ctx);
                    for (a, b) in y.to_vec().iter().zip(at_once.narrow(1, start, tokens).to_vec()) {
                        assert!((a - b).abs() < 1e-5, "{a} {b}");
                    }
                }
            });
        }
    }

    #[test]
    fn neither_padding_nor_the_future_has_a_gradient() {
        let x = Tensor::parameter(values(&[1, 3, 4], 0).array().clone());
        let memory = Tensor::parameter(values(&[1, 3, 4], 1).array().clone());
        let mask = Mask::padding(&BoolTensor::from_vec(vec![true, true, false], &[1, 3]));
        let y = layer(true).forward(&x, &memory, &Mask::causal(), &mask, &mut Ctx::eval());
        let first = (y.select(1, 0) * values(&[1, 4], 2)).sum_all().backward();
        let (of_x, of_memory) = (first.get(&x).unwrap().to_vec(), first.get(&memory).unwrap().to_vec());
        assert!(of_x[..4].iter().any(|&g| g != 0.0) && of_x[4..].iter().all(|&g| g == 0.0), "{of_x:?}");
        assert!(of_memory[..8].iter().all(|&g| g != 0.0) && of_memory[8..].iter().all(|&g| g == 0.0), "{of_memory:?}");
    }

    #[test]
    fn records_and_parameters_have_the_names_of_torch() {
        let (layer, mut ctx) = (layer(false), Ctx::eval().recording());
        let names: Vec<String> = layer.named_parameters().into_iter().map(|(name, _)| name).collect();
        for name in ["self_attn.q_proj.weight", "multihead_attn.out_proj.bias", "linear2.weight", "norm3.bias"] {
            assert!(names.iter().any(|n| n == name), "{name} is not among {names:?}");
        }
        layer.forward(&values(&[1, 2, 4], 0), &values(&[1, 3, 4], 1), &Mask::causal(), &Mask::none(), &mut ctx);
        let records = ctx.take_records();
        let cross = records.iter().find(|record| record.path == "multihead_attn.weights").unwrap();
        assert_eq!(cross.value.shape(), [1, 2, 2, 3]);
    }
}
