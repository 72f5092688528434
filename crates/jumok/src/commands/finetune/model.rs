//! Any encoder of the family under the head that a task needs.

use std::fmt::Debug;
use std::path::Path;

use jumok_bert::{
    BertInputs, EncoderConfig, EncoderTask, ForMultipleChoice, ForQuestionAnswering, ForSequenceClassification,
    ForTokenClassification, HeadConfig, HeadedModel, MissingParts, ProblemType, TextEncoder,
};
use jumok_nn::{Ctx, Module};
use jumok_tensor::{CrossEntropy, Elem, IntTensor, Reduction, Tensor};
use jumok_text::finetuning::FinetuningBatch;

use crate::CommandError;
use crate::cli::TaskName;
use crate::commands::model_folder::ModelFolder;

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

/// A head of one of the four shapes.
trait TaskHead: HeadedModel + Clone + Debug + Send + Sync + 'static {
    /// What it says about a batch, of which each example has `choices` rows.
    fn answer(&self, inputs: &BertInputs, choices: usize, ctx: &mut Ctx) -> HeadLogits;
}

impl<E: TextEncoder> TaskHead for ForSequenceClassification<E> {
    fn answer(&self, inputs: &BertInputs, _choices: usize, ctx: &mut Ctx) -> HeadLogits {
        let logits = self.forward(inputs, ctx); //                                   [B, labels]
        match self.problem_type {
            ProblemType::Regression => HeadLogits::Score(logits),
            _ => HeadLogits::Classes(logits),
        }
    }
}

impl<E: TextEncoder> TaskHead for ForMultipleChoice<E> {
    fn answer(&self, inputs: &BertInputs, choices: usize, ctx: &mut Ctx) -> HeadLogits {
        HeadLogits::Classes(self.forward(inputs, choices, ctx))
    }
}

impl<E: TextEncoder> TaskHead for ForTokenClassification<E> {
    fn answer(&self, inputs: &BertInputs, _choices: usize, ctx: &mut Ctx) -> HeadLogits {
        HeadLogits::Tags(self.forward(inputs, ctx))
    }
}

impl<E: TextEncoder> TaskHead for ForQuestionAnswering<E> {
    fn answer(&self, inputs: &BertInputs, _choices: usize, ctx: &mut Ctx) -> HeadLogits {
        HeadLogits::Spans(self.forward(inputs, ctx))
    }
}

/// A model with its configuration.
#[derive(Clone, Debug)]
struct Configured<H: TaskHead> {
    model: H,
    config: <H::Encoder as TextEncoder>::Config,
}

/// A [`Configured`] of whichever head on whichever encoder.
trait AnyModel: Debug + Send + Sync {
    fn module(&self) -> &dyn Module;
    fn module_mut(&mut self) -> &mut dyn Module;
    fn answer(&self, inputs: &BertInputs, choices: usize, ctx: &mut Ctx) -> HeadLogits;
    fn architecture(&self) -> String;
    fn save_config(&self, folder: &Path) -> Result<(), CommandError>;
    fn save(&self, folder: &Path) -> Result<(), CommandError>;
    fn boxed(&self) -> Box<dyn AnyModel>;
}

impl<H: TaskHead> AnyModel for Configured<H> {
    fn module(&self) -> &dyn Module {
        &self.model
    }

    fn module_mut(&mut self) -> &mut dyn Module {
        &mut self.model
    }

    fn answer(&self, inputs: &BertInputs, choices: usize, ctx: &mut Ctx) -> HeadLogits {
        self.model.answer(inputs, choices, ctx)
    }

    fn architecture(&self) -> String {
        H::architecture()
    }

    fn save_config(&self, folder: &Path) -> Result<(), CommandError> {
        Ok(H::save_config(&self.config, folder)?)
    }

    fn save(&self, folder: &Path) -> Result<(), CommandError> {
        Ok(self.model.save(&self.config, folder)?)
    }

    fn boxed(&self) -> Box<dyn AnyModel> {
        Box::new(self.clone())
    }
}

/// A model that is fine-tuned or was: one of four encoders under one of four heads.
#[derive(Debug)]
pub(super) struct FinetunedModel(Box<dyn AnyModel>);

impl Clone for FinetunedModel {
    fn clone(&self) -> FinetunedModel {
        FinetunedModel(self.0.boxed())
    }
}

impl Module for FinetunedModel {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        self.0.module().visit(path, f);
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        self.0.module_mut().visit_mut(path, f);
    }
}

/// Where the weights come from.
#[derive(Clone, Copy)]
enum Origin<'a> {
    /// From a seed.
    Drawn(u64),
    /// From a folder, with what it may lack.
    Folder(&'a ModelFolder, MissingParts),
}

/// Puts the head of a task on an encoder.
struct Build<'a> {
    task: TaskName,
    origin: Origin<'a>,
}

impl Build<'_> {
    fn head<H: TaskHead>(
        &self,
        config: &<H::Encoder as TextEncoder>::Config,
    ) -> Result<(FinetunedModel, Vec<String>), CommandError> {
        let (model, fresh) = match self.origin {
            Origin::Drawn(seed) => (H::drawn(config, seed)?, vec![]),
            Origin::Folder(folder, missing) => {
                let loaded = folder.load::<H>(config, missing)?;
                (loaded.model, loaded.fresh)
            }
        };
        Ok((FinetunedModel(Box::new(Configured { model, config: config.clone() })), fresh))
    }
}

impl EncoderTask for Build<'_> {
    type Output = Result<(FinetunedModel, Vec<String>), CommandError>;

    fn run<E: TextEncoder>(self, config: &E::Config) -> Self::Output {
        match self.task {
            TaskName::Sentence | TaskName::Pair | TaskName::Regression => {
                self.head::<ForSequenceClassification<E>>(config)
            }
            TaskName::MultipleChoice => self.head::<ForMultipleChoice<E>>(config),
            TaskName::Tagging => self.head::<ForTokenClassification<E>>(config),
            TaskName::Qa => self.head::<ForQuestionAnswering<E>>(config),
        }
    }
}

/// The configuration of an encoder with the head of a task, for these classes or tags.
fn with_head(config: &EncoderConfig, task: TaskName, labels: &[String]) -> EncoderConfig {
    let mut config = config.clone();
    *config.head_mut() = match task {
        TaskName::Regression => HeadConfig { problem_type: Some(ProblemType::Regression), ..HeadConfig::numbered(1) },
        TaskName::Sentence | TaskName::Pair => {
            HeadConfig { problem_type: Some(ProblemType::SingleLabelClassification), ..HeadConfig::named(labels) }
        }
        TaskName::Tagging => HeadConfig::named(labels),
        TaskName::MultipleChoice | TaskName::Qa => HeadConfig::default(),
    };
    config
}

impl FinetunedModel {
    /// A model with all weights drawn from `seed`, for a task with these classes or tags.
    ///
    /// # Errors
    /// [`CommandError::Config`] if the configuration breaks a rule.
    pub(super) fn drawn(
        task: TaskName,
        config: &EncoderConfig,
        labels: &[String],
        seed: u64,
    ) -> Result<FinetunedModel, CommandError> {
        let build = Build { task, origin: Origin::Drawn(seed) };
        with_head(config, task, labels).with_encoder(build).map(|(model, _)| model)
    }

    /// The encoder of a folder under a head that is drawn from `seed`, whatever head the folder has; and the names of all that was
    /// drawn: the head, and a pooler that the folder lacks. `config` is that of the folder, perhaps with another dropout.
    ///
    /// # Errors
    /// [`CommandError::Encoder`] if the weights cannot be read or do not fit.
    pub(super) fn on_encoder(
        task: TaskName,
        folder: &ModelFolder,
        config: &EncoderConfig,
        labels: &[String],
        seed: u64,
    ) -> Result<(FinetunedModel, Vec<String>), CommandError> {
        let origin = Origin::Folder(folder, MissingParts::NewHead { seed });
        with_head(config, task, labels).with_encoder(Build { task, origin })
    }

    /// A fine-tuned model out of its folder, with the head that it has.
    ///
    /// # Errors
    /// [`CommandError::Encoder`] if anything of it is missing or does not fit.
    pub(super) fn load(task: TaskName, folder: &ModelFolder) -> Result<FinetunedModel, CommandError> {
        let origin = Origin::Folder(folder, MissingParts::Refuse);
        folder.config.with_encoder(Build { task, origin }).map(|(model, _)| model)
    }

    /// The name of its class in Hugging Face's library: `RobertaForTokenClassification`.
    pub(super) fn architecture(&self) -> String {
        self.0.architecture()
    }

    /// Writes `config.json` alone.
    ///
    /// # Errors
    /// [`CommandError::Encoder`] if it cannot be written.
    pub(super) fn save_config(&self, folder: &Path) -> Result<(), CommandError> {
        self.0.save_config(folder)
    }

    /// Writes `config.json` and `model.safetensors`.
    ///
    /// # Errors
    /// [`CommandError::Encoder`] if they cannot be written.
    pub(super) fn save(&self, folder: &Path) -> Result<(), CommandError> {
        self.0.save(folder)
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
        self.0.answer(&inputs, batch.choices, ctx)
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
