//! How well a language model foretells held-out text.

use jumok_tensor::IntTensor;
use jumok_text::LanguageModelingBatch;
use jumok_training::evaluate;
use jumok_transformer::causal::{CausalLanguageModel, next_token_loss};

/// Windows that are worked on together.
const BATCH: usize = 32;

/// Mean of −log p(next token) in nats over all places of the windows.
///
/// Windows are cut into batches in one way, whatever the number of threads.
pub(super) fn held_out_loss(model: &CausalLanguageModel, windows: &[&[i64]]) -> f64 {
    let block = model.config.n_positions;
    let batches: Vec<&[&[i64]]> = windows.chunks(BATCH).collect();
    let sums = evaluate(&batches, |windows, ctx| {
        let batch = LanguageModelingBatch::of(windows.iter().copied(), block);
        let [input_ids, targets] =
            [batch.input_ids, batch.targets].map(|ids| IntTensor::from_vec(ids, &[windows.len(), block]));
        next_token_loss(&model.forward(&input_ids, ctx), &targets).item()
    });
    sums.into_iter().sum::<f64>() / (windows.len() * block) as f64
}
