//! Greedy decoding with a cache: 64 tokens behind a prompt of 32, random weights.
//!
//! Each token reads every weight once and uses it once, so memory, not the processor, sets the pace: beside the time stands the
//! rate at which weights were read, and what share that is of what memory gives.

use std::time::Instant;

use jumok_nn::{Ctx, Module};
use jumok_tensor::{in_precision, no_grad};
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::clock::Clock;
use super::limits::read_gb_per_s;
use super::report::{Measurement, rounded};
use super::{SEED, random_ids};
use crate::CommandError;
use crate::cli::{BenchArgs, Workload};

const PROMPT: usize = 32;
const NEW: usize = 64;
/// Ids of the prompt are below it.
const PROMPT_IDS: usize = 1000;

/// Times whole texts; the decoding of one token is what is left of the time when reading the prompt is taken off.
///
/// # Errors
/// If the precision is not available.
pub(super) fn measure(args: &BenchArgs, clock: Clock) -> Result<Measurement, CommandError> {
    let llama = args.workload == Workload::Llama;
    let config = if llama { CausalLanguageModelConfig::llama() } else { CausalLanguageModelConfig::default() };
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    let model = CausalLanguageModel::new(&config, &mut rng)?;
    let prompt = random_ids(&mut rng, &[1, PROMPT], PROMPT_IDS);
    let precision = args.precision.unwrap_or_default();
    let available = precision.available()?;
    let mut prefills = vec![];
    let mut text = || {
        let started = Instant::now();
        let mut past = model.empty_past();
        let mut next = model.read(&prompt, &mut past, &mut Ctx::eval()).argmax(-1, true); //       [1, 1]
        prefills.push(started.elapsed().as_secs_f64() * 1e3);
        for _ in 1..NEW {
            next = model.read(&next, &mut past, &mut Ctx::eval()).argmax(-1, true);
        }
    };
    let timing = clock.time(|| {
        in_precision(available, || no_grad(&mut text));
        Ok::<(), CommandError>(())
    })?;
    prefills.sort_by(f64::total_cmp);
    let prefill = prefills[prefills.len() / 2];
    let token = (timing.median - prefill) / (NEW - 1) as f64;
    let rate = bytes_a_token(&model) as f64 / (timing.min - prefill) * (NEW - 1) as f64 / 1e6;
    let most = read_gb_per_s(args.block_seconds.min(0.5));
    Ok(Measurement {
        params: Some(model.parameter_count()),
        precision: Some(precision),
        prefill_ms: Some(rounded(prefill, 2)),
        decode_ms_per_token: Some(rounded(token, 3)),
        weights_gb_per_s: Some(rounded(rate, 2)),
        read_gb_per_s: Some(rounded(most, 2)),
        read_share: Some(rounded(rate / most, 3)),
        ..Measurement::timed(format!("W7 {} decode {PROMPT}+{NEW}", args.workload.name()), &timing, NEW)
    })
}

/// The weights that a token reads: all but the tables of which it reads one row.
fn bytes_a_token(model: &CausalLanguageModel) -> usize {
    let mut numbers = 0;
    model.for_each_parameter(&mut |name, parameter| {
        let is_looked_up = name == "wpe.weight" || (name == "wte.weight" && model.lm_head.is_some());
        numbers += if is_looked_up { 0 } else { parameter.len() };
    });
    numbers * size_of::<jumok_tensor::Elem>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_all_weights_but_those_that_are_looked_up() {
        let tiny = |config: CausalLanguageModelConfig| {
            let config =
                CausalLanguageModelConfig { vocab_size: 10, n_embd: 8, n_layer: 1, n_inner: Some(5), ..config };
            let config = CausalLanguageModelConfig { n_head: 2, num_key_value_heads: Some(1), ..config };
            CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(0)).unwrap()
        };
        // Queries and output 8·8, keys and values 8·4, norms 8 each, the head 10·8.
        let attention = 2 * 64 + 2 * 32;
        let gpt = tiny(CausalLanguageModelConfig::nanogpt());
        assert_eq!(bytes_a_token(&gpt), 4 * (attention + 2 * 40 + 3 * 8 + 80));
        let llama = tiny(CausalLanguageModelConfig::llama());
        assert_eq!(bytes_a_token(&llama), 4 * (attention + 3 * 40 + 3 * 8 + 80));
    }
}
