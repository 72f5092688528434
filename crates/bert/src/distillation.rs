//! A small model learns from a large one (Hinton et al. 2015, arXiv 1503.02531; Sanh et al. 2019; lecture, slide S36).

use jumok_nn::Module;
use jumok_tensor::{CrossEntropy, IntTensor, KlReduction, Reduction, Tensor};

use crate::{BertModel, DistilBertModel};

/// How the three losses of DistilBERT are weighed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistillationOptions {
    /// τ: both distributions are softmax(logits/τ), so that the teacher's small probabilities count as well.
    pub temperature: f64,
    /// The weight of the teacher's distribution.
    pub alpha_ce: f64,
    /// The weight of the masked words themselves.
    pub alpha_mlm: f64,
    /// The weight of the direction of the last states.
    pub alpha_cos: f64,
}

impl Default for DistillationOptions {
    /// The weights with which DistilBERT was trained: τ = 2; 5, 2 and 1.
    fn default() -> Self {
        Self { temperature: 2.0, alpha_ce: 5.0, alpha_mlm: 2.0, alpha_cos: 1.0 }
    }
}

/// What a model says of a batch: the student, or the teacher.
#[derive(Debug, Clone, Copy)]
pub struct Spoken<'a> {
    /// Logits of the words: `[B, T, V]`.
    pub logits: &'a Tensor,
    /// The last states: `[B, T, D]`.
    pub hidden: &'a Tensor,
}

/// The three losses and their sum, single numbers each.
#[derive(Debug, Clone)]
pub struct DistillationLoss {
    /// α_ce·ce + α_mlm·mlm + α_cos·cos, to differentiate.
    pub loss: Tensor,
    /// τ²·KL(teacher ‖ student), the mean over the real tokens.
    pub ce: Tensor,
    /// −log p(word), the mean over the masked words.
    pub mlm: Tensor,
    /// 1 − cos(student, teacher), the mean over the real tokens.
    pub cos: Tensor,
}

/// τ²·KL(softmax(teacher/τ) ‖ softmax(student/τ)) of rows `[N, V]`, the mean over the rows. The teacher receives no gradient.
///
/// ∂KL/∂student = (softmax(student/τ) − softmax(teacher/τ))/τ, and both softmaxes are flatter by τ: the gradient shrinks with
/// 1/τ². The factor τ² makes up for it, so that the weight of this loss means the same at every temperature.
///
/// # Panics
/// If the shapes differ.
// ANCHOR: distillation_kl
#[track_caller]
pub fn distillation_kl(student: &Tensor, teacher: &Tensor, temperature: f64) -> Tensor {
    let log_q = (student * (1.0 / temperature)).log_softmax(-1); //               [N, V]
    let log_p = (teacher.detach() * (1.0 / temperature)).log_softmax(-1); //      [N, V]
    log_q.kl_div(&log_p, KlReduction::BatchMean, true) * (temperature * temperature)
}
// ANCHOR_END: distillation_kl

impl DistillationOptions {
    /// The losses of a batch; `attention_mask` and `labels` are `[B, T]`, labels of −100 count for nothing.
    ///
    /// # Panics
    /// If the shapes do not fit: student and teacher have the same vocabulary and the same width.
    #[track_caller]
    pub fn loss(
        &self,
        student: Spoken,
        teacher: Spoken,
        attention_mask: &IntTensor,
        labels: &IntTensor,
    ) -> DistillationLoss {
        let tokens = attention_mask.as_slice().iter().filter(|&&mask| mask != 0).count();
        let masked = labels.as_slice().iter().filter(|&&label| label != CrossEntropy::default().ignore_index).count();
        self.loss_of_part(student, teacher, attention_mask, labels, [tokens, masked])
    }

    /// The share of some rows in the losses of a batch, which has `counts` real tokens and masked words in all: the shares of its rows add
    /// up to the losses of the batch.
    ///
    /// # Panics
    /// As [`DistillationOptions::loss`].
    #[track_caller]
    pub fn loss_of_part(
        &self,
        student: Spoken,
        teacher: Spoken,
        attention_mask: &IntTensor,
        labels: &IntTensor,
        counts: [usize; 2],
    ) -> DistillationLoss {
        let [tokens, masked] = counts.map(|count| count.max(1) as f64);
        let real: Vec<i64> =
            (0_i64..).zip(attention_mask.as_slice()).filter(|(_, mask)| **mask != 0).map(|(row, _)| row).collect();
        let count = real.len();
        let real = IntTensor::from_vec(real, &[count]);
        let rows = |x: &Tensor| x.flatten(0, 1).index_select(0, &real);
        let share = count as f64 / tokens;
        let ce = distillation_kl(&rows(student.logits), &rows(teacher.logits), self.temperature) * share;
        let sum = CrossEntropy { reduction: Reduction::Sum, ..CrossEntropy::default() };
        let mlm = student.logits.flatten(0, 1).cross_entropy(&labels.reshape(&[labels.len()]), &sum) / masked;
        let cosine = rows(student.hidden).cosine_similarity(&rows(teacher.hidden).detach(), -1, 1e-8); // [real tokens]
        let cos = (1.0 - cosine.mean_all()) * share;
        let loss = &ce * self.alpha_ce + &mlm * self.alpha_mlm + &cos * self.alpha_cos;
        DistillationLoss { loss, ce, mlm, cos }
    }
}

/// Why a student cannot begin with its teacher's weights.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StudentError {
    /// The depths do not fit.
    #[error(
        "a student of {student} layers cannot take every n-th of its teacher's {teacher}: need a divisor of {teacher}"
    )]
    Depth {
        /// Layers of the student.
        student: usize,
        /// Layers of the teacher.
        teacher: usize,
    },
    /// The sizes do not fit.
    #[error(
        "{name} is {student:?} in the student and {teacher:?} in the teacher: they need the same sizes but for the depth"
    )]
    Shape {
        /// The student's parameter.
        name: String,
        /// Its shape.
        student: Vec<usize>,
        /// The shape at the teacher.
        teacher: Vec<usize>,
    },
}

impl DistilBertModel {
    /// Takes over the teacher's words, positions and every n-th layer, beginning with the first: layers 0, 2, 4, 6, 8, 10 of twelve.
    ///
    /// # Errors
    /// If the depth is no divisor of the teacher's or another size differs; the student is then as it was.
    pub fn init_from_teacher(&mut self, teacher: &BertModel) -> Result<(), StudentError> {
        let [student, teacher_layers] = [self.layers.len(), teacher.encoder.layer.len()];
        if student == 0 || !teacher_layers.is_multiple_of(student) {
            return Err(StudentError::Depth { student, teacher: teacher_layers });
        }
        let stride = teacher_layers / student;
        let mut sources: Vec<&Tensor> = Vec::new();
        teacher.embeddings.word_embeddings.visit("", &mut |_, tensor| sources.push(tensor));
        teacher.embeddings.position_embeddings.visit("", &mut |_, tensor| sources.push(tensor));
        teacher.embeddings.layer_norm.visit("", &mut |_, tensor| sources.push(tensor));
        for layer in teacher.encoder.layer.iter().step_by(stride) {
            // The walk of the bare layer: the same order under either model's names.
            layer.layer.visit("", &mut |_, tensor| sources.push(tensor));
        }
        let mut wrong = None;
        let mut targets = sources.iter();
        self.in_teachers_order(&mut |name, tensor| {
            let source = targets.next().expect("both walks have the same parts");
            if source.shape() != tensor.shape() && wrong.is_none() {
                let (student, teacher) = (tensor.shape().to_vec(), source.shape().to_vec());
                wrong = Some(StudentError::Shape { name: name.to_owned(), student, teacher });
            }
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        let mut sources = sources.into_iter();
        self.in_teachers_order(&mut |_, tensor| {
            tensor.set_array(sources.next().expect("both walks have the same parts").array().clone());
        });
        Ok(())
    }

    /// The parameters in the order in which they are taken from a teacher.
    fn in_teachers_order(&mut self, f: &mut dyn FnMut(&str, &mut Tensor)) {
        self.embeddings.word_embeddings.visit_mut("embeddings.word_embeddings", f);
        self.embeddings.position_embeddings.visit_mut("embeddings.position_embeddings", f);
        self.embeddings.layer_norm.visit_mut("embeddings.LayerNorm", f);
        for (n, layer) in self.layers.iter_mut().enumerate() {
            layer.layer.visit_mut(&format!("transformer.layer.{n}"), f);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BertConfig, DistilBertConfig, TextEncoder};
    use jumok_tensor::Elem;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn teacher() -> BertModel {
        let config = BertConfig {
            vocab_size: 11,
            hidden_size: 8,
            num_hidden_layers: 4,
            intermediate_size: 12,
            max_position_embeddings: 6,
            ..BertConfig::tiny()
        };
        BertModel::build(&config, true, &mut ChaCha8Rng::seed_from_u64(1))
    }
    fn student(n_layers: usize, hidden_dim: usize) -> DistilBertModel {
        let config = DistilBertConfig {
            vocab_size: 11,
            dim: 8,
            n_heads: 2,
            n_layers,
            hidden_dim,
            max_position_embeddings: 6,
            ..DistilBertConfig::default()
        };
        DistilBertModel::build(&config, false, &mut ChaCha8Rng::seed_from_u64(2))
    }

    #[test]
    fn a_student_begins_with_every_second_layer_of_its_teacher() {
        let (teacher, mut student) = (teacher(), student(2, 12));
        student.init_from_teacher(&teacher).unwrap();
        for (mine, theirs) in [(0, 0), (1, 2)] {
            assert_eq!(
                student.layers[mine].layer.self_attn.key.weight.to_vec(),
                teacher.encoder.layer[theirs].layer.self_attn.key.weight.to_vec()
            );
        }
        assert_eq!(student.word_embeddings().weight.to_vec(), teacher.embeddings.word_embeddings.weight.to_vec());
    }

    #[test]
    fn a_student_of_other_sizes_is_refused_and_left_alone() {
        assert_eq!(
            student(3, 12).init_from_teacher(&teacher()).unwrap_err(),
            StudentError::Depth { student: 3, teacher: 4 }
        );
        let mut student = student(2, 13);
        let before = student.word_embeddings().weight.to_vec();
        let error = student.init_from_teacher(&teacher()).unwrap_err().to_string();
        assert!(error.contains("[13, 8] in the student and [12, 8] in the teacher"), "{error}");
        assert_eq!(student.word_embeddings().weight.to_vec(), before);
    }

    #[test]
    fn the_shares_of_the_rows_add_up_to_the_loss_of_the_batch() {
        let numbers = |n: usize, shape: &[usize]| {
            Tensor::from_vec((0..shape.iter().product()).map(|i| ((i * n + 3) % 11) as Elem / 4.0).collect(), shape)
        };
        let (logits, taught) = (numbers(7, &[2, 3, 4]), numbers(5, &[2, 3, 4]));
        let (hidden, shown) = (numbers(3, &[2, 3, 2]), numbers(8, &[2, 3, 2]));
        let mask = IntTensor::from_vec(vec![1, 1, 1, 1, 1, 0], &[2, 3]);
        let labels = IntTensor::from_vec(vec![2, -100, 1, -100, 3, -100], &[2, 3]);
        let options = DistillationOptions::default();
        let whole = options.loss(
            Spoken { logits: &logits, hidden: &hidden },
            Spoken { logits: &taught, hidden: &shown },
            &mask,
            &labels,
        );
        let row = |n: usize| {
            let part = |x: &Tensor| x.narrow(0, n, 1);
            let ids = |x: &IntTensor| IntTensor::from_vec(x.as_slice()[3 * n..3 * n + 3].to_vec(), &[1, 3]);
            options
                .loss_of_part(
                    Spoken { logits: &part(&logits), hidden: &part(&hidden) },
                    Spoken { logits: &part(&taught), hidden: &part(&shown) },
                    &ids(&mask),
                    &ids(&labels),
                    [5, 3],
                )
                .loss
                .item()
        };
        assert!((row(0) + row(1) - whole.loss.item()).abs() < 1e-5);
    }

    #[test]
    fn a_student_that_says_what_its_teacher_says_has_nothing_to_learn_from_it() {
        let logits = Tensor::from_vec((0..12).map(|i| ((i * 7) % 5) as _).collect(), &[1, 3, 4]);
        let hidden = Tensor::from_vec((0..6).map(|i| (i + 1) as _).collect(), &[1, 3, 2]);
        let said = Spoken { logits: &logits, hidden: &hidden };
        let mask = IntTensor::from_vec(vec![1, 1, 0], &[1, 3]);
        let labels = IntTensor::from_vec(vec![2, -100, -100], &[1, 3]);
        let loss = DistillationOptions::default().loss(said, said, &mask, &labels);
        assert!(loss.ce.item().abs() < 1e-6 && loss.cos.item().abs() < 1e-6);
        assert!((loss.loss.item() - 2.0 * loss.mlm.item()).abs() < 1e-5);
    }
}
