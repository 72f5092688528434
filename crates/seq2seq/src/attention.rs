//! Attention of a decoder: a state asks, the annotations of the source answer.

use jumok_attention::score::{Additive, Cosine, Dot, General, PreparedKeys, ScaledDot, Score};
use jumok_attention::{Mask, Values, Weights, value};
use jumok_nn::{Ctx, Module, show};
use jumok_tensor::Tensor;
use rand::Rng;

use crate::{ScoreKind, Seq2SeqConfig};

/// One of the score functions, chosen by the configuration.
#[derive(Debug, Clone)]
pub enum ScoreFunction {
    /// v·tanh(W_q·s + W_k·h)
    Additive(Additive),
    /// sᵀ·W·h
    General(General),
    /// s·h
    Dot(Dot),
    /// s·h/√d
    ScaledDot(ScaledDot),
    /// The cosine of the angle between s and h.
    Cosine(Cosine),
}

impl Module for ScoreFunction {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        match self {
            Self::Additive(score) => score.visit(path, f),
            Self::General(score) => score.visit(path, f),
            Self::Dot(_) | Self::ScaledDot(_) | Self::Cosine(_) => {} // nothing to learn
        }
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        match self {
            Self::Additive(score) => score.visit_mut(path, f),
            Self::General(score) => score.visit_mut(path, f),
            Self::Dot(_) | Self::ScaledDot(_) | Self::Cosine(_) => {}
        }
    }
}

impl ScoreFunction {
    /// The function that the configuration names, for states of the decoder and annotations of the encoder.
    pub(crate) fn new(config: &Seq2SeqConfig, rng: &mut impl Rng) -> Self {
        let (query, key) = (config.decoder_hidden_size, config.annotation_size());
        match config.score {
            ScoreKind::Additive => {
                let hidden = config.attention_hidden_size;
                Self::Additive(Additive::new(query, key, hidden, config.attention_bias, rng))
            }
            ScoreKind::General => Self::General(General::new(query, key, rng)),
            ScoreKind::Dot => Self::Dot(Dot),
            ScoreKind::ScaledDot => Self::ScaledDot(ScaledDot),
            ScoreKind::Cosine => Self::Cosine(Cosine::default()),
        }
    }

    fn as_score(&self) -> &dyn Score {
        match self {
            Self::Additive(score) => score,
            Self::General(score) => score,
            Self::Dot(score) => score,
            Self::ScaledDot(score) => score,
            Self::Cosine(score) => score,
        }
    }

    /// What the annotations `[B, S, M]` are for this function, computed once a sentence.
    pub(crate) fn prepare(&self, annotations: &Tensor) -> PreparedKeys {
        self.as_score().prepare(annotations)
    }

    /// How much each of the states `[B, T, H]` looks at each annotation: `[B, T, S]`.
    #[track_caller]
    pub(crate) fn weigh(&self, states: &Tensor, asked: &Asked, ctx: &mut Ctx) -> Weights {
        let weights = self.as_score().score(states, &asked.keys, ctx).distribution(&asked.mask);
        show!(ctx, "weights", ["batch", "query", "key"], weights.tensor());
        weights
    }
}

/// The source as attention sees it.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    pub(crate) keys: PreparedKeys,
    pub(crate) mask: Mask,
}

/// c = Σ_j α_j·h_j for weights `[B, T, S]` and annotations `[B, S, M]`: `[B, T, M]`.
#[track_caller]
pub(crate) fn context(weights: &Weights, annotations: &Tensor, ctx: &mut Ctx) -> Tensor {
    let context = value::context(weights, &Values::new(annotations.clone())).into_tensor();
    show!(ctx, "context", ["batch", "query", "feature"], &context);
    context
}
