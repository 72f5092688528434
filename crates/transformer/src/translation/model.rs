//! From source and target tokens to a score for every next token.
//!
//! 1. Tokens become vectors, E·√D, and get the waves of their positions added.
//! 2. The encoder turns S source tokens into S vectors that know of each other: the memory.
//! 3. The decoder reads the target so far and looks at the memory; position t may not see what it is asked for.
//! 4. Its result times the embeddings of all target tokens gives the logits.
//!
//! In training all T positions are computed at once, since the right tokens before each are known (teacher forcing).

use jumok_attention::Mask;
use jumok_nn::translation::{Seq2SeqBatch, Seq2SeqLoss};
use jumok_nn::{Ctx, Dropout, Embedding, Init, Linear, Module, parameters, show};
use jumok_tensor::{CrossEntropy, IntTensor, Tensor};
use rand::Rng;

use super::{TransformerConfig, TransformerConfigError};
use crate::positions::{SinusoidLayout, sinusoidal};
use crate::{Decoder, Encoder, EncoderDecoder};

/// Positions that are computed when a model is made; later ones are computed when they are needed.
const POSITIONS: usize = 256;

/// A Transformer with embeddings and output layer.
#[derive(Debug, Clone)]
pub struct TransformerForTranslation {
    /// Sizes and choices.
    pub config: TransformerConfig,
    /// One vector a source token, `[vocab_size, D]`; with shared embeddings one a token.
    pub src_embed: Embedding,
    /// One vector a target token, `[V, D]`; `None` with shared embeddings.
    pub tgt_embed: Option<Embedding>,
    /// Encoder and decoder.
    pub transformer: EncoderDecoder,
    /// The output layer, `[V, D]`; `None` if it is the table of the target's embeddings.
    pub generator: Option<Linear>,
    /// The waves of the first positions, `[POSITIONS, D]`.
    positions: Tensor,
}

impl Module for TransformerForTranslation {
    parameters!(src_embed, tgt_embed, "" => transformer, generator);
}

/// Source sentences as the decoder sees them.
#[derive(Debug, Clone)]
pub struct Memory {
    /// What the encoder made of each token, `[B, S, D]`.
    pub states: Tensor,
    /// Which of them are no padding.
    pub mask: Mask,
}

impl TransformerForTranslation {
    /// A fresh model: embeddings from N(0, 1/D), so that √D times them is of the size of the positions, and matrices drawn after
    /// Glorot and Bengio 2010, as `torch.nn.Transformer` does; biases 0.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &TransformerConfig, rng: &mut impl Rng) -> Result<Self, TransformerConfigError> {
        config.validate()?;
        let &TransformerConfig { d_model, normalize_before, .. } = config;
        let table = |rows, rng: &mut _| {
            let init = Init::Normal { mean: 0.0, std: (d_model as f64).powf(-0.5) };
            Embedding::with_init(rows, d_model, None, init, rng)
        };
        let src_embed = table(config.vocab_size, rng);
        let tgt_embed = (!config.share_encoder_decoder_embeddings).then(|| table(config.target_vocab_size(), rng));
        let mut transformer = EncoderDecoder {
            encoder: Encoder::new(&config.encoder_layer(), config.encoder_layers, normalize_before, rng),
            decoder: Decoder::new(&config.decoder_layer(), config.decoder_layers, normalize_before, rng),
        };
        transformer.for_each_parameter_mut(&mut |name, parameter| {
            if parameter.rank() == 2 {
                *parameter = Init::XavierUniform { gain: 1.0 }.parameter(parameter.shape(), rng);
            } else if name.ends_with("bias") {
                *parameter = Init::Zeros.parameter(parameter.shape(), rng);
            }
        });
        let head = Init::XavierUniform { gain: 1.0 };
        let generator = (!config.tie_word_embeddings)
            .then(|| Linear::with_init(d_model, config.target_vocab_size(), true, head, rng));
        let positions = sinusoidal(POSITIONS, d_model, SinusoidLayout::Interleaved);
        Ok(Self { config: config.clone(), src_embed, tgt_embed, transformer, generator, positions })
    }

    fn target_table(&self) -> &Embedding {
        self.tgt_embed.as_ref().unwrap_or(&self.src_embed)
    }

    // ANCHOR: embed
    /// Vectors of tokens `[B, T]` that stand at positions `start`, `start` + 1, …: `[B, T, D]`.
    #[track_caller]
    fn embed(&self, table: &Embedding, ids: &IntTensor, start: usize, ctx: &mut Ctx) -> Tensor {
        let [_, time] = ids.dims();
        let mut x = table.forward(ids); //                                        [B, T, D]
        if self.config.scale_embedding {
            x = x * (self.config.d_model as f64).sqrt();
        }
        let end = start + time;
        let positions = match end <= POSITIONS {
            true => self.positions.narrow(0, start, time),
            false => sinusoidal(end, self.config.d_model, SinusoidLayout::Interleaved).narrow(0, start, time),
        }; //                                                                     [T, D]
        Dropout::new(self.config.dropout).forward(&(x + positions), ctx)
    }
    // ANCHOR_END: embed

    // ANCHOR: translation
    /// Reads source tokens `[B, S]`, of which the first `lengths` are no padding.
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    #[track_caller]
    pub fn encode(&self, source: &IntTensor, lengths: &[usize], ctx: &mut Ctx) -> Memory {
        let [_, longest] = source.dims();
        let mask = Mask::from_lengths(lengths, longest);
        let x = ctx.at("encoder", |ctx| self.embed(&self.src_embed, source, 0, ctx)); // [B, S, D]
        let states = ctx.at("encoder", |ctx| self.transformer.encoder.forward(&x, &mask, ctx));
        Memory { states, mask }
    }

    /// For every position of target tokens `[B, T]` a score for each token that may come next: logits `[B, T, V]`.
    ///
    /// Padding stands behind the target, where no token before it looks: the causal mask hides it along with the future.
    ///
    /// # Panics
    /// If a token is not in the vocabulary, or there are not as many sentences as in the memory.
    #[track_caller]
    pub fn decode(&self, target: &IntTensor, memory: &Memory, ctx: &mut Ctx) -> Tensor {
        let x = self.embed(self.target_table(), target, 0, ctx); //               [B, T, D]
        let decoder = &self.transformer.decoder;
        let x = ctx.at("decoder", |ctx| decoder.forward(&x, &memory.states, &Mask::causal(), &memory.mask, ctx));
        self.logits(&x, ctx) //                                                   [B, T, V]
    }

    /// x `[.., D]` to logits `[.., V]`.
    #[track_caller]
    pub(super) fn logits(&self, x: &Tensor, ctx: &mut Ctx) -> Tensor {
        let logits = match &self.generator {
            Some(generator) => generator.forward(x),
            None => x.linear(&self.target_table().weight, None),
        };
        if logits.rank() == 3 {
            show!(ctx, "logits", ["batch", "target", "word"], &logits);
        }
        logits
    }
    // ANCHOR_END: translation

    /// The vectors of one more target token each, `[B, 1]` at position `start`: `[B, 1, D]`.
    #[track_caller]
    pub(super) fn embed_target(&self, ids: &IntTensor, start: usize, ctx: &mut Ctx) -> Tensor {
        self.embed(self.target_table(), ids, start, ctx)
    }

    /// The logits of all steps when the decoder is fed the target tokens of the batch: `[B, T, V]`.
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    #[track_caller]
    pub fn forward(&self, batch: &Seq2SeqBatch, ctx: &mut Ctx) -> Tensor {
        let memory = self.encode(&batch.source, &batch.source_lengths, ctx);
        self.decode(&batch.decoder_input(), &memory, ctx)
    }

    /// The loss over the batch's target tokens, padding left out: −(1 − ε)·log p(token) − ε·(mean of −log p over all tokens), with
    /// ε = `label_smoothing` (section 5.4 of the paper). With 0 it is −log p.
    ///
    /// # Panics
    /// As [`TransformerForTranslation::forward`].
    #[track_caller]
    pub fn loss(&self, batch: &Seq2SeqBatch, label_smoothing: f64, ctx: &mut Ctx) -> Seq2SeqLoss {
        let logits = self.forward(batch, ctx); //                                 [B, T, V]
        Seq2SeqLoss::new(&logits, &batch.labels(), &CrossEntropy { label_smoothing, ..batch.cross_entropy() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn model(config: &TransformerConfig) -> TransformerForTranslation {
        TransformerForTranslation::new(config, &mut ChaCha8Rng::seed_from_u64(5)).unwrap()
    }

    #[test]
    fn the_base_model_has_the_size_of_the_papers() {
        assert_eq!(model(&TransformerConfig::base()).parameter_count(), 63_082_496);
    }

    #[test]
    fn the_small_model_has_five_million_parameters() {
        let parameters = model(&TransformerConfig::small()).parameter_count();
        assert!((4_900_000..5_100_000).contains(&parameters), "{parameters}");
    }

    #[test]
    fn tables_are_shared_or_apart_as_the_configuration_says() {
        let names = |config: TransformerConfig| {
            let model = model(&config);
            let names: Vec<String> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
            names.into_iter().filter(|name| !name.contains("layers")).collect::<Vec<_>>()
        };
        let shared = TransformerConfig { vocab_size: 9, ..TransformerConfig::tiny() };
        assert_eq!(names(shared.clone())[..2], ["src_embed.weight", "encoder.norm.weight"]);
        let apart = TransformerConfig {
            share_encoder_decoder_embeddings: false,
            decoder_vocab_size: Some(7),
            tie_word_embeddings: false,
            normalize_before: false,
            ..shared
        };
        assert_eq!(names(apart), ["src_embed.weight", "tgt_embed.weight", "generator.weight", "generator.bias"]);
    }

    #[test]
    fn a_fresh_model_knows_nothing_and_says_so() {
        let config = TransformerConfig { vocab_size: 50, ..TransformerConfig::tiny() };
        let batch = Seq2SeqBatch::new(&[vec![7, 8, 9, 4]], &[vec![5, 6, 7, 8, 9]], &config);
        let loss = model(&config).loss(&batch, 0.0, &mut Ctx::eval());
        // All 50 about equally likely, but for what the tied table says of the token just read.
        assert!((2.5..7.0).contains(&loss.loss.item()), "{}", loss.loss.item());
        assert_eq!(loss.tokens, 6);
    }

    #[test]
    fn positions_beyond_the_table_go_on_as_within() {
        let model = model(&TransformerConfig { vocab_size: 9, ..TransformerConfig::tiny() });
        let ids = IntTensor::from_vec(vec![5; 300], &[1, 300]);
        let all = model.embed_target(&ids, 0, &mut Ctx::eval());
        let one = model.embed_target(&IntTensor::from_vec(vec![5], &[1, 1]), 100, &mut Ctx::eval());
        assert_eq!(one.to_vec(), all.narrow(1, 100, 1).to_vec());
        let late = model.embed_target(&IntTensor::from_vec(vec![5], &[1, 1]), 299, &mut Ctx::eval());
        assert_eq!(late.to_vec(), all.narrow(1, 299, 1).to_vec());
    }
}
