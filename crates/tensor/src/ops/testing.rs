//! What the tests of the operations share.

use ndarray::ArrayD;

use crate::layout;
use crate::{Array, Elem, GradCheck, Tensor, gradcheck, no_grad};

/// Spread numbers between `low` and `high`, no two of the first 97 equal, none a round number.
pub(crate) fn between(low: f64, high: f64, shape: &[usize]) -> Array {
    let value = |i: usize| low + (high - low) * (((i * 37) % 97) as f64 + 0.37) / 97.0;
    Array::from_vec((0..layout::count(shape)).map(|i| value(i) as Elem).collect(), shape)
}

/// Panics at the first element that differs by more than 1e-5 (absolute or relative); NaN meets NaN, ∞ meets ∞.
#[track_caller]
pub(crate) fn assert_close(actual: &Array, expected: &ArrayD<Elem>) {
    assert_eq!(actual.shape(), expected.shape());
    for (i, (&a, &e)) in actual.to_vec().iter().zip(expected).enumerate() {
        let equal = a == e || (a.is_nan() && e.is_nan());
        assert!(equal || (a - e).abs() <= 1e-5 * (1.0 + e.abs()), "element {i}: {a}, expected {e}");
    }
}

/// Everything that holds for a function of single numbers, on inputs between `low` and `high`: forward and backward
/// agree with the reference (`backward` gets x, y, g), the gradient is the derivative, in every layout, and `no_grad`
/// records nothing.
#[track_caller]
pub(crate) fn check_unary(
    op: impl Fn(&Tensor) -> Tensor,
    forward: impl Fn(&ArrayD<Elem>) -> ArrayD<Elem>,
    backward: impl Fn(&ArrayD<Elem>, &ArrayD<Elem>, &ArrayD<Elem>) -> ArrayD<Elem>,
    low: f64,
    high: f64,
) {
    for shape in [&[3, 4][..], &[], &[1], &[2, 1, 5], &[0, 3], &[7, 5001]] {
        let x = Tensor::parameter(between(low, high, shape));
        let y = op(&x);
        assert_close(y.array(), &forward(&x.array().to_ndarray()));
        let g = between(-2.0, 2.0, shape);
        let expected = backward(&x.array().to_ndarray(), &y.array().to_ndarray(), &g.to_ndarray());
        assert_close(y.backward_from(g).get(&x).expect("a gradient"), &expected);
        assert!(!no_grad(|| op(&x)).needs_grad());
        if x.len() < 100 {
            gradcheck(|i| op(&i[0]), &[x.array().clone()], &GradCheck::default()).unwrap();
        }
    }
    let turned = between(low, high, &[3, 4]).transpose(0, 1);
    assert_close(op(&Tensor::from_array(turned.clone())).array(), &forward(&turned.to_ndarray()));
    gradcheck(|i| op(&i[0]), std::slice::from_ref(&turned), &GradCheck::default()).unwrap();
    let x = Tensor::parameter(turned.clone());
    let g = between(-2.0, 2.0, &[3, 4]).transpose(0, 1);
    let y = op(&x);
    let expected = backward(&turned.to_ndarray(), &y.array().to_ndarray(), &g.to_ndarray());
    assert_close(y.backward_from(g).get(&x).expect("a gradient"), &expected);
}

/// y and dx (for an upstream gradient of ones) of a function at given numbers.
pub(crate) fn at(op: impl Fn(&Tensor) -> Tensor, x: &[Elem]) -> (Vec<Elem>, Vec<Elem>) {
    let x = Tensor::parameter(Array::from_slice(x, &[x.len()]));
    let y = op(&x);
    let dx = y.backward_from(Array::ones(y.shape())).get(&x).expect("a gradient").to_vec();
    (y.to_vec(), dx)
}
