//! `jumok calc`: what a model costs.

use std::path::Path;

use jumok_lecture::calculator::{
    Architecture, Component, Compute, Machine, NumberFormat, Phase, Roofline, TrainingMemory,
};
use jumok_training::grouped;
use jumok_viz::{Align, RooflineChart, Table, TerminalStyle};
use serde_json::{Value, json};

use super::bench::limits;
use crate::cli::CalcArgs;
use crate::texts::calc as texts;
use crate::{CommandError, Console};

/// Tokens of a text where the model sets no limit.
const USUAL_CONTEXT: usize = 512;
/// Tokens a parameter of a training run that gets the most out of its operations (Hoffmann et al. 2022).
const TOKENS_A_PARAMETER: f64 = 20.0;
/// How long each figure of this machine is measured.
const SECONDS: f64 = 0.5;

/// What is asked of a model.
struct Question {
    model: Architecture,
    context: usize,
    batch: usize,
    format: NumberFormat,
    training_tokens: f64,
    machine: Option<Machine>,
}

/// Prints parameters, operations, memory and, if asked for, the roofline of a model; without one, the models that are known
/// by name.
///
/// # Errors
/// [`CommandError`] if there is no such model, its configuration cannot be counted, or a picture cannot be written.
pub fn calc(args: &CalcArgs, console: Console) -> Result<(), CommandError> {
    let Some(name) = &args.model else {
        presets(console)?;
        return Ok(());
    };
    if args.svg.is_some() && !args.roofline && args.peak.is_none() {
        let file = args.svg.as_deref().unwrap_or(Path::new("")).display();
        return Err(CommandError::option(
            "--svg",
            file,
            "the picture is the roofline: add --roofline, or --peak and --bandwidth",
        ));
    }
    let model = find(name)?;
    let context = args.context.or(model.max_context).unwrap_or(USUAL_CONTEXT);
    // A learned table has no row for a place beyond; computed positions have no such end.
    if let Some(max) = model.max_context.filter(|&max| model.learned_positions > 0 && context > max) {
        let rule = format!("{} has learned positions for {max} tokens at most", model.name);
        return Err(CommandError::option("--context", context, rule));
    }
    let measured = if args.roofline { Some(limits::of_this_machine(SECONDS)) } else { None };
    let given = args.peak.zip(args.bandwidth).map(|(gflops, gb_per_s)| Machine { gflops, gb_per_s });
    let machine = measured.or(given);
    let training_tokens = args.training_tokens.unwrap_or(TOKENS_A_PARAMETER * model.parameters() as f64);
    let format = args.format.map_or(NumberFormat::F16, NumberFormat::from);
    let question = Question { model, context, batch: args.batch.unwrap_or(1), format, training_tokens, machine };
    if args.json {
        console.line(&question.to_json().to_string());
    } else {
        question.print(measured.is_some(), console);
    }
    if let (Some(path), Some(machine)) = (&args.svg, machine) {
        question.chart(machine, console).save_svg(path)?;
        if !args.json {
            console.say(&crate::texts::SAVED_FILE, &[("path", &path.display())]);
        }
    }
    Ok(())
}

/// A preset, or what a file or folder of that name describes.
fn find(name: &str) -> Result<Architecture, CommandError> {
    let path = Path::new(name);
    let file = if path.is_dir() { path.join("config.json") } else { path.to_owned() };
    if !file.is_file() {
        if path.is_dir() {
            return Err(CommandError::NotAModel { path: path.into(), missing: "config.json", hint: "" });
        }
        return Ok(Architecture::preset(name)?);
    }
    let unusable = |reason: String| CommandError::ModelConfig { path: file.clone(), reason };
    let text = std::fs::read_to_string(&file).map_err(|error| unusable(error.to_string()))?;
    let json: Value = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    let name = path.file_stem().map_or_else(|| name.to_owned(), |stem| stem.to_string_lossy().into_owned());
    Architecture::from_config(&name, &json).map_err(|error| unusable(error.to_string()))
}

fn presets(console: Console) -> Result<(), CommandError> {
    let language = console.language();
    console.line(texts::PRESETS.get(language));
    let columns = [
        texts::COLUMN_NAME,
        texts::COLUMN_PARAMETERS,
        texts::COLUMN_LAYERS,
        texts::COLUMN_WIDTH,
        texts::COLUMN_CONTEXT,
    ];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
    ]);
    for name in Architecture::presets() {
        let model = Architecture::preset(&name)?;
        let layers = match (model.encoder_layers, model.decoder_layers) {
            (encoder, 0) => encoder.to_string(),
            (0, decoder) => decoder.to_string(),
            (encoder, decoder) => format!("{encoder} + {decoder}"),
        };
        let context = model.max_context.map_or("–".to_owned(), |context| grouped(context as u64));
        let (parameters, width) = (grouped(model.parameters() as u64), model.hidden_size.to_string());
        table.row([name, parameters, layers, width, context]);
    }
    console.raw(&table.to_terminal(&TerminalStyle::detect()));
    Ok(())
}

impl Question {
    fn compute(&self) -> Compute {
        self.model.compute(self.context)
    }

    fn cache(&self) -> f64 {
        self.format.for_activations().bytes(self.model.kv_cache_values(self.context, self.batch))
    }

    fn training(&self) -> [(TrainingMemory, bool); 2] {
        [false, true].map(|mixed| (TrainingMemory::new(&self.model, self.context, self.batch, mixed), mixed))
    }

    fn roofline(&self, machine: Machine) -> Roofline {
        Roofline::new(&self.model, self.format, self.context, self.batch, machine)
    }

    fn print(&self, measured: bool, console: Console) {
        let (language, style) = (console.language(), TerminalStyle::detect());
        let parameters = self.model.parameters();
        console.say(&texts::PARAMETERS, &[("model", &self.model.name), ("parameters", &grouped(parameters as u64))]);
        let columns =
            [texts::COLUMN_PART, texts::COLUMN_LAYERS, texts::COLUMN_EACH, texts::COLUMN_TOTAL, texts::COLUMN_SHARE];
        let right = [Align::Left, Align::Right, Align::Right, Align::Right, Align::Right];
        let mut table = Table::new(columns.map(|text| text.get(language))).align(right);
        for one in self.model.components() {
            let share = format!("{:.1} %", 100.0 * one.total() as f64 / parameters as f64);
            let Component { name, layers, parameters, .. } = one;
            table.row([name, &layers.to_string(), &grouped(parameters as u64), &grouped(one.total() as u64), &share]);
        }
        console.raw(&table.to_terminal(&style));

        let compute = self.compute();
        console.line("");
        console.say(&texts::COMPUTE, &[("context", &grouped(self.context as u64))]);
        let mut table = Table::new(["", ""]).align([Align::Left, Align::Right]);
        let tokens = scientific(self.training_tokens);
        let attention = compute.attention / compute.tokens as f64;
        table.row([texts::ROW_FORWARD.get(language), &scientific(compute.forward_per_token())]);
        table.row([texts::ROW_ATTENTION.get(language), &scientific(attention)]);
        let training = texts::ROW_TRAINING.fill(language, &[("tokens", &tokens)]);
        table.row([&training, &scientific(compute.training(self.training_tokens))]);
        table.row([texts::ROW_SIX.get(language), &scientific(compute.six_n_d(self.training_tokens))]);
        console.raw(&rows_only(&table.to_terminal(&style)));

        console.line("");
        console.line(texts::MEMORY.get(language));
        let mut table = Table::new(["", "", ""]).align([Align::Left, Align::Right, Align::Right]);
        let mut row = |name: &str, bytes: f64| {
            let (decimal, binary) = in_units(bytes);
            table.row([name, &decimal, &binary]);
        };
        for format in NumberFormat::ALL {
            row(&texts::ROW_WEIGHTS.fill(language, &[("format", &format.name())]), format.bytes(parameters));
        }
        if self.model.decoder_layers > 0 {
            let format = self.format.for_activations().name();
            let values: &[(&str, &dyn std::fmt::Display)] =
                &[("batch", &self.batch), ("context", &grouped(self.context as u64)), ("format", &format)];
            row(&texts::ROW_CACHE.fill(language, values), self.cache());
        }
        for (memory, mixed) in self.training() {
            let precision = if mixed { texts::MIXED } else { texts::SINGLE }.get(language);
            row(&texts::ROW_STEP.fill(language, &[("precision", &precision)]), memory.total());
            row(texts::ROW_OWN.get(language), memory.weights);
            row(texts::ROW_GRADIENTS.get(language), memory.gradients);
            row(texts::ROW_MOMENTS.get(language), memory.optimizer);
            row(texts::ROW_ACTIVATIONS.get(language), memory.activations);
        }
        console.raw(&rows_only(&table.to_terminal(&style)));
        if let Some(machine) = self.machine {
            console.line("");
            self.print_roofline(machine, measured, console);
        }
    }

    fn print_roofline(&self, machine: Machine, measured: bool, console: Console) {
        let language = console.language();
        let (peak, bandwidth) = (format!("{:.1}", machine.gflops), format!("{:.1}", machine.gb_per_s));
        if measured {
            let threads = rayon::current_num_threads();
            console.say(&texts::MEASURED, &[("threads", &threads), ("peak", &peak), ("bandwidth", &bandwidth)]);
        }
        console.say(
            &texts::ROOFLINE,
            &[
                ("peak", &peak),
                ("bandwidth", &bandwidth),
                ("format", &self.format.name()),
                ("batch", &self.batch),
                ("context", &grouped(self.context as u64)),
            ],
        );
        let columns = [
            texts::COLUMN_PHASE,
            texts::COLUMN_INTENSITY,
            texts::COLUMN_ATTAINABLE,
            texts::COLUMN_TOKENS,
            texts::COLUMN_LIMIT,
        ];
        let mut table = Table::new(columns.map(|text| text.get(language))).align([
            Align::Left,
            Align::Right,
            Align::Right,
            Align::Right,
            Align::Left,
        ]);
        for point in self.roofline(machine).points {
            let limit = match point.intensity < machine.ridge() {
                true => texts::LIMIT_MEMORY,
                false => texts::LIMIT_ARITHMETIC,
            };
            let phase = phase_name(point.phase).get(language);
            let numbers = [point.intensity, point.attainable_gflops, point.tokens_per_s].map(three_digits);
            table.row([phase, &numbers[0], &numbers[1], &numbers[2], limit.get(language)]);
        }
        console.raw(&table.to_terminal(&TerminalStyle::detect()));
    }

    fn chart(&self, machine: Machine, console: Console) -> RooflineChart {
        let language = console.language();
        let values: &[(&str, &dyn std::fmt::Display)] = &[
            ("model", &self.model.name),
            ("peak", &format!("{:.0}", machine.gflops)),
            ("bandwidth", &format!("{:.0}", machine.gb_per_s)),
        ];
        let chart = RooflineChart::new(machine.gflops, machine.gb_per_s)
            .title(&texts::CHART_TITLE.fill(language, values))
            .axes(texts::AXIS_INTENSITY.get(language), texts::AXIS_RATE.get(language));
        self.roofline(machine).points.iter().fold(chart, |chart, point| {
            let tokens = three_digits(point.tokens_per_s);
            chart.point(
                &format!("{}: {tokens} {}", phase_name(point.phase).get(language), texts::COLUMN_TOKENS.get(language)),
                point.intensity,
            )
        })
    }

    fn to_json(&self) -> Value {
        let compute = self.compute();
        let components: Vec<Value> = self
            .model
            .components()
            .iter()
            .map(|one| json!({"name": one.name, "layers": one.layers, "parameters": one.parameters, "total": one.total(), "multiply_adds": one.multiply_adds}))
            .collect();
        let weights: serde_json::Map<String, Value> = NumberFormat::ALL
            .iter()
            .map(|format| (format.name().to_owned(), json!(format.bytes(self.model.parameters()))))
            .collect();
        let training = self.training().map(|(memory, mixed)| {
            json!({
                "precision": if mixed { "bf16" } else { "f32" }, "weights": memory.weights, "gradients": memory.gradients,
                "optimizer": memory.optimizer, "activations": memory.activations, "total": memory.total(),
            })
        });
        let roofline = self.machine.map(|machine| {
            let points = self.roofline(machine).points;
            let points: Vec<Value> = points
                .iter()
                .map(|point| {
                    json!({
                        "phase": match point.phase { Phase::Reading => "reading", Phase::Writing => "writing" },
                        "operations": point.operations, "bytes": point.bytes, "operations_per_byte": point.intensity,
                        "attainable_gflops": point.attainable_gflops, "tokens_per_s": point.tokens_per_s,
                    })
                })
                .collect();
            json!({"gflops": machine.gflops, "gb_per_s": machine.gb_per_s, "points": points})
        });
        json!({
            "model": self.model.name,
            "model_type": self.model.model_type,
            "parameters": self.model.parameters(),
            "components": components,
            "context": self.context,
            "batch": self.batch,
            "flops": {
                "forward_per_token": compute.forward_per_token(),
                "attention_per_token": compute.attention / compute.tokens as f64,
                "training_tokens": self.training_tokens,
                "training": compute.training(self.training_tokens),
                "six_n_d": compute.six_n_d(self.training_tokens),
            },
            "bytes": {
                "weights": weights,
                "kv_cache": self.cache(),
                "kv_cache_format": self.format.for_activations().name(),
                "training": training,
            },
            "roofline": roofline,
        })
    }
}

fn phase_name(phase: Phase) -> jumok_training::Text {
    match phase {
        Phase::Reading => texts::READING,
        Phase::Writing => texts::WRITING,
    }
}

/// A table whose columns need no heading: without its first two lines.
fn rows_only(table: &str) -> String {
    table.lines().skip(2).map(|line| format!("{line}\n")).collect()
}

fn scientific(value: f64) -> String {
    if value < 1e4 { format!("{value:.0}") } else { format!("{value:.2e}") }
}

fn three_digits(value: f64) -> String {
    match value {
        v if v >= 1000.0 => grouped(v.round() as u64),
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v => format!("{v:.2}"),
    }
}

/// In powers of 1000 and in powers of 1024, which are often taken for each other.
fn in_units(bytes: f64) -> (String, String) {
    let scaled = |base: f64, units: [&str; 5]| {
        let power = (0..4).take_while(|&n| bytes >= base.powi(n + 1)).count();
        format!("{:.2} {}", bytes / base.powi(power as i32), units[power])
    };
    (scaled(1000.0, ["B", "kB", "MB", "GB", "TB"]), scaled(1024.0, ["B", "KiB", "MiB", "GiB", "TiB"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_in_both_units() {
        assert_eq!(in_units(0.0), ("0.00 B".into(), "0.00 B".into()));
        assert_eq!(in_units(16.0 * 1024f64.powi(3)), ("17.18 GB".into(), "16.00 GiB".into()));
        assert_eq!(in_units(1023.0), ("1.02 kB".into(), "1023.00 B".into()));
        assert_eq!(in_units(5e15).0, "5000.00 TB");
    }

    #[test]
    fn the_json_has_the_figures_of_the_slide() {
        let model = Architecture::preset("llama-3.1-8b").unwrap();
        let machine = Some(Machine { gflops: 989e3, gb_per_s: 3350.0 });
        let question = Question {
            model,
            context: 128 * 1024,
            batch: 1,
            format: NumberFormat::Int4,
            training_tokens: 15e12,
            machine,
        };
        let json = question.to_json();
        assert_eq!(json["parameters"], 8_030_261_248_u64);
        assert_eq!(json["bytes"]["kv_cache"].as_f64().unwrap() / 1024f64.powi(3), 16.0);
        assert_eq!(json["bytes"]["kv_cache_format"], "f16");
        assert_eq!(json["roofline"]["points"][1]["phase"], "writing");
    }

    /// What is counted from a configuration is what a model of that configuration has.
    #[test]
    fn the_models_of_this_workspace_are_counted_exactly() {
        use jumok_bert::{BertConfig, BertForPreTraining};
        use jumok_nn::Module;
        use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig, NormKind};
        use jumok_transformer::translation::{TransformerConfig, TransformerForTranslation};
        use rand::{SeedableRng, rngs::ChaCha8Rng};

        let config = BertConfig { vocab_size: 71, ..BertConfig::tiny() };
        let mut json = serde_json::to_value(&config).unwrap();
        json["architectures"] = json!(["BertForPreTraining"]);
        let bert = BertForPreTraining::new(&config, 0).unwrap();
        assert_eq!(Architecture::from_config("bert", &json).unwrap().parameters(), bert.parameter_count());
        for (shared, tied, pre_norm) in
            [(true, true, false), (false, true, true), (true, false, true), (false, false, false)]
        {
            let config = TransformerConfig {
                vocab_size: 13,
                decoder_vocab_size: (!shared).then_some(9),
                share_encoder_decoder_embeddings: shared,
                tie_word_embeddings: tied,
                normalize_before: pre_norm,
                ..TransformerConfig::tiny()
            };
            let model = TransformerForTranslation::new(&config, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
            let json = serde_json::to_value(&config).unwrap();
            let counted = Architecture::from_config("transformer", &json).unwrap().parameters();
            assert_eq!(counted, model.parameter_count(), "{json}");
        }
        for name in CausalLanguageModelConfig::PRESETS {
            let preset = CausalLanguageModelConfig::preset(name).unwrap();
            for (tie_word_embeddings, bias) in [(true, true), (false, true), (true, false), (false, false)] {
                let bias = bias && preset.norm == NormKind::LayerNorm; // RMS norms have none
                let config = CausalLanguageModelConfig {
                    vocab_size: 11,
                    n_layer: 2,
                    n_embd: 24,
                    n_head: 4,
                    num_key_value_heads: Some(2),
                    n_inner: Some(20),
                    tie_word_embeddings,
                    bias,
                    ..preset.clone()
                };
                let model = CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
                let json = serde_json::to_value(&config).unwrap();
                let counted = Architecture::from_config(name, &json).unwrap().parameters();
                assert_eq!(counted, model.parameter_count(), "{json}");
            }
        }
    }
}
