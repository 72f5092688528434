//! Layers on top of each other.

use jumok_attention::Mask;
use jumok_nn::{Ctx, LayerNorm, Module, parameters};
use jumok_tensor::Tensor;
use rand::Rng;

use crate::{EncoderLayer, EncoderLayerConfig};

/// A stack of [`EncoderLayer`]s, with a norm at the end if asked for (pre-norm stacks need it: nothing else norms the sum
/// of all sublayers).
#[derive(Debug, Clone)]
pub struct Encoder {
    /// The layers, first to last.
    pub layers: Vec<EncoderLayer>,
    /// The final norm.
    pub norm: Option<LayerNorm>,
}

impl Module for Encoder {
    parameters!(layers, norm);
}

impl Encoder {
    /// `num_layers` equal layers with freshly drawn weights.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn new(config: &EncoderLayerConfig, num_layers: usize, final_norm: bool, rng: &mut impl Rng) -> Self {
        Self {
            layers: (0..num_layers).map(|_| EncoderLayer::new(config, rng)).collect(),
            norm: final_norm.then(|| config.layer_norm()),
        }
    }

    /// x `[B, T, D]` to `[B, T, D]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, mask: &Mask, ctx: &mut Ctx) -> Tensor {
        let mut x = x.clone();
        for (n, layer) in self.layers.iter().enumerate() {
            x = ctx.at_index("layers", n, |ctx| layer.forward(&x, mask, ctx)); // [B, T, D]
        }
        match &self.norm {
            Some(norm) => norm.forward(&x),
            None => x,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn records_stand_under_the_paths_of_the_parameters() {
        let config = EncoderLayerConfig { norm_first: true, ..EncoderLayerConfig::new(4, 2, 6) };
        let encoder = Encoder::new(&config, 2, true, &mut ChaCha8Rng::seed_from_u64(3));
        let mut ctx = Ctx::eval().recording();
        encoder.forward(&Tensor::ones(&[1, 3, 4]), &Mask::none(), &mut ctx);
        let paths: Vec<String> = ctx.take_records().into_iter().map(|record| record.path).collect();
        assert!(paths.iter().any(|path| path == "layers.1.self_attn.scores"), "{paths:?}");
        let names: Vec<String> = encoder.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert!(names.iter().any(|name| name == "layers.1.self_attn.q_proj.weight"), "{names:?}");
        assert!(names.iter().any(|name| name == "norm.weight"));
    }
}
