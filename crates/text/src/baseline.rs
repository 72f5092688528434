//! What somebody who has learned nothing would score: the figures to print beside a model's.

use crate::{PretrainingBatch, PretrainingData};

/// Accuracies of two trivial guessers on given batches.
#[derive(Clone, Debug, PartialEq)]
pub struct Baselines {
    /// The token that occurs most often in the training text, special tokens aside.
    pub most_frequent_token: i64,
    /// Share of the masked positions that it would get right, 0 to 1; 0 without any masked position.
    pub mlm_accuracy: f64,
    /// Share of the pairs that the more frequent label would get right, ½ to 1; 0 without any pair.
    pub nsp_accuracy: f64,
}

impl Baselines {
    /// Guesses by what is frequent in `training`, scored on `batches`.
    pub fn measure<'a>(
        training: &PretrainingData,
        batches: impl IntoIterator<Item = &'a PretrainingBatch>,
    ) -> Baselines {
        let frequencies = training.token_frequencies();
        let ordinary = training.ordinary_ids().iter();
        // The first of equally frequent ones, hence the reversed order for `max_by_key`, which takes the last.
        let most_frequent_token = ordinary.copied().rev().max_by_key(|&id| frequencies[id as usize]).unwrap_or(0);
        let (mut predictions, mut hits, mut pairs, mut random) = (0usize, 0usize, 0usize, 0usize);
        for batch in batches {
            predictions += batch.masked_labels.len();
            hits += batch.masked_labels.iter().filter(|&&label| label == most_frequent_token).count();
            pairs += batch.next_sentence_labels.len();
            random += batch.next_sentence_labels.iter().filter(|&&label| label == 1).count();
        }
        let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        Baselines {
            most_frequent_token,
            mlm_accuracy: share(hits, predictions),
            nsp_accuracy: share(random.max(pairs - random), pairs),
        }
    }
}
