//! Decoder layers on top of each other.

use jumok_attention::Mask;
use jumok_nn::{Ctx, LayerNorm, Module, parameters};
use jumok_tensor::Tensor;
use rand::Rng;

use crate::EncoderLayerConfig;
use crate::decoder_layer::{DecoderLayer, DecoderLayerCache};

/// A stack of [`DecoderLayer`]s, with a norm at the end if asked for (pre-norm stacks need it).
#[derive(Debug, Clone)]
pub struct Decoder {
    /// The layers, first to last.
    pub layers: Vec<DecoderLayer>,
    /// The final norm.
    pub norm: Option<LayerNorm>,
}

impl Module for Decoder {
    parameters!(layers, norm);
}

/// What a decoder remembers between two steps of decoding: of every layer the keys and values of source and target.
#[derive(Debug, Clone)]
pub struct DecoderCache {
    layers: Vec<DecoderLayerCache>,
    memory_mask: Mask,
}

impl DecoderCache {
    /// T, the target tokens that were read.
    pub fn len(&self) -> usize {
        self.layers.first().map_or(0, |layer| layer.self_attn.len())
    }

    /// Whether no target token was read yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Row b goes on from what row `rows[b]` has read of the target: the survivors of a step of beam search. Source and target
    /// of a row belong together, so a row may only go on from one with the same source.
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn reorder(&mut self, rows: &[usize]) {
        for layer in &mut self.layers {
            layer.self_attn.reorder(rows);
        }
    }
}

impl Decoder {
    /// `num_layers` equal layers with freshly drawn weights.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn new(config: &EncoderLayerConfig, num_layers: usize, final_norm: bool, rng: &mut impl Rng) -> Self {
        Self {
            layers: (0..num_layers).map(|_| DecoderLayer::new(config, rng)).collect(),
            norm: final_norm.then(|| config.layer_norm()),
        }
    }

    /// Target x `[B, T, D]` and memory `[B, S, D]` to `[B, T, D]`; every layer looks at the same memory.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, memory: &Tensor, mask: &Mask, memory_mask: &Mask, ctx: &mut Ctx) -> Tensor {
        let mut x = x.clone();
        for (n, layer) in self.layers.iter().enumerate() {
            x = ctx.at_index("layers", n, |ctx| layer.forward(&x, memory, mask, memory_mask, ctx)); // [B, T, D]
        }
        self.normed(x)
    }

    /// Prepares decoding from memory `[B, S, D]`: every layer computes its keys and values of the source, once.
    ///
    /// # Panics
    /// If the shape does not fit, or outside [`no_grad`](jumok_tensor::no_grad).
    #[track_caller]
    pub fn remember(&self, memory: &Tensor, memory_mask: &Mask, ctx: &mut Ctx) -> DecoderCache {
        let layers = self.layers.iter().enumerate();
        DecoderCache {
            layers: layers.map(|(n, layer)| ctx.at_index("layers", n, |ctx| layer.remember(memory, ctx))).collect(),
            memory_mask: memory_mask.clone(),
        }
    }

    /// As [`Decoder::forward`] under a causal mask for new target tokens x `[B, T, D]` behind those in the cache.
    ///
    /// # Panics
    /// If the shapes do not fit, or outside [`no_grad`](jumok_tensor::no_grad).
    #[track_caller]
    pub fn forward_cached(&self, x: &Tensor, cache: &mut DecoderCache, ctx: &mut Ctx) -> Tensor {
        let mut x = x.clone();
        for (n, (layer, remembered)) in self.layers.iter().zip(&mut cache.layers).enumerate() {
            x = ctx.at_index("layers", n, |ctx| layer.forward_cached(&x, &cache.memory_mask, remembered, ctx));
        }
        self.normed(x)
    }

    #[track_caller]
    fn normed(&self, x: Tensor) -> Tensor {
        match &self.norm {
            Some(norm) => norm.forward(&x),
            None => x,
        }
    }
}
