//! What a command ends with when it cannot do what it was asked.

use std::path::PathBuf;

use jumok_bert::{ConfigError, EncoderError};
use jumok_kernels::level::LevelError;
use jumok_lecture::LessonError;
use jumok_lecture::calculator::CalculatorError;
use jumok_nn::{CheckpointError, ModelFolderError, OptimizerError};
use jumok_text::TextError;
use jumok_training::RunError;
use jumok_viz::VizError;

/// Why a command failed: one sentence that says what was wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// Something about texts, vocabularies or their files.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Something about a run folder.
    #[error(transparent)]
    Run(#[from] RunError),
    /// Sizes that no model can have.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The folder of an encoder that cannot be used.
    #[error(transparent)]
    Encoder(#[from] EncoderError),
    /// A DistilBERT that cannot begin with its teacher's layers.
    #[error(transparent)]
    Student(#[from] jumok_bert::StudentError),
    /// Sizes that no encoder–decoder can have.
    #[error(transparent)]
    Seq2SeqConfig(#[from] jumok_seq2seq::ConfigError),
    /// Sizes that no Transformer can have.
    #[error(transparent)]
    TransformerConfig(#[from] jumok_transformer::translation::TransformerConfigError),
    /// The folder of a model that cannot be used.
    #[error(transparent)]
    ModelFolder(#[from] ModelFolderError),
    /// Sizes that no language model can have.
    #[error(transparent)]
    LanguageModelConfig(#[from] jumok_transformer::causal::LanguageModelConfigError),
    /// A text that cannot be continued as asked.
    #[error(transparent)]
    Generation(#[from] jumok_transformer::generation::GenerationError),
    /// An alignment is asked for of a model that has none.
    #[error("the model in {} has no attention, so there is no alignment to draw: leave --svg out", path.display())]
    NoAttention {
        /// The folder.
        path: PathBuf,
    },
    /// A model whose attention cannot be looked at.
    #[error("{} {reason}", path.display())]
    NothingToAttend {
        /// The folder.
        path: PathBuf,
        /// Why, and what to do.
        reason: String,
    },
    /// A checkpoint that cannot be read or written.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A picture that cannot be written.
    #[error(transparent)]
    Picture(#[from] VizError),
    /// A parameter without a gradient.
    #[error(transparent)]
    Optimizer(#[from] OptimizerError),
    /// A slide or a text that no lesson can be made of.
    #[error(transparent)]
    Lesson(#[from] LessonError),
    /// A filter that leaves nothing of the family tree.
    #[error("no model of the family tree is all of that: leave one of --branch, --open, --until and --products out")]
    NoModels,
    /// A model that cannot be calculated.
    #[error(transparent)]
    Calculator(#[from] CalculatorError),
    /// The keys of the stepper cannot be read, or its steps not be shown.
    #[error("the lesson cannot go on: {source}; without --step it needs no input")]
    Stepper {
        /// What the system says.
        source: std::io::Error,
    },
    /// `JUMOK_KERNEL` cannot be obeyed.
    #[error(transparent)]
    Kernel(#[from] LevelError),
    /// An option whose value makes no sense beside the others.
    #[error("{option} {value} is not possible: {rule}")]
    Option {
        /// The option, as it is typed.
        option: &'static str,
        /// Its value.
        value: String,
        /// The rule, and what would do.
        rule: String,
    },
    /// A model folder without one of its files.
    #[error("{} is not the folder of a model: it has no {missing}{hint}", path.display())]
    NotAModel {
        /// The folder.
        path: PathBuf,
        /// The missing file.
        missing: &'static str,
        /// What to do.
        hint: &'static str,
    },
    /// A `config.json` that cannot be used.
    #[error("cannot use {}: {reason}", path.display())]
    ModelConfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Tokenizer and model do not belong together.
    #[error(
        "the tokenizer has {tokens} word pieces, but the model of {} only knows {vocab_size}: they do not belong together",
        path.display()
    )]
    VocabularyMismatch {
        /// The folder.
        path: PathBuf,
        /// Pieces of the tokenizer.
        tokens: usize,
        /// Rows of the model's table.
        vocab_size: usize,
    },
    /// The corpus of a run to be resumed is not what it was.
    #[error(
        "the text of the run in {} has changed since it was started, so it cannot go on with the same result: \
         restore the text, or start a new run",
        path.display()
    )]
    CorpusChanged {
        /// The folder of the run.
        path: PathBuf,
    },
    /// A text for `fill-mask` without a mask.
    #[error(
        "there is no [MASK] in {text:?}: write [MASK] in the place of the word to guess, as in \"Tom is in the kitchen. The boy is drinking [MASK].\""
    )]
    NoMask {
        /// The text.
        text: String,
    },
    /// A sentence without a word.
    #[error("{what} is empty: give a sentence")]
    EmptySentence {
        /// Which one.
        what: &'static str,
    },
    /// More tokens than the model has positions.
    #[error("the text has {tokens} tokens, but the model reads at most {max}: shorten it")]
    TooLong {
        /// Tokens, special ones included.
        tokens: usize,
        /// `max_position_embeddings`.
        max: usize,
    },
    /// A model that never learned to judge pairs of sentences.
    #[error(
        "the {model_type} in {} has no head for pairs of sentences: give the folder of a BERT that was pre-trained with next \
         sentences, as by bert pretrain, or of an ALBERT",
        path.display()
    )]
    NoPairHead {
        /// The folder.
        path: PathBuf,
        /// The `model_type` of its configuration.
        model_type: &'static str,
    },
    /// A model with a head that answers no task.
    #[error(
        "{} holds a {architecture}, which answers no task: fine-tune it with bert finetune first, and give the folder of that run",
        path.display()
    )]
    NotFinetuned {
        /// The folder.
        path: PathBuf,
        /// The class that its configuration names.
        architecture: String,
    },
    /// Not as many texts as the model's task reads.
    #[error("this model was fine-tuned for the task {task}, which reads {form}; {given} text(s) were given")]
    PredictInput {
        /// The task.
        task: &'static str,
        /// What it reads.
        form: &'static str,
        /// How many texts there were.
        given: usize,
    },
    /// A file with inputs that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Input {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A model of the Hub, in a program that fetches none.
    #[error(
        "this program was built without `--features hub`, so it fetches nothing: put {needed} of https://huggingface.co/{name}/tree/main into {}, and give that folder instead of --hub",
        folder.display()
    )]
    NoHub {
        /// The model's name.
        name: String,
        /// Where to put it.
        folder: PathBuf,
        /// The files.
        needed: &'static str,
    },
    /// A model that the Hub did not give.
    #[error("cannot fetch {name} from the Hugging Face Hub: {reason}; a model needs {needed}")]
    Hub {
        /// The model's name.
        name: String,
        /// What went wrong.
        reason: String,
        /// The files.
        needed: &'static str,
    },
    /// The loss is no number any more.
    #[error(
        "the loss is {loss} at step {step}, so nothing more can be learned: start again with a lower --lr, {advice:.0e} for example"
    )]
    Diverged {
        /// The step, counted from 1.
        step: u64,
        /// What the loss was.
        loss: f64,
        /// A learning rate to try.
        advice: f64,
    },
    /// The threads could not be started.
    #[error("cannot start {threads} threads: {reason}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// What the system says.
        reason: String,
    },
}

impl CommandError {
    pub(crate) fn option(option: &'static str, value: impl ToString, rule: impl Into<String>) -> CommandError {
        CommandError::Option { option, value: value.to_string(), rule: rule.into() }
    }
}
