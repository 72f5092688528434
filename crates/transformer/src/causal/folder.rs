//! A language model on disk: `config.json` and `model.safetensors` in one folder.

use std::path::Path;

use jumok_nn::{ModelConfig, load_config, load_weights, save_model};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::{CausalLanguageModel, CausalLanguageModelConfig, LanguageModelConfigError};

/// Why a language model cannot be loaded or saved.
pub use jumok_nn::ModelFolderError as LanguageModelError;

impl ModelConfig for CausalLanguageModelConfig {
    const MODEL_TYPE: &'static str = CausalLanguageModelConfig::MODEL_TYPE;
    const KIND: &'static str = "a language model";
    type Error = LanguageModelConfigError;

    fn validate(&self) -> Result<(), LanguageModelConfigError> {
        CausalLanguageModelConfig::validate(self)
    }

    fn least_parameters(&self) -> u128 {
        self.parameters()
    }
}

impl CausalLanguageModel {
    /// Writes `config.json` and `model.safetensors` into `folder`, which is made if it does not exist; each file is complete or
    /// as it was before.
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), LanguageModelError> {
        save_model(self, &self.config, folder)
    }

    /// Loads what [`CausalLanguageModel::save`] has written.
    ///
    /// # Errors
    /// [`LanguageModelError`] with what is missing, broken, of another kind or does not fit together.
    pub fn load(folder: &Path) -> Result<Self, LanguageModelError> {
        Self::load_weights(folder, &folder.join("model.safetensors"))
    }

    /// The model of a folder's `config.json` with the weights of another file: those of a checkpoint.
    ///
    /// # Errors
    /// As [`CausalLanguageModel::load`].
    pub fn load_weights(folder: &Path, weights: &Path) -> Result<Self, LanguageModelError> {
        let config = CausalLanguageModelConfig::load(folder)?;
        let fresh = || Self::new(&config, &mut ChaCha8Rng::seed_from_u64(0));
        load_weights(&config, weights, || fresh().expect("load_config has checked the configuration"))
    }
}

impl CausalLanguageModelConfig {
    /// The `config.json` of a folder, checked.
    ///
    /// # Errors
    /// [`LanguageModelError`] if there is none, or it is that of another kind of model, or it breaks a rule.
    pub fn load(folder: &Path) -> Result<Self, LanguageModelError> {
        load_config(folder)
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

    #[test]
    fn a_configuration_does_not_decide_how_much_is_allocated() {
        let folder = tempfile::tempdir().unwrap();
        let config = CausalLanguageModelConfig {
            vocab_size: 9,
            n_embd: 16,
            ..CausalLanguageModelConfig::preset("tiny").unwrap()
        };
        CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(3)).unwrap().save(folder.path()).unwrap();
        let path = folder.path().join("config.json");
        let json: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let refused = |field: &str, value: u64| {
            let mut json = json.clone();
            json[field] = value.into();
            fs::write(&path, json.to_string()).unwrap();
            CausalLanguageModel::load(folder.path()).unwrap_err().to_string()
        };
        for field in ["vocab_size", "n_positions", "n_embd", "n_layer", "n_inner"] {
            let error = refused(field, 1 << 22);
            assert!(error.contains("parameters: the two do not belong together"), "{error}");
            let error = refused(field, u64::MAX);
            assert!(error.contains(field) && error.contains("it must be from 1 to 16777216"), "{error}");
        }
    }
}
