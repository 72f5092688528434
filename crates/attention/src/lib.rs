//! Attention, from the single lookup to many heads (lecture parts 1 and 2, slides S04–S20).
//!
//! The ladder, each rung calling the one below:
//!
//! 1. [`soft_dictionary`]: from looking a key up to asking all keys a little.
//! 2. [`score`]: how well a key fits a query; six functions behind one trait.
//! 3. [`distribution`]: from scores to [`Weights`], under a [`Mask`] of who may look at whom.
//! 4. [`value`]: the mean of the [`Values`] under the weights.
//! 5. [`plain_attention`]: the three steps in a row, with any score.
//! 6. [`scaled_dot_product`](scaled_dot_product()): the same in many heads with q·k/√d, the heart of the Transformer.
//! 7. [`attended`]: its value from one fused operation, where nobody asks for the weights.
//! 8. [`heads`]: many heads side by side.
//! 9. [`MultiHeadAttention`]: with learned projections around them.
//! 10. [`KeyValueCache`]: what a decoder keeps of its past, so that a new token costs one token.
//!
//! Beside it, [`positions`]: what attention is told about the order of its tokens (sinusoids, rotary, ALiBi, T5's bias);
//! and [`probe`], which measures what the lecture claims.
//!
//! Letters used for shapes: `B` batch, `H` heads, `Tq` queries, `Tk` keys, `D` model width, `d_k` and `d_v` the widths of
//! one head's keys and values.

mod cache;
pub mod distribution;
mod fused;
pub mod heads;
mod mask;
mod multi_head;
mod plain;
pub mod positions;
pub mod probe;
mod scaled_dot_product;
pub mod score;
mod single_heads;
pub mod soft_dictionary;
pub mod value;

pub use cache::KeyValueCache;
pub use distribution::{NotADistribution, Weights};
pub use fused::attended;
pub use mask::{Causal, Mask};
pub use multi_head::{MultiHeadAttention, MultiHeadConfig, MultiHeadOutput};
pub use plain::{PlainAttention, plain_attention};
pub use scaled_dot_product::{Attention, AttentionOptions, attend, scaled_dot_product};
pub use score::{PreparedKeys, Score, Scores};
pub use soft_dictionary::SoftDictionary;
pub use value::{Context, Values};
