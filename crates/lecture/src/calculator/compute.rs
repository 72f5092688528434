//! Operations: a multiply-add is two of them, and only products are counted.

use super::{Architecture, Part};

/// Operations of a model over texts of a given length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compute {
    /// Tokens of a text; with an encoder and a decoder, of the source and of the target each.
    pub context: usize,
    /// Tokens that pass the model: `context`, or twice as many with an encoder and a decoder.
    pub tokens: usize,
    /// Forward operations a text, products with parameters.
    pub products: f64,
    /// Forward operations a text, products between tokens: scores and weighted values.
    pub attention: f64,
    /// Parameters of the model.
    pub parameters: usize,
}

impl Architecture {
    // ANCHOR: compute
    /// The operations over texts of `context` tokens.
    ///
    /// A decoder's token looks at itself and those before, (context + 1) / 2 on the mean; programs that compute the masked
    /// half of the scores as well do more than is counted here.
    pub fn compute(&self, context: usize) -> Compute {
        let n = context as f64;
        let passes = |part: Part| if part == Part::Pooled { 1.0 } else { n };
        let products: f64 =
            self.components().iter().map(|one| passes(one.part) * (one.layers * one.multiply_adds) as f64).sum();
        // A score and a share of a value for each pair of tokens, over the width of all heads.
        let per_pair = (2 * self.num_attention_heads * self.head_dim) as f64;
        let (all, before) = (n * n, n * (n + 1.0) / 2.0);
        let cross = if self.is_encoder_decoder() { all } else { 0.0 };
        let pairs = self.encoder_layers as f64 * all + self.decoder_layers as f64 * (before + cross);
        Compute {
            context,
            tokens: if self.is_encoder_decoder() { 2 * context } else { context },
            products: 2.0 * products,
            attention: 2.0 * per_pair * pairs,
            parameters: self.parameters(),
        }
    }
    // ANCHOR_END: compute

    /// Forward operations of one more token behind `context` tokens, with their keys and values cached.
    ///
    /// `None` without a decoder: an encoder writes nothing.
    pub fn decoding_operations(&self, context: usize) -> Option<f64> {
        if self.decoder_layers == 0 {
            return None;
        }
        let mut products = 0;
        for one in self.components().iter().filter(|one| one.part == Part::Decoder) {
            // The keys and values of the source are computed once, not at every step: only W_Q and W_O are left.
            let cached = if one.name == "cross-attention" {
                2 * self.hidden_size * self.num_key_value_heads * self.head_dim
            } else {
                0
            };
            products += one.layers * (one.multiply_adds - cached);
        }
        let looks = if self.is_encoder_decoder() { 2 * context + 1 } else { context + 1 };
        let attention = self.decoder_layers * 2 * self.num_attention_heads * self.head_dim * looks;
        Some(2.0 * (products as f64 + attention as f64))
    }
}

impl Compute {
    /// Forward operations a text.
    pub fn forward(&self) -> f64 {
        self.products + self.attention
    }

    /// Forward operations a token.
    pub fn forward_per_token(&self) -> f64 {
        self.forward() / self.tokens as f64
    }

    /// Operations of a training run over `tokens` tokens: forward, and backward with two products for each forward one.
    pub fn training(&self, tokens: f64) -> f64 {
        3.0 * self.forward_per_token() * tokens
    }

    /// The usual estimate 6·N·D (Kaplan et al. 2020): six operations for each parameter and token.
    pub fn six_n_d(&self, tokens: f64) -> f64 {
        6.0 * self.parameters as f64 * tokens
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, share: f64) {
        assert!((a / b - 1.0).abs() < share, "{a} {b}");
    }

    #[test]
    fn gpt3_took_3e23_operations() {
        let compute = Architecture::preset("gpt3-175b").unwrap().compute(2048);
        // Brown et al. 2020, table D.1: 3.14e23 for 300 billion tokens, by 6·N·D.
        close(compute.six_n_d(300e9), 3.14e23, 0.005);
        close(compute.training(300e9), 3.14e23, 0.03);
        assert!(compute.training(1.0) > compute.six_n_d(1.0), "attention comes on top");
    }

    #[test]
    fn attention_grows_with_the_square_of_the_text() {
        let bert = Architecture::preset("bert-base").unwrap();
        let [short, long] = [128, 512].map(|context| bert.compute(context));
        close(long.attention / short.attention, 16.0, 1e-9);
        close(long.products / short.products, 4.0, 1e-2); // the pooler passes once a text
        // 12 layers · 2 products · 2 operations · n² · 768
        assert_eq!(short.attention, 12.0 * 4.0 * 128.0 * 128.0 * 768.0);
    }

    /// One step behind n tokens is what a text of n + 1 tokens takes more than one of n.
    #[test]
    fn a_decoding_step_is_the_difference_of_two_texts() {
        for name in ["gpt2", "llama-3.1-8b"] {
            let model = Architecture::preset(name).unwrap();
            for n in [1, 7, 1000] {
                let more = model.compute(n + 1).forward() - model.compute(n).forward();
                close(model.decoding_operations(n).unwrap(), more, 1e-9);
            }
        }
        assert_eq!(Architecture::preset("bert-base").unwrap().decoding_operations(5), None);
    }

    /// With an encoder the new token asks n + 1 of its own and n of the source.
    #[test]
    fn a_step_of_an_encoder_decoder_does_not_read_the_source_again() {
        let t5 = Architecture::preset("t5-small").unwrap();
        let products = 6 * (4 * 512 * 512 + 2 * 512 * 512 + 2 * 512 * 2048) + 32_128 * 512;
        let attention = 6 * 2 * 512 * (11 + 10);
        assert_eq!(t5.decoding_operations(10).unwrap(), 2.0 * (products + attention) as f64);
        assert_eq!(t5.compute(10).tokens, 20);
    }
}
