//! What counting words alone would score: logistic regression on bags of words, the figure to print beside a model's.
//!
//! It knows which words occur in which of two texts, and nothing of their order. A task that it solves needs no attention.

use std::collections::BTreeMap;

use super::TextExample;

/// Passes over the examples.
const EPOCHS: usize = 20;
const RATE: f64 = 0.5;

/// A linear classifier of sentences or pairs by the words that occur: p(class | words) = softmax(Σ_w θ_w + b), trained by
/// stochastic gradient steps θ ← θ − η(p − y)/√n in a fixed order, n being the words of the text.
#[derive(Clone, Debug)]
pub struct BagOfWords {
    words: BTreeMap<String, usize>,
    /// A row a word and one for the bias, `[words + 1][classes]`.
    weights: Vec<Vec<f64>>,
    classes: usize,
}

impl BagOfWords {
    /// Learns from examples with classes 0 to `classes` − 1.
    pub fn fit(examples: &[TextExample<usize>], classes: usize) -> BagOfWords {
        let mut words: BTreeMap<String, usize> = BTreeMap::new();
        for word in examples.iter().flat_map(bag) {
            let next = words.len();
            words.entry(word).or_insert(next);
        }
        let weights = vec![vec![0.0; classes]; words.len() + 1];
        let mut model = BagOfWords { words, weights, classes };
        for epoch in 0..EPOCHS {
            let rate = RATE * (1.0 - epoch as f64 / EPOCHS as f64);
            for example in examples {
                let active = model.active(example);
                let mut error = model.probabilities(&active);
                error[example.label] -= 1.0;
                let step = rate / (active.len() as f64).sqrt();
                for &row in &active {
                    model.weights[row].iter_mut().zip(&error).for_each(|(weight, error)| *weight -= step * error);
                }
            }
        }
        model
    }

    /// The likeliest class of a sentence or pair.
    pub fn predict<L>(&self, example: &TextExample<L>) -> usize {
        let p = self.probabilities(&self.active(example));
        (0..self.classes).max_by(|&a, &b| p[a].total_cmp(&p[b]).then(b.cmp(&a))).unwrap_or(0)
    }

    /// Share of the examples whose class it finds, 0 to 1.
    pub fn accuracy(&self, examples: &[TextExample<usize>]) -> f64 {
        let hits = examples.iter().filter(|example| self.predict(example) == example.label).count();
        hits as f64 / examples.len().max(1) as f64
    }

    /// The rows of the words that are known, and that of the bias.
    fn active<L>(&self, example: &TextExample<L>) -> Vec<usize> {
        bag(example).filter_map(|word| self.words.get(&word).copied()).chain([self.words.len()]).collect()
    }

    fn probabilities(&self, active: &[usize]) -> Vec<f64> {
        let scale = 1.0 / (active.len() as f64).sqrt();
        let logit = |class: usize| active.iter().map(|&row| self.weights[row][class]).sum::<f64>() * scale;
        let logits: Vec<f64> = (0..self.classes).map(logit).collect();
        let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = logits.iter().map(|logit| (logit - largest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        powers.into_iter().map(|power| power / sum).collect()
    }
}

/// The words of a text in lower case, those of the second marked, and once more those that both have.
fn bag<L>(example: &TextExample<L>) -> impl Iterator<Item = String> {
    let first = words(&example.text);
    let second = example.pair.as_deref().map(words).unwrap_or_default();
    let shared: Vec<String> =
        first.iter().filter(|word| second.contains(word)).map(|word| format!("both {word}")).collect();
    let second: Vec<String> = second.iter().map(|word| format!("second {word}")).collect();
    first.into_iter().chain(second).chain(shared)
}

/// The words of a text in lower case, without punctuation.
pub fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(list: &[(&str, usize)]) -> Vec<TextExample<usize>> {
        list.iter().map(|&(text, label)| TextExample { text: text.into(), pair: None, label }).collect()
    }

    #[test]
    fn words_are_enough_where_they_say_the_class() {
        let train = examples(&[("a good film", 1), ("a bad film", 0), ("good, good", 1), ("so bad", 0)]);
        let model = BagOfWords::fit(&train, 2);
        assert_eq!(model.accuracy(&train), 1.0);
        assert_eq!(model.predict(&examples(&[("Good book!", 0)])[0]), 1);
    }

    #[test]
    fn no_order_of_words_is_seen() {
        let train = examples(&[("man bites dog", 1), ("dog bites man", 0)]);
        assert_eq!(BagOfWords::fit(&train, 2).accuracy(&train), 0.5);
    }
}
