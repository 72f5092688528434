//! Random silence.

use jumok_tensor::Tensor;

use crate::{Ctx, Module, parameters};

/// In training every element is 0 with probability p and x/(1 − p) otherwise; in evaluation y = x (Srivastava et al. 2014,
/// in the inverted form, which keeps the expectation in training instead of scaling in evaluation).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dropout {
    /// The probability of zero, in 0..=1.
    pub p: f64,
}

impl Module for Dropout {
    parameters!();
}

impl Dropout {
    /// Dropout with probability `p`.
    ///
    /// # Panics
    /// If `p` is not in 0..=1.
    #[track_caller]
    pub fn new(p: f64) -> Self {
        assert!((0.0..=1.0).contains(&p), "Dropout: the probability {p} is not in 0..=1");
        Self { p }
    }

    /// Any shape -> the same shape; draws from `ctx` only in training and if p > 0.
    pub fn forward(&self, x: &Tensor, ctx: &mut Ctx) -> Tensor {
        if ctx.is_training() && self.p > 0.0 { x.dropout(self.p, ctx.rng()) } else { x.clone() }
    }
}

#[cfg(test)]
mod tests {
    use rand::Rng;

    use super::*;

    #[test]
    fn evaluation_changes_nothing_and_draws_nothing() {
        let x = Tensor::ones(&[8]);
        let mut ctx = Ctx::eval();
        assert_eq!(Dropout::new(0.5).forward(&x, &mut ctx).to_vec(), [1.0; 8]);
        let mut training = Ctx::train(0);
        Dropout::new(0.0).forward(&x, &mut training);
        assert_eq!(ctx.rng().next_u64(), Ctx::eval().rng().next_u64());
        assert_eq!(training.rng().next_u64(), Ctx::train(0).rng().next_u64());
    }

    #[test]
    fn training_silences_about_p_and_scales_the_rest() {
        let x = Tensor::ones(&[10_000]);
        let y = Dropout::new(0.25).forward(&x, &mut Ctx::train(1)).to_vec();
        let zeros = y.iter().filter(|&&v| v == 0.0).count();
        assert!((2_300..2_700).contains(&zeros), "{zeros} of 10000 are zero"); // 2500 ± 4.6 standard deviations
        assert!(y.iter().all(|&v| v == 0.0 || (v - 4.0 / 3.0).abs() < 1e-6));
        assert_eq!(y, Dropout::new(0.25).forward(&x, &mut Ctx::train(1)).to_vec());
        assert_ne!(y, Dropout::new(0.25).forward(&x, &mut Ctx::train(2)).to_vec());
    }

    #[test]
    #[should_panic(expected = "the probability 1.5 is not in 0..=1")]
    fn a_probability_is_expected() {
        Dropout::new(1.5);
    }
}
