//! Sequences of symbols to be said again: nothing to know about them but their order.

use std::ops::RangeInclusive;

use jumok_nn::{Adam, AdamConfig, Ctx, Optimizer, Schedule, clip_grad_norm};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::{Seq2Seq, Seq2SeqBatch, Seq2SeqConfig, Seq2SeqLoss};

/// In which order a sequence is said again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// From the first symbol to the last.
    Copy,
    /// From the last to the first.
    Reverse,
}

impl Order {
    /// Which word of a source of `length` words the word `t` of the answer is made of, both counted from 0.
    pub fn source_of(self, t: usize, length: usize) -> usize {
        match self {
            Order::Copy => t,
            Order::Reverse => length - 1 - t,
        }
    }

    /// The sequence in this order.
    pub fn of(self, source: &[i64]) -> Vec<i64> {
        (0..source.len()).map(|t| source[self.source_of(t, source.len())]).collect()
    }
}

/// A task: random sequences, to be said again in an order. A symbol may occur several times in a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbols {
    /// How many different symbols there are.
    pub count: usize,
    /// How many of them stand in a sequence.
    pub lengths: RangeInclusive<usize>,
    /// In which order they are said again.
    pub order: Order,
}

/// How a model is trained on [`Symbols`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingOptions {
    /// Steps.
    pub steps: u64,
    /// Pairs a step.
    pub batch_size: usize,
    /// Where the learning rate begins; it falls evenly to 0.
    pub learning_rate: f64,
}

impl Symbols {
    /// The id of the first symbol: 0, 1 and 2 are padding, beginning and end.
    pub const FIRST: i64 = 3;

    /// An encoder–decoder for these symbols, all of its layers `width` wide, that reads from left to right only: the state at
    /// a word then knows that word best, and none behind it.
    pub fn config(&self, width: usize) -> Seq2SeqConfig {
        let vocabulary = Self::FIRST as usize + self.count;
        Seq2SeqConfig {
            source_vocab_size: vocabulary,
            target_vocab_size: vocabulary,
            embedding_size: width,
            encoder_hidden_size: width,
            bidirectional: false,
            decoder_hidden_size: width,
            attention_hidden_size: width,
            readout_size: width,
            ..Seq2SeqConfig::tiny()
        }
    }

    /// A random symbol.
    ///
    /// # Panics
    /// If there are none.
    pub fn symbol(&self, rng: &mut ChaCha8Rng) -> i64 {
        Self::FIRST + rng.random_range(0..self.count as i64)
    }

    /// Random sequences and what is to be said of them.
    ///
    /// # Panics
    /// If there are no symbols, or no lengths.
    pub fn pairs(&self, count: usize, rng: &mut ChaCha8Rng) -> (Vec<Vec<i64>>, Vec<Vec<i64>>) {
        let sources: Vec<Vec<i64>> = (0..count)
            .map(|_| {
                let length = rng.random_range(self.lengths.clone());
                (0..length).map(|_| self.symbol(rng)).collect()
            })
            .collect();
        let targets = sources.iter().map(|source| self.order.of(source)).collect();
        (sources, targets)
    }

    /// Trains a model by Adam on ever new pairs, and passes number and loss of each step to `report`.
    ///
    /// # Panics
    /// If the model does not know all symbols, or there are none.
    #[track_caller]
    pub fn train(
        &self,
        model: &mut Seq2Seq,
        options: &TrainingOptions,
        rng: &mut ChaCha8Rng,
        mut report: impl FnMut(u64, &Seq2SeqLoss),
    ) {
        let mut optimizer = Adam::new(AdamConfig::default()).expect("Adam's usual settings are valid");
        let TrainingOptions { steps, batch_size, learning_rate } = *options;
        let schedule = Schedule::Linear { lr: learning_rate, warmup_steps: 0, total_steps: steps };
        for step in 0..steps {
            let (sources, targets) = self.pairs(batch_size, rng);
            let batch = Seq2SeqBatch::new(&sources, &targets, &model.config);
            // The words are drawn from `rng` alone, so only dropout asks the context, and these models have none.
            let loss = model.loss(&batch, 1.0, &mut Ctx::seeded(0, step, 0, true));
            report(step, &loss);
            let mut gradients = loss.loss.backward();
            drop(loss);
            clip_grad_norm(model, &mut gradients, 1.0);
            optimizer.step(model, &gradients, schedule.lr(step)).expect("the loss depends on every parameter");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn answers_are_the_sources_in_their_order() {
        for (order, expected) in [(Order::Copy, [5, 3, 4]), (Order::Reverse, [4, 3, 5])] {
            assert_eq!(order.of(&[5, 3, 4]), expected);
        }
        let symbols = Symbols { count: 3, lengths: 2..=4, order: Order::Reverse };
        let (sources, targets) = symbols.pairs(200, &mut ChaCha8Rng::seed_from_u64(0));
        for (source, target) in sources.iter().zip(&targets) {
            assert!((2..=4).contains(&source.len()) && source.iter().all(|id| (3..6).contains(id)), "{source:?}");
            assert_eq!(*target, source.iter().rev().copied().collect::<Vec<_>>());
        }
        assert!((2..=4).all(|length| sources.iter().any(|source| source.len() == length)));
    }

    #[test]
    fn training_lowers_the_loss_and_follows_from_the_seed() {
        let symbols = Symbols { count: 2, lengths: 1..=2, order: Order::Copy };
        let options = TrainingOptions { steps: 40, batch_size: 8, learning_rate: 0.02 };
        let run = |seed| {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let mut model = Seq2Seq::new(&symbols.config(8), rng).unwrap();
            let mut losses = vec![];
            symbols.train(&mut model, &options, rng, |_, loss| losses.push(loss.loss.item()));
            losses
        };
        let losses = run(1);
        assert_eq!(losses.len(), 40);
        assert!(losses[39] < 0.7 * losses[0], "{losses:?}");
        assert_eq!(losses, run(1));
        assert_ne!(losses, run(2));
    }
}
