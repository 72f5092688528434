//! Cross-entropy of rows of logits against class numbers, and its gradient.
//!
//! With p = softmax(x) and a target t, smoothed as q = (1 − s)·onehot(t) + s/V over the V classes (Szegedy et al. 2016),
//! L = −Σ_j q_j ln p_j = ln Σ e^x − (1 − s)·x_t − s/V·Σ_j x_j. A row with a negative target is ignored: loss and gradient 0.
//!
//! All functions panic, with the numbers, where slices do not fit or a target is no class.

use crate::Elem;
use crate::math::exp_with;
use crate::rows;
use crate::softmax::log_sum_exp_of_row;

/// The target of a row as an index, `None` if the row is ignored.
#[track_caller]
#[inline(always)]
fn class(target: i64, row: usize, classes: usize) -> Option<usize> {
    let index = usize::try_from(target).ok()?;
    assert!(index < classes, "cross_entropy: target {target} of row {row} is not one of the {classes} classes");
    Some(index)
}

/// Makes scale·(p − q) of scale·p, in one row.
#[inline(always)]
fn finish_row(row: &mut [Elem], target: usize, scale: Elem, smoothing: Elem) {
    let shared = scale * smoothing / row.len() as Elem;
    if shared != 0.0 {
        for dx in row.iter_mut() {
            *dx -= shared;
        }
    }
    row[target] -= scale * (1.0 - smoothing);
}

#[track_caller]
#[inline(always)]
fn check(logits: usize, targets: usize, others: [usize; 2], classes: usize) {
    rows::exactly("cross_entropy", logits, targets, classes);
    rows::same_length("cross_entropy (targets and what belongs to them)", targets, others);
}

kernel! {
    /// Writes each row's loss and its ln Σ e^x, which the backward pass needs (both 0 in an ignored row).
    ///
    /// `logits` `[rows, classes]`, `targets` `[rows]`, `smoothing` s in \[0, 1\].
    pub fn forward<F>(
        logits: &[Elem],
        targets: &[i64],
        smoothing: Elem,
        losses: &mut [Elem],
        log_sum_exp: &mut [Elem],
        classes: usize,
    ) {
        check(logits.len(), targets.len(), [losses.len(), log_sum_exp.len()], classes);
        for (i, (&target, (loss, lse))) in targets.iter().zip(losses.iter_mut().zip(log_sum_exp)).enumerate() {
            let Some(target) = class(target, i, classes) else {
                (*loss, *lse) = (0.0, 0.0);
                continue;
            };
            let x = &logits[i * classes..][..classes];
            *lse = log_sum_exp_of_row::<F>(x);
            *loss = (1.0 - smoothing) * (*lse - x[target]);
            // Not added as 0·Σ: a logit of −∞ is fine as long as nothing asks for it.
            if smoothing != 0.0 {
                *loss += smoothing * (*lse - rows::sum(x) / classes as Elem);
            }
        }
    }

    /// dlogits = `row_scale[i]`·(p − q) in each row: ∂L/∂x_j = p_j − q_j, because Σ_j q_j = 1.
    ///
    /// `row_scale` `[rows]` is the upstream gradient times the weight of each row; 1/rows for a mean.
    pub fn backward<F>(
        logits: &[Elem],
        targets: &[i64],
        row_scale: &[Elem],
        smoothing: Elem,
        log_sum_exp: &[Elem],
        dlogits: &mut [Elem],
        classes: usize,
    ) {
        check(logits.len(), targets.len(), [row_scale.len(), log_sum_exp.len()], classes);
        rows::same_length("cross_entropy backward", logits.len(), [dlogits.len()]);
        for (i, &target) in targets.iter().enumerate() {
            let row = i * classes..(i + 1) * classes;
            let (x, dx) = (&logits[row.clone()], &mut dlogits[row]);
            let Some(target) = class(target, i, classes) else {
                dx.fill(0.0);
                continue;
            };
            let (scale, lse) = (row_scale[i], log_sum_exp[i]);
            for (dx, &x) in dx.iter_mut().zip(x) {
                *dx = scale * exp_with::<F>(x - lse);
            }
            finish_row(dx, target, scale, smoothing);
        }
    }

    /// [`backward`] over the logits themselves: they are overwritten by their gradient, which saves a slice as large.
    pub fn backward_in_place<F>(
        logits: &mut [Elem],
        targets: &[i64],
        row_scale: &[Elem],
        smoothing: Elem,
        log_sum_exp: &[Elem],
        classes: usize,
    ) {
        check(logits.len(), targets.len(), [row_scale.len(), log_sum_exp.len()], classes);
        for (i, &target) in targets.iter().enumerate() {
            let dx = &mut logits[i * classes..(i + 1) * classes];
            let Some(target) = class(target, i, classes) else {
                dx.fill(0.0);
                continue;
            };
            let (scale, lse) = (row_scale[i], log_sum_exp[i]);
            for dx in dx.iter_mut() {
                *dx = scale * exp_with::<F>(*dx - lse);
            }
            finish_row(dx, target, scale, smoothing);
        }
    }
}
