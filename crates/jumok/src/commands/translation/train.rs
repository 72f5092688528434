//! The training loop of a translator.

use std::path::Path;

use jumok_nn::translation::Seq2SeqBatch;
use jumok_nn::{AdamW, ModelConfig, Optimizer, clip_grad_norm};
use jumok_text::ParallelBatch;
use jumok_training::{
    Checkpoint, DataParallel, MetricsLog, Pace, Progress, ProgressStyle, RunFolder, StepOutput, StepReport,
};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::data::Prepared;
use super::evaluation::score;
use super::{ConfigOf, TranslationModel, report};
use crate::cli::TrainingArgs;
use crate::commands::run::{
    Averages, Outcome, RUNS, check_finite, percent, say_estimate, say_resumed, say_stopped, whole_percent,
};
use crate::texts::seq2seq as texts;
use crate::{CommandError, Console, interrupt};

/// The columns of `metrics.csv` after the step.
pub(super) const COLUMNS: [&str; 8] = [
    "loss",
    "token_accuracy",
    "gradient_norm",
    "learning_rate",
    "held_out_loss",
    "held_out_token_accuracy",
    "held_out_exact_match",
    "held_out_bleu",
];

/// Held-out pairs of an evaluation on the way.
pub(super) const EVALUATION_PAIRS: usize = 200;

/// A run at work.
pub(crate) struct Run<Model: TranslationModel> {
    pub(super) config: ConfigOf<Model>,
    pub(super) folder: RunFolder,
    pub(super) prepared: Prepared,
    pub(super) model: Model,
    optimizer: AdamW,
    log: MetricsLog,
    /// Steps that are done.
    step: u64,
    /// Time spent on them, from all sittings.
    pub(super) seconds: f64,
}

/// Starts a run with these settings, or goes on with the one in the folder `resume`, whose settings are its own.
///
/// # Errors
/// [`CommandError`], before anything is written if the arguments, the pairs or the model cannot be used.
pub(crate) fn train<Model: TranslationModel>(
    config: impl FnOnce() -> Result<ConfigOf<Model>, CommandError>,
    args: &TrainingArgs,
    resumed: Option<&Path>,
    progress: ProgressStyle,
    console: Console,
) -> Result<Outcome, CommandError> {
    let mut run: Run<Model> = match resumed {
        Some(folder) => resume(folder, console)?,
        None => start(config()?, args.out.as_deref(), console)?,
    };
    let outcome = run.train(args.stop_after, progress, console)?;
    match &outcome {
        Outcome::Finished { .. } => report::finish(&run, console)?,
        Outcome::Stopped { step, .. } => {
            say_stopped(&run.folder, *step, run.config.steps, &format!("{} train", Model::COMMAND), console)
        }
    }
    Ok(outcome)
}

fn start<Model: TranslationModel>(
    mut config: ConfigOf<Model>,
    out: Option<&Path>,
    console: Console,
) -> Result<Run<Model>, CommandError> {
    if let Some(folder) = out {
        // Learning of this only after the pairs were prepared would be a waste of time.
        RunFolder::check_free(folder)?;
    }
    let prepared = Prepared::new::<Model>(&mut config, None)?;
    let model = new_model::<Model>(&config)?;
    let optimizer = AdamW::new(config.optimizer.adamw)?;
    report::plan(&config, &prepared, &model, console);
    let folder = match out {
        Some(path) => RunFolder::create(path, &config)?,
        None => RunFolder::create_numbered(Path::new(RUNS), &format!("{}-{}", Model::COMMAND, config.name()), &config)?,
    };
    folder.write_json("config.json", &config.model)?;
    prepared.save_vocabularies(folder.path())?;
    let log = MetricsLog::create(folder.path(), &COLUMNS)?;
    Ok(Run { config, folder, prepared, model, optimizer, log, step: 0, seconds: 0.0 })
}

fn resume<Model: TranslationModel>(path: &Path, console: Console) -> Result<Run<Model>, CommandError> {
    let folder = RunFolder::open(path)?;
    let mut config: ConfigOf<Model> = RunFolder::read_config(path)?;
    config.validate::<Model>()?;
    let checkpoint = folder.latest_checkpoint()?;
    checkpoint.check_size(config.model.least_parameters())?;
    let written = config.sha256.clone();
    let prepared = Prepared::new::<Model>(&mut config, Some(path))?;
    if config.sha256 != written {
        return Err(CommandError::CorpusChanged { path: path.into() });
    }
    let mut model = new_model::<Model>(&config)?;
    let mut optimizer = AdamW::new(config.optimizer.adamw)?;
    checkpoint.restore(&mut model, &mut optimizer)?;
    let log = MetricsLog::resume(path, &COLUMNS, checkpoint.step)?;
    let seconds = checkpoint.state["seconds"].as_f64().unwrap_or(0.0);
    report::plan(&config, &prepared, &model, console);
    say_resumed(checkpoint.step, config.steps, console);
    Ok(Run { config, folder, prepared, model, optimizer, log, step: checkpoint.step, seconds })
}

fn new_model<Model: TranslationModel>(config: &ConfigOf<Model>) -> Result<Model, CommandError> {
    Model::fresh(&config.model, &mut ChaCha8Rng::seed_from_u64(config.seed))
}

impl<Model: TranslationModel> Run<Model> {
    /// Trains until all steps are done, or until it is stopped after `stop_after` steps or by Ctrl-C.
    fn train(
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
        let Run { config, folder, prepared, model, optimizer, log, .. } = self;
        let language = console.language();
        let seen = prepared.held_out.len().min(EVALUATION_PAIRS);
        let mut progress = Progress::new(config.steps, self.step, language, style);
        let mut averages = Averages::new();
        let pace = Pace::new(config.steps, config.checkpoint_every, stop_after, self.seconds);

        while self.step < config.steps {
            let learning_rate = config.optimizer.schedule.lr(self.step);
            let batch = prepared.data.batch(self.step);
            let TrainingStep { loss, token_accuracy, tokens, mut gradients } =
                forward_backward(model, &batch, config.shards, &config.objective, config.seed, self.step);
            let norm = clip_grad_norm(model, &mut gradients, config.optimizer.max_grad_norm);
            self.step += 1;
            check_finite(self.step, loss, norm, learning_rate)?;
            optimizer.step(model, &gradients, learning_rate)?;

            let step = self.step;
            let due = pace.after(step, interrupt::requested());
            let mut row = [None; COLUMNS.len()];
            row[..4].copy_from_slice(&[loss, token_accuracy, norm, learning_rate].map(Some));
            if step.is_multiple_of(config.eval_every) || due.finished {
                let scores =
                    score(model, &prepared.held_out[..seen], &prepared.held_out_ids[..seen], &prepared.target, 1);
                row[4..]
                    .copy_from_slice(&[scores.loss, scores.token_accuracy, scores.exact_match, scores.bleu].map(Some));
                progress.println(&texts::EVALUATION.fill(
                    language,
                    &[
                        ("step", &step),
                        ("loss", &format!("{:.3}", scores.loss)),
                        ("exact", &percent(scores.exact_match)),
                        ("bleu", &format!("{:.1}", scores.bleu)),
                    ],
                ));
            }
            log.append(step, &row)?;
            let [loss, token_accuracy] = averages.add([loss, token_accuracy]);
            let metrics = [texts::TOKENS.fill(language, &[("accuracy", &whole_percent(token_accuracy))])];
            progress.update(&StepReport { step, loss, metrics: &metrics, learning_rate, tokens });

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
    fn estimate(&self, console: Console) {
        let Run { config, prepared, step, .. } = self;
        let gradients = |model: &_, ahead| {
            let batch = prepared.data.batch(step + ahead);
            forward_backward(model, &batch, config.shards, &config.objective, config.seed, ahead).gradients
        };
        say_estimate(&self.model, &self.optimizer, config.steps - step, gradients, console);
    }
}

/// What a step gives.
pub(crate) struct TrainingStep {
    /// Mean of −log p(token) over the tokens of the batch, in nats.
    pub(crate) loss: f64,
    /// Share of the tokens that were predicted rightly.
    token_accuracy: f64,
    /// Tokens that were read and predicted.
    tokens: usize,
    /// ∂loss/∂parameter.
    pub(crate) gradients: jumok_tensor::Gradients,
}

/// Forward and backward of one step over all shards of a batch.
pub(crate) fn forward_backward<Model: TranslationModel>(
    model: &Model,
    batch: &ParallelBatch,
    shards: usize,
    objective: &Model::Objective,
    seed: u64,
    step: u64,
) -> TrainingStep {
    let whole = Seq2SeqBatch::new(&batch.sources, &batch.targets, model.special_tokens());
    let predicted = whole.target_tokens();
    let output: StepOutput<usize> =
        DataParallel::new(shards).step(model, whole.len(), seed, step, |model, rows, ctx| {
            let loss = model.training_loss(&whole.rows(rows), objective, ctx);
            (loss.sum.mul_scalar(1.0 / predicted as f64), loss.correct)
        });
    TrainingStep {
        loss: output.loss,
        token_accuracy: output.metrics.iter().sum::<usize>() as f64 / predicted as f64,
        tokens: predicted + whole.source_lengths.iter().sum::<usize>(),
        gradients: output.gradients,
    }
}
