//! Slide S21 (3 minutes): far apart.
//!
//! Cards with a name and a number are shown, then the names are asked in another order. A Transformer of two blocks and a GRU of two
//! layers, as wide and with about as many parameters, learn from the same texts. Prints what each recalls by the distance between card
//! and question: the Transformer looks the card up, wherever it is; the GRU must have had all cards in its state.
//!
//! `jumok transformer experiment recall` has more cards and a picture.
//!
//! `cargo run --release -p jumok-transformer --example s21_recall [-- --lang ko]`

use jumok_nn::Ctx;
use jumok_seq2seq::{CellKind, RecurrentLanguageModel};
use jumok_tensor::{IntTensor, Tensor, no_grad};
use jumok_transformer::causal::CausalLanguageModel;
use jumok_transformer::probe::{Recall, Recalled, TrainingOptions, train};
use jumok_viz::{Align, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

mod common;
use common::korean;

const TASK: Recall = Recall { names: 8, cards: 4, facts: 0 };
const WIDTH: usize = 32;
const TRAINING: TrainingOptions = TrainingOptions { steps: 1000, learning_rate: 3e-3, seed: 0 };
const BATCH_SIZE: usize = 32;

fn main() {
    let korean = korean("s21_recall");
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    let rng = || ChaCha8Rng::seed_from_u64(0);
    let mut transformer = CausalLanguageModel::new(&TASK.transformer(WIDTH), &mut rng()).expect("two heads divide 32");
    let mut gru = RecurrentLanguageModel::new(CellKind::Gru, TASK.vocab_size(), WIDTH, 2, &mut rng());

    train(
        &mut transformer,
        &TRAINING,
        |model, step, ctx| {
            let batch = TASK.batch_of_step(BATCH_SIZE, 0, step);
            batch.loss(&model.forward(&batch.input_ids, ctx))
        },
        |_, _| {},
    );
    train(
        &mut gru,
        &TRAINING,
        |model, step, ctx| {
            let batch = TASK.batch_of_step(BATCH_SIZE, 0, step);
            batch.loss(&model.forward(&batch.input_ids, ctx))
        },
        |_, _| {},
    );

    let held_out = TASK.batch_of_step(250, 0, u64::MAX);
    let recalled = |logits: &dyn Fn(&IntTensor, &mut Ctx) -> Tensor| -> Vec<Recalled> {
        held_out.by_distance(&no_grad(|| logits(&held_out.input_ids, &mut Ctx::eval())), 5)
    };
    let by_attention = recalled(&|ids, ctx| transformer.forward(ids, ctx));
    let by_state = recalled(&|ids, ctx| gru.forward(ids, ctx));
    let columns = [say("distance", "거리"), say("Transformer", "트랜스포머"), "GRU", say("guessing", "찍기")];
    let mut table = Table::new(columns).align([Align::Right; 4]);
    for (attention, state) in by_attention.iter().zip(&by_state) {
        let (from, to) = attention.distances;
        let shares = [attention.share(), state.share(), 1.0 / TASK.names as f64].map(|x| format!("{:.1} %", 100.0 * x));
        table.row([&[format!("{from}–{to}")][..], &shares].concat());
    }
    print!("{}", table.to_terminal(&TerminalStyle::detect()));
}
