//! The innermost loop: a tile of C in registers, one vector of B times one number of A at a time.
#![allow(unsafe_code)] // raw pointers into matrices and packed panels

use crate::simd::Simd;

/// How the rows of A lie that a tile reads.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RowLayout {
    /// As in the matrix: k is contiguous, rows are `a_row` apart.
    InPlace,
    /// Packed: for each k the numbers of all rows side by side.
    Packed,
}

/// What one tile computes: C ← α·A·B + β·C over `k` packed numbers.
pub(super) struct Tile {
    pub(super) k: usize,
    pub(super) a: *const f32,
    /// From row to row of A; 1 if it is packed.
    pub(super) a_row: usize,
    /// From term to term of A; 1 if it is not.
    pub(super) a_term: usize,
    /// Packed: for each k one row of `vectors` whole registers, zeros beyond the last column.
    pub(super) b: *const f32,
    pub(super) c: *mut f32,
    pub(super) c_row: usize,
    /// Columns of C, at most the lanes of the tile's registers.
    pub(super) columns: usize,
    pub(super) alpha: f32,
    pub(super) beta: f32,
}

/// Computes one tile of `R` rows and `V` registers a row. Each element is a chain of fused multiply-adds over k in order,
/// whatever the tile's size, so its bits do not depend on which tile it falls into.
///
/// # Safety
/// The processor has the instructions of `X`; `t`'s pointers reach as far as its numbers say.
#[inline(always)]
pub(super) unsafe fn tile<X: Simd, const R: usize, const V: usize, const PACKED: bool>(t: &Tile) {
    // SAFETY: by the contract above.
    unsafe {
        let mut sums = [[X::zero(); V]; R];
        let mut b = t.b;
        let mut a = t.a;
        for _ in 0..t.k {
            let mut row_of_b = [X::zero(); V];
            for v in 0..V {
                row_of_b[v] = X::load(b.add(v * X::LANES));
            }
            for r in 0..R {
                let a = X::splat(*a.add(if PACKED { r } else { r * t.a_row }));
                for v in 0..V {
                    sums[r][v] = sums[r][v].add_product(a, row_of_b[v]);
                }
            }
            b = b.add(V * X::LANES);
            a = a.add(if PACKED { t.a_term } else { 1 });
        }
        let alpha = X::splat(t.alpha);
        let beta = X::splat(t.beta);
        for r in 0..R {
            for v in 0..V {
                let c = t.c.add(r * t.c_row + v * X::LANES);
                let columns = t.columns.saturating_sub(v * X::LANES).min(X::LANES);
                let whole = columns == X::LANES;
                let result = if t.beta == 0.0 {
                    sums[r][v].mul(alpha)
                } else {
                    let old = if whole { X::load(c) } else { X::load_first(c, columns) };
                    sums[r][v].mul_add(alpha, old.mul(beta))
                };
                if whole { result.store(c) } else { result.store_first(c, columns) }
            }
        }
    }
}
