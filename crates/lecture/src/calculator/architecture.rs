//! The sizes and choices that everything else follows from.

use super::CalculatorError;

/// Which projections of an attention have biases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttentionBias {
    /// None (LLaMA, T5).
    None,
    /// Those of query, key and value (Qwen2).
    QueryKeyValue,
    /// All four (BERT, GPT-2, the original Transformer).
    All,
}

/// What reads the last states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// Nothing: the model ends with its states.
    None,
    /// A score for every token, with the table of embeddings as its matrix.
    TiedLanguageModel,
    /// A score for every token, with a matrix of its own.
    LanguageModel,
    /// BERT's masked words: a layer, a norm, the tied table and a bias a token.
    MaskedWords,
    /// BERT's masked words and next sentences.
    PreTraining,
}

/// A Transformer by its sizes: an encoder, a decoder or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Architecture {
    /// What the model is called.
    pub name: String,
    /// `model_type` of its `config.json`.
    pub model_type: String,
    /// V, the number of tokens.
    pub vocab_size: usize,
    /// The number of target tokens, where they have a table of their own.
    pub target_vocab_size: Option<usize>,
    /// The width of an embedding, where it differs from the model's (ALBERT).
    pub embedding_size: usize,
    /// D, the width of the model.
    pub hidden_size: usize,
    /// Layers that look both ways.
    pub encoder_layers: usize,
    /// Layers that look back; with an encoder they also look at it.
    pub decoder_layers: usize,
    /// H, heads that ask.
    pub num_attention_heads: usize,
    /// Heads that are asked; fewer than H in grouped-query attention.
    pub num_key_value_heads: usize,
    /// The width of a head.
    pub head_dim: usize,
    /// The width inside the feed-forward layers.
    pub intermediate_size: usize,
    /// Whether a feed-forward layer has a gate, hence three matrices (SwiGLU, GeGLU).
    pub gated: bool,
    /// Which projections of an attention have biases.
    pub attention_bias: AttentionBias,
    /// Whether the feed-forward layers have biases.
    pub feed_forward_bias: bool,
    /// Whether a norm shifts as well as scales (LayerNorm), or scales alone (RMSNorm).
    pub norm_bias: bool,
    /// Whether the embeddings are normed.
    pub embedding_norm: bool,
    /// Whether the last states of a stack are normed once more.
    pub final_norm: bool,
    /// Rows of a learned table of positions; 0 if positions are computed.
    pub learned_positions: usize,
    /// Rows of the table of segments.
    pub segments: usize,
    /// Buckets of T5's learned biases for distances, one number a head in each.
    pub relative_position_buckets: usize,
    /// Whether all layers are one and the same (ALBERT).
    pub shared_layers: bool,
    /// Whether the first state passes through a layer of its own (BERT).
    pub pooler: bool,
    /// What reads the last states.
    pub head: Head,
    /// Whether each token's score has a bias.
    pub output_bias: bool,
    /// The longest text the model was made for, if it has such a limit.
    pub max_context: Option<usize>,
}

impl Architecture {
    /// Whether it reads with an encoder and writes with a decoder.
    pub fn is_encoder_decoder(&self) -> bool {
        self.encoder_layers > 0 && self.decoder_layers > 0
    }

    /// Checks that heads, groups and sizes go together and are small enough to count with.
    pub(super) fn validate(self) -> Result<Architecture, CalculatorError> {
        const MOST: usize = 1 << 24;
        // A thousand times the largest published model; with every position and part besides it can still be counted.
        const MOST_PARAMETERS: u128 = 1 << 50;
        let Architecture { num_attention_heads: heads, num_key_value_heads: groups, .. } = self;
        let layers = self.encoder_layers.saturating_add(self.decoder_layers);
        let broken = |rule: String| Err(CalculatorError::Sizes { rule });
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("the width of embeddings", self.embedding_size),
            ("the width", self.hidden_size),
            ("the number of layers", layers),
            ("the number of heads", heads),
            ("the number of key and value heads", groups),
            ("the width of a head", self.head_dim),
            ("the width of the feed-forward layers", self.intermediate_size),
        ];
        for (name, size) in sizes {
            if !(1..=MOST).contains(&size) {
                return broken(format!("{name} is {size}, and must be from 1 to {MOST}"));
            }
        }
        for (name, size) in [
            ("the number of positions", self.learned_positions),
            ("the number of target tokens", self.target_vocab_size.unwrap_or(0)),
            ("the number of segments", self.segments),
            ("the number of buckets", self.relative_position_buckets),
            ("max_position_embeddings", self.max_context.unwrap_or(0)),
        ] {
            if size > MOST {
                return broken(format!("{name} is {size}, more than {MOST}"));
            }
        }
        let wide = |size: usize| size as u128;
        let a_layer =
            wide(self.hidden_size) * (4 * wide(heads) * wide(self.head_dim) + 3 * wide(self.intermediate_size));
        if a_layer * wide(layers) > MOST_PARAMETERS {
            return broken(format!(
                "{layers} layers of {a_layer} parameters are more than the {MOST_PARAMETERS} that are counted"
            ));
        }
        if heads % groups != 0 {
            return broken(format!("{heads} heads cannot share {groups} key and value heads"));
        }
        Ok(self)
    }
}
