//! gather, scatter_add, index_select: elements named by their positions along an axis.
//!
//! gather reads: y_p = x_{p with p_axis replaced by index_p}, for every position p of the index.
//! scatter_add writes there: y = x, then y_{p with p_axis replaced by index_p} += src_p.
//! index_select reads whole slices: y_{.., k, ..} = x_{.., index_k, ..}.
//!
//! Gradient. In gather y_p depends on one x_q, with factor 1, and several p may name the same q:
//! **dx_q = Σ_{p names q} g_p**, which is scatter_add of g into zeros. In scatter_add every x_q enters y_q with factor 1,
//! and every src_p enters the element that p names: **dx = g, dsrc_p = g_{the element that p names}**, which is gather.
//! Each of the two is the other's backward pass; index_select is gather with an index that is the same everywhere else.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Elem, IntTensor, Tensor, TensorError};
use jumok_kernels::elementwise;

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Dimension, IxDyn};

    fn named(p: &IxDyn, axis: usize, index: &ArrayD<i64>) -> IxDyn {
        let mut q = p.clone();
        q[axis] = index[p] as usize;
        q
    }

    /// y_p = x_{p with p_axis replaced by index_p}
    pub fn gather(x: &ArrayD<Elem>, axis: usize, index: &ArrayD<i64>) -> ArrayD<Elem> {
        ArrayD::from_shape_fn(index.raw_dim(), |p| x[named(&p, axis, index)])
    }

    /// y = x, then y_{p with p_axis replaced by index_p} += src_p; also the backward pass of [`gather`], with x = 0, src = g.
    pub fn scatter_add(x: &ArrayD<Elem>, axis: usize, index: &ArrayD<i64>, src: &ArrayD<Elem>) -> ArrayD<Elem> {
        let mut y = x.clone();
        for p in ndarray::indices(index.raw_dim()) {
            y[named(&p, axis, index)] += src[p.as_array_view().as_slice().expect("an index lies in one piece")];
        }
        y
    }
}

/// The error unless every index names one of the elements along `axis`.
pub(crate) fn check_indices(
    op: &'static str,
    shape: &[usize],
    axis: usize,
    indices: impl IntoIterator<Item = i64>,
) -> Result<(), TensorError> {
    let len = shape[axis];
    match indices.into_iter().find(|&index| !(0..len as i64).contains(&index)) {
        None => Ok(()),
        Some(index) => Err(TensorError::Index { op, shape: shape.to_vec(), axis, index, len }),
    }
}

/// Calls `f(p, q)` for every position of the index in row-major order: p is its offset in an array with strides `p_strides`,
/// q the offset of the element that it names in one with strides `q_strides`.
fn for_each_named(
    index: &IntTensor,
    axis: usize,
    p_strides: &[usize],
    q_strides: &[usize],
    mut f: impl FnMut(usize, usize),
) {
    let last = index.rank() - 1;
    let row_len = index.shape()[last];
    if index.is_empty() {
        return;
    }
    // Along `axis` the index alone says where q lies.
    let mut base_strides: Dims = q_strides.into();
    base_strides[axis] = 0;
    let mut p_starts = Vec::with_capacity(index.len() / row_len);
    layout::for_each_row(index.shape(), p_strides, |start| p_starts.push(start));
    let mut rows = p_starts.into_iter().zip(index.as_slice().chunks_exact(row_len));
    layout::for_each_row(index.shape(), &base_strides, |base| {
        let (p, row) = rows.next().expect("as many rows as the index has");
        for (n, &at) in row.iter().enumerate() {
            f(p + n * p_strides[last], base + n * base_strides[last] + at as usize * q_strides[axis]);
        }
    });
}

/// y_p = x_q for every position p of the index that names q.
fn gathered(x: &Array, axis: usize, index: &IntTensor) -> Array {
    let from = x.from_first();
    Array::build(index.shape(), |y| {
        for_each_named(index, axis, &layout::row_major(index.shape()), x.strides(), |p, q| y[p] = from[q]);
    })
}

/// y_q += src_p for every position p of the index that names q.
fn scatter_into(y: &mut [Elem], shape: &[usize], axis: usize, index: &IntTensor, src: &Array) {
    let from = src.from_first();
    for_each_named(index, axis, src.strides(), &layout::row_major(shape), |p, q| y[q] += from[p]);
}

/// dx_q = Σ_{p names q} g_p
#[derive(Debug)]
struct GatherBackward {
    shape: Dims,
    axis: usize,
    index: IntTensor,
}
impl Backward for GatherBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![Array::build(&self.shape, |dx| {
            dx.fill(0.0);
            scatter_into(dx, &self.shape, self.axis, &self.index, &grad);
        })]
    }
}

/// dx = g, dsrc_p = g_{the element that p names}; elements of src beyond the index took no part.
#[derive(Debug)]
struct ScatterAddBackward {
    axis: usize,
    index: IntTensor,
    src_shape: Dims,
}
impl Backward for ScatterAddBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let dsrc = if self.index.shape() == self.src_shape.as_slice() {
            gathered(&grad, self.axis, &self.index)
        } else {
            let from = grad.from_first();
            Array::build(&self.src_shape, |dsrc| {
                dsrc.fill(0.0);
                let strides = layout::row_major(&self.src_shape);
                for_each_named(&self.index, self.axis, &strides, grad.strides(), |p, q| dsrc[p] = from[q]);
            })
        };
        grads![grad, dsrc]
    }
}

/// dx_{.., j, ..} = Σ_{k: index_k = j} g_{.., k, ..}
#[derive(Debug)]
struct IndexSelectBackward {
    shape: Dims,
    axis: usize,
    index: IntTensor,
}
impl Backward for IndexSelectBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let g = grad.contiguous();
        let g = g.as_slice().expect("made contiguous");
        let (extent, row) = (self.shape[self.axis], layout::count(&self.shape[self.axis + 1..]));
        grads![Array::build(&self.shape, |dx| {
            dx.fill(0.0);
            if g.is_empty() {
                return;
            }
            for (dx, g) in dx.chunks_exact_mut(extent * row).zip(g.chunks_exact(self.index.len() * row)) {
                for (&j, g) in self.index.as_slice().iter().zip(g.chunks_exact(row)) {
                    elementwise::add_assign(&mut dx[j as usize * row..][..row], g);
                }
            }
        })]
    }
}

/// The axis, if the index has as many axes as x, is nowhere larger than it but along `axis`, and names existing elements.
fn check_named(
    op: &'static str,
    x: &[usize],
    axis: isize,
    index: &IntTensor,
    src: &[usize],
) -> Result<usize, TensorError> {
    let axis = layout::axis(op, x, axis)?;
    let fits = |other: &[usize], but: Option<usize>| {
        other.len() == index.rank() && (0..x.len()).all(|a| Some(a) == but || index.shape()[a] <= other[a])
    };
    if !fits(x, Some(axis)) || !fits(src, None) {
        let rule =
            format!("an index of the same rank, no larger than the first but along axis {axis}, nor than the source");
        return Err(TensorError::shape(op, &[x, index.shape(), src], rule));
    }
    check_indices(op, x, axis, index.as_slice().iter().copied())?;
    Ok(axis)
}

impl Tensor {
    /// y_p = x_q, where q is the position p with its entry for `axis` replaced by `index_p`; y has the shape of the index.
    ///
    /// Along the last axis of `[rows, n]`: y_rk = x_{r, index_rk}. The index has the rank of x and is no larger than it but
    /// along `axis`.
    ///
    /// # Panics
    /// If there is no such axis, the index does not fit, or names an element that does not exist.
    #[track_caller]
    pub fn gather(&self, axis: isize, index: &IntTensor) -> Tensor {
        fit(self.try_gather(axis, index))
    }

    /// As [`Tensor::gather`], with an error instead of the panic.
    pub fn try_gather(&self, axis: isize, index: &IntTensor) -> Result<Tensor, TensorError> {
        let axis = check_named("gather", self.shape(), axis, index, index.shape())?;
        Ok(Tensor::from_operation(gathered(self.array(), axis, index), &[self], || GatherBackward {
            shape: self.shape().into(),
            axis,
            index: index.clone(),
        }))
    }

    /// This tensor with src_p added at q for every position p of the index, where q is p with its entry for `axis` replaced
    /// by `index_p`; several p may name the same q.
    ///
    /// The index has the rank of x and of `src`, is no larger than x but along `axis`, and nowhere larger than `src`.
    ///
    /// # Panics
    /// If there is no such axis, the index does not fit, or names an element that does not exist.
    #[track_caller]
    pub fn scatter_add(&self, axis: isize, index: &IntTensor, src: &Tensor) -> Tensor {
        fit(self.try_scatter_add(axis, index, src))
    }

    /// As [`Tensor::scatter_add`], with an error instead of the panic.
    pub fn try_scatter_add(&self, axis: isize, index: &IntTensor, src: &Tensor) -> Result<Tensor, TensorError> {
        let axis = check_named("scatter_add", self.shape(), axis, index, src.shape())?;
        let mut y = self.array().clone();
        scatter_into(y.make_mut(), self.shape(), axis, index, src.array());
        Ok(Tensor::from_operation(y, &[self, src], || ScatterAddBackward {
            axis,
            index: index.clone(),
            src_shape: src.shape().into(),
        }))
    }

    /// The slices `index_k` of `axis`, in that order and as often as named: x `[.., n, ..]`, index `[m]`, result `[.., m, ..]`.
    /// A single number counts as an index of one.
    ///
    /// # Panics
    /// If there is no such axis, the index has more than one axis, or names a slice that does not exist.
    #[track_caller]
    pub fn index_select(&self, axis: isize, index: &IntTensor) -> Tensor {
        fit(self.try_index_select(axis, index))
    }

    /// As [`Tensor::index_select`], with an error instead of the panic.
    pub fn try_index_select(&self, axis: isize, index: &IntTensor) -> Result<Tensor, TensorError> {
        const OP: &str = "index_select";
        let axis = layout::axis(OP, self.shape(), axis)?;
        if index.rank() > 1 {
            return Err(TensorError::shape(OP, &[self.shape(), index.shape()], "an index of one axis"));
        }
        check_indices(OP, self.shape(), axis, index.as_slice().iter().copied())?;
        let x = self.array().contiguous();
        let x = x.as_slice().expect("made contiguous");
        let (extent, row) = (self.shape()[axis], layout::count(&self.shape()[axis + 1..]));
        let mut shape: Dims = self.shape().into();
        shape[axis] = index.len();
        let y = Array::build(&shape, |y| {
            if y.is_empty() {
                return;
            }
            for (y, x) in y.chunks_exact_mut(index.len() * row).zip(x.chunks_exact(extent * row)) {
                for (&j, y) in index.as_slice().iter().zip(y.chunks_exact_mut(row)) {
                    y.copy_from_slice(&x[j as usize * row..][..row]);
                }
            }
        });
        Ok(Tensor::from_operation(y, &[self], || IndexSelectBackward {
            shape: self.shape().into(),
            axis,
            index: index.clone(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_close, between};
    use crate::{GradCheck, gradcheck};
    use ndarray::{ArrayD, IxDyn};

    fn index(shape: &[usize], below: usize) -> IntTensor {
        IntTensor::from_vec((0..layout::count(shape)).map(|i| ((i * 7 + i / 3) % below) as i64).collect(), shape)
    }
    fn plain(index: &IntTensor) -> ArrayD<i64> {
        ArrayD::from_shape_vec(IxDyn(index.shape()), index.to_vec()).unwrap()
    }

    #[test]
    fn gather_and_scatter_add_agree_with_the_reference_along_every_axis() {
        for axis in 0..3 {
            let x = Tensor::parameter(between(-1.0, 1.0, &[3, 4, 5]));
            for extent in [0, 1, 2, 7] {
                let mut shape = [2, 3, 5];
                shape[axis] = extent;
                let index = index(&shape, x.shape()[axis]);
                let y = x.gather(axis as isize, &index);
                assert_close(y.array(), &reference::gather(&x.array().to_ndarray(), axis, &plain(&index)));
                let g = between(-2.0, 2.0, &shape);
                let zeros = ArrayD::zeros(IxDyn(x.shape()));
                let expected = reference::scatter_add(&zeros, axis, &plain(&index), &g.to_ndarray());
                assert_close(y.backward_from(g.clone()).get(&x).unwrap(), &expected);

                let src = Tensor::parameter(g);
                let y = x.scatter_add(axis as isize, &index, &src);
                let expected =
                    reference::scatter_add(&x.array().to_ndarray(), axis, &plain(&index), &src.array().to_ndarray());
                assert_close(y.array(), &expected);
                let g = between(-2.0, 2.0, x.shape());
                let grads = y.backward_from(g.clone());
                assert_eq!(grads.get(&x).unwrap(), &g);
                assert_close(grads.get(&src).unwrap(), &reference::gather(&g.to_ndarray(), axis, &plain(&index)));
            }
        }
    }

    #[test]
    fn index_select_is_gather_with_the_same_index_everywhere() {
        let x = Tensor::parameter(between(-1.0, 1.0, &[3, 4, 5]));
        for axis in 0..3 {
            let chosen = [2, 0, 2, 1];
            let y = x.index_select(axis, &IntTensor::from_vec(chosen.to_vec(), &[4]));
            let mut shape: Vec<usize> = x.shape().to_vec();
            shape[axis as usize] = 4;
            let whole = ArrayD::from_shape_fn(IxDyn(&shape), |p| chosen[p[axis as usize]]);
            let whole = IntTensor::from_vec(whole.iter().copied().collect(), &shape);
            let same = x.gather(axis, &whole);
            assert_eq!(y.array(), same.array());
            let g = between(-2.0, 2.0, &shape);
            let expected = same.backward_from(g.clone());
            assert_close(y.backward_from(g).get(&x).unwrap(), &expected.get(&x).unwrap().to_ndarray());
        }
        assert_eq!(x.index_select(1, &IntTensor::from_vec(vec![3], &[])).shape(), [3, 1, 5]);
        assert_eq!(x.index_select(1, &IntTensor::from_vec(vec![], &[0])).shape(), [3, 0, 5]);
    }

    #[test]
    fn all_are_their_derivatives_also_of_views() {
        let check = GradCheck::default();
        let (x, src) = (between(-1.0, 1.0, &[3, 4]), between(-1.0, 1.0, &[3, 4]));
        let twice = IntTensor::from_vec(vec![0, 0, 3, 1, 1, 1], &[2, 3]);
        let one = std::slice::from_ref(&x);
        gradcheck(|i| i[0].gather(1, &twice), one, &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).gather(0, &twice), one, &check).unwrap();
        gradcheck(|i| i[0].expand(&[4, 4]).gather(1, &twice), &[between(-1.0, 1.0, &[1, 4])], &check).unwrap();
        gradcheck(|i| i[0].scatter_add(1, &twice, &i[1]), &[x.clone(), src.clone()], &check).unwrap();
        let f = |i: &[Tensor]| i[0].transpose(0, 1).scatter_add(0, &twice, &i[1].transpose(0, 1)).transpose(0, 1);
        gradcheck(f, &[x.clone(), src], &check).unwrap();
        let rows = IntTensor::from_vec(vec![2, 0, 2], &[3]);
        gradcheck(|i| i[0].index_select(0, &rows), one, &check).unwrap();
        gradcheck(|i| i[0].transpose(0, 1).index_select(-1, &rows), one, &check).unwrap();
    }

    #[test]
    fn indices_that_do_not_fit() {
        let x = Tensor::zeros(&[2, 3]);
        assert!(x.try_gather(1, &index(&[3, 1], 2)).is_err());
        assert!(x.try_gather(1, &index(&[2], 2)).is_err());
        assert!(x.try_scatter_add(1, &index(&[2, 4], 2), &Tensor::zeros(&[2, 3])).is_err());
        assert!(x.try_index_select(0, &index(&[1, 1], 2)).is_err());
        let error = x.try_index_select(0, &IntTensor::from_vec(vec![2], &[1])).unwrap_err();
        assert_eq!(error.to_string(), "index_select: index 2 is outside 0..2 of axis 0 of shape [2, 3]");
        assert!(x.try_index_select(0, &IntTensor::from_vec(vec![-1], &[1])).is_err());
    }

    #[test]
    #[should_panic(expected = "gather: index 3 is outside 0..3 of axis 1 of shape [2, 3]")]
    fn a_named_element_must_exist() {
        Tensor::zeros(&[2, 3]).gather(1, &IntTensor::from_vec(vec![3], &[1, 1]));
    }
}
