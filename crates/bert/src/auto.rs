//! Which of the family a folder holds.

use std::path::Path;

use jumok_nn::{ModelConfig, load_config};
use serde::{Deserialize, Deserializer, Serialize};

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

/// The same expression for the configuration of each type.
macro_rules! of_each {
    ($config:expr, $name:ident => $body:expr) => {
        match $config {
            EncoderConfig::Bert($name) => $body,
            EncoderConfig::Roberta($name) => $body,
            EncoderConfig::Albert($name) => $body,
            EncoderConfig::DistilBert($name) => $body,
        }
    };
}

/// The configuration of one of the family, told apart by `model_type`; that of a file without one is a BERT's.
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

    /// The configuration of type `model_type` with the sizes of a BERT, or `None` if there is no such type.
    ///
    /// RoBERTa has one row of positions more for each id up to that of the padding, and a single segment; ALBERT's embeddings are a
    /// quarter as wide as its tokens, and all its layers share their weights; DistilBERT has half the layers, one at least.
    pub fn like(model_type: &str, bert: &BertConfig) -> Option<Self> {
        Some(match model_type {
            BertConfig::MODEL_TYPE => Self::Bert(bert.clone()),
            RobertaConfig::MODEL_TYPE => Self::Roberta(RobertaConfig {
                vocab_size: bert.vocab_size,
                hidden_size: bert.hidden_size,
                num_hidden_layers: bert.num_hidden_layers,
                num_attention_heads: bert.num_attention_heads,
                intermediate_size: bert.intermediate_size,
                hidden_act: bert.hidden_act,
                hidden_dropout_prob: bert.hidden_dropout_prob,
                attention_probs_dropout_prob: bert.attention_probs_dropout_prob,
                max_position_embeddings: bert.max_position_embeddings + bert.pad_token_id + 1,
                type_vocab_size: 1,
                initializer_range: bert.initializer_range,
                layer_norm_eps: bert.layer_norm_eps,
                pad_token_id: bert.pad_token_id,
                ..RobertaConfig::base()
            }),
            AlbertConfig::MODEL_TYPE => Self::Albert(AlbertConfig {
                vocab_size: bert.vocab_size,
                embedding_size: bert.hidden_size.div_ceil(4),
                hidden_size: bert.hidden_size,
                num_hidden_layers: bert.num_hidden_layers,
                num_attention_heads: bert.num_attention_heads,
                intermediate_size: bert.intermediate_size,
                hidden_act: bert.hidden_act,
                hidden_dropout_prob: bert.hidden_dropout_prob,
                attention_probs_dropout_prob: bert.attention_probs_dropout_prob,
                max_position_embeddings: bert.max_position_embeddings,
                type_vocab_size: bert.type_vocab_size,
                initializer_range: bert.initializer_range,
                layer_norm_eps: bert.layer_norm_eps,
                classifier_dropout_prob: bert.hidden_dropout_prob,
                pad_token_id: bert.pad_token_id,
                ..AlbertConfig::base()
            }),
            DistilBertConfig::MODEL_TYPE => Self::DistilBert(DistilBertConfig {
                vocab_size: bert.vocab_size,
                dim: bert.hidden_size,
                n_layers: (bert.num_hidden_layers / 2).max(1),
                n_heads: bert.num_attention_heads,
                hidden_dim: bert.intermediate_size,
                activation: bert.hidden_act,
                dropout: bert.hidden_dropout_prob,
                attention_dropout: bert.attention_probs_dropout_prob,
                max_position_embeddings: bert.max_position_embeddings,
                initializer_range: bert.initializer_range,
                pad_token_id: bert.pad_token_id,
                ..DistilBertConfig::default()
            }),
            _ => return None,
        })
    }

    /// Does `task` with the encoder that this configures.
    pub fn with_encoder<T: EncoderTask>(&self, task: T) -> T::Output {
        match self {
            Self::Bert(config) => task.run::<BertModel>(config),
            Self::Roberta(config) => task.run::<RobertaModel>(config),
            Self::Albert(config) => task.run::<AlbertModel>(config),
            Self::DistilBert(config) => task.run::<DistilBertModel>(config),
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

    /// `model_type`.
    pub fn model_type(&self) -> &'static str {
        match self {
            Self::Bert(_) => BertConfig::MODEL_TYPE,
            Self::Roberta(_) => RobertaConfig::MODEL_TYPE,
            Self::Albert(_) => AlbertConfig::MODEL_TYPE,
            Self::DistilBert(_) => DistilBertConfig::MODEL_TYPE,
        }
    }

    /// Checks the rules between the sizes.
    ///
    /// # Errors
    /// [`ConfigError`] with the first one that is broken.
    pub fn validate(&self) -> Result<(), ConfigError> {
        of_each!(self, config => config.validate())
    }

    /// The sizes under common names.
    pub fn sizes(&self) -> EncoderSizes {
        of_each!(self, config => config.sizes())
    }

    /// What it says about a head.
    pub fn head(&self) -> &HeadConfig {
        of_each!(self, config => config.head())
    }

    /// The same, to be changed.
    pub fn head_mut(&mut self) -> &mut HeadConfig {
        of_each!(self, config => config.head_mut())
    }

    /// As [`EncoderSettings::set_dropout`].
    pub fn set_dropout(&mut self, dropout: f64) {
        of_each!(self, config => config.set_dropout(dropout));
    }

    /// The depth: how many layers a token goes through.
    pub fn num_hidden_layers(&self) -> usize {
        self.sizes().num_hidden_layers
    }

    /// H, the heads of a layer.
    pub fn num_attention_heads(&self) -> usize {
        self.sizes().num_attention_heads
    }

    /// D, the depth, H and the width inside the feed-forward layers, to be changed.
    pub fn sizes_mut(&mut self) -> [&mut usize; 4] {
        match self {
            Self::Bert(BertConfig {
                hidden_size, num_hidden_layers, num_attention_heads, intermediate_size, ..
            })
            | Self::Roberta(RobertaConfig {
                hidden_size,
                num_hidden_layers,
                num_attention_heads,
                intermediate_size,
                ..
            })
            | Self::Albert(AlbertConfig {
                hidden_size,
                num_hidden_layers,
                num_attention_heads,
                intermediate_size,
                ..
            }) => [hidden_size, num_hidden_layers, num_attention_heads, intermediate_size],
            Self::DistilBert(DistilBertConfig { dim, n_layers, n_heads, hidden_dim, .. }) => {
                [dim, n_layers, n_heads, hidden_dim]
            }
        }
    }

    /// The longest sequence, in tokens.
    pub fn max_length(&self) -> usize {
        self.sizes().max_length
    }

    /// Makes room for a vocabulary; a RoBERTa keeps its longest sequence if the padding has another id than before.
    pub fn set_vocabulary(&mut self, vocab_size: usize, pad_token_id: usize) {
        if let Self::Roberta(config) = self {
            config.max_position_embeddings = config.max_length() + pad_token_id + 1;
        }
        of_each!(self, config => {
            config.vocab_size = vocab_size;
            config.pad_token_id = pad_token_id;
        });
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

impl<'de> Deserialize<'de> for EncoderConfig {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let model_type = value.get("model_type").and_then(|name| name.as_str()).unwrap_or(BertConfig::MODEL_TYPE);
        let config = match model_type {
            BertConfig::MODEL_TYPE => serde_json::from_value(value).map(Self::Bert),
            RobertaConfig::MODEL_TYPE => serde_json::from_value(value).map(Self::Roberta),
            AlbertConfig::MODEL_TYPE => serde_json::from_value(value).map(Self::Albert),
            DistilBertConfig::MODEL_TYPE => serde_json::from_value(value).map(Self::DistilBert),
            _ => {
                let known = Self::MODEL_TYPES.join(", ");
                return Err(serde::de::Error::custom(format!("model_type {model_type:?}: here are only {known}")));
            }
        };
        config.map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_the_sizes_of_the_bert_it_is_like_and_survives_a_file() {
        let bert = BertConfig { pad_token_id: 3, ..BertConfig::mini() };
        for model_type in EncoderConfig::MODEL_TYPES {
            let mut config = EncoderConfig::like(model_type, &bert).unwrap();
            config.validate().unwrap();
            assert_eq!(config.model_type(), model_type);
            assert_eq!(config.max_length(), bert.max_position_embeddings);
            let sizes = config.sizes();
            assert_eq!((sizes.hidden_size, sizes.intermediate_size), (bert.hidden_size, bert.intermediate_size));
            assert_eq!(config.num_attention_heads(), bert.num_attention_heads);
            let half = model_type == "distilbert";
            assert_eq!(config.num_hidden_layers() * if half { 2 } else { 1 }, bert.num_hidden_layers);
            config.set_vocabulary(77, 1);
            assert_eq!((config.sizes().vocab_size, config.max_length()), (77, bert.max_position_embeddings));
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<EncoderConfig>(&json).unwrap(), config, "{json}");
        }
        assert!(EncoderConfig::like("t5", &bert).is_none());
        let error = serde_json::from_str::<EncoderConfig>(r#"{"model_type": "t5"}"#).unwrap_err().to_string();
        assert!(error.contains("t5") && error.contains("distilbert"), "{error}");
        assert!(matches!(serde_json::from_str("{}").unwrap(), EncoderConfig::Bert(_)));
    }
}
