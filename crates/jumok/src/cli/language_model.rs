//! What can be typed after `jumok transformer train-lm` and `jumok transformer generate`.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use jumok_text::Unit;
use jumok_transformer::causal::CausalLanguageModelConfig;

use super::translation::unit;
use super::{Lang, positive, positive_u64, seed};

/// Settings of a training run.
#[derive(Args, Debug, Default)]
pub struct LanguageModelTrainArgs {
    /// A text file to train on, UTF-8; its end is held out.
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    pub text: Option<PathBuf>,
    /// The built-in stories to train on if there is no --text [default: en].
    #[arg(long, value_enum, value_name = "LANG", conflicts_with = "text", help_heading = "Data")]
    pub corpus: Option<Lang>,
    /// Share of the characters of --text that is held out for the evaluation [default: 0.1].
    #[arg(long, value_name = "SHARE", requires = "text", help_heading = "Data")]
    pub held_out: Option<f64>,
    /// What a token is [default: characters for --text, words for the built-in stories].
    #[arg(long, value_name = "UNIT", value_parser = unit(), help_heading = "Data")]
    pub unit: Option<Unit>,
    /// Tokens of the vocabulary at most [default: 4000].
    #[arg(long, value_name = "N", help_heading = "Data", value_parser = positive)]
    pub vocab_size: Option<usize>,

    /// Size of the model [default: nanogpt].
    #[arg(long, value_name = "NAME", help_heading = "Model", value_parser = PossibleValuesParser::new(CausalLanguageModelConfig::PRESETS))]
    pub preset: Option<String>,
    /// Tokens that the model sees at once, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub n_positions: Option<usize>,
    /// Width of a token, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub n_embd: Option<usize>,
    /// Number of blocks, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub n_layer: Option<usize>,
    /// Number of attention heads, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub n_head: Option<usize>,
    /// Probability of dropout in the whole model [default: 0].
    #[arg(long, value_name = "P", help_heading = "Model")]
    pub dropout: Option<f64>,

    /// Training steps [default: 2000].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive_u64)]
    pub steps: Option<u64>,
    /// Windows of the text a step [default: 12].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive)]
    pub batch_size: Option<usize>,
    /// Learning rate at its highest [default: 0.003, for models wider than 256 0.0006].
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub lr: Option<f64>,
    /// Learning rate at the end of the half cosine on which it falls [default: a tenth of --lr].
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub min_lr: Option<f64>,
    /// Steps in which the learning rate rises from zero [default: a twentieth of --steps].
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub warmup_steps: Option<u64>,
    /// Decoupled weight decay of AdamW [default: 0.1].
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub weight_decay: Option<f64>,
    /// Longest gradient; a longer one is shortened to it [default: 1].
    #[arg(long, value_name = "NORM", help_heading = "Training")]
    pub max_grad_norm: Option<f64>,
    /// Everything random follows from it [default: 0].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = seed)]
    pub seed: Option<u64>,
    /// Parts of a batch that are worked on side by side; part of the result, unlike --threads [default: 2].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive)]
    pub shards: Option<usize>,

    /// Folder of the run; it must be new or empty [default: runs/lm-PRESET-NUMBER].
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub out: Option<PathBuf>,
    /// Go on with the run in this folder, with its own settings.
    #[arg(long, value_name = "DIR", help_heading = "Run", conflicts_with_all = [
        "text", "corpus", "held_out", "unit", "vocab_size", "preset", "n_positions", "n_embd", "n_layer", "n_head", "dropout",
        "steps", "batch_size", "lr", "min_lr", "warmup_steps", "weight_decay", "max_grad_norm", "seed", "shards", "out",
        "checkpoint_every", "eval_every",
    ])]
    pub resume: Option<PathBuf>,
    /// Steps between two checkpoints [default: a tenth of --steps, at most 1000].
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = positive_u64)]
    pub checkpoint_every: Option<u64>,
    /// Steps between two evaluations on held-out text [default: a tenth of --steps].
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = positive_u64)]
    pub eval_every: Option<u64>,
    /// Stop after this step with a checkpoint, as Ctrl-C would.
    #[arg(long, value_name = "STEP", help_heading = "Run", value_parser = positive_u64)]
    pub stop_after: Option<u64>,
}

/// What `generate` needs.
#[derive(Args, Debug)]
pub struct GenerateArgs {
    /// Folder of a run of `train-lm`.
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// The beginning of the text.
    #[arg(long, value_name = "TEXT")]
    pub prompt: String,
    /// Tokens to write at most.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = positive)]
    pub max_new_tokens: usize,
    /// Take the likeliest token at every step instead of drawing one.
    #[arg(long, conflicts_with_all = ["temperature", "top_k", "top_p", "seed"])]
    pub greedy: bool,
    /// Below 1 likely tokens become likelier, above 1 all become more alike [default: 1].
    #[arg(long, value_name = "T")]
    pub temperature: Option<f64>,
    /// Draw among so many of the likeliest tokens only.
    #[arg(long, value_name = "K", value_parser = positive)]
    pub top_k: Option<usize>,
    /// Draw among the likeliest tokens that together have this probability only.
    #[arg(long, value_name = "P")]
    pub top_p: Option<f64>,
    /// Makes tokens that the text already has rarer by this factor; 1 changes nothing.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    pub repetition_penalty: f64,
    /// The draws follow from it [default: 0].
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Compute the keys and values of the whole text again for every token, to see what the cache saves.
    #[arg(long)]
    pub no_cache: bool,
}
