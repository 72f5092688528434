//! log-sum-exp: a smooth maximum, and the normaliser of softmax.
//!
//! L = log Σ_j exp x_j = m + log Σ_j exp(x_j − m) with m = max x, which cannot overflow.
//!
//! Gradient. ∂L/∂x_j = exp x_j / Σ_k exp x_k = exp(x_j − L), which is softmax: **dx_j = g·exp(x_j − L)**.

use super::rows::Rows;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Tensor, TensorError};
use jumok_kernels::softmax::log_sum_exp;

/// The formulas on plain `ndarray`, along one axis that is kept with extent 1.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis};

    /// L = m + log Σ exp(x − m)
    pub fn logsumexp(x: &ArrayD<Elem>, axis: usize) -> ArrayD<Elem> {
        let m = x.fold_axis(Axis(axis), Elem::NEG_INFINITY, |m, &x| m.max(x)).insert_axis(Axis(axis));
        let sum = (x - &m).mapv(Elem::exp).sum_axis(Axis(axis)).insert_axis(Axis(axis));
        m + sum.mapv(Elem::ln)
    }
    /// dx = g·exp(x − L)
    pub fn logsumexp_backward(x: &ArrayD<Elem>, l: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        (x - l).mapv(Elem::exp) * g
    }
}

/// dx = g·exp(x − L)
#[derive(Debug)]
struct LogsumexpBackward {
    x: Array,
    /// L with the axis kept.
    l: Array,
    rows: Rows,
}
impl Backward for LogsumexpBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let weight = super::elementwise::chain_each(&self.x, &self.rows.spread(&self.l), |x, l| {
            // A row of nothing but −∞ has no term that could grow.
            if x == l && x.is_infinite() && x < 0.0 { 0.0 } else { jumok_kernels::math::exp(x - l) }
        });
        grads![super::arithmetic::scaled_by(&weight, &self.rows.spread(&grad))]
    }
}

impl Tensor {
    /// L = log Σ exp x along `axis`: `[2, 3]` along axis −1 gives `[2]`, or `[2, 1]` with `keepdim`.
    ///
    /// Stable for numbers of any size. −∞ where there is nothing but −∞ along the axis (with gradient 0), or nothing
    /// at all.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn logsumexp(&self, axis: isize, keepdim: bool) -> Tensor {
        fit(self.try_logsumexp(axis, keepdim))
    }

    /// As [`Tensor::logsumexp`], with an error instead of the panic.
    pub fn try_logsumexp(&self, axis: isize, keepdim: bool) -> Result<Tensor, TensorError> {
        let rows = Rows::along("logsumexp", self.shape(), &[axis])?;
        let l = rows.map(self.array(), keepdim, |row| {
            let mut l = [0.0];
            log_sum_exp(row, &mut l, row.len());
            l[0]
        });
        let kept = l.clone();
        Ok(Tensor::from_operation(l, &[self], || LogsumexpBackward { x: self.array().clone(), l: kept, rows }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{Elem, GradCheck, gradcheck};

    #[test]
    fn agrees_with_reference_and_derivative_along_every_axis() {
        for axis in 0..3 {
            let x = Tensor::parameter(between(-2.0, 3.0, &[2, 5, 40]));
            let plain = x.array().to_ndarray();
            let y = x.logsumexp(axis, true);
            let expected = reference::logsumexp(&plain, axis as usize);
            assert_close(y.array(), &expected);
            let g = between(-1.0, 1.0, y.shape());
            let dx = reference::logsumexp_backward(&plain, &expected, &g.to_ndarray());
            assert_close(y.backward_from(g).get(&x).unwrap(), &dx);
            for x in [between(-2.0, 3.0, &[2, 3, 4]), between(-2.0, 3.0, &[2, 3, 4]).transpose(0, 2)] {
                gradcheck(|i| i[0].logsumexp(axis, false), &[x], &GradCheck::default()).unwrap();
            }
        }
    }

    #[test]
    fn numbers_of_any_size_and_nothing() {
        let x = Tensor::parameter(Array::from_vec(vec![1e4, 1e4, -1e4, -1e4], &[2, 2]));
        let y = x.logsumexp(-1, false);
        assert_eq!(y.to_vec(), [1e4 + (2.0 as Elem).ln(), -1e4 + (2.0 as Elem).ln()]);
        let dx = y.backward_from(Array::ones(&[2])).get(&x).unwrap().to_vec();
        assert!(dx.iter().all(|dx| (dx - 0.5).abs() < 1e-3), "{dx:?}");
        let masked = Tensor::parameter(Array::full(&[1, 2], Elem::NEG_INFINITY));
        let y = masked.logsumexp(1, false);
        assert_eq!(y.to_vec(), [Elem::NEG_INFINITY]);
        assert_eq!(y.sum_all().backward().get(&masked).unwrap().to_vec(), [0.0; 2]);
        assert_eq!(Tensor::zeros(&[2, 0]).logsumexp(1, false).to_vec(), [Elem::NEG_INFINITY; 2]);
        assert_eq!(Tensor::zeros(&[0, 2]).logsumexp(1, true).shape(), [0, 1]);
    }

    #[test]
    #[should_panic(expected = "logsumexp: shape [2, 3] has no axis 2: need -2..=1")]
    fn the_axis_must_exist() {
        Tensor::zeros(&[2, 3]).logsumexp(2, false);
    }
}
