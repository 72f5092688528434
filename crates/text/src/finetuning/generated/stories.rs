//! Tasks made of the built-in stories themselves: is a sentence sound, and which one goes on with a story?

use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::super::{ChoiceExample, TextExample};
use super::{GeneratedOptions, GeneratedTask};
use crate::{Language, TextError, ToyOptions, toy_corpus};

/// Added to the seed of the stories, so that they are others than those that models are pre-trained on by default.
const OTHER_STORIES: u64 = 0x51a1;
/// Sentences to choose among.
const CHOICES: usize = 4;

/// Stories to make examples of; none for tasks that need none.
pub(super) struct Stories {
    language: Language,
    scenes: usize,
    stories: Vec<Vec<String>>,
}

impl Stories {
    pub(super) fn tell(task: GeneratedTask, options: &GeneratedOptions, wanted: usize) -> Result<Stories, TextError> {
        let toy = ToyOptions::new(options.language);
        let documents = match task {
            // Some come twice, and others are of too few sentences.
            GeneratedTask::Acceptability | GeneratedTask::Choice => 2 * wanted + 10 * toy.scenes,
            _ => 0,
        };
        let toy =
            ToyOptions { seed: options.seed.wrapping_add(OTHER_STORIES), documents, held_out_documents: 0, ..toy };
        Ok(Stories { language: options.language, scenes: toy.scenes, stories: toy_corpus(&toy)?.training.documents })
    }

    fn story(&self, number: u64) -> Option<&Vec<String>> {
        self.stories.get(usize::try_from(number).ok()?)
    }

    /// A sentence as it is (1), or spoilt (0), and the sentence.
    pub(super) fn acceptability(&self, number: u64, rng: &mut ChaCha8Rng) -> Option<(String, TextExample<usize>)> {
        let story = self.story(number)?;
        let sentence = &story[rng.random_range(0..story.len())];
        let label = usize::from(rng.random_bool(0.5));
        let text = if label == 1 { sentence.clone() } else { spoil(sentence, self.language, rng)? };
        Some((sentence.clone(), TextExample { text, pair: None, label }))
    }

    /// The beginning of a story, the sentence that follows, and sentences of stories in other worlds.
    pub(super) fn choice(&self, number: u64, rng: &mut ChaCha8Rng) -> Option<ChoiceExample> {
        let story = self.story(number)?;
        if story.len() < 2 {
            return None;
        }
        let next = rng.random_range(1..story.len());
        let mut choices = vec![story[next].clone()];
        while choices.len() < CHOICES {
            let other = rng.random_range(0..self.stories.len());
            // The worlds take turns.
            let same_world = other % self.scenes == number as usize % self.scenes;
            let sentence = &self.stories[other][rng.random_range(0..self.stories[other].len())];
            if !same_world && !choices.contains(sentence) {
                choices.push(sentence.clone());
            }
        }
        let right = choices[0].clone();
        choices.shuffle(rng);
        let label = choices.iter().position(|choice| *choice == right)?;
        Some(ChoiceExample { context: story[..next].join(" "), choices, label })
    }
}

/// The sentence with a mistake that a native speaker would see. `None` if none of the mistakes can be made in it.
fn spoil(sentence: &str, language: Language, rng: &mut ChaCha8Rng) -> Option<String> {
    let words: Vec<&str> = sentence.trim_end_matches('.').split(' ').collect();
    let mut spoilt: Vec<Vec<String>> = vec![];
    let owned = || words.iter().map(|&word| word.to_owned()).collect::<Vec<String>>();
    // Each kind of mistake at one place.
    if words.len() >= 4 {
        let mut order = owned();
        match language {
            // Neighbours change places.
            Language::English => {
                let at = rng.random_range(0..words.len() - 1);
                order.swap(at, at + 1);
            }
            // The verb leaves its place at the end.
            Language::Korean => {
                let verb = order.pop()?;
                let at = rng.random_range(0..order.len() - 1);
                order.insert(at, verb);
            }
        }
        spoilt.push(order);
    }
    let mut again = owned();
    let at = rng.random_range(0..words.len());
    again.insert(at, words[at].to_owned());
    spoilt.push(again);
    let wrong_form = |word: &str| match language {
        Language::English => english_form(word),
        Language::Korean => korean_form(word),
    };
    let forms: Vec<usize> = (0..words.len()).filter(|&at| wrong_form(words[at]).is_some()).collect();
    if let Some(&at) = forms.get(rng.random_range(0..forms.len().max(1))) {
        let mut form = owned();
        form[at] = wrong_form(words[at])?;
        // Twice, so that about half of the mistakes are ones of form.
        spoilt.push(form.clone());
        spoilt.push(form);
    }
    let chosen = spoilt[rng.random_range(0..spoilt.len())].join(" ") + ".";
    // Two equal neighbours make no mistake.
    (chosen != *sentence).then_some(chosen)
}

/// A form that does not agree with what is around it.
fn english_form(word: &str) -> Option<String> {
    let pairs = [
        ("is", "are"),
        ("has", "have"),
        ("a", "an"),
        ("wants", "want"),
        ("takes", "take"),
        ("looks", "look"),
        ("puts", "put"),
        ("plays", "play"),
        ("gives", "give"),
        ("goes", "go"),
    ];
    let find = |&(one, other): &(&str, &str)| match word {
        word if word == one => Some(other.to_owned()),
        word if word == other => Some(one.to_owned()),
        _ => None,
    };
    pairs.iter().find_map(find)
}

/// A particle in the form for the other kind of syllable.
fn korean_form(word: &str) -> Option<String> {
    let [.., before, last] = word.chars().collect::<Vec<char>>()[..] else { return None };
    let other = match last {
        '을' => '를',
        '를' => '을',
        '와' => '과',
        _ => return None,
    };
    let stem: String = word.chars().take(word.chars().count() - 1).collect();
    ('가'..='힣').contains(&before).then(|| format!("{stem}{other}"))
}
