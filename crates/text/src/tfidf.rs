//! TF-IDF: how much a word says about a document, before anything is learned (lecture S03; Spärck Jones, "A Statistical
//! Interpretation of Term Specificity", 1972).
//!
//! One fixed weight a word and document. It knows nothing of meaning, of order, or of what is being asked: the weight stays the
//! same whatever is to be written next, which is what attention changed.

use std::collections::{BTreeMap, BTreeSet};

/// The inverse document frequencies of a collection of documents.
#[derive(Clone, Debug, PartialEq)]
pub struct TfIdf {
    idf: BTreeMap<String, f64>,
    documents: usize,
}

impl TfIdf {
    /// Counts in how many of the documents, each a list of words, a word occurs.
    ///
    /// idf(w) = ln((1 + N) / (1 + df(w))) + 1 for a word in df of N documents, as in scikit-learn: the ones keep a word that is
    /// everywhere from vanishing, and a word that is nowhere from dividing by zero.
    pub fn fit<D: AsRef<[S]>, S: AsRef<str>>(documents: &[D]) -> TfIdf {
        let mut frequency: BTreeMap<String, usize> = BTreeMap::new();
        for document in documents {
            let words: BTreeSet<&str> = document.as_ref().iter().map(AsRef::as_ref).collect();
            for word in words {
                *frequency.entry(word.to_owned()).or_default() += 1;
            }
        }
        let documents = documents.len();
        let idf = frequency.into_iter().map(|(word, count)| (word, idf(documents, count))).collect();
        TfIdf { idf, documents }
    }

    /// The inverse document frequency of a word.
    pub fn idf(&self, word: &str) -> f64 {
        self.idf.get(word).copied().unwrap_or_else(|| idf(self.documents, 0))
    }

    /// The weights of a document's words: tf · idf, divided by √(Σ (tf · idf)²), where tf is how often the word occurs in it.
    pub fn weights<S: AsRef<str>>(&self, document: &[S]) -> BTreeMap<String, f64> {
        let mut weights: BTreeMap<String, f64> = BTreeMap::new();
        for word in document.iter().map(AsRef::as_ref) {
            *weights.entry(word.to_owned()).or_default() += self.idf(word);
        }
        let norm = weights.values().map(|weight| weight * weight).sum::<f64>().sqrt();
        weights.values_mut().for_each(|weight| *weight /= norm);
        weights
    }

    /// The cosine of the angle between two documents, 0 (no word in common) to 1.
    pub fn similarity<S: AsRef<str>>(&self, a: &[S], b: &[S]) -> f64 {
        let (a, b) = (self.weights(a), self.weights(b));
        a.iter().map(|(word, weight)| weight * b.get(word).copied().unwrap_or_default()).sum()
    }
}

fn idf(documents: usize, containing: usize) -> f64 {
    ((1 + documents) as f64 / (1 + containing) as f64).ln() + 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents() -> Vec<Vec<&'static str>> {
        ["the cat sat", "the cat saw the dog", "the bird flew"].map(|text| text.split(' ').collect()).to_vec()
    }

    #[test]
    fn the_weights_are_those_of_the_formula() {
        let documents = documents();
        let tfidf = TfIdf::fit(&documents);
        assert_eq!(tfidf.idf("the"), 1.0);
        assert!((tfidf.idf("cat") - ((4.0f64 / 3.0).ln() + 1.0)).abs() < 1e-15);
        assert!((tfidf.idf("nowhere") - (4f64.ln() + 1.0)).abs() < 1e-15);
        // "the" occurs twice in the second document: tf = 2.
        let weights = tfidf.weights(&documents[1]);
        let raw = [2.0, tfidf.idf("cat"), tfidf.idf("saw"), tfidf.idf("dog")];
        let norm = raw.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        assert!((weights["the"] - raw[0] / norm).abs() < 1e-15);
        assert!((weights["dog"] - raw[3] / norm).abs() < 1e-15);
        assert!((weights.values().map(|weight| weight * weight).sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_rare_weighs_more_and_what_is_shared_brings_closer() {
        let documents = documents();
        let tfidf = TfIdf::fit(&documents);
        let weights = tfidf.weights(&documents[0]);
        assert!(weights["sat"] > weights["cat"] && weights["cat"] > weights["the"]);
        assert!(tfidf.similarity(&documents[0], &documents[1]) > tfidf.similarity(&documents[0], &documents[2]));
        assert!((tfidf.similarity(&documents[0], &documents[0]) - 1.0).abs() < 1e-12);
        assert_eq!(tfidf.similarity(&["cat"], &["dog"]), 0.0);
    }
}
