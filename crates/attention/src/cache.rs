//! What a decoder remembers of the tokens it has already read: their keys and values.
//!
//! A causal layer computes the key and the value of a token from that token and those before it, so they do not change when
//! more tokens follow. Kept, a step of generation projects one new token and lets it look at the past; without them every
//! step projects the whole text again. The price is memory: 2·H_kv·d numbers a token and layer, which is what grouped-query
//! attention makes smaller.

use jumok_tensor::{Array, Tensor};

/// The keys and values of one attention layer, `[B, H_kv, T, d_k]` and `[B, H_kv, T, d_v]`, to which later tokens are appended.
///
/// Appending writes behind what is there and moves nothing of it. When the room is used up it is doubled, so that a token
/// is copied less than twice on average, however long the text becomes.
///
/// It keeps values without history: it is for decoding under [`no_grad`](jumok_tensor::no_grad), not for training.
#[derive(Debug, Clone, Default)]
pub struct KeyValueCache {
    /// Keys and values, each `[B, H_kv, capacity, d]`; `None` before the first token.
    kept: Option<[Array; 2]>,
    len: usize,
    /// Room to make for the first tokens at least.
    capacity: usize,
}

impl KeyValueCache {
    /// An empty cache that makes room as tokens come.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty cache with room for `tokens` tokens from the start.
    pub fn with_capacity(tokens: usize) -> Self {
        Self { capacity: tokens, ..Self::default() }
    }

    /// T, the tokens that are kept.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no token is kept yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// For how many tokens there is room before anything has to be copied.
    pub fn capacity(&self) -> usize {
        self.kept.as_ref().map_or(self.capacity, |[keys, _]| keys.shape()[2])
    }

    /// The numbers that are kept: T·B·H_kv·(d_k + d_v).
    pub fn numbers(&self) -> usize {
        self.kept.iter().flatten().map(|x| x.len() / x.shape()[2].max(1) * self.len).sum()
    }

    /// The keys `[B, H_kv, T, d_k]` and values `[B, H_kv, T, d_v]` of all tokens, as views; `None` if there is none yet.
    ///
    /// Drop them before the next [`append`](Self::append): while somebody looks at them, appending has to copy.
    pub fn keys_and_values(&self) -> Option<[Tensor; 2]> {
        let kept = self.kept.as_ref()?;
        Some(kept.each_ref().map(|x| Tensor::from_array(x.clone()).narrow(2, 0, self.len)))
    }

    /// Keeps the keys `[B, H_kv, T, d_k]` and values `[B, H_kv, T, d_v]` of T more tokens behind those that are there.
    ///
    /// # Panics
    /// If the shapes fit neither each other nor what is there, or the two have a history that a gradient would need.
    #[track_caller]
    pub fn append(&mut self, keys: &Tensor, values: &Tensor) {
        assert!(
            !keys.needs_grad() && !values.needs_grad(),
            "KeyValueCache: these keys and values belong to a graph, and a cache would cut it: decode inside no_grad"
        );
        let (key_shape, value_shape) = (keys.dims::<4>(), values.dims::<4>());
        assert!(
            key_shape[..3] == value_shape[..3],
            "KeyValueCache: keys {key_shape:?} and values {value_shape:?} do not fit: need [B, H_kv, T, d_k] and \
             [B, H_kv, T, d_v]"
        );
        let [batch, heads, tokens, _] = key_shape;
        let len = self.len + tokens;
        let room = self.capacity();
        let kept = self.kept.get_or_insert_with(|| {
            let room = room.max(tokens);
            [key_shape, value_shape].map(|[.., width]| Array::zeros(&[batch, heads, room, width]))
        });
        for (kept, new) in kept.iter_mut().zip([keys, values]) {
            let [.., width] = new.dims::<4>();
            let there = [kept.shape()[0], kept.shape()[1], kept.shape()[3]];
            assert!(
                there == [batch, heads, width],
                "KeyValueCache: {:?} does not fit what is kept, {:?}: need the same batch, heads and width",
                new.shape(),
                kept.shape()
            );
            if len > kept.shape()[2] {
                let mut larger = Array::zeros(&[batch, heads, len.max(2 * kept.shape()[2]), width]);
                copy_tokens(kept, self.len, &mut larger, 0);
                *kept = larger;
            }
            copy_tokens(new.array(), tokens, kept, self.len);
        }
        self.len = len;
    }

    /// Forgets every token from the `len`-th on; fewer than `len` tokens stay as they are.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Row b becomes what row `rows[b]` was: the survivors of a step of beam search. As many rows as are given remain.
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn reorder(&mut self, rows: &[usize]) {
        let (len, Some(kept)) = (self.len, &mut self.kept) else { return };
        for kept in kept {
            let &[batch, heads, room, width] = kept.shape() else { unreachable!("made of four axes") };
            assert!(rows.iter().all(|&row| row < batch), "KeyValueCache: rows {rows:?} are not all below {batch}");
            let mut ordered = Array::zeros(&[rows.len(), heads, room, width]);
            let (from, to) = (kept.from_first(), ordered.make_mut());
            let row_len = heads * room * width;
            for (to, &row) in to.chunks_exact_mut(row_len.max(1)).zip(rows) {
                let from = &from[row * row_len..][..row_len];
                for head in 0..heads {
                    let used = head * room * width..(head * room + len) * width;
                    to[used.clone()].copy_from_slice(&from[used]);
                }
            }
            *kept = ordered;
        }
    }
}

/// Writes the first `tokens` tokens of `from` `[B, H, ≥ tokens, d]` into `to` `[B, H, room, d]`, from token `start` on.
fn copy_tokens(from: &Array, tokens: usize, to: &mut Array, start: usize) {
    let &[batch, heads, room, width] = to.shape() else { unreachable!("made of four axes") };
    if batch * heads * tokens * width == 0 {
        return;
    }
    let (strides, to) = (from.strides().to_vec(), to.make_mut());
    let from = from.from_first();
    for (head, to) in to.chunks_exact_mut(room * width).enumerate() {
        let first = head / heads * strides[0] + head % heads * strides[1];
        for (t, to) in to[start * width..][..tokens * width].chunks_exact_mut(width).enumerate() {
            let from = &from[first + t * strides[2]..];
            match strides[3] {
                1 => to.copy_from_slice(&from[..width]),
                stride => to.iter_mut().zip(from.iter().step_by(stride.max(1))).for_each(|(to, &from)| *to = from),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::Elem;

    fn numbers(shape: &[usize], first: usize) -> Tensor {
        let count: usize = shape.iter().product();
        Tensor::from_vec((first..first + count).map(|i| i as Elem).collect(), shape)
    }

    fn both(cache: &KeyValueCache) -> [Tensor; 2] {
        cache.keys_and_values().unwrap()
    }

    #[test]
    fn what_is_appended_piece_by_piece_is_the_whole() {
        let (keys, values) = (numbers(&[2, 3, 7, 4], 0), numbers(&[2, 3, 7, 2], 500));
        for mut cache in [KeyValueCache::new(), KeyValueCache::with_capacity(7), KeyValueCache::with_capacity(3)] {
            let mut start = 0;
            for tokens in [2, 0, 1, 1, 3] {
                cache.append(&keys.narrow(2, start, tokens), &values.narrow(2, start, tokens));
                start += tokens;
                assert_eq!(cache.len(), start);
                assert!(cache.capacity() >= start);
            }
            let [k, v] = both(&cache);
            assert_eq!((k.shape(), k.to_vec()), (keys.shape(), keys.to_vec()));
            assert_eq!((v.shape(), v.to_vec()), (values.shape(), values.to_vec()));
            assert_eq!(cache.numbers(), keys.len() + values.len());
        }
    }

    #[test]
    fn a_step_moves_nothing_that_is_there() {
        let mut cache = KeyValueCache::with_capacity(64);
        let token = numbers(&[1, 2, 1, 4], 1);
        cache.append(&token, &token);
        let place = |cache: &KeyValueCache| both(cache).map(|x| x.array().from_first().as_ptr());
        let before = place(&cache);
        for _ in 1..64 {
            cache.append(&token, &token);
        }
        assert_eq!(place(&cache), before);
        // One more doubles the room, so that 64 more find theirs.
        cache.append(&token, &token);
        assert_eq!(cache.capacity(), 128);
    }

    #[test]
    fn whoever_still_looks_keeps_what_he_saw() {
        let mut cache = KeyValueCache::with_capacity(4);
        cache.append(&numbers(&[1, 1, 1, 2], 1), &numbers(&[1, 1, 1, 2], 3));
        let [seen, _] = both(&cache);
        cache.truncate(0);
        cache.append(&numbers(&[1, 1, 1, 2], 7), &numbers(&[1, 1, 1, 2], 9));
        assert_eq!(seen.to_vec(), [1.0, 2.0]);
        assert_eq!(both(&cache).map(|x| x.to_vec()), [[7.0, 8.0], [9.0, 10.0]]);
    }

    #[test]
    fn operands_are_taken_as_they_lie() {
        let (a, b) = (numbers(&[2, 5, 3, 4], 0), numbers(&[2, 3, 4, 5], 0));
        let mut cache = KeyValueCache::new();
        // Heads between tokens and features, and features that are not side by side.
        cache.append(&a.transpose(1, 2), &b.transpose(2, 3).narrow(2, 0, 5));
        let [k, v] = both(&cache);
        assert_eq!(k.to_vec(), a.transpose(1, 2).to_vec());
        assert_eq!(v.to_vec(), b.transpose(2, 3).to_vec());
    }

    #[test]
    fn rows_are_reordered_and_the_end_forgotten() {
        let mut cache = KeyValueCache::with_capacity(5);
        let (k, v) = (numbers(&[3, 2, 4, 1], 0), numbers(&[3, 2, 4, 2], 100));
        cache.append(&k, &v);
        cache.truncate(9);
        assert_eq!(cache.len(), 4);
        cache.truncate(2);
        cache.reorder(&[2, 0, 2, 2]);
        let order = jumok_tensor::IntTensor::from_vec(vec![2, 0, 2, 2], &[4]);
        let expected = |x: &Tensor| x.narrow(2, 0, 2).index_select(0, &order).to_vec();
        assert_eq!(both(&cache).map(|x| x.to_vec()), [expected(&k), expected(&v)]);
        cache.append(&numbers(&[4, 2, 1, 1], 7), &numbers(&[4, 2, 1, 2], 7));
        assert_eq!(cache.len(), 3);
    }

    #[test]
    #[should_panic(expected = "does not fit what is kept, [1, 2, 1, 4]: need the same batch, heads and width")]
    fn heads_must_stay_the_same() {
        let mut cache = KeyValueCache::new();
        cache.append(&numbers(&[1, 2, 1, 4], 0), &numbers(&[1, 2, 1, 4], 0));
        cache.append(&numbers(&[1, 1, 1, 4], 0), &numbers(&[1, 1, 1, 4], 0));
    }

    #[test]
    #[should_panic(expected = "decode inside no_grad")]
    fn a_graph_is_not_cut_silently() {
        let key = Tensor::parameter(Array::zeros(&[1, 1, 1, 1]));
        KeyValueCache::new().append(&key, &key);
    }
}
