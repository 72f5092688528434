//! Tasks about who does what where, and who gives what to whom.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::super::{AnswerText, QuestionExample, TextExample};
use super::lexicon::{Fact, Gift, Lexicon, Person, pick, pick_other, pick_several};

const ENTAILMENT: usize = 0;
const NEUTRAL: usize = 1;

/// Two facts about two people, and a claim about one of them: where they are, or with whom.
///
/// A false claim takes what is said of the other person half of the time, and so does one that is left open: the words of the claim
/// all stand in the premise then, as they do in a true one.
pub(super) fn nli(lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> TextExample<usize> {
    let people: [Person; 2] = lexicon.people(rng);
    let objects: [&str; 2] = pick_several(lexicon.objects, rng);
    let places: [&str; 2] = pick_several(lexicon.places, rng);
    let friends: [&str; 2] = pick_several(lexicon.friends, rng);
    let label = rng.random_range(0..3usize);
    let about_place = rng.random_bool(0.5);
    let asked = usize::from(rng.random_bool(0.5));
    let mut facts = [0, 1].map(|n| Fact {
        person: people[n],
        verb: pick(lexicon.verbs, rng),
        object: objects[n],
        place: (about_place || rng.random_bool(0.5)).then_some(places[n]),
        friend: (!about_place || rng.random_bool(0.3)).then_some(friends[n]),
    });
    let values = |about_place: bool| if about_place { (places, lexicon.places) } else { (friends, lexicon.friends) };
    let (stated, list) = values(about_place);
    let other = if rng.random_bool(0.5) { stated[1 - asked] } else { pick_other(list, &stated, rng) };
    let claimed = if label == ENTAILMENT { stated[asked] } else { other };
    if label == NEUTRAL {
        match about_place {
            true => facts[asked].place = None,
            false => facts[asked].friend = None,
        }
    }
    let claim = if about_place { lexicon.is_at } else { lexicon.is_with };
    let premise = facts.map(|fact| (lexicon.fact)(&fact)).join(" ");
    TextExample { text: premise, pair: Some(claim(people[asked], claimed)), label }
}

fn gift(lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> Gift {
    let [giver, receiver] = lexicon.people(rng).map(|person| person.name);
    Gift {
        giver,
        receiver,
        colors: pick_several(lexicon.colors, rng),
        objects: pick_several(lexicon.gifts, rng),
        time: pick(lexicon.times, rng),
    }
}

/// Another gift that shares all but some of the five things that can differ (giver, receiver, both colours, time), and how many
/// those are. Half of the changes only exchange two of them, so that the words stay the same.
fn changed(gift: &Gift, changes: usize, lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> Gift {
    let mut other = gift.clone();
    let swaps: Vec<bool> = (0..2).map(|_| rng.random_bool(0.5)).collect();
    let mut left = changes;
    let mut pairs = [0, 1];
    pairs.shuffle(rng);
    // Whole pairs first, exchanged or drawn anew; then a single one.
    let mut untouched = vec![];
    for pair in pairs {
        match left {
            2.. if left != 3 || swaps[0] || untouched.is_empty() => {
                left -= 2;
                change_pair(&mut other, gift, pair, swaps[pair], lexicon, rng);
            }
            _ => untouched.push(pair),
        }
    }
    if left > 0 {
        match untouched.first() {
            // The time, or one of a pair that is as it was.
            Some(&pair) if left > 1 || rng.random_bool(0.5) => {
                change_one(&mut other, gift, pair, lexicon, rng);
                left -= 1;
            }
            _ => {}
        }
        if left > 0 {
            other.time = pick_other(lexicon.times, &[gift.time], rng);
        }
    }
    other
}

fn change_pair(other: &mut Gift, gift: &Gift, pair: usize, swap: bool, lexicon: &Lexicon, rng: &mut ChaCha8Rng) {
    match (pair, swap) {
        (0, true) => (other.giver, other.receiver) = (gift.receiver, gift.giver),
        (0, false) => {
            let people: [Person; 4] = lexicon.people(rng);
            let mut fresh =
                people.map(|person| person.name).into_iter().filter(|name| ![gift.giver, gift.receiver].contains(name));
            other.giver = fresh.next().expect("four people are two more than were there");
            other.receiver = fresh.next().expect("four people are two more than were there");
        }
        (_, true) => other.colors = [gift.colors[1], gift.colors[0]],
        (_, false) => {
            let first = pick_other(lexicon.colors, &gift.colors, rng);
            let second = pick_other(lexicon.colors, &[gift.colors[0], gift.colors[1], first], rng);
            other.colors = [first, second];
        }
    }
}

fn change_one(other: &mut Gift, gift: &Gift, pair: usize, lexicon: &Lexicon, rng: &mut ChaCha8Rng) {
    if pair == 0 {
        let people: [Person; 3] = lexicon.people(rng);
        let fresh = people.iter().map(|person| person.name).find(|name| ![gift.giver, gift.receiver].contains(name));
        other.receiver = fresh.expect("three people are one more than were there");
    } else {
        other.colors[0] = pick_other(lexicon.colors, &gift.colors, rng);
    }
}

/// How many of the five things two gifts share.
fn shared(a: &Gift, b: &Gift) -> usize {
    [
        a.giver == b.giver,
        a.receiver == b.receiver,
        a.colors[0] == b.colors[0],
        a.colors[1] == b.colors[1],
        a.time == b.time,
    ]
    .into_iter()
    .filter(|&same| same)
    .count()
}

/// Two sentences, the second in another order of words, that say the same (1) or not (0).
pub(super) fn paraphrase(lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> (String, TextExample<usize>) {
    let gift = gift(lexicon, rng);
    let label = usize::from(rng.random_bool(0.5));
    let changes = if label == 1 { 0 } else { rng.random_range(1..=2usize) };
    let other = changed(&gift, changes, lexicon, rng);
    let text = (lexicon.gift)(&gift, false);
    (text.clone(), TextExample { text, pair: Some((lexicon.gift)(&other, true)), label })
}

/// Two sentences, the second in another order of words, and how many of five things they share.
pub(super) fn similarity(lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> (String, TextExample<f64>) {
    let gift = gift(lexicon, rng);
    let other = changed(&gift, rng.random_range(0..=5usize), lexicon, rng);
    let text = (lexicon.gift)(&gift, false);
    let label = shared(&gift, &other) as f64;
    (text.clone(), TextExample { text, pair: Some((lexicon.gift)(&other, true)), label })
}

/// Three people who all do something somewhere, and a question about one of them.
pub(super) fn question(lexicon: &Lexicon, number: u64, rng: &mut ChaCha8Rng) -> QuestionExample {
    let people: [Person; 3] = lexicon.people(rng);
    let objects: [&str; 3] = pick_several(lexicon.objects, rng);
    let places: [&str; 3] = pick_several(lexicon.places, rng);
    // One verb for all, so that it does not tell them apart.
    let verb = pick(lexicon.verbs, rng);
    let facts: [Fact; 3] = std::array::from_fn(|n| Fact {
        person: people[n],
        verb,
        object: objects[n],
        place: Some(places[n]),
        friend: rng.random_bool(0.3).then(|| pick(lexicon.friends, rng)),
    });
    let asked = rng.random_range(0..3usize);
    let (question, words) = (lexicon.question)(&facts[asked], rng.random_range(0..3usize));
    let sentences = facts.each_ref().map(|fact| (lexicon.fact)(fact));
    let before: usize = sentences[..asked].iter().map(|sentence| sentence.len() + 1).sum();
    let within = sentences[asked].find(&words).expect("the answer is made of the sentence's words");
    let answers = vec![AnswerText { text: words, start: before + within }];
    QuestionExample { id: number.to_string(), question, context: sentences.join(" "), answers }
}
