//! What can be typed after `jumok bert finetune`, `jumok bert predict` and `jumok bert experiment`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use jumok_text::finetuning::GeneratedTask;
use serde::{Deserialize, Serialize};

use super::{FamilyArgs, Lang, positive, positive_u64, seed};

/// The shape of a task: what a model reads, and what it answers (lecture S33).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskName {
    /// A class for a sentence: NSMC, SST-2, CoLA.
    Sentence,
    /// A class for a pair of sentences: KorNLI, MNLI, QQP.
    Pair,
    /// A number for a pair of sentences: KorSTS, STS-B.
    Regression,
    /// Which of several continuations fits a text: SWAG.
    MultipleChoice,
    /// A tag for every word: CoNLL-2003, WNUT-17.
    Tagging,
    /// Where in a text the answer to a question stands: SQuAD, KorQuAD.
    Qa,
}

impl TaskName {
    /// The name as it is typed.
    pub fn name(self) -> &'static str {
        match self {
            TaskName::Sentence => "sentence",
            TaskName::Pair => "pair",
            TaskName::Regression => "regression",
            TaskName::MultipleChoice => "multiple-choice",
            TaskName::Tagging => "tagging",
            TaskName::Qa => "qa",
        }
    }

    /// The shape of a generated task.
    pub fn of(task: GeneratedTask) -> TaskName {
        match task {
            GeneratedTask::Sentiment | GeneratedTask::Acceptability => TaskName::Sentence,
            GeneratedTask::Nli | GeneratedTask::Paraphrase => TaskName::Pair,
            GeneratedTask::Similarity => TaskName::Regression,
            GeneratedTask::Choice => TaskName::MultipleChoice,
            GeneratedTask::Tagging => TaskName::Tagging,
            GeneratedTask::Questions => TaskName::Qa,
        }
    }
}

/// The name of a generated task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GeneratedName {
    /// Is something praised or not?
    Sentiment,
    /// Is a sentence sound?
    Acceptability,
    /// Does a sentence follow from another, or contradict it?
    Nli,
    /// Do two sentences say the same?
    Paraphrase,
    /// How much of two sentences is the same, 0 to 5?
    Similarity,
    /// Which sentence goes on with a story?
    Choice,
    /// Where are people, places, teams and times?
    Tagging,
    /// Where in a text does the answer stand?
    Questions,
}

impl GeneratedName {
    /// The task.
    pub fn task(self) -> GeneratedTask {
        match self {
            GeneratedName::Sentiment => GeneratedTask::Sentiment,
            GeneratedName::Acceptability => GeneratedTask::Acceptability,
            GeneratedName::Nli => GeneratedTask::Nli,
            GeneratedName::Paraphrase => GeneratedTask::Paraphrase,
            GeneratedName::Similarity => GeneratedTask::Similarity,
            GeneratedName::Choice => GeneratedTask::Choice,
            GeneratedName::Tagging => GeneratedTask::Tagging,
            GeneratedName::Questions => GeneratedTask::Questions,
        }
    }
}

/// Settings of a fine-tuning run.
#[derive(Args, Debug, Default)]
pub struct FinetuneArgs {
    /// The shape of the task; --generated brings its own.
    #[arg(long, value_enum, value_name = "TASK", help_heading = "Data", required_unless_present_any = ["generated", "resume"])]
    pub task: Option<TaskName>,
    /// Labelled examples: a table with tabs and a heading, for tagging a word and its tag a line, for qa SQuAD's JSON.
    #[arg(long, value_name = "FILE", help_heading = "Data", required_unless_present_any = ["generated", "resume"])]
    pub train: Option<PathBuf>,
    /// Labelled examples to choose the best epoch by, in the same form.
    #[arg(long, value_name = "FILE", requires = "train", help_heading = "Data")]
    pub dev: Option<PathBuf>,
    /// Labelled examples to judge the chosen epoch by, in the same form; without them it is judged by those that chose it.
    #[arg(long, value_name = "FILE", requires = "train", help_heading = "Data")]
    pub test: Option<PathBuf>,
    /// Share of the examples of --train that is kept to choose by if there is no --dev [default: 0.1].
    #[arg(long, value_name = "SHARE", requires = "train", conflicts_with = "dev", help_heading = "Data")]
    pub held_out: Option<f64>,
    /// Generate this task of the built-in stories' words instead of reading files.
    #[arg(long, value_enum, value_name = "NAME", conflicts_with_all = ["train", "task"], help_heading = "Data")]
    pub generated: Option<GeneratedName>,
    /// Language of the generated task [default: that of --lang, else en].
    #[arg(long, value_enum, value_name = "LANG", requires = "generated", help_heading = "Data")]
    pub corpus: Option<Lang>,
    /// Examples of the generated task to train on [default: 8000].
    #[arg(long, value_name = "N", requires = "generated", value_parser = positive, help_heading = "Data")]
    pub training_examples: Option<usize>,
    /// Examples of the generated task to choose the best epoch by [default: 1000].
    #[arg(long, value_name = "N", requires = "generated", value_parser = positive, help_heading = "Data")]
    pub dev_examples: Option<usize>,
    /// Examples of the generated task to judge the chosen epoch by [default: 1000].
    #[arg(long, value_name = "N", requires = "generated", value_parser = positive, help_heading = "Data")]
    pub test_examples: Option<usize>,
    /// Use only the first N labelled examples to train on.
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Data")]
    pub labels: Option<usize>,
    /// Column of the sentence, of the first of a pair, or of the text before choices [default: the usual names].
    #[arg(long, value_name = "NAME", requires = "train", help_heading = "Data")]
    pub text_column: Option<String>,
    /// Column of the second sentence [default: the usual names].
    #[arg(long, value_name = "NAME", requires = "train", help_heading = "Data")]
    pub pair_column: Option<String>,
    /// Column of the label or the score [default: the usual names].
    #[arg(long, value_name = "NAME", requires = "train", help_heading = "Data")]
    pub label_column: Option<String>,
    /// What the columns of the choices begin with, before 0, 1, 2 [default: ending or choice].
    #[arg(long, value_name = "PREFIX", requires = "train", help_heading = "Data")]
    pub choice_columns: Option<String>,
    /// Tokens of a sequence at most, special tokens included [default: 128, or as many as the model has].
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Data")]
    pub max_length: Option<usize>,
    /// For qa: tokens from the beginning of one window of a long text to the next [default: a third of --max-length].
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Data")]
    pub doc_stride: Option<usize>,
    /// For qa: tokens of an answer at most [default: 30].
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Data")]
    pub max_answer_length: Option<usize>,

    /// Folder of the pre-trained model; without it a tiny one begins with random weights and a vocabulary of its own.
    #[arg(long, value_name = "DIR", help_heading = "Model")]
    pub model: Option<PathBuf>,
    /// Take only the sizes and the vocabulary of --model, and draw its weights at random.
    #[arg(long, requires = "model", help_heading = "Model")]
    pub from_scratch: bool,
    /// Word pieces to learn at most if there is no --model [default: 2000].
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with = "model", help_heading = "Model")]
    pub vocab_size: Option<usize>,
    /// Probability of dropout in the whole model [default: that of --model, else 0.1].
    #[arg(long, value_name = "P", help_heading = "Model")]
    pub dropout: Option<f64>,

    /// Passes over the training examples [default: 4].
    #[arg(long, value_name = "N", value_parser = positive_u64, help_heading = "Training")]
    pub epochs: Option<u64>,
    /// Examples a step [default: 32].
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Training")]
    pub batch_size: Option<usize>,
    /// Learning rate at its highest [default: by the width, 0.00055 for tiny and 0.00005 for base].
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub lr: Option<f64>,
    /// Share of the steps in which the learning rate rises from zero [default: 0.1].
    #[arg(long, value_name = "SHARE", help_heading = "Training")]
    pub warmup_ratio: Option<f64>,
    /// Decoupled weight decay of AdamW [default: 0.01].
    #[arg(long, value_name = "RATE", help_heading = "Training")]
    pub weight_decay: Option<f64>,
    /// Longest gradient; a longer one is shortened to it [default: 1].
    #[arg(long, value_name = "NORM", help_heading = "Training")]
    pub max_grad_norm: Option<f64>,
    /// Everything random follows from it [default: 0].
    #[arg(long, value_name = "N", value_parser = seed, help_heading = "Training")]
    pub seed: Option<u64>,
    /// Parts of a batch that are worked on side by side; part of the result, unlike --threads [default: 4].
    #[arg(long, value_name = "N", value_parser = positive, help_heading = "Training")]
    pub shards: Option<usize>,

    /// Folder of the run; it must be new or empty [default: runs/TASK-NUMBER].
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub out: Option<PathBuf>,
    /// Go on with the run in this folder, with its own settings.
    #[arg(long, value_name = "DIR", help_heading = "Run", conflicts_with_all = [
        "task", "train", "dev", "test", "held_out", "generated", "corpus", "training_examples", "dev_examples", "test_examples", "labels",
        "text_column", "pair_column", "label_column", "choice_columns", "max_length", "doc_stride", "max_answer_length",
        "model", "from_scratch", "vocab_size", "dropout", "epochs", "batch_size", "lr", "warmup_ratio", "weight_decay",
        "max_grad_norm", "seed", "shards", "out", "checkpoint_every",
    ])]
    pub resume: Option<PathBuf>,
    /// Steps between two checkpoints [default: an epoch, at most 1000].
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = positive_u64)]
    pub checkpoint_every: Option<u64>,
    /// Stop after this step with a checkpoint, as Ctrl-C would.
    #[arg(long, value_name = "STEP", help_heading = "Run", value_parser = positive_u64)]
    pub stop_after: Option<u64>,
}

/// What `predict` needs.
#[derive(Args, Debug)]
pub struct BertPredictArgs {
    /// Folder of a fine-tuning run.
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// The sentence, the first of a pair, the question, or the text before choices.
    #[arg(required_unless_present = "file")]
    pub text: Option<String>,
    /// The second sentence, the text that answers the question, or the choices.
    pub more: Vec<String>,
    /// Read inputs from this file, one a line, with tabs between text and further texts.
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub file: Option<PathBuf>,
}

/// The experiments on BERT.
#[derive(Debug, Subcommand)]
pub enum BertExperimentCommand {
    /// Slide S32: the same head on a pre-trained encoder and on one from scratch, against the number of labelled examples.
    Transfer(Box<TransferArgs>),
    /// Slide S36: BERT, RoBERTa, ALBERT and DistilBERT on the same budget.
    Family(FamilyArgs),
}

/// Settings of the experiment on transfer.
#[derive(Args, Debug)]
pub struct TransferArgs {
    /// Folder of the pre-trained model.
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// The task.
    #[arg(long, value_enum, value_name = "NAME", default_value = "tagging")]
    pub generated: GeneratedName,
    /// Language of the task [default: that of --lang, else en].
    #[arg(long, value_enum, value_name = "LANG")]
    pub corpus: Option<Lang>,
    /// Numbers of labelled examples, from the smallest to the largest.
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [20, 50, 100, 200, 500], value_parser = positive)]
    pub labels: Vec<usize>,
    /// Seeds: each draws other labelled examples, another head, another order.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = positive_u64)]
    pub seeds: u64,
    /// Training steps of each run, however many examples there are.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = positive_u64)]
    pub steps: u64,
    /// Examples a step, at most.
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = positive)]
    pub batch_size: usize,
    /// Examples to judge by.
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = positive)]
    pub dev_examples: usize,
    /// Learning rate at its highest, for both [default: by the width, 0.00055 for tiny].
    #[arg(long, value_name = "RATE")]
    pub lr: Option<f64>,
    /// Where the plot is drawn.
    #[arg(long, value_name = "FILE", default_value = "transfer.svg")]
    pub svg: PathBuf,
}
