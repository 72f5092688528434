//! AVX-512: 16 numbers a register, 32 registers; a tile of 12×32 keeps 24 sums in flight.
#![allow(unsafe_code)] // intrinsics that read and write through pointers

use super::Simd;
use std::arch::x86_64::*;

/// 16 numbers.
#[derive(Clone, Copy)]
pub(crate) struct Vector(pub(super) __m512);

#[inline(always)]
fn first(count: usize) -> __mmask16 {
    ((1u32 << count) - 1) as __mmask16
}

// SAFETY: the methods use AVX-512F only and touch what the trait says.
unsafe impl Simd for Vector {
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: by the trait's contract, as below.
        unsafe { Vector(_mm512_setzero_ps()) }
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm512_set1_ps(x)) }
    }

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm512_loadu_ps(p)) }
    }

    #[inline(always)]
    unsafe fn load_first(p: *const f32, count: usize) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm512_maskz_loadu_ps(first(count), p)) }
    }

    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as above.
        unsafe { _mm512_storeu_ps(p, self.0) }
    }

    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, count: usize) {
        // SAFETY: as above.
        unsafe { _mm512_mask_storeu_ps(p, first(count), self.0) }
    }

    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm512_mul_ps(self.0, b.0)) }
    }

    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm512_add_ps(self.0, b.0)) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        // SAFETY: as above.
        unsafe { Vector(_mm512_fmadd_ps(self.0, b.0, c.0)) }
    }
}
