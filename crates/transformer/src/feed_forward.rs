//! FFN(x) = f(x·W_1ᵀ + b_1)·W_2ᵀ + b_2, the same for every token (Vaswani et al. 2017, section 3.3, with f = ReLU).
//!
//! Attention moves information between tokens; this is where each token works on what it got.

use jumok_nn::{Activation, Ctx, Dropout, Linear, Module, parameters};
use jumok_tensor::Tensor;
use rand::Rng;

/// Two linear layers with an activation between them.
#[derive(Debug, Clone)]
pub struct FeedForward {
    /// Widens: `[F, D]`.
    pub linear1: Linear,
    /// Narrows again: `[D, F]`.
    pub linear2: Linear,
    /// f.
    pub activation: Activation,
    /// The probability with which an activation is dropped in training.
    pub dropout: f64,
}

impl Module for FeedForward {
    parameters!(linear1, linear2);
}

impl FeedForward {
    /// From width `d_model` through `dim_feedforward` and back.
    pub fn new(d_model: usize, dim_feedforward: usize, activation: Activation, bias: bool, rng: &mut impl Rng) -> Self {
        Self {
            linear1: Linear::with_bias(d_model, dim_feedforward, bias, rng),
            linear2: Linear::with_bias(dim_feedforward, d_model, bias, rng),
            activation,
            dropout: 0.0,
        }
    }

    /// x `[.., D]` to `[.., D]`.
    ///
    /// # Panics
    /// If the last axis is not `D`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, ctx: &mut Ctx) -> Tensor {
        let hidden = self.activation.forward(&self.linear1.forward(x)); //    [.., F]
        let hidden = Dropout::new(self.dropout).forward(&hidden, ctx);
        self.linear2.forward(&hidden) //                                      [.., D]
    }
}
