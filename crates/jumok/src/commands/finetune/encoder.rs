//! A pre-trained encoder that is fine-tuned, and the configuration of what comes out.

use std::path::{Path, PathBuf};

use jumok_bert::BertConfig;
use jumok_nn::LoadOptions;
use jumok_text::Tokenizer;
use jumok_training::RunFolder;

use super::config::FinetuneConfig;
use super::model::FinetunedModel;
use crate::cli::TaskName;
use crate::commands::model_folder::weights_file;
use crate::commands::pretrain::config::read_model_config;
use crate::texts::finetune as texts;
use crate::{CommandError, Console};

const CONFIG_FILE: &str = "config.json";

/// The folder of a pre-trained model: sizes, vocabulary, and where its weights are.
pub(super) struct Encoder {
    pub(super) config: BertConfig,
    pub(super) tokenizer: Tokenizer,
    path: PathBuf,
    weights: PathBuf,
}

impl Encoder {
    /// Opens the folder of a run, or of a model in Hugging Face's format.
    ///
    /// # Errors
    /// [`CommandError`] with what is missing, broken or does not fit together.
    pub(super) fn open(path: &Path, console: Console) -> Result<Encoder, CommandError> {
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
        let weights = weights_file(path, console)?
            .ok_or_else(|| missing(super::WEIGHTS_FILE, " yet; let the run come as far as a checkpoint"))?;
        Ok(Encoder { config, tokenizer, path: path.into(), weights })
    }

    /// Puts the encoder's weights into a model; its head keeps those it has. What the file does not have (a pooler that was never
    /// trained) is said.
    ///
    /// # Errors
    /// [`CommandError::Checkpoint`] if the weights do not fit, [`CommandError::NoEncoder`] if the file holds no BERT.
    pub(super) fn load_into(&self, model: &mut FinetunedModel, console: Console) -> Result<(), CommandError> {
        // With the prefix that models with a head have, and without, as the encoder alone is saved.
        for file_prefix in ["bert", ""] {
            let options = LoadOptions {
                strict: false,
                file_prefix: file_prefix.into(),
                model_prefix: "bert".into(),
                rename: vec![("gamma".into(), "weight".into()), ("beta".into(), "bias".into())],
                ignore: vec!["position_ids".into()],
            };
            let report = jumok_nn::load(model, &self.weights, &options)?;
            if report.loaded.is_empty() {
                continue;
            }
            if !report.missing.iter().all(|name| name.starts_with("bert.pooler")) {
                let first = report.missing.iter().find(|name| !name.starts_with("bert.pooler")).cloned();
                return Err(CommandError::NoEncoder { path: self.path.clone(), missing: first.unwrap_or_default() });
            }
            if !report.missing.is_empty() {
                console.say(&texts::FRESH_PARTS, &[("names", &report.missing.join(", "))]);
            }
            return Ok(());
        }
        Err(CommandError::NoEncoder {
            path: self.path.clone(),
            missing: "bert.embeddings.word_embeddings.weight".into(),
        })
    }
}

/// Writes `config.json`, with the names of the classes where Hugging Face's library looks for them.
pub(super) fn save_config(
    folder: &RunFolder,
    config: &FinetuneConfig,
    model: &FinetunedModel,
    labels: &[String],
) -> Result<(), CommandError> {
    let mut json = serde_json::to_value(&config.model).expect("a config is plain numbers and strings");
    json["architectures"] = serde_json::json!([model.architecture()]);
    let names: Vec<String> = match config.task {
        TaskName::Regression | TaskName::MultipleChoice => vec!["LABEL_0".into()],
        _ => labels.to_vec(),
    };
    if !names.is_empty() {
        let pairs = || names.iter().enumerate();
        let id2label = pairs().map(|(id, name)| (id.to_string(), serde_json::json!(name)));
        json["id2label"] = serde_json::Value::Object(id2label.collect());
        let label2id = pairs().map(|(id, name)| (name.clone(), serde_json::json!(id)));
        json["label2id"] = serde_json::Value::Object(label2id.collect());
    }
    match config.task {
        TaskName::Sentence | TaskName::Pair => json["problem_type"] = "single_label_classification".into(),
        TaskName::Regression => json["problem_type"] = "regression".into(),
        TaskName::MultipleChoice | TaskName::Tagging | TaskName::Qa => {}
    }
    Ok(folder.write_json(CONFIG_FILE, &json)?)
}

/// The names of the classes in a `config.json`, in their order.
///
/// # Errors
/// [`CommandError::ModelConfig`] if it cannot be read.
pub(super) fn read_labels(path: &Path) -> Result<Vec<String>, CommandError> {
    let file = path.join(CONFIG_FILE);
    let unusable = |reason: String| CommandError::ModelConfig { path: file.clone(), reason };
    let text = std::fs::read_to_string(&file).map_err(|error| unusable(error.to_string()))?;
    let json: serde_json::Value = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    let Some(names) = json["id2label"].as_object() else { return Ok(vec![]) };
    let name = |id: usize| {
        let name = names.get(&id.to_string()).and_then(|name| name.as_str()).map(str::to_owned);
        name.ok_or_else(|| unusable(format!("id2label has no name for class {id}")))
    };
    (0..names.len()).map(name).collect()
}
