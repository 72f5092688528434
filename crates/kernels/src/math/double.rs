//! The `f64` formulas of the test-only element type: the standard library's, and the reference's erf.

use crate::dispatch::MulAdd;

/// eˣ
#[inline(always)]
pub(crate) fn exp_with<F: MulAdd>(x: f64) -> f64 {
    x.exp()
}

/// tanh x
#[inline(always)]
pub(crate) fn tanh_with<F: MulAdd>(x: f64) -> f64 {
    x.tanh()
}

/// erf x
#[inline(always)]
pub(crate) fn erf_with<F: MulAdd>(x: f64) -> f64 {
    crate::reference::math::erf(x)
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + e^(−|x|))
#[inline(always)]
pub(crate) fn softplus_with<F: MulAdd>(x: f64) -> f64 {
    let log = (-x.abs()).exp().ln_1p();
    log + if x < 0.0 { 0.0 } else { x }
}
