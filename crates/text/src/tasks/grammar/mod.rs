//! A small grammar: one meaning is drawn and said in English, French and Korean.
//!
//! The meaning is made of what all three languages say (who, what, to whom, when, where, whether at all), and each language
//! has its own rules to say it: French agrees and elides, puts most adjectives behind the noun and *ne … pas* around the verb;
//! Korean puts the verb last, marks parts with particles and denies with 지 않다. So a translator must not only look words up
//! but know where to look.

mod english;
mod french;
mod korean;
mod lexicon;

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;

use crate::SentencePair;
use lexicon::{ADJECTIVES, Adjective, NOUNS, Noun, PLACES, Place, TIMES, Time, VERBS, Verb};

/// What a noun names, which decides what can be done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Person,
    Animal,
    Food,
    Thing,
    Reading,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tense {
    Present,
    Past,
    Future,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Determiner {
    The,
    A,
    This,
    My,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pronoun {
    I,
    You,
    He,
    She,
    We,
    They,
}

/// A noun with what stands around it.
#[derive(Clone)]
struct NounPhrase {
    determiner: Determiner,
    adjective: Option<&'static Adjective>,
    noun: &'static Noun,
    plural: bool,
}

#[derive(Clone)]
enum Subject {
    Pronoun(Pronoun),
    NounPhrase(NounPhrase),
}

/// What a sentence says, in no language.
#[derive(Clone)]
struct Meaning {
    subject: Subject,
    verb: &'static Verb,
    object: NounPhrase,
    tense: Tense,
    negated: bool,
    place: Option<&'static Place>,
    time: Option<&'static Time>,
}

pub(super) fn english_french(rng: &mut ChaCha8Rng) -> SentencePair {
    let meaning = Meaning::draw_unambiguous(rng);
    SentencePair { source: english::say(&meaning), target: french::say(&meaning) }
}

pub(super) fn english_korean(rng: &mut ChaCha8Rng) -> SentencePair {
    let meaning = Meaning::draw_unambiguous(rng);
    SentencePair { source: english::say(&meaning), target: korean::say(&meaning) }
}

fn choose<T>(list: &'static [T], fits: impl Fn(&T) -> bool, rng: &mut ChaCha8Rng) -> &'static T {
    let fitting: Vec<&'static T> = list.iter().filter(|one| fits(one)).collect();
    fitting.choose(rng).expect("the lexicon has something for every need")
}

impl Meaning {
    /// A meaning that English has a sentence of its own for, so that one translation alone is right.
    fn draw_unambiguous(rng: &mut ChaCha8Rng) -> Meaning {
        loop {
            let meaning = Meaning::draw(rng);
            if !meaning.is_ambiguous() {
                return meaning;
            }
        }
    }

    /// Whether English says the same of another time ("they read a book") or number ("the fish"), which French and Korean tell apart.
    fn is_ambiguous(&self) -> bool {
        let mut others = vec![];
        for tense in [Tense::Present, Tense::Past] {
            // With a time of day the sentence itself tells.
            if tense != self.tense && self.time.is_none() {
                others.push(Meaning { tense, ..self.clone() });
            }
        }
        let object = NounPhrase { plural: !self.object.plural, ..self.object.clone() };
        others.push(Meaning { object, ..self.clone() });
        let said = english::say(self);
        others.iter().any(|other| english::say(other) == said)
    }

    fn draw(rng: &mut ChaCha8Rng) -> Meaning {
        use Pronoun::{He, I, She, They, We, You};
        let verb = choose(VERBS, |_| true, rng);
        let subject = match rng.random_bool(0.4) {
            true => Subject::Pronoun(*[I, You, He, She, We, They].choose(rng).expect("six pronouns")),
            false => Subject::NounPhrase(NounPhrase::draw(verb.subjects, rng)),
        };
        let tense = *[Tense::Present, Tense::Past, Tense::Future].choose(rng).expect("three tenses");
        Meaning {
            subject,
            verb,
            object: NounPhrase::draw(verb.objects, rng),
            tense,
            negated: rng.random_bool(0.3),
            place: rng.random_bool(0.3).then(|| choose(PLACES, |_| true, rng)),
            time: rng.random_bool(0.3).then(|| choose(TIMES, |time| time.tense == tense, rng)),
        }
    }
}

impl NounPhrase {
    fn draw(classes: &[Class], rng: &mut ChaCha8Rng) -> NounPhrase {
        use Determiner::{A, My, The, This};
        let noun = choose(NOUNS, |noun| classes.contains(&noun.class), rng);
        NounPhrase {
            determiner: *[The, A, This, My].choose(rng).expect("four determiners"),
            adjective: rng
                .random_bool(0.4)
                .then(|| choose(ADJECTIVES, |adjective| adjective.classes.contains(&noun.class), rng)),
            noun,
            plural: rng.random_bool(0.3),
        }
    }
}

/// Joins words to a sentence with a capital letter and a full stop.
fn sentence(words: &[String]) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
    let text = words.join(" ");
    let mut letters = text.chars();
    let capital = letters.next().into_iter().flat_map(char::to_uppercase);
    capital.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng;

    use super::*;

    fn noun(english: &str) -> &'static Noun {
        NOUNS.iter().find(|noun| noun.english[0] == english).unwrap()
    }

    fn phrase(determiner: Determiner, adjective: &str, noun_name: &str, plural: bool) -> NounPhrase {
        let adjective = ADJECTIVES.iter().find(|one| one.english == adjective);
        NounPhrase { determiner, adjective, noun: noun(noun_name), plural }
    }

    fn meaning(subject: Subject, verb: &str, object: NounPhrase, tense: Tense, negated: bool) -> Meaning {
        let verb = VERBS.iter().find(|one| one.english[0] == verb).unwrap();
        Meaning { subject, verb, object, tense, negated, place: None, time: None }
    }

    #[test]
    fn three_languages_say_the_same() {
        use Determiner::{A, My, The, This};
        let place = PLACES.iter().find(|place| place.english == "in the garden");
        let time = TIMES.iter().find(|time| time.english == "yesterday");
        let cases = [
            (
                meaning(
                    Subject::NounPhrase(phrase(The, "", "girl", false)),
                    "eat",
                    phrase(A, "red", "apple", false),
                    Tense::Present,
                    true,
                ),
                "The girl does not eat a red apple.",
                "La fille ne mange pas de pomme rouge.",
                "그 소녀는 빨간 사과를 먹지 않는다.",
            ),
            (
                Meaning {
                    place,
                    time,
                    ..meaning(
                        Subject::Pronoun(Pronoun::I),
                        "like",
                        phrase(This, "small", "orange", true),
                        Tense::Past,
                        false,
                    )
                },
                "I liked these small oranges in the garden yesterday.",
                "J'ai aimé ces petites oranges dans le jardin hier.",
                "나는 어제 정원에서 이 작은 오렌지를 좋아했다.",
            ),
            (
                meaning(
                    Subject::NounPhrase(phrase(A, "kind", "man", true)),
                    "look for",
                    phrase(My, "", "friend", false),
                    Tense::Future,
                    false,
                ),
                "Some kind men will look for my friend.",
                "Des hommes gentils chercheront mon ami.",
                "친절한 남자들이 내 친구를 찾을 것이다.",
            ),
            (
                meaning(Subject::Pronoun(Pronoun::She), "read", phrase(A, "", "book", true), Tense::Past, true),
                "She did not read any books.",
                "Elle n'a pas lu de livres.",
                "그녀는 책을 읽지 않았다.",
            ),
            (
                meaning(
                    Subject::NounPhrase(phrase(This, "", "child", false)),
                    "wash",
                    phrase(The, "big", "plate", false),
                    Tense::Present,
                    false,
                ),
                "This child washes the big plate.",
                "Cet enfant lave la grande assiette.",
                "이 아이는 그 큰 접시를 씻는다.",
            ),
        ];
        for (meaning, english, french, korean) in cases {
            assert_eq!(english::say(&meaning), english);
            assert_eq!(french::say(&meaning), french);
            assert_eq!(korean::say(&meaning), korean);
        }
    }

    #[test]
    fn the_grammar_has_thousands_of_sentences_and_uses_every_word() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let meanings: Vec<Meaning> = (0..6000).map(|_| Meaning::draw(&mut rng)).collect();
        let sentences: HashSet<String> = meanings.iter().map(english::say).collect();
        assert!(sentences.len() > 5500, "{}", sentences.len());
        let said: String = sentences.into_iter().collect::<Vec<_>>().join(" ").to_lowercase();
        for word in NOUNS.iter().flat_map(|noun| noun.english).chain(ADJECTIVES.iter().map(|one| one.english)) {
            assert!(said.contains(word), "{word}");
        }
        for word in VERBS.iter().flat_map(|verb| verb.english) {
            assert!(said.contains(word), "{word}");
        }
    }

    #[test]
    fn what_english_does_not_tell_is_not_asked() {
        use Determiner::{A, The, This};
        let says = |subject, determiner, object: &str, tense, negated| {
            let they = Subject::Pronoun(subject);
            meaning(
                they,
                if object == "fish" { "eat" } else { "read" },
                phrase(determiner, "", object, false),
                tense,
                negated,
            )
        };
        let (they, she) = (Pronoun::They, Pronoun::She);
        for tense in [Tense::Present, Tense::Past] {
            assert!(says(they, A, "book", tense, false).is_ambiguous());
            assert!(!says(she, A, "book", tense, false).is_ambiguous());
            assert!(!says(they, A, "book", tense, true).is_ambiguous());
            assert!(says(she, The, "fish", tense, false).is_ambiguous());
            assert!(!says(she, This, "fish", tense, false).is_ambiguous());
        }
        assert!(!says(they, A, "book", Tense::Future, false).is_ambiguous());
        let time = TIMES.iter().find(|time| time.tense == Tense::Past);
        assert!(!Meaning { time, ..says(they, A, "book", Tense::Past, false) }.is_ambiguous());
    }

    #[test]
    fn french_elides_before_every_vowel() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        for _ in 0..3000 {
            let text = french::say(&Meaning::draw(&mut rng)).to_lowercase();
            let words: Vec<&str> = text.trim_end_matches('.').split(' ').collect();
            for two in words.windows(2) {
                let clash =
                    ["le", "la", "je", "ne", "de", "ce", "ma"].contains(&two[0]) && french::begins_with_vowel(two[1]);
                assert!(!clash, "{text}");
            }
            assert!(!text.contains("  ") && !text.contains("' "), "{text}");
        }
    }
}
