//! Normalisation of features to mean 0 and variance 1.

use jumok_tensor::{Array, Tensor};

use crate::{Module, parameters};

/// y = (x − mean(x)) / √(var(x) + ε) · weight + bias over the last axis (Ba et al. 2016, eq. 4), or without the bias.
///
/// The variance is the biased one (division by the number of features).
#[derive(Clone, Debug)]
pub struct LayerNorm {
    /// The learned scale, `[features]`, 1 at first.
    pub weight: Tensor,
    /// The learned shift, `[features]`, 0 at first; `None` for a norm without one.
    pub bias: Option<Tensor>,
    /// ε, inside the root. PyTorch's default is 1e-5, BERT's 1e-12.
    pub eps: f64,
}

impl Module for LayerNorm {
    parameters!(weight, bias);
}

impl LayerNorm {
    /// Scale 1 and shift 0.
    pub fn new(features: usize, eps: f64) -> Self {
        Self { bias: Some(Tensor::parameter(Array::zeros(&[features]))), ..Self::without_bias(features, eps) }
    }

    /// Scale 1 and no shift, as in models that have no biases at all.
    pub fn without_bias(features: usize, eps: f64) -> Self {
        Self { weight: Tensor::parameter(Array::ones(&[features])), bias: None, eps }
    }

    /// `[.., features] -> [.., features]`
    ///
    /// # Panics
    /// If the last axis of `x` is not `features`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.layer_norm(self.weight.shape(), Some(&self.weight), self.bias.as_ref(), self.eps)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        let mut norm = LayerNorm::new(4, 0.0);
        norm.weight.set_array(Array::from_vec(vec![1.0, 1.0, 2.0, 2.0], &[4]));
        norm.bias = Some(Tensor::parameter(Array::from_vec(vec![0.0, 1.0, 0.0, 1.0], &[4])));
        // mean 3, variance (4 + 0 + 0 + 4) / 4 = 2
        let y = norm.forward(&Tensor::from_vec(vec![1.0, 3.0, 3.0, 5.0], &[1, 4])).to_vec();
        let root = f64::sqrt(2.0);
        jumok_testkit::assert_close(&y, &[-root, 1.0, 0.0, 2.0 * root + 1.0], 1e-6, 1e-6);
    }

    #[test]
    fn without_bias_it_has_one_parameter_and_shifts_nothing() {
        let norm = LayerNorm::without_bias(2, 0.0);
        let names: Vec<String> = norm.named_parameters().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["weight"]);
        let x = Tensor::from_vec(vec![1.0, 5.0], &[1, 2]);
        let y = norm.forward(&x);
        jumok_testkit::assert_close(&y.to_vec(), &[-1.0, 1.0], 1e-6, 1e-6);
        assert!(y.sum_all().backward().get(&norm.weight).is_some());
        assert_eq!(LayerNorm::new(2, 0.0).named_parameters().len(), 2);
    }
}
