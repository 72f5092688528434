//! S28 (two seconds): learning without labels. Skip-gram reads the built-in stories, which nobody labelled, and gives every word
//! a vector; words that do the same in the stories end up side by side. Prints the loss and the nearest words of a few, before
//! and after. `--lang ko` for Korean.
//!
//! ```text
//! cargo run --release -p jumok-seq2seq --example s28_skip_gram
//! ```

mod common;

use std::collections::BTreeMap;
use std::error::Error;

use jumok_nn::{AdamW, AdamWConfig, Optimizer};
use jumok_seq2seq::word2vec::{SkipGramData, SkipGramOptions, Word2Vec};
use jumok_text::{Language, ToyOptions, toy_corpus};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const STEPS: u64 = 600;
const WIDTH: usize = 32;
/// A word that occurs fewer times is left out.
const FEWEST: usize = 20;

/// The words of a sentence in lower case, without punctuation.
fn words(sentence: &str) -> Vec<String> {
    let letters = |c: char| !c.is_alphabetic();
    sentence.split(letters).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let korean = common::korean("s28_skip_gram");
    let say = |english: &'static str, in_korean: &'static str| if korean { in_korean } else { english };
    let language = if korean { Language::Korean } else { Language::English };
    let toy = toy_corpus(&ToyOptions { documents: 4000, held_out_documents: 0, ..ToyOptions::new(language) })?;
    let sentences: Vec<Vec<String>> = toy.training.sentences().map(words).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in sentences.iter().flatten() {
        *counts.entry(word).or_default() += 1;
    }
    let vocabulary: Vec<&str> = counts.iter().filter(|(_, count)| **count >= FEWEST).map(|(word, _)| *word).collect();
    let id = |word: &String| vocabulary.binary_search(&word.as_str()).ok();
    let ids: Vec<Vec<usize>> = sentences.iter().map(|sentence| sentence.iter().filter_map(id).collect()).collect();
    println!(
        "{} {}, {} {}",
        say("sentences:", "문장:"),
        ids.len(),
        say("different words:", "서로 다른 단어:"),
        vocabulary.len()
    );

    let data = SkipGramData::new(ids, vocabulary.len(), SkipGramOptions::default());
    let mut model = Word2Vec::new(vocabulary.len(), WIDTH, &mut ChaCha8Rng::seed_from_u64(28));
    let asked = if korean {
        ["부엌에서", "빨간", "선생님이", "행복하다", "우유를"]
    } else {
        ["kitchen", "red", "teacher", "happy", "milk"]
    };
    let nearest = |model: &Word2Vec| {
        for word in asked.iter().filter_map(|word| vocabulary.binary_search(word).ok()) {
            let near = model.nearest(word, 4);
            let near: Vec<String> = near.iter().map(|(n, cosine)| format!("{} {cosine:.2}", vocabulary[*n])).collect();
            println!("  {}: {}", vocabulary[word], near.join(", "));
        }
    };
    println!("\n{}", say("Nearest words before training:", "학습 전 가장 가까운 단어:"));
    nearest(&model);

    println!("\n{}", say("step   loss", "스텝   손실"));
    let mut optimizer = AdamW::new(AdamWConfig::default())?;
    let (mut first, mut last) = (0.0, 0.0);
    for step in 0..STEPS {
        let loss = model.loss(&data.batch(step));
        last = loss.item();
        if step == 0 {
            first = last;
        }
        let gradients = loss.backward();
        drop(loss);
        optimizer.step(&mut model, &gradients, 0.01)?;
        if (step + 1).is_multiple_of(STEPS / 6) || step == 0 {
            println!("{:>4}  {last:.3}", step + 1);
        }
    }
    assert!(last < 0.8 * first, "neighbours can be told from random words: {last} after {first}");

    println!(
        "\n{}",
        say(
            "And after it; nobody said what goes with what:",
            "학습 뒤. 무엇이 무엇과 어울리는지 아무도 알려 주지 않았습니다:"
        )
    );
    nearest(&model);
    Ok(())
}
