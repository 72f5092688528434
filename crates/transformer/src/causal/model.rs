//! Embeddings, blocks, a last norm and the head.

use jumok_attention::positions::{RotaryEmbedding, RotaryLayout};
use jumok_attention::{KeyValueCache, Mask};
use jumok_nn::{Ctx, Dropout, Embedding, Init, Linear, Module, parameters, show};
use jumok_tensor::{CrossEntropy, IntTensor, Reduction, Tensor};
use rand::Rng;

use super::{CausalBlock, CausalLanguageModelConfig, CausalNorm, LanguageModelConfigError, Rotation};

/// A decoder-only language model; parameters are named as in GPT-2 (`wte`, `wpe`, `h.N`, `ln_f`).
#[derive(Debug, Clone)]
pub struct CausalLanguageModel {
    /// Its sizes.
    pub config: CausalLanguageModelConfig,
    /// A vector for every token: `[V, D]`.
    pub wte: Embedding,
    /// A vector for every place: `[n_positions, D]`; `None` where queries and keys are turned instead.
    pub wpe: Option<Embedding>,
    /// The blocks, first to last.
    pub h: Vec<CausalBlock>,
    /// The last norm: nothing else norms the sum of all sublayers.
    pub ln_f: CausalNorm,
    /// The head `[V, D]`, where it is not that of the embeddings.
    pub lm_head: Option<Linear>,
    rotary: Option<RotaryEmbedding>,
}

impl Module for CausalLanguageModel {
    parameters!(wte, wpe, h, ln_f, lm_head);
}

/// What a model keeps of the tokens that it has read: a [`KeyValueCache`] for each block.
#[derive(Debug, Clone)]
pub struct PastKeyValues {
    /// One for each block, first to last.
    pub layers: Vec<KeyValueCache>,
}

impl PastKeyValues {
    /// The tokens that were read.
    pub fn len(&self) -> usize {
        self.layers.first().map_or(0, KeyValueCache::len)
    }

    /// Whether nothing was read yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets every token from the `len`-th on.
    pub fn truncate(&mut self, len: usize) {
        self.layers.iter_mut().for_each(|layer| layer.truncate(len));
    }

    /// Row b becomes what row `rows[b]` was.
    ///
    /// # Panics
    /// If there is no such row.
    #[track_caller]
    pub fn reorder(&mut self, rows: &[usize]) {
        for layer in &mut self.layers {
            layer.reorder(rows);
        }
    }
}

impl CausalLanguageModel {
    /// A model with weights from N(0, `initializer_range`²), biases 0 and norms 1. Projections that end a sublayer are divided by
    /// √(2·n_layer), because so many of them add up on the way to the head (Radford et al. 2019, section 2.3).
    ///
    /// # Errors
    /// If the configuration breaks a rule.
    pub fn new(config: &CausalLanguageModelConfig, rng: &mut impl Rng) -> Result<Self, LanguageModelConfigError> {
        config.validate()?;
        let &CausalLanguageModelConfig { vocab_size, n_positions, n_embd, n_layer, n_head, initializer_range, .. } =
            config;
        let normal = |std| Init::Normal { mean: 0.0, std };
        let table = |rows, rng: &mut _| Embedding::with_init(rows, n_embd, None, normal(initializer_range), rng);
        let wte = table(vocab_size, rng);
        let wpe = config.rope_parameters.is_none().then(|| table(n_positions, rng));
        let mut h: Vec<CausalBlock> = (0..n_layer).map(|_| CausalBlock::new(config, rng)).collect();
        let ends = initializer_range / (2.0 * n_layer as f64).sqrt();
        h.for_each_parameter_mut(&mut |name, parameter| {
            let last = ["out_proj.weight", "c_proj.weight", "down_proj.weight"].iter().any(|end| name.ends_with(end));
            match parameter.rank() {
                2 => *parameter = normal(if last { ends } else { initializer_range }).parameter(parameter.shape(), rng),
                _ if name.ends_with("bias") => *parameter = Init::Zeros.parameter(parameter.shape(), rng),
                _ => {}
            }
        });
        let head = |rng: &mut _| Linear::with_init(n_embd, vocab_size, false, normal(initializer_range), rng);
        Ok(Self {
            config: config.clone(),
            wte,
            wpe,
            h,
            ln_f: CausalNorm::new(config),
            lm_head: (!config.tie_word_embeddings).then(|| head(rng)),
            rotary: config
                .rope_parameters
                .as_ref()
                .map(|rope| RotaryEmbedding::new(n_embd / n_head, rope, RotaryLayout::Halves)),
        })
    }

    /// For every place of `input_ids` `[B, T]` how likely each token is to come next, as logits `[B, T, V]`. No place sees a later
    /// one.
    ///
    /// # Panics
    /// If a token is not in the vocabulary, or T is more than `n_positions`.
    #[track_caller]
    pub fn forward(&self, input_ids: &IntTensor, ctx: &mut Ctx) -> Tensor {
        self.forward_masked(input_ids, &Mask::causal(), ctx)
    }

    /// As [`CausalLanguageModel::forward`] under another mask. With [`Mask::none`] every place sees the answer (slide S18).
    ///
    /// # Panics
    /// As [`CausalLanguageModel::forward`].
    #[track_caller]
    pub fn forward_masked(&self, input_ids: &IntTensor, mask: &Mask, ctx: &mut Ctx) -> Tensor {
        let x = self.hidden(input_ids, mask, None, ctx); //                       [B, T, D]
        self.head(&x, ctx) //                                                     [B, T, V]
    }

    /// Reads `input_ids` `[B, T]` behind what is in `past`, and says how likely each token is to come next: logits `[B, V]` of the
    /// last place.
    ///
    /// # Panics
    /// As [`CausalLanguageModel::forward`], the past included in T; if T is 0; outside [`no_grad`](jumok_tensor::no_grad).
    #[track_caller]
    pub fn read(&self, input_ids: &IntTensor, past: &mut PastKeyValues, ctx: &mut Ctx) -> Tensor {
        let [_, time] = input_ids.dims();
        assert!(time > 0, "CausalLanguageModel: need at least one token to read");
        let x = self.hidden(input_ids, &Mask::causal(), Some(past), ctx); //      [B, T, D]
        self.head(&x.narrow(1, time - 1, 1), ctx).squeeze(1) //                   [B, V]
    }

    /// A past in which nothing was read.
    pub fn empty_past(&self) -> PastKeyValues {
        PastKeyValues { layers: vec![KeyValueCache::new(); self.h.len()] }
    }

    // ANCHOR: language_model
    #[track_caller]
    fn hidden(
        &self,
        input_ids: &IntTensor,
        mask: &Mask,
        mut past: Option<&mut PastKeyValues>,
        ctx: &mut Ctx,
    ) -> Tensor {
        let [_, time] = input_ids.dims();
        let start = past.as_ref().map_or(0, |past| past.len());
        assert!(
            start + time <= self.config.n_positions,
            "CausalLanguageModel: {time} tokens behind {start} are more than its {} positions",
            self.config.n_positions
        );
        let mut x = self.wte.forward(input_ids); //                               [B, T, D]
        if let Some(wpe) = &self.wpe {
            x = x + wpe.weight.narrow(0, start, time); //                         [T, D], the same for every sequence
        }
        let mut x = Dropout::new(self.config.embd_pdrop).forward(&x, ctx);
        let rotation = self.rotary.as_ref().map(|embedding| {
            let places = (start..start + time).map(|place| place as i64).collect();
            Rotation { embedding, angles: embedding.angles(&IntTensor::from_vec(places, &[1, time])) }
        });
        for (n, block) in self.h.iter().enumerate() {
            let past = past.as_mut().map(|past| &mut past.layers[n]);
            x = ctx.at_index("h", n, |ctx| block.forward(&x, mask, rotation.as_ref(), past, ctx)); // [B, T, D]
        }
        x
    }

    /// The last norm, then a score for every token: x `[B, T, D]` to `[B, T, V]`.
    #[track_caller]
    fn head(&self, x: &Tensor, ctx: &mut Ctx) -> Tensor {
        let weight = self.lm_head.as_ref().map_or(&self.wte.weight, |head| &head.weight);
        let logits = self.ln_f.forward(x).linear(weight, None); //                [B, T, V]
        show!(ctx, "logits", ["batch", "token", "vocabulary"], &logits);
        logits
    }
    // ANCHOR_END: language_model
}

/// Σ −log p(target) in nats over all places, for logits `[B, T, V]` and the tokens that really came next, `[B, T]`. Divided by
/// B·T it is the loss, and e to the power of that the perplexity.
///
/// # Panics
/// If the shapes do not fit.
#[track_caller]
pub fn next_token_loss(logits: &Tensor, targets: &IntTensor) -> Tensor {
    let sum = CrossEntropy { reduction: Reduction::Sum, ..CrossEntropy::default() };
    logits.flatten(0, 1).cross_entropy(&targets.reshape(&[targets.len()]), &sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causal::{FeedForwardKind, NormKind};
    use jumok_attention::positions::RopeParameters;
    use jumok_nn::Activation;
    use jumok_tensor::{BoolTensor, Elem, GradCheck, gradcheck, no_grad};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    fn small() -> CausalLanguageModelConfig {
        CausalLanguageModelConfig {
            vocab_size: 7,
            n_positions: 9,
            n_embd: 8,
            n_layer: 2,
            n_head: 4,
            initializer_range: 0.3,
            ..CausalLanguageModelConfig::nanogpt()
        }
    }

    fn small_llama() -> CausalLanguageModelConfig {
        CausalLanguageModelConfig {
            num_key_value_heads: Some(2),
            n_inner: Some(6),
            norm: NormKind::RmsNorm,
            feed_forward: FeedForwardKind::Gated,
            activation_function: Activation::Silu,
            rope_parameters: Some(RopeParameters::default()),
            tie_word_embeddings: false,
            ..small()
        }
    }

    fn model(config: &CausalLanguageModelConfig) -> CausalLanguageModel {
        CausalLanguageModel::new(config, &mut ChaCha8Rng::seed_from_u64(5)).unwrap()
    }

    fn ids(ids: &[i64], rows: usize) -> IntTensor {
        IntTensor::from_vec(ids.to_vec(), &[rows, ids.len() / rows])
    }

    #[test]
    fn nanogpt_has_the_size_of_its_published_settings() {
        let model = model(&CausalLanguageModelConfig::nanogpt());
        assert!(model.named_parameters().iter().all(|(name, _)| name.ends_with("weight")));
        // Both tables, four blocks of 12·d² and two norms each, the last norm.
        assert_eq!(model.parameter_count(), (65 + 64) * 128 + 4 * (12 * 128 * 128 + 2 * 128) + 128);
    }

    #[test]
    fn parameters_are_named_as_in_the_checkpoints() {
        fn names(config: &CausalLanguageModelConfig) -> Vec<String> {
            model(config).named_parameters().into_iter().map(|(name, _)| name).collect()
        }
        let gpt = names(&CausalLanguageModelConfig { bias: true, ..small() });
        for name in
            ["wte.weight", "wpe.weight", "h.1.ln_1.bias", "h.0.attn.q_proj.bias", "h.0.mlp.c_fc.weight", "ln_f.weight"]
        {
            assert!(gpt.iter().any(|n| n == name), "{name} is not among {gpt:?}");
        }
        let llama = names(&small_llama());
        for name in ["h.1.mlp.gate_proj.weight", "h.0.mlp.down_proj.weight", "lm_head.weight"] {
            assert!(llama.iter().any(|n| n == name), "{name} is not among {llama:?}");
        }
        assert!(!llama.iter().any(|name| name.starts_with("wpe") || name.ends_with("bias")));
    }

    #[test]
    fn a_later_token_changes_no_earlier_answer() {
        for config in [small(), small_llama()] {
            let model = model(&config);
            let forward = |last| model.forward(&ids(&[1, 2, 3, 4, last], 1), &mut Ctx::eval()).to_vec();
            let (a, b) = (forward(5), forward(0));
            assert_eq!(a[..4 * 7], b[..4 * 7]);
            assert_ne!(a[4 * 7..], b[4 * 7..]);
        }
    }

    #[test]
    fn reading_in_pieces_is_reading_at_once() {
        let text = ids(&[1, 2, 3, 4, 5, 6, 0, 1, 6, 5, 4, 3, 2, 1, 0, 2], 2);
        for config in [small(), small_llama()] {
            let model = model(&config);
            let at_once = model.forward(&text, &mut Ctx::eval());
            let mut past = model.empty_past();
            let mut read = 0;
            for piece in [3, 1, 1, 2, 1] {
                let part: Vec<i64> = (0..2).flat_map(|b| text.as_slice()[b * 8 + read..][..piece].to_vec()).collect();
                let logits = no_grad(|| model.read(&ids(&part, 2), &mut past, &mut Ctx::eval()));
                read += piece;
                assert_eq!(past.len(), read);
                let expected = at_once.narrow(1, read - 1, 1).to_vec();
                for (a, b) in logits.to_vec().iter().zip(expected) {
                    assert!((a - b).abs() <= 1e-5, "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn rotary_places_are_relative_and_learned_ones_are_not() {
        // The same three tokens in a row give the same answer wherever the row begins, if only the distance counts.
        let answer = |config: &CausalLanguageModelConfig, start: usize| {
            let model = model(config);
            let mut past = model.empty_past();
            no_grad(|| {
                if start > 0 {
                    model.read(&ids(&vec![0; start], 1), &mut past, &mut Ctx::eval());
                }
                // Forget the tokens but not their number: what is before is hidden by an explicit rule.
                let mask =
                    (0..3).flat_map(|t| (0..start + 3).map(move |key| key >= start && key <= start + t)).collect();
                let mask = Mask::allowed(BoolTensor::from_vec(mask, &[3, start + 3]));
                model.hidden(&ids(&[4, 5, 6], 1), &mask, Some(&mut past), &mut Ctx::eval()).to_vec()
            })
        };
        let differs = |a: Vec<Elem>, b: Vec<Elem>| a.iter().zip(b).any(|(a, b)| (a - b).abs() > 1e-4);
        assert!(!differs(answer(&small_llama(), 0), answer(&small_llama(), 4)));
        assert!(differs(answer(&small(), 0), answer(&small(), 4)));
    }

    #[test]
    fn every_parameter_has_its_derivative() {
        for config in [CausalLanguageModelConfig { bias: true, ..small() }, small_llama()] {
            let config = CausalLanguageModelConfig { n_layer: 1, vocab_size: 4, ..config };
            let model = model(&config);
            let inputs: Vec<_> = model.named_parameters().iter().map(|(_, p)| p.array().clone()).collect();
            let forward = |i: &[Tensor]| {
                let (mut model, mut given) = (model.clone(), i.iter());
                model.visit_mut("", &mut |_, p| *p = given.next().unwrap().clone());
                let logits = model.forward(&ids(&[1, 2, 3], 1), &mut Ctx::eval());
                next_token_loss(&logits, &ids(&[2, 3, 0], 1))
            };
            gradcheck(forward, &inputs, &GradCheck::default()).unwrap();
        }
    }

    #[test]
    fn fresh_weights_predict_all_tokens_alike() {
        let model = model(&CausalLanguageModelConfig { initializer_range: 0.02, ..small() });
        let logits = model.forward(&ids(&[0, 1, 2, 3, 4, 5, 6, 0], 2), &mut Ctx::eval());
        let loss = next_token_loss(&logits, &ids(&[1, 2, 3, 4, 5, 6, 0, 1], 2)).item() / 8.0;
        assert!((loss - 7f64.ln()).abs() < 0.05, "{loss}");
    }

    #[test]
    #[should_panic(expected = "CausalLanguageModel: 10 tokens behind 0 are more than its 9 positions")]
    fn a_text_that_is_too_long_is_told() {
        model(&small()).forward(&ids(&[0; 10], 1), &mut Ctx::eval());
    }
}
