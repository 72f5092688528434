//! The value of attention without its weights: one operation instead of four.
//!
//! [`attend`] holds a matrix of scores and one of weights for every head, which is what one wants to look at. Where only
//! the values are wanted, `Tensor::attention` computes them tile by tile and keeps one number a query instead.

use jumok_nn::Ctx;
use jumok_tensor::Tensor;

use crate::{AttentionOptions, Mask, attend};

/// softmax(scale·QKᵀ)·V for q `[B, H, Tq, d_k]`, k `[B, H_kv, Tk, d_k]`, v `[B, H_kv, Tk, d_v]`: `[B, H, Tq, d_v]`.
///
/// The fused operation computes it where it can: nothing is recorded, no weight is dropped, and the mask is causality, padding
/// of keys, or both. Otherwise [`attend`] does. Both give the same numbers up to rounding.
///
/// # Panics
/// If the shapes do not fit, or the heads of k and v do not divide those of q.
#[track_caller]
pub fn attended(q: &Tensor, k: &Tensor, v: &Tensor, mask: &Mask, options: &AttentionOptions, ctx: &mut Ctx) -> Tensor {
    let ([batch, _, queries, d_k], [_, _, keys, _]) = (q.dims(), k.dims());
    let drops = ctx.is_training() && options.dropout > 0.0;
    match mask.keys_only(batch, keys) {
        Some(keep) if !ctx.is_recording() && !drops => {
            let scale = options.scale.unwrap_or(1.0 / (d_k as f64).sqrt());
            q.attention(k, v, scale, mask.causal_offset(queries, keys), keep.as_ref())
        }
        _ => attend(q, k, v, mask, options, ctx).context,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Causal;
    use jumok_tensor::{Array, BoolTensor, Elem, IntTensor};

    fn leaf(shape: &[usize], seed: usize) -> Tensor {
        let count: usize = shape.iter().product();
        let values = (0..count).map(|i| ((i * 31 + seed * 7) % 19) as Elem / 8.0 - 1.1).collect();
        Tensor::parameter(Array::from_vec(values, shape))
    }

    #[test]
    fn the_fused_operation_and_the_composition_agree_in_value_and_gradient() {
        let padding = IntTensor::from_vec(vec![1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 0], &[2, 6]);
        let padding = Mask::from_attention_mask(&padding);
        let nobody = Mask::padding(&BoolTensor::from_vec([vec![false; 6], vec![true; 6]].concat(), &[2, 6]));
        let masks = [
            Mask::none(),
            Mask::causal(),
            Mask::causal_aligned(Causal::TopLeft),
            padding.clone(),
            padding.and(&Mask::causal()),
            nobody,
            Mask::allowed(BoolTensor::from_vec(vec![true, false, true, true, true, false], &[6])),
        ];
        for (mask, key_heads) in masks.iter().flat_map(|mask| [(mask, 4), (mask, 2)]) {
            let (q, k, v) = (leaf(&[2, 4, 5, 8], 1), leaf(&[2, key_heads, 6, 8], 2), leaf(&[2, key_heads, 6, 3], 3));
            let options = AttentionOptions::default();
            let mut ctx = Ctx::eval();
            let fused = attended(&q, &k, &v, mask, &options, &mut ctx);
            assert_eq!(fused.grad_fn_name().unwrap(), "AttentionBackward");
            let composed = attend(&q, &k, &v, mask, &options, &mut ctx).context;
            let upstream = leaf(&[2, 4, 5, 3], 4).array().clone();
            let (a, b) = (fused.backward_from(upstream.clone()), composed.backward_from(upstream));
            let pairs = [&q, &k, &v].map(|leaf| (a.get(leaf).unwrap().to_vec(), b.get(leaf).unwrap().to_vec()));
            for (a, b) in pairs.into_iter().chain([(fused.to_vec(), composed.to_vec())]) {
                for (a, b) in a.iter().zip(b) {
                    assert!((a - b).abs() < 2e-5, "{a} {b} under {mask:?}");
                }
            }
        }
    }

    #[test]
    fn what_the_fused_operation_cannot_do_is_composed() {
        let x = leaf(&[1, 2, 3, 4], 1);
        let name = |mask: &Mask, dropout: f64, ctx: &mut Ctx| {
            let options = AttentionOptions { dropout, ..AttentionOptions::default() };
            attended(&x, &x, &x, mask, &options, ctx).grad_fn_name().unwrap()
        };
        assert_eq!(name(&Mask::none(), 0.5, &mut Ctx::eval()), "AttentionBackward");
        assert_eq!(name(&Mask::none(), 0.5, &mut Ctx::train(0)), "MatmulBackward");
        assert_eq!(name(&Mask::none(), 0.0, &mut Ctx::eval().recording()), "MatmulBackward");
        assert_eq!(name(&Mask::bias(Tensor::ones(&[3, 3])), 0.0, &mut Ctx::eval()), "MatmulBackward");
        let pairs = BoolTensor::from_vec(vec![true; 9], &[3, 3]);
        assert_eq!(name(&Mask::allowed(pairs), 0.0, &mut Ctx::eval()), "MatmulBackward");
    }
}
