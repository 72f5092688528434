//! What all encoder–decoders share, recurrent or Transformer: batches of pairs, the loss over them, and decoding.
//!
//! A model that writes word by word says so by [`StepDecoder`]; [`greedy`] and [`beam_search`] do the rest.
//!
//! Letters used for shapes: `B` batch, `S` source tokens, `T` target tokens, `V` target vocabulary, `L` steps of decoding.

mod batch;
mod beam;
mod greedy;
mod loss;

use jumok_tensor::{Array, IntTensor, Tensor};

use crate::Ctx;

pub use batch::{Seq2SeqBatch, all_but_one_column, framed, padded, without_padding};
pub use beam::{BeamOptions, beam_search};
pub use greedy::{DecodingOptions, GreedyOutput, greedy};
pub use loss::Seq2SeqLoss;

/// The ids of the tokens that stand for no word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpecialTokens {
    /// Fills rows up to the length of their batch.
    pub pad: i64,
    /// What a decoder reads before the first word.
    pub bos: i64,
    /// What it writes behind the last.
    pub eos: i64,
}

/// A decoder in the middle of its sentences, one a row.
pub trait StepDecoder {
    /// Reads the next token of every row, `tokens` `[rows]`, and says how likely each token is to follow.
    fn step(&mut self, tokens: &IntTensor, ctx: &mut Ctx) -> DecoderStep;

    /// Row r goes on from where row `rows[r]` was. Both have the same source.
    fn reorder(&mut self, rows: &[usize]);
}

/// What a decoder says at a step.
#[derive(Debug, Clone)]
pub struct DecoderStep {
    /// A score for every token, `[rows, V]`.
    pub logits: Tensor,
    /// Where it looked in the source, `[rows, S]`; `None` from a decoder that does not say.
    pub weights: Option<Tensor>,
}

/// A translated sentence.
#[derive(Debug, Clone)]
pub struct Translation {
    /// The words, without bos and eos.
    pub tokens: Vec<i64>,
    /// log p of all of them, and of eos if it came.
    pub log_probability: f64,
    /// Where each word looked, and eos if it came: `[words, source tokens]`; `None` from a decoder that does not say.
    pub attention: Option<Array>,
    /// Whether eos came before the longest length.
    pub finished: bool,
}
