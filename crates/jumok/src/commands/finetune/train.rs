//! The training loop.

use jumok_nn::{AdamW, Optimizer, clip_grad_norm};
use jumok_text::Tokenizer;
use jumok_text::finetuning::{Feature, FinetuningBatch};
use jumok_training::{
    Checkpoint, DataParallel, MetricsLog, Pace, Progress, ProgressStyle, RunFolder, StepOutput, StepReport,
};
use serde::{Deserialize, Serialize};

use super::config::FinetuneConfig;
use super::data::Encoded;
use super::evaluation::{AnswerSettings, Figure, score};
use super::model::FinetunedModel;
use crate::commands::run::{Averages, Outcome, check_finite, say_estimate};
use crate::texts::finetune as texts;
use crate::{CommandError, Console, interrupt};

/// The columns of `metrics.csv` before those of the task's figures.
const COLUMNS: [&str; 4] = ["loss", "gradient_norm", "learning_rate", "dev_loss"];

/// The columns of `metrics.csv` after the step.
pub(super) fn columns(config: &FinetuneConfig) -> Vec<String> {
    let figures = super::evaluation::figures_of(config.task).iter().map(|(key, _)| format!("dev_{key}"));
    COLUMNS.map(str::to_owned).into_iter().chain(figures).collect()
}

/// The best epoch so far.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Best {
    /// Its number, from 1.
    pub(super) epoch: u64,
    /// The figure that decides.
    pub(super) figure: f64,
}

/// A run at work.
pub(super) struct Run {
    pub(super) config: FinetuneConfig,
    pub(super) folder: RunFolder,
    pub(super) tokenizer: Tokenizer,
    pub(super) training: Encoded,
    pub(super) dev: Encoded,
    pub(super) test: Option<Encoded>,
    pub(super) model: FinetunedModel,
    pub(super) optimizer: AdamW,
    pub(super) log: MetricsLog,
    /// Steps that are done.
    pub(super) step: u64,
    /// Time spent on them, from all sittings.
    pub(super) seconds: f64,
    /// The best epoch so far, whose weights are in `model.safetensors`.
    pub(super) best: Option<Best>,
}

impl Run {
    /// How answers are read.
    pub(super) fn settings(&self) -> AnswerSettings {
        AnswerSettings {
            pad: self.tokenizer.special().pad,
            max_answer_length: self.config.questions.map_or(1, |questions| questions.max_answer_length),
            no_answer: self.config.no_answer,
        }
    }

    /// Trains until all steps are done, or until it is stopped after `stop_after` steps or by Ctrl-C.
    pub(super) fn train(
        &mut self,
        stop_after: Option<u64>,
        style: ProgressStyle,
        console: Console,
    ) -> Result<Outcome, CommandError> {
        if self.step < self.config.steps {
            self.estimate(console);
        }
        console.say(&crate::texts::FOLDER, &[("path", &self.folder.path().display())]);
        // The loop runs on a thread of the pool, so that what it shares with the shards stays in that thread's caches and buffers.
        rayon::scope(|_| self.train_loop(stop_after, style, console))
    }

    fn train_loop(
        &mut self,
        stop_after: Option<u64>,
        style: ProgressStyle,
        console: Console,
    ) -> Result<Outcome, CommandError> {
        let settings = self.settings();
        let Run { config, folder, training, dev, model, optimizer, log, best, .. } = self;
        let language = console.language();
        let epochs = training.epochs(config.batch_size, config.seed);
        let mut progress = Progress::new(config.steps, self.step, language, style);
        let mut averages = Averages::new();
        let pace = Pace::new(config.steps, config.checkpoint_every, stop_after, self.seconds);

        while self.step < config.steps {
            let learning_rate = config.optimizer.schedule.lr(self.step);
            let batch: Vec<&Feature> = epochs.batch(self.step).into_iter().map(|n| &training.features[n]).collect();
            let StepOutput { loss, metrics: tokens, mut gradients } =
                forward_backward(model, &batch, config.shards, settings.pad, config.seed, self.step);
            let norm = clip_grad_norm(model, &mut gradients, config.optimizer.max_grad_norm);
            self.step += 1;
            check_finite(self.step, loss, norm, learning_rate)?;
            optimizer.step(model, &gradients, learning_rate)?;

            let step = self.step;
            let due = pace.after(step, interrupt::requested());
            let mut row: Vec<Option<f64>> = [loss, norm, learning_rate].map(Some).to_vec();
            if step.is_multiple_of(epochs.steps()) {
                let (scores, _) = score(model, dev, config.task, &settings);
                let epoch = step / epochs.steps();
                if best.is_none_or(|best| scores.deciding() > best.figure) {
                    model.save(folder.path())?;
                    *best = Some(Best { epoch, figure: scores.deciding() });
                }
                let figures: Vec<String> = scores.figures.iter().map(|figure| in_words(figure, console)).collect();
                progress.println(&texts::EVALUATION.fill(
                    language,
                    &[("epoch", &epoch), ("loss", &format!("{:.3}", scores.loss)), ("figures", &figures.join(", "))],
                ));
                row.push(Some(scores.loss));
                row.extend(scores.figures.iter().map(|figure| Some(figure.value).filter(|value| value.is_finite())));
            }
            row.resize(columns(config).len(), None);
            log.append(step, &row)?;
            let [loss] = averages.add([loss]);
            let tokens = tokens.iter().sum();
            progress.update(&StepReport { step, loss, metrics: &[], learning_rate, tokens });

            if due.checkpoint {
                self.seconds = pace.seconds();
                let state = serde_json::json!({ "seconds": self.seconds, "best": best });
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

    /// Tells how long the run will take.
    fn estimate(&self, console: Console) {
        let Run { config, training, step, .. } = self;
        let epochs = training.epochs(config.batch_size, config.seed);
        let pad = self.tokenizer.special().pad;
        let gradients = |model: &_, ahead| {
            let batch: Vec<&Feature> = epochs.batch(step + ahead).into_iter().map(|n| &training.features[n]).collect();
            forward_backward(model, &batch, config.shards, pad, config.seed, ahead).gradients
        };
        say_estimate(&self.model, &self.optimizer, config.steps - step, gradients, console);
    }
}

/// Forward and backward of one step over all shards of a batch; the metrics are the tokens that were read.
pub(super) fn forward_backward(
    model: &FinetunedModel,
    batch: &[&Feature],
    shards: usize,
    pad: i64,
    seed: u64,
    step: u64,
) -> StepOutput<usize> {
    let count = batch.iter().map(|feature| feature.target.count()).sum();
    // The last batch of an epoch may be small.
    let parallel = DataParallel::new(shards.min(batch.len()));
    parallel.step(model, batch.len(), seed, step, |model, rows, ctx| {
        let part = FinetuningBatch::gather(&batch[rows], pad);
        (model.logits(&part, ctx).loss(&part, count), part.token_count())
    })
}

/// A figure as it is said: `accuracy 91.2 %`, `Pearson's r 0.812`.
pub(super) fn in_words(figure: &Figure, console: Console) -> String {
    format!("{} {}", figure.name.get(console.language()), shown(figure.key, figure.value))
}

/// A figure: shares in percent, correlations as they are.
pub(super) fn shown(key: &str, value: f64) -> String {
    match key {
        "pearson" | "spearman" | "mcc" => format!("{value:.3}"),
        _ => crate::commands::run::percent(value),
    }
}
