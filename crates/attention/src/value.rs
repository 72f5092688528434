//! Step three of attention: the mean of the values under the weights (lecture, slide S09).
//!
//! c_i = Σ_j α_ij·v_j, the context of query i. It is written here three times: as the loop that the slide draws, as one
//! matrix product αV, and as a broadcast sum. "Sum" and "dot product" are two readings of one formula, not two kinds of
//! attention (errata E8 and E11 of the lecture).
//!
//! The values are the encoder's hidden states, **not** the weights, although slides S06 and S09 say so (erratum E5; slide
//! S14 has it right). Types keep the two apart: [`Weights`] `[.., Tq, Tk]`, [`Values`] `[.., Tk, d_v]`. The context does not
//! take the place of the decoder's state either; a decoder combines the two.

use std::fmt;

use jumok_tensor::Tensor;

use crate::Weights;

/// What attention mixes, one vector a key: `[.., Tk, d_v]`. In an encoder–decoder, the encoder's hidden states.
#[derive(Debug, Clone)]
pub struct Values(Tensor);

impl Values {
    /// Takes `[.., Tk, d_v]` for values.
    pub fn new(values: Tensor) -> Self {
        Self(values)
    }

    /// The numbers, `[.., Tk, d_v]`.
    pub fn tensor(&self) -> &Tensor {
        &self.0
    }
}

/// What each query takes home, one vector a query: `[.., Tq, d_v]`.
#[derive(Debug, Clone)]
pub struct Context(Tensor);

impl Context {
    /// The numbers, `[.., Tq, d_v]`.
    pub fn tensor(&self) -> &Tensor {
        &self.0
    }

    /// The numbers by themselves, `[.., Tq, d_v]`.
    pub fn into_tensor(self) -> Tensor {
        self.0
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.array().fmt(f)
    }
}

// ANCHOR: three_ways
/// αV, the matrix product: weights `[.., Tq, Tk]` and values `[.., Tk, d_v]` to `[.., Tq, d_v]`.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn context(weights: &Weights, values: &Values) -> Context {
    Context(weights.tensor().matmul(&values.0)) //                        [.., Tq, d_v]
}

/// c = Σ_j α_j·v_j, key by key as the slide draws it. As [`context`], slower.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn context_by_loop(weights: &Weights, values: &Values) -> Context {
    let (alpha, v) = (weights.tensor(), &values.0);
    let keys = keys_of(alpha, v);
    let mut context = alpha.narrow(-1, 0, 0).matmul(&v.narrow(-2, 0, 0)); // [.., Tq, d_v], a sum of nothing: zeros
    for j in 0..keys {
        let contribution = alpha.narrow(-1, j, 1) * v.narrow(-2, j, 1); // [.., Tq, 1]·[.., 1, d_v]
        context = context + contribution; //                              [.., Tq, d_v]
    }
    Context(context)
}

/// Σ_j α_ij·v_jd with all products at once, `[.., Tq, Tk, d_v]`, then summed over the keys. As [`context`], with more
/// memory.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn context_by_broadcast(weights: &Weights, values: &Values) -> Context {
    let (alpha, v) = (weights.tensor(), &values.0);
    keys_of(alpha, v);
    let contributions = alpha.unsqueeze(-1) * v.unsqueeze(-3); //         [.., Tq, Tk, d_v]
    Context(contributions.sum(&[-2], false)) //                           [.., Tq, d_v]
}
// ANCHOR_END: three_ways

/// Tk, on which weights and values must agree: broadcasting would let a single key pass for many.
#[track_caller]
fn keys_of(alpha: &Tensor, v: &Tensor) -> usize {
    match (alpha.shape(), v.shape()) {
        ([.., _, keys], [.., same, _]) if keys == same => *keys,
        (alpha, v) => {
            panic!("context: weights {alpha:?} and values {v:?} do not fit: need [.., Tq, Tk] and [.., Tk, d_v]")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mask, Scores};
    use jumok_tensor::{Array, Elem, GradCheck, gradcheck};

    type Way = fn(&Weights, &Values) -> Context;
    const WAYS: [Way; 3] = [context, context_by_loop, context_by_broadcast];

    fn numbers(shape: &[usize], seed: usize) -> Array {
        let count: usize = shape.iter().product();
        Array::from_vec((0..count).map(|i| ((i * 31 + seed * 7) % 19) as Elem / 8.0 - 1.1).collect(), shape)
    }

    fn weights(shape: &[usize]) -> Weights {
        Scores::new(Tensor::from_array(numbers(shape, 1))).distribution(&Mask::none())
    }

    #[test]
    fn by_hand() {
        let weights = Weights::try_from_tensor(Tensor::from_vec(vec![0.5, 0.25, 0.25], &[1, 3])).unwrap();
        let values = Values::new(Tensor::from_vec(vec![4.0, 0.0, 0.0, 8.0, 8.0, 8.0], &[3, 2]));
        for way in WAYS {
            assert_eq!(way(&weights, &values).tensor().to_vec(), [4.0, 4.0]);
        }
    }

    #[test]
    fn the_three_ways_agree_for_any_leading_axes() {
        for [scores, values] in [[&[2, 3, 5][..], &[2, 5, 4]], [&[3, 5], &[5, 4]], [&[2, 2, 3, 1], &[2, 2, 1, 4]]] {
            let (weights, values) = (weights(scores), Values::new(Tensor::from_array(numbers(values, 2))));
            let expected = context(&weights, &values).into_tensor();
            assert_eq!(expected.shape()[expected.rank() - 2..], [3, 4]);
            for way in [context_by_loop, context_by_broadcast] {
                let found = way(&weights, &values).into_tensor();
                assert_eq!(found.shape(), expected.shape());
                for (a, b) in found.to_vec().iter().zip(expected.to_vec()) {
                    assert!((a - b).abs() < 1e-6, "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn each_way_is_its_derivative() {
        for way in WAYS {
            let through = |i: &[Tensor]| {
                let weights = Scores::new(i[0].clone()).distribution(&Mask::none());
                way(&weights, &Values::new(i[1].clone())).into_tensor()
            };
            gradcheck(through, &[numbers(&[2, 2, 3], 1), numbers(&[2, 3, 2], 2)], &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn the_context_stays_among_the_values() {
        let values = Values::new(Tensor::from_array(numbers(&[5, 1], 2)));
        let context = context(&weights(&[7, 5]), &values).into_tensor().to_vec();
        let v = values.tensor().to_vec();
        let (low, high) = v.iter().fold((v[0], v[0]), |(low, high), &v| (low.min(v), high.max(v)));
        assert!(context.iter().all(|&c| low < c && c < high), "{context:?} outside {low}..{high}");
    }

    #[test]
    fn nothing_to_attend_to_is_nothing_to_take_home() {
        let none = Values::new(Tensor::zeros(&[1, 0, 4]));
        for way in WAYS {
            let context = way(&weights(&[1, 2, 0]), &none).into_tensor();
            assert_eq!((context.shape(), context.to_vec()), (&[1, 2, 4][..], vec![0.0; 8]));
        }
    }

    #[test]
    #[should_panic(
        expected = "context: weights [2, 3] and values [1, 4] do not fit: need [.., Tq, Tk] and [.., Tk, d_v]"
    )]
    fn one_value_does_not_pass_for_many() {
        context_by_broadcast(&weights(&[2, 3]), &Values::new(Tensor::zeros(&[1, 4])));
    }
}
