//! Numbers picked by their size, with the positions they were picked from: the largest, the smallest, the k largest.
//!
//! y_r = x_(r, i_r) where i_r is the chosen position. While the order stays as it is, the choice does not change, so y
//! is a copy of one element: ∂y_r/∂x_rj is 1 for j = i_r and 0 else, so **dx_(r, i_r) = g_r**, 0 elsewhere.
//! On a tie the first position is chosen and gets the whole gradient ([`Tensor::amax`] shares it).

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Elem, IntTensor, Tensor, TensorError};

/// The formulas on plain `ndarray`, for one row.
pub mod reference {
    use crate::Elem;
    use ndarray::{Array1, ArrayView1};

    /// The positions of the k largest, largest first, earlier ones first among equals.
    pub fn topk(x: ArrayView1<Elem>, k: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..x.len()).collect();
        order.sort_by(|&i, &j| x[j].total_cmp(&x[i]));
        order.truncate(k);
        order
    }
    /// dx_i = g of the pick that chose i
    pub fn topk_backward(len: usize, picks: &[usize], g: ArrayView1<Elem>) -> Array1<Elem> {
        let mut dx = Array1::zeros(len);
        picks.iter().zip(g).for_each(|(&i, &g)| dx[i] += g);
        dx
    }
}

/// Whether a stands before b when the largest come first; NaN is larger than every number.
fn larger(a: Elem, b: Elem) -> bool {
    a > b || (a.is_nan() && !b.is_nan())
}

/// The position of the largest number of a row, the first of equals.
fn first_largest(row: &[Elem]) -> usize {
    let max = jumok_kernels::reduce::max(row);
    row.iter().position(|&x| x == max || (max.is_nan() && x.is_nan())).expect("the largest number is in its row")
}

/// The position of the smallest number of a row, the first of equals; NaN comes before every number.
fn first_smallest(row: &[Elem]) -> usize {
    (1..row.len()).fold(0, |best, i| {
        let before = row[i] < row[best] || (row[i].is_nan() && !row[best].is_nan());
        if before { i } else { best }
    })
}

/// Puts the positions of the k largest numbers into `positions`, largest first; the first among equals.
fn largest(row: &[Elem], k: usize, positions: &mut Vec<usize>) {
    let order = |&i: &usize, &j: &usize| {
        use std::cmp::Ordering::{Greater, Less};
        match (larger(row[i], row[j]), larger(row[j], row[i])) {
            (true, _) => Less,
            (_, true) => Greater,
            _ => i.cmp(&j),
        }
    };
    positions.extend(0..row.len());
    if 0 < k && k < row.len() {
        positions.select_nth_unstable_by(k - 1, order);
    }
    positions.truncate(k);
    positions.sort_unstable_by(order);
}

/// A shape around one axis: `[outer, len, inner]`.
#[derive(Debug, Clone)]
struct Around {
    shape: Dims,
    axis: usize,
    outer: usize,
    len: usize,
    inner: usize,
}
impl Around {
    fn axis(op: &'static str, shape: &[usize], axis: isize) -> Result<Self, TensorError> {
        let axis = layout::axis(op, shape, axis)?;
        let (outer, inner) = (layout::count(&shape[..axis]), layout::count(&shape[axis + 1..]));
        Ok(Self { shape: shape.into(), axis, outer, len: shape[axis], inner })
    }

    /// The shape with another extent of the axis.
    fn with_len(&self, len: usize) -> Dims {
        let mut shape = self.shape.clone();
        shape[self.axis] = len;
        shape
    }

    /// The shape of one number a row.
    fn reduced_shape(&self, keepdim: bool) -> Dims {
        let mut shape = self.with_len(1);
        if !keepdim {
            shape.remove(self.axis);
        }
        shape
    }

    /// The positions that `choose` puts into its list for every row, `per_row` of them, in the order of an array of
    /// shape `with_len(per_row)`.
    fn choose(&self, x: &Array, per_row: usize, choose: impl Fn(&[Elem], &mut Vec<usize>)) -> Vec<usize> {
        let x = x.contiguous();
        let x = x.as_slice().expect("made contiguous");
        let mut positions = vec![0; self.outer * per_row * self.inner];
        let mut row = vec![0.0; self.len];
        let mut chosen = Vec::with_capacity(self.len);
        for (outer, inner) in (0..self.outer).flat_map(|outer| (0..self.inner).map(move |inner| (outer, inner))) {
            chosen.clear();
            if self.inner == 1 {
                choose(&x[outer * self.len..][..self.len], &mut chosen);
            } else {
                for (j, row) in row.iter_mut().enumerate() {
                    *row = x[(outer * self.len + j) * self.inner + inner];
                }
                choose(&row, &mut chosen);
            }
            for (n, &position) in chosen.iter().enumerate() {
                positions[(outer * per_row + n) * self.inner + inner] = position;
            }
        }
        positions
    }

    /// Where in the array the `n`-th pick of `choose` stands.
    fn place(&self, n: usize, per_row: usize, position: usize) -> usize {
        (n / (per_row * self.inner) * self.len + position) * self.inner + n % self.inner
    }
}

/// dx_(r, i_r) = g_r, 0 elsewhere
#[derive(Debug)]
struct PickBackward {
    around: Around,
    per_row: usize,
    positions: Vec<usize>,
}
impl Backward for PickBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let g = grad.contiguous();
        let g = g.as_slice().expect("made contiguous");
        grads![Array::build(&self.around.shape, |dx| {
            dx.fill(0.0);
            for (n, (&position, &g)) in self.positions.iter().zip(g).enumerate() {
                dx[self.around.place(n, self.per_row, position)] = g;
            }
        })]
    }
}

impl Tensor {
    /// The chosen elements as a tensor of `shape`, and their positions.
    fn picked(&self, around: Around, per_row: usize, shape: &[usize], positions: Vec<usize>) -> (Tensor, IntTensor) {
        let x = self.array().contiguous();
        let from = x.as_slice().expect("made contiguous");
        let values = positions.iter().enumerate().map(|(n, &i)| from[around.place(n, per_row, i)]).collect();
        let indices = IntTensor::from_vec(positions.iter().map(|&i| i as i64).collect(), shape);
        let values = Array::from_vec(values, shape);
        (Tensor::from_operation(values, &[self], || PickBackward { around, per_row, positions }), indices)
    }

    fn first_of(
        &self,
        op: &'static str,
        axis: isize,
        keepdim: bool,
        first: fn(&[Elem]) -> usize,
    ) -> Result<(Tensor, IntTensor), TensorError> {
        let around = Around::axis(op, self.shape(), axis)?;
        if around.len == 0 {
            return Err(TensorError::shape(
                op,
                &[self.shape()],
                format!("at least one element along the axis {}", around.axis),
            ));
        }
        let positions = around.choose(self.array(), 1, |row, chosen| chosen.push(first(row)));
        let shape = around.reduced_shape(keepdim);
        Ok(self.picked(around, 1, &shape, positions))
    }

    /// The largest number along `axis` and its position: `[2, 3, 4]` along axis 1 gives two of shape `[2, 4]`, or `[2,
    /// 1, 4]` with `keepdim`.
    ///
    /// Of equal numbers the first is taken, and gets the whole gradient. The first NaN wins over every number.
    ///
    /// # Panics
    /// If there is no such axis, or no element along it.
    #[track_caller]
    pub fn max_dim(&self, axis: isize, keepdim: bool) -> (Tensor, IntTensor) {
        fit(self.try_max_dim(axis, keepdim))
    }

    /// As [`Tensor::max_dim`], with an error instead of the panic.
    pub fn try_max_dim(&self, axis: isize, keepdim: bool) -> Result<(Tensor, IntTensor), TensorError> {
        self.first_of("max_dim", axis, keepdim, first_largest)
    }

    /// The smallest number along `axis` and its position; otherwise as [`Tensor::max_dim`].
    ///
    /// # Panics
    /// If there is no such axis, or no element along it.
    #[track_caller]
    pub fn min_dim(&self, axis: isize, keepdim: bool) -> (Tensor, IntTensor) {
        fit(self.try_min_dim(axis, keepdim))
    }

    /// As [`Tensor::min_dim`], with an error instead of the panic.
    pub fn try_min_dim(&self, axis: isize, keepdim: bool) -> Result<(Tensor, IntTensor), TensorError> {
        self.first_of("min_dim", axis, keepdim, first_smallest)
    }

    /// The position of the largest number along `axis`, the first of equals; shapes as for [`Tensor::max_dim`].
    ///
    /// # Panics
    /// If there is no such axis, or no element along it.
    #[track_caller]
    pub fn argmax(&self, axis: isize, keepdim: bool) -> IntTensor {
        fit(self.try_argmax(axis, keepdim))
    }

    /// As [`Tensor::argmax`], with an error instead of the panic.
    pub fn try_argmax(&self, axis: isize, keepdim: bool) -> Result<IntTensor, TensorError> {
        Ok(crate::no_grad(|| self.first_of("argmax", axis, keepdim, first_largest))?.1)
    }

    /// The `k` largest numbers along `axis`, largest first, and their positions: `[2, 10]` with k = 3 along axis −1
    /// gives two of shape `[2, 3]`.
    ///
    /// Of equal numbers the earlier ones come first; NaN counts as larger than every number.
    ///
    /// # Panics
    /// If there is no such axis, or it has fewer than `k` elements.
    #[track_caller]
    pub fn topk(&self, k: usize, axis: isize) -> (Tensor, IntTensor) {
        fit(self.try_topk(k, axis))
    }

    /// As [`Tensor::topk`], with an error instead of the panic.
    pub fn try_topk(&self, k: usize, axis: isize) -> Result<(Tensor, IntTensor), TensorError> {
        let around = Around::axis("topk", self.shape(), axis)?;
        if k > around.len {
            return Err(TensorError::shape(
                "topk",
                &[self.shape()],
                format!("at least k = {k} elements along the axis {}", around.axis),
            ));
        }
        let positions = around.choose(self.array(), k, |row, chosen| largest(row, k, chosen));
        let shape = around.with_len(k);
        Ok(self.picked(around, k, &shape, positions))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};
    use ndarray::Axis;

    #[test]
    fn agrees_with_the_reference_row_by_row_along_every_axis() {
        let rough = between(-3.0, 3.0, &[3, 4, 5]).map(Elem::round);
        for x in [between(-1.0, 2.0, &[3, 4, 5]), rough.clone(), rough.transpose(0, 2)] {
            for (axis, k) in [(0, 2), (1, 4), (2, 1), (1, 0)] {
                let x = Tensor::parameter(x.clone());
                let plain = x.array().to_ndarray();
                let (values, indices) = x.topk(k, axis as isize);
                let g = between(-1.0, 1.0, values.shape());
                let dx = values.backward_from(g.clone());
                let (y, g, mut expected) = (values.array().to_ndarray(), g.to_ndarray(), plain.clone());
                let ix = ndarray::ArrayD::from_shape_vec(y.raw_dim(), indices.to_vec()).unwrap();
                let lanes = plain.lanes(Axis(axis)).into_iter().zip(expected.lanes_mut(Axis(axis)));
                for (n, (row, mut dx)) in lanes.enumerate() {
                    let picks = reference::topk(row, k);
                    if k == 0 {
                        dx.fill(0.0);
                        continue;
                    }
                    let pick = |a: &ndarray::ArrayD<i64>| a.lanes(Axis(axis)).into_iter().nth(n).unwrap().to_vec();
                    assert_eq!(pick(&ix), picks.iter().map(|&i| i as i64).collect::<Vec<_>>());
                    let found = y.lanes(Axis(axis)).into_iter().nth(n).unwrap().to_vec();
                    assert_eq!(found, picks.iter().map(|&i| row[i]).collect::<Vec<_>>());
                    let upstream = g.lanes(Axis(axis)).into_iter().nth(n).unwrap();
                    dx.assign(&reference::topk_backward(row.len(), &picks, upstream));
                }
                assert_close(dx.get(&x).unwrap(), &expected);
            }
        }
    }

    #[test]
    fn are_their_derivatives() {
        let x = between(-4.0, 5.0, &[2, 3, 4]);
        for axis in [0, 1, -1] {
            for (x, keepdim) in [(x.clone(), false), (x.transpose(0, 1), true)] {
                gradcheck(|i| i[0].max_dim(axis, keepdim).0, std::slice::from_ref(&x), &GradCheck::default()).unwrap();
                gradcheck(|i| i[0].min_dim(axis, keepdim).0, std::slice::from_ref(&x), &GradCheck::default()).unwrap();
                gradcheck(|i| i[0].topk(2, axis).0, &[x], &GradCheck::default()).unwrap();
            }
        }
    }

    #[test]
    fn the_first_of_equals_gets_everything() {
        let x = Tensor::parameter(Array::from_vec(vec![1.0, 3.0, 3.0, -1.0, 2.0, 2.0, 2.0, 2.0], &[2, 4]));
        let (y, i) = x.max_dim(-1, false);
        assert_eq!((y.to_vec(), i.to_vec(), i.shape()), (vec![3.0, 2.0], vec![1, 0], &[2][..]));
        let dx = y.backward_from(Array::ones(&[2]));
        assert_eq!(dx.get(&x).unwrap().to_vec(), [0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]);
        assert_eq!(x.min_dim(0, true).1.to_vec(), [0, 1, 1, 0]);
        assert_eq!(x.argmax(1, true).shape(), [2, 1]);
        assert_eq!(x.topk(3, 1).1.to_vec(), [1, 2, 0, 0, 1, 2]);
    }

    #[test]
    fn nan_and_infinities() {
        let x = Tensor::from_vec(vec![Elem::NEG_INFINITY, Elem::NAN, 1.0, Elem::INFINITY, Elem::NAN], &[5]);
        assert_eq!(x.argmax(0, false).to_vec(), [1]);
        assert_eq!(x.min_dim(0, false).1.to_vec(), [1]);
        assert_eq!(x.topk(4, 0).1.to_vec(), [1, 4, 3, 2]);
        assert_eq!(Tensor::full(&[3], f64::NEG_INFINITY).argmax(0, false).to_vec(), [0]);
    }

    #[test]
    fn empty_inputs_and_wrong_sizes() {
        assert_eq!(Tensor::zeros(&[0, 3]).max_dim(1, false).1.shape(), [0]);
        assert_eq!(Tensor::zeros(&[0, 3]).topk(2, 1).0.shape(), [0, 2]);
        let error = Tensor::zeros(&[2, 0]).try_argmax(1, false).unwrap_err();
        assert_eq!(error.to_string(), "argmax: shape [2, 0] does not fit: need at least one element along the axis 1");
        assert!(Tensor::scalar(1.0).try_max_dim(0, false).is_err());
    }

    #[test]
    #[should_panic(expected = "topk: shape [2, 3] does not fit: need at least k = 4 elements along the axis 1")]
    fn there_must_be_k() {
        Tensor::zeros(&[2, 3]).topk(4, -1);
    }
}
