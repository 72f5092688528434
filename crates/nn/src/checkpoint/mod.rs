//! Checkpoints: named arrays in files of the [safetensors](https://github.com/huggingface/safetensors) format, as Hugging Face
//! publishes them.
//!
//! A file starts with the length of a header and the header, which is JSON: for every array its name, type, shape and place; then
//! come the numbers. Reading one executes nothing and trusts nothing: every length is checked against the file before memory is
//! asked for.
//!
//! A large model stands in several such files, with an index that says which array is where: [`Weights`] is either.
//!
//! [`save`] and [`load`] are for the parameters of a model, [`save_arrays`] and [`load_arrays`] for anything else.

mod error;
mod load;
mod read;
mod weights;
mod write;

pub use error::{CheckpointError, NameDifference, ShapeDifference};
pub use load::{LoadOptions, LoadReport, load};
pub use read::load_arrays;
pub use weights::Weights;
pub use write::{save, save_arrays, save_with_metadata, write_atomically};

use std::collections::BTreeMap;

use jumok_tensor::Array;

/// Arrays and strings by name: the contents of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NamedArrays {
    /// The arrays.
    pub arrays: BTreeMap<String, Array>,
    /// Strings that are stored beside them.
    pub metadata: BTreeMap<String, String>,
}
