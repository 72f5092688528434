//! Attention alone: batch 8, 8 heads of width 64, forward and backward.

use jumok_nn::Init;
use jumok_tensor::Tensor;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::clock::Clock;
use super::operations::{Chosen, forward_and_backward};
use super::report::Measurement;
use super::{CommandError, SEED};
use crate::cli::BenchArgs;

const BATCH_SIZE: usize = 8;
const HEADS: usize = 8;
const D_K: usize = 64;

/// Sequences of 256 and 1024 tokens, without a mask and causal.
///
/// # Errors
/// If no name contains the word of `--only`.
pub(super) fn measure(args: &BenchArgs, clock: Clock, out: &mut dyn FnMut(Measurement)) -> Result<(), CommandError> {
    let mut chosen = Chosen::new(args, clock, out);
    let mut rng = ChaCha8Rng::seed_from_u64(SEED);
    for seq_len in [256, 1024] {
        for causal in [false, true] {
            let name = format!("W5 attention T={seq_len} causal={} fwd+bwd", u8::from(causal));
            // Two products forward and five backward, where one has to be done again: scores are not kept.
            let multiply_adds = 7 * BATCH_SIZE * HEADS * seq_len * seq_len * D_K / if causal { 2 } else { 1 };
            chosen.operation(&name, Some(multiply_adds), || {
                let shape = [BATCH_SIZE, HEADS, seq_len, D_K];
                let normal = Init::Normal { mean: 0.0, std: 1.0 };
                let [q, k, v] = [(); 3].map(|()| normal.parameter(&shape, &mut rng));
                let scale = 1.0 / (D_K as f64).sqrt();
                let attention = move || -> Tensor { q.attention(&k, &v, scale, causal.then_some(0), None) };
                forward_and_backward(attention, &mut rng)
            })?;
        }
    }
    chosen.finish()
}
