//! AVX-512 with bf16: registers of 16 sums in f32, of products of pairs of bf16.
//!
//! A packed "number" is two bf16 in the 32 bits of an f32, the first term in the low half. Such numbers are only moved, never
//! calculated with, until [`Simd::add_product`] takes them apart: sum + a₀·b₀ + a₁·b₁, sums in f32 (subnormals count as 0).
#![allow(unsafe_code)] // intrinsics that read and write through pointers

use super::{Simd, avx512};
use std::arch::x86_64::*;

/// 16 sums, or 16 pairs of factors.
#[derive(Clone, Copy)]
pub(crate) struct Pairs(avx512::Vector);

// SAFETY: the methods use AVX-512F and, in `add_product`, AVX512-BF16, and touch what the trait says.
unsafe impl Simd for Pairs {
    const LANES: usize = 16;

    #[inline(always)]
    unsafe fn zero() -> Self {
        // SAFETY: by the trait's contract, as below.
        unsafe { Pairs(avx512::Vector::zero()) }
    }

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        // SAFETY: as above.
        unsafe { Pairs(avx512::Vector::splat(x)) }
    }

    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: as above.
        unsafe { Pairs(avx512::Vector::load(p)) }
    }

    #[inline(always)]
    unsafe fn load_first(p: *const f32, count: usize) -> Self {
        // SAFETY: as above.
        unsafe { Pairs(avx512::Vector::load_first(p, count)) }
    }

    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: as above.
        unsafe { self.0.store(p) }
    }

    #[inline(always)]
    unsafe fn store_first(self, p: *mut f32, count: usize) {
        // SAFETY: as above.
        unsafe { self.0.store_first(p, count) }
    }

    #[inline(always)]
    unsafe fn mul(self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Pairs(self.0.mul(b.0)) }
    }

    #[inline(always)]
    unsafe fn add(self, b: Self) -> Self {
        // SAFETY: as above.
        unsafe { Pairs(self.0.add(b.0)) }
    }

    #[inline(always)]
    unsafe fn mul_add(self, b: Self, c: Self) -> Self {
        // SAFETY: as above.
        unsafe { Pairs(self.0.mul_add(b.0, c.0)) }
    }

    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        let pairs = |x: Pairs| {
            // SAFETY: both are 512 bits without invalid values.
            unsafe { std::mem::transmute::<__m512, __m512bh>(x.0.0) }
        };
        // SAFETY: as above.
        unsafe { Pairs(avx512::Vector(_mm512_dpbf16_ps(self.0.0, pairs(a), pairs(b)))) }
    }
}

/// Rounds the lines of two terms to bf16 and writes them as pairs; `second` is `None` after the last term of an odd number.
///
/// # Safety
/// The processor has AVX-512 with bf16; the lines hold `lanes` ≤ 16 numbers, and `to` has room for 16.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub(crate) unsafe fn pair_lines(first: *const f32, second: Option<*const f32>, lanes: usize, to: *mut f32) {
    // SAFETY: by the contract above.
    unsafe {
        let rounded = |line: *const f32| {
            let line = avx512::Vector::load_first(line, lanes).0;
            _mm512_cvtepu16_epi32(std::mem::transmute::<__m256bh, __m256i>(_mm512_cvtneps_pbh(line)))
        };
        let low = rounded(first);
        let high = second.map_or(_mm512_setzero_si512(), |line| _mm512_slli_epi32::<16>(rounded(line)));
        _mm512_storeu_si512(to.cast(), _mm512_or_si512(low, high));
    }
}

/// Rounds `k` numbers of one row to bf16: ⌈k/2⌉ pairs, the last filled with a 0 if k is odd. Writes up to 15 pairs beyond.
///
/// # Safety
/// The processor has AVX-512 with bf16; the pointers reach as far as the numbers say.
#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub(crate) unsafe fn pair_row(from: *const f32, k: usize, to: *mut f32) {
    // SAFETY: by the contract above.
    unsafe {
        for p in (0..k).step_by(32) {
            let rest = k - p;
            let low = avx512::Vector::load_first(from.add(p), rest.min(16)).0;
            let high = match rest.saturating_sub(16) {
                0 => _mm512_setzero_ps(),
                more => avx512::Vector::load_first(from.add(p + 16), more.min(16)).0,
            };
            let pairs = std::mem::transmute::<__m512bh, __m512i>(_mm512_cvtne2ps_pbh(high, low));
            _mm512_storeu_si512(to.add(p / 2).cast(), pairs);
        }
    }
}
