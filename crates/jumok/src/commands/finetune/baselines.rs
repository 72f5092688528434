//! What simple methods would do on the same examples: the figures to read a model's beside.

use std::collections::{BTreeMap, HashMap};

use jumok_metrics::{Scheme, entities, pearson};
use jumok_text::TfIdf;
use jumok_text::finetuning::bag_of_words::words;
use jumok_text::finetuning::character_ngrams::character_ngrams;
use jumok_text::finetuning::{BagOfWords, CharacterNgrams, Examples, QuestionExample, TaggedSentence, TextExample};
use jumok_training::Text;

use super::evaluation::{AS_MANY, entity_scores, likeliest, squad};
use crate::texts::finetune as texts;

/// What simple methods score on the deciding figure: name and value.
pub(super) fn baselines(training: &Examples, dev: &Examples) -> Vec<(Text, f64)> {
    match (training, dev) {
        (Examples::Classes { labels, examples }, Examples::Classes { examples: dev, .. }) => {
            let mut counts = vec![0usize; labels.len()];
            examples.iter().for_each(|example| counts[example.label] += 1);
            let frequent = (0..counts.len()).max_by_key(|&class| (counts[class], usize::MAX - class)).unwrap_or(0);
            let hits = dev.iter().filter(|example| example.label == frequent).count();
            vec![
                (texts::BASELINE_MAJORITY, hits as f64 / dev.len() as f64),
                (texts::BASELINE_BAG, BagOfWords::fit(examples, labels.len()).accuracy(dev)),
                (texts::BASELINE_NGRAMS, CharacterNgrams::fit(examples, labels.len()).accuracy(dev)),
            ]
        }
        (Examples::Scores(examples), Examples::Scores(dev)) => {
            // A single sentence has nothing to be like.
            if examples.iter().any(|example| example.pair.is_none()) {
                return vec![];
            }
            let truth: Vec<f64> = dev.iter().map(|example| example.label).collect();
            let correlation = |terms: fn(&str) -> Vec<String>| {
                let tfidf = fit(training, terms);
                let near = |example: &TextExample<f64>| {
                    tfidf.similarity(&terms(&example.text), &terms(example.pair.as_deref().unwrap_or_default()))
                };
                pearson(&dev.iter().map(near).collect::<Vec<f64>>(), &truth).expect(AS_MANY)
            };
            vec![
                (texts::BASELINE_OVERLAP, correlation(words)),
                (texts::BASELINE_NGRAM_OVERLAP, correlation(character_ngrams)),
            ]
        }
        (_, Examples::Choices(dev)) => {
            let tfidf = fit(training, words);
            let hit = |example: &&jumok_text::finetuning::ChoiceExample| {
                let context = words(&example.context);
                let near = |choice: &String| tfidf.similarity(&context, &words(choice)) as f32;
                likeliest(&example.choices.iter().map(near).collect::<Vec<f32>>()) == example.label
            };
            let hits = dev.iter().filter(hit).count();
            let chance = 1.0 / dev.first().map_or(1, |example| example.choices.len()) as f64;
            vec![(texts::BASELINE_CHANCE, chance), (texts::BASELINE_OVERLAP, hits as f64 / dev.len() as f64)]
        }
        (Examples::Tags { tags, sentences }, Examples::Tags { sentences: dev, .. }) => {
            let mut counts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for (word, &tag) in sentences.iter().flat_map(|one| one.words.iter().zip(&one.tags)) {
                counts.entry(word).or_insert_with(|| vec![0; tags.len()])[tag] += 1;
            }
            let frequent = |word: &String| {
                let counts = counts.get(word.as_str());
                counts
                    .map_or(0, |counts| (0..tags.len()).max_by_key(|&tag| (counts[tag], tags.len() - tag)).unwrap_or(0))
            };
            let truth: Vec<Vec<usize>> = dev.iter().map(|sentence| sentence.tags.clone()).collect();
            let found: Vec<Vec<usize>> = dev.iter().map(|one| one.words.iter().map(frequent).collect()).collect();
            let dictionary = Dictionary::of(tags, sentences);
            let looked_up: Vec<Vec<usize>> = dev.iter().map(|one| dictionary.tags(&one.words)).collect();
            vec![
                (texts::BASELINE_WORD_TAG, entity_scores(tags, &truth, &found)[0]),
                (texts::BASELINE_DICTIONARY, entity_scores(tags, &truth, &looked_up)[0]),
            ]
        }
        (_, Examples::Questions(dev)) => {
            let sentences: Vec<&str> = dev.iter().map(nearest_sentence).collect();
            vec![(texts::BASELINE_SENTENCE, squad(dev, &sentences)[0])]
        }
        _ => vec![],
    }
}

fn fit(examples: &Examples, terms: fn(&str) -> Vec<String>) -> TfIdf {
    TfIdf::fit(&examples.texts().iter().map(|text| terms(text)).collect::<Vec<_>>())
}

/// The entities of the training sentences, word for word, each with the tags that it has most often.
struct Dictionary {
    entities: HashMap<Vec<String>, Vec<usize>>,
    longest: usize,
}

impl Dictionary {
    fn of(tags: &[String], sentences: &[TaggedSentence]) -> Dictionary {
        let mut counts: BTreeMap<&[String], BTreeMap<&[usize], usize>> = BTreeMap::new();
        for sentence in sentences {
            let names: Vec<&str> = sentence.tags.iter().map(|&tag| tags[tag].as_str()).collect();
            for entity in entities(&names, Scheme::Lenient).unwrap_or_default() {
                let place = entity.first..=entity.last;
                let tags = counts.entry(&sentence.words[place.clone()]).or_default();
                *tags.entry(&sentence.tags[place]).or_default() += 1;
            }
        }
        let most_frequent = |tags: BTreeMap<&[usize], usize>| {
            tags.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0))).map(|(tags, _)| tags.to_vec())
        };
        let entities: HashMap<Vec<String>, Vec<usize>> =
            counts.into_iter().filter_map(|(words, tags)| Some((words.to_vec(), most_frequent(tags)?))).collect();
        let longest = entities.keys().map(Vec::len).max().unwrap_or(0);
        Dictionary { entities, longest }
    }

    /// The longest entity that begins at each word, from the left; tag 0, which is `O`, elsewhere.
    fn tags(&self, words: &[String]) -> Vec<usize> {
        let mut found = vec![0; words.len()];
        let mut at = 0;
        while at < words.len() {
            let lengths = (1..=self.longest.min(words.len() - at)).rev();
            let entity = lengths.map(|len| &words[at..at + len]).find_map(|words| self.entities.get(words));
            match entity {
                Some(tags) => {
                    found[at..at + tags.len()].copy_from_slice(tags);
                    at += tags.len();
                }
                None => at += 1,
            }
        }
        found
    }
}

/// The sentence of the context that shares the most words with the question.
fn nearest_sentence(example: &QuestionExample) -> &str {
    let asked = words(&example.question);
    let shared = |sentence: &&str| words(sentence).iter().filter(|word| asked.contains(word)).count();
    let sentences: Vec<&str> = example.context.split_inclusive(['.', '!', '?']).collect();
    sentences.into_iter().rev().max_by_key(shared).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_finds_the_longest_entity_and_its_usual_type() {
        let tags = ["O", "B-LOC", "I-LOC", "B-ORG"].map(str::to_owned);
        let sentence = |text: &str, tags: &[usize]| TaggedSentence {
            words: text.split(' ').map(str::to_owned).collect(),
            tags: tags.to_vec(),
        };
        let dictionary = Dictionary::of(
            &tags,
            &[
                sentence("New York sleeps", &[1, 2, 0]),
                sentence("York plays York", &[3, 0, 3]),
                sentence("in York", &[0, 1]),
            ],
        );
        let words = sentence("to New York or York", &[0; 5]).words;
        assert_eq!(dictionary.tags(&words), [0, 1, 2, 0, 3]);
        assert_eq!(dictionary.tags(&[]), Vec::<usize>::new());
    }
}
