//! The settings of a fine-tuning run: `config.toml`.

use std::path::PathBuf;

use jumok_bert::{EncoderConfig, HeadConfig};
use jumok_nn::{AdamWConfig, Schedule};
use jumok_text::Language as TextLanguage;
use jumok_text::finetuning::{Columns, GeneratedTask, QuestionOptions};
use jumok_text::pretraining::PAIR_SPECIAL_TOKENS;
use serde::{Deserialize, Serialize};

use crate::CommandError;
use crate::cli::{FinetuneArgs, Lang, TaskName};
use crate::commands::run::{OptimizerConfig, ScheduleWish, absolute};

/// Everything that decides the result of a run, but for the weights that it began with: those are in its checkpoints.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FinetuneConfig {
    /// The version of the program that started the run.
    pub jumok_version: String,
    /// The shape of the task.
    pub task: TaskName,
    /// The folder that the encoder came from, as an absolute path; absent if it began with random weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<PathBuf>,
    /// Everything random follows from it.
    pub seed: u64,
    /// Passes over the training examples.
    pub epochs: u64,
    /// Examples a step.
    pub batch_size: usize,
    /// Training steps, which follow from the three; 0 until the examples were read.
    pub steps: u64,
    /// Share of the steps in which the learning rate rises.
    pub warmup_ratio: f64,
    /// Parts of a batch that are differentiated side by side.
    pub shards: usize,
    /// Steps between two checkpoints.
    pub checkpoint_every: u64,
    /// Tokens of a sequence at most.
    pub max_length: usize,
    /// Word pieces that were learned at most, if the encoder brought none.
    pub vocab_size: usize,
    /// Whether some questions have no answer.
    #[serde(default)]
    pub no_answer: bool,
    /// How questions are cut to windows, for qa.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub questions: Option<QuestionOptions>,
    /// The examples.
    pub data: DataConfig,
    /// The optimiser and the learning rate.
    pub optimizer: OptimizerConfig,
    /// The sizes of the model; what its head answers follows from the task.
    pub model: EncoderConfig,
}

/// Where the examples come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataConfig {
    /// A generated task; absent if there are files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated: Option<GeneratedTask>,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<TextLanguage>,
    /// Its examples to train on.
    pub training_examples: usize,
    /// Its examples by which the best epoch is chosen.
    pub dev_examples: usize,
    /// Its examples that neither train nor choose.
    pub test_examples: usize,
    /// The file to train on, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<PathBuf>,
    /// The file by which the best epoch is chosen, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dev: Option<PathBuf>,
    /// The file of examples that neither train nor choose, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<PathBuf>,
    /// Share of the training file that is kept to judge by if there is no other.
    pub held_out: f64,
    /// How many labelled examples are trained on; absent for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<usize>,
    /// Name of a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_column: Option<String>,
    /// Name of a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pair_column: Option<String>,
    /// Name of a column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_column: Option<String>,
    /// What names of columns begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice_columns: Option<String>,
    /// The fingerprint of all examples; empty until they were read.
    pub sha256: String,
}

impl DataConfig {
    /// The names of the columns.
    pub fn columns(&self) -> Columns {
        Columns {
            text: self.text_column.clone(),
            pair: self.pair_column.clone(),
            label: self.label_column.clone(),
            choice: self.choice_columns.clone(),
        }
    }
}

/// The defaults: those of BERT's paper (appendix A.3), with the learning rate scaled to the width.
pub(super) mod defaults {
    pub(in crate::commands) const EPOCHS: u64 = 4;
    pub(in crate::commands) const BATCH_SIZE: usize = 32;
    /// BERT's own, for a width of 768.
    pub(in crate::commands) const LEARNING_RATE: f64 = 5e-5;
    pub(in crate::commands) const WARMUP_RATIO: f64 = 0.1;
    pub(in crate::commands) const WEIGHT_DECAY: f64 = 0.01;
    pub(in crate::commands) const MAX_GRAD_NORM: f64 = 1.0;
    pub(in crate::commands) const EPS: f64 = 1e-6;
    pub(in crate::commands) const MAX_LENGTH: usize = 128;
    /// Tokens of a window of a question's text at most, where nothing says how long the windows were in training: as in BERT's code.
    pub(in crate::commands) const QUESTION_WINDOW: usize = 384;
    pub(in crate::commands) const VOCAB_SIZE: usize = 2000;
    pub(in crate::commands) const HELD_OUT: f64 = 0.1;
    pub(in crate::commands) const SHARDS: usize = 4;
    pub(in crate::commands) const TRAINING_EXAMPLES: usize = 8000;
    pub(in crate::commands) const DEV_EXAMPLES: usize = 1000;
    pub(in crate::commands) const TEST_EXAMPLES: usize = 1000;
}

/// The learning rate that a model of this width begins to learn with: 5e-5·(768/width)^(4/3), which is BERT's 5e-5 for base and
/// 5.5e-4 for tiny. At 1e-3 a tiny BERT was seen to give up on a task of two negations that it solves at 5e-4.
pub(super) fn usual_lr(hidden_size: usize) -> f64 {
    let lr = defaults::LEARNING_RATE * (768.0 / hidden_size as f64).powf(4.0 / 3.0);
    // Two digits are enough, and read better.
    let digit = 10f64.powf(lr.log10().floor() - 1.0);
    ((lr / digit).round() * digit).min(1e-2)
}

/// AdamW as for BERT.
pub(super) fn adamw(weight_decay: f64) -> AdamWConfig {
    AdamWConfig { eps: defaults::EPS, weight_decay, ..AdamWConfig::default() }
}

impl FinetuneConfig {
    /// The settings that the command line asks for, for an encoder of the sizes `model`, checked as far as that is possible without
    /// reading the examples. The number of steps is filled in by [`FinetuneConfig::set_steps`].
    ///
    /// # Errors
    /// [`CommandError`] for values that make no sense, alone or beside the others.
    pub fn from_args(
        args: &FinetuneArgs,
        language: Lang,
        mut model: EncoderConfig,
    ) -> Result<FinetuneConfig, CommandError> {
        let generated = args.generated.map(|name| name.task());
        let task = match (generated, args.task) {
            (Some(generated), _) => TaskName::of(generated),
            (None, Some(task)) => task,
            (None, None) => {
                return Err(CommandError::option(
                    "--task",
                    "(none)",
                    "say what shape the task has, or use --generated",
                ));
            }
        };
        if let Some(dropout) = args.dropout {
            model.set_dropout(dropout);
        }
        *model.head_mut() = HeadConfig::default();
        let sizes = model.sizes();
        for (option, given, of) in [
            ("--doc-stride", args.doc_stride, TaskName::Qa),
            ("--max-answer-length", args.max_answer_length, TaskName::Qa),
        ] {
            if let Some(value) = given.filter(|_| task != of) {
                return Err(CommandError::option(option, value, format!("only --task {} has it", of.name())));
            }
        }
        let table = !matches!(task, TaskName::Tagging | TaskName::Qa);
        for (option, given, possible) in [
            ("--text-column", &args.text_column, table),
            ("--pair-column", &args.pair_column, table && task != TaskName::MultipleChoice),
            ("--label-column", &args.label_column, table),
            ("--choice-columns", &args.choice_columns, task == TaskName::MultipleChoice),
        ] {
            if let Some(name) = given.as_ref().filter(|_| !possible) {
                let rule = format!("files for {} have no such column", task.name());
                return Err(CommandError::option(option, name, rule));
            }
        }
        let language = generated.map(|_| match args.corpus.unwrap_or(language) {
            Lang::En => TextLanguage::English,
            Lang::Ko => TextLanguage::Korean,
        });
        let max_length = args.max_length.unwrap_or(defaults::MAX_LENGTH.min(sizes.max_length));
        let usual = QuestionOptions::of_length(max_length);
        let questions = (task == TaskName::Qa).then(|| QuestionOptions {
            doc_stride: args.doc_stride.unwrap_or(usual.doc_stride),
            max_answer_length: args.max_answer_length.unwrap_or(usual.max_answer_length),
            ..usual
        });
        let wish = ScheduleWish {
            name: None,
            lr: args.lr,
            usual_lr: usual_lr(sizes.hidden_size),
            warmup_steps: None,
            total_steps: 0,
        };
        let config = FinetuneConfig {
            jumok_version: env!("CARGO_PKG_VERSION").into(),
            task,
            encoder: args.model.as_deref().filter(|_| !args.from_scratch).map(absolute),
            seed: args.seed.unwrap_or(0),
            epochs: args.epochs.unwrap_or(defaults::EPOCHS),
            batch_size: args.batch_size.unwrap_or(defaults::BATCH_SIZE),
            steps: 0,
            warmup_ratio: args.warmup_ratio.unwrap_or(defaults::WARMUP_RATIO),
            shards: args.shards.unwrap_or(defaults::SHARDS.min(args.batch_size.unwrap_or(defaults::BATCH_SIZE))),
            checkpoint_every: args.checkpoint_every.unwrap_or(0),
            max_length,
            vocab_size: args.vocab_size.unwrap_or(defaults::VOCAB_SIZE),
            no_answer: false,
            questions,
            data: DataConfig {
                generated,
                language,
                training_examples: args.training_examples.unwrap_or(defaults::TRAINING_EXAMPLES),
                dev_examples: args.dev_examples.unwrap_or(defaults::DEV_EXAMPLES),
                test_examples: args.test_examples.unwrap_or(defaults::TEST_EXAMPLES),
                train: args.train.as_deref().map(absolute),
                dev: args.dev.as_deref().map(absolute),
                test: args.test.as_deref().map(absolute),
                held_out: args.held_out.unwrap_or(defaults::HELD_OUT),
                labels: args.labels,
                text_column: args.text_column.clone(),
                pair_column: args.pair_column.clone(),
                label_column: args.label_column.clone(),
                choice_columns: args.choice_columns.clone(),
                sha256: String::new(),
            },
            optimizer: OptimizerConfig {
                max_grad_norm: args.max_grad_norm.unwrap_or(defaults::MAX_GRAD_NORM),
                adamw: adamw(args.weight_decay.unwrap_or(defaults::WEIGHT_DECAY)),
                schedule: wish.schedule()?,
            },
            model,
        };
        config.validate()?;
        Ok(config)
    }

    /// Puts in what follows from the number of training sequences: steps, warm-up and checkpoints.
    ///
    /// # Errors
    /// [`CommandError`] if the run would be too long to count.
    pub fn set_steps(&mut self, steps_an_epoch: u64) -> Result<(), CommandError> {
        let rule = "there are not that many steps to count";
        self.steps = steps_an_epoch
            .checked_mul(self.epochs)
            .filter(|&steps| steps <= i64::MAX as u64)
            .ok_or_else(|| CommandError::option("--epochs", self.epochs, rule))?;
        if self.checkpoint_every == 0 {
            self.checkpoint_every = steps_an_epoch.min(1000);
        }
        if let Schedule::Linear { warmup_steps, total_steps, .. } = &mut self.optimizer.schedule {
            *warmup_steps = (self.steps as f64 * self.warmup_ratio).round() as u64;
            *total_steps = self.steps;
        }
        Ok(())
    }

    /// Checks the rules between the settings.
    ///
    /// # Errors
    /// The first one that is broken, with what would do.
    pub fn validate(&self) -> Result<(), CommandError> {
        self.model.validate()?;
        self.optimizer.validate()?;
        let longest = self.model.sizes().max_length;
        if self.max_length > longest {
            let rule = format!("by its max_position_embeddings the model reads {longest} tokens, so use at most that");
            return Err(CommandError::option("--max-length", self.max_length, rule));
        }
        if self.max_length < 8 {
            return Err(CommandError::option(
                "--max-length",
                self.max_length,
                "use at least 8, so that words find a place",
            ));
        }
        if let Some(questions) = &self.questions {
            questions.validate(PAIR_SPECIAL_TOKENS)?;
        }
        if !(0.0..=1.0).contains(&self.warmup_ratio) {
            return Err(CommandError::option(
                "--warmup-ratio",
                self.warmup_ratio,
                "a share lies between 0 and 1, 0.1 for example",
            ));
        }
        if !(self.data.held_out > 0.0 && self.data.held_out < 1.0) {
            return Err(CommandError::option(
                "--held-out",
                self.data.held_out,
                "a share lies between 0 and 1, 0.1 for example",
            ));
        }
        if self.shards > self.batch_size {
            let rule =
                format!("a batch of {} examples cannot be cut into more parts than it has examples", self.batch_size);
            return Err(CommandError::option("--shards", self.shards, rule));
        }
        if self.vocab_size < 6 {
            let rule = "five special tokens need a place, and words some more: use at least a few hundred";
            return Err(CommandError::option("--vocab-size", self.vocab_size, rule));
        }
        Ok(())
    }

    /// The name of the run's folder.
    pub fn name(&self) -> String {
        match self.data.generated {
            Some(task) => task.name().to_owned(),
            None => self.task.name().to_owned(),
        }
    }
}
