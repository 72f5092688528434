//! The encoder–decoders that are compared.

use rand::Rng;

use crate::{AttentionKind, CellKind, ConfigError, Seq2Seq, Seq2SeqConfig};

use super::Symbols;

/// An encoder–decoder to be compared with others: which cells read and write, and what the decoder sees of the source.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reader {
    /// The equations of encoder and decoder.
    pub cell: CellKind,
    /// What the decoder sees: the encoder's last state, or all states through attention.
    pub attention: AttentionKind,
    /// The bias with which an LSTM's forget gates begin, if it is not to be random about 0 ([`crate::Cell::with_forget_bias`]).
    pub forget_bias: Option<f64>,
}

impl Reader {
    /// Those of slide S03 on recency: each cell with the last state only, and one with attention.
    pub const FOR_RECENCY: [Reader; 4] = [
        Reader::fixed(CellKind::RnnTanh),
        Reader::fixed(CellKind::Gru),
        Reader::fixed(CellKind::Lstm),
        Reader::attentive(CellKind::Gru),
    ];
    /// Those of slide S03 on the vanishing gradient: the plain network, an LSTM as it is drawn and with an open forget gate, and
    /// the plain network with attention.
    pub const FOR_GRADIENTS: [Reader; 4] = [
        Reader::fixed(CellKind::RnnTanh),
        Reader::fixed(CellKind::Lstm),
        Reader { forget_bias: Some(1.0), ..Reader::fixed(CellKind::Lstm) },
        Reader::attentive(CellKind::RnnTanh),
    ];

    /// One whose decoder sees nothing but the last state.
    pub const fn fixed(cell: CellKind) -> Self {
        Self { cell, attention: AttentionKind::None, forget_bias: None }
    }

    /// One whose decoder looks at all states, with Bahdanau's attention.
    pub const fn attentive(cell: CellKind) -> Self {
        Self { cell, attention: AttentionKind::Bahdanau, forget_bias: None }
    }

    /// The short name of its cell: `RNN`, `GRU` or `LSTM`.
    pub fn cell_name(&self) -> &'static str {
        match self.cell {
            CellKind::RnnTanh | CellKind::RnnRelu => "RNN",
            CellKind::Gru => "GRU",
            CellKind::Lstm => "LSTM",
        }
    }

    /// A fresh model for these symbols, `width` wide, that reads left to right.
    ///
    /// # Errors
    /// If there is no such model: a width of 0.
    pub fn model(&self, symbols: &Symbols, width: usize, rng: &mut impl Rng) -> Result<Seq2Seq, ConfigError> {
        let config = Seq2SeqConfig { cell: self.cell, attention: self.attention, ..symbols.config(width) };
        let mut model = Seq2Seq::new(&config, rng)?;
        if let Some(bias) = self.forget_bias {
            for cell in model.encoder.layers.iter_mut().flatten() {
                *cell = cell.clone().with_forget_bias(bias);
            }
        }
        Ok(model)
    }
}
