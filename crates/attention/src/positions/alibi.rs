//! Attention with linear biases (Press, Smith and Lewis 2022).
//!
//! The score of a key that stands n tokens before the query is lowered by m·n. Each head has its own slope m: steep ones
//! see only their neighbours, flat ones far. Nothing is learned, and no position is ever out of range.

use jumok_tensor::{Elem, Tensor};

use crate::Mask;

/// The slope m of every head, and the biases that follow from it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlibiBias {
    slopes: Vec<f64>,
}

impl AlibiBias {
    /// Slopes for `num_heads` heads.
    ///
    /// For H a power of two they are 2^(−8/H), 2^(−16/H), …, 2^(−8). Otherwise those of the next smaller power of two P,
    /// followed by the first, third, fifth, … slope for 2P heads, as the paper's code has it.
    ///
    /// # Panics
    /// If there is no head.
    #[track_caller]
    pub fn new(num_heads: usize) -> Self {
        assert!(num_heads > 0, "AlibiBias: 0 heads do not fit: need at least 1");
        let geometric = |heads: usize| (1..=heads).map(move |h| 2f64.powf(-8.0 * h as f64 / heads as f64));
        let power = 1 << num_heads.ilog2();
        let slopes = geometric(power).chain(geometric(2 * power).step_by(2)).take(num_heads).collect();
        Self { slopes }
    }

    /// m: `[H]`.
    pub fn slopes(&self) -> Tensor {
        Tensor::from_vec(self.slopes.iter().map(|&m| m as Elem).collect(), &[self.slopes.len()])
    }

    /// −m·distance for every head and pair, `[H, Tq, Tk]`; the last query stands at the last key. Keys behind the query,
    /// which a causal mask hides, get 0.
    ///
    /// # Panics
    /// If there are more queries than keys.
    #[track_caller]
    pub fn relative(&self, queries: usize, keys: usize) -> Tensor {
        assert!(queries <= keys, "AlibiBias: {queries} queries and {keys} keys do not fit: need at least as many keys");
        let offset = keys - queries;
        let distances = || (0..queries).flat_map(|i| (0..keys).map(move |j| (i + offset).saturating_sub(j) as f64));
        let biases = self.slopes.iter().flat_map(|m| distances().map(move |n| (-m * n) as Elem)).collect();
        Tensor::from_vec(biases, &[self.slopes.len(), queries, keys]) // [H, Tq, Tk]
    }

    /// m·j for every head and key j, `[H, Tk]`, as BLOOM adds it.
    ///
    /// It differs from [`AlibiBias::relative`] by m·i for query i, the same for all keys that a causal mask leaves it; the
    /// softmax does not notice.
    pub fn by_key(&self, keys: usize) -> Tensor {
        let biases = self.slopes.iter().flat_map(|m| (0..keys).map(move |j| (m * j as f64) as Elem)).collect();
        Tensor::from_vec(biases, &[self.slopes.len(), keys]) //           [H, Tk]
    }

    /// The mask of a decoder: causality and [`AlibiBias::relative`] together.
    ///
    /// # Panics
    /// If there are more queries than keys.
    #[track_caller]
    pub fn mask(&self, queries: usize, keys: usize) -> Mask {
        Mask::causal().and(&Mask::bias(self.relative(queries, keys)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaled_dot_product;
    use jumok_nn::Ctx;

    #[test]
    fn slopes_are_those_of_the_paper() {
        let powers = |exponents: &[f64]| exponents.iter().map(|&e| 2f64.powf(-e) as Elem).collect::<Vec<_>>();
        assert_eq!(AlibiBias::new(8).slopes().to_vec(), powers(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]));
        assert_eq!(AlibiBias::new(6).slopes().to_vec(), powers(&[2.0, 4.0, 6.0, 8.0, 1.0, 3.0]));
        assert_eq!(AlibiBias::new(1).slopes().to_vec(), powers(&[8.0]));
    }

    #[test]
    fn a_key_is_lowered_by_its_distance() {
        let bias = AlibiBias::new(1).relative(2, 3).to_vec();
        let m = 2f64.powi(-8) as Elem;
        assert_eq!(bias, [-m, 0.0, 0.0, -2.0 * m, -m, 0.0]);
    }

    #[test]
    fn both_forms_give_the_same_weights() {
        let values = |seed: usize| {
            let values = (0..2 * 4 * 3).map(|i| ((i * 31 + seed * 7) % 19) as Elem / 8.0 - 1.1).collect();
            Tensor::from_vec(values, &[1, 2, 4, 3])
        };
        let (q, k, alibi) = (values(1), values(2), AlibiBias::new(2));
        let by_key = Mask::causal().and(&Mask::bias(alibi.by_key(4).unsqueeze(1)));
        let weights = |mask: &Mask| scaled_dot_product(&q, &k, &k, mask, &mut Ctx::eval()).weights.to_vec();
        let (relative, without) = (weights(&alibi.mask(4, 4)), weights(&Mask::causal()));
        for (a, b) in relative.iter().zip(weights(&by_key)) {
            assert!((a - b).abs() < 1e-6);
        }
        assert!(relative.iter().zip(without).any(|(a, b)| (a - b).abs() > 1e-3), "the bias has an effect");
    }

    #[test]
    #[should_panic(expected = "AlibiBias: 3 queries and 2 keys do not fit")]
    fn a_query_stands_at_a_key() {
        AlibiBias::new(1).relative(3, 2);
    }
}
