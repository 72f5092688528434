//! What each command does. The commands are plain functions, so a notebook can call them as well.

pub mod bench;
pub mod fill_mask;
pub mod lecture;
pub mod model_folder;
pub mod next_sentence;
pub mod predict;
pub mod pretrain;

use jumok_training::{Language, ProgressStyle};

use crate::cli::{BertCommand, Cli, Command, Lang, PretrainArgs};
use crate::console::{invocation, language_of};
use crate::{CommandError, Console, interrupt, texts};
use pretrain::{Outcome, RunOptions};

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
        Some(Command::Lecture(args)) => lecture::lecture(args, console).map(|()| 0),
        Some(Command::Bench(args)) => bench::bench(args, console).map(|()| 0),
    }
}

fn pretrain(args: &PretrainArgs, corpus_language: Lang, console: Console) -> Result<u8, CommandError> {
    if cfg!(debug_assertions) {
        console.line(texts::DEBUG_BUILD.get(console.language()));
    }
    interrupt::install(console.language());
    let options = RunOptions { corpus_language, progress: ProgressStyle::detect() };
    Ok(match pretrain::pretrain(args, options, console)? {
        Outcome::Stopped { .. } if interrupt::requested() => interrupt::EXIT_INTERRUPTED,
        Outcome::Stopped { .. } | Outcome::Finished { .. } => 0,
    })
}
