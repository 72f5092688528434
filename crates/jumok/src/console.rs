//! Writing to standard output.

use std::fmt::Display;
use std::io::{ErrorKind, Write, stdout};

use jumok_training::{Language, Text};

/// Standard output in one of the two languages.
///
/// When whoever reads the output closes it (`jumok … | head`), the rest is dropped without a word: a training run is
/// worth more than its printed lines.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    language: Language,
    quiet: bool,
}

impl Console {
    /// Prints in `language`.
    pub fn new(language: Language) -> Console {
        Console { language, quiet: false }
    }

    /// Prints nothing: for a command that is part of another one.
    pub fn quiet(self) -> Console {
        Console { quiet: true, ..self }
    }

    /// The language.
    pub fn language(&self) -> Language {
        self.language
    }

    /// Prints a message with its values, and a line end.
    ///
    /// # Panics
    /// As [`Text::fill`].
    #[track_caller]
    pub fn say(&self, text: &Text, values: &[(&str, &dyn Display)]) {
        self.line(&text.fill(self.language, values));
    }

    /// Prints a line.
    pub fn line(&self, line: &str) {
        self.raw(&format!("{line}\n"));
    }

    /// Prints a text as it is.
    pub fn raw(&self, text: &str) {
        if self.quiet {
            return;
        }
        let mut out = stdout().lock();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush())
            && error.kind() != ErrorKind::BrokenPipe
        {
            // Standard output cannot be written (a full disk behind a redirection, for example); say so where it can be read.
            let _ = writeln!(std::io::stderr(), "jumok: cannot write to standard output: {error}");
        }
    }
}

/// How this program was called, for examples that can be copied: `cargo run --release --` or `jumok`.
pub fn invocation() -> &'static str {
    // Cargo sets the variable for the programs it runs.
    match std::env::var_os("CARGO") {
        Some(_) => "cargo run --release --",
        None => "jumok",
    }
}

/// The language of the environment: Korean if the locale is.
pub(crate) fn language_of(variable: impl Fn(&str) -> Option<String>) -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    match locale {
        Some(locale) if locale == "ko" || locale.starts_with("ko_") || locale.starts_with("ko.") => Language::Korean,
        _ => Language::English,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let environment = |pairs: &'static [(&str, &str)]| {
            language_of(move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(environment(&[]), Language::English);
        assert_eq!(environment(&[("LANG", "ko_KR.UTF-8")]), Language::Korean);
        assert_eq!(environment(&[("LC_ALL", ""), ("LANG", "ko")]), Language::Korean);
        assert_eq!(environment(&[("LC_ALL", "C"), ("LANG", "ko_KR.UTF-8")]), Language::English);
        assert_eq!(environment(&[("LANG", "kok_IN")]), Language::English);
    }
}
