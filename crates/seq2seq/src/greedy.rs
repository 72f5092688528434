//! Greedy decoding: at every step the likeliest word, and no way back.

use jumok_nn::Ctx;
use jumok_tensor::{Array, IntTensor, Tensor, no_grad};

use crate::Seq2Seq;
use crate::batch::padded;

/// How far decoding goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodingOptions {
    /// The most words of a translation, eos included.
    pub max_length: usize,
    /// Whether to stop as soon as every sentence has ended. Otherwise rows that have ended go on with padding, and every
    /// result is `max_length` long.
    pub stop_when_finished: bool,
}

impl Default for DecodingOptions {
    fn default() -> Self {
        Self { max_length: 64, stop_when_finished: true }
    }
}

/// A translated sentence.
#[derive(Debug, Clone)]
pub struct Translation {
    /// The words, without bos and eos.
    pub tokens: Vec<i64>,
    /// log p of all of them, and of eos if it came.
    pub log_probability: f64,
    /// Where each word looked, and eos if it came: `[words, source tokens]`; `None` without attention.
    pub attention: Option<Array>,
    /// Whether eos came before the longest length.
    pub finished: bool,
}

/// What greedy decoding gives for a batch.
#[derive(Debug, Clone)]
pub struct GreedyOutput {
    /// The words, `[B, L]`: eos included, padding behind it.
    pub ids: IntTensor,
    /// Where each step looked, `[B, L, S]`, also behind eos; `None` without attention.
    pub attention: Option<Tensor>,
    /// log p of each sentence's words up to eos.
    pub log_probabilities: Vec<f64>,
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
        no_grad(|| self.greedy_recorded(source, lengths, options, ctx))
    }

    #[track_caller]
    #[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
    fn greedy_recorded(
        &self,
        source: &IntTensor,
        lengths: &[usize],
        options: &DecodingOptions,
        ctx: &mut Ctx,
    ) -> GreedyOutput {
        let [batch, _] = source.dims();
        let [pad, bos, eos] =
            [self.config.pad_token_id, self.config.bos_token_id, self.config.eos_token_id].map(|id| id as i64);
        let memory = self.encode(source, lengths, ctx);
        let mut state = memory.initial.clone();
        let (mut words, mut finished) = (vec![bos; batch], vec![false; batch]);
        let (mut columns, mut looks, mut log_probabilities) = (vec![], vec![], vec![0.0; batch]);
        for t in 0..options.max_length {
            if options.stop_when_finished && finished.iter().all(|&ended| ended) {
                break;
            }
            let embedded = self.tgt_embed.forward(&IntTensor::from_vec(words.clone(), &[batch])); // [B, E]
            let step = ctx.at_index("decoder", t, |ctx| self.step(&embedded, &state, &memory, ctx));
            let log_p = self.logits(&embedded, &state, &step, ctx).log_softmax(-1); //               [B, V]
            let (best, choice) = log_p.max_dim(-1, false); //                                        [B]
            for (b, (&word, &log_p)) in choice.as_slice().iter().zip(&best.to_vec()).enumerate() {
                words[b] = if finished[b] { pad } else { word };
                if !finished[b] {
                    log_probabilities[b] += log_p as f64;
                }
                finished[b] |= words[b] == eos;
            }
            columns.push(words.clone());
            looks.extend(step.weights);
            state = step.state;
        }
        let length = columns.len();
        let ids = (0..batch).flat_map(|b| columns.iter().map(move |column| column[b])).collect();
        let attention = self.attention.is_some().then(|| match looks.len() {
            0 => Tensor::zeros(&[batch, 0, memory.source_len()]),
            _ => Tensor::stack(&looks.iter().collect::<Vec<_>>(), 1), //                             [B, L, S]
        });
        GreedyOutput { ids: IntTensor::from_vec(ids, &[batch, length]), attention, log_probabilities }
    }

    /// The likeliest word at every step, for sentences of any lengths at once.
    ///
    /// # Panics
    /// If a token is not in the vocabulary.
    #[track_caller]
    pub fn greedy(&self, sources: &[Vec<i64>], options: &DecodingOptions) -> Vec<Translation> {
        let (source, lengths) = padded(sources, self.config.pad_token_id as i64);
        let output = self.greedy_ids(&source, &lengths, options, &mut Ctx::eval());
        let [_, length] = output.ids.dims();
        let eos = self.config.eos_token_id as i64;
        let translation = |(b, &source_len): (usize, &usize)| {
            let ids = &output.ids.as_slice()[b * length..(b + 1) * length];
            let end = ids.iter().position(|&id| id == eos);
            let steps = end.map_or(length, |end| end + 1);
            Translation {
                tokens: ids[..end.unwrap_or(length)].to_vec(),
                log_probability: output.log_probabilities[b],
                attention: output.attention.as_ref().map(|attention| {
                    let of_sentence = attention.select(0, b as isize).narrow(0, 0, steps).narrow(1, 0, source_len);
                    of_sentence.array().contiguous()
                }),
                finished: end.is_some(),
            }
        };
        lengths.iter().enumerate().map(translation).collect()
    }
}
