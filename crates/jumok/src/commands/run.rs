//! What the training commands share around their loops: how a run ends, its optimiser, what is said about it.

use std::path::{Path, PathBuf};

use jumok_nn::{AdamW, AdamWConfig, Module, Optimizer, Schedule};
use jumok_tensor::Gradients;
use jumok_training::{MovingAverage, RunFolder, grouped, minutes_and_seconds, seconds_a_step};
use serde::{Deserialize, Serialize};

use crate::cli::ScheduleName;
use crate::console::invocation;
use crate::{CommandError, Console, texts};

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// All steps are done.
    Finished {
        /// The folder of the run.
        folder: PathBuf,
    },
    /// It was stopped, and a checkpoint was saved.
    Stopped {
        /// The folder of the run.
        folder: PathBuf,
        /// The steps that are done.
        step: u64,
    },
}

/// Where runs are kept that are given no folder.
pub(super) const RUNS: &str = "runs";

/// AdamW with a warm-up and clipped gradients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// Longest gradient.
    pub max_grad_norm: f64,
    /// The settings of AdamW.
    pub adamw: AdamWConfig,
    /// The learning rate over the steps.
    pub schedule: Schedule,
}

impl OptimizerConfig {
    /// Checks the settings that can be typed.
    ///
    /// # Errors
    /// The first one that makes no sense, with what would do.
    pub fn validate(&self) -> Result<(), CommandError> {
        let OptimizerConfig { max_grad_norm, adamw: AdamWConfig { weight_decay, .. }, .. } = *self;
        if !(0.0..1.0).contains(&weight_decay) {
            return Err(CommandError::option("--weight-decay", weight_decay, "it must be at least 0 and below 1"));
        }
        if !(max_grad_norm > 0.0 && max_grad_norm.is_finite()) {
            return Err(CommandError::option(
                "--max-grad-norm",
                max_grad_norm,
                "it must be a positive number, 1 for example",
            ));
        }
        Ok(())
    }
}

/// What decides the learning rate over the steps.
pub(super) struct ScheduleWish {
    pub(super) name: Option<ScheduleName>,
    pub(super) lr: Option<f64>,
    /// The rate if none is asked for.
    pub(super) usual_lr: f64,
    pub(super) warmup_steps: Option<u64>,
    pub(super) total_steps: u64,
}

impl ScheduleWish {
    /// The learning rate over the steps.
    ///
    /// # Errors
    /// [`CommandError::Option`] for a rate or a warm-up that makes no sense.
    pub(super) fn schedule(&self) -> Result<Schedule, CommandError> {
        let ((lr, warmup_steps), total_steps) = (self.rate_and_warmup()?, self.total_steps);
        Ok(match self.name.unwrap_or(ScheduleName::Linear) {
            ScheduleName::Linear => Schedule::Linear { lr, warmup_steps, total_steps },
            ScheduleName::Cosine => Schedule::Cosine { lr, warmup_steps, total_steps, num_cycles: 0.5 },
            ScheduleName::InverseSqrt => Schedule::InverseSqrt { lr, warmup_steps, timescale: None },
            ScheduleName::Constant => Schedule::ConstantWithWarmup { lr, warmup_steps },
        })
    }

    /// The highest rate, and the steps of the rise to it.
    ///
    /// # Errors
    /// As [`ScheduleWish::schedule`].
    pub(super) fn rate_and_warmup(&self) -> Result<(f64, u64), CommandError> {
        let ScheduleWish { usual_lr, total_steps, .. } = *self;
        let lr = self.lr.unwrap_or(usual_lr);
        if !(lr > 0.0 && lr <= 1.0) {
            let rule = format!("it must be above 0 and at most 1; {usual_lr} is a good start");
            return Err(CommandError::option("--lr", lr, rule));
        }
        let warmup_steps = self.warmup_steps.unwrap_or(total_steps / 20);
        if warmup_steps > total_steps {
            let rule = format!("the warm-up cannot be longer than the run of {total_steps} steps");
            return Err(CommandError::option("--warmup-steps", warmup_steps, rule));
        }
        Ok((lr, warmup_steps))
    }
}

/// A path that still leads to the file when the run is resumed from elsewhere.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}

/// A learning rate must lead somewhere.
///
/// # Errors
/// [`CommandError::Diverged`] if loss or gradient are no numbers any more.
pub(super) fn check_finite(step: u64, loss: f64, norm: f64, learning_rate: f64) -> Result<(), CommandError> {
    match loss.is_finite() && norm.is_finite() {
        true => Ok(()),
        false => Err(CommandError::Diverged { step, loss, advice: learning_rate / 10.0 }),
    }
}

/// Says what a run will do.
pub(super) fn say_plan(steps: u64, batch_size: usize, epochs: f64, seed: u64, shards: usize, console: Console) {
    console.say(
        &texts::PLAN,
        &[
            ("steps", &grouped(steps)),
            ("batch", &batch_size),
            ("epochs", &format!("{epochs:.1}")),
            ("seed", &seed),
            ("shards", &shards),
            ("threads", &rayon::current_num_threads()),
        ],
    );
}

/// Times a few steps on copies of model and optimiser, and says how long the `steps_left` of a run will take. `gradients` gives
/// those of the n-th step from here.
pub(super) fn say_estimate<Model: Module + Clone + Send + Sync>(
    model: &Model,
    optimizer: &AdamW,
    steps_left: u64,
    gradients: impl Fn(&Model, u64) -> Gradients + Sync,
    console: Console,
) {
    const TIMED_STEPS: u64 = 4;
    let (mut model, mut optimizer) = (model.clone(), optimizer.clone());
    // Where the run itself will be: on a thread of the pool.
    let seconds_a_step = rayon::scope(|_| {
        seconds_a_step(TIMED_STEPS, |step| {
            let gradients = gradients(&model, step);
            // Only the time counts; the rate of 0 leaves the copy as it is, and errors will show in the run itself.
            let _ = optimizer.step(&mut model, &gradients, 0.0);
        })
    });
    console.say(
        &texts::ESTIMATE,
        &[
            ("time", &minutes_and_seconds(steps_left as f64 * seconds_a_step)),
            ("milliseconds", &format!("{:.1}", seconds_a_step * 1e3)),
            ("timed", &TIMED_STEPS),
        ],
    );
}

/// Says that a run goes on, or that nothing is left to do.
pub(super) fn say_resumed(step: u64, steps: u64, console: Console) {
    match step < steps {
        true => console.say(&texts::RESUMED, &[("step", &step), ("steps", &steps)]),
        false => console.say(&texts::COMPLETE, &[("steps", &steps)]),
    }
}

/// Says how to go on with a run that was stopped; `command` is the one that resumes it, such as `bert pretrain`.
pub(super) fn say_stopped(folder: &RunFolder, step: u64, steps: u64, command: &str, console: Console) {
    console.say(
        &texts::STOPPED,
        &[
            ("step", &step),
            ("steps", &steps),
            ("path", &folder.checkpoint_path(step).display()),
            ("program", &invocation()),
            ("command", &command),
            ("folder", &folder.path().display()),
        ],
    );
}

/// A share in percent.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

/// A share in whole percent, for the narrow progress line.
pub(super) fn whole_percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

/// Figures of the training batches, averaged for the eye.
pub(super) struct Averages<const N: usize>([MovingAverage; N]);

impl<const N: usize> Averages<N> {
    pub(super) fn new() -> Self {
        Averages([MovingAverage::new(0.98); N])
    }

    pub(super) fn add(&mut self, values: [f64; N]) -> [f64; N] {
        std::array::from_fn(|n| self.0[n].add(values[n]))
    }
}
