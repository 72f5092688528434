//! What a run says about itself: before, and at the end.

use jumok_nn::save_model;
use jumok_nn::translation::Translation;
use jumok_seq2seq::probe::{Alignment, Order};
use jumok_text::Task;
use jumok_training::{Language, MetricsTable, RunFolder, grouped, minutes_and_seconds, weights_sha256};
use jumok_viz::{Curve, HeatMap, Table, TerminalStyle, smooth};
use serde::Serialize;

use super::config::DataConfig;
use super::data::Prepared;
use super::evaluation::{Scores, max_translation_length, score};
use super::train::{EVALUATION_PAIRS, Run};
use super::translate::alignment;
use super::{ConfigOf, TranslationModel};
use crate::commands::run::{percent, say_plan};
use crate::console::invocation;
use crate::convert::viz_language;
use crate::texts::seq2seq as texts;
use crate::{CommandError, Console};

/// Translations in the table of examples.
const EXAMPLES: usize = 6;

/// `summary.json`: the final figures on held-out pairs.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    exact_match: f64,
    bleu: f64,
    chrf: f64,
    token_accuracy: f64,
    loss: f64,
    held_out_pairs: usize,
    steps: u64,
    seconds: f64,
    parameters: usize,
    seed: u64,
    data_sha256: &'a str,
    weights_sha256: String,
}

/// The sizes of model, data and run.
pub(super) fn plan<Model: TranslationModel>(
    config: &ConfigOf<Model>,
    prepared: &Prepared,
    model: &Model,
    console: Console,
) {
    let count = |number: usize| grouped(number as u64);
    console.line(&model.description(console.language()));
    console.say(
        &texts::DATA,
        &[
            ("name", &config.name()),
            ("pairs", &count(prepared.data.pairs().len())),
            ("source", &count(prepared.source.size())),
            ("target", &count(prepared.target.size())),
            ("held_out", &count(prepared.held_out.len())),
        ],
    );
    if prepared.empty_lines > 0 {
        console.say(&texts::EMPTY_LINES, &[("lines", &count(prepared.empty_lines))]);
    }
    if prepared.too_long > 0 {
        console.say(&texts::LONG_PAIRS, &[("pairs", &count(prepared.too_long)), ("max", &config.max_tokens)]);
    }
    let epochs = config.steps as f64 / prepared.data.steps_per_epoch() as f64;
    say_plan(config.steps, config.batches.batch_size, epochs, config.seed, config.shards, console);
}

/// Evaluates, writes model, pictures, translations and summary, and prints the results.
pub(super) fn finish<Model: TranslationModel>(run: &Run<Model>, console: Console) -> Result<(), CommandError> {
    let Run { config, folder, prepared, model, .. } = run;
    let language = console.language();
    let scores = score(model, &prepared.held_out, &prepared.held_out_ids, &prepared.target, config.beam);

    save_model(model, &config.model, folder.path())?;
    save_curves(folder, language)?;
    folder.write_text("translations.tsv", &translations(prepared, &scores))?;
    folder.write_summary(&Summary {
        exact_match: scores.exact_match,
        bleu: scores.bleu,
        chrf: scores.chrf,
        token_accuracy: scores.token_accuracy,
        loss: scores.loss,
        held_out_pairs: prepared.held_out.len(),
        steps: config.steps,
        seconds: run.seconds,
        parameters: model.parameter_count(),
        seed: config.seed,
        data_sha256: &config.sha256,
        weights_sha256: weights_sha256(model),
    })?;

    let style = TerminalStyle::detect();
    console.line("");
    console.say(&texts::RESULTS, &[("pairs", &grouped(prepared.held_out.len() as u64))]);
    console.raw(&results(&scores, Looks::of(run), language).to_terminal(&style));
    console.line("");
    console.line(texts::EXAMPLES.get(language));
    console.raw(&examples(prepared, &scores, language).to_terminal(&style));
    console.line("");
    if let Some(map) = picture(prepared, model, language) {
        console.raw(&map.to_terminal(&style));
        console.line("");
        map.save_svg(folder.file("alignment.svg"))?;
    }
    let path = folder.path().display();
    console.say(&texts::SAVED, &[("time", &minutes_and_seconds(run.seconds)), ("folder", &path)]);
    // One that a shell takes as it stands between quotation marks.
    let plain = |text: &&str| !text.contains(['"', '$', '`', '\\', '!']);
    if let Some(example) = prepared.held_out.iter().map(|pair| pair.source.as_str()).find(plain) {
        let command = Model::COMMAND;
        let parts: [(&str, &dyn std::fmt::Display); 4] =
            [("program", &invocation()), ("command", &command), ("folder", &path), ("example", &example)];
        console.say(&texts::TRY, &parts);
    }
    Ok(())
}

/// Where the written words look, for a task in which it is known which word each is made of (lecture, slide S10).
struct Looks(Alignment);

impl Looks {
    fn of<Model: TranslationModel>(run: &Run<Model>) -> Option<Looks> {
        let order = match run.config.data {
            DataConfig::Task { task: Task::Copy, .. } => Order::Copy,
            DataConfig::Task { task: Task::Reverse, .. } => Order::Reverse,
            DataConfig::Task { .. } | DataConfig::Files { .. } => return None,
        };
        let pairs = run.prepared.held_out_ids.iter().take(EVALUATION_PAIRS);
        let sources: Vec<Vec<i64>> = pairs.map(|pair| pair.source.clone()).collect();
        let max_length = max_translation_length(sources.iter().map(Vec::len).max().unwrap_or_default());
        let translations = run.model.decode(&sources, 1, max_length);
        let looking = sources.iter().zip(translations).map(|(source, one)| run.model.with_attention(source, one));
        let looking: Vec<Translation> = looking.collect();
        looking.iter().all(|one| one.attention.is_some()).then(|| Looks(Alignment::of(&looking, order)))
    }
}

/// The weights of a held-out sentence that is neither the shortest nor too long for a terminal; `None` without attention.
fn picture(prepared: &Prepared, model: &impl TranslationModel, language: Language) -> Option<HeatMap> {
    const LENGTHS: std::ops::RangeInclusive<usize> = 5..=12;
    let ids = &prepared.held_out_ids;
    let pair = ids.iter().find(|pair| LENGTHS.contains(&pair.source.len())).or(ids.first())?;
    let max_length = max_translation_length(pair.source.len());
    let translation = model.decode(std::slice::from_ref(&pair.source), 1, max_length).remove(0);
    let translation = model.with_attention(&pair.source, translation);
    alignment(&prepared.source, &prepared.target, &pair.source, &translation, language)
}

fn results(scores: &Scores, looks: Option<Looks>, language: Language) -> Table {
    let mut table = Table::new([texts::COLUMN_FIGURE, texts::COLUMN_VALUE].map(|text| text.get(language)));
    let mut rows = vec![
        (texts::ROW_EXACT, percent(scores.exact_match)),
        (texts::ROW_BLEU, format!("{:.1}", scores.bleu)),
        (texts::ROW_CHRF, format!("{:.1}", scores.chrf)),
        (texts::ROW_TOKENS, percent(scores.token_accuracy)),
        (texts::ROW_PERPLEXITY, format!("{:.2}", scores.perplexity())),
    ];
    if let Some(Looks(alignment)) = looks.filter(|looks| looks.0.words > 0) {
        rows.push((texts::ROW_ALIGNED, percent(alignment.share())));
        rows.push((texts::ROW_BESIDE, percent(alignment.share_beside())));
    }
    for (name, value) in rows {
        table.row([name.get(language), &value]);
    }
    table
}

/// Translations from all over the held-out pairs, with what is right where that differs.
fn examples(prepared: &Prepared, scores: &Scores, language: Language) -> Table {
    let heading = [texts::COLUMN_SOURCE, texts::COLUMN_TRANSLATION, texts::COLUMN_REFERENCE];
    let mut table = Table::new(heading.map(|text| text.get(language)));
    let stride = (prepared.held_out.len() / EXAMPLES).max(1);
    let all = prepared.held_out.iter().zip(&scores.translations);
    for (pair, translation) in all.step_by(stride).take(EXAMPLES) {
        let reference = prepared.target.normalized(&pair.target);
        let difference = if reference == *translation { "" } else { &reference };
        table.row([pair.source.as_str(), translation, difference]);
    }
    table
}

/// Source, translation and reference of every held-out pair, with tabs between them.
fn translations(prepared: &Prepared, scores: &Scores) -> String {
    let line = |(pair, translation): (&jumok_text::SentencePair, &String)| {
        format!("{}\t{translation}\t{}\n", pair.source, prepared.target.normalized(&pair.target))
    };
    prepared.held_out.iter().zip(&scores.translations).map(line).collect()
}

fn save_curves(folder: &RunFolder, language: Language) -> Result<(), CommandError> {
    use crate::texts::{AXIS_ACCURACY, AXIS_LOSS, AXIS_STEP, CURVE_HELD_OUT, CURVE_TRAINING};
    let metrics = MetricsTable::read(folder.path())?;
    let series = |column: &str| metrics.series(column).unwrap_or_default();
    let curve = |title: jumok_training::Text, axis: jumok_training::Text| {
        Curve::new(title.get(language))
            .axes(AXIS_STEP.get(language), axis.get(language))
            .language(viz_language(language))
            .include(0.0)
    };
    // Only the training loss is noisy; a few held-out points must stay where they are.
    let (steps, losses): (Vec<f64>, Vec<f64>) = series("loss").into_iter().unzip();
    curve(texts::LOSS_TITLE, AXIS_LOSS)
        .series(CURVE_TRAINING.get(language), steps.into_iter().zip(smooth(&losses, 0.95)))
        .series(CURVE_HELD_OUT.get(language), series("held_out_loss"))
        .save_svg(folder.file("loss.svg"))?;
    curve(texts::ACCURACY_TITLE, AXIS_ACCURACY)
        .series(texts::CURVE_EXACT.get(language), series("held_out_exact_match"))
        .series(texts::CURVE_TOKENS.get(language), series("held_out_token_accuracy"))
        .include(1.0)
        .save_svg(folder.file("accuracy.svg"))?;
    Ok(())
}
