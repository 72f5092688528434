//! Tags for music: which sounds are in a clip, and which of its frames say so (lecture, slide S11).
//!
//! The figure of the slide shows *self*-attention over the frames of a spectrogram (Won, Chun and Serra 2019, arXiv:1906.04972;
//! erratum E9): the frames ask one another, and then every tag asks the frames. [`Tag::sound`] makes the sounds, [`Spectrogram`]
//! their frames, [`Clip`] joins two of them; [`MusicTagger`] learns from clips and their tags alone, and [`TaggingScores`] and
//! [`attention_on_own_segment`] tell how well, and whether it listens to the right half.
//!
//! Letters used for shapes: `B` batch, `T` frames, `F` bands of the spectrum, `D` width of the model, `H` heads, `G` tags.

mod clip;
mod model;
mod scores;
mod sound;
mod spectrogram;

pub use clip::{Clip, ClipBatch, ClipMaker};
pub use model::{MusicTagger, MusicTaggerConfig, TaggerOutput};
pub use scores::{TaggingScores, attention_on_own_segment};
pub use sound::{SAMPLE_RATE, Tag};
pub use spectrogram::Spectrogram;
