//! The product of any processor and of the `f64` tests: `matrixmultiply`.
#![allow(unsafe_code)] // `matrixmultiply` takes raw pointers

use super::{Matrix, Target};
use crate::Elem;

#[cfg(feature = "f64")]
use matrixmultiply::dgemm as product;
#[cfg(not(feature = "f64"))]
use matrixmultiply::sgemm as product;

/// C ← α·A·B + β·C + bias; see [`gemm()`](super::gemm).
///
/// `matrixmultiply` rounds α·A·B + β·C otherwise inside than at the edge of its tiles, so that a row's bits would depend on
/// which rows are computed with it; with α = 1 and β = 0 or 1 there is nothing to round. Other factors are applied apart.
///
/// # Safety
/// As for [`product`](super::product).
pub(super) unsafe fn gemm(m: usize, k: usize, n: usize, a: Matrix, b: Matrix, c: Target) {
    let place = |i: usize, j: usize| c.data.wrapping_add(i * c.strides[0] + j * c.strides[1]);
    let plain_scale = c.alpha == 1.0 && (c.beta == 0.0 || c.beta == 1.0);
    // SAFETY: by the contract above; `ab` is a matrix of its own.
    unsafe {
        if plain_scale {
            plain(m, k, n, a, b, c.beta, c.data, c.strides);
        } else {
            let mut ab = vec![0.0; m * n];
            plain(m, k, n, a, b, 0.0, ab.as_mut_ptr(), [n, 1]);
            for i in 0..m {
                for j in 0..n {
                    let kept = if c.beta == 0.0 { 0.0 } else { c.beta * *place(i, j) };
                    *place(i, j) = c.alpha * ab[i * n + j] + kept;
                }
            }
        }
        if let Some(bias) = c.bias {
            for i in 0..m {
                for (j, bias) in bias.iter().enumerate() {
                    *place(i, j) += bias;
                }
            }
        }
    }
}

/// C ← A·B + β·C
///
/// # Safety
/// As for [`gemm`].
unsafe fn plain(m: usize, k: usize, n: usize, a: Matrix, b: Matrix, beta: Elem, c: *mut Elem, c_strides: [usize; 2]) {
    let step = |stride: usize| stride as isize;
    // SAFETY: every element of the three matrices lies where the caller says (so strides are below isize::MAX wherever they
    // are used), and no two elements of C are one. An axis of length 1 is never stepped along, so what its stride is cast to
    // does not matter.
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
            c,
            step(c_strides[0]),
            step(c_strides[1]),
        );
    }
}
