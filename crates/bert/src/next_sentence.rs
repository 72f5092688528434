//! Does sentence B follow sentence A? (Devlin et al. 2019, section 3.1; lecture, slides S31 and S33.)

use jumok_nn::{Ctx, Linear, Module, parameters, show};
use jumok_tensor::{CrossEntropy, IntTensor, Tensor};
use rand::Rng;

use crate::text_encoder::fresh;
use crate::{BertConfig, BertInputs, BertModel, ConfigError, HeadedModel, TextEncoder};

/// The head on the pooled summary, under the name that it has beside the masked-word head.
#[derive(Debug, Clone)]
pub struct BertOnlyNspHead {
    /// `[2, D]`; class 0 = really next.
    pub seq_relationship: Linear,
}

impl Module for BertOnlyNspHead {
    parameters!(seq_relationship);
}

/// A BERT that judges pairs of sentences.
#[derive(Debug, Clone)]
pub struct BertForNextSentencePrediction {
    /// The encoder, with its pooler.
    pub bert: BertModel,
    /// The head.
    pub cls: BertOnlyNspHead,
}

impl Module for BertForNextSentencePrediction {
    parameters!(bert, cls);
}

impl HeadedModel for BertForNextSentencePrediction {
    type Encoder = BertModel;
    const HEAD: &'static str = "ForNextSentencePrediction";

    fn build(config: &BertConfig, rng: &mut impl Rng) -> Self {
        let bert = BertModel::build(config, true, rng);
        Self { bert, cls: BertOnlyNspHead { seq_relationship: Linear::new(config.hidden_size, 2, rng) } }
    }
}

impl BertForNextSentencePrediction {
    /// A fresh model from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &BertConfig, seed: u64) -> Result<Self, ConfigError> {
        fresh(config, seed, Self::build)
    }

    /// Logits `[B, 2]`; class 0 = B really follows A.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> Tensor {
        let summary = ctx.at("bert", |ctx| self.bert.summary(inputs, ctx));
        let pooled = summary.pooled.expect("this model is built with its pooler"); // [B, D]
        let logits = self.cls.seq_relationship.forward(&pooled); //                   [B, 2]
        show!(ctx, "cls.seq_relationship", ["batch", "relation"], &logits);
        logits
    }

    /// The mean of −log p(relation); labels `[B]`, 0 = B really follows A, −100 counts for nothing.
    ///
    /// # Panics
    /// If labels and logits do not fit.
    #[track_caller]
    pub fn loss(logits: &Tensor, labels: &IntTensor) -> Tensor {
        logits.cross_entropy(labels, &CrossEntropy::default())
    }
}
