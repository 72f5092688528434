//! Batches of scenes with their captions in one language.

use jumok_text::{Language, TextError, Vocabulary, VocabularyOptions};

use super::{CaptionBatch, Scene, Split, scenes};

/// Scenes that are drawn when they are needed, and the words of their captions.
#[derive(Debug, Clone)]
pub struct CaptionData {
    /// The words of the captions.
    pub vocabulary: Vocabulary,
    /// The language of the captions.
    pub language: Language,
    seed: u64,
}

impl CaptionData {
    /// Learns the words from the captions of some hundred training scenes; everything random follows from the seed.
    ///
    /// # Errors
    /// As [`Vocabulary::train`].
    pub fn new(language: Language, seed: u64) -> Result<CaptionData, TextError> {
        // A training step never has this number, so that these scenes are drawn for the words alone.
        let texts: Vec<String> =
            scenes(400, Split::Training, seed, u64::MAX).iter().map(|scene| scene.caption(language)).collect();
        let vocabulary = Vocabulary::train(texts.iter().map(String::as_str), &VocabularyOptions::default())?;
        Ok(CaptionData { vocabulary, language, seed })
    }

    /// The scenes of a training step, fresh ones every time.
    pub fn batch(&self, step: u64, size: usize) -> CaptionBatch {
        self.encode(&scenes(size, Split::Training, self.seed, step))
    }

    /// So many scenes of pairs of objects that no training step shows.
    pub fn held_out(&self, count: usize) -> Vec<Scene> {
        scenes(count, Split::HeldOut, self.seed, 0)
    }

    /// Scenes as a batch.
    pub fn encode(&self, scenes: &[Scene]) -> CaptionBatch {
        let captions: Vec<Vec<i64>> =
            scenes.iter().map(|scene| self.vocabulary.encode(&scene.caption(self.language))).collect();
        CaptionBatch::new(Scene::patches(scenes), &captions)
    }
}

#[cfg(test)]
mod tests {
    use jumok_text::parallel::UNK;

    use super::*;

    #[test]
    fn every_word_of_every_caption_is_known_in_both_languages() {
        for (language, words) in [(Language::English, 12), (Language::Korean, 15)] {
            let data = CaptionData::new(language, 4).unwrap();
            assert_eq!(data.vocabulary.size(), 4 + words, "{language}");
            let batch = data.encode(&data.held_out(100));
            assert!(!batch.target.as_slice().contains(&UNK));
            assert_eq!(data.batch(3, 2).target, data.batch(3, 2).target);
            assert_ne!(data.batch(3, 2).patches.to_vec(), data.batch(4, 2).patches.to_vec());
        }
    }
}
