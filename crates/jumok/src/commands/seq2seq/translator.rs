//! A translator on disk: model and vocabularies.

use std::path::Path;

use jumok_nn::LoadOptions;
use jumok_seq2seq::{BeamOptions, DecodingOptions, Seq2Seq, Seq2SeqConfig, Translation};
use jumok_text::Vocabulary;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::data::load_vocabularies;
use super::evaluation::max_translation_length;
use crate::commands::model_folder::weights_file;
use crate::{CommandError, Console};

/// A trained model with its vocabularies.
#[derive(Debug)]
pub struct Translator {
    /// The model.
    pub model: Seq2Seq,
    /// The tokens that it reads.
    pub source: Vocabulary,
    /// The tokens that it writes.
    pub target: Vocabulary,
}

impl Translator {
    /// Loads the model of a finished run; of a run that has not ended, its newest checkpoint, which is then said.
    ///
    /// # Errors
    /// [`CommandError`] with what is missing, broken, of another kind or does not fit together.
    pub fn load(path: &Path, console: Console) -> Result<Translator, CommandError> {
        let config = Seq2SeqConfig::load(path)?;
        let (source, target) = load_vocabularies(path)?;
        for (vocabulary, vocab_size) in [(&source, config.source_vocab_size), (&target, config.target_vocab_size)] {
            if vocabulary.size() != vocab_size {
                let tokens = vocabulary.size();
                return Err(CommandError::VocabularyMismatch { path: path.into(), tokens, vocab_size });
            }
        }
        let mut model = Seq2Seq::new(&config, &mut ChaCha8Rng::seed_from_u64(0))?;
        let weights = weights_file(path, console)?.ok_or_else(|| CommandError::NotAModel {
            path: path.into(),
            missing: "model.safetensors",
            hint: " yet; let the run come as far as a checkpoint",
        })?;
        jumok_nn::load(&mut model, &weights, &LoadOptions::default())?;
        Ok(Translator { model, source, target })
    }

    /// Translates the ids of a sentence: with a beam of 1 the likeliest next token is taken at each step, otherwise so many
    /// translations are followed at the same time. Without `max_tokens` a translation has at most twice as many tokens as the
    /// sentence, and ten.
    pub fn translate(&self, source: &[i64], beam: usize, max_tokens: Option<usize>) -> Translation {
        let max_length = max_tokens.unwrap_or_else(|| max_translation_length(source.len()));
        let sources = [source.to_vec()];
        let mut translations = match beam {
            1 => self.model.greedy(&sources, &DecodingOptions { max_length, ..Default::default() }),
            beam_size => self.model.beam(&sources, &BeamOptions { beam_size, max_length, ..Default::default() }),
        };
        translations.remove(0)
    }
}
