//! `jumok transformer train-lm`: the training loop.

use std::path::Path;

use jumok_nn::{AdamW, ModelConfig, Optimizer, clip_grad_norm};
use jumok_tensor::IntTensor;
use jumok_text::LanguageModelingBatch;
use jumok_training::{
    Checkpoint, DataParallel, MetricsLog, Pace, Progress, ProgressStyle, RunFolder, StepOutput, StepReport,
};
use jumok_transformer::causal::{CausalLanguageModel, next_token_loss};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::config::LanguageModelRunConfig;
use super::data::Prepared;
use super::evaluation::held_out_loss;
use super::{VOCABULARY_FILE, report};
use crate::cli::LanguageModelTrainArgs;
use crate::commands::run::{Averages, Outcome, RUNS, check_finite, say_estimate, say_resumed, say_stopped};
use crate::texts::language_model as texts;
use crate::{CommandError, Console, interrupt};

/// The columns of `metrics.csv` after the step.
const COLUMNS: [&str; 4] = ["loss", "gradient_norm", "learning_rate", "held_out_loss"];

/// Held-out windows of an evaluation on the way: as many as nanoGPT's 20 batches of 12.
const EVALUATION_WINDOWS: usize = 240;

/// A run at work.
pub(super) struct Run {
    pub(super) config: LanguageModelRunConfig,
    pub(super) folder: RunFolder,
    pub(super) prepared: Prepared,
    pub(super) model: CausalLanguageModel,
    optimizer: AdamW,
    log: MetricsLog,
    /// Steps that are done.
    step: u64,
    /// Time spent on them, from all sittings.
    pub(super) seconds: f64,
}

/// Starts a run, or goes on with one, as the arguments say.
///
/// # Errors
/// [`CommandError`], before anything is written if the arguments, the text or the model cannot be used.
pub fn train(
    args: &LanguageModelTrainArgs,
    progress: ProgressStyle,
    console: Console,
) -> Result<Outcome, CommandError> {
    let mut run = match &args.resume {
        Some(folder) => resume(folder, console)?,
        None => start(args, console)?,
    };
    let outcome = run.train(args.stop_after, progress, console)?;
    match &outcome {
        Outcome::Finished { .. } => report::finish(&run, console)?,
        Outcome::Stopped { step, .. } => {
            say_stopped(&run.folder, *step, run.config.steps, "transformer train-lm", console);
        }
    }
    Ok(outcome)
}

fn start(args: &LanguageModelTrainArgs, console: Console) -> Result<Run, CommandError> {
    let mut config = LanguageModelRunConfig::from_args(args)?;
    if let Some(folder) = &args.out {
        // Learning of this only after the text was prepared would be a waste of time.
        RunFolder::check_free(folder)?;
    }
    let prepared = Prepared::new(&mut config, None)?;
    let model = new_model(&config)?;
    let optimizer = AdamW::new(config.optimizer.adamw)?;
    report::plan(&config, &prepared, &model, console);
    let folder = match &args.out {
        Some(path) => RunFolder::create(path, &config)?,
        None => RunFolder::create_numbered(Path::new(RUNS), &format!("lm-{}", config.preset), &config)?,
    };
    folder.write_json("config.json", &config.model)?;
    prepared.vocabulary.save(&folder.file(VOCABULARY_FILE))?;
    let log = MetricsLog::create(folder.path(), &COLUMNS)?;
    Ok(Run { config, folder, prepared, model, optimizer, log, step: 0, seconds: 0.0 })
}

fn resume(path: &Path, console: Console) -> Result<Run, CommandError> {
    let folder = RunFolder::open(path)?;
    let mut config: LanguageModelRunConfig = RunFolder::read_config(path)?;
    config.validate()?;
    let checkpoint = folder.latest_checkpoint()?;
    checkpoint.check_size(config.model.least_parameters())?;
    let written = config.sha256.clone();
    let prepared = Prepared::new(&mut config, Some(path))?;
    if config.sha256 != written {
        return Err(CommandError::CorpusChanged { path: path.into() });
    }
    let mut model = new_model(&config)?;
    let mut optimizer = AdamW::new(config.optimizer.adamw)?;
    checkpoint.restore(&mut model, &mut optimizer)?;
    let log = MetricsLog::resume(path, &COLUMNS, checkpoint.step)?;
    let seconds = checkpoint.state["seconds"].as_f64().unwrap_or(0.0);
    report::plan(&config, &prepared, &model, console);
    say_resumed(checkpoint.step, config.steps, console);
    Ok(Run { config, folder, prepared, model, optimizer, log, step: checkpoint.step, seconds })
}

fn new_model(config: &LanguageModelRunConfig) -> Result<CausalLanguageModel, CommandError> {
    Ok(CausalLanguageModel::new(&config.model, &mut ChaCha8Rng::seed_from_u64(config.seed))?)
}

impl Run {
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
        let windows = prepared.held_out_windows(config.model.n_positions, EVALUATION_WINDOWS)?;
        let mut progress = Progress::new(config.steps, self.step, language, style);
        let mut averages = Averages::new();
        let pace = Pace::new(config.steps, config.checkpoint_every, stop_after, self.seconds);

        while self.step < config.steps {
            let learning_rate = config.optimizer.schedule.lr(self.step);
            let batch = prepared.data.batch(self.step);
            let StepOutput { loss, mut gradients, .. } =
                forward_backward(model, &batch, config.shards, config.seed, self.step);
            let norm = clip_grad_norm(model, &mut gradients, config.optimizer.max_grad_norm);
            self.step += 1;
            check_finite(self.step, loss, norm, learning_rate)?;
            optimizer.step(model, &gradients, learning_rate)?;

            let step = self.step;
            let due = pace.after(step, interrupt::requested());
            let mut row = [loss, norm, learning_rate, f64::NAN].map(|x| (!x.is_nan()).then_some(x));
            if step.is_multiple_of(config.eval_every) || due.finished {
                let held_out = held_out_loss(model, &windows);
                row[3] = Some(held_out);
                let (loss, perplexity) = (format!("{held_out:.3}"), format!("{:.2}", held_out.exp()));
                let values: [(&str, &dyn std::fmt::Display); 3] =
                    [("step", &step), ("loss", &loss), ("perplexity", &perplexity)];
                progress.println(&texts::EVALUATION.fill(language, &values));
            }
            log.append(step, &row)?;
            let [loss] = averages.add([loss]);
            let metrics = [texts::PERPLEXITY.fill(language, &[("perplexity", &format!("{:.1}", loss.exp()))])];
            let tokens = batch.input_ids.len();
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
            forward_backward(model, &batch, config.shards, config.seed, ahead).gradients
        };
        say_estimate(&self.model, &self.optimizer, config.steps - step, gradients, console);
    }
}

/// Forward and backward of one step over all shards of a batch: the mean of −log p(next token) in nats.
fn forward_backward(
    model: &CausalLanguageModel,
    batch: &LanguageModelingBatch,
    shards: usize,
    seed: u64,
    step: u64,
) -> StepOutput<()> {
    let (block, tokens) = (batch.block_size, batch.targets.len());
    DataParallel::new(shards).step(model, batch.batch_size, seed, step, |model, rows, ctx| {
        let [input_ids, targets] =
            batch.rows(rows.clone()).map(|ids| IntTensor::from_vec(ids.to_vec(), &[rows.len(), block]));
        let logits = model.forward(&input_ids, ctx); //                          [B, T, V]
        (next_token_loss(&logits, &targets) / tokens as f64, ())
    })
}
