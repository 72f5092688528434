//! The encoder–decoder in all its forms: short cuts change nothing, padding changes nothing, decoding finds what it should.
#![allow(clippy::unnecessary_cast, reason = "Elem is f64 in the gradient checks")]

use jumok_nn::{Ctx, Module};
use jumok_seq2seq::{
    AttentionKind, BeamOptions, CellKind, DecodingOptions, InitialState, ReadoutKind, ScoreKind, Seq2Seq, Seq2SeqBatch,
    Seq2SeqConfig,
};
use jumok_tensor::{IntTensor, Tensor};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const EOS: i64 = 2;

fn small() -> Seq2SeqConfig {
    Seq2SeqConfig {
        source_vocab_size: 9,
        target_vocab_size: 7,
        embedding_size: 4,
        encoder_hidden_size: 3,
        decoder_hidden_size: 6,
        attention_hidden_size: 5,
        readout_size: 4,
        ..Seq2SeqConfig::tiny()
    }
}

/// Every kind of attention, score, readout, cell and beginning, though not in all combinations.
fn configs() -> Vec<Seq2SeqConfig> {
    use AttentionKind::*;
    let forms = [
        (None, ScoreKind::Additive, ReadoutKind::Concat, CellKind::Gru, InitialState::Backward),
        (None, ScoreKind::Additive, ReadoutKind::Mlp, CellKind::RnnTanh, InitialState::Both),
        (Bahdanau, ScoreKind::Additive, ReadoutKind::Mlp, CellKind::Gru, InitialState::Both),
        (Bahdanau, ScoreKind::General, ReadoutKind::Maxout, CellKind::Lstm, InitialState::Backward),
        (Bahdanau, ScoreKind::Cosine, ReadoutKind::Concat, CellKind::RnnRelu, InitialState::Both),
        (Luong, ScoreKind::General, ReadoutKind::Mlp, CellKind::Gru, InitialState::Both),
        (Luong, ScoreKind::Dot, ReadoutKind::Concat, CellKind::Lstm, InitialState::Backward),
        (Luong, ScoreKind::ScaledDot, ReadoutKind::Maxout, CellKind::Gru, InitialState::Both),
    ];
    let mut configs: Vec<Seq2SeqConfig> = forms
        .into_iter()
        .map(|(attention, score, readout, cell, initial_state)| Seq2SeqConfig {
            attention,
            score,
            readout,
            cell,
            initial_state,
            ..small()
        })
        .collect();
    configs.push(Seq2SeqConfig { encoder_layers: 2, attention_bias: true, ..small() });
    configs.push(Seq2SeqConfig { bidirectional: false, ..small() });
    configs
}

fn model(config: &Seq2SeqConfig) -> Seq2Seq {
    Seq2Seq::new(config, &mut ChaCha8Rng::seed_from_u64(11)).unwrap()
}

fn sentences() -> (Vec<Vec<i64>>, Vec<Vec<i64>>) {
    (vec![vec![3, 4, 5, 8, 7], vec![6, 3], vec![8, 8, 4]], vec![vec![3, 4], vec![6, 5, 5, 3], vec![4]])
}

fn batch(config: &Seq2SeqConfig) -> Seq2SeqBatch {
    let (sources, targets) = sentences();
    Seq2SeqBatch::new(&sources, &targets, config)
}

#[track_caller]
fn assert_close(what: &str, a: &Tensor, b: &Tensor) {
    assert_eq!(a.shape(), b.shape(), "{what}");
    for (a, b) in a.to_vec().iter().zip(b.to_vec()) {
        assert!((a - b).abs() < 2e-5, "{what}: {a} {b}");
    }
}

#[test]
fn the_short_cut_is_the_steps_as_they_are_written() {
    for config in configs() {
        let (model, batch) = (model(&config), batch(&config));
        let what = format!("{config:?}");
        let short = model.forward(&batch, 1.0, &mut Ctx::train(1));
        let long = model.forward(&batch, 1.0, &mut Ctx::train(1).recording());
        assert_close(&what, &short.logits, &long.logits);
        assert_eq!(short.attention.is_some(), config.attention != AttentionKind::None);
        assert_close(&what, &short.contexts, &long.contexts);
        if let Some((a, b)) = short.attention.as_ref().zip(long.attention.as_ref()) {
            assert_close(&what, a, b);
            assert_close(&what, &a.sum(&[-1], false), &Tensor::ones(&[3, 5]));
        }
        let weights = Tensor::arange(0.0, short.logits.len() as f64, 1.0).sin().array().reshape(short.logits.shape());
        let [short, long] = [short, long].map(|output| output.logits.backward_from(weights.clone()));
        for (name, parameter) in model.named_parameters() {
            let [a, b] = [&short, &long].map(|grads| {
                Tensor::from_array(grads.get(parameter).unwrap_or_else(|| panic!("{name} has no gradient")).clone())
            });
            assert_close(&format!("{name} of {what}"), &a, &b);
        }
    }
}

#[test]
fn padding_changes_nothing() {
    let (sources, targets) = sentences();
    for config in configs() {
        let model = model(&config);
        let together = model.loss(&batch(&config), 1.0, &mut Ctx::eval());
        let alone: Vec<_> = (0..3)
            .map(|n| model.loss(&Seq2SeqBatch::new(&sources[n..=n], &targets[n..=n], &config), 1.0, &mut Ctx::eval()))
            .collect();
        let sum: f64 = alone.iter().map(|loss| loss.sum.item()).sum();
        assert!((together.sum.item() - sum).abs() < 1e-4, "{} {sum}", together.sum.item());
        assert_eq!((together.tokens, together.correct), (10, alone.iter().map(|loss| loss.correct).sum()));
        assert!((together.loss.item() - sum / 10.0).abs() < 1e-5);

        let options = DecodingOptions { max_length: 6, ..DecodingOptions::default() };
        let beams = BeamOptions { beam_size: 3, max_length: 6, ..BeamOptions::default() };
        let together = [model.greedy(&sources, &options), model.beam(&sources, &beams)].concat();
        let alone = sources.iter().flat_map(|source| model.greedy(std::slice::from_ref(source), &options));
        let alone = alone.chain(sources.iter().flat_map(|source| model.beam(std::slice::from_ref(source), &beams)));
        for ((together, alone), source) in together.iter().zip(alone).zip(sources.iter().chain(&sources)) {
            assert_eq!((&together.tokens, together.finished), (&alone.tokens, alone.finished));
            assert!((together.log_probability - alone.log_probability).abs() < 1e-4);
            let steps = together.tokens.len() + usize::from(together.finished);
            match &together.attention {
                Some(attention) => assert_eq!(attention.shape(), [steps, source.len()]),
                None => assert_eq!(config.attention, AttentionKind::None),
            }
        }
    }
}

#[test]
fn left_to_itself_the_decoder_says_what_greedy_decoding_says() {
    for config in configs() {
        let (model, batch) = (model(&config), batch(&config));
        let output = model.forward(&batch, 0.0, &mut Ctx::train(3));
        let options = DecodingOptions { max_length: 5, stop_when_finished: false };
        let greedy = model.greedy_ids(&batch.source, &batch.source_lengths, &options, &mut Ctx::eval());
        let said = output.logits.argmax(-1, false);
        for b in 0..3 {
            let [said, greedy] = [&said, &greedy.ids].map(|ids| &ids.as_slice()[b * 5..(b + 1) * 5]);
            // Behind eos greedy decoding gives padding.
            let end = said.iter().position(|&id| id == EOS).map_or(5, |end| end + 1);
            assert_eq!(said[..end], greedy[..end]);
            assert!(greedy[end..].iter().all(|&id| id == 0));
        }
    }
}

#[test]
fn the_coin_is_the_contexts() {
    let config = small();
    let (model, batch) = (model(&config), batch(&config));
    let logits = |ratio, seed| model.forward(&batch, ratio, &mut Ctx::train(seed)).logits.to_vec();
    assert_eq!(logits(0.5, 1), logits(0.5, 1));
    assert!((2..20).any(|seed| logits(0.5, seed) != logits(0.5, 1)));
    let dropping = Seq2Seq { config: Seq2SeqConfig { dropout: 0.4, ..config.clone() }, ..model.clone() };
    let dropped = |ctx: &mut Ctx| dropping.forward(&batch, 1.0, ctx).logits.to_vec();
    assert_ne!(dropped(&mut Ctx::train(1)), dropped(&mut Ctx::train(2)));
    assert_eq!(dropped(&mut Ctx::eval()), model.forward(&batch, 1.0, &mut Ctx::eval()).logits.to_vec());
}

/// log p of a target sentence and of eos behind it.
fn log_p(model: &Seq2Seq, source: &[i64], words: &[i64]) -> f64 {
    let batch = Seq2SeqBatch::new(&[source.to_vec()], &[words.to_vec()], &model.config);
    let log_p = model.forward(&batch, 1.0, &mut Ctx::eval()).logits.log_softmax(-1).select(0, 0); // [T, V]
    let labels = batch.labels().to_vec();
    labels.iter().enumerate().map(|(t, &label)| log_p.select(0, t as isize).select(0, label as isize).item()).sum()
}

#[test]
fn a_beam_of_one_is_greedy_and_a_wide_one_finds_the_best_sentence_there_is() {
    let mut config = Seq2SeqConfig { target_vocab_size: 5, ..small() };
    for attention in AttentionKind::ALL {
        config = Seq2SeqConfig { attention: *attention, score: ScoreKind::General, ..config };
        let mut model = model(&config);
        // Sharper, so that hypotheses differ.
        model.visit_mut("", &mut |_, p| *p = (&*p * 3.0).detach().requires_grad());
        let source = vec![3, 7, 4, 4];
        let greedy = &model
            .greedy(std::slice::from_ref(&source), &DecodingOptions { max_length: 3, stop_when_finished: true })[0];
        let one = BeamOptions { beam_size: 1, length_penalty: 0.0, max_length: 3 };
        let narrow = &model.beam(std::slice::from_ref(&source), &one)[0];
        assert_eq!((&narrow.tokens, narrow.finished), (&greedy.tokens, greedy.finished));
        assert!((narrow.log_probability - greedy.log_probability).abs() < 1e-5);
        assert_eq!(narrow.attention.is_some(), greedy.attention.is_some());

        // All sentences of at most two words out of pad, bos, unk and one more, with eos behind.
        let words = [0, 1, 3, 4];
        let mut all: Vec<Vec<i64>> = vec![vec![]];
        all.extend(words.map(|a| vec![a]));
        all.extend(words.iter().flat_map(|&a| words.map(|b| vec![a, b])));
        for length_penalty in [0.0, 1.0, 3.0] {
            let judged = |sentence: &[i64]| {
                let length = sentence.len() as f64 + 1.0;
                log_p(&model, &source, sentence) / ((5.0 + length) / 6.0).powf(length_penalty)
            };
            let best = all.iter().max_by(|a, b| judged(a).total_cmp(&judged(b))).unwrap();
            let wide = BeamOptions { beam_size: 30, length_penalty, max_length: 3 };
            let found = &model.beam(std::slice::from_ref(&source), &wide)[0];
            assert_eq!((&found.tokens, found.finished), (best, true), "{attention} {length_penalty}");
        }
    }
}

#[test]
fn a_sentence_of_no_words_is_translated_too() {
    for config in configs() {
        let model = model(&config);
        for sources in [vec![vec![]], vec![vec![], vec![3, 4]]] {
            let options = DecodingOptions { max_length: 3, ..DecodingOptions::default() };
            let translations = model.greedy(&sources, &options);
            assert!(translations.iter().all(|t| t.log_probability.is_finite()));
            assert!(translations[0].attention.as_ref().is_none_or(|attention| attention.shape()[1] == 0));
        }
        assert!(model.greedy(&[], &DecodingOptions::default()).is_empty());
        assert!(model.beam(&[], &BeamOptions::default()).is_empty());
    }
}

#[test]
fn everything_on_the_way_is_shown_by_name() {
    let config = small();
    let mut ctx = Ctx::eval().recording();
    model(&config).forward(&batch(&config), 1.0, &mut ctx);
    let paths: Vec<String> = ctx.take_records().into_iter().map(|record| record.path).collect();
    for path in [
        "encoder.layer.0.forward.step.4.state",
        "encoder.layer.0.reverse.step.0.state",
        "annotations",
        "initial_state",
        "decoder.0.scores",
        "decoder.4.weights",
        "decoder.4.context",
        "decoder.4.state",
        "logits",
    ] {
        assert!(paths.iter().any(|known| known == path), "{path} is not among {paths:?}");
    }
}

#[test]
#[should_panic(expected = "the memory was made by a model without attention")]
fn a_memory_belongs_to_its_model() {
    let without = model(&Seq2SeqConfig { attention: AttentionKind::None, ..small() });
    let source = IntTensor::from_vec(vec![3, 4], &[1, 2]);
    let memory = without.encode(&source, &[2], &mut Ctx::eval());
    model(&small()).step(&Tensor::zeros(&[1, 4]), &memory.initial.clone(), &memory, &mut Ctx::eval());
}
