//! What slide S21 says the Transformer changed, on models that are trained for a few seconds.

use jumok_nn::{Ctx, Module};
use jumok_seq2seq::{CellKind, RecurrentLanguageModel};
use jumok_tensor::{IntTensor, Tensor, no_grad};
use jumok_transformer::causal::CausalLanguageModel;
use jumok_transformer::probe::{Recall, RecallBatch, TrainingOptions, attention_weights, train, without_heads};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const WIDTH: usize = 32;
const BATCH_SIZE: usize = 32;

fn trained<Model: Module>(
    mut model: Model,
    task: &Recall,
    steps: u64,
    logits: impl Fn(&Model, &IntTensor, &mut Ctx) -> Tensor,
) -> Model {
    let loss = |model: &Model, step, ctx: &mut Ctx| {
        let batch = task.batch_of_step(BATCH_SIZE, 0, step);
        batch.loss(&logits(model, &batch.input_ids, ctx))
    };
    train(&mut model, &TrainingOptions { steps, learning_rate: 3e-3, seed: 0 }, loss, |_, _| {});
    model
}

fn transformer(task: &Recall, steps: u64) -> CausalLanguageModel {
    let fresh = CausalLanguageModel::new(&task.transformer(WIDTH), &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
    trained(fresh, task, steps, CausalLanguageModel::forward)
}

fn held_out(task: &Recall) -> RecallBatch {
    task.batch_of_step(200, 0, u64::MAX)
}

/// S21c: both read the same texts as often; the Transformer looks up what the recurrent network would have to keep.
#[test]
fn a_transformer_recalls_what_a_recurrent_network_cannot_keep() {
    let task = Recall { names: 8, cards: 4, facts: 0 };
    let (batch, steps) = (held_out(&task), 600);
    let attentive = transformer(&task, steps);
    let fresh =
        RecurrentLanguageModel::new(CellKind::Gru, task.vocab_size(), WIDTH, 2, &mut ChaCha8Rng::seed_from_u64(0));
    let recurrent = trained(fresh, &task, steps, RecurrentLanguageModel::forward);
    let [by_attention, by_state] = no_grad(|| {
        let ctx = &mut Ctx::eval();
        [attentive.forward(&batch.input_ids, ctx), recurrent.forward(&batch.input_ids, ctx)]
            .map(|logits| batch.right_by_kind(&logits)[0])
    });
    assert!(by_attention > 0.9 && by_state < 0.7, "Transformer {by_attention}, GRU {by_state}");
    let far = batch.by_distance(&no_grad(|| attentive.forward(&batch.input_ids, &mut Ctx::eval())), 3);
    assert!(far.iter().all(|class| class.share() > 0.85), "at every distance: {far:?}");
}

/// S21d, erratum E17: the heads that look at the card are not those without which the answer is lost.
#[test]
fn where_a_head_looks_does_not_tell_what_it_is_needed_for() {
    const HEADS: [(usize, usize); 4] = [(0, 0), (0, 1), (1, 0), (1, 1)];
    let task = Recall { names: 8, cards: 4, facts: 4 };
    let (model, batch) = (transformer(&task, 600), held_out(&task));
    let right = |model: &CausalLanguageModel| {
        batch.right_by_kind(&no_grad(|| model.forward(&batch.input_ids, &mut Ctx::eval())))
    };
    let [new, by_heart] = right(&model);
    assert!(new > 0.9 && by_heart > 0.95, "{new} {by_heart}");
    let weights = no_grad(|| attention_weights(&model, &batch.input_ids));
    let heads: Vec<(f64, f64)> = HEADS
        .iter()
        .map(|&(layer, head)| {
            let looks = batch.looks_at_card(&weights[layer], head)[0];
            (looks, right(&without_heads(&model, &[(layer, head)]))[0])
        })
        .collect();
    assert!(heads.iter().any(|(looks, without)| *looks > 0.9 && *without > 0.8), "looks, and can be spared: {heads:?}");
    assert!(
        heads.iter().any(|(looks, without)| *looks < 0.3 && *without < 0.7),
        "looks elsewhere, and is needed: {heads:?}"
    );
    let [new, by_heart] = right(&without_heads(&model, &HEADS));
    assert!(new < 0.4 && by_heart > 0.9, "what is known by heart needs no head: {new} {by_heart}");
}
