//! Captions for images: a decoder that looks at the place it is speaking of (Xu et al. 2015, "Show, Attend and Tell"; lecture,
//! slide S12).
//!
//! [`Scene`] draws small pictures of two coloured shapes and knows what is to be said of them, [`CaptionData`] makes batches of
//! them; [`Captioner`] learns to say it
//! from pictures and captions alone. Nobody tells it where it should look; [`CaptionScores`] counts how often it looks at the
//! object that its word names.
//!
//! Letters used for shapes: `B` batch, `N` cells of the picture's grid, `P` numbers of a cell, `D` width of an annotation,
//! `T` target words, `E` embedding size, `H` hidden size of the decoder, `V` vocabulary.

mod data;
mod model;
mod scene;
mod scores;

pub use data::CaptionData;
pub use model::{Caption, CaptionBatch, Captioner, CaptionerConfig, PatchEncoder, PictureMemory};
pub use scene::{CaptionWord, Color, Object, Relation, Scene, Shape, Split, scenes};
pub use scores::CaptionScores;
