//! slice, narrow, select, split, chunk: a part of a tensor along one axis.
//!
//! y_k = x_{start + k·step} along the axis, for all indices of the other axes. The part is a view: other strides, another
//! first element.
//!
//! Gradient. ∂y_k/∂x_j = 1 if j = start + k·step, else 0. So **dx_{start + k·step} = g_k, and 0 everywhere else**. When
//! several parts of one tensor are used, their gradients add up to the whole.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Elem, Tensor, TensorError};
use jumok_kernels::elementwise;

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::{ArrayD, Axis, IxDyn, Slice};

    fn part(start: usize, len: usize, step: usize) -> Slice {
        let end = if len == 0 { start } else { start + (len - 1) * step + 1 };
        Slice::new(start as isize, Some(end as isize), step as isize)
    }

    /// y_k = x_{start + k·step}, k < len
    pub fn slice(x: &ArrayD<Elem>, axis: usize, start: usize, len: usize, step: usize) -> ArrayD<Elem> {
        x.slice_axis(Axis(axis), part(start, len, step)).to_owned()
    }

    /// dx_{start + k·step} = g_k, and 0 everywhere else
    pub fn slice_backward(g: &ArrayD<Elem>, shape: &[usize], axis: usize, start: usize, step: usize) -> ArrayD<Elem> {
        let mut dx = ArrayD::zeros(IxDyn(shape));
        dx.slice_axis_mut(Axis(axis), part(start, g.shape()[axis], step)).assign(g);
        dx
    }
}

/// Calls `f(place, part)` for the runs of `part` and the places start, start + step, … of `axis` in `out` of `shape` that they
/// belong to.
fn for_each_place(
    out: &mut [Elem],
    part: &Array,
    shape: &[usize],
    axis: usize,
    start: usize,
    step: usize,
    f: impl Fn(&mut [Elem], &[Elem]),
) {
    let (len, extent) = (part.shape()[axis], shape[axis]);
    let row = layout::count(&shape[axis + 1..]);
    let part = part.contiguous();
    let part = part.as_slice().expect("made contiguous");
    if part.is_empty() {
        return;
    }
    for (part, out) in part.chunks_exact(len * row).zip(out.chunks_exact_mut(extent * row)) {
        let out = &mut out[start * row..];
        if step == 1 {
            f(&mut out[..len * row], part);
        } else {
            let places = out.chunks_mut(step * row);
            part.chunks_exact(row).zip(places).for_each(|(part, place)| f(&mut place[..row], part));
        }
    }
}

/// Zeros of `shape` with `part` at positions start, start + step, … of `axis`.
fn placed(part: &Array, shape: &[usize], axis: usize, start: usize, step: usize) -> Array {
    if part.shape()[axis] == shape[axis] {
        return part.clone();
    }
    Array::build(shape, |out| {
        out.fill(0.0);
        for_each_place(out, part, shape, axis, start, step, |place, part| place.copy_from_slice(part));
    })
}

/// dx_{start + k·step} = g_k, and 0 everywhere else.
#[derive(Debug)]
struct SliceBackward {
    shape: Dims,
    axis: usize,
    start: usize,
    len: usize,
    step: usize,
}
impl Backward for SliceBackward {
    fn backward(&self, grad: Array) -> ParentGrads {
        grads![placed(&self.with_axis(grad), &self.shape, self.axis, self.start, self.step)]
    }

    /// Only the part is touched: a loop that takes T parts of an array costs T parts, not T arrays.
    fn backward_onto(&self, grad: Array, mut sums: ParentGrads) -> ParentGrads {
        let Some(mut sum) = sums.pop().flatten() else { return self.backward(grad) };
        let part = self.with_axis(grad);
        for_each_place(sum.make_mut(), &part, &self.shape, self.axis, self.start, self.step, elementwise::add_assign);
        grads![sum]
    }
}
impl SliceBackward {
    /// The gradient with the axis that `select` dropped, of extent 1.
    fn with_axis(&self, grad: Array) -> Array {
        let mut taken = self.shape.clone();
        taken[self.axis] = self.len;
        grad.reshape(&taken)
    }
}

impl Tensor {
    fn part(&self, axis: usize, start: usize, len: usize, step: usize) -> Tensor {
        let y = self.array().slice_axis(axis, start, len, step);
        Tensor::from_operation(y, &[self], || SliceBackward { shape: self.shape().into(), axis, start, len, step })
    }

    /// Every `step`-th element of `axis` from `start` up to, not including, `end` (`None`: to the end), as Python's
    /// `x[start:end:step]`: negative positions count from the end, positions outside are moved to it. A view.
    ///
    /// # Panics
    /// If there is no such axis or `step` is 0.
    #[track_caller]
    pub fn slice(&self, axis: isize, start: isize, end: Option<isize>, step: usize) -> Tensor {
        fit(self.try_slice(axis, start, end, step))
    }

    /// As [`Tensor::slice`], with an error instead of the panic.
    pub fn try_slice(&self, axis: isize, start: isize, end: Option<isize>, step: usize) -> Result<Tensor, TensorError> {
        let axis = layout::axis("slice", self.shape(), axis)?;
        if step == 0 {
            return Err(TensorError::shape("slice", &[self.shape()], "a step of 1 or more, not 0"));
        }
        let extent = self.shape()[axis];
        let position = |p: isize| if p < 0 { extent.saturating_sub(p.unsigned_abs()) } else { extent.min(p as usize) };
        let start = position(start);
        let end = end.map_or(extent, position);
        Ok(self.part(axis, start, end.saturating_sub(start).div_ceil(step), step))
    }

    /// `len` elements of `axis` from `start` on; unlike [`Tensor::slice`] they must exist. A view.
    ///
    /// # Panics
    /// If there is no such axis or it has no such elements.
    #[track_caller]
    pub fn narrow(&self, axis: isize, start: usize, len: usize) -> Tensor {
        fit(self.try_narrow(axis, start, len))
    }

    /// As [`Tensor::narrow`], with an error instead of the panic.
    pub fn try_narrow(&self, axis: isize, start: usize, len: usize) -> Result<Tensor, TensorError> {
        const OP: &str = "narrow";
        let axis = layout::axis(OP, self.shape(), axis)?;
        if start.checked_add(len).is_none_or(|end| end > self.shape()[axis]) {
            let rule = format!("{start} + {len} or more elements along axis {axis}");
            return Err(TensorError::shape(OP, &[self.shape()], rule));
        }
        Ok(self.part(axis, start, len, 1))
    }

    /// Element `index` of `axis`, which is dropped: `[B, T, D]` selected at 0 of axis 1 is `[B, D]`. A negative index
    /// counts from the end. A view.
    ///
    /// # Panics
    /// If there is no such axis or no such element.
    #[track_caller]
    pub fn select(&self, axis: isize, index: isize) -> Tensor {
        fit(self.try_select(axis, index))
    }

    /// As [`Tensor::select`], with an error instead of the panic.
    pub fn try_select(&self, axis: isize, index: isize) -> Result<Tensor, TensorError> {
        const OP: &str = "select";
        let axis = layout::axis(OP, self.shape(), axis)?;
        let len = self.shape()[axis];
        let from_front = if index < 0 { index + len as isize } else { index };
        if !(0..len as isize).contains(&from_front) {
            return Err(TensorError::Index { op: OP, shape: self.shape().to_vec(), axis, index: index as i64, len });
        }
        let start = from_front as usize;
        let mut shape: Dims = self.shape().into();
        shape.remove(axis);
        let y = self.array().slice_axis(axis, start, 1, 1).reshape(&shape);
        Ok(Tensor::from_operation(y, &[self], || SliceBackward {
            shape: self.shape().into(),
            axis,
            start,
            len: 1,
            step: 1,
        }))
    }

    /// Consecutive parts of the given sizes along `axis`: `[T, 3·D]` split into `[D, D, D]` gives query, key and value.
    /// Views.
    ///
    /// # Panics
    /// If there is no such axis or the sizes do not add up to its extent.
    #[track_caller]
    pub fn split(&self, sizes: &[usize], axis: isize) -> Vec<Tensor> {
        fit(self.try_split(sizes, axis))
    }

    /// As [`Tensor::split`], with an error instead of the panic.
    pub fn try_split(&self, sizes: &[usize], axis: isize) -> Result<Vec<Tensor>, TensorError> {
        const OP: &str = "split";
        let axis = layout::axis(OP, self.shape(), axis)?;
        if sizes.iter().try_fold(0, |sum: usize, &size| sum.checked_add(size)) != Some(self.shape()[axis]) {
            let rule = format!("sizes that add up to the extent of axis {axis}, not {sizes:?}");
            return Err(TensorError::shape(OP, &[self.shape()], rule));
        }
        let starts = sizes.iter().scan(0, |next, &size| {
            let start = *next;
            *next += size;
            Some(start)
        });
        Ok(starts.zip(sizes).map(|(start, &size)| self.part(axis, start, size, 1)).collect())
    }

    /// At most `chunks` parts of equal size along `axis`, the last one shorter if need be: 7 in 3 chunks is 3, 3, 1, and,
    /// as in PyTorch, 5 in 4 chunks is 2, 2, 1. Views.
    ///
    /// # Panics
    /// If there is no such axis or `chunks` is 0.
    #[track_caller]
    pub fn chunk(&self, chunks: usize, axis: isize) -> Vec<Tensor> {
        fit(self.try_chunk(chunks, axis))
    }

    /// As [`Tensor::chunk`], with an error instead of the panic.
    pub fn try_chunk(&self, chunks: usize, axis: isize) -> Result<Vec<Tensor>, TensorError> {
        let axis = layout::axis("chunk", self.shape(), axis)?;
        if chunks == 0 {
            return Err(TensorError::shape("chunk", &[self.shape()], "1 chunk or more, not 0"));
        }
        let extent = self.shape()[axis];
        if extent == 0 {
            return Ok((0..chunks).map(|_| self.part(axis, 0, 0, 1)).collect());
        }
        let size = extent.div_ceil(chunks);
        Ok((0..extent).step_by(size).map(|start| self.part(axis, start, size.min(extent - start), 1)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::between;
    use crate::{GradCheck, gradcheck};

    fn values(shape: &[usize]) -> Array {
        between(-2.0, 2.0, shape)
    }

    #[test]
    fn parts_that_overlap_add_up_and_leave_other_gradients_alone() {
        // x, and y = 2x, each used whole and in parts; the whole's gradient is shared with its neighbour when a part arrives.
        let f = |i: &[Tensor]| {
            let (x, y) = (&i[0], &(&i[0] * 2.0));
            let whole = x + y;
            let parts = x.narrow(1, 0, 2) * y.slice(1, 1, None, 2) + x.select(1, 3).unsqueeze(1);
            Tensor::concat(&[&whole, &parts], 1)
        };
        gradcheck(f, &[values(&[3, 4])], &GradCheck::default()).unwrap();
    }

    #[test]
    fn agrees_with_the_reference_along_every_axis() {
        let x = Tensor::parameter(values(&[5, 6, 7]));
        for axis in 0..3 {
            for (start, end, step) in
                [(0, None, 1), (1, Some(4), 1), (0, None, 2), (-4, Some(-1), 3), (2, Some(2), 1), (-99, Some(99), 2)]
            {
                let y = x.slice(axis as isize, start, end, step);
                let first = if start < 0 { (x.shape()[axis] as isize + start).max(0) } else { start } as usize;
                let expected = reference::slice(&x.array().to_ndarray(), axis, first, y.shape()[axis], step);
                assert_eq!(y.array(), &Array::from_ndarray(expected));
                let g = values(y.shape());
                let dx = reference::slice_backward(&g.to_ndarray(), x.shape(), axis, first, step);
                assert_eq!(y.backward_from(g).get(&x).unwrap(), &Array::from_ndarray(dx));
            }
        }
    }

    #[test]
    fn slices_follow_python() {
        let x = Tensor::arange(0.0, 5.0, 1.0);
        let taken = |start, end, step| x.slice(0, start, end, step).to_vec();
        assert_eq!(taken(1, Some(4), 1), [1.0, 2.0, 3.0]);
        assert_eq!(taken(0, None, 2), [0.0, 2.0, 4.0]);
        assert_eq!(taken(-2, None, 1), [3.0, 4.0]);
        assert_eq!(taken(0, Some(-1), 3), [0.0, 3.0]);
        assert_eq!(taken(-9, Some(9), 4), [0.0, 4.0]);
        assert!(taken(3, Some(1), 1).is_empty());
        assert_eq!(x.select(0, -1).item(), 4.0);
    }

    #[test]
    fn parts_share_memory() {
        let x = Tensor::from_array(values(&[4, 6]));
        for y in [x.slice(0, 1, None, 2), x.narrow(0, 1, 2), x.select(0, 1), x.split(&[1, 3], 0)[1].clone()] {
            assert_eq!(y.array().from_first().as_ptr(), x.array().from_first()[6..].as_ptr());
        }
    }

    #[test]
    fn the_gradients_of_all_parts_make_up_the_whole() {
        let x = Tensor::parameter(values(&[2, 6]));
        let parts = x.split(&[1, 2, 3], -1);
        assert_eq!(parts.iter().map(|part| part.shape()[1]).collect::<Vec<_>>(), [1, 2, 3]);
        let loss = parts.iter().zip(1..).map(|(part, k)| (part * f64::from(k)).sum_all()).reduce(|a, b| a + b).unwrap();
        let dx = loss.backward().get(&x).unwrap().to_vec();
        assert_eq!(dx, [1.0, 2.0, 2.0, 3.0, 3.0, 3.0].repeat(2));
    }

    #[test]
    fn chunks_have_pytorchs_sizes() {
        let sizes = |extent: usize, chunks| {
            Tensor::zeros(&[2, extent]).chunk(chunks, 1).iter().map(|c| c.shape()[1]).collect::<Vec<_>>()
        };
        assert_eq!(sizes(7, 3), [3, 3, 1]);
        assert_eq!(sizes(5, 4), [2, 2, 1]);
        assert_eq!(sizes(6, 3), [2, 2, 2]);
        assert_eq!(sizes(2, 5), [1, 1]);
        assert_eq!(sizes(0, 2), [0, 0]);
    }

    #[test]
    fn all_are_their_derivatives() {
        let (check, x) = (GradCheck::default(), [values(&[3, 5, 2])]);
        for axis in [0, 1, -1] {
            gradcheck(|i| i[0].slice(axis, 1, None, 2), &x, &check).unwrap();
            gradcheck(|i| i[0].narrow(axis, 0, 1), &x, &check).unwrap();
            gradcheck(|i| i[0].select(axis, -1), &x, &check).unwrap();
            gradcheck(|i| i[0].chunk(2, axis)[1].clone(), &x, &check).unwrap();
            gradcheck(|i| i[0].transpose(0, 1).select(axis, 1), &x, &check).unwrap();
        }
        gradcheck(|i| &i[0].split(&[2, 2, 1], 1)[0] * &i[0].split(&[1, 2, 2], 1)[2], &x, &check).unwrap();
        gradcheck(|i| i[0].expand(&[4, 3]).slice(0, 1, None, 2), &[values(&[1, 3])], &check).unwrap();
        gradcheck(|i| i[0].slice(0, 2, Some(2), 1).sum_all() + i[0].sum_all(), &x, &check).unwrap();
    }

    #[test]
    fn parts_that_do_not_exist() {
        let x = Tensor::zeros(&[2, 3]);
        let text = |result: Result<Vec<Tensor>, TensorError>| result.unwrap_err().to_string();
        assert!(text(x.try_split(&[1, 1], 1)).contains("sizes that add up to the extent of axis 1, not [1, 1]"));
        assert!(text(x.try_chunk(0, 1)).contains("1 chunk or more"));
        assert!(text(x.try_narrow(1, 2, 2).map(|y| vec![y])).contains("need 2 + 2 or more elements along axis 1"));
        assert!(text(x.try_narrow(1, usize::MAX, 2).map(|y| vec![y])).contains("narrow"));
        assert!(text(x.try_slice(1, 0, None, 0).map(|y| vec![y])).contains("a step of 1 or more"));
    }

    #[test]
    #[should_panic(expected = "select: index -4 is outside 0..3 of axis 1 of shape [2, 3]")]
    fn a_selected_element_must_exist() {
        Tensor::zeros(&[2, 3]).select(1, -4);
    }
}
