//! `jumok bert finetune`, `jumok bert predict` and `jumok bert experiment transfer`.

mod baselines;
pub mod config;
mod data;
mod evaluation;
mod model;
mod predict;
mod report;
mod train;
mod transfer;

use std::path::Path;

use jumok_bert::{BertConfig, EncoderConfig};
use jumok_nn::AdamW;
use jumok_training::{MetricsLog, ProgressStyle, RunFolder};

use crate::cli::{FinetuneArgs, Lang};
use crate::commands::model_folder::{ModelFolder, load_tokenizer};
use crate::commands::run::{Outcome, RUNS, say_resumed, say_stopped};
use crate::texts::finetune as texts;
use crate::{CommandError, Console};
use config::FinetuneConfig;
use data::{Data, Encoded};
use model::FinetunedModel;
use train::{Best, Run, columns};

pub use predict::predict;
pub use transfer::transfer;

/// The weights of the best epoch.
const WEIGHTS_FILE: &str = "model.safetensors";

/// Starts a run, or goes on with one, as the arguments say. `language` is that of a generated task if none is named.
///
/// # Errors
/// [`CommandError`], before anything is written if the arguments, the examples or the model cannot be used.
pub fn finetune(
    args: &FinetuneArgs,
    language: Lang,
    progress: ProgressStyle,
    console: Console,
) -> Result<Outcome, CommandError> {
    let mut run = match &args.resume {
        Some(folder) => resume(folder, console)?,
        None => start(args, language, console)?,
    };
    let outcome = run.train(args.stop_after, progress, console)?;
    match &outcome {
        Outcome::Finished { .. } => report::finish(&mut run, console)?,
        Outcome::Stopped { step, .. } => say_stopped(&run.folder, *step, run.config.steps, "bert finetune", console),
    }
    Ok(outcome)
}

fn start(args: &FinetuneArgs, language: Lang, console: Console) -> Result<Run, CommandError> {
    if let Some(folder) = &args.out {
        // Learning of this only after the examples were prepared would be a waste of time.
        RunFolder::check_free(folder)?;
    }
    let encoder = args.model.as_deref().map(|path| ModelFolder::open(path, console)).transpose()?;
    let tiny = || EncoderConfig::Bert(BertConfig::tiny());
    let sizes = encoder.as_ref().map_or_else(tiny, |encoder| encoder.config.clone());
    let mut config = FinetuneConfig::from_args(args, language, sizes)?;
    let data = Data::read(&mut config)?;
    let tokenizer = match &encoder {
        Some(encoder) => encoder.tokenizer.clone(),
        None => data.learn_tokenizer(&config)?,
    };
    if let (None, EncoderConfig::Bert(model)) = (&encoder, &mut config.model) {
        model.vocab_size = tokenizer.vocab_size();
        model.pad_token_id = tokenizer.special().pad as usize;
    }
    let skipped = data.skipped;
    config.no_answer = data.has_unanswered();
    let (training, dev, test) = encode(&config, data, &tokenizer)?;
    config.set_steps(training.epochs(config.batch_size, config.seed).steps())?;
    config.validate()?;
    let labels = training.examples.label_names();
    let model = match &encoder {
        Some(folder) if config.encoder.is_some() => {
            let (model, drawn) = FinetunedModel::on_encoder(config.task, folder, &config.model, labels, config.seed)?;
            console.say(&texts::FRESH_PARTS, &[("names", &drawn.join(", "))]);
            model
        }
        _ => FinetunedModel::drawn(config.task, &config.model, labels, config.seed)?,
    };
    let optimizer = AdamW::new(config.optimizer.adamw)?;
    report::plan(&config, &training, &dev, test.as_ref(), &tokenizer, &model, skipped, console);
    let folder = match &args.out {
        Some(path) => RunFolder::create(path, &config)?,
        None => RunFolder::create_numbered(Path::new(RUNS), &config.name(), &config)?,
    };
    model.save_config(folder.path())?;
    tokenizer.save(folder.path())?;
    let log = MetricsLog::create(folder.path(), &names(&columns(&config)))?;
    Ok(Run { config, folder, tokenizer, training, dev, test, model, optimizer, log, step: 0, seconds: 0.0, best: None })
}

fn resume(path: &Path, console: Console) -> Result<Run, CommandError> {
    let folder = RunFolder::open(path)?;
    let mut config: FinetuneConfig = RunFolder::read_config(path)?;
    config.validate()?;
    let checkpoint = folder.latest_checkpoint()?;
    checkpoint.check_size(config.model.sizes().parameters())?;
    let written = config.data.sha256.clone();
    let data = Data::read(&mut config)?;
    if config.data.sha256 != written {
        return Err(CommandError::CorpusChanged { path: path.into() });
    }
    let tokenizer = load_tokenizer(path, &config.model)?;
    let skipped = data.skipped;
    let (training, dev, test) = encode(&config, data, &tokenizer)?;
    let mut model = FinetunedModel::drawn(config.task, &config.model, training.examples.label_names(), config.seed)?;
    let mut optimizer = AdamW::new(config.optimizer.adamw)?;
    checkpoint.restore(&mut model, &mut optimizer)?;
    let log = MetricsLog::resume(path, &names(&columns(&config)), checkpoint.step)?;
    let seconds = checkpoint.state["seconds"].as_f64().unwrap_or(0.0);
    let best: Option<Best> = serde_json::from_value(checkpoint.state["best"].clone()).unwrap_or(None);
    report::plan(&config, &training, &dev, test.as_ref(), &tokenizer, &model, skipped, console);
    say_resumed(checkpoint.step, config.steps, console);
    Ok(Run {
        config,
        folder,
        tokenizer,
        training,
        dev,
        test,
        model,
        optimizer,
        log,
        step: checkpoint.step,
        seconds,
        best,
    })
}

fn encode(
    config: &FinetuneConfig,
    data: Data,
    tokenizer: &jumok_text::Tokenizer,
) -> Result<(Encoded, Encoded, Option<Encoded>), CommandError> {
    let encode = |examples| Encoded::new(examples, tokenizer, config.max_length, config.questions.as_ref());
    Ok((encode(data.training)?, encode(data.dev)?, data.test.map(encode).transpose()?))
}

fn names(columns: &[String]) -> Vec<&str> {
    columns.iter().map(String::as_str).collect()
}
