//! Products and single operations.

use jumok_nn::{AdamW, AdamWConfig, Init, Optimizer};
use jumok_tensor::{Array, CrossEntropy, Gradients, Tensor, no_grad};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::clock::Clock;
use super::report::Measurement;
use super::{CommandError, SEED, random_ids};
use crate::cli::BenchArgs;

/// A step to be timed.
pub(super) type Step = Box<dyn FnMut() -> Result<(), CommandError>>;

/// Measures the operations whose name contains the word of `--only`.
pub(super) struct Chosen<'a> {
    args: &'a BenchArgs,
    clock: Clock,
    out: &'a mut dyn FnMut(Measurement),
    names: Vec<String>,
    measured: bool,
}

impl<'a> Chosen<'a> {
    pub(super) fn new(args: &'a BenchArgs, clock: Clock, out: &'a mut dyn FnMut(Measurement)) -> Self {
        Self { args, clock, out, names: vec![], measured: false }
    }

    /// Measures the step that `prepare` makes, if its name is wanted.
    pub(super) fn operation(
        &mut self,
        name: &str,
        multiply_adds: Option<usize>,
        prepare: impl FnOnce() -> Step,
    ) -> Result<(), CommandError> {
        self.names.push(name.to_owned());
        if self.args.only.as_ref().is_some_and(|word| !name.contains(word.as_str())) {
            return Ok(());
        }
        self.measured = true;
        let timing = self.clock.time(prepare())?;
        let measurement = Measurement::timed(name, &timing, 0);
        (self.out)(match multiply_adds {
            Some(work) => measurement.rate(work, &timing).share_of_peak(self.args),
            None => measurement,
        });
        Ok(())
    }

    /// An error if nothing was measured.
    pub(super) fn finish(self) -> Result<(), CommandError> {
        match &self.args.only {
            Some(word) if !self.measured => {
                let rule = format!("it is part of none of these names: {}", self.names.join("; "));
                Err(CommandError::option("--only", word, rule))
            }
            _ => Ok(()),
        }
    }
}

/// Numbers from N(0, 1).
fn normal(shape: &[usize], rng: &mut ChaCha8Rng) -> Tensor {
    Init::Normal { mean: 0.0, std: 1.0 }.parameter(shape, rng)
}

/// A step that computes `forward` and, from a fixed upstream gradient, the gradients of all its leaves.
pub(super) fn forward_and_backward(forward: impl Fn() -> Tensor + 'static, rng: &mut ChaCha8Rng) -> Step {
    let upstream = normal(forward().shape(), rng).array().clone();
    Box::new(move || {
        forward().backward_from(upstream.clone());
        Ok(())
    })
}

/// A step that multiplies `a` and `b`.
fn product(a: Tensor, b: Tensor) -> Step {
    Box::new(move || {
        no_grad(|| a.matmul(&b));
        Ok(())
    })
}

/// A product as it occurs in W1: m, k, n, and which factors are transposed.
const W1_PRODUCTS: [(&str, [usize; 3], bool, bool); 7] = [
    ("W1 qkv fwd 4096x128x384 NT", [4096, 128, 384], false, true),
    ("W1 up fwd 4096x128x512 NT", [4096, 128, 512], false, true),
    ("W1 down fwd 4096x512x128 NT", [4096, 512, 128], false, true),
    ("W1 up dW 512x4096x128 TN", [512, 4096, 128], true, false),
    ("W1 head fwd 608x128x8192 NT", [608, 128, 8192], false, true),
    ("W1 head dW 8192x608x128 TN", [8192, 608, 128], true, false),
    ("W1 head dX 608x8192x128 NN", [608, 8192, 128], false, false),
];

/// All of them in turn.
///
/// # Errors
/// If no name contains the word of `--only`.
pub(super) fn measure(args: &BenchArgs, clock: Clock, out: &mut dyn FnMut(Measurement)) -> Result<(), CommandError> {
    let mut chosen = Chosen::new(args, clock, out);
    let rng = &mut ChaCha8Rng::seed_from_u64(SEED);
    for n in [128, 256, 512, 1024, 2048] {
        chosen.operation(&format!("sgemm {n}"), Some(n * n * n), || {
            product(normal(&[n, n], rng), normal(&[n, n], rng))
        })?;
    }
    for (name, [m, k, n], a_transposed, b_transposed) in W1_PRODUCTS {
        chosen.operation(name, Some(m * k * n), || {
            let mut factor = |rows, columns, transposed| match transposed {
                true => normal(&[columns, rows], rng).transpose(0, 1),
                false => normal(&[rows, columns], rng),
            };
            product(factor(m, k, a_transposed), factor(k, n, b_transposed))
        })?;
    }
    chosen.operation("bmm 64x(128x64x128)", Some(64 * 128 * 64 * 128), || {
        product(normal(&[64, 128, 64], rng), normal(&[64, 64, 128], rng))
    })?;
    chosen.operation("softmax 4096x512 fwd+bwd", None, || {
        let x = normal(&[4096, 512], rng);
        forward_and_backward(move || x.softmax(-1), rng)
    })?;
    chosen.operation("layernorm 4096x256 fwd+bwd", None, || {
        let (x, weight) = (normal(&[4096, 256], rng), Tensor::parameter(Array::ones(&[256])));
        let bias = Tensor::parameter(Array::zeros(&[256]));
        forward_and_backward(move || x.layer_norm(&[256], Some(&weight), Some(&bias), 1e-5), rng)
    })?;
    chosen.operation("gelu 4096x1024 fwd+bwd", None, || {
        let x = normal(&[4096, 1024], rng);
        forward_and_backward(move || x.gelu(), rng)
    })?;
    chosen.operation("gelu-tanh 4096x1024 fwd+bwd", None, || {
        let x = normal(&[4096, 1024], rng);
        forward_and_backward(move || x.gelu_tanh(), rng)
    })?;
    chosen.operation("cross-entropy 1024x8192 fwd+bwd", None, || {
        let (logits, targets) = (normal(&[1024, 8192], rng), random_ids(rng, &[1024], 8192));
        forward_and_backward(move || logits.cross_entropy(&targets, &CrossEntropy::default()), rng)
    })?;
    chosen.operation("embedding 8192x256, 4096 ids fwd+bwd", None, || {
        let (table, ids) = (normal(&[8192, 256], rng), random_ids(rng, &[4096], 8192));
        forward_and_backward(move || table.embedding(&ids, None), rng)
    })?;
    let optimizer = AdamW::new(AdamWConfig::default())?;
    chosen.operation("adamw 4M params", None, || adamw(optimizer, rng))?;
    chosen.finish()
}

/// A step of the optimizer over 16 matrices.
fn adamw(mut optimizer: AdamW, rng: &mut ChaCha8Rng) -> Step {
    let mut model: Vec<Tensor> = (0..16).map(|_| normal(&[512, 512], rng)).collect();
    let mut gradients = Gradients::new();
    for parameter in &model {
        gradients.insert(parameter, normal(&[512, 512], rng).array().clone());
    }
    Box::new(move || Ok(optimizer.step(&mut model, &gradients, 1e-3)?))
}
