//! How a trained model translates: the likeliest word at every step, or beam search ([`jumok_nn::translation`]).

use jumok_nn::Ctx;
use jumok_nn::translation::{
    BeamOptions, DecoderStep, DecodingOptions, GreedyOutput, SpecialTokens, StepDecoder, Translation, beam_search,
    greedy, padded,
};
use jumok_tensor::{IntTensor, Tensor, no_grad};

use crate::{Memory, Seq2Seq, Seq2SeqConfig, State};

impl From<&Seq2SeqConfig> for SpecialTokens {
    fn from(config: &Seq2SeqConfig) -> Self {
        let [pad, bos, eos] = [config.pad_token_id, config.bos_token_id, config.eos_token_id].map(|id| id as i64);
        Self { pad, bos, eos }
    }
}

/// A decoder between two words.
struct Steps<'m> {
    model: &'m Seq2Seq,
    memory: Memory,
    state: State,
    /// The words that were read.
    t: usize,
}

impl<'m> Steps<'m> {
    fn new(model: &'m Seq2Seq, memory: Memory) -> Self {
        Self { model, state: memory.initial.clone(), memory, t: 0 }
    }
}

impl StepDecoder for Steps<'_> {
    fn step(&mut self, tokens: &IntTensor, ctx: &mut Ctx) -> DecoderStep {
        let Self { model, memory, state, t } = self;
        let embedded = model.tgt_embed.forward(tokens); //                              [B, E]
        let step = ctx.at_index("decoder", *t, |ctx| model.step(&embedded, state, memory, ctx));
        let logits = model.logits(&embedded, state, &step, ctx); //                     [B, V]
        (*state, *t) = (step.state, *t + 1);
        DecoderStep { logits, weights: step.weights }
    }

    fn reorder(&mut self, rows: &[usize]) {
        let rows = IntTensor::from_vec(rows.iter().map(|&row| row as i64).collect(), &[rows.len()]);
        self.state = self.state.map(|part| part.index_select(0, &rows));
    }
}

impl Seq2Seq {
    /// The likeliest word at every step, for source tokens `[B, S]` of which the first `lengths` are no padding.
    ///
    /// # Panics
    /// If a token is not in the vocabulary, or a length is more than S.
    #[track_caller]
    pub fn greedy_ids(
        &self,
        source: &IntTensor,
        lengths: &[usize],
        options: &DecodingOptions,
        ctx: &mut Ctx,
    ) -> GreedyOutput {
        let [batch, source_len] = source.dims();
        let mut steps = Steps::new(self, no_grad(|| self.encode(source, lengths, ctx)));
        let mut output = greedy(&mut steps, batch, SpecialTokens::from(&self.config), options, ctx);
        if self.attention.is_some() {
            output.attention.get_or_insert_with(|| Tensor::zeros(&[batch, 0, source_len]));
        }
        output
    }

    /// The likeliest word at every step, for sentences of any lengths at once.
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    #[track_caller]
    pub fn greedy(&self, sources: &[Vec<i64>], options: &DecodingOptions) -> Vec<Translation> {
        let SpecialTokens { pad, eos, .. } = SpecialTokens::from(&self.config);
        let (source, lengths) = padded(sources, pad);
        self.greedy_ids(&source, &lengths, options, &mut Ctx::eval()).translations(&lengths, eos)
    }

    /// The best translation of every sentence that beam search finds, for sentences of any lengths at once.
    ///
    /// # Panics
    /// If `beam_size` is 0, or a token is not in the vocabulary.
    #[track_caller]
    pub fn beam(&self, sources: &[Vec<i64>], options: &BeamOptions) -> Vec<Translation> {
        let (special, ctx) = (SpecialTokens::from(&self.config), &mut Ctx::eval());
        let (source, lengths) = padded(sources, special.pad);
        no_grad(|| {
            let memory = self.repeat(&self.encode(&source, &lengths, ctx), options.beam_size); // rows b·K + k
            beam_search(&mut Steps::new(self, memory), &lengths, special, options, ctx)
        })
    }
}
