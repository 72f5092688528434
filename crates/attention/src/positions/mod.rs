//! What attention is told about the order of its tokens.
//!
//! Scores do not know where a key stands: permute the keys, and the scores are permuted. Sinusoids ([`sinusoidal`]) and
//! learned vectors add the place to the token itself, before any layer. Three more act where queries meet keys instead, and
//! depend on the distance between the two alone:
//!
//! | | acts on | learned | used by |
//! |---|---|---|---|
//! | [`RotaryEmbedding`] | queries and keys, by turning them | no | GPT-J, LLaMA |
//! | [`AlibiBias`] | scores, by a bias that grows with the distance | no | BLOOM |
//! | [`T5RelativePositionBias`] | scores, by a bias for every class of distances | yes | T5 |
//!
//! Letters used for shapes: `B` batch, `H` heads, `T` tokens, `Tq` queries, `Tk` keys, `d` the width of a head.

mod alibi;
mod relative;
mod rotary;
mod sinusoidal;

pub use alibi::AlibiBias;
pub use relative::{T5RelativePositionBias, relative_position_bucket};
pub use rotary::{RopeParameters, RopeType, RotaryAngles, RotaryEmbedding, RotaryLayout};
pub use sinusoidal::{SinusoidLayout, sinusoidal};
