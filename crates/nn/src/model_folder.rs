//! A model on disk: `config.json` and `model.safetensors` in one folder, as Hugging Face has it.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{CheckpointError, LoadOptions, Module, Weights, save, write_atomically};

const CONFIG_FILE: &str = "config.json";
const WEIGHTS_FILE: &str = "model.safetensors";
/// Bytes of the longest configuration that is read; 100,000 labels fit.
const MAX_CONFIG: u64 = 1 << 24;

/// The `config.json` of a kind of model.
pub trait ModelConfig: Serialize + DeserializeOwned {
    /// What `model_type` says in it.
    const MODEL_TYPE: &'static str;
    /// What the model is, for error messages: `an encoder-decoder`.
    const KIND: &'static str;
    /// A rule that is broken.
    type Error: Error + Send + Sync + 'static;

    /// Checks the rules between the fields.
    ///
    /// # Errors
    /// The first field that breaks one.
    fn validate(&self) -> Result<(), Self::Error>;

    /// How many parameters a model of this configuration, which was checked, has at least; nothing is allocated for the answer.
    fn least_parameters(&self) -> u128;
}

/// Why a model cannot be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum ModelFolderError {
    /// A folder without a file that a model needs.
    #[error("{} is no folder of {kind}: {missing} is missing there", path.display())]
    NotAModel {
        /// The folder.
        path: PathBuf,
        /// What was looked for.
        kind: &'static str,
        /// The file.
        missing: &'static str,
    },
    /// A folder of another kind of model.
    #[error("{} holds a model of type {model_type:?}, not {expected:?}: give the folder of {kind}", path.display())]
    OtherKind {
        /// The folder.
        path: PathBuf,
        /// What its configuration says.
        model_type: String,
        /// What it should say.
        expected: &'static str,
        /// What was looked for.
        kind: &'static str,
    },
    /// A configuration that cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A configuration that is no JSON, or not of the fields it should have.
    #[error("{} is no configuration of {kind}: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        kind: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A configuration that breaks a rule.
    #[error(transparent)]
    Config(Box<dyn Error + Send + Sync>),
    /// Weights that cannot be read or written, or do not fit.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The folder cannot be made.
    #[error("cannot make the folder {}: {source}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Writes `config.json` and `model.safetensors` into `folder`, which is made if it does not exist; each file is complete or as it
/// was before.
///
/// # Errors
/// If the folder or a file cannot be written.
pub fn save_model<C: ModelConfig>(model: &impl Module, config: &C, folder: &Path) -> Result<(), ModelFolderError> {
    std::fs::create_dir_all(folder).map_err(|source| ModelFolderError::Folder { path: folder.into(), source })?;
    let json = serde_json::to_string_pretty(config).expect("a config is plain numbers and strings");
    write_atomically(&folder.join(CONFIG_FILE), |file| writeln!(file, "{json}"))?;
    Ok(save(model, &folder.join(WEIGHTS_FILE))?)
}

/// The `config.json` of a folder, checked.
///
/// # Errors
/// [`ModelFolderError`] if there is none, or it is that of another kind of model, or it breaks a rule.
pub fn load_config<C: ModelConfig>(folder: &Path) -> Result<C, ModelFolderError> {
    let (path, kind) = (folder.join(CONFIG_FILE), C::KIND);
    if !path.is_file() {
        return Err(ModelFolderError::NotAModel { path: folder.into(), kind, missing: CONFIG_FILE });
    }
    let read = |source| ModelFolderError::Read { path: path.clone(), source };
    let size = std::fs::metadata(&path).map_err(read)?.len();
    if size > MAX_CONFIG {
        let reason = format!("it has {size} bytes, and a configuration at most {MAX_CONFIG}");
        return Err(read(io::Error::new(io::ErrorKind::InvalidData, reason)));
    }
    let text = std::fs::read_to_string(&path).map_err(read)?;
    let json = |source| ModelFolderError::Json { path: path.clone(), kind, source };
    let value: serde_json::Value = serde_json::from_str(&text).map_err(json)?;
    let model_type = value["model_type"].as_str().unwrap_or_default();
    if model_type != C::MODEL_TYPE {
        let (path, model_type) = (folder.into(), model_type.to_owned());
        return Err(ModelFolderError::OtherKind { path, model_type, expected: C::MODEL_TYPE, kind });
    }
    let config: C = serde_json::from_value(value).map_err(json)?;
    config.validate().map_err(|error| ModelFolderError::Config(Box::new(error)))?;
    Ok(config)
}

/// The model of a configuration, which was checked, with the weights of a file. `fresh` makes the model, but only if the file holds
/// enough numbers for it.
///
/// # Errors
/// [`ModelFolderError`] if there is no such file, or it does not fit.
pub fn load_weights<C: ModelConfig, M: Module>(
    config: &C,
    weights: &Path,
    fresh: impl FnOnce() -> M,
) -> Result<M, ModelFolderError> {
    if !weights.is_file() {
        let path = weights.parent().unwrap_or(weights).to_owned();
        return Err(ModelFolderError::NotAModel { path, kind: C::KIND, missing: WEIGHTS_FILE });
    }
    let mut weights = Weights::open(weights)?;
    weights.check_size(config.least_parameters())?;
    let mut model = fresh();
    weights.load_into(&mut model, &LoadOptions::default())?;
    Ok(model)
}
