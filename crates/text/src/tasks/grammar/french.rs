//! French: determiner, adjective and noun agree; short words lose their vowel before another; *ne … pas* stands around the verb.

use super::lexicon::French;
use super::{Determiner, Meaning, NounPhrase, Pronoun, Subject, Tense, sentence};

pub(super) fn say(meaning: &Meaning) -> String {
    let (subject, person) = match &meaning.subject {
        Subject::Pronoun(pronoun) => pronoun_and_person(*pronoun),
        Subject::NounPhrase(phrase) => (noun_phrase(phrase, false), if phrase.plural { 4 } else { 2 }),
    };
    let French { present, participle, future } = &meaning.verb.french;
    // What is conjugated, and what stands behind it.
    let (finite, rest) = match meaning.tense {
        Tense::Present => (present[person].to_owned(), ""),
        Tense::Past => (["ai", "avez", "a", "avons", "ont"][person].to_owned(), *participle),
        Tense::Future => (format!("{future}{}", ["ai", "ez", "a", "ons", "ont"][person]), ""),
    };
    let verb = match meaning.negated {
        true => format!("{} pas", elide("ne", &finite)),
        false => finite,
    };
    let subject_and_verb = match subject.as_str() {
        "je" => elide("je", &verb),
        _ => format!("{subject} {verb}"),
    };
    sentence(&[
        subject_and_verb,
        rest.to_owned(),
        noun_phrase(&meaning.object, meaning.negated),
        meaning.place.map_or("", |place| place.french).to_owned(),
        meaning.time.map_or("", |time| time.french).to_owned(),
    ])
}

/// A pronoun and its place in the tables of verb forms: je, vous, il, nous, ils.
fn pronoun_and_person(pronoun: Pronoun) -> (String, usize) {
    let (name, person) = match pronoun {
        Pronoun::I => ("je", 0),
        Pronoun::You => ("vous", 1),
        Pronoun::He => ("il", 2),
        Pronoun::She => ("elle", 2),
        Pronoun::We => ("nous", 3),
        Pronoun::They => ("ils", 4),
    };
    (name.to_owned(), person)
}

fn noun_phrase(phrase: &NounPhrase, denied: bool) -> String {
    let NounPhrase { noun, plural, .. } = *phrase;
    let word = noun.french[usize::from(plural)];
    let (rest, adjective_first) = match phrase.adjective {
        Some(adjective) => {
            let form = adjective.french[usize::from(noun.feminine) + 2 * usize::from(plural)];
            match adjective.before_noun {
                true => (format!("{form} {word}"), true),
                false => (format!("{word} {form}"), false),
            }
        }
        None => (word.to_owned(), false),
    };
    let vowel = begins_with_vowel(&rest);
    let determiner = match (phrase.determiner, plural, noun.feminine) {
        // Nothing of it at all: pas de pomme; and a plural is de before an adjective: de petites pommes.
        (Determiner::A, _, _) if denied => "de",
        (Determiner::A, true, _) if adjective_first => "de",
        (Determiner::A, true, _) => "des",
        (Determiner::A, false, true) => "une",
        (Determiner::A, false, false) => "un",
        (Determiner::The, true, _) => "les",
        (Determiner::The, false, true) => "la",
        (Determiner::The, false, false) => "le",
        (Determiner::This, true, _) => "ces",
        (Determiner::This, false, true) => "cette",
        (Determiner::This, false, false) if vowel => "cet",
        (Determiner::This, false, false) => "ce",
        (Determiner::My, true, _) => "mes",
        (Determiner::My, false, true) if !vowel => "ma",
        (Determiner::My, false, _) => "mon",
    };
    elide(determiner, &rest)
}

/// Two words one after the other: `le` `ami` is `l'ami`.
fn elide(word: &str, next: &str) -> String {
    match ["le", "la", "de", "ne", "je"].contains(&word) && begins_with_vowel(next) {
        true => format!("{}'{next}", &word[..word.len() - 1]),
        false => format!("{word} {next}"),
    }
}

/// Whether a word begins with a vowel that is heard; every h of the lexicon is mute.
pub(super) fn begins_with_vowel(word: &str) -> bool {
    word.starts_with(['a', 'e', 'i', 'o', 'u', 'h', 'â', 'é', 'è', 'ê', 'œ'])
}
