//! Beam search: the K likeliest beginnings are kept at every step, so that a weak word may lead to a strong sentence.
//!
//! A hypothesis is judged by log p / lp(length), lp(n) = ((5 + n)/6)^α (Wu et al. 2016, arXiv 1609.08144, equation 14): every
//! word makes log p smaller, so without α the search prefers sentences that are too short.

use jumok_tensor::{Array, Elem, IntTensor, no_grad};

use super::{SpecialTokens, StepDecoder, Translation};
use crate::Ctx;

/// How beam search is done.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BeamOptions {
    /// K, how many hypotheses of a sentence are kept.
    pub beam_size: usize,
    /// α: 0 compares log p itself, 1 nearly log p a word.
    pub length_penalty: f64,
    /// The most words of a translation, eos included.
    pub max_length: usize,
}

impl Default for BeamOptions {
    fn default() -> Self {
        Self { beam_size: 4, length_penalty: 0.6, max_length: 64 }
    }
}

/// lp(n) = ((5 + n)/6)^α
fn penalty(length: usize, alpha: f64) -> f64 {
    ((5.0 + length as f64) / 6.0).powf(alpha)
}

/// The beginning of a translation.
#[derive(Debug, Clone)]
struct Hypothesis {
    tokens: Vec<i64>,
    log_p: f64,
    /// The row of weights of every step, one behind the other.
    looks: Vec<Elem>,
}

/// The search for one sentence.
struct Search {
    live: Vec<Hypothesis>,
    /// Ended ones with their judged log p, the best first.
    ended: Vec<(f64, Hypothesis)>,
}

/// The best translation of every sentence that beam search finds, for sentences whose sources have these lengths. The decoder
/// has K = `beam_size` rows for each: row b·K + k is hypothesis k of sentence b.
///
/// A sentence's search ends when K hypotheses have ended and none that still goes on could become better. If none ends
/// within the longest length, the best unfinished one is given.
///
/// # Panics
/// If `beam_size` is 0.
#[track_caller]
pub fn beam_search(
    decoder: &mut impl StepDecoder,
    source_lengths: &[usize],
    special: SpecialTokens,
    options: &BeamOptions,
    ctx: &mut Ctx,
) -> Vec<Translation> {
    assert!(options.beam_size > 0, "beam: need a beam of at least one hypothesis");
    no_grad(|| search(decoder, source_lengths, special, options, ctx))
}

#[track_caller]
fn search(
    decoder: &mut impl StepDecoder,
    lengths: &[usize],
    SpecialTokens { pad, bos, eos }: SpecialTokens,
    options: &BeamOptions,
    ctx: &mut Ctx,
) -> Vec<Translation> {
    let &BeamOptions { beam_size, length_penalty, max_length } = options;
    let rows = lengths.len() * beam_size;
    let mut attends = false;
    let beginning = Hypothesis { tokens: vec![], log_p: 0.0, looks: vec![] };
    let mut searches: Vec<Search> =
        lengths.iter().map(|_| Search { live: vec![beginning.clone()], ended: vec![] }).collect();
    for length in 1..=max_length {
        if searches.iter().all(|search| search.live.is_empty()) {
            break;
        }
        let words: Vec<i64> = (0..rows)
            .map(|row| {
                let live = &searches[row / beam_size].live;
                // A row without a hypothesis computes what nobody reads.
                live.get(row % beam_size).map_or(pad, |h| h.tokens.last().copied().unwrap_or(bos))
            })
            .collect();
        let step = decoder.step(&IntTensor::from_vec(words, &[rows]), ctx);
        let log_p = step.logits.log_softmax(-1); //                                           [B·K, V]
        // One more than hypotheses, so that there are enough that go on beside eos.
        let candidates = (beam_size + 1).min(log_p.shape()[1]);
        let (best, choice) = log_p.topk(candidates, -1); //                                   [B·K, candidates]
        let (best, choice) = (best.to_vec(), choice.to_vec());
        attends |= step.weights.is_some();
        let looks = step.weights.as_ref().map(|weights| (weights.shape()[1], weights.to_vec()));

        let mut parents: Vec<usize> = (0..rows).collect();
        for (b, search) in searches.iter_mut().enumerate() {
            let mut continued: Vec<(f64, usize, i64)> = vec![]; // log p, row, word
            for (k, hypothesis) in search.live.iter().enumerate() {
                let row = b * beam_size + k;
                let of_row = row * candidates..(row + 1) * candidates;
                let words = best[of_row.clone()].iter().zip(&choice[of_row]);
                continued.extend(words.map(|(&log_p, &word)| (hypothesis.log_p + log_p as f64, row, word)));
            }
            // A stable sort: of equals the one of the better parent comes first.
            continued.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut live = Vec::with_capacity(beam_size);
            for (log_p, row, word) in continued {
                if live.len() == beam_size {
                    break;
                }
                let parent = &search.live[row % beam_size];
                let mut looks_now = parent.looks.clone();
                if let Some((source_len, looks)) = &looks {
                    looks_now.extend(&looks[row * source_len..][..lengths[b]]);
                }
                if word == eos {
                    let ended = Hypothesis { tokens: parent.tokens.clone(), log_p, looks: looks_now };
                    search.ended.push((log_p / penalty(length, length_penalty), ended));
                } else {
                    parents[b * beam_size + live.len()] = row;
                    live.push(Hypothesis { tokens: [&parent.tokens[..], &[word]].concat(), log_p, looks: looks_now });
                }
            }
            search.ended.sort_by(|a, b| b.0.total_cmp(&a.0));
            search.ended.truncate(beam_size);
            search.live = live;
            search.stop_if_decided(beam_size, penalty(max_length, length_penalty));
        }
        decoder.reorder(&parents);
    }
    searches.into_iter().zip(lengths).map(|(search, &source_len)| search.best(source_len, attends)).collect()
}

impl Search {
    /// Ends the search if K hypotheses have ended and the best live one cannot overtake the last of them: its log p only falls,
    /// and no sentence is judged more mildly than the longest.
    fn stop_if_decided(&mut self, beam_size: usize, mildest: f64) {
        let Some((worst, _)) = self.ended.last().filter(|_| self.ended.len() == beam_size) else { return };
        if self.live.first().is_none_or(|best| best.log_p / mildest.max(1.0) <= *worst) {
            self.live.clear();
        }
    }

    fn best(self, source_len: usize, attends: bool) -> Translation {
        let (finished, best) = match self.ended.into_iter().next() {
            Some((_, best)) => (true, best),
            None => (false, self.live.into_iter().next().expect("a search without an end goes on")),
        };
        let steps = best.tokens.len() + usize::from(finished);
        Translation {
            attention: attends.then(|| Array::from_vec(best.looks, &[steps, source_len])),
            tokens: best.tokens,
            log_probability: best.log_p,
            finished,
        }
    }
}
