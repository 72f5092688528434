//! A model of the tree.

use std::fmt;
use std::str::FromStr;

use jumok_training::{Language, Text};
use serde::Deserialize;

/// What is wrong with a file of models.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineageError {
    /// It is no TOML, or not of the fields that a model has.
    #[error("cannot read the models: {0}")]
    Toml(
        /// Where and why.
        #[from]
        toml::de::Error,
    ),
    /// A model breaks a rule.
    #[error("{name}: {rule}")]
    Rule {
        /// The model.
        name: String,
        /// The rule.
        rule: String,
    },
}

/// The three branches, and what came before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Branch {
    /// Before the branches parted.
    Root,
    /// Reads both ways.
    EncoderOnly,
    /// Reads, then writes.
    EncoderDecoder,
    /// Writes on.
    DecoderOnly,
}

impl Branch {
    /// All, from the roots on.
    pub const ALL: [Branch; 4] = [Branch::Root, Branch::EncoderOnly, Branch::EncoderDecoder, Branch::DecoderOnly];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Branch::Root => "root",
            Branch::EncoderOnly => "encoder-only",
            Branch::EncoderDecoder => "encoder-decoder",
            Branch::DecoderOnly => "decoder-only",
        }
    }

    /// As it is headed.
    pub fn title(self) -> Text {
        match self {
            Branch::Root => Text { en: "Roots", ko: "뿌리" },
            Branch::EncoderOnly => Text { en: "Encoder only", ko: "인코더" },
            Branch::EncoderDecoder => Text { en: "Encoder–decoder", ko: "인코더-디코더" },
            Branch::DecoderOnly => Text { en: "Decoder only", ko: "디코더" },
        }
    }
}

/// Whether weights can be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    /// The weights can be had, under the licence that is named.
    Open,
    /// Only answers can be had.
    Closed,
}

/// A month, or a year alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Date {
    /// The year.
    pub year: u16,
    /// 1 to 12, where it is known.
    pub month: Option<u8>,
}

impl Date {
    /// As a number of years: the middle of the month or of the year.
    pub fn years(self) -> f64 {
        let part = self.month.map_or(0.5, |month| (f64::from(month) - 0.5) / 12.0);
        f64::from(self.year) + part
    }
}

impl FromStr for Date {
    type Err = String;

    fn from_str(text: &str) -> Result<Date, String> {
        let (year, month) = text.split_once('-').map_or((text, None), |(year, month)| (year, Some(month)));
        let number = |digits: &str, count: usize| {
            let plain = digits.len() == count && digits.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| digits.parse::<u16>().ok()).flatten()
        };
        let month = month.map(|month| number(month, 2).filter(|month| (1..=12).contains(month)));
        match (number(year, 4), month) {
            (Some(year), None) => Ok(Date { year, month: None }),
            (Some(year), Some(Some(month))) => Ok(Date { year, month: Some(month as u8) }),
            _ => Err(format!("{text:?} is no date: write YYYY-MM or YYYY")),
        }
    }
}

impl TryFrom<String> for Date {
    type Error = String;

    fn try_from(text: String) -> Result<Date, String> {
        text.parse()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self.month {
            Some(month) => write!(f, "{}-{month:02}", self.year),
            None => write!(f, "{}", self.year),
        }
    }
}

/// A remark in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// In English.
    pub en: String,
    /// In Korean.
    pub ko: String,
}

impl Note {
    /// The remark in a language.
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Korean => &self.ko,
        }
    }
}

/// A language model.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Where in the tree it stands.
    pub branch: Branch,
    /// When it was published.
    pub date: Date,
    /// Who made it.
    pub organisation: String,
    /// Whether its weights can be had.
    pub access: Access,
    /// Under which licence.
    pub licence: Option<String>,
    /// Parameters of the largest, as published.
    pub size: Option<String>,
    /// What it continues.
    pub parent: Option<String>,
    /// Paper or page.
    pub source: String,
    /// Its name for the calculator.
    pub calc: Option<String>,
    /// The software that made it known.
    pub product: Option<String>,
    /// What is often told wrongly.
    pub note: Option<Note>,
}
