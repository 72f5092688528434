//! Whether a layer knows the order of its tokens (lecture, slide S13).

use jumok_tensor::{IntTensor, Tensor};

/// max |f(Px) − P·f(x)|, where P puts the tokens of x `[B, T, D]` into another order: token n of Px is token `order[n]`.
///
/// Up to rounding it is 0 for a layer that is permutation equivariant: it does the same with the tokens wherever they stand.
///
/// # Panics
/// If `order` names a token that is not there.
// ANCHOR: order_gap
#[track_caller]
pub fn order_gap(f: impl Fn(&Tensor) -> Tensor, x: &Tensor, order: &IntTensor) -> f64 {
    let moved_before = f(&x.index_select(1, order)); //                   [B, T, D]
    let moved_after = f(x).index_select(1, order); //                     [B, T, D]
    (moved_before - moved_after).abs().max_all().item()
}
// ANCHOR_END: order_gap

#[cfg(test)]
mod tests {
    use super::*;
    use crate::positions::{SinusoidLayout, sinusoidal};
    use crate::{Mask, MultiHeadAttention, MultiHeadConfig};
    use jumok_nn::{Ctx, Init};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    /// Slide S13: self-attention alone treats tokens alike wherever they stand. Positions end that, and so does the causal mask.
    #[test]
    fn tokens_are_treated_alike_until_positions_or_the_causal_mask_tell_them_apart() {
        for seed in 0..5 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let attention = MultiHeadAttention::new(&MultiHeadConfig::new(16, 4), rng);
            let x = Init::Normal { mean: 0.0, std: 1.0 }.parameter(&[2, 6, 16], rng);
            let order = IntTensor::from_vec(vec![3, 0, 5, 1, 4, 2], &[6]);
            let attend = |x: &Tensor, mask: &Mask| attention.forward(x, x, x, mask, &mut Ctx::eval()).output;
            let waves = sinusoidal(6, 16, SinusoidLayout::Interleaved);
            let alone = order_gap(|x| attend(x, &Mask::none()), &x, &order);
            let with_positions = order_gap(|x| attend(&(x + &waves), &Mask::none()), &x, &order);
            let causal = order_gap(|x| attend(x, &Mask::causal()), &x, &order);
            assert!(alone < 1e-5, "{alone}");
            assert!(with_positions > 0.05 && causal > 0.05, "{with_positions} {causal}");
        }
    }
}
