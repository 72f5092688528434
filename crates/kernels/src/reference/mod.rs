//! Every kernel again, as plain loops with the standard library's functions: slow, obvious, and with the same signatures.
//!
//! Here a reader sees what a kernel computes; the tests hold each kernel of each level against it.

pub mod attention;
pub mod cross_entropy;
pub mod elementwise;
pub mod math;
pub mod norm;
pub mod optim;
pub mod recurrent;
pub mod reduce;
pub mod softmax;

use crate::Elem;

/// C ← α·A·B + β·C; see [`crate::gemm()`].
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
    for i in 0..m {
        for j in 0..n {
            let mut sum = 0.0;
            for p in 0..k {
                sum += a[i * a_strides[0] + p * a_strides[1]] * b[p * b_strides[0] + j * b_strides[1]];
            }
            let c = &mut c[i * c_strides[0] + j * c_strides[1]];
            *c = if beta == 0.0 { alpha * sum } else { alpha * sum + beta * *c };
        }
    }
}

/// y ← W·x + bias; see [`crate::gemv()`].
pub fn gemv(w: &[Elem], x: &[Elem], bias: Option<&[Elem]>, y: &mut [Elem]) {
    for (o, y) in y.iter_mut().enumerate() {
        *y = reduce::dot(&w[o * x.len()..][..x.len()], x) + bias.map_or(0.0, |bias| bias[o]);
    }
}

/// [`gemm`] of factors rounded to bf16; see [`crate::gemm_bf16`].
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
    let (a, b): (Vec<Elem>, Vec<Elem>) =
        (a.iter().map(|&x| math::to_bf16(x)).collect(), b.iter().map(|&x| math::to_bf16(x)).collect());
    gemm(m, k, n, alpha, &a, a_strides, &b, b_strides, beta, c, c_strides);
}
