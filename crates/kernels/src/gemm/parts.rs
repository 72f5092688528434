//! A result cut into rectangles that different threads may write.
//!
//! Rows of a rectangle that does not span all columns lie between those of its neighbours, so no two slices could hold them.
#![allow(unsafe_code)] // parts of one slice that lie between each other

use super::{Matrix, Target, bf16_available, check_factors, product};
use crate::Elem;
use std::marker::PhantomData;
use std::ops::Range;

/// In what the factors of a product are multiplied; sums are in `f32` either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// The factors as they are.
    #[default]
    F32,
    /// The factors rounded to 8 significant bits; see [`gemm_bf16`](crate::gemm_bf16).
    Bf16,
}

impl Precision {
    /// Whether this processor, at the kernel level in use, multiplies in this precision.
    pub fn is_available(self) -> bool {
        self == Precision::F32 || bf16_available()
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Precision::F32 => "f32",
            Precision::Bf16 => "bf16",
        })
    }
}

/// Some rows and columns of a matrix `[rows, columns]` in row-major order, to be written by one thread.
#[derive(Debug)]
pub struct MatrixPart<'a> {
    /// The first element of the part.
    data: *mut Elem,
    /// Columns of the whole matrix.
    row_step: usize,
    rows: Range<usize>,
    columns: Range<usize>,
    matrix: PhantomData<&'a mut [Elem]>,
}

// SAFETY: a part is the only one that reaches its elements, as a mutable slice of them would be.
unsafe impl Send for MatrixPart<'_> {}

/// Cuts `c`, a row-major matrix of `columns` columns, into parts of `part_rows` rows and `part_columns` columns (fewer at the
/// ends).
///
/// # Panics
/// If a size is 0, or `c` is not whole rows.
#[track_caller]
pub fn parts(c: &mut [Elem], columns: usize, [part_rows, part_columns]: [usize; 2]) -> Vec<MatrixPart<'_>> {
    assert!(part_rows > 0 && part_columns > 0, "parts: a part needs at least one row and one column");
    assert!(
        columns > 0 && c.len().is_multiple_of(columns),
        "parts: {} numbers are no rows of {columns} columns",
        c.len()
    );
    let rows = c.len() / columns;
    let data = c.as_mut_ptr();
    let mut parts = Vec::with_capacity(rows.div_ceil(part_rows) * columns.div_ceil(part_columns));
    for i in (0..rows).step_by(part_rows) {
        for j in (0..columns).step_by(part_columns) {
            parts.push(MatrixPart {
                // SAFETY: row i and column j lie inside the slice; the rectangles do not overlap.
                data: unsafe { data.add(i * columns + j) },
                row_step: columns,
                rows: i..rows.min(i + part_rows),
                columns: j..columns.min(j + part_columns),
                matrix: PhantomData,
            });
        }
    }
    parts
}

impl MatrixPart<'_> {
    /// The rows of the whole matrix that this part has.
    pub fn rows(&self) -> Range<usize> {
        self.rows.clone()
    }

    /// The columns of the whole matrix that this part has.
    pub fn columns(&self) -> Range<usize> {
        self.columns.clone()
    }

    /// C ← A·B + β·C + bias in this part, where A `[m, k]`, B `[k, n]` and bias `[n]` are those of the whole matrix `[m, n]`.
    ///
    /// The bits of an element are the same however the matrix is cut. With β = 0 C is only written.
    ///
    /// # Panics
    /// If A, B or bias end before the rows or columns of this part do, or for bf16 where it is not
    /// [available](bf16_available).
    #[track_caller]
    pub fn product(
        &mut self,
        precision: Precision,
        k: usize,
        a: &[Elem],
        a_strides: [usize; 2],
        b: &[Elem],
        b_strides: [usize; 2],
        beta: Elem,
        bias: Option<&[Elem]>,
    ) {
        assert!(
            precision.is_available(),
            "product: this processor, or the kernel level {}, has no {precision}",
            crate::level::current()
        );
        let (m, n) = (self.rows.len(), self.columns.len());
        let from = |data: &[Elem], start: usize| start.min(data.len());
        let a = Matrix { data: &a[from(a, self.rows.start * a_strides[0])..], strides: a_strides };
        let b = Matrix { data: &b[from(b, self.columns.start * b_strides[1])..], strides: b_strides };
        check_factors([m, k, n], a, b);
        let bias = bias.map(|bias| &bias[self.columns.clone()]);
        let c = Target { data: self.data, strides: [self.row_step, 1], alpha: 1.0, beta, bias };
        // SAFETY: the factors were checked; the elements of the part are reached by nobody else, and its rows do not overlap.
        unsafe { product(precision, [m, k, n], a, b, c) };
    }
}
