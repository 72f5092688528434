//! `jumok seq2seq experiment tagging`: slide S11, tags for music and where each of them listens.

use jumok_nn::Module;
use jumok_seq2seq::music::{
    Clip, ClipBatch, ClipMaker, MusicTagger, MusicTaggerConfig, Spectrogram, Tag, TaggingScores,
    attention_on_own_segment,
};
use jumok_training::{Language, ProgressStyle, grouped};
use jumok_viz::{Align, AttentionOverTime, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::short_run::ShortRun;
use crate::cli::TaggingArgs;
use crate::commands::run::percent;
use crate::texts::seq2seq as texts;
use crate::{CommandError, Console};

/// Held-out clips of each of the slide's pairs.
const CLIPS_OF_PAIR: usize = 40;

/// Trains a tagger, prints how well it does and how much each tag listens to its own half, and draws the slide's pairs.
///
/// # Errors
/// [`CommandError`] if training diverges or the picture cannot be written.
pub fn tagging(args: &TaggingArgs, progress: ProgressStyle, console: Console) -> Result<(), CommandError> {
    let language = console.language();
    let maker = ClipMaker::new(args.seed);
    let mut model = MusicTagger::new(&MusicTaggerConfig::for_clips(), &mut ChaCha8Rng::seed_from_u64(args.seed));
    console.say(
        &texts::TAGGING_PLAN,
        &[
            ("parameters", &grouped(model.parameter_count() as u64)),
            ("steps", &args.steps),
            ("batch", &args.batch_size),
            ("seed", &args.seed),
        ],
    );
    let run = ShortRun { steps: args.steps, seed: args.seed, lr: 5e-3, progress };
    let loss = |model: &MusicTagger, batch: &ClipBatch, rows, ctx: &mut _| {
        let (sum, answers) = model.loss(&batch.rows(rows), ctx);
        (sum / batch.labels.len() as f64, answers)
    };
    let batch = |step| (maker.batch(step, args.batch_size), args.batch_size);
    run.train(&mut model, batch, loss, console)?.say(console);

    let clips = maker.held_out(args.held_out);
    console.line("");
    console.say(&texts::TAGGING_RESULTS, &[("clips", &clips.len()), ("tags", &Tag::ALL.len())]);
    console.raw(&results(&TaggingScores::of(&model, &clips), &clips, language).to_terminal(&TerminalStyle::detect()));

    let pairs = Tag::SLIDE_PAIRS.map(|pair| (pair, maker.held_out_pair(pair, CLIPS_OF_PAIR)));
    console.line("");
    console.say(&texts::TAGGING_ATTENTION, &[("clips", &CLIPS_OF_PAIR), ("even", &percent(0.5))]);
    console.raw(&attention(&model, &pairs, language).to_terminal(&TerminalStyle::detect()));

    let firsts = pairs.map(|(_, mut clips)| clips.swap_remove(0));
    picture(&model, &firsts, language).save_svg(&args.svg)?;
    console.say(&texts::PICTURE_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}

/// The name of a tag in the language.
fn name(tag: Tag, language: Language) -> &'static str {
    match language {
        Language::English => tag.name(),
        Language::Korean => tag.korean(),
    }
}

/// The figures beside those of the better of two guessers.
fn results(scores: &TaggingScores, clips: &[Clip], language: Language) -> Table {
    let (silent, eager) = (TaggingScores::of_guess(&[], clips), TaggingScores::of_guess(&Tag::ALL, clips));
    let columns =
        [texts::COLUMN_FIGURE, texts::COLUMN_VALUE, crate::texts::COLUMN_BASELINE, crate::texts::COLUMN_GUESS];
    let align = [Align::Left, Align::Right, Align::Right, Align::Left];
    let mut table = Table::new(columns.map(|text| text.get(language))).align(align);
    for (row, value, baseline, guess) in [
        (texts::ROW_TAG_SETS, scores.exact, silent.exact, texts::GUESS_NO_TAG),
        (texts::ROW_TAG_ANSWERS, scores.answers, silent.answers, texts::GUESS_NO_TAG),
        (texts::ROW_TAG_F1, scores.heard.f1, eager.heard.f1, texts::GUESS_ALL_TAGS),
    ] {
        table.row([row.get(language), &percent(value), &percent(baseline), guess.get(language)]);
    }
    table
}

/// For each pair how much of the attention of its tags lies on their own halves, and how many clips are tagged rightly.
fn attention(model: &MusicTagger, pairs: &[([Tag; 2], Vec<Clip>)], language: Language) -> Table {
    let columns = [texts::COLUMN_PAIR, texts::COLUMN_FIRST, texts::COLUMN_SECOND, texts::COLUMN_EXACT];
    let align = [Align::Left, Align::Right, Align::Right, Align::Right];
    let mut table = Table::new(columns.map(|text| text.get(language))).align(align);
    for (pair, clips) in pairs {
        let shares = attention_on_own_segment(model, clips);
        let [first, second] = pair.map(|tag| {
            let of_tag: Vec<f64> = shares.iter().filter(|(of, _)| *of == tag).map(|(_, share)| *share).collect();
            percent(of_tag.iter().sum::<f64>() / of_tag.len() as f64)
        });
        let names = pair.map(|tag| name(tag, language)).join(" + ");
        table.row([names, first, second, percent(TaggingScores::of(model, clips).exact)]);
    }
    table
}

/// Clips of two tags as the slide draws them: the spectrogram above, the attention of both tags below.
fn picture(model: &MusicTagger, clips: &[Clip], language: Language) -> AttentionOverTime {
    let [title, axis] = [texts::TAGGING_TITLE, texts::AXIS_TIME].map(|text| text.get(language));
    let mut picture = AttentionOverTime::new().title(title).axis(axis);
    let batch = ClipBatch::new(clips);
    let weights = jumok_tensor::no_grad(|| model.forward(&batch.frames, &mut jumok_nn::Ctx::eval()).tag_attention);
    for (n, clip) in clips.iter().enumerate() {
        let names: Vec<&str> = clip.tags.iter().map(|tag| name(*tag, language)).collect();
        let frames = clip.segments.last().map_or(0, |segment| segment.end);
        picture = picture.sound(&names.join(" + "), [frames, Spectrogram::BANDS], &clip.frames.to_vec());
        for segment in &clip.segments[1..] {
            picture = picture.border(segment.start);
        }
        for (tag, name) in clip.tags.iter().zip(names) {
            let of_tag = weights.select(0, n as isize).select(0, tag.index() as isize).to_vec();
            picture = picture.attention(name, &of_tag);
        }
    }
    picture
}
