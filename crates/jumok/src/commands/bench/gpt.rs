//! A small GPT on characters: pre-norm, causal, no biases anywhere, learned positions, GELU, the head tied to the embeddings
//! (the model of nanoGPT).

use std::ops::Range;

use jumok_tensor::IntTensor;
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig, next_token_loss};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::clock::Clock;
use super::report::Measurement;
use super::training::{BATCHES, Training, layer_multiply_adds};
use super::{CommandError, SEED, random_ids};
use crate::cli::{BenchArgs, Workload};

/// The sizes of model and data.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    vocab_size: usize,
    hidden_size: usize,
    num_layers: usize,
    num_heads: usize,
    seq_len: usize,
    batch_size: usize,
}

const W2: Sizes = Sizes { vocab_size: 65, hidden_size: 128, num_layers: 4, num_heads: 4, seq_len: 64, batch_size: 12 };
const W2B: Sizes =
    Sizes { vocab_size: 65, hidden_size: 384, num_layers: 6, num_heads: 6, seq_len: 256, batch_size: 16 };

impl Sizes {
    fn config(&self) -> CausalLanguageModelConfig {
        CausalLanguageModelConfig {
            vocab_size: self.vocab_size,
            n_positions: self.seq_len,
            n_embd: self.hidden_size,
            n_layer: self.num_layers,
            n_head: self.num_heads,
            ..CausalLanguageModelConfig::nanogpt()
        }
    }
}

/// A step on the next character of every position.
///
/// # Errors
/// If there are more shards than rows.
pub(super) fn training(args: &BenchArgs, clock: Clock) -> Result<Measurement, CommandError> {
    let sizes = if args.workload == Workload::W2b { W2B } else { W2 };
    let training = Training {
        model: CausalLanguageModel::new(&sizes.config(), &mut ChaCha8Rng::seed_from_u64(SEED))?,
        batches: (0..BATCHES).map(|number| Batch::random(number, &sizes)).collect(),
        batch_size: sizes.batch_size,
        tokens: sizes.batch_size * sizes.seq_len,
        forward_multiply_adds: multiply_adds(&sizes),
    };
    training.measure(args, clock, |model, batch: &Batch, rows, ctx| {
        let [input_ids, targets] = batch.rows(rows);
        let logits = model.forward(&input_ids, ctx); //                         [B, T, V]
        next_token_loss(&logits, &targets) / (sizes.batch_size * sizes.seq_len) as f64
    })
}

/// Multiply-adds of one forward pass over a batch. Token t attends to t + 1 tokens.
fn multiply_adds(sizes: &Sizes) -> usize {
    let Sizes { vocab_size, hidden_size: d, num_layers, seq_len, batch_size, .. } = *sizes;
    let pairs = seq_len * (seq_len + 1) / 2;
    let layer = seq_len * layer_multiply_adds(d, 4 * d) + 2 * pairs * d;
    batch_size * (num_layers * layer + seq_len * d * vocab_size)
}

/// Characters and those that follow them, `[B, T]` each.
struct Batch {
    input_ids: IntTensor,
    targets: IntTensor,
}

impl Batch {
    fn random(number: u64, sizes: &Sizes) -> Batch {
        let mut rng = ChaCha8Rng::seed_from_u64(SEED + number);
        let mut ids = || random_ids(&mut rng, &[sizes.batch_size, sizes.seq_len], sizes.vocab_size);
        Batch { input_ids: ids(), targets: ids() }
    }

    fn rows(&self, rows: Range<usize>) -> [IntTensor; 2] {
        [&self.input_ids, &self.targets].map(|ids| {
            let [_, time] = ids.dims();
            IntTensor::from_vec(ids.as_slice()[rows.start * time..rows.end * time].to_vec(), &[rows.len(), time])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: Sizes =
        Sizes { vocab_size: 7, hidden_size: 8, num_layers: 2, num_heads: 2, seq_len: 5, batch_size: 3 };

    #[test]
    fn the_small_workload_is_the_preset() {
        assert_eq!(W2.config(), CausalLanguageModelConfig::nanogpt());
    }

    #[test]
    fn the_shards_of_a_batch_are_its_rows() {
        let batch = Batch::random(0, &SMALL);
        let [ids, targets] = batch.rows(1..3);
        assert_eq!((ids.shape(), targets.shape()), (&[2, 5][..], &[2, 5][..]));
        assert_eq!(ids.as_slice(), &batch.input_ids.as_slice()[5..15]);
        assert_eq!(targets.as_slice(), &batch.targets.as_slice()[5..15]);
    }

    #[test]
    fn the_work_of_a_step_is_that_of_its_products() {
        // Width 8: 12·64 a token and layer; 1 + 2 + 3 + 4 + 5 pairs of tokens; 7 characters.
        assert_eq!(multiply_adds(&SMALL), 3 * (2 * (5 * 12 * 64 + 2 * 15 * 8) + 5 * 8 * 7));
    }
}
