//! The words that a language's tasks are made of, and how its sentences are put together.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::{IndexedRandom, SliceRandom};

use super::super::conll::tags_of_types;
use super::super::{TaggedSentence, TextExample};
use super::{ENTITIES, english, korean};
use crate::Language;
use crate::toy;

/// A verb as it is stated and as it is asked about: `finds`, `find`.
pub(super) type Verb = (&'static str, &'static str);

/// What somebody does with what, where and with whom; what, where and with whom may be left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) person: Person,
    pub(super) verb: Verb,
    pub(super) object: Option<&'static str>,
    pub(super) place: Option<&'static str>,
    pub(super) friend: Option<&'static str>,
}

/// A name, and whether a woman bears it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Person {
    pub(super) name: &'static str,
    pub(super) woman: bool,
}

/// A kind of things: `an animal`, and things of that kind.
pub(super) type Kind = (&'static str, [&'static str; 6]);

/// Words and grammar of a language.
pub(super) struct Lexicon {
    pub(super) language: Language,
    pub(super) verbs: &'static [Verb],
    pub(super) kinds: [Kind; 4],
    /// Places inside, and places outside.
    pub(super) places: [[&'static str; 5]; 2],
    pub(super) friends: &'static [&'static str],
    pub(super) times: &'static [&'static str],
    /// Two words that are the opposite of each other, as they stand behind `is`.
    pub(super) opposites: &'static [[&'static str; 2]],
    /// Things that can be all of that.
    pub(super) things: &'static [&'static str],
    /// `Tom finds an old rake in the park with his brother.`
    pub(super) fact: fn(&Fact) -> String,
    /// `Tom finds an animal.`
    pub(super) finds_kind: fn(&Fact, &str) -> String,
    /// `Tom is inside.` (0), `Tom is outside.` (1)
    pub(super) is_inside: fn(Person, usize) -> String,
    /// `Tom says that the basket is not heavy.`, or in other words if the last flag is set.
    pub(super) says: fn(Person, &str, &str, bool, bool) -> String,
    /// A question about a fact with a thing of some kind (`an animal`), and the words of the fact's sentence that answer it: where (0),
    /// what (1), or who (2).
    pub(super) question: fn(&Fact, &str, usize) -> (String, String),
    /// A sentence that praises something or does not.
    pub(super) sentiment: fn(&Lexicon, &mut ChaCha8Rng) -> TextExample<usize>,
    /// Sentences with gaps `{PER}`, `{LOC}`, `{ORG}`, `{TIME}`; a particle may stand behind the brace.
    pub(super) tagged_sentences: &'static [&'static str],
    pub(super) cities: &'static [&'static str],
    /// What makes a team of a city's name: `Paris team`.
    pub(super) team: &'static str,
}

pub(super) fn of(language: Language) -> &'static Lexicon {
    match language {
        Language::English => &english::LEXICON,
        Language::Korean => &korean::LEXICON,
    }
}

pub(super) fn pick<T: Copy>(list: &[T], rng: &mut ChaCha8Rng) -> T {
    *list.choose(rng).expect("no list of a lexicon is empty")
}

/// Some entries, no two alike.
pub(super) fn pick_several<T: Copy, const N: usize>(list: &[T], rng: &mut ChaCha8Rng) -> [T; N] {
    let mut order: Vec<usize> = (0..list.len()).collect();
    order.shuffle(rng);
    std::array::from_fn(|n| list[order[n]])
}

impl Lexicon {
    /// Places inside and outside.
    pub(super) fn all_places(&self) -> Vec<&'static str> {
        self.places.concat()
    }

    /// People with different names.
    pub(super) fn people<const N: usize>(&self, rng: &mut ChaCha8Rng) -> [Person; N] {
        let [men, women] = toy::names(self.language);
        let of = |names: Vec<&'static str>, woman| names.into_iter().map(move |name| Person { name, woman });
        let all: Vec<Person> = of(men, false).chain(of(women, true)).collect();
        pick_several(&all, rng)
    }

    /// A sentence with tagged entities.
    pub(super) fn tagged(&self, rng: &mut ChaCha8Rng) -> TaggedSentence {
        let tags = tags_of_types(ENTITIES);
        let number = |prefix: &str, kind: &str| {
            let tag = format!("{prefix}-{kind}");
            tags.iter().position(|known| *known == tag).expect("every type of entity has its tags")
        };
        let people: [Person; 2] = self.people(rng);
        let cities: [&str; 2] = pick_several(self.cities, rng);
        let team = format!("{} {}", cities[1], self.team);
        let time = pick(self.times, rng);
        let mut sentence = TaggedSentence { words: vec![], tags: vec![] };
        let mut named = 0;
        for part in pick(self.tagged_sentences, rng).split(' ') {
            let Some((kind, behind)) = part.strip_prefix('{').and_then(|part| part.split_once('}')) else {
                sentence.words.push(part.to_owned());
                sentence.tags.push(0);
                continue;
            };
            let entity = match kind {
                "PER" => {
                    named += 1;
                    people[(named - 1) % 2].name
                }
                "LOC" => cities[0],
                "ORG" => team.as_str(),
                _ => time,
            };
            let entity = toy::with_particle(entity, behind);
            for (place, word) in entity.split(' ').enumerate() {
                sentence.words.push(word.to_owned());
                sentence.tags.push(number(if place == 0 { "B" } else { "I" }, kind));
            }
        }
        // Sentences begin with a capital; in Korean there are none.
        if let Some(first) = sentence.words.first_mut() {
            *first = capitalised(first);
        }
        sentence
    }
}

pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The two ways in which praise and its opposite can be said plainly or turned round by `not`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// wonderful
    Plain,
    /// not cold
    Denied,
    /// not cold but wonderful
    Both,
}

impl Turn {
    pub(super) fn draw(rng: &mut ChaCha8Rng) -> Turn {
        [Turn::Plain, Turn::Denied, Turn::Both][rng.random_range(0..3usize)]
    }
}
