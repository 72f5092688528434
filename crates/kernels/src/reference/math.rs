//! Functions of one number.

use crate::Elem;

/// eˣ
pub fn exp(x: Elem) -> Elem {
    x.exp()
}

/// tanh x
pub fn tanh(x: Elem) -> Elem {
    x.tanh()
}

/// σ(x) = 1/(1 + e⁻ˣ)
pub fn sigmoid(x: Elem) -> Elem {
    1.0 / (1.0 + (-x).exp())
}

/// ln(1 + eˣ), with the larger of the two terms taken out so that nothing overflows.
pub fn softplus(x: Elem) -> Elem {
    if x.is_nan() {
        return x;
    }
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Φ(x) = ½(1 + erf(x/√2))
pub fn normal_cdf(x: Elem) -> Elem {
    (0.5 * (1.0 + erf(x as f64 / std::f64::consts::SQRT_2))) as Elem
}

/// x rounded to the 8 significant bits of bf16, to nearest, ties to even.
#[allow(clippy::unnecessary_cast)] // the casts do something where elements are f64
pub fn to_bf16(x: Elem) -> Elem {
    let bits = (x as f32).to_bits();
    if x.is_nan() {
        return x;
    }
    // Half of the last bit that stays, less one where that bit is 0 already, carries upwards exactly when it should.
    let rounded = bits + 0x7fff + (bits >> 16 & 1);
    f32::from_bits(rounded & 0xffff_0000) as Elem
}

/// erf x in `f64`, error below 1e-13.
///
/// Up to |x| = 2.5 the series e^(−x²)·2x/√π·Σ (2x²)ⁿ/(1·3·5···(2n+1)), all of whose terms are positive (Abramowitz and Stegun
/// 7.1.6); beyond it, 1 minus the continued fraction of erfc (7.1.14), evaluated from its end.
pub fn erf(x: f64) -> f64 {
    let z = x.abs();
    let magnitude = if z.is_nan() {
        return x;
    } else if z < 2.5 {
        let mut term = 1.0;
        let mut sum = 1.0;
        let mut odd = 1.0;
        while term > 1e-17 * sum {
            odd += 2.0;
            term *= 2.0 * z * z / odd;
            sum += term;
        }
        std::f64::consts::FRAC_2_SQRT_PI * z * (-z * z).exp() * sum
    } else if z < 6.0 {
        let fraction = (1..=80).rev().fold(z, |tail, n| z + n as f64 / 2.0 / tail);
        1.0 - (-z * z).exp() * std::f64::consts::FRAC_2_SQRT_PI / 2.0 / fraction
    } else {
        1.0
    };
    magnitude.copysign(x)
}

#[cfg(test)]
mod tests {
    use super::{erf, to_bf16};

    #[test]
    fn bf16_keeps_eight_bits_and_ties_go_to_even() {
        for (x, rounded) in [(1.0, 1.0), (257.0, 256.0), (259.0, 260.0), (258.0, 258.0), (-1.001, -1.0)] {
            assert_eq!(to_bf16(x), rounded);
        }
        assert!(to_bf16(crate::Elem::NAN).is_nan());
    }

    #[test]
    fn erf_has_its_published_values() {
        // Abramowitz and Stegun, table 7.1, and beyond it the asymptotic values of erfc.
        for (x, value) in [
            (0.0, 0.0),
            (0.1, 0.112_462_916_018_284_9),
            (0.5, 0.520_499_877_813_046_5),
            (1.0, 0.842_700_792_949_714_9),
            (2.0, 0.995_322_265_018_952_7),
            (2.5, 0.999_593_047_982_555),
            (3.0, 0.999_977_909_503_001_4),
            (4.0, 0.999_999_984_582_742_1),
            (7.0, 1.0),
        ] {
            assert!((erf(x) - value).abs() < 1e-13, "erf({x}) = {}", erf(x));
            assert_eq!(erf(-x), -erf(x));
        }
        assert!(erf(f64::NAN).is_nan());
    }

    #[test]
    fn the_series_and_the_fraction_meet() {
        let slope = std::f64::consts::FRAC_2_SQRT_PI * (-6.25f64).exp();
        assert!((erf(2.5) - erf(2.5 - 1e-9) - slope * 1e-9).abs() < 1e-14);
    }
}
