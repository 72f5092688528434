//! What can be wrong with what is to be judged.

/// An error of this crate: what was wrong and what would do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetricError {
    /// Two lists that belong together differ in length.
    #[error("{left_count} {left}, but {right_count} {right}: there must be one for each")]
    LengthMismatch {
        /// What the first list holds.
        left: &'static str,
        /// Its length.
        left_count: usize,
        /// What the second list holds.
        right: &'static str,
        /// Its length.
        right_count: usize,
    },
    /// Nothing to compare with.
    #[error("no reference at all: give at least one reference translation for each sentence")]
    NoReference,
    /// A tag that the scheme does not have.
    #[error("{tag:?} is no tag of the IOB2 scheme: use O, B-TYPE or I-TYPE")]
    UnknownTag {
        /// The tag.
        tag: String,
    },
    /// A name that nothing has.
    #[error("unknown {what} {name:?}: use {known}")]
    UnknownName {
        /// What the name should be of.
        what: &'static str,
        /// The name.
        name: String,
        /// The names that exist.
        known: &'static str,
    },
}

impl MetricError {
    /// Fails unless both lists have the same length.
    pub(crate) fn same_length(
        left: &'static str,
        left_count: usize,
        right: &'static str,
        right_count: usize,
    ) -> Result<(), MetricError> {
        match left_count == right_count {
            true => Ok(()),
            false => Err(MetricError::LengthMismatch { left, left_count, right, right_count }),
        }
    }
}
