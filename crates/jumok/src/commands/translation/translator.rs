//! A translator on disk: model and vocabularies.

use std::path::Path;

use jumok_nn::translation::Translation;
use jumok_nn::{LoadOptions, ModelConfig, Weights, load_config};
use jumok_text::Vocabulary;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::TranslationModel;
use super::data::load_vocabularies;
use super::evaluation::max_translation_length;
use crate::commands::model_folder::weights_file;
use crate::{CommandError, Console};

/// A trained model with its vocabularies.
#[derive(Debug)]
pub struct Translator<Model> {
    /// The model.
    pub model: Model,
    /// The tokens that it reads.
    pub source: Vocabulary,
    /// The tokens that it writes.
    pub target: Vocabulary,
}

impl<Model: TranslationModel> Translator<Model> {
    /// Loads the model of a finished run; of a run that has not ended, its newest checkpoint, which is then said.
    ///
    /// # Errors
    /// [`CommandError`] with what is missing, broken, of another kind or does not fit together.
    pub fn load(path: &Path, console: Console) -> Result<Self, CommandError> {
        let config: Model::Config = load_config(path)?;
        let (source, target) = load_vocabularies(path)?;
        for (vocabulary, vocab_size) in [&source, &target].into_iter().zip(Model::vocab_sizes(&config)) {
            if vocabulary.size() != vocab_size {
                let tokens = vocabulary.size();
                return Err(CommandError::VocabularyMismatch { path: path.into(), tokens, vocab_size });
            }
        }
        let weights = weights_file(path, console)?.ok_or_else(|| CommandError::NotAModel {
            path: path.into(),
            missing: "model.safetensors",
            hint: " yet; let the run come as far as a checkpoint",
        })?;
        let mut weights = Weights::open(&weights)?;
        weights.check_size(config.least_parameters())?;
        let mut model = Model::fresh(&config, &mut ChaCha8Rng::seed_from_u64(0))?;
        weights.load_into(&mut model, &LoadOptions::default())?;
        Ok(Translator { model, source, target })
    }

    /// Translates the ids of a sentence: with a beam of 1 the likeliest next token is taken at each step, otherwise so many
    /// translations are followed at the same time. Without `max_tokens` a translation has at most twice as many tokens as the
    /// sentence, and ten.
    pub fn translate(&self, source: &[i64], beam: usize, max_tokens: Option<usize>) -> Translation {
        let max_length = max_tokens.unwrap_or_else(|| max_translation_length(source.len()));
        self.model.decode(&[source.to_vec()], beam, max_length).remove(0)
    }
}
