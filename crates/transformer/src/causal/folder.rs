//! A language model on disk: `config.json` and `model.safetensors` in one folder.

use std::io;
use std::path::{Path, PathBuf};

use jumok_nn::{CheckpointError, LoadOptions, write_atomically};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::{CausalLanguageModel, CausalLanguageModelConfig, LanguageModelConfigError};

const CONFIG_FILE: &str = "config.json";
const WEIGHTS_FILE: &str = "model.safetensors";

/// Why a language model cannot be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum LanguageModelError {
    /// A folder without a file that a model needs.
    #[error("{} is no folder of a language model: {missing} is missing there", path.display())]
    NotAModel {
        /// The folder.
        path: PathBuf,
        /// The file.
        missing: &'static str,
    },
    /// A folder of another kind of model.
    #[error(
        "{} holds a model of type {model_type:?}, not {:?}: give the folder of a run of `jumok transformer train-lm`",
        path.display(), CausalLanguageModelConfig::MODEL_TYPE
    )]
    OtherKind {
        /// The folder.
        path: PathBuf,
        /// What its configuration says.
        model_type: String,
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
    #[error("{} is no configuration of a language model: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A configuration that breaks a rule.
    #[error(transparent)]
    Config(#[from] LanguageModelConfigError),
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

impl CausalLanguageModel {
    /// Writes `config.json` and `model.safetensors` into `folder`, which is made if it does not exist; each file is complete or
    /// as it was before.
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), LanguageModelError> {
        std::fs::create_dir_all(folder).map_err(|source| LanguageModelError::Folder { path: folder.into(), source })?;
        let json = serde_json::to_string_pretty(&self.config).expect("a config is plain numbers and strings");
        write_atomically(&folder.join(CONFIG_FILE), |file| writeln!(file, "{json}"))?;
        Ok(jumok_nn::save(self, &folder.join(WEIGHTS_FILE))?)
    }

    /// Loads what [`CausalLanguageModel::save`] has written.
    ///
    /// # Errors
    /// [`LanguageModelError`] with what is missing, broken, of another kind or does not fit together.
    pub fn load(folder: &Path) -> Result<Self, LanguageModelError> {
        Self::load_weights(folder, &folder.join(WEIGHTS_FILE))
    }

    /// The model of a folder's `config.json` with the weights of another file: those of a checkpoint.
    ///
    /// # Errors
    /// As [`CausalLanguageModel::load`].
    pub fn load_weights(folder: &Path, weights: &Path) -> Result<Self, LanguageModelError> {
        let config = CausalLanguageModelConfig::load(folder)?;
        if !weights.is_file() {
            return Err(LanguageModelError::NotAModel { path: folder.into(), missing: WEIGHTS_FILE });
        }
        let mut model = Self::new(&config, &mut ChaCha8Rng::seed_from_u64(0))?;
        jumok_nn::load(&mut model, weights, &LoadOptions::default())?;
        Ok(model)
    }
}

impl CausalLanguageModelConfig {
    /// The `config.json` of a folder, checked.
    ///
    /// # Errors
    /// [`LanguageModelError`] if there is none, or it is that of another kind of model, or it breaks a rule.
    pub fn load(folder: &Path) -> Result<Self, LanguageModelError> {
        let path = folder.join(CONFIG_FILE);
        if !path.is_file() {
            return Err(LanguageModelError::NotAModel { path: folder.into(), missing: CONFIG_FILE });
        }
        let read = |source| LanguageModelError::Read { path: path.clone(), source };
        let json = |source| LanguageModelError::Json { path: path.clone(), source };
        let text = std::fs::read_to_string(&path).map_err(read)?;
        let value: serde_json::Value = serde_json::from_str(&text).map_err(json)?;
        let model_type = value["model_type"].as_str().unwrap_or_default();
        if model_type != Self::MODEL_TYPE {
            return Err(LanguageModelError::OtherKind { path: folder.into(), model_type: model_type.to_owned() });
        }
        let config: Self = serde_json::from_value(value).map_err(json)?;
        config.validate()?;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_nn::{Ctx, Module};
    use jumok_tensor::IntTensor;
    use std::fs;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/along");
        for name in ["tiny", "llama"] {
            let config = CausalLanguageModelConfig {
                vocab_size: 9,
                n_embd: 16,
                n_layer: 1,
                ..CausalLanguageModelConfig::preset(name).unwrap()
            };
            let model = CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(3)).unwrap();
            model.save(&path).unwrap();
            let loaded = CausalLanguageModel::load(&path).unwrap();
            assert_eq!(loaded.config, model.config);
            let ids = IntTensor::from_vec(vec![3, 4, 5], &[1, 3]);
            let [a, b] = [&model, &loaded].map(|model| model.forward(&ids, &mut Ctx::eval()).to_vec());
            assert_eq!(a, b);
            assert_eq!(loaded.parameter_count(), model.parameter_count());
        }
    }

    #[test]
    fn folders_that_hold_no_such_model_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (path, config) = (folder.path(), folder.path().join("config.json"));
        let text = || CausalLanguageModel::load(path).unwrap_err().to_string();
        assert!(text().ends_with("config.json is missing there"), "{}", text());
        fs::write(&config, r#"{"model_type": "bert"}"#).unwrap();
        assert!(text().contains("holds a model of type \"bert\", not \"jumok-causal-lm\""), "{}", text());
        fs::write(&config, r#"{"model_type": "jumok-causal-lm", "norm": "batch"}"#).unwrap();
        assert!(text().contains("unknown variant `batch`"), "{}", text());
        fs::write(&config, "{").unwrap();
        assert!(matches!(CausalLanguageModel::load(path), Err(LanguageModelError::Json { .. })));
        fs::write(&config, r#"{"model_type": "jumok-causal-lm", "n_head": 5}"#).unwrap();
        assert!(matches!(CausalLanguageModel::load(path), Err(LanguageModelError::Config(_))));
        fs::write(&config, r#"{"model_type": "jumok-causal-lm", "n_layer": 1, "n_embd": 12, "vocab_size": 3}"#)
            .unwrap();
        assert!(text().ends_with("model.safetensors is missing there"), "{}", text());
        fs::write(path.join("model.safetensors"), "no weights").unwrap();
        assert!(matches!(CausalLanguageModel::load(path), Err(LanguageModelError::Checkpoint(_))));
    }
}
