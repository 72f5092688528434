//! Korean: who, when, where, what, and the verb last; particles say which is which.

use super::{Class, Determiner, Meaning, NounPhrase, Pronoun, Subject, Tense, sentence};
use crate::toy::with_particle;

pub(super) fn say(meaning: &Meaning) -> String {
    let subject = match &meaning.subject {
        Subject::Pronoun(pronoun) => with_particle(name(*pronoun), "은"),
        // What is new is marked as the subject, what is known as the topic.
        Subject::NounPhrase(phrase) => {
            with_particle(&noun_phrase(phrase), if phrase.determiner == Determiner::A { "이" } else { "은" })
        }
    };
    let [stem, present, past, future] = meaning.verb.korean;
    let verb = match (meaning.tense, meaning.negated) {
        (Tense::Present, false) => present.to_owned(),
        (Tense::Past, false) => past.to_owned(),
        (Tense::Future, false) => future.to_owned(),
        (Tense::Present, true) => format!("{stem}지 않는다"),
        (Tense::Past, true) => format!("{stem}지 않았다"),
        (Tense::Future, true) => format!("{stem}지 않을 것이다"),
    };
    sentence(&[
        subject,
        meaning.time.map_or("", |time| time.korean).to_owned(),
        meaning.place.map_or("", |place| place.korean).to_owned(),
        with_particle(&noun_phrase(&meaning.object), "을"),
        verb,
    ])
}

fn name(pronoun: Pronoun) -> &'static str {
    match pronoun {
        Pronoun::I => "나",
        Pronoun::You => "너",
        Pronoun::He => "그",
        Pronoun::She => "그녀",
        Pronoun::We => "우리",
        Pronoun::They => "그들",
    }
}

fn noun_phrase(phrase: &NounPhrase) -> String {
    let mut words = vec![];
    match phrase.determiner {
        Determiner::The => words.push("그"),
        Determiner::This => words.push("이"),
        Determiner::My => words.push("내"),
        Determiner::A => {}
    }
    words.extend(phrase.adjective.map(|adjective| adjective.korean));
    words.push(phrase.noun.korean);
    // Only the living are counted with 들.
    let plural = phrase.plural && matches!(phrase.noun.class, Class::Person | Class::Animal);
    words.join(" ") + if plural { "들" } else { "" }
}
