//! What must hold for every Transformer that translates, whatever its shapes: padding changes nothing, a batch is its sentences one
//! by one, the causal mask is reading prefixes, and decoding with kept keys and values is decoding without.

#![allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]

use jumok_nn::Ctx;
use jumok_nn::translation::{BeamOptions, DecodingOptions, Seq2SeqBatch, SpecialTokens, StepDecoder};
use jumok_tensor::{Elem, IntTensor, Tensor, no_grad};
use jumok_transformer::translation::{TransformerConfig, TransformerForTranslation};
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const VOCAB: usize = 9;

/// What rounding may do on the way through a few layers, each of which magnifies it: 10⁻⁴ in f32, 2·10⁻¹³ in f64. A token that sees
/// what it should not changes logits by tenths.
const TOLERANCE: f64 = 840.0 * Elem::EPSILON as f64;

fn model(heads: usize, layers: usize, normalize_before: bool, seed: u64) -> TransformerForTranslation {
    let config = TransformerConfig {
        vocab_size: VOCAB,
        d_model: 4 * heads,
        encoder_layers: layers,
        encoder_attention_heads: heads,
        encoder_ffn_dim: 10,
        decoder_layers: 3 - layers,
        decoder_attention_heads: heads,
        decoder_ffn_dim: 6,
        normalize_before,
        dropout: 0.0,
        share_encoder_decoder_embeddings: seed.is_multiple_of(2),
        tie_word_embeddings: !seed.is_multiple_of(3),
        ..TransformerConfig::tiny()
    };
    TransformerForTranslation::new(&config, &mut ChaCha8Rng::seed_from_u64(seed)).unwrap()
}

fn close(a: &Tensor, b: &Tensor) {
    assert_eq!(a.shape(), b.shape());
    for (a, b) in a.to_vec().iter().zip(b.to_vec()) {
        let (a, b) = (*a as f64, b as f64);
        assert!((a - b).abs() <= TOLERANCE * b.abs().max(1.0), "{a} {b}");
    }
}

fn logits(model: &TransformerForTranslation, sources: &[Vec<i64>], targets: &[Vec<i64>]) -> Tensor {
    no_grad(|| model.forward(&Seq2SeqBatch::new(sources, targets, &model.config), &mut Ctx::eval()))
}

fn sentence(longest: usize) -> impl Strategy<Value = Vec<i64>> {
    prop::collection::vec(3i64..VOCAB as i64, 1..=longest)
}

fn models() -> impl Strategy<Value = TransformerForTranslation> {
    (1usize..4, 1usize..3, any::<bool>(), 0u64..60)
        .prop_map(|(heads, layers, before, seed)| model(heads, layers, before, seed))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn a_batch_is_its_sentences_one_by_one_and_padding_changes_nothing(
        model in models(),
        pairs in prop::collection::vec((sentence(7), sentence(6)), 1..4),
    ) {
        let (sources, targets): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
        let together = logits(&model, &sources, &targets);
        let decoded = model.greedy(&sources, &DecodingOptions { max_length: 6, ..Default::default() });
        for b in 0..sources.len() {
            let (source, target) = (&sources[b..=b], &targets[b..=b]);
            let alone = logits(&model, source, target);
            close(&together.narrow(0, b, 1).narrow(1, 0, targets[b].len() + 1), &alone);
            let one = &model.greedy(source, &DecodingOptions { max_length: 6, ..Default::default() })[0];
            prop_assert_eq!(&one.tokens, &decoded[b].tokens);
            prop_assert!((one.log_probability - decoded[b].log_probability).abs() < 10.0 * TOLERANCE);
        }
    }

    #[test]
    fn one_masked_pass_is_one_pass_for_every_prefix(model in models(), source in sentence(6), target in sentence(6)) {
        let whole = logits(&model, std::slice::from_ref(&source), std::slice::from_ref(&target));
        for length in 0..=target.len() {
            let prefix = logits(&model, std::slice::from_ref(&source), &[target[..length].to_vec()]);
            close(&prefix.narrow(1, length, 1), &whole.narrow(1, length, 1));
        }
    }

    #[test]
    fn with_kept_keys_and_values_every_step_is_the_same(
        model in models(),
        sources in prop::collection::vec(sentence(6), 1..4),
        target in sentence(7),
    ) {
        let targets = vec![target.clone(); sources.len()];
        let at_once = logits(&model, &sources, &targets);
        let batch = Seq2SeqBatch::new(&sources, &targets, &model.config);
        let ctx = &mut Ctx::eval();
        no_grad(|| {
            let mut decoder = model.begin(&batch.source, &batch.source_lengths, 1, ctx);
            for (t, &token) in [&[1], &target[..]].concat().iter().enumerate() {
                let step = decoder.step(&IntTensor::from_vec(vec![token; sources.len()], &[sources.len()]), ctx);
                close(&step.logits.unsqueeze(1), &at_once.narrow(1, t, 1));
            }
        });
    }

    #[test]
    fn a_beam_of_one_is_greedy(model in models(), sources in prop::collection::vec(sentence(6), 1..4)) {
        let greedy = model.greedy(&sources, &DecodingOptions { max_length: 7, ..Default::default() });
        let beam = model.beam(&sources, &BeamOptions { beam_size: 1, length_penalty: 0.0, max_length: 7 });
        for (a, b) in greedy.iter().zip(beam) {
            prop_assert_eq!((&a.tokens, a.finished), (&b.tokens, b.finished));
            prop_assert!((a.log_probability - b.log_probability).abs() < 10.0 * TOLERANCE);
        }
    }

    #[test]
    fn a_wide_beam_finds_the_best_sentence_there_is(model in models(), source in sentence(5)) {
        let special = SpecialTokens::from(&model.config);
        let log_p = |words: &[i64]| -> f64 {
            let rows = logits(&model, std::slice::from_ref(&source), &[words.to_vec()]).log_softmax(-1).select(0, 0);
            let labels = words.iter().chain([&special.eos]).enumerate();
            labels.map(|(t, &label)| rows.select(0, t as isize).select(0, label as isize).item()).sum()
        };
        let words: Vec<i64> = (0..VOCAB as i64).filter(|&word| word != special.eos).collect();
        let mut best = (log_p(&[]), vec![]);
        for &word in &words {
            let found = log_p(&[word]);
            if found > best.0 {
                best = (found, vec![word]);
            }
        }
        // So wide that none of the 8·9 continuations of the first words is dropped.
        let options = BeamOptions { beam_size: 8 * VOCAB, length_penalty: 0.0, max_length: 2 };
        let found = &model.beam(std::slice::from_ref(&source), &options)[0];
        prop_assert!((found.log_probability - best.0).abs() < 10.0 * TOLERANCE, "{:?} {:?}", found, best);
        prop_assert!(found.finished);
    }
}

#[test]
fn cross_attention_is_a_distribution_over_the_source_in_every_head_of_every_layer() {
    let model = model(2, 1, true, 4);
    let weights = model.cross_attention(&[3, 4, 5, 6], &[7, 8]);
    assert_eq!(weights.len(), 2);
    for layer in weights {
        assert_eq!(layer.shape(), [2, 3, 4]);
        layer.sum(&[-1], false).to_vec().iter().for_each(|sum| assert!((sum - 1.0).abs() < 1e-5));
    }
}

#[test]
fn a_sentence_of_no_words_is_translated_too() {
    let model = model(2, 1, false, 4);
    for sources in [vec![vec![]], vec![vec![], vec![3, 4]]] {
        let translations = model.greedy(&sources, &DecodingOptions { max_length: 3, ..DecodingOptions::default() });
        assert!(translations.iter().all(|t| t.log_probability.is_finite()));
    }
    assert!(model.greedy(&[], &DecodingOptions::default()).is_empty());
    assert!(model.beam(&[], &BeamOptions::default()).is_empty());
}

#[test]
fn dropout_is_the_contexts_and_smoothing_the_losses() {
    let mut model = model(2, 1, false, 4);
    model.config.dropout = 0.3;
    let batch = Seq2SeqBatch::new(&[vec![3, 4]], &[vec![5, 6, 7]], &model.config);
    let loss = |smoothing, ctx: &mut Ctx| model.loss(&batch, smoothing, ctx).loss.item();
    assert_eq!(loss(0.0, &mut Ctx::train(1)), loss(0.0, &mut Ctx::train(1)));
    assert_ne!(loss(0.0, &mut Ctx::train(1)), loss(0.0, &mut Ctx::train(2)));
    let (plain, smoothed) = (loss(0.0, &mut Ctx::eval()), loss(0.1, &mut Ctx::eval()));
    let log_p = logits(&model, &[vec![3, 4]], &[vec![5, 6, 7]]).log_softmax(-1);
    let expected = 0.9 * plain - 0.1 * log_p.mean_all().item();
    assert!((smoothed - expected).abs() < 1e-5, "{smoothed} {expected}");
}
