//! Questions about a text: windows that fit the model, answers as tokens, and back to the very words of the text
//! (Devlin et al. 2019, sections 4.2 and 4.3; BERT's own `run_squad.py` for the windows).

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::features::room_for;
use super::{Feature, QuestionExample, Target};
use crate::{TextError, Tokenizer};

/// How questions are cut to windows, and answers chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionOptions {
    /// Tokens of a window at most, question and special tokens included.
    pub max_length: usize,
    /// Tokens from the beginning of a window to that of the next.
    pub doc_stride: usize,
    /// Tokens of a question at most; more are cut off.
    pub max_query_length: usize,
    /// Tokens of an answer at most.
    pub max_answer_length: usize,
}

impl QuestionOptions {
    /// The values of BERT's code for SQuAD, with a stride of a third of the window and half of it for the question at most.
    pub fn of_length(max_length: usize) -> QuestionOptions {
        QuestionOptions {
            max_length,
            doc_stride: (max_length / 3).max(1),
            max_query_length: (max_length / 2).clamp(1, 64),
            max_answer_length: 30,
        }
    }

    /// Checks the rules between them, where a pair needs `special` special tokens ([`Tokenizer::special_token_count`]).
    ///
    /// # Errors
    /// [`TextError::InvalidOption`].
    pub fn validate(&self, special: usize) -> Result<(), TextError> {
        let room = room_for(special, self.max_length)?;
        for (option, value) in [
            ("doc_stride", self.doc_stride),
            ("max_query_length", self.max_query_length),
            ("max_answer_length", self.max_answer_length),
        ] {
            if value == 0 {
                return Err(TextError::option(option, value, "it must be at least 1"));
            }
        }
        if self.max_query_length >= room {
            let rule =
                format!("a window of {} tokens leaves the text no room then: use less than {room}", self.max_length);
            return Err(TextError::option("max_query_length", self.max_query_length, rule));
        }
        if self.doc_stride > room - self.max_query_length {
            let rule = format!(
                "words between two windows would be read by none: use at most {}",
                room - self.max_query_length
            );
            return Err(TextError::option("doc_stride", self.doc_stride, rule));
        }
        Ok(())
    }
}

/// A piece of the context behind the question: `[CLS] question [SEP] context[first..first + len] [SEP]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    /// What the model reads, and where the answer is.
    pub feature: Feature,
    /// The place of the first token of the context in the sequence.
    pub context_start: usize,
    /// Which token of the context that is.
    pub first: usize,
    /// How many tokens of the context the window has.
    pub len: usize,
}

/// A question as a model reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct EncodedQuestion {
    /// The windows, from left to right.
    pub windows: Vec<Window>,
    /// The bytes of each token of the context.
    pub offsets: Vec<(usize, usize)>,
}

/// What a model says about a window: how much each token looks like the first and the last of the answer, `[seq_len]` each.
#[derive(Clone, Copy, Debug)]
pub struct SpanLogits<'a> {
    /// For the first.
    pub start: &'a [f32],
    /// For the last.
    pub end: &'a [f32],
}

/// A piece of the context that a model takes for the answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AnswerSpan {
    /// Its first byte.
    pub start: usize,
    /// The byte behind its last one.
    pub end: usize,
    /// The sum of its two logits.
    pub score: f32,
    /// Its probability among all spans that are possible in any window.
    pub probability: f64,
}

/// What a model answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// The best span; `None` if the context has no token.
    pub span: Option<AnswerSpan>,
    /// The score of there being no answer: the two logits of `[CLS]`, the smallest of all windows.
    pub null_score: f32,
}

/// The context's tokens that an answer at the bytes `start..end` touches: the first and the last. `None` if it touches none.
pub fn tokens_of_answer(offsets: &[(usize, usize)], start: usize, end: usize) -> Option<(usize, usize)> {
    let touched = |&(from, to): &(usize, usize)| from < end && to > start;
    let first = offsets.iter().position(touched)?;
    let last = offsets.iter().rposition(touched)?;
    Some((first, last))
}

/// A question and its windows. In a window that holds the whole of the first answer, its tokens are the target; in the others,
/// and for a question without an answer, `[CLS]` is.
///
/// # Errors
/// [`TextError::Encode`], or [`TextError::InvalidOption`].
pub fn encode_question(
    tokenizer: &Tokenizer,
    example: &QuestionExample,
    options: &QuestionOptions,
) -> Result<EncodedQuestion, TextError> {
    let special = tokenizer.special_token_count(true);
    options.validate(special)?;
    let mut question = tokenizer.encode(&example.question)?;
    question.truncate(options.max_query_length);
    let (context, offsets): (Vec<i64>, Vec<(usize, usize)>) =
        tokenizer.encode_with_offsets(&example.context)?.into_iter().unzip();
    let answer = example
        .answers
        .first()
        .and_then(|answer| tokens_of_answer(&offsets, answer.start, answer.start + answer.text.len()));
    let room = options.max_length - special - question.len();
    let context_start = tokenizer.second_start(question.len());
    let mut windows = vec![];
    let mut first = 0;
    loop {
        let len = room.min(context.len() - first);
        let sequence = tokenizer.sequence(&question, Some(&context[first..first + len]));
        let inside = answer.filter(|&(start, end)| start >= first && end < first + len);
        let place = |token: usize| (context_start + token - first) as i64;
        let target = match inside {
            Some((start, end)) => Target::Span { start: place(start), end: place(end) },
            None => Target::Span { start: 0, end: 0 },
        };
        let feature = Feature { sequences: vec![sequence], target };
        windows.push(Window { feature, context_start, first, len });
        if first + len >= context.len() {
            return Ok(EncodedQuestion { windows, offsets });
        }
        first += options.doc_stride;
    }
}

/// As [`encode_question`], for many, on all threads.
///
/// # Errors
/// As [`encode_question`].
pub fn encode_questions(
    tokenizer: &Tokenizer,
    examples: &[QuestionExample],
    options: &QuestionOptions,
) -> Result<Vec<EncodedQuestion>, TextError> {
    examples.par_iter().map(|example| encode_question(tokenizer, example, options)).collect()
}

impl EncodedQuestion {
    /// The answer that a model's logits mean, one pair of lists a window.
    ///
    /// Only spans of the context are looked at, with the last token not before the first and at most `max_answer_length` tokens, so
    /// nothing else can come out. The best of all windows is the answer.
    ///
    /// # Panics
    /// If there are not as many logits as windows, or as tokens in one.
    #[track_caller]
    pub fn answer(&self, logits: &[SpanLogits], max_answer_length: usize) -> Answer {
        assert_eq!(logits.len(), self.windows.len(), "EncodedQuestion::answer: need the logits of every window");
        let mut best: Option<(usize, usize, f32)> = None;
        let mut null_score = f32::INFINITY;
        // Σ exp(score) over all spans, as (largest score, sum relative to it), so that nothing overflows.
        let (mut largest, mut sum) = (f32::NEG_INFINITY, 0.0f64);
        for (window, logits) in self.windows.iter().zip(logits) {
            let tokens = window.feature.sequences[0].input_ids.len();
            assert!(
                logits.start.len() >= tokens && logits.end.len() >= tokens,
                "EncodedQuestion::answer: {} and {} logits for {tokens} tokens",
                logits.start.len(),
                logits.end.len()
            );
            null_score = null_score.min(logits.start[0] + logits.end[0]);
            let places = window.context_start..window.context_start + window.len;
            for start in places.clone() {
                for end in start..places.end.min(start + max_answer_length) {
                    let score = logits.start[start] + logits.end[end];
                    if score > largest {
                        sum *= f64::from(largest - score).exp();
                        largest = score;
                    }
                    sum += f64::from(score - largest).exp();
                    if best.is_none_or(|(_, _, so_far)| score > so_far) {
                        let token = |place: usize| window.first + place - window.context_start;
                        best = Some((token(start), token(end), score));
                    }
                }
            }
        }
        let span = best.map(|(first, last, score)| AnswerSpan {
            start: self.offsets[first].0,
            end: self.offsets[last].1,
            score,
            probability: f64::from(score - largest).exp() / sum,
        });
        Answer { span, null_score }
    }
}
