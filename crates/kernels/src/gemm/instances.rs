//! The tiles and copies that each level has, compiled for its instructions.
#![allow(unsafe_code)] // functions for processors that have the instructions

use super::pack::copy_lines;
use super::tile::{RowLayout, Tile, tile};
use crate::simd::{Simd, avx2, avx512};

/// What the blocked product needs of a level.
///
/// # Safety
/// As for [`Simd`].
pub(super) unsafe trait Tiles: Simd {
    /// Rows of the largest tile: with two registers a row it fills the register file.
    const ROWS: usize;
    /// [`copy_lines`], compiled for this level.
    unsafe fn copy_lines(from: *const f32, from_step: usize, lanes: usize, k: usize, to: *mut f32, to_step: usize);
    /// The tile of `rows` rows and `vectors` registers a row.
    fn tile(rows: usize, vectors: usize, layout: RowLayout) -> unsafe fn(&Tile);
}

macro_rules! tiles {
    ($vector:ty, $features:literal, $most_rows:literal, [$($rows:literal)+]) => {
        // SAFETY: the functions use the instructions of the vector type and touch what they are told to.
        unsafe impl Tiles for $vector {
            const ROWS: usize = $most_rows;

            #[target_feature(enable = $features)]
            unsafe fn copy_lines(
                from: *const f32, from_step: usize, lanes: usize, k: usize, to: *mut f32, to_step: usize,
            ) {
                // SAFETY: the contract is that of the function.
                unsafe { copy_lines::<$vector>(from, from_step, lanes, k, to, to_step) }
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
        }
    };
}

// 12×32: 24 registers of sums, 2 of B, and one for A.
tiles!(avx512::Vector, "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma", 12, [1 2 3 4 5 6 7 8 9 10 11 12]);
// 6×16: 12 registers of sums, 2 of B, and one for A.
tiles!(avx2::Vector, "avx2,fma", 6, [1 2 3 4 5 6]);
