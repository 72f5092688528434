//! How much each word of the source moves what the decoder is given of it.

use jumok_nn::Ctx;
use jumok_tensor::{Tensor, no_grad};
use rand::rngs::ChaCha8Rng;

use crate::{Seq2Seq, Seq2SeqBatch};

use super::Symbols;

/// ‖c(x) − c(x′)‖ for every position of the source, where x′ is x with another symbol at that position: `[S]`, the mean over
/// the sources with one replacement at each position.
///
/// Without attention c is the one vector that the decoder gets of the sentence. With attention it is the context of the step
/// that writes the word of that position; the decoder is fed the true words up to there, so that nothing but the source
/// differs.
///
/// # Panics
/// If the sources are not all of one length, or there are fewer than two symbols, or the model does not know them.
#[track_caller]
pub fn context_shifts(model: &Seq2Seq, symbols: &Symbols, sources: &[Vec<i64>], rng: &mut ChaCha8Rng) -> Vec<f64> {
    assert!(
        symbols.count > 1,
        "context_shifts: {} symbols do not fit: need another to put in its place",
        symbols.count
    );
    let length = sources.first().map_or(0, Vec::len);
    let lengths: Vec<usize> = sources.iter().map(Vec::len).collect();
    assert!(lengths.iter().all(|&n| n == length), "context_shifts: lengths {lengths:?} do not fit: need one for all");
    let targets: Vec<Vec<i64>> = sources.iter().map(|source| symbols.order.of(source)).collect();
    let contexts = |sources: &[Vec<i64>]| -> Tensor {
        let batch = Seq2SeqBatch::new(sources, &targets, &model.config);
        no_grad(|| model.forward(&batch, 1.0, &mut Ctx::eval()).contexts) //               [B, T, M]
    };
    // ANCHOR: shifts
    let before = contexts(sources); //                                                   [B, T, M]
    (0..length)
        .map(|position| {
            let mut changed = sources.to_vec();
            for source in &mut changed {
                let known = source[position];
                while source[position] == known {
                    source[position] = symbols.symbol(rng);
                }
            }
            let difference = contexts(&changed) - &before; //                                [B, T, M]
            let step = (0..length).find(|&t| symbols.order.source_of(t, length) == position).expect("an order");
            difference.select(1, step as isize).norm(-1, false).mean_all().item() //         [B]
        })
        .collect()
    // ANCHOR_END: shifts
}

/// The share of the last quarter of the positions (at least one) in the sum of all shifts: 0.25 if all positions count alike.
pub fn last_quarter_share(shifts: &[f64]) -> f64 {
    let quarter = (shifts.len() / 4).max(1).min(shifts.len());
    let last: f64 = shifts[shifts.len() - quarter..].iter().sum();
    last / shifts.iter().sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::Order;
    use crate::{AttentionKind, Seq2SeqConfig};
    use rand::SeedableRng;

    #[test]
    fn a_share_is_even_or_all() {
        assert_eq!(last_quarter_share(&[1.0; 8]), 0.25);
        assert_eq!(last_quarter_share(&[0.0, 0.0, 0.0, 2.0]), 1.0);
        assert_eq!(last_quarter_share(&[1.0, 3.0]), 0.75, "at least one position");
    }

    /// By hand: the vector of a decoder without attention is the encoder's last state.
    #[test]
    fn the_shift_is_that_of_the_last_state() {
        let symbols = Symbols { count: 2, lengths: 3..=3, order: Order::Reverse };
        let config = Seq2SeqConfig { attention: AttentionKind::None, ..symbols.config(4) };
        let model = Seq2Seq::new(&config, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        let rng = || ChaCha8Rng::seed_from_u64(2);
        let source = vec![3, 4, 4];
        let shifts = context_shifts(&model, &symbols, std::slice::from_ref(&source), &mut rng());
        let last_state = |source: &[i64]| {
            let source = jumok_tensor::IntTensor::from_vec(source.to_vec(), &[1, 3]);
            model.encode(&source, &[3], &mut Ctx::eval()).summary
        };
        for (position, shift) in shifts.iter().enumerate() {
            let mut other = source.clone();
            other[position] = 7 - other[position]; // of two symbols, 3 and 4, the other
            let expected = (last_state(&other) - &last_state(&source)).norm(-1, false).item();
            assert!((shift - expected).abs() < 1e-6, "position {position}: {shift} {expected}");
        }
    }

    #[test]
    #[should_panic(expected = "lengths [2, 3] do not fit: need one for all")]
    fn positions_need_one_length() {
        let symbols = Symbols { count: 2, lengths: 2..=3, order: Order::Copy };
        let model = Seq2Seq::new(&symbols.config(4), &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
        let sources = [vec![3, 4], vec![3, 3, 4]];
        context_shifts(&model, &symbols, &sources, &mut ChaCha8Rng::seed_from_u64(2));
    }
}
