//! Group `seq2seq`: recurrent layers, and encoder-decoders with attention.

use jumok_nn::Ctx;
use jumok_seq2seq::{
    AttentionKind, Cell, CellKind, DecodingOptions, InitialState, Recurrent, RecurrentConfig, Seq2Seq, Seq2SeqBatch,
    Seq2SeqConfig, State,
};
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
        "bahdanau_seq2seq" => bahdanau_seq2seq,
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

/// The model of the reference: its parameters under the project's names, where they differ.
fn encoder_decoder(g: &Given) -> Result<Seq2Seq> {
    let score: String = g.attr("attention")?;
    let readout: String = g.attr("readout")?;
    let readout_size = g.attr_opt("maxout")?.unwrap_or(1);
    let config = Seq2SeqConfig {
        source_vocab_size: g.attr("src_vocab")?,
        target_vocab_size: g.attr("tgt_vocab")?,
        embedding_size: g.attr("embed")?,
        encoder_hidden_size: g.attr("encoder_hidden")?,
        decoder_hidden_size: g.attr("decoder_hidden")?,
        attention: AttentionKind::Bahdanau,
        score: g.succeed(score.parse())?,
        attention_hidden_size: g.attr("attention_hidden")?,
        readout: g.succeed(readout.parse())?,
        readout_size,
        initial_state: InitialState::Backward,
        pad_token_id: g.attr("pad")?,
        bos_token_id: g.attr("bos")?,
        eos_token_id: g.attr("eos")?,
        ..Seq2SeqConfig::tiny()
    };
    let mut model = g.succeed(Seq2Seq::new(&config, &mut any_rng()))?;
    let mut params = unpack(g.all_params());
    // There v is a matrix of one row.
    if let Some(v) = params.get_mut("attention.v") {
        *v = v.flatten(0, -1);
    }
    bind(&mut model, &params, g)?;
    Ok(model)
}

/// A Bahdanau encoder-decoder: taught, and decoding greedily.
fn bahdanau_seq2seq(g: &Given) -> Result<Outputs> {
    let model = encoder_decoder(g)?;
    let source_lengths =
        lengths(g, "src_lengths")?.ok_or_else(|| g.unsuitable("in.src_lengths says how long each source is"))?;
    let batch = Seq2SeqBatch {
        source: g.ints("src")?,
        source_lengths,
        target: g.ints("tgt")?,
        pad_token_id: model.config.pad_token_id,
    };
    let taught = model.forward(&batch, 1.0, &mut Ctx::eval());
    let labels = batch.labels();
    let sum = taught.logits.flatten(0, 1).cross_entropy(&labels.reshape(&[labels.len()]), &batch.cross_entropy());
    let options = DecodingOptions { max_length: g.attr("max_len")?, stop_when_finished: false };
    let greedy = model.greedy_ids(&batch.source, &batch.source_lengths, &options, &mut Ctx::eval());
    let looks = |weights: Option<Tensor>| weights.ok_or_else(|| g.unsuitable("a model with attention has weights"));
    Ok(Outputs::new()
        .and("loss", sum / batch.target_tokens() as f64)
        .and("logits", taught.logits)
        .and("attention", looks(taught.attention)?)
        .and("annotations", taught.annotations)
        .and("greedy", greedy.ids)
        .and("greedy_attention", looks(greedy.attention)?))
}
