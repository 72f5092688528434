//! An array as rows: the axes that an operation works along are brought to the end, and its results back to their
//! place.

use crate::layout::{self, Dims};
use crate::{Array, Elem, TensorError};
use jumok_kernels::reduce;

/// Which axes of which shape form a row; the others number the rows, in their order.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    shape: Dims,
    axes: Dims,
}

impl Rows {
    /// Rows along several distinct axes; negative ones count from the end.
    pub(crate) fn along(op: &'static str, shape: &[usize], axes: &[isize]) -> Result<Self, TensorError> {
        Ok(Self { shape: shape.into(), axes: layout::axes(op, shape, axes)? })
    }

    /// The whole array as one row.
    pub(crate) fn all(shape: &[usize]) -> Self {
        Self { shape: shape.into(), axes: (0..shape.len()).collect() }
    }

    /// How many elements a row has.
    pub(crate) fn row_len(&self) -> usize {
        self.axes.iter().map(|&axis| self.shape[axis]).product()
    }

    /// The shape of one number a row: the axes of the row are left out, or have extent 1.
    pub(crate) fn reduced_shape(&self, keepdim: bool) -> Dims {
        let in_row = |axis: &usize| self.axes.contains(axis);
        match keepdim {
            true => (0..self.shape.len()).map(|axis| if in_row(&axis) { 1 } else { self.shape[axis] }).collect(),
            false => (0..self.shape.len()).filter(|axis| !in_row(axis)).map(|axis| self.shape[axis]).collect(),
        }
    }

    /// All axes: first those that number the rows, then those of the row.
    fn order(&self) -> Dims {
        (0..self.shape.len()).filter(|axis| !self.axes.contains(axis)).chain(self.axes.iter().copied()).collect()
    }

    /// The elements row after row, contiguous; the shape is `[rows.., row..]`.
    pub(crate) fn bring(&self, x: &Array) -> Array {
        x.permute(&self.order()).contiguous()
    }

    /// Undoes [`Rows::bring`] for rows along one axis, whose extent may have changed to `row_len` meanwhile.
    pub(crate) fn put_back(&self, rows: Array, row_len: usize) -> Array {
        let order = self.order();
        let mut shape: Dims = order.iter().map(|&axis| self.shape[axis]).collect();
        if let &[_] = self.axes.as_slice() {
            *shape.last_mut().expect("one axis at least") = row_len;
        }
        let mut back: Dims = order.clone();
        order.iter().enumerate().for_each(|(place, &axis)| back[axis] = place);
        rows.reshape(&shape).permute(&back)
    }

    /// One number a row, repeated for every element of its row (a view without a copy).
    pub(crate) fn spread(&self, per_row: &Array) -> Array {
        let kept = per_row.reshape(&self.reduced_shape(true));
        kept.broadcast_to(&self.shape).expect("axes of extent 1 broadcast")
    }

    /// Σ over every row.
    pub(crate) fn sum(&self, x: &Array, keepdim: bool) -> Array {
        let shape = self.reduced_shape(keepdim);
        let row_len = self.row_len();
        let neighbours = self.axes.windows(2).all(|pair| pair[0] + 1 == pair[1]);
        if let (Some(x), true, Some(&last)) = (x.as_slice(), neighbours, self.axes.last()) {
            // Axes side by side need no moving: the array is [outer, row, inner], and each outer part adds up its
            // columns.
            let inner = layout::count(&self.shape[last + 1..]);
            return Array::build(&shape, |out| match inner {
                0 => {}
                1 => reduce::sum_rows(x, row_len, out),
                _ => out.chunks_exact_mut(inner).enumerate().for_each(|(n, out)| {
                    reduce::sum_columns(&x[n * row_len * inner..][..row_len * inner], inner, out);
                }),
            });
        }
        let rows = self.bring(x);
        Array::build(&shape, |out| reduce::sum_rows(rows.as_slice().expect("brought in order"), row_len, out))
    }

    /// f(row) for every row.
    pub(crate) fn map(&self, x: &Array, keepdim: bool, mut f: impl FnMut(&[Elem]) -> Elem) -> Array {
        let rows = self.bring(x);
        let rows = rows.as_slice().expect("brought in order");
        let row_len = self.row_len();
        Array::build(&self.reduced_shape(keepdim), |out| {
            out.iter_mut().enumerate().for_each(|(n, out)| *out = f(&rows[n * row_len..][..row_len]));
        })
    }

    /// The error unless a row has an element: an operation that picks one has nothing to pick otherwise.
    pub(crate) fn not_empty(&self, op: &'static str) -> Result<(), TensorError> {
        if self.row_len() > 0 {
            return Ok(());
        }
        Err(TensorError::shape(op, &[&self.shape], format!("at least one element along the axes {:?}", self.axes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(shape: &[usize]) -> Array {
        Array::from_vec((0..layout::count(shape)).map(|x| x as Elem).collect(), shape)
    }

    #[test]
    fn rows_come_and_go_back() {
        let x = counting(&[2, 3, 4]);
        for axis in [0isize, 1, 2, -2] {
            let rows = Rows::along("test", x.shape(), &[axis]).unwrap();
            assert_eq!(rows.put_back(rows.bring(&x), rows.row_len()), x);
        }
        let rows = Rows::along("test", x.shape(), &[0, 2]).unwrap();
        assert_eq!(rows.bring(&x).to_vec()[..8], [0.0, 1.0, 2.0, 3.0, 12.0, 13.0, 14.0, 15.0]);
        assert_eq!(rows.reduced_shape(false).as_slice(), [3]);
        assert_eq!(rows.reduced_shape(true).as_slice(), [1, 3, 1]);
    }
}
