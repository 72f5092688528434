//! The layers that everything else is made of, one a file.

mod dropout;
mod embedding;
mod layer_norm;
mod linear;
mod rms_norm;

pub use dropout::Dropout;
pub use embedding::Embedding;
pub use layer_norm::LayerNorm;
pub use linear::Linear;
pub use rms_norm::RmsNorm;
