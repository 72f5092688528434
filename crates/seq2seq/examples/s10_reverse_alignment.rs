//! Slide S10 (5 minutes): attention is alignment, and nobody told it which.
//!
//! A translator with Bahdanau's attention learns to say a sequence backwards, from pairs alone. Then the picture of its weights
//! shows where each written letter came from: on reversal that is the anti-diagonal. Prints the loss as it falls, three
//! sequences the model has not seen, and their weights.
//!
//! `cargo run --release -p jumok-seq2seq --example s10_reverse_alignment [-- --lang ko]`

use jumok_nn::{Adam, AdamConfig, Ctx, Optimizer, clip_grad_norm};
use jumok_seq2seq::{DecodingOptions, Seq2Seq, Seq2SeqBatch, Seq2SeqConfig, Translation};
use jumok_tensor::Tensor;
use jumok_viz::{HeatMap, TerminalStyle};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const LETTERS: [&str; 10] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
/// Ids 0, 1 and 2 are padding, beginning and end.
const FIRST: i64 = 3;

fn main() {
    let korean = korean();
    let config = Seq2SeqConfig {
        source_vocab_size: 13,
        target_vocab_size: 13,
        embedding_size: 24,
        encoder_hidden_size: 32,
        decoder_hidden_size: 32,
        attention_hidden_size: 32,
        readout_size: 32,
        ..Seq2SeqConfig::tiny()
    };
    let rng = &mut ChaCha8Rng::seed_from_u64(10);
    let mut model = Seq2Seq::new(&config, rng).expect("a valid configuration");
    let mut optimizer = Adam::new(AdamConfig::default()).expect("valid settings");
    for step in 0..=400 {
        let sources = sequences(rng, 32);
        let targets: Vec<Vec<i64>> = sources.iter().map(|source| source.iter().rev().copied().collect()).collect();
        let batch = Seq2SeqBatch::new(&sources, &targets, &config);
        let loss = model.loss(&batch, 1.0, &mut Ctx::seeded(0, step, 0, true));
        if step % 100 == 0 {
            let label = if korean { "스텝" } else { "step" };
            let right = 100.0 * loss.correct as f64 / loss.tokens as f64;
            println!("{label} {step:>3}   loss {:.3}   {right:.1} %", loss.loss.item());
        }
        let mut grads = loss.loss.backward();
        clip_grad_norm(&model, &mut grads, 1.0);
        optimizer.step(&mut model, &grads, 0.01).expect("every parameter has a gradient");
    }

    let unseen = sequences(rng, 3);
    let style = TerminalStyle::detect();
    for (source, translation) in unseen.iter().zip(model.greedy(&unseen, &DecodingOptions::default())) {
        println!("\n{} -> {}", letters(source).join(" "), letters(&translation.tokens).join(" "));
        print!("{}", picture(source, &translation, korean).to_terminal(&style));
        let on = anti_diagonal(&translation);
        let words = translation.tokens.len();
        if korean {
            println!("{words}개 글자 중 {on}개가 반대각선 위를 본다");
        } else {
            println!("{on} of {words} letters look at the anti-diagonal");
        }
    }
}

/// Random letters, 4 to 8 in a row.
fn sequences(rng: &mut ChaCha8Rng, count: usize) -> Vec<Vec<i64>> {
    let letter = LETTERS.len() as i64;
    (0..count)
        .map(|_| {
            let length = rng.random_range(4..=8);
            (0..length).map(|_| FIRST + rng.random_range(0..letter)).collect()
        })
        .collect()
}

fn letters(ids: &[i64]) -> Vec<&'static str> {
    ids.iter().map(|id| usize::try_from(id - FIRST).ok().and_then(|n| LETTERS.get(n)).copied().unwrap_or("?")).collect()
}

/// Rows are what was written, the last of them the end; columns are what was read.
fn picture(source: &[i64], translation: &Translation, korean: bool) -> HeatMap {
    let weights = translation.attention.as_ref().expect("a model with attention");
    let mut written = letters(&translation.tokens);
    written.resize(weights.shape()[0], "</s>");
    let (rows, columns) = if korean { ("쓴 것", "읽은 것") } else { ("written", "read") };
    HeatMap::new(&weights.to_vec(), [weights.shape()[0], source.len()])
        .row_labels(written)
        .col_labels(letters(source))
        .axes(rows, columns)
        .show_values(2)
}

/// How many letters look most at the one they are made of.
fn anti_diagonal(translation: &Translation) -> usize {
    let weights = Tensor::from_array(translation.attention.clone().expect("a model with attention"));
    let (looks, words) = (weights.argmax(-1, false).to_vec(), translation.tokens.len());
    (0..words).filter(|&t| looks[t] as usize + t + 1 == words).count()
}

/// Whether `--lang ko` was given.
fn korean() -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["--lang", "en"] => false,
        ["--lang", "ko"] => true,
        _ => {
            eprintln!("usage: s10_reverse_alignment [--lang ko|en]");
            std::process::exit(2);
        }
    }
}
