//! An encoder under the head that a task needs.

use jumok_bert::{
    BertConfig, BertForMultipleChoice, BertForQuestionAnswering, BertForSequenceClassification,
    BertForTokenClassification, BertInputs, HeadConfig,
};
use jumok_nn::{Ctx, Module};
use jumok_tensor::{CrossEntropy, Elem, IntTensor, Reduction, Tensor};
use jumok_text::finetuning::FinetuningBatch;

use crate::CommandError;
use crate::cli::TaskName;

/// A model of one of the four shapes.
#[derive(Clone, Debug)]
pub(super) enum FinetunedModel {
    /// A class or a number for a sentence or a pair.
    Sequence(BertForSequenceClassification),
    /// One of several continuations.
    Choice(BertForMultipleChoice),
    /// A tag for every token.
    Tokens(BertForTokenClassification),
    /// The beginning and the end of an answer.
    Answer(BertForQuestionAnswering),
}

/// What a head says about a batch.
pub(super) enum HeadLogits {
    /// Of classes, or of choices: `[B, classes]`.
    Classes(Tensor),
    /// A number: `[B, 1]`.
    Score(Tensor),
    /// Of the tags of every token: `[B, T, tags]`.
    Tags(Tensor),
    /// Of the beginning and of the end of the answer: `[B, T]` each.
    Spans([Tensor; 2]),
}

impl Module for FinetunedModel {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        match self {
            FinetunedModel::Sequence(model) => model.visit(path, f),
            FinetunedModel::Choice(model) => model.visit(path, f),
            FinetunedModel::Tokens(model) => model.visit(path, f),
            FinetunedModel::Answer(model) => model.visit(path, f),
        }
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        match self {
            FinetunedModel::Sequence(model) => model.visit_mut(path, f),
            FinetunedModel::Choice(model) => model.visit_mut(path, f),
            FinetunedModel::Tokens(model) => model.visit_mut(path, f),
            FinetunedModel::Answer(model) => model.visit_mut(path, f),
        }
    }
}

impl FinetunedModel {
    /// A fresh model for a task with these classes or tags.
    ///
    /// # Errors
    /// [`CommandError::Config`] if the configuration breaks a rule.
    pub(super) fn new(
        task: TaskName,
        config: &BertConfig,
        labels: &[String],
        seed: u64,
    ) -> Result<FinetunedModel, CommandError> {
        let head = match task {
            TaskName::Regression => HeadConfig::numbered(1),
            TaskName::Sentence | TaskName::Pair | TaskName::Tagging => HeadConfig::named(labels),
            TaskName::MultipleChoice | TaskName::Qa => HeadConfig::default(),
        };
        let config = BertConfig { head, ..config.clone() };
        Ok(match task {
            TaskName::Sentence | TaskName::Pair | TaskName::Regression => {
                FinetunedModel::Sequence(BertForSequenceClassification::new(&config, seed)?)
            }
            TaskName::MultipleChoice => FinetunedModel::Choice(BertForMultipleChoice::new(&config, seed)?),
            TaskName::Tagging => FinetunedModel::Tokens(BertForTokenClassification::new(&config, seed)?),
            TaskName::Qa => FinetunedModel::Answer(BertForQuestionAnswering::new(&config, seed)?),
        })
    }

    /// The name of the class in Hugging Face's library, for `architectures` in `config.json`.
    pub(super) fn architecture(&self) -> &'static str {
        match self {
            FinetunedModel::Sequence(_) => "BertForSequenceClassification",
            FinetunedModel::Choice(_) => "BertForMultipleChoice",
            FinetunedModel::Tokens(_) => "BertForTokenClassification",
            FinetunedModel::Answer(_) => "BertForQuestionAnswering",
        }
    }

    /// The logits of a batch.
    pub(super) fn logits(&self, batch: &FinetuningBatch, ctx: &mut Ctx) -> HeadLogits {
        let shape = [batch.examples * batch.choices, batch.seq_len];
        let table = |ids: &[i64]| IntTensor::from_vec(ids.to_vec(), &shape);
        let inputs = BertInputs {
            input_ids: table(&batch.input_ids),
            token_type_ids: table(&batch.token_type_ids),
            attention_mask: table(&batch.attention_mask),
        };
        match self {
            FinetunedModel::Sequence(model) => {
                let logits = model.forward(&inputs, ctx); //                  [B, labels]
                if logits.shape()[1] == 1 { HeadLogits::Score(logits) } else { HeadLogits::Classes(logits) }
            }
            FinetunedModel::Choice(model) => HeadLogits::Classes(model.forward(&inputs, batch.choices, ctx)),
            FinetunedModel::Tokens(model) => HeadLogits::Tags(model.forward(&inputs, ctx)),
            FinetunedModel::Answer(model) => HeadLogits::Spans(model.forward(&inputs, ctx)),
        }
    }
}

impl HeadLogits {
    /// Σ ℓ over the answers of a batch, divided by `count`, the answers of the whole batch that it is a part of.
    ///
    /// ℓ is −log p(class), −log p(tag) at each tagged token, (score − target)², or the mean of −log p(first) and −log p(last token).
    pub(super) fn loss(&self, batch: &FinetuningBatch, count: usize) -> Tensor {
        let options = CrossEntropy { reduction: Reduction::Sum, ..CrossEntropy::default() };
        let list = |ids: Vec<i64>| {
            let len = ids.len();
            IntTensor::from_vec(ids, &[len])
        };
        let sum = match self {
            HeadLogits::Classes(logits) => logits.cross_entropy(&list(batch.classes()), &options),
            HeadLogits::Score(scores) => {
                let target = batch.scores().into_iter().map(|score| score as Elem).collect();
                scores.mse_loss(&Tensor::from_vec(target, &[batch.examples, 1]), Reduction::Sum)
            }
            HeadLogits::Tags(logits) => logits.flatten(0, 1).cross_entropy(&list(batch.tags()), &options),
            HeadLogits::Spans(logits) => {
                let [starts, ends] = batch.spans();
                let [start, end] = logits;
                (start.cross_entropy(&list(starts), &options) + end.cross_entropy(&list(ends), &options)) * 0.5
            }
        };
        sum / count.max(1) as f64
    }
}
