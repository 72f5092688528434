//! One number in, one number out: activations with their gradients, and sums and products of slices.
//!
//! Every function takes slices of equal length and panics, with the lengths, if they differ. A `*_backward` function gets
//! the upstream gradient `g` = ∂L/∂y and writes `dx` = ∂L/∂x = g·y′(x), from x or, where that is cheaper, from y.

use crate::Elem;
use crate::dispatch::MulAdd;
use crate::math::{erf_with, exp_with, normal_cdf_with, normal_pdf_with, sigmoid_with, softplus_with, tanh_with};
use crate::rows::{count, exactly, same_length};

/// y ← f(x)
#[inline(always)]
fn map(operation: &str, x: &[Elem], y: &mut [Elem], f: impl Fn(Elem) -> Elem) {
    same_length(operation, x.len(), [y.len()]);
    for (y, &x) in y.iter_mut().zip(x) {
        *y = f(x);
    }
}

/// out ← f(a, b)
#[inline(always)]
fn zip(operation: &str, a: &[Elem], b: &[Elem], out: &mut [Elem], f: impl Fn(Elem, Elem) -> Elem) {
    same_length(operation, a.len(), [b.len(), out.len()]);
    for ((out, &a), &b) in out.iter_mut().zip(a).zip(b) {
        *out = f(a, b);
    }
}

/// GELU in its tanh form, with the gate written as σ(2u) = ½(1 + tanh u):
/// u = √(2/π)·(x + 0.044715 x³), and the derivative of 2u.
#[inline(always)]
fn gelu_tanh_gate<F: MulAdd>(x: Elem) -> (Elem, Elem) {
    const TWO_SQRT_2_OVER_PI: f64 = 1.595_769_121_605_730_7;
    const CUBIC: f64 = 0.044_715;
    // The gate is exactly 0 or 1 long before |x| = 20; held there, its derivative stays finite for every finite x.
    let held = if x < -20.0 { -20.0 } else { x };
    let held = if held > 20.0 { 20.0 } else { held };
    let square = held * held;
    let twice_u = TWO_SQRT_2_OVER_PI as Elem * held * F::mul_add(CUBIC as Elem, square, 1.0);
    let derivative = TWO_SQRT_2_OVER_PI as Elem * F::mul_add(3.0 * CUBIC as Elem, square, 1.0);
    (sigmoid_with::<F>(twice_u), derivative)
}

kernel! {
    /// y = eˣ. Its gradient is g·y: [`mul`].
    pub fn exp<F>(x: &[Elem], y: &mut [Elem]) {
        map("exp", x, y, exp_with::<F>);
    }

    /// y = tanh x
    pub fn tanh<F>(x: &[Elem], y: &mut [Elem]) {
        map("tanh", x, y, tanh_with::<F>);
    }

    /// dx = g·(1 − y²)
    pub fn tanh_backward<F>(y: &[Elem], g: &[Elem], dx: &mut [Elem]) {
        zip("tanh_backward", y, g, dx, |y, g| g * F::mul_add(-y, y, 1.0));
    }

    /// y = σ(x) = 1/(1 + e⁻ˣ)
    pub fn sigmoid<F>(x: &[Elem], y: &mut [Elem]) {
        map("sigmoid", x, y, sigmoid_with::<F>);
    }

    /// dx = g·y·(1 − y)
    pub fn sigmoid_backward<F>(y: &[Elem], g: &[Elem], dx: &mut [Elem]) {
        zip("sigmoid_backward", y, g, dx, |y, g| g * (y * (1.0 - y)));
    }

    /// y = max(x, 0); NaN stays NaN.
    pub fn relu<F>(x: &[Elem], y: &mut [Elem]) {
        map("relu", x, y, |x| if x < 0.0 { 0.0 } else { x });
    }

    /// dx = g where x > 0, else 0 (0 at x = 0, as PyTorch has it).
    pub fn relu_backward<F>(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
        zip("relu_backward", x, g, dx, |x, g| if x <= 0.0 { 0.0 } else { g });
    }

    /// y = x·Φ(x), GELU with the exact normal distribution (Hendrycks and Gimpel 2016).
    pub fn gelu<F>(x: &[Elem], y: &mut [Elem]) {
        map("gelu", x, y, |x| x * normal_cdf_with::<F>(x));
    }

    /// dx = g·(Φ(x) + x·φ(x)), since Φ′ = φ.
    pub fn gelu_backward<F>(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
        zip("gelu_backward", x, g, dx, |x, g| g * F::mul_add(x, normal_pdf_with::<F>(x), normal_cdf_with::<F>(x)));
    }

    /// y = ½x·(1 + tanh u), u = √(2/π)·(x + 0.044715 x³): GELU as GPT-2 computes it.
    pub fn gelu_tanh<F>(x: &[Elem], y: &mut [Elem]) {
        map("gelu_tanh", x, y, |x| x * gelu_tanh_gate::<F>(x).0);
    }

    /// dx = g·(s + x·s·(1 − s)·(2u)′) with s = σ(2u) = ½(1 + tanh u), since σ′ = σ(1 − σ).
    pub fn gelu_tanh_backward<F>(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
        zip("gelu_tanh_backward", x, g, dx, |x, g| {
            let (s, derivative) = gelu_tanh_gate::<F>(x);
            g * F::mul_add(x * derivative, s * (1.0 - s), s)
        });
    }

    /// y = x·σ(x), also called swish.
    pub fn silu<F>(x: &[Elem], y: &mut [Elem]) {
        map("silu", x, y, |x| x * sigmoid_with::<F>(x));
    }

    /// dx = g·s·(1 + x·(1 − s)) with s = σ(x).
    pub fn silu_backward<F>(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
        zip("silu_backward", x, g, dx, |x, g| {
            let s = sigmoid_with::<F>(x);
            g * (s * F::mul_add(x, 1.0 - s, 1.0))
        });
    }

    /// y = ln(1 + eˣ)
    pub fn softplus<F>(x: &[Elem], y: &mut [Elem]) {
        map("softplus", x, y, softplus_with::<F>);
    }

    /// dx = g·σ(x)
    pub fn softplus_backward<F>(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
        zip("softplus_backward", x, g, dx, |x, g| g * sigmoid_with::<F>(x));
    }

    /// y = erf x
    pub fn erf<F>(x: &[Elem], y: &mut [Elem]) {
        map("erf", x, y, erf_with::<F>);
    }

    /// dx = g·2/√π·e^(−x²)
    pub fn erf_backward<F>(x: &[Elem], g: &[Elem], dx: &mut [Elem]) {
        zip("erf_backward", x, g, dx, |x, g| g * (std::f64::consts::FRAC_2_SQRT_PI as Elem * exp_with::<F>(-x * x)));
    }

    /// y = √x (NaN below 0). Its gradient is ½·g/y.
    pub fn sqrt<F>(x: &[Elem], y: &mut [Elem]) {
        map("sqrt", x, y, Elem::sqrt);
    }

    /// out = a + b
    pub fn add<F>(a: &[Elem], b: &[Elem], out: &mut [Elem]) {
        zip("add", a, b, out, |a, b| a + b);
    }

    /// out = a − b
    pub fn sub<F>(a: &[Elem], b: &[Elem], out: &mut [Elem]) {
        zip("sub", a, b, out, |a, b| a - b);
    }

    /// out = a·b, number by number
    pub fn mul<F>(a: &[Elem], b: &[Elem], out: &mut [Elem]) {
        zip("mul", a, b, out, |a, b| a * b);
    }

    /// out = a/b, number by number
    pub fn div<F>(a: &[Elem], b: &[Elem], out: &mut [Elem]) {
        zip("div", a, b, out, |a, b| a / b);
    }

    /// y ← y + x
    pub fn add_assign<F>(y: &mut [Elem], x: &[Elem]) {
        same_length("add_assign", y.len(), [x.len()]);
        for (y, &x) in y.iter_mut().zip(x) {
            *y += x;
        }
    }

    /// y ← y + α·x
    pub fn axpy<F>(alpha: Elem, x: &[Elem], y: &mut [Elem]) {
        same_length("axpy", y.len(), [x.len()]);
        for (y, &x) in y.iter_mut().zip(x) {
            *y = F::mul_add(alpha, x, *y);
        }
    }

    /// y ← α·y
    pub fn scale<F>(alpha: Elem, y: &mut [Elem]) {
        for y in y {
            *y *= alpha;
        }
    }

    /// `out[i, :] = x[i, :] + row`, for every row i of x: a bias.
    pub fn add_row<F>(x: &[Elem], row: &[Elem], out: &mut [Elem]) {
        each_row("add_row", x, row, out, |x, r| x + r);
    }

    /// `out[i, :] = x[i, :]·row`, number by number, for every row i of x.
    pub fn mul_row<F>(x: &[Elem], row: &[Elem], out: &mut [Elem]) {
        each_row("mul_row", x, row, out, |x, r| x * r);
    }
}

/// `out[i, j] = f(x[i, j], row[j])`
#[inline(always)]
fn each_row(operation: &str, x: &[Elem], row: &[Elem], out: &mut [Elem], f: impl Fn(Elem, Elem) -> Elem) {
    let rows = count(operation, x.len(), row.len());
    exactly(operation, out.len(), rows, row.len());
    if rows == 0 {
        return;
    }
    for (x, out) in x.chunks_exact(row.len()).zip(out.chunks_exact_mut(row.len())) {
        for ((out, &x), &r) in out.iter_mut().zip(x).zip(row) {
            *out = f(x, r);
        }
    }
}
