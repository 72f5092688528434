//! The training loop.

use std::ops::Range;
use std::time::Instant;

use jumok_bert::BertForPreTraining;
use jumok_nn::{AdamW, Ctx, Optimizer, clip_grad_norm};
use jumok_tensor::Tensor;
use jumok_text::PretrainingBatch;
use jumok_training::{
    Checkpoint, DataParallel, MetricsLog, MovingAverage, Progress, ProgressStyle, RunFolder, StepOutput, StepReport,
};

use super::Outcome;
use super::config::PretrainConfig;
use super::corpus::Prepared;
use super::evaluation::{PairSums, Scores, score};
use crate::convert::BertBatch;
use crate::{CommandError, Console, interrupt, texts};

/// The columns of `metrics.csv` after the step.
pub(super) const COLUMNS: [&str; 8] = [
    "loss",
    "mlm_accuracy",
    "nsp_accuracy",
    "gradient_norm",
    "learning_rate",
    "held_out_loss",
    "held_out_mlm_accuracy",
    "held_out_nsp_accuracy",
];

/// A run at work.
pub(super) struct Run {
    pub(super) config: PretrainConfig,
    pub(super) folder: RunFolder,
    pub(super) prepared: Prepared,
    pub(super) model: BertForPreTraining,
    pub(super) optimizer: AdamW,
    pub(super) log: MetricsLog,
    /// Steps that are done.
    pub(super) step: u64,
    /// Time spent on them, from all sittings.
    pub(super) seconds: f64,
}

/// Steps that the estimate of the run's time is measured over, after one that fills buffers and caches.
const TIMED_STEPS: u64 = 4;

impl Run {
    /// Trains until all steps are done, or until it is stopped after `stop_after` steps or by Ctrl-C.
    pub(super) fn train(
        &mut self,
        stop_after: Option<u64>,
        style: ProgressStyle,
        console: Console,
    ) -> Result<Outcome, CommandError> {
        if self.step < self.config.steps {
            self.estimate(console)?;
        }
        console.say(&texts::FOLDER, &[("path", &self.folder.path().display())]);
        // The loop runs on a thread of the pool, so that what it shares with the shards stays in that thread's caches and buffers.
        rayon::scope(|_| self.train_loop(stop_after, style, console))
    }

    fn train_loop(
        &mut self,
        stop_after: Option<u64>,
        style: ProgressStyle,
        console: Console,
    ) -> Result<Outcome, CommandError> {
        let Run { config, folder, prepared, model, optimizer, log, .. } = self;
        let parallel = data_parallel(config)?;
        let held_out = prepared.evaluation_batches();
        let language = console.language();
        let mut progress = Progress::new(config.steps, self.step, language, style);
        let mut averages = Averages::new();
        let mut started = Instant::now();

        while self.step < config.steps {
            let learning_rate = config.optimizer.schedule.lr(self.step);
            let batch = prepared.data.batch(self.step);
            let StepOutput { loss, metrics, mut gradients } =
                forward_backward(parallel, model, &batch, config.seed, self.step);
            let norm = clip_grad_norm(model, &mut gradients, config.optimizer.max_grad_norm);
            self.step += 1;
            if !(loss.is_finite() && norm.is_finite()) {
                let advice = learning_rate / 10.0;
                return Err(CommandError::Diverged { step: self.step, loss, advice });
            }
            optimizer.step(model, &gradients, learning_rate)?;

            let step = self.step;
            let finished = step == config.steps;
            let mut scores = Scores::default();
            metrics.iter().for_each(|sums| scores.add(sums));
            let mut row = [None; COLUMNS.len()];
            row[..5].copy_from_slice(
                &[loss, scores.masked_accuracy(), scores.next_accuracy(), norm, learning_rate].map(Some),
            );
            if step.is_multiple_of(config.eval_every) || finished {
                let scores = score(model, &held_out);
                row[5..].copy_from_slice(&[scores.loss(), scores.masked_accuracy(), scores.next_accuracy()].map(Some));
                progress.println(&texts::EVALUATION.fill(
                    language,
                    &[
                        ("step", &step),
                        ("loss", &format!("{:.3}", scores.loss())),
                        ("masked", &percent(scores.masked_accuracy())),
                        ("next", &percent(scores.next_accuracy())),
                    ],
                ));
            }
            log.append(step, &row)?;
            let [loss, masked, next] = averages.add([loss, scores.masked_accuracy(), scores.next_accuracy()]);
            let metrics = [
                texts::MASKED_WORDS.fill(language, &[("accuracy", &whole_percent(masked))]),
                texts::NEXT_SENTENCES.fill(language, &[("accuracy", &whole_percent(next))]),
            ];
            progress.update(&StepReport { step, loss, metrics: &metrics, learning_rate, tokens: batch.token_count() });

            let stop = !finished && (interrupt::requested() || stop_after.is_some_and(|last| step >= last));
            if step.is_multiple_of(config.checkpoint_every) || finished || stop {
                self.seconds += started.elapsed().as_secs_f64();
                started = Instant::now();
                let state = serde_json::json!({ "seconds": self.seconds });
                folder.save_checkpoint(&Checkpoint { step, model, optimizer, state: &state })?;
            }
            if stop {
                progress.finish();
                return Ok(Outcome::Stopped { folder: folder.path().into(), step });
            }
        }
        progress.finish();
        Ok(Outcome::Finished { folder: folder.path().into() })
    }

    /// Times a few steps on copies of model and optimiser, and tells how long the run will take.
    fn estimate(&self, console: Console) -> Result<(), CommandError> {
        let (mut model, mut optimizer) = (self.model.clone(), self.optimizer.clone());
        let parallel = data_parallel(&self.config)?;
        let seconds = rayon::scope(|_| {
            let mut started = Instant::now();
            for step in 0..=TIMED_STEPS {
                if step == 1 {
                    started = Instant::now();
                }
                let batch = self.prepared.data.batch(self.step + step);
                let output = forward_backward(parallel, &model, &batch, self.config.seed, step);
                // Only the time counts; the rate of 0 leaves the copy as it is, and errors will show in the run itself.
                let _ = optimizer.step(&mut model, &output.gradients, 0.0);
            }
            started.elapsed().as_secs_f64() / TIMED_STEPS as f64
        });
        let left = (self.config.steps - self.step) as f64 * seconds;
        console.say(
            &texts::ESTIMATE,
            &[
                ("time", &jumok_training::minutes_and_seconds(left)),
                ("milliseconds", &format!("{:.1}", seconds * 1e3)),
                ("timed", &TIMED_STEPS),
            ],
        );
        Ok(())
    }
}

/// Forward and backward of one step over all shards of a batch.
fn forward_backward(
    parallel: DataParallel,
    model: &BertForPreTraining,
    batch: &PretrainingBatch,
    seed: u64,
    step: u64,
) -> StepOutput<PairSums> {
    let counts = counts(batch);
    parallel.step(model, batch.batch_size, seed, step, |model, rows, ctx| shard(model, batch, rows, counts, ctx))
}

/// The share of some rows in the loss of their batch, of which `counts` masked words and pairs are judged.
fn shard(
    model: &BertForPreTraining,
    batch: &PretrainingBatch,
    rows: Range<usize>,
    counts: [usize; 2],
    ctx: &mut Ctx,
) -> (Tensor, PairSums) {
    let BertBatch { inputs, masked_positions, labels } = (&batch.rows(rows)).into();
    let output = model.forward(&inputs, &masked_positions, ctx);
    let loss = BertForPreTraining::loss(&output, &labels, counts);
    let sums = PairSums::from(&loss);
    (loss.loss, sums)
}

/// Masked words and pairs of a whole batch.
fn counts(batch: &PretrainingBatch) -> [usize; 2] {
    [batch.masked_labels.len(), batch.next_sentence_labels.len()]
}

fn data_parallel(config: &PretrainConfig) -> Result<DataParallel, CommandError> {
    let parallel = DataParallel::new(config.shards).precision(config.precision.available()?);
    Ok(config.micro_batch.map_or(parallel, |rows| parallel.micro_batch(rows)))
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A share in whole percent, for the narrow progress line.
fn whole_percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// Loss and accuracies of the training batches, averaged for the eye.
struct Averages([MovingAverage; 3]);

impl Averages {
    fn new() -> Averages {
        Averages([MovingAverage::new(0.98); 3])
    }

    fn add(&mut self, values: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|n| self.0[n].add(values[n]))
    }
}
