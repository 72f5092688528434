//! Looking into an encoder–decoder: which words it remembers, how far its gradients reach, where its attention looks (lecture,
//! slides S03 and S10).
//!
//! | question | answered by |
//! |---|---|
//! | How much does each word of the source move what the decoder is given? | [`context_shifts`] |
//! | How much of the loss's gradient arrives at each state of the encoder? | [`gradient_norms`], [`factor_per_step`] |
//! | Does each written word look at the word it was made of? | [`Alignment`] |
//!
//! All of them look at sequences of [`Symbols`] that have to be said again, forwards or backwards: there it is known which word
//! of the source each word of the answer is made of.

mod alignment;
mod gradient;
mod reader;
mod recency;
mod symbols;

pub use alignment::Alignment;
pub use gradient::{factor_per_step, first_symbol_batch, gradient_norms};
pub use reader::Reader;
pub use recency::{context_shifts, last_quarter_share};
pub use symbols::{Order, Symbols, TrainingOptions};
