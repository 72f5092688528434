//! The `f32` formulas. The coefficients are weighted minimax fits made for this crate.

use crate::dispatch::MulAdd;

/// 1/ln 2
const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 in two parts: the first has so few bits that n·LN2_HIGH is exact for every n that occurs.
const LN2_HIGH: f32 = 355.0 / 512.0;
const LN2_LOW: f32 = -2.121_944_4e-4;
/// Adding 1.5·2²³ leaves no bit for a fraction: the sum's low bits are the nearest integer.
const ROUND: f32 = 12_582_912.0;

/// The power of two nearest to eˣ, and what remains: x = n·ln 2 + r with |r| ≤ ½ ln 2.
#[inline(always)]
fn reduce<F: MulAdd>(x: f32) -> (i32, f32) {
    let shifted = F::mul_add(x, LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = F::mul_add(n, -LN2_LOW, F::mul_add(n, -LN2_HIGH, x));
    ((shifted.to_bits() as i32).wrapping_sub(ROUND.to_bits() as i32), r)
}

/// eʳ − 1 − r for |r| ≤ ½ ln 2, error 4e-9 of 1.
#[inline(always)]
fn exp_tail<F: MulAdd>(r: f32) -> f32 {
    let q = 0.001_395_059_4;
    let q = F::mul_add(q, r, 0.008_368_954);
    let q = F::mul_add(q, r, 0.041_666_204);
    let q = F::mul_add(q, r, 0.166_665_18);
    let q = F::mul_add(q, r, 0.5);
    q * (r * r)
}

/// 2ⁿ for −126 ≤ n ≤ 127, made by writing the exponent.
#[inline(always)]
fn power_of_two(n: i32) -> f32 {
    f32::from_bits((n.wrapping_add(127) as u32) << 23)
}

/// `x` held between `low` and `high`; a NaN passes.
#[inline(always)]
fn hold(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// eˣ = 2ⁿ·eʳ. The power is multiplied in two halves, so that results run smoothly into the subnormals below and to ∞ above.
#[inline(always)]
pub(crate) fn exp_with<F: MulAdd>(x: f32) -> f32 {
    let (n, r) = reduce::<F>(hold(x, -105.0, 90.0));
    let half = n >> 1;
    (1.0 + (r + exp_tail::<F>(r))) * power_of_two(half) * power_of_two(n.wrapping_sub(half))
}

/// tanh |x| = m/(m + 2) with m = e^(2|x|) − 1, which is accurate also where tanh x ≈ x; the sign is put back at the end.
#[inline(always)]
pub(crate) fn tanh_with<F: MulAdd>(x: f32) -> f32 {
    let (n, r) = reduce::<F>(hold(2.0 * x.abs(), 0.0, 20.0));
    let two_to_n = power_of_two(n);
    let m = F::mul_add(two_to_n, r + exp_tail::<F>(r), two_to_n - 1.0);
    (m / (m + 2.0)).copysign(x)
}

/// erf x = x·P(x²)/Q(x²) up to |x| = 3.92, where erf is 1 within half an ulp; a fit of relative error 1.9e-8.
#[inline(always)]
pub(crate) fn erf_with<F: MulAdd>(x: f32) -> f32 {
    const END: f32 = 3.92;
    let held = hold(x, -END, END);
    let z = held * held;
    let p = 2.050_079_5e-6;
    let p = F::mul_add(p, z, 2.848_791_4e-4);
    let p = F::mul_add(p, z, 0.003_765_524);
    let p = F::mul_add(p, z, 0.052_748_42);
    let p = F::mul_add(p, z, 0.190_404_49);
    let p = F::mul_add(p, z, std::f32::consts::FRAC_2_SQRT_PI);
    let q = 3.809_145_6e-5;
    let q = F::mul_add(q, z, 0.001_162_510_5);
    let q = F::mul_add(q, z, 0.014_969_027);
    let q = F::mul_add(q, z, 0.114_108_26);
    let q = F::mul_add(q, z, 0.502_074_3);
    let q = F::mul_add(q, z, 1.0);
    let inside = held * p / q;
    if x.abs() > END { 1.0f32.copysign(x) } else { inside }
}

/// ln(1 + eˣ) = max(x, 0) + ln(1 + u) with u = e^(−|x|) ≤ 1, and ln(1 + u) = 2·artanh s with s = u/(2 + u) ≤ ⅓.
#[inline(always)]
pub(crate) fn softplus_with<F: MulAdd>(x: f32) -> f32 {
    let u = exp_with::<F>(-x.abs());
    let s = u / (2.0 + u);
    let z = s * s;
    let h = 0.121_504_74;
    let h = F::mul_add(h, z, 0.107_138_27);
    let h = F::mul_add(h, z, 0.143_084_43);
    let h = F::mul_add(h, z, 0.199_994_39);
    let h = F::mul_add(h, z, 0.333_333_38);
    let log = 2.0 * F::mul_add(s, h * z, s);
    log + if x < 0.0 { 0.0 } else { x }
}
