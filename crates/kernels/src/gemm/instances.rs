//! The tiles and copies that each level has, compiled for its instructions.
#![allow(unsafe_code)] // functions for processors that have the instructions

use super::pack;
use super::tile::{RowLayout, Tile, tile};
use crate::simd::{Simd, avx2, avx512, bf16};

/// What the blocked product needs of a level.
///
/// # Safety
/// As for [`Simd`].
pub(super) unsafe trait Tiles: Simd {
    /// Rows of the largest tile: with two registers a row it fills the register file.
    const ROWS: usize;
    /// Terms of a sum that one packed number holds.
    const TERMS: usize = 1;
    /// Whether the tile's loop takes four terms at a time. Where its sums leave few registers the compiler reads terms ahead in
    /// such a loop and puts them on the stack: with 24 sums of AVX-512 that halved the speed.
    const LONG_ROUNDS: bool = false;
    /// [`pack::copy_lines`], compiled for this level.
    unsafe fn copy_lines(from: *const f32, from_step: usize, lanes: usize, k: usize, to: *mut f32, to_step: usize);
    /// The tile of `rows` rows and `vectors` registers a row.
    fn tile(rows: usize, vectors: usize, layout: RowLayout) -> unsafe fn(&Tile);
    /// Packs `lanes` ≤ `LANES` lanes over `k` terms: for each packed number of them a line, `to_step` after the last. Lanes
    /// beyond, up to `LANES`, hold zeros or what was there before; `to` reaches a register beyond its last line's start.
    unsafe fn pack(from: *const f32, steps: [usize; 2], lanes: usize, k: usize, to: *mut f32, to_step: usize) {
        // SAFETY: the contract is that of the function.
        unsafe { pack::pack::<Self>(from, steps, lanes, k, to, to_step) }
    }
    /// Rows whose terms lie side by side, as a tile may read them: where they are and how far apart. `to` has room for
    /// `ROWS` rows of k numbers and a register.
    unsafe fn rows(from: *const f32, row_step: usize, _rows: usize, _k: usize, _to: *mut f32) -> (*const f32, usize) {
        (from, row_step)
    }
}

macro_rules! tiles {
    ($vector:ty, $features:literal, $most_rows:literal, [$($rows:literal)+] $($more:item)*) => {
        // SAFETY: the functions use the instructions of the vector type and touch what they are told to.
        unsafe impl Tiles for $vector {
            const ROWS: usize = $most_rows;

            #[target_feature(enable = $features)]
            unsafe fn copy_lines(
                from: *const f32, from_step: usize, lanes: usize, k: usize, to: *mut f32, to_step: usize,
            ) {
                // SAFETY: the contract is that of the function.
                unsafe { pack::copy_lines::<$vector>(from, from_step, lanes, k, to, to_step) }
            }

            fn tile(rows: usize, vectors: usize, layout: RowLayout) -> unsafe fn(&Tile) {
                #[target_feature(enable = $features)]
                unsafe fn instance<const R: usize, const V: usize, const PACKED: bool>(t: &Tile) {
                    // SAFETY: who calls a tile has this level, and `t` is as `tile` wants it.
                    unsafe { tile::<$vector, R, V, PACKED>(t) }
                }
                match (rows, vectors, layout) {
                    $(
                        ($rows, 1, RowLayout::InPlace) => instance::<$rows, 1, false>,
                        ($rows, 2, RowLayout::InPlace) => instance::<$rows, 2, false>,
                        ($rows, 1, RowLayout::Packed) => instance::<$rows, 1, true>,
                        ($rows, 2, RowLayout::Packed) => instance::<$rows, 2, true>,
                    )+
                    _ => unreachable!("no tile of {rows} rows and {vectors} registers"),
                }
            }

            $($more)*
        }
    };
}

// 12×32: 24 registers of sums, 2 of B, and one for A.
tiles!(avx512::Vector, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma", 12, [1 2 3 4 5 6 7 8 9 10 11 12]);
// 6×16: 12 registers of sums, 2 of B, and one for A.
tiles! {
    avx2::Vector, "avx2,fma", 6, [1 2 3 4 5 6]

    const LONG_ROUNDS: bool = true;
}
tiles! {
    bf16::Pairs, "avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma", 12, [1 2 3 4 5 6 7 8 9 10 11 12]

    const TERMS: usize = 2;

    unsafe fn pack(from: *const f32, steps: [usize; 2], lanes: usize, k: usize, to: *mut f32, to_step: usize) {
        // SAFETY: the contract is that of the function.
        unsafe { pack::pack_pairs(from, steps, lanes, k, to, to_step) }
    }

    unsafe fn rows(from: *const f32, row_step: usize, rows: usize, k: usize, to: *mut f32) -> (*const f32, usize) {
        let to_step = k.div_ceil(2);
        for row in 0..rows {
            // SAFETY: the rows lie where the caller says; in `to` each begins where the last ends, and what is written
            // beyond a row's end is overwritten by the next.
            unsafe { bf16::pair_row(from.add(row * row_step), k, to.add(row * to_step)) };
        }
        (to.cast_const(), to_step)
    }
}
