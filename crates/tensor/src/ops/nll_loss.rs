//! Losses of a whole row of log-probabilities: negative log-likelihood of a class, and cross-entropy with a
//! distribution.
//!
//! For a row ℓ of log-probabilities and the right class t the loss is **−ℓ_t**: its gradient is **dℓ_t = −g**, 0 for
//! the other classes.
//!
//! Cross-entropy with a target distribution q over V classes, smoothed to q′ = (1 − ε)·q + ε/V, is
//! loss = −Σ_c q′_c·ℓ_c with ℓ = log_softmax(z). With ∂ℓ_c/∂z_j = δ_cj − p_j, p = exp ℓ:
//! **dz_j = g·(p_j·Σ_c q′_c − q′_j)**, and **dq_c = −g·(1 − ε)·ℓ_c**.
//!
//! [`Tensor::cross_entropy`] is the two together, for class numbers: log_softmax, then −ℓ_t.

use super::losses::{Reducer, Reduction};
use super::rows::Rows;
use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::{Array, Elem, IntTensor, Tensor, TensorError};
use jumok_kernels::softmax::log_forward;

/// The formulas on plain `ndarray`, one row a call.
pub mod reference {
    use crate::Elem;
    use ndarray::{Array1, ArrayView1};

    /// q′ = (1 − ε)·q + ε/V
    pub fn smoothed(q: ArrayView1<Elem>, smoothing: Elem) -> Array1<Elem> {
        q.mapv(|p| (1.0 - smoothing) * p + smoothing / q.len() as Elem)
    }
    /// −Σ_c q′_c·ℓ_c
    pub fn cross_entropy(log_p: ArrayView1<Elem>, q: &Array1<Elem>) -> Elem {
        -(&log_p * q).sum()
    }
    /// dz = p·Σ q′ − q′
    pub fn cross_entropy_backward(log_p: ArrayView1<Elem>, q: &Array1<Elem>) -> Array1<Elem> {
        log_p.mapv(Elem::exp) * q.sum() - q
    }
}

/// Rows of classes: axis 1 if there are more than two axes, as in PyTorch, else the last.
fn class_rows(op: &'static str, shape: &[usize]) -> Result<(Rows, usize), TensorError> {
    let axis = shape.len().min(2) as isize - 1;
    let rows = Rows::along(op, shape, &[axis.max(0)])?;
    Ok((rows, axis.max(0) as usize))
}

/// dℓ_t = −g, 0 for the other classes
#[derive(Debug)]
struct NllLossBackward {
    shape: Dims,
    /// Where in the log-probabilities each row's class stands; `None` where the row is ignored.
    places: Vec<Option<usize>>,
    target_shape: Dims,
    reducer: Reducer,
}
impl Backward for NllLossBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let g = self.reducer.upstream(&grad, &self.target_shape);
        let g = g.as_slice().expect("contiguous");
        grads![Array::build(&self.shape, |dx| {
            dx.fill(0.0);
            for (place, &g) in self.places.iter().zip(g) {
                if let &Some(place) = place {
                    dx[place] = -g;
                }
            }
        })]
    }
}

/// dz_j = g·(p_j·Σ_c q′_c − q′_j), dq_c = −g·(1 − ε)·ℓ_c
#[derive(Debug)]
struct CrossEntropyWithProbabilitiesBackward {
    /// Log-probabilities and targets, row after row.
    log_p: Array,
    q: Array,
    rows: Rows,
    smoothing: Elem,
    reducer: Reducer,
    wanted: [bool; 2],
}
impl CrossEntropyWithProbabilitiesBackward {
    /// f(g, ℓ, q, out) for every row, put back into the layout of the logits.
    fn per_row(&self, g: &[Elem], f: impl Fn(Elem, &[Elem], &[Elem], &mut [Elem])) -> Array {
        let [log_p, q] = [&self.log_p, &self.q].map(|x| x.as_slice().expect("brought in order"));
        let classes = self.rows.row_len();
        let grad = Array::build(self.log_p.shape(), |out| {
            for (n, out) in out.chunks_exact_mut(classes.max(1)).enumerate() {
                f(g[n], &log_p[n * classes..][..classes], &q[n * classes..][..classes], out);
            }
        });
        self.rows.put_back(grad, classes)
    }
}
impl Backward for CrossEntropyWithProbabilitiesBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let g = self.reducer.upstream(&grad, &self.rows.reduced_shape(false));
        let g = g.as_slice().expect("contiguous");
        let (certain, spread) = (1.0 - self.smoothing, self.smoothing / self.rows.row_len() as Elem);
        let dz = self.wanted[0].then(|| {
            self.per_row(g, |g, log_p, q, dz| {
                let total: Elem = q.iter().map(|q| certain * q + spread).sum();
                for ((dz, &log_p), &q) in dz.iter_mut().zip(log_p).zip(q) {
                    *dz = g * (jumok_kernels::math::exp(log_p) * total - (certain * q + spread));
                }
            })
        });
        let dq = self.wanted[1].then(|| {
            self.per_row(g, |g, log_p, _, dq| dq.iter_mut().zip(log_p).for_each(|(dq, l)| *dq = -g * certain * l))
        });
        grads![dz, dq]
    }
}

impl Tensor {
    /// −ℓ_t for rows of log-probabilities ℓ (`self`, from [`Tensor::log_softmax`]) and class numbers t.
    ///
    /// `[rows, classes]` with targets `[rows]`, `[classes]` with `[]`, or `[B, classes, ..]` with `[B, ..]`. Rows
    /// whose target is `ignore_index` count for nothing; the mean divides by the number of the others (NaN if there
    /// are none, with a gradient of zeros). Mean and sum give shape `[]`, no reduction the shape of the targets.
    ///
    /// # Panics
    /// If shapes do not fit, or a target that is not ignored is no class.
    #[track_caller]
    pub fn nll_loss(&self, targets: &IntTensor, ignore_index: i64, reduction: Reduction) -> Tensor {
        fit(self.try_nll_loss(targets, ignore_index, reduction))
    }

    /// As [`Tensor::nll_loss`], with an error instead of the panic.
    pub fn try_nll_loss(
        &self,
        targets: &IntTensor,
        ignore_index: i64,
        reduction: Reduction,
    ) -> Result<Tensor, TensorError> {
        const OP: &str = "nll_loss";
        let shape = self.shape();
        let (rows, axis) = class_rows(OP, shape)?;
        if rows.reduced_shape(false).as_slice() != targets.shape() {
            let rule = "log-probabilities [rows, classes] and targets [rows], or [B, classes, ..] and [B, ..]";
            return Err(TensorError::shape(OP, &[shape, targets.shape()], rule));
        }
        let (classes, inner) = (shape[axis], layout::count(&shape[axis + 1..]));
        let mut places = Vec::with_capacity(targets.len());
        for (row, &target) in targets.as_slice().iter().enumerate() {
            places.push(match target {
                _ if target == ignore_index => None,
                _ if (0..classes as i64).contains(&target) => {
                    Some((row / inner * classes + target as usize) * inner + row % inner)
                }
                _ => {
                    return Err(TensorError::Index {
                        op: OP,
                        shape: shape.to_vec(),
                        axis,
                        index: target,
                        len: classes,
                    });
                }
            });
        }
        let counted = places.iter().flatten().count();
        let x = self.array().contiguous();
        let x = x.as_slice().expect("made contiguous");
        let losses = places.iter().map(|place| place.map_or(0.0, |place| -x[place])).collect();
        let reducer = Reducer::new(reduction, counted as Elem);
        let loss = reducer.apply(Array::from_vec(losses, targets.shape()));
        Ok(Tensor::from_operation(loss, &[self], || NllLossBackward {
            shape: shape.into(),
            places,
            target_shape: targets.shape().into(),
            reducer,
        }))
    }

    /// −Σ_c q′_c·log softmax(z)_c between logits z (`self`) and target distributions q of the same shape, where
    /// q′ = (1 − ε)·q + ε/V with ε = `label_smoothing`.
    ///
    /// Classes stand on the last of one or two axes, on axis 1 of more: `[rows, classes]` or `[B, classes, ..]`. The
    /// mean divides by the number of rows. Mean and sum give shape `[]`, no reduction that of the logits without
    /// classes. Both sides receive gradients.
    ///
    /// # Panics
    /// If the shapes differ or have no axis.
    #[track_caller]
    pub fn cross_entropy_with_probabilities(
        &self,
        target: &Tensor,
        reduction: Reduction,
        label_smoothing: f64,
    ) -> Tensor {
        fit(self.try_cross_entropy_with_probabilities(target, reduction, label_smoothing))
    }

    /// As [`Tensor::cross_entropy_with_probabilities`], with an error instead of the panic.
    pub fn try_cross_entropy_with_probabilities(
        &self,
        target: &Tensor,
        reduction: Reduction,
        label_smoothing: f64,
    ) -> Result<Tensor, TensorError> {
        const OP: &str = "cross_entropy_with_probabilities";
        if self.shape() != target.shape() {
            return Err(TensorError::shape(OP, &[self.shape(), target.shape()], "logits and targets of equal shapes"));
        }
        let (rows, _) = class_rows(OP, self.shape())?;
        let (z, q) = (rows.bring(self.array()), rows.bring(target.array()));
        let classes = rows.row_len();
        let log_p =
            Array::build(z.shape(), |log_p| log_forward(z.as_slice().expect("brought in order"), log_p, classes));
        let smoothing = label_smoothing as Elem;
        let spread = smoothing / classes as Elem;
        let [all_log_p, all_q] = [&log_p, &q].map(|x| x.as_slice().expect("brought in order"));
        let losses = Array::build(&rows.reduced_shape(false), |losses| {
            for (n, loss) in losses.iter_mut().enumerate() {
                let here = n * classes..(n + 1) * classes;
                let row = all_q[here.clone()].iter().zip(&all_log_p[here]);
                *loss = -row.map(|(q, log_p)| ((1.0 - smoothing) * q + spread) * log_p).sum::<Elem>();
            }
        });
        let reducer = Reducer::new(reduction, losses.len() as Elem);
        let wanted = [self.needs_grad(), target.needs_grad()];
        Ok(Tensor::from_operation(reducer.apply(losses), &[self, target], || CrossEntropyWithProbabilitiesBackward {
            log_p,
            q,
            rows,
            smoothing,
            reducer,
            wanted,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{assert_close, between};
    use super::*;
    use crate::{CrossEntropy, GradCheck, gradcheck};

    const REDUCTIONS: [Reduction; 3] = [Reduction::Mean, Reduction::Sum, Reduction::None];

    fn ids(values: &[i64], shape: &[usize]) -> IntTensor {
        IntTensor::from_vec(values.to_vec(), shape)
    }

    #[test]
    fn after_log_softmax_nll_is_cross_entropy() {
        for (shape, targets) in
            [(&[4, 3][..], ids(&[2, 9, 0, 1], &[4])), (&[2, 3, 2], ids(&[0, 9, 2, 1], &[2, 2])), (&[3], ids(&[1], &[]))]
        {
            for reduction in REDUCTIONS {
                let z = Tensor::parameter(between(-2.0, 3.0, shape));
                let axis = if shape.len() == 1 { 0 } else { 1 };
                let nll = z.log_softmax(axis).nll_loss(&targets, 9, reduction);
                let options = CrossEntropy { ignore_index: 9, reduction, ..Default::default() };
                let both = z.cross_entropy(&targets, &options);
                assert_close(nll.array(), &both.array().to_ndarray());
                let g = between(0.5, 1.0, nll.shape());
                let expected = both.backward_from(g.clone()).get(&z).unwrap().to_ndarray();
                assert_close(nll.backward_from(g).get(&z).unwrap(), &expected);
            }
        }
    }

    #[test]
    fn nll_is_its_derivative() {
        for reduction in REDUCTIONS {
            let x = between(-3.0, -0.1, &[3, 4]);
            for x in [x.clone(), between(-3.0, -0.1, &[4, 3]).transpose(0, 1)] {
                gradcheck(|i| i[0].nll_loss(&ids(&[3, -100, 0], &[3]), -100, reduction), &[x], &GradCheck::default())
                    .unwrap();
            }
            let targets = ids(&[0, 3, 2, 1, 0, 2], &[2, 3]);
            gradcheck(
                |i| i[0].nll_loss(&targets, -100, reduction),
                &[between(-3.0, 0.0, &[2, 4, 3])],
                &GradCheck::default(),
            )
            .unwrap();
        }
    }

    #[test]
    fn nll_of_nothing() {
        let x = Tensor::parameter(between(-3.0, 0.0, &[2, 3]));
        let loss = x.nll_loss(&ids(&[-100, -100], &[2]), -100, Reduction::Mean);
        assert!(loss.item().is_nan());
        assert_eq!(loss.backward().get(&x).unwrap().to_vec(), [0.0; 6]);
        assert_eq!(Tensor::zeros(&[0, 3]).nll_loss(&ids(&[], &[0]), -100, Reduction::Sum).item(), 0.0);
    }

    #[test]
    fn a_distribution_agrees_with_the_reference_row_by_row() {
        for smoothing in [0.0, 0.2] {
            let z = Tensor::parameter(between(-2.0, 2.0, &[5, 3]).transpose(0, 1));
            let q = Tensor::parameter(between(0.0, 0.4, &[3, 5]));
            let loss = z.cross_entropy_with_probabilities(&q, Reduction::None, smoothing);
            let grads = loss.backward_from(Array::ones(&[3]));
            let two = |x: &Array| x.to_ndarray().into_dimensionality::<ndarray::Ix2>().unwrap();
            let (log_p, q, dz) = (two(z.log_softmax(-1).array()), two(q.array()), two(grads.get(&z).unwrap()));
            for row in 0..3 {
                let q = reference::smoothed(q.row(row), smoothing as Elem);
                assert!((loss.to_vec()[row] - reference::cross_entropy(log_p.row(row), &q)).abs() < 1e-5);
                let expected = reference::cross_entropy_backward(log_p.row(row), &q);
                assert_close(&Array::from_ndarray(dz.row(row).to_owned().into_dyn()), &expected.into_dyn());
            }
        }
    }

    #[test]
    fn a_distribution_is_its_derivative_on_both_sides() {
        for reduction in REDUCTIONS {
            for shape in [&[3, 4][..], &[2, 4, 3], &[4], &[3, 1]] {
                let inputs = [between(-2.0, 2.0, shape), between(0.1, 0.9, shape)];
                let f = |i: &[Tensor]| i[0].cross_entropy_with_probabilities(&i[1], reduction, 0.1);
                gradcheck(f, &inputs, &GradCheck::default()).unwrap();
            }
        }
    }

    #[test]
    fn a_certain_distribution_is_a_class() {
        let z = Tensor::parameter(between(-2.0, 2.0, &[2, 3]));
        let certain = Tensor::from_vec(vec![0.0, 0.0, 1.0, 1.0, 0.0, 0.0], &[2, 3]);
        let options = CrossEntropy { label_smoothing: 0.1, ..Default::default() };
        let expected = z.cross_entropy(&ids(&[2, 0], &[2]), &options);
        let loss = z.cross_entropy_with_probabilities(&certain, Reduction::Mean, 0.1);
        assert!((loss.item() - expected.item()).abs() < 1e-6);
        assert_close(loss.backward().get(&z).unwrap(), &expected.backward().get(&z).unwrap().to_ndarray());
        let empty = Tensor::zeros(&[0, 3]);
        assert!(empty.cross_entropy_with_probabilities(&empty, Reduction::Mean, 0.0).item().is_nan());
    }

    #[test]
    #[should_panic(expected = "nll_loss: index 7 is outside 0..3 of axis 1 of shape [2, 3]")]
    fn a_target_must_be_a_class() {
        Tensor::zeros(&[2, 3]).nll_loss(&ids(&[0, 7], &[2]), -100, Reduction::Mean);
    }

    #[test]
    #[should_panic(expected = "nll_loss: shapes [2, 3] and [3] do not fit")]
    fn one_target_a_row() {
        Tensor::zeros(&[2, 3]).nll_loss(&ids(&[0, 1, 2], &[3]), -100, Reduction::Mean);
    }

    #[test]
    #[should_panic(expected = "cross_entropy_with_probabilities: shapes [2, 3] and [2] do not fit")]
    fn a_distribution_a_row() {
        Tensor::zeros(&[2, 3]).cross_entropy_with_probabilities(&Tensor::zeros(&[2]), Reduction::Mean, 0.0);
    }
}
