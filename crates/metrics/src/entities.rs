//! Scores of named entities as a whole, as seqeval and the CoNLL-2000 evaluation script compute them.

use std::collections::{BTreeMap, HashSet};

use crate::{MetricError, Scores};

/// What counts as the beginning of an entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    /// As the CoNLL script: an `I-` of a new type, or behind an `O`, begins an entity too.
    #[default]
    Lenient,
    /// Only `B-` begins an entity.
    StrictIob2,
}

/// An entity: its type, its first and its last position.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Entity {
    /// The type, such as `PER`.
    pub kind: String,
    /// The position of its first tag.
    pub first: usize,
    /// The position of its last tag.
    pub last: usize,
}

/// The entities of a sentence from its tags (`O`, `B-TYPE`, `I-TYPE`), in their order.
///
/// ```
/// use jumok_metrics::{Scheme, entities};
/// let found = entities(&["B-PER", "I-PER", "O", "I-LOC"], Scheme::Lenient)?;
/// assert_eq!((found[0].kind.as_str(), found[0].first, found[0].last), ("PER", 0, 1));
/// assert_eq!(found.len(), 2);
/// assert_eq!(entities(&["B-PER", "I-PER", "O", "I-LOC"], Scheme::StrictIob2)?.len(), 1);
/// # Ok::<(), jumok_metrics::MetricError>(())
/// ```
///
/// # Errors
/// [`MetricError::UnknownTag`].
pub fn entities<S: AsRef<str>>(tags: &[S], scheme: Scheme) -> Result<Vec<Entity>, MetricError> {
    let mut found: Vec<Entity> = vec![];
    // Whether the last entity found goes up to the tag before this one.
    let mut open = false;
    for (position, tag) in tags.iter().enumerate() {
        let Some((prefix, kind)) = read(tag.as_ref())? else {
            open = false;
            continue;
        };
        match found.last_mut() {
            Some(entity) if prefix == 'I' && open && entity.kind == kind => entity.last = position,
            _ if prefix == 'B' || scheme == Scheme::Lenient => {
                found.push(Entity { kind: kind.to_owned(), first: position, last: position });
                open = true;
            }
            _ => open = false,
        }
    }
    Ok(found)
}

/// `B` or `I` with the type; nothing for `O`.
fn read(tag: &str) -> Result<Option<(char, &str)>, MetricError> {
    match tag.split_once('-') {
        None if tag == "O" => Ok(None),
        Some(("B", kind)) if !kind.is_empty() => Ok(Some(('B', kind))),
        Some(("I", kind)) if !kind.is_empty() => Ok(Some(('I', kind))),
        _ => Err(MetricError::UnknownTag { tag: tag.to_owned() }),
    }
}

/// The scores of one type.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TypeScores {
    /// Precision, recall and F1.
    pub scores: Scores,
    /// How many entities of the type there really are.
    pub support: usize,
}

/// How well entities were found in many sentences. An entity is right if type, first and last position are.
#[derive(Clone, Debug, PartialEq)]
pub struct EntityScores {
    /// Share of the single tags that are right, `O` included.
    pub accuracy: f64,
    /// Over all entities.
    pub micro: Scores,
    /// The mean of the types, each weighing the same.
    pub macro_average: Scores,
    /// The mean of the types, each weighing as much as it really occurs.
    pub weighted: Scores,
    /// The scores of each type.
    pub per_type: BTreeMap<String, TypeScores>,
}

impl EntityScores {
    /// Compares predicted with true tags, sentence by sentence.
    ///
    /// # Errors
    /// [`MetricError::LengthMismatch`] for another number of sentences or of tags in one of them,
    /// [`MetricError::UnknownTag`].
    pub fn new<S: AsRef<str>>(
        truth: &[Vec<S>],
        predicted: &[Vec<S>],
        scheme: Scheme,
    ) -> Result<EntityScores, MetricError> {
        MetricError::same_length("true sentences", truth.len(), "predicted sentences", predicted.len())?;
        let (mut right_tags, mut tags) = (0, 0);
        // Of each type: found rightly, found, really there.
        let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
        for (truth, predicted) in truth.iter().zip(predicted) {
            MetricError::same_length("true tags in a sentence", truth.len(), "predicted tags", predicted.len())?;
            tags += truth.len();
            right_tags += truth.iter().zip(predicted).filter(|(a, b)| a.as_ref() == b.as_ref()).count();
            let wanted: HashSet<Entity> = entities(truth, scheme)?.into_iter().collect();
            for entity in entities(predicted, scheme)? {
                let hit = wanted.contains(&entity);
                let [hits, found, _] = counts.entry(entity.kind).or_default();
                *hits += usize::from(hit);
                *found += 1;
            }
            for entity in wanted {
                counts.entry(entity.kind).or_default()[2] += 1;
            }
        }
        let per_type: BTreeMap<String, TypeScores> = counts
            .iter()
            .map(|(kind, &[hits, found, wanted])| {
                (kind.clone(), TypeScores { scores: Scores::from_counts(hits, found, wanted), support: wanted })
            })
            .collect();
        let sum = |n: usize| counts.values().map(|count| count[n]).sum();
        Ok(EntityScores {
            accuracy: right_tags as f64 / tags.max(1) as f64,
            micro: Scores::from_counts(sum(0), sum(1), sum(2)),
            macro_average: Scores::weighted_mean(per_type.values().map(|one| (one.scores, 1.0))),
            weighted: Scores::weighted_mean(per_type.values().map(|one| (one.scores, one.support as f64))),
            per_type,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(tags: &[&str], scheme: Scheme) -> Vec<(String, usize, usize)> {
        entities(tags, scheme).unwrap().into_iter().map(|e| (e.kind, e.first, e.last)).collect()
    }

    #[test]
    fn a_changed_type_ends_an_entity() {
        let tags = ["B-PER", "I-LOC", "I-LOC", "B-LOC", "O", "I-PER"];
        let lenient =
            [("PER", 0, 0), ("LOC", 1, 2), ("LOC", 3, 3), ("PER", 5, 5)].map(|(k, a, b)| (k.to_owned(), a, b));
        assert_eq!(spans(&tags, Scheme::Lenient), lenient);
        let strict = [("PER", 0, 0), ("LOC", 3, 3)].map(|(k, a, b)| (k.to_owned(), a, b));
        assert_eq!(spans(&tags, Scheme::StrictIob2), strict);
        // An I- that begins nothing does not go on with what was before it.
        assert_eq!(spans(&["B-PER", "I-LOC", "I-PER"], Scheme::StrictIob2).len(), 1);
    }

    #[test]
    fn half_an_entity_is_no_entity() {
        let scores = EntityScores::new(&[vec!["B-PER", "I-PER"]], &[vec!["B-PER", "O"]], Scheme::Lenient).unwrap();
        assert_eq!((scores.accuracy, scores.micro.f1), (0.5, 0.0));
    }

    #[test]
    fn what_is_no_tag_is_named() {
        for tag in ["PER", "B-", "X-PER", ""] {
            assert_eq!(entities(&[tag], Scheme::Lenient), Err(MetricError::UnknownTag { tag: tag.to_owned() }));
        }
        let error = EntityScores::new(&[vec!["O"]], &[vec!["O", "O"]], Scheme::Lenient).unwrap_err();
        assert!(matches!(error, MetricError::LengthMismatch { left_count: 1, right_count: 2, .. }));
    }
}
