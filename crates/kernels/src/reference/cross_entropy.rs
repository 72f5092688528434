//! Cross-entropy of rows of logits; see [`crate::cross_entropy`].

use crate::Elem;

/// q_j = (1 − smoothing)·(j = target) + smoothing/classes
fn wanted(j: usize, target: i64, smoothing: Elem, classes: usize) -> Elem {
    let hit = if j as i64 == target { 1.0 } else { 0.0 };
    (1.0 - smoothing) * hit + smoothing / classes as Elem
}

/// L = −Σ_j q_j·(x_j − ln Σ e^x)
pub fn forward(
    logits: &[Elem],
    targets: &[i64],
    smoothing: Elem,
    losses: &mut [Elem],
    log_sum_exp: &mut [Elem],
    classes: usize,
) {
    super::softmax::log_sum_exp(logits, log_sum_exp, classes);
    for (i, &target) in targets.iter().enumerate() {
        losses[i] = 0.0;
        if target < 0 {
            log_sum_exp[i] = 0.0;
            continue;
        }
        for j in 0..classes {
            let q = wanted(j, target, smoothing, classes);
            if q != 0.0 {
                losses[i] -= q * (logits[i * classes + j] - log_sum_exp[i]);
            }
        }
    }
}

/// dx_j = row_scale·(e^(x_j − ln Σ e^x) − q_j)
pub fn backward(
    logits: &[Elem],
    targets: &[i64],
    row_scale: &[Elem],
    smoothing: Elem,
    log_sum_exp: &[Elem],
    dlogits: &mut [Elem],
    classes: usize,
) {
    for (i, &target) in targets.iter().enumerate() {
        for j in 0..classes {
            let probability = (logits[i * classes + j] - log_sum_exp[i]).exp();
            let difference = probability - wanted(j, target, smoothing, classes);
            dlogits[i * classes + j] = if target < 0 { 0.0 } else { row_scale[i] * difference };
        }
    }
}

/// [`backward`] over the logits themselves.
pub fn backward_in_place(
    logits: &mut [Elem],
    targets: &[i64],
    row_scale: &[Elem],
    smoothing: Elem,
    log_sum_exp: &[Elem],
    classes: usize,
) {
    let x = logits.to_vec();
    backward(&x, targets, row_scale, smoothing, log_sum_exp, logits, classes);
}
