//! What a token is, where it stands, and which sentence it belongs to: three vectors, added.

use jumok_nn::{Ctx, Dropout, Embedding, LayerNorm, Module, parameters, show};
use jumok_tensor::{IntTensor, Tensor};
use rand::Rng;

use crate::{BertConfig, BertInputs};

/// LayerNorm(word + position + segment), then dropout (Devlin et al. 2019, figure 2).
#[derive(Debug, Clone)]
pub struct BertEmbeddings {
    /// One vector a word piece: `[V, D]`. The masked-word head reads its answers off the same table.
    pub word_embeddings: Embedding,
    /// One vector a position: `[max_position_embeddings, D]`, learned.
    pub position_embeddings: Embedding,
    /// One vector a segment (sentence A or B): `[type_vocab_size, D]`.
    pub token_type_embeddings: Embedding,
    /// The norm of the sum.
    pub layer_norm: LayerNorm,
    /// The probability with which a feature is dropped in training.
    pub dropout: f64,
}

impl Module for BertEmbeddings {
    parameters!(word_embeddings, position_embeddings, token_type_embeddings, "LayerNorm" => layer_norm);
}

impl BertEmbeddings {
    pub(crate) fn new(config: &BertConfig, rng: &mut impl Rng) -> Self {
        let mut table = |rows: usize| Embedding::new(rows, config.hidden_size, rng);
        let words = table(config.vocab_size);
        Self {
            // What padding looks like is nothing to learn, even where a head reads its state.
            word_embeddings: Embedding { padding_idx: Some(config.pad_token_id), ..words },
            position_embeddings: table(config.max_position_embeddings),
            token_type_embeddings: table(config.type_vocab_size),
            layer_norm: LayerNorm::new(config.hidden_size, config.layer_norm_eps),
            dropout: config.hidden_dropout_prob,
        }
    }

    /// `[B, T]` ids to `[B, T, D]`.
    ///
    /// # Panics
    /// If an id is outside its table or the sequence is longer than there are positions.
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> Tensor {
        let [_, time] = inputs.input_ids.dims();
        // [T], the same for every sequence
        self.forward_at(inputs, &IntTensor::from_vec((0..time as i64).collect(), &[time]), ctx)
    }

    /// The same with each token at a place of its own: `positions` `[B, T]`, or `[T]` for all sequences.
    ///
    /// # Panics
    /// If an id or a position is outside its table.
    // ANCHOR: embeddings
    #[track_caller]
    pub fn forward_at(&self, inputs: &BertInputs, positions: &IntTensor, ctx: &mut Ctx) -> Tensor {
        let words = self.word_embeddings.forward(&inputs.input_ids); //            [B, T, D]
        let places = self.position_embeddings.forward(positions); //               [B, T, D] or [T, D]
        let segments = self.token_type_embeddings.forward(&inputs.token_type_ids); // [B, T, D]
        let sum = words + segments + places; //                                    [B, T, D]
        let x = self.layer_norm.forward(&sum);
        show!(ctx, "LayerNorm", ["batch", "token", "feature"], &x);
        Dropout::new(self.dropout).forward(&x, ctx)
    }
    // ANCHOR_END: embeddings
}
