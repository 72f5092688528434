//! Labelled examples for fine-tuning, from files or generated, and what a model reads of them (lecture S33; Devlin et al. 2019,
//! figure 4).
//!
//! The slide's four pictures are five kinds of examples:
//!
//! | kind | a model answers | read from |
//! |---|---|---|
//! | [`Examples::Classes`] | which class a sentence or a pair belongs to | [`table`] |
//! | [`Examples::Scores`] | a number for it (STS-B is regression, not classification) | [`table`] |
//! | [`Examples::Choices`] | which of several continuations fits (SWAG) | [`table`] |
//! | [`Examples::Tags`] | a tag for every word | [`conll`] |
//! | [`Examples::Questions`] | where in a text the answer stands | [`squad`] |
//!
//! [`features`] and [`questions`] turn them into sequences of ids, [`generated`] makes examples of the words of the built-in stories,
//! [`bag_of_words`] and [`character_ngrams`] are what counting alone would score.

pub mod bag_of_words;
pub mod batch;
pub mod character_ngrams;
pub mod conll;
mod error;
pub mod features;
pub mod generated;
pub mod questions;
pub mod squad;
pub mod table;
#[cfg(test)]
mod tests;

use std::collections::HashSet;

use rand::seq::SliceRandom;

use crate::random::{Purpose, keyed_rng};

pub use bag_of_words::BagOfWords;
pub use batch::{Epochs, FinetuningBatch};
pub use character_ngrams::CharacterNgrams;
pub use error::DataFileError;
pub use features::{Feature, TaggedFeature, Target, encode_text};
pub use generated::{GeneratedOptions, GeneratedTask, generate};
pub use questions::{AnswerSpan, EncodedQuestion, QuestionOptions, SpanLogits, Window};
pub use table::{Columns, TableTask, read_table};

/// A sentence, or a pair of them, with its label.
#[derive(Clone, Debug, PartialEq)]
pub struct TextExample<L> {
    /// The sentence, or the first of the pair.
    pub text: String,
    /// The second of the pair.
    pub pair: Option<String>,
    /// The class, counted from 0 in the list of labels, or the score.
    pub label: L,
}

/// A text and several continuations, one of which is right.
#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceExample {
    /// The text.
    pub context: String,
    /// What may follow it.
    pub choices: Vec<String>,
    /// Which one does, counted from 0.
    pub label: usize,
}

/// The words of a sentence, each with a tag.
#[derive(Clone, Debug, PartialEq)]
pub struct TaggedSentence {
    /// The words.
    pub words: Vec<String>,
    /// The tag of each, counted from 0 in the list of tags.
    pub tags: Vec<usize>,
}

/// A question about a text.
#[derive(Clone, Debug, PartialEq)]
pub struct QuestionExample {
    /// Its name in the file.
    pub id: String,
    /// The question.
    pub question: String,
    /// The text that the answer stands in.
    pub context: String,
    /// What counts as right; empty if the text does not say it.
    pub answers: Vec<AnswerText>,
}

/// An answer as a piece of the context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerText {
    /// The words.
    pub text: String,
    /// The byte of the context at which they begin.
    pub start: usize,
}

/// Labelled examples of one kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Examples {
    /// Sentences or pairs with a class.
    Classes {
        /// The names of the classes.
        labels: Vec<String>,
        /// The examples.
        examples: Vec<TextExample<usize>>,
    },
    /// Sentences or pairs with a number.
    Scores(Vec<TextExample<f64>>),
    /// Texts with several continuations.
    Choices(Vec<ChoiceExample>),
    /// Sentences with a tag for every word.
    Tags {
        /// The names of the tags: `O` and `B-…`, `I-…`.
        tags: Vec<String>,
        /// The sentences.
        sentences: Vec<TaggedSentence>,
    },
    /// Questions about texts.
    Questions(Vec<QuestionExample>),
}

impl Examples {
    /// How many examples there are.
    pub fn len(&self) -> usize {
        match self {
            Examples::Classes { examples, .. } => examples.len(),
            Examples::Scores(examples) => examples.len(),
            Examples::Choices(examples) => examples.len(),
            Examples::Tags { sentences, .. } => sentences.len(),
            Examples::Questions(examples) => examples.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keeps the first `count` examples.
    pub fn truncate(&mut self, count: usize) {
        match self {
            Examples::Classes { examples, .. } => examples.truncate(count),
            Examples::Scores(examples) => examples.truncate(count),
            Examples::Choices(examples) => examples.truncate(count),
            Examples::Tags { sentences, .. } => sentences.truncate(count),
            Examples::Questions(examples) => examples.truncate(count),
        }
    }

    /// Takes away all examples but the first `count`, and gives them.
    ///
    /// # Panics
    /// If there are fewer than `count`.
    #[track_caller]
    #[must_use]
    pub fn split_off(&mut self, count: usize) -> Examples {
        match self {
            Examples::Classes { labels, examples } => {
                Examples::Classes { labels: labels.clone(), examples: examples.split_off(count) }
            }
            Examples::Scores(examples) => Examples::Scores(examples.split_off(count)),
            Examples::Choices(examples) => Examples::Choices(examples.split_off(count)),
            Examples::Tags { tags, sentences } => {
                Examples::Tags { tags: tags.clone(), sentences: sentences.split_off(count) }
            }
            Examples::Questions(examples) => Examples::Questions(examples.split_off(count)),
        }
    }

    /// Keeps some of the examples, chosen by `seed`, to judge by: the first part is to train on.
    ///
    /// # Errors
    /// [`crate::TextError::InvalidOption`] if `share` does not leave both parts an example.
    pub fn split_held_out(self, share: f64, seed: u64) -> Result<(Examples, Examples), crate::TextError> {
        let held_out = (self.len() as f64 * share).round() as usize;
        if held_out == 0 || held_out >= self.len() {
            let rule = format!("of {} examples it leaves one of the parts none", self.len());
            return Err(crate::TextError::option("held_out", share, rule));
        }
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.shuffle(&mut keyed_rng(seed, Purpose::HeldOut, 0, 1));
        let dev: HashSet<usize> = order.into_iter().take(held_out).collect();
        fn split<T>(examples: Vec<T>, dev: &HashSet<usize>) -> (Vec<T>, Vec<T>) {
            let (dev, training): (Vec<_>, Vec<_>) =
                examples.into_iter().enumerate().partition(|(index, _)| dev.contains(index));
            let values = |part: Vec<(usize, T)>| part.into_iter().map(|(_, example)| example).collect();
            (values(training), values(dev))
        }
        Ok(match self {
            Examples::Classes { labels, examples } => {
                let (training, dev) = split(examples, &dev);
                let part = |examples| Examples::Classes { labels: labels.clone(), examples };
                (part(training), part(dev))
            }
            Examples::Scores(examples) => {
                let (training, dev) = split(examples, &dev);
                (Examples::Scores(training), Examples::Scores(dev))
            }
            Examples::Choices(examples) => {
                let (training, dev) = split(examples, &dev);
                (Examples::Choices(training), Examples::Choices(dev))
            }
            Examples::Tags { tags, sentences } => {
                let (training, dev) = split(sentences, &dev);
                let part = |sentences| Examples::Tags { tags: tags.clone(), sentences };
                (part(training), part(dev))
            }
            Examples::Questions(examples) => {
                let (training, dev) = split(examples, &dev);
                (Examples::Questions(training), Examples::Questions(dev))
            }
        })
    }

    /// The names of the classes or tags; none for the other kinds.
    pub fn label_names(&self) -> &[String] {
        match self {
            Examples::Classes { labels, .. } => labels,
            Examples::Tags { tags, .. } => tags,
            Examples::Scores(_) | Examples::Choices(_) | Examples::Questions(_) => &[],
        }
    }

    /// Every text that a model would read, one after the other: what a vocabulary can be learned from.
    pub fn texts(&self) -> Vec<String> {
        fn pairs<L>(examples: &[TextExample<L>]) -> Vec<String> {
            examples.iter().flat_map(|one| [Some(&one.text), one.pair.as_ref()]).flatten().cloned().collect()
        }
        match self {
            Examples::Classes { examples, .. } => pairs(examples),
            Examples::Scores(examples) => pairs(examples),
            Examples::Choices(examples) => {
                examples.iter().flat_map(|one| std::iter::once(&one.context).chain(&one.choices)).cloned().collect()
            }
            Examples::Tags { sentences, .. } => sentences.iter().map(|one| one.words.join(" ")).collect(),
            Examples::Questions(examples) => {
                examples.iter().flat_map(|one| [&one.question, &one.context]).cloned().collect()
            }
        }
    }

    /// Every example as one line, label and all: what a fingerprint of the data is taken of.
    pub fn lines(&self) -> Vec<String> {
        fn debug<T: std::fmt::Debug>(examples: &[T]) -> Vec<String> {
            examples.iter().map(|example| format!("{example:?}")).collect()
        }
        let mut lines = vec![self.label_names().join("\t")];
        lines.extend(match self {
            Examples::Classes { examples, .. } => debug(examples),
            Examples::Scores(examples) => debug(examples),
            Examples::Choices(examples) => debug(examples),
            Examples::Tags { sentences, .. } => debug(sentences),
            Examples::Questions(examples) => debug(examples),
        });
        lines
    }
}

/// The number of a label in the list of labels that the training data has.
///
/// # Errors
/// [`DataFileError::UnknownLabel`].
pub(crate) fn index_of(
    label: &str,
    known: &[String],
    path: &std::path::Path,
    line: usize,
) -> Result<usize, DataFileError> {
    known.iter().position(|one| one == label).ok_or_else(|| unknown_label(label, known, path, line))
}

/// The error for a label that is none of the known ones.
pub(crate) fn unknown_label(label: &str, known: &[String], path: &std::path::Path, line: usize) -> DataFileError {
    DataFileError::UnknownLabel { path: path.into(), line, label: label.to_owned(), known: known.join(", ") }
}
