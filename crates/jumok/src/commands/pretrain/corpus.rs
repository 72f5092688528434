//! From the settings to the examples: text, vocabulary, pairs and masks.

use std::path::Path;

use jumok_text::{
    Baselines, Corpus, Language as TextLanguage, Padding, PretrainingBatch, PretrainingData, PretrainingOptions,
    Tokenizer, ToyOptions, WordPieceOptions, toy_corpus,
};
use jumok_training::texts_sha256;

use super::config::{CorpusConfig, PretrainConfig};
use crate::CommandError;

/// Held-out documents of the built-in corpus: enough for accuracies to within about a percent.
const BUILTIN_HELD_OUT: usize = 1000;
/// Held-out pairs that are evaluated while training.
const EVALUATION_PAIRS: usize = 512;
/// Held-out pairs that are evaluated at the end.
const FINAL_EVALUATION_PAIRS: usize = 2048;
/// Pairs of an evaluation batch; small, so that there are batches for all threads.
const EVALUATION_BATCH: usize = 32;

/// All that a run reads.
pub(super) struct Prepared {
    pub(super) training: Corpus,
    pub(super) held_out: Corpus,
    pub(super) tokenizer: Tokenizer,
    pub(super) data: PretrainingData,
    pub(super) held_out_data: PretrainingData,
}

impl Prepared {
    /// Reads or generates the text, and learns the vocabulary, or loads it from `saved_tokenizer`, the folder of a run that
    /// is resumed. The fingerprint of the text and the size of the vocabulary are put into `config`.
    pub(super) fn new(config: &mut PretrainConfig, saved_tokenizer: Option<&Path>) -> Result<Prepared, CommandError> {
        let (training, held_out) = read_corpus(&config.corpus, config.seed)?;
        config.corpus.sha256 = texts_sha256(fingerprint(&training).chain(fingerprint(&held_out)));
        let tokenizer = match saved_tokenizer.or(config.corpus.tokenizer.as_deref()) {
            Some(path) => Tokenizer::load(path)?,
            None => Tokenizer::train(&training, &word_pieces(&config.corpus, &training))?,
        };
        fit_vocabulary(config, &tokenizer)?;
        let data = PretrainingData::new(&training, &tokenizer, config.data.clone())?;
        let evaluation = PretrainingOptions {
            batch_size: EVALUATION_BATCH,
            padding: Padding::Longest,
            dynamic: false,
            // The same questions in every run, so that runs with other seeds can be compared.
            seed: 0,
            ..config.data.clone()
        };
        let held_out_data = PretrainingData::held_out(&held_out, &training, &tokenizer, evaluation)?;
        Ok(Prepared { training, held_out, tokenizer, data, held_out_data })
    }

    /// The batches of an evaluation on the way.
    pub(super) fn evaluation_batches(&self) -> Vec<PretrainingBatch> {
        self.held_out_data.evaluation_batches(EVALUATION_PAIRS).collect()
    }

    /// The batches of the evaluation at the end, and what guessing would score on them.
    pub(super) fn final_evaluation(&self) -> (Vec<PretrainingBatch>, Baselines) {
        let batches: Vec<PretrainingBatch> = self.held_out_data.evaluation_batches(FINAL_EVALUATION_PAIRS).collect();
        let baselines = Baselines::measure(&self.data, &batches);
        (batches, baselines)
    }
}

/// A fresh model gets as many rows as the vocabulary has; one that is gone on with must have them.
fn fit_vocabulary(config: &mut PretrainConfig, tokenizer: &Tokenizer) -> Result<(), CommandError> {
    let tokens = tokenizer.vocab_size();
    let folder = config.from.as_ref().or(config.teacher.as_ref());
    let vocab_size = config.model.sizes().vocab_size;
    match folder {
        Some(path) if tokens > vocab_size => {
            Err(CommandError::VocabularyMismatch { path: path.clone(), tokens, vocab_size })
        }
        Some(_) => Ok(()),
        None => {
            config.model.set_vocabulary(tokens, tokenizer.special().pad as usize);
            Ok(())
        }
    }
}

/// Training and held-out part.
fn read_corpus(config: &CorpusConfig, seed: u64) -> Result<(Corpus, Corpus), CommandError> {
    if let Some(language) = config.builtin {
        let toy = toy_corpus(&ToyOptions { held_out_documents: BUILTIN_HELD_OUT, ..ToyOptions::new(language) })?;
        return Ok((toy.training, toy.held_out));
    }
    Ok(Corpus::read(&config.files)?.split_held_out(config.held_out, seed)?)
}

/// The sentences, and an empty text after each document.
fn fingerprint(corpus: &Corpus) -> impl Iterator<Item = &str> {
    corpus.documents.iter().flat_map(|document| document.iter().map(String::as_str).chain([""]))
}

fn word_pieces(config: &CorpusConfig, training: &Corpus) -> WordPieceOptions {
    let language = config.builtin.unwrap_or_else(|| language_of(training));
    WordPieceOptions { vocab_size: config.vocab_size, language, ..WordPieceOptions::default() }
}

/// Korean if there is Hangul in a tenth of the sentences or more: its syllables must then stay whole.
fn language_of(corpus: &Corpus) -> TextLanguage {
    let hangul =
        |sentence: &&str| sentence.chars().any(|c| matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}'));
    let with_hangul = corpus.sentences().filter(hangul).count();
    if with_hangul * 10 >= corpus.sentence_count() { TextLanguage::Korean } else { TextLanguage::English }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_makes_a_text_korean() {
        let corpus = |text: &str| language_of(&Corpus::parse(text));
        assert_eq!(corpus("나는 간다.\nI go.\n"), TextLanguage::Korean);
        assert_eq!(corpus(&"I go.\n".repeat(11)), TextLanguage::English);
        assert_eq!(corpus(&("나\n".to_owned() + &"I go.\n".repeat(20))), TextLanguage::English);
    }

    #[test]
    fn the_fingerprint_sees_words_and_the_ends_of_documents() {
        let of = |text: &str| texts_sha256(fingerprint(&Corpus::parse(text)));
        assert_eq!(of("a\nb\n\nc\n"), of("a\r\nb\n\n\nc"));
        assert_ne!(of("a\nb\n\nc\n"), of("a\n\nb\nc\n"));
        assert_ne!(of("a\nb\n"), of("a\nc\n"));
    }
}
