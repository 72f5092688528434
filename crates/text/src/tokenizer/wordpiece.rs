//! How a vocabulary is learned by joining neighbours: WordPiece, and BPE without its mark of continuation.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

/// What a piece that continues a word begins with.
pub(crate) const CONTINUATION: &str = "##";

type Pair = (u32, u32);

/// A pair as the heap orders it: most frequent first, equally frequent ones by the alphabet.
type Candidate = (u64, Reverse<(String, String)>, Pair);

/// Learns at most `size` pieces from words and how often each occurs.
///
/// Begins with the characters (as `c` at the beginning of a word and `##c` inside) in the order of the alphabet and then, again
/// and again, joins the two neighbouring pieces that occur together most often (Schuster & Nakajima, "Japanese and Korean Voice
/// Search", 2012, in the merging form that today's trainers use). Ties go to the pair that comes first in the alphabet: the
/// vocabulary is a function of the word counts and of nothing else.
///
/// What occurs fewer than `min_frequency` times, character or pair, is not taken; if the alphabet alone is larger than `size`,
/// its most frequent characters are.
pub(crate) fn learn_vocabulary(words: &BTreeMap<String, u64>, size: usize, min_frequency: u64) -> Vec<String> {
    learn_merges(words, size, min_frequency, CONTINUATION).0
}

/// As [`learn_vocabulary`], with another mark of continuation, and with the pairs that were joined, in their order: what BPE encodes
/// by (Sennrich et al., "Neural Machine Translation of Rare Words with Subword Units", 2016, section 3.2, with no mark).
pub(crate) fn learn_merges(
    words: &BTreeMap<String, u64>,
    size: usize,
    min_frequency: u64,
    continuation: &str,
) -> (Vec<String>, Vec<(String, String)>) {
    let mut merges = vec![];
    let mut pieces = Interner::default();
    let mut spelling: Vec<Vec<u32>> = Vec::with_capacity(words.len());
    let counts: Vec<u64> = words.values().copied().collect();
    let mut alphabet: BTreeMap<u32, u64> = BTreeMap::new();
    for (word, &count) in words {
        let mut letters = vec![];
        for (position, letter) in word.chars().enumerate() {
            let piece = if position == 0 { letter.to_string() } else { format!("{continuation}{letter}") };
            let id = pieces.intern(piece);
            *alphabet.entry(id).or_default() += count;
            letters.push(id);
        }
        spelling.push(letters);
    }
    let mut vocabulary = alphabet_pieces(&alphabet, &pieces, size, min_frequency);

    let mut occurrences: HashMap<Pair, u64> = HashMap::new();
    let mut words_with: HashMap<Pair, BTreeSet<usize>> = HashMap::new();
    for (word, letters) in spelling.iter().enumerate() {
        for pair in neighbours(letters) {
            *occurrences.entry(pair).or_default() += counts[word];
            words_with.entry(pair).or_default().insert(word);
        }
    }
    let mut heap: BinaryHeap<Candidate> =
        occurrences.iter().map(|(&pair, &count)| pieces.candidate(count, pair)).collect();

    while vocabulary.len() < size {
        let Some((count, _, pair)) = heap.pop() else { break };
        let now = occurrences.get(&pair).copied().unwrap_or(0);
        if now != count {
            // Counts only fall for a pair in the heap; whatever rises is pushed anew. A stale entry goes back with its true count.
            if now > 0 && now < count {
                heap.push(pieces.candidate(now, pair));
            }
            continue;
        }
        if count < min_frequency.max(1) {
            break;
        }
        let joined = format!("{}{}", pieces.text(pair.0), &pieces.text(pair.1)[continuation.len()..]);
        merges.push((pieces.text(pair.0).to_owned(), pieces.text(pair.1).to_owned()));
        let known = pieces.len();
        let new = pieces.intern(joined);
        if new as usize == known {
            vocabulary.push(pieces.text(new).to_owned());
        }
        for word in words_with.remove(&pair).unwrap_or_default() {
            for old in neighbours(&spelling[word]) {
                let count = occurrences.get_mut(&old).expect("every pair of a word is counted");
                *count -= counts[word];
                if *count == 0 {
                    occurrences.remove(&old);
                }
            }
            spelling[word] = join(&spelling[word], pair, new);
            for fresh in neighbours(&spelling[word]) {
                *occurrences.entry(fresh).or_default() += counts[word];
                words_with.entry(fresh).or_default().insert(word);
                if fresh.0 == new || fresh.1 == new {
                    heap.push(pieces.candidate(occurrences[&fresh], fresh));
                }
            }
        }
    }
    (vocabulary, merges)
}

/// The single characters of the vocabulary, in the order of the alphabet.
fn alphabet_pieces(alphabet: &BTreeMap<u32, u64>, pieces: &Interner, size: usize, min_frequency: u64) -> Vec<String> {
    let mut by_frequency: Vec<(Reverse<u64>, &str)> = alphabet
        .iter()
        .filter(|&(_, &count)| count >= min_frequency)
        .map(|(&id, &count)| (Reverse(count), pieces.text(id)))
        .collect();
    by_frequency.sort_unstable();
    by_frequency.truncate(size);
    let mut chosen: Vec<String> = by_frequency.into_iter().map(|(_, piece)| piece.to_owned()).collect();
    chosen.sort_unstable();
    chosen
}

fn neighbours(pieces: &[u32]) -> impl Iterator<Item = Pair> {
    pieces.windows(2).map(|two| (two[0], two[1]))
}

/// Joins every occurrence of `pair`, from left to right.
fn join(pieces: &[u32], pair: Pair, new: u32) -> Vec<u32> {
    let mut joined = Vec::with_capacity(pieces.len());
    let mut at = 0;
    while at < pieces.len() {
        if at + 1 < pieces.len() && (pieces[at], pieces[at + 1]) == pair {
            joined.push(new);
            at += 2;
        } else {
            joined.push(pieces[at]);
            at += 1;
        }
    }
    joined
}

/// Numbers for strings, in the order in which they are first seen.
#[derive(Default)]
struct Interner {
    ids: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Interner {
    fn intern(&mut self, text: String) -> u32 {
        if let Some(&id) = self.ids.get(&text) {
            return id;
        }
        let id = self.texts.len() as u32;
        self.texts.push(text.clone());
        self.ids.insert(text, id);
        id
    }

    fn text(&self, id: u32) -> &str {
        &self.texts[id as usize]
    }

    fn len(&self) -> usize {
        self.texts.len()
    }

    fn candidate(&self, count: u64, pair: Pair) -> Candidate {
        (count, Reverse((self.text(pair.0).to_owned(), self.text(pair.1).to_owned())), pair)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(list: &[(&str, u64)]) -> BTreeMap<String, u64> {
        list.iter().map(|&(word, count)| (word.to_owned(), count)).collect()
    }

    /// The same rule without any bookkeeping: count all pairs anew before every merge.
    fn learn_slowly(words: &BTreeMap<String, u64>, size: usize) -> Vec<String> {
        let mut spelling: Vec<(Vec<String>, u64)> = words
            .iter()
            .map(|(word, &count)| {
                let letters = word.chars().enumerate();
                (letters.map(|(i, c)| if i == 0 { c.to_string() } else { format!("##{c}") }).collect(), count)
            })
            .collect();
        let mut vocabulary: Vec<String> =
            spelling.iter().flat_map(|(letters, _)| letters.clone()).collect::<BTreeSet<_>>().into_iter().collect();
        while vocabulary.len() < size {
            let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
            for (letters, count) in &spelling {
                for two in letters.windows(2) {
                    *counts.entry((two[0].clone(), two[1].clone())).or_default() += count;
                }
            }
            let Some((pair, _)) = counts.iter().max_by_key(|&(pair, &count)| (count, Reverse(pair))) else { break };
            let new = format!("{}{}", pair.0, &pair.1[2..]);
            if !vocabulary.contains(&new) {
                vocabulary.push(new.clone());
            }
            for (letters, _) in &mut spelling {
                let mut at = 0;
                while at + 1 < letters.len() {
                    if letters[at] == pair.0 && letters[at + 1] == pair.1 {
                        letters[at] = new.clone();
                        letters.remove(at + 1);
                    }
                    at += 1;
                }
            }
        }
        vocabulary
    }

    #[test]
    fn the_most_frequent_pair_is_joined_first() {
        // ##u##g occurs 10 + 5 + 5 times, ##u##n 12 + 4, h##u 10 + 5, p##u 12 + 5.
        let words = words(&[("hug", 10), ("pug", 5), ("pun", 12), ("bun", 4), ("hugs", 5)]);
        let learned = learn_vocabulary(&words, 10, 1);
        assert_eq!(learned[..7], ["##g", "##n", "##s", "##u", "b", "h", "p"]);
        assert_eq!(learned[7..], ["##ug", "##un", "hug"]);
    }

    #[test]
    fn ties_go_by_the_alphabet() {
        let words = words(&[("xy", 3), ("ab", 3), ("pq", 3)]);
        assert_eq!(learn_vocabulary(&words, 8, 1)[6..], ["ab", "pq"]);
    }

    #[test]
    fn what_is_rare_is_left_out() {
        let words = words(&[("aa", 5), ("bb", 1)]);
        assert_eq!(learn_vocabulary(&words, 100, 2), ["##a", "a", "aa"]);
        assert_eq!(learn_vocabulary(&words, 1, 1), ["##a"]);
    }

    #[test]
    fn overlapping_pairs_and_repetitions_are_counted_right() {
        let words = words(&[("aaaaaaa", 3), ("banana", 4), ("ananas", 4), ("baaaab", 2), ("nanana", 1)]);
        assert_eq!(learn_vocabulary(&words, 40, 1), learn_slowly(&words, 40));
    }

    proptest::proptest! {
        #[test]
        fn bookkeeping_changes_nothing(list in proptest::collection::btree_map("[abc]{1,7}", 1u64..20, 1..25), merges in 0usize..60) {
            let alphabet = learn_slowly(&list, 0).len();
            proptest::prop_assert_eq!(learn_vocabulary(&list, alphabet + merges, 1), learn_slowly(&list, alphabet + merges));
        }
    }
}
