//! Attention as the first part of the lecture has it: score → distribution → value, with any score function (slides
//! S06–S09).
//!
//! Letters used for shapes: `B` batch, `Tq` queries, `Tk` keys, `d_q` the width of queries, `d_v` that of values.

use jumok_nn::{Ctx, show};
use jumok_tensor::Tensor;

use crate::score::{PreparedKeys, Score, Scores};
use crate::value::{self, Context, Values};
use crate::{Mask, Weights};

/// The three steps of attention, each with its result.
#[derive(Debug, Clone)]
pub struct PlainAttention {
    /// How well each key fits each query: `[B, Tq, Tk]`, before masking.
    pub scores: Scores,
    /// How much each query looks at each key: `[B, Tq, Tk]`.
    pub weights: Weights,
    /// What each query takes home: `[B, Tq, d_v]`.
    pub context: Context,
}

/// Asks the keys with queries `[B, Tq, d_q]` and takes the values `[B, Tk, d_v]` home under the weights.
///
/// A decoder prepares the keys of a sentence once and asks them at every step:
///
/// ```
/// use jumok_attention::score::{Additive, Score};
/// use jumok_attention::{Mask, Values, plain_attention};
/// use jumok_nn::Ctx;
/// use jumok_tensor::Tensor;
/// use rand::{SeedableRng, rngs::ChaCha8Rng};
///
/// let hidden_states = Tensor::ones(&[2, 7, 6]); //                     B = 2 sentences of Tk = 7 words
/// let score = Additive::new(4, 6, 5, false, &mut ChaCha8Rng::seed_from_u64(0));
/// let (keys, values) = (score.prepare(&hidden_states), Values::new(hidden_states));
///
/// let decoder_state = Tensor::zeros(&[2, 1, 4]);
/// let step = plain_attention(&score, &decoder_state, &keys, &values, &Mask::none(), &mut Ctx::eval());
/// assert_eq!(step.weights.tensor().shape(), [2, 1, 7]);
/// assert_eq!(step.context.tensor().shape(), [2, 1, 6]);
/// ```
///
/// With `ScaledDot` this is [`scaled_dot_product`](crate::scaled_dot_product()) of one head, bit for bit: self-attention is
/// no other operation, it is asked with other things (erratum E11 of the lecture).
///
/// # Panics
/// If the shapes do not fit.
// ANCHOR: plain_attention
#[track_caller]
pub fn plain_attention(
    score: &(impl Score + ?Sized),
    query: &Tensor,
    keys: &PreparedKeys,
    values: &Values,
    mask: &Mask,
    ctx: &mut Ctx,
) -> PlainAttention {
    let scores = score.score(query, keys, ctx); //                        [B, Tq, Tk]
    let weights = scores.distribution(mask); //                           [B, Tq, Tk], rows sum to 1
    let context = value::context(&weights, values); //                    [B, Tq, d_v]
    show!(ctx, "weights", ["batch", "query", "key"], weights.tensor());
    show!(ctx, "context", ["batch", "query", "feature"], context.tensor());
    PlainAttention { scores, weights, context }
}
// ANCHOR_END: plain_attention

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::{Cosine, Dot, ScaledDot};
    use crate::{AttentionOptions, attend, scaled_dot_product};
    use jumok_tensor::{Array, BoolTensor, Elem};

    fn numbers(shape: &[usize], seed: usize) -> Tensor {
        let count: usize = shape.iter().product();
        let values = (0..count).map(|i| ((i * 31 + seed * 7) % 19) as Elem / 8.0 - 1.1).collect();
        Tensor::parameter(Array::from_vec(values, shape))
    }

    fn bits(x: &Tensor) -> Vec<u64> {
        x.to_vec().iter().map(|&x| f64::from(x).to_bits()).collect()
    }

    /// Erratum E11: keys and values are the hidden states H, the query is anything, H itself included.
    #[test]
    fn plain_attention_is_the_function_of_self_attention_bit_for_bit() {
        let h = numbers(&[2, 5, 4], 1);
        let is_token = BoolTensor::from_vec([vec![true; 5], vec![true, true, true, false, false]].concat(), &[2, 5]);
        let (one_head, values) = (h.unsqueeze(1), Values::new(h.clone())); // [B, 1, T, D]
        for (query, mask) in [(numbers(&[2, 3, 4], 2), Mask::padding(&is_token)), (h.clone(), Mask::causal())] {
            let ctx = &mut Ctx::eval();
            let q = query.unsqueeze(1); //                                [B, 1, Tq, D]
            let plain = plain_attention(&Dot, &query, &Dot.prepare(&h), &values, &mask, ctx);
            let unscaled = AttentionOptions { scale: Some(1.0), ..AttentionOptions::default() };
            let own = attend(&q, &one_head, &one_head, &mask, &unscaled, ctx);
            assert_eq!(bits(plain.weights.tensor()), bits(&own.weights));
            assert_eq!(bits(plain.context.tensor()), bits(&own.context));

            let scaled = plain_attention(&ScaledDot, &query, &ScaledDot.prepare(&h), &values, &mask, ctx);
            let own = scaled_dot_product(&q, &one_head, &one_head, &mask, ctx);
            assert_eq!(bits(scaled.weights.tensor()), bits(&own.weights));
            assert_eq!(bits(scaled.context.tensor()), bits(&own.context));
            let upstream = numbers(own.context.shape(), 3).array().clone();
            let ours = scaled.context.tensor().backward_from(upstream.reshape(scaled.context.tensor().shape()));
            let theirs = own.context.backward_from(upstream);
            for (a, b) in ours.get(&h).unwrap().to_vec().iter().zip(theirs.get(&h).unwrap().to_vec()) {
                assert!((a - b).abs() < 1e-6, "{a} {b}");
            }
        }
    }

    #[test]
    fn scores_are_given_as_they_were_before_masking() {
        let (h, query) = (numbers(&[1, 3, 4], 1), numbers(&[1, 2, 4], 2));
        let mask = Mask::padding(&BoolTensor::from_vec(vec![true, false, true], &[1, 3]));
        let (score, ctx) = (Cosine::default(), &mut Ctx::eval().recording());
        let attention = plain_attention(&score, &query, &score.prepare(&h), &Values::new(h.clone()), &mask, ctx);
        let expected = score.forward(&query, &h, &mut Ctx::eval()).into_tensor().to_vec();
        assert_eq!(attention.scores.tensor().to_vec(), expected);
        assert_eq!(attention.weights.tensor().to_vec()[1], 0.0);
        let shown: Vec<String> = ctx.take_records().into_iter().map(|record| record.path).collect();
        assert_eq!(shown, ["scores", "weights", "context"]);
    }
}
