//! From states, contexts and embeddings to a score for every word of the target language.

use jumok_nn::{Linear, Module, join};
use jumok_tensor::Tensor;
use rand::Rng;

use crate::{ReadoutKind, Seq2SeqConfig};

/// The output layer, for one step or for all steps at once.
#[derive(Debug, Clone)]
pub enum Readout {
    /// out(`[s; c; e]`)
    Concat {
        /// `[V, H + M + E]`.
        out: Linear,
    },
    /// out(tanh(mix(`[s; c; e]`)))
    Mlp {
        /// `[R, H + M + E]`.
        mix: Linear,
        /// `[V, R]`.
        out: Linear,
    },
    /// out(max of neighbours in U_o·s_{t−1} + V_o·e + C_o·c + b)
    Maxout {
        /// U_o: `[2R, H]`.
        state: Linear,
        /// V_o: `[2R, E]`.
        embedding: Linear,
        /// C_o and b: `[2R, M]`.
        context: Linear,
        /// W_o: `[V, R]`.
        out: Linear,
    },
}

/// What a readout looks at. Any leading axes: `[B, ·]` of one step, `[B, T, ·]` of all.
#[derive(Debug, Clone)]
pub struct ReadoutInputs<'a> {
    /// s_{t−1}, `[.., H]`.
    pub state_before: &'a Tensor,
    /// s_t, `[.., H]`.
    pub state: &'a Tensor,
    /// c_t, `[.., M]`.
    pub context: &'a Tensor,
    /// The embedding of the word before, `[.., E]`.
    pub embedding: &'a Tensor,
}

impl Module for Readout {
    fn visit<'a>(&'a self, path: &str, f: &mut dyn FnMut(&str, &'a Tensor)) {
        for (name, layer) in self.layers() {
            layer.visit(&join(path, name), f);
        }
    }

    fn visit_mut(&mut self, path: &str, f: &mut dyn FnMut(&str, &mut Tensor)) {
        match self {
            Self::Concat { out } => out.visit_mut(&join(path, "out"), f),
            Self::Mlp { mix, out } => {
                mix.visit_mut(&join(path, "mix"), f);
                out.visit_mut(&join(path, "out"), f);
            }
            Self::Maxout { state, embedding, context, out } => {
                for (name, layer) in [("U_o", state), ("V_o", embedding), ("C_o", context), ("out", out)] {
                    layer.visit_mut(&join(path, name), f);
                }
            }
        }
    }
}

impl Readout {
    /// Fresh layers, as `Linear` draws them.
    pub(crate) fn new(config: &Seq2SeqConfig, rng: &mut impl Rng) -> Self {
        let (h, m, e) = (config.decoder_hidden_size, config.annotation_size(), config.embedding_size);
        let (r, v) = (config.readout_size, config.target_vocab_size);
        match config.readout {
            ReadoutKind::Concat => Self::Concat { out: Linear::new(h + m + e, v, rng) },
            ReadoutKind::Mlp => Self::Mlp { mix: Linear::new(h + m + e, r, rng), out: Linear::new(r, v, rng) },
            ReadoutKind::Maxout => Self::Maxout {
                state: Linear::with_bias(h, 2 * r, false, rng),
                embedding: Linear::with_bias(e, 2 * r, false, rng),
                context: Linear::new(m, 2 * r, rng),
                out: Linear::with_bias(r, v, false, rng),
            },
        }
    }

    fn layers(&self) -> Vec<(&'static str, &Linear)> {
        match self {
            Self::Concat { out } => vec![("out", out)],
            Self::Mlp { mix, out } => vec![("mix", mix), ("out", out)],
            Self::Maxout { state, embedding, context, out } => {
                vec![("U_o", state), ("V_o", embedding), ("C_o", context), ("out", out)]
            }
        }
    }

    /// Logits `[.., V]`.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn forward(&self, inputs: &ReadoutInputs) -> Tensor {
        let side_by_side = || Tensor::concat(&[inputs.state, inputs.context, inputs.embedding], -1); // [.., H + M + E]
        match self {
            Self::Concat { out } => out.forward(&side_by_side()), //                        [.., V]
            Self::Mlp { mix, out } => out.forward(&mix.forward(&side_by_side()).tanh()), // [.., V]
            Self::Maxout { state, embedding, context, out } => {
                let u = state.forward(inputs.state_before)
                    + embedding.forward(inputs.embedding)
                    + context.forward(inputs.context); //                                   [.., 2R]
                let mut pairs: Vec<isize> = u.shape().iter().map(|&extent| extent as isize).collect();
                *pairs.last_mut().expect("rank of at least 1") /= 2;
                pairs.push(2);
                out.forward(&u.reshape(&pairs).amax(&[-1], false)) //                       [.., R] -> [.., V]
            }
        }
    }
}
