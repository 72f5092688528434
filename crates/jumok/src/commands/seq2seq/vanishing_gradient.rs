//! `jumok seq2seq experiment vanishing-gradient`: slide S03, *long inputs lose information*.
//!
//! The answer to a long sequence is its first symbol. How much of the loss's gradient arrives at the state that read it, and at
//! all those on the way?

use jumok_lecture::lessons::s03::reader_name;
use jumok_seq2seq::probe::{Order, Reader, Symbols, factor_per_step, first_symbol_batch, gradient_norms};
use jumok_viz::{Align, Curve, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::cli::VanishingGradientArgs;
use crate::convert::viz_language;
use crate::texts::seq2seq as texts;
use crate::{CommandError, Console};

const SYMBOLS: usize = 26;

/// Prints ‖∂L/∂h_t‖ at some steps and the factor per step of fresh models, and draws all steps on a logarithmic axis.
///
/// # Errors
/// [`CommandError`] if the length makes no sense or the plot cannot be written.
pub fn vanishing_gradient(args: &VanishingGradientArgs, console: Console) -> Result<(), CommandError> {
    if args.length < 4 {
        return Err(CommandError::option("--length", args.length, "there must be some steps to go back: at least 4"));
    }
    let language = console.language();
    console.say(
        &texts::GRADIENT_PLAN,
        &[("width", &args.hidden_size), ("length", &args.length), ("sentences", &args.sentences)],
    );
    let symbols = Symbols { count: SYMBOLS, lengths: args.length..=args.length, order: Order::Copy };
    let places = [1, args.length / 2, args.length];
    let columns = places.map(|t| texts::COLUMN_STEP_READ.fill(language, &[("step", &t)]));
    let mut heading = vec![texts::COLUMN_READER.get(language).to_owned()];
    heading.extend(columns);
    heading.push(texts::COLUMN_FACTOR.get(language).to_owned());
    let mut align = [Align::Right; 5];
    align[0] = Align::Left;
    let mut table = Table::new(heading).align(align);
    let mut curve = Curve::new(texts::GRADIENT_TITLE.get(language))
        .axes(texts::AXIS_STEP_READ.get(language), "‖∂L/∂hₜ‖")
        .language(viz_language(language))
        .log_scale();
    for reader in Reader::FOR_GRADIENTS {
        // Every model reads the same sequences.
        let (sources, _) = symbols.pairs(args.sentences, &mut ChaCha8Rng::seed_from_u64(args.seed.wrapping_add(1)));
        let model = reader.model(&symbols, args.hidden_size, &mut ChaCha8Rng::seed_from_u64(args.seed))?;
        let norms = gradient_norms(&model, &first_symbol_batch(&sources, &model.config));
        let name = reader_name(&reader, language);
        let numbers = places.iter().map(|t| format!("{:.1e}", norms[t - 1]));
        let factor = format!("{:.3}", factor_per_step(&norms));
        table.row(std::iter::once(name.clone()).chain(numbers).chain([factor]));
        curve = curve.series(&name, norms.iter().enumerate().map(|(t, norm)| (t as f64 + 1.0, *norm)));
    }
    console.line("");
    console.line(texts::GRADIENT_RESULT.get(language));
    console.raw(&table.to_terminal(&TerminalStyle::detect()));
    console.line("");
    console.raw(&curve.to_terminal(&TerminalStyle::detect()));
    console.line(texts::GRADIENT_MEANING.get(language));
    curve.save_svg(&args.svg)?;
    console.say(&texts::PLOT_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}
