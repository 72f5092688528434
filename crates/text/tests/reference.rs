//! Reference cases of `tests/reference` (or of the folder that `JUMOK_REFERENCE` names): tokenizers and data preparation.
//!
//! Cases are told apart by their `op`, never by their names.

use std::path::{Path, PathBuf};

use jumok_text::pretraining::{apply_masking, build_pair, groups_of_word_ids, mask_groups, truncate_pair};
use jumok_text::{Corpus, MaskAction, MaskDecision, SpecialTokens, Tokenizer, WordPieceOptions};
use serde_json::Value;

fn reference(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("JUMOK_REFERENCE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference"), PathBuf::from);
    let path = root.join(folder);
    if !path.exists() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn ids(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect()
}

fn index(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

#[test]
fn word_pieces_are_those_of_the_peer() {
    let Some(folder) = reference("tokenizers") else { return };
    let mut compared = 0;
    // Those with a vocab.txt; the other kinds are compared in `tokenizers.rs`.
    for folder in children(&folder).into_iter().filter(|path| path.join("vocab.txt").exists()) {
        let tokenizer = Tokenizer::load(&folder.join("tokenizer.json")).unwrap();
        let by_vocabulary = Tokenizer::load(&folder.join("vocab.txt")).unwrap();
        let saved = tempfile::tempdir().unwrap();
        tokenizer.save(saved.path()).unwrap();
        let reloaded = Tokenizer::load(saved.path()).unwrap();
        std::fs::remove_file(saved.path().join("tokenizer.json")).unwrap();
        let reloaded_vocabulary = Tokenizer::load(saved.path()).unwrap();

        let cases = json(&folder.join("encodings.json"));
        assert_eq!(tokenizer.vocab_size(), index(&cases["vocab_size"]));
        let strings = cases["strings"].as_array().unwrap();
        for case in strings {
            let text = case["text"].as_str().unwrap();
            assert_eq!(tokenizer.encode(text).unwrap(), ids(&case["ids_plain"]), "{}: {text:?}", folder.display());
            assert_eq!(reloaded.encode(text).unwrap(), ids(&case["ids_plain"]), "{}: {text:?}", folder.display());
            // A vocab.txt with Hangul syllables is read together with NFC here, so that syllables typed letter by letter are
            // found; the peer does not know them.
            if !text.contains(|letter| ('\u{1100}'..='\u{11ff}').contains(&letter)) {
                assert_eq!(
                    by_vocabulary.encode(text).unwrap(),
                    ids(&case["ids_plain"]),
                    "{}: {text:?}",
                    folder.display()
                );
                assert_eq!(
                    reloaded_vocabulary.encode(text).unwrap(),
                    ids(&case["ids_plain"]),
                    "{}: {text:?}",
                    folder.display()
                );
            }
            let with_special = ids(&case["ids"]);
            let expected: Vec<&str> = case["tokens"].as_array().unwrap().iter().map(|t| t.as_str().unwrap()).collect();
            assert_eq!(tokenizer.tokens(&with_special), expected);
            assert_eq!(tokenizer.decode(&with_special), case["decoded"].as_str().unwrap(), "{text:?}");
            compared += 1;
        }
        let sentences = strings.iter().map(|case| case["text"].as_str().unwrap().to_owned()).collect();
        let corpus = Corpus { documents: vec![sentences] };
        let plain: Vec<Vec<i64>> = strings.iter().map(|case| ids(&case["ids_plain"])).collect();
        assert_eq!(tokenizer.encode_corpus(&corpus).unwrap()[0], plain, "a corpus is encoded as its sentences are");
    }
    assert!(compared > 0, "no WordPiece tokenizer in {}", folder.display());
}

#[test]
fn a_trained_vocabulary_is_that_of_the_plain_merge_loop() {
    let Some(text) = reference("generate/texts/corpus.txt") else { return };
    let Some(folder) = reference("tokenizers") else { return };
    let corpus = Corpus::read(&[text]).unwrap();
    for (name, lowercase) in [("wordpiece_uncased", true), ("wordpiece_cased", false)] {
        let expected = Tokenizer::load(&folder.join(name).join("vocab.txt")).unwrap();
        let options =
            WordPieceOptions { vocab_size: expected.vocab_size(), min_frequency: 1, lowercase, ..Default::default() };
        let trained = Tokenizer::train(&corpus, &options).unwrap();
        let all = |tokenizer: &Tokenizer| -> Vec<String> {
            (0..tokenizer.vocab_size() as i64).map(|id| tokenizer.token(id).unwrap().to_owned()).collect()
        };
        assert_eq!(all(&trained), all(&expected), "{name}");
    }
}

#[test]
fn data_preparation_is_that_of_the_reference() {
    let Some(folder) = reference("pretraining") else { return };
    let mut compared = 0;
    for path in children(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "json")) {
        let case = json(&path);
        let op = case["op"].as_str().unwrap();
        if !["mlm_apply", "truncate_pair", "whole_word_mask", "nsp_pair"].contains(&op) {
            println!("skipped: {op} is not part of BERT's preparation");
            continue;
        }
        for example in case["examples"].as_array().unwrap() {
            match op {
                "mlm_apply" => masking(&case, example),
                "truncate_pair" => truncation(example),
                "whole_word_mask" => whole_words(&case, example),
                _ => pairs(&case, example),
            }
            compared += 1;
        }
    }
    assert!(compared > 0, "no case in {}", folder.display());
}

fn special(case: &Value) -> SpecialTokens {
    let id = |name: &str| case["special"][name].as_i64().unwrap();
    SpecialTokens { pad: id("pad"), unk: id("unk"), cls: id("cls"), sep: id("sep"), mask: id("mask") }
}

fn masking(case: &Value, example: &Value) {
    let decide = |decision: &Value| {
        let action = match decision[1].as_str().unwrap() {
            "mask" => MaskAction::Mask,
            "random" => MaskAction::Random(decision[2].as_i64().unwrap()),
            "keep" => MaskAction::Keep,
            other => panic!("unknown action {other}"),
        };
        MaskDecision { position: index(&decision[0]), action }
    };
    let decisions: Vec<MaskDecision> = example["decisions"].as_array().unwrap().iter().map(decide).collect();
    let masked = apply_masking(&ids(&example["ids"]), &decisions, special(case).mask);
    assert_eq!(masked.input_ids, ids(&example["input_ids"]));
    assert_eq!(masked.labels, ids(&example["labels"]));
}

fn truncation(example: &Value) {
    let (mut a, mut b) = (ids(&example["a"]), ids(&example["b"]));
    truncate_pair(&mut a, &mut b, index(&example["max_tokens"]));
    assert_eq!((a, b), (ids(&example["truncated_a"]), ids(&example["truncated_b"])));
}

fn whole_words(case: &Value, example: &Value) {
    let words = example["word_ids"].as_array().unwrap();
    let words: Vec<Option<usize>> = words.iter().map(|word| word.as_u64().map(|word| word as usize)).collect();
    let chosen: Vec<usize> = example["chosen_words"].as_array().unwrap().iter().map(index).collect();
    let decisions = mask_groups(&groups_of_word_ids(&words), &chosen);
    let masked = apply_masking(&ids(&example["ids"]), &decisions, special(case).mask);
    assert_eq!(masked.input_ids, ids(&example["input_ids"]));
    assert_eq!(masked.labels, ids(&example["labels"]));
}

fn pairs(case: &Value, example: &Value) {
    let sentence = |place: &Value| ids(&case["documents"][index(&place[0])][index(&place[1])]);
    let (first, second) = (&example["first"], &example["second"]);
    let pair = build_pair(&sentence(first), &sentence(second), &special(case));
    assert_eq!(pair.input_ids, ids(&example["input_ids"]));
    assert_eq!(pair.token_type_ids, ids(&example["token_type_ids"]));
    let follows = first[0] == second[0] && index(&first[1]) + 1 == index(&second[1]);
    assert_eq!(
        example["next_sentence_label"].as_i64().unwrap() == 0,
        follows,
        "0 means that the second really follows"
    );
}
