//! T5's bias for every class of distances (Raffel et al. 2020, section 2.1).
//!
//! Near distances have a class each; further ones share classes that widen logarithmically, up to a distance beyond which
//! all are one. Every head learns one number a class, which is added to its scores. T5 does not divide those by √d.

use jumok_nn::{Init, Module, parameters};
use jumok_tensor::{IntTensor, Tensor};
use rand::Rng;

/// The class ("bucket") of the relative position key − query, in `0..num_buckets`.
///
/// Of `n` buckets (half of `num_buckets` for each direction, if both count; else all, for keys before the query, later ones
/// being at distance 0) the first n/2 are one distance each, and distance r from there on is in
///
/// n/2 + ⌊ln(r/(n/2)) / ln(max_distance/(n/2)) · (n − n/2)⌋, at most n − 1.
///
/// Computed in f32, step by step as Hugging Face's code does: at the edge of a bucket rounding decides, and checkpoints were
/// trained with that decision.
pub fn relative_position_bucket(
    relative_position: i64,
    bidirectional: bool,
    num_buckets: usize,
    max_distance: usize,
) -> usize {
    let (buckets, first, distance) = match (bidirectional, relative_position) {
        (true, r) => (num_buckets / 2, if r > 0 { num_buckets / 2 } else { 0 }, r.unsigned_abs() as usize),
        (false, r) => (num_buckets, 0, (-r).max(0) as usize),
    };
    let exact = buckets / 2;
    if distance < exact {
        return first + distance;
    }
    let widening = (max_distance as f64 / exact as f64).ln() as f32;
    let log = (distance as f32 / exact as f32).ln() / widening * (buckets - exact) as f32;
    first + (exact + log as usize).min(buckets - 1)
}

/// The bias of T5's attention: one learned number for every bucket and head.
#[derive(Debug, Clone)]
pub struct T5RelativePositionBias {
    /// `[num_buckets, H]`.
    pub weight: Tensor,
    /// Whether keys before and behind the query are told apart (encoder); otherwise only keys before it (decoder).
    pub bidirectional: bool,
    /// From this distance on, all keys are in one bucket.
    pub max_distance: usize,
}

impl Module for T5RelativePositionBias {
    parameters!(weight);
}

impl T5RelativePositionBias {
    /// Biases drawn from the standard normal distribution, as an embedding's.
    ///
    /// # Panics
    /// If there are not at least two buckets for a direction, or `max_distance` is within the buckets of one distance each.
    #[track_caller]
    pub fn new(
        num_buckets: usize,
        num_heads: usize,
        bidirectional: bool,
        max_distance: usize,
        rng: &mut impl Rng,
    ) -> Self {
        let buckets = if bidirectional { num_buckets / 2 } else { num_buckets };
        assert!(
            buckets >= 2 && max_distance > buckets / 2,
            "T5RelativePositionBias: {num_buckets} buckets up to distance {max_distance} do not fit: need at least 2 for \
             each direction, and a distance beyond half of those"
        );
        let weight = Init::Normal { mean: 0.0, std: 1.0 }.parameter(&[num_buckets, num_heads], rng);
        Self { weight, bidirectional, max_distance }
    }

    /// The bucket of every pair `[Tq, Tk]`, where query i stands at position i + `offset` of the keys (0, or the number of
    /// cached keys).
    pub fn buckets(&self, queries: usize, keys: usize, offset: usize) -> IntTensor {
        let [num_buckets, _] = self.weight.dims();
        let bucket = |i: usize, j: usize| {
            let relative = j as i64 - (i + offset) as i64;
            relative_position_bucket(relative, self.bidirectional, num_buckets, self.max_distance) as i64
        };
        let pairs = (0..queries).flat_map(|i| (0..keys).map(move |j| bucket(i, j))).collect();
        IntTensor::from_vec(pairs, &[queries, keys])
    }

    /// The bias of every head and pair, `[1, H, Tq, Tk]`, for [`Mask::bias`](crate::Mask::bias).
    pub fn forward(&self, queries: usize, keys: usize, offset: usize) -> Tensor {
        let bias = self.weight.embedding(&self.buckets(queries, keys, offset), None); // [Tq, Tk, H]
        bias.permute(&[2, 0, 1]).unsqueeze(0) //                          [1, H, Tq, Tk]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Array, GradCheck, gradcheck};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn near_distances_have_a_bucket_each_and_far_ones_share_theirs() {
        let both = |r: i64| relative_position_bucket(r, true, 32, 128);
        assert_eq!([0, -1, -7, 1, 7].map(both), [0, 1, 7, 17, 23]);
        assert_eq!([-8, -11, -12, -15, -16, -22, -23].map(both), [8, 8, 9, 9, 10, 10, 11]);
        assert_eq!([-127, -128, -100_000, 100_000].map(both), [15, 15, 15, 31]);
        let causal = |r: i64| relative_position_bucket(r, false, 32, 128);
        assert_eq!([5, 0, -15, -16, -1000].map(causal), [0, 0, 15, 16, 31]);
    }

    #[test]
    fn buckets_never_shrink_with_the_distance() {
        for (bidirectional, num_buckets, max_distance) in
            [(true, 8, 20), (false, 8, 20), (true, 32, 128), (false, 4, 3)]
        {
            let far = |r: i64| relative_position_bucket(-r, bidirectional, num_buckets, max_distance);
            assert!((0..300).all(|r| far(r) <= far(r + 1) && far(r + 1) < num_buckets));
        }
    }

    #[test]
    fn a_cached_step_is_the_last_row_of_the_whole() {
        let bias = T5RelativePositionBias::new(8, 3, false, 20, &mut ChaCha8Rng::seed_from_u64(1));
        let whole = bias.forward(7, 7, 0);
        assert_eq!(whole.shape(), [1, 3, 7, 7]);
        assert_eq!(bias.forward(1, 7, 6).to_vec(), whole.narrow(2, 6, 1).to_vec());
    }

    #[test]
    fn every_bias_has_its_derivative() {
        let bias = T5RelativePositionBias::new(8, 2, true, 20, &mut ChaCha8Rng::seed_from_u64(1));
        let forward = |i: &[Tensor]| T5RelativePositionBias { weight: i[0].clone(), ..bias.clone() }.forward(12, 12, 0);
        let weight: Array = bias.weight.array().clone();
        gradcheck(forward, &[weight], &GradCheck::default()).unwrap();
    }

    #[test]
    #[should_panic(expected = "T5RelativePositionBias: 2 buckets up to distance 20 do not fit")]
    fn each_direction_needs_buckets() {
        T5RelativePositionBias::new(2, 1, true, 20, &mut ChaCha8Rng::seed_from_u64(1));
    }
}
