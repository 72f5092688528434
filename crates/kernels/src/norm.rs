//! Layer norm (Ba, Kiros and Hinton 2016) and RMS norm (Zhang and Sennrich 2019) over rows of `row_len` numbers.
//!
//! The variance is the biased one (divided by `row_len`), `eps` stands inside the root, and mean and variance are two passes
//! over the row: E\[x²\] − E\[x\]² would cancel where the mean is large. All functions panic, with the lengths, where the slices
//! do not fit each other or `row_len`.

use crate::Elem;
use crate::dispatch::MulAdd;
use crate::rows;

/// Rows and columns that a column sum (∂L/∂weight, ∂L/∂bias) keeps in registers before it is added to the result.
const ROW_BLOCK: usize = 32;
const COLUMN_TILE: usize = 32;

/// y = (x − centre)·rstd·weight + bias for one row.
#[inline(always)]
fn apply<F: MulAdd>(
    x: &[Elem],
    centre: Elem,
    rstd: Elem,
    weight: Option<&[Elem]>,
    bias: Option<&[Elem]>,
    y: &mut [Elem],
) {
    match (weight, bias) {
        (Some(weight), Some(bias)) => {
            for (((y, &x), &w), &b) in y.iter_mut().zip(x).zip(weight).zip(bias) {
                *y = F::mul_add((x - centre) * rstd, w, b);
            }
        }
        (Some(weight), None) => {
            for ((y, &x), &w) in y.iter_mut().zip(x).zip(weight) {
                *y = (x - centre) * rstd * w;
            }
        }
        (None, Some(bias)) => {
            for ((y, &x), &b) in y.iter_mut().zip(x).zip(bias) {
                *y = F::mul_add(x - centre, rstd, b);
            }
        }
        (None, None) => {
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - centre) * rstd;
            }
        }
    }
}

/// dx for one row, given x̂ = (x − centre)·rstd and ĝ = g·weight:
/// dx = rstd·(ĝ − mean(ĝ) − x̂·mean(ĝ·x̂)), without the middle term if the row was not centred.
#[inline(always)]
fn input_gradient<F: MulAdd>(
    x: &[Elem],
    centre: Option<Elem>,
    rstd: Elem,
    weight: Option<&[Elem]>,
    g: &[Elem],
    dx: &mut [Elem],
) {
    let n = x.len() as Elem;
    // dx holds ĝ until the row's two means are known.
    match weight {
        Some(weight) => {
            for ((dx, &g), &w) in dx.iter_mut().zip(g).zip(weight) {
                *dx = g * w;
            }
        }
        None => dx.copy_from_slice(g),
    }
    let (centre, mean) = match centre {
        Some(centre) => (centre, rows::sum(dx) / n),
        None => (0.0, 0.0),
    };
    let along_x = rows::dot_centred::<F>(dx, x, centre) * rstd / n;
    for (dx, &x) in dx.iter_mut().zip(x) {
        *dx = rstd * F::mul_add(-((x - centre) * rstd), along_x, *dx - mean);
    }
}

/// Adds Σ_i `g[i]·x̂[i]` to `dweight` and Σ_i `g[i]` to `dbias`, over the rows of one block and at most [`COLUMN_TILE`] columns
/// from `start`.
#[inline(always)]
fn add_column_sums<F: MulAdd>(
    rows: impl Iterator<Item = (Elem, Elem)>,
    x: &[Elem],
    g: &[Elem],
    row_len: usize,
    dweight: Option<&mut [Elem]>,
    dbias: Option<&mut [Elem]>,
    width: usize,
) {
    let mut weight_lanes: [Elem; COLUMN_TILE] = [0.0; COLUMN_TILE];
    let mut bias_lanes: [Elem; COLUMN_TILE] = [0.0; COLUMN_TILE];
    for ((x, g), (centre, rstd)) in x.chunks(row_len).zip(g.chunks(row_len)).zip(rows) {
        let (x, g) = (&x[..width], &g[..width]);
        for j in 0..width {
            weight_lanes[j] = F::mul_add(g[j], (x[j] - centre) * rstd, weight_lanes[j]);
            bias_lanes[j] += g[j];
        }
    }
    for (result, lanes) in [(dweight, weight_lanes), (dbias, bias_lanes)] {
        if let Some(result) = result {
            for (result, lane) in result.iter_mut().zip(lanes) {
                *result += lane;
            }
        }
    }
}

/// The backward pass of both norms; `mean` is `None` for RMS norm.
#[inline(always)]
fn backward<F: MulAdd>(
    x: &[Elem],
    weight: Option<&[Elem]>,
    mean: Option<&[Elem]>,
    rstd: &[Elem],
    g: &[Elem],
    mut dx: Option<&mut [Elem]>,
    mut dweight: Option<&mut [Elem]>,
    mut dbias: Option<&mut [Elem]>,
    row_len: usize,
) {
    if let Some(dweight) = &mut dweight {
        dweight.fill(0.0);
    }
    if let Some(dbias) = &mut dbias {
        dbias.fill(0.0);
    }
    // Blocks of rows, so that the second look at x and g finds them in the cache.
    for first in (0..rstd.len()).step_by(ROW_BLOCK) {
        let block = first..(first + ROW_BLOCK).min(rstd.len());
        if let Some(dx) = &mut dx {
            for i in block.clone() {
                let row = i * row_len..(i + 1) * row_len;
                let centre = mean.map(|mean| mean[i]);
                input_gradient::<F>(&x[row.clone()], centre, rstd[i], weight, &g[row.clone()], &mut dx[row]);
            }
        }
        if dweight.is_none() && dbias.is_none() {
            continue;
        }
        for start in (0..row_len).step_by(COLUMN_TILE) {
            let width = COLUMN_TILE.min(row_len - start);
            let part = block.start * row_len + start..block.end * row_len;
            let rows = block.clone().map(|i| (mean.map_or(0.0, |mean| mean[i]), rstd[i]));
            let dweight = dweight.as_deref_mut().map(|sums| &mut sums[start..start + width]);
            let dbias = dbias.as_deref_mut().map(|sums| &mut sums[start..start + width]);
            // The same code twice: with a width known to the compiler the partial sums stay in registers.
            if width == COLUMN_TILE {
                add_column_sums::<F>(rows, &x[part.clone()], &g[part], row_len, dweight, dbias, COLUMN_TILE);
            } else {
                add_column_sums::<F>(rows, &x[part.clone()], &g[part], row_len, dweight, dbias, width);
            }
        }
    }
}

/// Panics unless every slice that is given is one row long.
#[track_caller]
#[inline(always)]
fn one_row(operation: &str, row_len: usize, slices: [Option<usize>; 4]) {
    for length in slices.into_iter().flatten() {
        assert!(
            length == row_len,
            "{operation}: a weight, bias or gradient of {length} numbers for rows of length {row_len}"
        );
    }
}

kernel! {
    /// y = (x − mean)·rstd·weight + bias in each row, rstd = 1/√(var + eps); writes the rows' `mean` and `rstd` too, which
    /// the backward pass needs.
    pub fn layer_norm_forward<F>(
        x: &[Elem],
        weight: Option<&[Elem]>,
        bias: Option<&[Elem]>,
        eps: Elem,
        y: &mut [Elem],
        mean: &mut [Elem],
        rstd: &mut [Elem],
        row_len: usize,
    ) {
        rows::exactly("layer_norm", x.len(), mean.len(), row_len);
        rows::same_length("layer_norm", x.len(), [y.len()]);
        rows::same_length("layer_norm (mean and rstd)", mean.len(), [rstd.len()]);
        one_row("layer_norm", row_len, [weight.map(<[_]>::len), bias.map(<[_]>::len), None, None]);
        let n = row_len as Elem;
        for (i, (mean, rstd)) in mean.iter_mut().zip(rstd).enumerate() {
            let row = i * row_len..(i + 1) * row_len;
            let x = &x[row.clone()];
            *mean = rows::sum(x) / n;
            *rstd = 1.0 / (rows::sum_of_squares::<F>(x, *mean) / n + eps).sqrt();
            apply::<F>(x, *mean, *rstd, weight, bias, &mut y[row]);
        }
    }

    /// With x̂ = (x − mean)·rstd and ĝ = g·weight, in each row
    ///
    /// dx = rstd·(ĝ − mean(ĝ) − x̂·mean(ĝ·x̂)), dweight = Σ_rows g·x̂, dbias = Σ_rows g.
    ///
    /// For y = x̂·weight + bias: ∂x̂_i/∂x_j = rstd·(δ_ij − 1/n − x̂_i·x̂_j/n), the 1/n from the mean and the last term from the
    /// variance. What is not asked for (`None`) is not computed; what is, is overwritten.
    pub fn layer_norm_backward<F>(
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
        rows::exactly("layer_norm backward", x.len(), rstd.len(), row_len);
        rows::same_length("layer_norm backward", x.len(), [g.len(), dx.as_ref().map_or(x.len(), |dx| dx.len())]);
        rows::same_length("layer_norm backward (mean and rstd)", rstd.len(), [mean.len()]);
        one_row("layer_norm backward", row_len, [
            weight.map(<[_]>::len), dweight.as_ref().map(|w| w.len()), dbias.as_ref().map(|b| b.len()), None,
        ]);
        backward::<F>(x, weight, Some(mean), rstd, g, dx, dweight, dbias, row_len);
    }

    /// y = x·rstd·weight in each row, rstd = 1/√(mean(x²) + eps); writes the rows' `rstd` too.
    pub fn rms_norm_forward<F>(
        x: &[Elem],
        weight: Option<&[Elem]>,
        eps: Elem,
        y: &mut [Elem],
        rstd: &mut [Elem],
        row_len: usize,
    ) {
        rows::exactly("rms_norm", x.len(), rstd.len(), row_len);
        rows::same_length("rms_norm", x.len(), [y.len()]);
        one_row("rms_norm", row_len, [weight.map(<[_]>::len), None, None, None]);
        for (i, rstd) in rstd.iter_mut().enumerate() {
            let row = i * row_len..(i + 1) * row_len;
            let x = &x[row.clone()];
            *rstd = 1.0 / (rows::sum_of_squares::<F>(x, 0.0) / row_len as Elem + eps).sqrt();
            apply::<F>(x, 0.0, *rstd, weight, None, &mut y[row]);
        }
    }

    /// With x̂ = x·rstd and ĝ = g·weight, in each row dx = rstd·(ĝ − x̂·mean(ĝ·x̂)), and dweight = Σ_rows g·x̂.
    ///
    /// As in [`layer_norm_backward`], without the term of the mean. What is asked for is overwritten.
    pub fn rms_norm_backward<F>(
        x: &[Elem],
        weight: Option<&[Elem]>,
        rstd: &[Elem],
        g: &[Elem],
        dx: Option<&mut [Elem]>,
        dweight: Option<&mut [Elem]>,
        row_len: usize,
    ) {
        rows::exactly("rms_norm backward", x.len(), rstd.len(), row_len);
        rows::same_length("rms_norm backward", x.len(), [g.len(), dx.as_ref().map_or(x.len(), |dx| dx.len())]);
        one_row("rms_norm backward", row_len, [weight.map(<[_]>::len), dweight.as_ref().map(|w| w.len()), None, None]);
        backward::<F>(x, weight, None, rstd, g, dx, dweight, None, row_len);
    }
}
