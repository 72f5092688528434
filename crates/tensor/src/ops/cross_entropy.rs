//! Cross-entropy: how surprised the logits are by the right class.
//!
//! For one row of logits z over V classes with target class t and class weights w (1 if not given), label smoothing ε:
//! with log p = log_softmax(z),
//!
//! loss = −(1−ε)·w_t·log p_t − (ε/V)·Σ_c w_c·log p_c
//!
//! The mean divides by Σ w_t over the rows that count (without weights: by their number), as PyTorch does.
//!
//! Gradient. ∂(log p_c)/∂z_j = δ_cj − p_j. With the row's target distribution q_c = (1−ε)·w_t·δ_ct + (ε/V)·w_c the loss
//! is −Σ_c q_c log p_c, hence dz_j = −Σ_c q_c(δ_cj − p_j) = **p_j·Σ_c q_c − q_j**; without weights Σ q = 1 and it is
//! **p − q**: what was predicted less what was right. No probability is stored: p_j = exp(z_j − log Σ exp z).

use crate::autograd::{Backward, ParentGrads, grads};
use crate::error::fit;
use crate::layout::{self, Dims};
use crate::ops::losses::Reduction;
use crate::parallel::for_each_block;
use crate::{Array, Elem, IntTensor, Tensor, TensorError};
use jumok_kernels::cross_entropy as kernel;
use jumok_kernels::softmax::log_sum_exp;

/// How [`Tensor::cross_entropy`] treats its rows; the default is PyTorch's.
#[derive(Debug, Clone, PartialEq)]
pub struct CrossEntropy {
    /// Rows with this target count for nothing (−100).
    pub ignore_index: i64,
    /// ε in [0, 1]: how much of the target is spread over all V classes, the right one included (0).
    pub label_smoothing: f64,
    /// Mean over the rows that count, sum, or one loss a row.
    pub reduction: Reduction,
    /// One weight a class, shape `[classes]`; none means 1 for all.
    pub class_weight: Option<Array>,
}

impl Default for CrossEntropy {
    fn default() -> Self {
        Self { ignore_index: -100, label_smoothing: 0.0, reduction: Reduction::Mean, class_weight: None }
    }
}

/// The formulas on plain `ndarray`, one row a call.
pub mod reference {
    use crate::Elem;
    use ndarray::{Array1, ArrayView1};

    /// q_c = (1−ε)·δ_ct + ε/V
    pub fn target_distribution(target: usize, classes: usize, smoothing: Elem) -> Array1<Elem> {
        let spread = smoothing / classes as Elem;
        Array1::from_shape_fn(classes, |c| if c == target { 1.0 - smoothing + spread } else { spread })
    }

    /// −Σ_c q_c·log softmax(z)_c
    pub fn cross_entropy(z: ArrayView1<Elem>, q: &Array1<Elem>) -> Elem {
        let max = z.fold(Elem::NEG_INFINITY, |m, &z| m.max(z));
        let log_sum = z.fold(0.0, |s, &z| s + (z - max).exp()).ln();
        -z.iter().zip(q).map(|(&z, &q)| q * (z - max - log_sum)).sum::<Elem>()
    }

    /// dz = softmax(z) − q
    pub fn cross_entropy_backward(z: ArrayView1<Elem>, q: &Array1<Elem>) -> Array1<Elem> {
        let max = z.fold(Elem::NEG_INFINITY, |m, &z| m.max(z));
        let e = z.mapv(|z| (z - max).exp());
        &e / e.sum() - q
    }
}

/// Logits as rows `[rows, classes]`, with what it takes to turn their gradient back.
struct Rows {
    logits: Array,
    classes: usize,
    /// The axes before and behind the class axis: `[B, V, T]` has its classes in the middle.
    lead: Dims,
    tail: Dims,
}

impl Rows {
    /// Classes stand on axis 1 if there are more than two axes (as in PyTorch), else on the last.
    fn of(op: &'static str, logits: &Array, targets: &[usize]) -> Result<Self, TensorError> {
        let misfit = || {
            TensorError::shape(
                op,
                &[logits.shape(), targets],
                "logits [rows, classes] and targets [rows], or [B, classes, ..] and [B, ..]",
            )
        };
        let class_axis = logits.rank().min(2).checked_sub(1).ok_or_else(misfit)?;
        let (lead, rest) = logits.shape().split_at(class_axis);
        let (classes, tail) = (rest[0], &rest[1..]);
        if [lead, tail].concat() != targets {
            return Err(misfit());
        }
        let mut rows = Self { logits: logits.clone(), classes, lead: lead.into(), tail: tail.into() };
        if !tail.is_empty() {
            let order: Dims = (0..class_axis).chain(class_axis + 1..logits.rank()).chain([class_axis]).collect();
            rows.logits = logits.permute(&order);
        }
        rows.logits = rows.logits.contiguous().reshape(&[layout::count(targets), classes]);
        Ok(rows)
    }

    fn count(&self) -> usize {
        self.logits.shape()[0]
    }

    fn data(&self) -> &[Elem] {
        self.logits.as_slice().expect("made contiguous")
    }

    /// A gradient of the rows as one of the logits.
    fn restore(&self, grad: Array) -> Array {
        let with_classes_last: Dims = self.lead.iter().chain(&self.tail).chain([&self.classes]).copied().collect();
        let grad = grad.reshape(&with_classes_last);
        if self.tail.is_empty() {
            return grad;
        }
        let (lead, rank) = (self.lead.len(), with_classes_last.len());
        let order: Dims = (0..lead).chain([rank - 1]).chain(lead..rank - 1).collect();
        grad.permute(&order)
    }
}

/// A block of rows for one thread.
fn rows_per_block(classes: usize) -> usize {
    (16_384 / classes.max(1)).max(1)
}

struct CrossEntropyBackward {
    rows: Rows,
    /// The class of each row, −1 where it is ignored.
    targets: Vec<i64>,
    /// log Σ_j exp z_j of each row.
    log_sum_exp: Array,
    /// What each row's loss is divided by (the mean's denominator, or 1).
    denominator: Elem,
    smoothing: Elem,
    class_weight: Option<Array>,
    reduction: Reduction,
}

impl std::fmt::Debug for CrossEntropyBackward {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CrossEntropyBackward {{ rows: {}, classes: {} }}", self.rows.count(), self.rows.classes)
    }
}

impl Backward for CrossEntropyBackward {
    fn backward(&self, grad: Array) -> ParentGrads<'_> {
        let (rows, classes) = (self.rows.count(), self.rows.classes);
        let upstream = grad.contiguous();
        let upstream = upstream.as_slice().expect("made contiguous");
        let row_scale: Vec<Elem> = match self.reduction {
            Reduction::None => upstream.to_vec(),
            // With no row that counts the mean is 0/0; nothing was predicted, so nothing is to be changed.
            _ => vec![if self.denominator == 0.0 { 0.0 } else { upstream[0] / self.denominator }; rows],
        };
        let (z, lse) = (self.rows.data(), self.log_sum_exp.as_slice().expect("made contiguous"));
        let block = rows_per_block(classes);
        let dz = Array::build(&[rows, classes], |dz| {
            for_each_block(dz, block * classes, 8 * rows * classes, |n, dz| {
                let here = n * block..n * block + dz.len() / classes;
                let z = &z[here.start * classes..here.end * classes];
                let (targets, scale, lse) = (&self.targets[here.clone()], &row_scale[here.clone()], &lse[here]);
                match &self.class_weight {
                    None => kernel::backward(z, targets, scale, self.smoothing, lse, dz, classes),
                    Some(weight) => {
                        weighted_backward(
                            z,
                            targets,
                            scale,
                            self.smoothing,
                            lse,
                            weight.as_slice().expect("contiguous"),
                            dz,
                        );
                    }
                }
            });
        });
        grads![self.rows.restore(dz)]
    }
}

/// The losses of the rows with class weights: −(1−ε)·w_t·log p_t − (ε/V)·Σ_c w_c·log p_c.
fn weighted_forward(z: &[Elem], targets: &[i64], smoothing: Elem, lse: &[Elem], weight: &[Elem], losses: &mut [Elem]) {
    let classes = weight.len();
    for (row, loss) in losses.iter_mut().enumerate() {
        let log_p = |c: usize| z[row * classes + c] - lse[row];
        *loss = match usize::try_from(targets[row]) {
            Err(_) => 0.0,
            Ok(target) => {
                let spread: Elem = if smoothing > 0.0 { (0..classes).map(|c| weight[c] * log_p(c)).sum() } else { 0.0 };
                -(1.0 - smoothing) * weight[target] * log_p(target) - smoothing / classes as Elem * spread
            }
        };
    }
}

/// dz_j = scale·(p_j·Σ_c q_c − q_j) with q_c = (1−ε)·w_t·δ_ct + (ε/V)·w_c.
fn weighted_backward(
    z: &[Elem],
    targets: &[i64],
    scale: &[Elem],
    smoothing: Elem,
    lse: &[Elem],
    weight: &[Elem],
    dz: &mut [Elem],
) {
    let classes = weight.len();
    let spread = smoothing / classes as Elem;
    let spread_sum = spread * weight.iter().sum::<Elem>();
    for (row, dz) in dz.chunks_exact_mut(classes).enumerate() {
        let Ok(target) = usize::try_from(targets[row]) else {
            dz.fill(0.0);
            continue;
        };
        let certain = (1.0 - smoothing) * weight[target];
        for (c, dz) in dz.iter_mut().enumerate() {
            let q = spread * weight[c] + if c == target { certain } else { 0.0 };
            *dz = scale[row] * ((z[row * classes + c] - lse[row]).exp() * (certain + spread_sum) - q);
        }
    }
}

impl Tensor {
    /// Cross-entropy between logits and class numbers: −log softmax(z)_target, smoothed, weighted and reduced as `options`
    /// says.
    ///
    /// Logits `[rows, classes]` with targets `[rows]`, `[classes]` with `[]`, or `[B, classes, ..]` with `[B, ..]`.
    /// Mean and sum give shape `[]`, no reduction the shape of the targets (0 where ignored). The mean over no row at all
    /// is NaN with a gradient of zeros.
    ///
    /// # Panics
    /// If shapes do not fit, or a target that is not ignored is no class.
    #[track_caller]
    pub fn cross_entropy(&self, targets: &IntTensor, options: &CrossEntropy) -> Tensor {
        fit(self.try_cross_entropy(targets, options))
    }

    /// As [`Tensor::cross_entropy`], with an error instead of the panic.
    pub fn try_cross_entropy(&self, targets: &IntTensor, options: &CrossEntropy) -> Result<Tensor, TensorError> {
        const OP: &str = "cross_entropy";
        let rows = Rows::of(OP, self.array(), targets.shape())?;
        let classes = rows.classes;
        if let Some(weight) = &options.class_weight
            && weight.shape() != [classes]
        {
            return Err(TensorError::shape(OP, &[self.shape(), weight.shape()], "one weight a class"));
        }
        let mut kept_targets = Vec::with_capacity(targets.len());
        for &target in targets.as_slice() {
            let counts = target != options.ignore_index;
            if counts && !(0..classes as i64).contains(&target) {
                let axis = self.rank().min(2) - 1;
                return Err(TensorError::Index {
                    op: OP,
                    shape: self.shape().to_vec(),
                    axis,
                    index: target,
                    len: classes,
                });
            }
            kept_targets.push(if counts { target } else { -1 });
        }
        let class_weight = options.class_weight.as_ref().map(Array::contiguous);
        let smoothing = options.label_smoothing as Elem;
        let (z, count) = (rows.data(), rows.count());

        let mut lse = vec![0.0; count];
        let mut losses = vec![0.0; count];
        match &class_weight {
            None => kernel::forward(z, &kept_targets, smoothing, &mut losses, &mut lse, classes),
            Some(weight) => {
                log_sum_exp(z, &mut lse, classes);
                weighted_forward(
                    z,
                    &kept_targets,
                    smoothing,
                    &lse,
                    weight.as_slice().expect("contiguous"),
                    &mut losses,
                );
            }
        }
        let counted = kept_targets.iter().filter_map(|&t| usize::try_from(t).ok());
        let denominator = match (options.reduction, &class_weight) {
            (Reduction::Mean, None) => counted.count() as Elem,
            (Reduction::Mean, Some(weight)) => {
                let weight = weight.as_slice().expect("contiguous");
                counted.map(|t| weight[t]).sum()
            }
            _ => 1.0,
        };
        let value = match options.reduction {
            Reduction::None => Array::from_vec(losses, targets.shape()),
            _ => Array::scalar(jumok_kernels::reduce::sum(&losses) / denominator),
        };
        Ok(Tensor::from_operation(value, &[self], || CrossEntropyBackward {
            rows,
            targets: kept_targets,
            log_sum_exp: Array::from_vec(lse, &[count]),
            denominator,
            smoothing,
            class_weight,
            reduction: options.reduction,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GradCheck, gradcheck};

    fn logits(shape: &[usize]) -> Array {
        Array::from_vec((0..layout::count(shape)).map(|i| ((i * 31) % 19) as Elem / 6.0 - 1.5).collect(), shape)
    }
    fn ids(values: &[i64]) -> IntTensor {
        IntTensor::from_vec(values.to_vec(), &[values.len()])
    }

    #[test]
    fn agrees_with_the_reference_row_by_row() {
        for smoothing in [0.0, 0.1] {
            let z = Tensor::parameter(logits(&[3, 7]));
            let options = CrossEntropy { label_smoothing: smoothing, reduction: Reduction::None, ..Default::default() };
            let loss = z.cross_entropy(&ids(&[6, -100, 2]), &options);
            let dz = loss.backward_from(Array::ones(&[3])).get(&z).unwrap().to_ndarray();
            let rows = z.array().to_ndarray().into_dimensionality::<ndarray::Ix2>().unwrap();
            for (row, target) in [(0, 6), (2, 2)] {
                let q = reference::target_distribution(target, 7, smoothing as Elem);
                assert!((loss.to_vec()[row] - reference::cross_entropy(rows.row(row), &q)).abs() < 1e-5);
                let expected = reference::cross_entropy_backward(rows.row(row), &q);
                for c in 0..7 {
                    assert!((dz[[row, c]] - expected[c]).abs() < 1e-6);
                }
            }
            assert_eq!(loss.to_vec()[1], 0.0);
            assert!((0..7).all(|c| dz[[1, c]] == 0.0));
        }
    }

    #[test]
    fn is_its_derivative_with_every_option() {
        let weight = Array::from_vec(vec![0.5, 1.5, 1.0, 2.0], &[4]);
        for class_weight in [None, Some(weight)] {
            for label_smoothing in [0.0, 0.2] {
                for reduction in [Reduction::Mean, Reduction::Sum, Reduction::None] {
                    let options = CrossEntropy {
                        label_smoothing,
                        reduction,
                        class_weight: class_weight.clone(),
                        ignore_index: 3,
                    };
                    let f = |i: &[Tensor]| i[0].cross_entropy(&ids(&[0, 3, 2, 1, 0]), &options);
                    gradcheck(f, &[logits(&[5, 4])], &GradCheck::default()).unwrap();
                    let targets = IntTensor::from_vec(vec![0, 3, 2, 1, 0, 2], &[2, 3]);
                    let f = |i: &[Tensor]| i[0].cross_entropy(&targets, &options);
                    gradcheck(f, &[logits(&[2, 4, 3])], &GradCheck::default()).unwrap();
                }
            }
        }
    }

    #[test]
    fn the_mean_of_nothing_is_nan_without_gradient() {
        let z = Tensor::parameter(logits(&[2, 3]));
        let loss = z.cross_entropy(&ids(&[-100, -100]), &CrossEntropy::default());
        assert!(loss.item().is_nan());
        assert_eq!(loss.backward().get(&z).unwrap().to_vec(), [0.0; 6]);
    }

    #[test]
    #[should_panic(expected = "cross_entropy: index 7 is outside 0..3 of axis 1 of shape [2, 3]")]
    fn a_target_must_be_a_class() {
        Tensor::zeros(&[2, 3]).cross_entropy(&ids(&[0, 7]), &CrossEntropy::default());
    }
}
