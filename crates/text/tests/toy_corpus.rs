//! What the built-in corpus promises.

use std::collections::{HashMap, HashSet};

use jumok_text::toy::with_particle;
use jumok_text::{Corpus, Language, TextError, ToyCorpus, ToyOptions, toy_corpus};

const LANGUAGES: [Language; 2] = [Language::English, Language::Korean];

fn stories(language: Language, documents: usize, scenes: usize) -> ToyCorpus {
    let options = ToyOptions { documents, held_out_documents: 300, scenes, seed: 11, ..ToyOptions::new(language) };
    toy_corpus(&options).unwrap()
}

fn words(sentence: &str) -> impl Iterator<Item = String> + '_ {
    sentence.split(' ').map(|word| word.trim_end_matches(['.', ',']).to_lowercase())
}

#[test]
fn the_same_seed_tells_the_same_stories() {
    for language in LANGUAGES {
        let tell = |seed| toy_corpus(&ToyOptions { seed, documents: 200, ..ToyOptions::new(language) }).unwrap();
        assert_eq!(tell(3), tell(3));
        assert_ne!(tell(3).training, tell(4).training);
    }
}

#[test]
fn no_held_out_sentence_occurs_in_training() {
    for language in LANGUAGES {
        let toy = toy_corpus(&ToyOptions::new(language)).unwrap();
        assert_eq!((toy.training.documents.len(), toy.held_out.documents.len()), (12_000, 500));
        let known: HashSet<&str> = toy.training.sentences().collect();
        assert!(toy.held_out.sentences().all(|sentence| !known.contains(sentence)));
        // Held out are sentences, not words: otherwise there would be nothing to infer them from.
        let vocabulary: HashSet<String> = toy.training.sentences().flat_map(words).collect();
        let unknown: Vec<String> =
            toy.held_out.sentences().flat_map(words).filter(|w| !vocabulary.contains(w)).collect();
        assert!(unknown.len() * 200 < toy.held_out.sentence_count(), "{unknown:?}");
    }
}

#[test]
fn memorising_does_not_pay() {
    for language in LANGUAGES {
        let training = toy_corpus(&ToyOptions::new(language)).unwrap().training;
        let distinct: HashSet<&str> = training.sentences().collect();
        assert!(distinct.len() > 25_000, "{language}: {} different sentences", distinct.len());
        let stories: HashSet<&Vec<String>> = training.documents.iter().collect();
        assert!(stories.len() > 11_000, "{language}: {} different stories", stories.len());
    }
}

/// All scenes, all gaps: nothing of the notation is left, and the text is written as text is.
#[test]
fn stories_are_clean_text_of_two_to_six_sentences() {
    for language in LANGUAGES {
        let corpus = stories(language, 6_000, ToyOptions::MAX_SCENES).training;
        let mut lengths: HashMap<usize, usize> = HashMap::new();
        for story in &corpus.documents {
            *lengths.entry(story.len()).or_default() += 1;
            for sentence in story {
                assert!(sentence.ends_with('.'), "{sentence}");
                assert!(!sentence.contains(['{', '}', '[', ']', '|', '*', '+', '~', '/', ':', '\n']), "{sentence}");
                assert!(
                    !sentence.contains("  ") && !sentence.starts_with(' ') && !sentence.contains(" ."),
                    "{sentence}"
                );
                assert!(!sentence.chars().next().unwrap().is_lowercase(), "{sentence}");
            }
        }
        let mut found: Vec<usize> = lengths.keys().copied().collect();
        found.sort_unstable();
        assert_eq!(found, [2, 3, 4, 5, 6], "{language}: {lengths:?}");
        assert_eq!(Corpus::parse(&corpus.to_string()), corpus);
    }
}

#[test]
fn english_articles_and_verbs_agree() {
    let corpus = stories(Language::English, 6_000, ToyOptions::MAX_SCENES).training;
    let plural = ["apples", "carrots", "potatoes", "mushrooms", "tulips", "gloves", "skis", "cookies", "peanuts"];
    for sentence in corpus.sentences() {
        let words: Vec<String> = words(sentence).collect();
        for two in words.windows(2) {
            let vowel = two[1].starts_with(['a', 'e', 'i', 'o', 'u']);
            assert!(two[0] != "a" || !vowel, "{sentence}");
            assert!(two[0] != "an" || vowel, "{sentence}");
            assert!(
                !(["he", "she"].contains(&two[0].as_str()) && ["are", "have", "go", "take"].contains(&two[1].as_str())),
                "{sentence}"
            );
            assert!(!(two[0] == "they" && ["is", "has", "goes", "takes"].contains(&two[1].as_str())), "{sentence}");
            assert!(
                !(plural.contains(&two[0].as_str()) && ["is", "was", "tastes", "smells"].contains(&two[1].as_str())),
                "{sentence}"
            );
            assert!(!(["a", "an"].contains(&two[0].as_str()) && plural.contains(&two[1].as_str())), "{sentence}");
        }
    }
}

#[test]
fn pronouns_agree_with_the_protagonist() {
    let corpus = stories(Language::English, 4_000, ToyOptions::MAX_SCENES).training;
    let owns = |story: &[String], word: &str| story.iter().any(|sentence| words(sentence).any(|w| w == word));
    let (mut he, mut she, mut they) = (0, 0, 0);
    for story in &corpus.documents {
        let genders = [owns(story, "he") || owns(story, "his"), owns(story, "she") || owns(story, "her")];
        // "them" and "they" may be fruit; "their" is always people.
        let all = [genders[0], genders[1], owns(story, "their")];
        assert!(all.iter().filter(|&&yes| yes).count() <= 1, "{story:?}");
        he += usize::from(all[0]);
        she += usize::from(all[1]);
        they += usize::from(all[2]);
    }
    assert!(he > 800 && she > 800 && they > 300, "{he} {she} {they}");
}

/// Every word that carries a particle carries the form that its last syllable asks for.
#[test]
fn korean_particles_follow_the_final_consonant() {
    let corpus = stories(Language::Korean, 6_000, ToyOptions::MAX_SCENES).training;
    // Words that stories put into gaps, each with a particle that follows it somewhere.
    let nouns = [
        "민수",
        "서준",
        "지영",
        "나래",
        "사과",
        "레몬",
        "당근",
        "버섯",
        "동생",
        "할머니",
        "사슴",
        "여우",
        "바이올린",
        "피아노",
        "북",
        "연필",
        "강아지",
        "삽",
    ];
    let forms = [("은", "는"), ("이", "가"), ("을", "를"), ("과", "와"), ("으로", "로")];
    let mut seen: HashMap<(&str, &str), usize> = HashMap::new();
    for word in corpus.sentences().flat_map(|sentence| sentence.split(' ')) {
        let word = word.trim_end_matches(['.', ',']);
        for noun in nouns {
            let Some(particle) = word.strip_prefix(noun) else { continue };
            for (given, other) in forms {
                if particle == given || particle == other {
                    assert_eq!(word, with_particle(noun, given));
                    *seen.entry((noun, given)).or_default() += 1;
                }
            }
        }
    }
    assert!(nouns.iter().all(|noun| seen.keys().any(|(seen, _)| seen == noun)), "{seen:?}");
}

/// Neighbouring sentences share far more words than sentences of different stories do, or nothing could be learned from pairs.
#[test]
fn neighbours_belong_together() {
    for language in LANGUAGES {
        let corpus = toy_corpus(&ToyOptions { documents: 3_000, ..ToyOptions::new(language) }).unwrap().training;
        let mut frequency: HashMap<String, usize> = HashMap::new();
        for word in corpus.sentences().flat_map(|s| words(s).collect::<HashSet<_>>()) {
            *frequency.entry(word).or_default() += 1;
        }
        let rare = |sentence: &str| -> HashSet<String> {
            words(sentence).filter(|word| frequency[word] * 15 < corpus.sentence_count()).collect()
        };
        let share = |pairs: Vec<(&String, &String)>| {
            let sharing = pairs.iter().filter(|(a, b)| !rare(a).is_disjoint(&rare(b))).count();
            sharing as f64 / pairs.len() as f64
        };
        let next = share(corpus.documents.iter().map(|story| (&story[0], &story[1])).collect());
        let random = share(corpus.documents.windows(2).map(|two| (&two[0][0], &two[1][1])).collect());
        assert!(
            next > 0.6 && random < 0.2,
            "{language}: {next} of neighbours share a telling word, {random} of strangers"
        );
    }
}

#[test]
fn worlds_that_do_not_exist_are_refused() {
    for scenes in [0, 1, 25] {
        let error = toy_corpus(&ToyOptions { scenes, ..ToyOptions::new(Language::English) }).unwrap_err();
        assert!(matches!(error, TextError::InvalidOption { option: "scenes", .. }), "{error}");
    }
}

#[test]
fn exhausted_worlds_give_fewer_held_out_stories_rather_than_known_ones() {
    let options =
        ToyOptions { scenes: 2, documents: 40_000, held_out_documents: 50, ..ToyOptions::new(Language::English) };
    let toy = toy_corpus(&options).unwrap();
    let known: HashSet<&str> = toy.training.sentences().collect();
    assert!(toy.held_out.sentences().all(|sentence| !known.contains(sentence)));
    assert!(toy.held_out.documents.len() <= 50);
}
