//! What each command does. The commands are plain functions, so a notebook can call them as well.

pub mod attend;
pub mod bench;
pub mod calc;
pub mod family;
pub mod fill_mask;
pub mod finetune;
mod hub;
pub mod inspect;
pub mod language_model;
pub mod lecture;
pub mod lineage;
pub mod model_folder;
pub mod next_sentence;
pub mod predict;
pub mod pretrain;
pub mod run;
pub mod seq2seq;
pub mod tokenize;
pub mod transformer;
pub mod transformer_experiment;
pub mod translation;

use jumok_training::{Language, ProgressStyle};

use crate::cli::{
    BertCommand, BertExperimentCommand, Cli, Command, ExperimentCommand, Lang, PretrainArgs, Seq2SeqCommand,
    TransformerCommand,
};
use crate::console::{invocation, language_of};
use crate::{CommandError, Console, interrupt, texts};
use pretrain::RunOptions;
use run::Outcome;

/// Does what was typed, and gives the exit status: 0, or 130 for a run that Ctrl-C stopped.
///
/// # Errors
/// [`CommandError`]; its text is meant to be shown as it is.
pub fn run(cli: &Cli) -> Result<u8, CommandError> {
    let language = match cli.lang {
        Some(Lang::En) => Language::English,
        Some(Lang::Ko) => Language::Korean,
        None => language_of(|name| std::env::var(name).ok()),
    };
    let console = Console::new(language);
    if let Some(threads) = cli.threads.map(usize::from) {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        pool.map_err(|error| CommandError::Threads { threads, reason: error.to_string() })?;
    }
    match &cli.command {
        None => {
            console.say(&texts::QUICK_START, &[("program", &invocation())]);
            pretrain(&PretrainArgs::default(), Lang::En, console)
        }
        Some(Command::Bert(BertCommand::Pretrain(args))) => pretrain(args, cli.lang.unwrap_or(Lang::En), console),
        Some(Command::Bert(BertCommand::FillMask(args))) => fill_mask::fill_mask(args, console).map(|()| 0),
        Some(Command::Bert(BertCommand::Nsp(args))) => next_sentence::next_sentence(args, console).map(|()| 0),
        Some(Command::Bert(BertCommand::Finetune(args))) => {
            prepare_to_train(console);
            let outcome = finetune::finetune(args, cli.lang.unwrap_or(Lang::En), ProgressStyle::detect(), console)?;
            Ok(status_of(&outcome))
        }
        Some(Command::Bert(BertCommand::Predict(args))) => finetune::predict(args, console).map(|()| 0),
        Some(Command::Bert(BertCommand::Experiment(BertExperimentCommand::Transfer(args)))) => {
            let corpus_language = cli.lang.unwrap_or(Lang::En);
            finetune::transfer(args, corpus_language, ProgressStyle::detect(), console).map(|()| 0)
        }
        Some(Command::Bert(BertCommand::Experiment(BertExperimentCommand::Family(args)))) => {
            prepare_to_train(console);
            let corpus_language = cli.lang.unwrap_or(Lang::En);
            let outcome = family::family(args, corpus_language, ProgressStyle::detect(), console)?;
            Ok(status_of(&outcome))
        }
        Some(Command::Seq2Seq(command)) => seq2seq(command, console),
        Some(Command::Transformer(command)) => transformer(command, console),
        Some(Command::Tokenize(args)) => tokenize::tokenize(args, cli.lang.unwrap_or(Lang::En), console).map(|()| 0),
        Some(Command::Attend(args)) => attend::attend(args, console).map(|()| 0),
        Some(Command::Calc(args)) => calc::calc(args, console).map(|()| 0),
        Some(Command::Inspect(args)) => inspect::inspect(args, console).map(|()| 0),
        Some(Command::Lecture(args)) => lecture::lecture(args, console).map(|()| 0),
        Some(Command::Lineage(args)) => lineage::lineage(args, console).map(|()| 0),
        Some(Command::Bench(args)) => bench::bench(args, console).map(|()| 0),
    }
}

fn pretrain(args: &PretrainArgs, corpus_language: Lang, console: Console) -> Result<u8, CommandError> {
    prepare_to_train(console);
    let options = RunOptions { corpus_language, progress: ProgressStyle::detect() };
    pretrain::pretrain(args, options, console).map(|outcome| status_of(&outcome))
}

fn seq2seq(command: &Seq2SeqCommand, console: Console) -> Result<u8, CommandError> {
    match command {
        Seq2SeqCommand::Train(args) => {
            prepare_to_train(console);
            seq2seq::train(args, ProgressStyle::detect(), console).map(|outcome| status_of(&outcome))
        }
        Seq2SeqCommand::Translate(args) => seq2seq::translate(args, console).map(|()| 0),
        Seq2SeqCommand::Experiment(ExperimentCommand::Bottleneck(args)) => {
            seq2seq::bottleneck(args, ProgressStyle::detect(), console).map(|()| 0)
        }
        Seq2SeqCommand::Experiment(ExperimentCommand::Recency(args)) => seq2seq::recency(args, console).map(|()| 0),
        Seq2SeqCommand::Experiment(ExperimentCommand::VanishingGradient(args)) => {
            seq2seq::vanishing_gradient(args, console).map(|()| 0)
        }
        Seq2SeqCommand::Experiment(ExperimentCommand::Tagging(args)) => {
            seq2seq::tagging(args, ProgressStyle::detect(), console).map(|()| 0)
        }
        Seq2SeqCommand::Experiment(ExperimentCommand::Captioning(args)) => {
            seq2seq::captioning(args, ProgressStyle::detect(), console).map(|()| 0)
        }
    }
}

fn transformer(command: &TransformerCommand, console: Console) -> Result<u8, CommandError> {
    match command {
        TransformerCommand::Train(args) => {
            prepare_to_train(console);
            transformer::train(args, ProgressStyle::detect(), console).map(|outcome| status_of(&outcome))
        }
        TransformerCommand::Translate(args) => transformer::translate(args, console).map(|()| 0),
        TransformerCommand::TrainLm(args) => {
            prepare_to_train(console);
            language_model::train(args, ProgressStyle::detect(), console).map(|outcome| status_of(&outcome))
        }
        TransformerCommand::Generate(args) => language_model::generate(args, console).map(|()| 0),
        TransformerCommand::Experiment(experiment) => {
            transformer_experiment::run(experiment, ProgressStyle::detect(), console).map(|()| 0)
        }
    }
}

fn prepare_to_train(console: Console) {
    if cfg!(debug_assertions) {
        console.line(texts::DEBUG_BUILD.get(console.language()));
    }
    interrupt::install(console.language());
}

fn status_of(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Stopped { .. } if interrupt::requested() => interrupt::EXIT_INTERRUPTED,
        Outcome::Stopped { .. } | Outcome::Finished { .. } => 0,
    }
}
