//! Slide S10 (5 minutes): when attention is alignment, and when it is not.
//!
//! A translator learns to say a sequence backwards, from pairs alone: nobody tells it which letter is made of which. If its weights
//! show that, the largest of each row lie on the anti-diagonal. Four models, all of them right in nearly every answer:
//!
//! 1. 26 letters. A state has little room for more than its own letter: the weights stand where the letters stand.
//! 2. The same model with 8 letters. Now the state at a letter, which has read the letter before it too, knows both of them. The
//!    decoder looks for a state that knows the letter it has just written and the next one. Backwards, the next one stands
//!    before the last: the state at the letter just written knows both, one place to the right of where one expects it.
//! 3. The same model says the 8 letters forwards. The letter just written stands before the next one now, so the state at the next
//!    one knows both, and the weights are back on the diagonal.
//! 4. 8 letters backwards, but read in both directions, and asked with the current state as Luong's decoder does: a state knows
//!    both of its neighbours, and its own letter best.
//!
//! Prints for each what is right, where it looks, and the weights of a sequence that it has not seen.
//!
//! `cargo run --release -p jumok-seq2seq --example s10_reverse_alignment [-- --lang ko]`

use jumok_seq2seq::probe::{Alignment, Order, Symbols, TrainingOptions};
use jumok_seq2seq::{AttentionKind, DecodingOptions, ScoreKind, Seq2Seq, Seq2SeqConfig, Translation};
use jumok_viz::{HeatMap, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

mod common;
use common::korean;

const TRAINING: TrainingOptions = TrainingOptions { steps: 300, batch_size: 32, learning_rate: 0.01 };

fn main() {
    let korean = korean("s10_reverse_alignment");
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    let of = |count, order| Symbols { count, lengths: 3..=6, order };
    let left_to_right = |symbols: &Symbols| Seq2SeqConfig { embedding_size: 16, ..symbols.config(24) };
    let both_ways = |symbols: &Symbols| Seq2SeqConfig {
        attention: AttentionKind::Luong,
        score: ScoreKind::General,
        bidirectional: true,
        ..left_to_right(symbols)
    };
    let (many, few) = (of(26, Order::Reverse), of(8, Order::Reverse));
    let forwards = of(8, Order::Copy);
    for (title, symbols, config) in [
        (
            say(
                "1. 26 letters backwards, read left to right, Bahdanau",
                "1. 글자 26개를 거꾸로, 왼쪽에서 오른쪽으로 읽기, Bahdanau",
            ),
            &many,
            left_to_right(&many),
        ),
        (
            say(
                "2. 8 letters backwards, read left to right, Bahdanau",
                "2. 글자 8개를 거꾸로, 왼쪽에서 오른쪽으로 읽기, Bahdanau",
            ),
            &few,
            left_to_right(&few),
        ),
        (
            say(
                "3. 8 letters forwards, read left to right, Bahdanau",
                "3. 글자 8개를 바로, 왼쪽에서 오른쪽으로 읽기, Bahdanau",
            ),
            &forwards,
            left_to_right(&forwards),
        ),
        (
            say("4. 8 letters backwards, read both ways, Luong", "4. 글자 8개를 거꾸로, 양쪽으로 읽기, Luong"),
            &few,
            both_ways(&few),
        ),
    ] {
        println!("{title}");
        let rng = &mut ChaCha8Rng::seed_from_u64(10);
        let mut model = Seq2Seq::new(&config, rng).expect("a valid configuration");
        symbols.train(&mut model, &TRAINING, rng, |_, _| {});
        let (unseen, answers) = symbols.pairs(200, rng);
        let translations = model.greedy(&unseen, &DecodingOptions::default());
        let exact = translations.iter().zip(&answers).filter(|(said, answer)| said.tokens == **answer).count();
        let alignment = Alignment::of(&translations, symbols.order);
        println!(
            "   {} {:.1} %   {} {:.1} %   {} {:.1} %",
            say("answers right:", "맞힌 답:"),
            100.0 * exact as f64 / answers.len() as f64,
            say("letters that look at their own:", "제 글자를 본 것:"),
            100.0 * alignment.share(),
            say("at its neighbour:", "이웃을 본 것:"),
            100.0 * alignment.share_beside(),
        );
        let shown = unseen.iter().position(|source| source.len() == 6).expect("one of 200 has six letters");
        println!("{}", picture(&unseen[shown], &translations[shown], korean).to_terminal(&TerminalStyle::detect()));
    }
}

fn letters(ids: &[i64]) -> Vec<String> {
    let letter = |id: &i64| u8::try_from(id - Symbols::FIRST).ok().filter(|n| *n < 26).map(|n| char::from(b'a' + n));
    ids.iter().map(|id| letter(id).unwrap_or('?').to_string()).collect()
}

/// Rows are what was written, the last of them the end; columns are what was read.
fn picture(source: &[i64], translation: &Translation, korean: bool) -> HeatMap {
    let weights = translation.attention.as_ref().expect("a model with attention");
    let mut written = letters(&translation.tokens);
    written.resize(weights.shape()[0], "</s>".to_owned());
    let (rows, columns) = if korean { ("쓴 것", "읽은 것") } else { ("written", "read") };
    HeatMap::new(&weights.to_vec(), [weights.shape()[0], source.len()])
        .row_labels(&written)
        .col_labels(letters(source))
        .axes(rows, columns)
        .show_values(2)
}
