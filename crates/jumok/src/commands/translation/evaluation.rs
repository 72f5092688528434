//! How well a translator does on held-out pairs.

use jumok_metrics::{BleuOptions, ChrfOptions, corpus_bleu, corpus_chrf, exact_match, perplexity};
use jumok_nn::translation::Seq2SeqBatch;
use jumok_text::{EncodedPair, ParallelBatch, SentencePair, Vocabulary};
use jumok_training::evaluate;

use super::TranslationModel;

/// Pairs that are decoded together.
const BATCH: usize = 32;

/// Tokens of a translation at most: languages differ in length, but not by more than this.
pub(crate) fn max_translation_length(source_tokens: usize) -> usize {
    2 * source_tokens + 10
}

/// The figures of a model on held-out pairs.
#[derive(Clone, Debug)]
pub(crate) struct Scores {
    /// Mean of −log p(token) in nats, given the right tokens before.
    pub(crate) loss: f64,
    /// Share of the tokens that would have been right, given those before.
    pub(crate) token_accuracy: f64,
    /// Share of the translations that are right as a whole.
    pub(crate) exact_match: f64,
    /// BLEU in percent.
    pub(crate) bleu: f64,
    /// chrF2 in percent.
    pub(crate) chrf: f64,
    /// What the model says, pair by pair.
    pub(crate) translations: Vec<String>,
}

impl Scores {
    /// Perplexity of a token.
    pub(crate) fn perplexity(&self) -> f64 {
        perplexity(self.loss, 1)
    }
}

/// Scores a model on pairs, given as texts and as ids in the same order: its own translations, with a beam of so many, against the
/// right ones in the vocabulary's normal form, and its loss.
///
/// Sentences of similar length are worked on together, whatever the number of threads.
pub(crate) fn score(
    model: &impl TranslationModel,
    pairs: &[SentencePair],
    ids: &[EncodedPair],
    target: &Vocabulary,
    beam: usize,
) -> Scores {
    let mut order: Vec<usize> = (0..ids.len()).collect();
    order.sort_by_key(|&index| ids[index].source.len());
    let batches: Vec<&[usize]> = order.chunks(BATCH).collect();
    let results = evaluate(&batches, |indices, ctx| {
        let batch = ParallelBatch::of(indices.iter().map(|&index| &ids[index]));
        let special = model.special_tokens();
        let loss = model.nll(&Seq2SeqBatch::new(&batch.sources, &batch.targets, special), ctx);
        let longest = batch.sources.iter().map(Vec::len).max().unwrap_or_default();
        let translations = model.decode(&batch.sources, beam, max_translation_length(longest));
        let texts: Vec<String> = translations.iter().map(|one| target.decode(&one.tokens)).collect();
        (loss.sum.item(), loss.correct, loss.tokens, texts)
    });
    let (mut sum, mut correct, mut tokens) = (0.0, 0, 0);
    let mut translations = vec![String::new(); ids.len()];
    for (indices, (nll, right, count, texts)) in batches.iter().zip(results) {
        sum += nll;
        correct += right;
        tokens += count;
        for (&index, text) in indices.iter().zip(texts) {
            translations[index] = text;
        }
    }
    let references: Vec<String> = pairs.iter().map(|pair| target.normalized(&pair.target)).collect();
    let exact_match = exact_match(&translations, &references).expect("one translation a pair");
    let references = [references];
    let bleu = BleuOptions { lowercase: true, ..BleuOptions::default() };
    Scores {
        loss: sum / tokens as f64,
        token_accuracy: correct as f64 / tokens as f64,
        exact_match,
        bleu: corpus_bleu(&translations, &references, &bleu).expect("one translation a pair").score,
        chrf: corpus_chrf(&translations, &references, &ChrfOptions::default()).expect("one translation a pair"),
        translations,
    }
}
