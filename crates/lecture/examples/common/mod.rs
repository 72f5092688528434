//! What the examples of this folder share: the language they speak.

use jumok_training::{Language, Text};

/// English, or what `--lang en|ko` asks for.
pub(crate) fn language_from_args() -> Result<Language, String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Ok(Language::English),
        ["--lang", code] => code.parse::<Language>().map_err(|error| error.to_string()),
        _ => Err(format!("cannot read {:?}: give nothing, --lang en or --lang ko", args.join(" "))),
    }
}

/// A text whose two languages stand side by side.
pub(crate) fn text(en: &'static str, ko: &'static str) -> Text {
    Text { en, ko }
}
