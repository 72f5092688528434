//! The captioner: annotations of the cells of a picture, and a decoder that asks them at every word.
//!
//! - Each cell becomes an annotation a_i of what is in it and where, through the same weights for all cells. (The paper takes
//!   the last map of a convolutional network with 14 × 14 places.)
//! - The decoder begins with what the mean of the annotations says (section 3.1.2), and at every word asks with the state
//!   *before* (equations 4–6): e_ti = v·tanh(W_q·s_{t−1} + W_k·a_i), α_t = softmax(e_t), c_t = Σ_i α_ti·a_i.
//! - c_t and the word before go into the cell; state, context and word before say the next word (equation 7).
//!
//! This is the paper's *soft* attention, with a GRU in place of its LSTM and without the gate β and the doubly stochastic
//! penalty.

use std::ops::Range;

use jumok_attention::score::{Additive, PreparedKeys, Score};
use jumok_attention::{Mask, Values, plain_attention};
use jumok_nn::translation::{SpecialTokens, all_but_one_column, framed, without_padding};
use jumok_nn::{Ctx, Embedding, LayerNorm, Linear, Module, parameters, show};
use jumok_tensor::{Array, Elem, IntTensor, Tensor, no_grad};
use jumok_text::parallel::{BOS, EOS, PAD};
use rand::Rng;

use super::Scene;
use crate::model::stack;
use crate::{Cell, CellKind, Readout, ReadoutInputs, Seq2SeqLoss, State, Step};

/// The sizes of a [`Captioner`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaptionerConfig {
    /// Rows of the grid.
    pub rows: usize,
    /// Columns of the grid.
    pub columns: usize,
    /// P, numbers of a cell.
    pub patch_size: usize,
    /// D, the width of an annotation.
    pub annotation_size: usize,
    /// E, the width of a word's embedding.
    pub embedding_size: usize,
    /// H, the width of the decoder's state.
    pub hidden_size: usize,
    /// The width of the hidden layer that scores, and of the one that reads out.
    pub attention_hidden_size: usize,
    /// V, the number of words.
    pub vocab_size: usize,
}

impl CaptionerConfig {
    /// The sizes for [`Scene`]s with a vocabulary of so many words.
    pub fn for_scenes(vocab_size: usize) -> Self {
        Self {
            rows: Scene::GRID,
            columns: Scene::GRID,
            patch_size: Scene::PATCH,
            annotation_size: 64,
            embedding_size: 24,
            // Narrow on purpose: a wide state takes all of an object home in one glance, and need not look again.
            hidden_size: 32,
            attention_hidden_size: 48,
            vocab_size,
        }
    }

    /// N, the number of cells.
    pub fn cells(&self) -> usize {
        self.rows * self.columns
    }
}

/// From the cells of a picture to their annotations, what is in a cell and where side by side:
/// a_i = `[`norm(relu(W·x_i + b)); U·place_i`]`.
///
/// The same weights everywhere; the place is row and column, in cells from the middle. What and where do not mix, so that "higher up" is the
/// same for a red square as for a blue circle.
#[derive(Debug, Clone)]
pub struct PatchEncoder {
    /// W and b: `[D − D/4, P]`.
    pub patch: Linear,
    /// U: `[D/4, 2]`.
    pub place: Linear,
    /// Brings what objects and what the ground give to one scale.
    pub norm: LayerNorm,
    /// Row and column of every cell: `[N, 2]`.
    places: Tensor,
}

impl Module for PatchEncoder {
    parameters!(patch, place, norm);
}

impl PatchEncoder {
    /// Fresh layers, as `Linear` draws them.
    pub fn new(config: &CaptionerConfig, rng: &mut impl Rng) -> Self {
        let place = config.annotation_size / 4;
        let width = config.annotation_size - place;
        Self {
            patch: Linear::new(config.patch_size, width, rng),
            place: Linear::with_bias(2, place, false, rng),
            norm: LayerNorm::new(width, 1e-5),
            places: places(config),
        }
    }

    /// Annotations `[B, N, D]` of cells `[B, N, P]`, row by row.
    ///
    /// # Panics
    /// If there are not N cells of P numbers.
    #[track_caller]
    pub fn forward(&self, patches: &Tensor) -> Tensor {
        let what = self.norm.forward(&self.patch.forward(patches).relu()); //          [B, N, D − D/4]
        let place = self.place.forward(&self.places); //                               [N, D/4]
        let [cells, width] = place.dims();
        let r#where = place.unsqueeze(0).expand(&[patches.shape()[0], cells, width]); // [B, N, D/4]
        Tensor::concat(&[&what, &r#where], -1) //                                      [B, N, D]
    }
}

/// Row and column of every cell, counted from the middle of the picture: `[N, 2]`.
#[allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]
fn places(config: &CaptionerConfig) -> Tensor {
    let along = |n: usize, count: usize| (n as f64 + 0.5 - count as f64 / 2.0) as Elem;
    let of_cell = |n: usize| [along(n / config.columns, config.rows), along(n % config.columns, config.columns)];
    Tensor::from_vec((0..config.cells()).flat_map(of_cell).collect(), &[config.cells(), 2])
}

/// Pictures with their captions.
#[derive(Debug, Clone)]
pub struct CaptionBatch {
    /// The cells of the pictures, `[B, N, P]`.
    pub patches: Tensor,
    /// The captions, `[B, T + 1]`: bos, the words, eos, padding.
    pub target: IntTensor,
}

impl CaptionBatch {
    /// A batch of cells `[B, N, P]` and captions without any special tokens.
    ///
    /// # Panics
    /// If there are not as many captions as pictures.
    #[track_caller]
    pub fn new(patches: Tensor, captions: &[Vec<i64>]) -> Self {
        let [pictures, _, _] = patches.dims();
        let count = captions.len();
        assert!(pictures == count, "CaptionBatch: {pictures} pictures and {count} captions do not fit: need pairs");
        Self { patches, target: framed(captions, SpecialTokens { pad: PAD, bos: BOS, eos: EOS }) }
    }

    /// B, the number of pictures.
    pub fn len(&self) -> usize {
        self.patches.shape()[0]
    }

    /// Whether there is no picture at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Some of the pictures: a shard of the batch.
    ///
    /// # Panics
    /// If there are no such rows.
    #[track_caller]
    pub fn rows(&self, rows: Range<usize>) -> Self {
        let [_, width] = self.target.dims();
        let target = self.target.as_slice()[rows.start * width..rows.end * width].to_vec();
        Self {
            patches: self.patches.narrow(0, rows.start, rows.len()),
            target: IntTensor::from_vec(target, &[rows.len(), width]),
        }
    }

    /// What goes into the decoder when it is taught: everything but the last token, `[B, T]`.
    pub fn decoder_input(&self) -> IntTensor {
        all_but_one_column(&self.target, 0)
    }

    /// What it should answer: everything but the first token, `[B, T]`.
    pub fn labels(&self) -> IntTensor {
        all_but_one_column(&self.target, 1)
    }

    /// The number of tokens to predict: eos counts, padding does not.
    pub fn target_tokens(&self) -> usize {
        self.labels().as_slice().iter().filter(|&&label| label != PAD).count()
    }
}

/// What the model says of a picture.
#[derive(Debug, Clone)]
pub struct Caption {
    /// The words, without bos and eos.
    pub tokens: Vec<i64>,
    /// Where each word looked, and eos if it came: `[words, N]`.
    pub attention: Array,
    /// Whether eos came before the longest length.
    pub finished: bool,
}

/// A model that says what is on a picture.
#[derive(Debug, Clone)]
pub struct Captioner {
    /// The sizes.
    pub config: CaptionerConfig,
    /// From cells to annotations.
    pub encoder: PatchEncoder,
    /// From the mean of the annotations to the decoder's first state: `[H, D]`.
    pub init: Linear,
    /// One vector a word.
    pub embed: Embedding,
    /// How well an annotation fits a state.
    pub attention: Additive,
    /// Writes the caption.
    pub decoder: Cell,
    /// From states to logits.
    pub readout: Readout,
}

impl Module for Captioner {
    parameters!(encoder, init, embed, attention, decoder, "" => readout);
}

/// A picture as the decoder sees it.
#[derive(Debug, Clone)]
pub struct PictureMemory {
    /// The state that the decoder begins with, `[B, H]`.
    pub initial: State,
    keys: PreparedKeys,
    values: Values,
}

impl Captioner {
    /// A fresh model.
    pub fn new(config: &CaptionerConfig, rng: &mut impl Rng) -> Self {
        let CaptionerConfig { annotation_size: d, embedding_size: e, hidden_size: h, attention_hidden_size: a, .. } =
            *config;
        Self {
            config: config.clone(),
            encoder: PatchEncoder::new(config, rng),
            init: Linear::new(d, h, rng),
            embed: Embedding::new(config.vocab_size, e, rng),
            attention: Additive::new(h, d, a, false, rng),
            decoder: Cell::new(CellKind::Gru, e + d, h, true, rng),
            readout: Readout::Mlp { mix: Linear::new(h + d + e, a, rng), out: Linear::new(a, config.vocab_size, rng) },
        }
    }

    /// Looks at pictures, given as cells `[B, N, P]`.
    ///
    /// # Panics
    /// If there are not N cells of P numbers.
    #[track_caller]
    pub fn look_at(&self, patches: &Tensor, ctx: &mut Ctx) -> PictureMemory {
        let annotations = self.encoder.forward(patches); //                            [B, N, D]
        show!(ctx, "annotations", ["batch", "key", "feature"], &annotations);
        let h = self.init.forward(&annotations.mean(&[1], false)).tanh(); //           [B, H]
        show!(ctx, "initial_state", ["batch", "feature"], &h);
        PictureMemory {
            initial: State { h, c: None },
            keys: self.attention.prepare(&annotations),
            values: Values::new(annotations),
        }
    }

    /// One word: from the embedding of the word before `[B, E]` and the state before to the state, the context and the
    /// weights `[B, N]` now.
    ///
    /// # Panics
    /// If the shapes do not fit.
    // ANCHOR: step
    #[track_caller]
    pub fn step(&self, embedded: &Tensor, before: &State, memory: &PictureMemory, ctx: &mut Ctx) -> Step {
        let query = before.h.unsqueeze(1); //                                          [B, 1, H]
        let look = plain_attention(&self.attention, &query, &memory.keys, &memory.values, &Mask::none(), ctx);
        let (context, weights) = (look.context.tensor().squeeze(1), look.weights.tensor().squeeze(1));
        let state = self.decoder.forward(&Tensor::concat(&[embedded, &context], -1), before); // [B, H]
        show!(ctx, "state", ["batch", "feature"], &state.h);
        Step { state, context, weights: Some(weights) }
    }
    // ANCHOR_END: step

    /// Logits `[B, V]` after a step.
    ///
    /// # Panics
    /// If the shapes do not fit.
    #[track_caller]
    pub fn logits(&self, embedded: &Tensor, before: &State, step: &Step) -> Tensor {
        let Step { state, context, .. } = step;
        self.readout.forward(&ReadoutInputs { state_before: &before.h, state: &state.h, context, embedding: embedded })
    }

    /// Logits `[B, T, V]` and weights `[B, T, N]` when the decoder is fed the true words.
    ///
    /// # Panics
    /// If the shapes do not fit, a token is not in the vocabulary, or there is nothing to predict.
    #[track_caller]
    pub fn forward(&self, batch: &CaptionBatch, ctx: &mut Ctx) -> (Tensor, Tensor) {
        let memory = self.look_at(&batch.patches, ctx);
        let embedded = self.embed.forward(&batch.decoder_input()); //                  [B, T, E]
        let [_, time, _] = embedded.dims();
        let (mut logits, mut weights) = (Vec::with_capacity(time), Vec::with_capacity(time));
        let mut state = memory.initial.clone();
        for t in 0..time {
            let word = embedded.select(1, t as isize); //                              [B, E]
            let step = ctx.at_index("decoder", t, |ctx| self.step(&word, &state, &memory, ctx));
            logits.push(self.logits(&word, &state, &step));
            weights.extend(step.weights);
            state = step.state;
        }
        (stack(logits), stack(weights))
    }

    /// −log p of the batch's captions, padding left out.
    ///
    /// # Panics
    /// As [`Captioner::forward`].
    #[track_caller]
    pub fn loss(&self, batch: &CaptionBatch, ctx: &mut Ctx) -> Seq2SeqLoss {
        let (logits, _) = self.forward(batch, ctx);
        Seq2SeqLoss::new(&logits, &batch.labels(), &without_padding(PAD as usize))
    }

    /// The likeliest word at every step, for pictures given as cells `[B, N, P]`; at most `max_words` words, eos included.
    ///
    /// # Panics
    /// If there are not N cells of P numbers.
    #[track_caller]
    pub fn greedy(&self, patches: &Tensor, max_words: usize) -> Vec<Caption> {
        no_grad(|| {
            let [batch, cells, _] = patches.dims();
            let ctx = &mut Ctx::eval();
            let memory = self.look_at(patches, ctx);
            let (mut words, mut state) = (vec![BOS; batch], memory.initial.clone());
            let mut captions: Vec<(Vec<i64>, Vec<_>)> = vec![(vec![], vec![]); batch];
            let ended = |tokens: &[i64]| tokens.last() == Some(&EOS);
            for _ in 0..max_words {
                if captions.iter().all(|(tokens, _)| ended(tokens)) {
                    break;
                }
                let embedded = self.embed.forward(&IntTensor::from_vec(words, &[batch])); // [B, E]
                let step = self.step(&embedded, &state, &memory, ctx);
                words = self.logits(&embedded, &state, &step).argmax(-1, false).to_vec(); // [B]
                let weights = step.weights.map(|weights| weights.to_vec()).unwrap_or_default(); // [B, N]
                for (b, (tokens, looks)) in captions.iter_mut().enumerate().filter(|(_, (tokens, _))| !ended(tokens)) {
                    tokens.push(words[b]);
                    looks.extend_from_slice(&weights[b * cells..(b + 1) * cells]);
                }
                state = step.state;
            }
            let caption = |(mut tokens, looks): (Vec<i64>, Vec<_>)| {
                let attention = Array::from_vec(looks, &[tokens.len(), cells]);
                let finished = ended(&tokens);
                tokens.retain(|&token| token != EOS);
                Caption { tokens, attention, finished }
            };
            captions.into_iter().map(caption).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use jumok_tensor::{GradCheck, gradcheck};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    use super::*;

    fn config() -> CaptionerConfig {
        CaptionerConfig {
            rows: 2,
            columns: 3,
            patch_size: 4,
            annotation_size: 5,
            embedding_size: 2,
            hidden_size: 3,
            attention_hidden_size: 4,
            vocab_size: 7,
        }
    }

    fn model() -> Captioner {
        Captioner::new(&config(), &mut ChaCha8Rng::seed_from_u64(3))
    }

    fn patches(pictures: usize) -> Tensor {
        let count = pictures * 24;
        Tensor::from_vec((0..count).map(|i| ((i * 31) % 19) as Elem / 9.0 - 1.0).collect(), &[pictures, 6, 4])
    }

    #[test]
    fn every_parameter_has_its_derivative() {
        let model = model();
        let batch = CaptionBatch::new(patches(2), &[vec![4, 5], vec![6]]);
        let inputs: Vec<Array> = model.named_parameters().iter().map(|(_, p)| p.array().clone()).collect();
        let loss = |i: &[Tensor]| {
            let (mut model, mut given) = (model.clone(), i.iter());
            model.visit_mut("", &mut |_, p| *p = given.next().unwrap().clone());
            model.loss(&batch, &mut Ctx::eval()).loss
        };
        gradcheck(loss, &inputs, &GradCheck::default()).unwrap();
    }

    #[test]
    fn padding_is_not_learned_and_shards_add_up() {
        let model = model();
        let batch = CaptionBatch::new(patches(2), &[vec![4, 5], vec![6]]);
        assert_eq!((batch.len(), batch.target_tokens()), (2, 5));
        assert_eq!(batch.labels().to_vec(), [4, 5, EOS, 6, EOS, PAD]);
        let whole = model.loss(&batch, &mut Ctx::eval());
        let of_shards = [0..1, 1..2].map(|rows| model.loss(&batch.rows(rows), &mut Ctx::eval()));
        assert_eq!(of_shards.each_ref().map(|loss| loss.tokens).iter().sum::<usize>(), whole.tokens);
        let sum: f64 = of_shards.iter().map(|loss| loss.sum.item()).sum();
        assert!((sum - whole.sum.item()).abs() < 1e-5, "{sum} {}", whole.sum.item());
    }

    #[test]
    fn a_caption_is_the_same_alone_and_among_others() {
        let model = model();
        let all = model.greedy(&patches(3), 5);
        for (n, caption) in all.iter().enumerate() {
            let alone = &model.greedy(&patches(3).narrow(0, n, 1), 5)[0];
            assert_eq!(alone.tokens, caption.tokens);
            assert_eq!(caption.attention.shape(), [caption.tokens.len() + usize::from(caption.finished), 6]);
            for row in caption.attention.to_vec().chunks(6) {
                assert!((row.iter().sum::<Elem>() - 1.0).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_place_of_a_cell_matters() {
        let (model, x) = (model(), patches(1));
        let moved = Tensor::concat(&[&x.narrow(1, 3, 3), &x.narrow(1, 0, 3)], 1);
        let [a, b] = [&x, &moved].map(|x| model.look_at(x, &mut Ctx::eval()).initial.h.to_vec());
        assert_ne!(a, b);
    }

    #[test]
    #[should_panic(expected = "2 pictures and 1 captions do not fit: need pairs")]
    fn pictures_and_captions_come_in_pairs() {
        CaptionBatch::new(patches(2), &[vec![4]]);
    }
}
