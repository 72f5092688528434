//! What can be typed after `jumok inspect`.

use std::path::PathBuf;

use clap::Args;

/// What `inspect` needs.
#[derive(Args, Debug)]
pub struct InspectArgs {
    /// A safetensors file, an index of several, or the folder of a model.
    #[arg(required_unless_present = "hub")]
    pub path: Option<PathBuf>,
    /// Fetch this model of the Hugging Face Hub first; only in a build with `--features hub`.
    #[arg(long, value_name = "NAME", conflicts_with = "path")]
    pub hub: Option<String>,
    /// Folder for the model of --hub [default: models/NAME].
    #[arg(long, value_name = "DIR", requires = "hub")]
    pub out: Option<PathBuf>,
    /// Levels of the tree to show; deeper ones are summed up [default: all].
    #[arg(long, value_name = "N", value_parser = super::positive)]
    pub depth: Option<usize>,
}
