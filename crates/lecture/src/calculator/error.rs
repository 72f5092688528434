//! Why a model cannot be calculated.

/// A configuration that says too little, or what no model can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CalculatorError {
    /// There is no preset of this name.
    #[error("there is no preset {name:?}: choose one of {known}, or give a config.json")]
    UnknownPreset {
        /// The name asked for.
        name: String,
        /// Those there are.
        known: String,
    },
    /// A kind of model that is not known.
    #[error("the configuration is of model_type {model_type:?}, but only {known} can be calculated")]
    UnknownType {
        /// Its `model_type`; empty if it names none.
        model_type: String,
        /// Those that are known.
        known: String,
    },
    /// A field that the kind of model needs.
    #[error("a configuration of model_type {model_type:?} needs a whole number {field}, but has {found}")]
    Field {
        /// Its `model_type`.
        model_type: String,
        /// The field.
        field: &'static str,
        /// What stands there.
        found: String,
    },
    /// Sizes that do not go together, or are too large to count with.
    #[error("no model has these sizes: {rule}")]
    Sizes {
        /// The rule that they break.
        rule: String,
    },
}
