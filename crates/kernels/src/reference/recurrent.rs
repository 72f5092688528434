//! Steps of gated cells and additive scores; see [`crate::recurrent`].

use super::math::{sigmoid, tanh};
use crate::Elem;

/// r = σ(gi_r + gh_r), z = σ(gi_z + gh_z), n = tanh(gi_n + r·gh_n), h′ = (1 − z)·n + z·h
pub fn gru_forward(gi: &[Elem], gh: &[Elem], h: &[Elem], saved: &mut [Elem], out: &mut [Elem], hidden: usize) {
    for place in 0..h.len() {
        let (b, j) = (place / hidden, place % hidden);
        let gate = |n: usize| b * 3 * hidden + n * hidden + j;
        let r = sigmoid(gi[gate(0)] + gh[gate(0)]);
        let z = sigmoid(gi[gate(1)] + gh[gate(1)]);
        let n = tanh(gi[gate(2)] + r * gh[gate(2)]);
        [saved[gate(0)], saved[gate(1)], saved[gate(2)]] = [r, z, n];
        out[place] = (1.0 - z) * n + z * h[place];
    }
}

/// dgi = (δ_r, δ_z, δ_n), dgh = (δ_r, δ_z, δ_n·r), dh = g·z
pub fn gru_backward(
    saved: &[Elem],
    gh: &[Elem],
    h: &[Elem],
    g: &[Elem],
    dgi: &mut [Elem],
    dgh: &mut [Elem],
    dh: &mut [Elem],
    hidden: usize,
) {
    for place in 0..h.len() {
        let (b, j) = (place / hidden, place % hidden);
        let gate = |n: usize| b * 3 * hidden + n * hidden + j;
        let (r, z, n) = (saved[gate(0)], saved[gate(1)], saved[gate(2)]);
        let delta_n = g[place] * (1.0 - z) * (1.0 - n * n);
        let delta_r = delta_n * gh[gate(2)] * r * (1.0 - r);
        let delta_z = g[place] * (h[place] - n) * z * (1.0 - z);
        [dgi[gate(0)], dgi[gate(1)], dgi[gate(2)]] = [delta_r, delta_z, delta_n];
        [dgh[gate(0)], dgh[gate(1)], dgh[gate(2)]] = [delta_r, delta_z, delta_n * r];
        dh[place] = g[place] * z;
    }
}

/// c′ = f·c + i·g, h′ = o·tanh c′
pub fn lstm_forward(
    gi: &[Elem],
    gh: &[Elem],
    c: &[Elem],
    saved: &mut [Elem],
    next_h: &mut [Elem],
    next_c: &mut [Elem],
    hidden: usize,
) {
    for place in 0..c.len() {
        let (b, j) = (place / hidden, place % hidden);
        let gate = |n: usize| b * 4 * hidden + n * hidden + j;
        let sum = |n: usize| gi[gate(n)] + gh[gate(n)];
        let (i, f, g, o) = (sigmoid(sum(0)), sigmoid(sum(1)), tanh(sum(2)), sigmoid(sum(3)));
        [saved[gate(0)], saved[gate(1)], saved[gate(2)], saved[gate(3)]] = [i, f, g, o];
        next_c[place] = f * c[place] + i * g;
        next_h[place] = o * tanh(next_c[place]);
    }
}

/// dgates = (D·g·i(1 − i), D·c·f(1 − f), D·i·(1 − g²), dh·tanh c′·o(1 − o)), dc = D·f with D = dc′ + dh·o·(1 − tanh² c′)
pub fn lstm_backward(
    saved: &[Elem],
    c: &[Elem],
    next_c: &[Elem],
    dh: &[Elem],
    dc_next: &[Elem],
    dgates: &mut [Elem],
    dc: &mut [Elem],
    hidden: usize,
) {
    for place in 0..c.len() {
        let (b, j) = (place / hidden, place % hidden);
        let gate = |n: usize| b * 4 * hidden + n * hidden + j;
        let (i, f, g, o) = (saved[gate(0)], saved[gate(1)], saved[gate(2)], saved[gate(3)]);
        let t = tanh(next_c[place]);
        let d = dc_next[place] + dh[place] * o * (1.0 - t * t);
        dgates[gate(0)] = d * g * i * (1.0 - i);
        dgates[gate(1)] = d * c[place] * f * (1.0 - f);
        dgates[gate(2)] = d * i * (1.0 - g * g);
        dgates[gate(3)] = dh[place] * t * o * (1.0 - o);
        dc[place] = d * f;
    }
}

/// `scores[i, j]` = Σ_a v_a·tanh(`q[i, a]` + `k[j, a]`)
pub fn additive_scores(q: &[Elem], k: &[Elem], v: &[Elem], scores: &mut [Elem]) {
    let width = v.len();
    let keys = k.len() / width;
    for (place, score) in scores.iter_mut().enumerate() {
        let (i, j) = (place / keys, place % keys);
        *score = (0..width).map(|a| v[a] * tanh(q[i * width + a] + k[j * width + a])).sum();
    }
}

/// `dq[i]` and `dk[j]` gain `g[i, j]`·v·(1 − t²), dv gains `g[i, j]`·t
pub fn additive_scores_backward(
    q: &[Elem],
    k: &[Elem],
    v: &[Elem],
    g: &[Elem],
    dq: &mut [Elem],
    dk: &mut [Elem],
    dv: &mut [Elem],
) {
    let width = v.len();
    let keys = k.len() / width;
    for (place, &g) in g.iter().enumerate() {
        let (i, j) = (place / keys, place % keys);
        for a in 0..width {
            let t = tanh(q[i * width + a] + k[j * width + a]);
            dq[i * width + a] += g * v[a] * (1.0 - t * t);
            dk[j * width + a] += g * v[a] * (1.0 - t * t);
            dv[a] += g * t;
        }
    }
}
