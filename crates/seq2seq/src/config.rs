//! The sizes and choices of an encoder–decoder.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{CellKind, RecurrentConfig};

/// The largest size that a field may have: the products that a model is counted by stay far below what can be counted.
const MAX_SIZE: usize = 1 << 24;

/// What the decoder sees of the source sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttentionKind {
    /// One fixed vector, the last states of the encoder, at every step (Cho et al. 2014; slide S03): the bottleneck.
    None,
    /// A context that the *previous* state asks for, and that goes into the cell (Bahdanau et al. 2015; erratum E6).
    Bahdanau,
    /// A context that the *current* state asks for, and that goes to the output alone (Luong et al. 2015; slide S07).
    Luong,
}

/// How well an annotation fits a state: see [`jumok_attention::score`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScoreKind {
    /// v·tanh(W_q·s + W_k·h), Bahdanau's.
    Additive,
    /// sᵀ·W·h, Luong's.
    General,
    /// s·h; the widths of state and annotation must agree.
    Dot,
    /// s·h/√d.
    ScaledDot,
    /// The cosine of the angle between s and h.
    Cosine,
}

/// How states, contexts and embeddings become logits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadoutKind {
    /// out(`[s; c; e]`).
    Concat,
    /// out(tanh(mix(`[s; c; e]`))), with a hidden layer as in Luong et al. 2015, equation 5.
    Mlp,
    /// The paper's: u = U_o·s_{t−1} + V_o·e + C_o·c + b, neighbours compete, out(max(u_0, u_1), max(u_2, u_3), …)
    /// (Bahdanau et al. 2015, appendix A.2.2).
    Maxout,
}

/// Which of the encoder's last states the decoder begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InitialState {
    /// tanh(init(h̄)), h̄ the right-to-left state at the first word, as the paper has it; left to right in an encoder that
    /// reads only so.
    Backward,
    /// tanh(init(`[h; h̄]`)), the last states of both directions.
    Both,
}

/// A word that names no choice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {word:?}: choose one of {choices}")]
pub struct UnknownChoice {
    what: &'static str,
    word: String,
    choices: String,
}

/// The names that `serde` uses, for printing and parsing.
macro_rules! names {
    ($type:ty, $what:literal, [$($variant:ident => $name:literal),+ $(,)?]) => {
        impl $type {
            /// All choices.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in `config.json`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = UnknownChoice;

            fn from_str(word: &str) -> Result<Self, UnknownChoice> {
                Self::ALL.iter().copied().find(|choice| choice.name() == word).ok_or_else(|| UnknownChoice {
                    what: $what,
                    word: word.to_owned(),
                    choices: [$($name),+].join(", "),
                })
            }
        }
    };
}

names!(AttentionKind, "attention", [None => "none", Bahdanau => "bahdanau", Luong => "luong"]);
names!(ScoreKind, "score", [
    Additive => "additive", General => "general", Dot => "dot", ScaledDot => "scaled_dot", Cosine => "cosine",
]);
names!(ReadoutKind, "readout", [Concat => "concat", Mlp => "mlp", Maxout => "maxout"]);
names!(InitialState, "initial state", [Backward => "backward", Both => "both"]);
names!(CellKind, "cell", [
    RnnTanh => "rnn_tanh", RnnRelu => "rnn_relu", Gru => "gru", Lstm => "lstm",
]);

/// An encoder–decoder's `config.json`. Fields that a file leaves out have the values of [`Seq2SeqConfig::small`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Seq2SeqConfig {
    /// [`Seq2SeqConfig::MODEL_TYPE`]: tells what the checkpoint is.
    pub model_type: String,
    /// The number of source tokens.
    pub source_vocab_size: usize,
    /// V, the number of target tokens.
    pub target_vocab_size: usize,
    /// E, the width of an embedding, on both sides.
    pub embedding_size: usize,
    /// The equations of encoder and decoder.
    pub cell: CellKind,
    /// The width of the encoder's state in each direction.
    pub encoder_hidden_size: usize,
    /// The number of the encoder's layers.
    pub encoder_layers: usize,
    /// Whether the encoder also reads right to left.
    pub bidirectional: bool,
    /// H, the width of the decoder's state.
    pub decoder_hidden_size: usize,
    /// What the decoder sees of the source.
    pub attention: AttentionKind,
    /// How annotations are scored; without attention it has no effect.
    pub score: ScoreKind,
    /// A, the width of the hidden layer in an additive score.
    pub attention_hidden_size: usize,
    /// Whether the additive score has a bias (the paper's has none).
    pub attention_bias: bool,
    /// How states become logits.
    pub readout: ReadoutKind,
    /// The width of the readout's hidden layer; `concat` has none.
    pub readout_size: usize,
    /// What the decoder begins with.
    pub initial_state: InitialState,
    /// The probability with which a number of an embedding, or of the readout's input, is dropped in training.
    pub dropout: f64,
    /// The id of padding.
    pub pad_token_id: usize,
    /// The id that a target sentence begins with.
    pub bos_token_id: usize,
    /// The id that a target sentence ends with.
    pub eos_token_id: usize,
}

impl Default for Seq2SeqConfig {
    fn default() -> Self {
        Self::small()
    }
}

/// A configuration that no encoder–decoder can have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A field breaks a rule.
    #[error("{field} = {value} cannot be: {rule}")]
    Field {
        /// The field's name.
        field: &'static str,
        /// Its value.
        value: String,
        /// The rule, and what would do.
        rule: String,
    },
    /// There is no preset of this name.
    #[error("there is no preset {name:?}: choose one of {}", Seq2SeqConfig::PRESETS.join(", "))]
    UnknownPreset {
        /// The name asked for.
        name: String,
    },
}

impl Seq2SeqConfig {
    /// What `model_type` says.
    pub const MODEL_TYPE: &'static str = "jumok-seq2seq";
    /// The names that [`Seq2SeqConfig::preset`] knows.
    pub const PRESETS: [&'static str; 2] = ["tiny", "small"];

    /// The preset of that name: `tiny` or `small`.
    ///
    /// # Errors
    /// If there is none of that name.
    pub fn preset(name: &str) -> Result<Self, ConfigError> {
        match name {
            "tiny" => Ok(Self::tiny()),
            "small" => Ok(Self::small()),
            _ => Err(ConfigError::UnknownPreset { name: name.into() }),
        }
    }

    /// 64 wide: learns the generated tasks in a minute.
    pub fn tiny() -> Self {
        Self::of_size(64)
    }

    /// 256 wide: learns short sentences of a real language.
    pub fn small() -> Self {
        Self::of_size(256)
    }

    fn of_size(width: usize) -> Self {
        Self {
            model_type: Self::MODEL_TYPE.into(),
            source_vocab_size: 4096,
            target_vocab_size: 4096,
            embedding_size: width,
            cell: CellKind::Gru,
            encoder_hidden_size: width,
            encoder_layers: 1,
            bidirectional: true,
            decoder_hidden_size: width,
            attention: AttentionKind::Bahdanau,
            score: ScoreKind::Additive,
            attention_hidden_size: width,
            attention_bias: false,
            readout: ReadoutKind::Mlp,
            readout_size: width,
            initial_state: InitialState::Both,
            dropout: 0.0,
            pad_token_id: 0,
            bos_token_id: 1,
            eos_token_id: 2,
        }
    }

    /// M, the width of an annotation: the states of the encoder's directions side by side.
    pub fn annotation_size(&self) -> usize {
        self.encoder().directions() * self.encoder_hidden_size
    }

    pub(crate) fn encoder(&self) -> RecurrentConfig {
        RecurrentConfig {
            num_layers: self.encoder_layers,
            bidirectional: self.bidirectional,
            dropout: self.dropout,
            ..RecurrentConfig::new(self.cell, self.embedding_size, self.encoder_hidden_size)
        }
    }

    /// The width of what the decoder's cell reads at a step: an embedding, with the context unless it comes later.
    pub(crate) fn decoder_input_size(&self) -> usize {
        match self.attention {
            AttentionKind::None | AttentionKind::Bahdanau => self.embedding_size + self.annotation_size(),
            AttentionKind::Luong => self.embedding_size,
        }
    }

    /// The parameters of a model of this configuration, which was checked; nothing is allocated for the answer.
    ///
    /// With a layer of I inputs and O outputs as (I + 1)·O and a cell of G gates as G·H·(I + H + 2): the two tables of words, the
    /// encoder's cells, the layers from its last states to the decoder's first, the score, the decoder's cell, the readout.
    pub fn parameters(&self) -> u128 {
        let wide = |size: usize| size as u128;
        let layer = |inputs: u128, outputs: u128| (inputs + 1) * outputs;
        let cell = |inputs: u128, hidden: u128| wide(self.cell.gates()) * hidden * (inputs + hidden + 2);
        let (e, m, h) = (wide(self.embedding_size), wide(self.annotation_size()), wide(self.decoder_hidden_size));
        let (a, r, v) = (wide(self.attention_hidden_size), wide(self.readout_size), wide(self.target_vocab_size));
        let (encoder, directions) = (wide(self.encoder_hidden_size), wide(self.encoder().directions()));
        let tables = (wide(self.source_vocab_size) + v) * e;
        let above = wide(self.encoder_layers - 1) * cell(directions * encoder, encoder);
        let last = if self.initial_state == InitialState::Both { m } else { encoder };
        let score = match (self.attention, self.score) {
            (AttentionKind::None, _) => 0,
            (_, ScoreKind::Additive) => a * (h + m + 1 + u128::from(self.attention_bias)),
            (_, ScoreKind::General) => h * m,
            (_, ScoreKind::Dot | ScoreKind::ScaledDot | ScoreKind::Cosine) => 0,
        };
        let readout = match self.readout {
            ReadoutKind::Concat => layer(h + m + e, v),
            ReadoutKind::Mlp => layer(h + m + e, r) + layer(r, v),
            ReadoutKind::Maxout => 2 * r * (h + e + m + 1) + r * v,
        };
        tables
            + directions * (cell(e, encoder) + above)
            + layer(last, h) * if self.cell.has_memory() { 2 } else { 1 }
            + score
            + cell(wide(self.decoder_input_size()), h)
            + readout
    }

    /// Checks the rules between the fields.
    ///
    /// # Errors
    /// The first field that breaks one, with the rule in words and what would do.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let broken = |field, value: &dyn fmt::Display, rule: String| {
            Err(ConfigError::Field { field, value: value.to_string(), rule })
        };
        let sizes = [
            ("source_vocab_size", self.source_vocab_size),
            ("target_vocab_size", self.target_vocab_size),
            ("embedding_size", self.embedding_size),
            ("encoder_hidden_size", self.encoder_hidden_size),
            ("encoder_layers", self.encoder_layers),
            ("decoder_hidden_size", self.decoder_hidden_size),
            ("attention_hidden_size", self.attention_hidden_size),
            ("readout_size", self.readout_size),
        ];
        for (field, value) in sizes {
            if !(1..=MAX_SIZE).contains(&value) {
                return broken(field, &value, format!("it must be from 1 to {MAX_SIZE}"));
            }
        }
        let equal_widths = matches!(self.score, ScoreKind::Dot | ScoreKind::ScaledDot | ScoreKind::Cosine);
        let width = self.annotation_size();
        if self.attention != AttentionKind::None && equal_widths && self.decoder_hidden_size != width {
            let rule = format!("a {} score multiplies states with annotations, which are {width} wide", self.score);
            return broken("decoder_hidden_size", &self.decoder_hidden_size, rule);
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return broken("dropout", &self.dropout, "a dropout probability is at least 0 and below 1".into());
        }
        let (source, target) = (self.source_vocab_size, self.target_vocab_size);
        for (field, value) in [
            ("pad_token_id", self.pad_token_id),
            ("bos_token_id", self.bos_token_id),
            ("eos_token_id", self.eos_token_id),
        ] {
            if value >= target {
                return broken(field, &value, format!("it must be below target_vocab_size = {target}"));
            }
        }
        if self.pad_token_id >= source {
            return broken(
                "pad_token_id",
                &self.pad_token_id,
                format!("it must be below source_vocab_size = {source}"),
            );
        }
        if self.pad_token_id == self.eos_token_id || self.pad_token_id == self.bos_token_id {
            return broken("pad_token_id", &self.pad_token_id, "no other token may have its id".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seq2Seq;
    use jumok_nn::Module;
    use rand::SeedableRng;

    #[test]
    fn presets_are_valid_and_go_through_json() {
        for name in Seq2SeqConfig::PRESETS {
            let config = Seq2SeqConfig::preset(name).unwrap();
            config.validate().unwrap();
            let back: Seq2SeqConfig = serde_json::from_str(&serde_json::to_string(&config).unwrap()).unwrap();
            assert_eq!(back, config);
        }
        let error = Seq2SeqConfig::preset("large").unwrap_err();
        assert_eq!(error.to_string(), "there is no preset \"large\": choose one of tiny, small");
    }

    #[test]
    fn the_count_is_that_of_the_weights() {
        let tiny = Seq2SeqConfig {
            source_vocab_size: 7,
            target_vocab_size: 6,
            embedding_size: 3,
            encoder_hidden_size: 2,
            decoder_hidden_size: 4,
            attention_hidden_size: 5,
            readout_size: 8,
            ..Seq2SeqConfig::tiny()
        };
        for config in [
            tiny.clone(),
            Seq2SeqConfig { attention: AttentionKind::Luong, score: ScoreKind::General, ..tiny.clone() },
            Seq2SeqConfig { attention: AttentionKind::None, readout: ReadoutKind::Maxout, ..tiny.clone() },
            Seq2SeqConfig { cell: CellKind::Lstm, encoder_layers: 3, readout: ReadoutKind::Concat, ..tiny.clone() },
            Seq2SeqConfig { bidirectional: false, attention_bias: true, encoder_layers: 2, ..tiny.clone() },
            Seq2SeqConfig { initial_state: InitialState::Backward, score: ScoreKind::Cosine, ..tiny.clone() },
        ] {
            let rng = &mut rand::rngs::ChaCha8Rng::seed_from_u64(0);
            assert_eq!(
                Seq2Seq::new(&config, rng).unwrap().parameter_count() as u128,
                config.parameters(),
                "{config:?}"
            );
        }
        Seq2SeqConfig { encoder_layers: 1 << 25, ..tiny }.validate().unwrap_err();
    }

    #[test]
    fn names_are_those_of_the_file() {
        for kind in AttentionKind::ALL {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
            assert_eq!(kind.name().parse(), Ok(*kind));
        }
        for kind in ScoreKind::ALL {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        }
        for kind in ReadoutKind::ALL {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        }
        for kind in InitialState::ALL {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        }
        for kind in CellKind::ALL {
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{kind}\""));
        }
        let error = "Luong".parse::<AttentionKind>().unwrap_err();
        assert_eq!(error.to_string(), "unknown attention \"Luong\": choose one of none, bahdanau, luong");
    }

    #[test]
    fn a_rule_is_told_in_words() {
        let config = Seq2SeqConfig { score: ScoreKind::Dot, ..Seq2SeqConfig::tiny() };
        assert_eq!(
            config.validate().unwrap_err().to_string(),
            "decoder_hidden_size = 64 cannot be: a dot score multiplies states with annotations, which are 128 wide"
        );
        for config in [
            Seq2SeqConfig { embedding_size: 0, ..Seq2SeqConfig::tiny() },
            Seq2SeqConfig { dropout: 1.0, ..Seq2SeqConfig::tiny() },
            Seq2SeqConfig { eos_token_id: 9999, ..Seq2SeqConfig::tiny() },
            Seq2SeqConfig { eos_token_id: 0, ..Seq2SeqConfig::tiny() },
            Seq2SeqConfig { pad_token_id: 50, source_vocab_size: 50, ..Seq2SeqConfig::tiny() },
        ] {
            config.validate().unwrap_err();
        }
    }
}
