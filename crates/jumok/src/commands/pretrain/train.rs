//! The training loop.

use std::ops::Range;

use jumok_bert::BertForPreTraining;
use jumok_nn::{AdamW, Ctx, Optimizer, clip_grad_norm};
use jumok_tensor::Tensor;
use jumok_text::PretrainingBatch;
use jumok_training::{
    Checkpoint, DataParallel, MetricsLog, Pace, Progress, ProgressStyle, RunFolder, StepOutput, StepReport,
    seconds_a_step,
};

use super::config::PretrainConfig;
use super::corpus::Prepared;
use super::evaluation::{PairSums, Scores, score};
use crate::commands::run::{Averages, Outcome, TIMED_STEPS, check_finite, percent, say_estimate, whole_percent};
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
        let pace = Pace::new(config.steps, config.checkpoint_every, stop_after, self.seconds);

        while self.step < config.steps {
            let learning_rate = config.optimizer.schedule.lr(self.step);
            let batch = prepared.data.batch(self.step);
            let StepOutput { loss, metrics, mut gradients } =
                forward_backward(parallel, model, &batch, config.seed, self.step);
            let norm = clip_grad_norm(model, &mut gradients, config.optimizer.max_grad_norm);
            self.step += 1;
            check_finite(self.step, loss, norm, learning_rate)?;
            optimizer.step(model, &gradients, learning_rate)?;

            let step = self.step;
            let due = pace.after(step, interrupt::requested());
            let mut scores = Scores::default();
            metrics.iter().for_each(|sums| scores.add(sums));
            let mut row = [None; COLUMNS.len()];
            row[..5].copy_from_slice(
                &[loss, scores.masked_accuracy(), scores.next_accuracy(), norm, learning_rate].map(Some),
            );
            if step.is_multiple_of(config.eval_every) || due.finished {
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

            if due.checkpoint {
                self.seconds = pace.seconds();
                let state = serde_json::json!({ "seconds": self.seconds });
                folder.save_checkpoint(&Checkpoint { step, model, optimizer, state: &state })?;
            }
            if due.stop {
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
            seconds_a_step(TIMED_STEPS, |step| {
                let batch = self.prepared.data.batch(self.step + step);
                let output = forward_backward(parallel, &model, &batch, self.config.seed, step);
                // Only the time counts; the rate of 0 leaves the copy as it is, and errors will show in the run itself.
                let _ = optimizer.step(&mut model, &output.gradients, 0.0);
            })
        });
        say_estimate(self.config.steps - self.step, seconds, console);
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
