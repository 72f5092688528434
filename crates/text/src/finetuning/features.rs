//! From labelled examples to what a model reads: `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`, and its answer as numbers. RoBERTa's
//! tokenizers put other tokens there.

use rayon::prelude::*;

use super::{ChoiceExample, TaggedSentence, TextExample};
use crate::pretraining::IGNORE_INDEX;
use crate::pretraining::{PairSequence, truncate_pair};
use crate::{TextError, Tokenizer};

/// One example as a model reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// What is read: one sequence, or one for each choice.
    pub sequences: Vec<PairSequence>,
    /// What should be answered.
    pub target: Target,
}

/// What a model should answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// This class, or this choice.
    Class(i64),
    /// This number.
    Score(f64),
    /// These tags, one for each token; [`IGNORE_INDEX`] (−100) where none is asked for.
    Tags(Vec<i64>),
    /// The tokens with which the answer begins and ends; 0, the place of `[CLS]`, where it is not in the sequence.
    Span {
        /// The first token.
        start: i64,
        /// The last token.
        end: i64,
    },
}

/// A tagged sentence as a model reads it, and where its words went.
#[derive(Clone, Debug, PartialEq)]
pub struct TaggedFeature {
    /// The sequence with a tag on the first piece of each word.
    pub feature: Feature,
    /// The place of each word's first piece in the sequence; fewer than there are words if the sentence was cut.
    pub first_pieces: Vec<usize>,
}

/// `[CLS] A [SEP]` or `[CLS] A [SEP] B [SEP]`, or what the tokenizer has in their place ([`Tokenizer::sequence`]), of at most
/// `max_length` tokens; the longer part gives up its last token first.
///
/// # Errors
/// [`TextError::Encode`]; [`TextError::InvalidOption`] for a `max_length` without room for a token of each part.
pub fn encode_text(
    tokenizer: &Tokenizer,
    text: &str,
    pair: Option<&str>,
    max_length: usize,
) -> Result<PairSequence, TextError> {
    let room = room_for(tokenizer.special_token_count(pair.is_some()), max_length)?;
    let mut a = tokenizer.encode(text)?;
    match pair {
        Some(pair) => {
            let mut b = tokenizer.encode(pair)?;
            truncate_pair(&mut a, &mut b, room);
            Ok(tokenizer.sequence(&a, Some(&b)))
        }
        None => {
            a.truncate(room);
            Ok(tokenizer.sequence(&a, None))
        }
    }
}

/// What `special` special tokens leave of `max_length`, if that is enough for a token of each of two parts.
pub(super) fn room_for(special: usize, max_length: usize) -> Result<usize, TextError> {
    match max_length.checked_sub(special).filter(|&room| room >= 2) {
        Some(room) => Ok(room),
        None => {
            let rule =
                format!("{special} special tokens and at least two more need a place: use {} or more", special + 2);
            Err(TextError::option("max_length", max_length, rule))
        }
    }
}

/// Sentences or pairs; `target` says what to answer to a label. Runs on all threads, in the order of the examples.
///
/// # Errors
/// As [`encode_text`].
pub fn encode_texts<L: Sync>(
    tokenizer: &Tokenizer,
    examples: &[TextExample<L>],
    max_length: usize,
    target: impl Fn(&L) -> Target + Sync,
) -> Result<Vec<Feature>, TextError> {
    let encode = |example: &TextExample<L>| {
        let sequence = encode_text(tokenizer, &example.text, example.pair.as_deref(), max_length)?;
        Ok(Feature { sequences: vec![sequence], target: target(&example.label) })
    };
    examples.par_iter().map(encode).collect()
}

/// One sequence a choice: `[CLS] context [SEP] choice [SEP]` (Devlin et al. 2019, section 4.4). Of a sequence that is too long the
/// longer part gives up tokens first.
///
/// # Errors
/// As [`encode_text`].
pub fn encode_choices(
    tokenizer: &Tokenizer,
    context: &str,
    choices: &[String],
    max_length: usize,
) -> Result<Vec<PairSequence>, TextError> {
    choices.iter().map(|choice| encode_text(tokenizer, context, Some(choice), max_length)).collect()
}

/// As [`encode_choices`], for many examples and with their answers.
///
/// # Errors
/// As [`encode_text`].
pub fn encode_choice_examples(
    tokenizer: &Tokenizer,
    examples: &[ChoiceExample],
    max_length: usize,
) -> Result<Vec<Feature>, TextError> {
    let encode = |example: &ChoiceExample| {
        let sequences = encode_choices(tokenizer, &example.context, &example.choices, max_length)?;
        Ok(Feature { sequences, target: Target::Class(example.label as i64) })
    };
    examples.par_iter().map(encode).collect()
}

/// The pieces of words one after the other, `[CLS]` before and `[SEP]` behind them, and the place of each word's first piece.
///
/// A word that the tokenizer makes nothing of (a lone control character) becomes `[UNK]`, so that every word has a piece. Words
/// whose first piece lies beyond `max_length` have none.
///
/// # Errors
/// As [`encode_text`].
pub fn encode_words<S: AsRef<str>>(
    tokenizer: &Tokenizer,
    words: &[S],
    max_length: usize,
) -> Result<(PairSequence, Vec<usize>), TextError> {
    let room = room_for(tokenizer.special_token_count(false), max_length)?;
    let (mut ids, mut first_pieces) = (vec![], vec![]);
    for word in words {
        if ids.len() >= room {
            break;
        }
        first_pieces.push(tokenizer.text_start() + ids.len());
        let pieces = tokenizer.encode_word(word.as_ref())?;
        match pieces.is_empty() {
            true => ids.push(tokenizer.special().unk),
            false => ids.extend(pieces),
        }
    }
    ids.truncate(room);
    Ok((tokenizer.sequence(&ids, None), first_pieces))
}

/// A tagged sentence: the tag of a word is asked for at its first piece; the other pieces, `[CLS]` and `[SEP]` have [`IGNORE_INDEX`]
/// (Devlin et al. 2019, section 5.3).
///
/// # Errors
/// As [`encode_text`].
// ANCHOR: encode_tagged
pub fn encode_tagged(
    tokenizer: &Tokenizer,
    sentence: &TaggedSentence,
    max_length: usize,
) -> Result<TaggedFeature, TextError> {
    let (sequence, first_pieces) = encode_words(tokenizer, &sentence.words, max_length)?;
    let mut tags = vec![IGNORE_INDEX; sequence.input_ids.len()];
    for (&place, &tag) in first_pieces.iter().zip(&sentence.tags) {
        tags[place] = tag as i64;
    }
    let feature = Feature { sequences: vec![sequence], target: Target::Tags(tags) };
    Ok(TaggedFeature { feature, first_pieces })
}
// ANCHOR_END: encode_tagged

/// As [`encode_tagged`], for many sentences, on all threads.
///
/// # Errors
/// As [`encode_text`].
pub fn encode_tagged_sentences(
    tokenizer: &Tokenizer,
    sentences: &[TaggedSentence],
    max_length: usize,
) -> Result<Vec<TaggedFeature>, TextError> {
    sentences.par_iter().map(|sentence| encode_tagged(tokenizer, sentence, max_length)).collect()
}
