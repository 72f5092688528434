//! The tagger: the frames of a clip ask one another, then every tag asks the frames.
//!
//! - x_t = relu(W·frame_t + b).
//! - Self-attention: h = norm(x + MultiHead(x, x, x)) over the frames nearby; a bias for every distance tells them how far
//!   apart they are, which tempo is made of. (Won et al. 2019 put two such layers behind a convolutional front end.)
//! - Tag g has a query q_g of its own: α_g = softmax_t(q_g·k_t/√D) with k_t = W_k·h_t, c_g = Σ_t α_gt·v_t with v_t = W_v·h_t, and
//!   says with probability σ(w_g·c_g + b_g) that it is heard. (The paper reads all tags out of one vector; here each can be asked
//!   where it listened.)

use jumok_attention::positions::T5RelativePositionBias;
use jumok_attention::score::{ScaledDot, Score};
use jumok_attention::{Mask, MultiHeadAttention, MultiHeadConfig, Values, plain_attention};
use jumok_nn::{Ctx, Init, LayerNorm, Linear, Module, parameters, show};
use jumok_tensor::{BoolTensor, Reduction, Tensor};
use rand::Rng;

use super::{ClipBatch, Spectrogram, Tag};

/// The sizes of a [`MusicTagger`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MusicTaggerConfig {
    /// F, numbers of a frame.
    pub bands: usize,
    /// D, the width of the model.
    pub hidden_size: usize,
    /// H, the heads of the self-attention; they divide D.
    pub num_heads: usize,
    /// G, the number of tags.
    pub tags: usize,
}

impl MusicTaggerConfig {
    /// The sizes for [`Clip`](super::Clip)s and all [`Tag`]s.
    pub fn for_clips() -> Self {
        Self { bands: Spectrogram::BANDS, hidden_size: 48, num_heads: 4, tags: Tag::ALL.len() }
    }
}

/// A model that hears what is in a clip.
#[derive(Debug, Clone)]
pub struct MusicTagger {
    /// W and b of the frames: `[D, F]`.
    pub frame: Linear,
    /// The frames ask one another.
    pub self_attention: MultiHeadAttention,
    /// What a distance between frames adds to their scores.
    pub distance: T5RelativePositionBias,
    /// After the self-attention.
    pub norm: LayerNorm,
    /// W_k: `[D, D]`.
    pub key: Linear,
    /// W_v: `[D, D]`.
    pub value: Linear,
    /// q, one query a tag: `[G, D]`.
    pub query: Tensor,
    /// w, one row a tag: `[G, D]`.
    pub weight: Tensor,
    /// b, one number a tag: `[G]`.
    pub bias: Tensor,
}

impl Module for MusicTagger {
    parameters!(frame, self_attention, distance, norm, key, value, query, weight, bias);
}

/// What the model hears.
#[derive(Debug, Clone)]
pub struct TaggerOutput {
    /// A logit for every tag: `[B, G]`.
    pub logits: Tensor,
    /// Where every tag listened: `[B, G, T]`.
    pub tag_attention: Tensor,
    /// Which frames every frame asked, in each head: `[B, H, T, T]`.
    pub self_attention: Tensor,
}

impl MusicTagger {
    /// Buckets of distances, half of them for each direction.
    const BUCKETS: usize = 16;
    /// How many frames before and after it a frame asks.
    const REACH: usize = 10;

    /// A fresh model.
    ///
    /// # Panics
    /// If the heads do not divide the width.
    #[track_caller]
    pub fn new(config: &MusicTaggerConfig, rng: &mut impl Rng) -> Self {
        let &MusicTaggerConfig { bands, hidden_size: d, num_heads, tags } = config;
        let row = Init::Uniform { low: -1.0 / (d as f64).sqrt(), high: 1.0 / (d as f64).sqrt() };
        Self {
            frame: Linear::new(bands, d, rng),
            self_attention: MultiHeadAttention::new(&MultiHeadConfig::new(d, num_heads), rng),
            distance: T5RelativePositionBias::new(Self::BUCKETS, num_heads, true, Self::REACH, rng),
            norm: LayerNorm::new(d, 1e-5),
            key: Linear::new(d, d, rng),
            value: Linear::new(d, d, rng),
            query: row.parameter(&[tags, d], rng),
            weight: row.parameter(&[tags, d], rng),
            bias: Init::Zeros.parameter(&[tags], rng),
        }
    }

    /// What is heard in spectrograms `[B, T, F]`.
    ///
    /// # Panics
    /// If a frame has not F numbers.
    // ANCHOR: forward
    #[track_caller]
    pub fn forward(&self, frames: &Tensor, ctx: &mut Ctx) -> TaggerOutput {
        let [b, t, _] = frames.dims();
        let [g, d] = self.query.dims();
        let x = self.frame.forward(frames).relu(); //                         [B, T, D]

        // A frame that had heard the whole clip could answer for any other: then no tag would have to listen to its own sound.
        let near = Mask::allowed(neighbours(t, Self::REACH)); //              [T, T]
        let how_far = Mask::bias(self.distance.forward(t, t, 0)); //          [1, H, T, T]
        let heard = ctx.at("self", |ctx| self.self_attention.forward(&x, &x, &x, &how_far.and(&near), ctx));
        let h = self.norm.forward(&(&x + &heard.output)); //                  [B, T, D]
        show!(ctx, "hidden", ["batch", "key", "feature"], &h);

        let keys = ScaledDot.prepare(&self.key.forward(&h)); //               [B, T, D]
        let values = Values::new(self.value.forward(&h)); //                  [B, T, D]
        let query = self.query.unsqueeze(0).expand(&[b, g, d]); //            [B, G, D]
        let pooled = ctx.at("tag", |ctx| plain_attention(&ScaledDot, &query, &keys, &values, &Mask::none(), ctx));

        let logits = (pooled.context.tensor() * &self.weight).sum(&[-1], false) + &self.bias; // [B, G]
        show!(ctx, "logits", ["batch", "tag"], &logits);
        TaggerOutput { logits, tag_attention: pooled.weights.tensor().clone(), self_attention: heard.weights }
    }
    // ANCHOR_END: forward

    /// The binary cross-entropy of every tag of every clip: their sum, and how many there are.
    ///
    /// # Panics
    /// As [`MusicTagger::forward`].
    #[track_caller]
    pub fn loss(&self, batch: &ClipBatch, ctx: &mut Ctx) -> (Tensor, usize) {
        let logits = self.forward(&batch.frames, ctx).logits;
        (logits.bce_with_logits(&batch.labels, None, None, Reduction::Sum), batch.labels.len())
    }
}

/// Which of `count` frames are at most `reach` frames apart: `[T, T]`.
fn neighbours(count: usize, reach: usize) -> BoolTensor {
    let pairs = (0..count * count).map(|pair| (pair / count).abs_diff(pair % count) <= reach).collect();
    BoolTensor::from_vec(pairs, &[count, count])
}

#[cfg(test)]
mod tests {
    use jumok_tensor::{Array, Elem, GradCheck, gradcheck};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    use super::*;

    fn model() -> MusicTagger {
        let config = MusicTaggerConfig { bands: 3, hidden_size: 4, num_heads: 2, tags: 2 };
        MusicTagger::new(&config, &mut ChaCha8Rng::seed_from_u64(2))
    }

    fn frames(clips: usize, time: usize) -> Tensor {
        let count = clips * time * 3;
        Tensor::from_vec((0..count).map(|i| ((i * 31) % 19) as Elem / 9.0 - 1.0).collect(), &[clips, time, 3])
    }

    #[test]
    fn every_parameter_has_its_derivative() {
        // Every unit well above 0: a central difference across the kink of relu would be no derivative.
        let mut model = model();
        model.frame.bias = Some(Tensor::parameter(Array::full(&[4], 3.0)));
        let labels = Tensor::from_vec(vec![1.0, 0.0, 0.0, 1.0], &[2, 2]);
        let batch = ClipBatch { frames: frames(2, 5), labels };
        let inputs: Vec<Array> = model.named_parameters().iter().map(|(_, p)| p.array().clone()).collect();
        let loss = |i: &[Tensor]| {
            let (mut model, mut given) = (model.clone(), i.iter());
            model.visit_mut("", &mut |_, p| *p = given.next().unwrap().clone());
            model.loss(&batch, &mut Ctx::eval()).0
        };
        gradcheck(loss, &inputs, &GradCheck::default()).unwrap();
    }

    #[test]
    fn every_tag_shares_its_attention_among_the_frames() {
        let output = model().forward(&frames(2, 5), &mut Ctx::eval());
        assert_eq!((output.logits.shape(), output.tag_attention.shape()), (&[2, 2][..], &[2, 2, 5][..]));
        assert_eq!(output.self_attention.shape(), [2, 2, 5, 5]);
        for row in output.tag_attention.to_vec().chunks(5) {
            assert!((row.iter().sum::<Elem>() - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn a_clip_is_heard_alike_alone_and_among_others_and_order_matters() {
        let (model, x) = (model(), frames(2, 5));
        let logits = |x: &Tensor| model.forward(x, &mut Ctx::eval()).logits.to_vec();
        let (both, second) = (logits(&x), logits(&x.narrow(0, 1, 1)));
        both[2..].iter().zip(&second).for_each(|(a, b)| assert!((a - b).abs() < 1e-5));
        // Distances are known, so a clip with its middle frames exchanged is another clip.
        let parts = [0, 3, 2, 1, 4].map(|t| x.narrow(1, t, 1));
        let exchanged = logits(&Tensor::concat(&parts.each_ref(), 1));
        assert!(both.iter().zip(&exchanged).any(|(a, b)| (a - b).abs() > 1e-4), "{both:?} {exchanged:?}");
    }
}
