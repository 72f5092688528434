//! Slide S20 (half a minute): the whole Transformer. An encoder reads letters, a decoder writes them backwards, and cross-attention is
//! how it knows what to write. Prints the loss, how many unseen sequences come out right (greedily and by beam search), where
//! each head of each layer looks, and the map of the head that shows it best. `--lang ko` for Korean.
//!
//! ```text
//! cargo run --release -p jumok-transformer --example s20_encoder_decoder
//! ```

use std::error::Error;

use jumok_nn::translation::{BeamOptions, DecodingOptions, Seq2SeqBatch};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Module, Optimizer, Schedule, clip_grad_norm};
use jumok_tensor::Tensor;
use jumok_text::{
    BatchOptions, ParallelData, Task, TaskOptions, Vocabulary, VocabularyOptions, encode_pairs, task_pairs,
};
use jumok_transformer::translation::{TransformerConfig, TransformerForTranslation};
use jumok_viz::{HeatMap, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const STEPS: u64 = 800;

fn main() -> Result<(), Box<dyn Error>> {
    let korean = std::env::args().any(|argument| argument == "ko" || argument == "--lang=ko");
    let say = |english: &'static str, in_korean: &'static str| if korean { in_korean } else { english };

    let task = TaskOptions { held_out: 200, max_length: 8, ..TaskOptions::new(Task::Reverse) };
    let pairs = task_pairs(&task)?;
    let sources = pairs.training.iter().map(|pair| pair.source.as_str());
    let vocabulary = Vocabulary::train(sources, &VocabularyOptions::default())?;
    let encode = |pairs| encode_pairs(pairs, &vocabulary, &vocabulary, task.max_length).0;
    let data = ParallelData::new(encode(&pairs.training), BatchOptions::default())?;
    let unseen = encode(&pairs.held_out);

    let config = TransformerConfig { vocab_size: vocabulary.size(), ..TransformerConfig::tiny() };
    let mut model = TransformerForTranslation::new(&config, &mut ChaCha8Rng::seed_from_u64(0))?;
    println!("{}: {}", say("parameters", "파라미터"), model.parameter_count());
    let mut optimizer = AdamW::new(AdamWConfig { betas: (0.9, 0.98), ..AdamWConfig::default() })?;
    let schedule = Schedule::Linear { lr: 3e-3, warmup_steps: STEPS / 10, total_steps: STEPS };
    for step in 0..STEPS {
        let batch = data.batch(step);
        let batch = Seq2SeqBatch::new(&batch.sources, &batch.targets, &config);
        let loss = model.loss(&batch, 0.0, &mut Ctx::seeded(0, step, 0, true));
        if step % 200 == 0 || step + 1 == STEPS {
            let right = 100.0 * loss.correct as f64 / loss.tokens as f64;
            println!(
                "{} {:>4}   {} {:.3}   {} {right:.1} %",
                say("step", "스텝"),
                step + 1,
                say("loss", "손실"),
                loss.loss.item(),
                say("letters right", "맞힌 글자"),
            );
        }
        let mut gradients = loss.loss.backward();
        drop(loss);
        clip_grad_norm(&model, &mut gradients, 1.0);
        optimizer.step(&mut model, &gradients, schedule.lr(step))?;
    }

    let sources: Vec<Vec<i64>> = unseen.iter().map(|pair| pair.source.clone()).collect();
    let greedy = model.greedy(&sources, &DecodingOptions::default());
    let beam = model.beam(&sources, &BeamOptions::default());
    for (name, translations) in [(say("greedy", "탐욕"), &greedy), (say("beam of 4", "빔 4개"), &beam)] {
        let right = translations.iter().zip(&unseen).filter(|(said, pair)| said.tokens == pair.target).count();
        println!("{name}: {right} / {} {}", unseen.len(), say("unseen sequences right", "처음 보는 수열을 맞힘"));
    }

    // Of every head the share of the written letters that look most at the letter they are made of.
    println!("\n{}", say("letters that look most at their own, in %:", "제 글자를 가장 많이 본 글자, %:"));
    let heads = config.decoder_attention_heads;
    let mut on = vec![vec![0; heads]; config.decoder_layers];
    let mut written = 0;
    for (source, translation) in sources.iter().zip(&greedy).take(50) {
        written += translation.tokens.len();
        for (layer, weights) in model.cross_attention(source, &translation.tokens).iter().enumerate() {
            for (head, on) in on[layer].iter_mut().enumerate() {
                let largest = weights.select(0, head as isize).argmax(-1, false); //   [T + 1]
                let own = |&(t, &place): &(usize, &i64)| place + t as i64 + 1 == source.len() as i64;
                *on += largest.as_slice().iter().take(translation.tokens.len()).enumerate().filter(own).count();
            }
        }
    }
    let (mut best, mut most) = ((0, 0), 0);
    for (layer, on) in on.iter().enumerate() {
        let shares = on.iter().map(|&on| format!("{:>4.0}", 100.0 * on as f64 / written as f64));
        println!("  {} {layer}  {}", say("layer", "층"), shares.collect::<String>());
        for (head, &on) in on.iter().enumerate() {
            if on > most {
                (best, most) = ((layer, head), on);
            }
        }
    }

    let shown =
        sources.iter().position(|source| source.len() == task.max_length).ok_or("no sequence of eight letters")?;
    let (layer, head) = best;
    println!("\n{} {layer}, {} {head}:", say("layer", "층"), say("head", "헤드"));
    let weights = &model.cross_attention(&sources[shown], &greedy[shown].tokens)[layer];
    let map = picture(&weights.select(0, head as isize), &sources[shown], &greedy[shown].tokens, &vocabulary, korean);
    println!("{}", map.to_terminal(&TerminalStyle::detect()));
    Ok(())
}

/// Rows are what was written, the last of them the end; columns are what was read. Weights `[T + 1, S]`.
fn picture(weights: &Tensor, source: &[i64], translation: &[i64], vocabulary: &Vocabulary, korean: bool) -> HeatMap {
    let [rows, columns] = weights.dims();
    let mut written = vocabulary.tokens(translation);
    written.push("</s>");
    let (row_axis, column_axis) = if korean { ("쓴 것", "읽은 것") } else { ("written", "read") };
    HeatMap::new(&weights.to_vec(), [rows, columns])
        .row_labels(&written)
        .col_labels(vocabulary.tokens(source))
        .axes(row_axis, column_axis)
        .show_values(2)
}
