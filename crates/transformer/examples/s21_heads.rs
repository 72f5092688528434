//! Slide S21 (4 minutes): a map is evidence, not proof (erratum E17).
//!
//! Cards with a name and a number are shown, then asked. Half of the names have the same number in every text: it can be known by
//! heart. Prints for each head how much it looks at the right card, and what is still right when the head is taken out, or all of them.
//! The heads that look at the card can be spared one by one, since each does the same as the other; one that looks elsewhere is missed;
//! and a number known by heart is right without any look.
//!
//! `cargo run --release -p jumok-transformer --example s21_heads [-- --lang ko]`

use jumok_nn::Ctx;
use jumok_tensor::no_grad;
use jumok_transformer::causal::CausalLanguageModel;
use jumok_transformer::probe::{Recall, TrainingOptions, attention_weights, train, without_head, without_heads};
use jumok_viz::{Align, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

mod common;
use common::korean;

const TASK: Recall = Recall { names: 8, cards: 4, facts: 4 };
const WIDTH: usize = 32;
const TRAINING: TrainingOptions = TrainingOptions { steps: 1000, learning_rate: 3e-3, seed: 0 };

fn main() {
    let korean = korean("s21_heads");
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    let rng = &mut ChaCha8Rng::seed_from_u64(0);
    let mut model = CausalLanguageModel::new(&TASK.transformer(WIDTH), rng).expect("two heads divide 32");
    train(
        &mut model,
        &TRAINING,
        |model, step, ctx| {
            let batch = TASK.batch_of_step(32, 0, step);
            batch.loss(&model.forward(&batch.input_ids, ctx))
        },
        |_, _| {},
    );

    let held_out = TASK.batch_of_step(250, 0, u64::MAX);
    let right = |model: &CausalLanguageModel| {
        held_out.right_by_kind(&no_grad(|| model.forward(&held_out.input_ids, &mut Ctx::eval())))
    };
    let percent = |shares: [f64; 2]| shares.map(|share| format!("{:.1} %", 100.0 * share));
    let columns = [
        say("model", "모델"),
        say("looks: new", "보는 정도: 새 수"),
        say("looks: by heart", "보는 정도: 외운 수"),
        say("right: new", "정답: 새 수"),
        say("right: by heart", "정답: 외운 수"),
    ];
    let mut table = Table::new(columns).align([Align::Left, Align::Right, Align::Right, Align::Right, Align::Right]);
    let mut row = |name: String, looks: [String; 2], right: [f64; 2]| {
        table.row([&[name][..], &looks, &percent(right)].concat());
    };
    row(say("whole", "전체").to_owned(), Default::default(), right(&model));
    let weights = no_grad(|| attention_weights(&model, &held_out.input_ids));
    let heads: Vec<(usize, usize)> = (0..2).flat_map(|layer| (0..2).map(move |head| (layer, head))).collect();
    for &(layer, head) in &heads {
        let name = if korean {
            format!("{}층 헤드 {} 제외", layer + 1, head + 1)
        } else {
            format!("without layer {}, head {}", layer + 1, head + 1)
        };
        let looks = percent(held_out.looks_at_card(&weights[layer], head));
        row(name, looks, right(&without_head(&model, layer, head)));
    }
    let all = say("without any head", "모든 헤드 제외").to_owned();
    row(all, Default::default(), right(&without_heads(&model, &heads)));
    print!("{}", table.to_terminal(&TerminalStyle::detect()));
}
