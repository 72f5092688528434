//! The training loop.

use jumok_nn::{AdamW, Optimizer, clip_grad_norm};
use jumok_text::{PretrainingBatch, Relation};
use jumok_training::{
    Checkpoint, DataParallel, MetricsLog, Pace, Progress, ProgressStyle, RunFolder, StepOutput, StepReport,
};

use super::config::PretrainConfig;
use super::corpus::Prepared;
use super::evaluation::{PairSums, Scores, score};
use super::model::{PretrainedModel, Teacher};
use crate::commands::run::{Averages, Outcome, check_finite, percent, say_estimate, whole_percent};
use crate::convert::BertBatch;
use crate::texts::pretrain as texts;
use crate::{CommandError, Console, interrupt};

/// The columns of `metrics.csv` after the step. Those of the second exercise, if there is one, are called by its name.
pub(super) fn columns(relation: Relation) -> Vec<&'static str> {
    let (trained, held_out) = match relation {
        Relation::NextSentence => (Some("nsp_accuracy"), Some("held_out_nsp_accuracy")),
        Relation::SentenceOrder => (Some("sop_accuracy"), Some("held_out_sop_accuracy")),
        Relation::None => (None, None),
    };
    let mut columns = vec!["loss", "mlm_accuracy"];
    columns.extend(trained);
    columns.extend(["gradient_norm", "learning_rate", "held_out_loss", "held_out_mlm_accuracy"]);
    columns.extend(held_out);
    columns
}

/// A run at work.
pub(super) struct Run {
    pub(super) config: PretrainConfig,
    pub(super) folder: RunFolder,
    pub(super) prepared: Prepared,
    pub(super) model: PretrainedModel,
    pub(super) teacher: Option<Teacher>,
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
        let Run { config, folder, prepared, model, teacher, optimizer, log, .. } = self;
        let relation = config.data.relation;
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
                forward_backward(parallel, model, teacher.as_ref(), &batch, config.seed, self.step);
            let norm = clip_grad_norm(model, &mut gradients, config.optimizer.max_grad_norm);
            self.step += 1;
            check_finite(self.step, loss, norm, learning_rate)?;
            optimizer.step(model, &gradients, learning_rate)?;

            let step = self.step;
            let due = pace.after(step, interrupt::requested());
            let mut scores = Scores::default();
            metrics.iter().for_each(|sums| scores.add(sums));
            let second = |scores: &Scores| (relation != Relation::None).then(|| scores.next_accuracy());
            let mut row: Vec<Option<f64>> = vec![Some(loss), Some(scores.masked_accuracy())];
            row.extend(second(&scores).map(Some));
            row.extend([norm, learning_rate].map(Some));
            if step.is_multiple_of(config.eval_every) || due.finished {
                let scores = score(model, &held_out);
                row.extend([scores.loss(), scores.masked_accuracy()].map(Some));
                row.extend(second(&scores).map(Some));
                let figures = [
                    Some(texts::MASKED_WORDS.fill(language, &[("accuracy", &percent(scores.masked_accuracy()))])),
                    relation_name(relation)
                        .map(|text| text.fill(language, &[("accuracy", &percent(scores.next_accuracy()))])),
                ];
                progress.println(&texts::EVALUATION.fill(
                    language,
                    &[
                        ("step", &step),
                        ("loss", &format!("{:.3}", scores.loss())),
                        ("figures", &figures.into_iter().flatten().collect::<Vec<_>>().join(", ")),
                    ],
                ));
            }
            row.resize(columns(relation).len(), None);
            log.append(step, &row)?;
            let [loss, masked, next] = averages.add([loss, scores.masked_accuracy(), second(&scores).unwrap_or(0.0)]);
            let metrics: Vec<String> = [
                Some(texts::MASKED_WORDS.fill(language, &[("accuracy", &whole_percent(masked))])),
                relation_name(relation).map(|text| text.fill(language, &[("accuracy", &whole_percent(next))])),
            ]
            .into_iter()
            .flatten()
            .collect();
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

    /// Tells how long the run will take.
    fn estimate(&self, console: Console) -> Result<(), CommandError> {
        let Run { config, prepared, teacher, step, .. } = self;
        let parallel = data_parallel(config)?;
        let gradients = |model: &_, ahead| {
            let batch = prepared.data.batch(step + ahead);
            forward_backward(parallel, model, teacher.as_ref(), &batch, config.seed, ahead).gradients
        };
        say_estimate(&self.model, &self.optimizer, config.steps - step, gradients, console);
        Ok(())
    }
}

/// "masked words 61.0 %", and of the second exercise "next sentence 96.1 %".
fn relation_name(relation: Relation) -> Option<jumok_training::Text> {
    match relation {
        Relation::NextSentence => Some(texts::NEXT_SENTENCES),
        Relation::SentenceOrder => Some(texts::SENTENCE_ORDER),
        Relation::None => None,
    }
}

/// Forward and backward of one step over all shards of a batch.
fn forward_backward(
    parallel: DataParallel,
    model: &PretrainedModel,
    teacher: Option<&Teacher>,
    batch: &PretrainingBatch,
    seed: u64,
    step: u64,
) -> StepOutput<PairSums> {
    let (counts, tokens) = (counts(batch), batch.token_count());
    parallel.step(model, batch.batch_size, seed, step, |model, rows, ctx| {
        let part = BertBatch::from(&batch.rows(rows));
        let loss = match teacher {
            Some(teacher) => model.taught_loss(teacher, &part, counts, tokens, ctx),
            None => model.loss(&part, counts, ctx),
        };
        let sums = PairSums::from(&loss);
        (loss.loss, sums)
    })
}

/// Masked words and pairs of a whole batch.
fn counts(batch: &PretrainingBatch) -> [usize; 2] {
    [batch.masked_labels.len(), batch.next_sentence_labels.len()]
}

fn data_parallel(config: &PretrainConfig) -> Result<DataParallel, CommandError> {
    let parallel = DataParallel::new(config.shards).precision(config.precision.available()?);
    Ok(config.micro_batch.map_or(parallel, |rows| parallel.micro_batch(rows)))
}
