//! A recurrent network over whole sequences: `nn.RNN`, `nn.GRU` and `nn.LSTM`.
//!
//! The state is read left to right and, in a bidirectional network, by a second cell right to left; a word's output is both
//! states side by side, so that it knows what stands before and behind it. A second layer reads the outputs of the first.
//!
//! Letters used for shapes: `B` batch, `T` time, `I` input size, `H` hidden size, `N` directions (1 or 2), `L` layers.

use jumok_nn::{Ctx, Dropout, Module, join, show};
use jumok_tensor::{BoolTensor, Tensor};
use rand::Rng;

use crate::{Cell, CellKind, State};

/// The sizes and choices of a [`Recurrent`] network, named as PyTorch's arguments.
#[derive(Debug, Clone, PartialEq)]
pub struct RecurrentConfig {
    /// Which equations.
    pub kind: CellKind,
    /// I, the width of an input.
    pub input_size: usize,
    /// H, the width of the state.
    pub hidden_size: usize,
    /// L, the number of layers.
    pub num_layers: usize,
    /// Whether every layer also reads right to left.
    pub bidirectional: bool,
    /// Whether the cells have biases.
    pub bias: bool,
    /// The probability with which a number is dropped between two layers in training.
    pub dropout: f64,
}

impl RecurrentConfig {
    /// One layer that reads left to right, with biases.
    pub fn new(kind: CellKind, input_size: usize, hidden_size: usize) -> Self {
        Self { kind, input_size, hidden_size, num_layers: 1, bidirectional: false, bias: true, dropout: 0.0 }
    }

    /// N, in how many directions a layer reads.
    pub fn directions(&self) -> usize {
        if self.bidirectional { 2 } else { 1 }
    }
}

/// Layers of cells. Parameters are named as in PyTorch: `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`, then
/// `…_l0_reverse`, then `…_l1`, and so on.
#[derive(Debug, Clone)]
pub struct Recurrent {
    /// The cells, layer by layer: one a direction.
    pub layers: Vec<Vec<Cell>>,
    /// The probability with which a number is dropped between two layers in training.
    pub dropout: f64,
}

/// The names under which a layer's cells show their states.
const DIRECTIONS: [&str; 2] = ["forward", "reverse"];

/// What a recurrent network gives back.
#[derive(Debug, Clone)]
pub struct RecurrentOutput {
    /// The states of the last layer at every step, both directions side by side: `[B, T, N·H]`, 0 at padding.
    pub output: Tensor,
    /// The last state of every layer and direction, `[L·N, B, H]`, in the order of the cells. Left to right that is the state
    /// after the last real step, right to left the state after the first.
    pub state: State,
}

/// `weight_ih_l0_reverse`: the name of a cell's parameter in layer `layer`.
fn name_of(parameter: &str, layer: usize, direction: usize) -> String {
    let reverse = if direction == 0 { "" } else { "_reverse" };
    format!("{parameter}_l{layer}{reverse}")
}

impl Module for Recurrent {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        for (layer, cells) in self.layers.iter().enumerate() {
            for (direction, cell) in cells.iter().enumerate() {
                cell.visit("", &mut |name, tensor| f(&join(path, &name_of(name, layer, direction)), tensor));
            }
        }
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        for (layer, cells) in self.layers.iter_mut().enumerate() {
            for (direction, cell) in cells.iter_mut().enumerate() {
                cell.visit_mut("", &mut |name, tensor| f(&join(path, &name_of(name, layer, direction)), tensor));
            }
        }
    }
}

impl Recurrent {
    /// Cells with PyTorch's initialisation, uniform in ±1/√H.
    ///
    /// # Panics
    /// If there is no layer.
    #[track_caller]
    pub fn new(config: &RecurrentConfig, rng: &mut impl Rng) -> Self {
        assert!(config.num_layers > 0, "Recurrent: need at least one layer");
        let directions = config.directions();
        let layer = |layer: usize| {
            let width = if layer == 0 { config.input_size } else { directions * config.hidden_size };
            (0..directions).map(|_| Cell::new(config.kind, width, config.hidden_size, config.bias, rng)).collect()
        };
        Self { layers: (0..config.num_layers).map(layer).collect(), dropout: config.dropout }
    }

    /// All states for inputs x `[B, T, I]`.
    ///
    /// `lengths` says how many steps of each sequence are real; what follows is padding, changes no state, and gets outputs of
    /// 0. The right-to-left cells begin at the last real step. `initial` holds the states to begin with, `[L·N, B, H]`; without
    /// it they are 0.
    ///
    /// # Panics
    /// If the shapes do not fit, or a length is more than T.
    #[track_caller]
    pub fn forward(
        &self,
        x: &Tensor,
        lengths: Option<&[usize]>,
        initial: Option<&State>,
        ctx: &mut Ctx,
    ) -> RecurrentOutput {
        let [batch, time, _] = x.dims();
        let real = RealSteps::new(batch, time, lengths);
        let mut output = x.clone();
        let mut last: Vec<State> = Vec::new();
        for (layer, cells) in self.layers.iter().enumerate() {
            if layer > 0 {
                output = Dropout::new(self.dropout).forward(&output, ctx);
            }
            let mut sides: Vec<Tensor> = Vec::new();
            for (direction, cell) in cells.iter().enumerate() {
                let number = last.len() as isize;
                let first = initial.map_or_else(|| cell.zero_state(batch), |all| all.map(|s| s.select(0, number)));
                let (states, state) = run(cell, (layer, direction), &output, &first, &real, ctx); // [B, T, H], [B, H]
                sides.push(states);
                last.push(state);
            }
            output = match &sides[..] {
                [one] => one.clone(),
                both => Tensor::concat(&both.iter().collect::<Vec<_>>(), -1), //            [B, T, N·H]
            };
        }
        let stacked = |part: fn(&State) -> Option<&Tensor>| {
            let parts: Option<Vec<&Tensor>> = last.iter().map(part).collect();
            parts.map(|parts| Tensor::stack(&parts, 0)) //                                 [L·N, B, H]
        };
        let h = stacked(|state| Some(&state.h)).expect("every state has an h");
        RecurrentOutput { output, state: State { h, c: stacked(|state| state.c.as_ref()) } }
    }
}

/// The cell of a layer and direction over all steps of x `[B, T, I]`: its states `[B, T, H]`, and the last one. Shows h of every
/// step, with which the next step goes on.
#[track_caller]
fn run(
    cell: &Cell,
    (layer, direction): (usize, usize),
    x: &Tensor,
    first: &State,
    real: &RealSteps,
    ctx: &mut Ctx,
) -> (Tensor, State) {
    let reverse = direction == 1;
    let [batch, time, _] = x.dims();
    let gates = cell.input_gates(x); //                                      [B, T, G·H], one product for all steps
    let mut state = first.clone();
    let mut states: Vec<Tensor> = Vec::with_capacity(time);
    for n in 0..time {
        let t = if reverse { time - 1 - n } else { n };
        let next = cell.step(&gates.select(1, t as isize), &state); //       [B, H]
        let output = match real.at(t) {
            None => {
                state = next;
                state.h.clone()
            }
            // A sequence that has ended, or read backward has not begun, keeps the state it has.
            Some(real) => {
                state = next.zip(&state, |next, kept| Tensor::select_where(&real, next, kept));
                state.h.masked_fill(&real.not(), 0.0)
            }
        };
        ctx.at_index("layer", layer, |ctx| {
            ctx.at(DIRECTIONS[direction], |ctx| {
                ctx.at_index("step", t, |ctx| show!(ctx, "state", ["batch", "feature"], &state.h));
            });
        });
        states.push(output);
    }
    if reverse {
        states.reverse();
    }
    let states = match time {
        0 => Tensor::zeros(&[batch, 0, cell.hidden_size()]),
        _ => Tensor::stack(&states.iter().collect::<Vec<_>>(), 1), //         [B, T, H]
    };
    (states, state)
}

/// Which steps of which sequence are no padding.
struct RealSteps {
    lengths: Vec<usize>,
}

impl RealSteps {
    #[track_caller]
    fn new(batch: usize, time: usize, lengths: Option<&[usize]>) -> Self {
        let lengths = lengths.map_or_else(|| vec![time; batch], <[usize]>::to_vec);
        assert!(
            lengths.len() == batch && lengths.iter().all(|&length| length <= time),
            "Recurrent: lengths {lengths:?} do not fit {batch} sequences of {time} steps: need one of at most {time} each"
        );
        Self { lengths }
    }

    /// `[B, 1]`, true where step t is real; `None` if it is for all.
    fn at(&self, t: usize) -> Option<BoolTensor> {
        if self.lengths.iter().all(|&length| t < length) {
            return None;
        }
        let real = self.lengths.iter().map(|&length| t < length).collect();
        Some(BoolTensor::from_vec(real, &[self.lengths.len(), 1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{Array, Elem, GradCheck, gradcheck};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    const KINDS: [CellKind; 4] = [CellKind::RnnTanh, CellKind::RnnRelu, CellKind::Gru, CellKind::Lstm];

    fn values(shape: &[usize]) -> Tensor {
        let count: usize = shape.iter().product();
        Tensor::from_vec((0..count).map(|i| ((i * 31) % 19) as Elem / 12.0 - 0.7).collect(), shape)
    }

    fn network(kind: CellKind, num_layers: usize, bidirectional: bool) -> Recurrent {
        let config = RecurrentConfig { num_layers, bidirectional, ..RecurrentConfig::new(kind, 3, 2) };
        Recurrent::new(&config, &mut ChaCha8Rng::seed_from_u64(5))
    }

    fn assert_close(a: &Tensor, b: &Tensor) {
        assert_eq!(a.shape(), b.shape());
        a.to_vec().iter().zip(b.to_vec()).for_each(|(a, b)| assert!((a - b).abs() < 1e-6, "{a} {b}"));
    }

    #[test]
    fn padding_changes_nothing() {
        for kind in KINDS {
            let network = network(kind, 2, true);
            let x = values(&[2, 5, 3]);
            let padded = network.forward(&x, Some(&[3, 5]), None, &mut Ctx::eval());
            let short = network.forward(&x.narrow(0, 0, 1).narrow(1, 0, 3), None, None, &mut Ctx::eval());
            let long = network.forward(&x.narrow(0, 1, 1), None, None, &mut Ctx::eval());
            assert_close(&padded.output.narrow(0, 0, 1).narrow(1, 0, 3), &short.output);
            assert_close(&padded.output.narrow(0, 1, 1), &long.output);
            assert_close(&padded.state.h, &Tensor::concat(&[&short.state.h, &long.state.h], 1));
            assert_eq!(padded.output.narrow(0, 0, 1).narrow(1, 3, 2).to_vec(), [0.0; 8]);
            // What stands at the padding is not read at all.
            let noise = Tensor::full(&[1, 2, 3], 7.0);
            let first = Tensor::concat(&[&x.narrow(0, 0, 1).narrow(1, 0, 3), &noise], 1);
            let other = Tensor::concat(&[&first, &x.narrow(0, 1, 1)], 0);
            let noisy = network.forward(&other, Some(&[3, 5]), None, &mut Ctx::eval());
            assert_eq!(noisy.output.to_vec(), padded.output.to_vec());
        }
    }

    #[test]
    fn a_whole_run_is_its_derivative() {
        for kind in [CellKind::Gru, CellKind::Lstm] {
            let network = network(kind, 2, true);
            let initial = values(&[4, 2, 2]);
            let run = |i: &[Tensor]| {
                let initial = State { h: i[1].clone(), c: kind.has_memory().then(|| i[1].clone()) };
                let run = network.forward(&i[0], Some(&[2, 3]), Some(&initial), &mut Ctx::eval());
                Tensor::concat(&[&run.output.flatten(0, -1), &run.state.h.flatten(0, -1)], 0)
            };
            let inputs = [values(&[2, 3, 3]).array().clone(), initial.array().clone()];
            gradcheck(run, &inputs, &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn the_backward_direction_is_the_forward_one_on_the_reversed_sequence() {
        let both = network(CellKind::Gru, 1, true);
        let backward = Recurrent { layers: vec![vec![both.layers[0][1].clone()]], dropout: 0.0 };
        let x = values(&[2, 4, 3]);
        let alone = backward.forward(&x.flip(&[1]), None, None, &mut Ctx::eval());
        let together = both.forward(&x, None, None, &mut Ctx::eval());
        assert_close(&together.output.narrow(2, 2, 2), &alone.output.flip(&[1]));
        assert_close(&together.state.h.select(0, 1), &alone.state.h.select(0, 0));
    }

    #[test]
    fn dropout_acts_between_layers_and_only_in_training() {
        let drop = |layers| Recurrent { dropout: 0.5, ..network(CellKind::Gru, layers, false) };
        let x = values(&[2, 4, 3]);
        let run = |network: &Recurrent, mut ctx: Ctx| network.forward(&x, None, None, &mut ctx).output.to_vec();
        assert_eq!(run(&drop(1), Ctx::train(1)), run(&drop(1), Ctx::eval()));
        assert_ne!(run(&drop(2), Ctx::train(1)), run(&drop(2), Ctx::eval()));
        assert_eq!(run(&drop(2), Ctx::train(1)), run(&drop(2), Ctx::train(1)));
    }

    #[test]
    fn parameters_are_named_as_in_pytorch() {
        let names: Vec<String> =
            network(CellKind::Lstm, 2, true).named_parameters().into_iter().map(|(n, _)| n).collect();
        assert_eq!(names[..5], ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0", "weight_ih_l0_reverse"]);
        assert_eq!((names.len(), names[15].as_str()), (16, "bias_hh_l1_reverse"));
    }

    #[test]
    fn no_step_and_no_sequence() {
        let network = network(CellKind::Lstm, 1, true);
        let none = network.forward(&Tensor::zeros(&[2, 0, 3]), None, None, &mut Ctx::eval());
        assert_eq!((none.output.shape(), none.state.h.to_vec()), (&[2, 0, 4][..], vec![0.0; 8]));
        let nobody = network.forward(&Tensor::from_array(Array::zeros(&[0, 2, 3])), Some(&[]), None, &mut Ctx::eval());
        assert_eq!(nobody.output.shape(), [0, 2, 4]);
    }

    #[test]
    #[should_panic(expected = "lengths [3] do not fit 2 sequences of 4 steps")]
    fn every_sequence_has_a_length() {
        network(CellKind::Gru, 1, false).forward(&values(&[2, 4, 3]), Some(&[3]), None, &mut Ctx::eval());
    }
}
