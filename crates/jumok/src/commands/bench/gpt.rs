//! A small GPT on characters: pre-norm, causal, no biases anywhere, learned positions, GELU, the head tied to the embeddings
//! (the model of nanoGPT).

use std::ops::Range;

use jumok_attention::Mask;
use jumok_nn::{Activation, Ctx, Embedding, Init, Module, parameters};
use jumok_tensor::{CrossEntropy, IntTensor, Reduction, Tensor};
use jumok_transformer::{Encoder, EncoderLayerConfig};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

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

/// A step on the next character of every position.
///
/// # Errors
/// If there are more shards than rows.
pub(super) fn training(args: &BenchArgs, clock: Clock) -> Result<Measurement, CommandError> {
    let sizes = if args.workload == Workload::W2b { W2B } else { W2 };
    let training = Training {
        model: Gpt::new(&sizes, &mut ChaCha8Rng::seed_from_u64(SEED)),
        batches: (0..BATCHES).map(|number| Batch::random(number, &sizes)).collect(),
        batch_size: sizes.batch_size,
        tokens: sizes.batch_size * sizes.seq_len,
        forward_multiply_adds: multiply_adds(&sizes),
    };
    let sum = CrossEntropy { reduction: Reduction::Sum, ..CrossEntropy::default() };
    training.measure(args, clock, |model, batch: &Batch, rows, ctx| {
        let [input_ids, targets] = batch.rows(rows);
        let logits = model.forward(&input_ids, ctx).flatten(0, 1); //           [B·T, V]
        logits.cross_entropy(&targets.reshape(&[targets.len()]), &sum) / (sizes.batch_size * sizes.seq_len) as f64
    })
}

#[derive(Debug)]
struct Gpt {
    token_embeddings: Embedding,
    position_embeddings: Embedding,
    decoder: Encoder,
}

impl Module for Gpt {
    parameters!(token_embeddings, position_embeddings, decoder);
}

impl Gpt {
    /// Matrices from N(0, 0.02²), norms 1.
    fn new(sizes: &Sizes, rng: &mut impl Rng) -> Self {
        let d = sizes.hidden_size;
        let layer = EncoderLayerConfig {
            activation: Activation::Gelu,
            norm_first: true,
            bias: false,
            ..EncoderLayerConfig::new(d, sizes.num_heads, 4 * d)
        };
        let mut model = Self {
            token_embeddings: Embedding::new(sizes.vocab_size, d, rng),
            position_embeddings: Embedding::new(sizes.seq_len, d, rng),
            decoder: Encoder::new(&layer, sizes.num_layers, true, rng),
        };
        let normal = Init::Normal { mean: 0.0, std: 0.02 };
        model.visit_mut("", &mut |_, parameter| {
            if parameter.rank() > 1 {
                *parameter = normal.parameter(parameter.shape(), rng);
            }
        });
        model
    }

    /// Ids `[B, T]` to logits `[B, T, V]`.
    fn forward(&self, input_ids: &IntTensor, ctx: &mut Ctx) -> Tensor {
        let [_, time] = input_ids.dims();
        let places = self.position_embeddings.weight.narrow(0, 0, time); //       [T, D], the same for every sequence
        let x = self.token_embeddings.forward(input_ids) + places; //             [B, T, D]
        let x = self.decoder.forward(&x, &Mask::causal(), ctx); //                [B, T, D]
        x.linear(&self.token_embeddings.weight, None) //                          [B, T, V]
    }
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
    fn the_model_has_no_biases_and_the_size_of_its_published_settings() {
        let model = Gpt::new(&W2, &mut ChaCha8Rng::seed_from_u64(0));
        assert!(model.named_parameters().iter().all(|(name, _)| name.ends_with("weight")));
        // Both tables, four layers of 12·d² and two norms each, the last norm.
        assert_eq!(model.parameter_count(), (65 + 64) * 128 + 4 * (12 * 128 * 128 + 2 * 128) + 128);
    }

    #[test]
    fn a_later_character_changes_no_earlier_answer() {
        let model = Gpt::new(&SMALL, &mut ChaCha8Rng::seed_from_u64(0));
        let forward = |ids: Vec<i64>| model.forward(&IntTensor::from_vec(ids, &[1, 5]), &mut Ctx::eval()).to_vec();
        let (a, b) = (forward(vec![1, 2, 3, 4, 5]), forward(vec![1, 2, 3, 4, 0]));
        assert_eq!(a[..4 * 7], b[..4 * 7]);
        assert_ne!(a[4 * 7..], b[4 * 7..]);
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
