//! S36 (seconds): DistilBERT. A teacher of four layers learns which word of a cycle is hidden; a student of two learns the same from the
//! teacher's opinions, once from every second of its layers on and once from random weights. Prints the student's loss on hidden words
//! along the way. `--lang ko` for Korean.
//!
//! ```text
//! cargo run --release -p jumok-bert --example s36_distillation
//! ```

use std::error::Error;

use jumok_bert::{
    BertConfig, BertForMaskedLM, BertInputs, DistilBertConfig, DistilBertForMaskedLM, DistillationOptions, Spoken,
    TextEncoder,
};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Module, Optimizer};
use jumok_tensor::IntTensor;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

const MASK: i64 = 0;
const WORDS: i64 = 12;
const ROWS: usize = 16;
const LENGTH: usize = 8;
const STEPS: usize = 300;

/// Rows of a cycle 1, 2, …, 12, 1, … from a random place on, with a random word hidden: inputs and labels `[B, T]`.
fn batch(rng: &mut ChaCha8Rng) -> (BertInputs, IntTensor) {
    let (mut ids, mut labels) = (vec![], vec![]);
    for _ in 0..ROWS {
        let (start, hidden) = (rng.random_range(0..WORDS), rng.random_range(0..LENGTH));
        for place in 0..LENGTH {
            let word = 1 + (start + place as i64) % WORDS;
            ids.push(if place == hidden { MASK } else { word });
            labels.push(if place == hidden { word } else { -100 });
        }
    }
    let shape = [ROWS, LENGTH];
    (BertInputs::new(IntTensor::from_vec(ids, &shape)), IntTensor::from_vec(labels, &shape))
}

fn teacher(rng: &mut ChaCha8Rng) -> Result<(BertForMaskedLM, BertConfig), Box<dyn Error>> {
    let config = BertConfig {
        vocab_size: WORDS as usize + 1,
        hidden_size: 32,
        num_hidden_layers: 4,
        num_attention_heads: 2,
        intermediate_size: 64,
        hidden_dropout_prob: 0.0,
        attention_probs_dropout_prob: 0.0,
        max_position_embeddings: LENGTH,
        initializer_range: BertConfig::initializer_range_for(32),
        ..BertConfig::tiny()
    };
    let mut model = BertForMaskedLM::new(&config, 0)?;
    let mut optimizer = AdamW::new(AdamWConfig::default())?;
    for _ in 0..2 * STEPS {
        let (inputs, labels) = batch(rng);
        let gradients = BertForMaskedLM::loss(&model.forward(&inputs, &mut Ctx::eval()), &labels).backward();
        optimizer.step(&mut model, &gradients, 3e-3)?;
    }
    Ok((model, config))
}

fn main() -> Result<(), Box<dyn Error>> {
    let korean = std::env::args().any(|argument| argument == "ko" || argument == "--lang=ko");
    let say = |english: &'static str, in_korean: &'static str| if korean { in_korean } else { english };
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    let (teacher, config) = teacher(rng)?;
    let small = DistilBertConfig {
        vocab_size: config.vocab_size,
        dim: config.hidden_size,
        n_layers: config.num_hidden_layers / 2,
        n_heads: config.num_attention_heads,
        hidden_dim: config.intermediate_size,
        max_position_embeddings: config.max_position_embeddings,
        dropout: 0.0,
        attention_dropout: 0.0,
        initializer_range: config.initializer_range,
        ..DistilBertConfig::default()
    };
    let mut students = [DistilBertForMaskedLM::new(&small, 2)?, DistilBertForMaskedLM::new(&small, 2)?];
    students[0].encoder.init_from_teacher(&teacher.encoder)?;
    let [large, little] = [teacher.parameter_count(), students[0].parameter_count()];
    println!("{}: {large} -> {little}", say("parameters", "파라미터"));
    println!(
        "{}",
        say("step   from the teacher's layers   from random weights", "스텝   스승의 층에서   무작위 가중치에서")
    );

    let options = DistillationOptions::default();
    let mut optimizers = [AdamW::new(AdamWConfig::default())?, AdamW::new(AdamWConfig::default())?];
    let mut last = [0.0; 2];
    for step in 0..STEPS {
        let (inputs, labels) = batch(rng);
        let ctx = &mut Ctx::eval();
        let taught = teacher.encoder.states(&inputs, None, ctx); //            [B, T, D]
        let opinion = teacher.head.forward(&taught, &teacher.encoder.word_embeddings().weight); // [B, T, V]
        for ((student, optimizer), last) in students.iter_mut().zip(&mut optimizers).zip(&mut last) {
            let hidden = student.encoder.states(&inputs, None, ctx);
            let logits = student.head.forward(&hidden, &student.encoder.word_embeddings().weight);
            let loss = options.loss(
                Spoken { logits: &logits, hidden: &hidden },
                Spoken { logits: &opinion, hidden: &taught },
                &inputs.attention_mask,
                &labels,
            );
            *last = loss.mlm.item();
            let gradients = loss.loss.backward();
            drop(loss);
            optimizer.step(student, &gradients, 3e-3)?;
        }
        if (step + 1).is_multiple_of(STEPS / 6) {
            println!("{:>4}   {:>25.3}   {:>19.3}", step + 1, last[0], last[1]);
        }
    }
    let (inputs, labels) = batch(rng);
    let own = BertForMaskedLM::loss(&teacher.forward(&inputs, &mut Ctx::eval()), &labels).item();
    println!("{}: {own:.3}", say("the teacher's own loss", "스승 자신의 손실"));
    let guessing = (WORDS as f64).ln();
    assert!(last.iter().all(|&loss| loss < guessing / 2.0), "both learn from the teacher: {last:?}");
    assert!(last[0] < last[1], "its layers are a head start: {last:?}");
    Ok(())
}
