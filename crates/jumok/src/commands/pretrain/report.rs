//! What a run says about itself: before, and at the end.

use jumok_bert::BertForPreTraining;
use jumok_nn::Module;
use jumok_text::Tokenizer;
use jumok_text::pretraining::{PAIR_SPECIAL_TOKENS, truncate_pair};
use jumok_training::{Language, MetricsTable, RunFolder, grouped, minutes_and_seconds, weights_sha256};
use jumok_viz::{AttentionGrid, Curve, Table, TerminalStyle, smooth};
use serde::Serialize;

use super::config::PretrainConfig;
use super::corpus::Prepared;
use super::evaluation::{Scores, score};
use super::train::Run;
use crate::commands::model_folder;
use crate::commands::predict::{attention, fill_masks};
use crate::commands::run::{percent, say_plan};
use crate::console::invocation;
use crate::{CommandError, Console, texts};

/// Sentences in the table of masked words.
const EXAMPLES: usize = 8;
/// Guesses for each.
const GUESSES: usize = 5;
/// Tokens of the pair in the picture of the attention, if there is one of that length; with more, labels would be left out.
const ATTENTION_TOKENS: usize = 16;

/// `summary.json`: the final figures on held-out pairs.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    mlm_accuracy: f64,
    mlm_accuracy_baseline: f64,
    mlm_loss: f64,
    mlm_loss_baseline: f64,
    nsp_accuracy: f64,
    nsp_accuracy_baseline: f64,
    nsp_loss: f64,
    held_out_pairs: usize,
    steps: u64,
    seconds: f64,
    parameters: usize,
    seed: u64,
    corpus_sha256: &'a str,
    weights_sha256: String,
}

/// The sizes of model, data and run.
pub(super) fn plan(config: &PretrainConfig, prepared: &Prepared, model: &BertForPreTraining, console: Console) {
    let count = |number: usize| grouped(number as u64);
    console.say(
        &texts::MODEL,
        &[
            ("preset", &config.preset),
            ("layers", &config.model.num_hidden_layers),
            ("width", &config.model.hidden_size),
            ("heads", &config.model.num_attention_heads),
            ("parameters", &count(model.parameter_count())),
        ],
    );
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
    let pairs: usize = batches.iter().map(|batch| batch.batch_size).sum();
    let scores = score(model, &batches);
    let uniform_loss = (config.model.vocab_size as f64).ln();

    model_folder::save_weights(folder, model)?;
    save_curves(folder, baselines.mlm_accuracy, language)?;
    save_attention(run, language)?;
    folder.write_summary(&Summary {
        mlm_accuracy: scores.masked_accuracy(),
        mlm_accuracy_baseline: baselines.mlm_accuracy,
        mlm_loss: scores.masked_loss(),
        mlm_loss_baseline: uniform_loss,
        nsp_accuracy: scores.next_accuracy(),
        nsp_accuracy_baseline: baselines.nsp_accuracy,
        nsp_loss: scores.next_loss(),
        held_out_pairs: pairs,
        steps: config.steps,
        seconds: run.seconds,
        parameters: model.parameter_count(),
        seed: config.seed,
        corpus_sha256: &config.corpus.sha256,
        weights_sha256: weights_sha256(model),
    })?;

    let style = TerminalStyle::detect();
    let frequent = prepared.tokenizer.token(baselines.most_frequent_token).unwrap_or_default();
    console.line("");
    console.say(&texts::RESULTS, &[("pairs", &grouped(pairs as u64))]);
    console.raw(
        &results(
            &scores,
            [baselines.mlm_accuracy, uniform_loss, baselines.nsp_accuracy],
            [
                texts::GUESS_FREQUENT.fill(language, &[("word", &frequent)]),
                texts::GUESS_UNIFORM.fill(language, &[("words", &grouped(config.model.vocab_size as u64))]),
                texts::GUESS_COIN.get(language).to_owned(),
            ],
            language,
        )
        .to_terminal(&style),
    );
    let (table, example) = examples(prepared, model, language)?;
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

fn results(scores: &Scores, baselines: [f64; 3], guesses: [String; 3], language: Language) -> Table {
    let heading = [texts::COLUMN_TASK, texts::COLUMN_MODEL, texts::COLUMN_BASELINE, texts::COLUMN_GUESS];
    let mut table = Table::new(heading.map(|text| text.get(language)));
    let nats = |loss: f64| format!("{loss:.3}");
    let rows = [
        (texts::ROW_MASKED, percent(scores.masked_accuracy()), percent(baselines[0])),
        (texts::ROW_MASKED_LOSS, nats(scores.masked_loss()), nats(baselines[1])),
        (texts::ROW_NEXT, percent(scores.next_accuracy()), percent(baselines[2])),
    ];
    for ((name, figure, baseline), guess) in rows.into_iter().zip(guesses) {
        table.row([name.get(language), &figure, &baseline, &guess]);
    }
    table
}

/// Held-out sentences with one hidden word and the model's guesses, and one of them to try by hand, with the sentence before it,
/// which is always read along as sentence A, as in training.
fn examples(
    prepared: &Prepared,
    model: &BertForPreTraining,
    language: Language,
) -> Result<(Table, Option<String>), CommandError> {
    let heading = [texts::COLUMN_SENTENCE, texts::COLUMN_WORD, texts::COLUMN_GUESSES];
    let mut table = Table::new(heading.map(|text| text.get(language)));
    let tokenizer = &prepared.tokenizer;
    let room = prepared.data.options().seq_len - PAIR_SPECIAL_TOKENS;
    let documents: Vec<&Vec<String>> =
        prepared.held_out.documents.iter().filter(|document| document.len() > 1).collect();
    let stride = (documents.len() / EXAMPLES).max(1);
    // First as many as there will be rows, from all over the text, then the others in case one of those has no word to hide.
    let order = (0..stride).flat_map(|first| documents.iter().skip(first).step_by(stride));
    let mut examples = vec![];
    for document in order {
        let (mut a, mut b) = (tokenizer.encode(&document[0])?, tokenizer.encode(&document[1])?);
        truncate_pair(&mut a, &mut b, room);
        // A word at another place in each sentence, so that all kinds of words come along.
        let words = whole_words(tokenizer, &b);
        let Some(&position) = words.get((examples.len() * 2 + 1) % words.len().max(1)) else { continue };
        let hidden = std::mem::replace(&mut b[position], tokenizer.special().mask);
        let guesses = fill_masks(model, tokenizer, &a, Some(&b), GUESSES)?.pop().unwrap_or_default();
        let list: Vec<String> =
            guesses.iter().map(|guess| format!("{} {:.0}", guess.token, 100.0 * guess.probability)).collect();
        table.row([&tokenizer.decode(&b), tokenizer.token(hidden).unwrap_or_default(), &list.join(", ")]);
        examples.push(format!("{} {}", tokenizer.decode(&a), tokenizer.decode(&b)));
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

fn save_curves(folder: &RunFolder, most_frequent: f64, language: Language) -> Result<(), CommandError> {
    let metrics = MetricsTable::read(folder.path())?;
    let series = |column: &str| metrics.series(column).unwrap_or_default();
    let curve = |title: jumok_training::Text, axis: jumok_training::Text| {
        Curve::new(title.get(language))
            .axes(texts::AXIS_STEP.get(language), axis.get(language))
            .language(crate::convert::viz_language(language))
    };
    // Only the training loss is noisy; a few held-out points must stay where they are.
    let (steps, losses): (Vec<f64>, Vec<f64>) = series("loss").into_iter().unzip();
    curve(texts::LOSS_TITLE, texts::AXIS_LOSS)
        .series(texts::CURVE_TRAINING.get(language), steps.into_iter().zip(smooth(&losses, 0.95)))
        .series(texts::CURVE_HELD_OUT.get(language), series("held_out_loss"))
        .include(0.0)
        .save_svg(folder.file("loss.svg"))?;
    curve(texts::ACCURACY_TITLE, texts::AXIS_ACCURACY)
        .series(texts::CURVE_MASKED.get(language), series("held_out_mlm_accuracy"))
        .series(texts::CURVE_NEXT.get(language), series("held_out_nsp_accuracy"))
        .baseline(texts::CURVE_FREQUENT.get(language), most_frequent)
        .baseline(texts::CURVE_COIN.get(language), 0.5)
        .include(0.0)
        .include(1.0)
        .save_svg(folder.file("accuracy.svg"))?;
    Ok(())
}

/// Where each head looks in one held-out pair of sentences.
fn save_attention(run: &Run, language: Language) -> Result<(), CommandError> {
    let Run { folder, prepared, model, config, .. } = run;
    let tokenizer = &prepared.tokenizer;
    let mut pairs = vec![];
    for document in prepared.held_out.documents.iter().filter(|document| document.len() > 1) {
        pairs.push((tokenizer.encode(&document[0])?, tokenizer.encode(&document[1])?));
    }
    let tokens_of = |a: &Vec<i64>, b: &Vec<i64>| a.len() + b.len() + PAIR_SPECIAL_TOKENS;
    let Some((mut a, mut b)) = pairs.into_iter().min_by_key(|(a, b)| tokens_of(a, b).abs_diff(ATTENTION_TOKENS)) else {
        return Ok(());
    };
    truncate_pair(&mut a, &mut b, config.data.seq_len - PAIR_SPECIAL_TOKENS);
    let (layers, tokens) = attention(model, tokenizer, &a, &b)?;
    let mut grid = AttentionGrid::new([tokens.len(), tokens.len()])
        .title(texts::ATTENTION_TITLE.get(language))
        .row_labels(&tokens)
        .col_labels(&tokens)
        .axes(texts::AXIS_QUERY.get(language), texts::AXIS_KEY.get(language))
        .columns(config.model.num_attention_heads)
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
