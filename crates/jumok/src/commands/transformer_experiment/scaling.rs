//! `jumok transformer experiment scaling`: slide S21, *better in proportion to the size*.
//!
//! Language models of growing width read the same text, character by character, for the same number of steps. Their held-out loss
//! falls by a power of the number of parameters, which is far from proportional (erratum E16).

use jumok_nn::{Ctx, Module};
use jumok_tensor::IntTensor;
use jumok_text::{
    CountingBaselines, Language as TextLanguage, LanguageModelingBatch, LanguageModelingData, ToyOptions, Unit,
    Vocabulary, VocabularyOptions, encode_running_text, running_text, toy_corpus,
};
use jumok_training::{ProgressStyle, evaluate, grouped};
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig, next_token_loss};
use jumok_transformer::probe::PowerLaw;
use jumok_viz::{Align, Curve, Table, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::cli::ScalingArgs;
use crate::commands::seq2seq::short_run::ShortRun;
use crate::convert::viz_language;
use crate::texts::transformer_experiment as texts;
use crate::{CommandError, Console};

/// Characters that a model sees at once.
const WINDOW: usize = 64;
/// Held-out windows of a batch.
const HELD_OUT_BATCH: usize = 32;
const HELD_OUT_BATCHES: u64 = 8;
const HELD_OUT_STORIES: usize = 200;
/// Learning rate at its highest, for the narrowest and the widest alike.
const LEARNING_RATE: f64 = 4e-3;

/// Texts as numbers.
struct Characters {
    training: LanguageModelingData,
    held_out: LanguageModelingData,
    baselines: CountingBaselines,
    vocab_size: usize,
}

/// Trains a model of each width, prints held-out loss against parameters with the power law through them, and draws it.
///
/// # Errors
/// [`CommandError`] if the widths or the stories make no sense, training diverges or the plot cannot be written.
pub fn scaling(args: &ScalingArgs, progress: ProgressStyle, console: Console) -> Result<(), CommandError> {
    if args.widths.len() < 2 || !args.widths.is_sorted_by(|a, b| a < b) {
        let widths = args.widths.iter().map(usize::to_string).collect::<Vec<_>>().join(",");
        return Err(CommandError::option(
            "--widths",
            widths,
            "there must be at least two, and they must grow, from the smallest to the largest",
        ));
    }
    let language = console.language();
    let characters = Characters::generate(args)?;
    console.say(
        &texts::SCALING_PLAN,
        &[
            ("models", &args.widths.len()),
            ("stories", &args.stories),
            ("characters", &grouped(characters.training.ids().len() as u64)),
            ("steps", &args.steps),
            ("batch", &args.batch_size),
            ("window", &WINDOW),
        ],
    );
    let (mut points, mut widths) = (vec![], vec![]);
    for &width in &args.widths {
        let (parameters, loss) = measure(args, width, &characters, progress, console)?;
        widths.push(width);
        points.push((parameters as f64, loss));
    }
    let law = PowerLaw::fit(&points).expect("models of different widths have losses above 0");

    let columns = [
        texts::COLUMN_WIDTH,
        texts::COLUMN_PARAMETERS,
        texts::COLUMN_LOSS,
        texts::COLUMN_LAW,
        texts::COLUMN_PROPORTIONAL,
    ];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 5]);
    let (least, at_least) = points[0];
    for (width, &(parameters, loss)) in widths.iter().zip(&points) {
        let numbers = [loss, law.at(parameters), at_least * least / parameters].map(|loss| format!("{loss:.3}"));
        let [loss, by_law, proportional] = numbers;
        table.row([width.to_string(), grouped(parameters as u64), loss, by_law, proportional]);
    }
    console.line("");
    console.say(&texts::SCALING_RESULT, &[("frequent", &format!("{:.3}", characters.baselines.unigram))]);
    console.raw(&table.to_terminal(&TerminalStyle::detect()));
    console.say(
        &texts::SCALING_LAW,
        &[
            ("factor", &format!("{:.2}", law.factor)),
            ("exponent", &format!("{:.3}", law.exponent)),
            ("r_squared", &format!("{:.3}", law.r_squared)),
            ("tenfold", &format!("{:.0}", 100.0 * (1.0 - 10f64.powf(law.exponent)))),
        ],
    );
    let logs = |points: &[(f64, f64)]| points.iter().map(|(x, y)| (x.log10(), *y)).collect::<Vec<_>>();
    let line: Vec<(f64, f64)> = points.iter().map(|&(x, _)| (x, law.at(x))).collect();
    let by_law = texts::SERIES_LAW.fill(language, &[("exponent", &format!("{:.3}", law.exponent))]);
    Curve::new(texts::SCALING_TITLE.get(language))
        .axes(texts::AXIS_PARAMETERS.get(language), texts::AXIS_LOSS.get(language))
        .language(viz_language(language))
        .log_scale()
        .dotted_series(texts::SERIES_MEASURED.get(language), logs(&points))
        .series(&by_law, logs(&line))
        .save_svg(&args.svg)?;
    console.say(&texts::PLOT_SAVED, &[("path", &args.svg.display())]);
    Ok(())
}

impl Characters {
    fn generate(args: &ScalingArgs) -> Result<Characters, CommandError> {
        let toy = toy_corpus(&ToyOptions {
            seed: args.seed,
            documents: args.stories,
            held_out_documents: HELD_OUT_STORIES,
            ..ToyOptions::new(TextLanguage::English)
        })?;
        let [training, held_out] = [&toy.training, &toy.held_out].map(running_text);
        let options = VocabularyOptions { unit: Unit::Characters, ..VocabularyOptions::default() };
        let vocabulary = Vocabulary::train([training.as_str()], &options)?;
        let [training, held_out] = [training, held_out].map(|text| encode_running_text(&vocabulary, &text));
        let baselines = CountingBaselines::new(&training, &held_out, vocabulary.size());
        let training = LanguageModelingData::new(training, args.batch_size, WINDOW, args.seed)?;
        // Other windows than those of the training: another text.
        let held_out = LanguageModelingData::new(held_out, HELD_OUT_BATCH, WINDOW, args.seed)?;
        Ok(Characters { training, held_out, baselines, vocab_size: vocabulary.size() })
    }
}

/// Some rows of a batch: what is read, and what comes next, `[rows, WINDOW]` each.
fn tokens(batch: &LanguageModelingBatch, rows: std::ops::Range<usize>) -> [IntTensor; 2] {
    let count = rows.len();
    batch.rows(rows).map(|ids| IntTensor::from_vec(ids.to_vec(), &[count, WINDOW]))
}

/// Trains a model of this width, and gives its parameters and its held-out loss in nats a character.
fn measure(
    args: &ScalingArgs,
    width: usize,
    characters: &Characters,
    progress: ProgressStyle,
    console: Console,
) -> Result<(usize, f64), CommandError> {
    let config = CausalLanguageModelConfig {
        vocab_size: characters.vocab_size,
        n_positions: WINDOW,
        n_embd: width,
        n_layer: 2,
        n_head: [4, 2, 1].into_iter().find(|heads| width.is_multiple_of(*heads)).expect("1 divides every width"),
        ..CausalLanguageModelConfig::tiny()
    };
    let mut model = CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(args.seed))?;
    let run = ShortRun { steps: args.steps, seed: args.seed, lr: LEARNING_RATE, progress };
    // The same windows for every model.
    let batch = |step| (characters.training.batch(step), args.batch_size);
    let loss =
        |model: &CausalLanguageModel, batch: &LanguageModelingBatch, rows: std::ops::Range<usize>, ctx: &mut Ctx| {
            let predictions = rows.len() * WINDOW;
            let [read, next] = tokens(batch, rows);
            let sum = next_token_loss(&model.forward(&read, ctx), &next);
            (sum / batch.targets.len() as f64, predictions)
        };
    let trained = run.train(&mut model, batch, loss, console)?;
    let batches: Vec<_> =
        (0..HELD_OUT_BATCHES).map(|n| tokens(&characters.held_out.batch(n), 0..HELD_OUT_BATCH)).collect();
    let losses = evaluate(&batches, |[read, next], ctx| next_token_loss(&model.forward(read, ctx), next).item());
    let loss = losses.iter().sum::<f64>() / (HELD_OUT_BATCHES as usize * HELD_OUT_BATCH * WINDOW) as f64;
    let name = texts::MODEL_OF_WIDTH.fill(console.language(), &[("width", &width)]);
    let parameters = grouped(model.parameter_count() as u64);
    console.say(
        &texts::TRAINED,
        &[("name", &name), ("parameters", &parameters), ("time", &trained.time), ("loss", &trained.loss)],
    );
    Ok((model.parameter_count(), loss))
}
