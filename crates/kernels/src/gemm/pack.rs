//! Copies of the parts of A and B that tiles read, in the order in which they read them.
//!
//! A packed panel holds, for each k, the numbers of a few lanes side by side: columns of B or rows of A. Where the lanes are
//! contiguous in the matrix, that is a copy of short lines; where k is, it is a transposition.
#![allow(unsafe_code)] // raw pointers into matrices and packed panels

use super::instances::Tiles;
use crate::simd::{Simd, bf16};
use std::arch::x86_64::*;

/// Copies `lanes` ≤ `X::LANES` contiguous numbers for each of `k` lines. A whole register is written for each line (zeros
/// beyond the lanes), so `to` reaches `X::LANES` beyond the start of the last line.
///
/// # Safety
/// The processor has the instructions of `X`; the pointers reach as far as the numbers say.
#[inline(always)]
pub(super) unsafe fn copy_lines<X: Simd>(
    from: *const f32,
    from_step: usize,
    lanes: usize,
    k: usize,
    to: *mut f32,
    to_step: usize,
) {
    // SAFETY: by the contract above.
    unsafe {
        if lanes == X::LANES {
            for p in 0..k {
                X::load(from.add(p * from_step)).store(to.add(p * to_step));
            }
        } else {
            for p in 0..k {
                X::load_first(from.add(p * from_step), lanes).store(to.add(p * to_step));
            }
        }
    }
}

/// Writes `to[p·to_step + lane] = from[lane·lane_step + p]` for `lanes` lanes and `k` numbers of each.
///
/// # Safety
/// The processor has AVX2; the pointers reach as far as the numbers say.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn transpose_lines(
    from: *const f32,
    lane_step: usize,
    lanes: usize,
    k: usize,
    to: *mut f32,
    to_step: usize,
) {
    // SAFETY: by the contract above.
    unsafe {
        let (whole_lanes, whole_k) = (lanes / 8 * 8, k / 8 * 8);
        for p in (0..whole_k).step_by(8) {
            for lane in (0..whole_lanes).step_by(8) {
                transpose_8x8(from.add(lane * lane_step + p), lane_step, to.add(p * to_step + lane), to_step);
            }
        }
        for lane in 0..lanes {
            let done = if lane < whole_lanes { whole_k } else { 0 };
            for p in done..k {
                *to.add(p * to_step + lane) = *from.add(lane * lane_step + p);
            }
        }
    }
}

/// Transposes a block of 8×8 in three rounds: pairs, quarters, halves of registers change places.
///
/// # Safety
/// As [`transpose_lines`].
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn transpose_8x8(from: *const f32, from_step: usize, to: *mut f32, to_step: usize) {
    // SAFETY: by the contract above.
    unsafe {
        let row = |i: usize| _mm256_loadu_ps(from.add(i * from_step));
        let mut pairs = [_mm256_setzero_ps(); 8];
        for i in 0..4 {
            let (a, b) = (row(2 * i), row(2 * i + 1));
            pairs[2 * i] = _mm256_unpacklo_ps(a, b);
            pairs[2 * i + 1] = _mm256_unpackhi_ps(a, b);
        }
        let mut quarters = [_mm256_setzero_ps(); 8];
        for i in 0..2 {
            for half in 0..2 {
                let (a, b) = (pairs[4 * i + half], pairs[4 * i + 2 + half]);
                quarters[4 * i + 2 * half] = _mm256_shuffle_ps::<0b01_00_01_00>(a, b);
                quarters[4 * i + 2 * half + 1] = _mm256_shuffle_ps::<0b11_10_11_10>(a, b);
            }
        }
        for i in 0..4 {
            let (a, b) = (quarters[i], quarters[4 + i]);
            _mm256_storeu_ps(to.add(i * to_step), _mm256_permute2f128_ps::<0x20>(a, b));
            _mm256_storeu_ps(to.add((4 + i) * to_step), _mm256_permute2f128_ps::<0x31>(a, b));
        }
    }
}

/// As [`transpose_lines`], for lanes and k that are both spread.
///
/// # Safety
/// The pointers reach as far as the numbers say.
pub(super) unsafe fn gather_lines(
    from: *const f32,
    [lane_step, k_step]: [usize; 2],
    lanes: usize,
    k: usize,
    to: *mut f32,
    to_step: usize,
) {
    for p in 0..k {
        for lane in 0..lanes {
            // SAFETY: by the contract above.
            unsafe { *to.add(p * to_step + lane) = *from.add(lane * lane_step + p * k_step) };
        }
    }
}

/// Packs lanes by the way that their steps allow; see [`Tiles::pack`].
///
/// # Safety
/// The processor has the instructions of `X` and AVX2; the pointers reach as far as the numbers say, `to` a register further.
pub(super) unsafe fn pack<X: Tiles>(
    from: *const f32,
    [lane_step, k_step]: [usize; 2],
    lanes: usize,
    k: usize,
    to: *mut f32,
    to_step: usize,
) {
    // SAFETY: by the contract above.
    unsafe {
        if lane_step == 1 {
            X::copy_lines(from, k_step, lanes, k, to, to_step);
        } else if k_step == 1 {
            transpose_lines(from, lane_step, lanes, k, to, to_step);
        } else {
            gather_lines(from, [lane_step, k_step], lanes, k, to, to_step);
        }
    }
}

/// Packs at most 16 lanes as pairs of bf16; see [`Tiles::pack`].
///
/// # Safety
/// As [`pack`], for a processor with bf16.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16,avx2")]
pub(super) unsafe fn pack_pairs(
    from: *const f32,
    [lane_step, k_step]: [usize; 2],
    lanes: usize,
    k: usize,
    to: *mut f32,
    to_step: usize,
) {
    const LANES: usize = 16;
    /// Terms that are paired before whole pairs are transposed, or gathered before they are paired.
    const TERMS: usize = 64;
    // SAFETY: by the contract above; `apart` holds the lanes over TERMS terms, and a register.
    unsafe {
        if lane_step == 1 {
            pair_all_lines(from, k_step, lanes, k, to, to_step);
            return;
        }
        let mut apart = [0.0f32; LANES * TERMS + LANES];
        for p in (0..k).step_by(TERMS) {
            let terms = TERMS.min(k - p);
            let (from, to) = (from.add(p * k_step), to.add(p / 2 * to_step));
            if k_step == 1 {
                const STEP: usize = TERMS / 2;
                for lane in 0..lanes {
                    bf16::pair_row(from.add(lane * lane_step), terms, apart.as_mut_ptr().add(lane * STEP));
                }
                transpose_lines(apart.as_ptr(), STEP, lanes, terms.div_ceil(2), to, to_step);
            } else {
                gather_lines(from, [lane_step, k_step], lanes, terms, apart.as_mut_ptr(), LANES);
                pair_all_lines(apart.as_ptr(), LANES, lanes, terms, to, to_step);
            }
        }
    }
}

/// Pairs lines of lanes that lie side by side.
///
/// # Safety
/// As [`pack_pairs`].
#[target_feature(enable = "avx512f,avx512bw,avx512bf16,avx2")]
unsafe fn pair_all_lines(from: *const f32, from_step: usize, lanes: usize, k: usize, to: *mut f32, to_step: usize) {
    for p in (0..k).step_by(2) {
        // SAFETY: by the contract above.
        unsafe {
            let second = (p + 1 < k).then(|| from.add((p + 1) * from_step));
            bf16::pair_lines(from.add(p * from_step), second, lanes, to.add(p / 2 * to_step));
        }
    }
}
