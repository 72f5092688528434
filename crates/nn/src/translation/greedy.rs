//! Greedy decoding: at every step the likeliest word, and no way back.

use jumok_tensor::{IntTensor, Tensor, no_grad};

use super::{SpecialTokens, StepDecoder, Translation};
use crate::Ctx;

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

/// What greedy decoding gives for a batch.
#[derive(Debug, Clone)]
pub struct GreedyOutput {
    /// The words, `[B, L]`: eos included, padding behind it.
    pub ids: IntTensor,
    /// Where each step looked, `[B, L, S]`, also behind eos; `None` from a decoder that does not say, or without a step.
    pub attention: Option<Tensor>,
    /// log p of each sentence's words up to eos.
    pub log_probabilities: Vec<f64>,
}

/// The likeliest word at every step, for `batch` sentences at once.
#[track_caller]
pub fn greedy(
    decoder: &mut impl StepDecoder,
    batch: usize,
    special: SpecialTokens,
    options: &DecodingOptions,
    ctx: &mut Ctx,
) -> GreedyOutput {
    no_grad(|| likeliest(decoder, batch, special, options, ctx))
}

#[track_caller]
fn likeliest(
    decoder: &mut impl StepDecoder,
    batch: usize,
    SpecialTokens { pad, bos, eos }: SpecialTokens,
    options: &DecodingOptions,
    ctx: &mut Ctx,
) -> GreedyOutput {
    let (mut words, mut finished) = (vec![bos; batch], vec![false; batch]);
    let (mut columns, mut looks, mut log_probabilities) = (vec![], vec![], vec![0.0; batch]);
    for _ in 0..options.max_length {
        if options.stop_when_finished && finished.iter().all(|&ended| ended) {
            break;
        }
        let step = decoder.step(&IntTensor::from_vec(words.clone(), &[batch]), ctx);
        let (best, choice) = step.logits.log_softmax(-1).max_dim(-1, false); //                      [B]
        for (b, (&word, &log_p)) in choice.as_slice().iter().zip(&best.to_vec()).enumerate() {
            words[b] = if finished[b] { pad } else { word };
            if !finished[b] {
                log_probabilities[b] += log_p as f64;
            }
            finished[b] |= words[b] == eos;
        }
        columns.push(words.clone());
        looks.extend(step.weights);
    }
    let length = columns.len();
    let ids = (0..batch).flat_map(|b| columns.iter().map(move |column| column[b])).collect();
    let attention = (!looks.is_empty()).then(|| Tensor::stack(&looks.iter().collect::<Vec<_>>(), 1)); // [B, L, S]
    GreedyOutput { ids: IntTensor::from_vec(ids, &[batch, length]), attention, log_probabilities }
}

impl GreedyOutput {
    /// The sentences one by one, for sources of these lengths.
    ///
    /// # Panics
    /// If there are not as many lengths as sentences.
    #[track_caller]
    pub fn translations(&self, source_lengths: &[usize], eos: i64) -> Vec<Translation> {
        let [batch, length] = self.ids.dims();
        assert!(source_lengths.len() == batch, "GreedyOutput: {} lengths for {batch} sentences", source_lengths.len());
        let translation = |(b, &source_len): (usize, &usize)| {
            let ids = &self.ids.as_slice()[b * length..(b + 1) * length];
            let end = ids.iter().position(|&id| id == eos);
            let steps = end.map_or(length, |end| end + 1);
            Translation {
                tokens: ids[..end.unwrap_or(length)].to_vec(),
                log_probability: self.log_probabilities[b],
                attention: self.attention.as_ref().map(|attention| {
                    let of_sentence = attention.select(0, b as isize).narrow(0, 0, steps).narrow(1, 0, source_len);
                    of_sentence.array().contiguous()
                }),
                finished: end.is_some(),
            }
        };
        source_lengths.iter().enumerate().map(translation).collect()
    }
}
