//! Step two of attention: from scores to weights (lecture, slide S08).
//!
//! α_j = exp(s_j) / Σ_l exp(s_l): the softmax makes a probability distribution over the keys out of the scores of a query.
//! That every weight lies between 0 and 1 is half of what this means; the other half is that they **sum to 1**, which is
//! what makes the value of attention a mean (erratum E7 of the lecture: the slide has only the first half).
//!
//! Letters used for shapes: `B` batch, `Tq` queries, `Tk` keys.

use std::fmt;

use jumok_tensor::Tensor;

use crate::{Mask, Scores};

/// How much each query looks at each key, α `[.., Tq, Tk]`: every row is a distribution over the keys.
///
/// That rows sum to 1 is a property of the type: weights come from [`Scores::distribution`] or through the check of
/// [`Weights::try_from_tensor`]. (A query that may attend to no key has a row of zeros.)
///
/// Weights are not [`Values`](crate::Values): one number a key, where values are one vector a key. The lecture calls the
/// weights "Value" on slides S06 and S09 (erratum E5); here, that does not compile:
///
/// ```
/// # use jumok_attention::{Mask, Scores, Values, value};
/// # use jumok_tensor::Tensor;
/// # let (scores, hidden_states) = (Scores::new(Tensor::ones(&[1, 2, 3])), Tensor::ones(&[1, 3, 4]));
/// let weights = scores.distribution(&Mask::none()); // [1, 2, 3]
/// let values = Values::new(hidden_states); //          [1, 3, 4]
/// let context = value::context(&weights, &values); //  [1, 2, 4]
/// ```
///
/// ```compile_fail,E0308
/// # use jumok_attention::{Mask, Scores, Values, value};
/// # use jumok_tensor::Tensor;
/// # let (scores, hidden_states) = (Scores::new(Tensor::ones(&[1, 2, 3])), Tensor::ones(&[1, 3, 4]));
/// let weights = scores.distribution(&Mask::none());
/// let context = value::context(&weights, &weights); // weights where values belong
/// ```
///
/// ```compile_fail,E0308
/// # use jumok_attention::{Mask, Scores, Values, value};
/// # use jumok_tensor::Tensor;
/// # let (scores, hidden_states) = (Scores::new(Tensor::ones(&[1, 2, 3])), Tensor::ones(&[1, 3, 4]));
/// let values = Values::new(hidden_states);
/// let context = value::context(&scores, &values); // scores that no softmax has made into a distribution
/// ```
#[derive(Debug, Clone)]
pub struct Weights(Tensor);

/// Rows that are no distribution.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotADistribution {
    /// A number that is no probability.
    #[error("weights: row {row} holds {weight}: every weight lies between 0 and 1; take the softmax of the scores")]
    Weight {
        /// Which row, counted over all rows.
        row: usize,
        /// The number.
        weight: f64,
    },
    /// A row whose sum is neither 1 nor, for a query without any key, 0.
    #[error("weights: row {row} sums to {sum:.4}: the weights of a query sum to 1; take the softmax of the scores")]
    Sum {
        /// Which row, counted over all rows.
        row: usize,
        /// Its sum.
        sum: f64,
    },
    /// A tensor without an axis of keys.
    #[error("weights: a scalar has no axis of keys: need shape [.., Tq, Tk]")]
    Scalar,
}

/// By how much a row's sum may differ from 1: rounding of some thousand weights in f32.
const ROUNDING: f64 = 1e-4;

impl Weights {
    /// Takes `[.., Tk]` for weights if each of its rows is a distribution over the keys, or zeros.
    ///
    /// ```
    /// # use jumok_attention::Weights;
    /// # use jumok_tensor::Tensor;
    /// assert!(Weights::try_from_tensor(Tensor::from_vec(vec![0.5, 0.25, 0.25], &[1, 3])).is_ok());
    /// let error = Weights::try_from_tensor(Tensor::from_vec(vec![0.5, 0.5, 0.5], &[1, 3])).unwrap_err();
    /// assert!(error.to_string().starts_with("weights: row 0 sums to 1.5"));
    /// ```
    ///
    /// # Errors
    /// If a number lies outside 0..=1, or a row sums to something else.
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    pub fn try_from_tensor(weights: Tensor) -> Result<Self, NotADistribution> {
        let keys = *weights.shape().last().ok_or(NotADistribution::Scalar)?;
        for (row, weights) in weights.to_vec().chunks(keys.max(1)).enumerate() {
            let probability = |weight: f64| (0.0..=1.0 + ROUNDING).contains(&weight);
            if let Some(&weight) = weights.iter().find(|&&weight| !probability(weight as f64)) {
                return Err(NotADistribution::Weight { row, weight: weight as f64 });
            }
            let sum: f64 = weights.iter().map(|&weight| weight as f64).sum();
            if sum != 0.0 && (sum - 1.0).abs() > ROUNDING {
                return Err(NotADistribution::Sum { row, sum });
            }
        }
        Ok(Self(weights))
    }

    /// The numbers, `[.., Tq, Tk]`.
    pub fn tensor(&self) -> &Tensor {
        &self.0
    }

    /// The numbers by themselves, `[.., Tq, Tk]`.
    pub fn into_tensor(self) -> Tensor {
        self.0
    }
}

impl fmt::Display for Weights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.array().fmt(f)
    }
}

impl Scores {
    /// The distribution over the keys: a masked key weighs exactly 0, and a query that may attend to none has a row of
    /// zeros. `[.., Tq, Tk]` to the same shape.
    ///
    /// The mask's bias is added before. A mask made for heads, `[B, 1, Tq, Tk]`, fits scores without heads, `[B, Tq, Tk]`.
    ///
    /// ```
    /// # use jumok_attention::{Mask, Scores};
    /// # use jumok_tensor::{BoolTensor, Tensor};
    /// let scores = Scores::new(Tensor::from_vec(vec![1.0, 1.0, 9.0], &[1, 1, 3]));
    /// let is_token = BoolTensor::from_vec(vec![true, true, false], &[1, 3]);
    /// assert_eq!(scores.distribution(&Mask::padding(&is_token)).tensor().to_vec(), [0.5, 0.5, 0.0]);
    /// ```
    ///
    /// # Panics
    /// If the mask does not broadcast to the scores, or the scores have fewer than two axes.
    #[track_caller]
    pub fn distribution(&self, mask: &Mask) -> Weights {
        let scores = self.tensor();
        let mask = &if scores.rank() < 4 { mask.without_heads() } else { mask.clone() };
        match mask.score_bias() {
            Some(bias) => Weights(masked_softmax(&(scores + bias), mask)),
            None => Weights(masked_softmax(scores, mask)),
        }
    }
}

/// The softmax over the keys that the mask's rules allow; its bias is part of `scores` already. `[.., Tq, Tk]`.
#[track_caller]
pub(crate) fn masked_softmax(scores: &Tensor, mask: &Mask) -> Tensor {
    let [.., queries, keys] = *scores.shape() else {
        panic!("distribution: shape {:?} does not fit: need scores [.., Tq, Tk]", scores.shape());
    };
    match mask.to_bool(queries, keys) {
        Some(allowed) => scores.masked_softmax(-1, &allowed),
        None => scores.softmax(-1),
    } //                                                                  [.., Tq, Tk], rows sum to 1
}

/// exp(s_j) / Σ_l exp(s_l) word for word, along the last axis; any shape to the same shape.
///
/// A lesson, not a tool: exp overflows f32 above 88.7, and ∞/∞ is NaN. `Tensor::softmax` subtracts the largest score
/// first, which changes nothing (numerator and denominator lose the same factor) and overflows never.
///
/// # Panics
/// If `scores` is a scalar.
// ANCHOR: naive
#[track_caller]
pub fn naive_softmax(scores: &Tensor) -> Tensor {
    let exp = scores.exp(); //                                            [.., Tk]
    &exp / &exp.sum(&[-1], true) //                                       [.., Tk] / [.., 1]
}
// ANCHOR_END: naive

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Array, BoolTensor, Elem, GradCheck, gradcheck};

    fn scores(shape: &[usize], factor: Elem) -> Array {
        let count: usize = shape.iter().product();
        Array::from_vec((0..count).map(|i| factor * (((i * 31) % 19) as Elem / 8.0 - 1.1)).collect(), shape)
    }

    #[test]
    fn every_weight_is_between_0_and_1_and_rows_sum_to_1_for_scores_of_any_size() {
        for factor in [1.0, 1e-4, 5e3, 1e4] {
            let weights = Scores::new(Tensor::from_array(scores(&[3, 4, 5], factor))).distribution(&Mask::none());
            for row in weights.tensor().to_vec().chunks(5) {
                assert!(row.iter().all(|weight| (0.0..=1.0).contains(weight)), "{row:?}");
                assert!((row.iter().sum::<Elem>() - 1.0).abs() < 1e-6, "{row:?}");
            }
            Weights::try_from_tensor(weights.into_tensor()).unwrap();
        }
    }

    #[test]
    fn the_naive_softmax_is_the_same_until_it_overflows() {
        let small = Tensor::from_array(scores(&[2, 5], 3.0));
        for (a, b) in naive_softmax(&small).to_vec().iter().zip(small.softmax(-1).to_vec()) {
            assert!((a - b).abs() < 1e-6);
        }
        let large = Tensor::from_vec(vec![1e4, 5e3, 0.0], &[3]);
        let naive = naive_softmax(&large).to_vec();
        assert!(naive[0].is_nan() && naive[1].is_nan() && naive[2] == 0.0, "{naive:?}");
        assert_eq!(large.softmax(-1).to_vec(), [1.0, 0.0, 0.0]);
        assert!(Weights::try_from_tensor(naive_softmax(&large)).is_err());
    }

    #[test]
    fn a_masked_key_weighs_exactly_nothing_and_a_query_without_keys_has_zeros() {
        let is_token = BoolTensor::from_vec(vec![true, true, false, false, false, false], &[2, 3]);
        let scores = Scores::new(Tensor::from_array(scores(&[2, 2, 3], 1.0)));
        let weights = scores.distribution(&Mask::padding(&is_token)).into_tensor();
        assert_eq!(weights.shape(), [2, 2, 3]);
        let weights = weights.to_vec();
        assert_eq!((weights[2], weights[5], &weights[6..]), (0.0, 0.0, &[0.0; 6][..]));
        assert!((weights[0] + weights[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn causality_and_a_bias_hold_without_heads_too() {
        let plain = Scores::new(Tensor::zeros(&[1, 2, 2]));
        let bias = Tensor::from_vec(vec![0.0, 5.0, (3.0 as Elem).ln(), 0.0], &[1, 1, 2, 2]);
        let weights = plain.distribution(&Mask::causal().and(&Mask::bias(bias))).into_tensor().to_vec();
        assert_eq!(weights[..2], [1.0, 0.0]);
        assert!((weights[2] - 0.75).abs() < 1e-6 && (weights[3] - 0.25).abs() < 1e-6, "{weights:?}");
    }

    #[test]
    fn every_masked_path_is_its_derivative() {
        let is_token = BoolTensor::from_vec(vec![true, true, false, true, true, true], &[2, 3]);
        let bias = Tensor::from_array(scores(&[2, 3], 0.5));
        let masks =
            [Mask::none(), Mask::padding(&is_token), Mask::causal(), Mask::padding(&is_token).and(&Mask::bias(bias))];
        for mask in &masks {
            let weights = |i: &[Tensor]| Scores::new(i[0].clone()).distribution(mask).into_tensor();
            gradcheck(weights, &[scores(&[2, 2, 3], 1.0)], &GradCheck::default()).unwrap();
        }
        gradcheck(|i| naive_softmax(&i[0]), &[scores(&[2, 3], 1.0)], &GradCheck::default()).unwrap();
    }

    #[test]
    fn what_is_no_distribution_is_refused_with_its_row() {
        let refuse = |rows: Vec<Elem>| Weights::try_from_tensor(Tensor::from_vec(rows, &[2, 2])).unwrap_err();
        assert_eq!(refuse(vec![1.0, 0.0, 0.5, 0.25]), NotADistribution::Sum { row: 1, sum: 0.75 });
        assert_eq!(refuse(vec![1.5, -0.5, 1.0, 0.0]), NotADistribution::Weight { row: 0, weight: 1.5 });
        assert!(matches!(refuse(vec![1.0, 0.0, Elem::NAN, 1.0]), NotADistribution::Weight { row: 1, .. }));
        assert_eq!(Weights::try_from_tensor(Tensor::scalar(1.0)).unwrap_err(), NotADistribution::Scalar);
        assert!(Weights::try_from_tensor(Tensor::from_vec(vec![0.0, 0.0, 0.5, 0.5], &[2, 2])).is_ok());
    }

    #[test]
    #[should_panic(expected = "without_heads: shape [2, 3, 1, 4] does not fit: need one rule for all heads")]
    fn a_mask_for_each_head_does_not_fit_scores_without_heads() {
        let mask = Mask::allowed(BoolTensor::from_vec(vec![true; 24], &[2, 3, 1, 4]));
        Scores::new(Tensor::zeros(&[2, 2, 4])).distribution(&mask);
    }
}
