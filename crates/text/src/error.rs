//! What can go wrong with what comes from outside: files, vocabularies, options.

use std::path::PathBuf;

/// An error of this crate: what was wrong, where, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// A file or folder cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A file is not UTF-8.
    #[error(
        "{} is not UTF-8: line {line}, byte {byte} of the line, is 0x{value:02x}; convert the file first, for example with `iconv -t UTF-8`",
        path.display()
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Line, counted from 1.
        line: usize,
        /// Byte within the line, counted from 1.
        byte: usize,
        /// The offending byte.
        value: u8,
    },
    /// A file of labelled examples that cannot be used.
    #[error(transparent)]
    DataFile(#[from] crate::finetuning::DataFileError),
    /// No sentence at all.
    #[error("no text in {place}: write one sentence a line and an empty line between documents")]
    EmptyCorpus {
        /// The files that were read, or what else the text came from.
        place: String,
    },
    /// Two files that should be translations of each other, line by line.
    #[error(
        "{} has {source_lines} lines, but {} has {target_lines}: line n of one must be the translation of line n of the other",
        source_path.display(), target_path.display()
    )]
    DifferentLineCounts {
        /// The file with the source sentences.
        source_path: PathBuf,
        /// Its lines.
        source_lines: usize,
        /// The file with their translations.
        target_path: PathBuf,
        /// Its lines.
        target_lines: usize,
    },
    /// A line without a translation.
    #[error("{}, line {line}, has no tab: write a sentence, a tab and its translation", path.display())]
    NoTab {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
    /// No pair of sentences at all.
    #[error(
        "no pair of sentences in {place}: write one sentence a line, and its translation in the same line of the other side"
    )]
    NoPair {
        /// The files that were read, or what else the pairs came from.
        place: String,
    },
    /// Next-sentence prediction needs two sentences in a row somewhere.
    #[error(
        "none of the {documents} documents has two sentences, so there is no next sentence to predict: \
         write one sentence a line and leave an empty line only between documents"
    )]
    NoSentencePair {
        /// How many documents there are.
        documents: usize,
    },
    /// Next-sentence prediction needs sentences of other documents; a held-out part needs documents to spare.
    #[error("{found} document(s) found, but {purpose} needs at least {needed}: separate documents by an empty line")]
    TooFewDocuments {
        /// How many there are.
        found: usize,
        /// How many are needed.
        needed: usize,
        /// What they are needed for.
        purpose: &'static str,
    },
    /// An option has a value that makes no sense.
    #[error("{option} = {value} is not possible: {rule}")]
    InvalidOption {
        /// Name of the option.
        option: &'static str,
        /// The value it was given.
        value: String,
        /// What is allowed.
        rule: String,
    },
    /// A vocabulary has no entry for a token that BERT needs.
    #[error(
        "{place} has no {token} token; an encoder's vocabulary needs [PAD], [UNK], [CLS], [SEP] and [MASK], or <pad>, <unk>, <s>, \
         </s> and <mask>: is this the vocabulary of another kind of model?"
    )]
    MissingSpecialToken {
        /// The file, or what else the vocabulary came from.
        place: String,
        /// The missing token.
        token: &'static str,
    },
    /// A tokenizer file is broken, or of a kind that is not supported.
    #[error("{}: {message}", path.display())]
    InvalidTokenizer {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// A folder holds neither `tokenizer.json` nor `vocab.txt`.
    #[error("no tokenizer in {}: a model folder needs tokenizer.json or vocab.txt", folder.display())]
    NoTokenizer {
        /// The folder.
        folder: PathBuf,
    },
    /// The tokenizer could not take a text apart.
    #[error("cannot tokenize {text:?}: {message}")]
    Encode {
        /// The beginning of the text.
        text: String,
        /// What the tokenizer says.
        message: String,
    },
}

impl TextError {
    pub(crate) fn option(option: &'static str, value: impl ToString, rule: impl Into<String>) -> TextError {
        TextError::InvalidOption { option, value: value.to_string(), rule: rule.into() }
    }
}
