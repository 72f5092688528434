//! Recurrent networks, and what a translator was before the Transformer: an encoder–decoder without and with attention
//! (lecture, slides S03 and S06–S12).
//!
//! [`word2vec`] is what came before: vectors of words that no sentence changes.
//!
//! Letters used for shapes: `B` batch, `S` source tokens, `T` target tokens, `E` embedding size, `H` hidden size of a cell.

mod cell;
mod recurrent;
pub mod word2vec;

pub use cell::{Cell, CellKind, State};
pub use recurrent::{Recurrent, RecurrentConfig, RecurrentOutput};
