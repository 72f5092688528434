//! What √d_k does (lecture, slide S16).
//!
//! If the components of q and k are independent with mean 0 and variance 1, q·k is a sum of d_k terms of variance 1 and has
//! the variance d_k. Wide heads so have large scores, their softmax lets one key win, and its derivative, diag(w) − wwᵀ, is
//! nearly 0 there. Divided by √d_k the scores have the variance 1 again, however wide the head.

use jumok_nn::{Ctx, Init};
use jumok_tensor::{Elem, Tensor};
use rand::Rng;

use crate::{AttentionOptions, Mask, attend};

/// How decided the weights are, and what that leaves of the gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sharpness {
    /// −Σ w·ln w in nats, the mean over the queries: ln Tk if all keys weigh the same, 0 if one has all the weight.
    pub entropy: f64,
    /// The largest weight of a query, the mean over the queries.
    pub largest_weight: f64,
    /// ‖∂L/∂q‖ of the median query.
    pub median_gradient: f64,
    /// ‖∂L/∂q‖, the mean over the queries.
    pub mean_gradient: f64,
}

/// Scores of random queries and keys of one width, and what becomes of them with and without the division by √d_k.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scaling {
    /// The width of queries and keys.
    pub d_k: usize,
    /// The variance of q·k over all pairs.
    pub variance: f64,
    /// With scores q·k/√d_k.
    pub scaled: Sharpness,
    /// With scores q·k.
    pub unscaled: Sharpness,
}

impl Scaling {
    /// Asks `keys` keys with `queries` queries, all components drawn from N(0, 1), and so the values, of which the loss is the
    /// sum of all contexts.
    ///
    /// # Panics
    /// If one of the numbers is 0.
    #[track_caller]
    pub fn measure(d_k: usize, queries: usize, keys: usize, rng: &mut impl Rng) -> Self {
        assert!(
            d_k > 0 && queries > 0 && keys > 0,
            "Scaling: {d_k}, {queries} and {keys} do not fit: need more than 0"
        );
        let mut normal = |shape: &[usize]| Init::Normal { mean: 0.0, std: 1.0 }.array(shape, rng);
        let q = Tensor::parameter(normal(&[1, 1, queries, d_k]));
        let k = Tensor::from_array(normal(&[1, 1, keys, d_k]));
        let v = Tensor::from_array(normal(&[1, 1, keys, 1]));
        let products = q.detach().matmul(&k.transpose(-2, -1)); //        [1, 1, Tq, Tk]
        let variance = products.var(&[0, 1, 2, 3], 0, false).item();
        let sharpness = |scale: Option<f64>| {
            let options = AttentionOptions { scale, ..AttentionOptions::default() };
            let attention = attend(&q, &k, &v, &Mask::none(), &options, &mut Ctx::eval());
            let weights = attention.weights.detach(); //                  [1, 1, Tq, Tk]
            // 0·ln 0 = 0: a weight that was rounded to 0 contributes nothing.
            let surprise = &weights * &weights.clamp(f64::from(Elem::MIN_POSITIVE), 1.0).log() * -1.0;
            let gradients = attention.context.sum_all().backward();
            let gradient = Tensor::from_array(gradients.get(&q).expect("the context depends on the query").clone());
            let mut norms: Vec<f64> = gradient.norm(-1, false).to_vec().into_iter().map(f64::from).collect(); // [Tq]
            norms.sort_by(f64::total_cmp);
            Sharpness {
                entropy: surprise.sum(&[-1], false).mean_all().item(),
                largest_weight: weights.amax(&[-1], false).mean_all().item(),
                median_gradient: norms[norms.len() / 2],
                mean_gradient: norms.iter().sum::<f64>() / norms.len() as f64,
            }
        };
        Self { d_k, variance, scaled: sharpness(None), unscaled: sharpness(Some(1.0)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn the_variance_of_a_score_is_the_width_and_only_without_the_root_do_weights_and_gradient_collapse() {
        const KEYS: usize = 32;
        for seed in 0..5 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let all: Vec<Scaling> = (0..10).map(|n| Scaling::measure(1 << n, 256, KEYS, rng)).collect();
            for m in &all[2..] {
                let ratio = m.variance / m.d_k as f64;
                assert!((0.6..1.6).contains(&ratio), "seed {seed}: {m:?}");
            }
            let wide = &all[9]; // d_k = 512
            assert!(wide.scaled.entropy > 2.5 && wide.unscaled.entropy < 0.4, "seed {seed}: {wide:?}");
            assert!(all.iter().all(|m| m.scaled.entropy <= (KEYS as f64).ln() + 1e-5));
            let most = |sharpness: fn(&Scaling) -> &Sharpness| {
                all.iter().map(|m| sharpness(m).median_gradient).fold(0.0, f64::max)
            };
            let (scaled, unscaled) = (most(|m| &m.scaled), most(|m| &m.unscaled));
            assert!(wide.scaled.median_gradient > 0.4 * scaled, "seed {seed}: {wide:?}");
            assert!(wide.unscaled.median_gradient < 0.2 * unscaled, "seed {seed}: {wide:?}");
            assert!(wide.unscaled.mean_gradient > 2.0 * wide.scaled.mean_gradient, "seed {seed}: {wide:?}");
        }
    }
}
