//! How good are the answers? The figures by which the field measures its models, digit for digit as its tools compute them.
//!
//! | of | figure | as in |
//! |---|---|---|
//! | translations | [`corpus_bleu`], [`sentence_bleu`] | sacrebleu |
//! | translations | [`corpus_chrf`], [`sentence_chrf`] | sacrebleu |
//! | answers that must be right as a whole | [`exact_match`] | |
//! | answers to questions | [`SquadScores`] | SQuAD's evaluation script |
//! | named entities | [`EntityScores`] | seqeval |
//! | classes | [`Classification`] | scikit-learn |
//! | numbers | [`pearson`], [`spearman`] | scipy |
//! | language models | [`perplexity`] | |
//!
//! A crate of its own, because texts (`jumok-text`) know no scores and models need no texts to be judged: labels, numbers and
//! strings go in, figures come out, and everything that trains something may use them.
//!
//! ```
//! use jumok_metrics::{BleuOptions, corpus_bleu};
//!
//! let score = corpus_bleu(&["the cat sat on the mat"], &[vec!["the cat sat on a mat"]], &BleuOptions::default())?;
//! assert!((score.score - 53.728).abs() < 1e-3);
//! # Ok::<(), jumok_metrics::MetricError>(())
//! ```

mod bleu;
mod chrf;
mod classification;
mod correlation;
mod entities;
mod error;
mod ngrams;
mod squad;
mod tokenize;

pub use bleu::{BleuOptions, BleuScore, Smoothing, corpus_bleu, sentence_bleu};
pub use chrf::{ChrfOptions, corpus_chrf, sentence_chrf};
pub use classification::{Average, Classification};
pub use correlation::{pearson, spearman};
pub use entities::{Entity, EntityScores, Scheme, TypeScores, entities};
pub use error::MetricError;
pub use squad::{SquadScores, answer_exact_match, answer_f1, normalize_answer};
pub use tokenize::BleuTokenizer;

/// Precision, recall and their harmonic mean, each 0 to 1; 0 where there is nothing to divide by.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Scores {
    /// Of what was found, the share that is right.
    pub precision: f64,
    /// Of what is right, the share that was found.
    pub recall: f64,
    /// 2 · precision · recall / (precision + recall).
    pub f1: f64,
}

impl Scores {
    /// From counts: `hits` that are right among `found`, and `wanted` that should have been found.
    ///
    /// F1 = 2PR/(P + R) = 2 · hits / (found + wanted).
    pub fn from_counts(hits: usize, found: usize, wanted: usize) -> Scores {
        let ratio = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        Scores { precision: ratio(hits, found), recall: ratio(hits, wanted), f1: ratio(2 * hits, found + wanted) }
    }

    /// Σ weight · score / Σ weight, each figure by itself.
    fn weighted_mean(scores: impl Iterator<Item = (Scores, f64)>) -> Scores {
        let (mut sum, mut weights) = (Scores::default(), 0.0);
        for (score, weight) in scores {
            sum.precision += weight * score.precision;
            sum.recall += weight * score.recall;
            sum.f1 += weight * score.f1;
            weights += weight;
        }
        let mean = |sum: f64| if weights > 0.0 { sum / weights } else { 0.0 };
        Scores { precision: mean(sum.precision), recall: mean(sum.recall), f1: mean(sum.f1) }
    }
}

/// Share of the answers that equal their reference as a whole, 0 to 1; 0 if there are none.
///
/// # Errors
/// [`MetricError::LengthMismatch`] if there are not as many answers as references.
pub fn exact_match<A: PartialEq<B>, B>(answers: &[A], references: &[B]) -> Result<f64, MetricError> {
    MetricError::same_length("answers", answers.len(), "references", references.len())?;
    let hits = answers.iter().zip(references).filter(|(answer, reference)| answer == reference).count();
    Ok(hits as f64 / answers.len().max(1) as f64)
}

/// exp(Σ −log p / tokens): among how many equally likely tokens the model hesitates, on average.
///
/// `total_nll` is the sum of −log p over *all* tokens of a text in nats. The mean of the perplexities of its sentences is
/// something else (and larger).
pub fn perplexity(total_nll: f64, tokens: usize) -> f64 {
    (total_nll / tokens as f64).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_an_answer_must_be_right() {
        assert_eq!(exact_match(&["a b", "c", ""], &["a b", "c ", ""]).unwrap(), 2.0 / 3.0);
        assert_eq!(exact_match::<&str, &str>(&[], &[]).unwrap(), 0.0);
        let error = exact_match(&["a"], &["a", "b"]).unwrap_err().to_string();
        assert_eq!(error, "1 answers, but 2 references: there must be one for each");
    }

    #[test]
    fn perplexity_is_the_number_of_equally_likely_tokens() {
        assert!((perplexity(10.0 * 7f64.ln(), 10) - 7.0).abs() < 1e-12);
        assert!(perplexity(0.0, 0).is_nan());
    }

    #[test]
    fn f1_is_the_harmonic_mean() {
        let Scores { precision, recall, f1 } = Scores::from_counts(3, 4, 5);
        assert_eq!((precision, recall), (0.75, 0.6));
        assert!((f1 - 2.0 / (1.0 / precision + 1.0 / recall)).abs() < 1e-15);
        assert_eq!(Scores::from_counts(0, 0, 0), Scores::default());
    }
}
