//! The heads of fine-tuning: one linear layer on the encoder for each shape of task (Devlin et al. 2019, figure 4; lecture, slide
//! S33). Fields are named as in Hugging Face's checkpoints.

use jumok_nn::{Ctx, Dropout, Init, Linear, Module, parameters, show};
use jumok_tensor::{IntTensor, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::{BertConfig, BertInputs, BertModel, ConfigError};

/// Draws every matrix from N(0, `initializer_range`²) and sets every bias to 0, as BERT does.
fn initialize(model: &mut impl Module, config: &BertConfig, rng: &mut ChaCha8Rng) {
    let normal = Init::Normal { mean: 0.0, std: config.initializer_range };
    model.visit_mut("", &mut |name, parameter| {
        if parameter.rank() > 1 {
            *parameter = normal.parameter(parameter.shape(), rng);
        } else if name.ends_with("bias") {
            *parameter = Init::Zeros.parameter(parameter.shape(), rng);
        }
    });
}

/// An encoder and a linear layer of `outputs` rows, all drawn from `seed`.
fn parts(config: &BertConfig, outputs: usize, seed: u64) -> Result<(BertModel, Linear, ChaCha8Rng), ConfigError> {
    config.validate()?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let bert = BertModel::new(config, &mut rng);
    let head = Linear::new(config.hidden_size, outputs, &mut rng);
    Ok((bert, head, rng))
}

/// (a, b) A class, or a number, for a sentence or a pair: W·dropout(pooled) + b.
#[derive(Debug, Clone)]
pub struct BertForSequenceClassification {
    /// The encoder.
    pub bert: BertModel,
    /// W and b: `[labels, D]`; one label is a number.
    pub classifier: Linear,
    /// The probability with which a feature of the summary is dropped in training.
    pub dropout: f64,
}

impl Module for BertForSequenceClassification {
    parameters!(bert, classifier);
}

impl BertForSequenceClassification {
    /// A fresh model from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &BertConfig, labels: usize, seed: u64) -> Result<Self, ConfigError> {
        let (bert, classifier, mut rng) = parts(config, labels, seed)?;
        let mut model = Self { bert, classifier, dropout: config.hidden_dropout_prob };
        initialize(&mut model, config, &mut rng);
        Ok(model)
    }

    /// Logits of the labels: `[B, labels]`.
    ///
    /// # Panics
    /// As [`BertModel::forward`].
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> Tensor {
        let nowhere = IntTensor::from_vec(vec![], &[0]);
        let pooled = ctx.at("bert", |ctx| self.bert.forward_rows(inputs, &nowhere, ctx)).pooler_output; // [B, D]
        let logits = self.classifier.forward(&Dropout::new(self.dropout).forward(&pooled, ctx)); //    [B, labels]
        show!(ctx, "classifier", ["batch", "label"], &logits);
        logits
    }
}

/// (a) Which of several continuations fits: one number for each, w·dropout(pooled) + b.
#[derive(Debug, Clone)]
pub struct BertForMultipleChoice {
    /// The encoder.
    pub bert: BertModel,
    /// w and b: `[1, D]`.
    pub classifier: Linear,
    /// The probability with which a feature of the summary is dropped in training.
    pub dropout: f64,
}

impl Module for BertForMultipleChoice {
    parameters!(bert, classifier);
}

impl BertForMultipleChoice {
    /// A fresh model from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &BertConfig, seed: u64) -> Result<Self, ConfigError> {
        let (bert, classifier, mut rng) = parts(config, 1, seed)?;
        let mut model = Self { bert, classifier, dropout: config.hidden_dropout_prob };
        initialize(&mut model, config, &mut rng);
        Ok(model)
    }

    /// Logits of the choices: `[B, choices]`, of inputs `[B·choices, T]`, the choices of an example one after the other.
    ///
    /// # Panics
    /// As [`BertModel::forward`], and if the rows are no multiple of `choices`.
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, choices: usize, ctx: &mut Ctx) -> Tensor {
        let [rows, _] = inputs.input_ids.dims();
        assert!(
            choices > 0 && rows % choices == 0,
            "BertForMultipleChoice: {rows} rows are not {choices} choices each"
        );
        let nowhere = IntTensor::from_vec(vec![], &[0]);
        let pooled = ctx.at("bert", |ctx| self.bert.forward_rows(inputs, &nowhere, ctx)).pooler_output; // [B·choices, D]
        let scores = self.classifier.forward(&Dropout::new(self.dropout).forward(&pooled, ctx)); //     [B·choices, 1]
        let logits = scores.reshape(&[(rows / choices) as isize, choices as isize]); //                 [B, choices]
        show!(ctx, "classifier", ["batch", "choice"], &logits);
        logits
    }
}

/// (d) A tag for every token: W·dropout(h_t) + b.
#[derive(Debug, Clone)]
pub struct BertForTokenClassification {
    /// The encoder.
    pub bert: BertModel,
    /// W and b: `[tags, D]`.
    pub classifier: Linear,
    /// The probability with which a feature of a token is dropped in training.
    pub dropout: f64,
}

impl Module for BertForTokenClassification {
    // The pooler belongs to the summary of a sequence, which this head does not read.
    parameters!(bert.embeddings, bert.encoder, classifier);
}

impl BertForTokenClassification {
    /// A fresh model from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &BertConfig, tags: usize, seed: u64) -> Result<Self, ConfigError> {
        let (bert, classifier, mut rng) = parts(config, tags, seed)?;
        let mut model = Self { bert, classifier, dropout: config.hidden_dropout_prob };
        initialize(&mut model, config, &mut rng);
        Ok(model)
    }

    /// Logits of the tags: `[B, T, tags]`.
    ///
    /// # Panics
    /// As [`BertModel::forward`].
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> Tensor {
        let hidden = ctx.at("bert", |ctx| self.bert.forward(inputs, ctx)).last_hidden_state; //      [B, T, D]
        let logits = self.classifier.forward(&Dropout::new(self.dropout).forward(&hidden, ctx)); // [B, T, tags]
        show!(ctx, "classifier", ["batch", "token", "tag"], &logits);
        logits
    }
}

/// (c) Where the answer begins and ends: two numbers for every token, W·h_t + b.
#[derive(Debug, Clone)]
pub struct BertForQuestionAnswering {
    /// The encoder.
    pub bert: BertModel,
    /// W and b: `[2, D]`; row 0 is for the beginning, row 1 for the end.
    pub qa_outputs: Linear,
}

impl Module for BertForQuestionAnswering {
    // As above.
    parameters!(bert.embeddings, bert.encoder, qa_outputs);
}

impl BertForQuestionAnswering {
    /// A fresh model from `seed`.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &BertConfig, seed: u64) -> Result<Self, ConfigError> {
        let (bert, qa_outputs, mut rng) = parts(config, 2, seed)?;
        let mut model = Self { bert, qa_outputs };
        initialize(&mut model, config, &mut rng);
        Ok(model)
    }

    /// Logits of the first and of the last token of the answer: `[B, T]` each.
    ///
    /// # Panics
    /// As [`BertModel::forward`].
    #[track_caller]
    pub fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> [Tensor; 2] {
        let hidden = ctx.at("bert", |ctx| self.bert.forward(inputs, ctx)).last_hidden_state; // [B, T, D]
        let both = self.qa_outputs.forward(&hidden); //                                      [B, T, 2]
        show!(ctx, "qa_outputs", ["batch", "token", "end"], &both);
        [both.select(2, 0), both.select(2, 1)]
    }
}
