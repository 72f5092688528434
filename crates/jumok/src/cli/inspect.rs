//! What can be typed after `jumok inspect`.

use std::path::PathBuf;

use clap::Args;

/// What `inspect` needs.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// A safetensors file, an index of several, or the folder of a model.
    pub path: PathBuf,
    /// Levels of the tree to show; deeper ones are summed up [default: all].
    #[arg(long, value_name = "N", value_parser = super::positive)]
    pub depth: Option<usize>,
}
