//! AVX2 with FMA: 8 numbers a register, 16 registers; a tile of 6×16 keeps 12 sums in flight.
#![allow(unsafe_code)] // intrinsics that read and write through pointers

use super::Simd;
use std::arch::x86_64::*;

/// 8 numbers.
#[derive(Clone, Copy)]
pub(crate) struct Vector(__m256);

/// A mask whose first `count` lanes are set: a window into eight set and eight clear lanes.
///
/// # Safety
/// The processor has AVX; `count` ≤ 8.
#[inline(always)]
unsafe fn first(count: usize) -> __m256i {
    const WINDOW: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
    // SAFETY: 8 lanes from 8 − count on lie inside the window.
    unsafe { _mm256_loadu_si256(WINDOW.as_ptr().add(8 - count).cast()) }
}

// SAFETY: the methods use AVX and FMA only and touch what the trait says.
unsafe impl Simd for Vector {
    const LANES: usize = 8;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: by the trait's contract, as below.
        unsafe { Vector(_mm256_setzero_ps()) }
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm256_set1_ps(x)) }
    }

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm256_loadu_ps(p)) }
    }

    #[inline(always)]
    unsafe fn load_first(p: *const f32, count: usize) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm256_maskload_ps(p, first(count))) }
    }

    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as above.
        unsafe { _mm256_storeu_ps(p, self.0) }
    }

    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, count: usize) {
        // SAFETY: as above.
        unsafe { _mm256_maskstore_ps(p, first(count), self.0) }
    }

    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm256_mul_ps(self.0, b.0)) }
    }

    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm256_add_ps(self.0, b.0)) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm256_fmadd_ps(self.0, b.0, c.0)) }
    }
}
