//! The settings of a run: `config.toml`.

use std::path::{Path, PathBuf};

use jumok_bert::{BertConfig, EncoderConfig};
use jumok_nn::AdamWConfig;
use jumok_text::pretraining::MaskingOptions;
use jumok_text::{Language as TextLanguage, Padding, Pairing, PretrainingOptions, Relation};
use serde::{Deserialize, Serialize};

use crate::CommandError;
use crate::cli::{ExerciseName, Lang, ModelTypeName, PairingName, PrecisionName, PretrainArgs};
use crate::commands::run::{OptimizerConfig, ScheduleWish, absolute};

/// Everything that decides the result of a run. Two runs with equal settings end with equal weights, whatever the number of
/// threads and however often they were interrupted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PretrainConfig {
    /// The version of the program that started the run.
    pub jumok_version: String,
    /// The name of the model's sizes, for the name of the folder.
    pub preset: String,
    /// Everything random follows from it.
    pub seed: u64,
    /// Training steps.
    pub steps: u64,
    /// Parts of a batch that are differentiated side by side.
    pub shards: usize,
    /// Rows that a shard works on at once; without it, all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub micro_batch: Option<usize>,
    /// In what the products of layers multiply.
    #[serde(default)]
    pub precision: PrecisionName,
    /// Steps between two checkpoints.
    pub checkpoint_every: u64,
    /// Steps between two evaluations.
    pub eval_every: u64,
    /// The optimiser and the learning rate.
    pub optimizer: OptimizerConfig,
    /// The text.
    pub corpus: CorpusConfig,
    /// What examples are made of it.
    pub data: PretrainingOptions,
    /// The folder of the model that it begins with, as an absolute path; absent if it begins afresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PathBuf>,
    /// The folder of the teacher, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub teacher: Option<PathBuf>,
    /// The sizes of the model.
    pub model: EncoderConfig,
}

/// Where the text comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CorpusConfig {
    /// The language of the built-in corpus; absent if there are files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub builtin: Option<TextLanguage>,
    /// The files, as absolute paths.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<PathBuf>,
    /// Share of the files' documents that is held out.
    pub held_out: f64,
    /// A vocabulary to use instead of a learned one, as an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<PathBuf>,
    /// Word pieces to learn at most.
    pub vocab_size: usize,
    /// The fingerprint of all sentences; empty until the text was read.
    pub sha256: String,
}

/// The defaults, which were chosen so that the quick start ends in about a minute on two cores.
mod defaults {
    pub(super) const PRESET: &str = "tiny";
    pub(super) const STEPS: u64 = 2500;
    pub(super) const BATCH_SIZE: usize = 32;
    pub(super) const SEQ_LEN: usize = 64;
    /// The learning rate times the width of the model: wider models want smaller steps.
    pub(super) const LEARNING_RATE_TIMES_WIDTH: f64 = 2e-3 * 128.0;
    pub(super) const WEIGHT_DECAY: f64 = 0.01;
    pub(super) const MAX_GRAD_NORM: f64 = 1.0;
    /// As in BERT's own code.
    pub(super) const EPS: f64 = 1e-6;
    pub(super) const VOCAB_SIZE: usize = 2000;
    pub(super) const HELD_OUT: f64 = 0.05;
    pub(super) const SHARDS: usize = 4;
    /// Short inputs among the segments, as in BERT.
    pub(super) const SHORT_SEQ_PROB: f64 = 0.1;
}

impl PretrainConfig {
    /// The settings that the command line asks for, checked as far as that is possible without reading the text.
    /// The vocabulary's size is put into the model when it is known.
    ///
    /// # Errors
    /// [`CommandError`] for values that make no sense, alone or beside the others.
    pub fn from_args(args: &PretrainArgs, corpus_language: Lang) -> Result<PretrainConfig, CommandError> {
        let (preset, model) = model_of(args)?;
        let relation = relation_of(args.second_exercise, &model);
        let steps = args.steps.unwrap_or(defaults::STEPS);
        let seed = args.seed.unwrap_or(0);
        let tenth = steps.div_ceil(10);
        let config = PretrainConfig {
            jumok_version: env!("CARGO_PKG_VERSION").into(),
            preset,
            seed,
            steps,
            shards: args.shards.unwrap_or(defaults::SHARDS),
            micro_batch: args.micro_batch,
            precision: args.precision.unwrap_or_default(),
            checkpoint_every: args.checkpoint_every.unwrap_or(tenth.min(1000)),
            eval_every: args.eval_every.unwrap_or(tenth),
            optimizer: OptimizerConfig {
                max_grad_norm: args.max_grad_norm.unwrap_or(defaults::MAX_GRAD_NORM),
                adamw: AdamWConfig {
                    eps: defaults::EPS,
                    weight_decay: args.weight_decay.unwrap_or(defaults::WEIGHT_DECAY),
                    ..AdamWConfig::default()
                },
                schedule: ScheduleWish {
                    name: args.schedule,
                    lr: args.lr,
                    usual_lr: (defaults::LEARNING_RATE_TIMES_WIDTH / model.sizes().hidden_size as f64).min(1e-2),
                    warmup_steps: args.warmup_steps,
                    total_steps: steps,
                }
                .schedule()?,
            },
            corpus: CorpusConfig {
                builtin: args.text.is_empty().then_some(match corpus_language {
                    Lang::En => TextLanguage::English,
                    Lang::Ko => TextLanguage::Korean,
                }),
                files: args.text.iter().map(|path| absolute(path)).collect(),
                held_out: args.held_out.unwrap_or(defaults::HELD_OUT),
                tokenizer: args
                    .tokenizer
                    .as_ref()
                    .or(args.from.as_ref())
                    .or(args.teacher.as_ref())
                    .map(|path| absolute(path)),
                vocab_size: args.vocab_size.unwrap_or(defaults::VOCAB_SIZE),
                sha256: String::new(),
            },
            data: PretrainingOptions {
                batch_size: args.batch_size.unwrap_or(defaults::BATCH_SIZE),
                seq_len: args.seq_len.unwrap_or(defaults::SEQ_LEN),
                seed,
                relation,
                pairing: match args.pairing.unwrap_or(usual_pairing(relation)) {
                    PairingName::Sentences => Pairing::Sentences,
                    PairingName::Segments => Pairing::Segments { short_seq_prob: defaults::SHORT_SEQ_PROB },
                    PairingName::Packed => Pairing::Packed,
                },
                masking: MaskingOptions { whole_words: args.whole_word_masking, ..MaskingOptions::default() },
                dynamic: !args.static_masks,
                padding: Padding::Longest,
            },
            from: args.from.as_deref().map(absolute),
            teacher: args.teacher.as_deref().map(absolute),
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
        self.data.validate()?;
        self.precision.available()?;
        let (seq_len, positions) = (self.data.seq_len, self.model.max_length());
        if seq_len > positions {
            let rule = format!("the model has max_position_embeddings = {positions}, so use at most that");
            return Err(CommandError::option("--seq-len", seq_len, rule));
        }
        super::model::check_exercise(&self.model, self.data.relation)?;
        let segments = self.model.sizes().segments;
        if self.data.relation != Relation::None && segments < 2 {
            let rule = "sentences A and B need two segments";
            return Err(CommandError::option("type_vocab_size", segments, rule));
        }
        self.optimizer.validate()?;
        if self.shards > self.data.batch_size {
            let rule = format!(
                "a batch of {} examples cannot be cut into more parts than it has examples",
                self.data.batch_size
            );
            return Err(CommandError::option("--shards", self.shards, rule));
        }
        if !(self.corpus.held_out > 0.0 && self.corpus.held_out < 1.0) {
            let rule = "a share lies between 0 and 1, 0.05 for example";
            return Err(CommandError::option("--held-out", self.corpus.held_out, rule));
        }
        if self.corpus.vocab_size < 6 {
            let rule = "five special tokens need a place, and words some more: use at least a few hundred";
            return Err(CommandError::option("--vocab-size", self.corpus.vocab_size, rule));
        }
        Ok(())
    }
}

/// The name of the sizes, and the sizes that are asked for.
fn model_of(args: &PretrainArgs) -> Result<(String, EncoderConfig), CommandError> {
    let (preset, mut model) = if let Some(folder) = &args.from {
        ("continued", EncoderConfig::load(folder)?)
    } else if let Some(folder) = &args.teacher {
        ("student", student_of(folder, args.model_type)?)
    } else if let Some(path) = &args.config {
        ("config", read_encoder_config(path, args.model_type)?)
    } else {
        let preset = args.preset.as_deref().unwrap_or(defaults::PRESET);
        let bert =
            BertConfig { hidden_dropout_prob: 0.0, attention_probs_dropout_prob: 0.0, ..BertConfig::preset(preset)? };
        let hidden_size = args.hidden_size.unwrap_or(bert.hidden_size);
        let initializer_range = BertConfig::initializer_range_for(hidden_size);
        let model_type = args.model_type.unwrap_or(ModelTypeName::Bert).model_type();
        let model = EncoderConfig::like(model_type, &BertConfig { hidden_size, initializer_range, ..bert });
        (preset, model.expect("every type that can be typed exists"))
    };
    let wishes = [args.hidden_size, args.num_hidden_layers, args.num_attention_heads, args.intermediate_size];
    for (size, wish) in model.sizes_mut().into_iter().zip(wishes) {
        *size = wish.unwrap_or(*size);
    }
    if let Some(embedding_size) = args.embedding_size {
        match &mut model {
            EncoderConfig::Albert(config) => config.embedding_size = embedding_size,
            _ => {
                let rule = "only ALBERT's embeddings have a width of their own: leave it out";
                return Err(CommandError::option("--embedding-size", embedding_size, rule));
            }
        }
    }
    if let Some(dropout) = args.dropout {
        model.set_dropout(dropout);
    }
    Ok((preset.to_owned(), model))
}

/// A DistilBERT of the sizes of the BERT in `folder`.
fn student_of(folder: &Path, model_type: Option<ModelTypeName>) -> Result<EncoderConfig, CommandError> {
    if let Some(other) = model_type.filter(|&name| name != ModelTypeName::Distilbert) {
        let rule = "only a distilbert learns from a --teacher";
        return Err(CommandError::option("--model-type", other.model_type(), rule));
    }
    match EncoderConfig::load(folder)? {
        EncoderConfig::Bert(teacher) => {
            let undropped = BertConfig { hidden_dropout_prob: 0.0, attention_probs_dropout_prob: 0.0, ..teacher };
            Ok(EncoderConfig::like("distilbert", &undropped).expect("the type exists"))
        }
        other => {
            let rule = format!("it holds a {}, but the teacher of a DistilBERT is a BERT", other.model_type());
            Err(CommandError::option("--teacher", folder.display(), rule))
        }
    }
}

fn relation_of(exercise: Option<ExerciseName>, model: &EncoderConfig) -> Relation {
    match (exercise, model) {
        (Some(ExerciseName::NextSentence), _) | (None, EncoderConfig::Bert(_)) => Relation::NextSentence,
        (Some(ExerciseName::SentenceOrder), _) | (None, EncoderConfig::Albert(_)) => Relation::SentenceOrder,
        (Some(ExerciseName::None), _) | (None, _) => Relation::None,
    }
}

fn usual_pairing(relation: Relation) -> PairingName {
    if relation == Relation::None { PairingName::Packed } else { PairingName::Segments }
}

/// Reads the `config.json` of an encoder of any type; where the file names none, it is of `model_type`, or else a BERT.
///
/// # Errors
/// [`CommandError::ModelConfig`] if it cannot be read, is no configuration, is of another type or its sizes do not fit.
fn read_encoder_config(path: &Path, model_type: Option<ModelTypeName>) -> Result<EncoderConfig, CommandError> {
    let unusable = |reason: String| CommandError::ModelConfig { path: path.into(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let mut json: serde_json::Value = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    if !json.is_object() {
        return Err(unusable(
            "it is no JSON object: a configuration is written as {\"hidden_size\": 128, …}".to_owned(),
        ));
    }
    if let Some(wanted) = model_type.map(ModelTypeName::model_type) {
        match json.get("model_type").and_then(|name| name.as_str()) {
            Some(found) if found != wanted => {
                return Err(unusable(format!("it describes a {found}, but --model-type is {wanted}")));
            }
            _ => json["model_type"] = wanted.into(),
        }
    }
    let config: EncoderConfig = serde_json::from_value(json).map_err(|error| unusable(error.to_string()))?;
    config.validate().map_err(|error| unusable(error.to_string()))?;
    Ok(config)
}

/// Reads a model's `config.json`.
///
/// # Errors
/// [`CommandError::ModelConfig`] if it cannot be read or is no configuration, [`CommandError::Config`] if its sizes do not fit.
pub fn read_model_config(path: &Path) -> Result<BertConfig, CommandError> {
    let unusable = |reason: String| CommandError::ModelConfig { path: path.into(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| unusable(error.to_string()))?;
    let config: BertConfig = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    config.validate().map_err(|error| unusable(error.to_string()))?;
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(args: PretrainArgs) -> String {
        PretrainConfig::from_args(&args, Lang::En).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_sound_and_survive_the_file() {
        for language in [Lang::En, Lang::Ko] {
            let config = PretrainConfig::from_args(&PretrainArgs::default(), language).unwrap();
            let text = toml::to_string(&config).unwrap();
            assert_eq!(toml::from_str::<PretrainConfig>(&text).unwrap(), config, "{text}");
        }
        let args = PretrainArgs { micro_batch: Some(4), text: vec!["a.txt".into()], ..Default::default() };
        let config = PretrainConfig::from_args(&args, Lang::En).unwrap();
        assert_eq!(config.corpus.builtin, None);
        assert!(config.corpus.files[0].is_absolute());
        assert_eq!(toml::from_str::<PretrainConfig>(&toml::to_string(&config).unwrap()).unwrap(), config);
    }

    #[test]
    fn each_type_has_the_exercises_of_its_paper() {
        let of = |model_type, second_exercise| {
            let args = PretrainArgs { model_type: Some(model_type), second_exercise, ..Default::default() };
            PretrainConfig::from_args(&args, Lang::En)
        };
        for (model_type, relation, pairing) in [
            (ModelTypeName::Bert, Relation::NextSentence, Pairing::Segments { short_seq_prob: 0.1 }),
            (ModelTypeName::Albert, Relation::SentenceOrder, Pairing::Segments { short_seq_prob: 0.1 }),
            (ModelTypeName::Roberta, Relation::None, Pairing::Packed),
            (ModelTypeName::Distilbert, Relation::None, Pairing::Packed),
        ] {
            let config = of(model_type, None).unwrap();
            assert_eq!((config.data.relation, config.data.pairing), (relation, pairing));
            assert_eq!(config.model.model_type(), model_type.model_type());
            assert_eq!(toml::from_str::<PretrainConfig>(&toml::to_string(&config).unwrap()).unwrap(), config);
            assert_eq!(of(model_type, Some(ExerciseName::None)).unwrap().data.relation, Relation::None);
        }
        let error = of(ModelTypeName::Roberta, Some(ExerciseName::NextSentence)).unwrap_err().to_string();
        assert!(error.contains("--second-exercise next-sentence") && error.contains("have none"), "{error}");
        let packed = PretrainArgs { pairing: Some(PairingName::Packed), ..Default::default() };
        assert!(refused(packed).contains("no second exercise"));
        assert!(refused(PretrainArgs { embedding_size: Some(8), ..Default::default() }).contains("only ALBERT"));
    }

    #[test]
    fn senseless_values_are_refused_with_what_would_do() {
        let default = PretrainArgs::default;
        let error = refused(PretrainArgs { hidden_size: Some(130), num_attention_heads: Some(4), ..default() });
        assert!(error.contains("must divide hidden_size = 130, for instance 1, 2, 5"), "{error}");
        let error = refused(PretrainArgs { seq_len: Some(600), ..default() });
        assert!(error.contains("--seq-len 600") && error.contains("max_position_embeddings = 512"), "{error}");
        assert!(refused(PretrainArgs { seq_len: Some(4), ..default() }).contains("at least 5"));
        for lr in [0.0, -1.0, f64::NAN, f64::INFINITY, 3.0] {
            assert!(refused(PretrainArgs { lr: Some(lr), ..default() }).contains("--lr"));
        }
        assert!(
            refused(PretrainArgs { warmup_steps: Some(11), steps: Some(10), ..default() }).contains("run of 10 steps")
        );
        assert!(
            refused(PretrainArgs { shards: Some(5), batch_size: Some(4), ..default() })
                .contains("a batch of 4 examples")
        );
        if !jumok_tensor::Precision::Bf16.is_available() {
            let error = refused(PretrainArgs { precision: Some(PrecisionName::Bf16), ..default() });
            assert!(error.contains("--precision bf16") && error.contains("leave it out"), "{error}");
        }
        assert!(refused(PretrainArgs { dropout: Some(1.0), ..default() }).contains("below 1"));
        assert!(refused(PretrainArgs { held_out: Some(1.5), ..default() }).contains("between 0 and 1"));
        assert!(refused(PretrainArgs { weight_decay: Some(-0.1), ..default() }).contains("--weight-decay"));
        assert!(refused(PretrainArgs { max_grad_norm: Some(0.0), ..default() }).contains("--max-grad-norm"));
        assert!(refused(PretrainArgs { vocab_size: Some(5), ..default() }).contains("--vocab-size"));
        assert!(refused(PretrainArgs { preset: Some("huge".into()), ..default() }).contains("tiny, mini, small, base"));
    }

    #[test]
    fn a_models_config_file_is_checked_where_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        std::fs::write(&path, r#"{"hidden_size": 130, "num_attention_heads": 4}"#).unwrap();
        let error = read_model_config(&path).unwrap_err().to_string();
        assert!(error.contains("config.json") && error.contains("must divide hidden_size = 130"), "{error}");
        std::fs::write(&path, "{").unwrap();
        assert!(read_model_config(&path).unwrap_err().to_string().contains("line 1"));
        std::fs::write(&path, "[1]").unwrap();
        let error = read_encoder_config(&path, Some(ModelTypeName::Roberta)).unwrap_err().to_string();
        assert!(error.contains("config.json") && error.contains("it is no JSON object"), "{error}");
        std::fs::write(&path, r#"{"hidden_size": 64, "num_attention_heads": 4, "hidden_dropout_prob": 0.2}"#).unwrap();
        let args = PretrainArgs { config: Some(path), num_hidden_layers: Some(3), ..Default::default() };
        let EncoderConfig::Bert(model) = PretrainConfig::from_args(&args, Lang::En).unwrap().model else { panic!() };
        assert_eq!((model.hidden_size, model.num_hidden_layers, model.hidden_dropout_prob), (64, 3, 0.2));
    }
}
