//! What the encoders of the family have in common, so that a head is written once: BERT, RoBERTa, ALBERT, DistilBERT and
//! ELECTRA differ in their embeddings, in the names of their parameters and in whether they have a pooler.

use std::convert::Infallible;
use std::fmt::Debug;

use jumok_attention::Mask;
use jumok_nn::{Activation, Ctx, Embedding, Init, ModelConfig, Module, Record};
use jumok_tensor::{IntTensor, Tensor};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng, TryRng};

use crate::{BertInputs, ConfigError, HeadConfig, MaskedWordNames, SummaryHead};

/// What a head needs to know of an encoder's configuration, whatever the family calls it.
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderSizes {
    /// V, the number of word pieces.
    pub vocab_size: usize,
    /// The width of an embedding; D but in ALBERT and ELECTRA.
    pub embedding_size: usize,
    /// D, the width of a token.
    pub hidden_size: usize,
    /// The width inside the feed-forward layers.
    pub intermediate_size: usize,
    /// The depth.
    pub num_hidden_layers: usize,
    /// H, the heads of a layer.
    pub num_attention_heads: usize,
    /// Layers that have weights of their own; fewer than the depth in ALBERT.
    pub own_layers: usize,
    /// Rows of the table of positions.
    pub positions: usize,
    /// The longest sequence, in tokens: `positions`, less those that padding takes in RoBERTa.
    pub max_length: usize,
    /// Rows of the table of segments.
    pub segments: usize,
    /// The activation of the feed-forward layers.
    pub activation: Activation,
    /// The activation of the masked-word head, which some of the family fix.
    pub masked_activation: Activation,
    /// ε of the layer norms.
    pub layer_norm_eps: f64,
    /// The standard deviation of freshly drawn weights.
    pub initializer_range: f64,
    /// The dropout before a classifier of sequences or choices.
    pub classifier_dropout: f64,
    /// The dropout before a classifier of tokens.
    pub token_dropout: f64,
    /// The dropout before `qa_outputs`.
    pub answer_dropout: f64,
}

impl EncoderSizes {
    /// The parameters of embeddings and layers, without pooler and heads; nothing is allocated for the answer.
    ///
    /// With V words, P positions and S segments of width E, L own layers of width D and F inside:
    /// (V + P + S)·E + 2E, plus (E + 1)·D where E ≠ D, plus L·(4·(D² + D) + 2·D·F + F + D + 4·D).
    pub fn parameters(&self) -> u128 {
        let wide = |size: usize| size as u128;
        let (e, d, f) = (wide(self.embedding_size), wide(self.hidden_size), wide(self.intermediate_size));
        let rows = wide(self.vocab_size) + wide(self.positions) + wide(self.segments);
        let layer =
            [d.saturating_mul(d).saturating_add(d).saturating_mul(4), d.saturating_mul(f).saturating_mul(2), f + 5 * d];
        let layer = layer.into_iter().fold(0_u128, u128::saturating_add);
        let projection = if e == d { 0 } else { (e + 1).saturating_mul(d) };
        let all = [rows.saturating_mul(e), 2 * e, projection, layer.saturating_mul(wide(self.own_layers))];
        all.into_iter().fold(0, u128::saturating_add)
    }

    /// The parameters of a pooler: D² + D.
    pub fn pooler_parameters(&self) -> u128 {
        let d = self.hidden_size as u128;
        d.saturating_mul(d).saturating_add(d)
    }
}

/// The configuration of one of the family.
pub trait EncoderSettings:
    ModelConfig<Error = ConfigError> + Clone + Debug + PartialEq + Send + Sync + 'static
{
    /// The sizes under common names.
    fn sizes(&self) -> EncoderSizes;
    /// What it says about a head.
    fn head(&self) -> &HeadConfig;
    /// The same, to be changed.
    fn head_mut(&mut self) -> &mut HeadConfig;
    /// Puts this probability in the place of every dropout of encoder and heads.
    fn set_dropout(&mut self, dropout: f64);
}

/// Where an encoder records its states, below its own path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatePaths {
    /// What the first layer reads.
    pub embedded: &'static str,
    /// The list of layers.
    pub layers: &'static str,
    /// A layer's result, below the layer.
    pub output: &'static str,
    /// A layer's attention weights, below the layer.
    pub weights: &'static str,
}

/// What an encoder says about every token, and about the whole.
#[derive(Debug, Clone)]
pub struct EncoderOutput {
    /// The last layer's result: `[B, T, D]`, or the rows that were asked for, `[rows, D]`.
    pub last_hidden_state: Tensor,
    /// tanh(W·h_\[CLS\] + b), `[B, D]`, of a model that has a pooler.
    pub pooler_output: Option<Tensor>,
}

/// What an encoder says about a sequence as a whole.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The first token's state: `[B, D]`.
    pub first: Tensor,
    /// tanh(W·first + b), `[B, D]`, of a model that has a pooler.
    pub pooled: Option<Tensor>,
}

/// The states that a recorded forward pass went through (Hugging Face's `hidden_states` and `attentions`).
#[derive(Debug, Clone, Default)]
pub struct RecordedStates {
    /// What the first layer reads, and each layer's result: `[B, T, D]` each.
    pub hidden_states: Vec<Tensor>,
    /// Each layer's attention weights: `[B, H, T, T]`.
    pub attentions: Vec<Tensor>,
}

/// An encoder of BERT's family: ids in, a state for every token out.
pub trait TextEncoder: Module + Clone + Debug + Send + Sync + Sized + 'static {
    /// Its configuration.
    type Config: EncoderSettings;
    /// Its head for classes and numbers of sequences.
    type SequenceHead: SummaryHead;
    /// Its head for choices.
    type ChoiceHead: SummaryHead;
    /// What its parameters begin with in a checkpoint with a head: `bert`.
    const PREFIX: &'static str;
    /// What the names of its classes begin with: `Bert`.
    const FAMILY: &'static str;
    /// The names of the parameters of its masked-word head.
    const MASKED_WORDS: &'static MaskedWordNames;
    /// Where it records.
    const STATES: StatePaths;

    /// An encoder with arbitrary weights, to be drawn or loaded; with a pooler if asked for and if the family has one.
    fn build(config: &Self::Config, pooler: bool, rng: &mut impl Rng) -> Self;

    /// The states of all tokens, `[B, T, D]`, or with `rows` only those rows b·T + t of the last layer, `[rows, D]`; the numbers
    /// are the same.
    ///
    /// # Panics
    /// If the inputs' shapes differ, an id is outside its table, the sequence is longer than there are positions, or a row
    /// does not exist.
    #[track_caller]
    fn states(&self, inputs: &BertInputs, rows: Option<&IntTensor>, ctx: &mut Ctx) -> Tensor;

    /// The pooler on first states `[B, D]`; `None` without one.
    #[track_caller]
    fn pool(&self, first: &Tensor, ctx: &mut Ctx) -> Option<Tensor>;

    /// The table of words: `[V, E]`.
    fn word_embeddings(&self) -> &Embedding;

    /// The depth.
    fn num_hidden_layers(&self) -> usize;

    /// Every token's state and the pooled first one.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    fn forward(&self, inputs: &BertInputs, ctx: &mut Ctx) -> EncoderOutput {
        let last_hidden_state = self.states(inputs, None, ctx); //                 [B, T, D]
        let pooler_output = self.pool(&last_hidden_state.select(1, 0), ctx); //    [B, D]
        EncoderOutput { last_hidden_state, pooler_output }
    }

    /// As [`TextEncoder::forward`], with the last layer behind its attention computed only where somebody reads: at every first
    /// token and at `rows` (b·T + t each), whose states come in their order, `[rows, D]`.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    fn forward_rows(&self, inputs: &BertInputs, rows: &IntTensor, ctx: &mut Ctx) -> EncoderOutput {
        let [batch, time] = inputs.input_ids.dims();
        let firsts = (0..batch).map(|b| (b * time) as i64);
        let wanted: Vec<i64> = firsts.chain(rows.as_slice().iter().copied()).collect();
        let wanted = IntTensor::from_vec(wanted, &[batch + rows.len()]);
        let hidden = self.states(inputs, Some(&wanted), ctx); //                   [B + rows, D]
        let pooler_output = self.pool(&hidden.narrow(0, 0, batch), ctx); //        [B, D]
        EncoderOutput { pooler_output, last_hidden_state: hidden.narrow(0, batch, rows.len()) }
    }

    /// What a head for whole sequences reads. Where nobody records, the last layer is computed for the first tokens alone.
    ///
    /// # Panics
    /// As [`TextEncoder::states`].
    #[track_caller]
    fn summary(&self, inputs: &BertInputs, ctx: &mut Ctx) -> Summary {
        let first = if ctx.is_recording() {
            self.states(inputs, None, ctx).select(1, 0)
        } else {
            let [batch, time] = inputs.input_ids.dims();
            let firsts = IntTensor::from_vec((0..batch).map(|b| (b * time) as i64).collect(), &[batch]);
            self.states(inputs, Some(&firsts), ctx)
        }; //                                                                      [B, D]
        Summary { pooled: self.pool(&first, ctx), first }
    }

    /// The states among the records of one forward pass of a model whose encoder stands under [`TextEncoder::PREFIX`].
    ///
    /// A state that was not recorded (a head that reads single rows shows no others) is left out.
    fn recorded_states(records: &[Record]) -> RecordedStates {
        let find = |path: String| records.iter().find(|record| record.path == path).map(|record| record.value.clone());
        let StatePaths { embedded, layers, output, weights } = Self::STATES;
        let mut states = RecordedStates::default();
        states.hidden_states.extend(find(format!("{}.{embedded}", Self::PREFIX)));
        for n in 0.. {
            let layer = format!("{}.{layers}.{n}", Self::PREFIX);
            let Some(output) = find(format!("{layer}.{output}")) else { break };
            states.hidden_states.push(output);
            states.attentions.extend(find(format!("{layer}.{weights}")));
        }
        states
    }
}

/// The mask of a batch.
pub(crate) fn mask_of(inputs: &BertInputs) -> Mask {
    Mask::from_attention_mask(&inputs.attention_mask)
}

/// Draws every matrix from N(0, `std`²), sets biases to 0 and leaves the norms at 1, as all of the family do.
pub(crate) fn draw_weights(model: &mut impl Module, std: f64, rng: &mut impl Rng) {
    let normal = Init::Normal { mean: 0.0, std };
    model.visit_mut("", &mut |name, parameter| {
        if parameter.rank() > 1 {
            *parameter = normal.parameter(parameter.shape(), rng);
        } else if name.ends_with("bias") {
            *parameter = Init::Zeros.parameter(parameter.shape(), rng);
        }
    });
}

/// A model of the family with its weights drawn from `seed`.
pub(crate) fn fresh<C: EncoderSettings, M: Module>(
    config: &C,
    seed: u64,
    build: impl FnOnce(&C, &mut ChaCha8Rng) -> M,
) -> Result<M, ConfigError> {
    config.validate()?;
    let mut model = build(config, &mut ChaCha8Rng::seed_from_u64(seed));
    // A generator of its own, so that the weights do not depend on what `build` happened to draw.
    draw_weights(&mut model, config.sizes().initializer_range, &mut ChaCha8Rng::seed_from_u64(seed));
    Ok(model)
}

/// A generator that always says 0: for weights that are replaced at once, where drawing would be time lost.
pub(crate) struct Nothing;

impl TryRng for Nothing {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(0)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(0)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(0);
        Ok(())
    }
}
