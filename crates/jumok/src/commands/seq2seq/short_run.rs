//! What experiments share: a training run of a minute, without a folder.

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
pub(in crate::commands) struct ShortRun {
    pub(in crate::commands) steps: u64,
    pub(in crate::commands) seed: u64,
    /// The learning rate at its highest.
    pub(in crate::commands) lr: f64,
    pub(in crate::commands) progress: ProgressStyle,
}

/// How a run went.
pub(in crate::commands) struct Trained {
    /// Minutes and seconds.
    pub(in crate::commands) time: String,
    /// The moving average of the loss at the end, in nats, to three digits.
    pub(in crate::commands) loss: String,
}

impl ShortRun {
    /// Trains a model on `batch(step)`, which comes with its number of rows; `loss` gives the share of some rows of a batch in
    /// its loss, and how many predictions these are.
    ///
    /// # Errors
    /// [`CommandError::Diverged`].
    pub(in crate::commands) fn train<Model: Module + Sync, Batch: Sync>(
        &self,
        model: &mut Model,
        batch: impl Fn(u64) -> (Batch, usize),
        loss: impl Fn(&Model, &Batch, std::ops::Range<usize>, &mut Ctx) -> (Tensor, usize) + Sync,
        console: Console,
    ) -> Result<Trained, CommandError> {
        let &ShortRun { steps, seed, lr, progress } = self;
        let mut optimizer = AdamW::new(AdamWConfig::default())?;
        let schedule = Schedule::Linear { lr, warmup_steps: steps / 20, total_steps: steps };
        let mut progress = Progress::new(steps, 0, console.language(), progress);
        let (mut average, started) = (MovingAverage::new(0.98), Instant::now());
        for step in 0..steps {
            let (batch, rows) = batch(step);
            let mut output: StepOutput<usize> =
                DataParallel::new(SHARDS)
                    .step(model, rows, seed, step, |model, rows, ctx| loss(model, &batch, rows, ctx));
            let norm = clip_grad_norm(model, &mut output.gradients, 1.0);
            let learning_rate = schedule.lr(step);
            check_finite(step + 1, output.loss, norm, learning_rate)?;
            optimizer.step(model, &output.gradients, learning_rate)?;
            let loss = average.add(output.loss);
            let tokens = output.metrics.iter().sum();
            progress.update(&StepReport { step: step + 1, loss, metrics: &[], learning_rate, tokens });
        }
        progress.finish();
        Ok(Trained {
            time: minutes_and_seconds(started.elapsed().as_secs_f64()),
            loss: format!("{:.3}", average.value().unwrap_or(f64::NAN)),
        })
    }
}

impl Trained {
    /// Says so.
    pub(in crate::commands) fn say(&self, console: Console) {
        console.say(&texts::EXPERIMENT_TRAINED, &[("time", &self.time), ("loss", &self.loss)]);
    }
}
