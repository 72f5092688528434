//! The innermost loop: a tile of C in registers, one vector of B times one number of A at a time.
#![allow(unsafe_code)] // raw pointers into matrices and packed panels

use super::instances::Tiles;
use crate::simd::Simd;

/// Rows of the largest tile of any level.
const MOST_ROWS: usize = 12;

/// How the rows of A lie that a tile reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RowLayout {
    /// As in the matrix: k is contiguous, rows are `a_row` apart.
    InPlace,
    /// Packed: for each k the numbers of all rows side by side, `Tiles::ROWS` after those of the last.
    Packed,
}

/// What one tile computes: C ← α·A·B + β·C + bias over `k` packed numbers.
pub(super) struct Tile {
    pub(super) k: usize,
    pub(super) a: *const f32,
    /// From row to row of A; 1 if it is packed.
    pub(super) a_row: usize,
    /// Packed: for each k one row of `vectors` whole registers, zeros beyond the last column.
    pub(super) b: *const f32,
    pub(super) c: *mut f32,
    pub(super) c_row: usize,
    /// Columns of C, at most the lanes of the tile's registers.
    pub(super) columns: usize,
    pub(super) alpha: f32,
    pub(super) beta: f32,
    /// One number for each column of C.
    pub(super) bias: Option<*const f32>,
}

/// Computes one tile of `R` rows and `V` registers a row. Each element is a chain of fused multiply-adds over k in order,
/// whatever the tile's size, so its bits do not depend on which tile it falls into.
///
/// # Safety
/// The processor has the instructions of `X`; `t`'s pointers reach as far as its numbers say.
#[inline(always)]
pub(super) unsafe fn tile<X: Tiles, const R: usize, const V: usize, const PACKED: bool>(t: &Tile) {
    // SAFETY: by the contract above.
    unsafe {
        let mut sums = [[X::zero(); V]; R];
        let mut b = t.b;
        for r in 0..R {
            for v in 0..V {
                prefetch(t.c.wrapping_add(r * t.c_row + v * X::LANES));
            }
        }
        // Three rows share a pointer: the processor adds no, one or two steps to it while it reads.
        let mut rows: [*const f32; MOST_ROWS / 3] = [t.a; MOST_ROWS / 3];
        let (row_step, term_step) = if PACKED { (1, X::ROWS) } else { (t.a_row, 1) };
        for (n, rows) in rows.iter_mut().enumerate().take(R.div_ceil(3)) {
            *rows = rows.wrapping_add(3 * n * row_step);
        }
        // The longer body counts and steps once for four terms.
        let rounds = if X::LONG_ROUNDS { t.k / 4 } else { 0 };
        for _ in 0..rounds {
            add_terms::<X, R, V, 4>(&mut sums, &mut rows, row_step, term_step, &mut b);
        }
        for _ in 0..t.k - 4 * rounds {
            add_terms::<X, R, V, 1>(&mut sums, &mut rows, row_step, term_step, &mut b);
        }
        let alpha = X::splat(t.alpha);
        let beta = X::splat(t.beta);
        for r in 0..R {
            for v in 0..V {
                let c = t.c.add(r * t.c_row + v * X::LANES);
                let columns = t.columns.saturating_sub(v * X::LANES).min(X::LANES);
                let whole = columns == X::LANES;
                let mut result = if t.beta == 0.0 {
                    sums[r][v].mul(alpha)
                } else {
                    sums[r][v].mul_add(alpha, load_columns::<X>(c, columns).mul(beta))
                };
                if let Some(bias) = t.bias {
                    result = result.add(load_columns::<X>(bias.wrapping_add(v * X::LANES), columns));
                }
                if whole { result.store(c) } else { result.store_first(c, columns) }
            }
        }
    }
}

/// Asks for the line of memory at `p`, which is written when the sums are done.
#[inline(always)]
fn prefetch(p: *const f32) {
    use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
    // SAFETY: SSE is part of x86-64, and a prefetch reads nothing, wherever it points.
    unsafe { _mm_prefetch::<_MM_HINT_T0>(p.cast()) }
}

/// Adds the next `TERMS` terms to all sums of a tile and steps over them.
///
/// # Safety
/// As for [`tile`].
#[inline(always)]
unsafe fn add_terms<X: Simd, const R: usize, const V: usize, const TERMS: usize>(
    sums: &mut [[X; V]; R],
    rows: &mut [*const f32; MOST_ROWS / 3],
    row_step: usize,
    term_step: usize,
    b: &mut *const f32,
) {
    // SAFETY: by the contract above.
    unsafe {
        // ANCHOR: terms
        for p in 0..TERMS {
            let mut row_of_b = [X::zero(); V];
            for v in 0..V {
                row_of_b[v] = X::load(b.add((p * V + v) * X::LANES));
            }
            for r in 0..R {
                let a = X::splat(*rows[r / 3].add(r % 3 * row_step + p * term_step));
                for v in 0..V {
                    sums[r][v] = sums[r][v].add_product(a, row_of_b[v]);
                }
            }
        }
        // ANCHOR_END: terms
        *b = b.add(TERMS * V * X::LANES);
        for rows in &mut rows[..R.div_ceil(3)] {
            *rows = rows.wrapping_add(TERMS * term_step);
        }
    }
}

/// The first `columns` ≤ `LANES` numbers at `p`.
///
/// # Safety
/// As for [`Simd`].
#[inline(always)]
unsafe fn load_columns<X: Simd>(p: *const f32, columns: usize) -> X {
    // SAFETY: by the contract above.
    unsafe { if columns == X::LANES { X::load(p) } else { X::load_first(p, columns) } }
}
