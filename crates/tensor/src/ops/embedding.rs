//! embedding: row ids_t of a table for every position t.
//!
//! y_t = W_{ids_t} with W `[V, D]`, ids of any shape `[..]`, y `[.., D]`. It is the product of one-hot rows with W, without
//! the products by zero.
//!
//! Gradient. ∂y_td/∂W_vd = 1 where ids_t = v, else 0. So **dW_v = Σ_{t: ids_t = v} g_t**: a word that occurs three times
//! is pulled three times, a word that does not occur is left alone, and so is the padding row, by request.

use crate::autograd::{Backward, ParentGrad, ParentGrads, grads};
use crate::error::fit;
use crate::layout::Dims;
use crate::ops::gather::check_indices;
use crate::{Array, IntTensor, Tensor, TensorError};
use jumok_kernels::elementwise;

/// The formulas on plain `ndarray`, for ids in one row.
pub mod reference {
    use crate::Elem;
    use ndarray::Array2;

    /// y_t = W_{ids_t}
    pub fn embedding(table: &Array2<Elem>, ids: &[usize]) -> Array2<Elem> {
        Array2::from_shape_fn((ids.len(), table.ncols()), |(t, d)| table[[ids[t], d]])
    }

    /// dW_v = Σ_{t: ids_t = v} g_t
    pub fn embedding_backward(g: &Array2<Elem>, ids: &[usize], rows: usize) -> Array2<Elem> {
        let mut dw = Array2::zeros((rows, g.ncols()));
        for (t, &v) in ids.iter().enumerate() {
            let sum = &dw.row(v) + &g.row(t);
            dw.row_mut(v).assign(&sum);
        }
        dw
    }
}

/// dW_v = Σ_{t: ids[t] = v} g_t, and 0 for the padding row.
struct EmbeddingBackward {
    ids: IntTensor,
    padding_idx: Option<usize>,
    table_shape: Dims,
}

impl std::fmt::Debug for EmbeddingBackward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EmbeddingBackward {{ ids: {:?}, table: {:?} }}", self.ids.shape(), self.table_shape.as_slice())
    }
}

impl Backward for EmbeddingBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let width = self.table_shape[1];
        // Rows are added to the sum over all uses of the table; only a first use has to clear it.
        grads![ParentGrad::sum(move |dw, beta| {
            if beta == 0.0 {
                dw.fill(0.0);
            }
            let g = grad.contiguous();
            let rows = g.as_slice().expect("made contiguous").chunks_exact(width.max(1));
            for (&id, g) in self.ids.as_slice().iter().zip(rows) {
                let row = id as usize;
                if Some(row) != self.padding_idx {
                    elementwise::add_assign(&mut dw[row * width..(row + 1) * width], g);
                }
            }
        })]
    }
}

impl Tensor {
    /// Row `ids[t]` of this table for every position: table `[V, D]`, ids `[..]`, result `[.., D]`.
    ///
    /// The row `padding_idx` is read like any other but receives no gradient.
    ///
    /// # Panics
    /// If the table does not have two axes, or an id or `padding_idx` is not one of its rows.
    #[track_caller]
    pub fn embedding(&self, ids: &IntTensor, padding_idx: Option<usize>) -> Tensor {
        fit(self.try_embedding(ids, padding_idx))
    }

    /// As [`Tensor::embedding`], with an error instead of the panic.
    pub fn try_embedding(&self, ids: &IntTensor, padding_idx: Option<usize>) -> Result<Tensor, TensorError> {
        const OP: &str = "embedding";
        let &[_, width] = self.shape() else {
            return Err(TensorError::shape(OP, &[self.shape(), ids.shape()], "a table [rows, features] and ids [..]"));
        };
        let padding = padding_idx.map(|row| i64::try_from(row).unwrap_or(i64::MAX));
        check_indices(OP, self.shape(), 0, ids.as_slice().iter().copied().chain(padding))?;
        let table = self.array().contiguous();
        let rows = table.as_slice().expect("made contiguous");
        let mut shape: Dims = ids.shape().into();
        shape.push(width);
        let y = Array::build(&shape, |y| {
            if width == 0 {
                return;
            }
            for (&id, y) in ids.as_slice().iter().zip(y.chunks_exact_mut(width)) {
                y.copy_from_slice(&rows[id as usize * width..][..width]);
            }
        });
        Ok(Tensor::from_operation(y, &[self], || EmbeddingBackward {
            ids: ids.clone(),
            padding_idx,
            table_shape: self.shape().into(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_close, between};
    use crate::{GradCheck, gradcheck};
    use ndarray::Ix2;

    fn ids(values: &[i64], shape: &[usize]) -> IntTensor {
        IntTensor::from_vec(values.to_vec(), shape)
    }

    #[test]
    fn agrees_with_the_reference_and_with_one_hot_times_the_table() {
        let table = Tensor::parameter(between(-1.0, 1.0, &[5, 3]));
        let two = |a: &Array| a.to_ndarray().into_dimensionality::<Ix2>().unwrap();
        for rows in [vec![0], vec![4, 1, 1, 1, 0, 4], vec![]] {
            let positions = IntTensor::from_vec(rows.iter().map(|&row| row as i64).collect(), &[rows.len()]);
            let y = table.embedding(&positions, None);
            assert_close(y.array(), &reference::embedding(&two(table.array()), &rows).into_dyn());
            let product = Tensor::from_array(positions.one_hot(5).to_array()).matmul(&table);
            assert_close(y.array(), &product.array().to_ndarray());
            let g = between(-2.0, 2.0, &[rows.len(), 3]);
            let expected = reference::embedding_backward(&two(&g), &rows, 5);
            assert_close(y.backward_from(g).get(&table).unwrap(), &expected.into_dyn());
        }
    }

    #[test]
    fn the_padding_row_is_read_but_not_learned() {
        let table = Tensor::parameter(between(-1.0, 1.0, &[4, 2]));
        let y = table.embedding(&ids(&[3, 0, 0, 1], &[2, 2]), Some(0));
        assert_eq!(y.shape(), [2, 2, 2]);
        assert_eq!(y.to_vec()[2..4], table.to_vec()[..2]);
        let dw = y.backward_from(Array::ones(&[2, 2, 2])).get(&table).unwrap().to_vec();
        assert_eq!(dw, [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0, 1.0]);
    }

    #[test]
    fn is_its_derivative() {
        let check = GradCheck::default();
        gradcheck(|i| i[0].embedding(&ids(&[1, 1, 0, 2], &[2, 2]), None), &[between(-1.0, 1.0, &[4, 3])], &check)
            .unwrap();
        gradcheck(|i| i[0].transpose(0, 1).embedding(&ids(&[1], &[]), None), &[between(-1.0, 1.0, &[4, 3])], &check)
            .unwrap();
        let f = |i: &[Tensor]| i[0].embedding(&ids(&[1, 0], &[2]), None).transpose(0, 1);
        gradcheck(f, &[between(-1.0, 1.0, &[2, 3])], &check).unwrap();
        let table = Tensor::parameter(Array::ones(&[3, 2]));
        let y = table.embedding(&ids(&[], &[0, 5]), None);
        assert_eq!(y.shape(), [0, 5, 2]);
        assert_eq!(y.sum_all().backward().get(&table).unwrap().to_vec(), [0.0; 6]);
    }

    #[test]
    fn what_is_no_row_of_the_table() {
        let table = Tensor::zeros(&[4, 2]);
        let error = table.try_embedding(&ids(&[0, -1], &[2]), None).unwrap_err();
        assert_eq!(error.to_string(), "embedding: index -1 is outside 0..4 of axis 0 of shape [4, 2]");
        assert!(table.try_embedding(&ids(&[0], &[1]), Some(4)).is_err());
        assert!(Tensor::zeros(&[4]).try_embedding(&ids(&[0], &[1]), None).is_err());
    }

    #[test]
    #[should_panic(expected = "embedding: index 4 is outside 0..4 of axis 0 of shape [4, 2]")]
    fn an_id_must_be_a_row() {
        Tensor::zeros(&[4, 2]).embedding(&ids(&[4], &[1]), None);
    }
}
