//! Normalisation of features to mean 0 and variance 1.

use jumok_tensor::{Array, Tensor};

use crate::{Module, parameters};

/// y = (x − mean(x)) / √(var(x) + ε) · weight + bias over the last axis (Ba et al. 2016, eq. 4).
///
/// The variance is the biased one (division by the number of features).
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// The learned scale, `[features]`, 1 at first.
    pub weight: Tensor,
    /// The learned shift, `[features]`, 0 at first.
    pub bias: Tensor,
    /// ε, inside the root. PyTorch's default is 1e-5, BERT's 1e-12.
    pub eps: f64,
}

impl Module for LayerNorm {
    parameters!(weight, bias);
}

impl LayerNorm {
    /// Scale 1 and shift 0.
    pub fn new(features: usize, eps: f64) -> Self {
        let (weight, bias) = (Array::ones(&[features]), Array::zeros(&[features]));
        Self { weight: Tensor::parameter(weight), bias: Tensor::parameter(bias), eps }
    }

    /// `[.., features] -> [.., features]`
    ///
    /// # Panics
    /// If the last axis of `x` is not `features`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.layer_norm(self.weight.shape(), Some(&self.weight), Some(&self.bias), self.eps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        let mut norm = LayerNorm::new(4, 0.0);
        norm.weight.set_array(Array::from_vec(vec![1.0, 1.0, 2.0, 2.0], &[4]));
        norm.bias.set_array(Array::from_vec(vec![0.0, 1.0, 0.0, 1.0], &[4]));
        // mean 3, variance (4 + 0 + 0 + 4) / 4 = 2
        let y = norm.forward(&Tensor::from_vec(vec![1.0, 3.0, 3.0, 5.0], &[1, 4])).to_vec();
        let root = f64::sqrt(2.0);
        jumok_testkit::assert_close(&y, &[-root, 1.0, 0.0, 2.0 * root + 1.0], 1e-6, 1e-6);
    }
}
