//! Softmax, its logarithm, and log Σ exp, over rows of `row_len` numbers, with their gradients.
//!
//! The largest number of a row is subtracted first, so that nothing overflows: e^(x−m)/Σ e^(x−m) is the same number. As in
//! PyTorch, an entry of −∞ becomes exactly 0 and a row of nothing but −∞ becomes NaN; [`forward_masked`] gives zeros there.
//!
//! All functions panic, with the lengths, where the slices do not fit each other or `row_len`.

use crate::Elem;
use crate::dispatch::MulAdd;
use crate::math::exp_with;
use crate::rows;

/// y ← factor·y
#[inline(always)]
fn scale_by(y: &mut [Elem], factor: Elem) {
    for y in y {
        *y *= factor;
    }
}

/// ln Σ e^x of one row, in one pass over memory: a block at a time, whose exponentials are computed while the next block is on
/// its way. What was summed so far is rescaled when a block brings a larger maximum. An infinite maximum is not subtracted
/// (∞ − ∞ is no number): the sum is then 0 or ∞ by itself.
#[inline(always)]
pub(crate) fn log_sum_exp_of_row<F: MulAdd>(x: &[Elem]) -> Elem {
    const BLOCK: usize = 1024;
    let (mut max, mut shift, mut total) = (Elem::NEG_INFINITY, 0.0, 0.0);
    for x in x.chunks(BLOCK) {
        let largest = rows::max_ignoring_nan(x);
        if largest > max {
            max = largest;
            let new_shift = if max.is_finite() { max } else { 0.0 };
            if total != 0.0 {
                total *= exp_with::<F>(shift - new_shift);
            }
            shift = new_shift;
        }
        total += rows::sum_of_exp::<F>(x, shift);
    }
    shift + total.ln()
}

kernel! {
    /// y_j = e^(x_j) / Σ_i e^(x_i) in each row.
    pub fn forward<F>(x: &[Elem], y: &mut [Elem], row_len: usize) {
        let rows = rows::count("softmax", x.len(), row_len);
        rows::exactly("softmax", y.len(), rows, row_len);
        if rows == 0 {
            return;
        }
        for (x, y) in x.chunks_exact(row_len).zip(y.chunks_exact_mut(row_len)) {
            let total = rows::exp_and_sum::<F>(x, rows::max_ignoring_nan(x), y);
            scale_by(y, 1.0 / total);
        }
    }

    /// [`forward`] where x and y are one slice.
    pub fn forward_in_place<F>(y: &mut [Elem], row_len: usize) {
        if rows::count("softmax", y.len(), row_len) == 0 {
            return;
        }
        for y in y.chunks_exact_mut(row_len) {
            let max = rows::max_ignoring_nan(y);
            for y in y.iter_mut() {
                *y = exp_with::<F>(*y - max);
            }
            let total = rows::sum(y);
            scale_by(y, 1.0 / total);
        }
    }

    /// [`forward`] over the entries with `keep` true; the others are 0. A row that keeps nothing (or only −∞) is all zeros.
    pub fn forward_masked<F>(x: &[Elem], keep: &[bool], y: &mut [Elem], row_len: usize) {
        let rows = rows::count("softmax with mask", x.len(), row_len);
        rows::exactly("softmax with mask", y.len(), rows, row_len);
        rows::exactly("softmax with mask (its mask)", keep.len(), rows, row_len);
        if rows == 0 {
            return;
        }
        for ((x, keep), y) in x.chunks_exact(row_len).zip(keep.chunks_exact(row_len)).zip(y.chunks_exact_mut(row_len)) {
            for ((y, &x), &keep) in y.iter_mut().zip(x).zip(keep) {
                *y = if keep { x } else { Elem::NEG_INFINITY };
            }
            let max = rows::max_ignoring_nan(y);
            // Where nothing is kept the maximum is −∞; any finite shift then gives e^(−∞) = 0 for every entry.
            let shift = if max == Elem::NEG_INFINITY { 0.0 } else { max };
            for y in y.iter_mut() {
                *y = exp_with::<F>(*y - shift);
            }
            let total = rows::sum(y);
            scale_by(y, if total == 0.0 { 0.0 } else { 1.0 / total });
        }
    }

    /// dx_j = y_j·(g_j − Σ_i g_i y_i), from ∂y_i/∂x_j = y_i(δ_ij − y_j).
    pub fn backward<F>(y: &[Elem], g: &[Elem], dx: &mut [Elem], row_len: usize) {
        rows::same_length("softmax backward", y.len(), [g.len(), dx.len()]);
        if rows::count("softmax backward", y.len(), row_len) == 0 {
            return;
        }
        for ((y, g), dx) in y.chunks_exact(row_len).zip(g.chunks_exact(row_len)).zip(dx.chunks_exact_mut(row_len)) {
            let along_y = rows::dot::<F>(g, y);
            for ((dx, &y), &g) in dx.iter_mut().zip(y).zip(g) {
                *dx = y * (g - along_y);
            }
        }
    }

    /// y_j = x_j − ln Σ_i e^(x_i) in each row.
    pub fn log_forward<F>(x: &[Elem], y: &mut [Elem], row_len: usize) {
        rows::same_length("log_softmax", x.len(), [y.len()]);
        if rows::count("log_softmax", x.len(), row_len) == 0 {
            return;
        }
        for (x, y) in x.chunks_exact(row_len).zip(y.chunks_exact_mut(row_len)) {
            let max = rows::max_ignoring_nan(x);
            let log_total = rows::sum_of_exp::<F>(x, max).ln();
            // (x − max) − ln Σ, not x − (max + ln Σ): the small difference is taken before it can be rounded away.
            for (y, &x) in y.iter_mut().zip(x) {
                *y = (x - max) - log_total;
            }
        }
    }

    /// dx_j = g_j − e^(y_j)·Σ_i g_i, from ∂y_i/∂x_j = δ_ij − softmax_j.
    pub fn log_backward<F>(log_y: &[Elem], g: &[Elem], dx: &mut [Elem], row_len: usize) {
        rows::same_length("log_softmax backward", log_y.len(), [g.len(), dx.len()]);
        if rows::count("log_softmax backward", log_y.len(), row_len) == 0 {
            return;
        }
        for ((y, g), dx) in log_y.chunks_exact(row_len).zip(g.chunks_exact(row_len)).zip(dx.chunks_exact_mut(row_len)) {
            let total = rows::sum(g);
            for ((dx, &y), &g) in dx.iter_mut().zip(y).zip(g) {
                *dx = F::mul_add(-exp_with::<F>(y), total, g);
            }
        }
    }

    /// `out[i]` = ln Σ_j e^(`x[i, j]`); −∞ for an empty row and for one of nothing but −∞.
    pub fn log_sum_exp<F>(x: &[Elem], out: &mut [Elem], row_len: usize) {
        rows::exactly("log_sum_exp", x.len(), out.len(), row_len);
        for (i, out) in out.iter_mut().enumerate() {
            *out = log_sum_exp_of_row::<F>(&x[i * row_len..][..row_len]);
        }
    }
}
