//! The encoder–decoder: an encoder reads the source, a decoder writes the target word by word (Sutskever et al. 2014; Cho et
//! al. 2014), and with attention it looks back at the source at every word (Bahdanau et al. 2015, Luong et al. 2015; lecture,
//! slides S03 and S06–S12).
//!
//! - The encoder turns S words into S *annotations* h_j, each both directions' states side by side.
//! - Without attention the decoder sees one fixed vector, the last states. However long the sentence, it must fit in there.
//! - With Bahdanau's the *previous* state s_{t−1} asks, and the context goes into the cell:
//!   c_t = Σ_j α_tj·h_j, s_t = GRU(`[e_t; c_t]`, s_{t−1}).
//! - With Luong's the *current* state asks, and the context goes to the output: s_t = GRU(e_t, s_{t−1}), then c_t.
//!
//! Letters used for shapes: `B` batch, `S` source tokens, `T` target tokens, `E` embedding, `M` annotation, `H` decoder state,
//! `G` gates of a cell, `V` target vocabulary.

use jumok_attention::Mask;
use jumok_nn::translation::{Seq2SeqBatch, Seq2SeqLoss};
use jumok_nn::{Ctx, Dropout, Embedding, Linear, Module, parameters, show};
use jumok_tensor::{IntTensor, Tensor};
use rand::{Rng, RngExt};

use crate::attention::{Asked, context};
use crate::{
    AttentionKind, Cell, ConfigError, InitialState, Readout, ReadoutInputs, Recurrent, ScoreFunction, Seq2SeqConfig,
    State,
};

/// An encoder–decoder. The parameters of encoder and cells are named as PyTorch's.
#[derive(Debug, Clone)]
pub struct Seq2Seq {
    /// Sizes and choices.
    pub config: Seq2SeqConfig,
    /// One vector a source token.
    pub src_embed: Embedding,
    /// One vector a target token.
    pub tgt_embed: Embedding,
    /// Reads the source.
    pub encoder: Recurrent,
    /// From the encoder's last states to the decoder's first.
    pub init: Linear,
    /// The same for the memory c of an LSTM.
    pub init_memory: Option<Linear>,
    /// How annotations are scored; `None` without attention.
    pub attention: Option<ScoreFunction>,
    /// Writes the target.
    pub decoder: Cell,
    /// From states to logits.
    pub readout: Readout,
}

impl Module for Seq2Seq {
    parameters!(src_embed, tgt_embed, encoder, init, init_memory, attention, decoder, "" => readout);
}

/// A source sentence as the decoder sees it.
#[derive(Debug, Clone)]
pub struct Memory {
    /// h_j, `[B, S, M]`; 0 at padding.
    pub annotations: Tensor,
    /// The fixed vector of a decoder without attention, the encoder's last states side by side: `[B, M]`.
    pub summary: Tensor,
    /// The state that the decoder begins with, `[B, H]`.
    pub initial: State,
    lengths: Vec<usize>,
    asked: Option<Asked>,
}

impl Memory {
    /// S, the tokens of the longest source.
    pub fn source_len(&self) -> usize {
        self.annotations.shape()[1]
    }

    /// The number of tokens of each source.
    pub fn lengths(&self) -> &[usize] {
        &self.lengths
    }
}

/// What one step of the decoder gives.
#[derive(Debug, Clone)]
pub struct Step {
    /// s_t, `[B, H]`.
    pub state: State,
    /// c_t, `[B, M]`.
    pub context: Tensor,
    /// α_tj, `[B, S]`; `None` without attention.
    pub weights: Option<Tensor>,
}

/// What a teacher-forced run gives.
#[derive(Debug, Clone)]
pub struct Seq2SeqOutput {
    /// For every step a score for every word, `[B, T, V]`.
    pub logits: Tensor,
    /// How much each step looked at each source token, `[B, T, S]`; `None` without attention.
    pub attention: Option<Tensor>,
    /// What each step was given of the source, `[B, T, M]`; without attention at every step the same.
    pub contexts: Tensor,
    /// The annotations of the source, `[B, S, M]`.
    pub annotations: Tensor,
}

/// The states before and after, the contexts and the weights of all steps, `[B, T, ·]`.
struct AllSteps {
    before: Tensor,
    after: Tensor,
    contexts: Tensor,
    weights: Option<Tensor>,
}

impl Seq2Seq {
    /// A fresh model: every layer as PyTorch draws it.
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &Seq2SeqConfig, rng: &mut impl Rng) -> Result<Self, ConfigError> {
        config.validate()?;
        let last_states = match config.initial_state {
            InitialState::Backward => config.encoder_hidden_size,
            InitialState::Both => config.annotation_size(),
        };
        let hidden = config.decoder_hidden_size;
        Ok(Self {
            config: config.clone(),
            src_embed: Embedding::new(config.source_vocab_size, config.embedding_size, rng),
            tgt_embed: Embedding::new(config.target_vocab_size, config.embedding_size, rng),
            encoder: Recurrent::new(&config.encoder(), rng),
            init: Linear::new(last_states, hidden, rng),
            init_memory: config.cell.has_memory().then(|| Linear::new(last_states, hidden, rng)),
            attention: (config.attention != AttentionKind::None).then(|| ScoreFunction::new(config, rng)),
            decoder: Cell::new(config.cell, config.decoder_input_size(), hidden, true, rng),
            readout: Readout::new(config, rng),
        })
    }

    /// Reads source tokens `[B, S]`, of which the first `lengths` are no padding.
    ///
    /// # Panics
    /// If a token is not in the vocabulary, or a length is more than S.
    #[track_caller]
    pub fn encode(&self, source: &IntTensor, lengths: &[usize], ctx: &mut Ctx) -> Memory {
        let embedded = self.dropped(&self.src_embed.forward(source), ctx); //           [B, S, E]
        let read = ctx.at("encoder", |ctx| self.encoder.forward(&embedded, Some(lengths), None, ctx));
        let annotations = read.output; //                                               [B, S, M]
        show!(ctx, "annotations", ["batch", "source", "feature"], &annotations);

        let directions = self.config.encoder().directions();
        let side_by_side = |of_layers: &Tensor| {
            let last = of_layers.shape()[0] - directions; // the last layer's
            let sides: Vec<Tensor> = (0..directions).map(|d| of_layers.select(0, (last + d) as isize)).collect();
            Tensor::concat(&sides.iter().collect::<Vec<_>>(), -1) //                    [B, M]
        };
        let chosen = |of_layers: &Tensor| match self.config.initial_state {
            InitialState::Backward => of_layers.select(0, -1), //                       [B, M / N]
            InitialState::Both => side_by_side(of_layers),
        };
        let initial = State {
            h: self.init.forward(&chosen(&read.state.h)).tanh(), //                     [B, H]
            c: self.init_memory.as_ref().zip(read.state.c.as_ref()).map(|(init, c)| init.forward(&chosen(c))),
        };
        show!(ctx, "initial_state", ["batch", "feature"], &initial.h);
        let summary = side_by_side(&read.state.h);
        self.memory(annotations, summary, initial, lengths)
    }

    fn memory(&self, annotations: Tensor, summary: Tensor, initial: State, lengths: &[usize]) -> Memory {
        let asked = self.attention.as_ref().map(|score| Asked {
            keys: score.prepare(&annotations),
            mask: Mask::from_lengths(lengths, annotations.shape()[1]),
        });
        Memory { annotations, summary, initial, lengths: lengths.to_vec(), asked }
    }

    /// Every sentence `times` times, one behind the other: what a beam of hypotheses looks at.
    pub(crate) fn repeat(&self, memory: &Memory, times: usize) -> Memory {
        let each = |x: &Tensor| x.repeat_interleave(times, 0);
        let lengths: Vec<usize> = memory.lengths.iter().flat_map(|&n| std::iter::repeat_n(n, times)).collect();
        self.memory(each(&memory.annotations), each(&memory.summary), memory.initial.map(each), &lengths)
    }

    // ANCHOR: step
    /// One step: from the embedding of the word before `[B, E]` and the state before to the state and the context now.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn step(&self, embedded: &Tensor, before: &State, memory: &Memory, ctx: &mut Ctx) -> Step {
        let with = |context: &Tensor| Tensor::concat(&[embedded, context], -1); //      [B, E + M]
        let step = match self.config.attention {
            AttentionKind::None => {
                let context = memory.summary.clone(); //                                [B, M]
                Step { state: self.decoder.forward(&with(&context), before), context, weights: None }
            }
            AttentionKind::Bahdanau => {
                let (context, weights) = self.look(&before.h, memory, ctx); //          [B, M], [B, S]
                Step { state: self.decoder.forward(&with(&context), before), context, weights: Some(weights) }
            }
            AttentionKind::Luong => {
                let state = self.decoder.forward(embedded, before);
                let (context, weights) = self.look(&state.h, memory, ctx); //           [B, M], [B, S]
                Step { state, context, weights: Some(weights) }
            }
        };
        show!(ctx, "state", ["batch", "feature"], &step.state.h);
        step
    }
    // ANCHOR_END: step

    /// What a state `[B, H]` finds in the source: the context `[B, M]` and the weights `[B, S]`.
    #[track_caller]
    fn look(&self, state: &Tensor, memory: &Memory, ctx: &mut Ctx) -> (Tensor, Tensor) {
        let (score, asked) = self.asks(memory);
        let weights = score.weigh(&state.unsqueeze(1), asked, ctx); //                  [B, 1, S]
        let context = context(&weights, &memory.annotations, ctx); //                   [B, 1, M]
        (context.squeeze(1), weights.tensor().squeeze(1))
    }

    #[track_caller]
    fn asks<'a>(&'a self, memory: &'a Memory) -> (&'a ScoreFunction, &'a Asked) {
        match (&self.attention, &memory.asked) {
            (Some(score), Some(asked)) => (score, asked),
            _ => panic!("Seq2Seq: the memory was made by a model without attention"),
        }
    }

    /// Logits `[B, V]` after a step.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn logits(&self, embedded: &Tensor, before: &State, step: &Step, ctx: &mut Ctx) -> Tensor {
        self.read_out(&before.h, &step.state.h, &step.context, embedded, ctx)
    }

    #[track_caller]
    fn read_out(&self, before: &Tensor, after: &Tensor, context: &Tensor, embedded: &Tensor, ctx: &mut Ctx) -> Tensor {
        let [state_before, state, context] = [before, after, context].map(|x| self.dropped(x, ctx));
        let inputs =
            ReadoutInputs { state_before: &state_before, state: &state, context: &context, embedding: embedded };
        self.readout.forward(&inputs)
    }

    fn dropped(&self, x: &Tensor, ctx: &mut Ctx) -> Tensor {
        Dropout::new(self.config.dropout).forward(x, ctx)
    }

    /// The logits of all steps when the decoder is fed the target words of the batch (teacher forcing), or its own.
    ///
    /// At every step but the first a coin that falls to `teacher_forcing` with that probability decides for the whole batch
    /// whether the decoder gets the true word before or the one it found most likely itself. At 1.0 everything is known
    /// beforehand: projections of embeddings and the output layer then run once over all steps.
    ///
    /// # Panics
    /// If `teacher_forcing` is not in 0..=1, a token is not in the vocabulary, or there is nothing to predict (T = 0).
    #[track_caller]
    pub fn forward(&self, batch: &Seq2SeqBatch, teacher_forcing: f64, ctx: &mut Ctx) -> Seq2SeqOutput {
        assert!(
            (0.0..=1.0).contains(&teacher_forcing),
            "Seq2Seq: the probability {teacher_forcing} of teacher forcing is not in 0..=1"
        );
        let memory = self.encode(&batch.source, &batch.source_lengths, ctx);
        let ids = batch.decoder_input(); //                                             [B, T]
        let annotations = memory.annotations.clone();
        if teacher_forcing < 1.0 {
            let (logits, contexts, attention) = self.feed_back(&ids, teacher_forcing, &memory, ctx);
            return Seq2SeqOutput { logits, attention, contexts, annotations };
        }
        let embedded = self.dropped(&self.tgt_embed.forward(&ids), ctx); //             [B, T, E]
        // The short cut computes some values for all steps at once and others not at all; whoever wants to see them all
        // gets the steps as they are written.
        let steps = if ctx.is_recording() {
            self.one_by_one(&embedded, &memory, ctx)
        } else {
            self.all_at_once(&embedded, &memory, ctx)
        };
        let logits = self.read_out(&steps.before, &steps.after, &steps.contexts, &embedded, ctx); // [B, T, V]
        show!(ctx, "logits", ["batch", "target", "word"], &logits);
        Seq2SeqOutput { logits, attention: steps.weights, contexts: steps.contexts, annotations }
    }

    /// The steps as [`Seq2Seq::step`] has them, for embeddings `[B, T, E]`.
    fn one_by_one(&self, embedded: &Tensor, memory: &Memory, ctx: &mut Ctx) -> AllSteps {
        let [_, time, _] = embedded.dims();
        let (mut steps, mut before) = (Vec::with_capacity(time), vec![memory.initial.clone()]);
        for t in 0..time {
            let step =
                ctx.at_index("decoder", t, |ctx| self.step(&embedded.select(1, t as isize), &before[t], memory, ctx));
            before.push(step.state.clone());
            steps.push(step);
        }
        let all = |f: &dyn Fn(usize) -> Tensor| stack((0..time).map(f).collect());
        AllSteps {
            before: all(&|t| before[t].h.clone()), //                                   [B, T, H]
            after: all(&|t| before[t + 1].h.clone()), //                                [B, T, H]
            contexts: all(&|t| steps[t].context.clone()), //                            [B, T, M]
            weights: self.attention.is_some().then(|| {
                all(&|t| steps[t].weights.clone().expect("a step with attention has weights")) // [B, T, S]
            }),
        }
    }

    /// The same as [`Seq2Seq::one_by_one`] with everything that no state must wait for taken out of the loop.
    ///
    /// - The cell reads `[e_t; c_t]`, so W_ih·`[e_t; c_t]` = W_e·e_t + W_c·c_t: the first product is one for all steps.
    /// - c_t is a mean of annotations, so W_c·c_t = Σ_j α_tj·(W_c·h_j): the annotations are projected once a sentence, and the
    ///   contexts themselves follow after the loop, all in one product.
    /// - Luong's attention needs the states alone: it comes after the loop as a whole.
    fn all_at_once(&self, embedded: &Tensor, memory: &Memory, ctx: &mut Ctx) -> AllSteps {
        let [batch, time, width] = embedded.dims();
        let annotations = &memory.annotations;
        let [_, _, m] = annotations.dims();
        let mut projected = None; //                                                    [B, S, G·H]
        let gates = match self.config.attention {
            AttentionKind::Luong => self.decoder.input_gates(embedded),
            AttentionKind::None => {
                let context = memory.summary.unsqueeze(1).expand(&[batch, time, m]); // [B, T, M]
                self.decoder.input_gates(&Tensor::concat(&[embedded, &context], -1))
            }
            AttentionKind::Bahdanau => {
                let [w_e, w_c] =
                    [(0, width), (width, m)].map(|(start, len)| self.decoder.weight_ih.narrow(1, start, len));
                projected = Some(annotations.linear(&w_c, None));
                embedded.linear(&w_e, self.decoder.bias_ih.as_ref())
            }
        }; //                                                                           [B, T, G·H]
        let (mut before, mut after, mut weights) = (vec![], vec![], vec![]);
        let mut state = memory.initial.clone();
        for t in 0..time {
            let mut gates = gates.select(1, t as isize); //                             [B, G·H]
            if let Some(projected) = &projected {
                let (score, asked) = self.asks(memory);
                let looks = score.weigh(&state.h.unsqueeze(1), asked, ctx).into_tensor(); // [B, 1, S]
                gates = gates + looks.matmul(projected).squeeze(1); //                  [B, G·H]
                weights.push(looks.squeeze(1));
            }
            let next = self.decoder.step(&gates, &state);
            before.push(std::mem::replace(&mut state, next).h);
            after.push(state.h.clone());
        }
        let [before, after] = [before, after].map(stack); //                            [B, T, H]
        let weights = match self.config.attention {
            AttentionKind::None => None,
            AttentionKind::Bahdanau => Some(stack(weights)), //                         [B, T, S]
            AttentionKind::Luong => {
                let (score, asked) = self.asks(memory);
                Some(score.weigh(&after, asked, ctx).into_tensor())
            }
        };
        let contexts = match &weights {
            Some(weights) => weights.matmul(annotations), //                            [B, T, M]
            None => memory.summary.unsqueeze(1).expand(&[batch, time, m]),
        };
        AllSteps { before, after, contexts, weights }
    }

    /// Logits `[B, T, V]`, contexts `[B, T, M]` and weights where the coin of [`Seq2Seq::forward`] may hand the decoder its own words.
    fn feed_back(
        &self,
        ids: &IntTensor,
        teacher_forcing: f64,
        memory: &Memory,
        ctx: &mut Ctx,
    ) -> (Tensor, Tensor, Option<Tensor>) {
        let [batch, time] = ids.dims();
        let column = |t: usize| (0..batch).map(|b| ids.as_slice()[b * time + t]).collect::<Vec<_>>();
        let (mut logits, mut contexts, mut weights): (Vec<Tensor>, Vec<Tensor>, Vec<Tensor>) = (vec![], vec![], vec![]);
        let mut state = memory.initial.clone();
        for t in 0..time {
            let words = match logits.last() {
                Some(last) if !ctx.rng().random_bool(teacher_forcing) => last.argmax(-1, false).to_vec(),
                _ => column(t),
            };
            let embedded = self.tgt_embed.forward(&IntTensor::from_vec(words, &[batch])); // [B, E]
            let embedded = self.dropped(&embedded, ctx);
            let step = ctx.at_index("decoder", t, |ctx| self.step(&embedded, &state, memory, ctx));
            logits.push(self.logits(&embedded, &state, &step, ctx)); //                 [B, V]
            contexts.push(step.context);
            weights.extend(step.weights);
            state = step.state;
        }
        (stack(logits), stack(contexts), self.attention.is_some().then(|| stack(weights)))
    }

    /// −log p of the batch's target words, padding left out.
    ///
    /// # Panics
    /// As [`Seq2Seq::forward`].
    #[track_caller]
    pub fn loss(&self, batch: &Seq2SeqBatch, teacher_forcing: f64, ctx: &mut Ctx) -> Seq2SeqLoss {
        let logits = self.forward(batch, teacher_forcing, ctx).logits; // [B, T, V]
        Seq2SeqLoss::new(&logits, &batch.labels(), &batch.cross_entropy())
    }
}

/// Tensors `[B, ·]` of all steps as one `[B, T, ·]`.
///
/// # Panics
/// If there is no step.
#[track_caller]
pub(crate) fn stack(steps: Vec<Tensor>) -> Tensor {
    Tensor::stack(&steps.iter().collect::<Vec<_>>(), 1)
}
