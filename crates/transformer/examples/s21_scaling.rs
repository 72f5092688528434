//! Slide S21 (3 minutes): better with the size, but not in proportion to it (erratum E16).
//!
//! Three widths of a small language model read the same stories, character by character. Prints held-out loss against parameters, the
//! power law through the points, and what the loss would be if it fell in proportion.
//!
//! `jumok transformer experiment scaling` has four sizes, longer runs and a picture.
//!
//! `cargo run --release -p jumok-transformer --example s21_scaling [-- --lang ko]`

use jumok_nn::{Ctx, Module};
use jumok_tensor::{IntTensor, no_grad};
use jumok_text::{
    Language, LanguageModelingBatch, LanguageModelingData, ToyOptions, Unit, Vocabulary, VocabularyOptions,
    encode_running_text, running_text, toy_corpus,
};
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig, next_token_loss};
use jumok_transformer::probe::{PowerLaw, TrainingOptions, train};
use jumok_viz::{Align, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

mod common;
use common::korean;

const WIDTHS: [usize; 3] = [8, 16, 32];
const WINDOW: usize = 32;
const BATCH_SIZE: usize = 16;
const TRAINING: TrainingOptions = TrainingOptions { steps: 600, learning_rate: 4e-3, seed: 0 };

fn main() {
    let korean = korean("s21_scaling");
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    let options = ToyOptions { documents: 1000, held_out_documents: 50, ..ToyOptions::new(Language::English) };
    let toy = toy_corpus(&options).expect("the built-in world has scenes");
    let [training, held_out] = [&toy.training, &toy.held_out].map(running_text);
    let options = VocabularyOptions { unit: Unit::Characters, ..VocabularyOptions::default() };
    let vocabulary = Vocabulary::train([training.as_str()], &options).expect("the stories have characters");
    let [training, held_out] = [(training, BATCH_SIZE), (held_out, 128)].map(|(text, batch_size)| {
        let ids = encode_running_text(&vocabulary, &text);
        LanguageModelingData::new(ids, batch_size, WINDOW, 0).expect("the stories are longer than a window")
    });
    let loss = |model: &CausalLanguageModel, batch: LanguageModelingBatch, ctx: &mut Ctx| {
        let shape = [batch.batch_size, WINDOW];
        let [read, next] = [batch.input_ids, batch.targets].map(|ids| IntTensor::from_vec(ids, &shape));
        next_token_loss(&model.forward(&read, ctx), &next) / next.len() as f64
    };
    let points: Vec<(f64, f64)> = WIDTHS
        .iter()
        .map(|&width| {
            let config = CausalLanguageModelConfig {
                vocab_size: vocabulary.size(),
                n_positions: WINDOW,
                n_embd: width,
                n_head: 2,
                ..CausalLanguageModelConfig::tiny()
            };
            let rng = &mut ChaCha8Rng::seed_from_u64(0);
            let mut model = CausalLanguageModel::new(&config, rng).expect("two heads divide every width");
            // The same text for every width.
            train(&mut model, &TRAINING, |model, step, ctx| loss(model, training.batch(step), ctx), |_, _| {});
            let test_loss = no_grad(|| loss(&model, held_out.batch(0), &mut Ctx::eval())).item();
            (model.parameter_count() as f64, test_loss)
        })
        .collect();

    let law = PowerLaw::fit(&points).expect("three sizes with losses above 0");
    let columns = [
        say("parameters", "파라미터"),
        say("held-out loss", "평가 손실"),
        say("power law", "거듭제곱 법칙"),
        say("if it were proportional", "비례한다면"),
    ];
    let mut table = Table::new(columns).align([Align::Right; 4]);
    let (least, at_least) = points[0];
    for &(parameters, loss) in &points {
        let losses = [loss, law.at(parameters), at_least * least / parameters].map(|loss| format!("{loss:.3}"));
        table.row([&[parameters.to_string()][..], &losses].concat());
    }
    print!("{}", table.to_terminal(&TerminalStyle::detect()));
    println!("L ≈ {:.2}·N^({:.3}), R² = {:.3}", law.factor, law.exponent, law.r_squared);
}
