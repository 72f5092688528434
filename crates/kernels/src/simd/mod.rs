//! Vector registers, for the two kernels that count them: the product's tile and the probe of the multiply-add units.
//! Everything else leaves its vectors to the compiler.
#![allow(unsafe_code)] // intrinsics are for processors that have them

pub(crate) mod avx2;
pub(crate) mod avx512;
pub(crate) mod bf16;

/// A vector register of f32 and what the kernels that count registers need of it.
///
/// # Safety
/// Every method may be called only where the processor has the instructions of the implementing type, and for pointers
/// to as many numbers as it reads or writes.
pub(crate) unsafe trait Simd: Copy {
    /// Numbers in a register.
    const LANES: usize;
    /// 0 in every lane.
    unsafe fn zero() -> Self;
    /// x in every lane.
    unsafe fn splat(x: f32) -> Self;
    /// The numbers at `p`.
    unsafe fn load(p: *const f32) -> Self;
    /// The first `count` numbers at `p`, then zeros; reads no others.
    unsafe fn load_first(p: *const f32, count: usize) -> Self;
    /// Writes every lane to `p`.
    unsafe fn store(self, p: *mut f32);
    /// Writes the first `count` lanes to `p`.
    unsafe fn store_first(self, p: *mut f32, count: usize);
    /// self·b
    unsafe fn mul(self, b: Self) -> Self;
    /// self + b
    unsafe fn add(self, b: Self) -> Self;
    /// self·b + c, rounded once.
    unsafe fn mul_add(self, b: Self, c: Self) -> Self;
    /// self + a·b, where a and b are what the tile reads of packed matrices: numbers, or pairs of shorter ones.
    #[inline(always)]
    unsafe fn add_product(self, a: Self, b: Self) -> Self {
        // SAFETY: by the trait's contract.
        unsafe { a.mul_add(b, self) }
    }
}
