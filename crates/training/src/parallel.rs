//! One training step on several threads, with the same bits on any number of them.
//!
//! The gradient of a sum is the sum of the gradients, so a batch can be cut into *shards* whose graphs are built and
//! differentiated side by side. Floating-point sums depend on their order, though. Two rules keep the bits equal:
//! how many shards there are is a setting and never follows from the number of threads, and the shards' gradients are
//! summed in the order of the shards, whichever was ready first. The sum is left to the optimiser, which adds as it reads.

use std::ops::Range;

use jumok_nn::{Ctx, Module};
use jumok_tensor::{Gradients, Precision, Tensor, in_precision, no_grad};
use rayon::prelude::*;

/// How a batch is cut up.
///
/// `shards` are worked on side by side, each by one thread. A shard may in turn be cut into micro-batches, which its
/// thread works on one after the other: the operands of a small one stay in the cache, and only one graph at a time is
/// in memory. Both are part of a run's configuration: other values give the same gradient up to rounding, equal values
/// give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataParallel {
    shards: usize,
    micro_batch: Option<usize>,
    precision: Precision,
}

/// What a step over a whole batch gives.
#[derive(Debug)]
pub struct StepOutput<M> {
    /// The sum of all shards' losses, which is the loss of the batch.
    pub loss: f64,
    /// What `forward` reported, in the order of the rows.
    pub metrics: Vec<M>,
    /// ∂loss/∂parameter, summed over all shards.
    pub gradients: Gradients,
}

impl DataParallel {
    /// Cuts each batch into `shards` parts of rows as equal as possible.
    ///
    /// # Panics
    /// If `shards` is 0.
    #[track_caller]
    pub fn new(shards: usize) -> DataParallel {
        assert!(shards > 0, "DataParallel: need at least one shard");
        DataParallel { shards, micro_batch: None, precision: Precision::F32 }
    }

    /// Cuts each shard into micro-batches of at most `rows` rows.
    ///
    /// # Panics
    /// If `rows` is 0.
    #[track_caller]
    pub fn micro_batch(self, rows: usize) -> DataParallel {
        assert!(rows > 0, "DataParallel: a micro-batch needs at least one row");
        DataParallel { micro_batch: Some(rows), ..self }
    }

    /// Multiplies in `precision` in the products of layers ([`in_precision`]).
    ///
    /// # Panics
    /// If this processor has no such products.
    #[track_caller]
    pub fn precision(self, precision: Precision) -> DataParallel {
        assert!(precision.is_available(), "DataParallel: this processor has no products in {precision}");
        DataParallel { precision, ..self }
    }

    /// The rows of each shard. Shards without rows (a batch smaller than the number of shards) are among them.
    pub fn shards(&self, batch_size: usize) -> Vec<Range<usize>> {
        let cut = |n| n * batch_size / self.shards;
        (0..self.shards).map(|n| cut(n)..cut(n + 1)).collect()
    }

    /// Forward and backward over a batch of `batch_size` rows.
    ///
    /// `forward` gets the model, some rows and the [`Ctx`] of their shard, whose random numbers are keyed by (seed, step,
    /// shard); it returns the rows' share of the loss and whatever it wants to report.
    ///
    /// The shares are *added*, so a loss that is a mean must be divided by the count of the **whole batch**, not by that of
    /// the rows at hand: with `N` predictions in the batch, Σ_{i in rows} ℓ_i / N. Means of means would weigh the
    /// predictions of a shard with few of them more.
    pub fn step<Model, M>(
        &self,
        model: &Model,
        batch_size: usize,
        seed: u64,
        step: u64,
        forward: impl Fn(&Model, Range<usize>, &mut Ctx) -> (Tensor, M) + Sync,
    ) -> StepOutput<M>
    where
        Model: Module + Sync,
        M: Send,
    {
        let shards: Vec<Shard<M>> = self
            .shards(batch_size)
            .into_par_iter()
            .enumerate()
            .with_max_len(1)
            .map(|(shard, rows)| {
                let mut ctx = Ctx::seeded(seed, step, shard as u64, true);
                let mut sum = Shard { loss: 0.0, metrics: vec![], gradients: Gradients::new() };
                for rows in self.micro_batches(rows) {
                    let (loss, metrics) = in_precision(self.precision, || forward(model, rows, &mut ctx));
                    sum.loss += loss.item();
                    sum.metrics.push(metrics);
                    loss.backward_into(&mut sum.gradients);
                }
                sum
            })
            .collect();
        let mut output = StepOutput { loss: 0.0, metrics: vec![], gradients: Gradients::new() };
        let mut gradients = Vec::with_capacity(shards.len());
        for shard in shards {
            output.loss += shard.loss;
            output.metrics.extend(shard.metrics);
            gradients.push(shard.gradients);
        }
        output.gradients = Gradients::of_shards(gradients);
        output
    }

    fn micro_batches(&self, rows: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let len = self.micro_batch.unwrap_or(rows.len()).max(1);
        let end = rows.end;
        rows.step_by(len).map(move |start| start..(start + len).min(end))
    }
}

struct Shard<M> {
    loss: f64,
    metrics: Vec<M>,
    gradients: Gradients,
}

/// Runs `forward` over batches without recording, in evaluation mode, side by side; what it returns comes in the batches'
/// order.
pub fn evaluate<B: Sync, M: Send>(batches: &[B], forward: impl Fn(&B, &mut Ctx) -> M + Sync) -> Vec<M> {
    batches.par_iter().with_max_len(1).map(|batch| no_grad(|| forward(batch, &mut Ctx::eval()))).collect()
}

#[cfg(test)]
mod tests {
    use jumok_nn::parameters;
    use jumok_tensor::{Array, Elem};
    use rand::RngExt;

    use super::*;

    struct Line {
        weight: Tensor,
        bias: Tensor,
    }

    impl Module for Line {
        parameters!(weight, bias);
    }

    const ROWS: usize = 10;

    fn line() -> Line {
        Line {
            weight: Tensor::parameter(Array::from_vec((0..6).map(|n| 0.1 * n as Elem - 0.2).collect(), &[2, 3])),
            bias: Tensor::parameter(Array::from_vec(vec![0.5, -0.5], &[2])),
        }
    }

    fn data() -> Tensor {
        Tensor::from_vec((0..ROWS * 3).map(|n| ((n * 7 % 11) as Elem) / 11.0).collect(), &[ROWS, 3])
    }

    /// Mean over the whole batch of the squared outputs.
    fn forward(model: &Line, rows: Range<usize>, _ctx: &mut Ctx) -> (Tensor, usize) {
        let x = data().narrow(0, rows.start, rows.len());
        let y = x.linear(&model.weight, Some(&model.bias));
        ((&y * &y).sum_all().mul_scalar(1.0 / ROWS as f64), rows.len())
    }

    fn run(parallel: DataParallel, threads: usize) -> (f64, Vec<Elem>) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let model = line();
        let output = pool.install(|| parallel.step(&model, ROWS, 1, 2, forward));
        assert_eq!(output.metrics.iter().sum::<usize>(), ROWS);
        let mut values = output.gradients.get(&model.weight).unwrap().to_vec();
        values.extend(output.gradients.get(&model.bias).unwrap().to_vec());
        (output.loss, values)
    }

    #[test]
    fn the_shards_sum_to_the_gradient_of_the_whole_batch() {
        let model = line();
        let (loss, _) = forward(&model, 0..ROWS, &mut Ctx::eval());
        let whole = loss.backward();
        for parallel in
            [DataParallel::new(1), DataParallel::new(3), DataParallel::new(16), DataParallel::new(2).micro_batch(2)]
        {
            let (sum, gradient) = run(parallel, 2);
            assert!((sum - loss.item()).abs() < 1e-6);
            let expected = [&model.weight, &model.bias].map(|p| whole.get(p).unwrap().to_vec()).concat();
            for (a, b) in gradient.iter().zip(expected) {
                assert!((a - b).abs() < 1e-6, "{parallel:?}: {a} and {b}");
            }
        }
    }

    #[test]
    fn the_number_of_threads_changes_no_bit() {
        for parallel in [DataParallel::new(4), DataParallel::new(3).micro_batch(1)] {
            let one = run(parallel, 1);
            assert_eq!(one, run(parallel, 2));
            assert_eq!(one, run(parallel, 8));
        }
    }

    #[test]
    fn every_row_is_in_exactly_one_shard() {
        for batch_size in 0..20 {
            for shards in 1..7 {
                let cut = DataParallel::new(shards).shards(batch_size);
                assert_eq!(cut.len(), shards);
                assert!(cut.iter().cloned().flatten().eq(0..batch_size));
                let lengths = cut.iter().map(|rows| rows.len());
                assert!(lengths.clone().max().unwrap() - lengths.min().unwrap() <= 1);
            }
        }
    }

    #[test]
    fn random_numbers_follow_seed_step_and_shard() {
        let draw = |seed, step| {
            let output = DataParallel::new(2).step(&line(), 4, seed, step, |model, rows, ctx| {
                assert!(ctx.is_training());
                let number: u64 = ctx.rng().random();
                (forward(model, rows, ctx).0, number)
            });
            output.metrics
        };
        let first = draw(1, 1);
        assert_eq!(first, draw(1, 1));
        assert_ne!(first[0], first[1]);
        assert_ne!(first, draw(2, 1));
        assert_ne!(first, draw(1, 2));
    }

    #[test]
    fn evaluation_records_nothing_and_keeps_the_order() {
        let model = line();
        let batches: Vec<usize> = (0..ROWS).collect();
        let losses = evaluate(&batches, |&row, ctx| {
            assert!(!ctx.is_training());
            let (loss, _) = forward(&model, row..row + 1, ctx);
            assert!(!loss.needs_grad());
            loss.item()
        });
        let single = |row: usize| forward(&model, row..row + 1, &mut Ctx::eval()).0.item();
        assert!(losses.into_iter().eq((0..ROWS).map(single)));
    }

    #[test]
    #[should_panic(expected = "at least one shard")]
    fn no_shard_is_a_mistake() {
        DataParallel::new(0);
    }
}
