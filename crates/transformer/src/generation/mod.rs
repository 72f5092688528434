//! Writing: from logits to the next token, again and again.
//!
//! Reading order: [`logits`] (what is done to the scores of a step), [`Sampling`] and [`GenerationOptions`] (how a token is
//! chosen), [`Generation`] (the loop, as an iterator of tokens).

pub mod logits;
mod options;
mod stream;

pub use options::{GenerationError, GenerationOptions, Sampling};
pub use stream::Generation;
