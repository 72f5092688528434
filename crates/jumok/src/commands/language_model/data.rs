//! From the settings to windows of tokens.

use std::path::Path;

use jumok_text::{
    CountingBaselines, Language, LanguageModelingData, TextSplit, ToyOptions, Unit, Vocabulary, encode_running_text,
    language_modeling, running_text, toy_corpus,
};
use jumok_training::texts_sha256;

use super::VOCABULARY_FILE;
use super::config::{DataConfig, LanguageModelRunConfig};
use crate::CommandError;

/// All that a run reads.
pub(super) struct Prepared {
    pub(super) vocabulary: Vocabulary,
    pub(super) data: LanguageModelingData,
    /// The ids of the held-out text.
    pub(super) held_out: Vec<i64>,
    pub(super) baselines: CountingBaselines,
}

impl Prepared {
    /// Reads or generates the text and learns the vocabulary, or loads it from `saved`, the folder of a run that is resumed. The
    /// fingerprint of the text and the size of the vocabulary are put into `config`.
    pub(super) fn new(config: &mut LanguageModelRunConfig, saved: Option<&Path>) -> Result<Prepared, CommandError> {
        let unit = config.vocabulary.unit;
        let TextSplit { training, held_out } = read(&config.data, unit, config.seed)?;
        config.sha256 = texts_sha256([training.as_str(), held_out.as_str()]);
        let vocabulary = match saved {
            Some(folder) => Vocabulary::load(&folder.join(VOCABULARY_FILE))?,
            // Which characters there are is no secret of the held-out text; which words there are would be.
            None if unit == Unit::Characters => Vocabulary::train([&*training, &*held_out], &config.vocabulary)?,
            None => Vocabulary::train([&*training], &config.vocabulary)?,
        };
        config.model.vocab_size = vocabulary.size();
        let block = config.model.n_positions;
        let ids = encode_running_text(&vocabulary, &training);
        let held_out = encode_running_text(&vocabulary, &held_out);
        for ids in [&ids, &held_out] {
            if ids.len() <= block {
                let rule =
                    format!("a part of the text has only {} tokens: use a longer text or a lower number", ids.len());
                return Err(CommandError::option("--n-positions", block, rule));
            }
        }
        let baselines = CountingBaselines::new(&ids, &held_out, vocabulary.size());
        let data = LanguageModelingData::new(ids, config.batch_size, block, config.seed)?;
        Ok(Prepared { vocabulary, data, held_out, baselines })
    }

    /// Windows from all over the held-out text, `most` of them at most.
    pub(super) fn held_out_windows(&self, block: usize, most: usize) -> Result<Vec<&[i64]>, CommandError> {
        let all = language_modeling::windows(&self.held_out, block)?;
        let stride = all.len().div_ceil(most);
        Ok(all.into_iter().step_by(stride).collect())
    }
}

fn read(data: &DataConfig, unit: Unit, seed: u64) -> Result<TextSplit, CommandError> {
    match data {
        DataConfig::File { path, held_out } => Ok(TextSplit::read(path, *held_out, unit != Unit::Characters)?),
        DataConfig::Stories { language, documents, held_out } => {
            let language = if language == "ko" { Language::Korean } else { Language::English };
            let options =
                ToyOptions { seed, documents: *documents, held_out_documents: *held_out, ..ToyOptions::new(language) };
            let toy = toy_corpus(&options)?;
            Ok(TextSplit { training: running_text(&toy.training), held_out: running_text(&toy.held_out) })
        }
    }
}
