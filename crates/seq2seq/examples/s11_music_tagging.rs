//! Slide S11 (5 minutes): attention over time. A model learns which sounds are in a clip, and nobody tells it where.
//!
//! Clips of one or two sounds are made of real waveforms and seen as spectrograms. The frames ask one another (self-attention,
//! which is what the slide's figure shows: erratum E9), then each tag asks all frames. Prints the loss as it falls, how well
//! held-out clips are tagged, how much of the attention of the slide's tags lies on their own halves, and one clip.
//!
//! `cargo run --release -p jumok-seq2seq --example s11_music_tagging [-- --lang ko]`

use jumok_nn::{Adam, AdamConfig, Ctx, Optimizer, clip_grad_norm};
use jumok_seq2seq::music::{
    Clip, ClipBatch, ClipMaker, MusicTagger, MusicTaggerConfig, Spectrogram, Tag, TaggingScores,
    attention_on_own_segment,
};
use jumok_viz::{AttentionOverTime, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const STEPS: u64 = 500;

fn main() {
    let korean = korean();
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    let name = |tag: Tag| if korean { tag.korean() } else { tag.name() };
    let maker = ClipMaker::new(11);
    let mut model = MusicTagger::new(&MusicTaggerConfig::for_clips(), &mut ChaCha8Rng::seed_from_u64(11));
    let mut optimizer = Adam::new(AdamConfig::default()).expect("valid settings");
    for step in 0..STEPS {
        let batch = maker.batch(step, 16);
        let (sum, answers) = model.loss(&batch, &mut Ctx::seeded(11, step, 0, true));
        let loss = sum / answers as f64;
        if step % 100 == 0 {
            println!("{} {step:>3}   loss {:.3}", say("step", "스텝"), loss.item());
        }
        let mut grads = loss.backward();
        drop(loss);
        clip_grad_norm(&model, &mut grads, 1.0);
        let learning_rate = 0.005 * (1.0 - step as f64 / STEPS as f64);
        optimizer.step(&mut model, &grads, learning_rate).expect("every parameter has a gradient");
    }

    let scores = TaggingScores::of(&model, &maker.held_out(200));
    println!(
        "\n{}: {:.1} %, {}: {:.1} %, F1: {:.1} %",
        say("held-out clips with all tags right", "태그가 모두 맞은 평가용 클립"),
        100.0 * scores.exact,
        say("single answers", "태그별 답"),
        100.0 * scores.answers,
        100.0 * scores.heard.f1
    );
    println!("{}", say("attention of a tag on its own half:", "태그의 어텐션이 자기 절반에 놓인 몫:"));
    for pair in Tag::SLIDE_PAIRS {
        let shares = attention_on_own_segment(&model, &maker.held_out_pair(pair, 20));
        let means = pair.map(|tag| {
            let of_tag = || shares.iter().filter(|(of, _)| *of == tag).map(|(_, share)| share);
            format!("{} {:.1} %", name(tag), 100.0 * of_tag().sum::<f64>() / of_tag().count() as f64)
        });
        println!("  {}", means.join("   "));
    }
    let clip = maker.held_out_pair([Tag::Drums, Tag::Harp], 1).remove(0);
    print!("\n{}", picture(&model, &clip, name).to_terminal(&TerminalStyle::detect()));
}

/// The spectrogram of a clip, and where its tags listen.
fn picture(model: &MusicTagger, clip: &Clip, name: impl Fn(Tag) -> &'static str) -> AttentionOverTime {
    let names: Vec<&str> = clip.tags.iter().map(|tag| name(*tag)).collect();
    let shape = [ClipMaker::FRAMES, Spectrogram::BANDS];
    let mut picture = AttentionOverTime::new().sound(&names.join(" + "), shape, &clip.frames.to_vec());
    let output = model.forward(&ClipBatch::new(std::slice::from_ref(clip)).frames, &mut Ctx::eval());
    for (tag, name) in clip.tags.iter().zip(names) {
        let weights = output.tag_attention.select(0, 0).select(0, tag.index() as isize);
        picture = picture.attention(name, &weights.to_vec());
    }
    picture
}

/// Whether `--lang ko` was given.
fn korean() -> bool {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["--lang", "en"] => false,
        ["--lang", "ko"] => true,
        _ => {
            eprintln!("usage: s11_music_tagging [--lang ko|en]");
            std::process::exit(2);
        }
    }
}
