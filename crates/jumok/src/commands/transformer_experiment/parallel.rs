//! `jumok transformer experiment parallel`: slide S21, *learning in parallel*.
//!
//! One text is read forward and back by a GRU and by a layer of a Transformer with about as many parameters. Counted are the
//! steps that wait for one another, on the graph that was really computed; timed is the whole, on one thread and on all.

use jumok_attention::Mask;
use jumok_nn::{Ctx, Init, Module};
use jumok_seq2seq::{CellKind, Recurrent, RecurrentConfig};
use jumok_tensor::Tensor;
use jumok_training::grouped;
use jumok_transformer::probe::{longest_chain, reads_other_tokens};
use jumok_transformer::{Encoder, EncoderLayerConfig};
use jumok_viz::{Align, Curve, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::cli::ParallelArgs;
use crate::commands::bench::clock::Clock;
use crate::convert::viz_language;
use crate::texts::transformer_experiment as texts;
use crate::{CommandError, Console};

const SHORTEST: usize = 8;
const BLOCKS: usize = 3;

/// A model that turns `[B, T, D]` into `[B, T, D]`.
type Reader<'a> = &'a (dyn Fn(&Tensor) -> Tensor + Sync);

/// Prints dependent steps and milliseconds against the length of the text for both models, and draws the milliseconds.
///
/// # Errors
/// [`CommandError`] if the length makes no sense or the plot cannot be written.
pub fn parallel(args: &ParallelArgs, console: Console) -> Result<(), CommandError> {
    if args.max_length < 2 * SHORTEST {
        return Err(CommandError::option("--max-length", args.max_length, "there must be two lengths: at least 16"));
    }
    let width = args.width;
    let heads = [4, 2, 1].into_iter().find(|heads| width.is_multiple_of(*heads)).expect("1 divides every width");
    let rng = &mut ChaCha8Rng::seed_from_u64(args.seed);
    let gru = Recurrent::new(&RecurrentConfig::new(CellKind::Gru, width, width), rng);
    let encoder = Encoder::new(&EncoderLayerConfig::new(width, heads, width), 1, false, rng);
    let read: [(_, Reader<'_>); 2] = [
        (texts::GRU, &|x| gru.forward(x, None, None, &mut Ctx::eval()).output),
        (texts::TRANSFORMER, &|x| encoder.forward(x, &Mask::none(), &mut Ctx::eval())),
    ];
    let (language, threads) = (console.language(), rayon::current_num_threads());
    let parameters = [gru.parameter_count(), encoder.parameter_count()].map(|count| grouped(count as u64));
    console.say(&texts::PARALLEL_PLAN, &[("width", &width), ("gru", &parameters[0]), ("transformer", &parameters[1])]);

    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let one = one.map_err(|error| CommandError::Threads { threads: 1, reason: error.to_string() })?;
    let lengths: Vec<usize> =
        std::iter::successors(Some(SHORTEST), |t| Some(2 * t)).take_while(|t| *t <= args.max_length).collect();
    let tokens_and = |columns: Vec<String>| {
        let count = 1 + columns.len();
        let tokens = [texts::COLUMN_TOKENS.get(language).to_owned()];
        Table::new(tokens.into_iter().chain(columns)).align(vec![Align::Right; count])
    };
    let mut chains = tokens_and(
        read.iter().map(|(name, _)| texts::COLUMN_STEPS.fill(language, &[("name", &name.get(language))])).collect(),
    );
    let timed: Vec<usize> = if threads > 1 { vec![1, threads] } else { vec![1] };
    let series: Vec<String> = read
        .iter()
        .flat_map(|(name, _)| timed.iter().map(move |threads| (name, threads)))
        .map(|(name, threads)| {
            texts::COLUMN_TIME.fill(language, &[("name", &name.get(language)), ("threads", threads)])
        })
        .collect();
    let mut times = tokens_and(series.clone());
    let mut milliseconds: Vec<Vec<(f64, f64)>> = vec![vec![]; series.len()];
    for &tokens in &lengths {
        let x = Init::Normal { mean: 0.0, std: 1.0 }.parameter(&[1, tokens, width], rng);
        let mut row = vec![tokens.to_string()];
        let steps = read.iter().map(|(_, read)| longest_chain(&read(&x), reads_other_tokens).to_string());
        chains.row(row.iter().cloned().chain(steps));
        let ways = read.iter().flat_map(|(_, read)| timed.iter().map(move |threads| (read, *threads)));
        for (n, (read, threads)) in ways.enumerate() {
            let clock = Clock { steps: None, blocks: BLOCKS, block_seconds: args.seconds / BLOCKS as f64 };
            let step = || {
                read(&x).pow_scalar(2.0).mean_all().backward();
                Ok::<(), CommandError>(())
            };
            // Inside a pool's thread an operation stays on it; outside it spreads over all of them.
            let timing = if threads == 1 { one.install(|| clock.time(step)) } else { clock.time(step) }?;
            row.push(format!("{:.2}", timing.median));
            milliseconds[n].push((tokens as f64, timing.median));
        }
        times.row(row);
    }
    for (text, table) in [(&texts::PARALLEL_STEPS, chains), (&texts::PARALLEL_TIMES, times)] {
        console.line("");
        console.line(text.get(language));
        console.raw(&table.to_terminal(&TerminalStyle::detect()));
    }

    let mut curve = Curve::new(texts::PARALLEL_TITLE.get(language))
        .axes(texts::AXIS_TOKENS.get(language), texts::AXIS_MS.get(language))
        .language(viz_language(language))
        .log_scale();
    for (name, points) in series.iter().zip(milliseconds) {
        curve = curve.dotted_series(name, points);
    }
    curve.save_svg(&args.svg)?;
    console.say(&texts::PLOT_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}
