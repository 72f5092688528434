//! BERT: training steps, and the forward pass alone.

use jumok_bert::{BertConfig, BertForPreTraining, BertInputs, PreTrainingLabels, TextEncoder};
use jumok_nn::{Ctx, Module};
use jumok_tensor::{CrossEntropy, IntTensor, Reduction, in_precision, no_grad};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::clock::Clock;
use super::report::Measurement;
use super::training::{BATCHES, Training, layer_multiply_adds};
use super::{CommandError, SEED, random_ids};
use crate::cli::{BenchArgs, Workload};
use crate::convert::BertBatch;

/// The data of a training step.
#[derive(Clone, Copy, Debug)]
struct Shape {
    batch_size: usize,
    seq_len: usize,
    vocab_size: usize,
    /// Masked positions of each sequence.
    masked: usize,
}

const W1: Shape = Shape { batch_size: 32, seq_len: 128, vocab_size: 8192, masked: 19 };
const TINY: Shape = Shape { batch_size: 8, seq_len: 16, vocab_size: 1000, masked: 2 };

/// A step on masked words and next sentences: post-norm, GELU, the decoder tied to the embeddings and evaluated at the masked
/// positions only.
///
/// # Errors
/// If there are more shards than rows.
pub(super) fn training(args: &BenchArgs, clock: Clock) -> Result<Measurement, CommandError> {
    let (shape, sizes) = match args.workload {
        Workload::Tiny => {
            (TINY, BertConfig { hidden_size: 32, intermediate_size: 128, num_attention_heads: 2, ..BertConfig::tiny() })
        }
        Workload::W1b => (W1, BertConfig::mini()),
        _ => (W1, BertConfig::tiny()),
    };
    let dropout = if args.workload == Workload::W1d { 0.1 } else { 0.0 };
    let config = BertConfig {
        vocab_size: shape.vocab_size,
        max_position_embeddings: shape.seq_len,
        hidden_dropout_prob: dropout,
        attention_probs_dropout_prob: dropout,
        // The peers draw their weights so; the loss begins near ln V.
        initializer_range: 0.02,
        ..sizes
    };
    let mut model = BertForPreTraining::new(&config, SEED)?;
    model.row_selection = args.row_selection;
    let training = Training {
        model,
        batches: (0..BATCHES).map(|number| random_batch(number, shape)).collect(),
        batch_size: shape.batch_size,
        tokens: shape.batch_size * shape.seq_len,
        forward_multiply_adds: pre_training_multiply_adds(&config, shape, args.row_selection),
    };
    // Without the accuracies that `BertForPreTraining::loss` counts: no peer computes them.
    let sum = CrossEntropy { reduction: Reduction::Sum, ..CrossEntropy::default() };
    let measurement = training.measure(args, clock, |model, batch: &BertBatch, rows, ctx| {
        let BertBatch { inputs, masked_positions, labels } = batch.rows(rows, shape.seq_len, shape.masked);
        let output = model.forward(&inputs, &masked_positions, ctx);
        let words = output.prediction_logits.cross_entropy(&labels.masked_labels, &sum);
        let next = output.seq_relationship_logits.cross_entropy(&labels.next_sentence_labels, &sum);
        words / (shape.batch_size * shape.masked) as f64 + next / shape.batch_size as f64
    })?;
    Ok(Measurement { row_selection: Some(args.row_selection), ..measurement })
}

/// The forward pass of a BERT-base without heads over `batch_size` sequences of 128 tokens, nothing recorded.
///
/// # Errors
/// If the precision is not available.
pub(super) fn inference(batch_size: usize, args: &BenchArgs, clock: Clock) -> Result<Measurement, CommandError> {
    const SEQ_LEN: usize = 128;
    let config = BertConfig::base();
    let model = BertForPreTraining::new(&config, SEED)?.bert;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let cells = batch_size * SEQ_LEN;
    let inputs = BertInputs::new(random_ids(&mut rng, &[batch_size, SEQ_LEN], config.vocab_size));
    let precision = args.precision.unwrap_or_default();
    let available = precision.available()?;
    let timing = clock.time(|| {
        in_precision(available, || no_grad(|| model.forward(&inputs, &mut Ctx::eval())));
        Ok::<(), CommandError>(())
    })?;
    let multiply_adds = cells * token_multiply_adds(&config, SEQ_LEN) + batch_size * config.hidden_size.pow(2);
    let measurement = Measurement {
        params: Some(model.parameter_count()),
        precision: Some(precision),
        ..Measurement::timed(format!("W7 bert-base b{batch_size} s{SEQ_LEN}"), &timing, cells)
    };
    Ok(measurement.rate(multiply_adds, &timing).share_of_peak(args))
}

/// Multiply-adds of a token's way through the encoder: projections, and scores and values against every token.
fn token_multiply_adds(config: &BertConfig, seq_len: usize) -> usize {
    let d = config.hidden_size;
    config.num_hidden_layers * (layer_multiply_adds(d, config.intermediate_size) + 2 * seq_len * d)
}

/// Multiply-adds of one forward pass over a batch, heads included.
fn pre_training_multiply_adds(config: &BertConfig, shape: Shape, row_selection: bool) -> usize {
    let Shape { batch_size, seq_len, vocab_size, masked } = shape;
    let d = config.hidden_size;
    let encoder = seq_len * token_multiply_adds(config, seq_len);
    // Behind the last attention: the output projection, up and down, for rows that no head reads.
    let unread = if row_selection { seq_len - masked - 1 } else { 0 };
    let spared = unread * (d * d + 2 * d * config.intermediate_size);
    let heads = masked * (d * d + d * vocab_size) + d * d + 2 * d;
    batch_size * (encoder - spared + heads)
}

/// Random ids, two segments, and as many masked positions in each row.
fn random_batch(number: u64, shape: Shape) -> BertBatch {
    let Shape { batch_size, seq_len, vocab_size, masked } = shape;
    let mut rng = ChaCha8Rng::seed_from_u64(SEED + number);
    let cells = batch_size * seq_len;
    let input_ids = random_ids(&mut rng, &[batch_size, seq_len], vocab_size);
    let second_starts = random_ids(&mut rng, &[batch_size], seq_len);
    let masked_labels = random_ids(&mut rng, &[batch_size * masked], vocab_size);
    let next_sentence_labels = random_ids(&mut rng, &[batch_size], 2);
    let mut positions: Vec<i64> = vec![];
    for row in 0..batch_size {
        let mut order: Vec<usize> = (0..seq_len).collect();
        order.shuffle(&mut rng);
        order.truncate(masked);
        order.sort_unstable();
        positions.extend(order.iter().map(|position| (row * seq_len + position) as i64));
    }
    let second = |cell: usize| (cell % seq_len) as i64 >= second_starts.as_slice()[cell / seq_len];
    let table = [batch_size, seq_len];
    BertBatch {
        inputs: BertInputs {
            input_ids,
            token_type_ids: IntTensor::from_vec((0..cells).map(|cell| second(cell).into()).collect(), &table),
            attention_mask: IntTensor::from_vec(vec![1; cells], &table),
        },
        masked_positions: IntTensor::from_vec(positions, &[batch_size * masked]),
        labels: PreTrainingLabels { masked_labels, next_sentence_labels },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_as_the_workload_says() {
        let batch = random_batch(0, W1);
        assert_eq!(batch.inputs.input_ids.shape(), [32, 128]);
        let positions = batch.masked_positions.as_slice();
        assert_eq!(positions.len(), 32 * 19);
        assert!(positions.windows(2).all(|pair| pair[0] < pair[1]));
        for row in 0..32 {
            let cells = row * 128..(row + 1) * 128;
            assert_eq!(positions.iter().filter(|&&position| cells.contains(&position)).count(), 19);
        }
        assert!(batch.inputs.token_type_ids.as_slice().windows(2).any(|pair| pair == [0, 1]));
        assert_ne!(random_batch(1, W1).inputs, batch.inputs);
        assert_eq!(random_batch(0, W1).inputs, batch.inputs);
    }

    #[test]
    fn a_shard_holds_its_rows() {
        let batch = random_batch(0, W1);
        let shard = batch.rows(2..5, 128, 19);
        assert_eq!(shard.inputs.input_ids.shape(), [3, 128]);
        assert_eq!(shard.labels.masked_labels.len(), 3 * 19);
        assert!(shard.masked_positions.as_slice().iter().all(|position| (0..3 * 128).contains(position)));
        assert_eq!(shard.inputs.input_ids.as_slice(), &batch.inputs.input_ids.as_slice()[2 * 128..5 * 128]);
    }

    #[test]
    fn the_work_of_a_step_is_that_of_its_products() {
        // One layer of width 2 (projections 4·4, feed-forward 2·2·3), two sequences of 4 tokens, one masked word of 5.
        let config = BertConfig { hidden_size: 2, intermediate_size: 3, num_hidden_layers: 1, ..BertConfig::tiny() };
        let shape = Shape { batch_size: 2, seq_len: 4, vocab_size: 5, masked: 1 };
        let token = (16 + 12) + 2 * 4 * 2;
        let heads = (4 + 2 * 5) + 4 + 2 * 2;
        assert_eq!(pre_training_multiply_adds(&config, shape, false), 2 * (4 * token + heads));
        // [CLS] and the masked word are read: 2 of 4 rows go without the output projection and the feed-forward layer.
        assert_eq!(pre_training_multiply_adds(&config, shape, true), 2 * (4 * token + heads - 2 * (4 + 12)));
    }
}
