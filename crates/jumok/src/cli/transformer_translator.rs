//! What `jumok transformer train` and `jumok transformer translate` can be told.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use jumok_transformer::translation::TransformerConfig;

use super::translation::{PairArgs, TrainingArgs, TranslateArgs};
use super::{positive, positive_u64};

/// Settings of a training run.
#[derive(Args, Debug, Default)]
pub struct TransformerTrainArgs {
    /// The pairs.
    #[command(flatten)]
    pub data: PairArgs,
    /// Learn a vocabulary for each side, and embeddings for each, instead of one for both.
    #[arg(long, help_heading = "Data")]
    pub separate_vocabularies: bool,

    /// Size of the model [default: tiny].
    #[arg(long, value_name = "NAME", help_heading = "Model", value_parser = PossibleValuesParser::new(TransformerConfig::PRESETS))]
    pub preset: Option<String>,
    /// Width of a token, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub d_model: Option<usize>,
    /// Layers of the encoder, and as many of the decoder, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub layers: Option<usize>,
    /// Heads of each attention, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub heads: Option<usize>,
    /// Width of the feed-forward layers, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub ffn_dim: Option<usize>,
    /// Norm behind each sublayer, as the paper does, instead of before [default: for base only].
    #[arg(long, help_heading = "Model")]
    pub post_norm: bool,
    /// Probability of dropout [default: 0.1, for tiny 0].
    #[arg(long, value_name = "P", help_heading = "Model")]
    pub dropout: Option<f64>,

    /// Training steps [default: 2000].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive_u64)]
    pub steps: Option<u64>,
    /// Learning rate at its highest [default: 0.003 for tiny, 0.001 for small, 0.0007 for base].
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub lr: Option<f64>,
    /// Share of the target that is spread over all tokens, so that no answer is worth being quite sure of [default: 0.1, for tiny 0].
    #[arg(long, value_name = "SHARE", help_heading = "Training")]
    pub label_smoothing: Option<f64>,
    /// Translations that are followed at the same time in the final evaluation [default: 1].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive)]
    pub beam: Option<usize>,

    /// Go on with the run in this folder, with its own settings.
    #[arg(long, value_name = "DIR", help_heading = "Run", conflicts_with_all = [
        "task", "source", "target", "pairs", "valid_source", "valid_target", "valid_pairs", "held_out", "training_pairs",
        "held_out_pairs", "min_length", "max_length", "unit", "vocab_size", "keep_case", "max_tokens",
        "separate_vocabularies", "preset", "d_model", "layers", "heads", "ffn_dim", "post_norm", "dropout", "steps",
        "batch_size", "lr", "warmup_steps", "schedule", "weight_decay", "max_grad_norm", "label_smoothing", "beam", "seed",
        "shards", "out", "checkpoint_every", "eval_every",
    ])]
    pub resume: Option<PathBuf>,
    /// The rest.
    #[command(flatten)]
    pub training: TrainingArgs,
}

/// What `translate` needs.
#[derive(Args, Debug)]
pub struct TransformerTranslateArgs {
    /// What every translator needs.
    #[command(flatten)]
    pub sentence: TranslateArgs,
    /// The decoder's layer whose cross-attention is drawn, counted from 0 [default: the last].
    #[arg(long, value_name = "N")]
    pub layer: Option<usize>,
    /// The head that is drawn, counted from 0 [default: the mean of all].
    #[arg(long, value_name = "N")]
    pub head: Option<usize>,
}
