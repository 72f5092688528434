//! Where the weights of a translation look, beside where its words come from.

use crate::Translation;

use super::Order;

/// How the written words of some translations look at the words they were made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Alignment {
    /// Written words that were counted.
    pub words: usize,
    /// How many of them look most at the word they were made of.
    pub on: usize,
    /// How many look most at a neighbour of it.
    pub beside: usize,
}

impl Alignment {
    /// Counts over translations that say a source again in an order. Only those that have ended and are as long as their
    /// source count: of others nobody knows which word is made of which. The end has no word and does not count.
    ///
    /// # Panics
    /// If the model has no attention.
    #[track_caller]
    pub fn of(translations: &[Translation], order: Order) -> Alignment {
        let mut alignment = Alignment::default();
        for translation in translations {
            let weights = translation.attention.as_ref().expect("Alignment: the model has no attention");
            let (words, source_len) = (translation.tokens.len(), weights.shape()[1]);
            if !translation.finished || words != source_len {
                continue;
            }
            for (t, row) in weights.to_vec().chunks_exact(source_len).take(words).enumerate() {
                let by_weight = |a: &usize, b: &usize| row[*a].total_cmp(&row[*b]);
                let looks = (0..source_len).max_by(by_weight).expect("a row for each word that was read");
                let distance = looks.abs_diff(order.source_of(t, source_len));
                alignment.words += 1;
                alignment.on += usize::from(distance == 0);
                alignment.beside += usize::from(distance == 1);
            }
        }
        alignment
    }

    /// The share of the words that look most at the word they were made of; 0 of no words.
    pub fn share(&self) -> f64 {
        self.on as f64 / self.words.max(1) as f64
    }

    /// The share of the words that look most at a neighbour of it; 0 of no words.
    pub fn share_beside(&self) -> f64 {
        self.beside as f64 / self.words.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Array, Elem};

    fn translation(words: usize, weights: &[Elem], finished: bool) -> Translation {
        let rows = words + usize::from(finished);
        let attention = Some(Array::from_vec(weights.to_vec(), &[rows, 3]));
        Translation { tokens: vec![5; words], log_probability: 0.0, attention, finished }
    }

    #[test]
    fn the_anti_diagonal_is_that_of_reversal() {
        let weights = [0.1, 0.2, 0.7, 0.0, 0.6, 0.4, 0.3, 0.5, 0.2, 0.9, 0.1, 0.0]; // looks at 2, 1, 1; the end at 0
        let whole = translation(3, &weights, true);
        let cut = translation(3, &weights[..9], false);
        let short = translation(2, &weights[..9], true);
        let all = [whole, cut, short];
        assert_eq!(Alignment::of(&all, Order::Reverse), Alignment { words: 3, on: 2, beside: 1 });
        assert_eq!(Alignment::of(&all, Order::Copy), Alignment { words: 3, on: 1, beside: 1 });
        assert_eq!(Alignment::of(&all, Order::Reverse).share(), 2.0 / 3.0);
        assert_eq!(Alignment::of(&[], Order::Copy).share(), 0.0);
    }
}
