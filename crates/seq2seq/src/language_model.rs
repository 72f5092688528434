//! A language model on a recurrent network: what predicted the next token before the Transformer (slides S03 and S21).
//!
//! The state after token t is all that the model knows of tokens 1 … t: a vector of fixed width, however many they are.

use jumok_nn::{Ctx, Embedding, Linear, Module, parameters};
use jumok_tensor::{IntTensor, Tensor};
use rand::Rng;

use crate::{CellKind, Recurrent, RecurrentConfig};

/// Embedding, a recurrent network from left to right, and a score for every token.
#[derive(Debug, Clone)]
pub struct RecurrentLanguageModel {
    /// A vector for every token: `[V, H]`.
    pub embedding: Embedding,
    /// Reads them one after the other.
    pub rnn: Recurrent,
    /// The head: `[V, H]`.
    pub output: Linear,
}

impl Module for RecurrentLanguageModel {
    parameters!(embedding, rnn, output);
}

impl RecurrentLanguageModel {
    /// A model for `vocab_size` tokens of `num_layers` layers, all `hidden_size` wide, with PyTorch's usual weights.
    ///
    /// # Panics
    /// If there is no layer.
    #[track_caller]
    pub fn new(kind: CellKind, vocab_size: usize, hidden_size: usize, num_layers: usize, rng: &mut impl Rng) -> Self {
        let config = RecurrentConfig { num_layers, ..RecurrentConfig::new(kind, hidden_size, hidden_size) };
        Self {
            embedding: Embedding::new(vocab_size, hidden_size, rng),
            rnn: Recurrent::new(&config, rng),
            output: Linear::new(hidden_size, vocab_size, rng),
        }
    }

    /// For every place of `input_ids` `[B, T]` how likely each token is to come next, as logits `[B, T, V]`.
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    #[track_caller]
    pub fn forward(&self, input_ids: &IntTensor, ctx: &mut Ctx) -> Tensor {
        let x = self.embedding.forward(input_ids); //                                   [B, T, H]
        let states = ctx.at("rnn", |ctx| self.rnn.forward(&x, None, None, ctx).output); // [B, T, H]
        self.output.forward(&states) //                                                 [B, T, V]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn a_place_knows_what_stands_before_it_and_nothing_behind() {
        let model = RecurrentLanguageModel::new(CellKind::Gru, 5, 4, 2, &mut ChaCha8Rng::seed_from_u64(1));
        let logits = |ids: [i64; 4]| model.forward(&IntTensor::from_vec(ids.to_vec(), &[1, 4]), &mut Ctx::eval());
        let (one, other) = (logits([0, 1, 2, 3]), logits([0, 1, 4, 3]));
        assert_eq!(one.shape(), [1, 4, 5]);
        assert_eq!(one.narrow(1, 0, 2).to_vec(), other.narrow(1, 0, 2).to_vec());
        assert_ne!(one.narrow(1, 3, 1).to_vec(), other.narrow(1, 3, 1).to_vec());
        assert!(model.named_parameters().iter().any(|(name, _)| name == "rnn.weight_hh_l1"));
    }
}
