//! S26: both directions. A word is hidden whose only clue stands on its right; of two models that differ in nothing but their
//! mask, one can see it.
//!
//! B sentences of T tokens, n words, V = n + 5 tokens; width D.

use jumok_attention::Mask;
use jumok_bert::{BertForMaskedLM, BertInputs, TextEncoder};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Optimizer, show};
use jumok_tensor::{CrossEntropy, Elem, IntTensor, Tensor, no_grad};
use jumok_training::{Language, Text};
use jumok_viz::Curve;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::WORDS;
use super::small_bert::{FIRST, SPECIAL, small_bert, vocabulary};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S26.
pub static LESSON: Lesson = Lesson {
    id: "s26",
    slides: &["S26"],
    title: Text { en: "Context from left and right", ko: "왼쪽과 오른쪽의 문맥" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The difference.
        QUESTION =
            "A language model reads from left to right: when it is asked for a word, it knows what stands before it. An encoder has no such rule. Every token looks at all others, so what is asked may depend on both sides:"
            | "언어 모델은 왼쪽에서 오른쪽으로 읽습니다. 단어를 물을 때 아는 것은 그 앞에 있는 것뿐입니다. 인코더에는 그런 규칙이 없습니다. 토큰마다 다른 모든 토큰을 보므로, 양쪽의 글을 모두 근거로 삼을 수 있습니다.";
        /// The game.
        GAME =
            "Does it matter? A game in which it must. In \"{text}\", read in a circle, every word has one that follows it. A sentence of the game is two random words, a hidden one, the word that follows it, and a random one again, such as \"{sentence}\". What stands before the hole says nothing. What stands behind it says everything."
            | "그 차이가 중요할까요? 중요할 수밖에 없는 놀이를 해 봅니다. \"{text}\"을(를) 고리처럼 이어 읽으면 단어마다 다음 단어가 하나씩 있습니다. 놀이의 문장은 무작위 단어 둘, 가린 단어, 그 다음 단어, 다시 무작위 단어 하나로 이루어집니다. 예를 들면 \"{sentence}\"입니다. 빈칸 앞의 단어는 아무것도 알려 주지 않고, 뒤의 단어는 모든 것을 알려 줍니다.";
        /// The masks.
        MASKS =
            "Two models with the same weights at the start see the same sentences. They differ in one argument, the mask. A row is the token that looks, a column the one it looks at; 1 means that it may:"
            | "처음 가중치가 같은 두 모델이 같은 문장을 봅니다. 다른 것은 인자 하나, 마스크뿐입니다. 행은 보는 토큰, 열은 보이는 토큰이고, 1이면 볼 수 있습니다.";
        /// Training.
        TRAINING =
            "After every {every} of {steps} steps both are asked {judged} new sentences:"
            | "{steps}스텝 동안 배우면서, {every}스텝마다 새 문장 {judged}개를 둘에게 묻습니다.";
        /// Title of the picture.
        CURVE = "Hidden words guessed" | "맞힌 가린 단어의 비율";
        /// An axis.
        AXIS_STEP = "step" | "스텝";
        /// An axis.
        AXIS_SHARE = "right, %" | "맞힌 비율, %";
        /// A curve.
        BOTH = "both directions" | "양방향";
        /// A curve.
        LEFT = "left to right" | "왼쪽에서 오른쪽으로";
        /// A level.
        CHANCE = "chance, 1 of {count}" | "찍기, {count}개 가운데 1개";
        /// What came out.
        RESULT =
            "In the end {both} of the words are guessed by the one that looks both ways, {left} by the other; chance is {chance}. No number of steps would help the second one: what it needs is not among what it sees. Where do the two look from the hole?"
            | "마지막에는 양쪽을 보는 모델이 {both}를, 다른 모델이 {left}를 맞힙니다. 찍으면 {chance}입니다. 둘째 모델은 아무리 오래 배워도 나아지지 않습니다. 필요한 것이 보이는 것 가운데 없기 때문입니다. 두 모델은 빈칸에서 어디를 볼까요?";
        /// The answers.
        ANSWERS =
            "And what do they say? A row for each word that can stand behind the hole, and how likely the model finds each word in it:"
            | "그리고 무엇이라고 답할까요? 행은 빈칸 뒤에 올 수 있는 단어이고, 각 행은 빈칸에 들어갈 단어마다 모델이 말하는 확률입니다.";
        /// What it costs.
        PRICE =
            "That is also why BERT is not trained as S18 was. A model that sees both sides cannot be asked for the next word: the answer would stand before its eyes. So a word has to be hidden first, which is S30; and it writes no texts, since there is no right side yet while one writes."
            | "BERT를 S18처럼 학습하지 않는 까닭도 여기 있습니다. 양쪽을 보는 모델에게 다음 단어를 물을 수는 없습니다. 답이 눈앞에 있으니까요. 그래서 먼저 단어를 가려야 하고, 그것이 S30입니다. 또 BERT는 글을 쓰지 않습니다. 글을 쓰는 동안에는 오른쪽이 아직 없습니다.";
        /// The slide.
        BEFORE =
            "Others had looked both ways before: ELMo (Peters et al. 2018) reads once from the left and once from the right and puts the two side by side. But neither reading knows of the other. In an encoder both sides meet in every layer."
            | "양쪽을 본 것이 BERT가 처음은 아닙니다. ELMo(Peters et al. 2018)는 왼쪽에서 한 번, 오른쪽에서 한 번 읽어 둘을 나란히 붙입니다. 하지만 한쪽 읽기는 다른 쪽을 모릅니다. 인코더에서는 층마다 양쪽이 만납니다.";
    }
}

const STEPS: u64 = 150;
const EVERY: u64 = 10;
const ROWS: usize = 32;
const RATE: f64 = 5e-3;
const WIDTH: usize = 32;
/// New sentences that a model is asked at a time.
const JUDGED: usize = 200;
/// `[CLS]`, two words, the hole, its clue, a word, `[SEP]`.
const LENGTH: usize = 7;
const HOLE: usize = 3;

// ANCHOR: sentence
/// A sentence of the game about the hidden word `answer`.
fn sentence(answer: i64, count: i64, rng: &mut ChaCha8Rng) -> [i64; LENGTH] {
    let mut any = || FIRST + i64::from(rng.random_range(0..count as u32));
    let clue = FIRST + (answer + 1) % count;
    [SPECIAL.cls, any(), any(), SPECIAL.mask, clue, any(), SPECIAL.sep]
}
// ANCHOR_END: sentence

/// Sentences `[B, T]`, and the hidden words `[B]` as ids.
fn sentences(answers: &[i64], count: usize, rng: &mut ChaCha8Rng) -> [IntTensor; 2] {
    let ids = answers.iter().flat_map(|&answer| sentence(answer, count as i64, rng)).collect();
    let hidden = answers.iter().map(|answer| FIRST + answer).collect();
    [IntTensor::from_vec(ids, &[answers.len(), LENGTH]), IntTensor::from_vec(hidden, &[answers.len()])]
}

fn random_sentences(rows: usize, count: usize, rng: &mut ChaCha8Rng) -> [IntTensor; 2] {
    let answers: Vec<i64> = (0..rows).map(|_| i64::from(rng.random_range(0..count as u32))).collect();
    sentences(&answers, count, rng)
}

// ANCHOR: masked
/// Logits for the hole of every sentence `[B, T]`, under a mask: `[B, V]`.
fn guess(model: &BertForMaskedLM, ids: &IntTensor, mask: &Mask, ctx: &mut Ctx) -> Tensor {
    let bert = &model.encoder;
    let x = bert.embeddings.forward(&BertInputs::new(ids.clone()), ctx); //   [B, T, D]
    let states = bert.encoder.forward(&x, mask, None, ctx); //                [B, T, D]
    model.head.forward(&states.select(1, HOLE as isize), &bert.word_embeddings().weight)
}
// ANCHOR_END: masked

/// The share of hidden words that are guessed, in percent.
fn right(model: &BertForMaskedLM, [ids, hidden]: &[IntTensor; 2], mask: &Mask) -> f64 {
    let guesses = no_grad(|| guess(model, ids, mask, &mut Ctx::eval())).argmax(-1, false);
    let hits = guesses.as_slice().iter().zip(hidden.as_slice()).filter(|(guess, word)| guess == word).count();
    100.0 * hits as f64 / hidden.len() as f64
}

/// Trains `model` under `mask` on the sentences that follow from `seed`; the share of right answers over the steps.
fn train(model: &mut BertForMaskedLM, count: usize, mask: &Mask, seed: u64) -> Vec<(f64, f64)> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let judged = random_sentences(JUDGED, count, rng);
    let mut optimizer = AdamW::new(AdamWConfig::default()).expect("sound settings");
    let mut shares = vec![(0.0, right(model, &judged, mask))];
    for step in 1..=STEPS {
        let [ids, hidden] = random_sentences(ROWS, count, rng);
        let loss = guess(model, &ids, mask, &mut Ctx::train(step)).cross_entropy(&hidden, &CrossEntropy::default());
        let gradients = loss.backward();
        drop(loss);
        optimizer.step(model, &gradients, RATE).expect("every parameter has a gradient");
        if step % EVERY == 0 {
            shares.push((step as f64, right(model, &judged, mask)));
        }
    }
    shares
}

fn fresh(count: usize, seed: u64) -> BertForMaskedLM {
    let config = small_bert(FIRST as usize + count, LENGTH, 1, WIDTH);
    BertForMaskedLM::new(&config, seed).expect("a valid configuration")
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let (count, language) = (words.len(), l.language());
    let tokens = vocabulary(&words);
    let written = |ids: &[i64]| ids.iter().map(|&id| tokens[id as usize].clone()).collect::<Vec<_>>();
    let [weights, data]: [u64; 2] = [l.rng().random(), l.rng().random()];
    let masks = [Mask::none(), Mask::causal()];
    let names = [texts::BOTH, texts::LEFT].map(|text| text.get(language).to_owned());

    l.say(&texts::QUESTION, &[]);
    l.formula("p(word | left and right of it)      instead of      p(word | left of it)");
    let example = sentence(1, count as i64, l.rng());
    let inside = written(&example[1..LENGTH - 1]).join(" ");
    l.say(&texts::GAME, &[("text", &words.join(" ")), ("sentence", &inside)]);

    l.say(&texts::MASKS, &[]);
    l.label("query", &written(&example));
    l.label("key", &written(&example));
    for (path, mask) in ["both_directions.mask", "left_to_right.mask"].into_iter().zip(&masks) {
        let allowed = mask.to_bool(LENGTH, LENGTH).map(|pairs| pairs.as_slice().to_vec());
        let allowed = allowed.unwrap_or_else(|| vec![true; LENGTH * LENGTH]);
        let cells = allowed.into_iter().map(|may| if may { 1.0 } else { 0.0 as Elem }).collect();
        show!(l.model(), path, ["query", "key"], &Tensor::from_vec(cells, &[LENGTH, LENGTH]));
    }
    l.matrices();

    l.say(&texts::TRAINING, &[("every", &EVERY), ("steps", &STEPS), ("judged", &JUDGED)]);
    let mut models = [fresh(count, weights), fresh(count, weights)];
    let mut shares = [0, 1].map(|n| train(&mut models[n], count, &masks[n], data));
    let last = [0, 1].map(|n| shares[n].last().expect("asked at least once").1);
    let [both, left] = shares.each_mut().map(std::mem::take);
    let chance = 100.0 / count as f64;
    l.curve(
        Curve::new(texts::CURVE.get(language))
            .axes(texts::AXIS_STEP.get(language), texts::AXIS_SHARE.get(language))
            .language(match language {
                Language::English => jumok_viz::Language::English,
                Language::Korean => jumok_viz::Language::Korean,
            })
            .smoothing(0.0)
            .series(&names[0], both)
            .series(&names[1], left)
            .baseline(&texts::CHANCE.fill(language, &[("count", &count)]), chance)
            .include(0.0),
    );
    l.picture();

    let percent = |share: f64| format!("{share:.1} %");
    let [both, left, chance] = [last[0], last[1], chance].map(percent);
    l.say(&texts::RESULT, &[("both", &both), ("left", &left), ("chance", &chance)]);
    let ids = IntTensor::from_vec(example.to_vec(), &[1, LENGTH]);
    let looks: Vec<Tensor> = [0, 1].map(|n| look(&models[n], &ids, &masks[n])).to_vec(); // [1, T] each
    l.label("model", &names);
    show!(l.model(), "look", ["model", "key"], &Tensor::concat(&looks.iter().collect::<Vec<_>>(), 0));
    l.matrices();

    l.say(&texts::ANSWERS, &[]);
    let answers: Vec<i64> = (0..count as i64).map(|clue| (clue + count as i64 - 1) % count as i64).collect();
    let [ids, _] = sentences(&answers, count, l.rng());
    l.label("clue", &words);
    l.label("word", &words);
    let said = [0, 1].map(|n| {
        let p = guess(&models[n], &ids, &masks[n], &mut Ctx::eval()).softmax(-1); // [n, V]
        p.narrow(1, FIRST as usize, count)
    });
    show!(l.model(), "both_directions.probabilities", ["clue", "word"], &said[0]);
    show!(l.model(), "left_to_right.probabilities", ["clue", "word"], &said[1]);
    l.matrices();
    l.say(&texts::PRICE, &[]);
    l.say(&texts::BEFORE, &[]);
    l.loss_of(&said[0]);
    Ok(())
}

/// Where the hole of a sentence `[1, T]` looks, in the mean of the heads: `[1, T]`.
fn look(model: &BertForMaskedLM, ids: &IntTensor, mask: &Mask) -> Tensor {
    let mut ctx = Ctx::eval().recording();
    guess(model, ids, mask, &mut ctx);
    let of_attention = |record: &jumok_nn::Record| record.path == "layer.0.attention.self.weights";
    let record = ctx.take_records().into_iter().find(of_attention).expect("an encoder records its attention");
    record.value.mean(&[1], false).select(1, HOLE as isize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Same weights, same sentences: the one that sees the clue guesses it, the other cannot.
    #[test]
    fn a_clue_on_the_right_needs_both_directions() {
        for (seed, count) in [(0, 5), (1, 5), (2, 3), (3, 10)] {
            let last = [Mask::none(), Mask::causal()].map(|mask| {
                let shares = train(&mut fresh(count, seed), count, &mask, seed + 10);
                shares.last().unwrap().1
            });
            let chance = 100.0 / count as f64;
            assert!(last[0] >= 90.0, "seed {seed}, {count} words: {last:?}");
            // Four standard deviations of 200 guesses.
            let bound = 400.0 * (chance / 100.0 * (1.0 - chance / 100.0) / JUDGED as f64).sqrt();
            assert!((last[1] - chance).abs() < bound, "seed {seed}, {count} words: {last:?}");
        }
    }

    #[test]
    fn the_clue_is_the_word_that_follows() {
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        for answer in 0..4 {
            let ids = sentence(answer, 4, rng);
            assert_eq!((ids[HOLE], ids[HOLE + 1]), (SPECIAL.mask, FIRST + (answer + 1) % 4));
        }
    }
}
