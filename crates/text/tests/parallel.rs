//! Real sentences: Multi30k's English and French, where they are at hand (`../shared/data` beside the project, or the folder that
//! `JUMOK_DATA` names).

use std::path::{Path, PathBuf};

use jumok_text::parallel::{UNK, pad_rows};
use jumok_text::{BatchOptions, ParallelCorpus, ParallelData, Unit, Vocabulary, VocabularyOptions, encode_pairs};

fn data() -> Option<PathBuf> {
    let folder = std::env::var_os("JUMOK_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"), PathBuf::from);
    if !folder.join("multi30k_val.en").exists() {
        println!("skipped: there is no {}", folder.join("multi30k_val.en").display());
        return None;
    }
    Some(folder)
}

#[test]
fn real_sentences_go_to_ids_and_come_back() {
    let Some(folder) = data() else { return };
    let read = |language: &str| folder.join(format!("multi30k_val.{language}"));
    let corpus = ParallelCorpus::read_aligned(&read("en"), &read("fr")).unwrap();
    assert!(corpus.pairs.len() > 1000);
    for unit in [Unit::Words, Unit::Pieces, Unit::Characters] {
        let options = VocabularyOptions { unit, size: 20_000, ..Default::default() };
        let texts = || corpus.pairs.iter().map(|pair| pair.target.as_str());
        let vocabulary = Vocabulary::train(texts(), &options).unwrap();
        for text in texts() {
            let ids = vocabulary.encode(text);
            assert!(!ids.contains(&UNK), "{unit:?} {text}");
            assert_eq!(vocabulary.decode(&ids), vocabulary.normalized(text), "{unit:?}");
        }
    }
}

#[test]
fn real_batches_hold_little_padding() {
    let Some(folder) = data() else { return };
    let corpus =
        ParallelCorpus::read_aligned(&folder.join("multi30k_val.en"), &folder.join("multi30k_val.fr")).unwrap();
    let options = VocabularyOptions { unit: Unit::Pieces, size: 1000, ..Default::default() };
    let train = |side: fn(&jumok_text::SentencePair) -> &str| {
        Vocabulary::train(corpus.pairs.iter().map(side), &options).unwrap()
    };
    let (source, target) = (train(|pair| &pair.source), train(|pair| &pair.target));
    let (encoded, _) = encode_pairs(&corpus.pairs, &source, &target, 60);
    let data = ParallelData::new(encoded, BatchOptions { batch_size: 32, ..Default::default() }).unwrap();
    let (mut cells, mut tokens) = (0, 0);
    for step in 0..data.steps_per_epoch() as u64 {
        let batch = data.batch(step);
        for rows in [&batch.sources, &batch.targets] {
            cells += pad_rows(rows, 0).ids.len();
            tokens += rows.iter().map(Vec::len).sum::<usize>();
        }
    }
    assert!((cells as f64) < 1.25 * tokens as f64, "{cells} cells for {tokens} tokens");
}
