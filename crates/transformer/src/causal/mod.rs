//! A decoder alone: the Transformer as a language model (lecture, slides S18 and S19).
//!
//! p(x_1, …, x_T) = Π_t p(x_t | x_1, …, x_{t−1}): at every place the model says what comes next, and the causal mask hides
//! from each place what it is asked for. One pass over a text answers all places at once; only writing goes token by token.
//!
//! Reading order: [`CausalLanguageModelConfig`] (GPT-2's names), [`CausalBlock`] (attention and feed-forward behind their
//! norms), [`CausalLanguageModel`], [`PastKeyValues`] (what it has read already).

mod block;
mod config;
mod folder;
mod model;

pub use block::{CausalBlock, CausalFeedForward, CausalNorm, Rotation};
pub use config::{CausalLanguageModelConfig, FeedForwardKind, LanguageModelConfigError, NormKind};
pub use folder::LanguageModelError;
pub use model::{CausalLanguageModel, PastKeyValues, next_token_loss};
