//! A model on disk: `config.json` and `model.safetensors` in one folder.

use std::path::Path;

use jumok_nn::{ModelConfig, ModelFolderError, load_config, load_weights, save_model};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::{TransformerConfig, TransformerConfigError, TransformerForTranslation};

impl ModelConfig for TransformerConfig {
    const MODEL_TYPE: &'static str = TransformerConfig::MODEL_TYPE;
    const KIND: &'static str = "a Transformer that translates";
    type Error = TransformerConfigError;

    fn validate(&self) -> Result<(), TransformerConfigError> {
        TransformerConfig::validate(self)
    }

    fn least_parameters(&self) -> u128 {
        self.parameters()
    }
}

impl TransformerForTranslation {
    /// Writes `config.json` and `model.safetensors` into `folder`, which is made if it does not exist; each file is complete or
    /// as it was before.
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), ModelFolderError> {
        save_model(self, &self.config, folder)
    }

    /// Loads what [`TransformerForTranslation::save`] has written.
    ///
    /// # Errors
    /// [`ModelFolderError`] with what is missing, broken, of another kind or does not fit together.
    pub fn load(folder: &Path) -> Result<Self, ModelFolderError> {
        let config: TransformerConfig = load_config(folder)?;
        let fresh = || Self::new(&config, &mut ChaCha8Rng::seed_from_u64(0));
        let checked = "load_config has checked the configuration";
        load_weights(&config, &folder.join("model.safetensors"), || fresh().expect(checked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_nn::translation::DecodingOptions;
    use std::fs;

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/along");
        let config = TransformerConfig { vocab_size: 11, ..TransformerConfig::tiny() };
        let model = TransformerForTranslation::new(&config, &mut ChaCha8Rng::seed_from_u64(3)).unwrap();
        model.save(&path).unwrap();
        let loaded = TransformerForTranslation::load(&path).unwrap();
        assert_eq!(loaded.config, model.config);
        let options = DecodingOptions { max_length: 5, ..DecodingOptions::default() };
        let [a, b] = [&model, &loaded].map(|model| model.greedy(&[vec![3, 4, 5]], &options).remove(0));
        assert_eq!((a.tokens, a.log_probability.to_bits()), (b.tokens, b.log_probability.to_bits()));
    }

    #[test]
    fn folders_that_hold_no_such_model_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (path, config) = (folder.path(), folder.path().join("config.json"));
        let text = || TransformerForTranslation::load(path).unwrap_err().to_string();
        assert!(text().ends_with("is no folder of a Transformer that translates: config.json is missing there"));
        fs::write(&config, r#"{"model_type": "jumok-seq2seq"}"#).unwrap();
        assert!(text().contains("holds a model of type \"jumok-seq2seq\", not \"jumok-transformer\""), "{}", text());
        fs::write(&config, r#"{"model_type": "jumok-transformer", "d_model": "wide"}"#).unwrap();
        assert!(text().contains("is no configuration of a Transformer that translates"), "{}", text());
        fs::write(&config, r#"{"model_type": "jumok-transformer", "encoder_attention_heads": 7}"#).unwrap();
        assert!(text().contains("the heads must divide d_model = 512"), "{}", text());
        fs::write(&config, r#"{"model_type": "jumok-transformer", "d_model": 8, "vocab_size": 9}"#).unwrap();
        assert!(text().ends_with("model.safetensors is missing there"), "{}", text());
    }

    #[test]
    fn a_configuration_does_not_decide_how_much_is_allocated() {
        let folder = tempfile::tempdir().unwrap();
        let config = TransformerConfig { vocab_size: 11, ..TransformerConfig::tiny() };
        TransformerForTranslation::new(&config, &mut ChaCha8Rng::seed_from_u64(3))
            .unwrap()
            .save(folder.path())
            .unwrap();
        let path = folder.path().join("config.json");
        let mut json: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        json["decoder_layers"] = (1 << 24).into();
        fs::write(&path, json.to_string()).unwrap();
        let error = TransformerForTranslation::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("the two do not belong together"), "{error}");
    }
}
