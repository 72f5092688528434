//! Which of the family a folder holds.

use std::path::Path;

use jumok_nn::{ModelConfig, load_config};
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::headed::config_json;
use crate::{
    AlbertConfig, AlbertModel, BertConfig, BertModel, ConfigError, DistilBertConfig, DistilBertModel, EncoderError,
    EncoderSettings, EncoderSizes, HeadConfig, RobertaConfig, RobertaModel, TextEncoder,
};

/// Something that is done with an encoder of the family, whichever it is, and so is written once
/// ([`EncoderConfig::with_encoder`]).
pub trait EncoderTask {
    /// What comes of it.
    type Output;

    /// Does it for the encoder `E` of this configuration.
    fn run<E: TextEncoder>(self, config: &E::Config) -> Self::Output;
}

/// The configuration of one of the family, told apart by `model_type`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
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

    /// Does `task` with the encoder that this configures: the one place where the family branches.
    pub fn with_encoder<T: EncoderTask>(&self, task: T) -> T::Output {
        match self {
            Self::Bert(config) => task.run::<BertModel>(config),
            Self::Roberta(config) => task.run::<RobertaModel>(config),
            Self::Albert(config) => task.run::<AlbertModel>(config),
            Self::DistilBert(config) => task.run::<DistilBertModel>(config),
        }
    }

    /// What its `model_type` says.
    pub fn model_type(&self) -> &'static str {
        match self {
            Self::Bert(_) => BertConfig::MODEL_TYPE,
            Self::Roberta(_) => RobertaConfig::MODEL_TYPE,
            Self::Albert(_) => AlbertConfig::MODEL_TYPE,
            Self::DistilBert(_) => DistilBertConfig::MODEL_TYPE,
        }
    }

    /// What the model is called in a text: `RoBERTa`.
    pub fn family_name(&self) -> &'static str {
        match self {
            Self::Bert(_) => "BERT",
            Self::Roberta(_) => "RoBERTa",
            Self::Albert(_) => "ALBERT",
            Self::DistilBert(_) => "DistilBERT",
        }
    }

    /// Checks the rules between its fields.
    ///
    /// # Errors
    /// The first field that breaks one.
    pub fn validate(&self) -> Result<(), ConfigError> {
        match self {
            Self::Bert(config) => config.validate(),
            Self::Roberta(config) => config.validate(),
            Self::Albert(config) => config.validate(),
            Self::DistilBert(config) => config.validate(),
        }
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

    /// The same, to be changed.
    pub fn head_mut(&mut self) -> &mut HeadConfig {
        match self {
            Self::Bert(config) => config.head_mut(),
            Self::Roberta(config) => config.head_mut(),
            Self::Albert(config) => config.head_mut(),
            Self::DistilBert(config) => config.head_mut(),
        }
    }

    /// As [`EncoderSettings::set_dropout`].
    pub fn set_dropout(&mut self, dropout: f64) {
        match self {
            Self::Bert(config) => config.set_dropout(dropout),
            Self::Roberta(config) => config.set_dropout(dropout),
            Self::Albert(config) => config.set_dropout(dropout),
            Self::DistilBert(config) => config.set_dropout(dropout),
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

/// From any format that says what it holds: `model_type` tells which of the family it is.
impl<'de> Deserialize<'de> for EncoderConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn of<C: DeserializeOwned, E: Error>(fields: Value) -> Result<C, E> {
            serde_json::from_value(fields).map_err(E::custom)
        }
        let fields = Value::deserialize(deserializer)?;
        match fields["model_type"].as_str() {
            Some(BertConfig::MODEL_TYPE) => Ok(Self::Bert(of(fields)?)),
            Some(RobertaConfig::MODEL_TYPE) => Ok(Self::Roberta(of(fields)?)),
            Some(AlbertConfig::MODEL_TYPE) => Ok(Self::Albert(of(fields)?)),
            Some(DistilBertConfig::MODEL_TYPE) => Ok(Self::DistilBert(of(fields)?)),
            _ => Err(D::Error::custom(format!("model_type must be one of {}", Self::MODEL_TYPES.join(", ")))),
        }
    }
}
