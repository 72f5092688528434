//! `jumok transformer experiment recall`: slide S21, *long texts*.
//!
//! Cards with a name and a number are shown, then asked. The GRU must have all of them in its state when the questions begin; the
//! Transformer looks them up.

use jumok_nn::{Ctx, Module};
use jumok_seq2seq::{CellKind, RecurrentLanguageModel};
use jumok_tensor::no_grad;
use jumok_training::{ProgressStyle, grouped};
use jumok_transformer::causal::CausalLanguageModel;
use jumok_transformer::probe::{Recall, Recalled};
use jumok_viz::{Align, Curve, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::recall_model::{checked, held_out, train, transformer};
use crate::cli::RecallArgs;
use crate::commands::run::percent;
use crate::convert::viz_language;
use crate::texts::transformer_experiment as texts;
use crate::{CommandError, Console};

/// Classes of distances.
const CLASSES: usize = 6;

/// Trains both models, prints what each recalls at which distance, and draws it.
///
/// # Errors
/// [`CommandError`] if the cards make no sense, training diverges or the plot cannot be written.
pub fn recall(args: &RecallArgs, progress: ProgressStyle, console: Console) -> Result<(), CommandError> {
    let task = Recall { names: args.names, cards: args.cards, facts: 0 };
    checked(&task)?;
    let language = console.language();
    let mut attentive = transformer(&task, args.width, args.seed)?;
    let rng = &mut ChaCha8Rng::seed_from_u64(args.seed);
    // Two layers as well, and about as many parameters.
    let mut recurrent = RecurrentLanguageModel::new(CellKind::Gru, task.vocab_size(), args.width, 2, rng);
    console.say(
        &texts::RECALL_PLAN,
        &[
            ("cards", &task.cards),
            ("names", &task.names),
            ("steps", &args.steps),
            ("batch", &args.batch_size),
            ("width", &args.width),
        ],
    );
    let run = (&task, args.batch_size, args.steps, args.seed);
    let say = |name: &str, parameters: usize, trained: crate::commands::seq2seq::short_run::Trained| {
        let parameters = grouped(parameters as u64);
        console.say(
            &texts::TRAINED,
            &[("name", &name), ("parameters", &parameters), ("time", &trained.time), ("loss", &trained.loss)],
        );
    };
    let trained = train(&mut attentive, CausalLanguageModel::forward, run, progress, console)?;
    say(texts::TRANSFORMER.get(language), attentive.parameter_count(), trained);
    let trained = train(&mut recurrent, RecurrentLanguageModel::forward, run, progress, console)?;
    say(texts::GRU.get(language), recurrent.parameter_count(), trained);

    let texts_held_out = held_out(&task, args.held_out, args.seed);
    let ids = &texts_held_out.input_ids;
    let [by_attention, by_state] = no_grad(|| {
        let ctx = &mut Ctx::eval();
        [attentive.forward(ids, ctx), recurrent.forward(ids, ctx)]
            .map(|logits| texts_held_out.by_distance(&logits, CLASSES))
    });
    let guess = 1.0 / task.names as f64;
    console.line("");
    console.say(&texts::RECALL_RESULT, &[("questions", &texts_held_out.answers.len())]);
    let columns = [texts::COLUMN_DISTANCE, texts::TRANSFORMER, texts::GRU, texts::COLUMN_GUESS];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 4]);
    for (attention, state) in by_attention.iter().zip(&by_state) {
        let (from, to) = attention.distances;
        table.row([format!("{from}–{to}"), percent(attention.share()), percent(state.share()), percent(guess)]);
    }
    let all = |classes: &[Recalled]| {
        let right: usize = classes.iter().map(|class| class.right).sum();
        percent(right as f64 / texts_held_out.answers.len() as f64)
    };
    table.row([texts::ROW_ALL.get(language).to_owned(), all(&by_attention), all(&by_state), percent(guess)]);
    console.raw(&table.to_terminal(&TerminalStyle::detect()));

    let points = |classes: &[Recalled]| -> Vec<(f64, f64)> {
        let middle = |(from, to): (usize, usize)| (from + to) as f64 / 2.0;
        classes.iter().map(|class| (middle(class.distances), class.share())).collect()
    };
    Curve::new(texts::RECALL_TITLE.get(language))
        .axes(texts::AXIS_DISTANCE.get(language), texts::AXIS_RIGHT.get(language))
        .language(viz_language(language))
        .dotted_series(texts::TRANSFORMER.get(language), points(&by_attention))
        .dotted_series(texts::GRU.get(language), points(&by_state))
        .baseline(texts::COLUMN_GUESS.get(language), guess)
        .include(0.0)
        .include(1.0)
        .save_svg(&args.svg)?;
    console.say(&texts::PLOT_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}
