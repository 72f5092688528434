//! The settings of a run: `config.toml`.

use std::path::{Path, PathBuf};

use jumok_nn::AdamWConfig;
use jumok_seq2seq::{AttentionKind, ScoreKind, Seq2SeqConfig};
use jumok_text::{BatchOptions, Task, Unit, VocabularyOptions};
use serde::{Deserialize, Serialize};

use crate::CommandError;
use crate::cli::Seq2SeqTrainArgs;
use crate::commands::run::{OptimizerConfig, ScheduleWish, absolute};

/// Everything that decides the result of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranslatorConfig {
    /// The version of the program that started the run.
    pub jumok_version: String,
    /// Everything random follows from it.
    pub seed: u64,
    /// Training steps.
    pub steps: u64,
    /// Parts of a batch that are differentiated side by side.
    pub shards: usize,
    /// Probability with which the decoder reads the right token.
    pub teacher_forcing: f64,
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
    /// How both vocabularies are learned.
    pub vocabulary: VocabularyOptions,
    /// Where the pairs come from.
    pub data: DataConfig,
    /// The sizes of the model.
    pub model: Seq2SeqConfig,
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
    pub(super) const PRESET: &str = "tiny";
    pub(super) const STEPS: u64 = 2000;
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

    /// Narrow models take larger steps.
    pub(super) fn learning_rate(width: usize) -> f64 {
        if width <= 128 { 5e-3 } else { 1e-3 }
    }
}

impl TranslatorConfig {
    /// The settings that the command line asks for, checked as far as that is possible without reading the pairs. The sizes of
    /// the vocabularies are put into the model when they are known.
    ///
    /// # Errors
    /// [`CommandError`] for values that make no sense, alone or beside the others.
    pub fn from_args(args: &Seq2SeqTrainArgs) -> Result<TranslatorConfig, CommandError> {
        let data = data_config(args)?;
        let unit = args.unit.unwrap_or(match &data {
            DataConfig::Task { task, .. } => task.unit(),
            DataConfig::Files { .. } => Unit::Pieces,
        });
        let model = model_config(args)?;
        let steps = args.steps.unwrap_or(defaults::STEPS);
        let seed = args.seed.unwrap_or(0);
        let tenth = steps.div_ceil(10);
        let config = TranslatorConfig {
            jumok_version: env!("CARGO_PKG_VERSION").into(),
            seed,
            steps,
            shards: args.shards.unwrap_or(defaults::SHARDS),
            teacher_forcing: args.teacher_forcing.unwrap_or(1.0),
            checkpoint_every: args.checkpoint_every.unwrap_or(tenth.min(1000)),
            eval_every: args.eval_every.unwrap_or(tenth),
            max_tokens: args.max_tokens.unwrap_or(defaults::MAX_TOKENS),
            optimizer: OptimizerConfig {
                max_grad_norm: args.max_grad_norm.unwrap_or(defaults::MAX_GRAD_NORM),
                adamw: AdamWConfig {
                    weight_decay: args.weight_decay.unwrap_or(defaults::WEIGHT_DECAY),
                    ..AdamWConfig::default()
                },
                schedule: ScheduleWish {
                    name: args.schedule,
                    lr: args.lr,
                    usual_lr: defaults::learning_rate(model.decoder_hidden_size),
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
                size: args.vocab_size.unwrap_or(defaults::VOCAB_SIZE),
                // A word that occurs once cannot be learned; as a letter it may be needed to spell.
                min_frequency: if unit == Unit::Words && matches!(data, DataConfig::Files { .. }) { 2 } else { 1 },
                lowercase: !args.keep_case,
            },
            data,
            sha256: String::new(),
            model,
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
        if !(0.0..=1.0).contains(&self.teacher_forcing) {
            let rule = "a probability lies between 0 and 1";
            return Err(CommandError::option("--teacher-forcing", self.teacher_forcing, rule));
        }
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

fn data_config(args: &Seq2SeqTrainArgs) -> Result<DataConfig, CommandError> {
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

fn model_config(args: &Seq2SeqTrainArgs) -> Result<Seq2SeqConfig, CommandError> {
    let mut model = Seq2SeqConfig::preset(args.preset.as_deref().unwrap_or(defaults::PRESET))?;
    if let Some(width) = args.hidden_size {
        model = with_width(model, width);
    }
    model.attention = args.attention.unwrap_or(model.attention);
    if args.attention == Some(AttentionKind::Luong) {
        model.score = ScoreKind::General;
    }
    if let (AttentionKind::None, Some(score)) = (model.attention, args.score) {
        return Err(CommandError::option("--score", score, "without attention nothing is scored: leave it out"));
    }
    model.score = args.score.unwrap_or(model.score);
    model.cell = args.cell.unwrap_or(model.cell);
    model.encoder_layers = args.encoder_layers.unwrap_or(model.encoder_layers);
    model.bidirectional = !args.one_direction;
    model.dropout = args.dropout.unwrap_or(model.dropout);
    Ok(model)
}

/// The same model with all of its layers `width` wide.
pub(super) fn with_width(model: Seq2SeqConfig, width: usize) -> Seq2SeqConfig {
    Seq2SeqConfig {
        embedding_size: width,
        encoder_hidden_size: width,
        decoder_hidden_size: width,
        attention_hidden_size: width,
        readout_size: width,
        ..model
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(args: Seq2SeqTrainArgs) -> String {
        TranslatorConfig::from_args(&args).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_sound_and_survive_the_file() {
        let files = Seq2SeqTrainArgs {
            source: Some("a.en".into()),
            target: Some("a.fr".into()),
            valid_source: Some("b.en".into()),
            valid_target: Some("b.fr".into()),
            ..Default::default()
        };
        let tabbed = Seq2SeqTrainArgs { pairs: Some("a.tsv".into()), ..Default::default() };
        for args in [Seq2SeqTrainArgs::default(), files, tabbed] {
            let config = TranslatorConfig::from_args(&args).unwrap();
            let text = toml::to_string(&config).unwrap();
            assert_eq!(toml::from_str::<TranslatorConfig>(&text).unwrap(), config, "{text}");
        }
    }

    #[test]
    fn each_task_brings_its_unit_and_each_attention_its_score() {
        let config = |args| TranslatorConfig::from_args(&args).unwrap();
        let dates = config(Seq2SeqTrainArgs { task: Some(Task::DatesKo), ..Default::default() });
        assert_eq!((dates.vocabulary.unit, dates.name()), (Unit::Characters, "dates-ko"));
        let luong = config(Seq2SeqTrainArgs { attention: Some(AttentionKind::Luong), ..Default::default() });
        assert_eq!((luong.vocabulary.unit, luong.model.score), (Unit::Words, ScoreKind::General));
        let wide = config(Seq2SeqTrainArgs { hidden_size: Some(200), ..Default::default() });
        assert_eq!((wide.model.encoder_hidden_size, wide.optimizer.schedule.lr(100)), (200, 1e-3));
    }

    #[test]
    fn senseless_values_are_refused_with_what_would_do() {
        let default = Seq2SeqTrainArgs::default;
        let error = refused(Seq2SeqTrainArgs { min_length: Some(9), max_length: Some(8), ..default() });
        assert!(error.contains("--min-length 9") && error.contains("at most that"), "{error}");
        let error = refused(Seq2SeqTrainArgs { max_length: Some(80), ..default() });
        assert!(error.contains("--max-tokens 60"), "{error}");
        let error = refused(Seq2SeqTrainArgs { task: Some(Task::DatesEn), max_length: Some(8), ..default() });
        assert!(error.contains("dates-en has not"), "{error}");
        let none = Some(AttentionKind::None);
        let error = refused(Seq2SeqTrainArgs { attention: none, score: Some(ScoreKind::Dot), ..default() });
        assert!(error.contains("nothing is scored"), "{error}");
        let error = refused(Seq2SeqTrainArgs { score: Some(ScoreKind::Dot), ..default() });
        assert!(error.contains("128 wide"), "{error}");
        for lr in [0.0, f64::NAN, 3.0] {
            assert!(refused(Seq2SeqTrainArgs { lr: Some(lr), ..default() }).contains("--lr"));
        }
        assert!(refused(Seq2SeqTrainArgs { teacher_forcing: Some(1.5), ..default() }).contains("--teacher-forcing"));
        assert!(refused(Seq2SeqTrainArgs { shards: Some(65), ..default() }).contains("a batch of 64 pairs"));
        let error = refused(Seq2SeqTrainArgs { pairs: Some("a".into()), held_out: Some(1.0), ..default() });
        assert!(error.contains("--held-out"), "{error}");
        assert!(refused(Seq2SeqTrainArgs { held_out: Some(0.1), ..default() }).contains("--held-out-pairs"));
        assert!(refused(Seq2SeqTrainArgs { dropout: Some(1.0), ..default() }).contains("dropout"));
    }
}
