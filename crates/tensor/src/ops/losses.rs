//! What losses between predictions and targets have in common.

use crate::{Array, Elem};

/// What becomes of the losses of the single elements or rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reduction {
    /// Their mean (over those that count).
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// Nothing: one loss an element or row.
    None,
}

/// A reduction with its numbers: L = Σ_i ℓ_i / divisor, or each ℓ_i by itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reducer {
    each: bool,
    divisor: Elem,
}

impl Reducer {
    /// The sum, divided by `divisor`.
    pub(crate) fn sum_over(divisor: Elem) -> Self {
        Self { each: false, divisor }
    }

    /// Each loss by itself.
    pub(crate) fn each() -> Self {
        Self { each: true, divisor: 1.0 }
    }

    /// The reduction of losses whose mean divides by `count`.
    pub(crate) fn new(reduction: Reduction, count: Elem) -> Self {
        match reduction {
            Reduction::Mean => Self::sum_over(count),
            Reduction::Sum => Self::sum_over(1.0),
            Reduction::None => Self::each(),
        }
    }

    /// L from the single losses; shape `[]`, or theirs if each stands by itself.
    pub(crate) fn apply(&self, losses: Array) -> Array {
        if self.each {
            return losses;
        }
        let losses = losses.contiguous();
        Array::scalar(jumok_kernels::reduce::sum(losses.as_slice().expect("made contiguous")) / self.divisor)
    }

    /// g·∂L/∂ℓ_i = g/divisor (or g_i) for every single loss, of shape `shape`.
    pub(crate) fn upstream(&self, grad: &Array, shape: &[usize]) -> Array {
        if self.each {
            return grad.contiguous();
        }
        Array::full(shape, grad.item() / self.divisor)
    }
}
