//! What can be typed after `jumok tokenize`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Lang, positive};

/// A kind of vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SubwordName {
    /// As in BERT.
    Wordpiece,
    /// Byte-level, as in GPT-2 and RoBERTa.
    Bpe,
    /// As in T5 and ALBERT.
    Unigram,
}

/// What `tokenize` needs.
#[derive(Args, Debug)]
pub struct TokenizeArgs {
    /// Texts to take apart.
    pub text: Vec<String>,
    /// A tokenizer: tokenizer.json, vocab.txt, a SentencePiece model, or the folder of a model or run.
    #[arg(long, value_name = "PATH", conflicts_with = "train", required_unless_present = "train")]
    pub tokenizer: Option<PathBuf>,
    /// Learn a vocabulary of this kind instead.
    #[arg(long, value_enum, value_name = "KIND")]
    pub train: Option<SubwordName>,
    /// Text files to learn from: one sentence a line, UTF-8.
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "train")]
    pub from: Vec<PathBuf>,
    /// The built-in corpus to learn from if there is no --from [default: that of --lang, else en].
    #[arg(long, value_enum, value_name = "LANG", requires = "train", conflicts_with = "from")]
    pub corpus: Option<Lang>,
    /// Pieces to learn at most, special tokens included [default: 2000].
    #[arg(long, value_name = "N", requires = "train", value_parser = positive)]
    pub vocab_size: Option<usize>,
    /// Save the learned tokenizer in this folder.
    #[arg(long, value_name = "DIR", requires = "train")]
    pub save: Option<PathBuf>,
    /// Take apart the lines of these files as well, and count tokens a word.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub count: Vec<PathBuf>,
    /// Leave out the special tokens around a text.
    #[arg(long)]
    pub plain: bool,
}
