//! The languages of the built-in corpus.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::TextError;

/// A language that the built-in corpus is written in and that tokenizers have settings for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// English, `en`.
    #[default]
    #[serde(rename = "en")]
    English,
    /// Korean, `ko`.
    #[serde(rename = "ko")]
    Korean,
}

impl Language {
    /// The ISO 639-1 code: `en` or `ko`.
    pub fn code(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Korean => "ko",
        }
    }
}

impl std::fmt::Display for Language {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for Language {
    type Err = TextError;

    /// The language of a code.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for anything but `en` and `ko`.
    fn from_str(code: &str) -> Result<Language, TextError> {
        match code {
            "en" => Ok(Language::English),
            "ko" => Ok(Language::Korean),
            _ => Err(TextError::option("language", code, "use en (English) or ko (Korean)")),
        }
    }
}
