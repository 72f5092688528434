//! From the settings to batches: pairs, vocabularies, ids.

use std::collections::HashSet;
use std::path::Path;

use jumok_text::{
    EncodedPair, ParallelCorpus, ParallelData, SentencePair, TaskOptions, TaskPairs, TextError, Vocabulary,
    encode_pairs, task_pairs,
};
use jumok_training::texts_sha256;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::config::{DataConfig, PairFiles};
use super::{ConfigOf, SOURCE_VOCABULARY_FILE, TARGET_VOCABULARY_FILE, TranslationModel};
use crate::CommandError;

/// All that a run reads.
pub(super) struct Prepared {
    pub(super) held_out: Vec<SentencePair>,
    /// The ids of the held-out pairs, in the same order.
    pub(super) held_out_ids: Vec<EncodedPair>,
    pub(super) source: Vocabulary,
    pub(super) target: Vocabulary,
    pub(super) data: ParallelData,
    /// Lines of the files with an empty side.
    pub(super) empty_lines: usize,
    /// Training pairs that are too long.
    pub(super) too_long: usize,
}

impl Prepared {
    /// Reads or generates the pairs and learns the vocabularies, or loads them from `saved`, the folder of a run that is
    /// resumed. The fingerprint of the sentences and the sizes of the vocabularies are put into `config`.
    pub(super) fn new<Model: TranslationModel>(
        config: &mut ConfigOf<Model>,
        saved: Option<&Path>,
    ) -> Result<Prepared, CommandError> {
        let Pairs { training, held_out, empty_lines } = Pairs::read(&config.data, config.seed)?;
        let all = training.iter().chain(&held_out);
        config.sha256 = texts_sha256(all.flat_map(|pair| [pair.source.as_str(), pair.target.as_str()]));
        let (source, target) = match saved {
            Some(folder) => load_vocabularies(folder)?,
            None => {
                let sources = training.iter().map(|pair| pair.source.as_str());
                let targets = training.iter().map(|pair| pair.target.as_str());
                if config.shared_vocabulary {
                    let both = Vocabulary::train(sources.chain(targets), &config.vocabulary)?;
                    (both.clone(), both)
                } else {
                    let source = Vocabulary::train(sources, &config.vocabulary)?;
                    (source, Vocabulary::train(targets, &config.vocabulary)?)
                }
            }
        };
        Model::set_vocab_sizes(&mut config.model, [source.size(), target.size()]);
        let (encoded, too_long) = encode_pairs(&training, &source, &target, config.max_tokens);
        if encoded.is_empty() {
            let rule = "not one pair is that short: allow more tokens";
            return Err(CommandError::option("--max-tokens", config.max_tokens, rule));
        }
        let data = ParallelData::new(encoded, config.batches.clone())?;
        // However long they are: leaving the hard ones out would flatter the model.
        let ids = |pair: &SentencePair| EncodedPair {
            source: source.encode(&pair.source),
            target: target.encode(&pair.target),
        };
        let held_out_ids = held_out.iter().map(ids).collect();
        Ok(Prepared { held_out, held_out_ids, source, target, data, empty_lines, too_long })
    }

    /// Writes the vocabularies into a folder.
    pub(super) fn save_vocabularies(&self, folder: &Path) -> Result<(), CommandError> {
        self.source.save(&folder.join(SOURCE_VOCABULARY_FILE))?;
        Ok(self.target.save(&folder.join(TARGET_VOCABULARY_FILE))?)
    }
}

/// The vocabularies of a folder: of the source, and of the target.
pub(super) fn load_vocabularies(folder: &Path) -> Result<(Vocabulary, Vocabulary), CommandError> {
    let load = |name: &str| Vocabulary::load(&folder.join(name));
    Ok((load(SOURCE_VOCABULARY_FILE)?, load(TARGET_VOCABULARY_FILE)?))
}

struct Pairs {
    training: Vec<SentencePair>,
    held_out: Vec<SentencePair>,
    empty_lines: usize,
}

impl Pairs {
    fn read(config: &DataConfig, seed: u64) -> Result<Pairs, CommandError> {
        let (training, valid, share) = match config {
            &DataConfig::Task { task, training, held_out, min_length, max_length } => {
                let options = TaskOptions { task, seed, training, held_out, min_length, max_length };
                let TaskPairs { training, held_out } = task_pairs(&options)?;
                if training.is_empty() {
                    let rule =
                        "the task has no more different sequences than those that are held out: allow longer ones";
                    return Err(CommandError::option("--max-length", max_length, rule));
                }
                return Ok(Pairs { training, held_out, empty_lines: 0 });
            }
            DataConfig::Files { training, valid, held_out } => (read(training)?, valid, *held_out),
        };
        let (corpus, held_out, valid_empty_lines) = match valid {
            Some(files) => {
                let valid = read(files)?;
                (training.pairs, valid.pairs, valid.empty_lines)
            }
            None => {
                let (rest, held_out) = hold_out(training.pairs, share, seed);
                (rest, held_out, 0)
            }
        };
        if corpus.is_empty() {
            let place = "what remains to be trained on beside the held-out pairs".to_owned();
            return Err(TextError::NoPair { place }.into());
        }
        Ok(Pairs { training: corpus, held_out, empty_lines: training.empty_lines + valid_empty_lines })
    }
}

fn read(files: &PairFiles) -> Result<ParallelCorpus, TextError> {
    match files {
        PairFiles::Aligned { source, target } => ParallelCorpus::read_aligned(source, target),
        PairFiles::Tabbed { pairs } => ParallelCorpus::read_tab_separated(pairs),
    }
}

/// Puts about `share` of the pairs (at least one) aside, and takes the same source sentences out of the rest: a translation that
/// was learned by heart proves nothing.
fn hold_out(pairs: Vec<SentencePair>, share: f64, seed: u64) -> (Vec<SentencePair>, Vec<SentencePair>) {
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let count = ((pairs.len() as f64 * share).round() as usize).max(1);
    let chosen: HashSet<usize> = order[..count].iter().copied().collect();
    let (held_out, rest): (Vec<_>, Vec<_>) =
        pairs.into_iter().enumerate().partition(|(index, _)| chosen.contains(index));
    let held_out: Vec<SentencePair> = held_out.into_iter().map(|(_, pair)| pair).collect();
    let known: HashSet<&str> = held_out.iter().map(|pair| pair.source.as_str()).collect();
    let rest = rest.into_iter().map(|(_, pair)| pair).filter(|pair| !known.contains(pair.source.as_str())).collect();
    (rest, held_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_held_out_sentence_is_trained_on() {
        let pair = |n: usize| SentencePair { source: format!("sentence {}", n % 30), target: format!("satz {n}") };
        let pairs: Vec<SentencePair> = (0..100).map(pair).collect();
        let (rest, held_out) = hold_out(pairs.clone(), 0.1, 3);
        assert_eq!(held_out.len(), 10);
        assert!(rest.iter().all(|pair| held_out.iter().all(|held| held.source != pair.source)));
        assert!(rest.len() > 50 && rest.len() < 90, "{}", rest.len());
        assert_eq!(hold_out(pairs.clone(), 0.1, 3), (rest, held_out.clone()));
        assert_ne!(hold_out(pairs, 0.1, 4).1, held_out);
    }
}
