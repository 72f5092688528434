//! A translator as in the paper, smaller: an encoder–decoder with post-norm, ReLU and one table for source, target and output.

use jumok_nn::translation::Seq2SeqBatch;
use jumok_nn::{Init, Module};
use jumok_tensor::{CrossEntropy, Reduction};
use jumok_transformer::translation::{TransformerConfig, TransformerForTranslation};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use super::clock::Clock;
use super::report::Measurement;
use super::training::{BATCHES, Training, layer_multiply_adds};
use super::{CommandError, SEED, random_ids};
use crate::cli::BenchArgs;

/// The sizes of model and data.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    vocab_size: usize,
    d_model: usize,
    /// Of the encoder, and as many of the decoder.
    layers: usize,
    heads: usize,
    ffn_dim: usize,
    batch_size: usize,
    source_len: usize,
    target_len: usize,
}

const W4: Sizes = Sizes {
    vocab_size: 8192,
    d_model: 256,
    layers: 3,
    heads: 8,
    ffn_dim: 1024,
    batch_size: 32,
    source_len: 32,
    target_len: 32,
};

impl Sizes {
    fn config(&self) -> TransformerConfig {
        let &Sizes { vocab_size, d_model, layers, heads, ffn_dim, .. } = self;
        TransformerConfig {
            vocab_size,
            d_model,
            encoder_layers: layers,
            encoder_attention_heads: heads,
            encoder_ffn_dim: ffn_dim,
            decoder_layers: layers,
            decoder_attention_heads: heads,
            decoder_ffn_dim: ffn_dim,
            normalize_before: false,
            dropout: 0.0,
            ..TransformerConfig::base()
        }
    }
}

/// A step on the next word of every position.
///
/// # Errors
/// If there are more shards than rows.
pub(super) fn training(args: &BenchArgs, clock: Clock) -> Result<Measurement, CommandError> {
    let sizes = W4;
    let training = Training {
        model: model(&sizes, &mut ChaCha8Rng::seed_from_u64(SEED)),
        batches: (0..BATCHES).map(|number| random_batch(number, &sizes)).collect(),
        batch_size: sizes.batch_size,
        tokens: sizes.batch_size * sizes.target_len,
        forward_multiply_adds: multiply_adds(&sizes),
    };
    // Every label counts, as for the peers: random words have no padding among them.
    let sum = CrossEntropy { reduction: Reduction::Sum, ..CrossEntropy::default() };
    training.measure(args, clock, |model, batch: &Seq2SeqBatch, rows, ctx| {
        let batch = batch.rows(rows);
        let logits = model.forward(&batch, ctx).flatten(0, 1); //               [B·T, V]
        let labels = batch.labels();
        logits.cross_entropy(&labels.reshape(&[labels.len()]), &sum) / (sizes.batch_size * sizes.target_len) as f64
    })
}

/// Matrices from N(0, 0.02²): what the peers begin with.
fn model(sizes: &Sizes, rng: &mut impl Rng) -> TransformerForTranslation {
    let mut model = TransformerForTranslation::new(&sizes.config(), rng).expect("the sizes of the workload are valid");
    let normal = Init::Normal { mean: 0.0, std: 0.02 };
    model.for_each_parameter_mut(&mut |_, parameter| {
        if parameter.rank() == 2 {
            *parameter = normal.parameter(parameter.shape(), rng);
        }
    });
    model
}

/// Multiply-adds of one forward pass over a batch. In the decoder token t attends to t + 1 tokens, and to all of the source.
fn multiply_adds(sizes: &Sizes) -> usize {
    let &Sizes { vocab_size, d_model: d, layers, ffn_dim, batch_size, source_len: s, target_len: t, .. } = sizes;
    let encoder = s * layer_multiply_adds(d, ffn_dim) + 2 * s * s * d;
    let cross = 2 * t * d * d + 2 * s * d * d + 2 * t * s * d;
    let decoder = t * layer_multiply_adds(d, ffn_dim) + t * (t + 1) * d + cross;
    batch_size * (layers * (encoder + decoder) + t * d * vocab_size)
}

fn random_batch(number: u64, sizes: &Sizes) -> Seq2SeqBatch {
    let &Sizes { vocab_size, batch_size, source_len, target_len, .. } = sizes;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED + number);
    let mut ids = |time: usize| random_ids(&mut rng, &[batch_size, time], vocab_size);
    Seq2SeqBatch {
        source: ids(source_len),
        source_lengths: vec![source_len; batch_size],
        target: ids(target_len + 1),
        pad_token_id: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_that_of_the_peers() {
        // One table; four projections, two feed-forward layers, a norm a sublayer; cross-attention.
        let (d, f) = (256, 1024);
        let (attention, feed_forward) = (4 * (d * d + d) + 2 * d, 2 * d * f + f + d + 2 * d);
        let expected = 8192 * d + 3 * (3 * attention + 2 * feed_forward);
        assert_eq!(model(&W4, &mut ChaCha8Rng::seed_from_u64(0)).parameter_count(), expected);
    }

    #[test]
    fn the_work_of_a_step_is_that_of_its_products() {
        let sizes = Sizes {
            vocab_size: 11,
            d_model: 2,
            layers: 3,
            heads: 1,
            ffn_dim: 7,
            batch_size: 3,
            source_len: 5,
            target_len: 4,
        };
        // Projections and feed-forward of each token; scores and contexts of each pair that is allowed.
        let (attention, feed_forward) = (4 * 4, 2 * 2 * 7);
        let encoder = 5 * (attention + feed_forward) + 25 * 2 * 2;
        let decoder = 4 * (attention + feed_forward) + 10 * 2 * 2 + (2 * 4 + 2 * 5) * 4 + 20 * 2 * 2;
        assert_eq!(multiply_adds(&sizes), 3 * (3 * (encoder + decoder) + 4 * 2 * 11));
    }
}
