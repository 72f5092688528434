//! MultiHead(Q, K, V) = Concat(head_1, …, head_H)·W_O with head_i = Attention(Q·W_i^Q, K·W_i^K, V·W_i^V)
//! (Vaswani et al. 2017, section 3.2.2; lecture, slide S17).
//!
//! The projections of all heads stand side by side in one matrix each, so that one product serves all heads.
//!
//! Keys and values may have fewer heads than queries, each serving a group of them (grouped-query attention, Ainslie et al.
//! 2023, arXiv 2305.13245; with a single one multi-query attention, Shazeer 2019): a decoder then remembers less.

use jumok_nn::{Ctx, Linear, Module, parameters, show};
use jumok_tensor::Tensor;
use rand::Rng;

use crate::{AttentionOptions, KeyValueCache, Mask, attend, attended, heads};

/// The sizes of a [`MultiHeadAttention`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MultiHeadConfig {
    /// The width of queries and of the result.
    pub embed_dim: usize,
    /// H, the number of heads; it divides `embed_dim`.
    pub num_heads: usize,
    /// H_kv, the number of heads that keys and values have; it divides `num_heads`, and is the same in plain multi-head
    /// attention.
    pub num_kv_heads: usize,
    /// The width of the keys that come in; `embed_dim` in self-attention.
    pub kdim: usize,
    /// The width of the values that come in; `embed_dim` in self-attention.
    pub vdim: usize,
    /// Whether the projections have biases.
    pub bias: bool,
    /// The probability with which an attention weight is dropped in training.
    pub dropout: f64,
}

impl MultiHeadConfig {
    /// Self-attention of this width: biases, no dropout.
    pub fn new(embed_dim: usize, num_heads: usize) -> Self {
        Self {
            embed_dim,
            num_heads,
            num_kv_heads: num_heads,
            kdim: embed_dim,
            vdim: embed_dim,
            bias: true,
            dropout: 0.0,
        }
    }
}

/// Multi-head attention with its four projections.
#[derive(Debug, Clone)]
pub struct MultiHeadAttention {
    /// W_Q of all heads: `[embed_dim, embed_dim]`.
    pub query: Linear,
    /// W_K of all key heads: `[H_kv·d_k, kdim]`.
    pub key: Linear,
    /// W_V of all value heads: `[H_kv·d_v, vdim]`.
    pub value: Linear,
    /// W_O: `[embed_dim, embed_dim]`.
    pub output: Linear,
    /// H, the number of heads.
    pub num_heads: usize,
    /// H_kv, the number of heads of keys and values.
    pub num_kv_heads: usize,
    /// The probability with which an attention weight is dropped in training.
    pub dropout: f64,
}

impl Module for MultiHeadAttention {
    parameters!("q_proj" => query, "k_proj" => key, "v_proj" => value, "out_proj" => output);
}

/// What [`MultiHeadAttention::forward`] gives back.
#[derive(Debug, Clone)]
pub struct MultiHeadOutput {
    /// The new representation of every query: `[B, Tq, D]`.
    pub output: Tensor,
    /// How much each query looks at each key in each head: `[B, H, Tq, Tk]`.
    pub weights: Tensor,
}

impl MultiHeadAttention {
    /// Projections drawn uniformly from ±1/√(inputs), as `Linear` draws them.
    ///
    /// # Panics
    /// If `num_heads` does not divide `embed_dim`, or `num_kv_heads` not `num_heads`.
    #[track_caller]
    pub fn new(config: &MultiHeadConfig, rng: &mut impl Rng) -> Self {
        let &MultiHeadConfig { embed_dim, num_heads, num_kv_heads, kdim, vdim, bias, dropout } = config;
        assert!(
            num_heads > 0 && embed_dim.is_multiple_of(num_heads),
            "MultiHeadAttention: {num_heads} heads do not divide a width of {embed_dim}"
        );
        assert!(
            num_kv_heads > 0 && num_heads.is_multiple_of(num_kv_heads),
            "MultiHeadAttention: {num_heads} heads cannot share {num_kv_heads} heads of keys and values: need a divisor"
        );
        let key_width = embed_dim / num_heads * num_kv_heads;
        Self {
            query: Linear::with_bias(embed_dim, embed_dim, bias, rng),
            key: Linear::with_bias(kdim, key_width, bias, rng),
            value: Linear::with_bias(vdim, key_width, bias, rng),
            output: Linear::with_bias(embed_dim, embed_dim, bias, rng),
            num_heads,
            num_kv_heads,
            dropout,
        }
    }

    /// The queries of all heads, `[B, Tq, D]` to `[B, H, Tq, d_k]`.
    ///
    /// # Panics
    /// If the width does not fit.
    #[track_caller]
    pub fn queries(&self, query: &Tensor, ctx: &mut Ctx) -> Tensor {
        let q = heads::split(&self.query.forward(query), self.num_heads); //  [B, H, Tq, d_k]
        show!(ctx, "query", ["batch", "head", "query", "feature"], &q);
        q
    }

    /// The keys and the values of all heads, `[B, Tk, kdim]` to `[B, H_kv, Tk, d_k]` and `[B, Tk, vdim]` to
    /// `[B, H_kv, Tk, d_v]`.
    ///
    /// # Panics
    /// If the widths do not fit.
    #[track_caller]
    pub fn keys_and_values(&self, key: &Tensor, value: &Tensor, ctx: &mut Ctx) -> [Tensor; 2] {
        let k = heads::split(&self.key.forward(key), self.num_kv_heads); //      [B, H_kv, Tk, d_k]
        let v = heads::split(&self.value.forward(value), self.num_kv_heads); //  [B, H_kv, Tk, d_v]
        show!(ctx, "key", ["batch", "head", "key", "feature"], &k);
        show!(ctx, "value", ["batch", "head", "key", "feature"], &v);
        [k, v]
    }

    fn options(&self) -> AttentionOptions {
        AttentionOptions { scale: None, dropout: self.dropout }
    }

    /// Concat(heads), the values before W_O, for queries `[B, Tq, D]`, keys `[B, Tk, kdim]`, values `[B, Tk, vdim]`:
    /// `[B, Tq, D]`. Without the weights, so by the fused operation where it can.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn context(&self, query: &Tensor, key: &Tensor, value: &Tensor, mask: &Mask, ctx: &mut Ctx) -> Tensor {
        let (q, [k, v]) = (self.queries(query, ctx), self.keys_and_values(key, value, ctx));
        self.context_of(&q, &k, &v, mask, ctx) //                             [B, Tq, D]
    }

    /// As [`MultiHeadAttention::context`], of what is projected already: q `[B, H, Tq, d_k]`, k `[B, H_kv, Tk, d_k]`, v
    /// `[B, H_kv, Tk, d_v]`. Between the projections and this, rotary positions turn queries and keys.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn context_of(&self, q: &Tensor, k: &Tensor, v: &Tensor, mask: &Mask, ctx: &mut Ctx) -> Tensor {
        heads::merge(&attended(q, k, v, mask, &self.options(), ctx)) //        [B, Tq, D]
    }

    /// Keeps the keys and values of `key` `[B, Tk, kdim]` and `value` `[B, Tk, vdim]` behind those in the cache: those of a
    /// new token in self-attention, those of the whole source, once, in cross-attention.
    ///
    /// # Panics
    /// If the shapes do not fit, or outside [`no_grad`](jumok_tensor::no_grad).
    #[track_caller]
    pub fn remember(&self, key: &Tensor, value: &Tensor, cache: &mut KeyValueCache, ctx: &mut Ctx) {
        let [k, v] = self.keys_and_values(key, value, ctx);
        cache.append(&k, &v);
    }

    /// Concat(heads)·W_O of queries `[B, Tq, D]` over the keys and values in the cache: `[B, Tq, D]`.
    ///
    /// # Panics
    /// If the shapes do not fit, or the cache is empty.
    #[track_caller]
    pub fn forward_remembered(&self, query: &Tensor, mask: &Mask, cache: &KeyValueCache, ctx: &mut Ctx) -> Tensor {
        let q = self.queries(query, ctx);
        let [k, v] =
            cache.keys_and_values().expect("MultiHeadAttention: nothing is remembered yet: call remember first");
        self.output.forward(&self.context_of(&q, &k, &v, mask, ctx)) //        [B, Tq, D]
    }

    /// Self-attention of new tokens x `[B, T, D]`: they are added to the cache and look at everything in it, under a mask
    /// over all its keys. Under [`Mask::causal`] the result is that of the whole text in one pass, in its last T rows.
    ///
    /// # Panics
    /// If the shapes do not fit, or outside [`no_grad`](jumok_tensor::no_grad).
    #[track_caller]
    pub fn forward_cached(&self, x: &Tensor, mask: &Mask, cache: &mut KeyValueCache, ctx: &mut Ctx) -> Tensor {
        self.remember(x, x, cache, ctx);
        self.forward_remembered(x, mask, cache, ctx)
    }

    /// Concat(heads)·W_O with the weights, for queries `[B, Tq, D]`, keys `[B, Tk, kdim]`, values `[B, Tk, vdim]`; self-attention passes the
    /// same tensor three times.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward(&self, query: &Tensor, key: &Tensor, value: &Tensor, mask: &Mask, ctx: &mut Ctx) -> MultiHeadOutput {
        let (q, [k, v]) = (self.queries(query, ctx), self.keys_and_values(key, value, ctx));
        let attention = attend(&q, &k, &v, mask, &self.options(), ctx);
        let output = self.output.forward(&heads::merge(&attention.context)); // [B, Tq, D]
        MultiHeadOutput { output, weights: attention.weights }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scaled_dot_product;
    use jumok_tensor::{Elem, GradCheck, gradcheck};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn layer(config: &MultiHeadConfig) -> MultiHeadAttention {
        MultiHeadAttention::new(config, &mut ChaCha8Rng::seed_from_u64(1))
    }
    fn values(shape: &[usize]) -> Tensor {
        let count: usize = shape.iter().product();
        Tensor::from_vec((0..count).map(|i| ((i * 31) % 19) as Elem / 8.0 - 1.1).collect(), shape)
    }

    #[test]
    fn many_heads_are_single_heads_side_by_side() {
        let (attention, x) = (layer(&MultiHeadConfig::new(8, 4)), values(&[2, 3, 8]));
        let together = attention.forward(&x, &x, &x, &Mask::none(), &mut Ctx::eval());
        let heads: Vec<Tensor> = (0..4)
            .map(|h| {
                let project = |linear: &Linear| {
                    let rows = linear.weight.narrow(0, 2 * h, 2);
                    let bias = linear.bias.as_ref().unwrap().narrow(0, 2 * h, 2);
                    x.linear(&rows, Some(&bias)).unsqueeze(1)
                };
                let [q, k, v] = [&attention.query, &attention.key, &attention.value].map(project);
                scaled_dot_product(&q, &k, &v, &Mask::none(), &mut Ctx::eval()).context.squeeze(1)
            })
            .collect();
        let concat = Tensor::concat(&heads.iter().collect::<Vec<_>>(), -1);
        let one_by_one = attention.output.forward(&concat);
        for (a, b) in together.output.to_vec().iter().zip(one_by_one.to_vec()) {
            assert!((a - b).abs() < 1e-6);
        }
    }

    #[test]
    fn heads_that_share_keys_are_heads_with_equal_keys() {
        let x = values(&[2, 5, 8]);
        for num_kv_heads in [1, 2] {
            let shared = layer(&MultiHeadConfig { num_kv_heads, ..MultiHeadConfig::new(8, 4) });
            assert_eq!(shared.key.weight.shape(), [2 * num_kv_heads, 8]);
            let apart = |linear: &Linear| {
                let each = |x: &Tensor, columns: isize| {
                    x.reshape(&[num_kv_heads as isize, 2, columns]).repeat_interleave(4 / num_kv_heads, 0).flatten(0, 1)
                };
                let bias = linear.bias.as_ref().map(|bias| each(bias, 1).flatten(0, 1));
                Linear { weight: each(&linear.weight, 8), bias }
            };
            let full = MultiHeadAttention {
                key: apart(&shared.key),
                value: apart(&shared.value),
                num_kv_heads: 4,
                ..shared.clone()
            };
            let of = |layer: &MultiHeadAttention| layer.forward(&x, &x, &x, &Mask::causal(), &mut Ctx::eval());
            let (a, b) = (of(&shared), of(&full));
            for (a, b) in a.output.to_vec().iter().zip(b.output.to_vec()) {
                assert!((a - b).abs() < 1e-6);
            }
            assert_eq!(a.weights.shape(), [2, 4, 5, 5]);
        }
    }

    #[test]
    #[should_panic(expected = "MultiHeadAttention: 4 heads cannot share 3 heads of keys and values")]
    fn key_heads_divide_the_heads() {
        layer(&MultiHeadConfig { num_kv_heads: 3, ..MultiHeadConfig::new(8, 4) });
    }

    #[test]
    fn every_parameter_and_input_has_its_derivative() {
        let config = MultiHeadConfig { kdim: 3, vdim: 5, ..MultiHeadConfig::new(4, 2) };
        let attention = layer(&config);
        let mut inputs: Vec<_> =
            [values(&[2, 2, 4]), values(&[2, 3, 3]), values(&[2, 3, 5])].map(|x| x.array().clone()).into();
        inputs.extend(attention.named_parameters().iter().map(|(_, p)| p.array().clone()));
        let forward = |i: &[Tensor]| {
            let mut attention = attention.clone();
            let mut given = i[3..].iter();
            attention.visit_mut("", &mut |_, p| *p = given.next().unwrap().clone());
            attention.forward(&i[0], &i[1], &i[2], &Mask::causal(), &mut Ctx::eval()).output
        };
        gradcheck(forward, &inputs, &GradCheck::default()).unwrap();
    }

    #[test]
    fn self_attention_does_not_know_the_order_of_its_tokens() {
        let (attention, x) = (layer(&MultiHeadConfig::new(8, 2)), values(&[1, 4, 8]));
        let order = jumok_tensor::IntTensor::from_vec(vec![2, 0, 3, 1], &[4]);
        let forward = |x: &Tensor| attention.forward(x, x, x, &Mask::none(), &mut Ctx::eval()).output;
        let permuted_before = forward(&x.index_select(1, &order));
        let permuted_after = forward(&x).index_select(1, &order);
        for (a, b) in permuted_before.to_vec().iter().zip(permuted_after.to_vec()) {
            assert!((a - b).abs() < 1e-5);
        }
    }

    #[test]
    fn parameters_have_the_usual_names() {
        let attention = layer(&MultiHeadConfig { bias: false, ..MultiHeadConfig::new(4, 2) });
        let names: Vec<String> = attention.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["q_proj.weight", "k_proj.weight", "v_proj.weight", "out_proj.weight"]);
    }
}
