//! Decoding with a cache gives what computing everything again would give, whatever the sizes.

use jumok_attention::{KeyValueCache, Mask, MultiHeadAttention, MultiHeadConfig};
use jumok_nn::Ctx;
use jumok_tensor::{BoolTensor, Elem, IntTensor, Tensor, no_grad};
use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

fn draw(shape: &[usize], rng: &mut ChaCha8Rng) -> Tensor {
    let count: usize = shape.iter().product();
    Tensor::from_vec((0..count).map(|_| rng.random_range(-2.0..2.0) as Elem).collect(), shape)
}

fn worst(a: &Tensor, b: &Tensor) -> Elem {
    assert_eq!(a.shape(), b.shape());
    a.to_vec().iter().zip(b.to_vec()).map(|(a, b)| (a - b).abs()).fold(0.0, Elem::max)
}

/// Group size, groups, width of a head.
fn heads() -> impl Strategy<Value = (usize, usize, usize)> {
    (1usize..4, 1usize..4, 1usize..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cached_equals_recomputed(
        (group, num_kv_heads, width) in heads(),
        batch in 1usize..4,
        pieces in prop::collection::vec(1usize..5, 1..7),
        capacity in 0usize..20,
        seed: u64,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let num_heads = group * num_kv_heads;
        let config = MultiHeadConfig { num_kv_heads, ..MultiHeadConfig::new(num_heads * width, num_heads) };
        let layer = MultiHeadAttention::new(&config, &mut rng);
        let time = pieces.iter().sum();
        let x = draw(&[batch, time, config.embed_dim], &mut rng);
        let at_once = layer.forward(&x, &x, &x, &Mask::causal(), &mut Ctx::eval()).output.detach();
        let mut cache = KeyValueCache::with_capacity(capacity);
        let mut start = 0;
        for tokens in pieces {
            let new = x.narrow(1, start, tokens);
            let step = no_grad(|| layer.forward_cached(&new, &Mask::causal(), &mut cache, &mut Ctx::eval()));
            prop_assert!(worst(&step, &at_once.narrow(1, start, tokens)) <= 1e-5);
            start += tokens;
        }
        prop_assert_eq!(cache.len(), time);
    }

    #[test]
    fn a_source_is_remembered_once_and_survivors_take_their_rows_along(
        (group, num_kv_heads, width) in heads(),
        [batch, source_len] in [1usize..4, 1usize..9],
        seed: u64,
    ) {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let num_heads = group * num_kv_heads;
        let config = MultiHeadConfig { num_kv_heads, kdim: 3, vdim: 5, ..MultiHeadConfig::new(num_heads * width, num_heads) };
        let layer = MultiHeadAttention::new(&config, &mut rng);
        let (key, value) = (draw(&[batch, source_len, 3], &mut rng), draw(&[batch, source_len, 5], &mut rng));
        let mut cache = KeyValueCache::new();
        no_grad(|| layer.remember(&key, &value, &mut cache, &mut Ctx::eval()));

        let rows: Vec<usize> = (0..2 * batch).map(|_| rng.random_range(0..batch)).collect();
        cache.reorder(&rows);
        // Row b of the source has b + 1 tokens, the rest is padding.
        let is_token = rows.iter().flat_map(|&row| (0..source_len).map(move |t| t <= row)).collect();
        let mask = Mask::padding(&BoolTensor::from_vec(is_token, &[rows.len(), source_len]));
        let rows = IntTensor::from_vec(rows.iter().map(|&row| row as i64).collect(), &[rows.len()]);
        let query = draw(&[rows.len(), 2, config.embed_dim], &mut rng);
        let (key, value) = (key.index_select(0, &rows), value.index_select(0, &rows));
        let remembered = no_grad(|| layer.forward_remembered(&query, &mask, &cache, &mut Ctx::eval()));
        let computed = layer.forward(&query, &key, &value, &mask, &mut Ctx::eval()).output;
        prop_assert!(worst(&remembered, &computed) <= 1e-5);
    }
}
