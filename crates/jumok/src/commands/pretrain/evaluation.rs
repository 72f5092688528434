//! How well a model does on held-out text.

use jumok_bert::PreTrainingLoss;
use jumok_text::PretrainingBatch;
use jumok_training::{Mean, evaluate};

use super::model::PretrainedModel;
use crate::convert::BertBatch;

/// The figures of both tasks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scores {
    masked_loss: Mean,
    masked_accuracy: Mean,
    next_loss: Mean,
    next_accuracy: Mean,
}

impl Scores {
    /// Takes the sums of some pairs in.
    pub fn add(&mut self, sums: &PairSums) {
        let (masked, pairs) = (sums.masked_count as f64, sums.pair_count as f64);
        self.masked_loss.add(sums.masked_loss, masked);
        self.masked_accuracy.add(sums.masked_correct as f64, masked);
        self.next_loss.add(sums.next_loss, pairs);
        self.next_accuracy.add(sums.next_correct as f64, pairs);
    }

    /// Mean of −log p(word) over the masked positions, in nats.
    pub fn masked_loss(&self) -> f64 {
        self.masked_loss.value().unwrap_or(f64::NAN)
    }

    /// Share of the masked words that were guessed.
    pub fn masked_accuracy(&self) -> f64 {
        self.masked_accuracy.value().unwrap_or(f64::NAN)
    }

    /// Mean of −log p(relation) over the pairs, in nats; NaN where nothing is told of pairs.
    pub fn next_loss(&self) -> f64 {
        self.next_loss.value().unwrap_or(f64::NAN)
    }

    /// Share of the pairs that were judged rightly.
    pub fn next_accuracy(&self) -> f64 {
        self.next_accuracy.value().unwrap_or(f64::NAN)
    }

    /// The loss of both exercises, or of the masked words alone.
    pub fn loss(&self) -> f64 {
        self.masked_loss() + self.next_loss.value().unwrap_or(0.0)
    }
}

/// Sums over some pairs: losses in nats, and counts.
#[derive(Clone, Copy, Debug)]
pub struct PairSums {
    masked_loss: f64,
    masked_correct: usize,
    masked_count: usize,
    next_loss: f64,
    next_correct: usize,
    pair_count: usize,
}

impl From<&PreTrainingLoss> for PairSums {
    fn from(loss: &PreTrainingLoss) -> PairSums {
        PairSums {
            masked_loss: loss.masked_loss_sum,
            masked_correct: loss.masked_correct,
            masked_count: loss.masked_count,
            next_loss: loss.next_sentence_loss_sum,
            next_correct: loss.next_sentence_correct,
            pair_count: loss.next_sentence_count,
        }
    }
}

/// Scores a model on batches.
pub(super) fn score(model: &PretrainedModel, batches: &[PretrainingBatch]) -> Scores {
    let sums = evaluate(batches, |batch, ctx| {
        let batch = BertBatch::from(batch);
        PairSums::from(&model.loss(&batch, batch.labels.counts(), ctx))
    });
    let mut scores = Scores::default();
    sums.iter().for_each(|sums| scores.add(sums));
    scores
}
