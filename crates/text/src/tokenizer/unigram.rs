//! How a Unigram vocabulary is learned (Kudo, "Subword Regularization", 2018, section 3.2): from many pieces to few.
//!
//! Each piece has a probability, and a word's is the sum over all of its segmentations. Expectation maximisation finds the
//! probabilities that explain the text best; the pieces whose loss costs least are then dropped, until few enough are left.

use std::collections::{BTreeMap, HashMap};

/// Characters of a piece at most.
const MAX_PIECE: usize = 16;
/// Pieces to begin with, for each that is kept in the end.
const SEED_FACTOR: usize = 20;
/// Share of the pieces that a round keeps.
const SHRINK: f64 = 0.75;
/// Rounds of expectation maximisation between two prunings.
const EM_ROUNDS: usize = 2;

/// Learns at most `size` pieces with their log probabilities, likeliest first, from words and how often each occurs.
///
/// Single characters are always kept, so that every word of the text can be spelled; if there are more of them than `size`, the
/// most frequent are. Ties go by the alphabet: the vocabulary is a function of the word counts and of nothing else.
pub(crate) fn learn_unigram(words: &BTreeMap<String, u64>, size: usize) -> Vec<(String, f64)> {
    let words: Vec<(Vec<char>, f64)> =
        words.iter().map(|(word, &count)| (word.chars().collect(), count as f64)).collect();
    let mut pieces = seed(&words, size);
    // A tenth more than wanted, because a round of maximisation may give some up.
    let enough = size + size.div_ceil(10);
    loop {
        for _ in 0..EM_ROUNDS {
            pieces = maximise(&expected_counts(&words, &pieces));
        }
        if pieces.len() <= enough {
            break;
        }
        let before = pieces.len();
        pieces = prune(&words, &pieces, ((before as f64 * SHRINK) as usize).max(enough));
        if pieces.len() == before {
            // Only single characters are left.
            break;
        }
    }
    let (single, mut longer): (Vec<_>, Vec<_>) =
        sorted(&pieces).into_iter().partition(|(piece, _)| piece.chars().count() == 1);
    longer.truncate(size.saturating_sub(single.len()));
    let mut chosen = sorted(&single.into_iter().chain(longer).collect());
    chosen.truncate(size);
    chosen
}

fn sorted(pieces: &Pieces) -> Vec<(String, f64)> {
    let mut list: Vec<(String, f64)> = pieces.iter().map(|(piece, &score)| (piece.clone(), score)).collect();
    list.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list
}

/// Log probabilities.
type Pieces = BTreeMap<String, f64>;

/// All characters, and the substrings that would save the most: frequency times length.
fn seed(words: &[(Vec<char>, f64)], size: usize) -> Pieces {
    let (mut single, mut longer): (BTreeMap<String, f64>, HashMap<String, f64>) = Default::default();
    for (word, count) in words {
        for start in 0..word.len() {
            *single.entry(word[start].to_string()).or_default() += count;
            for end in start + 2..=word.len().min(start + MAX_PIECE) {
                *longer.entry(word[start..end].iter().collect()).or_default() += count;
            }
        }
    }
    let mut candidates: Vec<(String, f64)> = longer.into_iter().filter(|(_, count)| *count >= 2.0).collect();
    let saved = |(piece, count): &(String, f64)| count * piece.chars().count() as f64;
    candidates.sort_by(|a, b| saved(b).total_cmp(&saved(a)).then_with(|| a.0.cmp(&b.0)));
    candidates.truncate(SEED_FACTOR * size);
    let all: Vec<(String, f64)> = single.into_iter().chain(candidates).collect();
    let total: f64 = all.iter().map(|(_, count)| count).sum();
    all.into_iter().map(|(piece, count)| (piece, (count / total).ln())).collect()
}

/// How often each piece is used, averaged over the segmentations of every word by their probabilities:
/// Σ_words count · Σ_{s in S(word), s ∋ piece} p(s) / p(word), by the sums of the beginnings (α) and of the endings (β).
fn expected_counts(words: &[(Vec<char>, f64)], pieces: &Pieces) -> BTreeMap<String, f64> {
    let mut counts: BTreeMap<String, f64> = pieces.keys().map(|piece| (piece.clone(), 0.0)).collect();
    for (word, count) in words {
        let edges = edges(word, pieces);
        let (alpha, beta) = (sums(word.len(), &edges), sums_from_behind(word.len(), &edges));
        let whole = alpha[word.len()];
        if whole == f64::NEG_INFINITY {
            continue;
        }
        for Edge { start, end, piece, score } in edges {
            let share = (alpha[start] + score + beta[end] - whole).exp();
            *counts.get_mut(&piece).expect("every edge is a piece") += count * share;
        }
    }
    counts
}

/// A piece that stands at `start..end` of a word.
struct Edge {
    start: usize,
    end: usize,
    piece: String,
    score: f64,
}

fn edges(word: &[char], pieces: &Pieces) -> Vec<Edge> {
    let mut found = vec![];
    for start in 0..word.len() {
        for end in start + 1..=word.len().min(start + MAX_PIECE) {
            let piece: String = word[start..end].iter().collect();
            if let Some(&score) = pieces.get(&piece) {
                found.push(Edge { start, end, piece, score });
            }
        }
    }
    found
}

/// ln Σ exp over the segmentations of every beginning of a word.
fn sums(len: usize, edges: &[Edge]) -> Vec<f64> {
    let mut alpha = vec![f64::NEG_INFINITY; len + 1];
    alpha[0] = 0.0;
    // Edges come in the order of their starts, so a start's sum is complete when it is read.
    for edge in edges {
        alpha[edge.end] = log_add(alpha[edge.end], alpha[edge.start] + edge.score);
    }
    alpha
}

/// The same for every ending.
fn sums_from_behind(len: usize, edges: &[Edge]) -> Vec<f64> {
    let mut beta = vec![f64::NEG_INFINITY; len + 1];
    beta[len] = 0.0;
    for edge in edges.iter().rev() {
        beta[edge.start] = log_add(beta[edge.start], beta[edge.end] + edge.score);
    }
    beta
}

/// ln(exp(a) + exp(b)).
fn log_add(a: f64, b: f64) -> f64 {
    let (larger, smaller) = if a > b { (a, b) } else { (b, a) };
    if smaller == f64::NEG_INFINITY { larger } else { larger + (smaller - larger).exp().ln_1p() }
}

/// Probabilities from expected counts, p = count / Σ count. A longer piece that is used less than half a time is given up; a single
/// character keeps a small count.
fn maximise(counts: &BTreeMap<String, f64>) -> Pieces {
    let is_single = |piece: &str| piece.chars().count() == 1;
    let kept: Vec<(&String, f64)> = counts
        .iter()
        .filter(|(piece, count)| is_single(piece) || **count >= 0.5)
        .map(|(piece, &count)| (piece, count.max(1e-3)))
        .collect();
    let total: f64 = kept.iter().map(|(_, count)| count).sum();
    kept.into_iter().map(|(piece, count)| (piece.clone(), (count / total).ln())).collect()
}

/// Keeps `wanted` pieces: single characters, and those whose loss would cost the text the most. What a piece is worth is how often it
/// is used times how much likelier it is than the best way to spell it by others.
fn prune(words: &[(Vec<char>, f64)], pieces: &Pieces, wanted: usize) -> Pieces {
    let counts = expected_counts(words, pieces);
    let mut worth: Vec<(f64, &String)> = vec![];
    let mut kept: Pieces = BTreeMap::new();
    for (piece, &score) in pieces {
        let letters: Vec<char> = piece.chars().collect();
        if letters.len() == 1 {
            kept.insert(piece.clone(), score);
            continue;
        }
        let others: Vec<Edge> = edges(&letters, pieces).into_iter().filter(|edge| edge.piece != *piece).collect();
        let mut best = vec![f64::NEG_INFINITY; letters.len() + 1];
        best[0] = 0.0;
        for edge in &others {
            best[edge.end] = best[edge.end].max(best[edge.start] + edge.score);
        }
        worth.push((counts[piece] * (score - best[letters.len()]), piece));
    }
    worth.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let room = wanted.saturating_sub(kept.len());
    kept.extend(worth.into_iter().take(room).map(|(_, piece)| (piece.clone(), pieces[piece])));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[(&str, u64)]) -> BTreeMap<String, u64> {
        list.iter().map(|&(word, count)| (word.to_owned(), count)).collect()
    }

    /// −ln p(text) under a vocabulary.
    fn loss(words: &BTreeMap<String, u64>, pieces: &Pieces) -> f64 {
        let cost = |(word, &count): (&String, &u64)| {
            let letters: Vec<char> = word.chars().collect();
            -(count as f64) * sums(letters.len(), &edges(&letters, pieces))[letters.len()]
        };
        words.iter().map(cost).sum()
    }

    #[test]
    fn frequent_words_become_pieces_and_every_letter_stays() {
        let words = words(&[("▁hug", 10), ("▁pug", 5), ("▁pun", 12), ("▁bun", 4), ("▁hugs", 5)]);
        let learned = learn_unigram(&words, 12);
        assert!(learned.len() <= 12);
        for letter in "▁hugpnbs".chars() {
            assert!(learned.iter().any(|(piece, _)| *piece == letter.to_string()), "{letter} is not in {learned:?}");
        }
        assert!(learned.iter().any(|(piece, _)| piece.chars().count() > 2), "{learned:?}");
        assert!(learned.iter().all(|(_, score)| *score < 0.0));
        assert_eq!(learned, learn_unigram(&words, 12));
        assert_eq!(learn_unigram(&words, 3).len(), 3);
    }

    #[test]
    fn a_round_of_expectation_and_maximisation_never_makes_the_text_less_likely() {
        let words = words(&[("abab", 7), ("abc", 3), ("cab", 5), ("bcbc", 2)]);
        let list: Vec<(Vec<char>, f64)> = words.iter().map(|(word, &n)| (word.chars().collect(), n as f64)).collect();
        let mut pieces = seed(&list, 5);
        for _ in 0..6 {
            let counts = expected_counts(&list, &pieces);
            // Without giving pieces up, which is not part of the theorem.
            let total: f64 = counts.values().sum();
            let next: Pieces = counts.iter().map(|(piece, count)| (piece.clone(), (count / total).ln())).collect();
            assert!(loss(&words, &next) <= loss(&words, &pieces) + 1e-9);
            pieces = next;
        }
    }

    #[test]
    fn the_expected_counts_of_a_word_cover_its_letters() {
        let list = vec![("abcab".chars().collect::<Vec<_>>(), 3.0)];
        let pieces = seed(&list, 10);
        let counts = expected_counts(&list, &pieces);
        let letters: f64 = counts.iter().map(|(piece, count)| count * piece.chars().count() as f64).sum();
        assert!((letters - 15.0).abs() < 1e-9, "{letters}");
    }
}
