//! The loop: read, choose, write, as an iterator.

use jumok_nn::Ctx;
use jumok_tensor::{IntTensor, no_grad};

use super::{GenerationError, GenerationOptions};
use crate::causal::{CausalLanguageModel, PastKeyValues};

/// A text that is being written: an iterator of its new tokens, each computed when it is asked for.
///
/// A model sees at most `n_positions` tokens. When they are full, the older half of them is forgotten and the rest is read again
/// from place 0: so a text can become as long as one likes, and reading again costs two tokens a token on average.
#[derive(Debug)]
pub struct Generation<'m> {
    model: &'m CausalLanguageModel,
    options: GenerationOptions,
    /// The prompt and what was written.
    text: Vec<i64>,
    /// Where in the text the first token that the model sees stands.
    window: usize,
    past: PastKeyValues,
    step: usize,
    ended: bool,
}

impl CausalLanguageModel {
    /// Goes on with a text.
    ///
    /// # Errors
    /// If the prompt is empty or has a token that the model does not know, or an option makes no sense.
    pub fn generate(&self, prompt: &[i64], options: &GenerationOptions) -> Result<Generation<'_>, GenerationError> {
        options.validate()?;
        let vocab_size = self.config.vocab_size;
        let unknown = |token: &&i64| usize::try_from(**token).map_or(true, |token| token >= vocab_size);
        if let Some(&token) = prompt.iter().chain(&options.eos_token_ids).find(unknown) {
            return Err(GenerationError::UnknownToken { token, vocab_size });
        }
        if prompt.is_empty() {
            return Err(GenerationError::EmptyPrompt);
        }
        Ok(Generation {
            model: self,
            options: options.clone(),
            text: prompt.to_vec(),
            window: prompt.len().saturating_sub(self.config.n_positions),
            past: self.empty_past(),
            step: 0,
            ended: false,
        })
    }
}

impl Generation<'_> {
    /// The prompt and all that was written so far.
    pub fn text(&self) -> &[i64] {
        &self.text
    }

    /// The tokens whose keys and values are kept.
    pub fn cached_tokens(&self) -> usize {
        self.past.len()
    }

    /// As `next`, in a context of one's own: one that records, for instance.
    // ANCHOR: generation
    pub fn next_in(&mut self, ctx: &mut Ctx) -> Option<i64> {
        if self.ended || self.step == self.options.max_new_tokens {
            return None;
        }
        let positions = self.model.config.n_positions;
        if self.text.len() - self.window > positions {
            self.window = self.text.len() - positions.div_ceil(2);
            self.past.truncate(0);
        }
        if !self.options.use_cache {
            self.past.truncate(0);
        }
        let unread = &self.text[self.window + self.past.len()..];
        let input_ids = IntTensor::from_vec(unread.to_vec(), &[1, unread.len()]);
        let logits = no_grad(|| self.model.read(&input_ids, &mut self.past, ctx)); // [1, V]
        let mut logits: Vec<f64> = logits.to_vec().into_iter().map(f64::from).collect();
        let token = self.options.choose(&mut logits, &self.text, self.step as u64);
        self.text.push(token);
        self.step += 1;
        self.ended = self.options.eos_token_ids.contains(&token);
        Some(token)
    }
    // ANCHOR_END: generation
}

impl Iterator for Generation<'_> {
    type Item = i64;

    fn next(&mut self) -> Option<i64> {
        self.next_in(&mut Ctx::eval())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::causal::CausalLanguageModelConfig;
    use crate::generation::Sampling;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    /// Wild weights, so that answers differ.
    fn model(seed: u64) -> CausalLanguageModel {
        let config = CausalLanguageModelConfig {
            vocab_size: 11,
            n_positions: 8,
            n_embd: 8,
            n_layer: 2,
            n_head: 2,
            initializer_range: 0.8,
            ..CausalLanguageModelConfig::nanogpt()
        };
        CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
    }

    fn written(model: &CausalLanguageModel, prompt: &[i64], options: &GenerationOptions) -> Vec<i64> {
        model.generate(prompt, options).unwrap().collect()
    }

    #[test]
    fn greedy_takes_the_likeliest_each_time() {
        let model = model(1);
        let mut text = vec![3, 1];
        for token in written(&model, &[3, 1], &GenerationOptions { max_new_tokens: 5, ..Default::default() }) {
            let ids = IntTensor::from_vec(text.clone(), &[1, text.len()]);
            let logits = model.forward(&ids, &mut Ctx::eval());
            let last = logits.narrow(1, text.len() - 1, 1).flatten(0, 2);
            assert_eq!(token, last.argmax(0, false).as_slice()[0]);
            text.push(token);
        }
        assert_eq!(text.len(), 7);
    }

    #[test]
    fn the_cache_holds_what_was_read_and_the_window_moves_by_halves() {
        let model = model(1);
        let options = GenerationOptions { max_new_tokens: 30, ..Default::default() };
        let mut generation = model.generate(&[1, 2, 3], &options).unwrap();
        let mut cached = vec![];
        while generation.next().is_some() {
            cached.push(generation.cached_tokens());
        }
        assert_eq!(cached[..10], [3, 4, 5, 6, 7, 8, 4, 5, 6, 7]);
        assert_eq!(cached.len(), 30);
        assert_eq!(generation.text().len(), 33);
    }

    #[test]
    fn it_ends_behind_a_stop_token() {
        let model = model(2);
        let all = written(&model, &[5], &GenerationOptions { max_new_tokens: 6, ..Default::default() });
        let stop = all[2];
        let options = GenerationOptions { max_new_tokens: 6, eos_token_ids: vec![stop], ..Default::default() };
        let stopped = written(&model, &[5], &options);
        let first = all.iter().position(|&token| token == stop).unwrap();
        assert_eq!(stopped, all[..=first]);
    }

    #[test]
    fn a_strong_penalty_repeats_nothing_while_there_is_something_new() {
        let options = GenerationOptions { max_new_tokens: 7, repetition_penalty: 1e6, ..Default::default() };
        for seed in 0..5 {
            let model = model(seed);
            let mut text: Vec<i64> = vec![4];
            text.extend(written(&model, &[4], &options));
            // Only tokens of negative logit can be left over, and the largest of those is taken only if none is positive.
            text.sort_unstable();
            text.dedup();
            assert!(text.len() > 4, "{text:?}");
        }
    }

    #[test]
    fn frequencies_are_those_of_the_distribution() {
        let model = model(3);
        let logits = no_grad(|| {
            model.read(&IntTensor::from_vec(vec![2], &[1, 1]), &mut model.empty_past(), &mut Ctx::eval()).to_vec()
        });
        let logits: Vec<f64> = logits.into_iter().map(f64::from).collect();
        let expected = crate::generation::logits::probabilities(&logits);
        let mut counts = [0.0; 11];
        for seed in 0..4000 {
            let options =
                GenerationOptions { max_new_tokens: 1, sampling: Some(Sampling::seeded(seed)), ..Default::default() };
            counts[options.choose(&mut logits.clone(), &[2], 0) as usize] += 1.0 / 4000.0;
        }
        for (seen, expected) in counts.iter().zip(expected) {
            // Three standard deviations of a share of 4,000 draws.
            assert!(
                (seen - expected).abs() < 3.0 * (expected * (1.0 - expected) / 4000.0).sqrt() + 1e-9,
                "{seen} {expected}"
            );
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let model = model(1);
        let error =
            |prompt: &[i64], options: GenerationOptions| model.generate(prompt, &options).unwrap_err().to_string();
        assert!(error(&[], GenerationOptions::default()).contains("at least one"));
        assert!(error(&[11], GenerationOptions::default()).contains("token 11 is not one of the model's 11"));
        assert!(error(&[-1], GenerationOptions::default()).contains("token -1"));
        let sampling = |sampling| GenerationOptions { sampling: Some(sampling), ..Default::default() };
        for (name, options) in [
            ("temperature", sampling(Sampling { temperature: 0.0, ..Sampling::seeded(0) })),
            ("top_k", sampling(Sampling { top_k: Some(0), ..Sampling::seeded(0) })),
            ("top_p", sampling(Sampling { top_p: Some(1.5), ..Sampling::seeded(0) })),
            ("repetition_penalty", GenerationOptions { repetition_penalty: f64::NAN, ..Default::default() }),
        ] {
            assert!(error(&[1], options).starts_with(name), "{name}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn with_and_without_cache_the_text_is_the_same(
            seed in 0u64..50,
            prompt in prop::collection::vec(0i64..11, 1..12),
            temperature in 0.3f64..2.0,
            penalty in 0.8f64..1.5,
            greedy: bool,
        ) {
            let model = model(seed);
            let sampling = Sampling { temperature, top_k: Some(6), top_p: Some(0.9), seed };
            let options = GenerationOptions {
                max_new_tokens: 20,
                sampling: (!greedy).then_some(sampling),
                repetition_penalty: penalty,
                ..Default::default()
            };
            let cached = written(&model, &prompt, &options);
            prop_assert_eq!(cached.len(), 20);
            prop_assert_eq!(&cached, &written(&model, &prompt, &GenerationOptions { use_cache: false, ..options.clone() }));
            prop_assert_eq!(&cached, &written(&model, &prompt, &options));
        }

        #[test]
        fn drawing_among_one_is_greedy(seed in 0u64..50, first in 0i64..11) {
            let model = model(seed);
            let greedy = GenerationOptions { max_new_tokens: 8, ..Default::default() };
            let one = Sampling { top_k: Some(1), ..Sampling::seeded(seed) };
            let drawn = GenerationOptions { sampling: Some(one), ..greedy.clone() };
            prop_assert_eq!(written(&model, &[first], &greedy), written(&model, &[first], &drawn));
        }
    }
}
