//! One step of a gated recurrent cell, and the scores of additive attention: what stands behind the products.
//!
//! Rows are sequences of the batch. A row of `gi` and `gh` holds the gates one behind the other, each `hidden` numbers: what
//! the input and what the previous state contribute, biases included. The order is PyTorch's: r, z, n of a GRU; i, f, g, o of
//! an LSTM.
//!
//! All functions panic, with the lengths, where the slices do not fit each other.

use crate::Elem;
use crate::math::{sigmoid_with, tanh_with};
use crate::rows;

/// The gates of a row, each of `hidden` numbers.
#[inline(always)]
fn gates<const N: usize>(row: &[Elem], hidden: usize) -> [&[Elem]; N] {
    std::array::from_fn(|n| &row[n * hidden..(n + 1) * hidden])
}

/// As [`gates`], for writing.
#[inline(always)]
fn gates_mut<const N: usize>(row: &mut [Elem], hidden: usize) -> [&mut [Elem]; N] {
    let mut rest = row;
    std::array::from_fn(|_| {
        let (gate, tail) = std::mem::take(&mut rest).split_at_mut(hidden);
        rest = tail;
        gate
    })
}

kernel! {
    /// r = σ(gi_r + gh_r), z = σ(gi_z + gh_z), n = tanh(gi_n + r·gh_n), h′ = n + z·(h − n); `saved` gets r, z, n.
    pub fn gru_forward<F>(gi: &[Elem], gh: &[Elem], h: &[Elem], saved: &mut [Elem], out: &mut [Elem], hidden: usize) {
        let batch = rows::count("gru step", h.len(), hidden);
        rows::exactly("gru step (input)", gi.len(), batch, 3 * hidden);
        rows::same_length("gru step", gi.len(), [gh.len(), saved.len()]);
        rows::same_length("gru step (state)", h.len(), [out.len()]);
        for b in 0..batch {
            let [i_r, i_z, i_n] = gates(&gi[b * 3 * hidden..][..3 * hidden], hidden);
            let [h_r, h_z, h_n] = gates(&gh[b * 3 * hidden..][..3 * hidden], hidden);
            let [r, z, n] = gates_mut(&mut saved[b * 3 * hidden..][..3 * hidden], hidden);
            let (h, out) = (&h[b * hidden..][..hidden], &mut out[b * hidden..][..hidden]);
            for j in 0..hidden {
                r[j] = sigmoid_with::<F>(i_r[j] + h_r[j]);
            }
            for j in 0..hidden {
                z[j] = sigmoid_with::<F>(i_z[j] + h_z[j]);
            }
            for j in 0..hidden {
                n[j] = tanh_with::<F>(F::mul_add(r[j], h_n[j], i_n[j]));
            }
            for j in 0..hidden {
                out[j] = F::mul_add(z[j], h[j] - n[j], n[j]);
            }
        }
    }

    /// With upstream g, δ_n = g·(1 − z)·(1 − n²), δ_r = δ_n·gh_n·r·(1 − r) and δ_z = g·(h − n)·z·(1 − z):
    /// dgi = (δ_r, δ_z, δ_n), dgh = (δ_r, δ_z, δ_n·r), dh = g·z.
    pub fn gru_backward<F>(
        saved: &[Elem],
        gh: &[Elem],
        h: &[Elem],
        g: &[Elem],
        dgi: &mut [Elem],
        dgh: &mut [Elem],
        dh: &mut [Elem],
        hidden: usize,
    ) {
        let batch = rows::count("gru step backward", h.len(), hidden);
        rows::exactly("gru step backward (gates)", saved.len(), batch, 3 * hidden);
        rows::same_length("gru step backward", saved.len(), [gh.len(), dgi.len(), dgh.len()]);
        rows::same_length("gru step backward (state)", h.len(), [g.len(), dh.len()]);
        for b in 0..batch {
            let [r, z, n] = gates(&saved[b * 3 * hidden..][..3 * hidden], hidden);
            let [_, _, h_n] = gates(&gh[b * 3 * hidden..][..3 * hidden], hidden);
            let [di_r, di_z, di_n] = gates_mut(&mut dgi[b * 3 * hidden..][..3 * hidden], hidden);
            let [dh_r, dh_z, dh_n] = gates_mut(&mut dgh[b * 3 * hidden..][..3 * hidden], hidden);
            let (h, g, dh) =
                (&h[b * hidden..][..hidden], &g[b * hidden..][..hidden], &mut dh[b * hidden..][..hidden]);
            for j in 0..hidden {
                di_n[j] = g[j] * (1.0 - z[j]) * (1.0 - n[j] * n[j]);
                dh_n[j] = di_n[j] * r[j];
            }
            for j in 0..hidden {
                di_r[j] = di_n[j] * h_n[j] * (r[j] * (1.0 - r[j]));
                dh_r[j] = di_r[j];
            }
            for j in 0..hidden {
                di_z[j] = g[j] * (h[j] - n[j]) * (z[j] * (1.0 - z[j]));
                dh_z[j] = di_z[j];
            }
            for j in 0..hidden {
                dh[j] = g[j] * z[j];
            }
        }
    }

    /// i, f, o = σ(gi + gh) and g = tanh(gi + gh) of their gates; c′ = f·c + i·g, h′ = o·tanh c′. `saved` gets i, f, g, o.
    pub fn lstm_forward<F>(
        gi: &[Elem],
        gh: &[Elem],
        c: &[Elem],
        saved: &mut [Elem],
        next_h: &mut [Elem],
        next_c: &mut [Elem],
        hidden: usize,
    ) {
        let batch = rows::count("lstm step", c.len(), hidden);
        rows::exactly("lstm step (input)", gi.len(), batch, 4 * hidden);
        rows::same_length("lstm step", gi.len(), [gh.len(), saved.len()]);
        rows::same_length("lstm step (state)", c.len(), [next_h.len(), next_c.len()]);
        for b in 0..batch {
            let from_input: [&[Elem]; 4] = gates(&gi[b * 4 * hidden..][..4 * hidden], hidden);
            let from_state: [&[Elem]; 4] = gates(&gh[b * 4 * hidden..][..4 * hidden], hidden);
            let [i, f, g, o] = gates_mut(&mut saved[b * 4 * hidden..][..4 * hidden], hidden);
            let c = &c[b * hidden..][..hidden];
            let (next_h, next_c) = (&mut next_h[b * hidden..][..hidden], &mut next_c[b * hidden..][..hidden]);
            for j in 0..hidden {
                i[j] = sigmoid_with::<F>(from_input[0][j] + from_state[0][j]);
            }
            for j in 0..hidden {
                f[j] = sigmoid_with::<F>(from_input[1][j] + from_state[1][j]);
            }
            for j in 0..hidden {
                g[j] = tanh_with::<F>(from_input[2][j] + from_state[2][j]);
            }
            for j in 0..hidden {
                o[j] = sigmoid_with::<F>(from_input[3][j] + from_state[3][j]);
            }
            for j in 0..hidden {
                next_c[j] = F::mul_add(f[j], c[j], i[j] * g[j]);
            }
            for j in 0..hidden {
                next_h[j] = o[j] * tanh_with::<F>(next_c[j]);
            }
        }
    }

    /// With upstream dh′, dc′ and D = dc′ + dh′·o·(1 − tanh² c′): dgates = (D·g·i(1 − i), D·c·f(1 − f), D·i·(1 − g²),
    /// dh′·tanh c′·o(1 − o)), the same for gi and gh; dc = D·f.
    pub fn lstm_backward<F>(
        saved: &[Elem],
        c: &[Elem],
        next_c: &[Elem],
        dh: &[Elem],
        dc_next: &[Elem],
        dgates: &mut [Elem],
        dc: &mut [Elem],
        hidden: usize,
    ) {
        let batch = rows::count("lstm step backward", c.len(), hidden);
        rows::exactly("lstm step backward (gates)", saved.len(), batch, 4 * hidden);
        rows::same_length("lstm step backward", saved.len(), [dgates.len()]);
        rows::same_length("lstm step backward", c.len(), [next_c.len(), dh.len(), dc_next.len(), dc.len()]);
        for b in 0..batch {
            let [i, f, g, o] = gates(&saved[b * 4 * hidden..][..4 * hidden], hidden);
            let [di, df, dg, d_o] = gates_mut(&mut dgates[b * 4 * hidden..][..4 * hidden], hidden);
            let row = b * hidden..(b + 1) * hidden;
            let (c, next_c) = (&c[row.clone()], &next_c[row.clone()]);
            let (dh, dc_next, dc) = (&dh[row.clone()], &dc_next[row.clone()], &mut dc[row]);
            for j in 0..hidden {
                let t = tanh_with::<F>(next_c[j]);
                d_o[j] = dh[j] * t * (o[j] * (1.0 - o[j]));
                // D, which dc holds until it is multiplied by f.
                dc[j] = F::mul_add(dh[j] * o[j], 1.0 - t * t, dc_next[j]);
            }
            for j in 0..hidden {
                di[j] = dc[j] * g[j] * (i[j] * (1.0 - i[j]));
            }
            for j in 0..hidden {
                df[j] = dc[j] * c[j] * (f[j] * (1.0 - f[j]));
            }
            for j in 0..hidden {
                dg[j] = dc[j] * i[j] * (1.0 - g[j] * g[j]);
            }
            for j in 0..hidden {
                dc[j] *= f[j];
            }
        }
    }

    /// `scores[i, j]` = Σ_a v_a·tanh(`q[i, a]` + `k[j, a]`) for the queries and keys of one sequence.
    pub fn additive_scores<F>(q: &[Elem], k: &[Elem], v: &[Elem], scores: &mut [Elem]) {
        let width = v.len();
        let (queries, keys) = (rows::count("additive scores", q.len(), width), rows::count("additive scores", k.len(), width));
        rows::exactly("additive scores (result)", scores.len(), queries, keys);
        let mut bent = [0.0; BLOCK];
        for i in 0..queries {
            for j in 0..keys {
                let (q, k) = (&q[i * width..][..width], &k[j * width..][..width]);
                let mut score = 0.0;
                for ((q, k), v) in q.chunks(BLOCK).zip(k.chunks(BLOCK)).zip(v.chunks(BLOCK)) {
                    let bent = &mut bent[..v.len()];
                    for a in 0..v.len() {
                        bent[a] = tanh_with::<F>(q[a] + k[a]);
                    }
                    score += rows::dot::<F>(bent, v);
                }
                scores[i * keys + j] = score;
            }
        }
    }

    /// With upstream g and t = tanh(q_i + k_j), computed again: `dq[i]` and `dk[j]` gain `g[i, j]`·v·(1 − t²), dv gains
    /// `g[i, j]`·t. A pair with `g[i, j]` = 0 (a masked key) is passed over.
    pub fn additive_scores_backward<F>(
        q: &[Elem],
        k: &[Elem],
        v: &[Elem],
        g: &[Elem],
        dq: &mut [Elem],
        dk: &mut [Elem],
        dv: &mut [Elem],
    ) {
        let width = v.len();
        let (queries, keys) = (rows::count("additive scores", q.len(), width), rows::count("additive scores", k.len(), width));
        rows::exactly("additive scores backward", g.len(), queries, keys);
        rows::same_length("additive scores backward (queries)", q.len(), [dq.len()]);
        rows::same_length("additive scores backward (keys)", k.len(), [dk.len()]);
        rows::same_length("additive scores backward (v)", width, [dv.len()]);
        for i in 0..queries {
            for j in 0..keys {
                let g = g[i * keys + j];
                if g == 0.0 {
                    continue;
                }
                let (q, k) = (&q[i * width..][..width], &k[j * width..][..width]);
                let (dq, dk) = (&mut dq[i * width..][..width], &mut dk[j * width..][..width]);
                let (v, dv) = (&v[..width], &mut dv[..width]);
                for a in 0..width {
                    let t = tanh_with::<F>(q[a] + k[a]);
                    let d = g * v[a] * (1.0 - t * t);
                    dq[a] += d;
                    dk[a] += d;
                    dv[a] = F::mul_add(g, t, dv[a]);
                }
            }
        }
    }
}

/// Numbers whose tanh is held apart before it is multiplied: they stay in the first-level cache.
const BLOCK: usize = 512;
