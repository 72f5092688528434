//! The cosine of the angle between two vectors.
//!
//! y = a·b / (α·β) with α = max(‖a‖, ε) and β = max(‖b‖, ε); ε keeps the zero vector from dividing by 0.
//!
//! Gradient. Where ‖a‖ > ε, ∂α/∂a = a/α, so ∂y/∂a = b/(αβ) − (a·b)/(α²β)·a/α, which is
//! **da = g·(b/β − y·a/α)/α**: what of b's direction is not already in a. Where ‖a‖ ≤ ε, α is constant and only the
//! first term remains. db is the same with a and b exchanged.

use super::rows::Rows;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Elem, Tensor, TensorError};
use jumok_kernels::reduce::{dot, sum_of_squares};

/// The formulas on plain `ndarray`, along one axis that is kept with extent 1, for vectors longer than ε.
pub mod reference {
    use crate::Elem;
    use crate::ops::norm::reference::norm;
    use crate::ops::sum::reference::sum;
    use ndarray::ArrayD;

    /// y = a·b/(‖a‖‖b‖)
    pub fn cosine_similarity(a: &ArrayD<Elem>, b: &ArrayD<Elem>, axis: usize) -> ArrayD<Elem> {
        sum(&(a * b), axis) / norm(a, axis) / norm(b, axis)
    }
    /// da = g·(b/‖b‖ − y·a/‖a‖)/‖a‖; db with a and b exchanged
    pub fn cosine_similarity_backward(
        a: &ArrayD<Elem>,
        b: &ArrayD<Elem>,
        axis: usize,
        g: &ArrayD<Elem>,
    ) -> ArrayD<Elem> {
        let y = cosine_similarity(a, b, axis);
        (b / &norm(b, axis) - a / &norm(a, axis) * y) / norm(a, axis) * g
    }
}

/// da = g·(b/β − y·a/α)/α, without the second term where ‖a‖ ≤ ε; db with a and b exchanged
#[derive(Debug)]
struct CosineSimilarityBackward {
    /// Both operands after broadcasting, row after row.
    a: Array,
    b: Array,
    rows: Rows,
    eps: Elem,
    /// The operands' own shapes, if they need a gradient.
    wanted: [Option<Dims>; 2],
}
impl CosineSimilarityBackward {
    /// da, given that a and b may have changed places.
    fn of_first(&self, a: &Array, b: &Array, g: &[Elem]) -> Array {
        let [a_rows, b_rows] = [a, b].map(|x| x.as_slice().expect("kept contiguous"));
        let row_len = self.rows.row_len().max(1);
        let da = Array::build(a.shape(), |da| {
            let rows = a_rows.chunks_exact(row_len).zip(b_rows.chunks_exact(row_len));
            for ((da, (a, b)), &g) in da.chunks_exact_mut(row_len).zip(rows).zip(g) {
                let (length, alpha, beta) = (norm(a), norm(a).max(self.eps), norm(b).max(self.eps));
                let y = dot(a, b) / alpha / beta;
                let pull = if length > self.eps { y / alpha } else { 0.0 };
                da.iter_mut().zip(a).zip(b).for_each(|((da, &a), &b)| *da = g * (b / beta - pull * a) / alpha);
            }
        });
        self.rows.put_back(da, self.rows.row_len())
    }
}
impl Backward for CosineSimilarityBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let g = grad.contiguous();
        let g = g.as_slice().expect("made contiguous");
        let [of_a, of_b] = &self.wanted;
        grads![
            of_a.as_ref().map(|shape| self.of_first(&self.a, &self.b, g).sum_to(shape)),
            of_b.as_ref().map(|shape| self.of_first(&self.b, &self.a, g).sum_to(shape)),
        ]
    }
}

fn norm(row: &[Elem]) -> Elem {
    sum_of_squares(row).sqrt() as Elem
}

impl Tensor {
    /// The cosine a·b/(max(‖a‖, ε)·max(‖b‖, ε)) in [−1, 1] between the vectors along `axis` of `self` and `other`.
    ///
    /// Shapes broadcast as in NumPy; `axis` counts in the shape that results and is left out of the result: `[B, D]`
    /// and `[B, D]` along axis −1 give `[B]`. A zero vector has cosine 0 to everything.
    ///
    /// # Panics
    /// If the shapes do not broadcast or there is no such axis.
    #[track_caller]
    pub fn cosine_similarity(&self, other: &Tensor, axis: isize, eps: f64) -> Tensor {
        fit(self.try_cosine_similarity(other, axis, eps))
    }

    /// As [`Tensor::cosine_similarity`], with an error instead of the panic.
    pub fn try_cosine_similarity(&self, other: &Tensor, axis: isize, eps: f64) -> Result<Tensor, TensorError> {
        const OP: &str = "cosine_similarity";
        let shape = layout::broadcast(OP, self.shape(), other.shape())?;
        let rows = Rows::along(OP, &shape, &[axis])?;
        let whole = |x: &Tensor| rows.bring(&x.array().broadcast_to(&shape).expect("broadcast shape"));
        let (a, b, eps) = (whole(self), whole(other), eps as Elem);
        let row_len = rows.row_len();
        let [a_rows, b_rows] = [&a, &b].map(|x| x.as_slice().expect("brought in order"));
        let y = Array::build(&rows.reduced_shape(false), |y| {
            for (n, y) in y.iter_mut().enumerate() {
                let (a, b) = (&a_rows[n * row_len..][..row_len], &b_rows[n * row_len..][..row_len]);
                *y = dot(a, b) / norm(a).max(eps) / norm(b).max(eps);
            }
        });
        let wanted = [self, other].map(|x| x.needs_grad().then(|| x.shape().into()));
        Ok(Tensor::from_operation(y, &[self, other], || CosineSimilarityBackward { a, b, rows, eps, wanted }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{GradCheck, gradcheck};

    #[test]
    fn agrees_with_the_reference_along_every_axis() {
        for axis in 0..3 {
            let leaves =
                [between(-2.0, 3.0, &[2, 3, 4]), between(-1.0, 4.0, &[4, 3, 2]).transpose(0, 2)].map(Tensor::parameter);
            let [a, b] = leaves.each_ref().map(|x| x.array().to_ndarray());
            let y = leaves[0].cosine_similarity(&leaves[1], axis as isize, 1e-8);
            let expected = reference::cosine_similarity(&a, &b, axis);
            let g = between(-1.0, 1.0, y.shape());
            let kept: Vec<usize> = expected.shape().to_vec();
            assert_close(&y.array().reshape(&kept), &expected);
            let grads = y.backward_from(g.clone());
            let g = g.reshape(&kept).to_ndarray();
            assert_close(grads.get(&leaves[0]).unwrap(), &reference::cosine_similarity_backward(&a, &b, axis, &g));
            assert_close(grads.get(&leaves[1]).unwrap(), &reference::cosine_similarity_backward(&b, &a, axis, &g));
        }
    }

    #[test]
    fn is_its_derivative_with_broadcasting_and_below_eps() {
        let check = GradCheck::default();
        let (a, b) = (between(-2.0, 3.0, &[3, 1, 4]), between(-1.0, 4.0, &[2, 4]));
        gradcheck(|i| i[0].cosine_similarity(&i[1], -1, 1e-8), &[a.clone(), b.clone()], &check).unwrap();
        gradcheck(
            |i| i[0].cosine_similarity(&i[1], 1, 1e-8),
            &[a.transpose(0, 2), between(-1.0, 4.0, &[3, 2, 4]).transpose(0, 2)],
            &check,
        )
        .unwrap();
        gradcheck(|i| i[0].cosine_similarity(&i[1], -1, 100.0), &[a, b], &check).unwrap();
    }

    #[test]
    fn by_hand_and_zero_vectors() {
        let a = Tensor::parameter(Array::from_vec(vec![3.0, 4.0, 0.0, 0.0], &[2, 2]));
        let b = Tensor::from_vec(vec![4.0, 3.0], &[2]);
        let y = a.cosine_similarity(&b, -1, 1e-8);
        assert_eq!(y.shape(), [2]);
        assert!((y.to_vec()[0] - 0.96).abs() < 1e-6 && y.to_vec()[1] == 0.0);
        assert!(y.sum_all().backward().get(&a).unwrap().to_vec().iter().all(|x| x.is_finite()));
        assert_eq!(Tensor::zeros(&[0, 3]).cosine_similarity(&Tensor::zeros(&[3]), 1, 1e-8).shape(), [0]);
        assert_eq!(Tensor::zeros(&[2, 0]).cosine_similarity(&Tensor::zeros(&[0]), 1, 1e-8).to_vec(), [0.0; 2]);
    }

    #[test]
    #[should_panic(expected = "cosine_similarity: shapes [2, 3] and [2] do not fit")]
    fn shapes_must_broadcast() {
        Tensor::zeros(&[2, 3]).cosine_similarity(&Tensor::zeros(&[2]), 0, 1e-8);
    }
}
