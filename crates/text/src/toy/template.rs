//! The notation that stories are written in, and how a story is drawn from it.
//!
//! A [`Scene`] is a small world (a kitchen, a beach …) with lists of words and with sentences that have gaps:
//!
//! | gap | stands for |
//! |---|---|
//! | `{name}` | the protagonist's name |
//! | `{who}` | the protagonist as a subject: name, pronoun, or "the boy" |
//! | `{he}` `{him}` `{his}` | pronouns that agree with the protagonist |
//! | `[takes\|take]` | the first for one protagonist, the second for two |
//! | `{fruit}` | an entry of the list `fruit`, drawn once a story and kept |
//! | `{fruit2}` | another entry of it |
//! | `{fruit*}` | its last word alone: "apples" of "red apples" |
//! | `{a fruit}` | with "a", "an" or "some" before it |
//! | `{fruit:is\|are}` | the first or the second, by the entry's number or sex |
//! | `{fruit:을}` | with a Korean particle in the form that fits |
//!
//! In a list, `+` marks an entry that takes the second form (a plural, or a woman), `~` one that cannot be counted. Sentences joined by
//! ` / ` follow each other: cause and effect, question and answer. A story is an opening, some beats in the order in which they
//! are written, and an ending; what was drawn for a gap stays for the whole story, and that is what makes it hang together.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;

use super::particle::with_particle;

/// A small world of its own.
pub(super) struct Scene {
    pub(super) lists: &'static [(&'static str, &'static str)],
    pub(super) opening: &'static [&'static str],
    pub(super) beats: &'static [&'static str],
    pub(super) ending: &'static [&'static str],
}

/// What all scenes of a language share.
pub(super) struct World {
    pub(super) male_names: &'static str,
    pub(super) female_names: &'static str,
    /// How two names are joined.
    pub(super) pair: &'static str,
    pub(super) male: Cast,
    pub(super) female: Cast,
    pub(super) plural: Cast,
    pub(super) lists: &'static [(&'static str, &'static str)],
}

/// The words that stand for a protagonist.
#[derive(Clone, Copy)]
pub(super) struct Cast {
    pub(super) child: &'static str,
    pub(super) subject: &'static str,
    pub(super) object: &'static str,
    pub(super) possessive: &'static str,
}

/// An entry of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Word {
    text: &'static str,
    /// Plural, or a woman.
    second_form: bool,
    countable: bool,
}

impl Word {
    fn parse(entry: &'static str) -> Word {
        if let Some(text) = entry.strip_prefix('+') {
            Word { text, second_form: true, countable: false }
        } else if let Some(text) = entry.strip_prefix('~') {
            Word { text, second_form: false, countable: false }
        } else {
            Word { text: entry, second_form: false, countable: true }
        }
    }

    fn head(self) -> &'static str {
        self.text.rsplit(' ').next().unwrap_or(self.text)
    }

    fn with_article(self, text: &str) -> String {
        let vowel = text.to_lowercase().starts_with(['a', 'e', 'i', 'o', 'u']);
        let article = match (self.countable, vowel) {
            (false, _) => "some",
            (true, true) => "an",
            (true, false) => "a",
        };
        format!("{article} {text}")
    }
}

/// One story being told: who it is about, and which words have been drawn.
pub(super) struct Story<'a> {
    world: &'static World,
    scene: &'static Scene,
    cast: Cast,
    plural: bool,
    name: String,
    named: bool,
    drawn: Vec<(&'static str, Word)>,
    rng: &'a mut ChaCha8Rng,
}

/// Of ten protagonists, how many are two children.
const PAIRS_IN_TEN: u32 = 2;

impl Story<'_> {
    /// Draws a whole story of two to six sentences.
    pub(super) fn tell(world: &'static World, scene: &'static Scene, rng: &mut ChaCha8Rng) -> Vec<String> {
        let mut story = Story::begin(world, scene, rng);
        let mut sentences = vec![];
        let opening = pick(scene.opening, story.rng);
        story.say(opening, &mut sentences);
        let beats = story.rng.random_range(0..=3u32) as usize;
        let ends = beats == 0 || story.rng.random_bool(0.6);
        for beat in story.choose_beats(beats) {
            story.say(beat, &mut sentences);
        }
        if ends && sentences.len() < 6 {
            let ending = pick(scene.ending, story.rng);
            story.say(ending, &mut sentences);
        }
        sentences.truncate(6);
        sentences
    }

    fn begin<'a>(world: &'static World, scene: &'static Scene, rng: &'a mut ChaCha8Rng) -> Story<'a> {
        let male = rng.random_bool(0.5);
        let draw_name = |male: bool, rng: &mut ChaCha8Rng| {
            let names: Vec<&str> = entries(if male { world.male_names } else { world.female_names }).collect();
            pick(&names, rng)
        };
        let plural = rng.random_ratio(PAIRS_IN_TEN, 10);
        let (name, cast) = if plural {
            let (first, second) = (draw_name(male, rng), draw_name(!male, rng));
            (fill_pair(world.pair, first, second), world.plural)
        } else {
            (draw_name(male, rng).to_owned(), if male { world.male } else { world.female })
        };
        Story { world, scene, cast, plural, name, named: false, drawn: vec![], rng }
    }

    /// Some of the beats, in their order.
    fn choose_beats(&mut self, count: usize) -> Vec<&'static str> {
        let beats = self.scene.beats;
        let mut chosen = rand::seq::index::sample(self.rng, beats.len(), count.min(beats.len())).into_vec();
        chosen.sort_unstable();
        chosen.into_iter().map(|index| beats[index]).collect()
    }

    fn say(&mut self, templates: &'static str, sentences: &mut Vec<String>) {
        for template in templates.split(" / ") {
            sentences.push(capitalised(&self.fill(template)));
        }
    }

    fn fill(&mut self, template: &'static str) -> String {
        let mut sentence = String::with_capacity(template.len() + 16);
        let mut rest = template;
        while let Some(open) = rest.find(['{', '[']) {
            let close = rest[open..].find(['}', ']']).map(|length| open + length);
            let close = close.unwrap_or_else(|| panic!("a gap is not closed in {template:?}"));
            let gap = &rest[open + 1..close];
            sentence.push_str(&rest[..open]);
            if rest[open..].starts_with('[') {
                sentence.push_str(alternative(gap, self.plural, template));
            } else {
                sentence.push_str(&self.gap(gap, template));
            }
            rest = &rest[close + 1..];
        }
        sentence + rest
    }

    fn gap(&mut self, gap: &'static str, template: &str) -> String {
        let (key, ending) = gap.split_once(':').unwrap_or((gap, ""));
        let person = match key {
            "name" => Some(self.name()),
            "who" => Some(self.who()),
            "he" => Some(self.cast.subject.to_owned()),
            "him" => Some(self.cast.object.to_owned()),
            "his" => Some(self.cast.possessive.to_owned()),
            _ => None,
        };
        if let Some(person) = person {
            return with_particle(&person, ending);
        }
        let (article, key) = key.strip_prefix("a ").map_or((false, key), |key| (true, key));
        let (head, key) = key.strip_suffix('*').map_or((false, key), |key| (true, key));
        let word = self.word(key, template);
        if ending.contains('|') {
            return alternative(ending, word.second_form, template).to_owned();
        }
        let text = with_particle(if head { word.head() } else { word.text }, ending);
        if article { word.with_article(&text) } else { text }
    }

    fn name(&mut self) -> String {
        self.named = true;
        self.name.clone()
    }

    /// The name where nobody has been named yet; later the name, the pronoun, or "the boy".
    fn who(&mut self) -> String {
        match self.rng.random_range(0..10u32) {
            0..4 if self.named => self.cast.subject.to_owned(),
            4 if self.named => self.cast.child.to_owned(),
            _ => self.name(),
        }
    }

    /// What was drawn for a key, or a new draw that no other key of the same list has.
    fn word(&mut self, key: &'static str, template: &str) -> Word {
        if let Some(&(_, word)) = self.drawn.iter().find(|(drawn, _)| *drawn == key) {
            return word;
        }
        let list = key.trim_end_matches(|letter: char| letter.is_ascii_digit());
        let lists = self.scene.lists.iter().chain(self.world.lists);
        let found = lists.into_iter().find(|(name, _)| *name == list);
        let (_, words) = found.unwrap_or_else(|| panic!("no list {list:?} for {template:?}"));
        let free: Vec<Word> = entries(words)
            .map(Word::parse)
            .filter(|word| self.drawn.iter().all(|(other, taken)| !other.starts_with(list) || taken != word))
            .collect();
        let word = pick(&free, self.rng);
        self.drawn.push((key, word));
        word
    }
}

fn entries(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.split(',').map(str::trim)
}

fn pick<T: Copy>(list: &[T], rng: &mut ChaCha8Rng) -> T {
    *list.choose(rng).expect("no list of a story is empty")
}

fn alternative<'a>(both: &'a str, second: bool, template: &str) -> &'a str {
    let (one, other) = both.split_once('|').unwrap_or_else(|| panic!("two forms are needed in {template:?}"));
    if second { other } else { one }
}

fn fill_pair(pair: &str, first: &str, second: &str) -> String {
    pair.replace("{first}", first).replace("{first:과}", &with_particle(first, "과")).replace("{second}", second)
}

fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
