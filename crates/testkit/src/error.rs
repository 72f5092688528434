use std::path::PathBuf;

use crate::AttrError;

/// What can go wrong between a folder of cases and a test.
#[derive(Debug, thiserror::Error)]
pub enum TestkitError {
    /// A file or folder could not be read or written.
    #[error("{action} {path}: {source}")]
    Io {
        /// What was tried, for example `cannot read`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The reason of the operating system.
        source: std::io::Error,
    },
    /// A `.json` file is not JSON, or a field has another type than a case's has.
    #[error("{path} is not a reference case: {source}")]
    Json {
        /// The file.
        path: PathBuf,
        /// Line, column and reason.
        source: serde_json::Error,
    },
    /// A `.safetensors` file is damaged, or is none.
    #[error("{path} cannot be used as a safetensors file: {source}")]
    Safetensors {
        /// The file.
        path: PathBuf,
        /// The reason of the safetensors library.
        source: safetensors::SafeTensorError,
    },
    /// A tensor's element type has no counterpart in [`crate::Values`].
    #[error("{path}: tensor {tensor} holds {dtype}; known are F32, F64, BOOL and the integers up to I64")]
    UnsupportedDtype {
        /// The file.
        path: PathBuf,
        /// The tensor's name.
        tensor: String,
        /// Its element type as the file names it.
        dtype: String,
    },
    /// A case was asked for a tensor which it does not have.
    #[error("case {case} has no tensor {tensor}; it has {present}")]
    NoTensor {
        /// The case's name.
        case: String,
        /// The name that was asked for.
        tensor: String,
        /// The names that are there.
        present: String,
    },
    /// A case's attribute is missing or of another type.
    #[error("case {case}: {source}")]
    Attr {
        /// The case's name.
        case: String,
        /// Which attribute, what was expected and what was found.
        source: AttrError,
    },
}
