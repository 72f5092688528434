//! RoBERTa (Liu et al. 2019, arXiv 1907.11692; lecture, slide S35): BERT's architecture trained longer, on more text, with masks drawn
//! anew each time and without next sentences. In the model itself only the positions are counted differently.

use jumok_nn::{Activation, Ctx, Embedding, ModelConfig, Module, parameters};
use jumok_tensor::{IntTensor, Tensor};
use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::config::broken;
use crate::text_encoder::mask_of;
use crate::{
    BertConfig, BertEmbeddings, BertEncoder, BertInputs, BertPooler, ConfigError, EncoderSettings, EncoderSizes,
    HeadConfig, MaskedWordNames, PooledClassifier, RobertaClassificationHead, StatePaths, TextEncoder,
};

/// A RoBERTa's `config.json`: the fields of BERT's with other defaults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct RobertaConfig {
    /// `"roberta"`.
    pub model_type: String,
    /// V, the number of byte-level pieces.
    pub vocab_size: usize,
    /// D, the width of a token.
    pub hidden_size: usize,
    /// The number of layers.
    pub num_hidden_layers: usize,
    /// H; it divides `hidden_size`.
    pub num_attention_heads: usize,
    /// The width inside the feed-forward layers.
    pub intermediate_size: usize,
    /// The activation of the feed-forward layers; that of the masked-word head is always GELU.
    pub hidden_act: Activation,
    /// The dropout of embeddings, attention and feed-forward layers in training.
    pub hidden_dropout_prob: f64,
    /// The dropout of attention weights in training.
    pub attention_probs_dropout_prob: f64,
    /// Rows of the table of positions: the longest sequence and `pad_token_id` + 1 more.
    pub max_position_embeddings: usize,
    /// The number of segments; the published models have a single one.
    pub type_vocab_size: usize,
    /// The standard deviation of freshly drawn weights.
    pub initializer_range: f64,
    /// ε of the layer norms.
    pub layer_norm_eps: f64,
    /// The id of the padding token, and the position of padding.
    pub pad_token_id: usize,
    /// The dropout before a classifier, where it is not `hidden_dropout_prob`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classifier_dropout: Option<f64>,
    /// The labels of a head.
    #[serde(flatten)]
    pub head: HeadConfig,
}

impl Default for RobertaConfig {
    /// What Hugging Face's library takes for fields that a file leaves out.
    fn default() -> Self {
        Self {
            model_type: Self::MODEL_TYPE.into(),
            vocab_size: 50_265,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            hidden_act: Activation::Gelu,
            hidden_dropout_prob: 0.1,
            attention_probs_dropout_prob: 0.1,
            max_position_embeddings: 512,
            type_vocab_size: 2,
            initializer_range: 0.02,
            layer_norm_eps: 1e-12,
            pad_token_id: 1,
            classifier_dropout: None,
            head: HeadConfig::default(),
        }
    }
}

impl RobertaConfig {
    /// RoBERTa-base: 12 layers, 768 wide, texts of 512 tokens.
    pub fn base() -> Self {
        Self { max_position_embeddings: 514, type_vocab_size: 1, layer_norm_eps: 1e-5, ..Self::default() }
    }

    /// RoBERTa-large: 24 layers, 1024 wide.
    pub fn large() -> Self {
        Self {
            hidden_size: 1024,
            num_hidden_layers: 24,
            num_attention_heads: 16,
            intermediate_size: 4096,
            ..Self::base()
        }
    }

    /// The longest sequence: the rows of the table without those that padding takes.
    pub fn max_length(&self) -> usize {
        self.max_position_embeddings.saturating_sub(self.pad_token_id + 1)
    }

    /// The BERT of the same sizes, whose parts this model is made of.
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
            classifier_dropout: self.classifier_dropout,
            head: self.head.clone(),
            ..BertConfig::default()
        }
    }
}

impl ModelConfig for RobertaConfig {
    const MODEL_TYPE: &'static str = "roberta";
    const KIND: &'static str = "a RoBERTa";
    type Error = ConfigError;

    fn validate(&self) -> Result<(), ConfigError> {
        self.as_bert().validate()?;
        if self.max_length() == 0 {
            let rule =
                format!("it must be above pad_token_id + 1 = {}, where the first token stands", self.pad_token_id + 1);
            return broken("max_position_embeddings", &self.max_position_embeddings, rule);
        }
        Ok(())
    }

    fn least_parameters(&self) -> u128 {
        self.sizes().parameters()
    }
}

impl EncoderSettings for RobertaConfig {
    fn sizes(&self) -> EncoderSizes {
        EncoderSizes { masked_activation: Activation::Gelu, max_length: self.max_length(), ..self.as_bert().sizes() }
    }

    fn head(&self) -> &HeadConfig {
        &self.head
    }

    fn head_mut(&mut self) -> &mut HeadConfig {
        &mut self.head
    }

    fn set_dropout(&mut self, dropout: f64) {
        (self.hidden_dropout_prob, self.attention_probs_dropout_prob, self.classifier_dropout) =
            (dropout, dropout, None);
    }
}

/// RoBERTa without a head.
#[derive(Debug, Clone)]
pub struct RobertaModel {
    /// Word, position and segment vectors.
    pub embeddings: BertEmbeddings,
    /// The layers.
    pub encoder: BertEncoder,
    /// From the first token to a summary; only heads for choices read it.
    pub pooler: Option<BertPooler>,
    /// The position of padding; the first real token stands at the next one.
    pub padding_idx: usize,
}

impl Module for RobertaModel {
    parameters!(embeddings, encoder, pooler);
}

impl RobertaModel {
    /// The position of every token, `[B, T]`: `padding_idx` for padding, and for the n-th token that is none `padding_idx` + n.
    ///
    /// # Panics
    /// If `input_ids` is no matrix.
    #[track_caller]
    pub fn position_ids(&self, input_ids: &IntTensor) -> IntTensor {
        let [batch, time] = input_ids.dims();
        let pad = self.padding_idx as i64;
        let mut positions = Vec::with_capacity(batch * time);
        for row in input_ids.as_slice().chunks(time.max(1)) {
            let mut last = pad;
            positions.extend(row.iter().map(|&id| {
                if id == pad {
                    return pad;
                }
                last += 1;
                last
            }));
        }
        IntTensor::from_vec(positions, &[batch, time])
    }
}

impl TextEncoder for RobertaModel {
    type Config = RobertaConfig;
    type SequenceHead = RobertaClassificationHead;
    type ChoiceHead = PooledClassifier;
    const PREFIX: &'static str = "roberta";
    const FAMILY: &'static str = "Roberta";
    const MASKED_WORDS: &'static MaskedWordNames =
        &MaskedWordNames { dense: "lm_head.dense", layer_norm: "lm_head.layer_norm", bias: "lm_head.bias" };
    const STATES: StatePaths = BertEncoder::STATES;

    fn build(config: &RobertaConfig, pooler: bool, rng: &mut impl Rng) -> Self {
        let bert = config.as_bert();
        let mut embeddings = BertEmbeddings::new(&bert, rng);
        // Padding has a position of its own, which is as little to learn as its word.
        embeddings.position_embeddings.padding_idx = Some(config.pad_token_id);
        Self {
            embeddings,
            encoder: BertEncoder::new(&bert, rng),
            pooler: pooler.then(|| BertPooler::new(bert.hidden_size, rng)),
            padding_idx: config.pad_token_id,
        }
    }

    fn states(&self, inputs: &BertInputs, rows: Option<&IntTensor>, ctx: &mut Ctx) -> Tensor {
        let positions = self.position_ids(&inputs.input_ids);
        let x = ctx.at("embeddings", |ctx| self.embeddings.forward_at(inputs, &positions, ctx)); // [B, T, D]
        ctx.at("encoder", |ctx| self.encoder.forward(&x, &mask_of(inputs), rows, ctx))
    }

    fn pool(&self, first: &Tensor, ctx: &mut Ctx) -> Option<Tensor> {
        self.pooler.as_ref().map(|pooler| pooler.forward(first, ctx))
    }

    fn word_embeddings(&self) -> &Embedding {
        &self.embeddings.word_embeddings
    }

    fn num_hidden_layers(&self) -> usize {
        self.encoder.layer.len()
    }
}
