//! From the dictionary to attention (lecture, slide S05).
//!
//! A dictionary answers a query with the value of the one key that **equals** it, or not at all. Soften both halves: let
//! *similar* keys answer too, each as loudly as it is similar, and mix what they say:
//!
//! value(q) = Σ_j α_j·v_j with α = softmax(q·k_j / temperature)
//!
//! The temperature says how soft. Towards 0 the most similar key speaks alone, which is the dictionary; towards ∞ all speak
//! equally, which is the mean of all values. Attention is this function at a temperature in between, which is where it has a
//! useful gradient. (Erratum E4 of the lecture: the slide stops at the dictionary.)
//!
//! Letters used for shapes: `n` entries, `Tq` queries, `d` the width of keys and queries, `d_v` that of values.

use std::collections::HashMap;

use jumok_nn::Ctx;
use jumok_tensor::{Elem, Tensor};

use crate::score::{Dot, Score, Scores};
use crate::value::{self, Context, Values};
use crate::{Mask, Weights};

/// Keys with their values, to be looked up exactly or softly.
///
/// ```
/// use jumok_attention::SoftDictionary;
/// use jumok_tensor::Tensor;
///
/// let keys = Tensor::eye(3); //                                        3 entries, keys of width 3
/// let values = Tensor::from_vec(vec![10.0, 20.0, 60.0], &[3, 1]);
/// let dictionary = SoftDictionary::new(keys, values);
///
/// let query = Tensor::from_vec(vec![0.0, 1.0, 0.0], &[1, 3]);
/// assert_eq!(dictionary.exact(&[0.0, 1.0, 0.0]), Some(vec![20.0]));
/// assert_eq!(dictionary.soft(&query, 0.01).tensor().item(), 20.0);
/// assert_eq!(dictionary.soft(&query, f64::INFINITY).tensor().item(), 30.0);
/// ```
#[derive(Debug, Clone)]
pub struct SoftDictionary {
    /// Where an entry stands, by the bits of its key: equality here is equality of every bit.
    index: HashMap<Vec<u64>, usize>,
    /// `[n, d]`.
    keys: Tensor,
    /// `[n, d_v]`.
    values: Values,
}

/// The bits of a key. −0 is written as 0, which it equals.
fn bits(key: &[Elem]) -> Vec<u64> {
    #[allow(clippy::useless_conversion, reason = "Elem is f64 in the gradient checks")]
    key.iter().map(|&x| f64::from(x + 0.0).to_bits()).collect()
}

impl SoftDictionary {
    /// Entries from keys `[n, d]` and values `[n, d_v]`.
    ///
    /// # Panics
    /// If these are no matrices of equally many rows, there is no entry, or two keys are the same.
    #[track_caller]
    pub fn new(keys: Tensor, values: Tensor) -> Self {
        let ([entries, width], [same, _]) = (keys.dims(), values.dims());
        assert!(
            entries == same && entries > 0 && width > 0,
            "SoftDictionary: keys {:?} and values {:?} do not fit: need [n, d] and [n, d_v], n and d at least 1",
            keys.shape(),
            values.shape()
        );
        let index: HashMap<_, _> =
            keys.to_vec().chunks(width).enumerate().map(|(entry, key)| (bits(key), entry)).collect();
        assert!(
            index.len() == entries,
            "SoftDictionary: {entries} keys, {} of them different: need each key once",
            index.len()
        );
        Self { index, keys, values: Values::new(values) }
    }

    /// The value of the key that equals the query, `[d_v]`; `None` if no key does.
    pub fn exact(&self, query: &[Elem]) -> Option<Vec<Elem>> {
        let &entry = self.index.get(&bits(query))?;
        Some(self.values.tensor().select(0, entry as isize).to_vec())
    }

    /// How loudly each entry answers queries `[Tq, d]`: `[Tq, n]`, rows sum to 1.
    ///
    /// The most similar key is the one with the greatest inner product. Among keys of equal length that is the key which
    /// equals the query (Cauchy–Schwarz); a longer key can outshout it.
    ///
    /// # Panics
    /// If the width of the queries is not that of the keys, or the temperature is not above 0.
    // ANCHOR: weights
    #[track_caller]
    pub fn weights(&self, query: &Tensor, temperature: f64) -> Weights {
        assert!(temperature > 0.0, "SoftDictionary: a temperature of {temperature} does not fit: need more than 0");
        let scores = Dot.forward(query, &self.keys, &mut Ctx::eval()); // [Tq, n]
        Scores::new(scores.into_tensor() * (1.0 / temperature)).distribution(&Mask::none())
    }
    // ANCHOR_END: weights

    /// What the entries answer together to queries `[Tq, d]`: `[Tq, d_v]`.
    ///
    /// # Panics
    /// As [`SoftDictionary::weights`].
    #[track_caller]
    pub fn soft(&self, query: &Tensor, temperature: f64) -> Context {
        value::context(&self.weights(query, temperature), &self.values) // [Tq, d_v]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Array, GradCheck, gradcheck};

    /// Five keys of length 1 in the plane, 72 degrees apart, with values of width 2.
    fn pentagon() -> SoftDictionary {
        let keys = (0..5).flat_map(|n| {
            let angle = f64::from(n) * std::f64::consts::TAU / 5.0;
            [angle.cos() as Elem, angle.sin() as Elem]
        });
        let values = vec![3.0, -1.0, 4.0, 1.0, -5.0, 9.0, 2.0, 6.0, 5.0, 3.5];
        SoftDictionary::new(Tensor::from_vec(keys.collect(), &[5, 2]), Tensor::from_vec(values, &[5, 2]))
    }

    fn assert_close(found: &[Elem], expected: &[Elem]) {
        assert_eq!(found.len(), expected.len());
        found.iter().zip(expected).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{found:?} {expected:?}"));
    }

    #[test]
    fn towards_temperature_0_the_answer_is_the_dictionarys() {
        let dictionary = pentagon();
        let soft = dictionary.soft(&dictionary.keys, 1e-3).into_tensor().to_vec();
        for (key, answer) in dictionary.keys.to_vec().chunks(2).zip(soft.chunks(2)) {
            assert_close(answer, &dictionary.exact(key).unwrap());
        }
    }

    #[test]
    fn towards_temperature_infinity_the_answer_is_the_mean_of_all_values() {
        let dictionary = pentagon();
        let mean = dictionary.values.tensor().mean(&[0], false).to_vec();
        for temperature in [1e8, f64::INFINITY] {
            for answer in dictionary.soft(&dictionary.keys, temperature).into_tensor().to_vec().chunks(2) {
                assert_close(answer, &mean);
            }
        }
    }

    #[test]
    fn in_between_the_entries_share_the_answer_by_similarity() {
        let dictionary = pentagon();
        let weights = dictionary.weights(&dictionary.keys.narrow(0, 0, 1), 1.0).into_tensor().to_vec();
        let by_hand: Vec<f64> = (0..5).map(|n| (f64::from(n) * std::f64::consts::TAU / 5.0).cos().exp()).collect();
        let sum: f64 = by_hand.iter().sum();
        assert_close(&weights, &by_hand.iter().map(|w| (w / sum) as Elem).collect::<Vec<_>>());
    }

    #[test]
    fn a_key_that_is_not_there_has_no_exact_answer_and_still_a_soft_one() {
        let dictionary = pentagon();
        assert_eq!(dictionary.exact(&[0.5, 0.5]), None);
        assert_eq!(dictionary.exact(&[1.0]), None);
        assert_eq!(dictionary.exact(&[1.0, -0.0]), Some(vec![3.0, -1.0]));
        let answer = dictionary.soft(&Tensor::from_vec(vec![0.5, 0.5], &[1, 2]), 0.2).into_tensor();
        assert!(answer.to_vec().iter().all(|x| x.is_finite()));
    }

    #[test]
    fn a_longer_key_outshouts_the_one_that_equals_the_query() {
        let keys = Tensor::from_vec(vec![1.0, 0.0, 3.0, 0.0], &[2, 2]);
        let dictionary = SoftDictionary::new(keys, Tensor::from_vec(vec![7.0, 8.0], &[2, 1]));
        assert_eq!(dictionary.exact(&[1.0, 0.0]), Some(vec![7.0]));
        let query = Tensor::from_vec(vec![1.0, 0.0], &[1, 2]);
        assert_close(&dictionary.soft(&query, 1e-3).into_tensor().to_vec(), &[8.0]);
    }

    #[test]
    fn the_soft_answer_has_a_derivative_where_the_dictionary_has_none() {
        let inputs = [
            Array::from_vec(vec![0.3, -0.8, 1.1, 0.4], &[2, 2]),
            Array::from_vec(vec![1.0, 0.2, -0.5, 0.9, 0.1, -1.0], &[3, 2]),
            Array::from_vec(vec![1.0, -2.0, 0.5], &[3, 1]),
        ];
        let soft = |i: &[Tensor]| SoftDictionary::new(i[1].clone(), i[2].clone()).soft(&i[0], 0.7).into_tensor();
        gradcheck(soft, &inputs, &GradCheck::default()).unwrap();
    }

    #[test]
    #[should_panic(expected = "SoftDictionary: a temperature of 0 does not fit: need more than 0")]
    fn a_temperature_of_0_is_a_division_by_0() {
        let dictionary = pentagon();
        dictionary.soft(&dictionary.keys, 0.0);
    }

    #[test]
    #[should_panic(expected = "SoftDictionary: 2 keys, 1 of them different: need each key once")]
    fn a_key_stands_once_in_a_dictionary() {
        SoftDictionary::new(Tensor::ones(&[2, 2]), Tensor::ones(&[2, 1]));
    }
}
