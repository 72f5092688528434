//! Which of the family a folder holds.

use std::path::Path;

use jumok_nn::{ModelConfig, load_config};

use crate::headed::config_json;
use crate::{
    AlbertConfig, BertConfig, DistilBertConfig, EncoderError, EncoderSettings, EncoderSizes, HeadConfig, RobertaConfig,
};

/// The configuration of one of the family, told apart by `model_type`.
#[derive(Debug, Clone, PartialEq)]
pub enum EncoderConfig {
    /// `bert`.
    Bert(BertConfig),
    /// `roberta`.
    Roberta(RobertaConfig),
    /// `albert`.
    Albert(AlbertConfig),
    /// `distilbert`.
    DistilBert(DistilBertConfig),
}

impl EncoderConfig {
    /// The types that there are.
    pub const MODEL_TYPES: [&'static str; 4] =
        [BertConfig::MODEL_TYPE, RobertaConfig::MODEL_TYPE, AlbertConfig::MODEL_TYPE, DistilBertConfig::MODEL_TYPE];

    /// The configuration of a folder, checked.
    ///
    /// # Errors
    /// [`EncoderError`] if there is none, it is of another type, or it breaks a rule.
    pub fn load(folder: &Path) -> Result<Self, EncoderError> {
        let model_type = config_json(folder)?["model_type"].as_str().unwrap_or_default().to_owned();
        Ok(match model_type.as_str() {
            BertConfig::MODEL_TYPE => Self::Bert(load_config(folder)?),
            RobertaConfig::MODEL_TYPE => Self::Roberta(load_config(folder)?),
            AlbertConfig::MODEL_TYPE => Self::Albert(load_config(folder)?),
            DistilBertConfig::MODEL_TYPE => Self::DistilBert(load_config(folder)?),
            _ => {
                let known = Self::MODEL_TYPES.join(", ");
                return Err(EncoderError::UnknownType { path: folder.to_owned(), model_type, known });
            }
        })
    }

    /// The sizes under common names.
    pub fn sizes(&self) -> EncoderSizes {
        match self {
            Self::Bert(config) => config.sizes(),
            Self::Roberta(config) => config.sizes(),
            Self::Albert(config) => config.sizes(),
            Self::DistilBert(config) => config.sizes(),
        }
    }

    /// What it says about a head.
    pub fn head(&self) -> &HeadConfig {
        match self {
            Self::Bert(config) => config.head(),
            Self::Roberta(config) => config.head(),
            Self::Albert(config) => config.head(),
            Self::DistilBert(config) => config.head(),
        }
    }

    /// The parameters of the bare model, with a pooler where the family has one; nothing is allocated for the answer.
    pub fn parameter_count(&self) -> u128 {
        let sizes = self.sizes();
        match self {
            Self::DistilBert(_) => sizes.parameters(),
            _ => sizes.parameters() + sizes.pooler_parameters(),
        }
    }
}
