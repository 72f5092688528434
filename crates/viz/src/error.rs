use std::io;
use std::path::PathBuf;

/// What can go wrong when a picture is drawn or saved.
#[derive(Debug, thiserror::Error)]
pub enum VizError {
    /// A file could not be written; an older file of that name is left as it was.
    #[error("cannot write {path}: {source}; check that the folder exists, can be written to and is not full")]
    Save {
        /// The file that was to be written.
        path: PathBuf,
        /// The reason of the operating system.
        source: io::Error,
    },
    /// A page would hold more numbers than a browser shows.
    #[error("the page would hold {numbers} numbers, more than the {most} that a browser shows: give a shorter text")]
    TooLarge {
        /// Weights, scores, queries and keys together.
        numbers: usize,
        /// The most that a page takes.
        most: usize,
    },
    /// The library that draws the curves refused to.
    #[error("cannot draw the curves: {0}")]
    Draw(
        /// Its reason.
        String,
    ),
}
