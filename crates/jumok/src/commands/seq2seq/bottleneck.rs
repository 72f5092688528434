//! `jumok seq2seq experiment bottleneck`: slide S03, *everything in one vector*.
//!
//! Two encoder–decoders of the same width learn to repeat or reverse sequences. One decoder sees the source as a single vector of
//! fixed size, the other may look at every state of the encoder. Short sequences fit into the vector; long ones do not.

use jumok_nn::Module;
use jumok_seq2seq::{AttentionKind, Seq2Seq, Seq2SeqBatch, Seq2SeqConfig};
use jumok_text::{
    BatchOptions, ParallelData, SentencePair, Task, TaskOptions, Vocabulary, VocabularyOptions, encode_pairs,
    task_pairs,
};
use jumok_training::{ProgressStyle, Text, grouped};
use jumok_viz::{Curve, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::model::with_width;
use super::short_run::ShortRun;
use crate::cli::BottleneckArgs;
use crate::commands::run::percent;
use crate::commands::translation::evaluation::score;
use crate::convert::viz_language;
use crate::texts::seq2seq as texts;
use crate::{CommandError, Console};

/// Symbols of the shortest sequence.
const MIN_LENGTH: usize = 4;
/// Lengths that are looked at lie so far apart.
const LENGTH_STEP: usize = 4;
const TRAINING_PAIRS: usize = 20_000;
const LEARNING_RATE: f64 = 5e-3;

/// What is read and what is judged by.
struct Sequences {
    training: ParallelData,
    /// Held-out pairs of each length.
    held_out: Vec<(usize, Vec<SentencePair>)>,
    vocabulary: Vocabulary,
}

/// Trains both models, prints accuracy against length, and draws it.
///
/// # Errors
/// [`CommandError`] if the lengths make no sense, training diverges or the plot cannot be written.
pub fn bottleneck(args: &BottleneckArgs, progress: ProgressStyle, console: Console) -> Result<(), CommandError> {
    if args.max_length < MIN_LENGTH + LENGTH_STEP {
        let rule = format!("there must be long sequences to compare with those of {MIN_LENGTH}: at least 8");
        return Err(CommandError::option("--max-length", args.max_length, rule));
    }
    let language = console.language();
    let sequences = Sequences::generate(args)?;
    console.say(
        &texts::BOTTLENECK_PLAN,
        &[
            ("width", &args.hidden_size),
            ("task", &args.task),
            ("min", &MIN_LENGTH),
            ("max", &args.max_length),
            ("steps", &args.steps),
        ],
    );
    let measure = |kind, name| measure(args, kind, name, &sequences, progress, console);
    let fixed = measure(AttentionKind::None, &texts::FIXED)?;
    let attention = measure(AttentionKind::Bahdanau, &texts::ATTENTION)?;

    let lengths: Vec<usize> = sequences.held_out.iter().map(|(length, _)| *length).collect();
    let heading = [texts::COLUMN_LENGTH, texts::FIXED, texts::ATTENTION].map(|text| text.get(language));
    let mut table = Table::new(heading);
    for (n, length) in lengths.iter().enumerate() {
        table.row([&length.to_string(), &percent(fixed[n]), &percent(attention[n])]);
    }
    let longer_half = |values: &[f64]| {
        let half = &values[values.len() / 2..];
        percent(half.iter().sum::<f64>() / half.len() as f64)
    };
    table.row([texts::ROW_LONG_HALF.get(language), &longer_half(&fixed), &longer_half(&attention)]);
    console.line("");
    console.line(texts::BOTTLENECK_RESULT.get(language));
    console.raw(&table.to_terminal(&TerminalStyle::detect()));

    let points = |values: Vec<f64>| lengths.iter().map(|&length| length as f64).zip(values).collect::<Vec<_>>();
    Curve::new(&texts::BOTTLENECK_TITLE.fill(language, &[("task", &args.task)]))
        .axes(texts::AXIS_LENGTH.get(language), texts::AXIS_EXACT.get(language))
        .language(viz_language(language))
        .series(texts::FIXED.get(language), points(fixed))
        .series(texts::ATTENTION.get(language), points(attention))
        .include(0.0)
        .include(1.0)
        .save_svg(&args.svg)?;
    console.say(&texts::PLOT_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}

impl Sequences {
    fn generate(args: &BottleneckArgs) -> Result<Sequences, CommandError> {
        let task: Task = args.task.parse()?;
        let options = TaskOptions {
            seed: args.seed,
            training: TRAINING_PAIRS,
            held_out: 0,
            min_length: MIN_LENGTH,
            max_length: args.max_length,
            ..TaskOptions::new(task)
        };
        let training = task_pairs(&options)?.training;
        let vocabulary =
            Vocabulary::train(training.iter().map(|pair| pair.source.as_str()), &VocabularyOptions::default())?;
        let known: std::collections::HashSet<&str> = training.iter().map(|pair| pair.source.as_str()).collect();
        let mut held_out = vec![];
        for length in (MIN_LENGTH..=args.max_length).step_by(LENGTH_STEP) {
            // Drawn from another stream than the training pairs, and without those that happen to be among them.
            let of_length = TaskOptions {
                seed: args.seed.wrapping_add(1),
                training: 0,
                held_out: 2 * args.held_out_pairs,
                min_length: length,
                max_length: length,
                ..TaskOptions::new(task)
            };
            let new = task_pairs(&of_length)?.held_out.into_iter().filter(|pair| !known.contains(pair.source.as_str()));
            held_out.push((length, new.take(args.held_out_pairs).collect()));
        }
        let (encoded, _) = encode_pairs(&training, &vocabulary, &vocabulary, args.max_length);
        let training = ParallelData::new(encoded, BatchOptions { seed: args.seed, ..BatchOptions::default() })?;
        Ok(Sequences { training, held_out, vocabulary })
    }
}

/// Trains a model and gives the share of held-out sequences of each length that come out right as a whole.
fn measure(
    args: &BottleneckArgs,
    attention: AttentionKind,
    name: &Text,
    sequences: &Sequences,
    progress: ProgressStyle,
    console: Console,
) -> Result<Vec<f64>, CommandError> {
    let Sequences { training, held_out, vocabulary } = sequences;
    let name = name.get(console.language());
    console.say(&texts::BOTTLENECK_TRAINING, &[("name", &name)]);
    let config = Seq2SeqConfig {
        source_vocab_size: vocabulary.size(),
        target_vocab_size: vocabulary.size(),
        attention,
        cell: args.cell,
        ..with_width(Seq2SeqConfig::tiny(), args.hidden_size)
    };
    let mut model = Seq2Seq::new(&config, &mut ChaCha8Rng::seed_from_u64(args.seed))?;
    let run = ShortRun { steps: args.steps, seed: args.seed, lr: LEARNING_RATE, progress };
    let batch = |step| {
        let batch = training.batch(step);
        let batch = Seq2SeqBatch::new(&batch.sources, &batch.targets, &config);
        let rows = batch.len();
        (batch, rows)
    };
    let loss = |model: &Seq2Seq, batch: &Seq2SeqBatch, rows, ctx: &mut _| {
        let loss = model.loss(&batch.rows(rows), 1.0, ctx);
        (loss.sum / batch.target_tokens() as f64, loss.tokens)
    };
    let trained = run.train(&mut model, batch, loss, console)?;
    console.say(
        &texts::BOTTLENECK_TRAINED,
        &[
            ("name", &name),
            ("parameters", &grouped(model.parameter_count() as u64)),
            ("time", &trained.time),
            ("loss", &trained.loss),
        ],
    );
    let right = |pairs: &[SentencePair]| {
        let (ids, _) = encode_pairs(pairs, vocabulary, vocabulary, usize::MAX);
        score(&model, pairs, &ids, vocabulary, 1).exact_match
    };
    Ok(held_out.iter().map(|(_, pairs)| right(pairs)).collect())
}
