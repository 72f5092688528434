//! One block of a causal language model: x ← x + Attention(Norm(x)), then x ← x + FeedForward(Norm(x)).
//!
//! GPT-2 and LLaMA differ in what the two boxes hold (layer norm or RMS norm, a plain or a gated feed-forward layer, learned or
//! rotary positions, keys for every head or shared ones), not in how they are put together.

use jumok_attention::positions::{RotaryAngles, RotaryEmbedding};
use jumok_attention::{KeyValueCache, Mask, MultiHeadAttention, MultiHeadConfig};
use jumok_nn::{Activation, Ctx, Dropout, LayerNorm, Linear, Module, RmsNorm, join, parameters, show};
use jumok_tensor::Tensor;
use rand::Rng;

use super::{CausalLanguageModelConfig, FeedForwardKind, NormKind};
use crate::FeedForward;

/// The norm before a sublayer.
#[derive(Debug, Clone)]
pub enum CausalNorm {
    /// GPT-2's.
    Layer(LayerNorm),
    /// LLaMA's.
    Rms(RmsNorm),
}

impl Module for CausalNorm {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        match self {
            Self::Layer(norm) => norm.visit(path, f),
            Self::Rms(norm) => norm.visit(path, f),
        }
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        match self {
            Self::Layer(norm) => norm.visit_mut(path, f),
            Self::Rms(norm) => norm.visit_mut(path, f),
        }
    }
}

impl CausalNorm {
    /// The norm that the configuration asks for.
    pub fn new(config: &CausalLanguageModelConfig) -> Self {
        let (width, eps) = (config.n_embd, config.layer_norm_epsilon);
        match config.norm {
            NormKind::LayerNorm if config.bias => Self::Layer(LayerNorm::new(width, eps)),
            NormKind::LayerNorm => Self::Layer(LayerNorm::without_bias(width, eps)),
            NormKind::RmsNorm => Self::Rms(RmsNorm::new(width, eps)),
        }
    }

    /// `[.., D] -> [.., D]`
    ///
    /// # Panics
    /// If the last axis is not `D`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        match self {
            Self::Layer(norm) => norm.forward(x),
            Self::Rms(norm) => norm.forward(x),
        }
    }
}

/// The feed-forward layer of a block.
#[derive(Debug, Clone)]
pub enum CausalFeedForward {
    /// W_2·f(W_1·x): parameters `c_fc` and `c_proj`, as in GPT-2.
    Plain(FeedForward),
    /// W_down·(f(W_gate·x) ⊙ W_up·x): parameters `gate_proj`, `up_proj`, `down_proj`, as in LLaMA.
    Gated {
        /// W_gate: `[F, D]`.
        gate: Linear,
        /// W_up: `[F, D]`.
        up: Linear,
        /// W_down: `[D, F]`.
        down: Linear,
        /// f.
        activation: Activation,
    },
}

impl Module for CausalFeedForward {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        match self {
            Self::Plain(FeedForward { linear1, linear2, .. }) => {
                linear1.visit(&join(path, "c_fc"), f);
                linear2.visit(&join(path, "c_proj"), f);
            }
            Self::Gated { gate, up, down, .. } => {
                gate.visit(&join(path, "gate_proj"), f);
                up.visit(&join(path, "up_proj"), f);
                down.visit(&join(path, "down_proj"), f);
            }
        }
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        match self {
            Self::Plain(FeedForward { linear1, linear2, .. }) => {
                linear1.visit_mut(&join(path, "c_fc"), f);
                linear2.visit_mut(&join(path, "c_proj"), f);
            }
            Self::Gated { gate, up, down, .. } => {
                gate.visit_mut(&join(path, "gate_proj"), f);
                up.visit_mut(&join(path, "up_proj"), f);
                down.visit_mut(&join(path, "down_proj"), f);
            }
        }
    }
}

impl CausalFeedForward {
    /// The layer that the configuration asks for.
    pub fn new(config: &CausalLanguageModelConfig, rng: &mut impl Rng) -> Self {
        let (width, inner, bias) = (config.n_embd, config.inner_size(), config.bias);
        let activation = config.activation_function;
        match config.feed_forward {
            FeedForwardKind::Plain => Self::Plain(FeedForward::new(width, inner, activation, bias, rng)),
            FeedForwardKind::Gated => Self::Gated {
                gate: Linear::with_bias(width, inner, bias, rng),
                up: Linear::with_bias(width, inner, bias, rng),
                down: Linear::with_bias(inner, width, bias, rng),
                activation,
            },
        }
    }

    /// `[.., D] -> [.., D]`
    ///
    /// # Panics
    /// If the last axis is not `D`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, ctx: &mut Ctx) -> Tensor {
        match self {
            Self::Plain(layer) => layer.forward(x, ctx),
            Self::Gated { gate, up, down, activation } => {
                let open = activation.forward(&gate.forward(x)); //           [.., F]
                down.forward(&(&open * &up.forward(x))) //                    [.., D]
            }
        }
    }
}

/// By how much the queries and keys of one pass are turned; all blocks use the same.
#[derive(Debug, Clone)]
pub struct Rotation<'a> {
    /// What turns.
    pub embedding: &'a RotaryEmbedding,
    /// By how much, for the place of each token.
    pub angles: RotaryAngles,
}

/// Attention and feed-forward layer, each behind its norm and with a way around it; parameters are named as in GPT-2's `h.N`, but
/// for the attention's projections, which stand apart (`attn.q_proj`, …).
#[derive(Debug, Clone)]
pub struct CausalBlock {
    /// The norm before the attention.
    pub ln_1: CausalNorm,
    /// Every token looks at itself and those before it.
    pub attn: MultiHeadAttention,
    /// The norm before the feed-forward layer.
    pub ln_2: CausalNorm,
    /// Every token works on what it saw.
    pub mlp: CausalFeedForward,
    /// The probability with which a sublayer's output is dropped in training.
    pub dropout: f64,
}

impl Module for CausalBlock {
    parameters!(ln_1, attn, ln_2, mlp);
}

impl CausalBlock {
    /// A block with freshly drawn weights.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn new(config: &CausalLanguageModelConfig, rng: &mut impl Rng) -> Self {
        let heads = MultiHeadConfig {
            num_kv_heads: config.kv_heads(),
            bias: config.bias,
            dropout: config.attn_pdrop,
            ..MultiHeadConfig::new(config.n_embd, config.n_head)
        };
        Self {
            ln_1: CausalNorm::new(config),
            attn: MultiHeadAttention::new(&heads, rng),
            ln_2: CausalNorm::new(config),
            mlp: CausalFeedForward::new(config, rng),
            dropout: config.resid_pdrop,
        }
    }

    /// x `[B, T, D]` to `[B, T, D]`. With a `past`, the keys and values of x are added to it and x looks at all of them.
    ///
    /// # Panics
    /// If the shapes do not fit, or with a past outside [`no_grad`](jumok_tensor::no_grad).
    // ANCHOR: causal_block
    #[track_caller]
    pub fn forward(
        &self,
        x: &Tensor,
        mask: &Mask,
        rotation: Option<&Rotation<'_>>,
        past: Option<&mut KeyValueCache>,
        ctx: &mut Ctx,
    ) -> Tensor {
        let dropout = Dropout::new(self.dropout);
        let heads = ctx.at("attn", |ctx| self.look(&self.ln_1.forward(x), mask, rotation, past, ctx));
        let x = x + dropout.forward(&self.attn.output.forward(&heads), ctx); //    [B, T, D]
        let worked = self.mlp.forward(&self.ln_2.forward(&x), ctx);
        let x = x + dropout.forward(&worked, ctx); //                              [B, T, D]
        show!(ctx, "output", ["batch", "token", "feature"], &x);
        x
    }

    /// What the heads bring home for x, side by side: `[B, T, D]`.
    #[track_caller]
    fn look(
        &self,
        x: &Tensor,
        mask: &Mask,
        rotation: Option<&Rotation<'_>>,
        past: Option<&mut KeyValueCache>,
        ctx: &mut Ctx,
    ) -> Tensor {
        let mut q = self.attn.queries(x, ctx); //                                  [B, H, T, d_k]
        let [mut k, mut v] = self.attn.keys_and_values(x, x, ctx); //              [B, H_kv, T, d_k]
        if let Some(Rotation { embedding, angles }) = rotation {
            (q, k) = (embedding.rotate(&q, angles), embedding.rotate(&k, angles));
        }
        if let Some(past) = past {
            past.append(&k, &v);
            [k, v] = past.keys_and_values().expect("something was appended"); //   [B, H_kv, past + T, d_k]
        }
        self.attn.context_of(&q, &k, &v, mask, ctx)
    }
    // ANCHOR_END: causal_block
}
