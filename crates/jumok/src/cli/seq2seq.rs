//! What can be typed after `jumok seq2seq`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use jumok_seq2seq::{AttentionKind, CellKind, ScoreKind, Seq2SeqConfig};

use super::translation::{PairArgs, TrainingArgs, TranslateArgs, chosen_by_name};
use super::{Lang, positive, positive_u64, seed};

/// The commands for encoder–decoders.
#[derive(Debug, Subcommand)]
pub enum Seq2SeqCommand {
    /// Train a translator on a generated task or on your own sentences, from a fresh model or where a run was stopped.
    Train(Box<Seq2SeqTrainArgs>),
    /// Translate a sentence, and draw which words each word of the translation looked at.
    Translate(TranslateArgs),
    /// Run one of the experiments of the lecture.
    #[command(subcommand)]
    Experiment(ExperimentCommand),
}

/// The experiments.
#[derive(Debug, Subcommand)]
pub enum ExperimentCommand {
    /// Slide S03: accuracy against the length of the sentence, with one fixed context vector and with attention.
    Bottleneck(BottleneckArgs),
    /// Slide S03: how much each word of a sentence moves what the decoder is given, with one fixed context vector and with attention.
    Recency(RecencyArgs),
    /// Slide S03: how much of the loss's gradient arrives at each state of the encoder.
    VanishingGradient(VanishingGradientArgs),
    /// Slide S11: tags for music, and where in a clip each tag listens.
    Tagging(TaggingArgs),
    /// Slide S12: captions for images, and where in a picture each word looks.
    Captioning(CaptioningArgs),
}

chosen_by_name!(attention, AttentionKind, AttentionKind::ALL);
chosen_by_name!(score, ScoreKind, ScoreKind::ALL);
chosen_by_name!(cell, CellKind, CellKind::ALL);

/// Settings of a training run.
#[derive(Args, Debug, Default)]
pub struct Seq2SeqTrainArgs {
    /// The pairs.
    #[command(flatten)]
    pub data: PairArgs,

    /// Size of the model [default: tiny].
    #[arg(long, value_name = "NAME", help_heading = "Model", value_parser = PossibleValuesParser::new(Seq2SeqConfig::PRESETS))]
    pub preset: Option<String>,
    /// What the decoder sees of the source: one fixed vector, or attention after Bahdanau or Luong [default: bahdanau].
    #[arg(long, value_name = "KIND", value_parser = attention(), help_heading = "Model")]
    pub attention: Option<AttentionKind>,
    /// How attention scores [default: additive for bahdanau, general for luong].
    #[arg(long, value_name = "KIND", value_parser = score(), help_heading = "Model")]
    pub score: Option<ScoreKind>,
    /// The recurrent cell of encoder and decoder [default: gru].
    #[arg(long, value_name = "KIND", value_parser = cell(), help_heading = "Model")]
    pub cell: Option<CellKind>,
    /// Width of states, embeddings and hidden layers, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub hidden_size: Option<usize>,
    /// Layers of the encoder [default: 1].
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub encoder_layers: Option<usize>,
    /// Let the encoder read from left to right only.
    #[arg(long, help_heading = "Model")]
    pub one_direction: bool,
    /// Probability of dropout [default: 0].
    #[arg(long, value_name = "P", help_heading = "Model")]
    pub dropout: Option<f64>,

    /// Training steps [default: 2000].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive_u64)]
    pub steps: Option<u64>,
    /// Probability with which the decoder reads the right token rather than its own [default: 1].
    #[arg(long, value_name = "P", help_heading = "Training")]
    pub teacher_forcing: Option<f64>,
    /// Learning rate at its highest [default: 0.005 for tiny, 0.001 for small].
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub lr: Option<f64>,
    /// Go on with the run in this folder, with its own settings.
    #[arg(long, value_name = "DIR", help_heading = "Run", conflicts_with_all = [
        "task", "source", "target", "pairs", "valid_source", "valid_target", "valid_pairs", "held_out", "training_pairs",
        "held_out_pairs", "min_length", "max_length", "unit", "vocab_size", "keep_case", "max_tokens", "preset", "attention",
        "score", "cell", "hidden_size", "encoder_layers", "one_direction", "dropout", "steps", "batch_size",
        "teacher_forcing", "lr", "warmup_steps", "schedule", "weight_decay", "max_grad_norm", "seed", "shards", "out",
        "checkpoint_every", "eval_every",
    ])]
    pub resume: Option<PathBuf>,
    /// The rest.
    #[command(flatten)]
    pub training: TrainingArgs,
}

/// Settings of the experiment on the bottleneck.
#[derive(Args, Debug)]
pub struct BottleneckArgs {
    /// The task: reverse or copy.
    #[arg(long, value_name = "NAME", default_value = "reverse", value_parser = PossibleValuesParser::new(["reverse", "copy"]))]
    pub task: String,
    /// The recurrent cell of encoder and decoder.
    #[arg(long, value_name = "KIND", default_value = "gru", value_parser = cell())]
    pub cell: CellKind,
    /// Symbols of the longest sequence; the shortest has four.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive)]
    pub max_length: usize,
    /// Training steps of each of the two models.
    #[arg(long, value_name = "N", default_value_t = 1500, value_parser = positive_u64)]
    pub steps: u64,
    /// Width of states, embeddings and hidden layers.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = positive)]
    pub hidden_size: usize,
    /// Held-out sequences of each length.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = positive)]
    pub held_out_pairs: usize,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = seed)]
    pub seed: u64,
    /// Where the plot is drawn.
    #[arg(long, value_name = "FILE", default_value = "bottleneck.svg")]
    pub svg: PathBuf,
}

/// Settings of the experiment on what is remembered of each word.
#[derive(Args, Debug)]
pub struct RecencyArgs {
    /// The task: copy or reverse.
    #[arg(long, value_name = "NAME", default_value = "copy", value_parser = PossibleValuesParser::new(["reverse", "copy"]))]
    pub task: String,
    /// Symbols of a sequence.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = positive)]
    pub length: usize,
    /// Training steps of each model; 0 leaves them fresh.
    #[arg(long, value_name = "N", default_value_t = 300)]
    pub steps: u64,
    /// Width of states, embeddings and hidden layers.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive)]
    pub hidden_size: usize,
    /// Sequences that are changed, each at every position.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = positive)]
    pub sentences: usize,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = seed)]
    pub seed: u64,
    /// Where the plot is drawn.
    #[arg(long, value_name = "FILE", default_value = "recency.svg")]
    pub svg: PathBuf,
}

/// Settings of the experiment on the vanishing gradient.
#[derive(Args, Debug)]
pub struct VanishingGradientArgs {
    /// Symbols of a sequence.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = positive)]
    pub length: usize,
    /// Width of states, embeddings and hidden layers.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive)]
    pub hidden_size: usize,
    /// Sequences over which the loss is the mean.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive)]
    pub sentences: usize,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = seed)]
    pub seed: u64,
    /// Where the plot is drawn.
    #[arg(long, value_name = "FILE", default_value = "vanishing-gradient.svg")]
    pub svg: PathBuf,
}

/// Settings of the experiment on music.
#[derive(Args, Debug)]
pub struct TaggingArgs {
    /// Training steps.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = positive_u64)]
    pub steps: u64,
    /// Clips a step.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = positive)]
    pub batch_size: usize,
    /// Held-out clips that are tagged.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = positive)]
    pub held_out: usize,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = seed)]
    pub seed: u64,
    /// Where the six pairs of the slide are drawn.
    #[arg(long, value_name = "FILE", default_value = "tagging.svg")]
    pub svg: PathBuf,
}

/// Settings of the experiment on captions.
#[derive(Args, Debug)]
pub struct CaptioningArgs {
    /// The language of the captions [default: that of the output].
    #[arg(long, value_enum, value_name = "LANG")]
    pub captions: Option<Lang>,
    /// Training steps.
    #[arg(long, value_name = "N", default_value_t = 2200, value_parser = positive_u64)]
    pub steps: u64,
    /// Scenes a step.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = positive)]
    pub batch_size: usize,
    /// Held-out scenes that are described.
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = positive)]
    pub held_out: usize,
    /// Everything random follows from it.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = seed)]
    pub seed: u64,
    /// Where some scenes are drawn with their words.
    #[arg(long, value_name = "FILE", default_value = "captioning.svg")]
    pub svg: PathBuf,
}
