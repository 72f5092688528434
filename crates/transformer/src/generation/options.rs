//! How a text goes on.

use super::logits;
use jumok_nn::Ctx;
use rand::Rng;

/// Drawing the next token instead of taking the likeliest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// T: logits are divided by it; 1 leaves them.
    pub temperature: f64,
    /// Draw among the k likeliest only.
    pub top_k: Option<usize>,
    /// Draw among the likeliest that together have this probability only.
    pub top_p: Option<f64>,
    /// The draws follow from it: the same seed, the same text.
    pub seed: u64,
}

impl Sampling {
    /// From the model's own distribution.
    pub fn seeded(seed: u64) -> Self {
        Self { temperature: 1.0, top_k: None, top_p: None, seed }
    }
}

/// How a text is written; the names are those of Hugging Face's `generate`.
#[derive(Debug, Clone, PartialEq)]
pub struct GenerationOptions {
    /// Tokens to write at most.
    pub max_new_tokens: usize,
    /// How a token is drawn; `None` takes the likeliest (greedy).
    pub sampling: Option<Sampling>,
    /// By how much tokens that the text already has are made rarer; 1 leaves them.
    pub repetition_penalty: f64,
    /// Tokens behind which the text ends.
    pub eos_token_ids: Vec<i64>,
    /// Whether keys and values are kept, or computed again at every step. The text is the same.
    pub use_cache: bool,
}

impl Default for GenerationOptions {
    /// 64 tokens, greedy, with a cache.
    fn default() -> Self {
        Self { max_new_tokens: 64, sampling: None, repetition_penalty: 1.0, eos_token_ids: vec![], use_cache: true }
    }
}

/// A text that cannot be continued as asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GenerationError {
    /// Nothing to go on from.
    #[error("there is no token to go on from: give at least one")]
    EmptyPrompt,
    /// A token that the model does not have.
    #[error("token {token} is not one of the model's {vocab_size}: use the vocabulary that the model was trained with")]
    UnknownToken {
        /// The token.
        token: i64,
        /// How many there are.
        vocab_size: usize,
    },
    /// An option that makes no sense.
    #[error("{option} = {value} is not possible: {rule}")]
    Option {
        /// Its name.
        option: &'static str,
        /// Its value.
        value: String,
        /// What would do.
        rule: &'static str,
    },
}

impl GenerationOptions {
    /// Checks every option.
    ///
    /// # Errors
    /// The first that makes no sense, with what would do.
    pub fn validate(&self) -> Result<(), GenerationError> {
        let broken = |option, value: String, rule| Err(GenerationError::Option { option, value, rule });
        let positive = |x: f64| x > 0.0 && x.is_finite();
        if !positive(self.repetition_penalty) {
            let rule = "it must be a positive number; 1 changes nothing, 1.2 is much";
            return broken("repetition_penalty", self.repetition_penalty.to_string(), rule);
        }
        let Some(Sampling { temperature, top_k, top_p, .. }) = self.sampling else { return Ok(()) };
        if !positive(temperature) {
            let rule = "it must be a positive number; without sampling the likeliest token is taken";
            return broken("temperature", temperature.to_string(), rule);
        }
        if top_k == Some(0) {
            return broken("top_k", "0".into(), "at least one token must remain: leave it out to draw among all");
        }
        if let Some(p) = top_p.filter(|&p| !(p > 0.0 && p <= 1.0)) {
            return broken("top_p", p.to_string(), "a probability is above 0 and at most 1");
        }
        Ok(())
    }

    /// The token that follows `text`, whose next logits are given; `step` tokens were chosen before.
    pub(super) fn choose(&self, logits: &mut [f64], text: &[i64], step: u64) -> i64 {
        if self.repetition_penalty != 1.0 {
            logits::repetition_penalty(logits, text, self.repetition_penalty);
        }
        let Some(Sampling { temperature, top_k, top_p, seed }) = self.sampling else {
            return logits::argmax(logits) as i64;
        };
        logits::temperature(logits, temperature);
        if let Some(k) = top_k {
            logits::top_k(logits, k);
        }
        if let Some(p) = top_p {
            logits::top_p(logits, p);
        }
        // 53 bits, as many as an f64 between 0 and 1 can tell apart. The key is (seed, step): no draw depends on another.
        let bits = Ctx::seeded(seed, step, 0, false).rng().next_u64() >> 11;
        logits::pick(logits, bits as f64 / (1u64 << 53) as f64) as i64
    }
}
