//! What can be typed after `jumok attend`.

use std::path::PathBuf;

use clap::Args;

/// What `attend` needs.
#[derive(Args, Debug)]
pub struct AttendArgs {
    /// Folder of a run, or of a BERT in Hugging Face's format.
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// The sentence; for BERT also two with `[SEP]` between them.
    pub text: String,
    /// The translation to look at, for a model that has a decoder [default: the model's own].
    #[arg(long, value_name = "TEXT")]
    pub target: Option<String>,
    /// The page to write.
    #[arg(long, value_name = "FILE", default_value = "attention.html")]
    pub out: PathBuf,
}
