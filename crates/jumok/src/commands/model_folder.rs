//! A model on disk: `config.json`, `model.safetensors` and a tokenizer, as Hugging Face lays it out.

use std::path::{Path, PathBuf};

use jumok_bert::{EncoderConfig, EncoderError, HeadedModel, Loaded, MissingParts, TextEncoder};
use jumok_nn::ModelFolderError;
use jumok_text::Tokenizer;
use jumok_training::RunFolder;

use crate::{CommandError, Console, texts};

const CONFIG_FILE: &str = "config.json";
const WEIGHTS_FILE: &str = "model.safetensors";
const INDEX_FILE: &str = "model.safetensors.index.json";
/// What to do about a folder without a configuration.
const WHICH_FOLDER: &str = "; give the folder of a run, such as runs/bert-tiny-001";

/// The folder of an encoder of BERT's family: sizes, tokenizer, and where its weights are. What stands on the encoder is decided when
/// they are loaded.
#[derive(Debug)]
pub struct ModelFolder {
    /// The sizes.
    pub config: EncoderConfig,
    /// The tokenizer.
    pub tokenizer: Tokenizer,
    path: PathBuf,
    /// The folder itself, or the newest checkpoint of a run that has not ended.
    weights: PathBuf,
}

impl ModelFolder {
    /// Opens the folder of a run, or of any model in Hugging Face's format; of a run that has not ended, its newest checkpoint, which
    /// is then said. The weights are not read yet.
    ///
    /// # Errors
    /// [`CommandError`] with what is missing, broken or does not fit together.
    pub fn open(path: &Path, console: Console) -> Result<ModelFolder, CommandError> {
        let config = EncoderConfig::load(path).map_err(|error| match error {
            EncoderError::Folder(ModelFolderError::NotAModel { path, missing, .. }) => {
                CommandError::NotAModel { path, missing, hint: WHICH_FOLDER }
            }
            other => other.into(),
        })?;
        let tokenizer = load_tokenizer(path, &config)?;
        // Of a folder without any weights the loader says what is there instead.
        let complete = path.join(INDEX_FILE).is_file();
        let weights = if complete { None } else { weights_file(path, console)? };
        let weights = weights.filter(|file| *file != path.join(WEIGHTS_FILE)).unwrap_or_else(|| path.into());
        Ok(ModelFolder { config, tokenizer, path: path.into(), weights })
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A model of the folder's weights, with this configuration: that of the folder, perhaps with the labels of another task.
    ///
    /// # Errors
    /// [`CommandError::Encoder`] with what is missing, broken or does not fit together.
    pub fn load<M: HeadedModel>(
        &self,
        config: &<M::Encoder as TextEncoder>::Config,
        missing: MissingParts,
    ) -> Result<Loaded<M>, CommandError> {
        Ok(M::load_with(config.clone(), &self.path, &self.weights, missing)?)
    }
}

/// The tokenizer of a folder, for a model of these sizes.
///
/// # Errors
/// [`CommandError`] if it cannot be loaded, or has more pieces than the model has rows for them.
pub(super) fn load_tokenizer(path: &Path, config: &EncoderConfig) -> Result<Tokenizer, CommandError> {
    let sizes = config.sizes();
    let tokenizer = Tokenizer::load(path)?.with_segments(sizes.segments);
    let (tokens, vocab_size) = (tokenizer.vocab_size(), sizes.vocab_size);
    if tokens > vocab_size {
        return Err(CommandError::VocabularyMismatch { path: path.into(), tokens, vocab_size });
    }
    Ok(tokenizer)
}

/// What kind of model a folder holds: the `model_type` of its `config.json`, empty if that names none.
///
/// # Errors
/// [`CommandError`] if there is no `config.json` or it is no JSON.
pub(super) fn model_type(path: &Path) -> Result<String, CommandError> {
    Ok(config_json(path)?["model_type"].as_str().unwrap_or_default().to_owned())
}

/// The `config.json` of a folder as it is.
///
/// # Errors
/// [`CommandError`] if there is none or it is no JSON.
pub(super) fn config_json(path: &Path) -> Result<serde_json::Value, CommandError> {
    let file = path.join(CONFIG_FILE);
    if !file.is_file() {
        return Err(CommandError::NotAModel { path: path.into(), missing: CONFIG_FILE, hint: WHICH_FOLDER });
    }
    let unusable = |reason: String| CommandError::ModelConfig { path: file.clone(), reason };
    let text = std::fs::read_to_string(&file).map_err(|error| unusable(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))
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
