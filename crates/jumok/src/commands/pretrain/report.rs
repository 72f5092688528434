//! What a run says about itself: before, and at the end.

use jumok_bert::BertInputs;
use jumok_nn::{Ctx, Module};
use jumok_tensor::{IntTensor, no_grad};
use jumok_text::pretraining::{PAIR_SPECIAL_TOKENS, SINGLE_SPECIAL_TOKENS, truncate_pair};
use jumok_text::{Relation, Tokenizer};
use jumok_training::{Language, MetricsTable, RunFolder, grouped, minutes_and_seconds, weights_sha256};
use jumok_viz::{AttentionGrid, Curve, Table, TerminalStyle, smooth};
use serde_json::json;

use super::config::PretrainConfig;
use super::corpus::Prepared;
use super::evaluation::{Scores, score};
use super::model::PretrainedModel;
use super::train::Run;
use crate::commands::predict::{attention, fill_masks};
use crate::commands::run::{percent, say_plan};
use crate::console::invocation;
use crate::texts::{
    AXIS_ACCURACY, AXIS_LOSS, AXIS_STEP, COLUMN_BASELINE, COLUMN_GUESS, CURVE_HELD_OUT, CURVE_TRAINING,
    pretrain as texts,
};
use crate::{CommandError, Console};

/// Sentences in the table of masked words.
const EXAMPLES: usize = 8;
/// Guesses for each.
const GUESSES: usize = 5;
/// Tokens of the pair in the picture of the attention, if there is one of that length; with more, labels would be left out.
const ATTENTION_TOKENS: usize = 16;

const WEIGHTS_FILE: &str = "model.safetensors";

/// The second exercise, as it is called in files and in what is printed.
struct SecondExercise {
    /// The beginning of its keys in `summary.json` and its columns in `metrics.csv`.
    key: &'static str,
    row: jumok_training::Text,
    curve: jumok_training::Text,
}

impl SecondExercise {
    fn of(relation: Relation) -> Option<SecondExercise> {
        match relation {
            Relation::NextSentence => {
                Some(SecondExercise { key: "nsp", row: texts::ROW_NEXT, curve: texts::CURVE_NEXT })
            }
            Relation::SentenceOrder => {
                Some(SecondExercise { key: "sop", row: texts::ROW_ORDER, curve: texts::CURVE_ORDER })
            }
            Relation::None => None,
        }
    }
}

/// The sizes of model, data and run.
pub(super) fn plan(config: &PretrainConfig, prepared: &Prepared, model: &PretrainedModel, console: Console) {
    let count = |number: usize| grouped(number as u64);
    console.say(
        &texts::MODEL,
        &[
            ("family", &config.model.family_name()),
            ("preset", &config.preset),
            ("layers", &config.model.num_hidden_layers()),
            ("width", &config.model.sizes().hidden_size),
            ("heads", &config.model.num_attention_heads()),
            ("parameters", &count(model.parameter_count())),
        ],
    );
    if let Some(folder) = &config.from {
        console.say(&texts::FROM, &[("folder", &folder.display())]);
    }
    if let Some(folder) = &config.teacher {
        console.say(&texts::TEACHER, &[("folder", &folder.display())]);
    }
    console.say(
        &texts::DATA,
        &[
            ("documents", &count(prepared.training.documents.len())),
            ("sentences", &count(prepared.training.sentence_count())),
            ("tokens", &count(prepared.data.token_count())),
            ("vocabulary", &count(prepared.tokenizer.vocab_size())),
            ("held_out", &count(prepared.held_out.documents.len())),
        ],
    );
    let epochs = config.steps as f64 * config.data.batch_size as f64 / prepared.data.len() as f64;
    say_plan(config.steps, config.data.batch_size, epochs, config.seed, config.shards, console);
}

/// Evaluates, writes model, pictures and summary, and prints the results.
pub(super) fn finish(run: &Run, console: Console) -> Result<(), CommandError> {
    let Run { config, folder, prepared, model, .. } = run;
    let language = console.language();
    let (batches, baselines) = prepared.final_evaluation();
    let examples: usize = batches.iter().map(|batch| batch.batch_size).sum();
    let scores = score(model, &batches);
    let uniform_loss = (config.model.sizes().vocab_size as f64).ln();
    let second = SecondExercise::of(config.data.relation);

    jumok_nn::save(model, &folder.file(WEIGHTS_FILE))?;
    save_curves(folder, baselines.mlm_accuracy, second.as_ref(), language)?;
    save_attention(run, language)?;
    let mut summary = json!({
        "model_type": config.model.model_type(),
        "mlm_accuracy": scores.masked_accuracy(),
        "mlm_accuracy_baseline": baselines.mlm_accuracy,
        "mlm_loss": scores.masked_loss(),
        "mlm_loss_baseline": uniform_loss,
        "held_out_examples": examples,
        "steps": config.steps,
        "seconds": run.seconds,
        "parameters": model.parameter_count(),
        "seed": config.seed,
        "corpus_sha256": config.corpus.sha256,
        "weights_sha256": weights_sha256(model),
    });
    if let Some(SecondExercise { key, .. }) = &second {
        summary[format!("{key}_accuracy")] = scores.next_accuracy().into();
        summary[format!("{key}_accuracy_baseline")] = baselines.nsp_accuracy.into();
        summary[format!("{key}_loss")] = scores.next_loss().into();
    }
    folder.write_summary(&summary)?;

    let style = TerminalStyle::detect();
    let frequent = prepared.tokenizer.token(baselines.most_frequent_token).unwrap_or_default();
    console.line("");
    match second {
        Some(_) => console.say(&texts::RESULTS, &[("pairs", &grouped(examples as u64))]),
        None => console.say(&texts::RESULTS_OF_TEXTS, &[("texts", &grouped(examples as u64))]),
    }
    let guesses = [
        texts::GUESS_FREQUENT.fill(language, &[("word", &frequent)]),
        texts::GUESS_UNIFORM.fill(language, &[("words", &grouped(config.model.sizes().vocab_size as u64))]),
        texts::GUESS_COIN.get(language).to_owned(),
    ];
    let simple = [baselines.mlm_accuracy, uniform_loss, baselines.nsp_accuracy];
    console.raw(&results(&scores, simple, guesses, second.as_ref(), language).to_terminal(&style));
    let (table, example) = examples_of_words(run, language)?;
    if example.is_some() {
        console.line("");
        console.line(texts::EXAMPLES.get(language));
        console.raw(&table.to_terminal(&style));
    }
    console.line("");
    console.say(&texts::SAVED, &[("time", &minutes_and_seconds(run.seconds)), ("folder", &folder.path().display())]);
    if let Some(example) = example {
        console.say(
            &texts::TRY,
            &[("program", &invocation()), ("folder", &folder.path().display()), ("example", &example)],
        );
    }
    Ok(())
}

fn results(
    scores: &Scores,
    baselines: [f64; 3],
    guesses: [String; 3],
    second: Option<&SecondExercise>,
    language: Language,
) -> Table {
    let heading = [texts::COLUMN_TASK, texts::COLUMN_MODEL, COLUMN_BASELINE, COLUMN_GUESS];
    let mut table = Table::new(heading.map(|text| text.get(language)));
    let nats = |loss: f64| format!("{loss:.3}");
    let rows = [
        Some((texts::ROW_MASKED, percent(scores.masked_accuracy()), percent(baselines[0]))),
        Some((texts::ROW_MASKED_LOSS, nats(scores.masked_loss()), nats(baselines[1]))),
        second.map(|second| (second.row, percent(scores.next_accuracy()), percent(baselines[2]))),
    ];
    for ((name, figure, baseline), guess) in rows.into_iter().flatten().zip(guesses) {
        table.row([name.get(language), &figure, &baseline, &guess]);
    }
    table
}

/// Held-out texts as a model reads them: the first two sentences of a document as A and B, or the first alone where it was not trained
/// on pairs.
fn held_out_texts(run: &Run) -> impl Iterator<Item = (&str, Option<&str>)> {
    let pairs = run.config.data.relation != Relation::None;
    let documents = run.prepared.held_out.documents.iter();
    documents.filter_map(move |document| match (pairs, &document[..]) {
        (true, [a, b, ..]) => Some((a.as_str(), Some(b.as_str()))),
        (true, _) => None,
        (false, sentences) => Some((sentences.first()?.as_str(), None)),
    })
}

/// The ids of A and B, shortened to what fits.
fn encoded(run: &Run, (a, b): (&str, Option<&str>)) -> Result<(Vec<i64>, Option<Vec<i64>>), CommandError> {
    let tokenizer = &run.prepared.tokenizer;
    let seq_len = run.config.data.seq_len;
    let mut a = tokenizer.encode(a)?;
    let Some(b) = b else {
        a.truncate(seq_len - SINGLE_SPECIAL_TOKENS);
        return Ok((a, None));
    };
    let mut b = tokenizer.encode(b)?;
    truncate_pair(&mut a, &mut b, seq_len - PAIR_SPECIAL_TOKENS);
    Ok((a, Some(b)))
}

/// Held-out sentences with one hidden word and the model's guesses, and one of them to try by hand, with the sentence before it where
/// the model was trained on pairs.
fn examples_of_words(run: &Run, language: Language) -> Result<(Table, Option<String>), CommandError> {
    let heading = [texts::COLUMN_SENTENCE, texts::COLUMN_WORD, texts::COLUMN_GUESSES];
    let mut table = Table::new(heading.map(|text| text.get(language)));
    let tokenizer = &run.prepared.tokenizer;
    let held_out: Vec<(&str, Option<&str>)> = held_out_texts(run).collect();
    let stride = (held_out.len() / EXAMPLES).max(1);
    // First as many as there will be rows, from all over the text, then the others in case one of those has no word to hide.
    let order = (0..stride).flat_map(|first| held_out.iter().skip(first).step_by(stride));
    let mut examples = vec![];
    for &text in order {
        let (mut a, mut b) = encoded(run, text)?;
        let asked = b.as_mut().unwrap_or(&mut a);
        // A word at another place in each sentence, so that all kinds of words come along.
        let words = whole_words(tokenizer, asked);
        let Some(&position) = words.get((examples.len() * 2 + 1) % words.len().max(1)) else { continue };
        let hidden = std::mem::replace(&mut asked[position], tokenizer.special().mask);
        let shown = tokenizer.decode(asked);
        let words =
            |inputs: &BertInputs, positions: &IntTensor| run.model.answers(inputs, positions, &mut Ctx::eval()).words;
        let max = run.config.model.max_length();
        let guesses = fill_masks(words, max, tokenizer, &a, b.as_deref(), GUESSES)?.pop().unwrap_or_default();
        let list: Vec<String> =
            guesses.iter().map(|guess| format!("{} {:.0}", guess.token, 100.0 * guess.probability)).collect();
        table.row([&shown, tokenizer.token(hidden).unwrap_or_default(), &list.join(", ")]);
        let parts = [Some(&a), b.as_ref()].into_iter().flatten().map(|ids| tokenizer.decode(ids));
        examples.push(parts.collect::<Vec<_>>().join(" "));
        if examples.len() == EXAMPLES {
            break;
        }
    }
    // One that a shell takes as it stands between quotation marks.
    let plain = |example: &String| !example.contains(['"', '$', '`', '\\', '!']);
    Ok((table, examples.into_iter().find(plain)))
}

/// The positions of words that are one piece, punctuation aside.
fn whole_words(tokenizer: &Tokenizer, ids: &[i64]) -> Vec<usize> {
    let is_word = |id: i64| {
        !tokenizer.is_continuation(id)
            && tokenizer.token(id).is_some_and(|token| token.chars().all(char::is_alphanumeric))
    };
    let continued = |position: usize| ids.get(position + 1).is_some_and(|&next| tokenizer.is_continuation(next));
    (0..ids.len()).filter(|&position| is_word(ids[position]) && !continued(position)).collect()
}

fn save_curves(
    folder: &RunFolder,
    most_frequent: f64,
    second: Option<&SecondExercise>,
    language: Language,
) -> Result<(), CommandError> {
    let metrics = MetricsTable::read(folder.path())?;
    let series = |column: &str| metrics.series(column).unwrap_or_default();
    let curve = |title: jumok_training::Text, axis: jumok_training::Text| {
        Curve::new(title.get(language))
            .axes(AXIS_STEP.get(language), axis.get(language))
            .language(crate::convert::viz_language(language))
    };
    // Only the training loss is noisy; a few held-out points must stay where they are.
    let (steps, losses): (Vec<f64>, Vec<f64>) = series("loss").into_iter().unzip();
    curve(texts::LOSS_TITLE, AXIS_LOSS)
        .series(CURVE_TRAINING.get(language), steps.into_iter().zip(smooth(&losses, 0.95)))
        .series(CURVE_HELD_OUT.get(language), series("held_out_loss"))
        .include(0.0)
        .save_svg(folder.file("loss.svg"))?;
    let mut accuracy = curve(texts::ACCURACY_TITLE, AXIS_ACCURACY)
        .series(texts::CURVE_MASKED.get(language), series("held_out_mlm_accuracy"))
        .baseline(texts::CURVE_FREQUENT.get(language), most_frequent)
        .include(0.0)
        .include(1.0);
    if let Some(SecondExercise { key, curve, .. }) = second {
        accuracy = accuracy
            .series(curve.get(language), series(&format!("held_out_{key}_accuracy")))
            .baseline(texts::CURVE_COIN.get(language), 0.5);
    }
    accuracy.save_svg(folder.file("accuracy.svg"))?;
    Ok(())
}

/// Where each head looks in one held-out text.
fn save_attention(run: &Run, language: Language) -> Result<(), CommandError> {
    let Run { folder, prepared, model, config, .. } = run;
    let tokenizer = &prepared.tokenizer;
    let texts_of = held_out_texts(run).map(|text| encoded(run, text)).collect::<Result<Vec<_>, _>>()?;
    let tokens_of = |(a, b): &(Vec<i64>, Option<Vec<i64>>)| match b {
        Some(b) => a.len() + b.len() + PAIR_SPECIAL_TOKENS,
        None => a.len() + SINGLE_SPECIAL_TOKENS,
    };
    let Some((a, b)) = texts_of.into_iter().min_by_key(|text| tokens_of(text).abs_diff(ATTENTION_TOKENS)) else {
        return Ok(());
    };
    let (layers, tokens) = attention(
        |inputs, ctx| {
            no_grad(|| model.read(inputs, ctx));
        },
        config.model.max_length(),
        tokenizer,
        &a,
        b.as_deref(),
    )?;
    let mut grid = AttentionGrid::new([tokens.len(), tokens.len()])
        .title(texts::ATTENTION_TITLE.get(language))
        .row_labels(&tokens)
        .col_labels(&tokens)
        .axes(texts::AXIS_QUERY.get(language), texts::AXIS_KEY.get(language))
        .columns(config.model.num_attention_heads())
        .range(0.0, 1.0);
    for (layer, weights) in layers.iter().enumerate() {
        for (head, values) in weights.to_vec().chunks(tokens.len() * tokens.len()).enumerate() {
            let caption = texts::LAYER_HEAD.fill(language, &[("layer", &(layer + 1)), ("head", &(head + 1))]);
            grid = grid.map(&caption, values);
        }
    }
    grid.save_svg(folder.file("attention.svg"))?;
    Ok(())
}
