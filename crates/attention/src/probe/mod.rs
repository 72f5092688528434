//! What the lecture claims of self-attention, measured. Lessons, examples and tests ask the same functions.
//!
//! | slide | question | asked by |
//! |---|---|---|
//! | S13 | does the order of the tokens matter? | [`order_gap`] |
//! | S16 | what does √d_k do to the scores, the weights and the gradient? | [`Scaling`] |
//! | S17 | what does each head do, and what is missing without it? | [`Neighbours`] |

mod neighbours;
mod order;
mod scaling;

pub use neighbours::{Neighbours, NeighboursModel, Shares};
pub use order::order_gap;
pub use scaling::{Scaling, Sharpness};
