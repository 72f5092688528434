//! y = x·Wᵀ + b: a fully connected layer as one operation.
//!
//! x `[.., in]`, W `[out, in]`, b `[out]`, y `[.., out]`; all leading axes together are the rows.
//!
//! Gradient. With rows r: y_ro = Σ_i x_ri W_oi + b_o. Hence dx_ri = Σ_o g_ro W_oi, **dx = g·W**;
//! dW_oi = Σ_r g_ro x_ri, **dW = gᵀ·x**; db_o = Σ_r g_ro, **the column sums of g**.

use crate::autograd::{Backward, ParentGrad, ParentGrads, grads};
use crate::error::fit;
use crate::layout;
use crate::parallel::{for_each_part, for_each_part_of_vector};
use crate::precision::{self, Precision};
use crate::{Array, Tensor, TensorError};
use jumok_kernels::reduce;

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{Array1, Array2, Axis};

    /// y = x·Wᵀ + b
    pub fn linear(x: &Array2<Elem>, w: &Array2<Elem>, b: &Array1<Elem>) -> Array2<Elem> {
        x.dot(&w.t()) + b
    }

    /// dx = g·W, dW = gᵀ·x, db = Σ_rows g
    pub fn linear_backward(
        x: &Array2<Elem>,
        w: &Array2<Elem>,
        g: &Array2<Elem>,
    ) -> (Array2<Elem>, Array2<Elem>, Array1<Elem>) {
        (g.dot(w), g.t().dot(x), g.sum_axis(Axis(0)))
    }
}

#[derive(Debug)]
struct LinearBackward {
    /// x as rows, kept if the weight needs a gradient.
    x: Option<Array>,
    /// The weight, kept if x needs a gradient.
    weight: Option<Array>,
    in_out: [usize; 2],
    /// Whether there is a bias, and whether it needs a gradient.
    bias: Option<bool>,
    precision: Precision,
}
impl Backward for LinearBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let [inputs, outputs] = self.in_out;
        let rows = grad.len() / outputs.max(1);
        let grad = grad.contiguous();
        let g = grad.as_slice().expect("made contiguous");
        let mut shape: layout::Dims = grad.shape().into();
        *shape.last_mut().expect("rank of at least 1") = inputs;

        let (precision, work) = (self.precision, g.len() * inputs);
        let dx = self.weight.as_ref().map(|weight| {
            let w = weight.as_slice().expect("kept contiguous");
            Array::build(&shape, |dx| {
                for_each_part(dx, inputs, work, |mut dx| {
                    dx.product(precision, outputs, g, [outputs, 1], w, [inputs, 1], 0.0, None);
                });
            })
        });
        let db = self
            .bias
            .filter(|&wanted| wanted)
            .map(|_| Array::build(&[outputs], |db| reduce::sum_columns(g, outputs, db)));
        // ANCHOR: weight_gradient
        // The product itself adds to the sum over all uses of the weight.
        let dw = self.x.as_ref().map(|x| {
            ParentGrad::sum(move |dw, beta| {
                let g = grad.as_slice().expect("made contiguous");
                let x = x.as_slice().expect("kept contiguous");
                for_each_part(dw, inputs, work, |mut dw| {
                    dw.product(precision, rows, g, [1, outputs], x, [inputs, 1], beta, None);
                });
            })
        });
        // ANCHOR_END: weight_gradient
        if self.bias.is_some() { grads![dx, dw, db] } else { grads![dx, dw] }
    }
}

impl Tensor {
    /// y = x·Wᵀ + b with x `[.., in]`, `weight` W `[out, in]`, `bias` b `[out]`, y `[.., out]`.
    ///
    /// # Panics
    /// If `weight` is no matrix of as many columns as x has features, or `bias` has not one element an output.
    #[track_caller]
    pub fn linear(&self, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
        fit(self.try_linear(weight, bias))
    }

    /// As [`Tensor::linear`], with an error instead of the panic.
    pub fn try_linear(&self, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor, TensorError> {
        let misfit = || {
            let mut shapes = vec![self.shape(), weight.shape()];
            shapes.extend(bias.map(Tensor::shape));
            TensorError::shape("linear", &shapes, "x [.., in], weight [out, in], bias [out]")
        };
        let (&[outputs, inputs], Some(&features)) = (weight.shape(), self.shape().last()) else { return Err(misfit()) };
        if features != inputs || bias.is_some_and(|bias| bias.shape() != [outputs]) {
            return Err(misfit());
        }
        let (x, w) = (self.array().contiguous(), weight.array().contiguous());
        let (x_rows, w_rows) = (x.as_slice().expect("made contiguous"), w.as_slice().expect("made contiguous"));
        let b = bias.map(|bias| bias.array().contiguous());
        let b = b.as_ref().map(|b| b.as_slice().expect("made contiguous"));
        let mut shape: layout::Dims = self.shape().into();
        *shape.last_mut().expect("rank of at least 1") = outputs;
        let (precision, work) = (precision::current(), x_rows.len() * outputs);
        let y = Array::build(&shape, |y| {
            // A single row reads each weight once, at the pace of memory.
            if y.len() == outputs && x_rows.len() == inputs && precision == Precision::F32 {
                return for_each_part_of_vector(y, w_rows.len(), |start, y| {
                    let rows = start..start + y.len();
                    let w = &w_rows[start * inputs..rows.end * inputs];
                    jumok_kernels::gemv(w, x_rows, b.map(|b| &b[rows]), y);
                });
            }
            for_each_part(y, outputs, work, |mut y| {
                y.product(precision, inputs, x_rows, [inputs, 1], w_rows, [1, inputs], 0.0, b);
            });
        });
        let mut parents = vec![self, weight];
        parents.extend(bias);
        Ok(Tensor::from_operation(y, &parents, || LinearBackward {
            x: weight.needs_grad().then(|| x.clone()),
            weight: self.needs_grad().then(|| w.clone()),
            in_out: [inputs, outputs],
            bias: bias.map(Tensor::needs_grad),
            precision,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Elem, GradCheck, gradcheck};
    use ndarray::{Ix1, Ix2};

    fn values(shape: &[usize]) -> Array {
        Array::from_vec((0..layout::count(shape)).map(|i| ((i * 29) % 17) as Elem / 8.0 - 1.0).collect(), shape)
    }

    #[test]
    fn forward_and_backward_agree_with_the_reference() {
        for rows in [1, 5, 250] {
            let (x, w, b) = (values(&[rows, 6]), values(&[4, 6]), values(&[4]));
            let leaves = [x, w, b].map(Tensor::parameter);
            let [x, w, b] = &leaves;
            let two = |a: &Array| a.to_ndarray().into_dimensionality::<Ix2>().unwrap();
            let y = x.linear(w, Some(b));
            let b1 = b.array().to_ndarray().into_dimensionality::<Ix1>().unwrap();
            let close = |a: &Array, e: ndarray::ArrayD<Elem>| {
                a.to_vec().iter().zip(&e).for_each(|(a, e)| assert!((a - e).abs() < 1e-4, "{a} {e}"));
            };
            close(y.array(), reference::linear(&two(x.array()), &two(w.array()), &b1).into_dyn());
            let g = values(&[rows, 4]);
            let (dx, dw, db) = reference::linear_backward(&two(x.array()), &two(w.array()), &two(&g));
            let grads = y.backward_from(g);
            close(grads.get(x).unwrap(), dx.into_dyn());
            close(grads.get(w).unwrap(), dw.into_dyn());
            close(grads.get(b).unwrap(), db.into_dyn());
        }
    }

    #[test]
    fn a_single_row_is_a_row_of_many_whatever_the_threads() {
        let (x, w, b) = (values(&[2, 520]), values(&[600, 520]), values(&[600]));
        let [x, w, b] = [x, w, b].map(Tensor::from_array);
        let row = x.narrow(0, 1, 1);
        let alone = row.linear(&w, Some(&b)).to_vec();
        let of_many = x.linear(&w, Some(&b)).narrow(0, 1, 1).to_vec();
        alone.iter().zip(of_many).for_each(|(a, e)| assert!((a - e).abs() < 1e-4, "{a} {e}"));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        assert_eq!(pool.install(|| row.linear(&w, Some(&b)).to_vec()), alone);
        assert_eq!(row.flatten(0, 1).linear(&w, Some(&b)).to_vec(), alone);
    }

    #[test]
    fn is_its_derivative() {
        let inputs = [values(&[2, 3, 4]), values(&[5, 4]), values(&[5])];
        gradcheck(|i| i[0].linear(&i[1], Some(&i[2])), &inputs, &GradCheck::default()).unwrap();
        gradcheck(|i| i[0].linear(&i[1], None), &inputs[..2], &GradCheck::default()).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).linear(&i[1], None), &inputs[..2], &GradCheck::default()).unwrap();
        gradcheck(|i| i[0].linear(&i[1], None), &[values(&[4]), values(&[5, 4])], &GradCheck::default()).unwrap();
    }

    #[test]
    fn no_rows_and_frozen_weights() {
        let w = Tensor::parameter(values(&[5, 4]));
        let y = Tensor::zeros(&[0, 4]).linear(&w, None);
        assert_eq!(y.shape(), [0, 5]);
        assert_eq!(y.sum_all().backward().get(&w).unwrap().to_vec(), [0.0; 20]);
        let x = Tensor::parameter(values(&[2, 4]));
        let b = Tensor::from_array(values(&[5]));
        let grads = x.linear(&w.detach(), Some(&b)).sum_all().backward();
        assert_eq!(grads.len(), 1);
    }

    #[test]
    #[should_panic(
        expected = "linear: shapes [2, 3], [5, 4] and [5] do not fit: need x [.., in], weight [out, in], bias [out]"
    )]
    fn features_must_agree() {
        Tensor::zeros(&[2, 3]).linear(&Tensor::zeros(&[5, 4]), Some(&Tensor::zeros(&[5])));
    }
}
