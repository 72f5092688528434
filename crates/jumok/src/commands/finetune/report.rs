//! What a run says about itself: before, and at the end.

use jumok_nn::{LoadOptions, Module};
use jumok_text::Tokenizer;
use jumok_text::finetuning::Examples;
use jumok_training::{Language, MetricsTable, grouped, minutes_and_seconds, weights_sha256};
use jumok_viz::{Curve, Table, TerminalStyle, smooth};

use super::baselines::baselines;
use super::config::FinetuneConfig;
use super::data::Encoded;
use super::evaluation::{Answer, Scores, answer_texts, likeliest, score, tags_of_words};
use super::model::FinetunedModel;
use super::train::{Run, shown};
use super::{WEIGHTS_FILE, predict};
use crate::commands::run::{percent, say_plan};
use crate::console::invocation;
use crate::convert::viz_language;
use crate::texts::finetune as texts;
use crate::{CommandError, Console};

/// Examples in the table of answers.
const EXAMPLES: usize = 6;

/// The sizes of model, data and run.
pub(super) fn plan(
    config: &FinetuneConfig,
    training: &Encoded,
    dev: &Encoded,
    test: Option<&Encoded>,
    tokenizer: &Tokenizer,
    model: &FinetunedModel,
    skipped: usize,
    console: Console,
) {
    let (language, sizes) = (console.language(), config.model.sizes());
    let count = |number: usize| grouped(number as u64);
    let from = match &config.encoder {
        Some(path) => path.display().to_string(),
        None => texts::FROM_SCRATCH.get(language).to_owned(),
    };
    console.say(
        &texts::MODEL,
        &[
            ("architecture", &model.architecture()),
            ("layers", &sizes.num_hidden_layers),
            ("width", &sizes.hidden_size),
            ("parameters", &count(model.parameter_count())),
            ("from", &from),
        ],
    );
    let (tokens, unknown) = training.token_counts(tokenizer.special().unk);
    console.say(
        &texts::DATA,
        &[
            ("training", &count(training.examples.len())),
            ("dev", &count(dev.examples.len())),
            ("tokens", &count(tokens)),
            ("unknown", &percent(unknown as f64 / tokens.max(1) as f64)),
        ],
    );
    if let Some(test) = test {
        console.say(&texts::TEST_DATA, &[("test", &count(test.examples.len()))]);
    }
    if !training.examples.label_names().is_empty() {
        console.say(&texts::LABELS, &[("labels", &training.examples.label_names().join(", "))]);
    }
    if skipped > 0 {
        console.say(&texts::SKIPPED, &[("rows", &count(skipped))]);
    }
    say_plan(config.steps, config.batch_size, config.epochs as f64, config.seed, config.shards, console);
}

/// Takes up the best epoch, evaluates it, writes curves and summary, and prints the results.
pub(super) fn finish(run: &mut Run, console: Console) -> Result<(), CommandError> {
    let language = console.language();
    jumok_nn::load(&mut run.model, &run.folder.file(WEIGHTS_FILE), &LoadOptions::default())?;
    let settings = run.settings();
    let judged = run.test.as_ref().unwrap_or(&run.dev);
    let (scores, answers) = score(&run.model, judged, run.config.task, &settings);
    let simple = baselines(&run.training.examples, &judged.examples);
    save_curves(run, &simple, language)?;
    write_summary(run, &scores, &simple)?;

    let style = TerminalStyle::detect();
    console.line("");
    let best = run.best.map_or(run.config.epochs, |best| best.epoch);
    let text = if run.test.is_some() { &texts::RESULTS_TEST } else { &texts::RESULTS_DEV };
    console.say(
        text,
        &[("examples", &grouped(judged.examples.len() as u64)), ("epoch", &best), ("epochs", &run.config.epochs)],
    );
    let mut table =
        Table::new([texts::COLUMN_METHOD, texts::COLUMN_FIGURE, texts::COLUMN_VALUE].map(|text| text.get(language)));
    for figure in &scores.figures {
        table.row([texts::ROW_MODEL.get(language), figure.name.get(language), &shown(figure.key, figure.value)]);
    }
    let deciding = scores.figures[0];
    for (name, value) in &simple {
        table.row([name.get(language), deciding.name.get(language), &shown(deciding.key, *value)]);
    }
    console.raw(&table.to_terminal(&style));
    console.line("");
    console.line(texts::EXAMPLES.get(language));
    console.raw(&examples(run, judged, &answers, language).to_terminal(&style));
    console.line("");
    console
        .say(&texts::SAVED, &[("time", &minutes_and_seconds(run.seconds)), ("folder", &run.folder.path().display())]);
    if let Some(arguments) = predict::example(&judged.examples) {
        console.say(
            &texts::TRY,
            &[("program", &invocation()), ("folder", &run.folder.path().display()), ("example", &arguments)],
        );
    }
    Ok(())
}

/// `summary.json`: the figures of the best epoch on the test examples, or without any on those that chose it.
fn write_summary(run: &Run, scores: &Scores, simple: &[(jumok_training::Text, f64)]) -> Result<(), CommandError> {
    let mut summary = serde_json::Map::new();
    let mut put = |key: String, value: serde_json::Value| {
        summary.insert(key, value);
    };
    put("task".into(), run.config.task.name().into());
    for figure in &scores.figures {
        put(figure.key.into(), serde_json::json!(figure.value));
    }
    put("loss".into(), serde_json::json!(scores.loss));
    put("judged_by".into(), if run.test.is_some() { "test" } else { "dev, which chose the epoch" }.into());
    for (name, value) in simple {
        put(format!("baseline: {}", name.get(Language::English)), serde_json::json!(value));
    }
    put("best_epoch".into(), serde_json::json!(run.best.map(|best| best.epoch)));
    put("training_examples".into(), run.training.examples.len().into());
    put("dev_examples".into(), run.dev.examples.len().into());
    put("test_examples".into(), run.test.as_ref().map_or(0, |test| test.examples.len()).into());
    put("steps".into(), run.config.steps.into());
    put("seconds".into(), serde_json::json!(run.seconds));
    put("parameters".into(), run.model.parameter_count().into());
    put("seed".into(), run.config.seed.into());
    put("data_sha256".into(), run.config.data.sha256.clone().into());
    put("weights_sha256".into(), weights_sha256(&run.model).into());
    Ok(run.folder.write_summary(&summary)?)
}

/// Some examples with the answers that are right and those of the model.
fn examples(run: &Run, judged: &Encoded, answers: &[Answer], language: Language) -> Table {
    let columns = [texts::COLUMN_TEXT, texts::COLUMN_RIGHT, texts::COLUMN_ANSWER];
    let mut table = Table::new(columns.map(|text| text.get(language)));
    let joined = |text: &str, pair: &Option<String>| match pair {
        Some(pair) => format!("{text} | {pair}"),
        None => text.to_owned(),
    };
    let with_probability = |logits: &[f32], name: &str| format!("{name} {:.0} %", 100.0 * probability(logits));
    let settings = run.settings();
    match &judged.examples {
        Examples::Classes { labels, examples } => {
            for (example, answer) in examples.iter().zip(answers).take(EXAMPLES) {
                if let Answer::Classes(logits) = answer {
                    let found = with_probability(logits, &labels[likeliest(logits)]);
                    table.row([&joined(&example.text, &example.pair), &labels[example.label], &found]);
                }
            }
        }
        Examples::Scores(examples) => {
            for (example, answer) in examples.iter().zip(answers).take(EXAMPLES) {
                if let Answer::Score(score) = answer {
                    let (right, found) = (format!("{:.2}", example.label), format!("{score:.2}"));
                    table.row([&joined(&example.text, &example.pair), &right, &found]);
                }
            }
        }
        Examples::Choices(examples) => {
            for (example, answer) in examples.iter().zip(answers).take(EXAMPLES) {
                if let Answer::Classes(logits) = answer {
                    let found = with_probability(logits, &example.choices[likeliest(logits)]);
                    table.row([&example.context, &example.choices[example.label], &found]);
                }
            }
        }
        Examples::Tags { tags, sentences } => {
            for ((sentence, first_pieces), answer) in
                sentences.iter().zip(&judged.first_pieces).zip(answers).take(EXAMPLES)
            {
                if let Answer::Tags(found) = answer {
                    let found = tags_of_words(sentence.words.len(), first_pieces, found);
                    let entities = |numbers: &[usize]| predict::entities_in_words(&sentence.words, numbers, tags);
                    table.row([&sentence.words.join(" "), &entities(&sentence.tags), &entities(&found)]);
                }
            }
        }
        Examples::Questions(examples) => {
            let found = answer_texts(judged, examples, answers, &settings);
            for (example, found) in examples.iter().zip(found).take(EXAMPLES) {
                let right = example.answers.first().map_or(texts::NO_ANSWER.get(language), |answer| &answer.text);
                let found = if found.is_empty() { texts::NO_ANSWER.get(language) } else { found };
                table.row([&format!("{} | {}", example.question, example.context), right, found]);
            }
        }
    }
    table
}

/// The softmax of the likeliest class.
fn probability(logits: &[f32]) -> f64 {
    predict::softmax(logits).into_iter().fold(0.0, f64::max)
}

fn save_curves(run: &Run, simple: &[(jumok_training::Text, f64)], language: Language) -> Result<(), CommandError> {
    let folder = &run.folder;
    let metrics = MetricsTable::read(folder.path())?;
    let series = |column: &str| metrics.series(column).unwrap_or_default();
    let curve = |title: jumok_training::Text, axis: jumok_training::Text| {
        Curve::new(title.get(language))
            .axes(crate::texts::AXIS_STEP.get(language), axis.get(language))
            .language(viz_language(language))
    };
    let (steps, losses): (Vec<f64>, Vec<f64>) = series("loss").into_iter().unzip();
    curve(texts::LOSS_TITLE, texts::AXIS_LOSS)
        .series(crate::texts::CURVE_TRAINING.get(language), steps.into_iter().zip(smooth(&losses, 0.95)))
        .series(crate::texts::CURVE_HELD_OUT.get(language), series("dev_loss"))
        .include(0.0)
        .save_svg(folder.file("loss.svg"))?;
    let mut figures = curve(texts::FIGURES_TITLE, texts::AXIS_FIGURES).include(0.0).include(1.0);
    for (key, name) in super::evaluation::figures_of(run.config.task) {
        figures = figures.series(name.get(language), series(&format!("dev_{key}")));
    }
    for (name, value) in simple.iter().filter(|(_, value)| value.is_finite()) {
        figures = figures.baseline(name.get(language), *value);
    }
    figures.save_svg(folder.file("figures.svg"))?;
    Ok(())
}
