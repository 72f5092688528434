//! English: subject, verb, object, place, time; *do* where something is denied.

use super::{Determiner, Meaning, NounPhrase, Pronoun, Subject, Tense, sentence};

pub(super) fn say(meaning: &Meaning) -> String {
    let (subject, third) = match &meaning.subject {
        Subject::Pronoun(pronoun) => (name(*pronoun).to_owned(), matches!(pronoun, Pronoun::He | Pronoun::She)),
        Subject::NounPhrase(phrase) => (noun_phrase(phrase, false), !phrase.plural),
    };
    let [base, third_person, past] = meaning.verb.english;
    let verb = match (meaning.tense, meaning.negated) {
        (Tense::Present, false) if third => third_person.to_owned(),
        (Tense::Present, false) => base.to_owned(),
        (Tense::Present, true) if third => format!("does not {base}"),
        (Tense::Present, true) => format!("do not {base}"),
        (Tense::Past, false) => past.to_owned(),
        (Tense::Past, true) => format!("did not {base}"),
        (Tense::Future, false) => format!("will {base}"),
        (Tense::Future, true) => format!("will not {base}"),
    };
    sentence(&[
        subject,
        verb,
        noun_phrase(&meaning.object, meaning.negated),
        meaning.place.map_or("", |place| place.english).to_owned(),
        meaning.time.map_or("", |time| time.english).to_owned(),
    ])
}

fn name(pronoun: Pronoun) -> &'static str {
    match pronoun {
        Pronoun::I => "I",
        Pronoun::You => "you",
        Pronoun::He => "he",
        Pronoun::She => "she",
        Pronoun::We => "we",
        Pronoun::They => "they",
    }
}

fn noun_phrase(phrase: &NounPhrase, denied: bool) -> String {
    let noun = phrase.noun.english[usize::from(phrase.plural)];
    let rest = match phrase.adjective {
        Some(adjective) => format!("{} {noun}", adjective.english),
        None => noun.to_owned(),
    };
    let determiner = match (phrase.determiner, phrase.plural) {
        (Determiner::The, _) => "the",
        (Determiner::A, true) if denied => "any",
        (Determiner::A, true) => "some",
        (Determiner::A, false) if rest.starts_with(['a', 'e', 'i', 'o', 'u']) => "an",
        (Determiner::A, false) => "a",
        (Determiner::This, true) => "these",
        (Determiner::This, false) => "this",
        (Determiner::My, _) => "my",
    };
    format!("{determiner} {rest}")
}
