//! The five tokens that are no words, under the names that a model's family gives them.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{CONFIG_FILE, invalid};
use crate::TextError;
use crate::files::read_utf8;

/// The names in a vocabulary that is trained here, in the order of their ids.
pub(super) const SPECIAL_TOKENS: [&str; 5] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
/// The names in vocabularies like RoBERTa's, in the same order. ALBERT has some of either kind.
const OTHER_NAMES: [&str; 5] = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"];
/// What Hugging Face's files call the five, in the same order.
const FIELDS: [&str; 5] = ["pad_token", "unk_token", "cls_token", "sep_token", "mask_token"];
/// Where a folder may say which token is which.
const NAMING_FILES: [&str; 2] = [CONFIG_FILE, "special_tokens_map.json"];

/// The ids of the special tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialTokens {
    /// `[PAD]` fills a row up to the length of the batch.
    pub pad: i64,
    /// `[UNK]` stands for a word that the vocabulary cannot spell.
    pub unk: i64,
    /// `[CLS]` begins every sequence; its output is what next-sentence prediction reads.
    pub cls: i64,
    /// `[SEP]` ends each of the two sentences.
    pub sep: i64,
    /// `[MASK]` stands in the place of a word to be guessed.
    pub mask: i64,
}

impl SpecialTokens {
    /// Whether `id` is one of the five.
    pub fn contains(&self, id: i64) -> bool {
        self.ids().contains(&id)
    }

    /// The five, in the order of their usual ids.
    pub(super) fn ids(&self) -> [i64; 5] {
        [self.pad, self.unk, self.cls, self.sep, self.mask]
    }

    /// Finds the five in a vocabulary: under the names that `naming` gives, else under BERT's, else under RoBERTa's.
    ///
    /// # Errors
    /// [`TextError::MissingSpecialToken`] with BERT's name of the first that is missing.
    pub(super) fn find(
        id: impl Fn(&str) -> Option<u32>,
        naming: &Naming,
        place: &str,
    ) -> Result<SpecialTokens, TextError> {
        let find = |n: usize| {
            let names = [naming.0[n].as_deref(), Some(SPECIAL_TOKENS[n]), Some(OTHER_NAMES[n])];
            names
                .into_iter()
                .flatten()
                .find_map(&id)
                .map(i64::from)
                .ok_or_else(|| TextError::MissingSpecialToken { place: place.to_owned(), token: SPECIAL_TOKENS[n] })
        };
        Ok(SpecialTokens { pad: find(0)?, unk: find(1)?, cls: find(2)?, sep: find(3)?, mask: find(4)? })
    }
}

/// The names of the five as the files beside a `tokenizer.json` give them.
#[derive(Default)]
pub(super) struct Naming([Option<String>; 5]);

impl Naming {
    /// # Errors
    /// [`TextError`] for a file that cannot be read or is no JSON.
    pub(super) fn beside(tokenizer: &Path) -> Result<Naming, TextError> {
        let mut naming = Naming::default();
        for name in NAMING_FILES {
            let path = tokenizer.with_file_name(name);
            if !path.is_file() {
                continue;
            }
            let json: Value = serde_json::from_str(&read_utf8(&path)?).map_err(|error| invalid(&path, error.into()))?;
            for (found, field) in naming.0.iter_mut().zip(FIELDS) {
                // A token alone, or with its settings.
                let token = json[field].as_str().or(json[field]["content"].as_str());
                *found = found.take().or(token.map(str::to_owned));
            }
        }
        Ok(naming)
    }
}

/// What is written beside a `tokenizer.json`, under the names of Hugging Face's `tokenizer_config.json`.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Config {
    pub(super) tokenizer_class: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) do_lower_case: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) strip_accents: Option<bool>,
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none", flatten)]
    pub(super) special: Option<serde_json::Map<String, Value>>,
}

impl Config {
    /// The file beside a vocabulary; the defaults if there is none.
    ///
    /// # Errors
    /// [`TextError`] for a file that cannot be read or is no JSON.
    pub(super) fn beside(vocabulary: &Path) -> Result<Config, TextError> {
        let path = vocabulary.with_file_name(CONFIG_FILE);
        if !path.is_file() {
            return Ok(Config::default());
        }
        serde_json::from_str(&read_utf8(&path)?).map_err(|error| invalid(&path, error.into()))
    }

    /// What other programs need to know of a tokenizer that is not WordPiece.
    pub(super) fn naming(special: &SpecialTokens, token: impl Fn(i64) -> String) -> Config {
        let names = FIELDS.iter().zip(special.ids()).map(|(field, id)| ((*field).to_owned(), token(id).into()));
        Config {
            tokenizer_class: Some("PreTrainedTokenizerFast".into()),
            special: Some(names.collect()),
            ..Config::default()
        }
    }
}
