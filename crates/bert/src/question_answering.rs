//! Where the answer begins and ends (Devlin et al. 2019, section 4.2; lecture, slide S33).

use jumok_nn::{Ctx, Dropout, Linear, Module, parameters, show};
use jumok_tensor::{CrossEntropy, IntTensor, Tensor};
use rand::Rng;

use crate::text_encoder::fresh;
use crate::{BertInputs, ConfigError, EncoderSettings, HeadedModel, TextEncoder};

/// Two numbers for every token, W·h_t + b: how well the answer begins here, and how well it ends here.
#[derive(Debug, Clone)]
pub struct ForQuestionAnswering<E: TextEncoder> {
    /// The encoder, without a pooler.
    pub encoder: E,
    /// W and b: `[2, D]`; row 0 is for the beginning, row 1 for the end.
    pub qa_outputs: Linear,
    /// The probability with which a feature of a token is dropped in training (DistilBERT's `qa_dropout`, else 0).
    pub dropout: f64,
}

impl<E: TextEncoder> Module for ForQuestionAnswering<E> {
    parameters!([E::PREFIX] => encoder, qa_outputs);
}

impl<E: TextEncoder> HeadedModel for ForQuestionAnswering<E> {
    type Encoder = E;
    const HEAD: &'static str = "ForQuestionAnswering";

    fn build(config: &E::Config, rng: &mut impl Rng) -> Self {
        let sizes = config.sizes();
        let encoder = E::build(config, false, rng);
        Self { encoder, qa_outputs: Linear::new(sizes.hidden_size, 2, rng), dropout: sizes.answer_dropout }
    }
}

impl<E: TextEncoder> ForQuestionAnswering<E> {
    /// A fresh model from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &E::Config, seed: u64) -> Result<Self, ConfigError> {
        fresh(config, seed, Self::build)
    }

    /// Logits of the first and of the last token of the answer: `[B, T]` each.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> [Tensor; 2] {
        let hidden = ctx.at(E::PREFIX, |ctx| self.encoder.states(inputs, None, ctx)); // [B, T, D]
        let hidden = Dropout::new(self.dropout).forward(&hidden, ctx);
        let both = self.qa_outputs.forward(&hidden); //                               [B, T, 2]
        show!(ctx, "qa_outputs", ["batch", "token", "end"], &both);
        [both.select(2, 0), both.select(2, 1)]
    }

    /// (−log p(first) − log p(last)) / 2, each the mean over the batch; logits `[B, T]` each, positions `[B]` each.
    ///
    /// As in Hugging Face's library, a position beyond the sequence (an answer that was cut off) counts for nothing, and a
    /// negative one means the first token.
    ///
    /// # Panics
    /// If positions and logits do not fit.
    #[track_caller]
    pub fn loss(logits: &[Tensor; 2], positions: [&IntTensor; 2]) -> Tensor {
        let loss = |logits: &Tensor, positions: &IntTensor| {
            let beyond = logits.shape()[1] as i64;
            let inside = positions.as_slice().iter().map(|&position| position.clamp(0, beyond)).collect();
            let options = CrossEntropy { ignore_index: beyond, ..CrossEntropy::default() };
            logits.cross_entropy(&IntTensor::from_vec(inside, positions.shape()), &options)
        };
        (loss(&logits[0], positions[0]) + loss(&logits[1], positions[1])) * 0.5
    }
}
