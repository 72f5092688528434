//! Batches of features, and the order in which they come.

use rand::seq::SliceRandom;

use super::{Feature, Target};
use crate::pretraining::IGNORE_INDEX;
use crate::random::{Purpose, keyed_rng};

/// The order in which a run goes through its examples: every epoch all of them once, shuffled anew.
///
/// What a step reads follows from (seed, step) alone, so a run that is taken up again needs no state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Epochs {
    /// How many examples there are.
    pub examples: usize,
    /// How many of them a step reads; the last step of an epoch may have fewer.
    pub batch_size: usize,
    /// The order follows from it.
    pub seed: u64,
}

impl Epochs {
    /// Steps of an epoch.
    pub fn steps(&self) -> u64 {
        self.examples.div_ceil(self.batch_size) as u64
    }

    /// The examples of step `step`, counted from 0.
    ///
    /// # Panics
    /// If there are no examples.
    #[track_caller]
    pub fn batch(&self, step: u64) -> Vec<usize> {
        assert!(self.examples > 0 && self.batch_size > 0, "Epochs::batch: there is no example to read");
        let (epoch, batch) = (step / self.steps(), (step % self.steps()) as usize);
        let mut order: Vec<usize> = (0..self.examples).collect();
        order.shuffle(&mut keyed_rng(self.seed, Purpose::Shuffle, epoch, 1));
        let end = ((batch + 1) * self.batch_size).min(self.examples);
        order[batch * self.batch_size..end].to_vec()
    }
}

/// Some features side by side, filled up to the longest. Matrices are rows after rows, `[rows, seq_len]`; an example with several
/// choices has as many rows.
#[derive(Clone, Debug, PartialEq)]
pub struct FinetuningBatch {
    /// What the model reads, `[rows, seq_len]`.
    pub input_ids: Vec<i64>,
    /// 0 for A and padding, 1 for B, `[rows, seq_len]`.
    pub token_type_ids: Vec<i64>,
    /// 1 for a token, 0 for padding, `[rows, seq_len]`.
    pub attention_mask: Vec<i64>,
    /// Examples.
    pub examples: usize,
    /// Rows of each example.
    pub choices: usize,
    /// Length of a row.
    pub seq_len: usize,
    /// What is right for each example.
    pub targets: Vec<Target>,
}

impl FinetuningBatch {
    /// Puts features side by side.
    ///
    /// # Panics
    /// If there is none, or they do not have equally many sequences.
    #[track_caller]
    pub fn gather(features: &[&Feature], pad: i64) -> FinetuningBatch {
        let choices = features.first().map_or(0, |feature| feature.sequences.len());
        assert!(
            choices > 0 && features.iter().all(|feature| feature.sequences.len() == choices),
            "FinetuningBatch::gather: need at least one feature, and equally many sequences in each"
        );
        let rows = || features.iter().flat_map(|feature| &feature.sequences);
        let seq_len = rows().map(|row| row.input_ids.len()).max().unwrap_or(0);
        let filled = |ids: &[i64], value: i64| {
            let mut row = ids.to_vec();
            row.resize(seq_len, value);
            row
        };
        FinetuningBatch {
            input_ids: rows().flat_map(|row| filled(&row.input_ids, pad)).collect(),
            token_type_ids: rows().flat_map(|row| filled(&row.token_type_ids, 0)).collect(),
            attention_mask: rows().flat_map(|row| filled(&vec![1; row.input_ids.len()], 0)).collect(),
            examples: features.len(),
            choices,
            seq_len,
            targets: features.iter().map(|feature| feature.target.clone()).collect(),
        }
    }

    /// The classes, `[examples]`.
    ///
    /// # Panics
    /// If an example's target is no class.
    #[track_caller]
    pub fn classes(&self) -> Vec<i64> {
        let class = |target: &Target| match target {
            Target::Class(class) => *class,
            other => panic!("FinetuningBatch::classes: the target is {other:?}"),
        };
        self.targets.iter().map(class).collect()
    }

    /// The scores, `[examples]`.
    ///
    /// # Panics
    /// If an example's target is no score.
    #[track_caller]
    pub fn scores(&self) -> Vec<f64> {
        let score = |target: &Target| match target {
            Target::Score(score) => *score,
            other => panic!("FinetuningBatch::scores: the target is {other:?}"),
        };
        self.targets.iter().map(score).collect()
    }

    /// The tags, `[examples, seq_len]`, [`IGNORE_INDEX`] in the padding.
    ///
    /// # Panics
    /// If an example's target are no tags.
    #[track_caller]
    pub fn tags(&self) -> Vec<i64> {
        let tags = |target: &Target| match target {
            Target::Tags(tags) => {
                let mut row = tags.clone();
                row.resize(self.seq_len, IGNORE_INDEX);
                row
            }
            other => panic!("FinetuningBatch::tags: the target is {other:?}"),
        };
        self.targets.iter().flat_map(tags).collect()
    }

    /// The first and the last tokens of the answers, `[examples]` each.
    ///
    /// # Panics
    /// If an example's target is no span.
    #[track_caller]
    pub fn spans(&self) -> [Vec<i64>; 2] {
        let span = |target: &Target| match target {
            Target::Span { start, end } => (*start, *end),
            other => panic!("FinetuningBatch::spans: the target is {other:?}"),
        };
        let (starts, ends) = self.targets.iter().map(span).unzip();
        [starts, ends]
    }

    /// Number of tokens that are not padding.
    pub fn token_count(&self) -> usize {
        self.attention_mask.iter().filter(|&&real| real == 1).count()
    }
}

impl Target {
    /// Over how many single answers a loss is averaged: the tagged tokens, otherwise one.
    pub fn count(&self) -> usize {
        match self {
            Target::Class(_) | Target::Score(_) | Target::Span { .. } => 1,
            Target::Tags(tags) => tags.iter().filter(|&&tag| tag != IGNORE_INDEX).count(),
        }
    }
}
