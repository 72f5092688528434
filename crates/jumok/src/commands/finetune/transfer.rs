//! `jumok bert experiment transfer`: slide S32, what pre-training brings.
//!
//! The same head is trained on the same few labelled examples twice: on the pre-trained encoder, and on one of the same sizes with
//! random weights. Everything else is equal. The gap is what was learned without labels.

use jumok_nn::{AdamW, Optimizer, Schedule, clip_grad_norm};
use jumok_text::Language as TextLanguage;
use jumok_text::finetuning::{Examples, Feature, GeneratedOptions, generate};
use jumok_training::{Progress, ProgressStyle, StepReport, grouped};
use jumok_viz::{Align, Curve, Table, TerminalStyle};

use super::baselines::baselines;
use super::config::{adamw, defaults, usual_lr};
use super::data::Encoded;
use super::evaluation::{AnswerSettings, figures_of, score};
use super::model::FinetunedModel;
use super::train::{forward_backward, shown};
use crate::cli::{Lang, TaskName, TransferArgs};
use crate::commands::model_folder::ModelFolder;
use crate::commands::run::check_finite;
use crate::convert::viz_language;
use crate::texts::finetune as texts;
use crate::{CommandError, Console};

const SHARDS: usize = 2;
const MAX_LENGTH: usize = 128;
/// Other examples than those of `bert finetune` (0), by which the usual learning rate was chosen.
const EXAMPLES_SEED: u64 = 1;

/// Figures of all seeds at one number of labels: from scratch, pre-trained.
struct Point {
    labels: usize,
    figures: [Vec<f64>; 2],
}

/// Trains both for every number of labels and every seed, prints a table of means and deviations, and draws them.
///
/// # Errors
/// [`CommandError`] if the model or the numbers cannot be used, training diverges or the plot cannot be written.
pub fn transfer(
    args: &TransferArgs,
    language: Lang,
    progress: ProgressStyle,
    console: Console,
) -> Result<(), CommandError> {
    if !args.labels.is_sorted_by(|a, b| a < b) {
        let labels = args.labels.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        return Err(CommandError::option(
            "--labels",
            labels,
            "they must grow, from the smallest number to the largest",
        ));
    }
    let experiment = Experiment::new(args, language, console)?;
    let shown_language = console.language();
    let (key, name) = figures_of(experiment.task)[0];
    let most = *args.labels.last().expect("clap gives at least one number");
    console.say(
        &texts::TRANSFER_PLAN,
        &[
            ("task", &args.generated.task().name()),
            ("model", &args.model.display()),
            ("seeds", &args.seeds),
            ("steps", &args.steps),
            ("dev", &grouped(experiment.dev.examples.len() as u64)),
        ],
    );
    let runs = args.labels.len() as u64 * args.seeds * 2;
    let mut bar = Progress::new(runs, 0, shown_language, progress);
    let (mut points, mut done) = (vec![], 0);
    for &labels in &args.labels {
        let mut point = Point { labels, figures: [vec![], vec![]] };
        for seed in 0..args.seeds {
            for (pretrained, figures) in point.figures.iter_mut().enumerate() {
                let (figure, loss) = experiment.measure(args, labels, seed, pretrained == 1)?;
                figures.push(figure);
                done += 1;
                bar.update(&StepReport { step: done, loss, metrics: &[], learning_rate: experiment.lr, tokens: 0 });
            }
        }
        points.push(point);
    }
    bar.finish();

    let columns = [texts::COLUMN_LABELS, texts::SCRATCH, texts::PRETRAINED, texts::COLUMN_GAP];
    let mut table = Table::new(columns.map(|text| text.get(shown_language))).align([Align::Right; 4]);
    for Point { labels, figures } in &points {
        let both = figures.each_ref().map(|figures| mean_and_deviation(figures));
        let shown_both = both.map(|(mean, deviation)| format!("{} ± {}", shown(key, mean), shown(key, deviation)));
        let gaps: Vec<f64> = figures[1].iter().zip(&figures[0]).map(|(with, without)| with - without).collect();
        let (gap, deviation) = mean_and_deviation(&gaps);
        let [scratch, pretrained] = shown_both;
        table.row([
            labels.to_string(),
            scratch,
            pretrained,
            format!("{} ± {}", shown(key, gap), shown(key, deviation)),
        ]);
    }
    console.line("");
    console.say(&texts::TRANSFER_RESULT, &[("figure", &name.get(shown_language)), ("seeds", &args.seeds)]);
    console.raw(&table.to_terminal(&TerminalStyle::detect()));

    let mut curve = Curve::new(&texts::TRANSFER_TITLE.fill(shown_language, &[("task", &args.generated.task().name())]))
        .axes(texts::AXIS_LABELS.get(shown_language), name.get(shown_language))
        .language(viz_language(shown_language))
        .log_steps();
    for (which, text) in [(0, texts::SCRATCH), (1, texts::PRETRAINED)] {
        let series = points.iter().map(|point| {
            let (mean, deviation) = mean_and_deviation(&point.figures[which]);
            (point.labels as f64, mean, deviation)
        });
        curve = curve.banded_series(text.get(shown_language), series);
    }
    for (name, value) in experiment.baselines(most) {
        curve = curve.baseline(name.get(shown_language), value);
    }
    curve.save_svg(&args.svg)?;
    console.say(&texts::PLOT_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}

/// Mean and standard deviation (n − 1) of some figures.
fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (mean, if values.len() > 1 { (squares / (n - 1.0)).sqrt() } else { 0.0 })
}

struct Experiment {
    task: TaskName,
    encoder: ModelFolder,
    training: Encoded,
    dev: Encoded,
    settings: AnswerSettings,
    lr: f64,
}

impl Experiment {
    fn new(args: &TransferArgs, language: Lang, console: Console) -> Result<Experiment, CommandError> {
        let encoder = ModelFolder::open(&args.model, console)?;
        let most = args.labels.last().copied().unwrap_or(1);
        let options = GeneratedOptions {
            language: match args.corpus.unwrap_or(language) {
                Lang::En => TextLanguage::English,
                Lang::Ko => TextLanguage::Korean,
            },
            seed: EXAMPLES_SEED,
            // Others for every seed.
            training: most * args.seeds as usize,
            dev: args.dev_examples,
        };
        let (training, dev) = generate(args.generated.task(), &options)?;
        let no_answer = false;
        let max_length = MAX_LENGTH.min(encoder.config.sizes().max_length);
        let encode = |examples| Encoded::new(examples, &encoder.tokenizer, max_length, None);
        let (training, dev) = (encode(training)?, encode(dev)?);
        let settings = AnswerSettings { pad: encoder.tokenizer.special().pad, max_answer_length: 30, no_answer };
        let lr = args.lr.unwrap_or_else(|| usual_lr(encoder.config.sizes().hidden_size));
        if !(lr > 0.0 && lr <= 1.0) {
            return Err(CommandError::option("--lr", lr, "it must be above 0 and at most 1"));
        }
        Ok(Experiment { task: TaskName::of(args.generated.task()), encoder, training, dev, settings, lr })
    }

    /// The deciding figure after training on `labels` examples of those that belong to `seed`, and the last loss.
    fn measure(
        &self,
        args: &TransferArgs,
        labels: usize,
        seed: u64,
        pretrained: bool,
    ) -> Result<(f64, f64), CommandError> {
        let most = args.labels.last().copied().unwrap_or(labels);
        // Of a question all windows would belong together; generated ones have only one.
        let first = seed as usize * most;
        let examples = &self.training.features[first..first + labels];
        let (config, names) = (&self.encoder.config, self.training.examples.label_names());
        let mut model = match pretrained {
            true => FinetunedModel::on_encoder(self.task, &self.encoder, config, names, seed)?.0,
            false => FinetunedModel::drawn(self.task, config, names, seed)?,
        };
        let mut optimizer = AdamW::new(adamw(defaults::WEIGHT_DECAY))?;
        let warmup_steps = (args.steps as f64 * defaults::WARMUP_RATIO).round() as u64;
        let schedule = Schedule::Linear { lr: self.lr, warmup_steps, total_steps: args.steps };
        let epochs = jumok_text::finetuning::Epochs { examples: labels, batch_size: args.batch_size.min(labels), seed };
        let mut last = f64::NAN;
        for step in 0..args.steps {
            let batch: Vec<&Feature> = epochs.batch(step).into_iter().map(|n| &examples[n]).collect();
            let mut output = forward_backward(&model, &batch, SHARDS, self.settings.pad, seed, step);
            let norm = clip_grad_norm(&model, &mut output.gradients, defaults::MAX_GRAD_NORM);
            let learning_rate = schedule.lr(step);
            check_finite(step + 1, output.loss, norm, learning_rate)?;
            optimizer.step(&mut model, &output.gradients, learning_rate)?;
            last = output.loss;
        }
        let (scores, _) = score(&model, &self.dev, self.task, &self.settings);
        let figure = scores.figures[0].value;
        Ok((if figure.is_nan() { 0.0 } else { figure }, last))
    }

    /// What simple methods reach on the most labels that one seed has.
    fn baselines(&self, most: usize) -> Vec<(jumok_training::Text, f64)> {
        let mut training: Examples = self.training.examples.clone();
        training.truncate(most);
        baselines(&training, &self.dev.examples)
    }
}
