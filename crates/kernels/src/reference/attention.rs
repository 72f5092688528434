//! Attention with its whole matrix of scores; see [`crate::attention`].

use crate::Elem;
use crate::attention::{Head, Rows, RowsMut};

/// Whether query i may attend to key j.
fn may_attend(head: &Head, i: usize, j: usize) -> bool {
    let before = head.causal.is_none_or(|offset| j as isize <= i as isize + offset);
    before && head.keep.is_none_or(|keep| keep[j])
}

/// scale·q_i·k_j
fn score(head: &Head, q: Rows, k: Rows, i: usize, j: usize) -> Elem {
    head.scale * (0..head.d_k).map(|c| q.data[i * q.stride + c] * k.data[j * k.stride + c]).sum::<Elem>()
}

/// out_i = Σ_j softmax_j(score_ij)·v_j
pub fn forward(head: &Head, q: Rows, k: Rows, v: Rows, out: RowsMut, log_sum_exp: &mut [Elem]) {
    for i in 0..head.query_len {
        let keys: Vec<usize> = (0..head.key_len).filter(|&j| may_attend(head, i, j)).collect();
        let scores: Vec<Elem> = keys.iter().map(|&j| score(head, q, k, i, j)).collect();
        super::softmax::log_sum_exp(&scores, &mut log_sum_exp[i..=i], scores.len());
        for c in 0..head.d_v {
            let terms = keys.iter().zip(&scores).map(|(&j, s)| (s - log_sum_exp[i]).exp() * v.data[j * v.stride + c]);
            out.data[i * out.stride + c] = terms.sum();
        }
    }
}

/// The gradients, from P and dS as whole matrices.
pub fn backward(
    head: &Head,
    q: Rows,
    k: Rows,
    v: Rows,
    _out: Rows,
    log_sum_exp: &[Elem],
    g: Rows,
    dq: RowsMut,
    dk: RowsMut,
    dv: RowsMut,
) {
    let (rows, columns) = (head.query_len, head.key_len);
    let (mut p, mut dp, mut ds) = (vec![0.0; rows * columns], vec![0.0; rows * columns], vec![0.0; rows * columns]);
    for i in 0..rows {
        for j in (0..columns).filter(|&j| may_attend(head, i, j)) {
            p[i * columns + j] = (score(head, q, k, i, j) - log_sum_exp[i]).exp();
        }
    }
    super::gemm(rows, head.d_v, columns, 1.0, g.data, [g.stride, 1], v.data, [1, v.stride], 0.0, &mut dp, [columns, 1]);
    super::softmax::backward(&p, &dp, &mut ds, columns);
    let scale = head.scale;
    super::gemm(columns, rows, head.d_v, 1.0, &p, [1, columns], g.data, [g.stride, 1], 0.0, dv.data, [dv.stride, 1]);
    super::gemm(rows, columns, head.d_k, scale, &ds, [columns, 1], k.data, [k.stride, 1], 0.0, dq.data, [dq.stride, 1]);
    super::gemm(columns, rows, head.d_k, scale, &ds, [1, columns], q.data, [q.stride, 1], 0.0, dk.data, [dk.stride, 1]);
}
