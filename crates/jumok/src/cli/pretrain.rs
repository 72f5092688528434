//! What can be typed after `jumok bert pretrain`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jumok_bert::BertConfig;

use super::{Lang, PrecisionName, ScheduleName, positive, positive_u64, seed};

/// What the two parts of an example are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PairingName {
    /// One sentence each.
    Sentences,
    /// As many sentences of a document as fit, as in the original BERT.
    Segments,
    /// As many sentences as fit, across the ends of documents, as in RoBERTa; only without a second exercise.
    Packed,
}

/// The encoders that can be pre-trained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModelTypeName {
    /// Masked words and next sentences.
    Bert,
    /// Masked words alone, in rows that are always full.
    Roberta,
    /// Masked words and the order of sentences; all layers share their weights.
    Albert,
    /// Half of BERT's layers, with or without a BERT as its teacher.
    Distilbert,
}

impl ModelTypeName {
    /// `model_type` in `config.json`.
    pub fn model_type(self) -> &'static str {
        match self {
            ModelTypeName::Bert => "bert",
            ModelTypeName::Roberta => "roberta",
            ModelTypeName::Albert => "albert",
            ModelTypeName::Distilbert => "distilbert",
        }
    }
}

/// What is to be told about the two parts of an example.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExerciseName {
    /// Whether B follows A.
    NextSentence,
    /// Whether A and B stand in their order.
    SentenceOrder,
    /// Nothing: there is one part only.
    None,
}

/// Settings of a pre-training run.
#[derive(Args, Debug, Default)]
pub struct PretrainArgs {
    /// Text files to train on: one sentence a line, an empty line between documents, UTF-8.
    #[arg(long, value_name = "FILE", num_args = 1.., help_heading = "Data")]
    pub text: Vec<PathBuf>,
    /// The built-in corpus to train on if there is no --text [default: that of --lang, else en].
    #[arg(long, value_enum, value_name = "LANG", conflicts_with = "text", help_heading = "Data")]
    pub corpus: Option<Lang>,
    /// Share of the documents of --text that is held out for the evaluation [default: 0.05].
    #[arg(long, value_name = "SHARE", requires = "text", help_heading = "Data")]
    pub held_out: Option<f64>,
    /// Use this vocab.txt, tokenizer.json or folder instead of learning a vocabulary.
    #[arg(long, value_name = "PATH", help_heading = "Data")]
    pub tokenizer: Option<PathBuf>,
    /// Word pieces to learn at most [default: 2000].
    #[arg(long, value_name = "N", conflicts_with = "tokenizer", help_heading = "Data", value_parser = positive)]
    pub vocab_size: Option<usize>,
    /// Tokens of an example at most, special tokens included [default: 64].
    #[arg(long, value_name = "N", help_heading = "Data", value_parser = positive)]
    pub seq_len: Option<usize>,
    /// What is to be told about pairs beside the masked words [default: next-sentence for bert, sentence-order for albert, else none].
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Data")]
    pub second_exercise: Option<ExerciseName>,
    /// What an example is made of [default: segments, or packed without a second exercise].
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Data")]
    pub pairing: Option<PairingName>,
    /// Mask whole words instead of single word pieces.
    #[arg(long, help_heading = "Data")]
    pub whole_word_masking: bool,
    /// Repeat the first epoch's masks and pairs instead of drawing new ones every epoch.
    #[arg(long, help_heading = "Data")]
    pub static_masks: bool,

    /// The kind of encoder [default: bert, or that of --from or --config].
    #[arg(long, value_enum, value_name = "TYPE", help_heading = "Model")]
    pub model_type: Option<ModelTypeName>,
    /// Begin with the model and the vocabulary of this folder, for another corpus or more steps.
    #[arg(long, value_name = "DIR", help_heading = "Model", conflicts_with_all = [
        "model_type", "teacher", "preset", "config", "hidden_size", "num_hidden_layers", "num_attention_heads",
        "intermediate_size", "embedding_size", "tokenizer", "vocab_size",
    ])]
    pub from: Option<PathBuf>,
    /// The BERT that a DistilBERT learns from, of whose sizes it is, with half the layers, which it begins with.
    #[arg(long, value_name = "DIR", help_heading = "Model", conflicts_with_all = [
        "preset", "config", "hidden_size", "num_attention_heads", "intermediate_size", "tokenizer", "vocab_size",
    ])]
    pub teacher: Option<PathBuf>,
    /// Size of the model [default: tiny].
    #[arg(long, value_name = "NAME", help_heading = "Model",
          value_parser = clap::builder::PossibleValuesParser::new(BertConfig::PRESETS))]
    pub preset: Option<String>,
    /// A config.json with the model's sizes, instead of --preset.
    #[arg(long, value_name = "FILE", conflicts_with = "preset", help_heading = "Model")]
    pub config: Option<PathBuf>,
    /// Width of a token, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub hidden_size: Option<usize>,
    /// Number of layers, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub num_hidden_layers: Option<usize>,
    /// Number of attention heads, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub num_attention_heads: Option<usize>,
    /// Width of the feed-forward layers, instead of the preset's.
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub intermediate_size: Option<usize>,
    /// Width of ALBERT's embeddings [default: a quarter of the hidden size].
    #[arg(long, value_name = "N", help_heading = "Model", value_parser = positive)]
    pub embedding_size: Option<usize>,
    /// Probability of dropout in the whole model [default: 0, or that of --config or --from].
    #[arg(long, value_name = "P", help_heading = "Model")]
    pub dropout: Option<f64>,

    /// Training steps [default: 2500].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive_u64)]
    pub steps: Option<u64>,
    /// Examples a step [default: 32].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive)]
    pub batch_size: Option<usize>,
    /// Learning rate at its highest [default: 0.256 / hidden size, which is 0.002 for tiny].
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
    /// Parts of a batch that are worked on side by side; part of the result, unlike --threads [default: 4].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive)]
    pub shards: Option<usize>,
    /// Examples that a shard works on at once [default: the whole shard].
    #[arg(long, value_name = "N", help_heading = "Training", value_parser = positive)]
    pub micro_batch: Option<usize>,
    /// In what the products of layers multiply; bf16 is faster and rougher, on processors that have it [default: f32].
    #[arg(long, value_enum, value_name = "KIND", help_heading = "Training")]
    pub precision: Option<PrecisionName>,

    /// Folder of the run; it must be new or empty [default: runs/TYPE-PRESET-NUMBER].
    #[arg(long, value_name = "DIR", help_heading = "Run")]
    pub out: Option<PathBuf>,
    /// Go on with the run in this folder, with its own settings.
    #[arg(long, value_name = "DIR", help_heading = "Run", conflicts_with_all = [
        "text", "corpus", "held_out", "tokenizer", "vocab_size", "seq_len", "second_exercise", "pairing", "whole_word_masking",
        "static_masks", "model_type", "from", "teacher", "embedding_size", "preset", "config", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "dropout",
        "steps", "batch_size", "lr", "warmup_steps", "schedule", "weight_decay", "max_grad_norm", "seed", "shards",
        "micro_batch", "precision", "out", "checkpoint_every", "eval_every",
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
