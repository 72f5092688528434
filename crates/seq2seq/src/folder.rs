//! A model on disk: `config.json` and `model.safetensors` in one folder.

use std::io;
use std::path::{Path, PathBuf};

use jumok_nn::{CheckpointError, LoadOptions, write_atomically};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::{ConfigError, Seq2Seq, Seq2SeqConfig};

const CONFIG_FILE: &str = "config.json";
const WEIGHTS_FILE: &str = "model.safetensors";

/// Why a model cannot be loaded or saved.
#[derive(Debug, thiserror::Error)]
pub enum Seq2SeqError {
    /// A folder without a file that a model needs.
    #[error("{} is no folder of an encoder-decoder: {missing} is missing there", path.display())]
    NotAModel {
        /// The folder.
        path: PathBuf,
        /// The file.
        missing: &'static str,
    },
    /// A folder of another kind of model.
    #[error("{} holds a model of type {model_type:?}, not {:?}: give the folder of an encoder-decoder", path.display(), Seq2SeqConfig::MODEL_TYPE)]
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
    #[error("{} is no configuration of an encoder-decoder: {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// A configuration that breaks a rule.
    #[error(transparent)]
    Config(#[from] ConfigError),
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

impl Seq2Seq {
    /// Writes `config.json` and `model.safetensors` into `folder`, which is made if it does not exist; each file is complete or
    /// as it was before.
    ///
    /// # Errors
    /// If the folder or a file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), Seq2SeqError> {
        std::fs::create_dir_all(folder).map_err(|source| Seq2SeqError::Folder { path: folder.into(), source })?;
        let json = serde_json::to_string_pretty(&self.config).expect("a config is plain numbers and strings");
        write_atomically(&folder.join(CONFIG_FILE), |file| writeln!(file, "{json}"))?;
        Ok(jumok_nn::save(self, &folder.join(WEIGHTS_FILE))?)
    }

    /// Loads what [`Seq2Seq::save`] has written.
    ///
    /// # Errors
    /// [`Seq2SeqError`] with what is missing, broken, of another kind or does not fit together.
    pub fn load(folder: &Path) -> Result<Self, Seq2SeqError> {
        let config = Seq2SeqConfig::load(folder)?;
        let mut model = Self::new(&config, &mut ChaCha8Rng::seed_from_u64(0))?;
        let weights = folder.join(WEIGHTS_FILE);
        if !weights.is_file() {
            return Err(Seq2SeqError::NotAModel { path: folder.into(), missing: WEIGHTS_FILE });
        }
        jumok_nn::load(&mut model, &weights, &LoadOptions::default())?;
        Ok(model)
    }
}

impl Seq2SeqConfig {
    /// The `config.json` of a folder, checked.
    ///
    /// # Errors
    /// [`Seq2SeqError`] if there is none, or it is that of another kind of model, or it breaks a rule.
    pub fn load(folder: &Path) -> Result<Self, Seq2SeqError> {
        let path = folder.join(CONFIG_FILE);
        if !path.is_file() {
            return Err(Seq2SeqError::NotAModel { path: folder.into(), missing: CONFIG_FILE });
        }
        let text =
            std::fs::read_to_string(&path).map_err(|source| Seq2SeqError::Read { path: path.clone(), source })?;
        let json = |source| Seq2SeqError::Json { path: path.clone(), source };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(json)?;
        let model_type = value["model_type"].as_str().unwrap_or_default();
        if model_type != Self::MODEL_TYPE {
            return Err(Seq2SeqError::OtherKind { path: folder.into(), model_type: model_type.to_owned() });
        }
        let config: Self = serde_json::from_value(value).map_err(json)?;
        config.validate()?;
        Ok(config)
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
}
