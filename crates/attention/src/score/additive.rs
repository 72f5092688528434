//! Scores from a small network with one hidden layer.
//!
//! W·[q; k] is W_q·q + W_k·k if W = [W_q, W_k] stand side by side: "concat" is "additive" without a bias, and both project
//! queries and keys apart. For T queries and keys that is T projections of each instead of T².

use jumok_nn::{Ctx, Init, Module, parameters};
use jumok_tensor::Tensor;
use rand::Rng;

use super::{PreparedKeys, Score, Scores, shown};

/// A parameter drawn uniformly from ±1/√inputs, as `Linear` draws it.
fn drawn(shape: &[usize], inputs: usize, rng: &mut impl Rng) -> Tensor {
    let bound = 1.0 / (inputs as f64).sqrt();
    Init::Uniform { low: -bound, high: bound }.parameter(shape, rng)
}

#[track_caller]
fn assert_width(name: &str, what: &str, letter: &str, x: &Tensor, width: usize) {
    assert!(
        x.rank() >= 2 && x.shape().last() == Some(&width),
        "{name}: {what} {:?} do not fit: need [.., {letter}, {width}]",
        x.shape()
    );
}

/// v·tanh(q + k) for every pair of projected queries `[.., Tq, A]` and keys `[.., Tk, A]`: `[.., Tq, Tk]`.
///
/// One fused operation where each query has keys of its own; where leading axes broadcast, the composition that it replaces.
#[track_caller]
fn hidden_layer(query: &Tensor, keys: &Tensor, v: &Tensor) -> Tensor {
    let (&[ref lead @ .., queries, hidden], &[ref key_lead @ .., key_count, _]) = (query.shape(), keys.shape()) else {
        unreachable!("widths were checked, and ranks with them");
    };
    if lead != key_lead {
        let pairs = query.unsqueeze(-2) + keys.unsqueeze(-3); //          [.., Tq, Tk, A]
        return pairs.tanh().linear(&v.unsqueeze(0), None).squeeze(-1); // [.., Tq, Tk]
    }
    let batch: usize = lead.iter().product();
    let flat = |x: &Tensor, rows: usize| x.reshape(&[batch, rows, hidden].map(|n| n as isize));
    let scores = flat(query, queries).additive_scores(&flat(keys, key_count), v); // [B, Tq, Tk]
    let shape: Vec<isize> = lead.iter().chain(&[queries, key_count]).map(|&n| n as isize).collect();
    scores.reshape(&shape) //                                             [.., Tq, Tk]
}

/// s(q, k) = v·tanh(W_q·q + W_k·k + b) (Bahdanau et al. 2015, appendix A.1.2): a network learns what fits what.
///
/// [`Score::prepare`] computes W_k·k for a whole sentence, as the paper advises; each query then costs one W_q·q, a tanh
/// for every key, and the product with v.
#[derive(Debug, Clone)]
pub struct Additive {
    /// W_q: `[A, d_q]`.
    pub query: Tensor,
    /// W_k: `[A, d_k]`.
    pub key: Tensor,
    /// b: `[A]`. The paper has none.
    pub bias: Option<Tensor>,
    /// v: `[A]`.
    pub v: Tensor,
}

impl Module for Additive {
    parameters!("W_q" => query, "W_k" => key, "b" => bias, v);
}

impl Additive {
    /// Parameters drawn uniformly from ±1/√inputs, as `Linear` draws them.
    pub fn new(query_size: usize, key_size: usize, hidden_size: usize, bias: bool, rng: &mut impl Rng) -> Self {
        Self {
            query: drawn(&[hidden_size, query_size], query_size, rng),
            key: drawn(&[hidden_size, key_size], key_size, rng),
            bias: bias.then(|| drawn(&[hidden_size], query_size, rng)),
            v: drawn(&[hidden_size], hidden_size, rng),
        }
    }
}

impl Score for Additive {
    /// W_k·k for every key.
    #[track_caller]
    fn prepare(&self, keys: &Tensor) -> PreparedKeys {
        let [_, d_k] = self.key.dims();
        assert_width("Additive", "keys", "Tk", keys, d_k);
        PreparedKeys::new("Additive", keys.linear(&self.key, None)) //    [.., Tk, A]
    }

    #[track_caller]
    fn score(&self, query: &Tensor, keys: &PreparedKeys, ctx: &mut Ctx) -> Scores {
        let [_, d_q] = self.query.dims();
        assert_width("Additive", "queries", "Tq", query, d_q);
        let query = query.linear(&self.query, self.bias.as_ref()); //     [.., Tq, A]
        shown!(hidden_layer(&query, keys.of("Additive"), &self.v), ctx) // [.., Tq, Tk]
    }
}

/// s(q, k) = v·tanh(W·\[q; k\]) (Luong et al. 2015, equation 8, "concat").
///
/// The same as [`Additive`] without b, with W_q and W_k next to each other in one matrix.
#[derive(Debug, Clone)]
pub struct Concat {
    /// W: `[A, d_q + d_k]`.
    pub weight: Tensor,
    /// v: `[A]`.
    pub v: Tensor,
    /// d_q: how many columns of W belong to the query.
    pub query_size: usize,
}

impl Module for Concat {
    parameters!("W" => weight, v);
}

impl Concat {
    /// Parameters drawn uniformly from ±1/√inputs, as `Linear` draws them.
    pub fn new(query_size: usize, key_size: usize, hidden_size: usize, rng: &mut impl Rng) -> Self {
        let inputs = query_size + key_size;
        Self {
            weight: drawn(&[hidden_size, inputs], inputs, rng),
            v: drawn(&[hidden_size], hidden_size, rng),
            query_size,
        }
    }
}

impl Score for Concat {
    /// The keys' part of W·\[q; k\].
    #[track_caller]
    fn prepare(&self, keys: &Tensor) -> PreparedKeys {
        let [_, inputs] = self.weight.dims();
        let d_k = inputs - self.query_size;
        assert_width("Concat", "keys", "Tk", keys, d_k);
        let w_k = self.weight.narrow(1, self.query_size, d_k); //         [A, d_k]
        PreparedKeys::new("Concat", keys.linear(&w_k, None)) //           [.., Tk, A]
    }

    #[track_caller]
    fn score(&self, query: &Tensor, keys: &PreparedKeys, ctx: &mut Ctx) -> Scores {
        assert_width("Concat", "queries", "Tq", query, self.query_size);
        let w_q = self.weight.narrow(1, 0, self.query_size); //           [A, d_q]
        let query = query.linear(&w_q, None); //                          [.., Tq, A]
        shown!(hidden_layer(&query, keys.of("Concat"), &self.v), ctx) //   [.., Tq, Tk]
    }
}
