//! Attention, from the single lookup to many heads (lecture parts 1 and 2, slides S04–S20).
//!
//! The ladder, each rung calling the one below:
//!
//! 1. [`Mask`]: who may look at whom.
//! 2. [`scaled_dot_product`]: score → distribution → value, the heart of the Transformer.
//! 3. [`attended`]: the same value from one fused operation, where nobody asks for the weights.
//! 4. [`heads`]: many heads side by side.
//! 5. [`MultiHeadAttention`]: with learned projections around them.
//!
//! Letters used for shapes: `B` batch, `H` heads, `Tq` queries, `Tk` keys, `D` model width, `d_k` and `d_v` the widths of
//! one head's keys and values.

mod fused;
pub mod heads;
mod mask;
mod multi_head;
mod scaled_dot_product;

pub use fused::attended;
pub use mask::{Causal, Mask};
pub use multi_head::{MultiHeadAttention, MultiHeadConfig, MultiHeadOutput};
pub use scaled_dot_product::{Attention, AttentionOptions, attend, scaled_dot_product};
