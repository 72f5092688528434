//! BERT's encoder **is** the Transformer's encoder, post-norm: only the names of its parameters differ.

use jumok_attention::Mask;
use jumok_nn::{Ctx, Module, parameters};
use jumok_tensor::{IntTensor, Tensor};
use jumok_transformer::{EncoderLayer, EncoderLayerConfig, LayerPaths};
use rand::Rng;

use crate::{BertConfig, StatePaths};

/// A post-norm [`EncoderLayer`] whose parameters bear BERT's names.
#[derive(Debug, Clone)]
pub struct BertLayer {
    /// The layer itself.
    pub layer: EncoderLayer,
}

impl Module for BertLayer {
    parameters!(
        "attention.self.query" => layer.self_attn.query,
        "attention.self.key" => layer.self_attn.key,
        "attention.self.value" => layer.self_attn.value,
        "attention.output.dense" => layer.self_attn.output,
        "attention.output.LayerNorm" => layer.norm1,
        "intermediate.dense" => layer.feed_forward.linear1,
        "output.dense" => layer.feed_forward.linear2,
        "output.LayerNorm" => layer.norm2,
    );
}

impl BertLayer {
    const PATHS: LayerPaths =
        LayerPaths { attention: "attention.self", attended: "attention.output", output: "output" };

    pub(crate) fn new(config: &BertConfig, rng: &mut impl Rng) -> Self {
        Self { layer: EncoderLayer { paths: Self::PATHS, ..EncoderLayer::new(&layer_config(config), rng) } }
    }
}

/// The sizes of a post-norm layer.
pub(crate) fn layer_config(config: &BertConfig) -> EncoderLayerConfig {
    EncoderLayerConfig {
        activation: config.hidden_act,
        norm_first: false,
        layer_norm_eps: config.layer_norm_eps,
        dropout: config.hidden_dropout_prob,
        attention_dropout: config.attention_probs_dropout_prob,
        ..EncoderLayerConfig::new(config.hidden_size, config.num_attention_heads, config.intermediate_size)
    }
}

/// The stack of layers.
#[derive(Debug, Clone)]
pub struct BertEncoder {
    /// The layers, first to last.
    pub layer: Vec<BertLayer>,
}

impl Module for BertEncoder {
    parameters!(layer);
}

impl BertEncoder {
    /// Where a model that has this encoder under `encoder` records its states.
    pub(crate) const STATES: StatePaths = StatePaths {
        embedded: "embeddings.LayerNorm",
        layers: "encoder.layer",
        output: BertLayer::PATHS.output,
        weights: "attention.self.weights",
    };

    pub(crate) fn new(config: &BertConfig, rng: &mut impl Rng) -> Self {
        Self { layer: (0..config.num_hidden_layers).map(|_| BertLayer::new(config, rng)).collect() }
    }

    /// x `[B, T, D]` to `[B, T, D]`; with `rows`, the last layer computes only those rows b·T + t, `[rows, D]`.
    ///
    /// # Panics
    /// If the shapes do not fit or a row does not exist.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, mask: &Mask, rows: Option<&IntTensor>, ctx: &mut Ctx) -> Tensor {
        let mut x = x.clone();
        for (n, BertLayer { layer }) in self.layer.iter().enumerate() {
            x = ctx.at_index("layer", n, |ctx| match rows {
                Some(rows) if n + 1 == self.layer.len() => layer.forward_rows(&x, mask, rows, ctx), // [rows, D]
                _ => layer.forward(&x, mask, ctx),                                                  // [B, T, D]
            });
        }
        x
    }
}
