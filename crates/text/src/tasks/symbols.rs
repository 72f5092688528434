//! Sequences of letters: nothing to know about them but their order.

use std::ops::RangeInclusive;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::SentencePair;

const ALPHABET: &str = "abcdefghijklmnopqrstuvwxyz";

fn draw(lengths: RangeInclusive<usize>, rng: &mut ChaCha8Rng) -> Vec<&'static str> {
    let length = rng.random_range(lengths);
    let letter = |n: usize| &ALPHABET[n..=n];
    (0..length).map(|_| letter(rng.random_range(0..ALPHABET.len()))).collect()
}

pub(super) fn copy(lengths: RangeInclusive<usize>, rng: &mut ChaCha8Rng) -> SentencePair {
    let text = draw(lengths, rng).join(" ");
    SentencePair { source: text.clone(), target: text }
}

pub(super) fn reverse(lengths: RangeInclusive<usize>, rng: &mut ChaCha8Rng) -> SentencePair {
    let mut letters = draw(lengths, rng);
    let source = letters.join(" ");
    letters.reverse();
    SentencePair { source, target: letters.join(" ") }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn all_lengths_and_letters_occur() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let drawn: Vec<Vec<&str>> = (0..500).map(|_| draw(2..=5, &mut rng)).collect();
        for length in 2..=5 {
            assert!(drawn.iter().any(|letters| letters.len() == length));
        }
        assert!(drawn.iter().all(|letters| (2..=5).contains(&letters.len())));
        assert!(ALPHABET.chars().all(|letter| drawn.iter().flatten().any(|drawn| drawn.starts_with(letter))));
    }
}
