//! S03 (two minutes): how words were weighed before attention. TF-IDF gives a word one weight in a document, word2vec one vector in
//! the whole language; neither changes with what is asked of them (erratum E3). Prints the weights, the neighbours of some
//! words, and last how attention weighs the same sentence for two different questions. `--lang ko` for Korean.
//!
//! ```text
//! cargo run --release -p jumok-seq2seq --example s03_before_attention
//! ```

use std::error::Error;

use jumok_nn::{AdamW, AdamWConfig, Optimizer};
use jumok_seq2seq::word2vec::{SkipGramData, SkipGramOptions, Word2Vec};
use jumok_tensor::IntTensor;
use jumok_text::parallel::{UNK, split_words};
use jumok_text::{Language, TfIdf, ToyOptions, Vocabulary, VocabularyOptions, toy_corpus};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const STEPS: u64 = 1500;

fn main() -> Result<(), Box<dyn Error>> {
    let korean = std::env::args().any(|argument| argument == "ko" || argument == "--lang=ko");
    let say = |english: &'static str, in_korean: &'static str| if korean { in_korean } else { english };
    let language = if korean { Language::Korean } else { Language::English };
    let toy = toy_corpus(&ToyOptions { documents: 3000, held_out_documents: 0, ..ToyOptions::new(language) })?;
    let stories: Vec<Vec<String>> = toy.training.documents.iter().map(|story| split_words(&story.join(" "))).collect();

    println!("{}", say("TF-IDF: one weight a word in a story", "TF-IDF: 이야기 속 단어마다 가중치 하나"));
    let tfidf = TfIdf::fit(&stories);
    println!("  {}", toy.training.documents[0].join(" "));
    let mut weights: Vec<(String, f64)> = tfidf.weights(&stories[0]).into_iter().collect();
    weights.sort_by(|a, b| b.1.total_cmp(&a.1));
    for (word, weight) in weights.iter().take(4).chain(&weights[weights.len() - 2..]) {
        println!("  {weight:.3} {word}");
    }

    // A word's neighbours are those of its sentence, so sentences go in one by one.
    let vocabulary = Vocabulary::train(
        toy.training.sentences(),
        &VocabularyOptions { size: 1500, min_frequency: 5, ..Default::default() },
    )?;
    let ids = |sentence: &str| vocabulary.encode(sentence).into_iter().filter(|&id| id != UNK);
    let sentences: Vec<Vec<usize>> =
        toy.training.sentences().map(|sentence| ids(sentence).map(|id| id as usize).collect()).collect();
    let data = SkipGramData::new(sentences, vocabulary.size(), SkipGramOptions::default());
    let mut model = Word2Vec::new(vocabulary.size(), 32, &mut ChaCha8Rng::seed_from_u64(0));
    let mut optimizer = AdamW::new(AdamWConfig::default())?;
    for step in 0..STEPS {
        let loss = model.loss(&data.batch(step));
        let gradients = loss.backward();
        drop(loss);
        let learning_rate = 0.01 * (1.0 - step as f64 / STEPS as f64);
        optimizer.step(&mut model, &gradients, learning_rate)?;
    }
    println!(
        "\n{}",
        say(
            "word2vec: one vector a word; whose vectors are nearest?",
            "word2vec: 단어마다 벡터 하나. 가장 가까운 벡터는?"
        )
    );
    let questions = if korean { ["어머니", "바다", "먹는다"] } else { ["soup", "mother", "train"] };
    for word in questions {
        let id = vocabulary.encode(word)[0];
        let nearest = model.nearest(id as usize, 5);
        let nearest: Vec<String> = nearest
            .into_iter()
            .map(|(other, cosine)| format!("{} {cosine:.2}", vocabulary.tokens(&[other as i64])[0]))
            .collect();
        println!("  {word}: {}", nearest.join(", "));
    }

    println!(
        "\n{}",
        say(
            "Attention: the weights of one sentence, asked for twice",
            "어텐션: 같은 문장이라도 무엇을 묻느냐에 따라 가중치가 달라집니다"
        )
    );
    let sentence: Vec<i64> = ids(&toy.training.documents[0][0]).collect();
    let vectors = model.input.forward(&IntTensor::from_vec(sentence.clone(), &[sentence.len()])); // [T, D]
    let first = sentence[0];
    let last = sentence[sentence.len() - 2];
    let queries = model.input.forward(&IntTensor::from_vec(vec![first, last], &[2])); // [2, D]
    let attention = queries.matmul(&vectors.transpose(-2, -1)).softmax(-1).to_vec(); // [2, T]
    for (query, weights) in [first, last].iter().zip(attention.chunks(sentence.len())) {
        let cells =
            vocabulary.tokens(&sentence).into_iter().zip(weights).map(|(word, weight)| format!("{word} {weight:.2}"));
        println!("  {}? {}", vocabulary.tokens(&[*query])[0], cells.collect::<Vec<_>>().join("  "));
    }
    Ok(())
}
