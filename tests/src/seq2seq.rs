//! Group `seq2seq`: recurrent layers, and encoder-decoders with attention.

use jumok_nn::Ctx;
use jumok_seq2seq::{Cell, CellKind, Recurrent, RecurrentConfig, State};
use jumok_tensor::Tensor;

use crate::Compute;
use crate::bind::bind;
use crate::given::{Given, Outputs, Result};
use crate::torch::unpack;
use crate::transformer::any_rng;

/// How to compute an operation of this group.
pub(crate) fn find(op: &str) -> Option<Compute> {
    let compute: Compute = match op {
        "rnn" => rnn,
        "rnn_cell" => rnn_cell,
        _ => return None,
    };
    Some(compute)
}

/// `RNN` with a nonlinearity (tanh unless said), `GRU` or `LSTM`.
fn kind(g: &Given) -> Result<CellKind> {
    let nonlinearity: String = g.attr_or("nonlinearity", "tanh".to_owned())?;
    Ok(match (g.attr::<String>("kind")?.as_str(), nonlinearity.as_str()) {
        ("RNN", "tanh") => CellKind::RnnTanh,
        ("RNN", "relu") => CellKind::RnnRelu,
        ("GRU", _) => CellKind::Gru,
        ("LSTM", _) => CellKind::Lstm,
        (kind, nonlinearity) => return Err(g.unsuitable(format!("unknown cell {kind} with {nonlinearity}"))),
    })
}

/// The inputs `h` and, for an LSTM, `c` under these names.
fn state(g: &Given, h: &str, c: &str) -> Option<State> {
    g.input_opt(h).map(|h| State { h: h.clone(), c: g.input_opt(c).cloned() })
}

fn with_state(outputs: Outputs, state: State, h: &str, c: &str) -> Outputs {
    let outputs = outputs.and(h, state.h);
    match state.c {
        Some(memory) => outputs.and(c, memory),
        None => outputs,
    }
}

/// `torch.nn.RNN`, `GRU` and `LSTM`; with lengths the sequences are packed.
fn rnn(g: &Given) -> Result<Outputs> {
    let config = RecurrentConfig {
        num_layers: g.attr("num_layers")?,
        bidirectional: g.attr("bidirectional")?,
        bias: g.attr("bias")?,
        ..RecurrentConfig::new(kind(g)?, g.attr("input_size")?, g.attr("hidden_size")?)
    };
    let mut network = Recurrent::new(&config, &mut any_rng());
    bind(&mut network, &unpack(g.all_params()), g)?;
    let batch_first: bool = g.attr("batch_first")?;
    let batch_outside = |x: &Tensor| if batch_first { x.clone() } else { x.transpose(0, 1) };
    let lengths = lengths(g, "lengths")?;
    let initial = state(g, "h0", "c0");
    let run = network.forward(&batch_outside(g.input("x")?), lengths.as_deref(), initial.as_ref(), &mut Ctx::eval());
    Ok(with_state(Outputs::new().and("output", batch_outside(&run.output)), run.state, "h_n", "c_n"))
}

/// The lengths of sequences, if the case gives any.
fn lengths(g: &Given, name: &str) -> Result<Option<Vec<usize>>> {
    if !g.case().inputs.iter().any(|input| input == name) {
        return Ok(None);
    }
    Ok(Some(g.ints(name)?.as_slice().iter().map(|&length| length as usize).collect()))
}

/// `torch.nn.RNNCell`, `GRUCell` and `LSTMCell`.
fn rnn_cell(g: &Given) -> Result<Outputs> {
    let bias = g.attr_or("bias", true)?;
    let mut cell = Cell::new(kind(g)?, g.attr("input_size")?, g.attr("hidden_size")?, bias, &mut any_rng());
    bind(&mut cell, &unpack(g.all_params()), g)?;
    let x = g.input("x")?;
    let state = state(g, "h", "c").unwrap_or_else(|| cell.zero_state(x.shape()[0]));
    Ok(with_state(Outputs::new(), cell.forward(x, &state), "h", "c"))
}
