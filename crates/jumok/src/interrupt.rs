//! Ctrl-C.

use std::io::{Write, stderr};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use jumok_training::Language;

use crate::texts::{INTERRUPTED, INTERRUPTED_AGAIN};

/// The exit status of a program that was ended by Ctrl-C (128 + SIGINT).
pub const EXIT_INTERRUPTED: u8 = 130;

static INTERRUPTS: AtomicUsize = AtomicUsize::new(0);
static INSTALLED: OnceLock<bool> = OnceLock::new();

/// From now on the first Ctrl-C is only noted, for [`requested`]; the second ends the process at once.
///
/// A process can do this once; a later call changes nothing.
pub fn install(language: Language) {
    INSTALLED.get_or_init(|| {
        let handler = move || {
            let first = INTERRUPTS.fetch_add(1, Ordering::SeqCst) == 0;
            let text = if first { INTERRUPTED } else { INTERRUPTED_AGAIN };
            // Nobody may be there to read it.
            let _ = writeln!(stderr(), "\n{}", text.get(language));
            if !first {
                std::process::exit(EXIT_INTERRUPTED.into());
            }
        };
        // Without a handler Ctrl-C ends the process, which loses no more than the steps since the last checkpoint.
        ctrlc::set_handler(handler).is_ok()
    });
}

/// Whether the run should stop at the next step.
pub fn requested() -> bool {
    INTERRUPTS.load(Ordering::SeqCst) > 0
}
