//! ALBERT (Lan et al. 2019, arXiv 1909.11942; lecture, slide S36): a narrow table of words that is widened by one matrix, one set of
//! weights for all layers, and the order of two sentences instead of next sentences. It saves parameters, not work (erratum E30).

use jumok_nn::{Activation, Ctx, Embedding, Linear, ModelConfig, Module, parameters, show};
use jumok_tensor::{CrossEntropy, IntTensor, Tensor};
use jumok_transformer::{EncoderLayer, LayerPaths};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::config::broken;
use crate::encoder::layer_config;
use crate::masked_lm::token_loss;
use crate::text_encoder::{fresh, mask_of};
use crate::{
    BertConfig, BertEmbeddings, BertInputs, ConfigError, EncoderOutput, EncoderSettings, EncoderSizes, HeadConfig,
    HeadedModel, MaskedWordHead, MaskedWordNames, PooledClassifier, StatePaths, TextEncoder,
};

/// Shared layers cost no memory, so their number is bounded by no file.
const MAX_DEPTH: usize = 4096;

/// An ALBERT's `config.json`. Fields that a file leaves out have the values of ALBERT-xxlarge, as in Hugging Face's library.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlbertConfig {
    /// `"albert"`.
    pub model_type: String,
    /// V, the number of pieces.
    pub vocab_size: usize,
    /// E, the width of an embedding.
    pub embedding_size: usize,
    /// D, the width of a token.
    pub hidden_size: usize,
    /// The depth.
    pub num_hidden_layers: usize,
    /// How many sets of weights the depth shares; it divides `num_hidden_layers`.
    pub num_hidden_groups: usize,
    /// How many layers one step of the depth has.
    pub inner_group_num: usize,
    /// H; it divides `hidden_size`.
    pub num_attention_heads: usize,
    /// The width inside the feed-forward layers.
    pub intermediate_size: usize,
    /// The activation of the feed-forward layers and of the masked-word head.
    pub hidden_act: Activation,
    /// The dropout of embeddings and of the attention's output in training; that of feed-forward layers is not dropped.
    pub hidden_dropout_prob: f64,
    /// The dropout of attention weights in training.
    pub attention_probs_dropout_prob: f64,
    /// The longest sequence, in tokens.
    pub max_position_embeddings: usize,
    /// The number of segments.
    pub type_vocab_size: usize,
    /// The standard deviation of freshly drawn weights.
    pub initializer_range: f64,
    /// ε of the layer norms.
    pub layer_norm_eps: f64,
    /// The dropout before a classifier.
    pub classifier_dropout_prob: f64,
    /// The id of the padding token.
    pub pad_token_id: usize,
    /// The labels of a head.
    #[serde(flatten)]
    pub head: HeadConfig,
}

impl Default for AlbertConfig {
    fn default() -> Self {
        Self {
            model_type: Self::MODEL_TYPE.into(),
            vocab_size: 30_000,
            embedding_size: 128,
            hidden_size: 4096,
            num_hidden_layers: 12,
            num_hidden_groups: 1,
            inner_group_num: 1,
            num_attention_heads: 64,
            intermediate_size: 16_384,
            hidden_act: Activation::GeluTanh,
            hidden_dropout_prob: 0.0,
            attention_probs_dropout_prob: 0.0,
            max_position_embeddings: 512,
            type_vocab_size: 2,
            initializer_range: 0.02,
            layer_norm_eps: 1e-12,
            classifier_dropout_prob: 0.1,
            pad_token_id: 0,
            head: HeadConfig::default(),
        }
    }
}

impl AlbertConfig {
    /// ALBERT-base: 12 times the same layer, 768 wide.
    pub fn base() -> Self {
        Self { hidden_size: 768, num_attention_heads: 12, intermediate_size: 3072, ..Self::default() }
    }

    /// ALBERT-large: 24 times the same layer, 1024 wide.
    pub fn large() -> Self {
        Self {
            hidden_size: 1024,
            num_hidden_layers: 24,
            num_attention_heads: 16,
            intermediate_size: 4096,
            ..Self::default()
        }
    }

    /// The BERT with layers of the same sizes.
    fn as_bert(&self) -> BertConfig {
        BertConfig {
            vocab_size: self.vocab_size,
            hidden_size: self.hidden_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            intermediate_size: self.intermediate_size,
            hidden_act: self.hidden_act,
            hidden_dropout_prob: self.hidden_dropout_prob,
            attention_probs_dropout_prob: self.attention_probs_dropout_prob,
            max_position_embeddings: self.max_position_embeddings,
            type_vocab_size: self.type_vocab_size,
            initializer_range: self.initializer_range,
            layer_norm_eps: self.layer_norm_eps,
            pad_token_id: self.pad_token_id,
            ..BertConfig::default()
        }
    }
}

impl ModelConfig for AlbertConfig {
    const MODEL_TYPE: &'static str = "albert";
    const KIND: &'static str = "an ALBERT";
    type Error = ConfigError;

    fn validate(&self) -> Result<(), ConfigError> {
        self.as_bert().validate()?;
        for (field, value) in [("embedding_size", self.embedding_size), ("inner_group_num", self.inner_group_num)] {
            if !(1..=1 << 24).contains(&value) {
                return broken(field, &value, format!("it must be from 1 to {}", 1 << 24));
            }
        }
        if self.num_hidden_layers > MAX_DEPTH {
            return broken("num_hidden_layers", &self.num_hidden_layers, format!("it must be at most {MAX_DEPTH}"));
        }
        let (depth, groups) = (self.num_hidden_layers, self.num_hidden_groups);
        if groups == 0 || !depth.is_multiple_of(groups) {
            let rule = format!("it must divide num_hidden_layers = {depth}");
            return broken("num_hidden_groups", &groups, rule);
        }
        if !(0.0..1.0).contains(&self.classifier_dropout_prob) {
            let rule = "a dropout probability is at least 0 and below 1";
            return broken("classifier_dropout_prob", &self.classifier_dropout_prob, rule);
        }
        Ok(())
    }

    fn least_parameters(&self) -> u128 {
        self.sizes().parameters()
    }
}

impl EncoderSettings for AlbertConfig {
    fn sizes(&self) -> EncoderSizes {
        EncoderSizes {
            embedding_size: self.embedding_size,
            own_layers: self.num_hidden_groups.saturating_mul(self.inner_group_num),
            classifier_dropout: self.classifier_dropout_prob,
            token_dropout: self.classifier_dropout_prob,
            ..self.as_bert().sizes()
        }
    }

    fn head(&self) -> &HeadConfig {
        &self.head
    }

    fn head_mut(&mut self) -> &mut HeadConfig {
        &mut self.head
    }

    fn set_dropout(&mut self, dropout: f64) {
        (self.hidden_dropout_prob, self.attention_probs_dropout_prob) = (dropout, dropout);
        self.classifier_dropout_prob = dropout;
    }
}

/// The Transformer's layer under ALBERT's names.
#[derive(Debug, Clone)]
pub struct AlbertLayer {
    /// The layer itself.
    pub layer: EncoderLayer,
}

impl Module for AlbertLayer {
    parameters!(
        "attention.query" => layer.self_attn.query,
        "attention.key" => layer.self_attn.key,
        "attention.value" => layer.self_attn.value,
        "attention.dense" => layer.self_attn.output,
        "attention.LayerNorm" => layer.norm1,
        "ffn" => layer.feed_forward.linear1,
        "ffn_output" => layer.feed_forward.linear2,
        "full_layer_layer_norm" => layer.norm2,
    );
}

/// The layers that one step of the depth has; several steps share them.
#[derive(Debug, Clone)]
pub struct AlbertLayerGroup {
    /// First to last.
    pub albert_layers: Vec<AlbertLayer>,
}

impl Module for AlbertLayerGroup {
    parameters!(albert_layers);
}

/// The widening of the embeddings and the depth of shared layers.
#[derive(Debug, Clone)]
pub struct AlbertTransformer {
    /// From the width of embeddings to that of the model: `[D, E]`.
    pub embedding_hidden_mapping_in: Linear,
    /// The sets of weights.
    pub albert_layer_groups: Vec<AlbertLayerGroup>,
    /// How often a layer group is applied in all.
    pub num_hidden_layers: usize,
}

impl Module for AlbertTransformer {
    parameters!(embedding_hidden_mapping_in, albert_layer_groups);
}

impl AlbertTransformer {
    // ANCHOR: shared_depth
    /// The layers in the order in which a token meets them, the same ones again and again.
    fn depth(&self) -> Vec<&EncoderLayer> {
        let steps_a_group = self.num_hidden_layers / self.albert_layer_groups.len();
        let groups = (0..self.num_hidden_layers).map(|step| &self.albert_layer_groups[step / steps_a_group]);
        groups.flat_map(|group| group.albert_layers.iter().map(|AlbertLayer { layer }| layer)).collect()
    }
    // ANCHOR_END: shared_depth
}

/// ALBERT without a head.
#[derive(Debug, Clone)]
pub struct AlbertModel {
    /// Word, position and segment vectors of width E.
    pub embeddings: BertEmbeddings,
    /// The depth.
    pub encoder: AlbertTransformer,
    /// From the first token to a summary: tanh of this layer.
    pub pooler: Option<Linear>,
}

impl Module for AlbertModel {
    parameters!(embeddings, encoder, pooler);
}

impl TextEncoder for AlbertModel {
    type Config = AlbertConfig;
    type SequenceHead = PooledClassifier;
    type ChoiceHead = PooledClassifier;
    const PREFIX: &'static str = "albert";
    const FAMILY: &'static str = "Albert";
    const MASKED_WORDS: &'static MaskedWordNames =
        &MaskedWordNames { dense: "predictions.dense", layer_norm: "predictions.LayerNorm", bias: "predictions.bias" };
    /// Layers are counted by depth, since several share one name in the checkpoint.
    const STATES: StatePaths = StatePaths {
        embedded: "encoder.embedding_hidden_mapping_in",
        layers: "encoder.layer",
        output: "full_layer_layer_norm",
        weights: "attention.weights",
    };

    fn build(config: &AlbertConfig, pooler: bool, rng: &mut impl Rng) -> Self {
        let bert = config.as_bert();
        let paths = LayerPaths { attention: "attention", attended: "attention.LayerNorm", output: Self::STATES.output };
        let narrow = BertConfig { hidden_size: config.embedding_size, ..bert.clone() };
        let embeddings = BertEmbeddings::new(&narrow, rng);
        let embedding_hidden_mapping_in = Linear::new(config.embedding_size, config.hidden_size, rng);
        // As in Hugging Face's library (and in ALBERT's own code), nothing is dropped behind the feed-forward layer.
        let layer = |rng: &mut _| {
            let layer = EncoderLayer::new(&layer_config(&bert), rng);
            AlbertLayer { layer: EncoderLayer { paths, dropout2: 0.0, ..layer } }
        };
        let mut group =
            || AlbertLayerGroup { albert_layers: (0..config.inner_group_num).map(|_| layer(rng)).collect() };
        let albert_layer_groups = (0..config.num_hidden_groups).map(|_| group()).collect();
        Self {
            embeddings,
            encoder: AlbertTransformer {
                embedding_hidden_mapping_in,
                albert_layer_groups,
                num_hidden_layers: config.num_hidden_layers,
            },
            pooler: pooler.then(|| Linear::new(config.hidden_size, config.hidden_size, rng)),
        }
    }

    fn states(&self, inputs: &BertInputs, rows: Option<&IntTensor>, ctx: &mut Ctx) -> Tensor {
        let narrow = ctx.at("embeddings", |ctx| self.embeddings.forward(inputs, ctx)); // [B, T, E]
        let mask = mask_of(inputs);
        ctx.at("encoder", |ctx| {
            let mut x = self.encoder.embedding_hidden_mapping_in.forward(&narrow); //      [B, T, D]
            show!(ctx, "embedding_hidden_mapping_in", ["batch", "token", "feature"], &x);
            let depth = self.encoder.depth();
            for (n, layer) in depth.iter().enumerate() {
                x = ctx.at_index("layer", n, |ctx| match rows {
                    Some(rows) if n + 1 == depth.len() => layer.forward_rows(&x, &mask, rows, ctx), // [rows, D]
                    _ => layer.forward(&x, &mask, ctx),                                             // [B, T, D]
                });
            }
            x
        })
    }

    fn pool(&self, first: &Tensor, ctx: &mut Ctx) -> Option<Tensor> {
        let pooled = self.pooler.as_ref()?.forward(first).tanh(); //                       [B, D]
        show!(ctx, "pooler", ["batch", "feature"], &pooled);
        Some(pooled)
    }

    fn word_embeddings(&self) -> &Embedding {
        &self.embeddings.word_embeddings
    }

    fn num_hidden_layers(&self) -> usize {
        self.encoder.num_hidden_layers
    }
}

/// ALBERT with the heads of its pre-training: masked words, and whether two sentences stand in their order.
#[derive(Debug, Clone)]
pub struct AlbertForPreTraining {
    /// The encoder, with its pooler.
    pub albert: AlbertModel,
    /// Masked words.
    pub predictions: MaskedWordHead,
    /// Sentence order: `[2, D]`; class 0 = in order, 1 = swapped.
    pub sop_classifier: Linear,
    /// The dropout before `sop_classifier`.
    pub dropout: f64,
}

impl Module for AlbertForPreTraining {
    parameters!(albert, "" => predictions, "sop_classifier.classifier" => sop_classifier);
}

impl HeadedModel for AlbertForPreTraining {
    type Encoder = AlbertModel;
    const HEAD: &'static str = "ForPreTraining";

    fn build(config: &AlbertConfig, rng: &mut impl Rng) -> Self {
        Self {
            albert: AlbertModel::build(config, true, rng),
            predictions: MaskedWordHead::build::<AlbertModel>(config, rng),
            sop_classifier: Linear::new(config.hidden_size, 2, rng),
            dropout: config.classifier_dropout_prob,
        }
    }
}

impl AlbertForPreTraining {
    /// A fresh model from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &AlbertConfig, seed: u64) -> Result<Self, ConfigError> {
        fresh(config, seed, Self::build)
    }

    /// Logits of the words at every token, `[B, T, V]`, and of the order, `[B, 2]`.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> [Tensor; 2] {
        let output = ctx.at("albert", |ctx| self.albert.forward(inputs, ctx));
        self.answers(&output, ["batch", "token", "word"], ctx)
    }

    /// Logits of the words at `positions` `[M]` (b·T + t each) alone, `[M, V]`, and of the order, `[B, 2]`; the same numbers in less time.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    pub fn forward_at(&self, inputs: &BertInputs, positions: &IntTensor, ctx: &mut Ctx) -> [Tensor; 2] {
        let output = ctx.at("albert", |ctx| self.albert.forward_rows(inputs, positions, ctx));
        self.answers(&output, ["position", "word"], ctx)
    }

    /// Both heads on states `[.., D]`, of which `axes` names the logits' of the words.
    fn answers<const N: usize>(&self, output: &EncoderOutput, axes: [&'static str; N], ctx: &mut Ctx) -> [Tensor; 2] {
        let words = &self.albert.embeddings.word_embeddings.weight;
        let prediction_logits = self.predictions.forward(&output.last_hidden_state, words); // [.., V]
        let pooled = output.pooler_output.as_ref().expect("this model is built with its pooler"); // [B, D]
        let sop_logits = self.sop_classifier.forward(&jumok_nn::Dropout::new(self.dropout).forward(pooled, ctx));
        show!(ctx, "predictions", axes, &prediction_logits);
        show!(ctx, "sop_classifier", ["batch", "order"], &sop_logits);
        [prediction_logits, sop_logits]
    }

    /// The mean loss over masked words, labels `[B, T]`, plus that over the orders, labels `[B]` (0 = in order); −100 counts for
    /// nothing.
    ///
    /// # Panics
    /// If labels and logits do not fit.
    #[track_caller]
    pub fn loss(logits: &[Tensor; 2], labels: &IntTensor, sentence_order_label: &IntTensor) -> Tensor {
        let order = logits[1].cross_entropy(sentence_order_label, &CrossEntropy::default());
        token_loss(&logits[0], labels) + order
    }
}
