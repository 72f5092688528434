//! Training steps, whatever the model.

use std::ops::Range;

use jumok_nn::{AdamW, AdamWConfig, Ctx, Module, Optimizer};
use jumok_tensor::Tensor;
use jumok_training::DataParallel;

use super::SEED;
use super::clock::{Clock, Timing, process_age};
use super::report::{Measurement, rounded};
use crate::CommandError;
use crate::cli::BenchArgs;

/// Batches that take turns.
pub(super) const BATCHES: u64 = 4;
/// One for each core of the machines that the peers were measured on; part of the result, so it does not follow the threads.
const SHARDS: usize = 2;
/// Tokens that a shard works on at once: what is computed of them stays in the caches of a core.
const MICRO_BATCH_TOKENS: usize = 1024;
const LEARNING_RATE: f64 = 1e-3;

/// What is trained on what.
pub(super) struct Training<Model, Batch> {
    pub(super) model: Model,
    pub(super) batches: Vec<Batch>,
    pub(super) batch_size: usize,
    pub(super) tokens: usize,
    /// Multiply-adds of the products of one forward pass over a batch.
    pub(super) forward_multiply_adds: usize,
}

impl<Model: Module + Send + Sync, Batch: Send + Sync> Training<Model, Batch> {
    /// Times forward, backward and AdamW (rate 10⁻³, decay 0.01 of every parameter). `loss` gives some rows' share of the
    /// batch's loss.
    ///
    /// # Errors
    /// If there are more shards than rows, or the precision is not available.
    pub(super) fn measure(
        mut self,
        args: &BenchArgs,
        clock: Clock,
        loss: impl Fn(&Model, &Batch, Range<usize>, &mut Ctx) -> Tensor + Send + Sync,
    ) -> Result<Measurement, CommandError> {
        let shards = args.shards.unwrap_or(SHARDS);
        if shards > self.batch_size {
            let rule = format!("a batch of {} rows cannot be cut into more parts", self.batch_size);
            return Err(CommandError::option("--shards", shards, rule));
        }
        let row_tokens = self.tokens / self.batch_size;
        let micro_batch = args.micro_batch.unwrap_or(MICRO_BATCH_TOKENS / row_tokens).max(1);
        let precision = args.precision.unwrap_or_default();
        let parallel = DataParallel::new(shards).micro_batch(micro_batch).precision(precision.available()?);
        // PyTorch's AdamW decays vectors too.
        let mut optimizer = AdamW::new(AdamWConfig { decay_vectors: true, ..AdamWConfig::default() })?;

        let (params, mut losses, mut number) = (self.model.parameter_count(), [0.0; 2], 0);
        let mut step = || {
            let batch = &self.batches[number % self.batches.len()];
            let output = parallel.step(&self.model, self.batch_size, SEED, number as u64, |model, rows, ctx| {
                (loss(model, batch, rows, ctx), ())
            });
            optimizer.step(&mut self.model, &output.gradients, LEARNING_RATE)?;
            losses = [if number == 0 { output.loss } else { losses[0] }, output.loss];
            number += 1;
            Ok::<(), CommandError>(())
        };
        let start_ms = process_age();
        // On one of the pool's own threads, so that no step waits for another thread to wake up.
        let timing: Timing = rayon::scope(|_| {
            step()?;
            clock.time(&mut step)
        })?;

        let measurement = Measurement {
            start_ms: start_ms.map(|milliseconds| rounded(milliseconds, 0)),
            loss_first: Some(rounded(losses[0], 4)),
            loss_last: Some(rounded(losses[1], 4)),
            shards: Some(shards),
            micro_batch: Some(micro_batch),
            precision: Some(precision),
            params: Some(params),
            ..Measurement::timed(args.workload.name(), &timing, self.tokens)
        };
        // y = x·W backward is two products of the same size, dx = g·Wᵀ and dW = xᵀ·g.
        Ok(measurement.rate(3 * self.forward_multiply_adds, &timing).share_of_peak(args))
    }
}

/// Multiply-adds a token of a Transformer layer's projections: query, key, value and output, then up and down.
pub(super) fn layer_multiply_adds(hidden_size: usize, intermediate_size: usize) -> usize {
    4 * hidden_size * hidden_size + 2 * hidden_size * intermediate_size
}
