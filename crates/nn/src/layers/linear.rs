//! The affine map.

use jumok_tensor::Tensor;
use rand::Rng;

use crate::{Init, Module, parameters};

/// y = x·Wᵀ + b, the same for every position.
///
/// The weight is stored `[out_features, in_features]`, one row an output, as in PyTorch and in checkpoints.
#[derive(Clone, Debug)]
pub struct Linear {
    /// W, `[out_features, in_features]`.
    pub weight: Tensor,
    /// b, `[out_features]`.
    pub bias: Option<Tensor>,
}

impl Module for Linear {
    parameters!(weight, bias);
}

impl Linear {
    /// A layer with PyTorch's default initialisation: weight and bias uniform in ±1/√in_features.
    pub fn new(in_features: usize, out_features: usize, rng: &mut impl Rng) -> Self {
        let bound = 1.0 / (in_features as f64).sqrt();
        let init = Init::Uniform { low: -bound, high: bound };
        let weight = init.parameter(&[out_features, in_features], rng);
        Self { weight, bias: Some(init.parameter(&[out_features], rng)) }
    }

    /// As [`Linear::new`], with or without a bias.
    pub fn with_bias(in_features: usize, out_features: usize, bias: bool, rng: &mut impl Rng) -> Self {
        let layer = Self::new(in_features, out_features, rng);
        if bias { layer } else { Self { bias: None, ..layer } }
    }

    /// A layer whose weight is initialised by `init` and whose bias, if it has one, is zero.
    pub fn with_init(in_features: usize, out_features: usize, bias: bool, init: Init, rng: &mut impl Rng) -> Self {
        let weight = init.parameter(&[out_features, in_features], rng);
        Self { weight, bias: bias.then(|| Init::Zeros.parameter(&[out_features], rng)) }
    }

    /// `[.., in_features] -> [.., out_features]`
    ///
    /// # Panics
    /// If the last axis of `x` is not `in_features`.
    #[track_caller]
    pub fn forward(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight, self.bias.as_ref())
    }

    /// The extent of the last axis of what goes in.
    pub fn in_features(&self) -> usize {
        self.weight.shape()[1]
    }

    /// The extent of the last axis of what comes out.
    pub fn out_features(&self) -> usize {
        self.weight.shape()[0]
    }
}

#[cfg(test)]
mod tests {
    use jumok_tensor::Array;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    use super::*;

    #[test]
    fn values_by_hand() {
        let layer = Linear {
            weight: Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[3, 2]),
            bias: Some(Tensor::from_vec(vec![10.0, 20.0, 30.0], &[3])),
        };
        let x = Tensor::from_vec(vec![1.0, -1.0], &[1, 1, 2]);
        let y = layer.forward(&x);
        assert_eq!(y.shape(), [1, 1, 3]);
        assert_eq!(y.to_vec(), [9.0, 19.0, 29.0]);
        let without = Linear { bias: None, ..layer };
        assert_eq!(without.forward(&x).to_vec(), [-1.0; 3]);
    }

    #[test]
    fn default_initialisation_stays_in_its_bounds_and_is_learned() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let layer = Linear::new(16, 5, &mut rng);
        assert_eq!((layer.in_features(), layer.out_features()), (16, 5));
        let bias = layer.bias.as_ref().unwrap();
        assert!(layer.weight.is_parameter() && bias.is_parameter());
        assert!(layer.weight.to_vec().iter().chain(&bias.to_vec()).all(|w| w.abs() <= 0.25));
        assert!(layer.weight.to_vec().iter().any(|w| w.abs() > 0.2));
    }

    #[test]
    fn a_chosen_initialisation_leaves_the_bias_zero() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let layer = Linear::with_init(4, 3, true, Init::Constant(2.0), &mut rng);
        assert_eq!(layer.weight.to_vec(), [2.0; 12]);
        assert_eq!(layer.bias.unwrap().to_vec(), [0.0; 3]);
        assert!(Linear::with_init(4, 3, false, Init::Zeros, &mut rng).bias.is_none());
    }

    #[test]
    fn gradients_reach_weight_and_bias() {
        let weight = Tensor::parameter(Array::zeros(&[2, 3]));
        let layer = Linear { weight, bias: Some(Tensor::parameter(Array::zeros(&[2]))) };
        let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]);
        let grads = layer.forward(&x).sum_all().backward();
        assert_eq!(grads.get(&layer.weight).unwrap().to_vec(), [5.0, 7.0, 9.0, 5.0, 7.0, 9.0]);
        assert_eq!(grads.get(layer.bias.as_ref().unwrap()).unwrap().to_vec(), [2.0, 2.0]);
    }
}
