//! BLEU (Papineni et al., "BLEU: a Method for Automatic Evaluation of Machine Translation", 2002), as sacrebleu computes it.

use std::collections::HashMap;

use crate::ngrams::{ngrams, overlap};
use crate::{BleuTokenizer, MetricError};

/// What takes the place of a precision of zero, whose logarithm would make the whole score zero (Chen & Cherry, "A
/// Systematic Comparison of Smoothing Techniques for Sentence-Level BLEU", 2014).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Smoothing {
    /// Nothing: one precision of zero makes the score zero.
    None,
    /// This many hits instead of none; sacrebleu's default is 0.1.
    Floor(f64),
    /// This much is added to hits and totals of all orders above 1; sacrebleu's default is 1.
    AddK(f64),
    /// The first zero becomes 1 / (2 · total), the second 1 / (4 · total), and so on.
    #[default]
    Exp,
}

/// How BLEU is computed; the default is what papers report.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BleuOptions {
    /// How sentences are taken apart.
    pub tokenizer: BleuTokenizer,
    /// Whether `The` and `the` are the same.
    pub lowercase: bool,
    /// What takes the place of a precision of zero.
    pub smoothing: Smoothing,
    /// Length of the longest runs of words that are counted.
    pub max_order: usize,
    /// Whether only orders up to the length of the translation count: fairer to single short sentences.
    pub effective_order: bool,
}

impl Default for BleuOptions {
    /// `13a`, case counts, `exp` smoothing, runs of up to four words.
    fn default() -> BleuOptions {
        BleuOptions {
            tokenizer: BleuTokenizer::V13a,
            lowercase: false,
            smoothing: Smoothing::Exp,
            max_order: 4,
            effective_order: false,
        }
    }
}

/// A score and what it is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct BleuScore {
    /// BLEU in percent.
    pub score: f64,
    /// Runs of 1, 2, … words that are in a reference too, after `AddK`.
    pub counts: Vec<f64>,
    /// Runs of 1, 2, … words, after `AddK`.
    pub totals: Vec<f64>,
    /// Their ratios in percent, after smoothing.
    pub precisions: Vec<f64>,
    /// The factor for translations that are too short.
    pub brevity_penalty: f64,
    /// Tokens of the translations.
    pub system_length: usize,
    /// Tokens of the references, for each sentence of the one that is closest in length.
    pub reference_length: usize,
}

/// What is counted in a sentence; the counts of a corpus are the sums of those of its sentences.
struct Counts {
    correct: Vec<usize>,
    total: Vec<usize>,
    system_length: usize,
    reference_length: usize,
}

/// BLEU of a whole corpus: `references[k][i]` is reference `k` of sentence `i`.
///
/// BLEU = BP · exp(1/N Σₙ log pₙ), where pₙ is the share of the translations' runs of n words that occur in a reference of
/// their sentence (each counted at most as often as there), over *all* sentences; BP = min(1, exp(1 − r/c)) for c words
/// against r.
///
/// # Errors
/// [`MetricError::NoReference`], [`MetricError::LengthMismatch`] for a list of references of another length.
pub fn corpus_bleu<H: AsRef<str>, R: AsRef<str>>(
    hypotheses: &[H],
    references: &[Vec<R>],
    options: &BleuOptions,
) -> Result<BleuScore, MetricError> {
    if references.is_empty() {
        return Err(MetricError::NoReference);
    }
    for references in references {
        MetricError::same_length("translations", hypotheses.len(), "references", references.len())?;
    }
    let nothing = Counts {
        correct: vec![0; options.max_order],
        total: vec![0; options.max_order],
        system_length: 0,
        reference_length: 0,
    };
    let sum = hypotheses.iter().enumerate().fold(nothing, |sum, (sentence, hypothesis)| {
        let references: Vec<&str> = references.iter().map(|list| list[sentence].as_ref()).collect();
        sum.plus(&Counts::of(hypothesis.as_ref(), &references, options))
    });
    Ok(sum.score(options))
}

/// BLEU of one sentence. sacrebleu uses [`BleuOptions::effective_order`] here.
///
/// # Errors
/// [`MetricError::NoReference`].
pub fn sentence_bleu(hypothesis: &str, references: &[&str], options: &BleuOptions) -> Result<BleuScore, MetricError> {
    match references {
        [] => Err(MetricError::NoReference),
        references => Ok(Counts::of(hypothesis, references, options).score(options)),
    }
}

fn words(text: &str, options: &BleuOptions) -> Vec<String> {
    let text = if options.lowercase { text.to_lowercase() } else { text.to_owned() };
    options.tokenizer.tokenize(text.trim_end()).split_whitespace().map(str::to_owned).collect()
}

impl Counts {
    fn of(hypothesis: &str, references: &[&str], options: &BleuOptions) -> Counts {
        let hypothesis = words(hypothesis, options);
        let references: Vec<Vec<String>> = references.iter().map(|reference| words(reference, options)).collect();
        let (mut correct, mut total) = (vec![], vec![]);
        for n in 1..=options.max_order {
            let mut allowed: HashMap<&[String], usize> = HashMap::new();
            for reference in &references {
                for (run, count) in ngrams(reference, n) {
                    let most = allowed.entry(run).or_default();
                    *most = count.max(*most);
                }
            }
            let found = ngrams(&hypothesis, n);
            correct.push(overlap(&found, &allowed));
            total.push(found.values().sum());
        }
        let system_length = hypothesis.len();
        // The closest reference in length; of two equally close ones the shorter.
        let closest = references.iter().map(Vec::len).min_by_key(|&length| (length.abs_diff(system_length), length));
        Counts { correct, total, system_length, reference_length: closest.unwrap_or_default() }
    }

    fn plus(mut self, other: &Counts) -> Counts {
        self.correct.iter_mut().zip(&other.correct).for_each(|(sum, count)| *sum += count);
        self.total.iter_mut().zip(&other.total).for_each(|(sum, count)| *sum += count);
        self.system_length += other.system_length;
        self.reference_length += other.reference_length;
        self
    }

    fn score(&self, options: &BleuOptions) -> BleuScore {
        let Counts { system_length, reference_length, .. } = *self;
        let mut counts: Vec<f64> = self.correct.iter().map(|&count| count as f64).collect();
        let mut totals: Vec<f64> = self.total.iter().map(|&count| count as f64).collect();
        let mut precisions = vec![0.0; options.max_order];
        let brevity_penalty = match (system_length, reference_length) {
            (0, 1..) => 0.0,
            (c, r) if c < r => (1.0 - r as f64 / c as f64).exp(),
            _ => 1.0,
        };
        let mut score = 0.0;
        // Without a single hit nothing is smoothed: the score is zero.
        if self.correct.iter().any(|&count| count > 0) {
            let mut order = options.max_order;
            let mut exp_smoothing = 1.0;
            for n in 0..options.max_order {
                if let (Smoothing::AddK(k), 1..) = (options.smoothing, n) {
                    counts[n] += k;
                    totals[n] += k;
                }
                if totals[n] == 0.0 {
                    break;
                }
                if options.effective_order {
                    order = n + 1;
                }
                precisions[n] = match options.smoothing {
                    _ if counts[n] > 0.0 => 100.0 * counts[n] / totals[n],
                    Smoothing::Exp => {
                        exp_smoothing *= 2.0;
                        100.0 / (exp_smoothing * totals[n])
                    }
                    Smoothing::Floor(hits) => 100.0 * hits / totals[n],
                    Smoothing::None | Smoothing::AddK(_) => 0.0,
                };
            }
            let logs: f64 = precisions[..order].iter().map(|precision| precision.ln()).sum();
            score = brevity_penalty * (logs / order as f64).exp();
        }
        BleuScore { score, counts, totals, precisions, brevity_penalty, system_length, reference_length }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(hypothesis: &str, reference: &str) -> BleuScore {
        sentence_bleu(hypothesis, &[reference], &BleuOptions::default()).unwrap()
    }

    #[test]
    fn papinenis_example_counts_a_word_at_most_as_often_as_the_reference() {
        let score = sentence("the the the the the the the", "the cat is on the mat");
        assert_eq!((score.counts[0], score.totals[0]), (2.0, 7.0));
    }

    #[test]
    fn the_score_is_what_the_formula_says() {
        let score = sentence("the cat sat on the mat", "the cat sat on a mat");
        assert_eq!(score.counts, [5.0, 3.0, 2.0, 1.0]);
        let product: f64 = [5.0 / 6.0, 3.0 / 5.0, 2.0 / 4.0, 1.0 / 3.0].iter().product();
        assert!((score.score - 100.0 * product.powf(0.25)).abs() < 1e-9);
    }

    #[test]
    fn too_short_is_punished_and_too_long_is_not() {
        assert!((sentence("a b c d", "a b c d e").brevity_penalty - (-0.25f64).exp()).abs() < 1e-12);
        assert_eq!(sentence("a b c d e f", "a b c d e").brevity_penalty, 1.0);
        assert_eq!(sentence("", "a").score, 0.0);
    }

    #[test]
    fn the_corpus_score_is_no_mean_of_sentence_scores() {
        let options = BleuOptions::default();
        let corpus = corpus_bleu(&["a b c d", "x"], &[vec!["a b c d", "y"]], &options).unwrap();
        let mean = (sentence("a b c d", "a b c d").score + sentence("x", "y").score) / 2.0;
        assert!(corpus.score > mean, "{} {mean}", corpus.score);
    }

    #[test]
    fn lists_that_do_not_belong_together_are_refused() {
        let options = BleuOptions::default();
        let none: [Vec<&str>; 0] = [];
        assert_eq!(corpus_bleu(&["a"], &none, &options), Err(MetricError::NoReference));
        assert_eq!(sentence_bleu("a", &[], &options), Err(MetricError::NoReference));
        let error = corpus_bleu(&["a"], &[vec!["a", "b"]], &options).unwrap_err().to_string();
        assert_eq!(error, "1 translations, but 2 references: there must be one for each");
    }

    proptest::proptest! {
        #[test]
        fn a_translation_equal_to_its_reference_is_perfect(words in proptest::collection::vec("[a-z가-힣]{1,4}", 4..20)) {
            let text = words.join(" ");
            proptest::prop_assert!((sentence(&text, &text).score - 100.0).abs() < 1e-9);
        }

        #[test]
        fn no_score_leaves_zero_to_a_hundred(a in "[a-c. ]{0,20}", b in "[a-c. ]{0,20}") {
            let score = sentence(&a, &b).score;
            proptest::prop_assert!((0.0..=100.0 + 1e-9).contains(&score), "{}", score);
        }
    }
}
