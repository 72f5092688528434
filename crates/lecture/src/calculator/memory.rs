//! Memory: weights, the cache of a decoder, and what training keeps.

use super::Architecture;

/// How a number is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberFormat {
    /// 4 bytes.
    F32,
    /// 2 bytes.
    F16,
    /// 2 bytes with the range of f32.
    Bf16,
    /// 1 byte.
    Int8,
    /// Half a byte.
    Int4,
}

impl NumberFormat {
    /// All, widest first.
    pub const ALL: [NumberFormat; 5] =
        [NumberFormat::F32, NumberFormat::F16, NumberFormat::Bf16, NumberFormat::Int8, NumberFormat::Int4];

    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            NumberFormat::F32 => "f32",
            NumberFormat::F16 => "f16",
            NumberFormat::Bf16 => "bf16",
            NumberFormat::Int8 => "int8",
            NumberFormat::Int4 => "int4",
        }
    }

    /// The bytes of so many numbers. Scales that belong to blocks of integers are left out; they are a few percent.
    pub fn bytes(self, numbers: usize) -> f64 {
        let bits = match self {
            NumberFormat::F32 => 32.0,
            NumberFormat::F16 | NumberFormat::Bf16 => 16.0,
            NumberFormat::Int8 => 8.0,
            NumberFormat::Int4 => 4.0,
        };
        bits / 8.0 * numbers as f64
    }

    /// In what keys, values and activations are kept beside weights of this format: integers are for weights alone.
    pub fn for_activations(self) -> NumberFormat {
        match self {
            NumberFormat::Int8 | NumberFormat::Int4 => NumberFormat::F16,
            other => other,
        }
    }
}

impl Architecture {
    /// Numbers in the cache for texts of `context` tokens: a key and a value of every key/value head in every decoder layer,
    /// and with an encoder those of the source (as long) too. 0 without a decoder.
    pub fn kv_cache_values(&self, context: usize, batch: usize) -> usize {
        let caches = if self.is_encoder_decoder() { 2 } else { 1 };
        2 * caches * self.decoder_layers * self.num_key_value_heads * self.head_dim * context * batch
    }
}

/// The bytes that a training step keeps, with AdamW.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingMemory {
    /// The weights: in f32, or in 16 bits with a copy in f32 that the optimiser changes.
    pub weights: f64,
    /// The gradients, in the format of the products.
    pub gradients: f64,
    /// AdamW's two moments, in f32.
    pub optimizer: f64,
    /// What the backward pass needs of the forward one, roughly.
    pub activations: f64,
}

impl TrainingMemory {
    /// What a step on `batch` texts of `context` tokens keeps, in f32 throughout or with products in 16 bits.
    ///
    /// Weights, gradients and moments take 16 bytes a parameter either way. Activations follow Korthikanti et al. 2022
    /// (arXiv 2205.05198, section 4.1): s·b·h·(34 + 5·a·s/h) bytes a layer in 16 bits for a feed-forward layer four times as
    /// wide as the model, here with its real width; nothing is recomputed, and the scores are kept.
    pub fn new(model: &Architecture, context: usize, batch: usize, mixed_precision: bool) -> TrainingMemory {
        let parameters = model.parameters() as f64;
        let tokens = (context * batch) as f64;
        let &Architecture { hidden_size, intermediate_size, num_attention_heads, .. } = model;
        // In bytes a token, at two bytes a number: attention 11·h, its scores 5·a·s, two norms 4·h, feed-forward the rest.
        let attention = 11.0 * hidden_size as f64 + 5.0 * (num_attention_heads * context) as f64;
        let inner = if model.gated { 8.0 } else { 4.0 };
        let rest = 7.0 * hidden_size as f64 + inner * intermediate_size as f64;
        let cross = if model.is_encoder_decoder() { attention } else { 0.0 };
        let layers =
            model.encoder_layers as f64 * (attention + rest) + model.decoder_layers as f64 * (attention + cross + rest);
        let width = if mixed_precision { 1.0 } else { 2.0 };
        TrainingMemory {
            weights: if mixed_precision { 6.0 } else { 4.0 } * parameters,
            gradients: if mixed_precision { 2.0 } else { 4.0 } * parameters,
            optimizer: 8.0 * parameters,
            activations: width * tokens * layers,
        }
    }

    /// All of it.
    pub fn total(&self) -> f64 {
        self.weights + self.gradients + self.optimizer + self.activations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preset(name: &str) -> Architecture {
        Architecture::preset(name).unwrap()
    }

    #[test]
    fn llama_7b_takes_13_and_a_half_gigabytes() {
        let gigabytes = NumberFormat::F16.bytes(preset("llama-7b").parameters()) / 1e9;
        assert!((gigabytes - 13.5).abs() < 0.05, "{gigabytes}");
        let sizes = NumberFormat::ALL.map(|format| format.bytes(8));
        assert_eq!(sizes, [32.0, 16.0, 16.0, 8.0, 4.0]);
    }

    #[test]
    fn the_cache_of_llama_31_at_128k_is_16_gib() {
        let cache = |name: &str| NumberFormat::F16.bytes(preset(name).kv_cache_values(128 * 1024, 1));
        assert_eq!(cache("llama-3.1-8b") / 1024f64.powi(3), 16.0);
        // Without grouped queries it would be four times as much.
        let ungrouped = Architecture { num_key_value_heads: 32, ..preset("llama-3.1-8b") };
        assert_eq!(ungrouped.kv_cache_values(100, 3), 4 * preset("llama-3.1-8b").kv_cache_values(100, 3));
        assert_eq!(cache("bert-base"), 0.0);
        assert_eq!(preset("t5-small").kv_cache_values(10, 2), 2 * 2 * 6 * 512 * 10 * 2);
    }

    #[test]
    fn training_takes_16_bytes_a_parameter_and_the_activations() {
        let gpt3 = preset("gpt3-175b");
        for mixed in [false, true] {
            let memory = TrainingMemory::new(&gpt3, 2048, 1, mixed);
            let fixed = memory.weights + memory.gradients + memory.optimizer;
            assert_eq!(fixed, 16.0 * gpt3.parameters() as f64);
            assert_eq!(memory.total(), fixed + memory.activations);
        }
        // The formula of the paper for GPT-3: s·b·h·L·(34 + 5·a·s/h).
        let (s, h, a) = (2048.0, 12288.0, 96.0);
        let paper = s * h * 96.0 * (34.0 + 5.0 * a * s / h);
        assert!((TrainingMemory::new(&gpt3, 2048, 1, true).activations / paper - 1.0).abs() < 1e-12);
    }
}
