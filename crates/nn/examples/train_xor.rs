//! A training loop from start to end: a network of two layers learns exclusive or.
//!
//! Prints the loss as it falls, and what the network answers in the end. `cargo run --release -p jumok-nn --example train_xor`

use std::error::Error;

use jumok_nn::{
    Activation, AdamW, AdamWConfig, Ctx, Linear, Module, Optimizer, Schedule, Tensor, clip_grad_norm, parameters,
};

struct Network {
    hidden: Linear,
    output: Linear,
}

impl Module for Network {
    parameters!(hidden, output);
}

impl Network {
    /// `[batch, 2] -> [batch, 1]`, the logit of "true"
    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&Activation::Tanh.forward(&self.hidden.forward(x)))
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let x = Tensor::from_vec(vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], &[4, 2]);
    let target = Tensor::from_vec(vec![0.0, 1.0, 1.0, 0.0], &[4, 1]);

    let mut ctx = Ctx::train(7);
    let mut model = Network { hidden: Linear::new(2, 8, ctx.rng()), output: Linear::new(8, 1, ctx.rng()) };
    println!("{} parameters", model.parameter_count());

    let mut optimizer = AdamW::new(AdamWConfig::default())?;
    let schedule = Schedule::Linear { lr: 0.05, warmup_steps: 10, total_steps: 300 };
    for step in 0..300 {
        let lr = schedule.lr(step);
        let logits = model.forward(&x);
        let loss = logits.bce_with_logits(&target, None, None, jumok_tensor::Reduction::Mean);
        let mut grads = loss.backward();
        let norm = clip_grad_norm(&model, &mut grads, 1.0);
        if step % 50 == 0 {
            println!("step {step:3}   loss {:.4}   gradient norm {norm:.4}   lr {lr:.4}", loss.item());
        }
        drop((logits, loss)); // they hold the parameters, which are now to be changed in place
        optimizer.step(&mut model, &grads, lr)?;
    }

    let answers = model.forward(&x).sigmoid().to_vec();
    for (row, (answer, expected)) in x.to_vec().chunks(2).zip(answers.iter().zip(target.to_vec())) {
        println!("{} xor {} = {answer:.3}", row[0], row[1]);
        if (answer - expected).abs() > 0.1 {
            return Err(format!("the network did not learn that the answer is {expected}").into());
        }
    }
    Ok(())
}
