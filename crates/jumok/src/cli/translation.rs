//! What training and using a translator have in common, whatever its model.

use std::path::PathBuf;

use clap::Args;
use jumok_text::{Task, Unit};

use super::{ScheduleName, positive, positive_u64, seed};

/// A parser for a type whose values are chosen by their names.
macro_rules! chosen_by_name {
    ($function:ident, $type:ty, $all:expr) => {
        pub(super) fn $function() -> impl clap::builder::TypedValueParser<Value = $type> {
            use clap::builder::{PossibleValuesParser, TypedValueParser};
            let names: Vec<&'static str> = $all.iter().map(|one: &$type| one.name()).collect();
            PossibleValuesParser::new(names).try_map(|name| name.parse::<$type>())
        }
    };
}

pub(super) use chosen_by_name;

chosen_by_name!(task, Task, Task::ALL);
chosen_by_name!(unit, Unit, Unit::ALL);

/// Where pairs of sentences come from, and how they become tokens.
#[derive(Args, Clone, Debug, Default)]
pub struct PairArgs {
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
}

/// Settings of a training run that all translators have.
#[derive(Args, Clone, Debug, Default)]
pub struct TrainingArgs {
    /// Pairs a step [default: 64].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive)]
    pub batch_size: Option<usize>,
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

    /// Folder of the run; it must be new or empty [default: runs/COMMAND-TASK-NUMBER].
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub out: Option<PathBuf>,
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
