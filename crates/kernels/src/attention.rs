//! Scaled dot-product attention of one head, forward and backward, without ever holding the matrix of scores.
//!
//! softmax(scale·Q·Kᵀ)·V is computed tile by tile (Rabe and Staats 2021; Dao et al., FlashAttention, 2022): scores of a few
//! queries with a few keys, their exponentials, and their share of the result, which is rescaled whenever a later tile brings
//! a larger score. Memory grows with the number of queries, not with queries times keys. Tiles in which nothing may be
//! attended to are skipped.
//!
//! A head is given by [`Rows`]: row i of Q is `data[i·stride..][..d_k]`. So a head of `[batch, heads, len, d]` (stride d) and one
//! of `[batch, len, heads, d]` (stride heads·d) are both taken as they lie. Heads of the first layout can be computed on
//! several threads as they are; of the second, batches can.

use crate::math::exp_with;
use crate::{Elem, gemm, reduce, rows};
use std::cell::RefCell;

/// Queries of one tile: many, because the keys of a tile are laid out anew for each, but half as many under the causal mask,
/// where tiles on the diagonal are computed for more keys than most of their queries see.
const QUERIES: usize = 128;
const CAUSAL_QUERIES: usize = 64;
/// Keys of one tile.
const KEYS: usize = 128;

/// The rows of a matrix, each contiguous, `stride` apart.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'a> {
    /// The numbers, from the first row's first on.
    pub data: &'a [Elem],
    /// From the start of one row to the start of the next.
    pub stride: usize,
}

/// The rows of a matrix that is written.
#[derive(Debug)]
pub struct RowsMut<'a> {
    /// The numbers, from the first row's first on.
    pub data: &'a mut [Elem],
    /// From the start of one row to the start of the next.
    pub stride: usize,
}

/// The sizes of one head, and who may attend to what.
#[derive(Clone, Copy, Debug)]
pub struct Head<'a> {
    /// Rows of Q.
    pub query_len: usize,
    /// Rows of K and V.
    pub key_len: usize,
    /// Columns of Q and K.
    pub d_k: usize,
    /// Columns of V.
    pub d_v: usize,
    /// What scores are multiplied by, 1/√d_k as a rule.
    pub scale: Elem,
    /// `Some(offset)`: query i may attend to keys j ≤ i + offset. 0 aligns the first query with the first key;
    /// `key_len − query_len` the last with the last, as decoding with a cache needs it.
    pub causal: Option<isize>,
    /// `[key_len]`, true where a key may be attended to (it is no padding).
    pub keep: Option<&'a [bool]>,
}

impl Head<'_> {
    /// How many keys, from the first, query `i` can see if none is padding.
    fn visible(&self, i: usize) -> usize {
        match self.causal {
            Some(offset) => {
                (i as isize).saturating_add(offset).saturating_add(1).clamp(0, self.key_len as isize) as usize
            }
            None => self.key_len,
        }
    }

    /// The tiles in which something may be attended to: first query, queries, first key, keys.
    fn tiles(&self) -> impl Iterator<Item = Tile> + '_ {
        let kept = |keys: std::ops::Range<usize>| self.keep.is_none_or(|keep| keep[keys].contains(&true));
        let most = if self.causal.is_some() { CAUSAL_QUERIES } else { QUERIES };
        (0..self.query_len).step_by(most).flat_map(move |query| {
            let queries = most.min(self.query_len - query);
            let end = self.visible(query + queries - 1);
            (0..end).step_by(KEYS).filter(move |&key| kept(key..end.min(key + KEYS))).map(move |key| Tile {
                query,
                queries,
                key,
                keys: KEYS.min(end - key),
            })
        })
    }

    /// Panics unless everything fits.
    #[track_caller]
    fn check(&self, q: Rows, k: Rows, v: Rows) {
        fits("query", q.data.len(), q.stride, [self.query_len, self.d_k]);
        fits("key", k.data.len(), k.stride, [self.key_len, self.d_k]);
        fits("value", v.data.len(), v.stride, [self.key_len, self.d_v]);
        if let Some(keep) = self.keep {
            rows::exactly("attention (keep mask)", keep.len(), self.key_len, 1);
        }
    }
}

/// A block of the matrix of scores.
#[derive(Clone, Copy)]
struct Tile {
    query: usize,
    queries: usize,
    key: usize,
    keys: usize,
}

/// Panics unless `rows` rows of `columns`, `stride` apart, lie inside `len` numbers and apart from each other.
#[track_caller]
fn fits(name: &str, len: usize, stride: usize, [rows, columns]: [usize; 2]) {
    let needed = if rows == 0 { 0 } else { (rows - 1) * stride + columns };
    assert!(
        needed <= len && (rows < 2 || stride >= columns),
        "attention: {name} of {rows} rows of {columns}, {stride} apart, in a slice of {len} numbers"
    );
}

/// Checks the rows of a result and fills them with zeros.
#[track_caller]
fn cleared(name: &str, rows: &mut RowsMut, [count, columns]: [usize; 2]) {
    fits(name, rows.data.len(), rows.stride, [count, columns]);
    for i in 0..count {
        rows.data[i * rows.stride..][..columns].fill(0.0);
    }
}

thread_local! {
    /// The tiles of scores and of their gradients.
    static TILES: RefCell<[Vec<Elem>; 2]> = const { RefCell::new([Vec::new(), Vec::new()]) };
}

/// The part of a buffer that a tile takes.
fn tile_of(buffer: &mut Vec<Elem>, tile: Tile) -> &mut [Elem] {
    buffer.resize(QUERIES * KEYS, 0.0);
    &mut buffer[..tile.queries * tile.keys]
}

/// s ← scale·Q·Kᵀ for one tile.
fn scores(head: &Head, tile: Tile, q: Rows, k: Rows, s: &mut [Elem]) {
    let (q, q_strides) = (&q.data[tile.query * q.stride..], [q.stride, 1]);
    let (k, k_strides) = (&k.data[tile.key * k.stride..], [1, k.stride]);
    gemm(tile.queries, head.d_k, tile.keys, head.scale, q, q_strides, k, k_strides, 0.0, s, [tile.keys, 1]);
}

/// out = softmax(scale·Q·Kᵀ)·V over the keys that each query may attend to, and `log_sum_exp[i]` = ln Σ_j e^(score_ij), which
/// the backward pass needs. A query that may attend to nothing gets zeros, and −∞.
///
/// Shapes: q `[query_len, d_k]`, k `[key_len, d_k]`, v `[key_len, d_v]`, out `[query_len, d_v]`, log_sum_exp `[query_len]`.
///
/// # Panics
/// If a slice is too short for its rows, or the mask or `log_sum_exp` has another length than the head says.
#[track_caller]
pub fn forward(head: &Head, q: Rows, k: Rows, v: Rows, mut out: RowsMut, log_sum_exp: &mut [Elem]) {
    head.check(q, k, v);
    rows::exactly("attention (log_sum_exp)", log_sum_exp.len(), head.query_len, 1);
    cleared("out", &mut out, [head.query_len, head.d_v]);
    // While tiles come in, log_sum_exp holds each query's largest score so far and `totals` the sum of exponentials.
    log_sum_exp.fill(Elem::NEG_INFINITY);
    let mut totals = vec![0.0; head.query_len];
    TILES.with_borrow_mut(|[s, _]| {
        for tile in head.tiles() {
            let range = tile.query..tile.query + tile.queries;
            let s = tile_of(s, tile);
            scores(head, tile, q, k, s);
            let out_rows = &mut out.data[tile.query * out.stride..];
            let (max, totals) = (&mut log_sum_exp[range.clone()], &mut totals[range]);
            add_to_softmax(head, tile, s, max, totals, out_rows, out.stride);
            let v_rows = &v.data[tile.key * v.stride..];
            let sizes = [tile.queries, tile.keys, head.d_v];
            product(sizes, s, [tile.keys, 1], v_rows, [v.stride, 1], out_rows, [out.stride, 1]);
        }
    });
    for (i, (lse, total)) in log_sum_exp.iter_mut().zip(totals).enumerate() {
        let share = if total == 0.0 { 0.0 } else { 1.0 / total };
        out.data[i * out.stride..][..head.d_v].iter_mut().for_each(|out| *out *= share);
        *lse = if total == 0.0 { Elem::NEG_INFINITY } else { *lse + total.ln() };
    }
}

/// C ← C + A·B
fn product(
    [m, k, n]: [usize; 3],
    a: &[Elem],
    a_strides: [usize; 2],
    b: &[Elem],
    b_strides: [usize; 2],
    c: &mut [Elem],
    c_strides: [usize; 2],
) {
    gemm(m, k, n, 1.0, a, a_strides, b, b_strides, 1.0, c, c_strides);
}

/// The gradients of [`forward`] for the upstream gradient `g` = ∂L/∂out; `dq`, `dk` and `dv` are overwritten.
///
/// With P = softmax(S), S = scale·Q·Kᵀ, O = P·V:
/// dV = Pᵀ·g and dP = g·Vᵀ from the product; dS = P ⊙ (dP − Σ_j dP_ij P_ij) from softmax, where that sum is
/// Σ_j g_ij O_ij, a number a row that needs no tile; dQ = scale·dS·K and dK = scale·dSᵀ·Q. P is computed again from the saved
/// logarithm: P_ij = e^(S_ij − log_sum_exp_i).
///
/// # Panics
/// As [`forward`].
#[track_caller]
pub fn backward(
    head: &Head,
    q: Rows,
    k: Rows,
    v: Rows,
    out: Rows,
    log_sum_exp: &[Elem],
    g: Rows,
    mut dq: RowsMut,
    mut dk: RowsMut,
    mut dv: RowsMut,
) {
    head.check(q, k, v);
    fits("out", out.data.len(), out.stride, [head.query_len, head.d_v]);
    fits("gradient of out", g.data.len(), g.stride, [head.query_len, head.d_v]);
    rows::exactly("attention (log_sum_exp)", log_sum_exp.len(), head.query_len, 1);
    cleared("dq", &mut dq, [head.query_len, head.d_k]);
    cleared("dk", &mut dk, [head.key_len, head.d_k]);
    cleared("dv", &mut dv, [head.key_len, head.d_v]);
    let along_out: Vec<Elem> = (0..head.query_len)
        .map(|i| reduce::dot(&g.data[i * g.stride..][..head.d_v], &out.data[i * out.stride..][..head.d_v]))
        .collect();
    let (d_k, d_v) = (head.d_k, head.d_v);
    TILES.with_borrow_mut(|[p, ds]| {
        for tile in head.tiles() {
            let Tile { query, queries, key, keys } = tile;
            let range = query..query + queries;
            let (q_rows, g_rows) = (&q.data[query * q.stride..], &g.data[query * g.stride..]);
            let (k_rows, v_rows) = (&k.data[key * k.stride..], &v.data[key * v.stride..]);
            let (p, ds) = (tile_of(p, tile), tile_of(ds, tile));

            scores(head, tile, q, k, p);
            // dP = g·Vᵀ
            gemm(queries, d_v, keys, 1.0, g_rows, [g.stride, 1], v_rows, [1, v.stride], 0.0, ds, [keys, 1]);
            through_softmax(head, tile, p, ds, &log_sum_exp[range.clone()], &along_out[range]);

            // dV += Pᵀ·g, dQ += dS·K, dK += dSᵀ·Q
            let dv_rows = &mut dv.data[key * dv.stride..];
            product([keys, queries, d_v], p, [1, keys], g_rows, [g.stride, 1], dv_rows, [dv.stride, 1]);
            let dq_rows = &mut dq.data[query * dq.stride..];
            product([queries, keys, d_k], ds, [keys, 1], k_rows, [k.stride, 1], dq_rows, [dq.stride, 1]);
            let dk_rows = &mut dk.data[key * dk.stride..];
            product([keys, queries, d_k], ds, [1, keys], q_rows, [q.stride, 1], dk_rows, [dk.stride, 1]);
        }
    });
}

/// What a query may attend to in a tile: its first keys, because of the causal mask, and among them those to keep.
#[inline(always)]
fn seen<'a>(head: &Head<'a>, tile: Tile, row: usize) -> (usize, Option<&'a [bool]>) {
    let count = head.visible(tile.query + row).saturating_sub(tile.key).min(tile.keys);
    (count, head.keep.map(|keep| &keep[tile.key..tile.key + count]))
}

kernel! {
    /// Takes the tile `s` of scores into the running softmax of its queries: `max` and `totals` go on, what `out` holds so far
    /// is rescaled to the new maximum, and s becomes e^(s − max), 0 where the query may not attend.
    fn add_to_softmax<F>(
        head: &Head,
        tile: Tile,
        s: &mut [Elem],
        max: &mut [Elem],
        totals: &mut [Elem],
        out: &mut [Elem],
        out_stride: usize,
    ) {
        for (row, s) in s.chunks_exact_mut(tile.keys).enumerate() {
            let (count, keep) = seen(head, tile, row);
            let (s, hidden) = s.split_at_mut(count);
            hidden.fill(0.0);
            if let Some(keep) = keep {
                for (s, &keep) in s.iter_mut().zip(keep) {
                    *s = if keep { *s } else { Elem::NEG_INFINITY };
                }
            }
            let new = rows::max_ignoring_nan(s);
            let old = max[row];
            max[row] = if new > old { new } else { old };
            // As long as nothing was seen the maximum is −∞, which cannot be subtracted; every e^(−∞ − 0) is 0.
            let shift = if max[row] == Elem::NEG_INFINITY { 0.0 } else { max[row] };
            for s in s.iter_mut() {
                *s = exp_with::<F>(*s - shift);
            }
            let correction = exp_with::<F>(old - shift);
            totals[row] = F::mul_add(totals[row], correction, rows::sum(s));
            if correction != 1.0 {
                for out in &mut out[row * out_stride..][..head.d_v] {
                    *out *= correction;
                }
            }
        }
    }

    /// P from the scores in `p`, and dS = scale·P ⊙ (dP − Σ_j g·O) from the dP in `ds`, both in place.
    fn through_softmax<F>(
        head: &Head,
        tile: Tile,
        p: &mut [Elem],
        ds: &mut [Elem],
        log_sum_exp: &[Elem],
        along_out: &[Elem],
    ) {
        for (row, (p, ds)) in p.chunks_exact_mut(tile.keys).zip(ds.chunks_exact_mut(tile.keys)).enumerate() {
            let (count, keep) = seen(head, tile, row);
            // A query that may attend to nothing has −∞ here.
            let count = if log_sum_exp[row] == Elem::NEG_INFINITY { 0 } else { count };
            let ((p, hidden_p), (ds, hidden_ds)) = (p.split_at_mut(count), ds.split_at_mut(count));
            hidden_p.fill(0.0);
            hidden_ds.fill(0.0);
            for p in p.iter_mut() {
                *p = exp_with::<F>(*p - log_sum_exp[row]);
            }
            for (ds, &p) in ds.iter_mut().zip(p.iter()) {
                *ds = head.scale * p * (*ds - along_out[row]);
            }
            if let Some(keep) = keep {
                for ((p, ds), &keep) in p.iter_mut().zip(ds).zip(keep) {
                    *p = if keep { *p } else { 0.0 };
                    *ds = if keep { *ds } else { 0.0 };
                }
            }
        }
    }
}
