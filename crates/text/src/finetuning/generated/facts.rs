//! Tasks about who does what where.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::super::{AnswerText, QuestionExample, TextExample};
use super::lexicon::{Fact, Kind, Lexicon, Person, pick, pick_several};

const ENTAILMENT: usize = 0;
const NEUTRAL: usize = 1;

/// What of a fact is a matter of its kind: that of the thing, whether the place is inside (0) or outside (1).
struct Drawn {
    fact: Fact,
    kind: usize,
    side: usize,
}

/// A fact that leaves nothing open.
fn draw(lexicon: &Lexicon, person: Person, rng: &mut ChaCha8Rng) -> Drawn {
    let kind = rng.random_range(0..lexicon.kinds.len());
    let side = rng.random_range(0..2usize);
    let fact = Fact {
        person,
        verb: pick(lexicon.verbs, rng),
        object: Some(pick(&lexicon.kinds[kind].1, rng)),
        place: Some(pick(&lexicon.places[side], rng)),
        friend: Some(pick(lexicon.friends, rng)),
    };
    Drawn { fact, kind, side }
}

/// A fact, and a claim about the kind of the thing in it (a fox is an animal) or about the place (a forest is outside).
///
/// The claim is neutral if the fact leaves that open, which it does just as often with what the claim is not about. Premise and claim
/// share no word that would tell.
pub(super) fn nli(lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> TextExample<usize> {
    let [person] = lexicon.people(rng);
    let Drawn { mut fact, kind, side } = draw(lexicon, person, rng);
    let label = rng.random_range(0..3usize);
    let about_place = rng.random_bool(0.5);
    let (mut kind, mut side) = (kind, side);
    if label != ENTAILMENT {
        // For a neutral claim any kind would do; another one is as good as the same.
        kind = (kind + rng.random_range(1..lexicon.kinds.len())) % lexicon.kinds.len();
        side = 1 - side;
    }
    let claim = if about_place {
        (lexicon.is_inside)(person, side)
    } else {
        (lexicon.finds_kind)(&fact, lexicon.kinds[kind].0)
    };
    let (open_asked, open_other) = (label == NEUTRAL, rng.random_ratio(1, 3));
    let (place_open, object_open) = if about_place { (open_asked, open_other) } else { (open_other, open_asked) };
    fact.place = fact.place.filter(|_| !place_open);
    fact.object = fact.object.filter(|_| !object_open);
    fact.friend = fact.friend.filter(|_| rng.random_bool(0.5));
    TextExample { text: (lexicon.fact)(&fact), pair: Some(claim), label }
}

/// Two sentences that say the same (1) or not (0) of one thing: *not heavy* and *light*, *not heavy* and *heavy*.
pub(super) fn paraphrase(lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> TextExample<usize> {
    let [person] = lexicon.people(rng);
    let (thing, opposites) = (pick(lexicon.things, rng), pick(lexicon.opposites, rng));
    let label = usize::from(rng.random_bool(0.5));
    // What is meant, 0 or 1, is said plainly or as the denied opposite.
    let first = rng.random_range(0..2usize);
    let second = if label == 1 { first } else { 1 - first };
    let mut say = |meant: usize, other_words: bool| {
        let denied = rng.random_bool(0.5);
        let word = opposites[if denied { 1 - meant } else { meant }];
        (lexicon.says)(person, thing, word, denied, other_words)
    };
    TextExample { text: say(first, false), pair: Some(say(second, true)), label }
}

/// Two facts, and how alike they are: 2 for things of one kind, 2 for places that are both inside or both outside, 1 for company or
/// none in both.
pub(super) fn similarity(lexicon: &Lexicon, rng: &mut ChaCha8Rng) -> TextExample<f64> {
    let people: [Person; 2] = lexicon.people(rng);
    let mut facts = people.map(|person| draw(lexicon, person, rng));
    if rng.random_bool(0.4) {
        // Four kinds would agree too rarely.
        facts[1].kind = facts[0].kind;
        facts[1].fact.object = Some(pick(&lexicon.kinds[facts[0].kind].1, rng));
    }
    for drawn in &mut facts {
        drawn.fact.friend = drawn.fact.friend.filter(|_| rng.random_bool(0.5));
    }
    let [a, b] = &facts;
    let score = 2 * usize::from(a.kind == b.kind)
        + 2 * usize::from(a.side == b.side)
        + usize::from(a.fact.friend.is_some() == b.fact.friend.is_some());
    let [first, second] = facts.each_ref().map(|drawn| (lexicon.fact)(&drawn.fact));
    TextExample { text: first, pair: Some(second), label: score as f64 }
}

/// Three people who find things of three kinds in three places, and a question that names one of the kinds: whoever answers must know
/// which thing is of that kind, and what belongs to it.
pub(super) fn question(lexicon: &Lexicon, number: u64, rng: &mut ChaCha8Rng) -> QuestionExample {
    let people: [Person; 3] = lexicon.people(rng);
    let kinds: [Kind; 3] = pick_several(&lexicon.kinds, rng);
    let places: [&str; 3] = pick_several(&lexicon.all_places(), rng);
    // One verb for all, so that it does not tell them apart.
    let verb = pick(lexicon.verbs, rng);
    let facts: [Fact; 3] = std::array::from_fn(|n| Fact {
        person: people[n],
        verb,
        object: Some(pick(&kinds[n].1, rng)),
        place: Some(places[n]),
        friend: rng.random_bool(0.3).then(|| pick(lexicon.friends, rng)),
    });
    let asked = rng.random_range(0..3usize);
    let (question, words) = (lexicon.question)(&facts[asked], kinds[asked].0, rng.random_range(0..3usize));
    let sentences = facts.each_ref().map(|fact| (lexicon.fact)(fact));
    let before: usize = sentences[..asked].iter().map(|sentence| sentence.len() + 1).sum();
    let within = sentences[asked].find(&words).expect("the answer is made of the sentence's words");
    let answers = vec![AnswerText { text: words, start: before + within }];
    QuestionExample { id: number.to_string(), question, context: sentences.join(" "), answers }
}
