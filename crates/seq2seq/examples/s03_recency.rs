//! Slide S03 (5 minutes): the last words drown the first.
//!
//! Another symbol is put in the place of one of twelve, and the shift of what the decoder is given is measured: of the encoder's
//! last state, or with attention of the context of the step that needs that symbol. Prints the share of each position, before
//! and after training to copy.
//!
//! Before training the last three symbols of twelve have nearly everything. Training cures that in a GRU and an LSTM, whose gates
//! learn to keep the first words too, but not in the plain network; and what the vector then holds of every word is too little
//! for any of the three to copy it. With attention all words count alike, and the answers are right.
//!
//! `cargo run --release -p jumok-seq2seq --example s03_recency [-- --lang ko]`

use jumok_seq2seq::probe::{Order, Reader, Symbols, TrainingOptions, context_shifts, last_quarter_share};
use jumok_viz::{Align, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

mod common;
use common::korean;

const LENGTH: usize = 12;
const WIDTH: usize = 32;
const TRAINING: TrainingOptions = TrainingOptions { steps: 300, batch_size: 32, learning_rate: 0.01 };

fn main() {
    let korean = korean("s03_recency");
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    let symbols = Symbols { count: 26, lengths: LENGTH..=LENGTH, order: Order::Copy };
    let sequences = || ChaCha8Rng::seed_from_u64(1);
    let (sources, _) = symbols.pairs(50, &mut sequences());
    let (mut before, mut after, mut right) = (vec![], vec![], vec![]);
    for reader in Reader::FOR_RECENCY {
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        let mut model = reader.model(&symbols, WIDTH, rng).expect("a width above 0");
        before.push(context_shifts(&model, &symbols, &sources, &mut sequences()));
        let mut share = 0.0;
        symbols.train(&mut model, &TRAINING, rng, |_, loss| share = loss.correct as f64 / loss.tokens as f64);
        after.push(context_shifts(&model, &symbols, &sources, &mut sequences()));
        right.push(share);
    }
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    for (title, profiles) in [(say("Before training", "학습 전"), before), (say("After training", "학습 후"), after)]
    {
        println!("{title}");
        let with_attention = say("GRU + attention", "GRU + 어텐션");
        let heading = [say("position", "자리"), "RNN", "GRU", "LSTM", with_attention];
        let mut table = Table::new(heading).align([Align::Right; 5]);
        for position in 0..LENGTH {
            let shares = profiles.iter().map(|shifts| percent(shifts[position] / shifts.iter().sum::<f64>()));
            table.row(std::iter::once((position + 1).to_string()).chain(shares));
        }
        let last = profiles.iter().map(|shifts| percent(last_quarter_share(shifts)));
        table.row(std::iter::once(say("last quarter", "마지막 4분의 1").to_owned()).chain(last));
        println!("{}", table.to_terminal(&TerminalStyle::detect()));
    }
    let right: Vec<String> = right.into_iter().map(percent).collect();
    println!("{} {}", say("symbols right after training:", "학습 후 맞힌 기호:"), right.join(", "));
}
