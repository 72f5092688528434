//! Normalisation of features to mean square 1.

use jumok_tensor::{Array, Tensor};

use crate::{Module, parameters};

/// y = x / √(mean(x²) + ε) · weight over the last axis (Zhang and Sennrich 2019, eq. 4).
#[derive(Clone, Debug)]
pub struct RmsNorm {
    /// The learned scale, `[features]`, 1 at first.
    pub weight: Tensor,
    /// ε, inside the root.
    pub eps: f64,
}

impl Module for RmsNorm {
    parameters!(weight);
}

impl RmsNorm {
    /// Scale 1.
    pub fn new(features: usize, eps: f64) -> Self {
        Self { weight: Tensor::parameter(Array::ones(&[features])), eps }
    }

    /// `[.., features] -> [.., features]`
    ///
    /// # Panics
    /// If the last axis of `x` is not `features`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.rms_norm(self.weight.shape(), Some(&self.weight), self.eps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        let mut norm = RmsNorm::new(2, 0.0);
        norm.weight.set_array(Array::from_vec(vec![1.0, 10.0], &[2]));
        // mean square (1 + 49) / 2 = 25
        let y = norm.forward(&Tensor::from_vec(vec![1.0, 7.0], &[2])).to_vec();
        jumok_testkit::assert_close(&y, &[0.2, 14.0], 1e-6, 1e-6);
    }
}
