//! Gradients of a batch that is too large for one pass.

use jumok_tensor::Gradients;

/// The weighted mean of the gradients of several passes.
///
/// A batch cut into micro-batches needs the memory of one. The loss of a batch is a mean over its targets, so the gradient of
/// the whole is Σ nᵢ·gᵢ / Σ nᵢ, where micro-batch i has nᵢ targets and the gradient gᵢ of its own mean loss. The plain mean
/// would be wrong as soon as they differ, as they do with padding or masked words.
///
/// ```
/// use jumok_nn::{Array, GradientAccumulator, Tensor};
///
/// let w = Tensor::parameter(Array::scalar(2.0));
/// let loss = |x: &[f32]| {
///     let x = Tensor::from_vec(x.iter().map(|&v| v.into()).collect(), &[x.len()]);
///     (&w * &x).pow_scalar(2.0).mean_all()
/// };
/// let whole = loss(&[1.0, 2.0, 3.0]).backward();
///
/// let mut parts = GradientAccumulator::new();
/// parts.add(loss(&[1.0]).backward(), 1.0);
/// parts.add(loss(&[2.0, 3.0]).backward(), 2.0);
/// let parts = parts.finish();
/// assert!((parts.get(&w).unwrap().item() - whole.get(&w).unwrap().item()).abs() < 1e-5);
/// ```
#[derive(Clone, Debug, Default)]
pub struct GradientAccumulator {
    sum: Gradients,
    weight: f64,
}

impl GradientAccumulator {
    /// Nothing accumulated yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the gradients of the mean loss over `weight` targets.
    ///
    /// # Panics
    /// If `weight` is negative or not finite.
    #[track_caller]
    pub fn add(&mut self, mut grads: Gradients, weight: f64) {
        assert!(
            weight.is_finite() && weight >= 0.0,
            "GradientAccumulator: the weight is {weight}, but must not be negative"
        );
        // A loss over no targets is NaN, and so may be its gradient: it must not count, rather than count as 0·NaN.
        if weight == 0.0 {
            return;
        }
        grads.scale(weight);
        self.sum.add(grads);
        self.weight += weight;
    }

    /// The sum of the weights so far.
    pub fn weight(&self) -> f64 {
        self.weight
    }

    /// The weighted mean; empty if nothing was added.
    pub fn finish(mut self) -> Gradients {
        if self.weight > 0.0 {
            self.sum.scale(1.0 / self.weight);
        }
        self.sum
    }
}

#[cfg(test)]
mod tests {
    use jumok_tensor::{Array, Elem, Tensor};

    use super::*;

    fn of(tensor: &Tensor, value: Elem) -> Gradients {
        let mut grads = Gradients::new();
        grads.insert(tensor, Array::scalar(value));
        grads
    }

    #[test]
    fn passes_count_by_their_weight() {
        let w = Tensor::parameter(Array::scalar(0.0));
        let mut mean = GradientAccumulator::new();
        mean.add(of(&w, 1.0), 1.0);
        mean.add(of(&w, 5.0), 3.0);
        mean.add(of(&w, Elem::NAN), 0.0);
        assert_eq!(mean.weight(), 4.0);
        assert_eq!(mean.finish().get(&w).unwrap().item(), 4.0);
    }

    #[test]
    fn nothing_gives_nothing() {
        assert!(GradientAccumulator::new().finish().is_empty());
    }
}
