//! Scores that are products of query and key.

use jumok_nn::{Ctx, Init, Module, parameters};
use jumok_tensor::Tensor;
use rand::Rng;

use super::{PreparedKeys, Score, Scores, shown};

/// q·k for every pair: `[.., Tq, d]` and `[.., Tk, d]` to `[.., Tq, Tk]`, as one matrix product.
#[track_caller]
fn products(name: &'static str, query: &Tensor, keys: &Tensor) -> Tensor {
    assert!(
        query.rank() >= 2 && keys.rank() >= 2 && query.shape().last() == keys.shape().last(),
        "{name}: queries {:?} and keys {:?} do not fit: need [.., Tq, d] and [.., Tk, d]",
        query.shape(),
        keys.shape()
    );
    query.matmul(&keys.transpose(-2, -1)) //                              [.., Tq, Tk]
}

/// s(q, k) = q·k (Luong et al. 2015, equation 8, "dot"). Queries and keys are equally wide; nothing is learned.
///
/// The score grows with the length of either vector, not only with how well they agree.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dot;

impl Module for Dot {
    parameters!();
}

// ANCHOR: dot
impl Score for Dot {
    fn prepare(&self, keys: &Tensor) -> PreparedKeys {
        PreparedKeys::new("Dot", keys.clone())
    }

    #[track_caller]
    fn score(&self, query: &Tensor, keys: &PreparedKeys, ctx: &mut Ctx) -> Scores {
        shown!(products("Dot", query, keys.of("Dot")), ctx) //             [.., Tq, Tk]
    }
}
// ANCHOR_END: dot

/// s(q, k) = q·k/√d (Vaswani et al. 2017, equation 1). Queries and keys are equally wide; nothing is learned.
///
/// Why √d: see [`scaled_dot_product`](crate::scaled_dot_product()).
#[derive(Debug, Clone, Copy, Default)]
pub struct ScaledDot;

impl Module for ScaledDot {
    parameters!();
}

impl Score for ScaledDot {
    fn prepare(&self, keys: &Tensor) -> PreparedKeys {
        PreparedKeys::new("ScaledDot", keys.clone())
    }

    #[track_caller]
    fn score(&self, query: &Tensor, keys: &PreparedKeys, ctx: &mut Ctx) -> Scores {
        let products = products("ScaledDot", query, keys.of("ScaledDot")); // [.., Tq, Tk]
        let [.., d] = *query.shape() else { unreachable!("products checks the rank") };
        shown!(products * (1.0 / (d as f64).sqrt()), ctx)
    }
}

/// s(q, k) = q·k/(max(‖q‖, ε)·max(‖k‖, ε)), the cosine of the angle between them, in −1..=1 (Graves et al. 2014,
/// equation 6). Queries and keys are equally wide; nothing is learned.
///
/// Lengths have no influence. As the scores of two keys differ by 2 at most, the softmax never gets sharper than
/// e² ≈ 7.4 to 1; Graves et al. multiply by a learned sharpness for that reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cosine {
    /// ε: a shorter vector counts as this long, which keeps the zero vector from dividing by 0.
    pub eps: f64,
}

impl Default for Cosine {
    fn default() -> Self {
        Self { eps: 1e-8 }
    }
}

impl Cosine {
    /// x/max(‖x‖, ε): `[.., d]` to the same shape.
    #[track_caller]
    fn direction(self, x: &Tensor) -> Tensor {
        x / &x.norm(-1, true).clamp(self.eps, f64::INFINITY)
    }
}

impl Module for Cosine {
    parameters!();
}

// ANCHOR: cosine
impl Score for Cosine {
    #[track_caller]
    fn prepare(&self, keys: &Tensor) -> PreparedKeys {
        PreparedKeys::new("Cosine", self.direction(keys)) //              [.., Tk, d]
    }

    #[track_caller]
    fn score(&self, query: &Tensor, keys: &PreparedKeys, ctx: &mut Ctx) -> Scores {
        shown!(products("Cosine", &self.direction(query), keys.of("Cosine")), ctx) // [.., Tq, Tk]
    }
}
// ANCHOR_END: cosine

/// s(q, k) = qᵀ·W·k (Luong et al. 2015, equation 8, "general"): a learned product for queries and keys of any two widths.
#[derive(Debug, Clone)]
pub struct General {
    /// W: `[d_q, d_k]`.
    pub weight: Tensor,
}

impl Module for General {
    parameters!("W" => weight);
}

impl General {
    /// W drawn uniformly from ±1/√d_k, as `Linear` draws it.
    pub fn new(query_size: usize, key_size: usize, rng: &mut impl Rng) -> Self {
        let bound = 1.0 / (key_size as f64).sqrt();
        Self { weight: Init::Uniform { low: -bound, high: bound }.parameter(&[query_size, key_size], rng) }
    }
}

// ANCHOR: general
impl Score for General {
    /// W·k for every key, so that only a dot product remains for each query.
    #[track_caller]
    fn prepare(&self, keys: &Tensor) -> PreparedKeys {
        PreparedKeys::new("General", keys.linear(&self.weight, None)) //  [.., Tk, d_q]
    }

    #[track_caller]
    fn score(&self, query: &Tensor, keys: &PreparedKeys, ctx: &mut Ctx) -> Scores {
        shown!(products("General", query, keys.of("General")), ctx) //     [.., Tq, Tk]
    }
}
// ANCHOR_END: general
