//! What can be typed after `jumok seq2seq`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use jumok_seq2seq::{AttentionKind, CellKind, ScoreKind, Seq2SeqConfig};
use jumok_text::{Task, Unit};

use super::{Lang, ScheduleName, positive, positive_u64, seed};

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

/// A parser for a type whose values are chosen by their names.
macro_rules! chosen_by_name {
    ($function:ident, $type:ty, $all:expr) => {
        fn $function() -> impl TypedValueParser<Value = $type> {
            let names: Vec<&'static str> = $all.iter().map(|one: &$type| one.name()).collect();
            PossibleValuesParser::new(names).try_map(|name| name.parse::<$type>())
        }
    };
}

chosen_by_name!(task, Task, Task::ALL);
chosen_by_name!(unit, Unit, Unit::ALL);
chosen_by_name!(attention, AttentionKind, AttentionKind::ALL);
chosen_by_name!(score, ScoreKind, ScoreKind::ALL);
chosen_by_name!(cell, CellKind, CellKind::ALL);

/// Settings of a training run.
#[derive(Args, Debug, Default)]
pub struct Seq2SeqTrainArgs {
    /// A task whose pairs are generated [default: reverse].
    #[arg(long, value_parser = task(), value_name = "NAME", help_heading = "Data")]
    pub task: Option<Task>,
    /// Sentences to translate, one a line, UTF-8; needs --target.
    #[arg(long, value_name = "FILE", requires = "target", conflicts_with_all = ["task", "pairs"], help_heading = "Data")]
    pub source: Option<PathBuf>,
    /// Their translations, line by line; needs --source.
    #[arg(long, value_name = "FILE", requires = "source", help_heading = "Data")]
    pub target: Option<PathBuf>,
    /// Instead of two files one: a sentence, a tab and its translation in each line.
    #[arg(long, value_name = "FILE", conflicts_with = "task", help_heading = "Data")]
    pub pairs: Option<PathBuf>,
    /// Held-out sentences for the evaluation; needs --valid-target.
    #[arg(long, value_name = "FILE", requires = "source", requires = "valid_target", help_heading = "Data")]
    pub valid_source: Option<PathBuf>,
    /// Their translations; needs --valid-source.
    #[arg(long, value_name = "FILE", requires = "valid_source", help_heading = "Data")]
    pub valid_target: Option<PathBuf>,
    /// Held-out pairs for the evaluation, as in --pairs.
    #[arg(long, value_name = "FILE", requires = "pairs", help_heading = "Data")]
    pub valid_pairs: Option<PathBuf>,
    /// Share of the file's pairs that is held out where no held-out file is given [default: 0.05].
    #[arg(long, value_name = "SHARE", conflicts_with_all = ["task", "valid_source", "valid_pairs"], help_heading = "Data")]
    pub held_out: Option<f64>,
    /// Pairs of the task to train on [default: 20000].
    #[arg(long, value_name = "N", conflicts_with_all = ["source", "pairs"], help_heading = "Data", value_parser = positive)]
    pub training_pairs: Option<usize>,
    /// Held-out pairs of the task [default: 500].
    #[arg(long, value_name = "N", conflicts_with_all = ["source", "pairs"], help_heading = "Data", value_parser = positive)]
    pub held_out_pairs: Option<usize>,
    /// Symbols of the shortest sequence of copy and reverse [default: 3].
    #[arg(long, value_name = "N", conflicts_with_all = ["source", "pairs"], help_heading = "Data", value_parser = positive)]
    pub min_length: Option<usize>,
    /// Symbols of the longest sequence of copy and reverse [default: 20].
    #[arg(long, value_name = "N", conflicts_with_all = ["source", "pairs"], help_heading = "Data", value_parser = positive)]
    pub max_length: Option<usize>,
    /// What a token is [default: characters for dates, pieces for files, words for the other tasks].
    #[arg(long, value_name = "UNIT", value_parser = unit(), help_heading = "Data")]
    pub unit: Option<Unit>,
    /// Tokens of each side's vocabulary at most [default: 4000].
    #[arg(long, value_name = "N", help_heading = "Data", value_parser = positive)]
    pub vocab_size: Option<usize>,
    /// Tell upper from lower case.
    #[arg(long, help_heading = "Data")]
    pub keep_case: bool,
    /// Longer pairs, counted in tokens of the longer side, are not trained on [default: 60].
    #[arg(long, value_name = "N", help_heading = "Data", value_parser = positive)]
    pub max_tokens: Option<usize>,

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
    /// Pairs a step [default: 64].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive)]
    pub batch_size: Option<usize>,
    /// Probability with which the decoder reads the right token rather than its own [default: 1].
    #[arg(long, value_name = "P", help_heading = "Training")]
    pub teacher_forcing: Option<f64>,
    /// Learning rate at its highest [default: 0.005 for tiny, 0.001 for small].
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub lr: Option<f64>,
    /// Steps in which the learning rate rises from zero [default: a twentieth of --steps].
    #[arg(long, value_name = "N", help_heading = "Training")]
    pub warmup_steps: Option<u64>,
    /// How the learning rate goes on [default: linear].
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Training")]
    pub schedule: Option<ScheduleName>,
    /// Decoupled weight decay of AdamW [default: 0.01].
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

    /// Folder of the run; it must be new or empty [default: runs/seq2seq-TASK-NUMBER].
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub out: Option<PathBuf>,
    /// Go on with the run in this folder, with its own settings.
    #[arg(long, value_name = "DIR", help_heading = "Run", conflicts_with_all = [
        "task", "source", "target", "pairs", "valid_source", "valid_target", "valid_pairs", "held_out", "training_pairs",
        "held_out_pairs", "min_length", "max_length", "unit", "vocab_size", "keep_case", "max_tokens", "preset", "attention",
        "score", "cell", "hidden_size", "encoder_layers", "one_direction", "dropout", "steps", "batch_size",
        "teacher_forcing", "lr", "warmup_steps", "schedule", "weight_decay", "max_grad_norm", "seed", "shards", "out",
        "checkpoint_every", "eval_every",
    ])]
    pub resume: Option<PathBuf>,
    /// Steps between two checkpoints [default: a tenth of --steps, at most 1000].
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = positive_u64)]
    pub checkpoint_every: Option<u64>,
    /// Steps between two evaluations on held-out pairs [default: a tenth of --steps].
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = positive_u64)]
    pub eval_every: Option<u64>,
    /// Stop after this step with a checkpoint, as Ctrl-C would.
    #[arg(long, value_name = "STEP", help_heading = "Run", value_parser = positive_u64)]
    pub stop_after: Option<u64>,
}

/// What `translate` needs.
#[derive(Args, Debug)]
pub struct TranslateArgs {
    /// Folder of a run.
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// The sentence.
    pub text: String,
    /// Translations that are followed at the same time; 1 always takes the likeliest next token.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive)]
    pub beam: usize,
    /// Tokens of the translation at most [default: twice those of the sentence and ten].
    #[arg(long, value_name = "N", value_parser = positive)]
    pub max_tokens: Option<usize>,
    /// Also draw the alignment into this file.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
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
