//! Kernels over numbers and rows, at every level, against their references, over one table of sizes.
#![cfg_attr(feature = "f64", allow(clippy::unnecessary_cast))]

mod common;

use common::{LENGTHS, Numbers, ROWS, assert_close, every_level};
use jumok_kernels::{Elem, cross_entropy, elementwise, norm, reduce, reference, softmax};

/// What the standard functions' results may differ by, in units of 1.
const RELATIVE: f64 = 2e-6;
const ABSOLUTE: f64 = 1e-6;

#[test]
fn elementwise_kernels_agree_with_the_reference() {
    type Unary = fn(&[Elem], &mut [Elem]);
    type Binary = fn(&[Elem], &[Elem], &mut [Elem]);
    macro_rules! pairs {
        ($($name:ident)*) => { [$((stringify!($name), elementwise::$name as _, reference::elementwise::$name as _)),*] };
    }
    let unary: [(&str, Unary, Unary); 10] = pairs![exp tanh sigmoid relu gelu gelu_tanh silu softplus erf sqrt];
    let binary: [(&str, Binary, Binary); 12] = pairs![tanh_backward sigmoid_backward relu_backward gelu_backward
        gelu_tanh_backward silu_backward softplus_backward erf_backward add sub mul div];
    every_level(|level| {
        let mut numbers = Numbers(1);
        for len in LENGTHS {
            let (mut x, g) = (numbers.vec(len), numbers.vec(len));
            if let Some(first) = x.first_mut() {
                *first = 0.0;
            }
            let (mut actual, mut expected) = (vec![9.0; len], vec![8.0; len]);
            for (name, kernel, plain) in &unary {
                kernel(&x, &mut actual);
                plain(&x, &mut expected);
                assert_close(&format!("{level} {name} of {len}"), &actual, &expected, RELATIVE, ABSOLUTE);
            }
            for (name, kernel, plain) in &binary {
                kernel(&x, &g, &mut actual);
                plain(&x, &g, &mut expected);
                assert_close(&format!("{level} {name} of {len}"), &actual, &expected, RELATIVE, ABSOLUTE);
            }
            let (mut actual, mut expected) = (g.clone(), g.clone());
            elementwise::add_assign(&mut actual, &x);
            elementwise::axpy(0.3, &x, &mut actual);
            elementwise::scale(-1.5, &mut actual);
            reference::elementwise::add_assign(&mut expected, &x);
            reference::elementwise::axpy(0.3, &x, &mut expected);
            reference::elementwise::scale(-1.5, &mut expected);
            assert_close(&format!("{level} in place, {len}"), &actual, &expected, RELATIVE, ABSOLUTE);
        }
        for [rows, row_len] in ROWS {
            let (x, row) = (numbers.vec(rows * row_len), numbers.vec(row_len));
            let (mut actual, mut expected) = (vec![0.0; x.len()], vec![0.0; x.len()]);
            elementwise::add_row(&x, &row, &mut actual);
            reference::elementwise::add_row(&x, &row, &mut expected);
            assert_eq!(actual, expected, "{level} add_row");
            elementwise::mul_row(&x, &row, &mut actual);
            reference::elementwise::mul_row(&x, &row, &mut expected);
            assert_eq!(actual, expected, "{level} mul_row");
        }
    });
}

#[test]
fn activations_keep_their_limits() {
    let x = [-1e30, -200.0, 200.0, 1e30, Elem::NAN];
    let ones = [1.0; 5];
    every_level(|level| {
        let mut y = [0.0; 5];
        for (name, kernel) in [
            ("gelu", elementwise::gelu as fn(&[Elem], &mut [Elem])),
            ("gelu_tanh", elementwise::gelu_tanh),
            ("silu", elementwise::silu),
            ("relu", elementwise::relu),
        ] {
            kernel(&x, &mut y);
            assert!(y[..2].iter().all(|&y| y.abs() < 1e-38), "{level} {name}: {y:?}");
            assert_eq!(y[2..4], x[2..4], "{level} {name}");
            assert!(y[4].is_nan(), "{level} {name}");
        }
        for (name, kernel) in [
            ("gelu", elementwise::gelu_backward as fn(&[Elem], &[Elem], &mut [Elem])),
            ("gelu_tanh", elementwise::gelu_tanh_backward),
            ("silu", elementwise::silu_backward),
            ("relu", elementwise::relu_backward),
        ] {
            kernel(&x, &ones, &mut y);
            assert_close(&format!("{level} gradient of {name}"), &y[..4], &[0.0, 0.0, 1.0, 1.0], 0.0, 1e-38);
        }
    });
}

#[test]
fn softmax_kernels_agree_with_the_reference() {
    every_level(|level| {
        let mut numbers = Numbers(2);
        for [rows, row_len] in ROWS {
            let len = rows * row_len;
            let (x, g) = (numbers.vec(len), numbers.vec(len));
            let what = |name: &str| format!("{level} {name} [{rows}, {row_len}]");
            let (mut actual, mut expected) = (vec![0.0; len], vec![0.0; len]);

            softmax::forward(&x, &mut actual, row_len);
            reference::softmax::forward(&x, &mut expected, row_len);
            assert_close(&what("softmax"), &actual, &expected, 5e-6, 0.0);
            let mut in_place = x.clone();
            softmax::forward_in_place(&mut in_place, row_len);
            assert_eq!(in_place, actual, "{}", what("softmax in place"));

            let y = expected.clone();
            softmax::backward(&y, &g, &mut actual, row_len);
            reference::softmax::backward(&y, &g, &mut expected, row_len);
            assert_close(&what("softmax backward"), &actual, &expected, RELATIVE, ABSOLUTE);

            softmax::log_forward(&x, &mut actual, row_len);
            reference::softmax::log_forward(&x, &mut expected, row_len);
            assert_close(&what("log_softmax"), &actual, &expected, RELATIVE, ABSOLUTE);
            let log_y = expected.clone();
            softmax::log_backward(&log_y, &g, &mut actual, row_len);
            reference::softmax::log_backward(&log_y, &g, &mut expected, row_len);
            assert_close(&what("log_softmax backward"), &actual, &expected, 1e-5, 1e-5);

            let (mut actual, mut expected) = (vec![0.0; rows], vec![0.0; rows]);
            softmax::log_sum_exp(&x, &mut actual, row_len);
            reference::softmax::log_sum_exp(&x, &mut expected, row_len);
            assert_close(&what("log_sum_exp"), &actual, &expected, RELATIVE, ABSOLUTE);
        }
    });
}

#[test]
fn masked_softmax_keeps_what_is_kept() {
    every_level(|level| {
        let mut numbers = Numbers(3);
        for [rows, row_len] in ROWS {
            let x = numbers.vec(rows * row_len);
            // Every third row keeps nothing.
            let keep: Vec<_> = (0..x.len()).map(|i| i / row_len % 3 != 2 && numbers.uniform(0.0, 1.0) > 0.3).collect();
            let (mut actual, mut expected) = (vec![9.0; x.len()], vec![8.0; x.len()]);
            softmax::forward_masked(&x, &keep, &mut actual, row_len);
            reference::softmax::forward_masked(&x, &keep, &mut expected, row_len);
            assert_close(&format!("{level} masked softmax [{rows}, {row_len}]"), &actual, &expected, 5e-6, 0.0);
            assert!(keep.iter().zip(&actual).all(|(&keep, &y)| keep || y == 0.0));
        }
    });
}

#[test]
fn infinities_and_nan_in_softmax_are_as_in_pytorch() {
    const MINUS: Elem = Elem::NEG_INFINITY;
    every_level(|level| {
        for row_len in [3, 40] {
            let mut some = vec![MINUS; row_len];
            (some[0], some[2]) = (1.0, 1.0);
            let mut y = vec![0.0; row_len];
            softmax::forward(&some, &mut y, row_len);
            assert!(y[0] == 0.5 && y[1] == 0.0 && y[2] == 0.5, "{level} {y:?}");
            softmax::log_forward(&some, &mut y, row_len);
            assert!(y[1] == MINUS && (y[0] + (2.0 as Elem).ln()).abs() < 1e-6, "{level} {y:?}");

            let none = vec![MINUS; row_len];
            softmax::forward(&none, &mut y, row_len);
            assert!(y.iter().all(|y| y.is_nan()), "{level} {y:?}");
            softmax::log_forward(&none, &mut y, row_len);
            assert!(y.iter().all(|y| y.is_nan()), "{level} {y:?}");
            let mut lse = [0.0];
            softmax::log_sum_exp(&none, &mut lse, row_len);
            assert_eq!(lse, [MINUS]);

            let mut large = vec![1e4; row_len];
            large[1] = -1e4;
            softmax::forward(&large, &mut y, row_len);
            assert!(y[1] == 0.0 && (y.iter().sum::<Elem>() - 1.0).abs() < 1e-6, "{level} {y:?}");
            large[1] = Elem::INFINITY;
            softmax::log_sum_exp(&large, &mut lse, row_len);
            assert_eq!(lse, [Elem::INFINITY]);
            large[1] = Elem::NAN;
            softmax::forward(&large, &mut y, row_len);
            assert!(y.iter().all(|y| y.is_nan()), "{level} {y:?}");
        }
    });
}

#[test]
fn log_sum_exp_takes_a_late_maximum_into_account() {
    every_level(|level| {
        // Rising, falling, and with a first block of −∞: ln Σ e^x of an arithmetic series of ratio e⁻¹.
        let rising: Vec<Elem> = (0..5000).map(|i| i as Elem - 8000.0).collect();
        let falling: Vec<Elem> = rising.iter().rev().copied().collect();
        let mut late = vec![Elem::NEG_INFINITY; 5000];
        late.extend(&rising);
        let series = -(1.0 - (-1.0f64).exp()).ln();
        for (x, last) in [(&rising, -3001.0), (&falling, -3001.0), (&late, -3001.0)] {
            let mut lse = [0.0];
            softmax::log_sum_exp(x, &mut lse, x.len());
            assert_close(&format!("{level}"), &lse, &[(last + series) as Elem], 1e-6, 0.0);
        }
    });
}

#[test]
fn norms_agree_with_the_reference() {
    every_level(|level| {
        let mut numbers = Numbers(4);
        for [rows, row_len] in ROWS.into_iter().filter(|[_, row_len]| *row_len > 0) {
            for (with_weight, with_bias) in [(true, true), (true, false), (false, true), (false, false)] {
                let len = rows * row_len;
                let what = |name: &str| format!("{level} {name} [{rows}, {row_len}] {with_weight} {with_bias}");
                let (x, g) = (numbers.vec(len), numbers.vec(len));
                let (weight, bias) = (numbers.vec(row_len), numbers.vec(row_len));
                let (weight, bias) = (with_weight.then_some(&weight[..]), with_bias.then_some(&bias[..]));
                let fresh = || (vec![9.0; len], vec![9.0; rows], vec![9.0; rows]);
                let (mut y, mut mean, mut rstd) = fresh();
                let (mut plain_y, mut plain_mean, mut plain_rstd) = fresh();

                norm::layer_norm_forward(&x, weight, bias, 1e-3, &mut y, &mut mean, &mut rstd, row_len);
                reference::norm::layer_norm_forward(
                    &x,
                    weight,
                    bias,
                    1e-3,
                    &mut plain_y,
                    &mut plain_mean,
                    &mut plain_rstd,
                    row_len,
                );
                assert_close(&what("layer_norm"), &y, &plain_y, 1e-5, 1e-5);
                assert_close(&what("mean"), &mean, &plain_mean, 1e-5, 1e-6);
                assert_close(&what("rstd"), &rstd, &plain_rstd, 1e-5, 0.0);

                let fresh = || (vec![9.0; len], vec![9.0; row_len], vec![9.0; row_len]);
                let (mut dx, mut dweight, mut dbias) = fresh();
                let (mut plain_dx, mut plain_dweight, mut plain_dbias) = fresh();
                let (m, r) = (&plain_mean, &plain_rstd);
                let sums = 1e-5 * rows as f64;
                norm::layer_norm_backward(
                    &x,
                    weight,
                    m,
                    r,
                    &g,
                    Some(&mut dx),
                    Some(&mut dweight),
                    Some(&mut dbias),
                    row_len,
                );
                reference::norm::layer_norm_backward(
                    &x,
                    weight,
                    m,
                    r,
                    &g,
                    Some(&mut plain_dx),
                    Some(&mut plain_dweight),
                    Some(&mut plain_dbias),
                    row_len,
                );
                let largest = r.iter().fold(1.0, |a: f64, &r| a.max(r as f64));
                assert_close(&what("layer_norm dx"), &dx, &plain_dx, 1e-4, 1e-5 * largest);
                assert_close(&what("layer_norm dweight"), &dweight, &plain_dweight, 1e-5, sums);
                assert_close(&what("layer_norm dbias"), &dbias, &plain_dbias, 1e-5, sums);
                let all = dweight.clone();
                dweight.fill(7.0);
                norm::layer_norm_backward(&x, weight, m, r, &g, None, Some(&mut dweight), None, row_len);
                assert_eq!(dweight, all, "{}", what("dweight alone"));

                norm::rms_norm_forward(&x, weight, 1e-3, &mut y, &mut rstd, row_len);
                reference::norm::rms_norm_forward(&x, weight, 1e-3, &mut plain_y, &mut plain_rstd, row_len);
                assert_close(&what("rms_norm"), &y, &plain_y, 1e-5, 1e-5);
                let r = &plain_rstd;
                norm::rms_norm_backward(&x, weight, r, &g, Some(&mut dx), Some(&mut dweight), row_len);
                reference::norm::rms_norm_backward(
                    &x,
                    weight,
                    r,
                    &g,
                    Some(&mut plain_dx),
                    Some(&mut plain_dweight),
                    row_len,
                );
                assert_close(&what("rms_norm dx"), &dx, &plain_dx, 1e-4, 1e-5 * largest);
                assert_close(&what("rms_norm dweight"), &dweight, &plain_dweight, 1e-5, sums);
            }
        }
    });
}

#[test]
fn layer_norm_survives_a_mean_far_above_the_deviation() {
    let row_len = 768;
    let mut numbers = Numbers(5);
    // Steps of 1/256 are exact beside 4096, so the row's deviation is known to full precision.
    let d: Vec<Elem> = (0..row_len).map(|_| (numbers.bits() % 512) as Elem / 256.0 - 1.0).collect();
    let x: Vec<Elem> = d.iter().map(|d| d + 4096.0).collect();
    every_level(|level| {
        let (mut y, mut near) = (vec![0.0; row_len], vec![0.0; row_len]);
        let (mut mean, mut rstd) = ([0.0], [0.0]);
        norm::layer_norm_forward(&d, None, None, 1e-5, &mut near, &mut mean, &mut rstd, row_len);
        norm::layer_norm_forward(&x, None, None, 1e-5, &mut y, &mut mean, &mut rstd, row_len);
        // The mean itself is rounded to 1/2048 near 4096: half of that, times 1/deviation ≈ 1.7, is what may remain.
        assert_close(&format!("{level}"), &y, &near, 1e-5, 5e-4);
    });
}

#[test]
fn sums_agree_with_the_reference() {
    every_level(|level| {
        let mut numbers = Numbers(6);
        for len in LENGTHS {
            let (a, b) = (numbers.vec(len), numbers.vec(len));
            let size = 1e-7 * len as f64;
            assert_close(&format!("{level} sum"), &[reduce::sum(&a)], &[reference::reduce::sum(&a)], 1e-6, size);
            assert_close(
                &format!("{level} dot"),
                &[reduce::dot(&a, &b)],
                &[reference::reduce::dot(&a, &b)],
                1e-6,
                size,
            );
            assert_eq!(reduce::max(&a), reference::reduce::max(&a), "{level} max");
            let (actual, expected) = (reduce::sum_of_squares(&a), reference::reduce::sum_of_squares(&a));
            assert!((actual - expected).abs() <= 1e-6 * expected, "{level} {actual} {expected}");
        }
        for [rows, row_len] in ROWS {
            let x = numbers.vec(rows * row_len);
            let (mut actual, mut expected) = (vec![9.0; rows], vec![8.0; rows]);
            reduce::sum_rows(&x, row_len, &mut actual);
            reference::reduce::sum_rows(&x, row_len, &mut expected);
            assert_close(&format!("{level} sum_rows"), &actual, &expected, 1e-5, 1e-4);
            let (mut actual, mut expected) = (vec![9.0; row_len], vec![8.0; row_len]);
            reduce::sum_columns(&x, row_len, &mut actual);
            if row_len > 0 {
                reference::reduce::sum_columns(&x, row_len, &mut expected);
            }
            assert_close(&format!("{level} sum_columns {rows} {row_len}"), &actual, &expected, 1e-5, 1e-5);
        }
    });
}

#[test]
fn long_sums_stay_accurate() {
    let mut numbers = Numbers(7);
    let x: Vec<Elem> = (0..40_000).map(|_| 3.0 + numbers.uniform(-1.0, 1.0)).collect();
    let exact: f64 = x.iter().map(|&x| x as f64).sum();
    every_level(|level| {
        let close = |what: &str, sum: Elem| assert!((sum as f64 / exact - 1.0).abs() < 1e-6, "{level} {what}: {sum}");
        close("sum", reduce::sum(&x));
        close("dot", reduce::dot(&x, &vec![1.0; x.len()]));
        let mut one = [0.0];
        reduce::sum_columns(&x, 1, &mut one);
        close("sum_columns", one[0]);
    });
}

#[test]
fn max_of_nothing_and_of_nan() {
    every_level(|level| {
        assert_eq!(reduce::max(&[]), Elem::NEG_INFINITY);
        for (len, at) in [(1, 0), (5, 2), (100, 3), (100, 99)] {
            let mut x = vec![1.0; len];
            x[at] = Elem::NAN;
            assert!(reduce::max(&x).is_nan(), "{level} NaN at {at} of {len}");
        }
    });
}

#[test]
fn slices_that_do_not_fit_are_named() {
    fn message(f: impl FnOnce() + std::panic::UnwindSafe) -> String {
        let payload = std::panic::catch_unwind(f).expect_err("this must panic");
        payload.downcast_ref::<String>().cloned().unwrap_or_default()
    }
    let text = message(|| elementwise::add(&[0.0; 3], &[0.0; 4], &mut [0.0; 3]));
    assert!(text.contains("add: slices of 3 and [4, 3] numbers"), "{text}");
    let text = message(|| softmax::forward(&[0.0; 7], &mut [0.0; 7], 3));
    assert!(text.contains("softmax: 7 numbers are no whole number of rows of length 3"), "{text}");
    let text = message(|| cross_entropy::forward(&[0.0; 6], &[1, 3], 0.0, &mut [0.0; 2], &mut [0.0; 2], 3));
    assert!(text.contains("target 3 of row 1 is not one of the 3 classes"), "{text}");
    let text = message(|| {
        norm::layer_norm_backward(&[0.0; 4], Some(&[1.0; 3]), &[0.0; 2], &[1.0; 2], &[0.0; 4], None, None, None, 2)
    });
    assert!(text.contains("3 numbers for rows of length 2"), "{text}");
}
