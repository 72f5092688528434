//! The matrix product C ← α·A·B + β·C over strided matrices.
#![allow(unsafe_code)] // C is a pointer inside, since parts of it that different threads write lie between each other

use crate::Elem;
#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
use crate::{level::Level, simd};

#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
mod blocked;
#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
mod instances;
#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
mod pack;
mod parts;
mod portable;
#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
mod tile;

pub use parts::{MatrixPart, Precision, parts};

/// A factor of a product: element (i, j) is `data[i·strides[0] + j·strides[1]]`.
#[derive(Clone, Copy)]
struct Matrix<'a> {
    data: &'a [Elem],
    strides: [usize; 2],
}

#[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
impl Matrix<'_> {
    fn transposed(self) -> Self {
        Matrix { strides: [self.strides[1], self.strides[0]], ..self }
    }
}

/// Where a product goes: C ← α·A·B + β·C + bias, element (i, j) at `data + i·strides[0] + j·strides[1]`.
#[derive(Clone, Copy)]
struct Target<'a> {
    data: *mut Elem,
    strides: [usize; 2],
    alpha: Elem,
    beta: Elem,
    /// One number a column.
    bias: Option<&'a [Elem]>,
}

/// C ← α·A·B + β·C with A `[m, k]`, B `[k, n]`, C `[m, n]`, on the calling thread.
///
/// Element (i, j) of a matrix is `slice[i·strides[0] + j·strides[1]]`, so a transpose is a swap of strides, and a stride of 0
/// repeats a row or column of A or B. With β = 0 C is only written, whatever it holds (NaN included); with k = 0 or α = 0
/// the product is 0, and A and B are not read. Each element's sum runs over k in one order that depends on k alone, so a caller may split the rows of C
/// as it likes.
///
/// # Panics
/// If a matrix reaches beyond its slice, or two elements of C are one (a stride of 0, or rows that overlap columns).
#[track_caller]
pub fn gemm(
    m: usize,
    k: usize,
    n: usize,
    alpha: Elem,
    a: &[Elem],
    a_strides: [usize; 2],
    b: &[Elem],
    b_strides: [usize; 2],
    beta: Elem,
    c: &mut [Elem],
    c_strides: [usize; 2],
) {
    let (a, b) = (Matrix { data: a, strides: a_strides }, Matrix { data: b, strides: b_strides });
    checked_product(Precision::F32, [m, k, n], a, b, (alpha, beta), c, c_strides);
}

/// The product itself, by the kernels of the current level.
///
/// # Safety
/// The factors reach no further than their slices; `c` points to m·n elements that are this call's alone, each at a place of
/// its own; its bias holds n numbers. For bf16 the processor has it.
unsafe fn product(precision: Precision, [m, k, n]: [usize; 3], a: Matrix, b: Matrix, c: Target) {
    if m == 0 || n == 0 {
        return;
    }
    // SAFETY: the contract is that of the functions; `current` gives only levels that the processor has.
    unsafe {
        if k == 0 || c.alpha == 0.0 {
            return without_product([m, n], c);
        }
        match (crate::level::current(), precision) {
            #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
            (Level::Avx512, Precision::Bf16) => blocked::gemm::<simd::bf16::Pairs>(m, k, n, a, b, c),
            #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
            (Level::Avx512, Precision::F32) => blocked::gemm::<simd::avx512::Vector>(m, k, n, a, b, c),
            #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
            (Level::Avx2, _) => blocked::gemm::<simd::avx2::Vector>(m, k, n, a, b, c),
            _ => portable::gemm(m, k, n, a, b, c),
        }
    }
}

/// Whether [`gemm_bf16`] can run: the processor has AVX512-BF16 and the level is AVX-512.
pub fn bf16_available() -> bool {
    #[cfg(all(target_arch = "x86_64", not(feature = "f64")))]
    return crate::level::current() == Level::Avx512 && is_x86_feature_detected!("avx512bf16");
    #[cfg(not(all(target_arch = "x86_64", not(feature = "f64"))))]
    return false;
}

/// [`gemm()`] with A and B rounded to bf16 (8 significant bits, to nearest, ties to even); their products are summed in `f32`.
///
/// Relative to the sizes of the factors an element is off by up to 2⁻⁸ a term, at random rather 2⁻⁹/√k of the sum of sizes.
/// Terms of a sum are taken in pairs, in one order that depends on k alone; subnormal factors count as 0.
///
/// # Panics
/// As [`gemm()`], and if not [`bf16_available`].
#[track_caller]
pub fn gemm_bf16(
    m: usize,
    k: usize,
    n: usize,
    alpha: Elem,
    a: &[Elem],
    a_strides: [usize; 2],
    b: &[Elem],
    b_strides: [usize; 2],
    beta: Elem,
    c: &mut [Elem],
    c_strides: [usize; 2],
) {
    let (a, b) = (Matrix { data: a, strides: a_strides }, Matrix { data: b, strides: b_strides });
    checked_product(Precision::Bf16, [m, k, n], a, b, (alpha, beta), c, c_strides);
}

/// The product into a slice, after the checks.
///
/// # Panics
/// If a matrix reaches beyond its slice, two elements of C are one, or the precision is not available.
#[track_caller]
fn checked_product(
    precision: Precision,
    [m, k, n]: [usize; 3],
    a: Matrix,
    b: Matrix,
    (alpha, beta): (Elem, Elem),
    c: &mut [Elem],
    c_strides: [usize; 2],
) {
    assert!(
        precision.is_available(),
        "gemm_{precision}: this processor, or the kernel level {}, has no {precision}",
        crate::level::current()
    );
    check_factors([m, k, n], a, b);
    if m > 0 && n > 0 {
        fits("C", [m, n], c_strides, c.len());
        distinct([m, n], c_strides);
    }
    let c = Target { data: c.as_mut_ptr(), strides: c_strides, alpha, beta, bias: None };
    // SAFETY: the factors lie inside their slices and C inside its own, where no two of its elements are one; the processor has
    // the precision.
    unsafe { product(precision, [m, k, n], a, b, c) };
}

/// Panics if a factor reaches beyond its slice.
#[track_caller]
fn check_factors([m, k, n]: [usize; 3], a: Matrix, b: Matrix) {
    if m > 0 && n > 0 {
        fits("A", [m, k], a.strides, a.data.len());
        fits("B", [k, n], b.strides, b.data.len());
    }
}

/// Panics if the last element of a matrix lies beyond its slice.
#[track_caller]
fn fits(name: &str, shape: [usize; 2], strides: [usize; 2], len: usize) {
    if shape.contains(&0) {
        return;
    }
    let reach = |axis: usize| (shape[axis] - 1).checked_mul(strides[axis]);
    let last = reach(0).zip(reach(1)).and_then(|(rows, columns)| rows.checked_add(columns));
    assert!(
        last.is_some_and(|last| last < len),
        "gemm: {name} of shape {shape:?} with strides {strides:?} reaches beyond its slice of {len} numbers"
    );
}

/// Panics if two elements of C share a place: one axis must step over the whole of the other.
#[track_caller]
fn distinct(shape: [usize; 2], strides: [usize; 2]) {
    let (inner, outer) = if strides[0] <= strides[1] { (0, 1) } else { (1, 0) };
    let inner_stands_apart = shape[inner] == 1 || strides[inner] > 0;
    let outer_stands_apart = shape[outer] == 1 || strides[outer] > (shape[inner] - 1) * strides[inner];
    assert!(
        inner_stands_apart && outer_stands_apart,
        "gemm: elements of C overlap: shape {shape:?} with strides {strides:?}"
    );
}

/// C ← β·C + bias: what is left where there is nothing to multiply.
///
/// # Safety
/// As for [`product`].
unsafe fn without_product([m, n]: [usize; 2], c: Target) {
    for i in 0..m {
        for j in 0..n {
            // SAFETY: the place of an element of C.
            let c_ij = unsafe { &mut *c.data.add(i * c.strides[0] + j * c.strides[1]) };
            let kept = if c.beta == 0.0 { 0.0 } else { c.beta * *c_ij };
            *c_ij = c.bias.map_or(kept, |bias| kept + bias[j]);
        }
    }
}
