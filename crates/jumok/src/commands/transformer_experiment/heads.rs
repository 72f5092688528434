//! `jumok transformer experiment heads`: slide S21, *its inner workings can be looked at*.
//!
//! A model learns to say the number of a name. Some numbers stand on the card alone; others are the same in every text and can be
//! known by heart. For both it looks at the card. Heads are taken out to see for which of them the look was the reason.

use jumok_nn::Ctx;
use jumok_tensor::no_grad;
use jumok_training::ProgressStyle;
use jumok_transformer::causal::CausalLanguageModel;
use jumok_transformer::probe::{Recall, RecallBatch, attention_weights, without_head, without_heads};
use jumok_viz::{Align, BarChart, Table, TerminalStyle};

use super::recall_model::{checked, held_out, train, transformer};
use crate::cli::HeadsArgs;
use crate::commands::run::percent;
use crate::texts::transformer_experiment as texts;
use crate::{CommandError, Console};

const WIDTH: usize = 64;

/// Trains the model, prints for each head how much it looks at the card and what is right without it, and draws it.
///
/// # Errors
/// [`CommandError`] if the cards make no sense, training diverges or the plot cannot be written.
pub fn heads(args: &HeadsArgs, progress: ProgressStyle, console: Console) -> Result<(), CommandError> {
    let task = Recall { names: args.names, cards: args.cards, facts: args.facts };
    checked(&task)?;
    if args.facts == 0 || args.facts == args.names {
        let rule = "there must be both kinds of names: at least 1, and fewer than --names";
        return Err(CommandError::option("--facts", args.facts, rule));
    }
    let language = console.language();
    let mut model = transformer(&task, WIDTH, args.seed)?;
    console.say(
        &texts::HEADS_PLAN,
        &[
            ("facts", &task.facts),
            ("names", &task.names),
            ("cards", &task.cards),
            ("steps", &args.steps),
            ("batch", &args.batch_size),
        ],
    );
    let run = (&task, args.batch_size, args.steps, args.seed);
    train(&mut model, CausalLanguageModel::forward, run, progress, console)?.say(console);

    let batch = held_out(&task, args.held_out, args.seed);
    let weights = no_grad(|| attention_weights(&model, &batch.input_ids));
    let columns = [
        texts::COLUMN_MODEL,
        texts::COLUMN_LOOKS_NEW,
        texts::COLUMN_LOOKS_FACT,
        texts::COLUMN_RIGHT_NEW,
        texts::COLUMN_RIGHT_FACT,
    ];
    let mut align = [Align::Right; 5];
    align[0] = Align::Left;
    let mut table = Table::new(columns.map(|text| text.get(language))).align(align);
    let mut row = |name: &str, looks: [String; 2], right: [f64; 2]| {
        let [new, fact] = right.map(percent);
        let [looks_new, looks_fact] = looks;
        table.row([name, &looks_new, &looks_fact, &new, &fact]);
    };
    let nowhere = || [String::new(), String::new()];
    let whole = right(&model, &batch);
    row(texts::ROW_WHOLE.get(language), nowhere(), whole);
    let (mut names, mut lost, mut looked) = (vec![], [vec![], vec![]], vec![]);
    for layer in 0..model.config.n_layer {
        for head in 0..model.config.n_head {
            let looks = batch.looks_at_card(&weights[layer], head);
            let left = right(&without_head(&model, layer, head), &batch);
            let name = texts::ROW_WITHOUT.fill(language, &[("layer", &(layer + 1)), ("head", &(head + 1))]);
            row(&name, looks.map(percent), left);
            names.push(texts::HEAD_NAME.fill(language, &[("layer", &(layer + 1)), ("head", &(head + 1))]));
            looked.push(looks[1]);
            [0, 1].into_iter().for_each(|kind| lost[kind].push(whole[kind] - left[kind]));
        }
    }
    let every: Vec<(usize, usize)> =
        (0..model.config.n_layer).flat_map(|layer| (0..model.config.n_head).map(move |head| (layer, head))).collect();
    let none = right(&without_heads(&model, &every), &batch);
    row(texts::ROW_WITHOUT_ALL.get(language), nowhere(), none);
    names.push(texts::ALL_HEADS.get(language).to_owned());
    looked.push(0.0);
    [0, 1].into_iter().for_each(|kind| lost[kind].push(whole[kind] - none[kind]));
    console.line("");
    console.say(&texts::HEADS_RESULT, &[("questions", &batch.answers.len())]);
    console.raw(&table.to_terminal(&TerminalStyle::detect()));
    console.say(&texts::HEADS_CONCLUSION, &[("new", &percent(none[0])), ("fact", &percent(none[1]))]);

    BarChart::new(&names)
        .title(texts::HEADS_TITLE.get(language))
        .series(texts::SERIES_LOOKS.get(language), &looked)
        .series(texts::SERIES_LOST_NEW.get(language), &lost[0])
        .series(texts::SERIES_LOST_FACT.get(language), &lost[1])
        .decimals(2)
        .save_svg(&args.svg)?;
    console.say(&texts::PLOT_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}

/// The shares of right answers: of numbers that stand on the card alone, and of those that can be known by heart.
fn right(model: &CausalLanguageModel, batch: &RecallBatch) -> [f64; 2] {
    batch.right_by_kind(&no_grad(|| model.forward(&batch.input_ids, &mut Ctx::eval())))
}
