//! A task for which one look is not enough: say for every token which one stands before it and which one behind it (lecture,
//! slide S17).
//!
//! A head takes one mean home. Of a mean of both neighbours a linear readout cannot tell which was which, so a single head has to
//! decide for one of them, or to know either half of the time; two heads look once to the left and once to the right. Places are
//! known to queries and keys alone: a value says what stands there and not where, or a single head could smuggle the place in
//! with what it takes home.

use jumok_nn::optim::{Adam, AdamConfig, Optimizer};
use jumok_nn::{Ctx, Embedding, Linear, Module, parameters};
use jumok_tensor::{CrossEntropy, IntTensor, Tensor, no_grad};
use rand::{Rng, RngExt};

use crate::{Mask, MultiHeadAttention, MultiHeadConfig, MultiHeadOutput};

/// Sequences of so many different symbols, all equally long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Neighbours {
    /// How many different symbols there are.
    pub symbols: usize,
    /// T, how many of them a sequence has.
    pub length: usize,
}

/// One layer of attention between two tables of embeddings and two linear readouts: no residual and no feed-forward, so that
/// what is known of the neighbours came through the heads.
#[derive(Debug, Clone)]
pub struct NeighboursModel {
    /// A vector for every symbol: `[symbols, D]`.
    pub tokens: Embedding,
    /// A vector for every place, added to what asks and what is asked, not to what is taken home: `[T, D]`.
    pub positions: Embedding,
    /// The heads.
    pub attention: MultiHeadAttention,
    /// Says which symbol stands before: `[symbols, D]`.
    pub left: Linear,
    /// Says which symbol stands behind: `[symbols, D]`.
    pub right: Linear,
}

impl Module for NeighboursModel {
    parameters!(tokens, positions, attention, left, right);
}

/// The shares of neighbours that were named right.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Of the tokens before.
    pub left: f64,
    /// Of the tokens behind.
    pub right: f64,
}

/// The first token has none before it, and the last none behind it: these places do not count.
const NO_NEIGHBOUR: i64 = -100;

impl Neighbours {
    /// A model with freshly drawn weights.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn model(&self, d_model: usize, num_heads: usize, rng: &mut impl Rng) -> NeighboursModel {
        NeighboursModel {
            tokens: Embedding::new(self.symbols, d_model, rng),
            positions: Embedding::new(self.length, d_model, rng),
            attention: MultiHeadAttention::new(&MultiHeadConfig::new(d_model, num_heads), rng),
            left: Linear::new(d_model, self.symbols, rng),
            right: Linear::new(d_model, self.symbols, rng),
        }
    }

    /// Sequences of random symbols: `[B, T]`.
    pub fn sequences(&self, count: usize, rng: &mut impl Rng) -> IntTensor {
        let ids = (0..count * self.length).map(|_| rng.random_range(0..self.symbols as i64)).collect();
        IntTensor::from_vec(ids, &[count, self.length])
    }

    /// For every token the one before it and the one behind it: `[B, T]` each.
    fn answers(&self, ids: &IntTensor) -> [IntTensor; 2] {
        let (ids, length) = (ids.as_slice(), self.length);
        let shifted = |step: isize| {
            let neighbour = |n: usize| {
                let at = (n % length).checked_add_signed(step).filter(|at| *at < length);
                at.map_or(NO_NEIGHBOUR, |at| ids[n - n % length + at])
            };
            IntTensor::from_vec((0..ids.len()).map(neighbour).collect(), &[ids.len() / length, length])
        };
        [shifted(-1), shifted(1)]
    }

    /// Trains by Adam on ever new sequences, and passes number and loss of each step to `report`.
    ///
    /// # Panics
    /// If the model was made for other sequences.
    #[track_caller]
    pub fn train(
        &self,
        model: &mut NeighboursModel,
        steps: u64,
        batch_size: usize,
        learning_rate: f64,
        rng: &mut impl Rng,
        mut report: impl FnMut(u64, f64),
    ) {
        let mut optimizer = Adam::new(AdamConfig::default()).expect("Adam's usual settings are valid");
        for step in 0..steps {
            let ids = self.sequences(batch_size, rng);
            let (said, answers) = (model.forward(&ids, &mut Ctx::eval()), self.answers(&ids));
            let loss = |n: usize| {
                let (logits, answers) = (said[n].flatten(0, 1), answers[n].reshape(&[batch_size * self.length]));
                logits.cross_entropy(&answers, &CrossEntropy::default())
            };
            let loss = loss(0) + loss(1);
            report(step, loss.item());
            let gradients = loss.backward();
            optimizer.step(model, &gradients, learning_rate).expect("the loss depends on every parameter");
        }
    }

    /// How many neighbours the model names right in sequences that it has not been trained on.
    ///
    /// # Panics
    /// If the model was made for other sequences.
    #[track_caller]
    pub fn shares(&self, model: &NeighboursModel, count: usize, rng: &mut impl Rng) -> Shares {
        let ids = self.sequences(count, rng);
        let answers = self.answers(&ids);
        let said = no_grad(|| model.forward(&ids, &mut Ctx::eval()));
        let share = |n: usize| {
            let said = said[n].argmax(-1, false);
            let pairs =
                said.as_slice().iter().zip(answers[n].as_slice()).filter(|(_, answer)| **answer != NO_NEIGHBOUR);
            let (right, all) =
                pairs.fold((0, 0), |(right, all), (said, answer)| (right + usize::from(said == answer), all + 1));
            right as f64 / f64::from(all.max(1))
        };
        Shares { left: share(0), right: share(1) }
    }
}

impl NeighboursModel {
    /// Ids `[B, T]` to the logits of the token before and of the token behind, `[B, T, symbols]` each.
    ///
    /// # Panics
    /// If an id is no symbol, or the sequences are longer than those of training.
    #[track_caller]
    pub fn forward(&self, ids: &IntTensor, ctx: &mut Ctx) -> [Tensor; 2] {
        let seen = self.look(ids, ctx).output; //                         [B, T, D]
        [self.left.forward(&seen), self.right.forward(&seen)] //          [B, T, symbols] each
    }

    /// What the heads make of ids `[B, T]`: `[B, T, D]`, and how much each token looks at each in each head: `[B, H, T, T]`.
    ///
    /// # Panics
    /// As [`NeighboursModel::forward`].
    #[track_caller]
    pub fn look(&self, ids: &IntTensor, ctx: &mut Ctx) -> MultiHeadOutput {
        let [_, length] = ids.dims();
        let places = IntTensor::from_vec((0..length as i64).collect(), &[length]);
        let tokens = self.tokens.forward(ids); //                         [B, T, D]
        let placed = &tokens + self.positions.forward(&places); //        [B, T, D]
        ctx.at("attention", |ctx| self.attention.forward(&placed, &placed, &tokens, &Mask::none(), ctx))
    }

    /// The mean weight of each head by distance, key − query: `[H, 2·reach + 1]` from −reach to reach, over the queries for
    /// which there is such a key.
    ///
    /// # Panics
    /// As [`NeighboursModel::forward`].
    #[track_caller]
    pub fn weights_by_distance(&self, ids: &IntTensor, reach: usize) -> Vec<Vec<f64>> {
        let weights = self.look(ids, &mut Ctx::eval()).weights; //        [B, H, T, T]
        let [batch, heads, length, _] = weights.dims();
        let values = weights.to_vec();
        let mean = |head: usize, distance: isize| {
            let pairs =
                (0..length).filter_map(|i| i.checked_add_signed(distance).filter(|j| *j < length).map(|j| (i, j)));
            let at = |b: usize, i: usize, j: usize| f64::from(values[((b * heads + head) * length + i) * length + j]);
            let all: Vec<f64> = pairs.flat_map(|(i, j)| (0..batch).map(move |b| at(b, i, j))).collect();
            all.iter().sum::<f64>() / all.len().max(1) as f64
        };
        let reach = reach as isize;
        (0..heads).map(|head| (-reach..=reach).map(|distance| mean(head, distance)).collect()).collect()
    }

    /// The same model with one head silent; see [`MultiHeadAttention::without_head`].
    ///
    /// # Panics
    /// If there is no such head.
    #[must_use]
    #[track_caller]
    pub fn without_head(&self, head: usize) -> Self {
        Self { attention: self.attention.without_head(head), ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn neighbours_are_those_of_the_same_sequence() {
        let task = Neighbours { symbols: 9, length: 3 };
        let [left, right] = task.answers(&IntTensor::from_vec(vec![1, 2, 3, 4, 5, 6], &[2, 3]));
        assert_eq!(left.as_slice(), [-100, 1, 2, -100, 4, 5]);
        assert_eq!(right.as_slice(), [2, 3, -100, 5, 6, -100]);
    }

    #[test]
    fn more_heads_know_more_neighbours_and_miss_what_a_silent_head_knew() {
        let task = Neighbours { symbols: 5, length: 5 };
        for seed in 0..3 {
            for heads in [1, 2, 4] {
                let rng = &mut ChaCha8Rng::seed_from_u64(seed);
                let mut model = task.model(64, heads, rng);
                task.train(&mut model, 300, 32, 0.01, rng, |_, _| {});
                let whole = task.shares(&model, 200, rng);
                let knows_both = whole.left.min(whole.right) > 0.95;
                assert_eq!(knows_both, heads > 1, "seed {seed}, {heads} heads: {whole:?}");
                assert!(heads > 1 || whole.left + whole.right < 1.6, "seed {seed}: {whole:?}");
                if heads != 2 {
                    continue;
                }
                for silent in 0..heads {
                    let Shares { left, right } = task.shares(&model.without_head(silent), 200, rng);
                    assert!(left.min(right) < 0.5, "seed {seed}, without head {silent}: {left} {right}");
                }
                let looks = model.weights_by_distance(&task.sequences(50, rng), 1);
                let before = usize::from(looks[1][0] > looks[0][0]);
                assert!(looks[before][0] > 0.8 && looks[1 - before][2] > 0.8, "seed {seed}: {looks:?}");
            }
        }
    }
}
