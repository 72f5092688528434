//! Recurrent networks, and what a translator was before the Transformer: an encoder–decoder without and with attention
//! (lecture, slides S03 and S06–S12).
//!
//! Reading order: [`Cell`] (one step of an RNN, a GRU, an LSTM), [`Recurrent`] (the loop over time), [`Seq2SeqConfig`],
//! [`Seq2Seq`] (encoder, attention, decoder; [`Seq2Seq::step`] is the heart of it), [`Readout`], then decoding:
//! [`Seq2Seq::greedy`] and [`Seq2Seq::beam`].
//!
//! [`probe`] looks into them: what they remember, how far their gradients reach, where their attention looks.
//!
//! [`captioning`] and [`music`] are the two applications of the lecture: the same attention over the places of a picture, and
//! over the frames of a sound.
//!
//! [`word2vec`] is what came before: vectors of words that no sentence changes.
//!
//! Letters used for shapes: `B` batch, `S` source tokens, `T` target tokens, `E` embedding size, `H` hidden size of a cell,
//! `M` width of an annotation, `V` target vocabulary.

mod attention;
pub mod captioning;
mod cell;
mod config;
mod decoding;
mod folder;
mod language_model;
mod model;
pub mod music;
pub mod probe;
mod readout;
mod recurrent;
pub mod word2vec;

pub use attention::ScoreFunction;
pub use cell::{Cell, CellKind, State};
pub use config::{AttentionKind, ConfigError, InitialState, ReadoutKind, ScoreKind, Seq2SeqConfig, UnknownChoice};
pub use folder::Seq2SeqError;
pub use jumok_nn::translation::{
    BeamOptions, DecodingOptions, GreedyOutput, Seq2SeqBatch, Seq2SeqLoss, SpecialTokens, Translation,
};
pub use language_model::RecurrentLanguageModel;
pub use model::{Memory, Seq2Seq, Seq2SeqOutput, Step};
pub use readout::{Readout, ReadoutInputs};
pub use recurrent::{Recurrent, RecurrentConfig, RecurrentOutput};
