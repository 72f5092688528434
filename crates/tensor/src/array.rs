//! The storage of tensors: shared, copied only when written to.

use ndarray::{ArcArray1, ArrayD, ArrayViewD, IxDyn, ShapeBuilder, s};

use crate::error::fit;
use crate::layout::{self, Dims};
use crate::pool::Buffer;
use crate::{Elem, TensorError, pool};

/// The flat elements, held by `ndarray`'s reference-counted array; the last owner gives the buffer back to the [`pool`].
#[derive(Clone)]
struct Storage(Option<ArcArray1<Elem>>);

impl Storage {
    fn flat(&self) -> &[Elem] {
        self.0.as_ref().and_then(|flat| flat.as_slice()).expect("the storage is contiguous until it is dropped")
    }

    /// The elements for writing; copied first if anybody else holds them (`ndarray`'s copy on write).
    fn flat_mut(&mut self) -> &mut [Elem] {
        self.0.as_mut().and_then(|flat| flat.as_slice_mut()).expect("the storage is contiguous until it is dropped")
    }
}

impl Drop for Storage {
    fn drop(&mut self) {
        if let Some(Ok(owned)) = self.0.take().map(ArcArray1::try_into_owned_nocopy) {
            pool::give(owned.into_raw_vec_and_offset().0);
        }
    }
}

/// An n-dimensional block of numbers without gradient.
///
/// A clone shares the elements; writing through [`Array::make_mut`] copies them first if they are shared. Transposing,
/// slicing, expanding and most reshaping give views: other strides over the same elements. Strides count elements and
/// are never negative; 0 repeats an axis.
#[derive(Clone)]
pub struct Array {
    storage: Storage,
    offset: usize,
    shape: Dims,
    strides: Dims,
}

impl Array {
    /// The elements of `data` in row-major order.
    ///
    /// # Panics
    /// If `data` does not hold exactly as many elements as `shape` asks for.
    #[track_caller]
    pub fn from_vec(data: Vec<Elem>, shape: &[usize]) -> Self {
        fit(Self::try_from_vec(data, shape))
    }

    /// As [`Array::from_vec`], with an error instead of the panic.
    pub fn try_from_vec(data: Vec<Elem>, shape: &[usize]) -> Result<Self, TensorError> {
        if data.len() != layout::count(shape) {
            return Err(TensorError::shape("from_vec", &[shape], format!("{} elements", data.len())));
        }
        Ok(Self::of(ArcArray1::from_vec(data), shape))
    }

    /// The elements of a buffer that holds as many as `shape` has.
    pub(crate) fn from_buffer(buffer: Buffer, shape: &[usize]) -> Self {
        let (memory, elements) = buffer.into_memory();
        Self::of(ArcArray1::from_vec(memory).slice_move(s![elements]), shape)
    }

    fn of(flat: ArcArray1<Elem>, shape: &[usize]) -> Self {
        debug_assert_eq!(flat.len(), layout::count(shape));
        let strides = layout::row_major(shape);
        Self { storage: Storage(Some(flat)), offset: 0, shape: shape.into(), strides }
    }

    /// A copy of `data`, read in row-major order.
    ///
    /// # Panics
    /// If `data` does not hold exactly as many elements as `shape` asks for.
    #[track_caller]
    pub fn from_slice(data: &[Elem], shape: &[usize]) -> Self {
        if data.len() != layout::count(shape) {
            return fit(Err(TensorError::shape("from_slice", &[shape], format!("{} elements", data.len()))));
        }
        Self::build(shape, |buffer| buffer.copy_from_slice(data))
    }

    /// An array whose elements `fill` writes; it gets a buffer with arbitrary contents and must write all of it.
    pub fn build(shape: &[usize], fill: impl FnOnce(&mut [Elem])) -> Self {
        let mut buffer = pool::take(layout::count(shape));
        fill(&mut buffer);
        Self::from_buffer(buffer, shape)
    }

    /// All elements equal to `value`.
    pub fn full(shape: &[usize], value: Elem) -> Self {
        Self::build(shape, |buffer| buffer.fill(value))
    }

    /// All elements 0.
    pub fn zeros(shape: &[usize]) -> Self {
        Self::full(shape, 0.0)
    }

    /// All elements 1.
    pub fn ones(shape: &[usize]) -> Self {
        Self::full(shape, 1.0)
    }

    /// One element, shape `[]`.
    pub fn scalar(value: Elem) -> Self {
        Self::from_vec(vec![value], &[])
    }

    /// Takes over an `ndarray` array; copies it if it is not in row-major order.
    pub fn from_ndarray(array: ArrayD<Elem>) -> Self {
        let shape: Dims = array.shape().into();
        if array.is_standard_layout() {
            let (data, offset) = array.into_raw_vec_and_offset();
            if offset.unwrap_or(0) == 0 && data.len() == layout::count(&shape) {
                return Self::from_vec(data, &shape);
            }
            let start = offset.unwrap_or(0);
            return Self::from_slice(&data[start..start + layout::count(&shape)], &shape);
        }
        Self::from_vec(array.iter().copied().collect(), &shape)
    }

    /// The extent of every axis.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The number of axes.
    pub fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        layout::count(&self.shape)
    }

    /// Whether there is no element at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many elements apart two neighbours along each axis lie.
    pub fn strides(&self) -> &[usize] {
        &self.strides
    }

    /// Whether the elements lie in row-major order without gaps.
    pub fn is_contiguous(&self) -> bool {
        layout::is_row_major(&self.shape, &self.strides)
    }

    /// The elements in row-major order, if they lie so in memory.
    pub fn as_slice(&self) -> Option<&[Elem]> {
        self.is_contiguous().then(|| &self.storage.flat()[self.offset..self.offset + self.len()])
    }

    /// The memory from the first element on, to be read through [`Array::strides`].
    pub fn from_first(&self) -> &[Elem] {
        &self.storage.flat()[self.offset..]
    }

    /// The same elements in row-major order; a cheap clone if they are so already.
    pub fn contiguous(&self) -> Self {
        if self.is_contiguous() {
            return self.clone();
        }
        Self::build(&self.shape, |out| self.copy_to(out))
    }

    fn copy_to(&self, out: &mut [Elem]) {
        if let Some(slice) = self.as_slice() {
            return out.copy_from_slice(slice);
        }
        let row_len = self.shape.last().copied().unwrap_or(1);
        let stride = self.strides.last().copied().unwrap_or(1);
        let from = self.from_first();
        if row_len == 0 {
            return;
        }
        let mut rows = out.chunks_exact_mut(row_len);
        layout::for_each_row(&self.shape, &self.strides, |start| {
            let row = rows.next().expect("as many rows as the shape has");
            match stride {
                1 => row.copy_from_slice(&from[start..start + row_len]),
                0 => row.fill(from[start]),
                _ => row.iter_mut().zip(from[start..].iter().step_by(stride)).for_each(|(y, &x)| *y = x),
            }
        });
    }

    /// The elements in row-major order, whatever the layout.
    pub fn to_vec(&self) -> Vec<Elem> {
        let mut out = vec![0.0; self.len()];
        self.copy_to(&mut out);
        out
    }

    /// The array as `ndarray` sees it.
    pub fn view(&self) -> ArrayViewD<'_, Elem> {
        let shape = IxDyn(&self.shape).strides(IxDyn(&self.strides));
        // An empty array may point one past the end; any slice serves it.
        let memory = if self.is_empty() { &[][..] } else { self.from_first() };
        if self.is_empty() {
            return ArrayViewD::from_shape(IxDyn(&self.shape), memory).expect("an empty view fits any memory");
        }
        ArrayViewD::from_shape(shape, memory).expect("the layout stays inside its storage")
    }

    /// A copy as an `ndarray` array.
    pub fn to_ndarray(&self) -> ArrayD<Elem> {
        self.view().to_owned()
    }

    /// The elements in row-major order, for writing. Copies them first if anybody else holds them or the layout is not
    /// row-major.
    pub fn make_mut(&mut self) -> &mut [Elem] {
        let len = self.len();
        // A view onto part of a larger storage must not make ndarray copy the whole of it.
        if !self.is_contiguous() || self.storage.flat().len() != len {
            let mut buffer = pool::take(len);
            self.copy_to(&mut buffer);
            *self = Self::from_buffer(buffer, &self.shape.clone());
        }
        self.storage.flat_mut()
    }

    /// The single element.
    ///
    /// # Panics
    /// If there is not exactly one.
    #[track_caller]
    pub fn item(&self) -> Elem {
        assert!(self.len() == 1, "item: shape {:?} does not fit: need exactly one element", self.shape());
        self.from_first()[0]
    }

    /// The same elements under another shape: a view where the layout allows it, else a copy.
    ///
    /// # Panics
    /// If the number of elements differs.
    #[track_caller]
    pub fn reshape(&self, shape: &[usize]) -> Self {
        if layout::count(shape) != self.len() {
            fit::<()>(Err(TensorError::shape("reshape", &[self.shape()], format!("as many elements as {shape:?}"))));
        }
        match layout::reshape_strides(&self.shape, &self.strides, shape) {
            Some(strides) => self.with_layout(self.offset, shape.into(), strides),
            None => self.contiguous().reshape(shape),
        }
    }

    /// A view with the axes in the given order; `order` is a permutation of `0..rank`.
    pub(crate) fn permute(&self, order: &[usize]) -> Self {
        let pick = |from: &Dims| order.iter().map(|&axis| from[axis]).collect();
        self.with_layout(self.offset, pick(&self.shape), pick(&self.strides))
    }

    /// A view with two axes exchanged; negative axes count from the end.
    ///
    /// # Panics
    /// If the array has no such axes.
    #[track_caller]
    pub fn transpose(&self, a: isize, b: isize) -> Self {
        let a = fit(layout::axis("transpose", &self.shape, a));
        let b = fit(layout::axis("transpose", &self.shape, b));
        let mut view = self.clone();
        view.shape.swap(a, b);
        view.strides.swap(a, b);
        view
    }

    /// A view of `len` elements along `axis`, every `step`-th from `start`; they must exist.
    pub(crate) fn slice_axis(&self, axis: usize, start: usize, len: usize, step: usize) -> Self {
        let (mut shape, mut strides) = (self.shape.clone(), self.strides.clone());
        shape[axis] = len;
        strides[axis] *= step;
        // An array without elements may have no memory to point into.
        let offset = if shape.contains(&0) { self.offset } else { self.offset + start * self.strides[axis] };
        self.with_layout(offset, shape, strides)
    }

    /// A view that repeats axes of extent 1 (and leading axes) up to `shape`; `None` if the shapes do not broadcast.
    pub fn broadcast_to(&self, shape: &[usize]) -> Option<Self> {
        let strides = layout::broadcast_strides(&self.shape, &self.strides, shape)?;
        Some(self.with_layout(self.offset, shape.into(), strides))
    }

    /// The sum over every axis that broadcasting `shape` to this array's shape would repeat: what a gradient does on its
    /// way back through a broadcast.
    pub(crate) fn sum_to(&self, shape: &[usize]) -> Self {
        if self.shape() == shape {
            return self.clone();
        }
        let columns = layout::count(shape);
        let suffix = shape.iter().skip_while(|&&extent| extent == 1).count();
        if self.shape.ends_with(&shape[shape.len() - suffix..]) {
            let x = self.contiguous();
            let x = x.as_slice().expect("made contiguous above");
            return Self::build(shape, |out| match columns {
                1 => out[0] = jumok_kernels::reduce::sum(x),
                0 => {}
                _ => jumok_kernels::reduce::sum_columns(x, columns, out),
            });
        }
        let mut sum = self.to_ndarray();
        while sum.ndim() > shape.len() {
            sum = sum.sum_axis(ndarray::Axis(0));
        }
        for (axis, &extent) in shape.iter().enumerate() {
            if extent == 1 && sum.shape()[axis] != 1 {
                sum = sum.sum_axis(ndarray::Axis(axis)).insert_axis(ndarray::Axis(axis));
            }
        }
        Self::from_ndarray(sum)
    }

    /// self += other, in place when nothing else holds the elements.
    ///
    /// # Panics
    /// If the shapes differ.
    #[track_caller]
    pub fn add_assign(&mut self, other: &Array) {
        assert!(
            self.shape == other.shape,
            "add_assign: shapes {:?} and {:?} do not fit: need equal shapes",
            self.shape(),
            other.shape()
        );
        let other = other.contiguous();
        jumok_kernels::elementwise::add_assign(self.make_mut(), other.as_slice().expect("made contiguous above"));
    }

    /// Every element x becomes f(x), in a new array.
    pub fn map(&self, f: impl Fn(Elem) -> Elem) -> Self {
        match self.as_slice() {
            Some(x) => Self::build(&self.shape, |y| y.iter_mut().zip(x).for_each(|(y, &x)| *y = f(x))),
            None => self.contiguous().map(f),
        }
    }

    fn with_layout(&self, offset: usize, shape: Dims, strides: Dims) -> Self {
        Self { storage: self.storage.clone(), offset, shape, strides }
    }
}

impl PartialEq for Array {
    /// Equal shapes and equal elements.
    fn eq(&self, other: &Self) -> bool {
        self.shape == other.shape && self.view() == other.view()
    }
}

impl From<ArrayD<Elem>> for Array {
    fn from(array: ArrayD<Elem>) -> Self {
        Self::from_ndarray(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(shape: &[usize]) -> Array {
        Array::from_vec((0..layout::count(shape)).map(|x| x as Elem).collect(), shape)
    }

    #[test]
    fn views_share_and_writing_copies() {
        let a = counting(&[2, 3]);
        let mut t = a.transpose(0, 1);
        assert_eq!(t.shape(), [3, 2]);
        assert_eq!(t.from_first().as_ptr(), a.from_first().as_ptr());
        assert_eq!(t.to_vec(), [0.0, 3.0, 1.0, 4.0, 2.0, 5.0]);
        t.make_mut()[0] = 9.0;
        assert_eq!(a.to_vec()[0], 0.0);
        assert_eq!(t.to_vec()[0], 9.0);
        let mut row = a.slice_axis(0, 1, 1, 1);
        row.make_mut()[0] = -1.0;
        assert_eq!(row.to_vec(), [-1.0, 4.0, 5.0]);
        assert_eq!(a.to_vec()[3], 3.0);
    }

    #[test]
    fn writing_in_place_when_nothing_else_holds_it() {
        let mut a = counting(&[4096]);
        let address = a.from_first().as_ptr();
        a.make_mut()[3] = 1.0;
        assert_eq!(a.from_first().as_ptr(), address);
    }

    #[test]
    fn expanding_repeats_without_a_copy() {
        let a = counting(&[3, 1]);
        let b = a.broadcast_to(&[2, 3, 4]).unwrap();
        assert_eq!(b.strides(), [0, 1, 0]);
        assert_eq!(b.view()[[1, 2, 3]], 2.0);
        assert_eq!(b.sum_to(&[3, 1]).to_vec(), [0.0, 8.0, 16.0]);
        assert!(a.broadcast_to(&[3]).is_none());
    }

    #[test]
    fn sum_to_undoes_each_kind_of_broadcast() {
        let a = counting(&[2, 3, 4]);
        assert_eq!(a.sum_to(&[4]).to_vec(), [60.0, 66.0, 72.0, 78.0]);
        assert_eq!(a.sum_to(&[]).item(), 276.0);
        assert_eq!(a.sum_to(&[1, 3, 1]).to_vec(), [60.0, 92.0, 124.0]);
        assert_eq!(a.sum_to(&[3, 1]).to_vec(), [60.0, 92.0, 124.0]);
        assert_eq!(counting(&[0, 3]).sum_to(&[3]).to_vec(), [0.0; 3]);
        assert_eq!(counting(&[0, 3]).sum_to(&[]).to_vec(), [0.0]);
    }

    #[test]
    fn reshape_is_a_view_where_it_can_be() {
        let a = counting(&[2, 3, 4]).transpose(0, 1);
        let same_memory = a.reshape(&[3, 2, 2, 2]);
        assert_eq!(same_memory.from_first().as_ptr(), a.from_first().as_ptr());
        assert_eq!(same_memory.to_vec(), a.to_vec());
        assert_eq!(a.reshape(&[6, 4]).to_vec(), a.to_vec());
    }

    #[test]
    fn ndarray_goes_in_and_out() {
        let a = counting(&[2, 3]).transpose(0, 1);
        assert_eq!(Array::from_ndarray(a.to_ndarray()), a);
        assert_eq!(
            Array::from_ndarray(a.to_ndarray().reversed_axes()).to_vec(),
            (0..6).map(|x| x as Elem).collect::<Vec<_>>()
        );
        assert_eq!(counting(&[0, 3]).view().shape(), [0, 3]);
    }

    #[test]
    #[should_panic(expected = "from_vec: shape [2, 3] does not fit: need 5 elements")]
    fn wrong_number_of_elements() {
        counting(&[5]).reshape(&[5]);
        Array::from_vec(vec![0.0; 5], &[2, 3]);
    }
}
