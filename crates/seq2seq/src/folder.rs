//! A model on disk: `config.json` and `model.safetensors` in one folder.

use std::path::Path;

use jumok_nn::{ModelConfig, load_config, load_weights, save_model};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::{ConfigError, Seq2Seq, Seq2SeqConfig};

/// Why a model cannot be loaded or saved.
pub use jumok_nn::ModelFolderError as Seq2SeqError;

impl ModelConfig for Seq2SeqConfig {
    const MODEL_TYPE: &'static str = Seq2SeqConfig::MODEL_TYPE;
    const KIND: &'static str = "an encoder-decoder";
    type Error = ConfigError;

    fn validate(&self) -> Result<(), ConfigError> {
        Seq2SeqConfig::validate(self)
    }

    fn least_parameters(&self) -> u128 {
        self.parameters()
    }
}

impl Seq2Seq {
    /// Writes `config.json` and `model.safetensors` into `folder`, which is made if it does not exist; each file is complete or
    /// as it was before.
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), Seq2SeqError> {
        save_model(self, &self.config, folder)
    }

    /// Loads what [`Seq2Seq::save`] has written.
    ///
    /// # Errors
    /// [`Seq2SeqError`] with what is missing, broken, of another kind or does not fit together.
    pub fn load(folder: &Path) -> Result<Self, Seq2SeqError> {
        let config = Seq2SeqConfig::load(folder)?;
        let fresh = || Self::new(&config, &mut ChaCha8Rng::seed_from_u64(0));
        let checked = "load_config has checked the configuration";
        load_weights(&config, &folder.join("model.safetensors"), || fresh().expect(checked))
    }
}

impl Seq2SeqConfig {
    /// The `config.json` of a folder, checked.
    ///
    /// # Errors
    /// [`Seq2SeqError`] if there is none, or it is that of another kind of model, or it breaks a rule.
    pub fn load(folder: &Path) -> Result<Self, Seq2SeqError> {
        load_config(folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AttentionKind, CellKind, DecodingOptions};
    use std::fs;

    fn model() -> Seq2Seq {
        let config = Seq2SeqConfig {
            source_vocab_size: 7,
            target_vocab_size: 6,
            cell: CellKind::Lstm,
            attention: AttentionKind::Luong,
            score: crate::ScoreKind::General,
            ..Seq2SeqConfig::tiny()
        };
        Seq2Seq::new(&config, &mut ChaCha8Rng::seed_from_u64(3)).unwrap()
    }

    #[test]
    fn what_is_saved_is_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/along");
        let model = model();
        model.save(&path).unwrap();
        let loaded = Seq2Seq::load(&path).unwrap();
        assert_eq!(loaded.config, model.config);
        let options = DecodingOptions { max_length: 5, ..DecodingOptions::default() };
        let [a, b] = [&model, &loaded].map(|model| model.greedy(&[vec![3, 4, 5]], &options).remove(0));
        assert_eq!((a.tokens, a.log_probability.to_bits()), (b.tokens, b.log_probability.to_bits()));
    }

    #[test]
    fn folders_that_hold_no_such_model_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let (path, config) = (folder.path(), folder.path().join("config.json"));
        let text = || Seq2Seq::load(path).unwrap_err().to_string();
        assert!(text().ends_with("config.json is missing there"), "{}", text());
        fs::write(&config, r#"{"model_type": "bert"}"#).unwrap();
        assert!(text().contains("holds a model of type \"bert\", not \"jumok-seq2seq\""), "{}", text());
        fs::write(&config, r#"{"model_type": "jumok-seq2seq", "cell": "gruu"}"#).unwrap();
        assert!(text().contains("unknown variant `gruu`"), "{}", text());
        fs::write(&config, "{").unwrap();
        assert!(matches!(Seq2Seq::load(path), Err(Seq2SeqError::Json { .. })));
        fs::write(&config, r#"{"model_type": "jumok-seq2seq", "dropout": 2.0}"#).unwrap();
        assert!(matches!(Seq2Seq::load(path), Err(Seq2SeqError::Config(_))));
        model().save(path).unwrap();
        fs::write(path.join("model.safetensors"), "no weights").unwrap();
        assert!(matches!(Seq2Seq::load(path), Err(Seq2SeqError::Checkpoint(_))));
        fs::remove_file(path.join("model.safetensors")).unwrap();
        assert!(text().ends_with("model.safetensors is missing there"), "{}", text());
    }

    #[test]
    fn a_configuration_does_not_decide_how_much_is_allocated() {
        let folder = tempfile::tempdir().unwrap();
        model().save(folder.path()).unwrap();
        let path = folder.path().join("config.json");
        let mut json: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        json["encoder_layers"] = (1 << 24).into();
        fs::write(&path, json.to_string()).unwrap();
        let error = Seq2Seq::load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("the two do not belong together"), "{error}");
    }
}
