//! Tokenizers of every kind give the peer's ids, and those that are learned here give back what was written.

use std::path::{Path, PathBuf};

use jumok_text::{Corpus, Language, SubwordKind, SubwordTokenizer, TextError, ToyOptions, toy_corpus};
use proptest::prelude::*;
use serde_json::Value;

fn reference() -> Option<PathBuf> {
    let root = std::env::var_os("JUMOK_REFERENCE")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/reference"), PathBuf::from);
    let path = root.join("tokenizers");
    if !path.exists() {
        println!("skipped: there is no {}", path.display());
        return None;
    }
    Some(path)
}

fn ids(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|id| id.as_i64().unwrap()).collect()
}

/// Bytes as code points.
fn code_points(text: &str, bytes: (usize, usize)) -> [i64; 2] {
    [bytes.0, bytes.1].map(|byte| text[..byte].chars().count() as i64)
}

#[test]
fn ids_tokens_and_offsets_are_those_of_the_peers() {
    let Some(folder) = reference() else { return };
    let mut compared = 0;
    for folder in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let cases: Value =
            serde_json::from_str(&std::fs::read_to_string(folder.join("encodings.json")).unwrap()).unwrap();
        let file = cases["tokenizer"].as_str().or(cases["model"].as_str()).unwrap();
        let tokenizer = SubwordTokenizer::load(&folder.join(file)).unwrap();
        let place = folder.display();
        if let Some(size) = cases["vocab_size"].as_u64() {
            assert_eq!(tokenizer.vocab_size() as u64, size, "{place}");
        }
        for case in cases["strings"].as_array().unwrap() {
            let text = case["text"].as_str().unwrap();
            let pieces = tokenizer.encode(text, true).unwrap();
            let found: Vec<i64> = pieces.iter().map(|piece| piece.id).collect();
            assert_eq!(found, ids(&case["ids"]), "{place}: {text:?}");
            if let Some(tokens) = case["tokens"].as_array() {
                let found: Vec<&str> = pieces.iter().map(|piece| piece.token.as_str()).collect();
                assert_eq!(
                    found,
                    tokens.iter().map(|token| token.as_str().unwrap()).collect::<Vec<_>>(),
                    "{place}: {text:?}"
                );
                for (piece, offsets) in pieces.iter().zip(case["offsets"].as_array().unwrap()) {
                    assert_eq!(code_points(text, piece.bytes).to_vec(), ids(offsets), "{place}: {text:?} {piece:?}");
                }
                let plain: Vec<i64> = tokenizer.encode(text, false).unwrap().iter().map(|piece| piece.id).collect();
                assert_eq!(plain, ids(&case["ids_plain"]), "{place}: {text:?}");
                for (key, skip) in [("decoded", false), ("decoded_skip", true)] {
                    assert_eq!(
                        tokenizer.decode(&found_ids(&pieces), skip).unwrap(),
                        case[key].as_str().unwrap(),
                        "{place}: {text:?}"
                    );
                }
            }
            compared += 1;
        }
    }
    assert!(compared >= 123, "only {compared} strings were compared");
}

fn found_ids(pieces: &[jumok_text::Piece]) -> Vec<i64> {
    pieces.iter().map(|piece| piece.id).collect()
}

fn stories(language: Language) -> Corpus {
    let options = ToyOptions { documents: 300, held_out_documents: 0, ..ToyOptions::new(language) };
    toy_corpus(&options).unwrap().training
}

#[test]
fn what_is_learned_depends_on_nothing_but_the_text() {
    for language in [Language::English, Language::Korean] {
        let corpus = stories(language);
        let mut reversed = corpus.clone();
        reversed.documents.reverse();
        for (kind, train) in [
            (SubwordKind::Bpe, (|corpus: &Corpus| SubwordTokenizer::train_bpe(corpus, 600, 2)) as fn(&Corpus) -> _),
            (SubwordKind::Unigram, |corpus: &Corpus| SubwordTokenizer::train_unigram(corpus, 600)),
        ] {
            let [one, other] = [&corpus, &reversed].map(|corpus| train(corpus).unwrap());
            assert_eq!(one.kind(), kind);
            assert!((590..=600).contains(&one.vocab_size()), "{kind:?} {language:?}: {}", one.vocab_size());
            let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
            one.save(folders[0].path()).unwrap();
            other.save(folders[1].path()).unwrap();
            let [first, second] =
                folders.each_ref().map(|folder| std::fs::read(folder.path().join("tokenizer.json")).unwrap());
            assert!(first == second, "{kind:?} {language:?}");
            let loaded = SubwordTokenizer::load(folders[0].path()).unwrap();
            let (mut pieces, mut words) = (0, 0);
            for sentence in corpus.sentences() {
                let encoded = one.encode(sentence, false).unwrap();
                assert_eq!(encoded, loaded.encode(sentence, false).unwrap());
                assert_eq!(one.decode(&found_ids(&encoded), true).unwrap(), sentence, "{kind:?}");
                pieces += encoded.len();
                words += sentence.split(' ').count();
            }
            let fertility = pieces as f64 / words as f64;
            assert!(fertility < 4.0, "{kind:?} {language:?}: {fertility} pieces a word");
        }
    }
}

#[test]
fn sizes_and_texts_that_cannot_be_learned_from_are_refused() {
    let corpus = Corpus::parse("a b");
    assert!(matches!(SubwordTokenizer::train_bpe(&corpus, 257, 1), Err(TextError::InvalidOption { .. })));
    assert!(matches!(SubwordTokenizer::train_unigram(&corpus, 4), Err(TextError::InvalidOption { .. })));
    assert!(matches!(SubwordTokenizer::train_bpe(&Corpus::default(), 300, 1), Err(TextError::EmptyCorpus { .. })));
    assert!(matches!(SubwordTokenizer::train_unigram(&Corpus::default(), 300), Err(TextError::EmptyCorpus { .. })));
    assert_eq!(SubwordTokenizer::train_bpe(&corpus, 258, 1).unwrap().vocab_size(), 258);
}

#[test]
fn broken_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(matches!(SubwordTokenizer::load(folder.path()), Err(TextError::NoTokenizer { .. })));
    assert!(matches!(SubwordTokenizer::load(&path("missing.model")), Err(TextError::Read { .. })));
    std::fs::write(path("spm.model"), b"\x0a\xff\xff\xff\xff\x0f").unwrap();
    std::fs::write(path("a.json"), "{}").unwrap();
    for name in ["spm.model", "a.json"] {
        let error = SubwordTokenizer::load(&path(name)).unwrap_err();
        assert!(matches!(error, TextError::InvalidTokenizer { .. }) && error.to_string().contains(name), "{error}");
    }
}

proptest! {
    /// Byte-level BPE can write every text, and gives it back to the letter.
    #[test]
    fn byte_level_bpe_loses_nothing(text in "(the|cat| |한국|\\PC|\n|\t){0,30}") {
        let tokenizer = SubwordTokenizer::train_bpe(&Corpus::parse("the cat sat\n한국 사람"), 280, 1).unwrap();
        let pieces = tokenizer.encode(&text, false).unwrap();
        prop_assert_eq!(tokenizer.decode(&found_ids(&pieces), false).unwrap(), text);
    }
}
