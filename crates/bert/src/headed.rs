//! What every model of an encoder and a head has in common: it comes out of a folder in Hugging Face's format, and goes into one.

use std::path::{Path, PathBuf};

use jumok_nn::{
    CheckpointError, Init, LoadOptions, LoadReport, ModelConfig, ModelFolderError, Module, Weights, load_config,
    parameters, save, write_atomically,
};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};
use serde::Serialize;
use serde_json::{Value, json};

use crate::text_encoder::{Nothing, fresh};
use crate::{ConfigError, EncoderSettings, TextEncoder};

const CONFIG_FILE: &str = "config.json";
const WEIGHTS_FILE: &str = "model.safetensors";

/// What is done about parts of a model that a file does not have. The embeddings and layers must be there in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MissingParts {
    /// The pooler and the head may be missing: they are drawn from this seed, and named ([`Loaded::fresh`]). For fine-tuning.
    Draw {
        /// The seed.
        seed: u64,
    },
    /// The same, and a head that the file has is left aside: what it learned belongs to another task.
    NewHead {
        /// The seed.
        seed: u64,
    },
    /// Nothing may be missing. For using a model.
    Refuse,
}

/// A model out of a folder.
#[derive(Debug, Clone)]
pub struct Loaded<M: HeadedModel> {
    /// The model.
    pub model: M,
    /// Its configuration.
    pub config: <M::Encoder as TextEncoder>::Config,
    /// What was loaded and what else was in the file.
    pub report: LoadReport,
    /// The parameters that were not in the file and drawn instead.
    pub fresh: Vec<String>,
}

/// Why a model cannot be loaded from a folder.
#[derive(Debug, thiserror::Error)]
pub enum EncoderError {
    /// Something about the configuration.
    #[error(transparent)]
    Folder(#[from] ModelFolderError),
    /// Something about the weights.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A kind of model that is not of this family.
    #[error("{} holds a model of type {model_type:?}: here are only {known}", path.display())]
    UnknownType {
        /// The folder.
        path: PathBuf,
        /// `model_type` of its configuration.
        model_type: String,
        /// The types that there are.
        known: String,
    },
    /// A choice that these models do not have.
    #[error("{}: {field} = {value} is not supported: {rule}", path.display())]
    Unsupported {
        /// The folder.
        path: PathBuf,
        /// The field of the configuration.
        field: &'static str,
        /// Its value.
        value: String,
        /// What would do.
        rule: &'static str,
    },
    /// Parts that must be there.
    #[error("{} lacks {} of the parameters of a {architecture}, {} among them: {hint}", path.display(), names.len(), names[0])]
    Missing {
        /// The folder.
        path: PathBuf,
        /// The class that was to be loaded.
        architecture: String,
        /// The parameters.
        names: Vec<String>,
        /// What to do.
        hint: &'static str,
    },
    /// Parts of an encoder that the configuration does not describe.
    #[error("{} holds {} parameters that its config.json does not describe, {} among them: they do not belong together", path.display(), names.len(), names[0])]
    Undescribed {
        /// The folder.
        path: PathBuf,
        /// The arrays.
        names: Vec<String>,
    },
}

/// Fields whose other values mean another model, with the values that do.
const SUPPORTED: [(&str, Value, &str); 3] = [
    ("is_decoder", Value::Bool(false), "these are encoders, it must be false"),
    ("add_cross_attention", Value::Bool(false), "these are encoders, it must be false"),
    ("tie_word_embeddings", Value::Bool(true), "the masked-word head reads the table of words, it must be true"),
];

/// Buffers of older checkpoints, and tied matrices that some files spell out: passed over.
const IGNORED: [&str; 8] = [
    "position_ids",
    "token_type_ids",
    "predictions.decoder.weight",
    "predictions.decoder.bias",
    "lm_head.decoder.weight",
    "lm_head.decoder.bias",
    "vocab_projector.weight",
    "generator_lm_head.weight",
];

/// An encoder of the family with a head.
pub trait HeadedModel: Module + Sized {
    /// The encoder.
    type Encoder: TextEncoder;
    /// What its class is called in Hugging Face's library, behind the family: `ForTokenClassification`.
    const HEAD: &'static str;

    /// A model with arbitrary weights, to be drawn or loaded.
    fn build(config: &<Self::Encoder as TextEncoder>::Config, rng: &mut impl Rng) -> Self;

    /// The name of its class in Hugging Face's library: `BertForTokenClassification`.
    fn architecture() -> String {
        format!("{}{}", Self::Encoder::FAMILY, Self::HEAD)
    }

    /// A model with all weights drawn from `seed`: matrices from N(0, `initializer_range`²), biases 0, norms 1.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    fn drawn(config: &<Self::Encoder as TextEncoder>::Config, seed: u64) -> Result<Self, ConfigError> {
        fresh(config, seed, Self::build)
    }

    /// The model of a folder in Hugging Face's format: `config.json`, and `model.safetensors` or its index and files.
    ///
    /// Old names (`gamma`, `beta`), names without the model's prefix, tied matrices and buffers are taken as they come; heads of
    /// other tasks are left aside ([`LoadReport::unexpected`]).
    ///
    /// # Errors
    /// [`EncoderError`] with what is missing, broken or does not fit together.
    fn load(folder: &Path, missing: MissingParts) -> Result<Loaded<Self>, EncoderError> {
        let config = load_config::<<Self::Encoder as TextEncoder>::Config>(folder)?;
        Self::load_with(config, folder, folder, missing)
    }

    /// As [`HeadedModel::load`] with another configuration than the folder's, with the labels of another task for instance, and with
    /// the weights of `weights`: the folder itself, or a file such as the checkpoint of a run that has not ended.
    ///
    /// # Errors
    /// As [`HeadedModel::load`].
    fn load_with(
        config: <Self::Encoder as TextEncoder>::Config,
        folder: &Path,
        weights: &Path,
        missing: MissingParts,
    ) -> Result<Loaded<Self>, EncoderError> {
        check_choices(folder, Self::HEAD)?;
        config.validate().map_err(|error| ModelFolderError::Config(Box::new(error)))?;
        let path = folder.to_owned();
        let mut weights = Weights::open(weights)?;
        weights.check_size(config.least_parameters())?;
        let mut model = Self::build(&config, &mut Nothing);
        let prefix = Self::Encoder::PREFIX;
        let below = format!("{prefix}.");
        let has_prefix = weights.names().any(|name| name.starts_with(&below));
        let mut ignore = IGNORED.map(str::to_owned).to_vec();
        if matches!(missing, MissingParts::NewHead { .. }) {
            model
                .for_each_parameter(&mut |name, _| ignore.extend((!name.starts_with(&below)).then(|| name.to_owned())));
        }
        let options = LoadOptions {
            strict: false,
            rename: [("gamma", "weight"), ("beta", "bias")].map(|(old, new)| (old.into(), new.into())).to_vec(),
            model_prefix: if has_prefix { String::new() } else { prefix.to_owned() },
            ignore,
            ..LoadOptions::default()
        };
        let report = weights.load_into(&mut model, &options)?;

        let is_pooler = |name: &str| name.strip_prefix(&below).is_some_and(|rest| rest.starts_with("pooler."));
        let undescribed: Vec<String> = report
            .unexpected
            .iter()
            .filter(|name| {
                let name = if has_prefix { (*name).clone() } else { format!("{below}{name}") };
                // Without prefixes, what is no part of the encoder cannot be told from a head of another task.
                let known = ["embeddings.", "encoder.", "transformer."];
                let rest = name.strip_prefix(&below).unwrap_or_default();
                known.iter().any(|part| rest.starts_with(part)) && !is_pooler(&name)
            })
            .cloned()
            .collect();
        if !undescribed.is_empty() {
            return Err(EncoderError::Undescribed { path, names: undescribed });
        }
        let loaded: std::collections::BTreeSet<&String> = report.loaded.iter().collect();
        let mut fresh = Vec::new();
        model.for_each_parameter(&mut |name, _| {
            if !loaded.contains(&name.to_owned()) {
                fresh.push(name.to_owned());
            }
        });
        let architecture = Self::architecture();
        let lost: Vec<String> =
            fresh.iter().filter(|name| name.starts_with(&below) && !is_pooler(name)).cloned().collect();
        if !lost.is_empty() {
            let hint = "the embeddings and layers must all be there";
            return Err(EncoderError::Missing { path, architecture, names: lost, hint });
        }
        match missing {
            MissingParts::Refuse if !fresh.is_empty() => {
                let hint = "this is a model without that head, so fine-tune it first";
                Err(EncoderError::Missing { path, architecture, names: fresh, hint })
            }
            MissingParts::Refuse => Ok(Loaded { model, config, report, fresh }),
            MissingParts::Draw { seed } | MissingParts::NewHead { seed } => {
                draw_named(&mut model, &fresh, config.sizes().initializer_range, seed);
                Ok(Loaded { model, config, report, fresh })
            }
        }
    }

    /// Writes `config.json` and `model.safetensors` into `folder`, which is made if it does not exist, as Hugging Face's library
    /// loads them; each file is complete or as it was before.
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    fn save(&self, config: &<Self::Encoder as TextEncoder>::Config, folder: &Path) -> Result<(), EncoderError> {
        Self::save_config(config, folder)?;
        Ok(save(self, &folder.join(WEIGHTS_FILE))?)
    }

    /// Writes `config.json` alone: what a run has from its beginning, when there is nothing yet to load.
    ///
    /// # Errors
    /// If the folder or the file cannot be written.
    fn save_config(config: &<Self::Encoder as TextEncoder>::Config, folder: &Path) -> Result<(), EncoderError> {
        write_config(config, &Self::architecture(), folder)
    }
}

/// Writes `config.json` into `folder`, which is made if it does not exist, with the class by which Hugging Face's library loads
/// it.
///
/// # Errors
/// If the folder or the file cannot be written.
pub fn write_config(config: &impl Serialize, architecture: &str, folder: &Path) -> Result<(), EncoderError> {
    std::fs::create_dir_all(folder).map_err(|source| ModelFolderError::Folder { path: folder.into(), source })?;
    let mut json = serde_json::to_value(config).expect("a config is plain numbers and strings");
    json["architectures"] = json!([architecture]);
    let text = serde_json::to_string_pretty(&json).expect("it was made of JSON");
    Ok(write_atomically(&folder.join(CONFIG_FILE), |file| writeln!(file, "{text}"))?)
}

/// Draws the named parameters: matrices from N(0, `std`²), biases 0; norms keep their 1.
fn draw_named(model: &mut impl Module, names: &[String], std: f64, seed: u64) {
    let names: std::collections::BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    model.for_each_parameter_mut(&mut |name, parameter| {
        if !names.contains(name) {
            return;
        }
        if parameter.rank() > 1 {
            *parameter = Init::Normal { mean: 0.0, std }.parameter(parameter.shape(), rng);
        } else if name.ends_with("bias") {
            *parameter = Init::Zeros.parameter(parameter.shape(), rng);
        }
    });
}

/// Refuses configurations of models that are computed in another way.
fn check_choices(folder: &Path, head: &str) -> Result<(), EncoderError> {
    let json = config_json(folder)?;
    let unsupported = |field, value: &Value, rule| {
        Err(EncoderError::Unsupported { path: folder.to_owned(), field, value: value.to_string(), rule })
    };
    for (field, supported, rule) in SUPPORTED {
        let value = &json[field];
        let reads_words = ["ForMaskedLM", "ForPreTraining"].contains(&head);
        if !value.is_null() && *value != supported && (field != "tie_word_embeddings" || reads_words) {
            return unsupported(field, value, rule);
        }
    }
    let positions = &json["position_embedding_type"];
    if !positions.is_null() && positions != "absolute" {
        return unsupported("position_embedding_type", positions, "positions are learned, it must be \"absolute\"");
    }
    Ok(())
}

/// The `config.json` of a folder as JSON.
pub(crate) fn config_json(folder: &Path) -> Result<Value, EncoderError> {
    let path = folder.join(CONFIG_FILE);
    let kind = "an encoder";
    if !path.is_file() {
        return Err(ModelFolderError::NotAModel { path: folder.into(), kind, missing: CONFIG_FILE }.into());
    }
    let read = |source| ModelFolderError::Read { path: path.clone(), source };
    let file = std::fs::File::open(&path).map_err(read)?;
    // load_config says what is wrong with a file that is longer than this.
    let text = std::io::read_to_string(std::io::Read::take(file, 1 << 24)).map_err(read)?;
    let json = |source| ModelFolderError::Json { path: path.clone(), kind, source };
    Ok(serde_json::from_str(&text).map_err(json)?)
}

/// An encoder alone (Hugging Face's `BertModel`, `RobertaModel`, …), without a pooler: what shows where it looks, whatever head the
/// folder has.
#[derive(Debug, Clone)]
pub struct BareEncoder<E: TextEncoder> {
    /// The encoder.
    pub encoder: E,
}

impl<E: TextEncoder> Module for BareEncoder<E> {
    parameters!([E::PREFIX] => encoder);
}

impl<E: TextEncoder> HeadedModel for BareEncoder<E> {
    type Encoder = E;
    const HEAD: &'static str = "Model";

    fn build(config: &E::Config, rng: &mut impl Rng) -> Self {
        Self { encoder: E::build(config, false, rng) }
    }
}
