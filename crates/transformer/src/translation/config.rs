//! The sizes and choices of a Transformer that translates.

use std::fmt;

use jumok_nn::Activation;
use jumok_nn::translation::SpecialTokens;
use serde::{Deserialize, Serialize};

use crate::EncoderLayerConfig;

/// The largest size that a field may have: the products that a model is counted by stay far below what can be counted.
const MAX_SIZE: usize = 1 << 24;

/// The `config.json` of a Transformer with encoder and decoder, with the field names of Marian and BART. Fields that a file leaves
/// out have the values of [`TransformerConfig::base`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TransformerConfig {
    /// [`TransformerConfig::MODEL_TYPE`]: tells what the checkpoint is.
    pub model_type: String,
    /// The number of source tokens; with shared embeddings of all tokens.
    pub vocab_size: usize,
    /// V, the number of target tokens; `None` with shared embeddings, which means that there are `vocab_size`.
    pub decoder_vocab_size: Option<usize>,
    /// Whether source and target are embedded by one table.
    pub share_encoder_decoder_embeddings: bool,
    /// Whether the output layer is the table of the target's embeddings (Press and Wolf 2017); otherwise it has weights and biases
    /// of its own.
    pub tie_word_embeddings: bool,
    /// Whether embeddings are multiplied by √`d_model` (section 3.4 of the paper).
    pub scale_embedding: bool,
    /// D, the width of a token.
    pub d_model: usize,
    /// The number of the encoder's layers.
    pub encoder_layers: usize,
    /// Heads of each of its attentions; they divide `d_model`.
    pub encoder_attention_heads: usize,
    /// The width inside its feed-forward layers.
    pub encoder_ffn_dim: usize,
    /// The number of the decoder's layers.
    pub decoder_layers: usize,
    /// Heads of each of its attentions; they divide `d_model`.
    pub decoder_attention_heads: usize,
    /// The width inside its feed-forward layers.
    pub decoder_ffn_dim: usize,
    /// The activation of the feed-forward layers.
    pub activation_function: Activation,
    /// Pre-norm, with a norm behind each stack, instead of the paper's post-norm, which has none there.
    pub normalize_before: bool,
    /// ε of the layer norms.
    pub layer_norm_eps: f64,
    /// The probability with which a number of a sublayer's output, or of an embedding with its position, is dropped in training.
    pub dropout: f64,
    /// The probability with which an attention weight is dropped in training.
    pub attention_dropout: f64,
    /// The probability with which an activation of a feed-forward layer is dropped in training.
    pub activation_dropout: f64,
    /// The id of padding.
    pub pad_token_id: usize,
    /// The id that a decoder reads before the first token.
    pub bos_token_id: usize,
    /// The id that a target sentence ends with.
    pub eos_token_id: usize,
}

impl Default for TransformerConfig {
    fn default() -> Self {
        Self::base()
    }
}

/// A configuration that no Transformer can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransformerConfigError {
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
    #[error("there is no preset {name:?}: choose one of {}", TransformerConfig::PRESETS.join(", "))]
    UnknownPreset {
        /// The name asked for.
        name: String,
    },
}

impl TransformerConfig {
    /// What `model_type` says.
    pub const MODEL_TYPE: &'static str = "jumok-transformer";
    /// The names that [`TransformerConfig::preset`] knows.
    pub const PRESETS: [&'static str; 3] = ["tiny", "small", "base"];

    /// The preset of that name: `tiny`, `small` or `base`.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn preset(name: &str) -> Result<Self, TransformerConfigError> {
        match name {
            "tiny" => Ok(Self::tiny()),
            "small" => Ok(Self::small()),
            "base" => Ok(Self::base()),
            _ => Err(TransformerConfigError::UnknownPreset { name: name.into() }),
        }
    }

    /// Two layers a side, 64 wide: learns the generated tasks in two minutes.
    pub fn tiny() -> Self {
        Self { vocab_size: 4096, ..Self::of_size(64, 2, 4, 256) }
    }

    /// Three layers a side, 256 wide, with the paper's dropout: learns short sentences of a real language; 5 million parameters
    /// with 4,096 tokens.
    pub fn small() -> Self {
        Self { vocab_size: 4096, dropout: 0.1, ..Self::of_size(256, 3, 8, 512) }
    }

    /// The base model of the paper (table 3): six layers a side, 512 wide, a shared vocabulary of 37,000 tokens.
    pub fn base() -> Self {
        Self { dropout: 0.1, normalize_before: false, ..Self::of_size(512, 6, 8, 2048) }
    }

    fn of_size(d_model: usize, layers: usize, heads: usize, ffn_dim: usize) -> Self {
        Self {
            model_type: Self::MODEL_TYPE.into(),
            vocab_size: 37_000,
            decoder_vocab_size: None,
            share_encoder_decoder_embeddings: true,
            tie_word_embeddings: true,
            scale_embedding: true,
            d_model,
            encoder_layers: layers,
            encoder_attention_heads: heads,
            encoder_ffn_dim: ffn_dim,
            decoder_layers: layers,
            decoder_attention_heads: heads,
            decoder_ffn_dim: ffn_dim,
            activation_function: Activation::Relu,
            normalize_before: true,
            layer_norm_eps: 1e-5,
            dropout: 0.0,
            attention_dropout: 0.0,
            activation_dropout: 0.0,
            pad_token_id: 0,
            bos_token_id: 1,
            eos_token_id: 2,
        }
    }

    /// V, the number of target tokens.
    pub fn target_vocab_size(&self) -> usize {
        self.decoder_vocab_size.unwrap_or(self.vocab_size)
    }

    pub(super) fn encoder_layer(&self) -> EncoderLayerConfig {
        self.layer(self.encoder_attention_heads, self.encoder_ffn_dim)
    }

    pub(super) fn decoder_layer(&self) -> EncoderLayerConfig {
        self.layer(self.decoder_attention_heads, self.decoder_ffn_dim)
    }

    fn layer(&self, heads: usize, ffn_dim: usize) -> EncoderLayerConfig {
        EncoderLayerConfig {
            activation: self.activation_function,
            norm_first: self.normalize_before,
            layer_norm_eps: self.layer_norm_eps,
            dropout: self.dropout,
            attention_dropout: self.attention_dropout,
            activation_dropout: self.activation_dropout,
            ..EncoderLayerConfig::new(self.d_model, heads, ffn_dim)
        }
    }

    /// The parameters of a model of this configuration, which was checked; nothing is allocated for the answer.
    ///
    /// An attention has 4·(D² + D) of them, a feed-forward layer 2·D·F + F + D, a norm 2·D; a layer of the encoder one attention and two
    /// norms, one of the decoder two and three.
    pub fn parameters(&self) -> u128 {
        let wide = |size: usize| size as u128;
        let d = wide(self.d_model);
        let layer =
            |attentions: u128, f: u128| attentions * 4 * (d * d + d) + 2 * d * f + f + d + (attentions + 1) * 2 * d;
        let encoder = wide(self.encoder_layers) * layer(1, wide(self.encoder_ffn_dim));
        let decoder = wide(self.decoder_layers) * layer(2, wide(self.decoder_ffn_dim));
        let last_norms = if self.normalize_before { 2 * 2 * d } else { 0 };
        let (source, target) = (wide(self.vocab_size), wide(self.target_vocab_size()));
        let target_table = if self.share_encoder_decoder_embeddings { 0 } else { target * d };
        let head = if self.tie_word_embeddings { 0 } else { (d + 1) * target };
        source * d + target_table + encoder + decoder + last_norms + head
    }

    /// Checks the rules between the fields.
    ///
    /// # Errors
    /// The first field that breaks one, with the rule in words and what would do.
    pub fn validate(&self) -> Result<(), TransformerConfigError> {
        let broken = |field, value: &dyn fmt::Display, rule: String| {
            Err(TransformerConfigError::Field { field, value: value.to_string(), rule })
        };
        for (field, value) in [
            ("vocab_size", self.vocab_size),
            ("decoder_vocab_size", self.target_vocab_size()),
            ("d_model", self.d_model),
            ("encoder_layers", self.encoder_layers),
            ("encoder_ffn_dim", self.encoder_ffn_dim),
            ("decoder_layers", self.decoder_layers),
            ("decoder_ffn_dim", self.decoder_ffn_dim),
        ] {
            if !(1..=MAX_SIZE).contains(&value) {
                return broken(field, &value, format!("it must be from 1 to {MAX_SIZE}"));
            }
        }
        for (field, heads) in [
            ("encoder_attention_heads", self.encoder_attention_heads),
            ("decoder_attention_heads", self.decoder_attention_heads),
        ] {
            if heads == 0 || !self.d_model.is_multiple_of(heads) {
                return broken(field, &heads, format!("the heads must divide d_model = {}", self.d_model));
            }
        }
        for (field, value) in [
            ("dropout", self.dropout),
            ("attention_dropout", self.attention_dropout),
            ("activation_dropout", self.activation_dropout),
        ] {
            if !(0.0..1.0).contains(&value) {
                return broken(field, &value, "a dropout probability is at least 0 and below 1".into());
            }
        }
        if !(self.layer_norm_eps > 0.0 && self.layer_norm_eps.is_finite()) {
            return broken("layer_norm_eps", &self.layer_norm_eps, "it must be a small positive number".into());
        }
        let target = self.target_vocab_size();
        if self.share_encoder_decoder_embeddings && target != self.vocab_size {
            let rule = format!("shared embeddings have vocab_size = {} rows for both sides", self.vocab_size);
            return broken("decoder_vocab_size", &target, rule);
        }
        for (field, value) in [
            ("pad_token_id", self.pad_token_id),
            ("bos_token_id", self.bos_token_id),
            ("eos_token_id", self.eos_token_id),
        ] {
            if value >= target {
                return broken(field, &value, format!("it must be below the {target} target tokens"));
            }
        }
        if self.pad_token_id >= self.vocab_size {
            let rule = format!("it must be below vocab_size = {}", self.vocab_size);
            return broken("pad_token_id", &self.pad_token_id, rule);
        }
        if self.pad_token_id == self.eos_token_id || self.pad_token_id == self.bos_token_id {
            return broken("pad_token_id", &self.pad_token_id, "no other token may have its id".into());
        }
        Ok(())
    }
}

impl From<&TransformerConfig> for SpecialTokens {
    fn from(config: &TransformerConfig) -> Self {
        let [pad, bos, eos] = [config.pad_token_id, config.bos_token_id, config.eos_token_id].map(|id| id as i64);
        Self { pad, bos, eos }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translation::TransformerForTranslation;
    use jumok_nn::Module;
    use rand::SeedableRng;

    #[test]
    fn the_count_is_that_of_the_weights() {
        let tiny = TransformerConfig { vocab_size: 7, encoder_layers: 1, ..TransformerConfig::tiny() };
        let two = TransformerConfig {
            decoder_vocab_size: Some(9),
            share_encoder_decoder_embeddings: false,
            tie_word_embeddings: false,
            encoder_ffn_dim: 5,
            ..tiny.clone()
        };
        for config in
            [tiny.clone(), TransformerConfig { normalize_before: !tiny.normalize_before, ..tiny.clone() }, two]
        {
            let rng = &mut rand::rngs::ChaCha8Rng::seed_from_u64(0);
            let model = TransformerForTranslation::new(&config, rng).unwrap();
            assert_eq!(model.parameter_count() as u128, config.parameters(), "{config:?}");
        }
        TransformerConfig { d_model: 1 << 25, ..tiny }.validate().unwrap_err();
    }

    #[test]
    fn presets_are_valid_and_go_through_json() {
        for name in TransformerConfig::PRESETS {
            let config = TransformerConfig::preset(name).unwrap();
            config.validate().unwrap();
            let back: TransformerConfig = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
            assert_eq!(back, config);
        }
        let error = TransformerConfig::preset("big").unwrap_err();
        assert_eq!(error.to_string(), "there is no preset \"big\": choose one of tiny, small, base");
        let file: TransformerConfig = serde_json::from_str(r#"{"encoder_layers": 2}"#).unwrap();
        assert_eq!(file, TransformerConfig { encoder_layers: 2, ..TransformerConfig::base() });
    }

    #[test]
    fn a_rule_is_told_in_words() {
        let tiny = TransformerConfig::tiny;
        assert_eq!(
            TransformerConfig { decoder_attention_heads: 5, ..tiny() }.validate().unwrap_err().to_string(),
            "decoder_attention_heads = 5 cannot be: the heads must divide d_model = 64"
        );
        for config in [
            TransformerConfig { encoder_layers: 0, ..tiny() },
            TransformerConfig { encoder_attention_heads: 0, ..tiny() },
            TransformerConfig { dropout: 1.0, ..tiny() },
            TransformerConfig { attention_dropout: -0.1, ..tiny() },
            TransformerConfig { layer_norm_eps: 0.0, ..tiny() },
            TransformerConfig { decoder_vocab_size: Some(9), ..tiny() },
            TransformerConfig { decoder_vocab_size: Some(2), share_encoder_decoder_embeddings: false, ..tiny() },
            TransformerConfig { eos_token_id: 0, ..tiny() },
            TransformerConfig { pad_token_id: 5000, ..tiny() },
        ] {
            config.validate().unwrap_err();
        }
    }
}
