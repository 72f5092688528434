//! The models that are pre-trained: an encoder of the family with the heads of its exercises.

use std::path::Path;

use jumok_bert::{
    AlbertForMaskedLM, AlbertForPreTraining, BertForMaskedLM, BertForPreTraining, BertInputs, DistilBertForMaskedLM,
    DistilBertModel, DistillationOptions, EncoderConfig, EncoderError, EncoderOutput, HeadedModel, Loaded,
    MaskedWordHead, MissingParts, PreTrainingLabels, PreTrainingLoss, RobertaForMaskedLM, Spoken, TextEncoder,
    pretraining_loss,
};
use jumok_nn::{Ctx, Module};
use jumok_tensor::{CrossEntropy, IntTensor, Tensor, no_grad};
use jumok_text::Relation;

use crate::CommandError;
use crate::convert::BertBatch;

/// An encoder with the heads of its exercises.
#[derive(Clone, Debug)]
pub(super) enum PretrainedModel {
    /// BERT with masked words and next sentences.
    Bert(BertForPreTraining),
    /// BERT with masked words alone.
    MaskedBert(BertForMaskedLM),
    /// RoBERTa.
    Roberta(RobertaForMaskedLM),
    /// ALBERT with masked words and the order of sentences.
    Albert(AlbertForPreTraining),
    /// ALBERT with masked words alone.
    MaskedAlbert(AlbertForMaskedLM),
    /// DistilBERT, taught or not.
    DistilBert(DistilBertForMaskedLM),
}

/// The same expression for the model of each kind.
macro_rules! of_each {
    ($model:expr, $name:ident => $body:expr) => {
        match $model {
            PretrainedModel::Bert($name) => $body,
            PretrainedModel::MaskedBert($name) => $body,
            PretrainedModel::Roberta($name) => $body,
            PretrainedModel::Albert($name) => $body,
            PretrainedModel::MaskedAlbert($name) => $body,
            PretrainedModel::DistilBert($name) => $body,
        }
    };
}

impl Module for PretrainedModel {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        of_each!(self, model => model.visit(path, f));
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        of_each!(self, model => model.visit_mut(path, f));
    }
}

/// What a model says of a batch.
pub(super) struct Answers {
    /// Which word is hidden: `[M, V]`.
    pub(super) words: Tensor,
    /// The answer of the second exercise, `[B, 2]`, of a model that has one.
    pub(super) relation: Option<Tensor>,
}

/// The BERT that a DistilBERT learns from, and how its three losses are weighed.
#[derive(Clone, Debug)]
pub(super) struct Teacher {
    pub(super) model: BertForMaskedLM,
    pub(super) options: DistillationOptions,
}

impl Teacher {
    /// The teacher of a folder.
    ///
    /// # Errors
    /// [`EncoderError`] if it holds no BERT that guesses words.
    pub(super) fn load(folder: &Path) -> Result<Teacher, EncoderError> {
        let Loaded { model, .. } = BertForMaskedLM::load(folder, MissingParts::Refuse)?;
        Ok(Teacher { model, options: DistillationOptions::default() })
    }

    /// A copy of the masked-word head for a student to begin with, whose parameters are its own.
    pub(super) fn head_for_student(&self) -> MaskedWordHead {
        let mut head = self.model.head.clone();
        head.names = DistilBertModel::MASKED_WORDS;
        head.for_each_parameter_mut(&mut |_, parameter| *parameter = Tensor::parameter(parameter.array().clone()));
        head
    }
}

impl PretrainedModel {
    /// A fresh model for the exercises.
    ///
    /// # Errors
    /// [`CommandError::Config`] if the configuration breaks a rule, [`CommandError::Option`] if this type has no such exercise.
    pub(super) fn new(config: &EncoderConfig, relation: Relation, seed: u64) -> Result<PretrainedModel, CommandError> {
        check_exercise(config, relation)?;
        Ok(match (config, relation) {
            (EncoderConfig::Bert(config), Relation::None) => Self::MaskedBert(BertForMaskedLM::new(config, seed)?),
            (EncoderConfig::Bert(config), _) => Self::Bert(BertForPreTraining::new(config, seed)?),
            (EncoderConfig::Roberta(config), _) => Self::Roberta(RobertaForMaskedLM::new(config, seed)?),
            (EncoderConfig::Albert(config), Relation::None) => {
                Self::MaskedAlbert(AlbertForMaskedLM::new(config, seed)?)
            }
            (EncoderConfig::Albert(config), _) => Self::Albert(AlbertForPreTraining::new(config, seed)?),
            (EncoderConfig::DistilBert(config), _) => Self::DistilBert(DistilBertForMaskedLM::new(config, seed)?),
        })
    }

    /// The model of a folder, to go on with; heads that it lacks are drawn from `seed`, and named.
    ///
    /// # Errors
    /// [`CommandError`] with what is missing, broken or does not fit together.
    pub(super) fn load(
        folder: &Path,
        config: &EncoderConfig,
        relation: Relation,
        seed: u64,
    ) -> Result<(PretrainedModel, Vec<String>), CommandError> {
        fn loaded<M: HeadedModel>(
            folder: &Path,
            seed: u64,
            wrap: fn(M) -> PretrainedModel,
        ) -> Result<(PretrainedModel, Vec<String>), CommandError> {
            let Loaded { model, fresh, .. } = M::load(folder, MissingParts::Draw { seed })?;
            Ok((wrap(model), fresh))
        }
        check_exercise(config, relation)?;
        match (config, relation) {
            (EncoderConfig::Bert(_), Relation::None) => loaded(folder, seed, Self::MaskedBert),
            (EncoderConfig::Bert(_), _) => loaded(folder, seed, Self::Bert),
            (EncoderConfig::Roberta(_), _) => loaded(folder, seed, Self::Roberta),
            (EncoderConfig::Albert(_), Relation::None) => loaded(folder, seed, Self::MaskedAlbert),
            (EncoderConfig::Albert(_), _) => loaded(folder, seed, Self::Albert),
            (EncoderConfig::DistilBert(_), _) => loaded(folder, seed, Self::DistilBert),
        }
    }

    /// The name of its class in Hugging Face's library.
    pub(super) fn architecture(&self) -> String {
        fn of<M: HeadedModel>(_: &M) -> String {
            M::architecture()
        }
        of_each!(self, model => of(model))
    }

    /// What it says of a batch at `masked_positions` `[M]` (b·T + t each).
    pub(super) fn answers(&self, inputs: &BertInputs, masked_positions: &IntTensor, ctx: &mut Ctx) -> Answers {
        let words_alone = |words| Answers { words, relation: None };
        match self {
            Self::Bert(model) => {
                let output = model.forward(inputs, masked_positions, ctx);
                Answers { words: output.prediction_logits, relation: Some(output.seq_relationship_logits) }
            }
            Self::Albert(model) => {
                let [words, order] = model.forward_at(inputs, masked_positions, ctx);
                Answers { words, relation: Some(order) }
            }
            Self::MaskedBert(model) => words_alone(model.forward_at(inputs, masked_positions, ctx)),
            Self::Roberta(model) => words_alone(model.forward_at(inputs, masked_positions, ctx)),
            Self::MaskedAlbert(model) => words_alone(model.forward_at(inputs, masked_positions, ctx)),
            Self::DistilBert(model) => words_alone(model.forward_at(inputs, masked_positions, ctx)),
        }
    }

    /// The encoder alone: for what it shows on its way.
    pub(super) fn read(&self, inputs: &BertInputs, ctx: &mut Ctx) -> EncoderOutput {
        match self {
            Self::Bert(model) => model.bert.forward(inputs, ctx),
            Self::Albert(model) => model.albert.forward(inputs, ctx),
            Self::MaskedBert(model) => model.encoder.forward(inputs, ctx),
            Self::Roberta(model) => model.encoder.forward(inputs, ctx),
            Self::MaskedAlbert(model) => model.encoder.forward(inputs, ctx),
            Self::DistilBert(model) => model.encoder.forward(inputs, ctx),
        }
    }

    /// The share of some rows in the loss of their batch, of which `counts` masked words and pairs are judged.
    pub(super) fn loss(&self, batch: &BertBatch, counts: [usize; 2], ctx: &mut Ctx) -> PreTrainingLoss {
        let Answers { words, relation } = self.answers(&batch.inputs, &batch.masked_positions, ctx);
        pretraining_loss(&words, relation.as_ref(), &batch.labels, counts)
    }

    /// The same with what a teacher says about every token as well; `tokens` are those of the whole batch.
    ///
    /// # Panics
    /// If it is no DistilBERT.
    pub(super) fn taught_loss(
        &self,
        teacher: &Teacher,
        batch: &BertBatch,
        counts: [usize; 2],
        tokens: usize,
        ctx: &mut Ctx,
    ) -> PreTrainingLoss {
        let Self::DistilBert(student) = self else { panic!("{} has no teacher", self.architecture()) };
        let BertBatch { inputs, masked_positions, labels } = batch;
        let hidden = student.encoder.states(inputs, None, ctx); //                                        [B, T, D]
        let logits = student.head.forward(&hidden, &student.encoder.word_embeddings().weight); //         [B, T, V]
        let (taught, shown) = no_grad(|| {
            let BertForMaskedLM { encoder, head } = &teacher.model;
            let shown = encoder.states(inputs, None, &mut Ctx::eval());
            (head.forward(&shown, &encoder.word_embeddings().weight), shown)
        });
        let loss = teacher.options.loss_of_part(
            Spoken { logits: &logits, hidden: &hidden },
            Spoken { logits: &taught, hidden: &shown },
            &inputs.attention_mask,
            &labels_of_tokens(labels, masked_positions, inputs.input_ids.shape()),
            [tokens, counts[0]],
        );
        let words = logits.flatten(0, 1).index_select(0, masked_positions); //                            [M, V]
        let judged = no_grad(|| pretraining_loss(&words, None, labels, counts));
        PreTrainingLoss { loss: loss.loss, ..judged }
    }
}

/// The hidden words in the shape of the input, `[B, T]`; −100 where nothing is hidden.
fn labels_of_tokens(labels: &PreTrainingLabels, masked_positions: &IntTensor, shape: &[usize]) -> IntTensor {
    let mut all = vec![CrossEntropy::default().ignore_index; shape.iter().product()];
    for (&position, &word) in masked_positions.as_slice().iter().zip(labels.masked_labels.as_slice()) {
        all[position as usize] = word;
    }
    IntTensor::from_vec(all, shape)
}

/// Each type has the second exercise of its paper, or none.
pub(super) fn check_exercise(config: &EncoderConfig, relation: Relation) -> Result<(), CommandError> {
    let name = match relation {
        Relation::None => return Ok(()),
        Relation::NextSentence => "next-sentence",
        Relation::SentenceOrder => "sentence-order",
    };
    let rule = match (config, relation) {
        (EncoderConfig::Bert(_), Relation::NextSentence) | (EncoderConfig::Albert(_), Relation::SentenceOrder) => {
            return Ok(());
        }
        (EncoderConfig::Bert(_), _) => "a BERT has next-sentence or none",
        (EncoderConfig::Albert(_), _) => "an ALBERT has sentence-order or none",
        (EncoderConfig::Roberta(_) | EncoderConfig::DistilBert(_), _) => "RoBERTa and DistilBERT have none",
    };
    Err(CommandError::option("--second-exercise", name, rule))
}
