//! The heads for classes: of sequences, of choices and of tokens (Devlin et al. 2019, figure 4; lecture, slide S33).

use jumok_nn::{Ctx, Dropout, Linear, Module, parameters, show};
use jumok_tensor::{CrossEntropy, IntTensor, Reduction, Tensor};
use rand::Rng;

use crate::masked_lm::token_loss;
use crate::text_encoder::fresh;
use crate::{BertInputs, ConfigError, EncoderSettings, EncoderSizes, HeadedModel, ProblemType, Summary, TextEncoder};

/// From what an encoder says about a whole sequence to one number a label.
pub trait SummaryHead: Module + Clone + std::fmt::Debug + Send + Sync + Sized + 'static {
    /// Whether it reads the pooler's output.
    const POOLER: bool;

    /// A head of `labels` outputs with arbitrary weights.
    fn build(sizes: &EncoderSizes, labels: usize, rng: &mut impl Rng) -> Self;

    /// To logits `[B, labels]`.
    #[track_caller]
    fn forward(&self, summary: &Summary, ctx: &mut Ctx) -> Tensor;
}

/// W·dropout(pooled) + b: BERT's, ALBERT's, and RoBERTa's for choices.
#[derive(Debug, Clone)]
pub struct PooledClassifier {
    /// W and b: `[labels, D]`.
    pub classifier: Linear,
    /// The probability with which a feature of the summary is dropped in training.
    pub dropout: f64,
}

impl Module for PooledClassifier {
    parameters!(classifier);
}

impl SummaryHead for PooledClassifier {
    const POOLER: bool = true;

    fn build(sizes: &EncoderSizes, labels: usize, rng: &mut impl Rng) -> Self {
        Self { classifier: Linear::new(sizes.hidden_size, labels, rng), dropout: sizes.classifier_dropout }
    }

    fn forward(&self, summary: &Summary, ctx: &mut Ctx) -> Tensor {
        let pooled = summary.pooled.as_ref().expect("an encoder under this head is built with its pooler");
        self.classifier.forward(&Dropout::new(self.dropout).forward(pooled, ctx)) // [B, labels]
    }
}

/// W₂·dropout(act(W₁·dropout(first) + b₁)) + b₂ with the first token's state: RoBERTa's and ELECTRA's for sequences.
#[derive(Debug, Clone)]
pub struct RobertaClassificationHead {
    /// W₁ and b₁: `[D, D]`.
    pub dense: Linear,
    /// W₂ and b₂: `[labels, D]`.
    pub out_proj: Linear,
    /// The probability with which a feature is dropped in training, before either layer.
    pub dropout: f64,
}

impl Module for RobertaClassificationHead {
    parameters!("classifier.dense" => dense, "classifier.out_proj" => out_proj);
}

impl SummaryHead for RobertaClassificationHead {
    const POOLER: bool = false;

    fn build(sizes: &EncoderSizes, labels: usize, rng: &mut impl Rng) -> Self {
        Self {
            dense: Linear::new(sizes.hidden_size, sizes.hidden_size, rng),
            out_proj: Linear::new(sizes.hidden_size, labels, rng),
            dropout: sizes.classifier_dropout,
        }
    }

    fn forward(&self, summary: &Summary, ctx: &mut Ctx) -> Tensor {
        let dropout = Dropout::new(self.dropout);
        let hidden = self.dense.forward(&dropout.forward(&summary.first, ctx)).tanh(); // [B, D]
        self.out_proj.forward(&dropout.forward(&hidden, ctx)) //                          [B, labels]
    }
}

/// W₂·dropout(relu(W₁·first + b₁)) + b₂ with the first token's state: DistilBERT's, which has no pooler of its own.
#[derive(Debug, Clone)]
pub struct DistilBertClassificationHead {
    /// W₁ and b₁: `[D, D]`.
    pub pre_classifier: Linear,
    /// W₂ and b₂: `[labels, D]`.
    pub classifier: Linear,
    /// The probability with which a feature is dropped in training.
    pub dropout: f64,
}

impl Module for DistilBertClassificationHead {
    parameters!(pre_classifier, classifier);
}

impl SummaryHead for DistilBertClassificationHead {
    const POOLER: bool = false;

    fn build(sizes: &EncoderSizes, labels: usize, rng: &mut impl Rng) -> Self {
        Self {
            pre_classifier: Linear::new(sizes.hidden_size, sizes.hidden_size, rng),
            classifier: Linear::new(sizes.hidden_size, labels, rng),
            dropout: sizes.classifier_dropout,
        }
    }

    fn forward(&self, summary: &Summary, ctx: &mut Ctx) -> Tensor {
        let hidden = self.pre_classifier.forward(&summary.first).relu(); //             [B, D]
        self.classifier.forward(&Dropout::new(self.dropout).forward(&hidden, ctx)) // [B, labels]
    }
}

/// What a sequence classifier should have said.
#[derive(Debug, Clone)]
pub enum SequenceLabels {
    /// A class for each sequence: `[B]`; −100 counts for nothing.
    Classes(IntTensor),
    /// Numbers: `[B]` for one label, else `[B, labels]`; 0 or 1 each where several labels may be right.
    Values(Tensor),
}

/// A class, several, or a number for a sentence or a pair.
#[derive(Debug, Clone)]
pub struct ForSequenceClassification<E: TextEncoder> {
    /// The encoder.
    pub encoder: E,
    /// The head.
    pub head: E::SequenceHead,
    /// What the outputs mean.
    pub problem_type: ProblemType,
}

impl<E: TextEncoder> Module for ForSequenceClassification<E> {
    parameters!([E::PREFIX] => encoder, "" => head);
}

impl<E: TextEncoder> HeadedModel for ForSequenceClassification<E> {
    type Encoder = E;
    const HEAD: &'static str = "ForSequenceClassification";

    fn build(config: &E::Config, rng: &mut impl Rng) -> Self {
        Self {
            encoder: E::build(config, E::SequenceHead::POOLER, rng),
            head: E::SequenceHead::build(&config.sizes(), config.head().num_labels(), rng),
            problem_type: config.head().problem(),
        }
    }
}

impl<E: TextEncoder> ForSequenceClassification<E> {
    /// A fresh model from `seed`, with the labels of the configuration.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &E::Config, seed: u64) -> Result<Self, ConfigError> {
        fresh(config, seed, Self::build)
    }

    /// Logits of the labels, or numbers: `[B, labels]`.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> Tensor {
        let summary = ctx.at(E::PREFIX, |ctx| self.encoder.summary(inputs, ctx));
        let logits = self.head.forward(&summary, ctx);
        show!(ctx, "classifier", ["batch", "label"], &logits);
        logits
    }

    /// The mean cross-entropy of classes, the mean squared error of numbers, or the mean binary cross-entropy where each label is
    /// right or wrong for itself.
    ///
    /// # Panics
    /// If labels and logits do not fit, or the labels are of another kind than `problem_type` asks for.
    // ANCHOR: sequence_loss
    #[track_caller]
    pub fn loss(&self, logits: &Tensor, labels: &SequenceLabels) -> Tensor {
        match (self.problem_type, labels) {
            (ProblemType::SingleLabelClassification, SequenceLabels::Classes(classes)) => {
                logits.cross_entropy(classes, &CrossEntropy::default())
            }
            (ProblemType::Regression, SequenceLabels::Values(values)) => {
                let outputs = if values.rank() == 1 { logits.flatten(0, 1) } else { logits.clone() };
                outputs.mse_loss(values, Reduction::Mean)
            }
            (ProblemType::MultiLabelClassification, SequenceLabels::Values(values)) => {
                logits.bce_with_logits(values, None, None, Reduction::Mean)
            }
            (problem, SequenceLabels::Classes(_)) => panic!("loss: {problem:?} needs numbers as labels, not classes"),
            (problem, SequenceLabels::Values(_)) => panic!("loss: {problem:?} needs classes as labels, not numbers"),
        }
    }
    // ANCHOR_END: sequence_loss
}

/// Which of several continuations fits: one number for each.
#[derive(Debug, Clone)]
pub struct ForMultipleChoice<E: TextEncoder> {
    /// The encoder.
    pub encoder: E,
    /// The head, of one output.
    pub head: E::ChoiceHead,
}

impl<E: TextEncoder> Module for ForMultipleChoice<E> {
    parameters!([E::PREFIX] => encoder, "" => head);
}

impl<E: TextEncoder> HeadedModel for ForMultipleChoice<E> {
    type Encoder = E;
    const HEAD: &'static str = "ForMultipleChoice";

    fn build(config: &E::Config, rng: &mut impl Rng) -> Self {
        let encoder = E::build(config, E::ChoiceHead::POOLER, rng);
        Self { encoder, head: E::ChoiceHead::build(&config.sizes(), 1, rng) }
    }
}

impl<E: TextEncoder> ForMultipleChoice<E> {
    /// A fresh model from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &E::Config, seed: u64) -> Result<Self, ConfigError> {
        fresh(config, seed, Self::build)
    }

    /// Logits of the choices, `[B, choices]`, of inputs `[B·choices, T]`: the choices of an example one after the other.
    ///
    /// # Panics
    /// As [`TextEncoder::states`], and if the rows are no multiple of `choices`.
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, choices: usize, ctx: &mut Ctx) -> Tensor {
        let [rows, _] = inputs.input_ids.dims();
        assert!(
            choices > 0 && rows.is_multiple_of(choices),
            "ForMultipleChoice: {rows} rows do not make examples of {choices} choices: need a multiple"
        );
        let summary = ctx.at(E::PREFIX, |ctx| self.encoder.summary(inputs, ctx));
        let scores = self.head.forward(&summary, ctx); //                                 [B·choices, 1]
        let logits = scores.reshape(&[(rows / choices) as isize, choices as isize]); //   [B, choices]
        show!(ctx, "classifier", ["batch", "choice"], &logits);
        logits
    }

    /// The mean of −log p(right choice); logits `[B, choices]`, labels `[B]`, −100 counts for nothing.
    ///
    /// # Panics
    /// If labels and logits do not fit.
    #[track_caller]
    pub fn loss(logits: &Tensor, labels: &IntTensor) -> Tensor {
        logits.cross_entropy(labels, &CrossEntropy::default())
    }
}

/// A tag for every token: W·dropout(h_t) + b.
#[derive(Debug, Clone)]
pub struct ForTokenClassification<E: TextEncoder> {
    /// The encoder, without a pooler.
    pub encoder: E,
    /// W and b: `[labels, D]`.
    pub classifier: Linear,
    /// The probability with which a feature of a token is dropped in training.
    pub dropout: f64,
}

impl<E: TextEncoder> Module for ForTokenClassification<E> {
    parameters!([E::PREFIX] => encoder, classifier);
}

impl<E: TextEncoder> HeadedModel for ForTokenClassification<E> {
    type Encoder = E;
    const HEAD: &'static str = "ForTokenClassification";

    fn build(config: &E::Config, rng: &mut impl Rng) -> Self {
        let sizes = config.sizes();
        let encoder = E::build(config, false, rng);
        let classifier = Linear::new(sizes.hidden_size, config.head().num_labels(), rng);
        Self { encoder, classifier, dropout: sizes.token_dropout }
    }
}

impl<E: TextEncoder> ForTokenClassification<E> {
    /// A fresh model from `seed`, with the labels of the configuration.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &E::Config, seed: u64) -> Result<Self, ConfigError> {
        fresh(config, seed, Self::build)
    }

    /// Logits of the tags: `[B, T, labels]`.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> Tensor {
        let hidden = ctx.at(E::PREFIX, |ctx| self.encoder.states(inputs, None, ctx)); //          [B, T, D]
        let logits = self.classifier.forward(&Dropout::new(self.dropout).forward(&hidden, ctx)); // [B, T, labels]
        show!(ctx, "classifier", ["batch", "token", "label"], &logits);
        logits
    }

    /// The mean of −log p(tag) over the tokens whose label is not −100; logits `[B, T, labels]`, labels `[B, T]`.
    ///
    /// # Panics
    /// If labels and logits do not fit.
    #[track_caller]
    pub fn loss(logits: &Tensor, labels: &IntTensor) -> Tensor {
        token_loss(logits, labels)
    }
}
