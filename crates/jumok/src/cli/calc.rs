//! What can be typed after `jumok calc`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jumok_lecture::calculator::NumberFormat;

use super::{positive, positive_f64};

/// How weights are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// 4 bytes.
    F32,
    /// 2 bytes.
    F16,
    /// 2 bytes with the range of f32.
    Bf16,
    /// 1 byte.
    Int8,
    /// Half a byte.
    Int4,
}

impl From<FormatName> for NumberFormat {
    fn from(name: FormatName) -> NumberFormat {
        match name {
            FormatName::F32 => NumberFormat::F32,
            FormatName::F16 => NumberFormat::F16,
            FormatName::Bf16 => NumberFormat::Bf16,
            FormatName::Int8 => NumberFormat::Int8,
            FormatName::Int4 => NumberFormat::Int4,
        }
    }
}

/// What `calc` needs.
#[derive(Args, Debug)]
pub struct CalcArgs {
    /// A name such as `llama-7b`, a config.json, or the folder of a model; without it the names are listed.
    pub model: Option<String>,
    /// Tokens of a text [default: what the model was made for, or 512].
    #[arg(long, value_name = "N", value_parser = positive, requires = "model")]
    pub context: Option<usize>,
    /// Texts at the same time [default: 1].
    #[arg(long, value_name = "N", value_parser = positive, requires = "model")]
    pub batch: Option<usize>,
    /// How the weights are stored where the model is used [default: f16].
    #[arg(long, value_enum, value_name = "FORMAT", requires = "model")]
    pub format: Option<FormatName>,
    /// Tokens of the training run, such as 300e9 [default: 20 for each parameter].
    #[arg(long, value_name = "N", value_parser = positive_f64, requires = "model")]
    pub training_tokens: Option<f64>,
    /// Measure what this machine can do at most, and what the model can reach on it.
    #[arg(long, requires = "model")]
    pub roofline: bool,
    /// The same for another machine: its peak in 10⁹ operations a second.
    #[arg(long, value_name = "GFLOPS", value_parser = positive_f64, requires = "bandwidth", conflicts_with = "roofline")]
    pub peak: Option<f64>,
    /// And its memory in 10⁹ bytes a second.
    #[arg(long, value_name = "GB", value_parser = positive_f64, requires = "peak", requires = "model")]
    pub bandwidth: Option<f64>,
    /// Also draw the roofline into this file.
    #[arg(long, value_name = "FILE", requires = "model")]
    pub svg: Option<PathBuf>,
    /// Print one line of JSON instead.
    #[arg(long, requires = "model")]
    pub json: bool,
}
