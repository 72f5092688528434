//! chrF (Popović, "chrF: character n-gram F-score for automatic MT evaluation", 2015) and chrF++ (2017), as sacrebleu computes
//! them: kinder than BLEU to languages such as Korean, where half a word may be right.

use crate::MetricError;
use crate::ngrams::{ngrams, overlap};

/// How chrF is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChrfOptions {
    /// Length of the longest runs of characters; spaces do not count.
    pub char_order: usize,
    /// Length of the longest runs of words: 0 is chrF, 2 is chrF++.
    pub word_order: usize,
    /// How many times as much recall weighs as precision.
    pub beta: f64,
}

impl Default for ChrfOptions {
    /// chrF2: runs of up to six characters, recall twice as important as precision.
    fn default() -> ChrfOptions {
        ChrfOptions { char_order: 6, word_order: 0, beta: 2.0 }
    }
}

/// Counts of one order: runs in the translation, runs in the reference, runs in both.
#[derive(Clone, Copy, Default)]
struct Order {
    found: usize,
    wanted: usize,
    hits: usize,
}

/// chrF of a whole corpus in percent: `references[k][i]` is reference `k` of sentence `i`. For each sentence the counts of the
/// reference with the best score are added up.
///
/// # Errors
/// [`MetricError::NoReference`], [`MetricError::LengthMismatch`] for a list of references of another length.
pub fn corpus_chrf<H: AsRef<str>, R: AsRef<str>>(
    hypotheses: &[H],
    references: &[Vec<R>],
    options: &ChrfOptions,
) -> Result<f64, MetricError> {
    if references.is_empty() {
        return Err(MetricError::NoReference);
    }
    for references in references {
        MetricError::same_length("translations", hypotheses.len(), "references", references.len())?;
    }
    let mut sums = vec![Order::default(); options.char_order + options.word_order];
    for (sentence, hypothesis) in hypotheses.iter().enumerate() {
        let references: Vec<&str> = references.iter().map(|list| list[sentence].as_ref()).collect();
        for (sum, order) in sums.iter_mut().zip(best(hypothesis.as_ref(), &references, options)) {
            sum.found += order.found;
            sum.wanted += order.wanted;
            sum.hits += order.hits;
        }
    }
    Ok(score(&sums, options))
}

/// chrF of one sentence in percent.
///
/// # Errors
/// [`MetricError::NoReference`].
pub fn sentence_chrf(hypothesis: &str, references: &[&str], options: &ChrfOptions) -> Result<f64, MetricError> {
    match references {
        [] => Err(MetricError::NoReference),
        references => Ok(score(&best(hypothesis, references, options), options)),
    }
}

/// The counts against the reference that gives the best score, the first of equals.
fn best(hypothesis: &str, references: &[&str], options: &ChrfOptions) -> Vec<Order> {
    let mut best = (f64::NEG_INFINITY, vec![]);
    for reference in references {
        let orders = orders(hypothesis, reference, options);
        let score = score(&orders, options);
        if score > best.0 {
            best = (score, orders);
        }
    }
    best.1
}

fn orders(hypothesis: &str, reference: &str, options: &ChrfOptions) -> Vec<Order> {
    let (h, r) = (characters(hypothesis), characters(reference));
    let (hypothesis_words, reference_words) = (words(hypothesis), words(reference));
    let of_characters = (1..=options.char_order).map(|n| order(&h, &r, n));
    let of_words = (1..=options.word_order).map(|n| order(&hypothesis_words, &reference_words, n));
    of_characters.chain(of_words).collect()
}

fn order<T: Eq + std::hash::Hash>(hypothesis: &[T], reference: &[T], n: usize) -> Order {
    let (found, wanted) = (ngrams(hypothesis, n), ngrams(reference, n));
    let hits = overlap(&found, &wanted);
    let wanted: usize = wanted.values().sum();
    // An order that the reference is too short for is left out on both sides.
    Order { found: if wanted > 0 { found.values().sum() } else { 0 }, wanted, hits }
}

/// F_β = (1 + β²) · P · R / (β² · P + R), where P and R are the means of the orders' precisions and recalls.
fn score(orders: &[Order], options: &ChrfOptions) -> f64 {
    let counted: Vec<&Order> = orders.iter().filter(|order| order.found > 0 && order.wanted > 0).collect();
    let mean =
        |ratio: fn(&Order) -> f64| counted.iter().map(|order| ratio(order)).sum::<f64>() / counted.len().max(1) as f64;
    let precision = mean(|order| order.hits as f64 / order.found as f64);
    let recall = mean(|order| order.hits as f64 / order.wanted as f64);
    if precision + recall == 0.0 {
        return 0.0;
    }
    let weight = options.beta * options.beta;
    100.0 * (1.0 + weight) * precision * recall / (weight * precision + recall)
}

fn characters(text: &str) -> Vec<char> {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

/// The words, with one mark of ASCII punctuation at the end or, if there is none, at the beginning of a word apart.
fn words(text: &str) -> Vec<&str> {
    let mut words = vec![];
    for word in text.split_whitespace() {
        let is_mark = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_punctuation());
        if word.chars().nth(1).is_none() {
            words.push(word);
        } else if is_mark(word.chars().next_back()) {
            // Marks of ASCII are one byte long.
            words.extend([&word[..word.len() - 1], &word[word.len() - 1..]]);
        } else if is_mark(word.chars().next()) {
            words.extend([&word[..1], &word[1..]]);
        } else {
            words.push(word);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_word_is_worth_something() {
        let chrf = |hypothesis| sentence_chrf(hypothesis, &["학교에 갔다"], &ChrfOptions::default()).unwrap();
        assert!((chrf("학교에 갔다") - 100.0).abs() < 1e-9);
        assert!(chrf("학교로 갔다") > 20.0);
        assert_eq!(chrf("밥"), 0.0);
        assert_eq!(chrf(""), 0.0);
    }

    #[test]
    fn a_single_order_by_hand() {
        // Runs of one character: "abc" against "abd": 2 of 3 both ways.
        let options = ChrfOptions { char_order: 1, ..Default::default() };
        let score = sentence_chrf("abc", &["abd"], &options).unwrap();
        assert!((score - 100.0 * 2.0 / 3.0).abs() < 1e-9);
        // Recall weighs more: 2 of 2 found, 2 of 4 wanted: F2 = 5 · 1 · ½ / (4 · 1 + ½).
        let score = sentence_chrf("ab", &["abcd"], &options).unwrap();
        assert!((score - 100.0 * 2.5 / 4.5).abs() < 1e-9);
    }

    #[test]
    fn marks_stand_apart() {
        assert_eq!(words("(hi) \"so 가。 , it's."), ["(hi", ")", "\"", "so", "가。", ",", "it's", "."]);
    }

    #[test]
    fn lists_that_do_not_belong_together_are_refused() {
        let none: [Vec<&str>; 0] = [];
        assert_eq!(corpus_chrf(&["a"], &none, &ChrfOptions::default()), Err(MetricError::NoReference));
        assert_eq!(sentence_chrf("a", &[], &ChrfOptions::default()), Err(MetricError::NoReference));
        assert!(corpus_chrf(&["a", "b"], &[vec!["a"]], &ChrfOptions::default()).is_err());
    }
}
