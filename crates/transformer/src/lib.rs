//! The Transformer's layers and stacks (Vaswani et al. 2017; lecture, slides S13–S22).
//!
//! Reading order: [`FeedForward`], [`EncoderLayer`] (attention and feed-forward, each with its residual and layer norm),
//! [`Encoder`] (layers on top of each other), [`positions`] (what tells the model where a token stands); then a decoder alone,
//! [`causal`], and how it writes, [`generation`]. [`probe`] measures what all this changed.
//!
//! Letters used for shapes: `B` batch, `T` tokens, `D` model width, `F` feed-forward width, `H` heads.

pub mod causal;
mod encoder;
mod feed_forward;
pub mod generation;
mod layer;
pub mod positions;
pub mod probe;

pub use encoder::Encoder;
pub use feed_forward::FeedForward;
pub use layer::{EncoderLayer, EncoderLayerConfig, LayerPaths};
