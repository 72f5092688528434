//! The Transformer of the paper: embeddings with positions, encoder, decoder, output layer (Vaswani et al. 2017; lecture, slide
//! S20).
//!
//! Reading order: [`TransformerConfig`] (the names of Marian's and BART's checkpoints), [`TransformerForTranslation`], then how it
//! translates: [`TransformerForTranslation::greedy`], [`TransformerForTranslation::beam`], and where it looks while it does:
//! [`TransformerForTranslation::cross_attention`].

mod config;
mod decoding;
mod folder;
mod model;

pub use config::{TransformerConfig, TransformerConfigError};
pub use decoding::TranslationCache;
pub use model::{Memory, TransformerForTranslation};
