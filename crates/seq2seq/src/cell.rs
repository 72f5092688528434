//! One step of a recurrent network: from an input x_t and the state before to the state after (lecture, slide S03).
//!
//! | kind | equations |
//! |---|---|
//! | RNN | h′ = tanh(W_ih·x + b_ih + W_hh·h + b_hh), or ReLU in place of tanh |
//! | GRU | r, z = σ(…), n = tanh(W_in·x + b_in + r·(W_hn·h + b_hn)), h′ = (1 − z)·n + z·h |
//! | LSTM | i, f, o = σ(…), g = tanh(…), c′ = f·c + i·g, h′ = o·tanh c′ |
//!
//! All three are two products, one of the input and one of the state, and then numbers that meet one by one. The products of
//! the inputs of *all* steps are one product, made before the loop; only the state's must wait for the step before.
//!
//! Letters used for shapes: `B` batch, `T` time, `I` input size, `H` hidden size, `G` gates (1, 3 or 4).

use jumok_nn::{Init, Module, parameters};
use jumok_tensor::{Array, Elem, Tensor};
use rand::Rng;
use serde::{Deserialize, Serialize};

/// Which equations a recurrent network has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CellKind {
    /// Elman's network (1990): h′ = tanh(W_ih·x + W_hh·h + b).
    RnnTanh,
    /// The same with ReLU.
    RnnRelu,
    /// The gated recurrent unit (Cho et al. 2014), see [`Tensor::gru_cell`].
    Gru,
    /// Long short-term memory (Hochreiter and Schmidhuber 1997), see [`Tensor::lstm_cell`].
    Lstm,
}

impl CellKind {
    /// G, how many gates there are: rows of the weights in units of `hidden_size`.
    pub fn gates(self) -> usize {
        match self {
            Self::RnnTanh | Self::RnnRelu => 1,
            Self::Gru => 3,
            Self::Lstm => 4,
        }
    }

    /// Whether the state has a memory c beside h.
    pub fn has_memory(self) -> bool {
        self == Self::Lstm
    }
}

/// What a recurrent network carries from step to step.
#[derive(Debug, Clone)]
pub struct State {
    /// h: what the network shows of its state.
    pub h: Tensor,
    /// c, the memory of an LSTM; of the same shape.
    pub c: Option<Tensor>,
}

impl State {
    /// Every part through `f`.
    pub fn map(&self, mut f: impl FnMut(&Tensor) -> Tensor) -> State {
        State { h: f(&self.h), c: self.c.as_ref().map(f) }
    }

    /// Part for part f(self, other).
    ///
    /// # Panics
    /// If one has a memory and the other has none.
    #[track_caller]
    pub fn zip(&self, other: &State, f: impl Fn(&Tensor, &Tensor) -> Tensor) -> State {
        let c = match (&self.c, &other.c) {
            (Some(a), Some(b)) => Some(f(a, b)),
            (None, None) => None,
            _ => panic!("State: one of two states has a memory c and the other has none"),
        };
        State { h: f(&self.h, &other.h), c }
    }
}

/// A cell: the weights of one direction of one layer.
///
/// The parameters are named and laid out as in PyTorch's `RNNCell`, `GRUCell` and `LSTMCell`, so that there are two biases
/// where one would do (for a GRU they differ: b_hn stands inside the reset gate).
#[derive(Debug, Clone)]
pub struct Cell {
    /// Which equations.
    pub kind: CellKind,
    /// W_ih, `[G·H, I]`.
    pub weight_ih: Tensor,
    /// W_hh, `[G·H, H]`.
    pub weight_hh: Tensor,
    /// b_ih, `[G·H]`.
    pub bias_ih: Option<Tensor>,
    /// b_hh, `[G·H]`.
    pub bias_hh: Option<Tensor>,
}

impl Module for Cell {
    parameters!(weight_ih, weight_hh, bias_ih, bias_hh);
}

impl Cell {
    /// A cell with PyTorch's initialisation: everything uniform in ±1/√H.
    pub fn new(kind: CellKind, input_size: usize, hidden_size: usize, bias: bool, rng: &mut impl Rng) -> Self {
        let bound = 1.0 / (hidden_size as f64).sqrt();
        let init = Init::Uniform { low: -bound, high: bound };
        let rows = kind.gates() * hidden_size;
        let weight_ih = init.parameter(&[rows, input_size], rng);
        let weight_hh = init.parameter(&[rows, hidden_size], rng);
        let [bias_ih, bias_hh] = [(); 2].map(|()| bias.then(|| init.parameter(&[rows], rng)));
        Self { kind, weight_ih, weight_hh, bias_ih, bias_hh }
    }

    /// The same cell with the bias of an LSTM's forget gate at `bias`, b_ih + b_hh together; other cells have no such gate and
    /// stay as they are.
    ///
    /// A fresh LSTM keeps about σ(0) = ½ of its memory at a step. Beginning with a bias of 1 it keeps σ(1) = 0.73, and learns
    /// dependencies that are further apart (Gers, Schmidhuber and Cummins 2000; Jozefowicz, Zaremba and Sutskever 2015).
    ///
    /// # Panics
    /// If it is an LSTM without biases.
    #[track_caller]
    pub fn with_forget_bias(mut self, bias: f64) -> Self {
        if self.kind != CellKind::Lstm {
            return self;
        }
        let hidden = self.hidden_size();
        for (name, parameter, value) in [("b_ih", &mut self.bias_ih, bias), ("b_hh", &mut self.bias_hh, 0.0)] {
            let Some(parameter) = parameter else {
                panic!("Cell: an LSTM without {name} has no bias of its forget gate")
            };
            let mut values = parameter.to_vec();
            values[hidden..2 * hidden].fill(value as Elem); // the gates stand in the order i, f, g, o
            *parameter = Tensor::parameter(Array::from_vec(values, &[4 * hidden]));
        }
        self
    }

    /// I, the width of an input.
    pub fn input_size(&self) -> usize {
        self.weight_ih.shape()[1]
    }

    /// H, the width of the state.
    pub fn hidden_size(&self) -> usize {
        self.weight_hh.shape()[1]
    }

    /// A state of zeros: `[B, H]`.
    pub fn zero_state(&self, batch: usize) -> State {
        let zeros = Tensor::zeros(&[batch, self.hidden_size()]);
        State { h: zeros.clone(), c: self.kind.has_memory().then_some(zeros) }
    }

    /// W_ih·x + b_ih, what the inputs contribute to the gates: `[.., I]` to `[.., G·H]`, any number of steps at once.
    ///
    /// # Panics
    /// If the last axis of `x` is not I.
    #[track_caller]
    pub fn input_gates(&self, x: &Tensor) -> Tensor {
        x.linear(&self.weight_ih, self.bias_ih.as_ref())
    }

    /// The state after a step, from the gates' share of the input `[B, G·H]` and the state before, `[B, H]` each.
    ///
    /// # Panics
    /// If the shapes do not fit, or an LSTM is given a state without memory.
    #[track_caller]
    pub fn step(&self, input_gates: &Tensor, state: &State) -> State {
        let gates = state.h.linear(&self.weight_hh, self.bias_hh.as_ref()); // [B, G·H]
        match self.kind {
            CellKind::RnnTanh => State { h: (input_gates + gates).tanh(), c: None }, // [B, H]
            CellKind::RnnRelu => State { h: (input_gates + gates).relu(), c: None }, // [B, H]
            CellKind::Gru => State { h: input_gates.gru_cell(&gates, &state.h), c: None }, // [B, H]
            CellKind::Lstm => {
                let Some(memory) = &state.c else { panic!("Cell: an LSTM needs a state with a memory c") };
                let [h, c] = input_gates.lstm_cell(&gates, memory); // [B, H] each
                State { h, c: Some(c) }
            }
        }
    }

    /// [`Cell::step`] from the input itself: x `[B, I]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward(&self, x: &Tensor, state: &State) -> State {
        self.step(&self.input_gates(x), state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::{GradCheck, gradcheck};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    const KINDS: [CellKind; 4] = [CellKind::RnnTanh, CellKind::RnnRelu, CellKind::Gru, CellKind::Lstm];

    fn values(shape: &[usize]) -> Array {
        let count: usize = shape.iter().product();
        Array::from_vec((0..count).map(|i| ((i * 31) % 19) as Elem / 12.0 - 0.7).collect(), shape)
    }

    #[test]
    fn every_parameter_and_input_has_its_derivative() {
        for kind in KINDS {
            let cell = Cell::new(kind, 3, 2, true, &mut ChaCha8Rng::seed_from_u64(1));
            let mut inputs = vec![values(&[2, 3]), values(&[2, 2]), values(&[2, 2]).map(|x| x * 0.5 + 0.1)];
            inputs.extend(cell.named_parameters().iter().map(|(_, p)| p.array().clone()));
            if !kind.has_memory() {
                inputs.remove(2);
            }
            let first = inputs.len() - 4;
            let run = |i: &[Tensor]| {
                let mut cell = cell.clone();
                let mut given = i[first..].iter();
                cell.visit_mut("", &mut |_, p| *p = given.next().unwrap().clone());
                let state = State { h: i[1].clone(), c: kind.has_memory().then(|| i[2].clone()) };
                let next = cell.forward(&i[0], &state);
                match next.c {
                    Some(c) => Tensor::concat(&[&next.h, &c], 1),
                    None => next.h,
                }
            };
            gradcheck(run, &inputs, &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn an_rnn_by_hand() {
        let cell = Cell {
            kind: CellKind::RnnTanh,
            weight_ih: Tensor::from_vec(vec![0.5], &[1, 1]),
            weight_hh: Tensor::from_vec(vec![-1.0], &[1, 1]),
            bias_ih: None,
            bias_hh: Some(Tensor::from_vec(vec![0.25], &[1])),
        };
        let state = State { h: Tensor::from_vec(vec![0.125], &[1, 1]), c: None };
        let next = cell.forward(&Tensor::from_vec(vec![2.0], &[1, 1]), &state);
        assert!((next.h.item() - (1.0 - 0.125 + 0.25f64).tanh()).abs() < 1e-6);
        assert_eq!(Cell { kind: CellKind::RnnRelu, ..cell }.forward(&Tensor::ones(&[1, 1]), &state).h.item(), 0.625);
    }

    #[test]
    fn the_forget_gate_opens_and_nothing_else_changes() {
        let rng = || ChaCha8Rng::seed_from_u64(2);
        let cell = |kind| Cell::new(kind, 3, 2, true, &mut rng());
        let (fresh, open) = (cell(CellKind::Lstm), cell(CellKind::Lstm).with_forget_bias(30.0));
        // With the forget gate at 1 a memory that nothing is added to stays as it is: c′ − i·g = c.
        let state = |c: Elem| State { h: Tensor::zeros(&[1, 2]), c: Some(Tensor::full(&[1, 2], f64::from(c))) };
        let memory = |cell: &Cell, c| cell.forward(&Tensor::ones(&[1, 3]), &state(c)).c.unwrap().to_vec();
        for (with, without) in memory(&open, 0.75).iter().zip(memory(&open, 0.0)) {
            assert!((with - without - 0.75).abs() < 1e-5, "{with} {without}");
        }
        assert_eq!(memory(&open, 0.0), memory(&fresh, 0.0), "the other gates are those of the fresh cell");
        let gru = cell(CellKind::Gru).with_forget_bias(30.0);
        assert_eq!(gru.bias_ih.unwrap().to_vec(), cell(CellKind::Gru).bias_ih.unwrap().to_vec());
    }

    #[test]
    #[should_panic(expected = "an LSTM needs a state with a memory c")]
    fn an_lstm_wants_its_memory() {
        let cell = Cell::new(CellKind::Lstm, 1, 1, true, &mut ChaCha8Rng::seed_from_u64(1));
        cell.forward(&Tensor::zeros(&[1, 1]), &State { h: Tensor::zeros(&[1, 1]), c: None });
    }
}
