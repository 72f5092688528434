//! Layer norm: every row is shifted to mean 0 and scaled to variance 1, then scaled and shifted as learned
//! (Ba, Kiros and Hinton 2016, equations 3 and 4).
//!
//! For a row x of n numbers (the elements of the trailing axes `normalized_shape`):
//!
//! μ = (1/n) Σ_i x_i,  σ² = (1/n) Σ_i (x_i − μ)²,  x̂_i = (x_i − μ)/√(σ² + ε),  y_i = w_i·x̂_i + b_i
//!
//! The variance is the biased one (divided by n, not n − 1), and ε stands inside the root. The derivation of the gradient
//! stands over its code, at `LayerNormBackward`.

use smallvec::SmallVec;
use std::ops::Range;

use crate::autograd::{Backward, ParentGrad, ParentGrads, grads};
use crate::error::fit;
use crate::layout;
use crate::parallel::{for_each_block_of_rows, for_each_of};
use crate::{Array, Elem, Tensor, TensorError};
use jumok_kernels::{elementwise, norm as kernel};

/// The formulas on plain `ndarray`, for x as rows `[rows, n]`.
pub mod reference {
    use crate::Elem;
    use ndarray::{Array1, Array2, Axis};

    /// x̂ = (x − μ)/√(σ² + ε), and r = 1/√(σ² + ε) of each row `[rows, 1]`
    pub fn normalize(x: &Array2<Elem>, eps: Elem) -> (Array2<Elem>, Array2<Elem>) {
        let mean_of_rows =
            |x: &Array2<Elem>| x.mean_axis(Axis(1)).expect("rows of at least one element").insert_axis(Axis(1));
        let centred = x - &mean_of_rows(x);
        let r = mean_of_rows(&(&centred * &centred)).mapv(|variance| 1.0 / (variance + eps).sqrt());
        (centred * &r, r)
    }

    /// y = w ⊙ x̂ + b
    pub fn layer_norm(x: &Array2<Elem>, weight: &Array1<Elem>, bias: &Array1<Elem>, eps: Elem) -> Array2<Elem> {
        normalize(x, eps).0 * weight + bias
    }

    /// dx = r·(ĝ − mean ĝ − x̂·mean(ĝ ⊙ x̂)) with ĝ = g ⊙ w, dw = Σ_rows g ⊙ x̂, db = Σ_rows g
    pub fn layer_norm_backward(
        x: &Array2<Elem>,
        weight: &Array1<Elem>,
        g: &Array2<Elem>,
        eps: Elem,
    ) -> (Array2<Elem>, Array1<Elem>, Array1<Elem>) {
        let n = x.ncols() as Elem;
        let (x_hat, r) = normalize(x, eps);
        let g_hat = g * weight;
        let mean = g_hat.sum_axis(Axis(1)).insert_axis(Axis(1)) / n;
        let along_x = (&g_hat * &x_hat).sum_axis(Axis(1)).insert_axis(Axis(1)) / n;
        let dx = (g_hat - mean - &x_hat * &along_x) * r;
        (dx, (g * &x_hat).sum_axis(Axis(0)), g.sum_axis(Axis(0)))
    }
}

/// How many multiply-adds one element of a norm costs, for judging whether threads pay.
pub(crate) const WORK: usize = 8;

/// The length of a row: the elements of the trailing axes `normalized_shape`, which weight and bias must have as well.
pub(crate) fn row_len(
    op: &'static str,
    x: &Tensor,
    normalized_shape: &[usize],
    affine: [Option<&Tensor>; 2],
) -> Result<usize, TensorError> {
    let fits = !normalized_shape.is_empty() && x.shape().ends_with(normalized_shape);
    if !fits || affine.iter().flatten().any(|parameter| parameter.shape() != normalized_shape) {
        let shapes: SmallVec<[&[usize]; 3]> =
            [Some(x), affine[0], affine[1]].into_iter().flatten().map(Tensor::shape).collect();
        let rule = format!("x that ends with the normalized shape {normalized_shape:?}, weight and bias of that shape");
        return Err(TensorError::shape(op, &shapes, rule));
    }
    Ok(layout::count(normalized_shape))
}

/// Rows that add up their share of dw and db by themselves. The order of a sum must not depend on who computes it, so blocks
/// have this size with one thread as with many.
const BLOCK_OF_ROWS: usize = 256;

/// dx, and the sums over all rows dw and db, as far as they are asked for: `of_rows(rows, dx, [dw, db])` computes them for
/// some rows, and the shares of the sums are added in the order of the rows.
pub(crate) fn gradients_by_blocks(
    x_shape: &[usize],
    row_len: usize,
    rows: usize,
    x_needs_grad: bool,
    sums: [Option<&mut Array>; 2],
    of_rows: impl Fn(Range<usize>, Option<&mut [Elem]>, [Option<&mut [Elem]>; 2]) + Sync,
) -> Option<Array> {
    let [mut dw, mut db] = sums.map(|sum| sum.map(Array::make_mut));
    let wanted = [dw.is_some(), db.is_some()];
    let mut compute = |dx: Option<&mut [Elem]>| {
        if rows <= BLOCK_OF_ROWS {
            return of_rows(0..rows, dx, [dw.as_deref_mut(), db.as_deref_mut()]);
        }
        let blocks = rows.div_ceil(BLOCK_OF_ROWS);
        let mut shares = vec![0.0; blocks * 2 * row_len]; //                  [blocks, 2, n]
        let mut dx = dx.map(|dx| dx.chunks_mut(BLOCK_OF_ROWS * row_len));
        let mut parts: Vec<_> =
            shares.chunks_mut(2 * row_len).map(|share| (dx.as_mut().and_then(Iterator::next), share)).collect();
        let run = |block: usize, (dx, share): &mut (Option<&mut [Elem]>, &mut [Elem])| {
            let first = block * BLOCK_OF_ROWS;
            let (dw, db) = share.split_at_mut(row_len);
            let sums = [wanted[0].then_some(dw), wanted[1].then_some(db)];
            of_rows(first..rows.min(first + BLOCK_OF_ROWS), dx.as_deref_mut(), sums);
        };
        for_each_of(&mut parts, WORK * rows * row_len, run);
        for share in shares.chunks(2 * row_len) {
            for (sum, share) in [&mut dw, &mut db].into_iter().zip(share.chunks(row_len)) {
                if let Some(sum) = sum {
                    elementwise::add_assign(sum, share);
                }
            }
        }
    };
    if x_needs_grad {
        return Some(Array::build(x_shape, |dx| compute(Some(dx))));
    }
    compute(None);
    None
}

/// With r = 1/√(σ² + ε) and x̂_i = (x_i − μ)·r. Every x_j of a row moves every x̂_i of it, three ways: directly, through the
/// mean and through the variance.
///
/// 1. The mean: ∂μ/∂x_j = 1/n.
/// 2. The variance: ∂σ²/∂x_j = (2/n) Σ_i (x_i − μ)(δ_ij − 1/n) = (2/n)(x_j − μ), because Σ_i (x_i − μ) = 0.
/// 3. Its root: ∂r/∂x_j = −½·(σ² + ε)^(−3/2)·∂σ²/∂x_j = −r³·(x_j − μ)/n = −(r²/n)·x̂_j.
/// 4. The product rule: ∂x̂_i/∂x_j = (δ_ij − 1/n)·r + (x_i − μ)·∂r/∂x_j = r·(δ_ij − 1/n − x̂_i·x̂_j/n), since
///    (x_i − μ)·r = x̂_i.
///
/// From y_i = w_i·x̂_i + b_i the gradient arrives at x̂ as ĝ_i = g_i·w_i, so
///
/// dx_j = Σ_i ĝ_i·∂x̂_i/∂x_j = r·(ĝ_j − (1/n) Σ_i ĝ_i − x̂_j·(1/n) Σ_i ĝ_i·x̂_i), that is
/// **dx = r·(ĝ − mean ĝ − x̂·mean(ĝ ⊙ x̂))**.
///
/// In words: what would only shift or only stretch the whole row is taken out, because the norm undoes both. Weight and
/// bias are shared by all rows, so their gradients are sums over rows: **dw = Σ_rows g ⊙ x̂, db = Σ_rows g**.
struct LayerNormBackward {
    x: Array,
    weight: Option<Array>,
    /// μ and r of every row; x̂ is computed again from them.
    mean: Vec<Elem>,
    rstd: Vec<Elem>,
    row_len: usize,
    normalized_shape: layout::Dims,
    /// Which of x, weight and bias exist, and whether they need a gradient.
    x_needs_grad: bool,
    weight_needs_grad: Option<bool>,
    bias_needs_grad: Option<bool>,
}

impl std::fmt::Debug for LayerNormBackward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LayerNormBackward {{ rows: {}, row_len: {} }}", self.rstd.len(), self.row_len)
    }
}

impl Backward for LayerNormBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let g = grad.contiguous();
        let zeros = |wanted: Option<bool>| (wanted == Some(true)).then(|| Array::zeros(&self.normalized_shape));
        let mut dweight = zeros(self.weight_needs_grad);
        let mut dbias = zeros(self.bias_needs_grad);
        let n = self.row_len;
        let (x, g) = (self.x.as_slice().expect("made contiguous"), g.as_slice().expect("made contiguous"));
        let weight = self.weight.as_ref().map(|w| w.as_slice().expect("made contiguous"));
        let sums = [dweight.as_mut(), dbias.as_mut()];
        let (shape, rows) = (self.x.shape(), self.rstd.len());
        let dx = gradients_by_blocks(shape, n, rows, self.x_needs_grad, sums, |rows, dx, [dw, db]| {
            let block = rows.start * n..rows.end * n;
            let (mean, rstd) = (&self.mean[rows.clone()], &self.rstd[rows]);
            kernel::layer_norm_backward(&x[block.clone()], weight, mean, rstd, &g[block], dx, dw, db, n);
        });
        let mut grads = grads![dx];
        grads.extend(self.weight_needs_grad.map(|_| dweight.map(ParentGrad::from)));
        grads.extend(self.bias_needs_grad.map(|_| dbias.map(ParentGrad::from)));
        grads
    }
}

impl Tensor {
    /// y = (x − μ)/√(σ² + ε) ⊙ weight + bias, with mean μ and (biased) variance σ² over the trailing axes `normalized_shape`.
    ///
    /// x `[.., normalized_shape..]`, weight and bias `[normalized_shape..]`, y as x; without weight it counts as 1, without
    /// bias as 0. BERT: `x.layer_norm(&[hidden_size], Some(&weight), Some(&bias), 1e-12)`.
    /// (Ba, Kiros and Hinton 2016, equations 3 and 4.)
    ///
    /// # Panics
    /// If `normalized_shape` is empty or not the end of the shape of x, or weight or bias has another shape.
    #[track_caller]
    pub fn layer_norm(
        &self,
        normalized_shape: &[usize],
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
    ) -> Tensor {
        fit(self.try_layer_norm(normalized_shape, weight, bias, eps))
    }

    /// As [`Tensor::layer_norm`], with an error instead of the panic.
    pub fn try_layer_norm(
        &self,
        normalized_shape: &[usize],
        weight: Option<&Tensor>,
        bias: Option<&Tensor>,
        eps: f64,
    ) -> Result<Tensor, TensorError> {
        let row_len = row_len("layer_norm", self, normalized_shape, [weight, bias])?;
        let x = self.array().contiguous();
        let w = weight.map(|weight| weight.array().contiguous());
        let b = bias.map(|bias| bias.array().contiguous());
        let (w_row, b_row) = (w.as_ref().and_then(Array::as_slice), b.as_ref().and_then(Array::as_slice));
        let rows = x.len().checked_div(row_len).unwrap_or(0);
        let (mut mean, mut rstd) = (vec![0.0; rows], vec![0.0; rows]);
        let rows_of_x = x.as_slice().expect("made contiguous");
        let y = Array::build(x.shape(), |y| {
            for_each_block_of_rows(y, row_len, [&mut mean, &mut rstd], WORK * x.len(), |start, y, [mean, rstd]| {
                let x = &rows_of_x[start..start + y.len()];
                kernel::layer_norm_forward(x, w_row, b_row, eps as Elem, y, mean, rstd, row_len);
            });
        });
        let parents: SmallVec<[&Tensor; 3]> = [Some(self), weight, bias].into_iter().flatten().collect();
        Ok(Tensor::from_operation(y, &parents, || LayerNormBackward {
            x,
            weight: w,
            mean,
            rstd,
            row_len,
            normalized_shape: normalized_shape.into(),
            x_needs_grad: self.needs_grad(),
            weight_needs_grad: weight.map(Tensor::needs_grad),
            bias_needs_grad: bias.map(Tensor::needs_grad),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_close, between};
    use crate::{GradCheck, gradcheck, no_grad};
    use ndarray::{Ix1, Ix2};

    #[test]
    fn forward_and_backward_agree_with_the_reference() {
        for (rows, n) in [(1, 1), (3, 6), (2, 33), (70, 128), (BLOCK_OF_ROWS + 1, 5)] {
            let leaves = [between(-1.0, 3.0, &[rows, n]), between(0.5, 1.5, &[n]), between(-1.0, 1.0, &[n])]
                .map(Tensor::parameter);
            let [x, w, b] = &leaves;
            let one = |t: &Tensor| t.array().to_ndarray().into_dimensionality::<Ix1>().unwrap();
            let two = |a: &Array| a.to_ndarray().into_dimensionality::<Ix2>().unwrap();
            let y = x.layer_norm(&[n], Some(w), Some(b), 1e-5);
            assert_close(y.array(), &reference::layer_norm(&two(x.array()), &one(w), &one(b), 1e-5).into_dyn());
            let g = between(-2.0, 2.0, &[rows, n]);
            let (dx, dw, db) = reference::layer_norm_backward(&two(x.array()), &one(w), &two(&g), 1e-5);
            let grads = y.backward_from(g);
            assert_close(grads.get(x).unwrap(), &dx.into_dyn());
            assert_close(grads.get(w).unwrap(), &dw.into_dyn());
            assert_close(grads.get(b).unwrap(), &db.into_dyn());
        }
    }

    #[test]
    fn a_worker_alone_and_all_threads_give_the_same_bits() {
        let (rows, n) = (5 * BLOCK_OF_ROWS / 2, 256);
        let work = WORK * rows * n;
        assert!(crate::parallel::worth_threads(work, 2), "too small to be spread");
        let leaves = [between(-1.0, 3.0, &[rows, n]), between(0.5, 1.5, &[n]), between(-1.0, 1.0, &[n])];
        let gradients = || {
            let [x, w, b] = leaves.clone().map(Tensor::parameter);
            let grads = x.layer_norm(&[n], Some(&w), Some(&b), 1e-5).backward_from(between(-2.0, 2.0, &[rows, n]));
            [&x, &w, &b].map(|leaf| grads.get(leaf).unwrap().to_vec())
        };
        let spread = gradients();
        let alone = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap().install(gradients);
        assert_eq!(spread, alone);
    }

    #[test]
    fn is_its_derivative_with_and_without_weight_and_bias() {
        let check = GradCheck::default();
        let inputs = [between(-1.0, 2.0, &[2, 3, 4]), between(0.5, 1.5, &[4]), between(-1.0, 1.0, &[4])];
        gradcheck(|i| i[0].layer_norm(&[4], Some(&i[1]), Some(&i[2]), 1e-5), &inputs, &check).unwrap();
        gradcheck(|i| i[0].layer_norm(&[4], Some(&i[1]), None, 1e-5), &inputs[..2], &check).unwrap();
        gradcheck(|i| i[0].layer_norm(&[4], None, Some(&i[1]), 1e-5), &inputs[..2], &check).unwrap();
        gradcheck(|i| i[0].layer_norm(&[4], None, None, 1e-5), &inputs[..1], &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).layer_norm(&[4], None, None, 1e-12), &inputs[..1], &check).unwrap();
        let two = [between(-1.0, 2.0, &[2, 3, 4]), between(0.5, 1.5, &[4, 3]), between(-1.0, 1.0, &[4, 3])];
        let f = |i: &[Tensor]| i[0].transpose(1, 2).layer_norm(&[4, 3], Some(&i[1]), Some(&i[2]), 1e-5);
        gradcheck(f, &two, &check).unwrap();
        gradcheck(
            |i| i[0].layer_norm(&[4], Some(&i[1].transpose(0, 1).select(1, 0)), None, 1e-5),
            &[inputs[0].clone(), between(0.5, 1.5, &[2, 4])],
            &check,
        )
        .unwrap();
    }

    #[test]
    fn rows_have_mean_zero_and_variance_one() {
        let x = Tensor::from_array(between(100.0, 104.0, &[5, 40]));
        for row in x.layer_norm(&[40], None, None, 0.0).to_vec().chunks(40) {
            let mean = row.iter().sum::<Elem>() / 40.0;
            let variance = row.iter().map(|y| (y - mean).powi(2)).sum::<Elem>() / 40.0;
            assert!(mean.abs() < 1e-4 && (variance - 1.0).abs() < 1e-3, "{mean} {variance}");
        }
    }

    #[test]
    fn constant_rows_single_features_and_no_rows() {
        let b = Tensor::parameter(between(-1.0, 1.0, &[4]));
        let x = Tensor::parameter(Array::full(&[2, 4], 0.5));
        let y = x.layer_norm(&[4], None, Some(&b), 1e-5);
        assert_eq!(y.to_vec(), b.to_vec().repeat(2));
        let one = Tensor::parameter(between(-3.0, 3.0, &[3, 1]));
        let y = one.layer_norm(&[1], None, None, 1e-5);
        assert_eq!(y.to_vec(), [0.0; 3]);
        assert_eq!(y.sum_all().backward().get(&one).unwrap().to_vec(), [0.0; 3]);
        let none = Tensor::parameter(Array::zeros(&[0, 4]));
        let grads = none.layer_norm(&[4], None, Some(&b), 1e-5).sum_all().backward();
        assert_eq!(grads.get(&none).unwrap().shape(), [0, 4]);
        assert_eq!(grads.get(&b).unwrap().to_vec(), [0.0; 4]);
    }

    #[test]
    fn only_what_needs_a_gradient_gets_one() {
        let (x, w) = (Tensor::from_array(between(-1.0, 1.0, &[2, 4])), Tensor::parameter(Array::ones(&[4])));
        assert_eq!(x.layer_norm(&[4], Some(&w), None, 1e-5).sum_all().backward().len(), 1);
        assert_eq!(w.layer_norm(&[4], Some(&x.select(0, 0)), None, 1e-5).sum_all().backward().len(), 1);
    }

    #[test]
    fn blocks_and_threads_do_not_change_a_bit() {
        let x = Tensor::from_array(between(-1.0, 1.0, &[700, 300]));
        let spread = no_grad(|| x.layer_norm(&[300], None, None, 1e-5)).to_vec();
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| x.layer_norm(&[300], None, None, 1e-5).to_vec()), spread);
        assert_eq!(x.narrow(0, 699, 1).layer_norm(&[300], None, None, 1e-5).to_vec(), spread[699 * 300..]);
    }

    #[test]
    #[should_panic(
        expected = "layer_norm: shapes [2, 3] and [4] do not fit: need x that ends with the normalized shape [3]"
    )]
    fn the_weight_must_have_the_normalized_shape() {
        Tensor::zeros(&[2, 3]).layer_norm(&[3], Some(&Tensor::ones(&[4])), None, 1e-5);
    }

    #[test]
    fn the_normalized_shape_must_be_the_end_of_x() {
        let x = Tensor::zeros(&[2, 3]);
        assert!(x.try_layer_norm(&[2], None, None, 1e-5).is_err());
        assert!(x.try_layer_norm(&[], None, None, 1e-5).is_err());
        assert!(x.try_layer_norm(&[1, 2, 3], None, None, 1e-5).is_err());
    }
}
