//! Attention(Q, K, V) = softmax(QKᵀ/√d_k)·V (Vaswani et al. 2017, equation 1; lecture, slides S07–S09 and S16).
//!
//! Three steps, which are the three words of the lecture: the **score** of every key for a query is their inner product;
//! the **distribution** is its softmax over the keys; the **value** is the mean of the values under that distribution.
//!
//! Why √d_k: if the components of q and k are independent with mean 0 and variance 1, q·k has variance d_k. Undivided,
//! scores grow with the width, the softmax saturates, and its gradient y(δ − y) vanishes.

use jumok_nn::{Ctx, Dropout, show};
use jumok_tensor::Tensor;

use crate::Mask;
use crate::distribution::masked_softmax;

/// What attention gives back. Weights are not values: the value of a query is `weights`·v.
#[derive(Debug, Clone)]
pub struct Attention {
    /// What each query takes home: `[B, H, Tq, d_v]`.
    pub context: Tensor,
    /// How much each query looks at each key: `[B, H, Tq, Tk]`, rows sum to 1 (or to 0 where no key is allowed). As they
    /// were before dropout.
    pub weights: Tensor,
}

/// What may differ between the call sites of [`attend`].
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AttentionOptions {
    /// What the scores are multiplied by; `None` means 1/√d_k.
    pub scale: Option<f64>,
    /// The probability with which a weight is dropped in training.
    pub dropout: f64,
}

/// softmax(QKᵀ/√d_k)·V for q `[B, H, Tq, d_k]`, k `[B, H, Tk, d_k]`, v `[B, H, Tk, d_v]`.
///
/// Self-attention, cross-attention and causal attention are this one function: they differ in where q, k and v come from
/// and in the mask (lecture, slide S14).
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn scaled_dot_product(q: &Tensor, k: &Tensor, v: &Tensor, mask: &Mask, ctx: &mut Ctx) -> Attention {
    attend(q, k, v, mask, &AttentionOptions::default(), ctx)
}

/// As [`scaled_dot_product`], with another scale or with dropout on the weights.
///
/// Keys and values may have fewer heads than queries (grouped-query attention, Ainslie et al. 2023): query head h then
/// uses key/value head h / (H / H_kv).
///
/// # Panics
/// If the shapes do not fit, or the heads of k and v do not divide those of q.
// ANCHOR: attend
#[track_caller]
pub fn attend(q: &Tensor, k: &Tensor, v: &Tensor, mask: &Mask, options: &AttentionOptions, ctx: &mut Ctx) -> Attention {
    let [_, heads, _, d_k] = q.dims(); //                                 q [B, H, Tq, d_k]
    let [_, key_heads, _, _] = k.dims(); //                               k [B, H, Tk, d_k]
    let (k, v) = (&shared_by_group(k, heads, key_heads), &shared_by_group(v, heads, key_heads));

    let scale = options.scale.unwrap_or(1.0 / (d_k as f64).sqrt());
    let mut scores = q.matmul(&k.transpose(-2, -1)) * scale; //           [B, H, Tq, Tk]
    if let Some(bias) = mask.score_bias() {
        scores = scores + bias;
    }
    show!(ctx, "scores", ["batch", "head", "query", "key"], &scores);

    let weights = masked_softmax(&scores, mask); //                       [B, H, Tq, Tk], rows sum to 1
    show!(ctx, "weights", ["batch", "head", "query", "key"], &weights);

    let dropped = Dropout::new(options.dropout).forward(&weights, ctx);
    let context = dropped.matmul(v); //                                   [B, H, Tq, d_v]
    show!(ctx, "context", ["batch", "head", "query", "feature"], &context);
    Attention { context, weights }
}
// ANCHOR_END: attend

/// Every key head once for each query head of its group: `[B, H_kv, Tk, d]` to `[B, H, Tk, d]`.
#[track_caller]
fn shared_by_group(x: &Tensor, heads: usize, key_heads: usize) -> Tensor {
    assert!(
        key_heads > 0 && heads.is_multiple_of(key_heads),
        "attend: {heads} query heads cannot share {key_heads} key and value heads: need a divisor"
    );
    if heads == key_heads { x.clone() } else { x.repeat_interleave(heads / key_heads, 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Array, BoolTensor, Elem, GradCheck, gradcheck};

    fn values(shape: &[usize], seed: usize) -> Array {
        let count: usize = shape.iter().product();
        Array::from_vec((0..count).map(|i| ((i * 31 + seed * 7) % 19) as Elem / 8.0 - 1.1).collect(), shape)
    }

    #[test]
    fn by_hand_for_one_query_and_two_keys() {
        let q = Tensor::from_vec(vec![2.0, 0.0], &[1, 1, 1, 2]);
        let k = Tensor::from_vec(vec![1.0, 0.0, 0.0, 1.0], &[1, 1, 2, 2]);
        let v = Tensor::from_vec(vec![10.0, 20.0], &[1, 1, 2, 1]);
        let attention = scaled_dot_product(&q, &k, &v, &Mask::none(), &mut Ctx::eval());
        // scores 2/√2 and 0; weights σ(√2) and 1 − σ(√2)
        let w = 1.0 / (1.0 + (-2f64.sqrt()).exp());
        assert!((attention.weights.to_vec()[0] as f64 - w).abs() < 1e-6);
        assert!((attention.context.item() - (10.0 * w + 20.0 * (1.0 - w))).abs() < 1e-5);
    }

    #[test]
    fn every_masked_path_is_its_derivative() {
        let allowed = BoolTensor::from_vec(vec![true, true, false, false, false, false], &[2, 3]);
        let bias = Tensor::from_array(values(&[1, 2, 2, 3], 5));
        let masks = [
            Mask::none(),
            Mask::causal(),
            Mask::allowed(allowed.clone()),
            Mask::bias(bias),
            Mask::causal().and(&Mask::allowed(allowed)),
        ];
        let inputs = [values(&[2, 2, 2, 4], 1), values(&[2, 2, 3, 4], 2), values(&[2, 2, 3, 5], 3)];
        for mask in &masks {
            let context = |i: &[Tensor]| scaled_dot_product(&i[0], &i[1], &i[2], mask, &mut Ctx::eval()).context;
            gradcheck(context, &inputs, &GradCheck::default()).unwrap();
        }
        let grouped = [values(&[1, 4, 2, 3], 1), values(&[1, 2, 3, 3], 2), values(&[1, 2, 3, 2], 3)];
        let context = |i: &[Tensor]| scaled_dot_product(&i[0], &i[1], &i[2], &Mask::causal(), &mut Ctx::eval()).context;
        gradcheck(context, &grouped, &GradCheck::default()).unwrap();
    }

    #[test]
    fn a_query_without_any_key_takes_nothing_home() {
        let allowed = BoolTensor::from_vec(vec![false, false, false, true, true, true], &[2, 3]);
        let [q, k, v] =
            [values(&[1, 1, 2, 4], 1), values(&[1, 1, 3, 4], 2), values(&[1, 1, 3, 5], 3)].map(Tensor::from_array);
        let attention = scaled_dot_product(&q, &k, &v, &Mask::allowed(allowed), &mut Ctx::eval());
        assert_eq!(attention.context.to_vec()[..5], [0.0; 5]);
        assert!((attention.weights.to_vec()[3..].iter().sum::<Elem>() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_later_key_has_no_influence_at_all_under_the_causal_mask() {
        let [q, v] = [values(&[1, 1, 3, 4], 1), values(&[1, 1, 3, 2], 3)].map(Tensor::from_array);
        let k = Tensor::parameter(values(&[1, 1, 3, 4], 2));
        let context = scaled_dot_product(&q, &k, &v, &Mask::causal(), &mut Ctx::eval()).context;
        let first = context.select(2, 0).sum_all().backward();
        assert_eq!(first.get(&k).unwrap().to_vec()[4..], [0.0; 8]);
    }

    #[test]
    #[should_panic(expected = "4 query heads cannot share 3 key and value heads")]
    fn groups_must_be_equal() {
        let [q, k] = [Tensor::zeros(&[1, 4, 2, 2]), Tensor::zeros(&[1, 3, 2, 2])];
        scaled_dot_product(&q, &k, &k, &Mask::none(), &mut Ctx::eval());
    }
}
