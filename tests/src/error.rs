use jumok_testkit::TestkitError;

/// Why a case has no result.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The project does not have this kind yet: the case is missing, which is neither passed nor failed.
    #[error("{kind} is not built yet")]
    NotBuilt {
        /// What is missing: the case's `op`, and what of it if a part of the op is built.
        kind: String,
    },
    /// A tensor or an attribute of the case is missing or of another type.
    #[error(transparent)]
    Case(#[from] TestkitError),
    /// The case asks for something that does not exist or contradicts itself.
    #[error("case {case}: {reason}")]
    Unsuitable {
        /// The case's name.
        case: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Parts of the case had no influence on the result, so it cannot be what the case asks for.
    #[error("case {case}: nothing looked at {}", .parts.join(", "))]
    Overlooked {
        /// The case's name.
        case: String,
        /// Inputs, parameters and attributes, such as `in.mask` or `attribute eps`.
        parts: Vec<String>,
    },
    /// The code under test panicked.
    #[error("panicked: {message}")]
    Panicked {
        /// The panic's text.
        message: String,
    },
}

impl CaseError {
    /// A kind that is not built yet.
    pub(crate) fn not_built(kind: impl Into<String>) -> Self {
        Self::NotBuilt { kind: kind.into() }
    }
}
