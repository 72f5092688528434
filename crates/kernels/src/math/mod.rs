//! exp, tanh, erf and what follows from them, without a branch and without a call of a library, so that a loop over them
//! becomes vector code. The standard library's functions are calls, one element at a time.
//!
//! Accuracy for `f32`, measured against `f64` over a dense sample of all bit patterns by the tests at the end:
//!
//! | function | error | at −∞, +∞, NaN |
//! |---|---|---|
//! | [`exp`] | ≤ 1 ulp where the result is normal; results below 1.2e-38 round to a subnormal or 0 | 0, ∞, NaN |
//! | [`tanh`] | ≤ 2e-7 and ≤ 4 ulp | −1, 1, NaN |
//! | [`erf`] | ≤ 4e-7 and ≤ 7 ulp | −1, 1, NaN |
//! | [`sigmoid`] | ≤ 2e-7 | 0, 1, NaN |
//! | [`softplus`] | ≤ 4 ulp | 0, ∞, NaN |
//! | [`normal_cdf`] | ≤ 3e-7 | 0, 1, NaN |
//!
//! Under the feature `f64` the standard library and a series for erf (≤ 1e-13) take their place.

use crate::Elem;
use crate::dispatch::{MulAdd, TwoRoundings};

#[cfg(feature = "f64")]
mod double;
#[cfg(feature = "f64")]
use double as formulas;

#[cfg(not(feature = "f64"))]
mod single;
#[cfg(not(feature = "f64"))]
use single as formulas;

/// eˣ
#[inline(always)]
pub fn exp(x: Elem) -> Elem {
    exp_with::<TwoRoundings>(x)
}

/// tanh x = (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ)
#[inline(always)]
pub fn tanh(x: Elem) -> Elem {
    tanh_with::<TwoRoundings>(x)
}

/// erf x = 2/√π · ∫₀ˣ e^(−t²) dt
#[inline(always)]
pub fn erf(x: Elem) -> Elem {
    erf_with::<TwoRoundings>(x)
}

/// σ(x) = 1/(1 + e⁻ˣ)
#[inline(always)]
pub fn sigmoid(x: Elem) -> Elem {
    sigmoid_with::<TwoRoundings>(x)
}

/// ln(1 + eˣ)
#[inline(always)]
pub fn softplus(x: Elem) -> Elem {
    softplus_with::<TwoRoundings>(x)
}

/// Φ(x) = ½(1 + erf(x/√2)), the probability that a standard normal variable is below x.
#[inline(always)]
pub fn normal_cdf(x: Elem) -> Elem {
    normal_cdf_with::<TwoRoundings>(x)
}

pub(crate) use formulas::{erf_with, exp_with, softplus_with, tanh_with};

/// See [`sigmoid`].
#[inline(always)]
pub(crate) fn sigmoid_with<F: MulAdd>(x: Elem) -> Elem {
    1.0 / (1.0 + exp_with::<F>(-x))
}

/// See [`normal_cdf`].
#[inline(always)]
pub(crate) fn normal_cdf_with<F: MulAdd>(x: Elem) -> Elem {
    F::mul_add(0.5, erf_with::<F>(x * std::f64::consts::FRAC_1_SQRT_2 as Elem), 0.5)
}

/// φ(x) = e^(−x²/2)/√(2π), the derivative of Φ.
#[inline(always)]
pub(crate) fn normal_pdf_with<F: MulAdd>(x: Elem) -> Elem {
    const INV_SQRT_TAU: f64 = 0.398_942_280_401_432_7;
    INV_SQRT_TAU as Elem * exp_with::<F>(-0.5 * x * x)
}

#[cfg(all(test, not(feature = "f64")))]
mod tests {
    use crate::level::{self, Level};
    use crate::{elementwise, reference};

    /// Every `STRIDE`th bit pattern of an `f32`: all exponents and signs, NaNs and subnormals.
    const STRIDE: usize = 257;
    const BLOCK: usize = 4096;

    /// The largest error of a kernel over the sample, absolute and in ulp of the exact result (of those that are normal).
    fn errors(level: Level, kernel: fn(&[f32], &mut [f32]), exact: fn(f64) -> f64) -> (f64, f64) {
        let (mut absolute, mut ulps) = (0.0f64, 0.0f64);
        let mut y = [0.0; BLOCK];
        let patterns: Vec<u32> = (0..=u32::MAX).step_by(STRIDE).collect();
        for patterns in patterns.chunks(BLOCK) {
            let x: Vec<f32> = patterns.iter().map(|&bits| f32::from_bits(bits)).collect();
            let y = &mut y[..x.len()];
            level::with_level(level, || kernel(&x, y));
            for (&x, &y) in x.iter().zip(y.iter()) {
                let expected = exact(x as f64);
                if expected.is_nan() || (expected as f32).is_infinite() {
                    assert!(expected.is_nan() == y.is_nan(), "{level}: f({x}) = {y}, expected {expected}");
                    // Within an ulp of overflow either side is right.
                    assert!(y.is_nan() || y == expected as f32 || y > 3.402_82e38, "{level}: f({x}) = {y}");
                    continue;
                }
                let error = (y as f64 - expected).abs();
                assert!(error.is_finite() || expected > 3.402_82e38, "{level}: f({x}) = {y}, expected {expected}");
                let exponent = expected.abs().log2().floor();
                if exponent >= -126.0 {
                    ulps = ulps.max(error / (exponent - 23.0).exp2());
                }
                if expected.abs() <= 1.0 {
                    absolute = absolute.max(error);
                }
            }
        }
        (absolute, ulps)
    }

    fn check(kernel: fn(&[f32], &mut [f32]), exact: fn(f64) -> f64, most_absolute: f64, most_ulps: f64) {
        for level in level::available() {
            let (absolute, ulps) = errors(level, kernel, exact);
            assert!(
                absolute <= most_absolute && ulps <= most_ulps,
                "{level}: error {absolute:e} near 0 to 1, {ulps} ulp; promised {most_absolute:e} and {most_ulps}"
            );
        }
    }

    #[test]
    fn exp_is_right_within_an_ulp() {
        check(elementwise::exp, f64::exp, 1.2e-7, 1.0);
    }

    #[test]
    fn tanh_is_right() {
        check(elementwise::tanh, f64::tanh, 2e-7, 4.0);
    }

    #[test]
    fn erf_is_right() {
        check(elementwise::erf, reference::math::erf, 4e-7, 7.0);
    }

    #[test]
    fn sigmoid_is_right() {
        check(elementwise::sigmoid, |x| 1.0 / (1.0 + (-x).exp()), 2e-7, f64::INFINITY);
    }

    #[test]
    fn softplus_is_right() {
        check(elementwise::softplus, |x| x.max(0.0) + (-x.abs()).exp().ln_1p() + 0.0 * x, 2e-7, 4.0);
    }

    #[test]
    fn the_plain_functions_are_the_portable_kernels() {
        let x = [-90.0, -3.5, -0.1, 0.0, 0.7, 2.0, 20.0, 100.0];
        let mut y = [0.0; 8];
        type Plain = fn(f32) -> f32;
        type Kernel = fn(&[f32], &mut [f32]);
        let pairs: [(Plain, Kernel); 5] = [
            (super::exp, elementwise::exp),
            (super::tanh, elementwise::tanh),
            (super::erf, elementwise::erf),
            (super::sigmoid, elementwise::sigmoid),
            (super::softplus, elementwise::softplus),
        ];
        for (plain, kernel) in pairs {
            level::with_level(Level::Portable, || kernel(&x, &mut y));
            assert_eq!(x.map(plain), y);
        }
        assert_eq!(super::normal_cdf(0.0), 0.5);
        assert!((super::normal_cdf(1.0) - 0.841_344_7).abs() < 2e-7);
    }

    #[test]
    fn limits_are_exact() {
        const INFINITY: f32 = f32::INFINITY;
        for level in level::available() {
            let at = |kernel: fn(&[f32], &mut [f32])| {
                let mut y = [0.0; 3];
                level::with_level(level, || kernel(&[-INFINITY, 0.0, INFINITY], &mut y));
                y
            };
            assert_eq!(at(elementwise::exp), [0.0, 1.0, INFINITY]);
            assert_eq!(at(elementwise::tanh), [-1.0, 0.0, 1.0]);
            assert_eq!(at(elementwise::erf), [-1.0, 0.0, 1.0]);
            assert_eq!(at(elementwise::sigmoid), [0.0, 0.5, 1.0]);
            let [low, _, high] = at(elementwise::softplus);
            assert_eq!([low, high], [0.0, INFINITY]);
        }
    }
}
