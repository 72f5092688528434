//! What can be typed after `jumok`.

mod attend;
mod calc;
mod family;
mod finetune;
mod inspect;
mod language_model;
mod lineage;
mod pretrain;
mod seq2seq;
mod tokenize;
mod transformer;
mod transformer_experiment;
mod transformer_translator;
mod translation;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jumok_tensor::Precision;
use serde::{Deserialize, Serialize};

use crate::CommandError;

pub use attend::AttendArgs;
pub use calc::{CalcArgs, FormatName};
pub use family::FamilyArgs;
pub use finetune::{BertExperimentCommand, BertPredictArgs, FinetuneArgs, GeneratedName, TaskName, TransferArgs};
pub use inspect::InspectArgs;
pub use language_model::{GenerateArgs, LanguageModelTrainArgs};
pub use lineage::{BranchName, LineageArgs};
pub use pretrain::{ExerciseName, ModelTypeName, PairingName, PretrainArgs};
pub use seq2seq::{
    BottleneckArgs, CaptioningArgs, ExperimentCommand, RecencyArgs, Seq2SeqCommand, Seq2SeqTrainArgs, TaggingArgs,
    VanishingGradientArgs,
};
pub use tokenize::{SubwordName, TokenizeArgs};
pub use transformer::TransformerCommand;
pub use transformer_experiment::{HeadsArgs, ParallelArgs, RecallArgs, ScalingArgs, TransformerExperimentCommand};
pub use transformer_translator::{TransformerTrainArgs, TransformerTranslateArgs};
pub use translation::{PairArgs, TrainingArgs, TranslateArgs};

/// The Transformer course in Rust: train, look inside, measure.
///
/// Without a command, a tiny BERT is pre-trained on the built-in corpus; that takes about a minute.
#[derive(Debug, Parser)]
#[command(name = "jumok", version, max_term_width = 100, arg_required_else_help = false)]
pub struct Cli {
    /// Language of what is printed [default: that of the environment].
    #[arg(long, value_enum, global = true, value_name = "LANG")]
    pub lang: Option<Lang>,
    /// Threads to use; results do not depend on it [default: one a core].
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// A language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// English.
    En,
    /// Korean.
    Ko,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// BERT: pre-train one, let it guess masked words or judge pairs of sentences, fine-tune it for a task.
    #[command(subcommand)]
    Bert(BertCommand),
    /// Encoder–decoders of the time before the Transformer: train a translator, use it, see what attention changed.
    #[command(subcommand, name = "seq2seq")]
    Seq2Seq(Seq2SeqCommand),
    /// Transformers: train one to translate or to go on with a text, use it, see where it looks.
    #[command(subcommand)]
    Transformer(TransformerCommand),
    /// What a tokenizer makes of a text: pieces, ids, places, tokens a word.
    Tokenize(TokenizeArgs),
    /// Look into a model: write a page that shows where each token of a sentence looks.
    Attend(AttendArgs),
    /// What a model costs: parameters, operations, memory, and what a machine can make of it.
    Calc(CalcArgs),
    /// The parameters of a checkpoint: a tree with shapes, types, counts and norms.
    Inspect(InspectArgs),
    /// The lecture: list its slides, or run one as a lesson.
    Lecture(LectureArgs),
    /// The family tree of language models.
    Lineage(LineageArgs),
    /// Time a workload on random data and print a line of JSON for each measurement.
    Bench(BenchArgs),
}

/// The commands for BERT.
#[derive(Debug, Subcommand)]
pub enum BertCommand {
    /// Pre-train BERT, RoBERTa, ALBERT or DistilBERT, from a fresh model, from another, or where a run was stopped.
    Pretrain(Box<PretrainArgs>),
    /// Let a pre-trained model guess the words at `[MASK]`.
    FillMask(FillMaskArgs),
    /// Ask a pre-trained model whether sentence B follows sentence A.
    Nsp(NspArgs),
    /// Fine-tune a pre-trained model on labelled examples: classes, scores, choices, tags or answers.
    Finetune(Box<FinetuneArgs>),
    /// Ask a fine-tuned model.
    Predict(BertPredictArgs),
    /// Run an experiment of the lecture.
    #[command(subcommand)]
    Experiment(BertExperimentCommand),
}

/// In what products of layers multiply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PrecisionName {
    /// Numbers as they are.
    #[default]
    F32,
    /// Numbers rounded to 8 significant bits, summed in f32.
    Bf16,
}

impl PrecisionName {
    /// The precision, whether this processor has it or not.
    pub fn precision(self) -> Precision {
        match self {
            PrecisionName::F32 => Precision::F32,
            PrecisionName::Bf16 => Precision::Bf16,
        }
    }

    /// The precision, where this processor has it.
    ///
    /// # Errors
    /// [`CommandError::Option`] where it does not.
    pub fn available(self) -> Result<Precision, CommandError> {
        let precision = self.precision();
        if precision.is_available() {
            return Ok(precision);
        }
        let rule = "this processor, or the kernel that JUMOK_KERNEL asks for, has no such products (AVX512-BF16): leave it out";
        Err(CommandError::option("--precision", precision, rule))
    }
}

/// How the learning rate goes on after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ScheduleName {
    /// Falls linearly to zero.
    Linear,
    /// Falls to zero along half a cosine.
    Cosine,
    /// Falls as one over the square root of the step, as in "Attention is all you need".
    InverseSqrt,
    /// Stays.
    Constant,
}

/// What `fill-mask` needs.
#[derive(Args, Debug)]
pub struct FillMaskArgs {
    /// Folder of a run, or of a model in Hugging Face's format.
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// A text with `[MASK]` in the place of one or more words.
    pub text: String,
    /// Guesses to show.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = positive)]
    pub top: usize,
}

/// What `nsp` needs.
#[derive(Args, Debug)]
pub struct NspArgs {
    /// Folder of a run, or of a model in Hugging Face's format.
    #[arg(long, value_name = "DIR")]
    pub model: PathBuf,
    /// The first sentence.
    pub a: String,
    /// The sentence that may follow it.
    pub b: String,
}

/// What `lecture` needs.
#[derive(Args, Debug)]
pub struct LectureArgs {
    /// The slide to run, such as `s07`; without it the slides are listed.
    pub slide: Option<String>,
    /// Go through the lesson step by step, and then back along the gradients.
    #[arg(long, requires = "slide")]
    pub step: bool,
    /// Your own words for the lesson, separated by spaces.
    #[arg(long, value_name = "TEXT", requires = "slide")]
    pub text: Option<String>,
    /// Everything random follows from it [default: 0].
    #[arg(long, value_name = "N", requires = "slide")]
    pub seed: Option<u64>,
    /// Save the picture of the lesson in this file.
    #[arg(long, value_name = "FILE", requires = "slide")]
    pub svg: Option<PathBuf>,
    /// Save the whole lesson as a page in this file.
    #[arg(long, value_name = "FILE", requires = "slide")]
    pub html: Option<PathBuf>,
}

/// What can be timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// Training step of a BERT: 2 layers, 128 wide, 2 heads, 32 × 128 tokens, vocabulary 8192 (also bert-tiny).
    #[value(name = "W1", alias = "bert-tiny")]
    W1,
    /// As W1 with 4 layers, 256 wide, 4 heads (also bert-mini).
    #[value(name = "W1b", alias = "bert-mini")]
    W1b,
    /// As W1 with dropout 0.1.
    #[value(name = "W1d")]
    W1d,
    /// As W1, very small: 2 layers, 32 wide, 8 × 16 tokens, vocabulary 1000.
    Tiny,
    /// Training step of a GPT: 4 layers, 128 wide, 4 heads, 12 × 64 tokens, vocabulary 65.
    #[value(name = "W2")]
    W2,
    /// As W2 with 6 layers, 384 wide, 6 heads, 16 × 256 tokens.
    #[value(name = "W2b")]
    W2b,
    /// Training step of a GRU encoder-decoder with Bahdanau's attention: 256 wide, 64 pairs of 20 + 20 words, vocabulary 4096.
    #[value(name = "W3")]
    W3,
    /// Training step of a Transformer: 256 wide, 8 heads, 3 + 3 layers, 32 pairs of 32 + 32 tokens, vocabulary 8192.
    #[value(name = "W4")]
    W4,
    /// Attention alone, forward and backward: batch 8, 8 heads of 64, 256 and 1024 tokens, causal and not.
    #[value(name = "W5")]
    W5,
    /// Single operations: products, softmax, layer norm, GELU, cross-entropy, embedding, AdamW.
    #[value(name = "W6")]
    W6,
    /// Forward pass of a BERT-base, one sequence of 128 tokens.
    Bert1,
    /// The same, eight sequences.
    Bert8,
    /// Greedy decoding with a cache by a GPT-2 of 124 M random weights: a prompt of 32 tokens, then 64 more.
    Gpt2,
    /// The same by a small LLaMA: 8 layers, 512 wide, 8 heads on 4 of keys and values, vocabulary 32,000.
    Llama,
    /// What processor and memory can do at most.
    Limits,
}

impl Workload {
    /// The name as it is typed and printed.
    pub fn name(self) -> &'static str {
        match self {
            Workload::W1 => "W1",
            Workload::W1b => "W1b",
            Workload::W1d => "W1d",
            Workload::Tiny => "tiny",
            Workload::W2 => "W2",
            Workload::W2b => "W2b",
            Workload::W3 => "W3",
            Workload::W4 => "W4",
            Workload::W5 => "W5",
            Workload::W6 => "W6",
            Workload::Bert1 => "bert1",
            Workload::Bert8 => "bert8",
            Workload::Gpt2 => "gpt2",
            Workload::Llama => "llama",
            Workload::Limits => "limits",
        }
    }

    /// Whether it is a training step on batches that can be cut into shards.
    pub fn trains(self) -> bool {
        self.has_masked_words() || matches!(self, Workload::W2 | Workload::W2b | Workload::W3 | Workload::W4)
    }

    /// Whether its loss reads the masked positions only.
    pub fn has_masked_words(self) -> bool {
        matches!(self, Workload::W1 | Workload::W1b | Workload::W1d | Workload::Tiny)
    }
}

/// What `bench` needs.
#[derive(Args, Debug)]
pub struct BenchArgs {
    /// What to time.
    #[arg(value_enum, ignore_case = true)]
    pub workload: Workload,
    /// Time so many single steps instead of blocks.
    #[arg(long, value_name = "N", value_parser = positive, conflicts_with_all = ["blocks", "block_seconds"])]
    pub steps: Option<usize>,
    /// Blocks of steps to time; the mean of each is one sample.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = positive)]
    pub blocks: usize,
    /// Length of a block, rounded up to whole steps.
    #[arg(long, value_name = "SECONDS", default_value_t = 1.0, value_parser = positive_f64)]
    pub block_seconds: f64,
    /// Parts of a batch that are worked on side by side [default: 2].
    #[arg(long, value_name = "N", value_parser = positive)]
    pub shards: Option<usize>,
    /// Rows that a shard works on at once [default: as many as have 1,024 tokens].
    #[arg(long, value_name = "N", value_parser = positive)]
    pub micro_batch: Option<usize>,
    /// In what the products of layers multiply, on processors that have it [default: f32].
    #[arg(long, value_enum, value_name = "KIND")]
    pub precision: Option<PrecisionName>,
    /// Compute BERT's last layer, behind its attention, only in the rows that the loss reads.
    #[arg(long)]
    pub row_selection: bool,
    /// Of W5 or W6, only what has this in its name.
    #[arg(long, value_name = "WORD")]
    pub only: Option<String>,
    /// 10⁹ operations a second that one thread can do at most, as `limits` prints it [default: measured].
    #[arg(long, value_name = "GFLOPS", value_parser = positive_f64)]
    pub peak: Option<f64>,
}

fn positive(text: &str) -> Result<usize, String> {
    positive_u64(text).and_then(|number| usize::try_from(number).map_err(|error| error.to_string()))
}

fn positive_u64(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(0) => Err("it must be at least 1".into()),
        Ok(number) if number > i64::MAX as u64 => Err("it is too large".into()),
        Ok(number) => Ok(number),
        Err(_) => Err("it must be a whole number, at least 1".into()),
    }
}

/// A seed: settings are kept as TOML, whose numbers have a sign.
fn seed(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(number) if number <= i64::MAX as u64 => Ok(number),
        _ => Err(format!("it must be a whole number from 0 to {}", i64::MAX)),
    }
}

fn positive_f64(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number.is_finite() => Ok(number),
        _ => Err("it must be a number above 0".into()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn resume_goes_with_no_setting_that_decides_the_result() {
        let command = Cli::command();
        for (group, name) in [
            ("bert", "pretrain"),
            ("bert", "finetune"),
            ("seq2seq", "train"),
            ("transformer", "train"),
            ("transformer", "train-lm"),
        ] {
            let training = command.find_subcommand(group).unwrap().find_subcommand(name).unwrap();
            let resume = training.get_arguments().find(|arg| arg.get_id() == "resume").unwrap();
            let refused: Vec<_> =
                training.get_arg_conflicts_with(resume).iter().map(|arg| arg.get_id().to_string()).collect();
            for argument in training.get_arguments().map(|arg| arg.get_id().to_string()) {
                let allowed = ["resume", "stop_after", "lang", "threads", "help"].contains(&argument.as_str());
                assert_eq!(!refused.contains(&argument), allowed, "{group} {name} {argument}");
            }
        }
    }

    #[test]
    fn a_mistyped_preset_brings_a_suggestion() {
        let error = Cli::try_parse_from(["jumok", "bert", "pretrain", "--preset", "tinny"]).unwrap_err().to_string();
        assert!(error.contains("tiny") && error.contains("similar"), "{error}");
    }

    #[test]
    fn zero_is_no_number_of_steps() {
        let error = Cli::try_parse_from(["jumok", "bert", "pretrain", "--steps", "0"]).unwrap_err().to_string();
        assert!(error.contains("--steps") && error.contains("at least 1"), "{error}");
    }

    #[test]
    fn options_for_all_commands_go_before_or_behind_them() {
        for line in [["jumok", "--threads", "2", "bench", "bert-tiny"], ["jumok", "bench", "W1", "--threads", "2"]] {
            let cli = Cli::try_parse_from(line).unwrap();
            assert_eq!(cli.threads, Some(2));
            assert!(matches!(cli.command, Some(Command::Bench(BenchArgs { workload: Workload::W1, .. }))));
        }
    }
}
