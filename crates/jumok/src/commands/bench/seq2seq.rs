//! A translator with recurrent networks: a bidirectional GRU reads, a GRU with Bahdanau's attention writes.

use jumok_nn::{Init, Module};
use jumok_seq2seq::{
    AttentionKind, CellKind, InitialState, ReadoutKind, ScoreKind, Seq2Seq, Seq2SeqBatch, Seq2SeqConfig,
};
use jumok_tensor::{CrossEntropy, Reduction};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use super::clock::Clock;
use super::report::Measurement;
use super::training::{BATCHES, Training};
use super::{CommandError, SEED, random_ids};
use crate::cli::BenchArgs;

/// The sizes of model and data.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    vocab_size: usize,
    /// Of embeddings, of states in each direction, and of the additive score's hidden layer.
    width: usize,
    batch_size: usize,
    source_len: usize,
    target_len: usize,
}

const W3: Sizes = Sizes { vocab_size: 4096, width: 256, batch_size: 64, source_len: 20, target_len: 20 };

impl Sizes {
    fn config(&self) -> Seq2SeqConfig {
        let &Sizes { vocab_size, width, .. } = self;
        Seq2SeqConfig {
            source_vocab_size: vocab_size,
            target_vocab_size: vocab_size,
            embedding_size: width,
            cell: CellKind::Gru,
            encoder_hidden_size: width,
            decoder_hidden_size: width,
            attention: AttentionKind::Bahdanau,
            score: ScoreKind::Additive,
            attention_hidden_size: width,
            attention_bias: true,
            readout: ReadoutKind::Mlp,
            readout_size: width,
            initial_state: InitialState::Both,
            ..Seq2SeqConfig::small()
        }
    }
}

/// A step on the next word of every position, teacher-forced.
///
/// # Errors
/// If there are more shards than rows.
pub(super) fn training(args: &BenchArgs, clock: Clock) -> Result<Measurement, CommandError> {
    let sizes = W3;
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
        let logits = model.forward(&batch, 1.0, ctx).logits.flatten(0, 1); // [B·T, V]
        let labels = batch.labels();
        logits.cross_entropy(&labels.reshape(&[labels.len()]), &sum) / (sizes.batch_size * sizes.target_len) as f64
    })
}

/// Embeddings and layers from N(0, 0.02²) without biases, cells as PyTorch draws them: what the peers begin with.
fn model(sizes: &Sizes, rng: &mut impl Rng) -> Seq2Seq {
    let mut model = Seq2Seq::new(&sizes.config(), rng).expect("the sizes of the workload are valid");
    let normal = Init::Normal { mean: 0.0, std: 0.02 };
    model.visit_mut("", &mut |name, parameter| {
        if name.starts_with("encoder") || name.starts_with("decoder") {
            return;
        }
        let is_bias = name.ends_with("bias") || name == "attention.b";
        let init = if is_bias { Init::Zeros } else { normal };
        *parameter = init.parameter(parameter.shape(), rng);
    });
    model
}

/// Multiply-adds of one forward pass over a batch, as the model is defined: products, scores and contexts.
fn multiply_adds(sizes: &Sizes) -> usize {
    let &Sizes { vocab_size, width: d, batch_size, source_len, target_len } = sizes;
    let (gates, annotation) = (3 * d, 2 * d);
    let encoder = source_len * 2 * gates * (d + d);
    let once = source_len * annotation * d + annotation * d; // projected keys, first state
    let look = d * d + source_len * (d + annotation); // query, scores, context
    let cell = gates * (d + annotation + d);
    let readout = (d + annotation + d) * d + d * vocab_size;
    batch_size * (encoder + once + target_len * (look + cell + readout))
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
        assert_eq!(model(&W3, &mut ChaCha8Rng::seed_from_u64(0)).parameter_count(), 5_318_144);
    }

    #[test]
    fn the_work_of_a_step_is_that_of_its_products() {
        let sizes = Sizes { vocab_size: 11, width: 2, batch_size: 3, source_len: 5, target_len: 4 };
        let encoder = 5 * 2 * 6 * (2 + 2);
        let decoder = 4 * (4 + 5 * 6 + 6 * 8 + 8 * 2 + 2 * 11);
        assert_eq!(multiply_adds(&sizes), 3 * (encoder + 5 * 8 + 8 + decoder));
    }
}
