//! Keeping gradients within bounds.

use jumok_kernels::reduce;
use jumok_tensor::{Elem, GradientTerms, Gradients};
use rayon::prelude::*;

use crate::Module;

/// The norm of fewer elements is there before another thread has woken up.
const WORTH_THREADS: usize = 1 << 17;

/// How the size of all gradients together is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum NormType {
    /// √(Σ g²) over all elements of all gradients.
    #[default]
    Two,
    /// (Σ |g|ᵖ)^(1/p) for the p > 0 given.
    Power(f64),
    /// The largest |g|.
    Inf,
}

/// Scales the gradients of all parameters of `model` so that their common 2-norm does not exceed `max_norm`, and returns the
/// norm they had (Pascanu et al. 2013, algorithm 1).
///
/// As PyTorch does, every gradient is multiplied by min(1, max_norm/(norm + 1e-6)). A norm that is not finite makes the
/// gradients useless; who wants to skip such a step looks at the result.
pub fn clip_grad_norm(model: &dyn Module, grads: &mut Gradients, max_norm: f64) -> f64 {
    clip_grad_norm_of(model, grads, max_norm, NormType::Two)
}

/// As [`clip_grad_norm`], with the norm of choice.
pub fn clip_grad_norm_of(model: &dyn Module, grads: &mut Gradients, max_norm: f64, norm_type: NormType) -> f64 {
    let norm = grad_norm(model, grads, norm_type);
    let factor = max_norm / (norm + 1e-6);
    if factor >= 1.0 {
        return norm;
    }
    model.for_each_parameter(&mut |_, tensor| grads.scale_of(tensor, factor));
    norm
}

/// The norm of the gradients of all parameters of `model` together; parameters without a gradient count as zero.
///
/// Summed in f64 in the order of the parameters, so it does not depend on the number of threads.
pub fn grad_norm(model: &dyn Module, grads: &Gradients, norm_type: NormType) -> f64 {
    let mut all = Vec::new();
    model.for_each_parameter(&mut |_, tensor| all.extend(grads.of(tensor).map(|grad| (grad, tensor.len()))));
    let part = |(grad, len): &(GradientTerms, usize)| part_of_norm(grad, *len, norm_type);
    let of_each: Vec<f64> = if all.iter().map(|(_, len)| len).sum::<usize>() < WORTH_THREADS {
        all.iter().map(part).collect()
    } else {
        all.par_iter().map(part).collect()
    };
    let total = of_each.into_iter().fold(0.0, |total, part| match norm_type {
        NormType::Inf => larger(total, part),
        _ => total + part,
    });
    match norm_type {
        NormType::Two => total.sqrt(),
        NormType::Power(p) => total.powf(1.0 / p),
        NormType::Inf => total,
    }
}

/// Σ g², Σ |g|ᵖ or max |g| of one gradient, read a piece at a time.
fn part_of_norm(grad: &GradientTerms, len: usize, norm_type: NormType) -> f64 {
    const PIECE: usize = 1 << 13;
    let mut scratch = Vec::new();
    (0..len).step_by(PIECE).fold(0.0, |total, start| {
        let grad = grad.piece(start..len.min(start + PIECE), &mut scratch);
        match norm_type {
            NormType::Two => total + reduce::sum_of_squares(grad),
            NormType::Power(p) => total + grad.iter().map(|&g| (g.abs() as f64).powf(p)).sum::<f64>(),
            NormType::Inf => grad.iter().fold(total, |largest, &g| larger(largest, g.abs() as f64)),
        }
    })
}

/// The larger of the two; NaN if one is NaN.
fn larger(a: f64, b: f64) -> f64 {
    if b > a || b.is_nan() { b } else { a }
}

/// Limits every element of the gradients of `model` to −clip_value ..= clip_value.
///
/// # Panics
/// If `clip_value` is negative or NaN.
#[track_caller]
pub fn clip_grad_value(model: &dyn Module, grads: &mut Gradients, clip_value: f64) {
    assert!(clip_value >= 0.0, "clip_grad_value: the bound is {clip_value}, but must not be negative");
    let bound = clip_value as Elem;
    model.for_each_parameter(&mut |_, tensor| {
        if let Some(grad) = grads.get_mut(tensor) {
            grad.make_mut().iter_mut().for_each(|g| *g = g.clamp(-bound, bound));
        }
    });
}

#[cfg(test)]
mod tests {
    use jumok_tensor::{Array, Tensor};

    use super::*;

    /// Two parameters with the gradients (3, 0) and (−4), and one without.
    fn case() -> (Vec<Tensor>, Gradients) {
        let model: Vec<Tensor> = [2, 1, 5].map(|n| Tensor::parameter(Array::zeros(&[n]))).to_vec();
        let mut grads = Gradients::new();
        grads.insert(&model[0], Array::from_vec(vec![3.0, 0.0], &[2]));
        grads.insert(&model[1], Array::from_vec(vec![-4.0], &[1]));
        (model, grads)
    }

    fn values(model: &[Tensor], grads: &Gradients) -> Vec<Elem> {
        model[..2].iter().flat_map(|tensor| grads.get(tensor).unwrap().to_vec()).collect()
    }

    #[test]
    fn the_common_norm_is_limited() {
        let (model, mut grads) = case();
        assert_eq!(clip_grad_norm(&model, &mut grads, 1.0), 5.0);
        jumok_testkit::assert_close(&values(&model, &grads), &[0.6, 0.0, -0.8], 1e-6, 0.0);
        assert!(grad_norm(&model, &grads, NormType::Two) < 1.0);
    }

    #[test]
    fn small_gradients_stay_as_they_are() {
        let (model, mut grads) = case();
        assert_eq!(clip_grad_norm(&model, &mut grads, 5.1), 5.0);
        assert_eq!(values(&model, &grads), [3.0, 0.0, -4.0]);
    }

    #[test]
    fn other_powers() {
        let (model, grads) = case();
        assert_eq!(grad_norm(&model, &grads, NormType::Power(1.0)), 7.0);
        assert!((grad_norm(&model, &grads, NormType::Power(3.0)) - 91_f64.cbrt()).abs() < 1e-9);
    }

    #[test]
    fn the_largest_element_as_norm() {
        let (model, mut grads) = case();
        assert_eq!(clip_grad_norm_of(&model, &mut grads, 2.0, NormType::Inf), 4.0);
        jumok_testkit::assert_close(&values(&model, &grads), &[1.5, 0.0, -2.0], 1e-6, 0.0);
    }

    #[test]
    fn a_norm_that_is_not_a_number_is_reported() {
        for norm_type in [NormType::Two, NormType::Inf] {
            let (model, mut grads) = case();
            grads.insert(&model[0], Array::from_vec(vec![Elem::NAN, 1.0], &[2]));
            assert!(clip_grad_norm_of(&model, &mut grads, 1.0, norm_type).is_nan());
            assert!(values(&model, &grads).iter().all(|g| g.is_nan()));
        }
    }

    #[test]
    fn elements_are_limited() {
        let (model, mut grads) = case();
        clip_grad_value(&model, &mut grads, 3.5);
        assert_eq!(values(&model, &grads), [3.0, 0.0, -3.5]);
    }
}
