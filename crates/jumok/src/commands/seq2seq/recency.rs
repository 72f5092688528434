//! `jumok seq2seq experiment recency`: slide S03, *the last words drown the first*.
//!
//! Another symbol is put in the place of one, position by position, and the shift of what the decoder is given is measured: of the
//! encoder's last state, or of the context of the step that needs that very word. Once before training and once after it.

use std::time::Instant;

use jumok_lecture::lessons::s03::reader_name;
use jumok_seq2seq::Seq2Seq;
use jumok_seq2seq::probe::{Order, Reader, Symbols, TrainingOptions, context_shifts, last_quarter_share};
use jumok_training::{Language, Text, minutes_and_seconds};
use jumok_viz::{Align, Curve, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::cli::RecencyArgs;
use crate::commands::run::{check_finite, percent};
use crate::convert::viz_language;
use crate::texts::seq2seq as texts;
use crate::{CommandError, Console};

const READERS: [Reader; 4] = Reader::FOR_RECENCY;
const SYMBOLS: usize = 26;
const BATCH_SIZE: usize = 32;
const LEARNING_RATE: f64 = 0.01;

/// Prints by how much each position of the source moves what decoders are given, of fresh models and of trained ones, and draws
/// it for the fresh ones.
///
/// # Errors
/// [`CommandError`] if the length makes no sense, training diverges or the plot cannot be written.
pub fn recency(args: &RecencyArgs, console: Console) -> Result<(), CommandError> {
    if args.length < 4 {
        return Err(CommandError::option("--length", args.length, "there must be a last quarter: at least 4"));
    }
    let language = console.language();
    let order = if args.task == "copy" { Order::Copy } else { Order::Reverse };
    let symbols = Symbols { count: SYMBOLS, lengths: args.length..=args.length, order };
    // The same sequences for all models, and other ones than they are trained on.
    let sequences = || ChaCha8Rng::seed_from_u64(args.seed.wrapping_add(1));
    let (sources, _) = symbols.pairs(args.sentences, &mut sequences());
    let shifts = |model: &Seq2Seq| context_shifts(model, &symbols, &sources, &mut sequences());
    console.say(
        &texts::RECENCY_PLAN,
        &[("sentences", &args.sentences), ("length", &args.length), ("width", &args.hidden_size)],
    );

    let generator = || ChaCha8Rng::seed_from_u64(args.seed);
    let mut fresh = vec![];
    for reader in READERS {
        fresh.push(shifts(&reader.model(&symbols, args.hidden_size, &mut generator())?));
    }
    console.line("");
    console.line(texts::RECENCY_FRESH.get(language));
    console.raw(&table(&fresh, language).to_terminal(&TerminalStyle::detect()));

    if args.steps > 0 {
        console.line("");
        console.say(&texts::RECENCY_TRAINING, &[("steps", &args.steps), ("task", &args.task)]);
        let mut trained = vec![];
        for reader in READERS {
            let rng = &mut generator();
            let mut model = reader.model(&symbols, args.hidden_size, rng)?;
            train(&mut model, &reader_name(&reader, language), &symbols, args.steps, rng, console)?;
            trained.push(shifts(&model));
        }
        console.line("");
        console.line(texts::RECENCY_TRAINED.get(language));
        console.raw(&table(&trained, language).to_terminal(&TerminalStyle::detect()));
    }
    plot(&fresh, language).save_svg(&args.svg)?;
    console.say(&texts::PLOT_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}

/// Trains a model, and says how well it has learned.
fn train(
    model: &mut Seq2Seq,
    name: &str,
    symbols: &Symbols,
    steps: u64,
    rng: &mut ChaCha8Rng,
    console: Console,
) -> Result<(), CommandError> {
    let started = Instant::now();
    let (mut sound, mut right) = (Ok(()), 0.0);
    let options = TrainingOptions { steps, batch_size: BATCH_SIZE, learning_rate: LEARNING_RATE };
    symbols.train(model, &options, rng, |step, loss| {
        if sound.is_ok() {
            sound = check_finite(step + 1, loss.loss.item(), 0.0, LEARNING_RATE);
        }
        right = loss.correct as f64 / loss.tokens as f64;
    });
    sound?;
    let time = minutes_and_seconds(started.elapsed().as_secs_f64());
    console.say(&texts::RECENCY_RIGHT, &[("name", &name), ("time", &time), ("right", &percent(right))]);
    Ok(())
}

/// The share of every position, and of the last quarter together: a column for each reader.
fn table(profiles: &[Vec<f64>], language: Language) -> Table {
    let mut heading = vec![texts::COLUMN_POSITION.get(language).to_owned()];
    heading.extend(READERS.iter().map(|reader| reader_name(reader, language)));
    let mut table = Table::new(heading).align([Align::Right; 1 + READERS.len()]);
    for position in 0..profiles[0].len() {
        let shares = profiles.iter().map(|shifts| percent(shifts[position] / shifts.iter().sum::<f64>()));
        table.row(std::iter::once((position + 1).to_string()).chain(shares));
    }
    let last = profiles.iter().map(|shifts| percent(last_quarter_share(shifts)));
    table.row(std::iter::once(texts::ROW_LAST_QUARTER.get(language).to_owned()).chain(last));
    table
}

fn plot(profiles: &[Vec<f64>], language: Language) -> Curve {
    let say = |text: Text| text.get(language);
    let curve = Curve::new(say(texts::RECENCY_TITLE))
        .axes(say(texts::AXIS_POSITION), say(texts::AXIS_SHARE))
        .language(viz_language(language))
        .baseline(say(texts::EVEN_SHARE), 1.0 / profiles[0].len() as f64)
        .include(0.0);
    READERS.iter().zip(profiles).fold(curve, |curve, (reader, shifts)| {
        let sum: f64 = shifts.iter().sum();
        let points = shifts.iter().enumerate().map(|(n, shift)| (n as f64 + 1.0, shift / sum));
        curve.dotted_series(&reader_name(reader, language), points)
    })
}
