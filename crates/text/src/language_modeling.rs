//! Texts for a language model: one long row of tokens, cut into windows in which each token is to be foretold from those before
//! it (lecture, slide S18).

use std::path::Path;

use rand::RngExt;

use crate::files::read_utf8;
use crate::parallel::EOS;
use crate::random::{Purpose, keyed_rng};
use crate::{Corpus, TextError, Unit, Vocabulary};

/// A text in two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextSplit {
    /// What a model learns from.
    pub training: String,
    /// What it is judged by: the end of the text.
    pub held_out: String,
}

impl TextSplit {
    /// Reads a file and holds its last `share` of characters out, as nanoGPT does; the cut moves on to the next blank if `whole_words`
    /// are wanted.
    ///
    /// # Errors
    /// [`TextError`] for a file that cannot be read, a share that is none, or a text of which one part would be empty.
    pub fn read(path: &Path, share: f64, whole_words: bool) -> Result<TextSplit, TextError> {
        if !(share > 0.0 && share < 1.0) {
            return Err(TextError::option("held_out", share, "a share lies between 0 and 1, 0.1 for example"));
        }
        let text = read_utf8(path)?;
        let kept = (text.chars().count() as f64 * (1.0 - share)) as usize;
        let mut cut = text.char_indices().nth(kept).map_or(text.len(), |(at, _)| at);
        if whole_words {
            cut += text[cut..].find(char::is_whitespace).unwrap_or(text.len() - cut);
        }
        let (training, held_out) = text.split_at(cut);
        match [training, held_out].iter().any(|part| part.trim().is_empty()) {
            true => Err(TextError::EmptyCorpus { place: path.display().to_string() }),
            false => Ok(TextSplit { training: training.into(), held_out: held_out.into() }),
        }
    }
}

/// The documents of a corpus as one text: a blank between two sentences, an empty line between two documents.
pub fn running_text(corpus: &Corpus) -> String {
    corpus.documents.iter().map(|document| document.join(" ") + "\n\n").collect()
}

/// The ids of a running text. Characters are taken as they come, line ends too; words and pieces know no lines, so [`EOS`] stands
/// for each empty line.
pub fn encode_running_text(vocabulary: &Vocabulary, text: &str) -> Vec<i64> {
    if vocabulary.unit() == Unit::Characters {
        return vocabulary.encode(text);
    }
    let mut ids = vec![];
    for paragraph in Corpus::parse(text).documents {
        ids.extend(vocabulary.encode(&paragraph.join(" ")));
        ids.push(EOS);
    }
    ids
}

/// A row of tokens as batches of windows that the number of the step alone decides: a run that goes on at step *n* needs no more
/// than *n*. A window begins anywhere, with equal probability.
#[derive(Clone, Debug)]
pub struct LanguageModelingData {
    ids: Vec<i64>,
    batch_size: usize,
    block_size: usize,
    seed: u64,
}

/// Windows of one batch: row b of `targets` is row b of `input_ids` one token later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LanguageModelingBatch {
    /// `batch_size` rows of `block_size` tokens.
    pub input_ids: Vec<i64>,
    /// What comes next, at each place.
    pub targets: Vec<i64>,
    /// Rows.
    pub batch_size: usize,
    /// Tokens of a row.
    pub block_size: usize,
}

impl LanguageModelingData {
    /// Takes a row of tokens over.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for sizes of 0, or a text without one whole window.
    pub fn new(ids: Vec<i64>, batch_size: usize, block_size: usize, seed: u64) -> Result<Self, TextError> {
        for (option, value) in [("batch_size", batch_size), ("block_size", block_size)] {
            if value == 0 {
                return Err(TextError::option(option, value, "it must be at least 1"));
            }
        }
        check_length(&ids, block_size)?;
        Ok(Self { ids, batch_size, block_size, seed })
    }

    /// The row of tokens.
    pub fn ids(&self) -> &[i64] {
        &self.ids
    }

    /// Steps in which as many tokens are read as there are.
    pub fn steps_per_epoch(&self) -> f64 {
        self.ids.len() as f64 / (self.batch_size * self.block_size) as f64
    }

    /// The batch of a step, counted from 0.
    pub fn batch(&self, step: u64) -> LanguageModelingBatch {
        let Self { ids, batch_size, block_size, seed } = self;
        let windows = (0..*batch_size).map(|row| {
            let start = keyed_rng(*seed, Purpose::Window, step, row as u64).random_range(0..ids.len() - block_size);
            &ids[start..=start + block_size]
        });
        LanguageModelingBatch::of(windows, *block_size)
    }
}

impl LanguageModelingBatch {
    /// Windows of `block_size` + 1 tokens, side by side.
    ///
    /// # Panics
    /// If a window has another length.
    #[track_caller]
    pub fn of<'a>(windows: impl IntoIterator<Item = &'a [i64]>, block_size: usize) -> Self {
        let mut batch = Self { input_ids: vec![], targets: vec![], batch_size: 0, block_size };
        for window in windows {
            assert!(window.len() == block_size + 1, "a window of {} tokens for a block of {block_size}", window.len());
            batch.input_ids.extend(&window[..block_size]);
            batch.targets.extend(&window[1..]);
            batch.batch_size += 1;
        }
        batch
    }

    /// Some rows: their tokens, and those that come next.
    pub fn rows(&self, rows: std::ops::Range<usize>) -> [&[i64]; 2] {
        let cells = rows.start * self.block_size..rows.end * self.block_size;
        [&self.input_ids[cells.clone()], &self.targets[cells]]
    }
}

/// All windows of `block_size` + 1 tokens, one behind the other, so that each token but the first is foretold once; what is left at the
/// end is dropped.
///
/// # Errors
/// [`TextError::InvalidOption`] for a text without one whole window.
pub fn windows(ids: &[i64], block_size: usize) -> Result<Vec<&[i64]>, TextError> {
    check_length(ids, block_size)?;
    Ok((0..ids.len() - block_size).step_by(block_size).map(|start| &ids[start..=start + block_size]).collect())
}

fn check_length(ids: &[i64], block_size: usize) -> Result<(), TextError> {
    if ids.len() > block_size {
        return Ok(());
    }
    let rule = format!("a part of the text has only {} tokens: use a longer text or shorter windows", ids.len());
    Err(TextError::option("block_size", block_size, rule))
}

/// What counting gives, as a yardstick for a model: mean −log p in nats of each token of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CountingBaselines {
    /// All tokens equally likely: ln V.
    pub uniform: f64,
    /// Each as likely as it is frequent.
    pub unigram: f64,
    /// As it is frequent behind the token before it: (c(a, b) + p(b)) / (c(a) + 1), a little of the unigram mixed in for pairs that
    /// never occurred.
    pub bigram: f64,
}

impl CountingBaselines {
    /// Counts on `training`, judged on each token of `held_out` but the first.
    pub fn new(training: &[i64], held_out: &[i64], vocab_size: usize) -> Self {
        let mut single = vec![1u64; vocab_size];
        let mut pairs = std::collections::HashMap::<(i64, i64), u64>::new();
        let mut firsts = vec![0u64; vocab_size];
        training.iter().for_each(|&token| single[token as usize] += 1);
        for pair in training.windows(2) {
            *pairs.entry((pair[0], pair[1])).or_default() += 1;
            firsts[pair[0] as usize] += 1;
        }
        let total: u64 = single.iter().sum();
        let (mut unigram, mut bigram) = (0.0, 0.0);
        for pair in held_out.windows(2) {
            let p = single[pair[1] as usize] as f64 / total as f64;
            let count = pairs.get(&(pair[0], pair[1])).copied().unwrap_or(0);
            unigram -= p.ln();
            bigram -= ((count as f64 + p) / (firsts[pair[0] as usize] as f64 + 1.0)).ln();
        }
        let tokens = held_out.len().saturating_sub(1) as f64;
        Self { uniform: (vocab_size as f64).ln(), unigram: unigram / tokens, bigram: bigram / tokens }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VocabularyOptions;

    fn data() -> LanguageModelingData {
        LanguageModelingData::new((0..100).collect(), 4, 8, 3).unwrap()
    }

    #[test]
    fn targets_are_the_tokens_that_come_next() {
        let (data, mut starts) = (data(), std::collections::BTreeSet::new());
        for step in 0..200 {
            let batch = data.batch(step);
            assert_eq!((batch.input_ids.len(), batch.targets.len()), (32, 32));
            assert!(batch.input_ids.iter().zip(&batch.targets).all(|(a, b)| a + 1 == *b));
            starts.extend(batch.input_ids.chunks(8).map(|row| row[0]));
            assert_eq!(batch.rows(1..3)[0], &batch.input_ids[8..24]);
        }
        assert_eq!((starts.first(), starts.last()), (Some(&0), Some(&91)));
        assert_eq!(data.batch(7), data.batch(7));
        assert_ne!(data.batch(7), data.batch(8));
        assert_ne!(data.batch(7), LanguageModelingData { seed: 4, ..data.clone() }.batch(7));
    }

    #[test]
    fn each_held_out_token_is_foretold_once() {
        let ids: Vec<i64> = (0..20).collect();
        let all = windows(&ids, 6).unwrap();
        let foretold: Vec<i64> = LanguageModelingBatch::of(all, 6).targets;
        assert_eq!(foretold, (1..=18).collect::<Vec<_>>());
        assert!(windows(&ids, 20).unwrap_err().to_string().contains("only 20 tokens"));
    }

    #[test]
    fn empty_lines_end_a_text_of_words_and_are_letters_of_one_of_characters() {
        let text = "One day.\nTwo days.\n\nThree.\n\n";
        let vocabulary = |unit| {
            let options = VocabularyOptions { unit, lowercase: false, ..VocabularyOptions::default() };
            Vocabulary::train([text], &options).unwrap()
        };
        let words = vocabulary(Unit::Words);
        let ids = encode_running_text(&words, text);
        assert_eq!(ids.iter().filter(|&&id| id == EOS).count(), 2);
        assert_eq!(words.decode(&ids), "One day. Two days. Three.");
        let characters = vocabulary(Unit::Characters);
        assert_eq!(characters.decode(&encode_running_text(&characters, text)), text);
    }

    #[test]
    fn a_file_is_cut_where_nanogpt_cuts_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("text");
        std::fs::write(&path, "가나 다라 마바 사아").unwrap();
        let split = |share, whole| TextSplit::read(&path, share, whole);
        let parts = |split: TextSplit| (split.training, split.held_out);
        assert_eq!(parts(split(0.4, false).unwrap()), ("가나 다라 ".into(), "마바 사아".into()));
        assert_eq!(parts(split(0.4, true).unwrap()), ("가나 다라 마바".into(), " 사아".into()));
        assert!(split(1.0, false).is_err());
        assert!(matches!(split(0.01, true), Err(TextError::EmptyCorpus { .. })));
    }

    #[test]
    fn counting_by_hand() {
        // a b a b a a: a 4, b 2 (and one more each); behind a stand b, b, a, behind b a, a.
        let baselines = CountingBaselines::new(&[0, 1, 0, 1, 0, 0], &[0, 1, 0], 2);
        let (p_a, p_b) = (5.0f64 / 8.0, 3.0f64 / 8.0);
        assert!((baselines.uniform - 2f64.ln()).abs() < 1e-12);
        assert!((baselines.unigram + (p_b.ln() + p_a.ln()) / 2.0).abs() < 1e-12);
        let bigram = ((2.0 + p_b) / 4.0).ln() + ((2.0 + p_a) / 3.0).ln();
        assert!((baselines.bigram + bigram / 2.0).abs() < 1e-12);
    }
}
