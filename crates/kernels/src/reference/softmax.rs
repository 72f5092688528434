//! Softmax over rows; see [`crate::softmax`].

use crate::Elem;

fn max(x: &[Elem]) -> Elem {
    x.iter().fold(Elem::NEG_INFINITY, |a, &b| a.max(b))
}

/// The rows of x, one after the other.
fn rows(x: &[Elem], row_len: usize) -> impl Iterator<Item = &[Elem]> {
    x.chunks(row_len.max(1))
}

/// y = e^(x − max) / Σ e^(x − max)
pub fn forward(x: &[Elem], y: &mut [Elem], row_len: usize) {
    for (x, y) in rows(x, row_len).zip(y.chunks_mut(row_len.max(1))) {
        let max = max(x);
        let total: Elem = x.iter().map(|x| (x - max).exp()).sum();
        for j in 0..row_len {
            y[j] = (x[j] - max).exp() / total;
        }
    }
}

/// [`forward`] where x and y are one slice.
pub fn forward_in_place(y: &mut [Elem], row_len: usize) {
    let x = y.to_vec();
    forward(&x, y, row_len);
}

/// [`forward`] over the kept entries, zeros elsewhere.
pub fn forward_masked(x: &[Elem], keep: &[bool], y: &mut [Elem], row_len: usize) {
    let kept: Vec<_> = x.iter().zip(keep).map(|(&x, &keep)| if keep { x } else { Elem::NEG_INFINITY }).collect();
    forward(&kept, y, row_len);
    for (x, y) in rows(&kept, row_len).zip(y.chunks_mut(row_len.max(1))) {
        if max(x) == Elem::NEG_INFINITY {
            y.fill(0.0);
        }
    }
}

/// dx_j = y_j·(g_j − Σ_i g_i y_i)
pub fn backward(y: &[Elem], g: &[Elem], dx: &mut [Elem], row_len: usize) {
    for ((y, g), dx) in rows(y, row_len).zip(rows(g, row_len)).zip(dx.chunks_mut(row_len.max(1))) {
        let along_y: Elem = y.iter().zip(g).map(|(y, g)| y * g).sum();
        for j in 0..row_len {
            dx[j] = y[j] * (g[j] - along_y);
        }
    }
}

/// y = x − max − ln Σ e^(x − max)
pub fn log_forward(x: &[Elem], y: &mut [Elem], row_len: usize) {
    for (x, y) in rows(x, row_len).zip(y.chunks_mut(row_len.max(1))) {
        let max = max(x);
        let total: Elem = x.iter().map(|x| (x - max).exp()).sum();
        for j in 0..row_len {
            y[j] = x[j] - max - total.ln();
        }
    }
}

/// dx_j = g_j − e^(y_j)·Σ_i g_i
pub fn log_backward(log_y: &[Elem], g: &[Elem], dx: &mut [Elem], row_len: usize) {
    for ((y, g), dx) in rows(log_y, row_len).zip(rows(g, row_len)).zip(dx.chunks_mut(row_len.max(1))) {
        let total: Elem = g.iter().sum();
        for j in 0..row_len {
            dx[j] = g[j] - y[j].exp() * total;
        }
    }
}

/// ln Σ_j e^(`x[i, j]`)
pub fn log_sum_exp(x: &[Elem], out: &mut [Elem], row_len: usize) {
    for (i, out) in out.iter_mut().enumerate() {
        let row = &x[i * row_len..][..row_len];
        let shift = if max(row).is_finite() { max(row) } else { 0.0 };
        *out = shift + row.iter().map(|x| (x - shift).exp()).sum::<Elem>().ln();
    }
}
