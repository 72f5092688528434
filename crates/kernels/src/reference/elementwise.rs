//! One number in, one number out; see [`crate::elementwise`].

use super::math;
use crate::Elem;

fn map(x: &[Elem], y: &mut [Elem], f: impl Fn(Elem) -> Elem) {
    assert_eq!(x.len(), y.len());
    for i in 0..x.len() {
        y[i] = f(x[i]);
    }
}

fn zip(a: &[Elem], b: &[Elem], out: &mut [Elem], f: impl Fn(Elem, Elem) -> Elem) {
    assert!(a.len() == b.len() && a.len() == out.len());
    for i in 0..a.len() {
        out[i] = f(a[i], b[i]);
    }
}

/// φ(x) = e^(−x²/2)/√(2π)
fn normal_pdf(x: Elem) -> Elem {
    (-x * x / 2.0).exp() / (std::f64::consts::TAU.sqrt() as Elem)
}

/// The inner function of GELU's tanh form.
fn gelu_tanh_u(x: Elem) -> Elem {
    ((2.0 / std::f64::consts::PI).sqrt() as Elem) * (x + 0.044715 * x * x * x)
}

/// y = eˣ
pub fn exp(x: &[Elem], y: &mut [Elem]) {
    map(x, y, math::exp);
}

/// y = tanh x
pub fn tanh(x: &[Elem], y: &mut [Elem]) {
    map(x, y, math::tanh);
}

/// dx = g·(1 − y²)
pub fn tanh_backward(y: &[Elem], g: &[Elem], dx: &mut [Elem]) {
    zip(y, g, dx, |y, g| g * (1.0 - y * y));
}

/// y = σ(x)
pub fn sigmoid(x: &[Elem], y: &mut [Elem]) {
    map(x, y, math::sigmoid);
}

/// dx = g·y·(1 − y)
pub fn sigmoid_backward(y: &[Elem], g: &[Elem], dx: &mut [Elem]) {
    zip(y, g, dx, |y, g| g * y * (1.0 - y));
}

/// y = max(x, 0)
pub fn relu(x: &[Elem], y: &mut [Elem]) {
    map(x, y, |x| if x < 0.0 { 0.0 } else { x });
}

/// dx = g where x > 0
pub fn relu_backward(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
    zip(x, g, dx, |x, g| if x <= 0.0 { 0.0 } else { g });
}

/// y = x·Φ(x)
pub fn gelu(x: &[Elem], y: &mut [Elem]) {
    map(x, y, |x| x * math::normal_cdf(x));
}

/// dx = g·(Φ(x) + x·φ(x))
pub fn gelu_backward(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
    zip(x, g, dx, |x, g| g * (math::normal_cdf(x) + x * normal_pdf(x)));
}

/// y = ½x(1 + tanh u)
pub fn gelu_tanh(x: &[Elem], y: &mut [Elem]) {
    map(x, y, |x| 0.5 * x * (1.0 + gelu_tanh_u(x).tanh()));
}

/// dx = g·(½(1 + tanh u) + ½x(1 − tanh² u)·u′)
pub fn gelu_tanh_backward(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
    zip(x, g, dx, |x, g| {
        let t = gelu_tanh_u(x).tanh();
        let slope = ((2.0 / std::f64::consts::PI).sqrt() as Elem) * (1.0 + 3.0 * 0.044715 * x * x);
        // Where tanh has reached ±1 its slope is 0, also where the cubic overflows.
        let curve = if t.abs() == 1.0 { 0.0 } else { 0.5 * x * (1.0 - t * t) * slope };
        g * (0.5 * (1.0 + t) + curve)
    });
}

/// y = x·σ(x)
pub fn silu(x: &[Elem], y: &mut [Elem]) {
    map(x, y, |x| x * math::sigmoid(x));
}

/// dx = g·σ(x)·(1 + x·(1 − σ(x)))
pub fn silu_backward(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
    zip(x, g, dx, |x, g| {
        let s = math::sigmoid(x);
        g * s * (1.0 + x * (1.0 - s))
    });
}

/// y = ln(1 + eˣ)
pub fn softplus(x: &[Elem], y: &mut [Elem]) {
    map(x, y, math::softplus);
}

/// dx = g·σ(x)
pub fn softplus_backward(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
    zip(x, g, dx, |x, g| g * math::sigmoid(x));
}

/// y = erf x
pub fn erf(x: &[Elem], y: &mut [Elem]) {
    map(x, y, |x| math::erf(x as f64) as Elem);
}

/// dx = g·2/√π·e^(−x²)
pub fn erf_backward(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
    zip(x, g, dx, |x, g| g * (std::f64::consts::FRAC_2_SQRT_PI as Elem) * (-x * x).exp());
}

/// y = √x
pub fn sqrt(x: &[Elem], y: &mut [Elem]) {
    map(x, y, Elem::sqrt);
}

/// out = a + b
pub fn add(a: &[Elem], b: &[Elem], out: &mut [Elem]) {
    zip(a, b, out, |a, b| a + b);
}

/// out = a − b
pub fn sub(a: &[Elem], b: &[Elem], out: &mut [Elem]) {
    zip(a, b, out, |a, b| a - b);
}

/// out = a·b
pub fn mul(a: &[Elem], b: &[Elem], out: &mut [Elem]) {
    zip(a, b, out, |a, b| a * b);
}

/// out = a/b
pub fn div(a: &[Elem], b: &[Elem], out: &mut [Elem]) {
    zip(a, b, out, |a, b| a / b);
}

/// y ← y + x
pub fn add_assign(y: &mut [Elem], x: &[Elem]) {
    axpy(1.0, x, y);
}

/// y ← y + α·x
pub fn axpy(alpha: Elem, x: &[Elem], y: &mut [Elem]) {
    assert_eq!(x.len(), y.len());
    for i in 0..x.len() {
        y[i] += alpha * x[i];
    }
}

/// y ← α·y
pub fn scale(alpha: Elem, y: &mut [Elem]) {
    for y in y {
        *y *= alpha;
    }
}

/// `out[i, :] = x[i, :] + row`
pub fn add_row(x: &[Elem], row: &[Elem], out: &mut [Elem]) {
    assert_eq!(x.len(), out.len());
    for i in 0..x.len() {
        out[i] = x[i] + row[i % row.len()];
    }
}

/// `out[i, :] = x[i, :]·row`
pub fn mul_row(x: &[Elem], row: &[Elem], out: &mut [Elem]) {
    assert_eq!(x.len(), out.len());
    for i in 0..x.len() {
        out[i] = x[i] * row[i % row.len()];
    }
}
