//! A short training run on fresh batches.

use jumok_nn::{AdamW, AdamWConfig, Ctx, Module, Optimizer, Schedule, clip_grad_norm};
use jumok_tensor::Tensor;

/// How [`train`] goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingOptions {
    /// Steps.
    pub steps: u64,
    /// The learning rate at its highest: it rises to it in the first twentieth of the steps, then falls evenly to 0.
    pub learning_rate: f64,
    /// Dropout, where the model has any, draws from it.
    pub seed: u64,
}

/// Trains a model with AdamW on `loss(model, step, ctx)`, and passes number and loss of each step to `report`.
///
/// # Panics
/// If the loss does not depend on every parameter.
#[track_caller]
pub fn train<Model: Module>(
    model: &mut Model,
    options: &TrainingOptions,
    mut loss: impl FnMut(&Model, u64, &mut Ctx) -> Tensor,
    mut report: impl FnMut(u64, f64),
) {
    let &TrainingOptions { steps, learning_rate, seed } = options;
    let mut optimizer = AdamW::new(AdamWConfig::default()).expect("AdamW's usual settings are valid");
    let schedule = Schedule::Linear { lr: learning_rate, warmup_steps: steps / 20, total_steps: steps };
    for step in 0..steps {
        let loss = loss(model, step, &mut Ctx::seeded(seed, step, 0, true));
        report(step, loss.item());
        let mut gradients = loss.backward();
        drop(loss); // the graph shares the parameters, which are to change in place
        clip_grad_norm(model, &mut gradients, 1.0);
        optimizer.step(model, &gradients, schedule.lr(step)).expect("the loss depends on every parameter");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_nn::Linear;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn training_lowers_the_loss_and_reports_every_step() {
        let mut model = Linear::new(2, 1, &mut ChaCha8Rng::seed_from_u64(0));
        let options = TrainingOptions { steps: 60, learning_rate: 0.1, seed: 0 };
        let mut losses = vec![];
        let loss = |model: &Linear, _, _: &mut Ctx| {
            (model.forward(&Tensor::ones(&[3, 2])) - &Tensor::full(&[3, 1], 4.0)).pow_scalar(2.0).mean_all()
        };
        train(&mut model, &options, loss, |step, loss| losses.push((step, loss)));
        assert_eq!(losses.len(), 60);
        assert!(losses[59].0 == 59 && losses[59].1 < 0.05 * losses[0].1, "{losses:?}");
    }
}
