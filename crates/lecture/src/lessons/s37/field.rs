//! Sentences of a field: medical English, whose words are put together of Greek and Latin parts.

use jumok_text::Corpus;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

const ROOTS: [&str; 12] =
    ["cardi", "hepat", "nephr", "gastr", "neur", "dermat", "arthr", "encephal", "bronch", "oste", "cyst", "my"];
const ENDINGS: [&str; 6] = ["itis", "opathy", "algia", "ectomy", "osis", "oma"];
const DRUGS: [&str; 6] = ["amoxicillin", "ibuprofen", "methotrexate", "prednisolone", "atorvastatin", "metformin"];
const KINDS: [&str; 6] = ["chronic", "acute", "idiopathic", "postoperative", "congenital", "recurrent"];
const SHAPES: [&str; 5] = [
    "the patient with {kind} {term} was treated with {drug}.",
    "{drug} reduced {kind} {term} in {number} patients.",
    "{kind} {term} and {other} were diagnosed in {number} patients.",
    "after {term} the patient received {drug} for {number} weeks.",
    "{term} was excluded, but {kind} {other} was confirmed by biopsy.",
];

/// So many sentences, drawn from `seed`, one a document.
pub(super) fn sentences(count: usize, seed: u64) -> Corpus {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    Corpus { documents: (0..count).map(|_| vec![sentence(rng)]).collect() }
}

fn sentence(rng: &mut ChaCha8Rng) -> String {
    let pick = |list: &[&'static str], rng: &mut ChaCha8Rng| *list.choose(rng).expect("the lists are not empty");
    let term = |rng: &mut ChaCha8Rng| format!("{}{}", pick(&ROOTS, rng), pick(&ENDINGS, rng));
    let shape = pick(&SHAPES, rng);
    shape
        .replace("{term}", &term(rng))
        .replace("{other}", &term(rng))
        .replace("{kind}", pick(&KINDS, rng))
        .replace("{drug}", pick(&DRUGS, rng))
        .replace("{number}", &rng.random_range(2..60).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_is_filled_and_the_seed_decides() {
        let corpus = sentences(200, 5);
        assert!(corpus.sentences().all(|sentence| !sentence.contains(['{', '}'])));
        assert_eq!(corpus, sentences(200, 5));
        assert_ne!(corpus, sentences(200, 6));
    }
}
