//! `jumok lecture`.

use std::io::{self, ErrorKind};

use jumok_lecture::{LessonOptions, find, list, walk};
use jumok_viz::{TerminalStyle, save};

use crate::cli::LectureArgs;
use crate::{CommandError, Console, invocation, texts};

/// Lists the slides, or runs the lesson of one.
///
/// # Errors
/// [`CommandError`] if there is no such slide or lesson, the lesson cannot use the text, or a file cannot be written.
pub fn lecture(args: &LectureArgs, console: Console) -> Result<(), CommandError> {
    let style = TerminalStyle::detect();
    let language = console.language();
    let Some(slide) = &args.slide else {
        console.raw(&list(language, invocation(), &style));
        return Ok(());
    };
    let options = LessonOptions { seed: args.seed.unwrap_or(0), text: args.text.clone(), language };
    let run = find(slide)?.run(&options)?;
    if args.step {
        match walk(&run, &mut io::stdin().lock(), &mut io::stdout().lock(), &style) {
            // Whoever closed standard output has seen enough.
            Err(source) if source.kind() != ErrorKind::BrokenPipe => return Err(CommandError::Stepper { source }),
            _ => {}
        }
    } else {
        console.raw(&run.to_terminal(&style));
    }
    if let Some(path) = &args.svg {
        save(path, &run.to_svg()?)?;
        console.say(&texts::SAVED_FILE, &[("path", &path.display())]);
    }
    if let Some(path) = &args.html {
        run.to_page()?.save(path)?;
        console.say(&texts::SAVED_FILE, &[("path", &path.display())]);
    }
    Ok(())
}
