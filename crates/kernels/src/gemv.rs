//! The product of a matrix with one vector.
//!
//! Every number of the matrix is used once, so memory sets the pace and there is nothing to gain from blocks or packing: each
//! row is read from its first number to its last, and row after row, which is what memory is quickest at. Where a model writes
//! one token after the other, nearly all of the time goes by here.

use std::hint::black_box;

use crate::Elem;
use crate::dispatch::MulAdd;
use crate::rows::{self, LANES};

/// Rows whose sums run side by side, so that a multiply-add need not wait for the one before it, and each number of the vector
/// is loaded once for all of them.
const ROWS: usize = 4;

/// Σ_i `w[r·len + i]`·`x[i]` for N rows, every sum in the lanes and the order of [`rows::dot`].
#[inline(always)]
fn dots<F: MulAdd, const N: usize>(w: &[Elem], x: &[Elem]) -> [Elem; N] {
    let mut lanes = [[0.0; LANES]; N];
    let (x_chunks, x_rest) = x.as_chunks::<LANES>();
    let row: [&[Elem]; N] = std::array::from_fn(|r| &w[r * x.len()..][..x.len()]);
    let chunks: [&[[Elem; LANES]]; N] = row.map(|row| &row.as_chunks::<LANES>().0[..x_chunks.len()]);
    for n in 0..x_chunks.len() {
        for r in 0..N {
            for i in 0..LANES {
                lanes[r][i] = F::mul_add(chunks[r][n][i], x_chunks[n][i], lanes[r][i]);
            }
        }
    }
    // Seen through, the sums below would tempt the compiler to keep the lanes two by two instead of in whole registers.
    let mut lanes = black_box(lanes);
    for r in 0..N {
        for (i, x) in x_rest.iter().enumerate() {
            lanes[r][i] = F::mul_add(row[r][x_chunks.len() * LANES + i], *x, lanes[r][i]);
        }
    }
    lanes.map(rows::join)
}

kernel! {
    /// `y[o]` = Σ_i `w[o, i]`·`x[i]` + `bias[o]` for w `[y.len(), x.len()]` in row-major order.
    ///
    /// An element's sum runs in one order that depends on the length of x alone, so a caller may split the rows as it likes. Panics
    /// if w has not as many rows of as many numbers, or the bias another length than y.
    pub fn gemv<F>(w: &[Elem], x: &[Elem], bias: Option<&[Elem]>, y: &mut [Elem]) {
        rows::exactly("gemv (the matrix)", w.len(), y.len(), x.len());
        rows::same_length("gemv (the bias)", y.len(), [bias.map_or(y.len(), <[Elem]>::len)]);
        let whole = y.len() / ROWS * ROWS;
        for o in (0..whole).step_by(ROWS) {
            y[o..o + ROWS].copy_from_slice(&dots::<F, ROWS>(&w[o * x.len()..], x));
        }
        for o in whole..y.len() {
            [y[o]] = dots::<F, 1>(&w[o * x.len()..], x);
        }
        if let Some(bias) = bias {
            for (y, bias) in y.iter_mut().zip(bias) {
                *y += bias;
            }
        }
    }
}
