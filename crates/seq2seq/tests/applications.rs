//! The two applications of the lecture as claims: a tag listens to its own half of a clip (slide S11), a word looks at the
//! object that it names (slide S12). Short runs, which are on the way; the experiments of the command line and the examples go
//! on to the figures of the course.

use jumok_nn::{Adam, AdamConfig, Ctx, Module, Optimizer, clip_grad_norm};
use jumok_seq2seq::captioning::{CaptionData, CaptionScores, Captioner, CaptionerConfig};
use jumok_seq2seq::music::{ClipMaker, MusicTagger, MusicTaggerConfig, Tag, TaggingScores, attention_on_own_segment};
use jumok_tensor::Tensor;
use jumok_text::Language;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

/// Adam with a rate that falls to 0.
fn train<M: Module>(model: &mut M, steps: u64, lr: f64, loss: impl Fn(&M, u64) -> Tensor) {
    let mut optimizer = Adam::new(AdamConfig::default()).unwrap();
    for step in 0..steps {
        let mut grads = loss(model, step).backward();
        clip_grad_norm(model, &mut grads, 1.0);
        optimizer.step(model, &grads, lr * (1.0 - step as f64 / steps as f64)).unwrap();
    }
}

#[test]
fn a_tagger_hears_what_is_there_and_each_tag_listens_to_its_own_half() {
    let maker = ClipMaker::new(0);
    let mut model = MusicTagger::new(&MusicTaggerConfig::for_clips(), &mut ChaCha8Rng::seed_from_u64(0));
    let pairs = Tag::SLIDE_PAIRS.map(|pair| maker.held_out_pair(pair, 20)).concat();
    let before = attention_on_own_segment(&model, &pairs);
    train(&mut model, 180, 0.005, |model, step| {
        let (sum, answers) = model.loss(&maker.batch(step, 16), &mut Ctx::eval());
        sum / answers as f64
    });
    let scores = TaggingScores::of(&model, &maker.held_out(100));
    assert!(scores.exact >= 0.9 && scores.answers >= 0.98 && scores.heard.f1 >= 0.95, "{scores:?}");

    let mean = |shares: &[(Tag, f64)], pair: &[Tag; 2]| {
        let of_pair: Vec<f64> = shares.iter().filter(|(tag, _)| pair.contains(tag)).map(|(_, share)| *share).collect();
        of_pair.iter().sum::<f64>() / of_pair.len() as f64
    };
    let after = attention_on_own_segment(&model, &pairs);
    for pair in &Tag::SLIDE_PAIRS {
        let (before, after) = (mean(&before, pair), mean(&after, pair));
        assert!((0.4..0.6).contains(&before), "{pair:?} listens everywhere before it has learned: {before}");
        assert!(after >= 0.8, "{pair:?}: {after}");
    }
}

#[test]
fn a_captioner_describes_new_pairs_of_objects_and_looks_at_what_it_names() {
    let data = CaptionData::new(Language::English, 0).unwrap();
    let config = CaptionerConfig::for_scenes(data.vocabulary.size());
    let mut model = Captioner::new(&config, &mut ChaCha8Rng::seed_from_u64(0));
    let held_out = data.held_out(100);
    let before = CaptionScores::of(&model, &held_out, &data);
    assert!(before.exact == 0.0 && before.on_object < 0.1, "{before:?}");
    train(&mut model, 450, 0.006, |model, step| model.loss(&data.batch(step, 32), &mut Ctx::eval()).loss);
    let scores = CaptionScores::of(&model, &held_out, &data);
    assert!(scores.exact >= 0.4 && scores.on_object >= 0.7 && scores.mass_on_object >= 0.5, "{scores:?}");
}
