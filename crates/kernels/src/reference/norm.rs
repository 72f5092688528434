//! Layer norm and RMS norm over rows; see [`crate::norm`].

use crate::Elem;

/// y = (x − mean)/√(var + eps)·weight + bias
pub fn layer_norm_forward(
    x: &[Elem],
    weight: Option<&[Elem]>,
    bias: Option<&[Elem]>,
    eps: Elem,
    y: &mut [Elem],
    mean: &mut [Elem],
    rstd: &mut [Elem],
    row_len: usize,
) {
    for i in 0..mean.len() {
        let row = &x[i * row_len..][..row_len];
        mean[i] = row.iter().sum::<Elem>() / row_len as Elem;
        let variance = row.iter().map(|x| (x - mean[i]).powi(2)).sum::<Elem>() / row_len as Elem;
        rstd[i] = 1.0 / (variance + eps).sqrt();
        for j in 0..row_len {
            let normed = (row[j] - mean[i]) * rstd[i];
            y[i * row_len + j] = normed * weight.map_or(1.0, |w| w[j]) + bias.map_or(0.0, |b| b[j]);
        }
    }
}

/// dx = rstd·(ĝ − mean(ĝ) − x̂·mean(ĝ·x̂)), dweight = Σ g·x̂, dbias = Σ g
pub fn layer_norm_backward(
    x: &[Elem],
    weight: Option<&[Elem]>,
    mean: &[Elem],
    rstd: &[Elem],
    g: &[Elem],
    dx: Option<&mut [Elem]>,
    dweight: Option<&mut [Elem]>,
    dbias: Option<&mut [Elem]>,
    row_len: usize,
) {
    let rows = mean.len();
    let normed = |i: usize, j: usize| (x[i * row_len + j] - mean[i]) * rstd[i];
    let weighted = |i: usize, j: usize| g[i * row_len + j] * weight.map_or(1.0, |w| w[j]);
    if let Some(dx) = dx {
        for i in 0..rows {
            let g_mean = (0..row_len).map(|j| weighted(i, j)).sum::<Elem>() / row_len as Elem;
            let along_x = (0..row_len).map(|j| weighted(i, j) * normed(i, j)).sum::<Elem>() / row_len as Elem;
            for j in 0..row_len {
                dx[i * row_len + j] = rstd[i] * (weighted(i, j) - g_mean - normed(i, j) * along_x);
            }
        }
    }
    if let Some(dweight) = dweight {
        for j in 0..row_len {
            dweight[j] = (0..rows).map(|i| g[i * row_len + j] * normed(i, j)).sum();
        }
    }
    if let Some(dbias) = dbias {
        for j in 0..row_len {
            dbias[j] = (0..rows).map(|i| g[i * row_len + j]).sum();
        }
    }
}

/// y = x/√(mean(x²) + eps)·weight
pub fn rms_norm_forward(
    x: &[Elem],
    weight: Option<&[Elem]>,
    eps: Elem,
    y: &mut [Elem],
    rstd: &mut [Elem],
    row_len: usize,
) {
    for i in 0..rstd.len() {
        let row = &x[i * row_len..][..row_len];
        rstd[i] = 1.0 / (row.iter().map(|x| x * x).sum::<Elem>() / row_len as Elem + eps).sqrt();
        for j in 0..row_len {
            y[i * row_len + j] = row[j] * rstd[i] * weight.map_or(1.0, |w| w[j]);
        }
    }
}

/// dx = rstd·(ĝ − x̂·mean(ĝ·x̂)), dweight = Σ g·x̂
pub fn rms_norm_backward(
    x: &[Elem],
    weight: Option<&[Elem]>,
    rstd: &[Elem],
    g: &[Elem],
    dx: Option<&mut [Elem]>,
    dweight: Option<&mut [Elem]>,
    row_len: usize,
) {
    let rows = rstd.len();
    let normed = |i: usize, j: usize| x[i * row_len + j] * rstd[i];
    let weighted = |i: usize, j: usize| g[i * row_len + j] * weight.map_or(1.0, |w| w[j]);
    if let Some(dx) = dx {
        for i in 0..rows {
            let along_x = (0..row_len).map(|j| weighted(i, j) * normed(i, j)).sum::<Elem>() / row_len as Elem;
            for j in 0..row_len {
                dx[i * row_len + j] = rstd[i] * (weighted(i, j) - normed(i, j) * along_x);
            }
        }
    }
    if let Some(dweight) = dweight {
        for j in 0..row_len {
            dweight[j] = (0..rows).map(|i| g[i * row_len + j] * normed(i, j)).sum();
        }
    }
}
