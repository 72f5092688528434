//! What a run says about itself: before, and at the end.

use jumok_nn::Module;
use jumok_seq2seq::probe::{Alignment, Order};
use jumok_seq2seq::{DecodingOptions, Seq2Seq};
use jumok_text::Task;
use jumok_training::{Language, MetricsTable, RunFolder, grouped, minutes_and_seconds, weights_sha256};
use jumok_viz::{Curve, HeatMap, Table, TerminalStyle, smooth};
use serde::Serialize;

use super::config::{DataConfig, TranslatorConfig};
use super::data::Prepared;
use super::evaluation::{Scores, max_translation_length, score};
use super::train::{EVALUATION_PAIRS, Run};
use super::translate::alignment;
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
pub(super) fn plan(config: &TranslatorConfig, prepared: &Prepared, model: &Seq2Seq, console: Console) {
    let count = |number: usize| grouped(number as u64);
    console.say(
        &texts::MODEL,
        &[
            ("cell", &config.model.cell.name().to_uppercase()),
            ("attention", &config.model.attention),
            ("width", &config.model.decoder_hidden_size),
            ("parameters", &count(model.parameter_count())),
        ],
    );
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
pub(super) fn finish(run: &Run, console: Console) -> Result<(), CommandError> {
    let Run { config, folder, prepared, model, .. } = run;
    let language = console.language();
    let scores = score(model, &prepared.held_out, &prepared.held_out_ids, &prepared.target);

    model.save(folder.path())?;
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
        console.say(&texts::TRY, &[("program", &invocation()), ("folder", &path), ("example", &example)]);
    }
    Ok(())
}

/// Where the written words look, for a task in which it is known which word each is made of (lecture, slide S10).
struct Looks(Alignment);

impl Looks {
    fn of(run: &Run) -> Option<Looks> {
        let order = match run.config.data {
            DataConfig::Task { task: Task::Copy, .. } => Order::Copy,
            DataConfig::Task { task: Task::Reverse, .. } => Order::Reverse,
            DataConfig::Task { .. } | DataConfig::Files { .. } => return None,
        };
        run.model.attention.as_ref()?;
        let some = run.prepared.held_out_ids.iter().take(EVALUATION_PAIRS).map(|pair| pair.source.clone());
        let some: Vec<Vec<i64>> = some.collect();
        let max_length = max_translation_length(some.iter().map(Vec::len).max().unwrap_or_default());
        let translations = run.model.greedy(&some, &DecodingOptions { max_length, ..DecodingOptions::default() });
        Some(Looks(Alignment::of(&translations, order)))
    }
}

/// The weights of a held-out sentence that is neither the shortest nor too long for a terminal; `None` without attention.
fn picture(prepared: &Prepared, model: &Seq2Seq, language: Language) -> Option<HeatMap> {
    const LENGTHS: std::ops::RangeInclusive<usize> = 5..=12;
    let ids = &prepared.held_out_ids;
    let pair = ids.iter().find(|pair| LENGTHS.contains(&pair.source.len())).or(ids.first())?;
    let options =
        DecodingOptions { max_length: max_translation_length(pair.source.len()), ..DecodingOptions::default() };
    let translation = &model.greedy(std::slice::from_ref(&pair.source), &options)[0];
    alignment(&prepared.source, &prepared.target, &pair.source, translation, language)
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
