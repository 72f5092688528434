//! Embeddings, encoder and pooler: the first of the family.

use jumok_nn::{Ctx, Embedding, Linear, Module, parameters, show};
use jumok_tensor::{IntTensor, Tensor};
use rand::Rng;

use crate::text_encoder::mask_of;
use crate::{BertConfig, BertEmbeddings, BertEncoder, MaskedWordNames, PooledClassifier, StatePaths, TextEncoder};

/// What a BERT reads.
#[derive(Debug, Clone, PartialEq)]
pub struct BertInputs {
    /// Word pieces: `[B, T]`.
    pub input_ids: IntTensor,
    /// The segment of each token, 0 for sentence A, 1 for B: `[B, T]`.
    pub token_type_ids: IntTensor,
    /// 1 for a real token, 0 for padding: `[B, T]`.
    pub attention_mask: IntTensor,
}

impl BertInputs {
    /// One segment, no padding.
    ///
    /// # Panics
    /// If `input_ids` is no matrix.
    #[track_caller]
    pub fn new(input_ids: IntTensor) -> Self {
        let [batch, time] = input_ids.dims();
        Self {
            token_type_ids: IntTensor::from_vec(vec![0; batch * time], &[batch, time]),
            attention_mask: IntTensor::from_vec(vec![1; batch * time], &[batch, time]),
            input_ids,
        }
    }
}

/// tanh(W·h_\[CLS\] + b): what the next-sentence head reads.
#[derive(Debug, Clone)]
pub struct BertPooler {
    /// W and b.
    pub dense: Linear,
}

impl Module for BertPooler {
    parameters!(dense);
}

impl BertPooler {
    pub(crate) fn new(hidden_size: usize, rng: &mut impl Rng) -> Self {
        Self { dense: Linear::new(hidden_size, hidden_size, rng) }
    }

    /// First states `[B, D]` to `[B, D]`.
    ///
    /// # Panics
    /// If the width does not fit.
    #[track_caller]
    pub fn forward(&self, first: &Tensor, ctx: &mut Ctx) -> Tensor {
        let pooled = self.dense.forward(first).tanh();
        show!(ctx, "pooler", ["batch", "feature"], &pooled);
        pooled
    }
}

/// BERT without a head.
#[derive(Debug, Clone)]
pub struct BertModel {
    /// Word, position and segment vectors.
    pub embeddings: BertEmbeddings,
    /// The layers.
    pub encoder: BertEncoder,
    /// From the `[CLS]` token to a summary; heads that read tokens do without.
    pub pooler: Option<BertPooler>,
}

impl Module for BertModel {
    parameters!(embeddings, encoder, pooler);
}

impl TextEncoder for BertModel {
    type Config = BertConfig;
    type SequenceHead = PooledClassifier;
    type ChoiceHead = PooledClassifier;
    const PREFIX: &'static str = "bert";
    const FAMILY: &'static str = "Bert";
    const MASKED_WORDS: &'static MaskedWordNames = &MaskedWordNames {
        dense: "cls.predictions.transform.dense",
        layer_norm: "cls.predictions.transform.LayerNorm",
        bias: "cls.predictions.bias",
    };
    const STATES: StatePaths = BertEncoder::STATES;

    fn build(config: &BertConfig, pooler: bool, rng: &mut impl Rng) -> Self {
        Self {
            embeddings: BertEmbeddings::new(config, rng),
            encoder: BertEncoder::new(config, rng),
            pooler: pooler.then(|| BertPooler::new(config.hidden_size, rng)),
        }
    }

    fn states(&self, inputs: &BertInputs, rows: Option<&IntTensor>, ctx: &mut Ctx) -> Tensor {
        let x = ctx.at("embeddings", |ctx| self.embeddings.forward(inputs, ctx)); // [B, T, D]
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
