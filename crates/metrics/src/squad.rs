//! Exact match and F1 of answers to questions, as in SQuAD's evaluation script (Rajpurkar et al., "SQuAD: 100,000+ Questions
//! for Machine Comprehension of Text", 2016, section 6.1).

use std::sync::LazyLock;

use regex::Regex;

use crate::MetricError;
use crate::ngrams::{ngrams, overlap};

static ARTICLES: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\b(a|an|the)\b").expect("a fixed pattern"));

/// An answer without what does not matter: in lower case, without ASCII punctuation, articles and superfluous spaces.
///
/// ```
/// assert_eq!(jumok_metrics::normalize_answer("The  U.S.A., an ally"), "usa ally");
/// ```
pub fn normalize_answer(answer: &str) -> String {
    let plain: String = answer.to_lowercase().chars().filter(|letter| !letter.is_ascii_punctuation()).collect();
    ARTICLES.replace_all(&plain, " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// 1 if the normalised prediction equals one of the answers, else 0.
pub fn answer_exact_match(prediction: &str, answers: &[&str]) -> f64 {
    let prediction = normalize_answer(prediction);
    f64::from(u8::from(answers.iter().any(|answer| normalize_answer(answer) == prediction)))
}

/// F1 of the words that prediction and answer share, for the answer that gives the best, 0 to 1. An empty text agrees only with
/// another one.
pub fn answer_f1(prediction: &str, answers: &[&str]) -> f64 {
    answers.iter().map(|answer| f1(&normalize_answer(prediction), &normalize_answer(answer))).fold(0.0, f64::max)
}

fn f1(prediction: &str, answer: &str) -> f64 {
    let (prediction, answer): (Vec<&str>, Vec<&str>) = (prediction.split(' ').collect(), answer.split(' ').collect());
    if prediction == [""] || answer == [""] {
        return f64::from(u8::from(prediction == answer));
    }
    let hits = overlap(&ngrams(&prediction, 1), &ngrams(&answer, 1));
    2.0 * hits as f64 / (prediction.len() + answer.len()) as f64
}

/// The scores of many questions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SquadScores {
    /// Mean of [`answer_exact_match`] in percent.
    pub exact_match: f64,
    /// Mean of [`answer_f1`] in percent.
    pub f1: f64,
}

impl SquadScores {
    /// Scores predictions, each against the answers that count as right; 0 if there is no question.
    ///
    /// # Errors
    /// [`MetricError::LengthMismatch`] if there are not as many predictions as questions.
    pub fn new(predictions: &[&str], answers: &[Vec<&str>]) -> Result<SquadScores, MetricError> {
        MetricError::same_length("predictions", predictions.len(), "lists of answers", answers.len())?;
        let mean = |score: fn(&str, &[&str]) -> f64| {
            let sum: f64 =
                predictions.iter().zip(answers).map(|(prediction, answers)| score(prediction, answers)).sum();
            100.0 * sum / predictions.len().max(1) as f64
        };
        Ok(SquadScores { exact_match: mean(answer_exact_match), f1: mean(answer_f1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_answer_counts() {
        assert_eq!(answer_f1("in 1889", &["1998", "year 1889"]), 0.5);
        assert_eq!(answer_exact_match("Eiffel tower.", &["Tower", "the Eiffel Tower"]), 1.0);
        assert_eq!((answer_f1("", &["the"]), answer_f1("", &["it"]), answer_f1("it", &[])), (1.0, 0.0, 0.0));
        // "theatre" holds no article.
        assert_eq!(normalize_answer("theatre, a!"), "theatre");
    }

    #[test]
    fn totals_are_means_in_percent() {
        let scores = SquadScores::new(&["a cat", "dogs"], &[vec!["cat"], vec!["a dog"]]).unwrap();
        assert_eq!(scores, SquadScores { exact_match: 50.0, f1: 50.0 });
        assert!(SquadScores::new(&["a"], &[]).is_err());
    }
}
