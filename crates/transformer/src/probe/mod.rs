//! What the Transformer changed, measured (lecture, slide S21): how many steps wait for one another ([`longest_chain`]), what is
//! remembered over a distance ([`Recall`]), how the loss goes with the size ([`PowerLaw`]), and whether a head that looks at the
//! answer is what makes it right ([`without_head`]).
//!
//! The tasks know no model: they take its logits. So a recurrent network is asked the same as a Transformer.

mod chain;
mod heads;
mod power_law;
mod recall;
mod training;

pub use chain::{longest_chain, reads_other_tokens};
pub use heads::{attention_weights, without_head, without_heads};
pub use power_law::{PowerLaw, PowerLawError};
pub use recall::{Recall, RecallBatch, RecallError, Recalled};
pub use training::{TrainingOptions, train};
