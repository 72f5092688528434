//! `jumok bench`: fixed workloads on random data, timed; one line of JSON a measurement.
//!
//! | workloads | what is timed | file |
//! |---|---|---|
//! | `W1`, `W1b`, `W1d`, `tiny` | a training step of a BERT on masked words and next sentences | `bert.rs` |
//! | `W2`, `W2b` | a training step of a GPT on characters | `gpt.rs` |
//! | `W3` | a training step of a GRU translator with attention | `seq2seq.rs` |
//! | `W4` | a training step of a Transformer that translates | `transformer.rs` |
//! | `W5` | attention alone, forward and backward | `attention.rs` |
//! | `W6` | products and single operations | `operations.rs` |
//! | `bert1`, `bert8` | the forward pass of a BERT-base | `bert.rs` |
//! | `gpt2`, `llama` | 64 tokens written behind a prompt of 32 | `decoding.rs` |
//! | `limits` | what the processor and its memory can do at most | `limits.rs` |
//!
//! Data, initial weights and dropout follow from one fixed seed. The names, sizes and fields are those of other programs that
//! time the same workloads (`benches/compare`), so that lines can be laid side by side.

mod attention;
mod bert;
pub(super) mod clock;
mod decoding;
mod gpt;
pub(super) mod limits;
mod operations;
mod report;
mod seq2seq;
mod training;
mod transformer;

use jumok_kernels::level;
use jumok_tensor::IntTensor;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use crate::cli::{BenchArgs, Workload};
use crate::{CommandError, Console};
use clock::Clock;
pub use report::Measurement;

/// Data, weights and dropout follow from it.
const SEED: u64 = 1234;

/// Times a workload and prints one line of JSON a measurement.
///
/// # Errors
/// As [`measure`].
pub fn bench(args: &BenchArgs, console: Console) -> Result<(), CommandError> {
    measure(args, &mut |measurement| console.line(&measurement.to_json()))
}

/// Times a workload and hands out each measurement as it is ready.
///
/// # Errors
/// [`CommandError`] if an option makes no sense for the workload, or `JUMOK_KERNEL` names no kernel of this machine.
pub fn measure(args: &BenchArgs, out: &mut dyn FnMut(Measurement)) -> Result<(), CommandError> {
    level::try_level()?;
    refuse_what_has_no_effect(args)?;
    let clock = Clock { steps: args.steps, blocks: args.blocks, block_seconds: args.block_seconds };
    match args.workload {
        Workload::W1 | Workload::W1b | Workload::W1d | Workload::Tiny => out(bert::training(args, clock)?),
        Workload::W2 | Workload::W2b => out(gpt::training(args, clock)?),
        Workload::W3 => out(seq2seq::training(args, clock)?),
        Workload::W4 => out(transformer::training(args, clock)?),
        Workload::W5 => attention::measure(args, clock, out)?,
        Workload::W6 => operations::measure(args, clock, out)?,
        Workload::Bert1 => out(bert::inference(1, args, clock)?),
        Workload::Bert8 => out(bert::inference(8, args, clock)?),
        Workload::Gpt2 | Workload::Llama => out(decoding::measure(args, clock)?),
        Workload::Limits => limits::measure(args.block_seconds, out),
    }
    Ok(())
}

/// Ids below `below` of the given shape.
fn random_ids(rng: &mut ChaCha8Rng, shape: &[usize], below: usize) -> IntTensor {
    let count = shape.iter().product();
    IntTensor::from_vec((0..count).map(|_| rng.random_range(0..below as i64)).collect(), shape)
}

/// An error for an option that this workload would not look at.
fn refuse_what_has_no_effect(args: &BenchArgs) -> Result<(), CommandError> {
    let name = args.workload.name();
    let refuse = |option, value: String, rule: &str| Err(CommandError::option(option, value, format!("{name} {rule}")));
    if !args.workload.trains() {
        if let Some(shards) = args.shards {
            return refuse("--shards", shards.to_string(), "is no training step: leave it out");
        }
        if let Some(rows) = args.micro_batch {
            return refuse("--micro-batch", rows.to_string(), "is no training step: leave it out");
        }
    }
    if let Some(precision) = args.precision
        && matches!(args.workload, Workload::W5 | Workload::W6 | Workload::Limits)
    {
        return refuse("--precision", precision.precision().to_string(), "is no model: leave it out");
    }
    if args.row_selection && !args.workload.has_masked_words() {
        return refuse("--row-selection", "with it".into(), "reads every row: leave it out");
    }
    if let Some(word) = &args.only
        && !matches!(args.workload, Workload::W5 | Workload::W6)
    {
        return refuse("--only", word.clone(), "is a single measurement: leave it out");
    }
    if let Some(steps) = args.steps.filter(|_| args.workload == Workload::Limits) {
        return refuse("--steps", steps.to_string(), "has no steps: give --block-seconds");
    }
    if let Some(peak) = args.peak.filter(|_| args.workload == Workload::Limits) {
        return refuse("--peak", peak.to_string(), "measures the peak itself: leave it out");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::{Parser, ValueEnum};

    use super::*;
    use crate::cli::{Cli, Command};

    fn args(line: &[&str]) -> BenchArgs {
        match Cli::parse_from([&["jumok", "bench"], line].concat()).command {
            Some(Command::Bench(args)) => args,
            other => panic!("{other:?}"),
        }
    }

    fn lines(line: &[&str]) -> Vec<serde_json::Value> {
        let mut lines = vec![];
        measure(&args(line), &mut |m| lines.push(serde_json::from_str(&m.to_json()).unwrap())).unwrap();
        lines
    }

    #[test]
    fn a_training_workload_is_one_line_with_the_agreed_names() {
        let lines = lines(&["tiny", "--steps", "3", "--peak", "100"]);
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!((line["workload"].as_str(), line["impl"].as_str()), (Some("tiny"), Some("jumok")));
        for name in ["threads", "ms_per_step_median", "min", "max", "tokens_per_s", "gflops", "fma_peak_share"] {
            assert!(line[name].as_f64().unwrap() > 0.0, "{name} in {line}");
        }
        assert_eq!((line["shards"].as_u64(), line["blocks"].as_u64()), (Some(2), Some(3)));
        // With N(0, 0.02²) weights all words are about equally likely at first: ln 1000 + ln 2.
        let first = line["loss_first"].as_f64().unwrap();
        assert!((first - 1000f64.ln() - 2f64.ln()).abs() < 0.2, "{first}");
        assert!(line["loss_last"].as_f64().unwrap() < first);
        let share = line["fma_peak_share"].as_f64().unwrap() * 100.0 * line["threads"].as_f64().unwrap();
        assert!((share - line["gflops_best"].as_f64().unwrap()).abs() < 0.1, "{line}");
    }

    #[test]
    fn single_operations_are_chosen_by_a_word() {
        let lines = lines(&["W6", "--only", "sgemm 128", "--steps", "2"]);
        assert_eq!(lines.len(), 1);
        assert_eq!(lines[0]["workload"], "sgemm 128");
        assert!(lines[0]["gflops"].as_f64().unwrap() > 0.0 && lines[0]["loss_first"].is_null());
        assert!(measure(&args(&["W6", "--only", "sgem 128"]), &mut |_| ()).is_err());
    }

    #[test]
    fn options_without_effect_are_refused() {
        for line in [
            &["W5", "--shards", "2"][..],
            &["bert1", "--micro-batch", "2"],
            &["W2", "--row-selection"],
            &["W1", "--only", "x"],
            &["limits", "--steps", "3"],
            &["limits", "--peak", "3"],
            &["W6", "--precision", "f32"],
            &["tiny", "--shards", "9"],
        ] {
            let error = measure(&args(line), &mut |_| panic!("{line:?} ran")).unwrap_err().to_string();
            assert!(error.contains(line[1]), "{error}");
        }
    }

    #[test]
    fn every_workload_has_a_name_that_can_be_typed_in_any_case() {
        for &workload in Workload::value_variants() {
            assert_eq!(args(&[workload.name()]).workload, workload);
            assert_eq!(args(&[&workload.name().to_lowercase()]).workload, workload);
        }
        assert_eq!(args(&["bert-mini"]).workload, Workload::W1b);
        let error = Cli::try_parse_from(["jumok", "bench", "W1e"]).unwrap_err().to_string();
        assert!(error.contains("similar"), "{error}");
    }
}
