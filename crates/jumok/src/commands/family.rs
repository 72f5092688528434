//! `jumok bert experiment family`: slide S36, computed here.
//!
//! BERT, RoBERTa, ALBERT and DistilBERT of one size are pre-trained on the same text for as many steps, each in the way of its paper, and
//! fine-tuned on the same task. The DistilBERT learns from that BERT.

use std::path::{Path, PathBuf};

use jumok_training::{ProgressStyle, RunFolder, Text, grouped};
use jumok_viz::{Align, Table, TerminalStyle};
use serde_json::{Value, json};

use super::finetune::finetune;
use super::pretrain::{RunOptions, config::PretrainConfig, pretrain, same_questions};
use super::run::{Outcome, percent};
use crate::cli::{FamilyArgs, FinetuneArgs, Lang, ModelTypeName, PretrainArgs};
use crate::texts::family as texts;
use crate::{CommandError, Console};

/// The family in the order of the slide's columns, but the student behind its teacher.
const FAMILY: [(ModelTypeName, &str, Text); 4] = [
    (ModelTypeName::Bert, "BERT", texts::CHANGE_BERT),
    (ModelTypeName::Roberta, "RoBERTa", texts::CHANGE_ROBERTA),
    (ModelTypeName::Albert, "ALBERT", texts::CHANGE_ALBERT),
    (ModelTypeName::Distilbert, "DistilBERT", texts::CHANGE_DISTILBERT),
];

const RESULT_FILE: &str = "family.json";

/// Pre-trains and fine-tunes all four in folders below `args.out`, and prints a table. What is there of an experiment that was stopped is
/// gone on with.
///
/// # Errors
/// [`CommandError`] if the arguments cannot be used, training diverges or a file cannot be written.
pub fn family(
    args: &FamilyArgs,
    language: Lang,
    progress: ProgressStyle,
    console: Console,
) -> Result<Outcome, CommandError> {
    let corpus = args.corpus.unwrap_or(language);
    let task = args.generated.task().name();
    console.say(
        &texts::PLAN,
        &[
            ("steps", &grouped(args.steps)),
            ("task", &task),
            ("examples", &grouped(args.training_examples as u64)),
            ("folder", &args.out.display()),
        ],
    );
    let columns = [
        texts::COLUMN_MODEL,
        texts::COLUMN_PARAMETERS,
        texts::COLUMN_SIZES,
        texts::COLUMN_STEP,
        texts::COLUMN_WORDS,
        texts::COLUMN_SECOND,
    ];
    let [model, parameters, sizes, step, words, second] = columns.map(|text| text.get(console.language()));
    let mut table = Table::new([model, parameters, sizes, step, words, second, task]).align([
        Align::Left,
        Align::Right,
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
    ]);
    let mut result = vec![];
    for (model_type, name, _) in FAMILY {
        let folder = args.out.join(model_type.model_type());
        console.say(&texts::PRETRAINING, &[("model", &name)]);
        let wishes = PretrainArgs {
            model_type: Some(model_type),
            teacher: (model_type == ModelTypeName::Distilbert).then(|| args.out.join("bert")),
            preset: (model_type != ModelTypeName::Distilbert).then(|| args.preset.clone()),
            corpus: Some(corpus),
            steps: Some(args.steps),
            seed: Some(args.seed),
            ..PretrainArgs::default()
        };
        let options = RunOptions { corpus_language: corpus, progress };
        let start_or_go_on = |args: PretrainArgs| pretrain(&args, options, console.quiet());
        if let Some(stopped) = complete(&folder, start_or_go_on, wishes, |folder, args| match folder {
            Part::New(out) => PretrainArgs { out: Some(out), ..args },
            Part::Begun(resume) => PretrainArgs { resume: Some(resume), ..PretrainArgs::default() },
        })? {
            return Ok(stopped);
        }

        console.say(&texts::FINETUNING, &[("model", &name)]);
        let tuned = args.out.join(format!("{}-{task}", model_type.model_type()));
        let wishes = FinetuneArgs {
            generated: Some(args.generated),
            corpus: Some(corpus),
            training_examples: Some(args.training_examples),
            model: Some(folder.clone()),
            seed: Some(args.seed),
            ..FinetuneArgs::default()
        };
        let start_or_go_on = |args: FinetuneArgs| finetune(&args, corpus, progress, console.quiet());
        if let Some(stopped) = complete(&tuned, start_or_go_on, wishes, |folder, args| match folder {
            Part::New(out) => FinetuneArgs { out: Some(out), ..args },
            Part::Begun(resume) => FinetuneArgs { resume: Some(resume), ..FinetuneArgs::default() },
        })? {
            return Ok(stopped);
        }

        let config: PretrainConfig = RunFolder::read_config(&folder)?;
        let (pretrained, finetuned) = (read_summary(&folder)?, read_summary(&tuned)?);
        let words = same_questions(&folder)?;
        let number = |summary: &Value, key: &str| summary[key].as_f64();
        let milliseconds = number(&pretrained, "seconds").unwrap_or(f64::NAN) * 1e3 / args.steps as f64;
        let second = ["nsp_accuracy", "sop_accuracy"].into_iter().find_map(|key| number(&pretrained, key));
        let figure =
            ["accuracy", "entity_f1", "f1", "pearson", "mcc"].into_iter().find_map(|key| number(&finetuned, key));
        let figure = figure.unwrap_or(f64::NAN);
        let sizes = format!(
            "{}/{}/{}",
            config.model.num_hidden_layers(),
            config.model.sizes().hidden_size,
            config.model.num_attention_heads()
        );
        table.row([
            name,
            &grouped(pretrained["parameters"].as_u64().unwrap_or(0)),
            &sizes,
            &format!("{milliseconds:.1}"),
            &percent(words.masked_accuracy()),
            &second.map_or_else(|| "–".to_owned(), percent),
            &percent(figure),
        ]);
        result.push(json!({
            "model_type": model_type.model_type(),
            "parameters": pretrained["parameters"],
            "milliseconds_a_step": milliseconds,
            "mlm_accuracy": words.masked_accuracy(),
            "mlm_loss": words.masked_loss(),
            "second_exercise_accuracy": second,
            "task": task,
            "task_figure": figure,
        }));
    }
    console.line("");
    console.line(texts::RESULT.get(console.language()));
    console.raw(&table.to_terminal(&TerminalStyle::detect()));
    for (_, name, change) in FAMILY {
        console.line(&format!("{name}: {}", change.get(console.language())));
    }
    let path = args.out.join(RESULT_FILE);
    let text = serde_json::to_string_pretty(&result).expect("numbers and strings") + "\n";
    jumok_nn::write_atomically(&path, |file| std::io::Write::write_all(file, text.as_bytes()))?;
    console.say(&crate::texts::SAVED_FILE, &[("path", &path.display())]);
    Ok(Outcome::Finished { folder: args.out.clone() })
}

/// The folder of a run that is to be started, or to be gone on with.
enum Part {
    New(PathBuf),
    Begun(PathBuf),
}

/// Brings the run in `folder` to its end: nothing is done if it has ended, and it is gone on with if it has begun. What it returns is a
/// run that was stopped.
fn complete<A>(
    folder: &Path,
    run: impl FnOnce(A) -> Result<Outcome, CommandError>,
    wishes: A,
    with_folder: impl FnOnce(Part, A) -> A,
) -> Result<Option<Outcome>, CommandError> {
    if folder.join("summary.json").is_file() {
        return Ok(None);
    }
    let part = if RunFolder::newest_weights(folder).is_ok_and(|found| found.is_some()) {
        Part::Begun(folder.into())
    } else {
        Part::New(folder.into())
    };
    match run(with_folder(part, wishes))? {
        Outcome::Finished { .. } => Ok(None),
        stopped => Ok(Some(stopped)),
    }
}

/// The `summary.json` of a run.
fn read_summary(folder: &Path) -> Result<Value, CommandError> {
    let path = folder.join("summary.json");
    let unusable = |reason: String| CommandError::ModelConfig { path: path.clone(), reason };
    let text = std::fs::read_to_string(&path).map_err(|error| unusable(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))
}
