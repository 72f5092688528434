//! The product of any processor and of the `f64` tests: `matrixmultiply`.
#![allow(unsafe_code)] // `matrixmultiply` takes raw pointers

use super::Matrix;
use crate::Elem;

#[cfg(feature = "f64")]
use matrixmultiply::dgemm as product;
#[cfg(not(feature = "f64"))]
use matrixmultiply::sgemm as product;

/// C ← α·A·B + β·C; see [`gemm()`](super::gemm), which has checked that the matrices fit their slices.
///
/// `matrixmultiply` rounds α·A·B + β·C otherwise inside than at the edge of its tiles, so that a row's bits would depend on
/// which rows are computed with it; with α = 1 and β = 0 or 1 there is nothing to round. Other factors are applied apart.
pub(super) fn gemm(
    m: usize,
    k: usize,
    n: usize,
    alpha: Elem,
    a: Matrix,
    b: Matrix,
    beta: Elem,
    c: &mut [Elem],
    c_strides: [usize; 2],
) {
    if alpha == 1.0 && (beta == 0.0 || beta == 1.0) {
        plain(m, k, n, a, b, beta, c, c_strides);
        return;
    }
    if beta == 0.0 {
        plain(m, k, n, a, b, 0.0, c, c_strides);
        super::scale([m, n], alpha, c, c_strides);
        return;
    }
    let mut ab = vec![0.0; m * n];
    plain(m, k, n, a, b, 0.0, &mut ab, [n, 1]);
    for i in 0..m {
        for j in 0..n {
            let c = &mut c[i * c_strides[0] + j * c_strides[1]];
            *c = alpha * ab[i * n + j] + beta * *c;
        }
    }
}

/// C ← A·B + β·C
fn plain(m: usize, k: usize, n: usize, a: Matrix, b: Matrix, beta: Elem, c: &mut [Elem], c_strides: [usize; 2]) {
    let step = |stride: usize| stride as isize;
    // SAFETY: every element of the three matrices lies inside its slice (checked by `fits`, so strides are below
    // isize::MAX wherever they are used), no two elements of C are one (`distinct`), and C is borrowed mutably. An axis of
    // length 1 is never stepped along, so what its stride is cast to does not matter.
    unsafe {
        product(
            m,
            k,
            n,
            1.0,
            a.data.as_ptr(),
            step(a.strides[0]),
            step(a.strides[1]),
            b.data.as_ptr(),
            step(b.strides[0]),
            step(b.strides[1]),
            beta,
            c.as_mut_ptr(),
            step(c_strides[0]),
            step(c_strides[1]),
        );
    }
}
