//! tril and triu: the lower and the upper triangle of a matrix, zeros elsewhere.
//!
//! tril: y_ij = x_ij where j ≤ i + k, else 0; triu: y_ij = x_ij where j ≥ i + k, else 0; for every matrix of a batch.
//!
//! Gradient. ∂y_ij/∂x_ij is 1 inside the triangle and 0 outside: **dx is the same triangle of g**.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::{Array, Elem, Tensor, TensorError};

/// The formulas on plain `ndarray`.
pub mod reference {
    use crate::Elem;
    use ndarray::Array2;

    /// y_ij = x_ij where j ≤ i + k, else 0; its own backward.
    pub fn tril(x: &Array2<Elem>, k: isize) -> Array2<Elem> {
        Array2::from_shape_fn(x.raw_dim(), |(i, j)| if j as isize <= i as isize + k { x[[i, j]] } else { 0.0 })
    }

    /// y_ij = x_ij where j ≥ i + k, else 0; its own backward.
    pub fn triu(x: &Array2<Elem>, k: isize) -> Array2<Elem> {
        Array2::from_shape_fn(x.raw_dim(), |(i, j)| if j as isize >= i as isize + k { x[[i, j]] } else { 0.0 })
    }
}

/// Which elements of a matrix stay.
#[derive(Debug, Clone, Copy)]
enum Triangle {
    /// j ≤ i + k
    Lower(isize),
    /// j ≥ i + k
    Upper(isize),
}

impl Triangle {
    fn of(self, x: &Array) -> Array {
        let (rows, columns) = (x.shape()[x.rank() - 2], x.shape()[x.rank() - 1]);
        let x = x.contiguous();
        let x_slice = x.as_slice().expect("made contiguous");
        // The first column that is past the diagonal j = i + k, clipped to the row.
        let column = |i: usize, k: isize| (i as isize).saturating_add(k).clamp(0, columns as isize) as usize;
        Array::build(x.shape(), |y| {
            if y.is_empty() {
                return;
            }
            for (n, (y, x)) in y.chunks_exact_mut(columns).zip(x_slice.chunks_exact(columns)).enumerate() {
                let stay = match self {
                    Self::Lower(k) => 0..column(n % rows, k.saturating_add(1)),
                    Self::Upper(k) => column(n % rows, k)..columns,
                };
                y.fill(0.0 as Elem);
                y[stay.clone()].copy_from_slice(&x[stay]);
            }
        })
    }
}

/// dx is the same triangle of g.
#[derive(Debug)]
struct TriangleBackward {
    triangle: Triangle,
}
impl Backward for TriangleBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        grads![self.triangle.of(&grad)]
    }
}

impl Tensor {
    fn triangle(&self, op: &'static str, triangle: Triangle) -> Result<Tensor, TensorError> {
        if self.rank() < 2 {
            return Err(TensorError::shape(op, &[self.shape()], "a matrix or a batch of them [.., rows, columns]"));
        }
        Ok(Tensor::from_operation(triangle.of(self.array()), &[self], || TriangleBackward { triangle }))
    }

    /// The lower triangle: y_ij = x_ij where j ≤ i + k, else 0; x `[.., rows, columns]`. With k = 0 the diagonal is the last
    /// to stay: what position i may see under a causal mask.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[track_caller]
    pub fn tril(&self, k: isize) -> Tensor {
        fit(self.try_tril(k))
    }

    /// As [`Tensor::tril`], with an error instead of the panic.
    pub fn try_tril(&self, k: isize) -> Result<Tensor, TensorError> {
        self.triangle("tril", Triangle::Lower(k))
    }

    /// The upper triangle: y_ij = x_ij where j ≥ i + k, else 0; x `[.., rows, columns]`.
    ///
    /// # Panics
    /// If there are fewer than two axes.
    #[track_caller]
    pub fn triu(&self, k: isize) -> Tensor {
        fit(self.try_triu(k))
    }

    /// As [`Tensor::triu`], with an error instead of the panic.
    pub fn try_triu(&self, k: isize) -> Result<Tensor, TensorError> {
        self.triangle("triu", Triangle::Upper(k))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::between;
    use crate::{GradCheck, gradcheck};
    use ndarray::{Array2, Ix2};

    #[test]
    fn both_agree_with_the_reference_for_every_diagonal() {
        type Op = (fn(&Tensor, isize) -> Tensor, fn(&Array2<Elem>, isize) -> Array2<Elem>);
        let table: [Op; 2] = [(Tensor::tril, reference::tril), (Tensor::triu, reference::triu)];
        for (op, reference) in table {
            for shape in [[3, 5], [5, 3], [4, 4], [1, 1], [0, 3]] {
                for k in [-9, -2, -1, 0, 1, 2, 9, isize::MAX, isize::MIN] {
                    let two = |a: &Array| a.to_ndarray().into_dimensionality::<Ix2>().unwrap();
                    let x = Tensor::parameter(between(0.5, 1.0, &shape));
                    let near = k.clamp(-20, 20);
                    let y = op(&x, k);
                    assert_eq!(y.array(), &Array::from_ndarray(reference(&two(x.array()), near).into_dyn()));
                    let g = between(-2.0, 2.0, &shape);
                    let expected = Array::from_ndarray(reference(&two(&g), near).into_dyn());
                    assert_eq!(y.backward_from(g).get(&x).unwrap(), &expected);
                }
            }
        }
    }

    #[test]
    fn every_matrix_of_a_batch_has_its_triangle() {
        let x = Tensor::from_array(between(0.5, 1.0, &[2, 3, 3]));
        for b in 0..2 {
            assert_eq!(x.tril(0).select(0, b).array(), x.select(0, b).tril(0).array());
            assert_eq!(x.triu(1).select(0, b).array(), x.select(0, b).triu(1).array());
        }
        let whole = &x.tril(0) + &x.triu(1);
        assert_eq!(whole.array(), x.array());
    }

    #[test]
    fn both_are_their_derivatives() {
        let check = GradCheck::default();
        for k in [-1, 0, 1] {
            gradcheck(|i| i[0].tril(k), &[between(-1.0, 1.0, &[2, 3, 4])], &check).unwrap();
            gradcheck(|i| i[0].transpose(0, 1).triu(k), &[between(-1.0, 1.0, &[3, 4])], &check).unwrap();
        }
    }

    #[test]
    #[should_panic(expected = "tril: shape [3] does not fit: need a matrix or a batch of them")]
    fn a_vector_has_no_triangle() {
        Tensor::zeros(&[3]).tril(0);
    }
}
