//! What travels through every forward pass: mode, randomness and the recorder.

use std::panic::Location;

use jumok_tensor::{Gradients, Tensor};
use rand::rngs::ChaCha8Rng;

use crate::keyed_rng;

/// The context of one forward pass.
///
/// It says whether dropout is on (training) or off (evaluation), where random numbers come from, and whether the values
/// that the model names on its way are kept. There is no global switch and no global generator: who calls `forward`
/// decides, and two threads never share a context.
///
/// ```
/// use jumok_nn::{Ctx, Tensor};
///
/// let mut ctx = Ctx::eval().recording();
/// let x = Tensor::ones(&[2, 3]);
/// ctx.at_index("layer", 0, |ctx| ctx.at("attention", |ctx| ctx.show("scores", ["query", "key"], &x)));
///
/// let records = ctx.take_records();
/// assert_eq!(records[0].path, "layer.0.attention.scores");
/// assert_eq!(records[0].axes, ["query", "key"]);
/// ```
#[derive(Debug)]
pub struct Ctx {
    training: bool,
    rng: ChaCha8Rng,
    recorder: Option<Recorder>,
}

#[derive(Debug, Default)]
struct Recorder {
    path: Vec<(&'static str, Option<usize>)>,
    records: Vec<Record>,
}

/// A value that a model computed on its way, under the name that the model gave it.
#[derive(Clone, Debug)]
pub struct Record {
    /// Where in the model: the parameter path of the part, then the value's name, such as
    /// `encoder.layer.0.attention.self.scores`.
    pub path: String,
    /// The name of every axis, such as `["head", "query", "key"]`.
    pub axes: Vec<&'static str>,
    /// The value itself; it is part of the graph, so its gradient can be asked for ([`backward_with_records`]).
    pub value: Tensor,
    /// The line of the source that showed it, which is where it is computed.
    pub location: &'static Location<'static>,
}

impl Ctx {
    /// A training pass: dropout is on and draws from `seed`.
    pub fn train(seed: u64) -> Self {
        Self::seeded(seed, 0, 0, true)
    }

    /// An evaluation pass: dropout is off.
    pub fn eval() -> Self {
        Self::seeded(0, 0, 0, false)
    }

    /// A pass whose random numbers depend on nothing but the three numbers: the same in every run, on every thread, and in
    /// a run that was interrupted and taken up again.
    ///
    /// The numbers are the 256-bit key of the generator, so different ones give independent sequences.
    pub fn seeded(seed: u64, step: u64, shard: u64, training: bool) -> Self {
        Self { training, rng: keyed_rng([seed, step, shard]), recorder: None }
    }

    /// Switches the recorder on.
    pub fn recording(mut self) -> Self {
        self.recorder = Some(Recorder::default());
        self
    }

    /// Whether this is a training pass.
    pub fn is_training(&self) -> bool {
        self.training
    }

    /// Whether the recorder is on.
    pub fn is_recording(&self) -> bool {
        self.recorder.is_some()
    }

    /// The random numbers of this pass.
    pub fn rng(&mut self) -> &mut ChaCha8Rng {
        &mut self.rng
    }

    /// Runs `f` inside the part `name` of the model: what it shows gets `name` into its path.
    pub fn at<R>(&mut self, name: &'static str, f: impl FnOnce(&mut Ctx) -> R) -> R {
        self.inside((name, None), f)
    }

    /// Runs `f` inside the part `index` of the list `name`: `at_index("layer", 0, …)` adds `layer.0` to the path.
    pub fn at_index<R>(&mut self, name: &'static str, index: usize, f: impl FnOnce(&mut Ctx) -> R) -> R {
        self.inside((name, Some(index)), f)
    }

    fn inside<R>(&mut self, segment: (&'static str, Option<usize>), f: impl FnOnce(&mut Ctx) -> R) -> R {
        let Some(recorder) = &mut self.recorder else { return f(self) };
        let depth = recorder.path.len();
        recorder.path.push(segment);
        let result = f(self);
        // Records may have been taken inside, and with them a new path begun; never cut below it.
        if let Some(recorder) = &mut self.recorder {
            recorder.path.truncate(depth);
        }
        result
    }

    /// Records `value` under the current path and `name`, if the recorder is on. Costs one branch otherwise.
    ///
    /// In a function that is `#[track_caller]`, [`show!`](crate::show) tells the right line.
    ///
    /// # Panics
    /// If the recorder is on and the rank of `value` is not the number of axes.
    #[track_caller]
    pub fn show<const N: usize>(&mut self, name: &'static str, axes: [&'static str; N], value: &Tensor) {
        let Some(recorder) = &mut self.recorder else { return };
        let path = recorder.path_of(name);
        assert!(
            value.rank() == N,
            "show: shape {:?} of {path:?} does not fit: need the {N} axes {axes:?}",
            value.shape()
        );
        let location = Location::caller();
        recorder.records.push(Record { path, axes: axes.to_vec(), value: value.clone(), location });
    }

    /// Takes what was recorded so far, in the order in which it was computed; the recorder stays on.
    pub fn take_records(&mut self) -> Vec<Record> {
        self.recorder.as_mut().map(|recorder| std::mem::take(&mut recorder.records)).unwrap_or_default()
    }
}

impl Recorder {
    fn path_of(&self, name: &str) -> String {
        let mut path = String::new();
        for (part, index) in &self.path {
            path.push_str(part);
            if let Some(index) = index {
                path.push_str(&format!(".{index}"));
            }
            path.push('.');
        }
        path + name
    }
}

/// [`Ctx::show`] at this very line: `show!(ctx, "scores", ["query", "key"], &scores)`.
///
/// A function that is `#[track_caller]`, as nearly every forward is, passes its caller's line on to what it calls. With the
/// method, a value would seem to be computed where the model was called; with the macro it is computed here.
///
/// ```
/// use jumok_nn::{Ctx, Tensor, show};
///
/// #[track_caller]
/// fn forward(x: &Tensor, ctx: &mut Ctx) -> Tensor {
///     let y = x * 2.0;
///     show!(ctx, "y", ["feature"], &y);
///     y
/// }
/// let mut ctx = Ctx::eval().recording();
/// forward(&Tensor::ones(&[3]), &mut ctx);
/// let line = ctx.take_records()[0].location.line();
/// assert_ne!(line, std::panic::Location::caller().line());
/// ```
#[macro_export]
macro_rules! show {
    ($ctx:expr, $name:expr, $axes:expr, $value:expr $(,)?) => {
        // A closure does not pass on a caller.
        (|ctx: &mut $crate::Ctx| ctx.show($name, $axes, $value))($ctx)
    };
}

/// ∂loss/∂parameter as [`Tensor::backward`], and ∂loss/∂value for every recorded value that the loss depends on:
/// `grads.get(&record.value)`.
///
/// # Panics
/// If `loss` is not a single number.
#[track_caller]
pub fn backward_with_records(loss: &Tensor, records: &[Record]) -> Gradients {
    let values: Vec<&Tensor> = records.iter().map(|record| &record.value).collect();
    loss.backward_keeping(&values)
}

#[cfg(test)]
mod tests {
    use jumok_tensor::Array;
    use rand::Rng;

    use super::*;

    fn draw(mut ctx: Ctx) -> [u64; 4] {
        std::array::from_fn(|_| ctx.rng().next_u64())
    }

    #[test]
    fn random_numbers_depend_on_seed_step_and_shard_alone() {
        assert_eq!(draw(Ctx::seeded(1, 2, 3, true)), draw(Ctx::seeded(1, 2, 3, false)));
        let others = [(0, 2, 3), (1, 0, 3), (1, 2, 0), (3, 2, 1), (2, 1, 3)];
        for (seed, step, shard) in others {
            assert_ne!(draw(Ctx::seeded(1, 2, 3, true)), draw(Ctx::seeded(seed, step, shard, true)));
        }
        assert_eq!(draw(Ctx::train(7)), draw(Ctx::seeded(7, 0, 0, true)));
    }

    #[test]
    fn records_carry_the_path_of_the_part_that_made_them() {
        let mut ctx = Ctx::train(0).recording();
        let x = Tensor::zeros(&[1, 2]);
        ctx.show("input", ["batch", "feature"], &x);
        let answer = ctx.at("encoder", |ctx| {
            for layer in 0..2 {
                ctx.at_index("layer", layer, |ctx| ctx.show("hidden", ["batch", "feature"], &x));
            }
            ctx.show("output", ["batch", "feature"], &x);
            42
        });
        assert_eq!(answer, 42);
        let paths: Vec<String> = ctx.take_records().into_iter().map(|record| record.path).collect();
        assert_eq!(paths, ["input", "encoder.layer.0.hidden", "encoder.layer.1.hidden", "encoder.output"]);
        assert!(ctx.take_records().is_empty() && ctx.is_recording());
    }

    #[test]
    fn records_know_where_they_were_made() {
        let mut ctx = Ctx::eval().recording();
        ctx.at("part", |ctx| ctx.show("x", ["feature"], &Tensor::zeros(&[1])));
        let location = ctx.take_records()[0].location;
        assert!(location.file().ends_with("ctx.rs"), "{location}");
        assert_eq!(location.line(), line!() - 3);

        #[track_caller]
        fn tracked(ctx: &mut Ctx) -> u32 {
            show!(ctx, "y", ["feature"], &Tensor::zeros(&[1]));
            line!() - 1
        }
        let line = tracked(&mut ctx);
        assert_eq!(ctx.take_records()[0].location.line(), line);
    }

    #[test]
    fn nothing_is_recorded_when_the_recorder_is_off() {
        let mut ctx = Ctx::eval();
        ctx.at("part", |ctx| ctx.show("x", ["wrong", "number", "of", "axes"], &Tensor::zeros(&[1])));
        assert!(!ctx.is_recording() && !ctx.is_training() && ctx.take_records().is_empty());
    }

    #[test]
    #[should_panic(expected = "show: shape [2] of \"part.x\" does not fit: need the 2 axes")]
    fn the_axes_must_name_every_axis() {
        let mut ctx = Ctx::eval().recording();
        ctx.at("part", |ctx| ctx.show("x", ["a", "b"], &Tensor::zeros(&[2])));
    }

    #[test]
    fn gradients_reach_the_recorded_places() {
        let mut ctx = Ctx::eval().recording();
        let x = Tensor::parameter(Array::from_vec(vec![2.0, 3.0], &[2]));
        let squares = &x * &x;
        ctx.show("squares", ["feature"], &squares);
        let loss = (&squares * &squares).sum_all(); // Σ x⁴
        let records = ctx.take_records();
        let grads = backward_with_records(&loss, &records);
        assert_eq!(grads.get(&records[0].value).unwrap().to_vec(), [8.0, 18.0]); // 2x²
        assert_eq!(grads.get(&x).unwrap().to_vec(), [32.0, 108.0]); // 4x³
    }
}
