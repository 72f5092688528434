//! The settings of a run: `config.toml`.

use std::path::{Path, PathBuf};

use jumok_nn::AdamWConfig;
use jumok_text::{BatchOptions, Task, Unit, VocabularyOptions};
use serde::{Deserialize, Serialize};

use super::TranslationModel;
use crate::CommandError;
use crate::cli::{PairArgs, TrainingArgs};
use crate::commands::run::{OptimizerConfig, ScheduleWish, absolute};

/// Everything that decides the result of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranslatorConfig<Model, Objective> {
    /// The version of the program that started the run.
    pub jumok_version: String,
    /// Everything random follows from it.
    pub seed: u64,
    /// Training steps.
    pub steps: u64,
    /// Parts of a batch that are differentiated side by side.
    pub shards: usize,
    /// Whether source and target have one vocabulary.
    pub shared_vocabulary: bool,
    /// Translations that are followed at the same time in the final evaluation.
    pub beam: usize,
    /// Steps between two checkpoints.
    pub checkpoint_every: u64,
    /// Steps between two evaluations.
    pub eval_every: u64,
    /// Pairs with more tokens on a side are not trained on.
    pub max_tokens: usize,
    /// The fingerprint of all sentences; empty until they were read.
    pub sha256: String,
    /// The optimiser and the learning rate.
    pub optimizer: OptimizerConfig,
    /// How pairs become batches.
    pub batches: BatchOptions,
    /// How vocabularies are learned.
    pub vocabulary: VocabularyOptions,
    /// Where the pairs come from.
    pub data: DataConfig,
    /// What decides the loss beside the model.
    pub objective: Objective,
    /// The sizes of the model.
    pub model: Model,
}

/// Where the pairs come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DataConfig {
    /// They are generated.
    Task {
        /// The task.
        task: Task,
        /// Pairs to train on.
        training: usize,
        /// Pairs held out.
        held_out: usize,
        /// Symbols of the shortest sequence.
        min_length: usize,
        /// Symbols of the longest sequence.
        max_length: usize,
    },
    /// They are read.
    Files {
        /// Share of the training pairs that is held out if there are no others for the evaluation.
        held_out: f64,
        /// Sentences and translations, or one file with both.
        training: PairFiles,
        /// The same for the evaluation, if there is any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid: Option<PairFiles>,
    },
}

/// Files of pairs, as absolute paths.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PairFiles {
    /// Line by line.
    Aligned {
        /// The sentences.
        source: PathBuf,
        /// Their translations.
        target: PathBuf,
    },
    /// A tab in each line.
    Tabbed {
        /// Sentences and translations.
        pairs: PathBuf,
    },
}

/// The defaults, which were chosen so that the generated tasks are learned in about two minutes on two cores.
mod defaults {
    pub(super) const BATCH_SIZE: usize = 64;
    pub(super) const SHARDS: usize = 2;
    pub(super) const WEIGHT_DECAY: f64 = 0.01;
    pub(super) const MAX_GRAD_NORM: f64 = 1.0;
    pub(super) const VOCAB_SIZE: usize = 4000;
    pub(super) const MAX_TOKENS: usize = 60;
    pub(super) const TRAINING_PAIRS: usize = 20_000;
    pub(super) const HELD_OUT_PAIRS: usize = 500;
    pub(super) const HELD_OUT: f64 = 0.05;
    pub(super) const MIN_LENGTH: usize = 3;
    pub(super) const MAX_LENGTH: usize = 20;
    /// Batches that are cut from pairs sorted by length.
    pub(super) const BUCKET: usize = 20;
}

/// What the kinds of models do not have in common.
#[derive(Clone, Debug)]
pub struct Usual {
    /// Training steps.
    pub steps: u64,
    /// The learning rate at its highest, if one is asked for.
    pub lr: Option<f64>,
    /// And if none is.
    pub usual_lr: f64,
    /// The optimiser, but for the weight decay.
    pub adamw: AdamWConfig,
    /// Whether source and target have one vocabulary.
    pub shared_vocabulary: bool,
    /// Translations that are followed at the same time in the final evaluation.
    pub beam: usize,
}

impl<Model, Objective> TranslatorConfig<Model, Objective> {
    /// The settings that the command line asks for. The sizes of the vocabularies are put into the model when they are known.
    ///
    /// # Errors
    /// [`CommandError`] for values that make no sense.
    pub fn from_args(
        pairs: &PairArgs,
        args: &TrainingArgs,
        usual: Usual,
        model: Model,
        objective: Objective,
    ) -> Result<Self, CommandError> {
        let data = data_config(pairs)?;
        let unit = pairs.unit.unwrap_or(match &data {
            DataConfig::Task { task, .. } => task.unit(),
            DataConfig::Files { .. } => Unit::Pieces,
        });
        let Usual { steps, lr, usual_lr, adamw, shared_vocabulary, beam } = usual;
        let seed = args.seed.unwrap_or(0);
        let tenth = steps.div_ceil(10);
        Ok(TranslatorConfig {
            jumok_version: env!("CARGO_PKG_VERSION").into(),
            seed,
            steps,
            shards: args.shards.unwrap_or(defaults::SHARDS),
            shared_vocabulary,
            beam,
            checkpoint_every: args.checkpoint_every.unwrap_or(tenth.min(1000)),
            eval_every: args.eval_every.unwrap_or(tenth),
            max_tokens: pairs.max_tokens.unwrap_or(defaults::MAX_TOKENS),
            optimizer: OptimizerConfig {
                max_grad_norm: args.max_grad_norm.unwrap_or(defaults::MAX_GRAD_NORM),
                adamw: AdamWConfig { weight_decay: args.weight_decay.unwrap_or(defaults::WEIGHT_DECAY), ..adamw },
                schedule: ScheduleWish {
                    name: args.schedule,
                    lr,
                    usual_lr,
                    warmup_steps: args.warmup_steps,
                    total_steps: steps,
                }
                .schedule()?,
            },
            batches: BatchOptions {
                batch_size: args.batch_size.unwrap_or(defaults::BATCH_SIZE),
                seed,
                bucket: defaults::BUCKET,
            },
            vocabulary: VocabularyOptions {
                unit,
                size: pairs.vocab_size.unwrap_or(defaults::VOCAB_SIZE),
                // A word that occurs once cannot be learned; as a letter it may be needed to spell.
                min_frequency: if unit == Unit::Words && matches!(data, DataConfig::Files { .. }) { 2 } else { 1 },
                lowercase: !pairs.keep_case,
            },
            data,
            sha256: String::new(),
            objective,
            model,
        })
    }

    /// The same settings, if they make sense beside each other.
    ///
    /// # Errors
    /// As [`TranslatorConfig::validate`].
    pub fn checked<M>(self) -> Result<Self, CommandError>
    where
        M: TranslationModel<Config = Model, Objective = Objective>,
    {
        self.validate::<M>()?;
        Ok(self)
    }

    /// Checks the rules between the settings.
    ///
    /// # Errors
    /// The first one that is broken, with what would do.
    pub fn validate<M>(&self) -> Result<(), CommandError>
    where
        M: TranslationModel<Config = Model, Objective = Objective>,
    {
        M::validate(&self.model, &self.objective)?;
        self.optimizer.validate()?;
        if self.shards > self.batches.batch_size {
            let pairs = self.batches.batch_size;
            let rule = format!("a batch of {pairs} pairs cannot be cut into more parts than it has pairs");
            return Err(CommandError::option("--shards", self.shards, rule));
        }
        match self.data {
            DataConfig::Task { min_length, max_length, .. } if min_length > max_length => {
                let rule = format!("the longest sequence has --max-length {max_length} symbols, so use at most that");
                Err(CommandError::option("--min-length", min_length, rule))
            }
            DataConfig::Task { max_length, .. } if max_length > self.max_tokens => {
                let rule =
                    format!("pairs with more than --max-tokens {} are not trained on: raise it", self.max_tokens);
                Err(CommandError::option("--max-length", max_length, rule))
            }
            DataConfig::Files { held_out, .. } if !(held_out > 0.0 && held_out < 1.0) => {
                let rule = "a share lies between 0 and 1, 0.05 for example";
                Err(CommandError::option("--held-out", held_out, rule))
            }
            _ => Ok(()),
        }
    }

    /// What is learned, for the name of the folder: the task, or `files`.
    pub fn name(&self) -> &'static str {
        match &self.data {
            DataConfig::Task { task, .. } => task.name(),
            DataConfig::Files { .. } => "files",
        }
    }
}

fn data_config(args: &PairArgs) -> Result<DataConfig, CommandError> {
    let aligned =
        |source: &Path, target: &Path| PairFiles::Aligned { source: absolute(source), target: absolute(target) };
    let tabbed = |pairs: &Path| PairFiles::Tabbed { pairs: absolute(pairs) };
    let held_out = args.held_out.unwrap_or(defaults::HELD_OUT);
    if let (Some(source), Some(target)) = (&args.source, &args.target) {
        let valid = args.valid_source.as_deref().zip(args.valid_target.as_deref());
        let valid = valid.map(|(source, target)| aligned(source, target));
        return Ok(DataConfig::Files { training: aligned(source, target), valid, held_out });
    }
    if let Some(pairs) = &args.pairs {
        let valid = args.valid_pairs.as_deref().map(tabbed);
        return Ok(DataConfig::Files { training: tabbed(pairs), valid, held_out });
    }
    if let Some(share) = args.held_out {
        let rule = "generated pairs are held out by number: use --held-out-pairs";
        return Err(CommandError::option("--held-out", share, rule));
    }
    let task = args.task.unwrap_or(Task::Reverse);
    for (option, value) in [("--min-length", args.min_length), ("--max-length", args.max_length)] {
        if let Some(value) = value.filter(|_| !task.has_lengths()) {
            let rule = format!("only copy and reverse have sequences of chosen length, {task} has not");
            return Err(CommandError::option(option, value, rule));
        }
    }
    Ok(DataConfig::Task {
        task,
        training: args.training_pairs.unwrap_or(defaults::TRAINING_PAIRS),
        held_out: args.held_out_pairs.unwrap_or(defaults::HELD_OUT_PAIRS),
        min_length: args.min_length.unwrap_or(defaults::MIN_LENGTH),
        max_length: args.max_length.unwrap_or(defaults::MAX_LENGTH),
    })
}
