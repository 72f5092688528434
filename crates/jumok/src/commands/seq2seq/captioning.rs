//! `jumok seq2seq experiment captioning`: slide S12, captions for images and where each word looks.

use std::collections::BTreeMap;

use jumok_nn::Module;
use jumok_seq2seq::captioning::{
    Caption, CaptionBatch, CaptionData, CaptionScores, Captioner, CaptionerConfig, Scene, Split, scenes,
};
use jumok_training::{Language, ProgressStyle, grouped};
use jumok_viz::{Align, AttentionOverImage, Rgb, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::short_run::ShortRun;
use crate::cli::{CaptioningArgs, Lang};
use crate::commands::run::percent;
use crate::texts::seq2seq as texts;
use crate::{CommandError, Console};

/// Scenes that are shown with what the model says.
const SHOWN: usize = 4;

/// Trains a captioner, prints how well it does and how often a word looks at what it names, and draws some scenes.
///
/// # Errors
/// [`CommandError`] if training diverges or the picture cannot be written.
pub fn captioning(args: &CaptioningArgs, progress: ProgressStyle, console: Console) -> Result<(), CommandError> {
    let language = console.language();
    let of_captions = match (args.captions, language) {
        (Some(Lang::En), _) | (None, Language::English) => jumok_text::Language::English,
        (Some(Lang::Ko), _) | (None, Language::Korean) => jumok_text::Language::Korean,
    };
    let data = CaptionData::new(of_captions, args.seed)?;
    let config = CaptionerConfig::for_scenes(data.vocabulary.size());
    let mut model = Captioner::new(&config, &mut ChaCha8Rng::seed_from_u64(args.seed));
    console.say(
        &texts::CAPTIONING_PLAN,
        &[
            ("parameters", &grouped(model.parameter_count() as u64)),
            ("steps", &args.steps),
            ("batch", &args.batch_size),
            ("seed", &args.seed),
        ],
    );
    let run = ShortRun { steps: args.steps, seed: args.seed, lr: 6e-3, progress };
    let loss = |model: &Captioner, batch: &CaptionBatch, rows, ctx: &mut _| {
        let loss = model.loss(&batch.rows(rows), ctx);
        (loss.sum / batch.target_tokens() as f64, loss.tokens)
    };
    let batch = |step| (data.batch(step, args.batch_size), args.batch_size);
    run.train(&mut model, batch, loss, console)?.say(console);

    let held_out = data.held_out(args.held_out);
    let scores = CaptionScores::of(&model, &held_out, &data);
    console.line("");
    console.say(&texts::CAPTIONING_RESULTS, &[("scenes", &held_out.len())]);
    console.raw(&results(&scores, &held_out, &data, args.seed, language).to_terminal(&TerminalStyle::detect()));

    let shown = &held_out[..SHOWN.min(held_out.len())];
    let batch = data.encode(shown);
    let [_, longest] = batch.target.dims();
    let captions = model.greedy(&batch.patches, longest);
    console.line("");
    console.line(texts::EXAMPLES.get(language));
    console.raw(&examples(shown, &captions, &data, language).to_terminal(&TerminalStyle::detect()));
    picture(shown, &captions, &data, language).save_svg(&args.svg)?;
    console.say(&texts::PICTURE_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}

/// The figures beside those of guessers.
fn results(scores: &CaptionScores, held_out: &[Scene], data: &CaptionData, seed: u64, language: Language) -> Table {
    let guess = most_frequent(data.language, seed);
    let guessed = held_out.iter().filter(|scene| scene.caption(data.language) == guess).count();
    let one_cell = 1.0 / Scene::CELLS as f64;
    let guess = texts::GUESS_CAPTION.fill(language, &[("caption", &guess)]);
    let cell = texts::GUESS_CELL.fill(language, &[("cells", &Scene::CELLS)]);
    let columns =
        [texts::COLUMN_FIGURE, texts::COLUMN_VALUE, crate::texts::COLUMN_BASELINE, crate::texts::COLUMN_GUESS];
    let align = [Align::Left, Align::Right, Align::Right, Align::Left];
    let mut table = Table::new(columns.map(|text| text.get(language))).align(align);
    for (row, value, baseline, guess) in [
        (texts::ROW_CAPTIONS, scores.exact, guessed as f64 / held_out.len().max(1) as f64, &guess),
        (texts::ROW_ON_OBJECT, scores.on_object, one_cell, &cell),
        (texts::ROW_MASS_ON_OBJECT, scores.mass_on_object, one_cell, &cell),
    ] {
        table.row([row.get(language), &percent(value), &percent(baseline), guess]);
    }
    table
}

/// The most frequent caption of some thousand training scenes, the first in the alphabet of equals.
fn most_frequent(language: jumok_text::Language, seed: u64) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for scene in scenes(2000, Split::Training, seed, 0) {
        *counts.entry(scene.caption(language)).or_default() += 1;
    }
    let most = counts.values().copied().max();
    counts.into_iter().find(|(_, count)| Some(*count) == most).map(|(caption, _)| caption).unwrap_or_default()
}

fn examples(scenes: &[Scene], captions: &[Caption], data: &CaptionData, language: Language) -> Table {
    let mut table = Table::new([texts::COLUMN_CAPTION, texts::COLUMN_TRUTH].map(|text| text.get(language)));
    for (scene, caption) in scenes.iter().zip(captions) {
        let (said, truth) = (data.vocabulary.decode(&caption.tokens), scene.caption(data.language));
        let differs = if said == truth { String::new() } else { truth };
        table.row([said, differs]);
    }
    table
}

/// The scenes, and beside each the map of every word of its caption.
fn picture(scenes: &[Scene], captions: &[Caption], data: &CaptionData, language: Language) -> AttentionOverImage {
    let mut picture = AttentionOverImage::new().title(texts::CAPTIONING_TITLE.get(language));
    for (scene, caption) in scenes.iter().zip(captions) {
        let level = |x: &jumok_tensor::Elem| (x * 255.0).round() as u8;
        let pixels: Vec<Rgb> =
            scene.image.chunks(3).map(|rgb| Rgb(level(&rgb[0]), level(&rgb[1]), level(&rgb[2]))).collect();
        picture = picture.image(Scene::SIDE, &pixels);
        let weights = caption.attention.to_vec();
        for (word, weights) in data.vocabulary.tokens(&caption.tokens).into_iter().zip(weights.chunks(Scene::CELLS)) {
            picture = picture.word(word, [Scene::GRID, Scene::GRID], weights);
        }
    }
    picture
}
