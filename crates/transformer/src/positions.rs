//! Where a token stands: what is added to the embeddings before the first layer. What acts on queries, keys and scores instead
//! is in [`jumok_attention::positions`] too.

pub use jumok_attention::positions::{SinusoidLayout, sinusoidal};
