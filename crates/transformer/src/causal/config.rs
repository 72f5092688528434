//! The sizes and choices of a causal language model, named as in GPT-2's `config.json`.

use std::fmt;

use jumok_attention::positions::RopeParameters;
use jumok_nn::Activation;
use serde::{Deserialize, Serialize};

/// The largest size that a field may have: the products that a model is counted by stay far below what can be counted.
const MAX_SIZE: usize = 1 << 24;

/// What stands before each sublayer, and before the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NormKind {
    /// Mean 0 and variance 1 (GPT-2).
    #[default]
    LayerNorm,
    /// Mean square 1 (LLaMA).
    RmsNorm,
}

/// The form of the feed-forward layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedForwardKind {
    /// W_2·f(W_1·x): GPT-2's.
    #[default]
    Plain,
    /// W_down·(f(W_gate·x) ⊙ W_up·x) (Shazeer 2020, arXiv 2002.05202): SwiGLU if f is SiLU, LLaMA's.
    Gated,
}

/// A causal language model's `config.json`, under GPT-2's names. Fields that a file leaves out have GPT-2's values, those of the
/// last part too, which GPT-2's own file does not have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CausalLanguageModelConfig {
    /// [`CausalLanguageModelConfig::MODEL_TYPE`]: tells what the checkpoint is.
    pub model_type: String,
    /// V, the number of tokens.
    pub vocab_size: usize,
    /// The longest text, in tokens.
    pub n_positions: usize,
    /// D, the width of a token.
    pub n_embd: usize,
    /// The number of blocks.
    pub n_layer: usize,
    /// H; it divides `n_embd`.
    pub n_head: usize,
    /// F, the width inside the feed-forward layers; four times `n_embd` if it is not given.
    pub n_inner: Option<usize>,
    /// f, the activation of the feed-forward layers.
    pub activation_function: Activation,
    /// The probability with which a sublayer's output is dropped in training.
    pub resid_pdrop: f64,
    /// The probability with which a number of an embedding is dropped in training.
    pub embd_pdrop: f64,
    /// The probability with which an attention weight is dropped in training.
    pub attn_pdrop: f64,
    /// ε of the norms.
    pub layer_norm_epsilon: f64,
    /// The standard deviation of freshly drawn weights.
    pub initializer_range: f64,
    /// Whether the head's matrix is that of the embeddings.
    pub tie_word_embeddings: bool,
    /// Whether linear layers and norms have biases.
    pub bias: bool,
    /// H_kv, the number of heads of keys and values; as many as `n_head` if it is not given.
    pub num_key_value_heads: Option<usize>,
    /// What norms.
    pub norm: NormKind,
    /// The form of the feed-forward layers.
    pub feed_forward: FeedForwardKind,
    /// Turned queries and keys tell the places; if it is not given, learned vectors do.
    pub rope_parameters: Option<RopeParameters>,
}

impl Default for CausalLanguageModelConfig {
    /// GPT-2, 124 M parameters.
    fn default() -> Self {
        Self {
            model_type: Self::MODEL_TYPE.into(),
            vocab_size: 50_257,
            n_positions: 1024,
            n_embd: 768,
            n_layer: 12,
            n_head: 12,
            n_inner: None,
            activation_function: Activation::GeluTanh,
            resid_pdrop: 0.1,
            embd_pdrop: 0.1,
            attn_pdrop: 0.1,
            layer_norm_epsilon: 1e-5,
            initializer_range: 0.02,
            tie_word_embeddings: true,
            bias: true,
            num_key_value_heads: None,
            norm: NormKind::LayerNorm,
            feed_forward: FeedForwardKind::Plain,
            rope_parameters: None,
        }
    }
}

/// A configuration that no language model can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LanguageModelConfigError {
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
    #[error("there is no preset {name:?}: choose one of {}", CausalLanguageModelConfig::PRESETS.join(", "))]
    UnknownPreset {
        /// The name asked for.
        name: String,
    },
}

impl CausalLanguageModelConfig {
    /// What `model_type` says.
    pub const MODEL_TYPE: &'static str = "jumok-causal-lm";
    /// The names that [`CausalLanguageModelConfig::preset`] knows.
    pub const PRESETS: [&'static str; 4] = ["tiny", "nanogpt", "gpt2", "llama"];

    /// The preset of that name.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn preset(name: &str) -> Result<Self, LanguageModelConfigError> {
        match name {
            "tiny" => Ok(Self::tiny()),
            "nanogpt" => Ok(Self::nanogpt()),
            "gpt2" => Ok(Self::default()),
            "llama" => Ok(Self::llama()),
            _ => Err(LanguageModelConfigError::UnknownPreset { name: name.into() }),
        }
    }

    /// 2 layers, 64 wide, 4 heads, 32 tokens: learns small things in seconds.
    pub fn tiny() -> Self {
        Self { n_positions: 32, n_embd: 64, n_layer: 2, n_head: 4, ..Self::nanogpt() }
    }

    /// nanoGPT's settings for a CPU: 4 layers, 128 wide, 4 heads, 64 characters, no biases, no dropout.
    pub fn nanogpt() -> Self {
        Self {
            vocab_size: 65,
            n_positions: 64,
            n_embd: 128,
            n_layer: 4,
            n_head: 4,
            activation_function: Activation::Gelu,
            resid_pdrop: 0.0,
            embd_pdrop: 0.0,
            attn_pdrop: 0.0,
            bias: false,
            ..Self::default()
        }
    }

    /// A small model of LLaMA's form: 8 layers, 512 wide, 8 heads on 4 of keys and values, RMS norms, SwiGLU, rotary positions.
    pub fn llama() -> Self {
        Self {
            vocab_size: 32_000,
            n_embd: 512,
            n_layer: 8,
            n_head: 8,
            n_inner: Some(1376),
            activation_function: Activation::Silu,
            resid_pdrop: 0.0,
            embd_pdrop: 0.0,
            attn_pdrop: 0.0,
            tie_word_embeddings: false,
            bias: false,
            num_key_value_heads: Some(4),
            norm: NormKind::RmsNorm,
            feed_forward: FeedForwardKind::Gated,
            rope_parameters: Some(RopeParameters::default()),
            ..Self::default()
        }
    }

    /// F, the width inside the feed-forward layers.
    pub fn inner_size(&self) -> usize {
        self.n_inner.unwrap_or(self.n_embd.saturating_mul(4))
    }

    /// H_kv, the number of heads of keys and values.
    pub fn kv_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.n_head)
    }

    /// The same probability of dropout everywhere.
    pub fn with_dropout(self, probability: f64) -> Self {
        Self { resid_pdrop: probability, embd_pdrop: probability, attn_pdrop: probability, ..self }
    }

    /// The parameters of a model of this configuration, which was checked; nothing is allocated for the answer.
    ///
    /// With d_k = D/H, a block has (D + 2·H_kv·d_k)·D numbers for queries, keys and values, D² for their output, two or with gates three
    /// matrices of D·F, and two norms.
    pub fn parameters(&self) -> u128 {
        let wide = |size: usize| size as u128;
        let (v, d, f) = (wide(self.vocab_size), wide(self.n_embd), wide(self.inner_size()));
        let keys = wide(self.kv_heads()) * wide(self.n_embd / self.n_head);
        let bias = u128::from(self.bias);
        let layer = |inputs: u128, outputs: u128| (inputs + bias) * outputs;
        let attention = layer(d, d + 2 * keys) + layer(d, d);
        let feed_forward = match self.feed_forward {
            FeedForwardKind::Plain => layer(d, f) + layer(f, d),
            FeedForwardKind::Gated => 2 * layer(d, f) + layer(f, d),
        };
        let norm = layer(1, d);
        let positions = if self.rope_parameters.is_some() { 0 } else { wide(self.n_positions) * d };
        let head = if self.tie_word_embeddings { 0 } else { v * d };
        v * d + positions + wide(self.n_layer) * (attention + feed_forward + 2 * norm) + norm + head
    }

    /// Checks the rules between the fields.
    ///
    /// # Errors
    /// The first field that breaks one, with the rule in words and what would do.
    pub fn validate(&self) -> Result<(), LanguageModelConfigError> {
        let broken = |field, value: &dyn fmt::Display, rule: String| {
            Err(LanguageModelConfigError::Field { field, value: value.to_string(), rule })
        };
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("n_positions", self.n_positions),
            ("n_embd", self.n_embd),
            ("n_layer", self.n_layer),
            ("n_head", self.n_head),
            ("n_inner", self.inner_size()),
            ("num_key_value_heads", self.kv_heads()),
        ];
        for (field, value) in sizes {
            if !(1..=MAX_SIZE).contains(&value) {
                return broken(field, &value, format!("it must be from 1 to {MAX_SIZE}"));
            }
        }
        let divisors = |n: usize| {
            let some: Vec<String> = (1..=n).filter(|d| n.is_multiple_of(*d)).take(8).map(|d| d.to_string()).collect();
            some.join(", ")
        };
        let (width, heads, kv_heads) = (self.n_embd, self.n_head, self.kv_heads());
        if !width.is_multiple_of(heads) {
            let rule = format!("it must divide n_embd = {width}, for instance {}", divisors(width));
            return broken("n_head", &heads, rule);
        }
        if !heads.is_multiple_of(kv_heads) {
            let rule = format!("it must divide n_head = {heads}, for instance {}", divisors(heads));
            return broken("num_key_value_heads", &kv_heads, rule);
        }
        if self.rope_parameters.is_some() && !(width / heads).is_multiple_of(2) {
            let rule =
                format!("rotary positions turn pairs, but a head would be {} wide: need an even width", width / heads);
            return broken("n_head", &heads, rule);
        }
        if self.norm == NormKind::RmsNorm && self.bias {
            return broken("bias", &self.bias, "an RMS norm has none: say false".into());
        }
        let probabilities =
            [("resid_pdrop", self.resid_pdrop), ("embd_pdrop", self.embd_pdrop), ("attn_pdrop", self.attn_pdrop)];
        for (field, value) in probabilities {
            if !(0.0..1.0).contains(&value) {
                return broken(field, &value, "a dropout probability is at least 0 and below 1".into());
            }
        }
        let positive = [("layer_norm_epsilon", self.layer_norm_epsilon), ("initializer_range", self.initializer_range)];
        let rope = self.rope_parameters.iter().flat_map(RopeParameters::positive);
        for (field, value) in positive.into_iter().chain(rope) {
            if !(value > 0.0 && value.is_finite()) {
                return broken(field, &value, "it must be a positive number".into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causal::CausalLanguageModel;
    use jumok_nn::Module;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn presets_are_valid_and_go_through_json() {
        for name in CausalLanguageModelConfig::PRESETS {
            let config = CausalLanguageModelConfig::preset(name).unwrap();
            config.validate().unwrap();
            let json = serde_json::to_string(&config).unwrap();
            assert_eq!(serde_json::from_str::<CausalLanguageModelConfig>(&json).unwrap(), config);
        }
        let error = CausalLanguageModelConfig::preset("gpt3").unwrap_err().to_string();
        assert_eq!(error, "there is no preset \"gpt3\": choose one of tiny, nanogpt, gpt2, llama");
    }

    #[test]
    fn gpt2s_own_file_gives_gpt2s_sizes() {
        let text = r#"{"activation_function": "gelu_new", "architectures": ["GPT2LMHeadModel"], "attn_pdrop": 0.1,
            "bos_token_id": 50256, "embd_pdrop": 0.1, "initializer_range": 0.02, "layer_norm_epsilon": 1e-05, "n_ctx": 1024,
            "n_embd": 768, "n_head": 12, "n_layer": 12, "n_positions": 1024, "resid_pdrop": 0.1, "vocab_size": 50257}"#;
        let config: CausalLanguageModelConfig = serde_json::from_str(text).unwrap();
        assert_eq!(config, CausalLanguageModelConfig::default());
    }

    #[test]
    fn the_count_is_that_of_the_weights() {
        let sizes =
            |config| CausalLanguageModelConfig { vocab_size: 9, n_positions: 5, n_embd: 16, n_layer: 2, ..config };
        for config in [
            sizes(CausalLanguageModelConfig::tiny()),
            sizes(CausalLanguageModelConfig::nanogpt()),
            CausalLanguageModelConfig { n_inner: Some(7), ..sizes(CausalLanguageModelConfig::llama()) },
        ] {
            let model = CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
            assert_eq!(model.parameter_count() as u128, config.parameters(), "{config:?}");
        }
    }

    #[test]
    fn a_rule_is_told_in_words() {
        let nanogpt = CausalLanguageModelConfig::nanogpt;
        let error = CausalLanguageModelConfig { n_head: 3, ..nanogpt() }.validate().unwrap_err().to_string();
        assert_eq!(
            error,
            "n_head = 3 cannot be: it must divide n_embd = 128, for instance 1, 2, 4, 8, 16, 32, 64, 128"
        );
        let error =
            CausalLanguageModelConfig { num_key_value_heads: Some(3), ..nanogpt() }.validate().unwrap_err().to_string();
        assert!(error.contains("it must divide n_head = 4, for instance 1, 2, 4"), "{error}");
        let backwards = RopeParameters { rope_theta: -1.0, ..RopeParameters::default() };
        for config in [
            CausalLanguageModelConfig { n_layer: 0, ..nanogpt() },
            CausalLanguageModelConfig { n_inner: Some(0), ..nanogpt() },
            CausalLanguageModelConfig { n_embd: 12, n_head: 4, ..CausalLanguageModelConfig::llama() },
            CausalLanguageModelConfig { bias: true, ..CausalLanguageModelConfig::llama() },
            CausalLanguageModelConfig { layer_norm_epsilon: 0.0, ..nanogpt() },
            nanogpt().with_dropout(1.0),
            CausalLanguageModelConfig { n_embd: usize::MAX, ..nanogpt() },
            CausalLanguageModelConfig { rope_parameters: Some(backwards), ..nanogpt() },
        ] {
            config.validate().unwrap_err();
        }
    }
}
