//! Which word is hidden: the head of masked language modelling on any encoder of the family (Devlin et al. 2019, section 3.1;
//! lecture, slides S29 and S33).

use jumok_nn::{Activation, Ctx, LayerNorm, Linear, Module, join, parameters, show};
use jumok_tensor::{Array, CrossEntropy, IntTensor, Tensor};
use rand::Rng;

use crate::text_encoder::fresh;
use crate::{BertInputs, ConfigError, EncoderSettings, HeadedModel, TextEncoder};

/// What the parameters of a masked-word head are called; each of the family has names of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaskedWordNames {
    /// The layer.
    pub dense: &'static str,
    /// The norm.
    pub layer_norm: &'static str,
    /// The bias of every word.
    pub bias: &'static str,
}

/// LayerNorm(act(W·h + b))·Eᵀ + c with the table of word embeddings E, which belongs to the encoder (tied).
#[derive(Debug, Clone)]
pub struct MaskedWordHead {
    /// W and b: `[E, D]`.
    pub dense: Linear,
    /// The norm behind the activation.
    pub layer_norm: LayerNorm,
    /// c, one number a word: `[V]`.
    pub bias: Tensor,
    /// act.
    pub activation: Activation,
    /// The names in the checkpoint.
    pub names: &'static MaskedWordNames,
}

impl Module for MaskedWordHead {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        self.bias.visit(&join(path, self.names.bias), f);
        self.dense.visit(&join(path, self.names.dense), f);
        self.layer_norm.visit(&join(path, self.names.layer_norm), f);
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        self.bias.visit_mut(&join(path, self.names.bias), f);
        self.dense.visit_mut(&join(path, self.names.dense), f);
        self.layer_norm.visit_mut(&join(path, self.names.layer_norm), f);
    }
}

impl MaskedWordHead {
    pub(crate) fn build<E: TextEncoder>(config: &E::Config, rng: &mut impl Rng) -> Self {
        let sizes = config.sizes();
        Self {
            dense: Linear::new(sizes.hidden_size, sizes.embedding_size, rng),
            layer_norm: LayerNorm::new(sizes.embedding_size, sizes.layer_norm_eps),
            bias: Tensor::parameter(Array::zeros(&[sizes.vocab_size])),
            activation: sizes.masked_activation,
            names: E::MASKED_WORDS,
        }
    }

    /// States `[.., D]` and the table of words `[V, E]` to logits `[.., V]`.
    ///
    /// # Panics
    /// If the widths do not fit.
    #[track_caller]
    pub fn forward(&self, hidden: &Tensor, words: &Tensor) -> Tensor {
        let h = self.activation.forward(&self.dense.forward(hidden)); //           [.., E]
        self.layer_norm.forward(&h).linear(words, Some(&self.bias)) //             [.., V]
    }
}

/// An encoder that guesses masked words.
#[derive(Debug, Clone)]
pub struct ForMaskedLM<E: TextEncoder> {
    /// The encoder, without a pooler.
    pub encoder: E,
    /// The head.
    pub head: MaskedWordHead,
}

impl<E: TextEncoder> Module for ForMaskedLM<E> {
    parameters!([E::PREFIX] => encoder, "" => head);
}

impl<E: TextEncoder> HeadedModel for ForMaskedLM<E> {
    type Encoder = E;
    const HEAD: &'static str = "ForMaskedLM";

    fn build(config: &E::Config, rng: &mut impl Rng) -> Self {
        Self { encoder: E::build(config, false, rng), head: MaskedWordHead::build::<E>(config, rng) }
    }
}

impl<E: TextEncoder> ForMaskedLM<E> {
    /// A fresh model from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &E::Config, seed: u64) -> Result<Self, ConfigError> {
        fresh(config, seed, Self::build)
    }

    /// Logits over the vocabulary at every token: `[B, T, V]`.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> Tensor {
        let hidden = ctx.at(E::PREFIX, |ctx| self.encoder.states(inputs, None, ctx)); // [B, T, D]
        let logits = self.head.forward(&hidden, &self.encoder.word_embeddings().weight);
        show!(ctx, "predictions", ["batch", "token", "word"], &logits);
        logits
    }

    /// The same at `positions` `[M]` (b·T + t each) alone: `[M, V]`, in less time.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    pub fn forward_at(&self, inputs: &BertInputs, positions: &IntTensor, ctx: &mut Ctx) -> Tensor {
        let hidden = ctx.at(E::PREFIX, |ctx| self.encoder.states(inputs, Some(positions), ctx)); // [M, D]
        let logits = self.head.forward(&hidden, &self.encoder.word_embeddings().weight);
        show!(ctx, "predictions", ["position", "word"], &logits);
        logits
    }

    /// The mean of −log p(word) over the labels that are not −100; logits `[.., V]`, labels `[..]`.
    ///
    /// # Panics
    /// If labels and logits do not fit.
    #[track_caller]
    pub fn loss(logits: &Tensor, labels: &IntTensor) -> Tensor {
        token_loss(logits, labels)
    }
}

/// The mean cross-entropy of logits `[.., classes]` and labels `[..]`; −100 counts for nothing.
#[track_caller]
pub(crate) fn token_loss(logits: &Tensor, labels: &IntTensor) -> Tensor {
    let classes = logits.shape()[logits.rank() - 1] as isize;
    logits.reshape(&[-1, classes]).cross_entropy(&labels.reshape(&[labels.len()]), &CrossEntropy::default())
}
