//! How much of the loss's gradient arrives at each state of the encoder.

use jumok_nn::{Ctx, backward_with_records};

use crate::{Seq2Seq, Seq2SeqBatch, Seq2SeqConfig};

/// ‖∂L/∂h_t‖ for every step t of the encoder's last layer, read left to right: `[S]`. L is the loss of a batch, h_t the states
/// of all its sentences together.
///
/// The gradient is the whole one. Without attention all of it comes back from h_S, one step at a time:
/// ∂L/∂h_t = (∂h_{t+1}/∂h_t)ᵀ·∂L/∂h_{t+1}, a product of S − t matrices. With attention h_t is also read by the decoder itself,
/// and what comes that way is no product at all (Bahdanau et al. 2015; erratum E2).
///
/// # Panics
/// As [`Seq2Seq::forward`].
#[track_caller]
pub fn gradient_norms(model: &Seq2Seq, batch: &Seq2SeqBatch) -> Vec<f64> {
    // ANCHOR: norms
    let mut ctx = Ctx::eval().recording();
    let loss = model.loss(batch, 1.0, &mut ctx).loss;
    let [_, steps] = batch.source.dims();
    let last_layer = model.config.encoder_layers - 1;
    let mut records = ctx.take_records();
    records.retain(|record| record.path.starts_with(&format!("encoder.layer.{last_layer}.forward.step.")));
    assert_eq!(records.len(), steps, "the encoder shows its state at each step");
    let gradients = backward_with_records(&loss, &records);
    let norm = |values: Vec<_>| values.into_iter().map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    records.iter().map(|record| gradients.get(&record.value).map_or(0.0, |g| norm(g.to_vec()))).collect()
    // ANCHOR_END: norms
}

/// Sources whose right answer is their first symbol alone: the whole gradient of a decoder without attention must come all the
/// way back to be of use.
pub fn first_symbol_batch(sources: &[Vec<i64>], config: &Seq2SeqConfig) -> Seq2SeqBatch {
    let firsts: Vec<Vec<i64>> = sources.iter().map(|source| source.iter().take(1).copied().collect()).collect();
    Seq2SeqBatch::new(sources, &firsts, config)
}

/// The factor by which the norms change from one step *back* to the next, the same for all: e^(−slope) of the line that fits
/// their logarithms with the least squares. Below 1 the gradient vanishes, above 1 it explodes.
///
/// Norms of 0 have no logarithm and are left out: they are so small that `f32` has no number for them.
///
/// # Panics
/// If fewer than two norms are left.
#[track_caller]
pub fn factor_per_step(norms: &[f64]) -> f64 {
    let points: Vec<(f64, f64)> =
        norms.iter().enumerate().filter(|(_, norm)| **norm > 0.0).map(|(t, norm)| (t as f64, norm.ln())).collect();
    assert!(points.len() > 1, "factor_per_step: {norms:?} does not fit: need two norms above 0");
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / points.len() as f64;
    let (t, y) = (mean(|point| point.0), mean(|point| point.1));
    let covariance: f64 = points.iter().map(|point| (point.0 - t) * (point.1 - y)).sum();
    let variance: f64 = points.iter().map(|point| (point.0 - t).powi(2)).sum();
    (-covariance / variance).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::{Order, Symbols};
    use crate::{AttentionKind, CellKind};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn the_factor_is_that_of_a_geometric_sequence() {
        let norms: Vec<f64> = (0..20).map(|t| 3.0 * 0.5_f64.powi(19 - t)).collect();
        assert!((factor_per_step(&norms) - 0.5).abs() < 1e-12);
        assert!((factor_per_step(&[0.0, 0.0, 1.0, 2.0, 4.0]) - 0.5).abs() < 1e-12, "zeros are left out");
        assert!((factor_per_step(&[7.0; 9]) - 1.0).abs() < 1e-12);
        // By hand: ln 1, ln 2, ln 1 lie about a level line.
        assert!((factor_per_step(&[1.0, 2.0, 1.0]) - 1.0).abs() < 1e-12);
    }

    /// By hand: of a network with a single number as its state, ∂h_{t+1}/∂h_t = w·(1 − h_{t+1}²).
    #[test]
    fn without_attention_each_step_back_is_one_factor() {
        let symbols = Symbols { count: 4, lengths: 5..=5, order: Order::Reverse };
        let config = Seq2SeqConfig { attention: AttentionKind::None, cell: CellKind::RnnTanh, ..symbols.config(1) };
        let rng = &mut ChaCha8Rng::seed_from_u64(3);
        let model = Seq2Seq::new(&config, rng).unwrap();
        let (sources, targets) = symbols.pairs(1, rng);
        let batch = Seq2SeqBatch::new(&sources, &targets, &config);
        let norms = gradient_norms(&model, &batch);
        let states = model.encode(&batch.source, &batch.source_lengths, &mut Ctx::eval()).annotations.to_vec();
        let weight = model.encoder.layers[0][0].weight_hh.item();
        for t in 0..4 {
            let factor = weight * (1.0 - f64::from(states[t + 1]).powi(2));
            assert!((norms[t] / norms[t + 1] - factor.abs()).abs() < 1e-4, "{norms:?}, {factor} at {t}");
        }
    }

    #[test]
    #[should_panic(expected = "need two norms above 0")]
    fn one_norm_has_no_slope() {
        factor_per_step(&[0.0, 1.0]);
    }
}
