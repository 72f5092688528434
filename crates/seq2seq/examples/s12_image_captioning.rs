//! Slide S12 (5 minutes): attention over a picture. A model learns to describe scenes, and nobody tells it where to look.
//!
//! Small pictures of two coloured shapes, cut into 64 cells; the decoder looks at the cells before every word (Xu et al. 2015,
//! "Show, Attend and Tell"). The scenes that are judged show pairs of objects that never stood together in training. Prints the
//! loss as it falls, how many captions come out right, how often a word that names an object looks at that very cell, and two
//! scenes, word by word.
//!
//! `cargo run --release -p jumok-seq2seq --example s12_image_captioning [-- --lang ko]`

use std::error::Error;

use jumok_nn::{Adam, AdamConfig, Ctx, Optimizer, clip_grad_norm};
use jumok_seq2seq::captioning::{Caption, CaptionData, CaptionScores, Captioner, CaptionerConfig, Scene};
use jumok_text::Language;
use jumok_viz::{AttentionOverImage, Rgb, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const STEPS: u64 = 2200;

fn main() -> Result<(), Box<dyn Error>> {
    let language = language();
    let say = |en: &'static str, ko: &'static str| if language == Language::Korean { ko } else { en };
    let data = CaptionData::new(language, 12)?;
    let config = CaptionerConfig::for_scenes(data.vocabulary.size());
    let mut model = Captioner::new(&config, &mut ChaCha8Rng::seed_from_u64(12));
    let mut optimizer = Adam::new(AdamConfig::default())?;
    for step in 0..STEPS {
        let loss = model.loss(&data.batch(step, 32), &mut Ctx::seeded(12, step, 0, true)).loss;
        if step % 200 == 0 {
            println!("{} {step:>4}   loss {:.3}", say("step", "스텝"), loss.item());
        }
        let mut grads = loss.backward();
        drop(loss);
        clip_grad_norm(&model, &mut grads, 1.0);
        let learning_rate = 0.006 * (1.0 - step as f64 / STEPS as f64);
        optimizer.step(&mut model, &grads, learning_rate)?;
    }

    let held_out = data.held_out(200);
    let scores = CaptionScores::of(&model, &held_out, &data);
    println!(
        "\n{}: {:.1} %\n{}: {:.1} %\n",
        say("captions right, word for word", "캡션 전체 정답"),
        100.0 * scores.exact,
        say("words that look most at the object that they name", "자기가 말하는 물체를 가장 많이 본 단어"),
        100.0 * scores.on_object
    );
    let style = TerminalStyle::detect();
    for (scene, caption) in held_out.iter().zip(model.greedy(&Scene::patches(&held_out[..2]), 12)) {
        print!(
            "{}\n{}\n",
            data.vocabulary.decode(&caption.tokens),
            picture(scene, &caption, &data).to_terminal(&style)
        );
    }
    Ok(())
}

/// Where each word of a caption looked.
fn picture(scene: &Scene, caption: &Caption, data: &CaptionData) -> AttentionOverImage {
    let pixels: Vec<Rgb> = scene
        .image
        .chunks(3)
        .map(|rgb| {
            let level = |channel: usize| (rgb[channel] * 255.0).round() as u8;
            Rgb(level(0), level(1), level(2))
        })
        .collect();
    let words = data.vocabulary.tokens(&caption.tokens);
    let maps = caption.attention.to_vec();
    words
        .into_iter()
        .zip(maps.chunks(Scene::CELLS))
        .fold(AttentionOverImage::new().image(Scene::SIDE, &pixels), |picture, (word, weights)| {
            picture.word(word, [Scene::GRID, Scene::GRID], weights)
        })
}

/// The language that `--lang ko` asks for.
fn language() -> Language {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["--lang", "en"] => Language::English,
        ["--lang", "ko"] => Language::Korean,
        _ => {
            eprintln!("usage: s12_image_captioning [--lang ko|en]");
            std::process::exit(2);
        }
    }
}
