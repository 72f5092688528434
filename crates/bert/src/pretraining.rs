//! The two exercises on which BERT learns: which word is hidden here, and does sentence B follow sentence A
//! (Devlin et al. 2019, section 3.1; lecture, slides S29–S31).

use jumok_nn::{Activation, Ctx, LayerNorm, Linear, Module, parameters, show};
use jumok_tensor::{Array, CrossEntropy, IntTensor, Reduction, Tensor};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::text_encoder::draw_weights;
use crate::{BertConfig, BertInputs, BertModel, ConfigError, HeadedModel, TextEncoder};

/// Turns a hidden word's representation towards the embedding of the word itself: LayerNorm(act(W·h + b)).
#[derive(Debug, Clone)]
pub struct BertPredictionTransform {
    /// W and b.
    pub dense: Linear,
    /// The norm behind the activation.
    pub layer_norm: LayerNorm,
    /// The activation.
    pub activation: Activation,
}

impl Module for BertPredictionTransform {
    parameters!(dense, "LayerNorm" => layer_norm);
}

/// Logits over the vocabulary. The decoder's matrix is the table of word embeddings itself (tied), so only its bias is here.
#[derive(Debug, Clone)]
pub struct BertPredictionHead {
    /// One number a word: `[V]`.
    pub bias: Tensor,
    /// From the encoder's space to that of the embeddings.
    pub transform: BertPredictionTransform,
}

impl Module for BertPredictionHead {
    parameters!(bias, transform);
}

/// Both heads.
#[derive(Debug, Clone)]
pub struct BertPreTrainingHeads {
    /// Masked words.
    pub predictions: BertPredictionHead,
    /// Next sentence: `[2, D]`; class 0 = really next.
    pub seq_relationship: Linear,
}

impl Module for BertPreTrainingHeads {
    parameters!(predictions, seq_relationship);
}

/// BERT with the heads of its pre-training.
#[derive(Debug, Clone)]
pub struct BertForPreTraining {
    /// The encoder.
    pub bert: BertModel,
    /// The heads.
    pub cls: BertPreTrainingHeads,
    /// Whether the last layer, behind its attention, is computed only at the rows that the heads read (the default). The
    /// results are the same, in less time.
    pub row_selection: bool,
}

impl Module for BertForPreTraining {
    parameters!(bert, cls);
}

/// What the heads say.
#[derive(Debug, Clone)]
pub struct PreTrainingOutput {
    /// Which word is hidden, at each masked position: `[M, V]`.
    pub prediction_logits: Tensor,
    /// Whether B follows A: `[B, 2]`; class 0 = really next.
    pub seq_relationship_logits: Tensor,
}

/// What the heads should have said.
#[derive(Debug, Clone, PartialEq)]
pub struct PreTrainingLabels {
    /// The hidden words: `[M]`; −100 counts for nothing.
    pub masked_labels: IntTensor,
    /// 0 = B really follows A, 1 = it does not: `[B]`; −100 counts for nothing.
    pub next_sentence_labels: IntTensor,
}

/// The loss and what is reported beside it.
#[derive(Debug, Clone)]
pub struct PreTrainingLoss {
    /// Masked-word loss plus that of the second exercise, a single number to differentiate.
    pub loss: Tensor,
    /// Σ −log p(word) over the masked positions.
    pub masked_loss_sum: f64,
    /// Σ −log p(relation) over the pairs.
    pub next_sentence_loss_sum: f64,
    /// How many masked words were guessed.
    pub masked_correct: usize,
    /// How many masked words there were.
    pub masked_count: usize,
    /// How many relations were guessed.
    pub next_sentence_correct: usize,
    /// How many pairs there were.
    pub next_sentence_count: usize,
}

impl PreTrainingLabels {
    /// How many masked words and how many pairs count: what the sums are divided by for the mean.
    pub fn counts(&self) -> [usize; 2] {
        [&self.masked_labels, &self.next_sentence_labels].map(|labels| {
            labels.as_slice().iter().filter(|&&label| label != CrossEntropy::default().ignore_index).count()
        })
    }
}

impl HeadedModel for BertForPreTraining {
    type Encoder = BertModel;
    const HEAD: &'static str = "ForPreTraining";

    fn build(config: &BertConfig, rng: &mut impl Rng) -> Self {
        let hidden_size = config.hidden_size;
        let transform = BertPredictionTransform {
            dense: Linear::new(hidden_size, hidden_size, rng),
            layer_norm: LayerNorm::new(hidden_size, config.layer_norm_eps),
            activation: config.hidden_act,
        };
        let bias = Tensor::parameter(Array::zeros(&[config.vocab_size]));
        Self {
            bert: BertModel::build(config, true, rng),
            cls: BertPreTrainingHeads {
                predictions: BertPredictionHead { bias, transform },
                seq_relationship: Linear::new(hidden_size, 2, rng),
            },
            row_selection: true,
        }
    }
}

impl BertForPreTraining {
    /// A fresh model: matrices from N(0, `initializer_range`²), biases 0, norms 1, all from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &BertConfig, seed: u64) -> Result<Self, ConfigError> {
        config.validate()?;
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let mut model = Self::build(config, rng);
        draw_weights(&mut model, config.initializer_range, rng);
        Ok(model)
    }

    /// The answers at `masked_positions` `[M]` (b·T + t each) and for every pair.
    ///
    /// # Panics
    /// If the inputs' shapes differ, an id is outside its table, the sequence is longer than there are positions, or a
    /// masked position does not exist.
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, masked_positions: &IntTensor, ctx: &mut Ctx) -> PreTrainingOutput {
        let output = ctx.at("bert", |ctx| {
            if self.row_selection {
                return self.bert.forward_rows(inputs, masked_positions, ctx);
            }
            let mut output = self.bert.forward(inputs, ctx);
            output.last_hidden_state = output.last_hidden_state.flatten(0, 1).index_select(0, masked_positions);
            output
        });
        let pooled = output.pooler_output.expect("a model in pre-training is built with its pooler");
        PreTrainingOutput {
            prediction_logits: self.predict_words(&output.last_hidden_state, ctx), //       [M, V]
            seq_relationship_logits: self.cls.seq_relationship.forward(&pooled),   //         [B, 2]
        }
    }

    /// Logits over the vocabulary for representations `[M, D]`: `[M, V]`.
    fn predict_words(&self, hidden: &Tensor, ctx: &mut Ctx) -> Tensor {
        let BertPredictionHead { bias, transform } = &self.cls.predictions;
        let h = transform.activation.forward(&transform.dense.forward(hidden));
        let h = transform.layer_norm.forward(&h); //                                        [M, D]
        let logits = h.linear(&self.bert.embeddings.word_embeddings.weight, Some(bias)); // [M, V]
        show!(ctx, "cls.predictions", ["position", "word"], &logits);
        logits
    }

    /// Both cross-entropies of `output`, each divided by its entry of `counts`, and added.
    ///
    /// `counts` are those of the whole batch ([`PreTrainingLabels::counts`]): if the batch is cut into shards, the losses of
    /// the shards then add up to the loss of the batch. A count of 0 leaves its loss out.
    ///
    /// # Panics
    /// If labels and output do not fit.
    #[track_caller]
    pub fn loss(output: &PreTrainingOutput, labels: &PreTrainingLabels, counts: [usize; 2]) -> PreTrainingLoss {
        pretraining_loss(&output.prediction_logits, Some(&output.seq_relationship_logits), labels, counts)
    }
}

/// The loss of masked words, logits `[M, V]`, plus that of a model's second exercise, logits `[B, 2]`, if it has one: next sentences, or
/// the order of two.
///
/// Each is Σ −log p(answer), divided by its entry of `counts`: those of the whole batch ([`PreTrainingLabels::counts`]), so that the losses
/// of its shards add up to its own. A count of 0 leaves its loss out.
///
/// # Panics
/// If labels and logits do not fit.
// ANCHOR: pretraining_loss
#[track_caller]
pub fn pretraining_loss(
    words: &Tensor,
    relation: Option<&Tensor>,
    labels: &PreTrainingLabels,
    counts: [usize; 2],
) -> PreTrainingLoss {
    let sum = CrossEntropy { reduction: Reduction::Sum, ..CrossEntropy::default() };
    let share = |loss: &Tensor, count: usize| loss / count.max(1) as f64;
    let [masked_count, next_sentence_count] = labels.counts();
    let masked = words.cross_entropy(&labels.masked_labels, &sum);
    let mut loss = PreTrainingLoss {
        loss: share(&masked, counts[0]),
        masked_loss_sum: masked.item(),
        next_sentence_loss_sum: 0.0,
        masked_correct: correct(words, &labels.masked_labels),
        masked_count,
        next_sentence_correct: 0,
        next_sentence_count: 0,
    };
    if let Some(relation) = relation {
        let next = relation.cross_entropy(&labels.next_sentence_labels, &sum);
        loss.loss = &loss.loss + share(&next, counts[1]);
        loss.next_sentence_loss_sum = next.item();
        loss.next_sentence_correct = correct(relation, &labels.next_sentence_labels);
        loss.next_sentence_count = next_sentence_count;
    }
    loss
}
// ANCHOR_END: pretraining_loss

/// How many rows have their largest logit at the label.
fn correct(logits: &Tensor, labels: &IntTensor) -> usize {
    let guesses = logits.argmax(-1, false);
    guesses.as_slice().iter().zip(labels.as_slice()).filter(|(guess, label)| guess == label).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> BertConfig {
        BertConfig {
            vocab_size: 11,
            hidden_size: 8,
            num_attention_heads: 2,
            intermediate_size: 12,
            max_position_embeddings: 6,
            hidden_dropout_prob: 0.0,
            attention_probs_dropout_prob: 0.0,
            ..BertConfig::tiny()
        }
    }
    fn inputs() -> BertInputs {
        BertInputs {
            input_ids: IntTensor::from_vec(vec![2, 5, 6, 3, 0, 2, 7, 8, 9, 3], &[2, 5]),
            token_type_ids: IntTensor::from_vec(vec![0, 0, 1, 1, 0, 0, 0, 1, 1, 1], &[2, 5]),
            attention_mask: IntTensor::from_vec(vec![1, 1, 1, 1, 0, 1, 1, 1, 1, 1], &[2, 5]),
        }
    }
    fn positions() -> IntTensor {
        IntTensor::from_vec(vec![1, 7, 8], &[3])
    }
    fn labels() -> PreTrainingLabels {
        PreTrainingLabels {
            masked_labels: IntTensor::from_vec(vec![4, -100, 10], &[3]),
            next_sentence_labels: IntTensor::from_vec(vec![0, 1], &[2]),
        }
    }

    #[test]
    fn base_has_its_published_number_of_parameters() {
        // Shapes alone are counted, so a narrow vocabulary stands in for the wide one.
        let config = BertConfig { vocab_size: 10, ..BertConfig::base() };
        let model = BertForPreTraining::new(&config, 0).unwrap();
        let without_words = model.bert.parameter_count() - 10 * 768;
        assert_eq!(without_words + 30_522 * 768, 109_482_240);
    }

    #[test]
    fn parameters_bear_the_names_of_the_checkpoints() {
        let model = BertForPreTraining::new(&config(), 0).unwrap();
        let names: Vec<String> = model.named_parameters().into_iter().map(|(name, _)| name).collect();
        for name in [
            "bert.embeddings.word_embeddings.weight",
            "bert.embeddings.LayerNorm.bias",
            "bert.encoder.layer.1.attention.self.query.weight",
            "bert.encoder.layer.0.attention.output.LayerNorm.weight",
            "bert.encoder.layer.0.intermediate.dense.bias",
            "bert.pooler.dense.weight",
            "cls.predictions.bias",
            "cls.predictions.transform.LayerNorm.weight",
            "cls.seq_relationship.bias",
        ] {
            assert!(names.iter().any(|n| n == name), "{name} is not among {names:#?}");
        }
    }

    #[test]
    fn row_selection_changes_neither_loss_nor_gradient() {
        let mut model = BertForPreTraining::new(&config(), 1).unwrap();
        let mut run = |row_selection| {
            model.row_selection = row_selection;
            let output = model.forward(&inputs(), &positions(), &mut Ctx::eval());
            let loss = BertForPreTraining::loss(&output, &labels(), labels().counts());
            let grads = loss.loss.backward();
            let all: Vec<f32> = model
                .named_parameters()
                .iter()
                .flat_map(|(name, p)| grads.get(p).unwrap_or_else(|| panic!("no gradient for {name}")).to_vec())
                .collect();
            (loss.loss.item(), all)
        };
        let ((all, all_grads), (some, some_grads)) = (run(false), run(true));
        assert!((all - some).abs() < 1e-6);
        for (a, b) in all_grads.iter().zip(&some_grads) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
    }

    #[test]
    fn the_losses_of_shards_add_up_to_that_of_the_batch() {
        let model = BertForPreTraining::new(&config(), 1).unwrap();
        let whole =
            BertForPreTraining::loss(&model.forward(&inputs(), &positions(), &mut Ctx::eval()), &labels(), [2, 2]);
        let shard = |row: usize, positions: &[i64], words: &[i64]| {
            let cut = |ids: &IntTensor| IntTensor::from_vec(ids.as_slice()[row * 5..row * 5 + 5].to_vec(), &[1, 5]);
            let all = inputs();
            let inputs = BertInputs {
                input_ids: cut(&all.input_ids),
                token_type_ids: cut(&all.token_type_ids),
                attention_mask: cut(&all.attention_mask),
            };
            let labels = PreTrainingLabels {
                masked_labels: IntTensor::from_vec(words.to_vec(), &[words.len()]),
                next_sentence_labels: IntTensor::from_vec(vec![row as i64], &[1]),
            };
            let positions = IntTensor::from_vec(positions.to_vec(), &[positions.len()]);
            BertForPreTraining::loss(&model.forward(&inputs, &positions, &mut Ctx::eval()), &labels, [2, 2]).loss.item()
        };
        let parts = shard(0, &[1], &[4]) + shard(1, &[2, 3], &[-100, 10]);
        assert!((whole.loss.item() - parts).abs() < 1e-5);
        assert_eq!((whole.masked_count, whole.next_sentence_count), (2, 2));
    }

    #[test]
    fn padding_changes_nothing() {
        let model = BertForPreTraining::new(&config(), 1).unwrap();
        let forward = |inputs: &BertInputs| {
            model.forward(inputs, &IntTensor::from_vec(vec![1], &[1]), &mut Ctx::eval()).prediction_logits.to_vec()
        };
        let short = BertInputs::new(IntTensor::from_vec(vec![2, 5, 6, 3], &[1, 4]));
        let mut padded = BertInputs::new(IntTensor::from_vec(vec![2, 5, 6, 3, 0], &[1, 5]));
        padded.attention_mask = IntTensor::from_vec(vec![1, 1, 1, 1, 0], &[1, 5]);
        for (a, b) in forward(&short).iter().zip(forward(&padded)) {
            assert!((a - b).abs() < 1e-5);
        }
    }
}
