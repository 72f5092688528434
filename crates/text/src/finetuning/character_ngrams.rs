//! What counting pieces of words would score: logistic regression on character n-grams, weighed by TF-IDF.
//!
//! Korean words come with endings and particles, and reviews with slips of the keyboard: `재밌다`, `재밌었다` and `재밌음` have no word in
//! common, but most of their letters. There these features are the stronger baseline beside [`super::BagOfWords`].

use std::collections::HashMap;

use super::TextExample;

/// The lengths of the n-grams.
const LENGTHS: std::ops::RangeInclusive<usize> = 1..=4;
/// N-grams of fewer training examples are passed over: they say nothing about others, and are the most.
const MIN_EXAMPLES: usize = 2;
/// Passes over the examples.
const EPOCHS: usize = 8;
const RATE: f64 = 4.0;

/// A linear classifier of sentences or pairs: p(class | text) = softmax(Σ_g x_g·θ_g + b), with x_g = idf(g) for each n-gram g that
/// occurs, divided by √(Σ x²), and idf as in [`crate::TfIdf`]. Trained by stochastic gradient steps θ_g ← θ_g − η(p − y)·x_g in
/// the order of the examples, η falling to 0.
#[derive(Clone, Debug)]
pub struct CharacterNgrams {
    /// The row of each n-gram.
    rows: HashMap<String, usize>,
    idf: Vec<f64>,
    /// `[n-grams][classes]`.
    weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
}

impl CharacterNgrams {
    /// Learns from examples with classes 0 to `classes` − 1.
    pub fn fit(examples: &[TextExample<usize>], classes: usize) -> CharacterNgrams {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for example in examples {
            for gram in distinct(example) {
                *counts.entry(gram).or_default() += 1;
            }
        }
        let mut kept: Vec<(String, usize)> = counts.into_iter().filter(|&(_, count)| count >= MIN_EXAMPLES).collect();
        // A fixed order, so that sums round the same way every time.
        kept.sort_unstable();
        let idf = |count: usize| ((1 + examples.len()) as f64 / (1 + count) as f64).ln() + 1.0;
        let mut model = CharacterNgrams {
            idf: kept.iter().map(|&(_, count)| idf(count)).collect(),
            weights: vec![vec![0.0; classes]; kept.len()],
            bias: vec![0.0; classes],
            rows: kept.into_iter().enumerate().map(|(row, (gram, _))| (gram, row)).collect(),
        };
        let vectors: Vec<Vec<(usize, f64)>> = examples.iter().map(|example| model.vector(example)).collect();
        let steps = (EPOCHS * examples.len()) as f64;
        for step in 0..EPOCHS * examples.len() {
            let rate = RATE * (1.0 - step as f64 / steps);
            let (example, vector) = (&examples[step % examples.len()], &vectors[step % examples.len()]);
            let mut error = model.probabilities(vector);
            error[example.label] -= 1.0;
            for &(row, x) in vector {
                model.weights[row].iter_mut().zip(&error).for_each(|(weight, error)| *weight -= rate * error * x);
            }
            model.bias.iter_mut().zip(&error).for_each(|(bias, error)| *bias -= rate * error * 0.1);
        }
        model
    }

    /// The likeliest class of a sentence or pair.
    pub fn predict<L>(&self, example: &TextExample<L>) -> usize {
        let p = self.probabilities(&self.vector(example));
        (0..p.len()).max_by(|&a, &b| p[a].total_cmp(&p[b]).then(b.cmp(&a))).unwrap_or(0)
    }

    /// Share of the examples whose class it finds, 0 to 1.
    pub fn accuracy(&self, examples: &[TextExample<usize>]) -> f64 {
        let hits = examples.iter().filter(|example| self.predict(example) == example.label).count();
        hits as f64 / examples.len().max(1) as f64
    }

    /// The known n-grams of an example with their weights, of length 1 together.
    fn vector<L>(&self, example: &TextExample<L>) -> Vec<(usize, f64)> {
        let mut rows: Vec<usize> =
            distinct(example).into_iter().filter_map(|gram| self.rows.get(&gram).copied()).collect();
        rows.sort_unstable();
        let norm = rows.iter().map(|&row| self.idf[row].powi(2)).sum::<f64>().sqrt();
        rows.into_iter().map(|row| (row, self.idf[row] / norm)).collect()
    }

    fn probabilities(&self, vector: &[(usize, f64)]) -> Vec<f64> {
        let mut logits = self.bias.clone();
        for &(row, x) in vector {
            logits.iter_mut().zip(&self.weights[row]).for_each(|(logit, weight)| *logit += x * weight);
        }
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    }
}

/// The n-grams of an example, each once; those of the second text are marked.
fn distinct<L>(example: &TextExample<L>) -> Vec<String> {
    let second = example.pair.as_deref().map(character_ngrams).unwrap_or_default();
    let mut all = character_ngrams(&example.text);
    all.extend(second.into_iter().map(|gram| format!("second {gram}")));
    all.sort_unstable();
    all.dedup();
    all
}

/// The n-grams of 1 to 4 characters inside each word of a text in lower case, a space before and behind the word, punctuation
/// included: as scikit-learn's `char_wb`.
pub fn character_ngrams(text: &str) -> Vec<String> {
    let mut all = vec![];
    for word in text.split_whitespace() {
        let letters: Vec<char> = format!(" {} ", word.to_lowercase()).chars().collect();
        for length in LENGTHS {
            let grams = letters.windows(length).map(|gram| gram.iter().collect::<String>());
            all.extend(grams.filter(|gram| gram != " "));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n_grams_know_the_ends_of_words() {
        assert_eq!(character_ngrams("Ab"), ["a", "b", " a", "ab", "b ", " ab", "ab ", " ab "]);
        assert_eq!(character_ngrams("가 나").len(), 2 * (1 + 2 + 1));
        assert!(character_ngrams(" \t").is_empty());
    }

    #[test]
    fn words_of_one_stem_are_alike() {
        let examples = |list: &[(&str, usize)]| -> Vec<TextExample<usize>> {
            list.iter().map(|&(text, label)| TextExample { text: text.into(), pair: None, label }).collect()
        };
        let train = examples(&[("재밌다", 1), ("지루하다", 0), ("재밌었다", 1), ("지루했다", 0)]);
        let model = CharacterNgrams::fit(&train, 2);
        assert_eq!(model.accuracy(&train), 1.0);
        assert_eq!(model.accuracy(&examples(&[("재밌음", 1), ("지루함", 0)])), 1.0);
        assert_eq!(super::super::BagOfWords::fit(&train, 2).accuracy(&examples(&[("재밌음", 1), ("지루함", 0)])), 0.5);
        // Nothing known is no error.
        assert!(model.predict(&examples(&[("?", 0)])[0]) < 2);
    }
}
