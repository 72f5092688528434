//! What the experiments on sounds and pictures share: a training run of a minute, without a folder.

use std::time::Instant;

use jumok_nn::{AdamW, AdamWConfig, Ctx, Module, Optimizer, Schedule, clip_grad_norm};
use jumok_tensor::Tensor;
use jumok_training::{
    DataParallel, MovingAverage, Progress, ProgressStyle, StepOutput, StepReport, minutes_and_seconds,
};

use crate::commands::run::check_finite;
use crate::texts::seq2seq as texts;
use crate::{CommandError, Console};

const SHARDS: usize = 2;

/// How long a run is.
pub(super) struct ShortRun {
    pub(super) steps: u64,
    pub(super) batch_size: usize,
    pub(super) seed: u64,
    /// The learning rate at its highest.
    pub(super) lr: f64,
    pub(super) progress: ProgressStyle,
}

impl ShortRun {
    /// Trains a model on `batch(step)`; `loss` gives the share of some rows of a batch in its loss, and how many predictions
    /// these are.
    ///
    /// # Errors
    /// [`CommandError::Diverged`].
    pub(super) fn train<Model: Module + Sync, Batch: Sync>(
        &self,
        model: &mut Model,
        batch: impl Fn(u64) -> Batch,
        loss: impl Fn(&Model, &Batch, std::ops::Range<usize>, &mut Ctx) -> (Tensor, usize) + Sync,
        console: Console,
    ) -> Result<(), CommandError> {
        let &ShortRun { steps, batch_size, seed, lr, progress } = self;
        let mut optimizer = AdamW::new(AdamWConfig::default())?;
        let schedule = Schedule::Linear { lr, warmup_steps: steps / 20, total_steps: steps };
        let mut progress = Progress::new(steps, 0, console.language(), progress);
        let (mut average, started) = (MovingAverage::new(0.98), Instant::now());
        for step in 0..steps {
            let batch = batch(step);
            let mut output: StepOutput<usize> =
                DataParallel::new(SHARDS)
                    .step(model, batch_size, seed, step, |model, rows, ctx| loss(model, &batch, rows, ctx));
            let norm = clip_grad_norm(model, &mut output.gradients, 1.0);
            let learning_rate = schedule.lr(step);
            check_finite(step + 1, output.loss, norm, learning_rate)?;
            optimizer.step(model, &output.gradients, learning_rate)?;
            let loss = average.add(output.loss);
            let tokens = output.metrics.iter().sum();
            progress.update(&StepReport { step: step + 1, loss, metrics: &[], learning_rate, tokens });
        }
        progress.finish();
        console.say(
            &texts::EXPERIMENT_TRAINED,
            &[
                ("time", &minutes_and_seconds(started.elapsed().as_secs_f64())),
                ("loss", &format!("{:.3}", average.value().unwrap_or(f64::NAN))),
            ],
        );
        Ok(())
    }
}
