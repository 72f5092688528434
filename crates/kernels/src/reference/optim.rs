//! Optimiser steps; see [`crate::optim`].

use crate::Elem;
use crate::optim::{AdamStep, SgdStep};

/// p ← (1 − lr·λ)·p − lr·m̂/(√v̂ + ε)
pub fn adamw(p: &mut [Elem], g: &[Elem], m: &mut [Elem], v: &mut [Elem], step: &AdamStep) {
    for p in p.iter_mut() {
        *p -= (step.lr * step.weight_decay) as Elem * *p;
    }
    adam(p, g, m, v, &AdamStep { weight_decay: 0.0, ..*step });
}

/// Adam with λ·p added to the gradient.
pub fn adam(p: &mut [Elem], g: &[Elem], m: &mut [Elem], v: &mut [Elem], step: &AdamStep) {
    for i in 0..p.len() {
        let g = g[i] as f64 + step.weight_decay * p[i] as f64;
        m[i] = (step.beta1 * m[i] as f64 + (1.0 - step.beta1) * g) as Elem;
        v[i] = (step.beta2 * v[i] as f64 + (1.0 - step.beta2) * g * g) as Elem;
        let m_hat = m[i] as f64 / (1.0 - step.beta1.powi(step.step as i32));
        let v_hat = v[i] as f64 / (1.0 - step.beta2.powi(step.step as i32));
        p[i] -= (step.lr * m_hat / (v_hat.sqrt() + step.eps)) as Elem;
    }
}

/// p ← p − lr·d; see [`crate::optim::sgd`] for d.
pub fn sgd(p: &mut [Elem], g: &[Elem], mut buffer: Option<&mut [Elem]>, step: &SgdStep) {
    for i in 0..p.len() {
        let mut d = g[i] as f64 + step.weight_decay * p[i] as f64;
        if let Some(buffer) = &mut buffer {
            let old = buffer[i] as f64;
            let new = if step.first { d } else { step.momentum * old + (1.0 - step.dampening) * d };
            buffer[i] = new as Elem;
            d = if step.nesterov { d + step.momentum * new } else { new };
        }
        p[i] = (p[i] as f64 - step.lr * d) as Elem;
    }
}
