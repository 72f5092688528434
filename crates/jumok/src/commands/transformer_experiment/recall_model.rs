//! What the experiments on recall share: a small Transformer for the task, and its training.

use jumok_nn::{Ctx, Module};
use jumok_tensor::{IntTensor, Tensor};
use jumok_training::ProgressStyle;
use jumok_transformer::causal::{CausalLanguageModel, LanguageModelConfigError};
use jumok_transformer::probe::{Recall, RecallBatch, RecallError};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::commands::seq2seq::short_run::{ShortRun, Trained};
use crate::{CommandError, Console};

/// Learning rate at its highest.
const LEARNING_RATE: f64 = 3e-3;

/// Whether there are such texts; which option is to blame if not.
pub(super) fn checked(task: &Recall) -> Result<(), CommandError> {
    task.validate().map_err(|error| match error {
        RecallError::Cards { cards, .. } => CommandError::option("--cards", cards, error.to_string()),
        RecallError::Facts { facts, .. } => CommandError::option("--facts", facts, error.to_string()),
    })
}

/// A fresh Transformer for the task.
pub(super) fn transformer(task: &Recall, width: usize, seed: u64) -> Result<CausalLanguageModel, CommandError> {
    let config = task.transformer(width);
    CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(seed)).map_err(|error| match error {
        LanguageModelConfigError::Field { ref rule, .. } => CommandError::option("--width", width, rule.clone()),
        error => error.into(),
    })
}

/// Trains a model of which `logits` are the answers.
pub(super) fn train<Model: Module + Sync>(
    model: &mut Model,
    logits: impl Fn(&Model, &IntTensor, &mut Ctx) -> Tensor + Sync,
    (task, batch_size, steps, seed): (&Recall, usize, u64, u64),
    progress: ProgressStyle,
    console: Console,
) -> Result<Trained, CommandError> {
    let run = ShortRun { steps, seed, lr: LEARNING_RATE, progress };
    let batch = |step| (task.batch_of_step(batch_size, seed, step), batch_size);
    let loss = |model: &Model, batch: &RecallBatch, rows: std::ops::Range<usize>, ctx: &mut Ctx| {
        let part = batch.rows(rows);
        let share = part.answers.len() as f64 / batch.answers.len() as f64;
        (part.loss(&logits(model, &part.input_ids, ctx)) * share, part.answers.len())
    };
    run.train(model, batch, loss, console)
}

/// Held-out texts: of another stream than any batch of the training.
pub(super) fn held_out(task: &Recall, texts: usize, seed: u64) -> RecallBatch {
    task.batch_of_step(texts, seed, u64::MAX)
}
