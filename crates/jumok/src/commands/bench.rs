//! `jumok bench`: training steps on random data, timed.

use std::time::Instant;

use jumok_bert::{BertConfig, BertForPreTraining, BertInputs, PreTrainingLabels};
use jumok_nn::{AdamW, AdamWConfig, Optimizer};
use jumok_tensor::IntTensor;
use jumok_training::DataParallel;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

use crate::cli::{BenchArgs, Workload};
use crate::convert::BertBatch;
use crate::{CommandError, Console};

const VOCAB_SIZE: usize = 8192;
const SEQ_LEN: usize = 128;
const BATCH_SIZE: usize = 32;
/// Masked positions of each sequence.
const MASKED: usize = 19;
/// Batches that take turns.
const BATCHES: u64 = 4;
/// Steps before the clock starts: they fill buffers and caches.
const WARM_UP: usize = 2;
const LEARNING_RATE: f64 = 1e-3;
const SEED: u64 = 1234;

/// The line that is printed. Times are in milliseconds a step.
#[derive(Clone, Debug, Serialize)]
pub struct Measurement {
    workload: &'static str,
    r#impl: &'static str,
    threads: usize,
    ms_per_step_median: f64,
    min: f64,
    max: f64,
    tokens_per_s: f64,
    peak_rss_mb: Option<f64>,
    loss_first: f64,
    loss_last: f64,
    steps: usize,
    shards: usize,
    row_selection: bool,
    parameters: usize,
}

/// Times training steps and prints one line of JSON.
///
/// # Errors
/// [`CommandError`] if there are more shards than rows.
pub fn bench(args: &BenchArgs, console: Console) -> Result<(), CommandError> {
    let measurement = measure(args)?;
    console.line(&serde_json::to_string(&measurement).expect("plain numbers and strings"));
    Ok(())
}

/// Forward, backward and AdamW on random batches, without dropout.
///
/// # Errors
/// [`CommandError`] if there are more shards than rows.
pub fn measure(args: &BenchArgs) -> Result<Measurement, CommandError> {
    if args.shards > BATCH_SIZE {
        let rule = format!("a batch of {BATCH_SIZE} rows cannot be cut into more parts");
        return Err(CommandError::option("--shards", args.shards, rule));
    }
    let (workload, preset) = match args.workload {
        Workload::BertTiny => ("W1", BertConfig::tiny()),
        Workload::BertMini => ("W1b", BertConfig::mini()),
    };
    let config = BertConfig {
        vocab_size: VOCAB_SIZE,
        max_position_embeddings: SEQ_LEN,
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        ..preset
    };
    let parallel = DataParallel::new(args.shards);
    let parallel = args.micro_batch.map_or(parallel, |rows| parallel.micro_batch(rows));
    let mut model = BertForPreTraining::new(&config, SEED)?;
    model.row_selection = args.row_selection;
    // PyTorch's AdamW, which the peers use, decays vectors too.
    let mut optimizer = AdamW::new(AdamWConfig { decay_vectors: true, ..AdamWConfig::default() })?;
    let batches: Vec<BertBatch> = (0..BATCHES).map(random_batch).collect();

    let (mut milliseconds, mut losses) = (vec![], vec![]);
    rayon::scope(|_| {
        for step in 0..WARM_UP + args.steps {
            let started = Instant::now();
            let batch = &batches[step % batches.len()];
            let output = parallel.step(&model, BATCH_SIZE, SEED, step as u64, |model, rows, ctx| {
                let BertBatch { inputs, masked_positions, labels } = batch.rows(rows, SEQ_LEN, MASKED);
                let output = model.forward(&inputs, &masked_positions, ctx);
                (BertForPreTraining::loss(&output, &labels, [BATCH_SIZE * MASKED, BATCH_SIZE]).loss, ())
            });
            optimizer.step(&mut model, &output.gradients, LEARNING_RATE)?;
            drop(output.gradients);
            milliseconds.push(started.elapsed().as_secs_f64() * 1e3);
            losses.push(output.loss);
        }
        Ok::<(), CommandError>(())
    })?;
    let mut timed = milliseconds.split_off(WARM_UP);
    timed.sort_by(f64::total_cmp);
    let median = (timed[(timed.len() - 1) / 2] + timed[timed.len() / 2]) / 2.0;
    let rounded = |value: f64| (value * 1e4).round() / 1e4;
    Ok(Measurement {
        workload,
        r#impl: "jumok",
        threads: rayon::current_num_threads(),
        ms_per_step_median: rounded(median),
        min: rounded(timed[0]),
        max: rounded(timed[timed.len() - 1]),
        tokens_per_s: ((BATCH_SIZE * SEQ_LEN) as f64 / median * 1e4).round() / 10.0,
        peak_rss_mb: peak_rss_mb(),
        loss_first: rounded(losses[0]),
        loss_last: rounded(losses[losses.len() - 1]),
        steps: args.steps,
        shards: args.shards,
        row_selection: args.row_selection,
        parameters: jumok_nn::Module::parameter_count(&model),
    })
}

/// Random ids, two segments, and as many masked positions in each row.
fn random_batch(number: u64) -> BertBatch {
    let mut rng = ChaCha8Rng::seed_from_u64(SEED + number);
    let mut ids = |count: usize, below: i64| -> Vec<i64> { (0..count).map(|_| rng.random_range(0..below)).collect() };
    let cells = BATCH_SIZE * SEQ_LEN;
    let input_ids = ids(cells, VOCAB_SIZE as i64);
    let second_starts = ids(BATCH_SIZE, SEQ_LEN as i64);
    let masked_labels = ids(BATCH_SIZE * MASKED, VOCAB_SIZE as i64);
    let next_sentence_labels = ids(BATCH_SIZE, 2);
    let mut positions: Vec<i64> = vec![];
    for row in 0..BATCH_SIZE {
        let mut order: Vec<usize> = (0..SEQ_LEN).collect();
        order.shuffle(&mut rng);
        order.truncate(MASKED);
        order.sort_unstable();
        positions.extend(order.iter().map(|position| (row * SEQ_LEN + position) as i64));
    }
    let token_type_ids =
        (0..cells).map(|cell| ((cell % SEQ_LEN) as i64 >= second_starts[cell / SEQ_LEN]).into()).collect();
    let shape = [BATCH_SIZE, SEQ_LEN];
    BertBatch {
        inputs: BertInputs {
            input_ids: IntTensor::from_vec(input_ids, &shape),
            token_type_ids: IntTensor::from_vec(token_type_ids, &shape),
            attention_mask: IntTensor::from_vec(vec![1; cells], &shape),
        },
        masked_positions: IntTensor::from_vec(positions, &[BATCH_SIZE * MASKED]),
        labels: PreTrainingLabels {
            masked_labels: IntTensor::from_vec(masked_labels, &[BATCH_SIZE * MASKED]),
            next_sentence_labels: IntTensor::from_vec(next_sentence_labels, &[BATCH_SIZE]),
        },
    }
}

/// The most memory that this process has held so far, in 10⁶ bytes; `None` where the system does not tell.
fn peak_rss_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some((kib / 1024.0 * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_are_as_the_workload_says() {
        let batch = random_batch(0);
        assert_eq!(batch.inputs.input_ids.shape(), [32, 128]);
        let positions = batch.masked_positions.as_slice();
        assert_eq!(positions.len(), 32 * 19);
        assert!(positions.windows(2).all(|pair| pair[0] < pair[1]));
        for row in 0..32 {
            let cells = row * 128..(row + 1) * 128;
            assert_eq!(positions.iter().filter(|&&position| cells.contains(&position)).count(), 19);
        }
        assert!(batch.inputs.token_type_ids.as_slice().windows(2).any(|pair| pair == [0, 1]));
        assert_ne!(random_batch(1).inputs, batch.inputs);
        assert_eq!(random_batch(0).inputs, batch.inputs);
    }

    #[test]
    fn a_shard_holds_its_rows() {
        let shard = random_batch(0).rows(2..5, 128, 19);
        assert_eq!(shard.inputs.input_ids.shape(), [3, 128]);
        assert_eq!(shard.labels.masked_labels.len(), 3 * 19);
        assert!(shard.masked_positions.as_slice().iter().all(|position| (0..3 * 128).contains(position)));
        assert_eq!(shard.inputs.input_ids.as_slice(), &random_batch(0).inputs.input_ids.as_slice()[2 * 128..5 * 128]);
    }

    #[test]
    fn a_measurement_is_one_line_with_the_agreed_names() {
        let args =
            BenchArgs { workload: Workload::BertTiny, steps: 1, shards: 4, micro_batch: None, row_selection: true };
        let line = serde_json::to_string(&measure(&args).unwrap()).unwrap();
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((value["workload"].as_str(), value["impl"].as_str()), (Some("W1"), Some("jumok")));
        // With N(0, 0.02²) weights all words are about equally likely at first: ln 8192 + ln 2.
        let first = value["loss_first"].as_f64().unwrap();
        assert!((first - 8192f64.ln() - 2f64.ln()).abs() < 0.2, "{first}");
        for name in ["threads", "ms_per_step_median", "min", "max", "tokens_per_s", "peak_rss_mb", "loss_last"] {
            assert!(value[name].is_number(), "{name} in {line}");
        }
        assert!(measure(&BenchArgs { shards: 33, ..args }).is_err());
    }
}
