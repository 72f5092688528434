//! S18 (a minute): the decoder as a language model. It learns the built-in stories, each word from those before it, once with its
//! future hidden and once with the future open. Prints both curves, the perplexity beside what counting gives, and how each goes
//! on with a text: a model that was allowed to look learns to copy the answer, and has nothing to copy when it writes.
//! `--lang ko` for Korean.
//!
//! ```text
//! cargo run --release -p jumok-transformer --example s18_language_model
//! ```

use std::error::Error;

use jumok_attention::Mask;
use jumok_nn::{AdamW, AdamWConfig, Ctx, Optimizer, clip_grad_norm};
use jumok_tensor::{IntTensor, no_grad};
use jumok_text::{
    CountingBaselines, Language, LanguageModelingBatch, LanguageModelingData, ToyOptions, Vocabulary,
    VocabularyOptions, encode_running_text, language_modeling::windows, running_text, toy_corpus,
};
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig, next_token_loss};
use jumok_transformer::generation::GenerationOptions;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const STEPS: u64 = 400;
const BLOCK: usize = 24;
const ROWS: usize = 16;

/// Mean of −log p(next word) in nats over a batch.
fn loss(
    model: &CausalLanguageModel,
    batch: &LanguageModelingBatch,
    mask: &Mask,
    ctx: &mut Ctx,
) -> jumok_tensor::Tensor {
    let [input_ids, targets] =
        [&batch.input_ids, &batch.targets].map(|ids| IntTensor::from_vec(ids.clone(), &[batch.batch_size, BLOCK]));
    let logits = model.forward_masked(&input_ids, mask, ctx); //               [B, T, V]
    next_token_loss(&logits, &targets) / targets.len() as f64
}

fn main() -> Result<(), Box<dyn Error>> {
    let korean = std::env::args().any(|argument| argument == "ko" || argument == "--lang=ko");
    let say = |english: &'static str, in_korean: &'static str| if korean { in_korean } else { english };
    let language = if korean { Language::Korean } else { Language::English };
    let stories = ToyOptions { scenes: 4, documents: 2000, held_out_documents: 60, ..ToyOptions::new(language) };
    let toy = toy_corpus(&stories)?;
    let (training, held_out) = (running_text(&toy.training), running_text(&toy.held_out));
    let vocabulary = Vocabulary::train([&*training], &VocabularyOptions::default())?;
    let ids = encode_running_text(&vocabulary, &training);
    let held_out = encode_running_text(&vocabulary, &held_out);
    let baselines = CountingBaselines::new(&ids, &held_out, vocabulary.size());
    let data = LanguageModelingData::new(ids, ROWS, BLOCK, 0)?;
    let judged = LanguageModelingBatch::of(windows(&held_out, BLOCK)?.into_iter().take(40), BLOCK);
    let config = CausalLanguageModelConfig {
        vocab_size: vocabulary.size(),
        n_positions: BLOCK,
        ..CausalLanguageModelConfig::tiny()
    };

    println!(
        "{}",
        say(
            "step   future hidden: training, writing   future open: training, writing",
            "스텝   미래를 가림: 학습, 쓰기   미래를 엶: 학습, 쓰기"
        )
    );
    let mut models = [Mask::causal(), Mask::none()].map(|mask| {
        let model = CausalLanguageModel::new(&config, &mut ChaCha8Rng::seed_from_u64(1)).expect("sound sizes");
        (mask, model, AdamW::new(AdamWConfig::default()).expect("sound settings"))
    });
    // When it writes, a model has only the past, whatever it was shown in training.
    let writing =
        |model: &CausalLanguageModel| no_grad(|| loss(model, &judged, &Mask::causal(), &mut Ctx::eval())).item();
    let mut last = [[0.0; 2]; 2];
    for step in 0..STEPS {
        let batch = data.batch(step);
        for (n, (mask, model, optimizer)) in models.iter_mut().enumerate() {
            let rate = 3e-3 * ((step + 1) as f64 / 20.0).min(1.0);
            let training = loss(model, &batch, mask, &mut Ctx::train(step));
            let mut gradients = training.backward();
            last[n][0] = training.item();
            drop(training);
            clip_grad_norm(model, &mut gradients, 1.0);
            optimizer.step(model, &gradients, rate)?;
        }
        if (step + 1).is_multiple_of(STEPS / 8) {
            for (n, (_, model, _)) in models.iter().enumerate() {
                last[n][1] = writing(model);
            }
            let [[a, b], [c, d]] = last;
            println!("{:>4}   {a:>8.3} {b:>8.3}              {c:>8.3} {d:>8.3}", step + 1);
        }
    }
    let [[_, honest], [copied, cheated]] = last;
    assert!(copied < 0.3, "with the future open the answer can be copied: {copied}");
    assert!(cheated > honest + 1.0, "and nothing was learned for writing: {cheated} beside {honest}");

    println!("\n{}", say("Perplexity on stories that it has never seen:", "본 적 없는 이야기에 대한 퍼플렉시티:"));
    let rows = [
        (say("all words alike", "모든 단어가 같은 확률"), baselines.uniform),
        (say("counting words", "단어의 빈도"), baselines.unigram),
        (say("counting pairs of words", "이웃한 두 단어의 빈도"), baselines.bigram),
        (say("the model", "모델"), honest),
    ];
    for (who, loss) in rows {
        println!("  {:>7.1}  {who}", loss.exp());
    }
    assert!(honest < baselines.bigram, "it uses more than the word before: {honest} and {}", baselines.bigram);

    println!("\n{}", say("How each goes on with the same words:", "같은 첫머리를 이어 쓰면:"));
    let prompt = &held_out[..4];
    let options = GenerationOptions { max_new_tokens: 12, ..GenerationOptions::default() };
    for (name, (_, model, _)) in [say("hidden", "가림"), say("open", "엶")].iter().zip(&models) {
        let mut text = model.generate(prompt, &options)?;
        while text.next().is_some() {}
        println!("  {name}: {}", vocabulary.decode(text.text()));
    }
    Ok(())
}
