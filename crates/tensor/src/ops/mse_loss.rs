//! The squared error.
//!
//! ℓ_i = (x_i − t_i)². ∂ℓ/∂x = 2(x − t) and ∂ℓ/∂t = −2(x − t), so **dx = g·2(x − t)** and **dt = −dx**, where g is the
//! gradient of ℓ_i: that of the mean divided by the number of elements.

use super::elementwise::{apply_each, chain_each, pair};
use super::losses::{Reducer, Reduction};
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};

/// The formulas on plain `ndarray`, without reduction.
pub mod reference {
    use crate::Elem;
    use ndarray::ArrayD;

    /// ℓ = (x − t)²
    pub fn mse_loss(x: &ArrayD<Elem>, t: &ArrayD<Elem>) -> ArrayD<Elem> {
        (x - t).mapv(|d| d * d)
    }
    /// dx = g·2(x − t); dt = −dx
    pub fn mse_loss_backward(x: &ArrayD<Elem>, t: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        2.0 * g * (x - t)
    }
}

/// dx = g·2(x − t), dt = −dx
#[derive(Debug)]
struct MseLossBackward {
    /// x − t
    error: Array,
    reducer: Reducer,
    wanted: [bool; 2],
}
impl Backward for MseLossBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let g = self.reducer.upstream(&grad, self.error.shape());
        let dx = chain_each(&self.error, &g, |error, g| 2.0 * g * error);
        let dt = self.wanted[1].then(|| apply_each(&dx, |dx| -dx));
        grads![self.wanted[0].then_some(dx), dt]
    }
}

impl Tensor {
    /// The squared error (x − t)² between `self` and `target`, which have one shape; mean and sum give shape `[]`.
    ///
    /// The mean divides by the number of elements (NaN if there are none). Both sides receive a gradient.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn mse_loss(&self, target: &Tensor, reduction: Reduction) -> Tensor {
        fit(self.try_mse_loss(target, reduction))
    }

    /// As [`Tensor::mse_loss`], with an error instead of the panic.
    pub fn try_mse_loss(&self, target: &Tensor, reduction: Reduction) -> Result<Tensor, TensorError> {
        if self.shape() != target.shape() {
            return Err(TensorError::shape("mse_loss", &[self.shape(), target.shape()], "equal shapes"));
        }
        let error = pair("mse_loss", self.array(), target.array(), |x, t| x - t)?;
        let reducer = Reducer::new(reduction, self.len() as Elem);
        let loss = reducer.apply(apply_each(&error, |error| error * error));
        let wanted = [self.needs_grad(), target.needs_grad()];
        Ok(Tensor::from_operation(loss, &[self, target], || MseLossBackward { error, reducer, wanted }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn agrees_with_the_reference_and_its_derivative() {
        let (x, t) = (between(-1.0, 2.0, &[3, 4]), between(-2.0, 1.0, &[4, 3]).transpose(0, 1));
        let leaves = [x.clone(), t.clone()].map(Tensor::parameter);
        let loss = leaves[0].mse_loss(&leaves[1], Reduction::None);
        assert_close(loss.array(), &reference::mse_loss(&x.to_ndarray(), &t.to_ndarray()));
        let g = between(-1.0, 1.0, &[3, 4]);
        let dx = reference::mse_loss_backward(&x.to_ndarray(), &t.to_ndarray(), &g.to_ndarray());
        let grads = loss.backward_from(g);
        assert_close(grads.get(&leaves[0]).unwrap(), &dx);
        assert_close(grads.get(&leaves[1]).unwrap(), &-dx);
        for reduction in [Reduction::Mean, Reduction::Sum, Reduction::None] {
            gradcheck(|i| i[0].mse_loss(&i[1], reduction), &[x.clone(), t.clone()], &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn by_hand_and_of_nothing() {
        let x = Tensor::from_vec(vec![1.0, 2.0], &[2]);
        let t = Tensor::from_vec(vec![0.0, 4.0], &[2]);
        assert_eq!(x.mse_loss(&t, Reduction::Mean).item(), 2.5);
        assert_eq!(x.mse_loss(&t, Reduction::Sum).item(), 5.0);
        let empty = Tensor::zeros(&[0, 2]);
        assert!(empty.mse_loss(&empty, Reduction::Mean).item().is_nan());
        assert_eq!(empty.mse_loss(&empty, Reduction::Sum).item(), 0.0);
    }

    #[test]
    #[should_panic(expected = "mse_loss: shapes [2, 3] and [3] do not fit: need equal shapes")]
    fn shapes_must_be_equal() {
        Tensor::zeros(&[2, 3]).mse_loss(&Tensor::zeros(&[3]), Reduction::Mean);
    }
}
