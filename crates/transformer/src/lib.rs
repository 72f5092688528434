//! The Transformer's layers and stacks (Vaswani et al. 2017; lecture, slides S13–S22).
//!
//! Reading order: [`FeedForward`], [`EncoderLayer`] (attention and feed-forward, each with its residual and layer norm),
//! [`Encoder`] (layers on top of each other), [`positions`] (what tells the model where a token stands), [`DecoderLayer`] (one
//! attention more: to the source), [`Decoder`], [`EncoderDecoder`] (the whole), [`translation`] (with embeddings and output
//! layer); then a decoder alone, [`causal`], and how it writes, [`generation`]. [`probe`] measures what all this changed.
//!
//! Letters used for shapes: `B` batch, `T` (target) tokens, `S` source tokens, `D` model width, `F` feed-forward width, `H` heads,
//! `V` vocabulary.

pub mod causal;
mod decoder;
mod decoder_layer;
mod encoder;
mod encoder_decoder;
mod feed_forward;
pub mod generation;
mod layer;
pub mod positions;
pub mod probe;
pub mod translation;

pub use decoder::{Decoder, DecoderCache};
pub use decoder_layer::{DecoderLayer, DecoderLayerCache};
pub use encoder::Encoder;
pub use encoder_decoder::{EncoderDecoder, EncoderDecoderMasks};
pub use feed_forward::FeedForward;
pub use layer::{EncoderLayer, EncoderLayerConfig, LayerPaths};
