//! RMS norm: every row is scaled to a root mean square of 1; layer norm without its mean and its bias
//! (Zhang and Sennrich 2019, equation 4; the norm of Llama and T5).
//!
//! For a row x of n numbers (the elements of the trailing axes `normalized_shape`):
//!
//! r = 1/√((1/n) Σ_i x_i² + ε),  x̂_i = x_i·r,  y_i = w_i·x̂_i
//!
//! The derivation of the gradient stands over its code, at `RmsNormBackward`.

use smallvec::SmallVec;

use crate::autograd::{Backward, ParentGrad, ParentGrads, grads};
use crate::error::fit;
use crate::layout::Dims;
use crate::ops::layer_norm::{WORK, gradients_by_blocks, row_len};
use crate::parallel::for_each_block_of_rows;
use crate::{Array, Elem, Tensor, TensorError};
use jumok_kernels::norm as kernel;

/// The formulas on plain `ndarray`, for x as rows `[rows, n]`.
pub mod reference {
    use crate::Elem;
    use ndarray::{Array1, Array2, Axis};

    /// r = 1/√(mean(x²) + ε) of each row `[rows, 1]`
    pub fn reciprocal_rms(x: &Array2<Elem>, eps: Elem) -> Array2<Elem> {
        let mean_square = (x * x).mean_axis(Axis(1)).expect("rows of at least one element");
        mean_square.mapv(|square| 1.0 / (square + eps).sqrt()).insert_axis(Axis(1))
    }

    /// y = w ⊙ x·r
    pub fn rms_norm(x: &Array2<Elem>, weight: &Array1<Elem>, eps: Elem) -> Array2<Elem> {
        x * &reciprocal_rms(x, eps) * weight
    }

    /// dx = r·(ĝ − x̂·mean(ĝ ⊙ x̂)) with ĝ = g ⊙ w, dw = Σ_rows g ⊙ x̂
    pub fn rms_norm_backward(
        x: &Array2<Elem>,
        weight: &Array1<Elem>,
        g: &Array2<Elem>,
        eps: Elem,
    ) -> (Array2<Elem>, Array1<Elem>) {
        let r = reciprocal_rms(x, eps);
        let (x_hat, g_hat) = (x * &r, g * weight);
        let along_x = (&g_hat * &x_hat).sum_axis(Axis(1)).insert_axis(Axis(1)) / x.ncols() as Elem;
        ((g_hat - &x_hat * &along_x) * r, (g * &x_hat).sum_axis(Axis(0)))
    }
}

/// With m = (1/n) Σ_i x_i² and r = (m + ε)^(−1/2):
///
/// 1. The mean square: ∂m/∂x_j = (2/n)·x_j.
/// 2. Its root: ∂r/∂x_j = −½·(m + ε)^(−3/2)·(2/n)·x_j = −r³·x_j/n = −(r²/n)·x̂_j, since x_j·r = x̂_j.
/// 3. The product rule: ∂x̂_i/∂x_j = δ_ij·r + x_i·∂r/∂x_j = r·(δ_ij − x̂_i·x̂_j/n).
///
/// From y_i = w_i·x̂_i the gradient arrives at x̂ as ĝ_i = g_i·w_i, so dx_j = Σ_i ĝ_i·∂x̂_i/∂x_j, that is
/// **dx = r·(ĝ − x̂·mean(ĝ ⊙ x̂))**: what would only stretch the row is taken out. The weight is shared by all rows:
/// **dw = Σ_rows g ⊙ x̂**.
struct RmsNormBackward {
    x: Array,
    weight: Option<Array>,
    /// r of every row; x̂ is computed again from it.
    rstd: Vec<Elem>,
    row_len: usize,
    normalized_shape: Dims,
    x_needs_grad: bool,
    /// Whether there is a weight, and whether it needs a gradient.
    weight_needs_grad: Option<bool>,
}

impl std::fmt::Debug for RmsNormBackward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RmsNormBackward {{ rows: {}, row_len: {} }}", self.rstd.len(), self.row_len)
    }
}

impl Backward for RmsNormBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let g = grad.contiguous();
        let mut dweight = (self.weight_needs_grad == Some(true)).then(|| Array::zeros(&self.normalized_shape));
        let n = self.row_len;
        let (x, g) = (self.x.as_slice().expect("made contiguous"), g.as_slice().expect("made contiguous"));
        let weight = self.weight.as_ref().map(|w| w.as_slice().expect("made contiguous"));
        let sums = [dweight.as_mut(), None];
        let (shape, rows) = (self.x.shape(), self.rstd.len());
        let dx = gradients_by_blocks(shape, n, rows, self.x_needs_grad, sums, |rows, dx, [dw, _]| {
            let block = rows.start * n..rows.end * n;
            kernel::rms_norm_backward(&x[block.clone()], weight, &self.rstd[rows], &g[block], dx, dw, n);
        });
        let mut grads = grads![dx];
        grads.extend(self.weight_needs_grad.map(|_| dweight.map(ParentGrad::from)));
        grads
    }
}

impl Tensor {
    /// y = x/√(mean(x²) + ε) ⊙ weight, with the mean over the trailing axes `normalized_shape`.
    ///
    /// x `[.., normalized_shape..]`, weight `[normalized_shape..]`, y as x; without weight it counts as 1. PyTorch's default
    /// for ε is the machine epsilon of the element type, Llama's is 1e-5 or 1e-6.
    /// (Zhang and Sennrich 2019, equation 4.)
    ///
    /// # Panics
    /// If `normalized_shape` is empty or not the end of the shape of x, or the weight has another shape.
    #[track_caller]
    pub fn rms_norm(&self, normalized_shape: &[usize], weight: Option<&Tensor>, eps: f64) -> Tensor {
        fit(self.try_rms_norm(normalized_shape, weight, eps))
    }

    /// As [`Tensor::rms_norm`], with an error instead of the panic.
    pub fn try_rms_norm(
        &self,
        normalized_shape: &[usize],
        weight: Option<&Tensor>,
        eps: f64,
    ) -> Result<Tensor, TensorError> {
        let row_len = row_len("rms_norm", self, normalized_shape, [weight, None])?;
        let x = self.array().contiguous();
        let w = weight.map(|weight| weight.array().contiguous());
        let w_row = w.as_ref().and_then(Array::as_slice);
        let mut rstd = vec![0.0; x.len().checked_div(row_len).unwrap_or(0)];
        let rows_of_x = x.as_slice().expect("made contiguous");
        let y = Array::build(x.shape(), |y| {
            for_each_block_of_rows(y, row_len, [&mut rstd], WORK * x.len(), |start, y, [rstd]| {
                let x = &rows_of_x[start..start + y.len()];
                kernel::rms_norm_forward(x, w_row, eps as Elem, y, rstd, row_len);
            });
        });
        let parents: SmallVec<[&Tensor; 2]> = [Some(self), weight].into_iter().flatten().collect();
        Ok(Tensor::from_operation(y, &parents, || RmsNormBackward {
            x,
            weight: w,
            rstd,
            row_len,
            normalized_shape: normalized_shape.into(),
            x_needs_grad: self.needs_grad(),
            weight_needs_grad: weight.map(Tensor::needs_grad),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_close, between};
    use crate::{GradCheck, gradcheck};
    use ndarray::{Ix1, Ix2};

    #[test]
    fn forward_and_backward_agree_with_the_reference() {
        for (rows, n) in [(1, 1), (3, 6), (2, 33), (70, 128)] {
            let (x, w) =
                (Tensor::parameter(between(-1.0, 3.0, &[rows, n])), Tensor::parameter(between(0.5, 1.5, &[n])));
            let two = |a: &Array| a.to_ndarray().into_dimensionality::<Ix2>().unwrap();
            let weight = w.array().to_ndarray().into_dimensionality::<Ix1>().unwrap();
            let y = x.rms_norm(&[n], Some(&w), 1e-6);
            assert_close(y.array(), &reference::rms_norm(&two(x.array()), &weight, 1e-6).into_dyn());
            let g = between(-2.0, 2.0, &[rows, n]);
            let (dx, dw) = reference::rms_norm_backward(&two(x.array()), &weight, &two(&g), 1e-6);
            let grads = y.backward_from(g);
            assert_close(grads.get(&x).unwrap(), &dx.into_dyn());
            assert_close(grads.get(&w).unwrap(), &dw.into_dyn());
        }
    }

    #[test]
    fn is_its_derivative_with_and_without_weight() {
        let check = GradCheck::default();
        let inputs = [between(0.3, 2.0, &[2, 3, 4]), between(0.5, 1.5, &[4])];
        gradcheck(|i| i[0].rms_norm(&[4], Some(&i[1]), 1e-6), &inputs, &check).unwrap();
        gradcheck(|i| i[0].rms_norm(&[4], None, 1e-6), &inputs[..1], &check).unwrap();
        gradcheck(|i| i[0].rms_norm(&[3, 4], None, 0.1), &inputs[..1], &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 2).rms_norm(&[2], None, 0.1), &inputs[..1], &check).unwrap();
    }

    #[test]
    fn zero_rows_and_no_rows() {
        let (x, w) = (Tensor::parameter(Array::zeros(&[1, 4])), Tensor::parameter(between(0.5, 1.5, &[4])));
        let y = x.rms_norm(&[4], Some(&w), 1e-6);
        assert_eq!(y.to_vec(), [0.0; 4]);
        let grads = y.backward_from(Array::ones(&[1, 4]));
        // x̂ = x/√ε near 0, so dx = w/√ε there.
        let expected: Vec<Elem> = w.to_vec().iter().map(|w| w / Elem::sqrt(1e-6)).collect();
        assert_close(grads.get(&x).unwrap(), &Array::from_vec(expected, &[1, 4]).to_ndarray());
        assert_eq!(grads.get(&w).unwrap().to_vec(), [0.0; 4]);
        let none = Tensor::parameter(Array::zeros(&[0, 4]));
        let grads = none.rms_norm(&[4], Some(&w), 1e-6).sum_all().backward();
        assert_eq!(grads.get(&w).unwrap().to_vec(), [0.0; 4]);
        let frozen = Tensor::ones(&[1, 4]).rms_norm(&[4], Some(&w), 1e-6).sum_all().backward();
        assert_eq!(frozen.len(), 1);
    }

    #[test]
    #[should_panic(
        expected = "rms_norm: shapes [2, 3] and [4] do not fit: need x that ends with the normalized shape [3]"
    )]
    fn the_weight_must_have_the_normalized_shape() {
        Tensor::zeros(&[2, 3]).rms_norm(&[3], Some(&Tensor::ones(&[4])), 1e-5);
    }
}
