//! Sums and maxima.
//!
//! A sum over n numbers, one after the other, loses up to n/2 ulp. Here 32 partial sums run side by side
//! over blocks of 1024 numbers, and the blocks are added up in `f64`: a few ulp, whatever the length. The order depends on
//! nothing but the length.

use crate::Elem;
use crate::dispatch::MulAdd;
use crate::rows;

/// Numbers whose sum is kept in lanes of [`Elem`] before it goes on in `f64`.
const BLOCK: usize = 1024;

/// Rows that [`sum_columns`] adds in [`Elem`] before it goes on in `f64`.
const ROW_BLOCK: usize = 64;
/// Columns that [`sum_columns`] keeps in registers.
const COLUMN_TILE: usize = 64;

#[inline(always)]
fn blocked_sum(x: &[Elem]) -> Elem {
    let mut total = 0.0;
    for block in x.chunks(BLOCK) {
        total += rows::sum(block) as f64;
    }
    total as Elem
}

#[inline(always)]
fn blocked_dot<F: MulAdd>(a: &[Elem], b: &[Elem]) -> f64 {
    let mut total = 0.0;
    for (a, b) in a.chunks(BLOCK).zip(b.chunks(BLOCK)) {
        total += rows::dot::<F>(a, b) as f64;
    }
    total
}

/// `out[j]` = Σ_i `x[i·stride + j]` for at most [`COLUMN_TILE`] columns.
#[inline(always)]
fn sum_column_tile(x: &[Elem], stride: usize, out: &mut [Elem]) {
    let mut totals = [0.0f64; COLUMN_TILE];
    let width = out.len();
    for block in x.chunks(ROW_BLOCK * stride) {
        let mut lanes: [Elem; COLUMN_TILE] = [0.0; COLUMN_TILE];
        for row in block.chunks(stride) {
            for (lane, x) in lanes[..width].iter_mut().zip(&row[..width]) {
                *lane += x;
            }
        }
        for (total, lane) in totals.iter_mut().zip(lanes) {
            *total += lane as f64;
        }
    }
    for (out, total) in out.iter_mut().zip(totals) {
        *out = total as Elem;
    }
}

kernel! {
    /// Σ x
    pub fn sum<F>(x: &[Elem]) -> Elem {
        blocked_sum(x)
    }

    /// Σ a·b. Panics if the lengths differ.
    pub fn dot<F>(a: &[Elem], b: &[Elem]) -> Elem {
        rows::same_length("dot", a.len(), [b.len()]);
        blocked_dot::<F>(a, b) as Elem
    }

    /// The largest number; NaN if there is one, −∞ if there is nothing.
    pub fn max<F>(x: &[Elem]) -> Elem {
        let mut lanes = [Elem::NEG_INFINITY; rows::LANES];
        let (chunks, rest) = x.as_chunks::<{ rows::LANES }>();
        for chunk in chunks {
            for i in 0..rows::LANES {
                lanes[i] = larger(lanes[i], chunk[i]);
            }
        }
        for (lane, &x) in lanes.iter_mut().zip(rest) {
            *lane = larger(*lane, x);
        }
        lanes.into_iter().fold(Elem::NEG_INFINITY, larger)
    }

    /// Σ x², for the norm of a gradient.
    pub fn sum_of_squares<F>(x: &[Elem]) -> f64 {
        blocked_dot::<F>(x, x)
    }

    /// `out[i]` = Σ_j `x[i, j]` over rows of `row_len`. Panics unless x has `out.len()` rows.
    pub fn sum_rows<F>(x: &[Elem], row_len: usize, out: &mut [Elem]) {
        rows::exactly("sum_rows", x.len(), out.len(), row_len);
        for (i, out) in out.iter_mut().enumerate() {
            *out = blocked_sum(&x[i * row_len..][..row_len]);
        }
    }

    /// `out[j]` = Σ_i `x[i, j]` over rows of `row_len`: the gradient of a bias. Panics unless x is whole rows and out is one.
    pub fn sum_columns<F>(x: &[Elem], row_len: usize, out: &mut [Elem]) {
        rows::count("sum_columns", x.len(), row_len);
        rows::same_length("sum_columns (its result)", row_len, [out.len()]);
        for (tile, out) in out.chunks_mut(COLUMN_TILE).enumerate() {
            let x = x.get(tile * COLUMN_TILE..).unwrap_or(&[]);
            // The same code twice: with a width known to the compiler the partial sums stay in registers.
            if out.len() == COLUMN_TILE {
                sum_column_tile(x, row_len, &mut out[..COLUMN_TILE]);
            } else {
                sum_column_tile(x, row_len, out);
            }
        }
    }
}

/// The larger of two, NaN if one of them is.
#[inline(always)]
fn larger(a: Elem, b: Elem) -> Elem {
    if b > a || b.is_nan() { b } else { a }
}
