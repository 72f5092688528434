//! The product of a matrix with one vector.
//!
//! Every number of the matrix is used once, so memory sets the pace and there is nothing to gain from blocks or packing: each
//! row is read from its first number to its last, and row after row, which is what memory is quickest at. Where a model writes
//! one token after the other, nearly all of the time goes by here.

use crate::Elem;
use crate::dispatch::MulAdd;
use crate::rows::{self, LANES};

/// How many sums of LANES numbers run side by side in one row: a multiply-add waits four cycles for the one before it.
const SUMS: usize = 2;

/// Σ_i `w[i]`·`x[i]` over one row.
///
/// One row at a time, though several together would load each number of x once for all of them: the processor fetches ahead what
/// follows in memory, and only one row after the other is a single long read.
#[inline(always)]
fn dot<F: MulAdd>(w: &[Elem], x: &[Elem]) -> Elem {
    const WIDTH: usize = SUMS * LANES;
    let mut lanes = [0.0; WIDTH];
    let (w_chunks, w_rest) = w.as_chunks::<WIDTH>();
    let (x_chunks, x_rest) = x.as_chunks::<WIDTH>();
    for (w, x) in w_chunks.iter().zip(x_chunks) {
        for i in 0..WIDTH {
            lanes[i] = F::mul_add(w[i], x[i], lanes[i]);
        }
    }
    let mut sums = [0.0; LANES];
    for n in 0..SUMS {
        for i in 0..LANES {
            sums[i] += lanes[n * LANES + i];
        }
    }
    rows::join(sums) + rows::dot::<F>(w_rest, x_rest)
}

kernel! {
    /// `y[o]` = Σ_i `w[o, i]`·`x[i]` + `bias[o]` for w `[y.len(), x.len()]` in row-major order.
    ///
    /// An element's sum runs in one order that depends on the length of x alone, so a caller may split the rows as it likes. Panics
    /// if w has not as many rows of as many numbers, or the bias another length than y.
    pub fn gemv<F>(w: &[Elem], x: &[Elem], bias: Option<&[Elem]>, y: &mut [Elem]) {
        rows::exactly("gemv (the matrix)", w.len(), y.len(), x.len());
        rows::same_length("gemv (the bias)", y.len(), [bias.map_or(y.len(), <[Elem]>::len)]);
        for (o, y) in y.iter_mut().enumerate() {
            *y = dot::<F>(&w[o * x.len()..][..x.len()], x);
        }
        if let Some(bias) = bias {
            for (y, bias) in y.iter_mut().zip(bias) {
                *y += bias;
            }
        }
    }
}
