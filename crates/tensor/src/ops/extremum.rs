//! The largest and the smallest number along axes, shared between ties.
//!
//! y = max_i x_i changes with x_i as long as x_i is the largest: ∂y/∂x_i = 1 there and 0 elsewhere. If k numbers tie,
//! each of them may be called the largest; they share: **dx_i = g/k where x_i = y**, else 0. (PyTorch's `amax` and
//! `max()`; [`Tensor::max_dim`] gives all of it to the first.)

use super::rows::Rows;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};

/// The formulas on plain `ndarray`, along one axis that is kept with extent 1.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis, Zip};

    /// y = max x
    pub fn amax(x: &ArrayD<Elem>, axis: usize) -> ArrayD<Elem> {
        x.fold_axis(Axis(axis), Elem::NEG_INFINITY, |m, &x| m.max(x)).insert_axis(Axis(axis))
    }
    /// dx = g/k where x = y
    pub fn amax_backward(x: &ArrayD<Elem>, y: &ArrayD<Elem>, axis: usize, g: &ArrayD<Elem>) -> ArrayD<Elem> {
        let whole = y.broadcast(x.raw_dim()).expect("the kept axis has extent 1");
        let ties = Zip::from(x).and(whole).map_collect(|&x, &y| Elem::from(u8::from(x == y)));
        let k = ties.sum_axis(Axis(axis)).insert_axis(Axis(axis));
        g / &k * ties
    }
    /// y = −max(−x)
    pub fn amin(x: &ArrayD<Elem>, axis: usize) -> ArrayD<Elem> {
        -amax(&-x, axis)
    }
}

fn largest(row: &[Elem]) -> Elem {
    jumok_kernels::reduce::max(row)
}

fn smallest(row: &[Elem]) -> Elem {
    row.iter().fold(Elem::INFINITY, |m, &x| if x < m || x.is_nan() { x } else { m })
}

/// dx = g/k where x = y; a NaN, which wins over every number, shares with the other NaNs.
fn share(x: &Array, y: &Array, rows: &Rows, grad: &Array) -> Array {
    let (y, g, brought) = (y.contiguous(), grad.contiguous(), rows.bring(x));
    let per_row = y.as_slice().expect("made contiguous").iter().zip(g.as_slice().expect("made contiguous"));
    let from = brought.as_slice().expect("brought in order");
    let row_len = rows.row_len();
    let dx = Array::build(brought.shape(), |dx| {
        for ((dx, row), (&y, &g)) in dx.chunks_exact_mut(row_len).zip(from.chunks_exact(row_len)).zip(per_row) {
            let wins = |x: Elem| x == y || (x.is_nan() && y.is_nan());
            let part = g / row.iter().filter(|&&x| wins(x)).count() as Elem;
            dx.iter_mut().zip(row).for_each(|(dx, &x)| *dx = if wins(x) { part } else { 0.0 });
        }
    });
    rows.put_back(dx, row_len)
}

/// dx = g/k where x is the largest of its row, which k numbers are
#[derive(Debug)]
struct AmaxBackward {
    x: Array,
    y: Array,
    rows: Rows,
}
impl Backward for AmaxBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![share(&self.x, &self.y, &self.rows, &grad)]
    }
}

/// dx = g/k where x is the smallest of its row, which k numbers are
#[derive(Debug)]
struct AminBackward {
    x: Array,
    y: Array,
    rows: Rows,
}
impl Backward for AminBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![share(&self.x, &self.y, &self.rows, &grad)]
    }
}

impl Tensor {
    fn largest_of(&self, op: &'static str, rows: Rows, keepdim: bool) -> Result<Tensor, TensorError> {
        rows.not_empty(op)?;
        let y = rows.map(self.array(), keepdim, largest);
        let kept = y.clone();
        Ok(Tensor::from_operation(y, &[self], || AmaxBackward { x: self.array().clone(), y: kept, rows }))
    }

    fn smallest_of(&self, op: &'static str, rows: Rows, keepdim: bool) -> Result<Tensor, TensorError> {
        rows.not_empty(op)?;
        let y = rows.map(self.array(), keepdim, smallest);
        let kept = y.clone();
        Ok(Tensor::from_operation(y, &[self], || AminBackward { x: self.array().clone(), y: kept, rows }))
    }

    /// The largest number along the given axes: `[2, 3, 4]` along axes 0 and 2 gives `[3]`, or `[1, 3, 1]` with
    /// `keepdim`.
    ///
    /// Ties share the gradient evenly. NaN if there is one.
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is no element along the axes.
    #[track_caller]
    pub fn amax(&self, axes: &[isize], keepdim: bool) -> Tensor {
        fit(self.try_amax(axes, keepdim))
    }

    /// As [`Tensor::amax`], with an error instead of the panic.
    pub fn try_amax(&self, axes: &[isize], keepdim: bool) -> Result<Tensor, TensorError> {
        self.largest_of("amax", Rows::along("amax", self.shape(), axes)?, keepdim)
    }

    /// The smallest number along the given axes; otherwise as [`Tensor::amax`].
    ///
    /// # Panics
    /// If an axis does not exist or is named twice, or there is no element along the axes.
    #[track_caller]
    pub fn amin(&self, axes: &[isize], keepdim: bool) -> Tensor {
        fit(self.try_amin(axes, keepdim))
    }

    /// As [`Tensor::amin`], with an error instead of the panic.
    pub fn try_amin(&self, axes: &[isize], keepdim: bool) -> Result<Tensor, TensorError> {
        self.smallest_of("amin", Rows::along("amin", self.shape(), axes)?, keepdim)
    }

    /// The largest of all elements, shape `[]`; ties share the gradient evenly, NaN wins.
    ///
    /// # Panics
    /// If there is no element.
    #[track_caller]
    pub fn max_all(&self) -> Tensor {
        fit(self.try_max_all())
    }

    /// As [`Tensor::max_all`], with an error instead of the panic.
    pub fn try_max_all(&self) -> Result<Tensor, TensorError> {
        self.largest_of("max_all", Rows::all(self.shape()), false)
    }

    /// The smallest of all elements, shape `[]`; ties share the gradient evenly, NaN wins.
    ///
    /// # Panics
    /// If there is no element.
    #[track_caller]
    pub fn min_all(&self) -> Tensor {
        fit(self.try_min_all())
    }

    /// As [`Tensor::min_all`], with an error instead of the panic.
    pub fn try_min_all(&self) -> Result<Tensor, TensorError> {
        self.smallest_of("min_all", Rows::all(self.shape()), false)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn agrees_with_the_reference_with_ties_and_without() {
        let rough = between(-2.0, 2.0, &[3, 4, 5]).map(Elem::round);
        for x in [between(-1.0, 2.0, &[3, 4, 5]), rough.clone(), rough.transpose(0, 2)] {
            for axis in 0..3 {
                let x = Tensor::parameter(x.clone());
                let plain = x.array().to_ndarray();
                for (y, expected) in [
                    (x.amax(&[axis], true), reference::amax(&plain, axis as usize)),
                    (x.amin(&[axis], true), reference::amin(&plain, axis as usize)),
                ] {
                    assert_close(y.array(), &expected);
                    let g = between(-1.0, 1.0, y.shape());
                    let dx = reference::amax_backward(&plain, &expected, axis as usize, &g.to_ndarray());
                    assert_close(y.backward_from(g).get(&x).unwrap(), &dx);
                }
            }
        }
    }

    #[test]
    fn are_their_derivatives_along_any_axes() {
        let x = between(-4.0, 5.0, &[2, 3, 4]);
        for axes in [&[0][..], &[-1], &[0, 2], &[2, 1], &[0, 1, 2]] {
            for (x, keepdim) in [(x.clone(), false), (x.transpose(0, 1), true)] {
                gradcheck(|i| i[0].amax(axes, keepdim), std::slice::from_ref(&x), &GradCheck::default()).unwrap();
                gradcheck(|i| i[0].amin(axes, keepdim), &[x], &GradCheck::default()).unwrap();
            }
        }
        gradcheck(|i| i[0].max_all(), &[x.transpose(0, 2)], &GradCheck::default()).unwrap();
        gradcheck(|i| i[0].min_all(), &[x], &GradCheck::default()).unwrap();
    }

    #[test]
    fn ties_share_evenly() {
        let x = Tensor::parameter(Array::from_vec(vec![1.0, 3.0, 3.0, -1.0, 2.0, 2.0, 2.0, 2.0], &[2, 4]));
        let dx = x.amax(&[-1], false).backward_from(Array::from_vec(vec![1.0, 4.0], &[2]));
        assert_eq!(dx.get(&x).unwrap().to_vec(), [0.0, 0.5, 0.5, 0.0, 1.0, 1.0, 1.0, 1.0]);
        assert_eq!(x.max_all().backward().get(&x).unwrap().to_vec(), [0.0, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(x.min_all().backward().get(&x).unwrap().to_vec(), [0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn infinities_and_nan() {
        let x =
            Tensor::parameter(Array::from_vec(vec![Elem::NEG_INFINITY, Elem::NEG_INFINITY, Elem::NAN, 1.0], &[2, 2]));
        let y = x.amax(&[1], false);
        assert_eq!(y.to_vec()[0], Elem::NEG_INFINITY);
        assert!(y.to_vec()[1].is_nan() && x.amin(&[1], false).to_vec()[1].is_nan());
        assert_eq!(y.backward_from(Array::ones(&[2])).get(&x).unwrap().to_vec(), [0.5, 0.5, 1.0, 0.0]);
    }

    #[test]
    fn no_rows_are_fine_but_empty_rows_are_not() {
        assert_eq!(Tensor::zeros(&[0, 3]).amax(&[1], false).shape(), [0]);
        let error = Tensor::zeros(&[0, 3]).try_amax(&[0], false).unwrap_err();
        assert_eq!(error.to_string(), "amax: shape [0, 3] does not fit: need at least one element along the axes [0]");
        assert!(Tensor::zeros(&[0]).try_min_all().is_err());
    }

    #[test]
    #[should_panic(expected = "amin: shape [2, 3] has no axis 5: need -2..=1")]
    fn the_axis_must_exist() {
        Tensor::zeros(&[2, 3]).amin(&[5], false);
    }
}
