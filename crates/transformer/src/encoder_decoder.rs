//! The whole Transformer: an encoder reads, a decoder writes (Vaswani et al. 2017, figure 1; lecture, slide S20).

use jumok_attention::Mask;
use jumok_nn::{Ctx, Module, parameters};
use jumok_tensor::Tensor;
use rand::Rng;

use crate::{Decoder, Encoder, EncoderLayerConfig};

/// Encoder and decoder between embeddings and output layer; parameters are named as in `torch.nn.Transformer`.
#[derive(Debug, Clone)]
pub struct EncoderDecoder {
    /// Reads the source.
    pub encoder: Encoder,
    /// Writes the target.
    pub decoder: Decoder,
}

impl Module for EncoderDecoder {
    parameters!(encoder, decoder);
}

/// Who may look at whom in an [`EncoderDecoder`].
#[derive(Debug, Clone, Default)]
pub struct EncoderDecoderMasks {
    /// Among source tokens: padding, mostly.
    pub source: Mask,
    /// Among target tokens: causal, mostly.
    pub target: Mask,
    /// From target tokens at source tokens: padding of the source, mostly.
    pub memory: Mask,
}

impl EncoderDecoder {
    /// Stacks with freshly drawn weights. `torch.nn.Transformer` has the final norms in any case; the paper, which norms behind
    /// each sublayer, has none.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn new(
        config: &EncoderLayerConfig,
        num_encoder_layers: usize,
        num_decoder_layers: usize,
        final_norms: bool,
        rng: &mut impl Rng,
    ) -> Self {
        Self {
            encoder: Encoder::new(config, num_encoder_layers, final_norms, rng),
            decoder: Decoder::new(config, num_decoder_layers, final_norms, rng),
        }
    }

    /// Embedded source `[B, S, D]` and target `[B, T, D]` to what the decoder makes of them, `[B, T, D]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward(&self, source: &Tensor, target: &Tensor, masks: &EncoderDecoderMasks, ctx: &mut Ctx) -> Tensor {
        let memory = ctx.at("encoder", |ctx| self.encoder.forward(source, &masks.source, ctx)); // [B, S, D]
        ctx.at("decoder", |ctx| self.decoder.forward(target, &memory, &masks.target, &masks.memory, ctx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::Elem;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn the_base_model_without_embeddings_has_the_size_of_the_paper() {
        let config = EncoderLayerConfig::new(512, 8, 2048);
        let model = EncoderDecoder::new(&config, 6, 6, false, &mut ChaCha8Rng::seed_from_u64(0));
        // Four projections of d² + d, two feed-forward layers, a norm of 2d a sublayer; the decoder has one attention more.
        let (d, f) = (512, 2048);
        let (attention, feed_forward) = (4 * (d * d + d) + 2 * d, 2 * d * f + f + d + 2 * d);
        assert_eq!(model.parameter_count(), 6 * (3 * attention + 2 * feed_forward));
    }

    #[test]
    fn every_target_token_may_see_every_source_token() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let model = EncoderDecoder::new(&EncoderLayerConfig::new(4, 2, 6), 1, 1, true, &mut rng);
        let values = |count: usize| (0..count).map(|i| ((i * 31) % 19) as Elem / 8.0).collect::<Vec<_>>();
        let source = Tensor::parameter(jumok_tensor::Array::from_vec(values(12), &[1, 3, 4]));
        let target = Tensor::from_vec(values(8), &[1, 2, 4]);
        let masks = EncoderDecoderMasks { target: Mask::causal(), ..EncoderDecoderMasks::default() };
        let y = model.forward(&source, &target, &masks, &mut Ctx::eval());
        let weights = Tensor::from_vec(vec![1.0, -2.0, 0.5, 3.0], &[4]);
        let first = (y.select(1, 0) * weights).sum_all().backward();
        assert!(first.get(&source).unwrap().to_vec().iter().all(|&g| g != 0.0));
    }
}
