//! `jumok bert pretrain`, and `jumok` without a command.

pub mod config;
mod corpus;
pub mod evaluation;
mod model;
mod report;
mod train;

use std::path::Path;

use jumok_bert::write_config;
use jumok_nn::AdamW;
use jumok_text::{Pairing, Relation};
use jumok_training::{MetricsLog, ProgressStyle, RunFolder};

use crate::cli::{Lang, PretrainArgs};
use crate::commands::run::{Outcome, RUNS, say_resumed, say_stopped};
use crate::texts::pretrain as texts;
use crate::{CommandError, Console};
use config::PretrainConfig;
use corpus::Prepared;
use evaluation::{Scores, score};
use model::{PretrainedModel, Teacher};
use train::{Run, columns};

/// What a run does beside its settings; none of it changes the result.
#[derive(Clone, Copy, Debug)]
pub struct RunOptions {
    /// The language of the built-in corpus if none is named.
    pub corpus_language: Lang,
    /// How progress is shown.
    pub progress: ProgressStyle,
}

/// Starts a run, or goes on with one, as the arguments say.
///
/// # Errors
/// [`CommandError`], before anything is written if the arguments, the text or the model cannot be used.
pub fn pretrain(args: &PretrainArgs, options: RunOptions, console: Console) -> Result<Outcome, CommandError> {
    let mut run = match &args.resume {
        Some(folder) => resume(folder, console)?,
        None => start(args, options.corpus_language, console)?,
    };
    let outcome = run.train(args.stop_after, options.progress, console)?;
    match &outcome {
        Outcome::Finished { .. } => report::finish(&run, console)?,
        Outcome::Stopped { step, .. } => say_stopped(&run.folder, *step, run.config.steps, "bert pretrain", console),
    }
    Ok(outcome)
}

fn start(args: &PretrainArgs, corpus_language: Lang, console: Console) -> Result<Run, CommandError> {
    let mut config = PretrainConfig::from_args(args, args.corpus.unwrap_or(corpus_language))?;
    if let Some(folder) = &args.out {
        // Learning of this only after the text was prepared would be a waste of time.
        RunFolder::check_free(folder)?;
    }
    let prepared = Prepared::new(&mut config, None)?;
    config.validate()?;
    let teacher = config.teacher.as_deref().map(Teacher::load).transpose()?;
    let model = first_model(&config, teacher.as_ref(), console)?;
    let optimizer = AdamW::new(config.optimizer.adamw)?;
    report::plan(&config, &prepared, &model, console);
    let folder = match &args.out {
        Some(path) => RunFolder::create(path, &config)?,
        None => {
            let name = format!("{}-{}", config.model.model_type(), config.preset);
            RunFolder::create_numbered(Path::new(RUNS), &name, &config)?
        }
    };
    write_config(&config.model, &model.architecture(), folder.path())?;
    prepared.tokenizer.save(folder.path())?;
    let log = MetricsLog::create(folder.path(), &columns(config.data.relation))?;
    Ok(Run { config, folder, prepared, model, teacher, optimizer, log, step: 0, seconds: 0.0 })
}

fn resume(path: &Path, console: Console) -> Result<Run, CommandError> {
    let folder = RunFolder::open(path)?;
    let mut config: PretrainConfig = RunFolder::read_config(path)?;
    config.validate()?;
    let checkpoint = folder.latest_checkpoint()?;
    checkpoint.check_size(config.model.sizes().parameters())?;
    let written = config.corpus.sha256.clone();
    let prepared = Prepared::new(&mut config, Some(path))?;
    if config.corpus.sha256 != written {
        return Err(CommandError::CorpusChanged { path: path.into() });
    }
    let teacher = config.teacher.as_deref().map(Teacher::load).transpose()?;
    let mut model = PretrainedModel::new(&config.model, config.data.relation, config.seed)?;
    let mut optimizer = AdamW::new(config.optimizer.adamw)?;
    checkpoint.restore(&mut model, &mut optimizer)?;
    let log = MetricsLog::resume(path, &columns(config.data.relation), checkpoint.step)?;
    let seconds = checkpoint.state["seconds"].as_f64().unwrap_or(0.0);
    report::plan(&config, &prepared, &model, console);
    say_resumed(checkpoint.step, config.steps, console);
    Ok(Run { config, folder, prepared, model, teacher, optimizer, log, step: checkpoint.step, seconds })
}

/// The model that a run begins with: fresh, another folder's, or half of a teacher.
fn first_model(
    config: &PretrainConfig,
    teacher: Option<&Teacher>,
    console: Console,
) -> Result<PretrainedModel, CommandError> {
    if let Some(folder) = &config.from {
        let (model, fresh) = PretrainedModel::load(folder, &config.model, config.data.relation, config.seed)?;
        if !fresh.is_empty() {
            console.say(&texts::FRESH_PARTS, &[("names", &fresh.join(", "))]);
        }
        return Ok(model);
    }
    let mut model = PretrainedModel::new(&config.model, config.data.relation, config.seed)?;
    if let (PretrainedModel::DistilBert(student), Some(teacher)) = (&mut model, teacher) {
        student.encoder.init_from_teacher(&teacher.model.encoder)?;
        student.head = teacher.head_for_student();
    }
    Ok(model)
}

/// How well the model of a finished run guesses masked words: the same questions for every model of the same text and vocabulary, a text of
/// one document each.
///
/// # Errors
/// [`CommandError`] if the folder is no such run, or its text is no longer there.
pub(super) fn same_questions(folder: &Path) -> Result<Scores, CommandError> {
    let mut config: PretrainConfig = RunFolder::read_config(folder)?;
    config.data.relation = Relation::None;
    config.data.pairing = Pairing::Segments { short_seq_prob: 0.0 };
    let prepared = Prepared::new(&mut config, Some(folder))?;
    let (model, _) = PretrainedModel::load(folder, &config.model, Relation::None, config.seed)?;
    Ok(score(&model, &prepared.final_evaluation().0))
}
