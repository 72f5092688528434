//! Cumulative sums.
//!
//! y_i = Σ_{j ≤ i} x_j. x_j takes part in y_j and everything behind it: ∂y_i/∂x_j is 1 for i ≥ j, else 0, so
//! **dx_j = Σ_{i ≥ j} g_i**, the cumulative sum from the other end.

use super::rows::Rows;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};

/// The formulas on plain `ndarray`, along one axis.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis};

    /// y_i = Σ_{j ≤ i} x_j
    pub fn cumsum(x: &ArrayD<Elem>, axis: usize) -> ArrayD<Elem> {
        let mut y = x.clone();
        y.accumulate_axis_inplace(Axis(axis), |&before, y| *y += before);
        y
    }
    /// dx_j = Σ_{i ≥ j} g_i
    pub fn cumsum_backward(g: &ArrayD<Elem>, axis: usize) -> ArrayD<Elem> {
        let mut dx = g.clone();
        dx.invert_axis(Axis(axis));
        dx = cumsum(&dx, axis);
        dx.invert_axis(Axis(axis));
        dx
    }
}

/// Sums along every row, from the front or from the end; carried in f64, so that long rows do not drift.
fn accumulate(x: &Array, rows: &Rows, from_end: bool) -> Array {
    let mut y = rows.bring(x);
    let row_len = rows.row_len();
    for row in y.make_mut().chunks_exact_mut(row_len.max(1)) {
        let mut sum = 0.0;
        #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
        let mut step = |y: &mut Elem| {
            sum += *y as f64;
            *y = sum as Elem;
        };
        if from_end { row.iter_mut().rev().for_each(&mut step) } else { row.iter_mut().for_each(&mut step) }
    }
    rows.put_back(y, row_len)
}

/// dx_j = Σ_{i ≥ j} g_i
#[derive(Debug)]
struct CumsumBackward {
    rows: Rows,
}
impl Backward for CumsumBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![accumulate(&grad, &self.rows, true)]
    }
}

impl Tensor {
    /// y_i = x_0 + … + x_i along `axis`; any shape, the same shape comes out.
    ///
    /// # Panics
    /// If there is no such axis.
    #[track_caller]
    pub fn cumsum(&self, axis: isize) -> Tensor {
        fit(self.try_cumsum(axis))
    }

    /// As [`Tensor::cumsum`], with an error instead of the panic.
    pub fn try_cumsum(&self, axis: isize) -> Result<Tensor, TensorError> {
        let rows = Rows::along("cumsum", self.shape(), &[axis])?;
        let y = accumulate(self.array(), &rows, false);
        Ok(Tensor::from_operation(y, &[self], || CumsumBackward { rows }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn agrees_with_reference_and_derivative_along_every_axis() {
        for axis in 0..3 {
            for x in [
                between(-2.0, 3.0, &[2, 3, 4]),
                between(-2.0, 3.0, &[2, 3, 4]).transpose(0, 2),
                Array::zeros(&[2, 0, 1]),
            ] {
                let leaf = Tensor::parameter(x.clone());
                let y = leaf.cumsum(axis);
                assert_close(y.array(), &reference::cumsum(&x.to_ndarray(), axis as usize));
                let g = between(-1.0, 1.0, y.shape());
                let dx = reference::cumsum_backward(&g.to_ndarray(), axis as usize);
                assert_close(y.backward_from(g).get(&leaf).unwrap(), &dx);
                gradcheck(|i| i[0].cumsum(axis), &[x], &GradCheck::default()).unwrap();
            }
        }
    }

    #[test]
    fn by_hand() {
        let x = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[2, 3]);
        assert_eq!(x.cumsum(-1).to_vec(), [1.0, 3.0, 6.0, 4.0, 9.0, 15.0]);
        assert_eq!(x.cumsum(0).to_vec(), [1.0, 2.0, 3.0, 5.0, 7.0, 9.0]);
    }

    #[test]
    #[should_panic(expected = "cumsum: shape [] has no axis 0: need a tensor of rank 1 or more")]
    fn the_axis_must_exist() {
        Tensor::scalar(1.0).cumsum(0);
    }
}
