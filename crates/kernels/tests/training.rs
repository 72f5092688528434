//! Cross-entropy and the optimisers, at every level, against their references.
#![cfg_attr(feature = "f64", allow(clippy::unnecessary_cast))]

mod common;

use common::{LENGTHS, Numbers, ROWS, assert_close, every_level};
use jumok_kernels::optim::{AdamStep, SgdStep};
use jumok_kernels::{Elem, cross_entropy, optim, reference};

#[test]
fn cross_entropy_agrees_with_the_reference() {
    every_level(|level| {
        let mut numbers = Numbers(8);
        for [rows, classes] in ROWS.into_iter().filter(|[_, classes]| *classes > 0) {
            for smoothing in [0.0, 0.1, 1.0] {
                let logits = numbers.vec(rows * classes);
                let targets: Vec<i64> = (0..rows)
                    .map(|i| if i % 4 == 3 { -100 } else { (numbers.bits() % classes as u64) as i64 })
                    .collect();
                let scale = numbers.vec(rows);
                let what = format!("{level} cross_entropy [{rows}, {classes}] smoothing {smoothing}");
                let fresh = || (vec![9.0; rows], vec![9.0; rows], vec![9.0; logits.len()]);
                let (mut losses, mut lse, mut dx) = fresh();
                let (mut plain_losses, mut plain_lse, mut plain_dx) = fresh();
                cross_entropy::forward(&logits, &targets, smoothing, &mut losses, &mut lse, classes);
                reference::cross_entropy::forward(
                    &logits,
                    &targets,
                    smoothing,
                    &mut plain_losses,
                    &mut plain_lse,
                    classes,
                );
                assert_close(&what, &losses, &plain_losses, 1e-5, 1e-5);
                assert_close(&what, &lse, &plain_lse, 1e-5, 1e-5);
                cross_entropy::backward(&logits, &targets, &scale, smoothing, &plain_lse, &mut dx, classes);
                reference::cross_entropy::backward(
                    &logits,
                    &targets,
                    &scale,
                    smoothing,
                    &plain_lse,
                    &mut plain_dx,
                    classes,
                );
                assert_close(&what, &dx, &plain_dx, 1e-5, 1e-6);
                let mut in_place = logits.clone();
                cross_entropy::backward_in_place(&mut in_place, &targets, &scale, smoothing, &plain_lse, classes);
                assert_eq!(in_place, dx, "{what}");
            }
        }
    });
}

#[test]
fn a_forbidden_class_costs_nothing_until_it_is_the_target() {
    every_level(|_| {
        let logits = [0.0, Elem::NEG_INFINITY, 0.0, 0.0, Elem::NEG_INFINITY, 0.0];
        let (mut losses, mut lse) = ([0.0; 2], [0.0; 2]);
        cross_entropy::forward(&logits, &[0, 1], 0.0, &mut losses, &mut lse, 3);
        assert!((losses[0] - (2.0 as Elem).ln()).abs() < 1e-6 && losses[1] == Elem::INFINITY, "{losses:?}");
    });
}

#[test]
fn optimisers_agree_with_the_reference() {
    every_level(|level| {
        let mut numbers = Numbers(9);
        for len in LENGTHS {
            for (decay, eps) in [(0.0, 1e-8), (0.1, 1e-6)] {
                let start = numbers.vec(len);
                for coupled in [false, true] {
                    let zeros = || vec![0.0; len];
                    let (mut p, mut m, mut v) = (start.clone(), zeros(), zeros());
                    let (mut plain_p, mut plain_m, mut plain_v) = (start.clone(), zeros(), zeros());
                    for step in 1..=5 {
                        let g = numbers.vec(len);
                        let step = AdamStep { lr: 0.01, beta1: 0.9, beta2: 0.999, eps, weight_decay: decay, step };
                        let kernel = if coupled { optim::adam } else { optim::adamw };
                        let plain = if coupled { reference::optim::adam } else { reference::optim::adamw };
                        kernel(&mut p, &g, &mut m, &mut v, &step);
                        plain(&mut plain_p, &g, &mut plain_m, &mut plain_v, &step);
                    }
                    assert_close(&format!("{level} adam {coupled} p"), &p, &plain_p, 1e-5, 1e-6);
                    assert_close(&format!("{level} adam {coupled} m"), &m, &plain_m, 1e-5, 1e-6);
                    assert_close(&format!("{level} adam {coupled} v"), &v, &plain_v, 1e-5, 1e-9);
                }
                for (momentum, dampening, nesterov) in [(0.0, 0.0, false), (0.9, 0.2, false), (0.8, 0.0, true)] {
                    let (mut p, mut plain_p) = (start.clone(), start.clone());
                    let (mut buffer, mut plain_buffer) = (vec![5.0; len], vec![5.0; len]);
                    for step in 0..4 {
                        let g = numbers.vec(len);
                        let first = step == 0;
                        let step = SgdStep { lr: 0.1, momentum, dampening, weight_decay: decay, nesterov, first };
                        let used = momentum != 0.0;
                        optim::sgd(&mut p, &g, used.then_some(&mut buffer), &step);
                        reference::optim::sgd(&mut plain_p, &g, used.then_some(&mut plain_buffer), &step);
                    }
                    assert_close(&format!("{level} sgd {momentum} p"), &p, &plain_p, 1e-5, 1e-6);
                    assert_close(&format!("{level} sgd {momentum} buffer"), &buffer, &plain_buffer, 1e-5, 1e-6);
                }
            }
        }
    });
}

#[test]
fn the_first_step_of_adamw_is_lr_times_the_sign_of_the_gradient() {
    // m̂ = g and v̂ = g² after one step, so p moves by lr·g/(|g| + ε); the decay takes lr·λ·p before.
    let step = AdamStep { lr: 0.1, beta1: 0.9, beta2: 0.999, eps: 1e-12, weight_decay: 0.5, step: 1 };
    let (mut p, mut m, mut v) = ([2.0, 2.0], [0.0; 2], [0.0; 2]);
    optim::adamw(&mut p, &[4.0, -0.25], &mut m, &mut v, &step);
    assert_close("p", &p, &[2.0 * 0.95 - 0.1, 2.0 * 0.95 + 0.1], 1e-6, 0.0);
}
