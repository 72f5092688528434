//! The scores of additive attention as one operation (Bahdanau et al. 2015, arXiv 1409.0473, section A.1.2; lecture, slide S07).
//!
//! e_ij = Σ_a v_a·tanh(q_ia + k_ja) with projected queries q `[B, Tq, A]`, projected keys k `[B, Tk, A]`, v `[A]` and scores e
//! `[B, Tq, Tk]`. Composed of single operations it holds `[B, Tq, Tk, A]` numbers, twice; here none of them is ever in memory.
//!
//! Gradient. With t_ija = tanh(q_ia + k_ja) and upstream g_ij: ∂e_ij/∂v_a = t_ija, and the sum inside has the derivative
//! v_a(1 − t²), which belongs to q_ia and k_ja alike. Hence, with d_ija = g_ij·v_a·(1 − t_ija²),
//! **dq_ia = Σ_j d_ija, dk_ja = Σ_i d_ija, dv_a = Σ_ij g_ij·t_ija**. t is computed again from q and k.

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::parallel::for_each_block;
use crate::{Array, Tensor, TensorError};
use jumok_kernels::recurrent as kernel;

/// The formulas on plain `ndarray`, for one sequence.
pub mod reference {
    use crate::Elem;
    use ndarray::{Array1, Array2};

    /// e_ij = Σ_a v_a·tanh(q_ia + k_ja)
    pub fn additive_scores(q: &Array2<Elem>, k: &Array2<Elem>, v: &Array1<Elem>) -> Array2<Elem> {
        Array2::from_shape_fn((q.nrows(), k.nrows()), |(i, j)| (&q.row(i) + &k.row(j)).mapv(Elem::tanh).dot(v))
    }

    /// dq_i = Σ_j d_ij, dk_j = Σ_i d_ij, dv = Σ_ij g_ij·t_ij with d_ij = g_ij·v·(1 − t_ij²)
    pub fn additive_scores_backward(
        q: &Array2<Elem>,
        k: &Array2<Elem>,
        v: &Array1<Elem>,
        g: &Array2<Elem>,
    ) -> (Array2<Elem>, Array2<Elem>, Array1<Elem>) {
        let (mut dq, mut dk, mut dv) = (Array2::zeros(q.dim()), Array2::zeros(k.dim()), Array1::zeros(v.dim()));
        for ((i, j), &g) in g.indexed_iter() {
            let t = (&q.row(i) + &k.row(j)).mapv(Elem::tanh);
            let d = (1.0 - &t * &t) * v * g;
            dq.row_mut(i).scaled_add(1.0, &d);
            dk.row_mut(j).scaled_add(1.0, &d);
            dv.scaled_add(g, &t);
        }
        (dq, dk, dv)
    }
}

/// How many multiply-adds one tanh costs, for judging whether threads pay.
const WORK: usize = 16;

/// dq_ia = Σ_j d_ija, dk_ja = Σ_i d_ija, dv_a = Σ_ij g_ij·t_ija
struct AdditiveScoresBackward {
    q: Array,
    k: Array,
    v: Array,
}

impl std::fmt::Debug for AdditiveScoresBackward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AdditiveScoresBackward {{ q: {:?}, k: {:?} }}", self.q.shape(), self.k.shape())
    }
}

impl Backward for AdditiveScoresBackward {
    fn backward(&self, grad: Array) -> ParentGrads {
        self.backward_onto(grad, smallvec::smallvec![None, None, None])
    }

    /// The kernel adds, so keys that a decoder asks at every step gather their gradients in one array.
    fn backward_onto(&self, grad: Array, mut sums: ParentGrads) -> ParentGrads {
        let mut sum_or_zeros = |n: usize, like: &Array| sums[n].take().unwrap_or_else(|| Array::zeros(like.shape()));
        let [mut dq, mut dk, mut dv] = [sum_or_zeros(0, &self.q), sum_or_zeros(1, &self.k), sum_or_zeros(2, &self.v)];
        let (query_len, key_len, score_len) = sizes_of_one(&self.q, &self.k);
        let g = grad.contiguous();
        let [q, k, v, g] = [&self.q, &self.k, &self.v, &g].map(|x| x.as_slice().expect("made contiguous"));
        if score_len > 0 && !v.is_empty() {
            let (dq, dk, dv) = (dq.make_mut(), dk.make_mut(), dv.make_mut());
            for (b, g) in g.chunks_exact(score_len).enumerate() {
                let (queries, keys) = (b * query_len..(b + 1) * query_len, b * key_len..(b + 1) * key_len);
                let (dq, dk) = (&mut dq[queries.clone()], &mut dk[keys.clone()]);
                kernel::additive_scores_backward(&q[queries], &k[keys], v, g, dq, dk, dv);
            }
        }
        grads![dq, dk, dv]
    }
}

/// The numbers of one sequence in q, in k and in the scores.
fn sizes_of_one(q: &Array, k: &Array) -> (usize, usize, usize) {
    let ([_, queries, width], [_, keys, _]) = (shape3(q), shape3(k));
    (queries * width, keys * width, queries * keys)
}

fn shape3(x: &Array) -> [usize; 3] {
    x.shape().try_into().expect("checked to be of rank 3")
}

impl Tensor {
    /// e_ij = Σ_a v_a·tanh(q_ia + k_ja): self is q `[B, Tq, A]`, `keys` k `[B, Tk, A]`, `v` `[A]`; scores `[B, Tq, Tk]`.
    ///
    /// Queries and keys come projected: q = W_q·s + b, k = W_k·h.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn additive_scores(&self, keys: &Tensor, v: &Tensor) -> Tensor {
        fit(self.try_additive_scores(keys, v))
    }

    /// As [`Tensor::additive_scores`], with an error instead of the panic.
    pub fn try_additive_scores(&self, keys: &Tensor, v: &Tensor) -> Result<Tensor, TensorError> {
        let (&[batch, queries, width], &[key_batch, key_count, key_width]) = (self.shape(), keys.shape()) else {
            return Err(misfit(self, keys, v));
        };
        if (key_batch, key_width) != (batch, width) || v.shape() != [width] {
            return Err(misfit(self, keys, v));
        }
        let [q, k, v_row] = [self, keys, v].map(|x| x.array().contiguous());
        let (query_len, key_len, score_len) = sizes_of_one(&q, &k);
        let [q_rows, k_rows, v_rows] = [&q, &k, &v_row].map(|x| x.as_slice().expect("made contiguous"));
        let scores = Array::build(&[batch, queries, key_count], |scores| {
            if width == 0 {
                return scores.fill(0.0);
            }
            for_each_block(scores, score_len, batch * score_len * width * WORK, |b, scores| {
                let (q, k) = (&q_rows[b * query_len..][..query_len], &k_rows[b * key_len..][..key_len]);
                kernel::additive_scores(q, k, v_rows, scores);
            });
        });
        Ok(Tensor::from_operation(scores, &[self, keys, v], || AdditiveScoresBackward { q, k, v: v_row }))
    }
}

fn misfit(q: &Tensor, k: &Tensor, v: &Tensor) -> TensorError {
    TensorError::shape("additive_scores", &[q.shape(), k.shape(), v.shape()], "q [B, Tq, A], k [B, Tk, A], v [A]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::testing::{assert_close, between};
    use crate::{GradCheck, gradcheck};
    use ndarray::{Ix1, Ix2};

    /// The same of single operations.
    fn composed(q: &Tensor, k: &Tensor, v: &Tensor) -> Tensor {
        (q.unsqueeze(2) + k.unsqueeze(1)).tanh().mul(v).sum(&[-1], false)
    }

    #[test]
    fn agrees_with_the_reference_and_with_the_composition() {
        for [batch, queries, keys, width] in [[2, 3, 5, 4], [1, 1, 1, 1], [2, 1, 7, 700], [0, 2, 2, 3], [2, 0, 3, 2]] {
            let leaves = [
                between(-1.0, 1.0, &[batch, queries, width]),
                between(-1.5, 1.0, &[batch, keys, width]),
                between(-1.0, 0.8, &[width]),
            ]
            .map(Tensor::parameter);
            let [q, k, v] = &leaves;
            let (fused, twin) = (q.additive_scores(k, v), composed(q, k, v));
            assert_close(fused.array(), &twin.array().to_ndarray());
            let g = between(-1.0, 2.0, fused.shape());
            let (grads, twin_grads) = (fused.backward_from(g.clone()), twin.backward_from(g.clone()));
            for leaf in &leaves {
                assert_close(grads.get(leaf).unwrap(), &twin_grads.get(leaf).unwrap().to_ndarray());
            }
            if batch == 1 {
                let of_one = |x: &Array| x.to_ndarray().remove_axis(ndarray::Axis(0));
                let two = |x: &Array| of_one(x).into_dimensionality::<Ix2>().unwrap();
                let v1 = v.array().to_ndarray().into_dimensionality::<Ix1>().unwrap();
                let (q2, k2) = (two(q.array()), two(k.array()));
                assert_close(fused.select(0, 0).array(), &reference::additive_scores(&q2, &k2, &v1).into_dyn());
                let (dq, dk, dv) = reference::additive_scores_backward(&q2, &k2, &v1, &two(&g));
                assert_close(grads.get(v).unwrap(), &dv.into_dyn());
                assert_eq!(two(grads.get(q).unwrap()).dim(), dq.dim());
                assert_close(grads.get(k).unwrap(), &dk.insert_axis(ndarray::Axis(0)).into_dyn());
            }
        }
    }

    #[test]
    fn is_its_derivative_also_where_keys_are_asked_twice() {
        let inputs = [between(-1.0, 1.0, &[2, 2, 3]), between(-0.8, 1.0, &[2, 4, 3]), between(-0.9, 0.9, &[3])];
        gradcheck(|i| i[0].additive_scores(&i[1], &i[2]), &inputs, &GradCheck::default()).unwrap();
        let twice = |i: &[Tensor]| {
            let first = i[0].additive_scores(&i[1], &i[2]); // [B, 2, 4]
            let query = first.masked_softmax(-1, &keep()).matmul(&i[1]); // [B, 2, 3]
            query.additive_scores(&i[1], &i[2])
        };
        fn keep() -> crate::BoolTensor {
            crate::BoolTensor::from_vec(vec![true, true, true, false], &[1, 1, 4])
        }
        gradcheck(twice, &inputs, &GradCheck::default()).unwrap();
    }

    #[test]
    #[should_panic(expected = "additive_scores: shapes [2, 1, 3], [2, 4, 5] and [3] do not fit: need q [B, Tq, A]")]
    fn widths_must_agree() {
        Tensor::zeros(&[2, 1, 3]).additive_scores(&Tensor::zeros(&[2, 4, 5]), &Tensor::zeros(&[3]));
    }
}
