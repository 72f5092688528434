//! Slide S06 (5 minutes): every state and every score of an encoder–decoder with attention, on one screen.
//!
//! An encoder reads "나는 너를 사랑해", a decoder writes "I love you". The model is tiny and has learned nothing, so the numbers
//! mean nothing; where each of them comes from is the point. Prints the annotations h_j, the first state s_0, and for each
//! step who asks (s_{t−1}), the scores e_tj, the weights α_tj (they sum to 1), the context c_t = Σ_j α_tj·h_j and the new state
//! s_t. Erratum E6: Bahdanau's decoder asks with the *previous* state; E5: the weights are not the values, the annotations are.
//!
//! `cargo run -p jumok-seq2seq --example s06_encoder_decoder [-- --lang ko]`

use jumok_nn::{Ctx, Record};
use jumok_seq2seq::{Seq2Seq, Seq2SeqBatch, Seq2SeqConfig};
use jumok_viz::{Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

mod common;
use common::korean;

const SOURCE: [&str; 3] = ["나는", "너를", "사랑해"];
const TARGET: [&str; 3] = ["I", "love", "you"];

fn main() {
    let korean = korean("s06_encoder_decoder");
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    // Words are numbers: the source has 3, 4, 5, the target too; 0, 1, 2 are padding, beginning and end.
    let config = Seq2SeqConfig {
        source_vocab_size: 6,
        target_vocab_size: 6,
        embedding_size: 2,
        encoder_hidden_size: 2,
        decoder_hidden_size: 2,
        attention_hidden_size: 2,
        readout_size: 2,
        ..Seq2SeqConfig::tiny()
    };
    let model = Seq2Seq::new(&config, &mut ChaCha8Rng::seed_from_u64(6)).expect("a valid configuration");
    let batch = Seq2SeqBatch::new(&[vec![3, 4, 5]], &[vec![3, 4, 5]], &config);
    let mut ctx = Ctx::eval().recording();
    model.forward(&batch, 1.0, &mut ctx);
    let records = ctx.take_records();

    println!("{}", say("Encoder: both directions' states side by side", "인코더: 양방향 상태를 나란히 붙인 것"));
    let annotations = numbers(&records, "annotations");
    for (j, (word, h)) in SOURCE.iter().zip(annotations.chunks(annotations.len() / SOURCE.len())).enumerate() {
        println!("  h_{} = {}   {word}", j + 1, vector(h));
    }
    println!("  s_0 = {}   tanh(init([h→; h←]))\n", vector(&numbers(&records, "initial_state")));

    println!(
        "{}",
        say(
            "Decoder: the previous state asks, the weights mix the annotations",
            "디코더: 이전 상태가 묻고, 가중치가 인코더 상태를 섞는다"
        )
    );
    let asks = say("s_t-1 asks", "s_t-1이 묻는다");
    let mut table = Table::new(["t", asks, "e_tj", "α_tj", "c_t = Σ α h", "s_t", say("word", "단어")]);
    let mut before = numbers(&records, "initial_state");
    let answers = TARGET.iter().chain(&["</s>"]);
    for (t, word) in answers.enumerate() {
        let at = |name: &str| numbers(&records, &format!("decoder.{t}.{name}"));
        let state = at("state");
        let cells =
            [vector(&before), vector(&at("scores")), vector(&at("weights")), vector(&at("context")), vector(&state)];
        table.row([vec![(t + 1).to_string()], cells.to_vec(), vec![(*word).to_owned()]].concat());
        before = state;
    }
    print!("{}", table.to_terminal(&TerminalStyle { columns: 140, ..TerminalStyle::detect() }));
}

/// The recorded value of that path.
fn numbers(records: &[Record], path: &str) -> Vec<f64> {
    let record = records.iter().find(|record| record.path == path).expect("the model shows it");
    record.value.to_vec().into_iter().map(f64::from).collect()
}

fn vector(numbers: &[f64]) -> String {
    format!("[{}]", numbers.iter().map(|x| format!("{x:.2}")).collect::<Vec<_>>().join(" "))
}
