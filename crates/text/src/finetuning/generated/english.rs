//! English sentences of the tasks.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::super::TextExample;
use super::lexicon::{Fact, Lexicon, Person, Turn, capitalised, pick};
use crate::Language;

pub(super) static LEXICON: Lexicon = Lexicon {
    language: Language::English,
    verbs: &[("finds", "find"), ("draws", "draw"), ("carries", "carry"), ("takes", "take"), ("sees", "see")],
    kinds: [
        (
            "an animal",
            ["a red fox", "a brown deer", "a little squirrel", "a green frog", "a small crab", "a shy rabbit"],
        ),
        ("a toy", ["a toy robot", "a teddy bear", "a paper kite", "a wooden train", "a tennis ball", "a puzzle game"]),
        (
            "a dish",
            ["an apple pie", "a lemon tart", "a cheese pizza", "a tomato soup", "a chocolate cake", "a fried fish"],
        ),
        ("a tool", ["a wooden spoon", "a sharp knife", "an old rake", "a heavy spade", "a watering can", "an old pan"]),
    ],
    places: [
        ["in the kitchen", "in the library", "in the hospital", "in the classroom", "in the restaurant"],
        ["at the beach", "in the garden", "in the forest", "in the park", "at the river"],
    ],
    friends: &["brother", "sister", "father", "mother", "grandfather", "grandmother"],
    times: &["in the morning", "in the afternoon", "after lunch", "on Sunday", "today", "in the evening"],
    opposites: &[
        ["hot", "cold"],
        ["clean", "dirty"],
        ["heavy", "light"],
        ["expensive", "cheap"],
        ["loud", "quiet"],
        ["big", "small"],
    ],
    things: &["basket", "picture", "train", "bucket", "bicycle", "garden", "bottle", "boat", "tent", "cup"],
    fact,
    finds_kind: |fact, kind| format!("{} {} {kind}.", fact.person.name, fact.verb.0),
    is_inside: |person, side| format!("{} is {}.", person.name, ["inside", "outside"][side]),
    says: |person, thing, word, denied, other_words| {
        let not = if denied { "not " } else { "" };
        match other_words {
            false => format!("{} says that the {thing} is {not}{word}.", person.name),
            true => format!("The {thing} of {} is {not}{word}.", person.name),
        }
    },
    question,
    sentiment,
    tagged_sentences: &[
        "{PER} travels to {LOC} by train {TIME} .",
        "{TIME} {PER} and {PER} play football against the {ORG} .",
        "The {ORG} wins the match in {LOC} {TIME} .",
        "{PER} is waiting at the station for the train to {LOC} .",
        "{TIME} the {ORG} goes to {LOC} with {PER} .",
        "In the kitchen {PER} tells {PER} about the {ORG} .",
        "After the match the {ORG} eats in the garden of {PER} {TIME} .",
        "{PER} sees the {ORG} on the train to {LOC} .",
        "In {LOC} the {ORG} and {PER} carry the cup off the field .",
        "The captain of the {ORG} writes a letter to {PER} in {LOC} {TIME} .",
        "On the beach near {LOC} {PER} plays with the {ORG} .",
    ],
    cities: &["London", "Paris", "Rome", "Berlin", "Madrid", "Vienna"],
    team: "team",
};

fn his(person: Person) -> &'static str {
    if person.woman { "her" } else { "his" }
}

fn fact(fact: &Fact) -> String {
    let Fact { person, verb, object, place, friend } = fact;
    let object = object.unwrap_or("something");
    let place = place.map(|place| format!(" {place}")).unwrap_or_default();
    let friend = friend.map(|friend| format!(" with {} {friend}", his(*person))).unwrap_or_default();
    format!("{} {} {object}{place}{friend}.", person.name, verb.0)
}

fn question(fact: &Fact, kind: &str, which: usize) -> (String, String) {
    match which {
        0 => (format!("Where does somebody {} {kind}?", fact.verb.1), fact.place.unwrap_or_default().to_owned()),
        1 => (format!("Which thing is {kind}?"), fact.object.unwrap_or_default().to_owned()),
        _ => (format!("Who {} {kind}?", fact.verb.0), fact.person.name.to_owned()),
    }
}

const GOOD: [&str; 8] = ["wonderful", "beautiful", "perfect", "sweet", "fresh", "clean", "famous", "cheerful"];
const BAD: [&str; 8] = ["cold", "broken", "wet", "empty", "expensive", "wrong", "burning", "dry"];
const THINGS: [&str; 12] =
    ["soup", "cake", "song", "picture", "story", "train", "garden", "party", "shirt", "basket", "music", "beach"];

fn sentiment(lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> TextExample<usize> {
    let label = usize::from(rng.random_bool(0.5));
    let (said, opposite) = if label == 1 { (GOOD, BAD) } else { (BAD, GOOD) };
    let (said, opposite) = (pick(&said, rng), pick(&opposite, rng));
    let judged = match Turn::draw(rng) {
        Turn::Plain => said.to_owned(),
        Turn::Denied => format!("not {opposite}"),
        Turn::Both => format!("not {opposite} but {said}"),
    };
    let [person, other] = lexicon.people(rng);
    let (thing, place) = (pick(&THINGS, rng), pick(&lexicon.all_places(), rng));
    let text = match rng.random_range(0..4u32) {
        0 => format!("The {thing} of {} is {judged}.", person.name),
        1 => format!("{} says that the {thing} {place} is {judged}.", person.name),
        2 => format!("The {thing} is {judged}, says {} to {}.", person.name, other.name),
        _ => capitalised(&format!("{place} {} sees that the {thing} is {judged}.", person.name)),
    };
    TextExample { text, pair: None, label }
}
