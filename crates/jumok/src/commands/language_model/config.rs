//! The settings of a run: `config.toml`.

use std::path::PathBuf;

use jumok_nn::{AdamWConfig, Schedule};
use jumok_text::{Unit, VocabularyOptions};
use jumok_transformer::causal::CausalLanguageModelConfig;
use serde::{Deserialize, Serialize};

use crate::CommandError;
use crate::cli::{Lang, LanguageModelTrainArgs};
use crate::commands::run::{OptimizerConfig, ScheduleWish, absolute};

/// Everything that decides the result of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LanguageModelRunConfig {
    /// The version of the program that started the run.
    pub jumok_version: String,
    /// The preset that the sizes began with.
    pub preset: String,
    /// Everything random follows from it.
    pub seed: u64,
    /// Training steps.
    pub steps: u64,
    /// Windows of the text a step.
    pub batch_size: usize,
    /// Parts of a batch that are differentiated side by side.
    pub shards: usize,
    /// Steps between two checkpoints.
    pub checkpoint_every: u64,
    /// Steps between two evaluations.
    pub eval_every: u64,
    /// The fingerprint of the text; empty until it was read.
    pub sha256: String,
    /// The optimiser and the learning rate.
    pub optimizer: OptimizerConfig,
    /// How the vocabulary is learned.
    pub vocabulary: VocabularyOptions,
    /// Where the text comes from.
    pub data: DataConfig,
    /// The sizes of the model.
    pub model: CausalLanguageModelConfig,
}

/// Where the text comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum DataConfig {
    /// The built-in stories.
    Stories {
        /// Their language: `en` or `ko`.
        language: String,
        /// Stories to train on.
        documents: usize,
        /// Stories held out.
        held_out: usize,
    },
    /// A file.
    File {
        /// Its absolute path.
        path: PathBuf,
        /// Share of its characters that is held out.
        held_out: f64,
    },
}

/// The defaults: nanoGPT's for a CPU, but for the learning rate.
mod defaults {
    pub(super) const PRESET: &str = "nanogpt";
    pub(super) const STEPS: u64 = 2000;
    pub(super) const BATCH_SIZE: usize = 12;
    pub(super) const SHARDS: usize = 2;
    pub(super) const BETAS: (f64, f64) = (0.9, 0.99);
    pub(super) const WEIGHT_DECAY: f64 = 0.1;
    pub(super) const MAX_GRAD_NORM: f64 = 1.0;
    pub(super) const VOCAB_SIZE: usize = 4000;
    pub(super) const HELD_OUT: f64 = 0.1;
    pub(super) const STORIES: usize = 12_000;
    pub(super) const HELD_OUT_STORIES: usize = 500;
}

/// The usual highest rate for a model so wide. Small models bear, and in few steps need, more than nanoGPT's 1e-3: with it the characters
/// of Shakespeare's plays end at a held-out loss of 1.90, with 3e-3 below 1.80. The wide ones take GPT-3's for that size.
fn learning_rate(n_embd: usize) -> f64 {
    if n_embd <= 256 { 3e-3 } else { 6e-4 }
}

impl LanguageModelRunConfig {
    /// The settings that the command line asks for, checked as far as that is possible without reading the text. The size of
    /// the vocabulary is put into the model when it is known.
    ///
    /// # Errors
    /// [`CommandError`] for values that make no sense, alone or beside the others.
    pub fn from_args(args: &LanguageModelTrainArgs) -> Result<Self, CommandError> {
        let steps = args.steps.unwrap_or(defaults::STEPS);
        let tenth = steps.div_ceil(10);
        let preset = args.preset.clone().unwrap_or_else(|| defaults::PRESET.into());
        let data = match &args.text {
            Some(path) => {
                DataConfig::File { path: absolute(path), held_out: args.held_out.unwrap_or(defaults::HELD_OUT) }
            }
            None => DataConfig::Stories {
                language: if args.corpus == Some(Lang::Ko) { "ko" } else { "en" }.into(),
                documents: defaults::STORIES,
                held_out: defaults::HELD_OUT_STORIES,
            },
        };
        let unit = args.unit.unwrap_or(if args.text.is_some() { Unit::Characters } else { Unit::Words });
        let model = model_config(args, &preset)?;
        let config = Self {
            jumok_version: env!("CARGO_PKG_VERSION").into(),
            seed: args.seed.unwrap_or(0),
            steps,
            batch_size: args.batch_size.unwrap_or(defaults::BATCH_SIZE),
            shards: args.shards.unwrap_or(defaults::SHARDS),
            checkpoint_every: args.checkpoint_every.unwrap_or(tenth.min(1000)),
            eval_every: args.eval_every.unwrap_or(tenth),
            sha256: String::new(),
            optimizer: OptimizerConfig {
                max_grad_norm: args.max_grad_norm.unwrap_or(defaults::MAX_GRAD_NORM),
                adamw: AdamWConfig {
                    betas: defaults::BETAS,
                    weight_decay: args.weight_decay.unwrap_or(defaults::WEIGHT_DECAY),
                    ..AdamWConfig::default()
                },
                schedule: schedule(args, steps, model.n_embd)?,
            },
            vocabulary: VocabularyOptions {
                unit,
                size: args.vocab_size.unwrap_or(defaults::VOCAB_SIZE),
                min_frequency: 1,
                lowercase: false,
            },
            data,
            model,
            preset,
        };
        config.validate()?;
        Ok(config)
    }

    /// Checks the rules between the settings.
    ///
    /// # Errors
    /// The first one that is broken, with what would do.
    pub fn validate(&self) -> Result<(), CommandError> {
        self.model.validate()?;
        self.optimizer.validate()?;
        if self.shards > self.batch_size {
            let rule =
                format!("a batch of {} windows cannot be cut into more parts than it has windows", self.batch_size);
            return Err(CommandError::option("--shards", self.shards, rule));
        }
        match self.data {
            DataConfig::File { held_out, .. } if !(held_out > 0.0 && held_out < 1.0) => {
                Err(CommandError::option("--held-out", held_out, "a share lies between 0 and 1, 0.1 for example"))
            }
            _ => Ok(()),
        }
    }
}

/// A rise from zero, then half a cosine down to the lowest rate.
fn schedule(args: &LanguageModelTrainArgs, steps: u64, n_embd: usize) -> Result<Schedule, CommandError> {
    let wish = ScheduleWish {
        name: None,
        lr: args.lr,
        usual_lr: learning_rate(n_embd),
        warmup_steps: args.warmup_steps,
        total_steps: steps,
    };
    let (lr, warmup_steps) = wish.rate_and_warmup()?;
    let min_lr = args.min_lr.unwrap_or(lr / 10.0);
    if !(0.0..=lr).contains(&min_lr) {
        let rule = format!("it must be at least 0 and at most the highest rate, --lr {lr}");
        return Err(CommandError::option("--min-lr", min_lr, rule));
    }
    Ok(Schedule::CosineWithMinLr { lr, warmup_steps, total_steps: steps, min_lr })
}

fn model_config(args: &LanguageModelTrainArgs, preset: &str) -> Result<CausalLanguageModelConfig, CommandError> {
    let mut model = CausalLanguageModelConfig::preset(preset)?.with_dropout(args.dropout.unwrap_or(0.0));
    if let Some(width) = args.n_embd {
        model.n_embd = width;
        // In the same proportion to the width as the preset's.
        model.n_inner = model.n_inner.map(|_| (width * 8 / 3).next_multiple_of(32));
    }
    if let Some(heads) = args.n_head {
        model.n_head = heads;
        model.num_key_value_heads = model.num_key_value_heads.map(|_| (heads / 2).max(1));
    }
    model.n_layer = args.n_layer.unwrap_or(model.n_layer);
    model.n_positions = args.n_positions.unwrap_or(model.n_positions);
    Ok(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(args: LanguageModelTrainArgs) -> String {
        LanguageModelRunConfig::from_args(&args).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_nanogpts_size_and_survive_the_file() {
        for (text, preset) in [(Some("a.txt".into()), None), (None, Some("llama".to_owned()))] {
            let args = LanguageModelTrainArgs { text, preset, ..Default::default() };
            let config = LanguageModelRunConfig::from_args(&args).unwrap();
            let text = toml::to_string(&config).unwrap();
            assert_eq!(toml::from_str::<LanguageModelRunConfig>(&text).unwrap(), config, "{text}");
        }
        let config = LanguageModelRunConfig::from_args(&LanguageModelTrainArgs {
            text: Some("a.txt".into()),
            ..Default::default()
        })
        .unwrap();
        assert_eq!(config.model, CausalLanguageModelConfig::nanogpt());
        assert_eq!((config.vocabulary.unit, config.batch_size, config.steps), (Unit::Characters, 12, 2000));
        let schedule = config.optimizer.schedule;
        assert_eq!((schedule.lr(50), schedule.lr(100)), (1.5e-3, 3e-3));
        assert!((schedule.lr(2000) - 3e-4).abs() < 1e-12);
    }

    #[test]
    fn senseless_values_are_refused_with_what_would_do() {
        let default = LanguageModelTrainArgs::default;
        let error = refused(LanguageModelTrainArgs { n_head: Some(3), ..default() });
        assert!(error.contains("it must divide n_embd = 128"), "{error}");
        let error = refused(LanguageModelTrainArgs { shards: Some(13), ..default() });
        assert!(error.contains("a batch of 12 windows"), "{error}");
        let error = refused(LanguageModelTrainArgs { min_lr: Some(0.1), ..default() });
        assert!(error.contains("--min-lr 0.1") && error.contains("--lr 0.003"), "{error}");
        let error = refused(LanguageModelTrainArgs { text: Some("a".into()), held_out: Some(1.0), ..default() });
        assert!(error.contains("--held-out"), "{error}");
        for lr in [0.0, f64::NAN, 3.0] {
            assert!(refused(LanguageModelTrainArgs { lr: Some(lr), ..default() }).contains("--lr"));
        }
        assert!(refused(LanguageModelTrainArgs { dropout: Some(1.0), ..default() }).contains("dropout"));
    }
}
