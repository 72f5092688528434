//! Steps of gated cells and additive scores, at every level, against their references.
#![cfg_attr(feature = "f64", allow(clippy::unnecessary_cast))]

mod common;

use common::{Numbers, assert_close, every_level};
use jumok_kernels::{Elem, recurrent, reference::recurrent as plain};

/// [batch, hidden]
const SIZES: [[usize; 2]; 6] = [[1, 1], [3, 7], [2, 16], [4, 33], [1, 300], [0, 5]];

/// Buffers with contents that must all be overwritten.
fn fresh<const N: usize>(lengths: [usize; N]) -> [Vec<Elem>; N] {
    lengths.map(|len| vec![9.0; len])
}

fn close<const N: usize>(what: &str, actual: &[Vec<Elem>; N], expected: &[Vec<Elem>; N]) {
    for (n, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        assert_close(&format!("{what} result {n}"), actual, expected, 1e-5, 2e-6);
    }
}

#[test]
fn gru_steps_agree_with_the_reference() {
    every_level(|level| {
        let mut numbers = Numbers(31);
        for [batch, hidden] in SIZES {
            let (state, gates) = (batch * hidden, 3 * batch * hidden);
            let (gi, gh) = (numbers.vec(gates), numbers.vec(gates));
            let (h, g) = (numbers.vec(state), numbers.vec(state));
            let what = format!("{level} gru [{batch}, {hidden}]");
            let (mut actual, mut expected) = (fresh([gates, state]), fresh([gates, state]));
            let [saved, out] = &mut actual;
            recurrent::gru_forward(&gi, &gh, &h, saved, out, hidden);
            let [saved, out] = &mut expected;
            plain::gru_forward(&gi, &gh, &h, saved, out, hidden);
            close(&what, &actual, &expected);
            let saved = &expected[0];
            let (mut actual, mut expected) = (fresh([gates, gates, state]), fresh([gates, gates, state]));
            let [dgi, dgh, dh] = &mut actual;
            recurrent::gru_backward(saved, &gh, &h, &g, dgi, dgh, dh, hidden);
            let [dgi, dgh, dh] = &mut expected;
            plain::gru_backward(saved, &gh, &h, &g, dgi, dgh, dh, hidden);
            close(&format!("{what} backward"), &actual, &expected);
        }
    });
}

#[test]
fn lstm_steps_agree_with_the_reference() {
    every_level(|level| {
        let mut numbers = Numbers(32);
        for [batch, hidden] in SIZES {
            let (state, gates) = (batch * hidden, 4 * batch * hidden);
            let (gi, gh, c) = (numbers.vec(gates), numbers.vec(gates), numbers.vec(state));
            let (dh, dc_next) = (numbers.vec(state), numbers.vec(state));
            let what = format!("{level} lstm [{batch}, {hidden}]");
            let (mut actual, mut expected) = (fresh([gates, state, state]), fresh([gates, state, state]));
            let [saved, next_h, next_c] = &mut actual;
            recurrent::lstm_forward(&gi, &gh, &c, saved, next_h, next_c, hidden);
            let [saved, next_h, next_c] = &mut expected;
            plain::lstm_forward(&gi, &gh, &c, saved, next_h, next_c, hidden);
            close(&what, &actual, &expected);
            let [saved, _, next_c] = &expected;
            let (mut actual, mut expected) = (fresh([gates, state]), fresh([gates, state]));
            let [dgates, dc] = &mut actual;
            recurrent::lstm_backward(saved, &c, next_c, &dh, &dc_next, dgates, dc, hidden);
            let [dgates, dc] = &mut expected;
            plain::lstm_backward(saved, &c, next_c, &dh, &dc_next, dgates, dc, hidden);
            close(&format!("{what} backward"), &actual, &expected);
        }
    });
}

#[test]
fn additive_scores_agree_with_the_reference() {
    every_level(|level| {
        let mut numbers = Numbers(33);
        for [queries, keys, width] in [[1, 1, 1], [2, 3, 5], [1, 20, 64], [3, 2, 33], [1, 4, 1300], [0, 3, 4]] {
            let (q, k, v) = (numbers.vec(queries * width), numbers.vec(keys * width), numbers.vec(width));
            let mut g = numbers.vec(queries * keys);
            if let Some(masked) = g.last_mut() {
                *masked = 0.0;
            }
            let what = format!("{level} additive scores [{queries}, {keys}, {width}]");
            let ([mut actual], [mut expected]) = (fresh([g.len()]), fresh([g.len()]));
            recurrent::additive_scores(&q, &k, &v, &mut actual);
            plain::additive_scores(&q, &k, &v, &mut expected);
            assert_close(&what, &actual, &expected, 1e-4, 1e-5);
            // The gradients are added to what is there.
            let start = [q.len(), k.len(), v.len()].map(|len| numbers.vec(len));
            let (mut actual, mut expected) = (start.clone(), start);
            let [dq, dk, dv] = &mut actual;
            recurrent::additive_scores_backward(&q, &k, &v, &g, dq, dk, dv);
            let [dq, dk, dv] = &mut expected;
            plain::additive_scores_backward(&q, &k, &v, &g, dq, dk, dv);
            for (n, (actual, expected)) in actual.iter().zip(&expected).enumerate() {
                assert_close(&format!("{what} gradient {n}"), actual, expected, 1e-4, 1e-5);
            }
        }
    });
}
