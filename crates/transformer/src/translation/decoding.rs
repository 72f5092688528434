//! How a trained model translates. A step reads one token: the source was read once, and the keys and values of the target so far
//! are kept ([`DecoderCache`]).

use jumok_nn::Ctx;
use jumok_nn::translation::{
    BeamOptions, DecoderStep, DecodingOptions, GreedyOutput, SpecialTokens, StepDecoder, Translation, beam_search,
    greedy, padded,
};
use jumok_tensor::{IntTensor, Tensor, no_grad};

use super::{Memory, TransformerForTranslation};
use crate::DecoderCache;

/// A decoder between two tokens.
#[derive(Debug)]
pub struct TranslationCache<'m> {
    model: &'m TransformerForTranslation,
    cache: DecoderCache,
}

// ANCHOR: decoding_step
impl StepDecoder for TranslationCache<'_> {
    fn step(&mut self, tokens: &IntTensor, ctx: &mut Ctx) -> DecoderStep {
        let Self { model, cache } = self;
        let x = model.embed_target(&tokens.reshape(&[tokens.len(), 1]), cache.len(), ctx); //     [rows, 1, D]
        let x = ctx.at("decoder", |ctx| model.transformer.decoder.forward_cached(&x, cache, ctx));
        DecoderStep { logits: model.logits(&x.squeeze(1), ctx), weights: None } //                [rows, V]
    }

    fn reorder(&mut self, rows: &[usize]) {
        self.cache.reorder(rows);
    }
}
// ANCHOR_END: decoding_step

impl TransformerForTranslation {
    /// Prepares the decoding of source tokens `[B, S]`, of which the first `lengths` are no padding, with `hypotheses` rows a
    /// sentence, one behind the other.
    ///
    /// # Panics
    /// If a token is not in the vocabulary, or outside [`no_grad`].
    #[track_caller]
    pub fn begin(
        &self,
        source: &IntTensor,
        lengths: &[usize],
        hypotheses: usize,
        ctx: &mut Ctx,
    ) -> TranslationCache<'_> {
        let Memory { states, .. } = self.encode(source, lengths, ctx);
        let [_, longest, _] = states.dims();
        let states = if hypotheses == 1 { states } else { states.repeat_interleave(hypotheses, 0) };
        let lengths: Vec<usize> = lengths.iter().flat_map(|&n| std::iter::repeat_n(n, hypotheses)).collect();
        let mask = jumok_attention::Mask::from_lengths(&lengths, longest);
        let cache = ctx.at("decoder", |ctx| self.transformer.decoder.remember(&states, &mask, ctx));
        TranslationCache { model: self, cache }
    }

    /// The likeliest token at every step, for source tokens `[B, S]` of which the first `lengths` are no padding.
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    #[track_caller]
    pub fn greedy_ids(
        &self,
        source: &IntTensor,
        lengths: &[usize],
        options: &DecodingOptions,
        ctx: &mut Ctx,
    ) -> GreedyOutput {
        no_grad(|| {
            let mut decoder = self.begin(source, lengths, 1, ctx);
            greedy(&mut decoder, lengths.len(), SpecialTokens::from(&self.config), options, ctx)
        })
    }

    /// The likeliest token at every step, for sentences of any lengths at once.
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
            let mut decoder = self.begin(&source, &lengths, options.beam_size, ctx);
            beam_search(&mut decoder, &lengths, special, options, ctx)
        })
    }

    /// Where each token of a translation, and eos behind the last, looks in its source: of each layer of the decoder the weights
    /// `[H, T + 1, S]` (lecture, slide S20).
    ///
    /// The weights are those of a pass over the whole translation: the same as while it was written.
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    #[track_caller]
    pub fn cross_attention(&self, source: &[i64], translation: &[i64]) -> Vec<Tensor> {
        let bos = self.config.bos_token_id as i64;
        let row = |ids: &[i64]| IntTensor::from_vec(ids.to_vec(), &[1, ids.len()]);
        let mut ctx = Ctx::eval().recording();
        no_grad(|| {
            let memory = self.encode(&row(source), &[source.len()], &mut ctx);
            self.decode(&row(&[&[bos], translation].concat()), &memory, &mut ctx)
        });
        let records = ctx.take_records().into_iter();
        let weights = records.filter(|record| record.path.ends_with("multihead_attn.weights"));
        weights.map(|record| record.value.squeeze(0)).collect() //                                [H, T + 1, S]
    }
}
