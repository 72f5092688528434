//! One sweep over parameters, gradients and moments. Rates are `f64`, as PyTorch's are; what multiplies a parameter is
//! rounded once. All functions panic, with the lengths, if the slices differ in length.

use crate::Elem;
use crate::dispatch::MulAdd;
use crate::rows::same_length;

/// The numbers of one step of Adam (Kingma and Ba 2014) or AdamW (Loshchilov and Hutter 2017).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamStep {
    /// Learning rate.
    pub lr: f64,
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to √v̂.
    pub eps: f64,
    /// λ; see [`adamw`] and [`adam`] for what it multiplies.
    pub weight_decay: f64,
    /// The number of this step, counted from 1.
    pub step: u64,
}

/// The numbers of one step of [`sgd`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SgdStep {
    /// Learning rate.
    pub lr: f64,
    /// μ, the share of the old buffer that stays.
    pub momentum: f64,
    /// The share of the gradient that does not enter the buffer.
    pub dampening: f64,
    /// λ, added to the gradient as λ·p.
    pub weight_decay: f64,
    /// Look ahead by one momentum step.
    pub nesterov: bool,
    /// Whether the buffer is filled for the first time: it then becomes the gradient itself, not (1 − dampening) of it.
    pub first: bool,
}

/// What a step of Adam is in numbers of [`Elem`].
struct AdamFactors {
    beta1: Elem,
    beta2: Elem,
    new1: Elem,
    new2: Elem,
    step_size: Elem,
    inv_root_correction2: Elem,
    eps: Elem,
}

impl AdamFactors {
    fn new(s: &AdamStep) -> AdamFactors {
        let exponent = i32::try_from(s.step).unwrap_or(i32::MAX);
        let correction1 = 1.0 - s.beta1.powi(exponent);
        let correction2 = 1.0 - s.beta2.powi(exponent);
        AdamFactors {
            beta1: s.beta1 as Elem,
            beta2: s.beta2 as Elem,
            new1: (1.0 - s.beta1) as Elem,
            new2: (1.0 - s.beta2) as Elem,
            step_size: (s.lr / correction1) as Elem,
            inv_root_correction2: (1.0 / correction2.sqrt()) as Elem,
            eps: s.eps as Elem,
        }
    }

    /// m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², and the step lr·m̂/(√v̂ + ε).
    #[inline(always)]
    fn advance<F: MulAdd>(&self, g: Elem, m: &mut Elem, v: &mut Elem) -> Elem {
        *m = F::mul_add(self.beta1, *m, self.new1 * g);
        *v = F::mul_add(self.beta2, *v, self.new2 * g * g);
        self.step_size * *m / F::mul_add(v.sqrt(), self.inv_root_correction2, self.eps)
    }
}

kernel! {
    /// AdamW as PyTorch has it:
    /// p ← (1 − lr·λ)·p − lr·m̂/(√v̂ + ε), with m̂ = m/(1 − β₁ᵗ) and v̂ = v/(1 − β₂ᵗ) of the new moments.
    pub fn adamw<F>(p: &mut [Elem], g: &[Elem], m: &mut [Elem], v: &mut [Elem], step: &AdamStep) {
        same_length("adamw", p.len(), [g.len(), m.len(), v.len()]);
        let factors = AdamFactors::new(step);
        let keep = (1.0 - step.lr * step.weight_decay) as Elem;
        for (((p, &g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            *p = *p * keep - factors.advance::<F>(g, m, v);
        }
    }

    /// Adam with L2 regularisation: λ·p is added to the gradient before it enters the moments.
    pub fn adam<F>(p: &mut [Elem], g: &[Elem], m: &mut [Elem], v: &mut [Elem], step: &AdamStep) {
        same_length("adam", p.len(), [g.len(), m.len(), v.len()]);
        let factors = AdamFactors::new(step);
        let decay = step.weight_decay as Elem;
        for (((p, &g), m), v) in p.iter_mut().zip(g).zip(m).zip(v) {
            *p -= factors.advance::<F>(F::mul_add(decay, *p, g), m, v);
        }
    }

    /// Stochastic gradient descent as PyTorch has it. With d = g + λ·p and a buffer b: b ← μ·b + (1 − dampening)·d, then
    /// d ← d + μ·b (Nesterov) or d ← b, and p ← p − lr·d. Without a buffer p ← p − lr·d.
    pub fn sgd<F>(p: &mut [Elem], g: &[Elem], buffer: Option<&mut [Elem]>, step: &SgdStep) {
        same_length("sgd", p.len(), [g.len(), buffer.as_ref().map_or(p.len(), |buffer| buffer.len())]);
        let (lr, decay) = (step.lr as Elem, step.weight_decay as Elem);
        let Some(buffer) = buffer else {
            for (p, &g) in p.iter_mut().zip(g) {
                *p = F::mul_add(-lr, F::mul_add(decay, *p, g), *p);
            }
            return;
        };
        let momentum = step.momentum as Elem;
        let (old, new) = if step.first { (0.0, 1.0) } else { (momentum, (1.0 - step.dampening) as Elem) };
        let (of_d, of_b) = if step.nesterov { (1.0, momentum) } else { (0.0, 1.0) };
        for ((p, &g), b) in p.iter_mut().zip(g).zip(buffer) {
            let d = F::mul_add(decay, *p, g);
            *b = F::mul_add(old, *b, new * d);
            *p = F::mul_add(-lr, F::mul_add(of_d, d, of_b * *b), *p);
        }
    }
}
