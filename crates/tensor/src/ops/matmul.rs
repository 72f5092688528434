//! y = a·b: the matrix product, batched and broadcast over leading axes.
//!
//! y_ij = Σ_k a_ik b_kj with a `[.., m, k]`, b `[.., k, n]`, y `[.., m, n]`.
//!
//! Gradient. ∂y_ij/∂a_ik = b_kj, so da_ik = Σ_j g_ij b_kj, which is **da = g·bᵀ**; likewise db_kj = Σ_i a_ik g_ij, which
//! is **db = aᵀ·g**. Both are products again, and a transposed operand is only another pair of strides: nothing is
//! copied. Where a leading axis was broadcast, its gradients are summed.

use smallvec::SmallVec;

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::parallel::{for_each_block, for_each_part};
use crate::precision::Precision;
use crate::{Array, Tensor, TensorError};

/// The formula on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::Array2;

    /// y_ij = Σ_k a_ik b_kj
    pub fn matmul(a: &Array2<Elem>, b: &Array2<Elem>) -> Array2<Elem> {
        let (m, k, n) = (a.nrows(), a.ncols(), b.ncols());
        Array2::from_shape_fn((m, n), |(i, j)| (0..k).map(|l| a[[i, l]] * b[[l, j]]).sum())
    }
}

/// a·b for arrays of rank 2 or more.
pub(crate) fn product(a: &Array, b: &Array) -> Result<Array, TensorError> {
    let misfit = || TensorError::shape("matmul", &[a.shape(), b.shape()], "[.., m, k] x [.., k, n]");
    let (a_batch, [m, k]) = split_matrix(a).ok_or_else(misfit)?;
    let (b_batch, [k_b, n]) = split_matrix(b).ok_or_else(misfit)?;
    if k != k_b {
        return Err(misfit());
    }
    let mut shape = layout::broadcast("matmul", a_batch, b_batch).map_err(|_| misfit())?;
    let batches = layout::count(&shape);

    // One matrix b for a whole batch of rows is a single tall product.
    if layout::count(b_batch) == 1
        && batches > 1
        && let Some(rows) = layout::reshape_strides(a.shape(), a.strides(), &[batches * m, k])
    {
        let mut tall = Array::zeros(&[batches * m, n]);
        let b_strides = [b.strides()[b.rank() - 2], b.strides()[b.rank() - 1]];
        rows_times(a, [rows[0], rows[1]], b, b_strides, [batches * m, k, n], &mut tall);
        shape.extend([m, n]);
        return Ok(tall.reshape(&shape));
    }

    let offsets = |x: &Array, batch: &[usize]| {
        let strides = layout::broadcast_strides(batch, &x.strides()[..batch.len()], &shape).expect("broadcast shape");
        let mut offsets = SmallVec::<[usize; 64]>::with_capacity(batches);
        // for_each_row walks all axes but the last; an extra axis of extent 1 makes it walk the whole batch.
        let (mut all, mut all_strides) = (shape.clone(), strides);
        all.push(1);
        all_strides.push(0);
        layout::for_each_row(&all, &all_strides, |offset| offsets.push(offset));
        offsets
    };
    let (a_offsets, b_offsets) = (offsets(a, a_batch), offsets(b, b_batch));
    let a_strides = [a.strides()[a.rank() - 2], a.strides()[a.rank() - 1]];
    let b_strides = [b.strides()[b.rank() - 2], b.strides()[b.rank() - 1]];
    shape.extend([m, n]);
    if batches == 1 {
        let mut y = Array::zeros(&shape);
        rows_times(a, a_strides, b, b_strides, [m, k, n], &mut y);
        return Ok(y);
    }
    let (a, b) = (a.from_first(), b.from_first());
    Ok(Array::build(&shape, |y| {
        for_each_block(y, m * n, batches * m * k * n, |batch, y| {
            let (a, b) = (&a[a_offsets[batch]..], &b[b_offsets[batch]..]);
            jumok_kernels::gemm(m, k, n, 1.0, a, a_strides, b, b_strides, 0.0, y, [n, 1]);
        });
    }))
}

/// One product, cut into parts.
fn rows_times(
    a: &Array,
    a_strides: [usize; 2],
    b: &Array,
    b_strides: [usize; 2],
    [m, k, n]: [usize; 3],
    y: &mut Array,
) {
    let (a, b) = (a.from_first(), b.from_first());
    for_each_part(y.make_mut(), n, m * k * n, |mut y| {
        y.product(Precision::F32, k, a, a_strides, b, b_strides, 0.0, None);
    });
}

/// The leading axes and the two of the matrix.
fn split_matrix(x: &Array) -> Option<(&[usize], [usize; 2])> {
    let (batch, matrix) = x.shape().split_last_chunk::<2>()?;
    Some((batch, *matrix))
}

/// aᵀ·g summed over the batch axes that `b` does not have.
fn product_summed_to(a_t: &Array, grad: &Array, shape: &[usize]) -> Array {
    let (rank, grad_rank) = (a_t.rank(), grad.rank());
    let shared = layout::count(&shape[..shape.len() - 2]) == 1;
    if shared && rank == grad_rank && rank > 2 && a_t.shape()[..rank - 2] == grad.shape()[..rank - 2] {
        // Σ over the batch and over the rows is one sum over tall matrices, hence one product.
        let a = a_t.transpose(-2, -1);
        let rows = layout::count(&a.shape()[..rank - 1]);
        let tall_a = a.reshape(&[rows, a.shape()[rank - 1]]);
        let tall_grad = grad.reshape(&[rows, grad.shape()[rank - 1]]);
        return fit(product(&tall_a.transpose(0, 1), &tall_grad)).reshape(shape);
    }
    fit(product(a_t, grad)).sum_to(shape)
}

#[derive(Debug)]
struct MatmulBackward {
    /// Operands as matrices; the one whose partner needs no gradient is not kept.
    a: Option<Array>,
    b: Option<Array>,
    matrix_a: Dims,
    matrix_b: Dims,
    /// The shape of y before axes of vector operands were dropped.
    matrix_y: Dims,
    shape_a: Dims,
    shape_b: Dims,
}
impl Backward for MatmulBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let grad = grad.reshape(&self.matrix_y);
        let da = self.b.as_ref().map(|b| {
            fit(product(&grad, &b.transpose(-2, -1))).sum_to(&self.matrix_a).reshape(&self.shape_a) // g·bᵀ
        });
        let db = self.a.as_ref().map(|a| {
            product_summed_to(&a.transpose(-2, -1), &grad, &self.matrix_b).reshape(&self.shape_b) // aᵀ·g
        });
        grads![da, db]
    }
}

impl Tensor {
    /// y = a·b with a `[.., m, k]`, b `[.., k, n]`, y `[.., m, n]`; leading axes broadcast.
    ///
    /// A vector `[k]` on the left counts as a row, on the right as a column, and its axis is dropped from the result.
    ///
    /// # Panics
    /// If the inner extents differ, the leading axes do not broadcast, or an operand is a single number.
    #[track_caller]
    pub fn matmul(&self, other: &Tensor) -> Tensor {
        fit(self.try_matmul(other))
    }

    /// As [`Tensor::matmul`], with an error instead of the panic.
    pub fn try_matmul(&self, other: &Tensor) -> Result<Tensor, TensorError> {
        let misfit = || TensorError::shape("matmul", &[self.shape(), other.shape()], "[.., m, k] x [.., k, n]");
        let (row, column) = (self.rank() == 1, other.rank() == 1);
        if self.rank() == 0 || other.rank() == 0 {
            return Err(misfit());
        }
        let a = if row { self.array().reshape(&[1, self.len()]) } else { self.array().clone() };
        let b = if column { other.array().reshape(&[other.len(), 1]) } else { other.array().clone() };
        let matrix = product(&a, &b).map_err(|_| misfit())?;
        let matrix_y: Dims = matrix.shape().into();
        let mut shape = matrix_y.clone();
        if column {
            shape.pop();
        }
        if row {
            shape.remove(shape.len() - if column { 1 } else { 2 });
        }
        let y = matrix.reshape(&shape);
        Ok(Tensor::from_operation(y, &[self, other], || MatmulBackward {
            matrix_a: a.shape().into(),
            matrix_b: b.shape().into(),
            matrix_y,
            shape_a: self.shape().into(),
            shape_b: other.shape().into(),
            a: other.needs_grad().then_some(a),
            b: self.needs_grad().then_some(b),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Elem, GradCheck, gradcheck};

    fn values(shape: &[usize]) -> Array {
        Array::from_vec((0..layout::count(shape)).map(|i| ((i * 37) % 23) as Elem / 11.0 - 1.0).collect(), shape)
    }

    #[test]
    fn agrees_with_the_reference_in_every_layout() {
        for (m, k, n) in [(1, 1, 1), (3, 4, 5), (7, 1, 9), (65, 97, 33), (200, 130, 30)] {
            let (a, b) = (values(&[m, k]), values(&[k, n]));
            let two = |x: &Array| x.to_ndarray().into_dimensionality::<ndarray::Ix2>().unwrap();
            let expected = reference::matmul(&two(&a), &two(&b));
            let transposed = |x: &Array| x.transpose(0, 1).contiguous().transpose(0, 1);
            for (a, b) in [
                (a.clone(), b.clone()),
                (transposed(&a), b.clone()),
                (a.clone(), transposed(&b)),
                (transposed(&a), transposed(&b)),
            ] {
                let y = product(&a, &b).unwrap();
                for (y, e) in y.to_vec().iter().zip(&expected) {
                    assert!((y - e).abs() < 1e-4, "{y} {e} at {m} {k} {n}");
                }
            }
        }
    }

    #[test]
    fn every_combination_of_ranks_has_its_derivative() {
        let shapes: [(&[usize], &[usize], &[usize]); 11] = [
            (&[3, 4], &[4, 2], &[3, 2]),
            (&[4], &[4, 2], &[2]),
            (&[3, 4], &[4], &[3]),
            (&[4], &[4], &[]),
            (&[2, 3, 4], &[4], &[2, 3]),
            (&[4], &[2, 4, 3], &[2, 3]),
            (&[2, 3, 4], &[4, 2], &[2, 3, 2]),
            (&[3, 4], &[2, 4, 2], &[2, 3, 2]),
            (&[2, 1, 3, 4], &[3, 4, 2], &[2, 3, 3, 2]),
            (&[2, 3, 4], &[2, 4, 2], &[2, 3, 2]),
            (&[1, 1], &[1, 1], &[1, 1]),
        ];
        for (a, b, y) in shapes {
            let (a, b) = (values(a), values(b));
            assert_eq!(Tensor::from_array(a.clone()).matmul(&Tensor::from_array(b.clone())).shape(), y);
            gradcheck(|i| i[0].matmul(&i[1]), &[a, b], &GradCheck::default()).unwrap();
        }
        let (heads, keys) = (values(&[2, 3, 2, 4]), values(&[2, 3, 2, 4]));
        let product = |i: &[Tensor]| i[0].transpose(1, 2).matmul(&i[1].transpose(1, 2).transpose(-2, -1));
        gradcheck(product, &[heads, keys], &GradCheck::default()).unwrap();
    }

    #[test]
    fn nothing_inside_gives_zeros() {
        let y = Tensor::zeros(&[2, 0]).matmul(&Tensor::zeros(&[0, 3]));
        assert_eq!(y.to_vec(), [0.0; 6]);
        assert_eq!(Tensor::zeros(&[0, 2, 3]).matmul(&Tensor::zeros(&[3, 4])).shape(), [0, 2, 4]);
        let a = Tensor::parameter(Array::zeros(&[2, 0]));
        assert!(a.matmul(&Tensor::zeros(&[0, 3])).sum_all().backward().get(&a).unwrap().is_empty());
    }

    #[test]
    fn blocks_and_threads_do_not_change_a_bit() {
        let (a, b) = (values(&[500, 130]), values(&[130, 70]));
        let spread = product(&a, &b).unwrap().to_vec();
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(pool.install(|| product(&a, &b).unwrap().to_vec()), spread);
    }

    #[test]
    #[should_panic(expected = "matmul: shapes [2, 3] and [4, 5] do not fit: need [.., m, k] x [.., k, n]")]
    fn inner_extents_must_agree() {
        Tensor::zeros(&[2, 3]).matmul(&Tensor::zeros(&[4, 5]));
    }
}
