//! Masked language modelling: which tokens are hidden, and how (lecture S30; Devlin et al. 2019, section 3.1, task 1).

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};

use crate::TextError;

/// The label of a position that the loss does not look at.
pub const IGNORE_INDEX: i64 = -100;

/// What happens to a chosen token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskAction {
    /// `[MASK]` takes its place.
    Mask,
    /// This id takes its place.
    Random(i64),
    /// It stays, and must be predicted all the same: a model cannot rely on what it sees being right.
    Keep,
}

/// One chosen token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaskDecision {
    /// Where it stands in its sequence.
    pub position: usize,
    /// What happens to it.
    pub action: MaskAction,
}

/// A sequence after masking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MaskedSequence {
    /// What the model reads, `[seq_len]`.
    pub input_ids: Vec<i64>,
    /// What it should have read, `[seq_len]`: the original id at every decided position (kept ones too), elsewhere
    /// [`IGNORE_INDEX`].
    pub labels: Vec<i64>,
}

/// How tokens are chosen and what becomes of them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaskingOptions {
    /// Share of a sequence's ordinary tokens that are chosen: 0.15.
    pub probability: f64,
    /// Share of the chosen ones that become `[MASK]`: 0.8.
    pub mask_share: f64,
    /// Share of the chosen ones that become a random token: 0.1. The rest is kept.
    pub random_share: f64,
    /// Choose whole words instead of single pieces (google-research/bert, release of May 31st, 2019).
    pub whole_words: bool,
}

impl Default for MaskingOptions {
    /// The paper's 15 %, of which 80 % masked, 10 % random, 10 % kept; single pieces.
    fn default() -> MaskingOptions {
        MaskingOptions { probability: 0.15, mask_share: 0.8, random_share: 0.1, whole_words: false }
    }
}

impl MaskingOptions {
    /// Checks that the shares are shares.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] unless the probability lies in (0, 1] and the shares are not negative and sum to 1 at most.
    pub fn validate(&self) -> Result<(), TextError> {
        if !(self.probability > 0.0 && self.probability <= 1.0) {
            let rule = "it must be above 0 and at most 1; BERT uses 0.15";
            return Err(TextError::option("masking probability", self.probability, rule));
        }
        let (mask, random) = (self.mask_share, self.random_share);
        if !(mask >= 0.0 && random >= 0.0 && mask + random <= 1.0 + 1e-9) {
            let rule = "neither may be negative and their sum may not exceed 1; BERT uses 0.8 and 0.1";
            return Err(TextError::option("mask and random shares", format!("{mask} and {random}"), rule));
        }
        Ok(())
    }

    /// How many of `candidates` ordinary tokens are chosen: `max(1, round(probability · candidates))`, none of none.
    pub fn count(&self, candidates: usize) -> usize {
        ((candidates as f64 * self.probability).round() as usize).clamp(1, candidates.max(1)).min(candidates)
    }
}

/// Carries out decisions on a sequence of ids.
///
/// # Panics
/// If a decision's position lies outside the sequence.
#[track_caller]
pub fn apply_masking(ids: &[i64], decisions: &[MaskDecision], mask_id: i64) -> MaskedSequence {
    let mut masked = MaskedSequence { input_ids: ids.to_vec(), labels: vec![IGNORE_INDEX; ids.len()] };
    for &MaskDecision { position, action } in decisions {
        assert!(position < ids.len(), "apply_masking: position {position} of a sequence of {} tokens", ids.len());
        masked.labels[position] = ids[position];
        masked.input_ids[position] = match action {
            MaskAction::Mask => mask_id,
            MaskAction::Random(id) => id,
            MaskAction::Keep => ids[position],
        };
    }
    masked
}

/// The positions of each word: a word is an ordinary piece and the continuation pieces that follow it directly.
///
/// Special tokens belong to no word. A continuation piece that has no word before it (cut off by truncation, for example)
/// begins one.
pub fn whole_word_groups(
    ids: &[i64],
    is_special: impl Fn(i64) -> bool,
    is_continuation: impl Fn(i64) -> bool,
) -> Vec<Vec<usize>> {
    let mut words: Vec<Vec<usize>> = vec![];
    for (position, &id) in ids.iter().enumerate() {
        if is_special(id) {
            continue;
        }
        match words.last_mut() {
            Some(word) if is_continuation(id) && word.last() == Some(&(position - 1)) => word.push(position),
            _ => words.push(vec![position]),
        }
    }
    words
}

/// The positions of each word when every position says which word it belongs to (`None`: to none, as special tokens do).
///
/// `groups[w]` holds the positions of word `w`; words may come in any order and may be missing (an empty group).
pub fn groups_of_word_ids(word_ids: &[Option<usize>]) -> Vec<Vec<usize>> {
    let count = word_ids.iter().flatten().max().map_or(0, |&last| last + 1);
    let mut groups = vec![vec![]; count];
    for (position, word) in word_ids.iter().enumerate() {
        if let Some(word) = *word {
            groups[word].push(position);
        }
    }
    groups
}

/// The decision to put `[MASK]` on every piece of every chosen group.
///
/// # Panics
/// If a chosen group does not exist.
#[track_caller]
pub fn mask_groups(groups: &[Vec<usize>], chosen: &[usize]) -> Vec<MaskDecision> {
    let positions = chosen.iter().flat_map(|&group| {
        assert!(group < groups.len(), "mask_groups: word {group} of {}", groups.len());
        &groups[group]
    });
    positions.map(|&position| MaskDecision { position, action: MaskAction::Mask }).collect()
}

/// Chooses tokens and decides what becomes of each; the decisions come in the order of their positions.
///
/// `groups` are the units that are chosen together: one position each, or whole words (see [`whole_word_groups`]); they must not
/// hold special tokens, which are never chosen. With `n` positions in all groups, `max(1, round(probability · n))` are
/// chosen. A word that would exceed that number is passed over; if no word is small enough, the shortest one is taken.
/// The action is drawn for each piece by itself, as in BERT's code. Random ids are uniform over `ordinary_ids`.
///
/// # Panics
/// If `ordinary_ids` is empty while there is something to replace.
pub fn sample_masking<R: Rng>(
    groups: &[Vec<usize>],
    options: &MaskingOptions,
    ordinary_ids: &[i64],
    rng: &mut R,
) -> Vec<MaskDecision> {
    let budget = options.count(groups.iter().map(Vec::len).sum());
    let mut order: Vec<&Vec<usize>> = groups.iter().filter(|group| !group.is_empty()).collect();
    order.shuffle(rng);
    let mut positions: Vec<usize> = Vec::with_capacity(budget);
    for group in &order {
        if positions.len() + group.len() <= budget {
            positions.extend(group.iter());
        }
    }
    if positions.is_empty() {
        positions.extend(order.iter().min_by_key(|group| group.len()).into_iter().copied().flatten());
    }
    positions.sort_unstable();
    let decide = |position| {
        let draw: f64 = rng.random();
        let action = if draw < options.mask_share {
            MaskAction::Mask
        } else if draw < options.mask_share + options.random_share {
            MaskAction::Random(ordinary_ids[rng.random_range(0..ordinary_ids.len() as u32) as usize])
        } else {
            MaskAction::Keep
        };
        MaskDecision { position, action }
    };
    positions.into_iter().map(decide).collect()
}
