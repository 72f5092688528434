//! A model on disk: `config.json`, `model.safetensors` and a tokenizer, as Hugging Face lays it out.

use std::path::{Path, PathBuf};

use jumok_bert::{BertConfig, BertForPreTraining};
use jumok_nn::LoadOptions;
use jumok_text::Tokenizer;
use jumok_training::RunFolder;

use super::pretrain::config::read_model_config;
use crate::{CommandError, Console, texts};

const CONFIG_FILE: &str = "config.json";
const WEIGHTS_FILE: &str = "model.safetensors";

/// A pre-trained BERT with its tokenizer.
#[derive(Debug)]
pub struct ModelFolder {
    /// The sizes.
    pub config: BertConfig,
    /// The model.
    pub model: BertForPreTraining,
    /// The tokenizer.
    pub tokenizer: Tokenizer,
}

impl ModelFolder {
    /// Loads the model of a finished run or of any folder in Hugging Face's format; of a run that has not ended, its newest
    /// checkpoint, which is then said.
    ///
    /// A tied decoder that a file spells out (`cls.predictions.decoder.*`) is passed over: it is the table of word embeddings.
    ///
    /// # Errors
    /// [`CommandError`] with what is missing, broken or does not fit together.
    pub fn load(path: &Path, console: Console) -> Result<ModelFolder, CommandError> {
        let missing = |missing, hint| CommandError::NotAModel { path: path.into(), missing, hint };
        if !path.join(CONFIG_FILE).is_file() {
            return Err(missing(CONFIG_FILE, "; give the folder of a run, such as runs/bert-tiny-001"));
        }
        let config = read_model_config(&path.join(CONFIG_FILE))?;
        let tokenizer = Tokenizer::load(path)?;
        if tokenizer.vocab_size() > config.vocab_size {
            let (tokens, vocab_size) = (tokenizer.vocab_size(), config.vocab_size);
            return Err(CommandError::VocabularyMismatch { path: path.into(), tokens, vocab_size });
        }
        let mut model = BertForPreTraining::new(&config, 0)?;
        let weights = weights_file(path, console)?
            .ok_or_else(|| missing(WEIGHTS_FILE, " yet; let the run come as far as a checkpoint"))?;
        let ignore = ["decoder.weight", "decoder.bias", "position_ids"].map(str::to_owned).to_vec();
        jumok_nn::load(&mut model, &weights, &LoadOptions { ignore, ..LoadOptions::default() })?;
        Ok(ModelFolder { config, model, tokenizer })
    }
}

/// What kind of model a folder holds: the `model_type` of its `config.json`, empty if that names none.
///
/// # Errors
/// [`CommandError`] if there is no `config.json` or it is no JSON.
pub(super) fn model_type(path: &Path) -> Result<String, CommandError> {
    let file = path.join(CONFIG_FILE);
    if !file.is_file() {
        let hint = "; give the folder of a run, such as runs/bert-tiny-001";
        return Err(CommandError::NotAModel { path: path.into(), missing: CONFIG_FILE, hint });
    }
    let unusable = |reason: String| CommandError::ModelConfig { path: file.clone(), reason };
    let text = std::fs::read_to_string(&file).map_err(|error| unusable(error.to_string()))?;
    let config: serde_json::Value = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    Ok(config["model_type"].as_str().unwrap_or_default().to_owned())
}

/// The weights of a finished run, or else of its newest checkpoint, which is then said; `None` if there are neither.
pub(super) fn weights_file(path: &Path, console: Console) -> Result<Option<PathBuf>, CommandError> {
    let file = path.join(WEIGHTS_FILE);
    if file.is_file() {
        return Ok(Some(file));
    }
    let newest = RunFolder::newest_weights(path)?;
    if let Some(newest) = &newest {
        console.say(&texts::FROM_CHECKPOINT, &[("path", &newest.display())]);
    }
    Ok(newest)
}
