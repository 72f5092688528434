//! DistilBERT (Sanh et al. 2019, arXiv 1910.01108; lecture, slide S36): half of BERT's layers, no segments and no pooler, taught by a
//! BERT. Its checkpoints have names of their own.

use jumok_nn::{Activation, Ctx, Embedding, LayerNorm, ModelConfig, Module, parameters, show};
use jumok_tensor::{IntTensor, Tensor};
use jumok_transformer::{EncoderLayer, EncoderLayerConfig, LayerPaths};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::config::{Rules, broken};
use crate::text_encoder::mask_of;
use crate::{
    BertInputs, ConfigError, DistilBertClassificationHead, EncoderSettings, EncoderSizes, HeadConfig, MaskedWordNames,
    StatePaths, TextEncoder,
};

/// ε of its layer norms; not a field of the configuration.
const LAYER_NORM_EPS: f64 = 1e-12;

/// A DistilBERT's `config.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DistilBertConfig {
    /// `"distilbert"`.
    pub model_type: String,
    /// V, the number of word pieces.
    pub vocab_size: usize,
    /// D, the width of a token.
    pub dim: usize,
    /// The number of layers.
    pub n_layers: usize,
    /// H; it divides `dim`.
    pub n_heads: usize,
    /// The width inside the feed-forward layers.
    pub hidden_dim: usize,
    /// The activation of the feed-forward layers and of the masked-word head.
    pub activation: Activation,
    /// The dropout of embeddings and feed-forward layers in training; the attention's output is not dropped.
    pub dropout: f64,
    /// The dropout of attention weights in training.
    pub attention_dropout: f64,
    /// The longest sequence, in tokens.
    pub max_position_embeddings: usize,
    /// Positions that are computed instead of learned; no model with weights of its own has them, so it must be `false`.
    pub sinusoidal_pos_embds: bool,
    /// The standard deviation of freshly drawn weights.
    pub initializer_range: f64,
    /// The dropout before `qa_outputs`.
    pub qa_dropout: f64,
    /// The dropout before a classifier of sequences or choices.
    pub seq_classif_dropout: f64,
    /// The id of the padding token.
    pub pad_token_id: usize,
    /// The labels of a head.
    #[serde(flatten)]
    pub head: HeadConfig,
}

impl Default for DistilBertConfig {
    /// DistilBERT-base, uncased English.
    fn default() -> Self {
        Self {
            model_type: Self::MODEL_TYPE.into(),
            vocab_size: 30_522,
            dim: 768,
            n_layers: 6,
            n_heads: 12,
            hidden_dim: 3072,
            activation: Activation::Gelu,
            dropout: 0.1,
            attention_dropout: 0.1,
            max_position_embeddings: 512,
            sinusoidal_pos_embds: false,
            initializer_range: 0.02,
            qa_dropout: 0.1,
            seq_classif_dropout: 0.2,
            pad_token_id: 0,
            head: HeadConfig::default(),
        }
    }
}

impl ModelConfig for DistilBertConfig {
    const MODEL_TYPE: &'static str = "distilbert";
    const KIND: &'static str = "a DistilBERT";
    type Error = ConfigError;

    fn validate(&self) -> Result<(), ConfigError> {
        let rules = Rules {
            sizes: &[
                ("vocab_size", self.vocab_size),
                ("dim", self.dim),
                ("n_layers", self.n_layers),
                ("n_heads", self.n_heads),
                ("hidden_dim", self.hidden_dim),
                ("max_position_embeddings", self.max_position_embeddings),
            ],
            width: ("dim", self.dim),
            heads: ("n_heads", self.n_heads),
            dropouts: &[
                ("dropout", self.dropout),
                ("attention_dropout", self.attention_dropout),
                ("qa_dropout", self.qa_dropout),
                ("seq_classif_dropout", self.seq_classif_dropout),
            ],
            positive: &[("initializer_range", self.initializer_range)],
            pad_token_id: self.pad_token_id,
            vocab_size: self.vocab_size,
        };
        rules.check()?;
        if self.sinusoidal_pos_embds {
            return broken("sinusoidal_pos_embds", &true, "positions are learned here: it must be false");
        }
        Ok(())
    }

    fn least_parameters(&self) -> u128 {
        self.sizes().parameters()
    }
}

impl EncoderSettings for DistilBertConfig {
    fn sizes(&self) -> EncoderSizes {
        EncoderSizes {
            vocab_size: self.vocab_size,
            embedding_size: self.dim,
            hidden_size: self.dim,
            intermediate_size: self.hidden_dim,
            num_hidden_layers: self.n_layers,
            num_attention_heads: self.n_heads,
            own_layers: self.n_layers,
            positions: self.max_position_embeddings,
            max_length: self.max_position_embeddings,
            segments: 0,
            activation: self.activation,
            masked_activation: self.activation,
            layer_norm_eps: LAYER_NORM_EPS,
            initializer_range: self.initializer_range,
            classifier_dropout: self.seq_classif_dropout,
            token_dropout: self.dropout,
            answer_dropout: self.qa_dropout,
        }
    }

    fn head(&self) -> &HeadConfig {
        &self.head
    }

    fn head_mut(&mut self) -> &mut HeadConfig {
        &mut self.head
    }

    fn set_dropout(&mut self, dropout: f64) {
        (self.dropout, self.attention_dropout) = (dropout, dropout);
        (self.qa_dropout, self.seq_classif_dropout) = (dropout, dropout);
    }
}

/// LayerNorm(word + position), then dropout.
#[derive(Debug, Clone)]
pub struct DistilBertEmbeddings {
    /// One vector a word piece: `[V, D]`.
    pub word_embeddings: Embedding,
    /// One vector a position: `[max_position_embeddings, D]`.
    pub position_embeddings: Embedding,
    /// The norm of the sum.
    pub layer_norm: LayerNorm,
    /// The probability with which a feature is dropped in training.
    pub dropout: f64,
}

impl Module for DistilBertEmbeddings {
    parameters!(word_embeddings, position_embeddings, "LayerNorm" => layer_norm);
}

/// The Transformer's layer under DistilBERT's names. In training the attention's output is not dropped, unlike BERT's.
#[derive(Debug, Clone)]
pub struct DistilBertLayer {
    /// The layer itself.
    pub layer: EncoderLayer,
}

impl Module for DistilBertLayer {
    parameters!(
        "attention.q_lin" => layer.self_attn.query,
        "attention.k_lin" => layer.self_attn.key,
        "attention.v_lin" => layer.self_attn.value,
        "attention.out_lin" => layer.self_attn.output,
        "sa_layer_norm" => layer.norm1,
        "ffn.lin1" => layer.feed_forward.linear1,
        "ffn.lin2" => layer.feed_forward.linear2,
        "output_layer_norm" => layer.norm2,
    );
}

/// DistilBERT without a head. It has no segments: `token_type_ids` are not looked at.
#[derive(Debug, Clone)]
pub struct DistilBertModel {
    /// Word and position vectors.
    pub embeddings: DistilBertEmbeddings,
    /// The layers, first to last.
    pub layers: Vec<DistilBertLayer>,
}

impl Module for DistilBertModel {
    parameters!(embeddings, "transformer.layer" => layers);
}

impl TextEncoder for DistilBertModel {
    type Config = DistilBertConfig;
    type SequenceHead = DistilBertClassificationHead;
    type ChoiceHead = DistilBertClassificationHead;
    const PREFIX: &'static str = "distilbert";
    const FAMILY: &'static str = "DistilBert";
    const MASKED_WORDS: &'static MaskedWordNames =
        &MaskedWordNames { dense: "vocab_transform", layer_norm: "vocab_layer_norm", bias: "vocab_projector.bias" };
    const STATES: StatePaths = StatePaths {
        embedded: "embeddings.LayerNorm",
        layers: "transformer.layer",
        output: "output_layer_norm",
        weights: "attention.weights",
    };

    fn build(config: &DistilBertConfig, _pooler: bool, rng: &mut impl Rng) -> Self {
        let sizes = EncoderLayerConfig {
            activation: config.activation,
            layer_norm_eps: LAYER_NORM_EPS,
            dropout: config.dropout,
            attention_dropout: config.attention_dropout,
            ..EncoderLayerConfig::new(config.dim, config.n_heads, config.hidden_dim)
        };
        let paths = LayerPaths { attention: "attention", attended: "sa_layer_norm", output: Self::STATES.output };
        let embeddings = DistilBertEmbeddings {
            word_embeddings: Embedding {
                padding_idx: Some(config.pad_token_id),
                ..Embedding::new(config.vocab_size, config.dim, rng)
            },
            position_embeddings: Embedding::new(config.max_position_embeddings, config.dim, rng),
            layer_norm: LayerNorm::new(config.dim, LAYER_NORM_EPS),
            dropout: config.dropout,
        };
        // As in Hugging Face's library, the attention's output is added as it is.
        let layer = |rng: &mut _| DistilBertLayer {
            layer: EncoderLayer { paths, dropout1: 0.0, ..EncoderLayer::new(&sizes, rng) },
        };
        Self { embeddings, layers: (0..config.n_layers).map(|_| layer(rng)).collect() }
    }

    fn states(&self, inputs: &BertInputs, rows: Option<&IntTensor>, ctx: &mut Ctx) -> Tensor {
        let [_, time] = inputs.input_ids.dims();
        let mut x = ctx.at("embeddings", |ctx| {
            let DistilBertEmbeddings { word_embeddings, position_embeddings, layer_norm, dropout } = &self.embeddings;
            let places = IntTensor::from_vec((0..time as i64).collect(), &[time]);
            let sum = word_embeddings.forward(&inputs.input_ids) + position_embeddings.forward(&places); // [B, T, D]
            let x = layer_norm.forward(&sum);
            show!(ctx, "LayerNorm", ["batch", "token", "feature"], &x);
            jumok_nn::Dropout::new(*dropout).forward(&x, ctx)
        });
        let mask = mask_of(inputs);
        for (n, DistilBertLayer { layer }) in self.layers.iter().enumerate() {
            x = ctx.at("transformer", |ctx| {
                ctx.at_index("layer", n, |ctx| match rows {
                    Some(rows) if n + 1 == self.layers.len() => layer.forward_rows(&x, &mask, rows, ctx), // [rows, D]
                    _ => layer.forward(&x, &mask, ctx),                                                   // [B, T, D]
                })
            });
        }
        x
    }

    fn pool(&self, _first: &Tensor, _ctx: &mut Ctx) -> Option<Tensor> {
        None
    }

    fn word_embeddings(&self) -> &Embedding {
        &self.embeddings.word_embeddings
    }

    fn num_hidden_layers(&self) -> usize {
        self.layers.len()
    }
}
