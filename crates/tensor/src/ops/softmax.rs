//! softmax and log-softmax: numbers become a probability distribution (lecture, slide S08).
//!
//! y_i = exp(x_i − max x) / Σ_j exp(x_j − max x): every y_i lies in (0, 1) and they sum to 1. Subtracting the maximum
//! changes nothing (numerator and denominator share the factor exp(−max x)), but keeps exp from overflowing.
//!
//! Gradient. ∂y_i/∂x_j = y_i(δ_ij − y_j), so dx_j = Σ_i g_i y_i(δ_ij − y_j) = y_j(g_j − Σ_i g_i y_i), which is
//! **dx = y ⊙ (g − Σ_i g_i y_i)**. Only y is needed.
//!
//! log-softmax is ℓ_i = x_i − max x − log Σ_j exp(x_j − max x). ∂ℓ_i/∂x_j = δ_ij − y_j with y = exp ℓ, so
//! **dx = g − exp(ℓ)·Σ_i g_i**.
//!
//! log-sum-exp is L = log Σ_j exp x_j; ∂L/∂x_j = softmax(x)_j, so **dx = g·exp(x − L)**.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout;
use crate::parallel::for_each_block;
use crate::{Array, BoolTensor, Elem, Tensor, TensorError};
use jumok_kernels::softmax as kernel;

/// The formulas on plain `ndarray`, along the last axis.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis};

    // ANCHOR: reference
    /// y_i = exp(x_i − max x) / Σ_j exp(x_j − max x)
    pub fn softmax(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        let mut y = x.clone();
        for mut row in y.lanes_mut(Axis(x.ndim() - 1)) {
            let max = row.fold(Elem::NEG_INFINITY, |m, &x| m.max(x));
            row.mapv_inplace(|x| (x - max).exp());
            let sum = row.sum();
            row /= sum;
        }
        y
    }
    // ANCHOR_END: reference

    /// dx = y ⊙ (g − Σ_i g_i y_i)
    pub fn softmax_backward(y: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        let last = Axis(y.ndim() - 1);
        y * &(g - &(g * y).sum_axis(last).insert_axis(last))
    }

    /// ℓ_i = x_i − max x − log Σ_j exp(x_j − max x)
    pub fn log_softmax(x: &ArrayD<Elem>) -> ArrayD<Elem> {
        let mut y = x.clone();
        for mut row in y.lanes_mut(Axis(x.ndim() - 1)) {
            let max = row.fold(Elem::NEG_INFINITY, |m, &x| m.max(x));
            let log_sum = row.fold(0.0, |s, &x| s + (x - max).exp()).ln();
            row.mapv_inplace(|x| x - max - log_sum);
        }
        y
    }

    /// dx = g − exp(ℓ)·Σ_i g_i
    pub fn log_softmax_backward(log_y: &ArrayD<Elem>, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        let last = Axis(g.ndim() - 1);
        g - &(log_y.mapv(Elem::exp) * g.sum_axis(last).insert_axis(last))
    }
}

/// How many multiply-adds one element of a softmax costs, for judging whether threads pay.
const WORK: usize = 16;

/// Applies `rows(n, x, y)` to blocks of rows along `axis`: the axis is brought to the end and back where it is not there.
fn along(x: &Array, axis: usize, rows: impl Fn(usize, &[Elem], &mut [Elem], usize) + Send + Sync) -> Array {
    let moved = x.transpose(axis as isize, -1).contiguous();
    let row_len = moved.shape()[moved.rank() - 1];
    let x = moved.as_slice().expect("made contiguous");
    let block = row_len * (4096 / row_len.max(1)).max(1);
    let y = Array::build(moved.shape(), |y| {
        for_each_block(y, block, x.len() * WORK, |n, y| {
            rows(n * block, &x[n * block..n * block + y.len()], y, row_len)
        });
    });
    y.transpose(axis as isize, -1)
}

/// As [`along`] for a backward pass, which reads two arrays.
fn along_two(
    a: &Array,
    g: &Array,
    axis: usize,
    rows: impl Fn(&[Elem], &[Elem], &mut [Elem], usize) + Send + Sync,
) -> Array {
    let g = g.transpose(axis as isize, -1).contiguous();
    let g = g.as_slice().expect("made contiguous");
    along(a, axis, |start, a, dx, row_len| rows(a, &g[start..start + a.len()], dx, row_len))
}

/// dx = y ⊙ (g − Σ_i g_i y_i)
#[derive(Debug)]
struct SoftmaxBackward {
    y: Array,
    axis: usize,
}
impl Backward for SoftmaxBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![along_two(&self.y, &grad, self.axis, kernel::backward)]
    }
}

/// dx = g − exp(ℓ)·Σ_i g_i
#[derive(Debug)]
struct LogSoftmaxBackward {
    log_y: Array,
    axis: usize,
}
impl Backward for LogSoftmaxBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![along_two(&self.log_y, &grad, self.axis, kernel::log_backward)]
    }
}

impl Tensor {
    /// y_i = exp(x_i) / Σ_j exp(x_j) along `axis`; any shape, the same shape comes out.
    ///
    /// Stable for logits of any size. Entries of −∞ become exactly 0; a row of nothing else becomes NaN, as in PyTorch
    /// ([`Tensor::masked_softmax`] gives zeros there).
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn softmax(&self, axis: isize) -> Tensor {
        fit(self.try_softmax(axis))
    }

    /// As [`Tensor::softmax`], with an error instead of the panic.
    pub fn try_softmax(&self, axis: isize) -> Result<Tensor, TensorError> {
        let axis = layout::axis("softmax", self.shape(), axis)?;
        let y = along(self.array(), axis, |_, x, y, row_len| kernel::forward(x, y, row_len));
        let kept = y.clone();
        Ok(Tensor::from_operation(y, &[self], || SoftmaxBackward { y: kept, axis }))
    }

    /// log softmax(x)_i = x_i − log Σ_j exp(x_j) along `axis`; any shape, the same shape comes out.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn log_softmax(&self, axis: isize) -> Tensor {
        fit(self.try_log_softmax(axis))
    }

    /// As [`Tensor::log_softmax`], with an error instead of the panic.
    pub fn try_log_softmax(&self, axis: isize) -> Result<Tensor, TensorError> {
        let axis = layout::axis("log_softmax", self.shape(), axis)?;
        let log_y = along(self.array(), axis, |_, x, y, row_len| kernel::log_forward(x, y, row_len));
        let kept = log_y.clone();
        Ok(Tensor::from_operation(log_y, &[self], || LogSoftmaxBackward { log_y: kept, axis }))
    }

    /// Softmax along `axis` over the entries where `keep` is true; the others become exactly 0 and pass no gradient.
    ///
    /// `keep` broadcasts to the shape of x. A row that keeps nothing becomes zeros, not NaN: nobody to attend to means
    /// attending to nobody. The gradient is that of [`Tensor::softmax`], since y = 0 stops it at every dropped entry.
    ///
    /// # Panics
    /// If there is no such axis or `keep` does not broadcast to x.
    #[track_caller]
    pub fn masked_softmax(&self, axis: isize, keep: &BoolTensor) -> Tensor {
        fit(self.try_masked_softmax(axis, keep))
    }

    /// As [`Tensor::masked_softmax`], with an error instead of the panic.
    pub fn try_masked_softmax(&self, axis: isize, keep: &BoolTensor) -> Result<Tensor, TensorError> {
        const OP: &str = "masked_softmax";
        let axis = layout::axis(OP, self.shape(), axis)?;
        let whole = keep.broadcast_to(self.shape()).ok_or_else(|| {
            TensorError::shape(OP, &[self.shape(), keep.shape()], "a mask that broadcasts to the first")
        })?;
        let whole = whole.moved_to_end(axis);
        let keep = whole.as_slice();
        let y = along(self.array(), axis, |start, x, y, row_len| {
            kernel::forward_masked(x, &keep[start..start + x.len()], y, row_len);
        });
        let kept = y.clone();
        Ok(Tensor::from_operation(y, &[self], || SoftmaxBackward { y: kept, axis }))
    }
}

impl BoolTensor {
    /// The elements with `axis` exchanged with the last one.
    fn moved_to_end(&self, axis: usize) -> BoolTensor {
        if axis + 1 == self.rank() {
            return self.clone();
        }
        let mut shape: layout::Dims = self.shape().into();
        let mut strides = layout::row_major(self.shape());
        let last = shape.len() - 1;
        shape.swap(axis, last);
        strides.swap(axis, last);
        let mut data = Vec::with_capacity(self.len());
        layout::for_each_row(&shape, &strides, |start| {
            data.extend((0..shape[last]).map(|n| self.as_slice()[start + n * strides[last]]));
        });
        BoolTensor::from_vec(data, &shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GradCheck, gradcheck};

    fn values(shape: &[usize]) -> Array {
        Array::from_vec((0..layout::count(shape)).map(|i| ((i * 31) % 19) as Elem / 6.0 - 1.5).collect(), shape)
    }

    fn close(a: &Array, b: &ndarray::ArrayD<Elem>) {
        assert_eq!(a.shape(), b.shape());
        a.to_vec().iter().zip(b.iter()).for_each(|(a, b)| assert!((a - b).abs() < 1e-5, "{a} {b}"));
    }

    #[test]
    fn both_agree_with_the_reference() {
        for shape in [&[3, 7][..], &[2, 3, 5], &[4, 1], &[1], &[40, 129]] {
            let x = Tensor::parameter(values(shape));
            let g = values(shape).map(|g| g * g - 0.3);
            let y = x.softmax(-1);
            close(y.array(), &reference::softmax(&x.array().to_ndarray()));
            let expected = reference::softmax_backward(&y.array().to_ndarray(), &g.to_ndarray());
            close(y.backward_from(g.clone()).get(&x).unwrap(), &expected);
            let l = x.log_softmax(-1);
            close(l.array(), &reference::log_softmax(&x.array().to_ndarray()));
            let expected = reference::log_softmax_backward(&l.array().to_ndarray(), &g.to_ndarray());
            close(l.backward_from(g).get(&x).unwrap(), &expected);
        }
    }

    #[test]
    fn is_its_derivative_along_every_axis() {
        for axis in [0, 1, -1] {
            gradcheck(|i| i[0].softmax(axis), &[values(&[2, 3, 4])], &GradCheck::default()).unwrap();
            gradcheck(|i| i[0].log_softmax(axis), &[values(&[2, 3, 4])], &GradCheck::default()).unwrap();
            let keep = BoolTensor::from_vec((0..12).map(|i| i % 5 != 0 && i < 8).collect(), &[3, 4]);
            gradcheck(|i| i[0].masked_softmax(axis, &keep), &[values(&[2, 3, 4])], &GradCheck::default()).unwrap();
        }
        gradcheck(|i| i[0].transpose(0, 1).softmax(-1), &[values(&[3, 4])], &GradCheck::default()).unwrap();
    }

    #[test]
    fn rows_sum_to_one_for_logits_of_any_size() {
        let x = Tensor::from_vec(vec![1e4, -1e4, 0.0, 9.9e3, 1e-4, -3.0], &[2, 3]);
        for row in x.softmax(-1).to_vec().chunks(3) {
            assert!((row.iter().sum::<Elem>() - 1.0).abs() < 1e-6, "{row:?}");
        }
    }

    #[test]
    fn what_is_masked_is_exactly_zero_and_so_is_a_fully_masked_row() {
        let x = Tensor::parameter(values(&[2, 3]));
        let keep = BoolTensor::from_vec(vec![true, false, true, false, false, false], &[2, 3]);
        let y = x.masked_softmax(-1, &keep);
        let v = y.to_vec();
        assert!((v[0] + v[2] - 1.0).abs() < 1e-6);
        assert_eq!([v[1], v[3], v[4], v[5]], [0.0; 4]);
        let dx = y.backward_from(values(&[2, 3])).get(&x).unwrap().to_vec();
        assert_eq!([dx[1], dx[3], dx[4], dx[5]], [0.0; 4]);
    }

    #[test]
    fn masking_the_first_axis() {
        let x = Tensor::from_array(values(&[2, 2]));
        let keep = BoolTensor::from_vec(vec![true, true, false, true], &[2, 2]);
        let y = x.masked_softmax(0, &keep).to_vec();
        assert_eq!((y[0], y[2]), (1.0, 0.0));
        assert!((y[1] + y[3] - 1.0).abs() < 1e-6);
    }

    #[test]
    #[should_panic(expected = "softmax: shape [2, 3] has no axis 2: need -2..=1")]
    fn the_axis_must_exist() {
        Tensor::zeros(&[2, 3]).softmax(2);
    }
}
