//! What a run says about itself: before, and at the end.

use jumok_nn::Module;
use jumok_text::{CountingBaselines, Unit};
use jumok_training::{Language, MetricsTable, RunFolder, grouped, minutes_and_seconds, weights_sha256};
use jumok_transformer::causal::CausalLanguageModel;
use jumok_transformer::generation::{GenerationOptions, Sampling};
use jumok_viz::{Curve, Table, TerminalStyle, smooth};
use serde::Serialize;

use super::config::LanguageModelRunConfig;
use super::data::Prepared;
use super::evaluation::held_out_loss;
use super::train::Run;
use crate::commands::run::say_plan;
use crate::console::invocation;
use crate::convert::viz_language;
use crate::texts::language_model as texts;
use crate::{CommandError, Console};

/// `summary.json`: the final figures on held-out text.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    held_out_loss: f64,
    perplexity: f64,
    uniform_loss: f64,
    unigram_loss: f64,
    bigram_loss: f64,
    held_out_tokens: usize,
    steps: u64,
    seconds: f64,
    parameters: usize,
    seed: u64,
    data_sha256: &'a str,
    weights_sha256: String,
}

/// The sizes of model, data and run.
pub(super) fn plan(
    config: &LanguageModelRunConfig,
    prepared: &Prepared,
    model: &CausalLanguageModel,
    console: Console,
) {
    let count = |number: usize| grouped(number as u64);
    console.say(
        &texts::MODEL,
        &[
            ("preset", &config.preset),
            ("layers", &config.model.n_layer),
            ("width", &config.model.n_embd),
            ("heads", &config.model.n_head),
            ("positions", &config.model.n_positions),
            ("parameters", &count(model.parameter_count())),
        ],
    );
    let unit = match prepared.vocabulary.unit() {
        Unit::Characters => texts::CHARACTERS,
        Unit::Words => texts::WORDS,
        Unit::Pieces => texts::PIECES,
    };
    console.say(
        &texts::DATA,
        &[
            ("unit", &unit.get(console.language())),
            ("tokens", &count(prepared.data.ids().len())),
            ("vocabulary", &count(prepared.vocabulary.size())),
            ("held_out", &count(prepared.held_out.len())),
        ],
    );
    let epochs = config.steps as f64 / prepared.data.steps_per_epoch();
    say_plan(config.steps, config.batch_size, epochs, config.seed, config.shards, console);
}

/// Evaluates, writes model, curve and summary, and prints the results.
pub(super) fn finish(run: &Run, console: Console) -> Result<(), CommandError> {
    let Run { config, folder, prepared, model, .. } = run;
    let language = console.language();
    let windows = prepared.held_out_windows(config.model.n_positions, usize::MAX)?;
    let loss = held_out_loss(model, &windows);
    let CountingBaselines { uniform, unigram, bigram } = prepared.baselines;

    model.save(folder.path())?;
    save_curve(folder, &prepared.baselines, language)?;
    folder.write_summary(&Summary {
        held_out_loss: loss,
        perplexity: loss.exp(),
        uniform_loss: uniform,
        unigram_loss: unigram,
        bigram_loss: bigram,
        held_out_tokens: windows.len() * config.model.n_positions,
        steps: config.steps,
        seconds: run.seconds,
        parameters: model.parameter_count(),
        seed: config.seed,
        data_sha256: &config.sha256,
        weights_sha256: weights_sha256(model),
    })?;

    console.line("");
    let tokens = windows.len() * config.model.n_positions;
    console.say(&texts::RESULTS, &[("tokens", &grouped(tokens as u64))]);
    let heading = [texts::COLUMN_WHO, texts::COLUMN_LOSS, texts::COLUMN_PERPLEXITY, texts::COLUMN_BITS];
    let mut table = Table::new(heading.map(|text| text.get(language)));
    for (who, loss) in [
        (texts::ROW_MODEL, loss),
        (texts::ROW_BIGRAM, bigram),
        (texts::ROW_UNIGRAM, unigram),
        (texts::ROW_UNIFORM, uniform),
    ] {
        let figures = [loss, loss.exp(), loss / std::f64::consts::LN_2].map(|x| format!("{x:.3}"));
        table.row([who.get(language), &figures[0], &figures[1], &figures[2]]);
    }
    console.raw(&table.to_terminal(&TerminalStyle::detect()));

    const BEGINNING: usize = 8;
    const SAMPLE: usize = 200;
    let beginning = &prepared.held_out[..BEGINNING.min(prepared.held_out.len())];
    let sampling = Sampling { temperature: 0.8, ..Sampling::seeded(config.seed) };
    let options = GenerationOptions { max_new_tokens: SAMPLE, sampling: Some(sampling), ..Default::default() };
    let mut sample = model.generate(beginning, &options)?;
    while sample.next().is_some() {}
    console.line("");
    console.line(texts::SAMPLE.get(language));
    console.line(&prepared.vocabulary.decode(sample.text()));
    console.line("");
    let path = folder.path().display();
    console.say(&texts::SAVED, &[("time", &minutes_and_seconds(run.seconds)), ("folder", &path)]);
    console.say(&texts::TRY, &[("program", &invocation()), ("folder", &path)]);
    Ok(())
}

fn save_curve(folder: &RunFolder, baselines: &CountingBaselines, language: Language) -> Result<(), CommandError> {
    use crate::texts::{AXIS_LOSS, AXIS_STEP, CURVE_HELD_OUT, CURVE_TRAINING};
    let metrics = MetricsTable::read(folder.path())?;
    let series = |column: &str| metrics.series(column).unwrap_or_default();
    // Only the training loss is noisy; a few held-out points must stay where they are.
    let (steps, losses): (Vec<f64>, Vec<f64>) = series("loss").into_iter().unzip();
    Curve::new(texts::LOSS_TITLE.get(language))
        .axes(AXIS_STEP.get(language), AXIS_LOSS.get(language))
        .language(viz_language(language))
        .series(CURVE_TRAINING.get(language), steps.into_iter().zip(smooth(&losses, 0.95)))
        .series(CURVE_HELD_OUT.get(language), series("held_out_loss"))
        .baseline(texts::ROW_BIGRAM.get(language), baselines.bigram)
        .baseline(texts::ROW_UNIGRAM.get(language), baselines.unigram)
        .save_svg(folder.file("loss.svg"))?;
    Ok(())
}
