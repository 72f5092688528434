//! The sizes and choices of a BERT, named as in Hugging Face's `config.json`.

use jumok_nn::{Activation, ModelConfig};
use serde::{Deserialize, Serialize};

use crate::{EncoderSettings, EncoderSizes, HeadConfig};

/// A BERT's `config.json`. Fields that a file leaves out have the values of BERT-base; fields that are not listed here are
/// ignored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct BertConfig {
    /// `"bert"`: tells other programs what the checkpoint is.
    pub model_type: String,
    /// V, the number of word pieces.
    pub vocab_size: usize,
    /// D, the width of a token.
    pub hidden_size: usize,
    /// The number of layers.
    pub num_hidden_layers: usize,
    /// H; it divides `hidden_size`.
    pub num_attention_heads: usize,
    /// The width inside the feed-forward layers.
    pub intermediate_size: usize,
    /// The activation of the feed-forward layers and of the masked-word head.
    pub hidden_act: Activation,
    /// The probability with which an output of the embeddings, an attention or a feed-forward layer is dropped in training.
    pub hidden_dropout_prob: f64,
    /// The probability with which an attention weight is dropped in training.
    pub attention_probs_dropout_prob: f64,
    /// The longest sequence, in tokens.
    pub max_position_embeddings: usize,
    /// The number of segments (A and B).
    pub type_vocab_size: usize,
    /// The standard deviation of freshly drawn weights.
    pub initializer_range: f64,
    /// ε of the layer norms.
    pub layer_norm_eps: f64,
    /// The id of the padding token.
    pub pad_token_id: usize,
    /// The dropout before a classifier, where it is not `hidden_dropout_prob`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub classifier_dropout: Option<f64>,
    /// The labels of a head.
    #[serde(flatten)]
    pub head: HeadConfig,
}

impl Default for BertConfig {
    /// BERT-base, uncased English.
    fn default() -> Self {
        Self {
            model_type: "bert".into(),
            vocab_size: 30_522,
            hidden_size: 768,
            num_hidden_layers: 12,
            num_attention_heads: 12,
            intermediate_size: 3072,
            hidden_act: Activation::Gelu,
            hidden_dropout_prob: 0.1,
            attention_probs_dropout_prob: 0.1,
            max_position_embeddings: 512,
            type_vocab_size: 2,
            initializer_range: 0.02,
            layer_norm_eps: 1e-12,
            pad_token_id: 0,
            classifier_dropout: None,
            head: HeadConfig::default(),
        }
    }
}

impl ModelConfig for BertConfig {
    const MODEL_TYPE: &'static str = "bert";
    const KIND: &'static str = "a BERT";
    type Error = ConfigError;

    fn validate(&self) -> Result<(), ConfigError> {
        BertConfig::validate(self)
    }

    fn least_parameters(&self) -> u128 {
        self.sizes().parameters()
    }
}

impl EncoderSettings for BertConfig {
    fn sizes(&self) -> EncoderSizes {
        EncoderSizes {
            vocab_size: self.vocab_size,
            embedding_size: self.hidden_size,
            hidden_size: self.hidden_size,
            intermediate_size: self.intermediate_size,
            num_hidden_layers: self.num_hidden_layers,
            num_attention_heads: self.num_attention_heads,
            own_layers: self.num_hidden_layers,
            positions: self.max_position_embeddings,
            max_length: self.max_position_embeddings,
            segments: self.type_vocab_size,
            activation: self.hidden_act,
            masked_activation: self.hidden_act,
            layer_norm_eps: self.layer_norm_eps,
            initializer_range: self.initializer_range,
            classifier_dropout: self.classifier_dropout.unwrap_or(self.hidden_dropout_prob),
            token_dropout: self.classifier_dropout.unwrap_or(self.hidden_dropout_prob),
            answer_dropout: 0.0,
        }
    }

    fn head(&self) -> &HeadConfig {
        &self.head
    }

    fn head_mut(&mut self) -> &mut HeadConfig {
        &mut self.head
    }

    fn set_dropout(&mut self, dropout: f64) {
        (self.hidden_dropout_prob, self.attention_probs_dropout_prob, self.classifier_dropout) =
            (dropout, dropout, None);
    }
}

/// A configuration that no BERT can have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// A field breaks a rule.
    #[error("{field} = {value} cannot be: {rule}")]
    Field {
        /// The field's name.
        field: &'static str,
        /// Its value.
        value: String,
        /// The rule, and what would do.
        rule: String,
    },
    /// There is no preset of this name.
    #[error("there is no preset {name:?}: choose one of {}", BertConfig::PRESETS.join(", "))]
    UnknownPreset {
        /// The name asked for.
        name: String,
    },
}

impl BertConfig {
    /// The names that [`BertConfig::preset`] knows.
    pub const PRESETS: [&'static str; 4] = ["tiny", "mini", "small", "base"];

    /// The preset of that name (Turc et al. 2019, arXiv 1908.08962): `tiny`, `mini`, `small`, `base`.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn preset(name: &str) -> Result<Self, ConfigError> {
        match name {
            "tiny" => Ok(Self::tiny()),
            "mini" => Ok(Self::mini()),
            "small" => Ok(Self::small()),
            "base" => Ok(Self::base()),
            _ => Err(ConfigError::UnknownPreset { name: name.into() }),
        }
    }

    /// 2 layers, 128 wide, 2 heads.
    pub fn tiny() -> Self {
        Self::of_size(2, 128)
    }

    /// 4 layers, 256 wide, 4 heads.
    pub fn mini() -> Self {
        Self::of_size(4, 256)
    }

    /// 4 layers, 512 wide, 8 heads.
    pub fn small() -> Self {
        Self::of_size(4, 512)
    }

    /// 12 layers, 768 wide, 12 heads: BERT-base.
    pub fn base() -> Self {
        Self::of_size(12, 768)
    }

    /// Heads of width 64 and a feed-forward layer four times as wide as the model, as in all of BERT's sizes.
    fn of_size(num_hidden_layers: usize, hidden_size: usize) -> Self {
        Self {
            hidden_size,
            num_hidden_layers,
            num_attention_heads: hidden_size / 64,
            intermediate_size: 4 * hidden_size,
            initializer_range: Self::initializer_range_for(hidden_size),
            ..Self::default()
        }
    }

    /// The standard deviation of fresh weights for a model of that width: 0.02·√(768/width).
    ///
    /// A sum over `width` products grows with √width, so BERT's 0.02, made for 768, leaves the signals of a narrow model too
    /// weak to learn from at first: at width 128 a next-sentence head stays near a coin toss for thousands of steps.
    pub fn initializer_range_for(hidden_size: usize) -> f64 {
        0.02 * (768.0 / hidden_size as f64).sqrt()
    }

    /// Checks the rules between the fields.
    ///
    /// # Errors
    /// The first field that breaks one, with the rule in words and what would do.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mut dropouts = vec![
            ("hidden_dropout_prob", self.hidden_dropout_prob),
            ("attention_probs_dropout_prob", self.attention_probs_dropout_prob),
        ];
        dropouts.extend(self.classifier_dropout.map(|dropout| ("classifier_dropout", dropout)));
        let rules = Rules {
            sizes: &[
                ("vocab_size", self.vocab_size),
                ("hidden_size", self.hidden_size),
                ("num_hidden_layers", self.num_hidden_layers),
                ("num_attention_heads", self.num_attention_heads),
                ("intermediate_size", self.intermediate_size),
                ("max_position_embeddings", self.max_position_embeddings),
                ("type_vocab_size", self.type_vocab_size),
            ],
            width: ("hidden_size", self.hidden_size),
            heads: ("num_attention_heads", self.num_attention_heads),
            dropouts: &dropouts,
            positive: &[("layer_norm_eps", self.layer_norm_eps), ("initializer_range", self.initializer_range)],
            pad_token_id: self.pad_token_id,
            vocab_size: self.vocab_size,
        };
        rules.check()
    }
}

/// What is checked of the fields of every one of the family, under the names that it gives them.
pub(crate) struct Rules<'a> {
    /// At least 1 each, and small enough to count with.
    pub(crate) sizes: &'a [(&'static str, usize)],
    /// The width of a token.
    pub(crate) width: (&'static str, usize),
    /// The heads; they divide the width.
    pub(crate) heads: (&'static str, usize),
    /// Probabilities.
    pub(crate) dropouts: &'a [(&'static str, f64)],
    /// Numbers above 0.
    pub(crate) positive: &'a [(&'static str, f64)],
    /// A row of the table of words.
    pub(crate) pad_token_id: usize,
    /// The rows of it.
    pub(crate) vocab_size: usize,
}

impl Rules<'_> {
    /// The largest size of a field: products of two still fit everywhere.
    const MOST: usize = 1 << 24;

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        for &(field, value) in self.sizes {
            if value == 0 {
                return broken(field, &value, "it must be at least 1");
            }
            if value > Self::MOST {
                return broken(field, &value, format!("it must be at most {}", Self::MOST));
            }
        }
        let ((width_field, width), (field, heads)) = (self.width, self.heads);
        if !width.is_multiple_of(heads) {
            let fitting: Vec<String> =
                (1..=width).filter(|h| width.is_multiple_of(*h)).take(8).map(|h| h.to_string()).collect();
            let rule = format!("it must divide {width_field} = {width}, for instance {}", fitting.join(", "));
            return broken(field, &heads, rule);
        }
        for &(field, value) in self.dropouts {
            if !(0.0..1.0).contains(&value) {
                return broken(field, &value, "a dropout probability is at least 0 and below 1");
            }
        }
        for &(field, value) in self.positive {
            if !(value > 0.0 && value.is_finite()) {
                return broken(field, &value, "it must be a positive number");
            }
        }
        if self.pad_token_id >= self.vocab_size {
            let rule = format!("it must be below vocab_size = {}", self.vocab_size);
            return broken("pad_token_id", &self.pad_token_id, rule);
        }
        Ok(())
    }
}

/// The error of a field that breaks a rule.
pub(crate) fn broken(
    field: &'static str,
    value: &dyn std::fmt::Display,
    rule: impl Into<String>,
) -> Result<(), ConfigError> {
    Err(ConfigError::Field { field, value: value.to_string(), rule: rule.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_have_their_published_sizes() {
        let tiny = BertConfig::preset("tiny").unwrap();
        assert_eq!(
            (tiny.num_hidden_layers, tiny.hidden_size, tiny.num_attention_heads, tiny.intermediate_size),
            (2, 128, 2, 512)
        );
        assert_eq!(BertConfig::base(), BertConfig::default());
        assert!((tiny.initializer_range - 0.049).abs() < 1e-4);
        for name in BertConfig::PRESETS {
            BertConfig::preset(name).unwrap().validate().unwrap();
        }
        let error = BertConfig::preset("tinny").unwrap_err();
        assert_eq!(error.to_string(), "there is no preset \"tinny\": choose one of tiny, mini, small, base");
    }

    #[test]
    fn a_rule_is_told_in_words() {
        let config = BertConfig { hidden_size: 130, num_attention_heads: 4, ..BertConfig::tiny() };
        assert_eq!(
            config.validate().unwrap_err().to_string(),
            "num_attention_heads = 4 cannot be: it must divide hidden_size = 130, for instance 1, 2, 5, 10, 13, 26, 65, 130"
        );
        for config in [
            BertConfig { vocab_size: 0, ..BertConfig::tiny() },
            BertConfig { hidden_dropout_prob: 1.0, ..BertConfig::tiny() },
            BertConfig { layer_norm_eps: f64::NAN, ..BertConfig::tiny() },
            BertConfig { pad_token_id: 99_999, ..BertConfig::tiny() },
            BertConfig { hidden_size: 1 << 40, ..BertConfig::tiny() },
            BertConfig { classifier_dropout: Some(-0.1), ..BertConfig::tiny() },
        ] {
            config.validate().unwrap_err();
        }
    }

    #[test]
    fn a_real_config_loads_as_it_is() {
        let text = r#"{"architectures": ["BertForMaskedLM"], "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu",
            "hidden_dropout_prob": 0.1, "hidden_size": 768, "initializer_range": 0.02, "intermediate_size": 3072,
            "max_position_embeddings": 512, "model_type": "bert", "num_attention_heads": 12, "num_hidden_layers": 12,
            "type_vocab_size": 2, "vocab_size": 28996}"#;
        let config: BertConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config, BertConfig { vocab_size: 28_996, ..BertConfig::base() });
        let back: BertConfig = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
        assert_eq!(back, config);
    }
}
