//! Embeddings, encoder and pooler.

use jumok_attention::Mask;
use jumok_nn::{Ctx, Linear, Module, parameters, show};
use jumok_tensor::{IntTensor, Tensor};
use rand::Rng;

use crate::{BertConfig, BertEmbeddings, BertEncoder};

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

/// What a BERT says about every token and about the whole.
#[derive(Debug, Clone)]
pub struct BertOutput {
    /// The encoder's result: `[B, T, D]`, or the rows that were asked for, `[rows, D]`.
    pub last_hidden_state: Tensor,
    /// tanh(W·h_\[CLS\] + b): `[B, D]`.
    pub pooler_output: Tensor,
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

/// BERT without a head.
#[derive(Debug, Clone)]
pub struct BertModel {
    /// Word, position and segment vectors.
    pub embeddings: BertEmbeddings,
    /// The layers.
    pub encoder: BertEncoder,
    /// From the `[CLS]` token to a summary.
    pub pooler: BertPooler,
}

impl Module for BertModel {
    parameters!(embeddings, encoder, pooler);
}

impl BertModel {
    pub(crate) fn new(config: &BertConfig, rng: &mut impl Rng) -> Self {
        Self {
            embeddings: BertEmbeddings::new(config, rng),
            encoder: BertEncoder::new(config, rng),
            pooler: BertPooler { dense: Linear::new(config.hidden_size, config.hidden_size, rng) },
        }
    }

    /// Every token's representation and the pooled `[CLS]`.
    ///
    /// # Panics
    /// If the inputs' shapes differ, an id is outside its table or the sequence is longer than there are positions.
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> BertOutput {
        let [batch, _] = inputs.input_ids.dims();
        let hidden = self.encode(inputs, None, ctx); //                       [B, T, D]
        let first = hidden.select(1, 0); //                                   [B, D]
        debug_assert_eq!(first.shape()[0], batch);
        BertOutput { pooler_output: self.pool(&first, ctx), last_hidden_state: hidden }
    }

    /// As [`BertModel::forward`], with the last layer behind its attention computed only where somebody reads: at
    /// every `[CLS]` and at `rows` (b·T + t each). `last_hidden_state` holds `rows` in their order, `[rows, D]`; the numbers are
    /// the same.
    ///
    /// # Panics
    /// As [`BertModel::forward`], and if a row does not exist.
    #[track_caller]
    pub fn forward_rows(&self, inputs: &BertInputs, rows: &IntTensor, ctx: &mut Ctx) -> BertOutput {
        let [batch, time] = inputs.input_ids.dims();
        let firsts = (0..batch).map(|b| (b * time) as i64);
        let wanted: Vec<i64> = firsts.chain(rows.as_slice().iter().copied()).collect();
        let wanted = IntTensor::from_vec(wanted, &[batch + rows.len()]);
        let hidden = self.encode(inputs, Some(&wanted), ctx); //              [B + rows, D]
        let first = hidden.narrow(0, 0, batch); //                            [B, D]
        BertOutput { pooler_output: self.pool(&first, ctx), last_hidden_state: hidden.narrow(0, batch, rows.len()) }
    }

    #[track_caller]
    fn encode(&self, inputs: &BertInputs, rows: Option<&IntTensor>, ctx: &mut Ctx) -> Tensor {
        let mask = Mask::from_attention_mask(&inputs.attention_mask);
        let x = ctx.at("embeddings", |ctx| self.embeddings.forward(inputs, ctx)); // [B, T, D]
        ctx.at("encoder", |ctx| self.encoder.forward(&x, &mask, rows, ctx))
    }

    fn pool(&self, first: &Tensor, ctx: &mut Ctx) -> Tensor {
        let pooled = self.pooler.dense.forward(first).tanh(); //              [B, D]
        show!(ctx, "pooler", ["batch", "feature"], &pooled);
        pooled
    }
}
