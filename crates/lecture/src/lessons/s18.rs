//! S18: the decoder as a language model. What it is asked at each place, what that costs, and what happens if it may look at the
//! answer.
//!
//! T words in a random order, V = T tokens; a text is foretold at T − 1 places.

use jumok_attention::Mask;
use jumok_nn::{AdamW, AdamWConfig, Ctx, Optimizer, show};
use jumok_tensor::{IntTensor, Tensor, no_grad};
use jumok_training::Text;
use jumok_transformer::causal::{CausalLanguageModel, CausalLanguageModelConfig, next_token_loss};
use jumok_viz::{Align, Curve, Table};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::WORDS;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S18.
pub static LESSON: Lesson = Lesson {
    id: "s18",
    slides: &["S18"],
    title: Text { en: "The decoder as a language model", ko: "언어 모델로서의 디코더" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The question.
        QUESTION =
            "A language model says at every place of a text how likely each word is to come next. Its loss is the mean of −log p of the word that came, and e to the power of it, the perplexity, says among how many equally likely words it hesitates."
            | "언어 모델은 글의 자리마다 다음에 올 단어의 확률을 말합니다. 손실은 실제로 온 단어의 −log p의 평균이고, e의 손실 제곱인 퍼플렉시티는 똑같이 그럴듯한 단어 몇 개 사이에서 망설이는지를 말합니다.";
        /// The texts.
        GAME =
            "The texts here are the words below in a random order, each once. Nobody can foretell that: behind t words the {count} − t others are equally likely. So no honest model gets below a mean of {floor}, a perplexity of {perplexity}."
            | "여기서 글은 아래 단어들을 무작위 순서로 한 번씩 쓴 것입니다. 이것은 아무도 예측할 수 없습니다. 단어 t개 뒤에는 나머지 {count} − t개가 똑같이 그럴듯하니까요. 그래서 정직한 모델의 손실은 평균 {floor}, 퍼플렉시티 {perplexity}보다 낮아질 수 없습니다.";
        /// Training.
        TRAINING =
            "Two models of one block learn for {steps} steps. One has its future hidden by the causal mask; of the other every place may look at all words, the next one too:"
            | "블록 하나짜리 모델 둘이 {steps}스텝 동안 배웁니다. 하나는 인과 마스크로 미래를 가렸고, 다른 하나는 자리마다 다음 단어까지 모든 단어를 볼 수 있습니다.";
        /// A title.
        CURVE = "Training loss with and without the mask" | "마스크가 있을 때와 없을 때의 학습 손실";
        /// An axis.
        AXIS_STEP = "step" | "스텝";
        /// An axis.
        AXIS_LOSS = "loss (nats)" | "손실 (nat)";
        /// A curve.
        HIDDEN = "future hidden" | "미래를 가림";
        /// A curve.
        OPEN = "future open" | "미래를 엶";
        /// A level.
        FLOOR = "what cannot be foretold" | "예측할 수 없는 만큼";
        /// A column.
        COLUMN_MODEL = "model" | "모델";
        /// A column.
        COLUMN_TRAINING = "loss in training" | "학습 때 손실";
        /// A column.
        COLUMN_WRITING = "loss when it writes" | "글을 쓸 때 손실";
        /// What it means.
        CHEATING =
            "With the future open the training loss falls below what is possible: the model copies the answer from the next place. When it writes there is no next place yet, and it has learned nothing that would help it."
            | "미래를 열면 학습 손실이 가능한 값보다 낮아집니다. 다음 자리에서 답을 베끼기 때문입니다. 글을 쓸 때는 다음 자리가 아직 없으니, 그때 도움이 될 것은 아무것도 배우지 못했습니다.";
        /// Over the matrix.
        PROBABILITIES =
            "What the honest model says of one order of the words, place by place; words that have been are hardly expected again:"
            | "정직한 모델이 한 순서의 단어들을 두고 자리마다 말하는 확률. 이미 나온 단어는 거의 다시 기대하지 않습니다.";
        /// The slide.
        OUTLOOK =
            "This is all that a GPT learns, with more text and a larger model: the next word, from those before it."
            | "GPT가 배우는 것도 이것이 전부입니다. 글이 더 많고 모델이 더 클 뿐, 앞의 단어들에서 다음 단어를 배웁니다.";
    }
}

const STEPS: u64 = 120;
const ROWS: usize = 16;
const RATE: f64 = 1e-2;

/// Rows of the words in a random order, as tokens and those that come next: `[B, T − 1]` each.
fn orders(count: usize, rows: usize, rng: &mut ChaCha8Rng) -> [IntTensor; 2] {
    let mut cells: [Vec<i64>; 2] = Default::default();
    for _ in 0..rows {
        let mut order: Vec<i64> = (0..count as i64).collect();
        order.shuffle(rng);
        cells[0].extend(&order[..count - 1]);
        cells[1].extend(&order[1..]);
    }
    cells.map(|cells| IntTensor::from_vec(cells, &[rows, count - 1]))
}

fn loss(model: &CausalLanguageModel, [input_ids, targets]: &[IntTensor; 2], mask: &Mask, ctx: &mut Ctx) -> Tensor {
    next_token_loss(&model.forward_masked(input_ids, mask, ctx), targets) / targets.len() as f64
}

/// Mean of ln(T − t) over t = 1 … T − 1: the entropy of the next word when each is used once.
fn floor(count: usize) -> f64 {
    (1..count).map(|t| ((count - t) as f64).ln()).sum::<f64>() / (count - 1) as f64
}

/// A model after training under `mask`, and its losses step by step.
fn trained(count: usize, mask: &Mask, rng: &mut ChaCha8Rng) -> (CausalLanguageModel, Vec<f64>) {
    let config = CausalLanguageModelConfig {
        vocab_size: count,
        n_positions: count,
        n_embd: 32,
        n_layer: 1,
        n_head: 2,
        initializer_range: 0.1,
        ..CausalLanguageModelConfig::nanogpt()
    };
    let mut model = CausalLanguageModel::new(&config, rng).expect("a valid configuration");
    let mut optimizer = AdamW::new(AdamWConfig::default()).expect("sound settings");
    let losses = (0..STEPS).map(|step| {
        let loss = loss(&model, &orders(count, ROWS, rng), mask, &mut Ctx::train(step));
        let (value, gradients) = (loss.item(), loss.backward());
        drop(loss);
        optimizer.step(&mut model, &gradients, RATE).expect("every parameter has a gradient");
        value
    });
    let losses = losses.collect();
    (model, losses)
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let (count, language) = (words.len(), l.language());
    let floor = floor(count);

    l.say(&texts::QUESTION, &[]);
    l.formula("L = −(1/T)·Σₜ log p(xₜ₊₁ | x₁, …, xₜ)      perplexity = eᴸ");
    let (level, perplexity) = (format!("{floor:.3}"), format!("{:.2}", floor.exp()));
    l.say(&texts::GAME, &[("count", &count), ("floor", &level), ("perplexity", &perplexity)]);
    l.say(&texts::TRAINING, &[("steps", &STEPS)]);
    let (honest, hidden) = trained(count, &Mask::causal(), l.rng());
    let (cheat, open) = trained(count, &Mask::none(), l.rng());
    let points = |losses: &[f64]| losses.iter().enumerate().map(|(step, &y)| (step as f64, y)).collect::<Vec<_>>();
    let curve = Curve::new(texts::CURVE.get(language))
        .axes(texts::AXIS_STEP.get(language), texts::AXIS_LOSS.get(language))
        .series(texts::HIDDEN.get(language), points(&hidden))
        .series(texts::OPEN.get(language), points(&open))
        .baseline(texts::FLOOR.get(language), floor)
        .include(0.0);
    l.curve(curve);
    l.picture();

    let judged = orders(count, 256, l.rng());
    let columns = [texts::COLUMN_MODEL, texts::COLUMN_TRAINING, texts::COLUMN_WRITING].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right, Align::Right]);
    for (name, model, mask) in [(texts::HIDDEN, &honest, Mask::causal()), (texts::OPEN, &cheat, Mask::none())] {
        // When it writes, a model has nothing but the past.
        let figures = [&mask, &Mask::causal()]
            .map(|mask| format!("{:.3}", no_grad(|| loss(model, &judged, mask, &mut Ctx::eval())).item()));
        table.row([name.get(language), &figures[0], &figures[1]]);
    }
    l.table(table);
    l.say(&texts::CHEATING, &[]);

    l.say(&texts::PROBABILITIES, &[]);
    let [text, _] = orders(count, 1, l.rng());
    let read: Vec<String> = text.as_slice().iter().map(|&id| words[id as usize].clone()).collect();
    let logits = honest.forward(&text, &mut Ctx::eval()).squeeze(0); //        [T − 1, V]
    let probabilities = logits.softmax(-1);
    l.label("read", &read);
    l.label("next", &words);
    show!(l.model(), "logits", ["read", "next"], &logits);
    show!(l.model(), "probabilities", ["read", "next"], &probabilities);
    l.matrices();
    l.say(&texts::OUTLOOK, &[]);
    l.loss_of(&probabilities);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    /// No honest model goes below the floor; the one that may look does, and is worse than a guesser when it writes.
    #[test]
    fn looking_at_the_answer_teaches_nothing() {
        for seed in 0..3 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let (count, floor) = (6, floor(6));
            let judged = orders(count, 256, &mut rng);
            let judge = |model: &CausalLanguageModel, mask: &Mask| {
                no_grad(|| loss(model, &judged, mask, &mut Ctx::eval())).item()
            };
            let (honest, _) = trained(count, &Mask::causal(), &mut rng);
            let (cheat, _) = trained(count, &Mask::none(), &mut rng);
            let written = judge(&honest, &Mask::causal());
            assert!(written > floor - 0.05 && written < (count as f64).ln(), "{written} and {floor}");
            assert!(judge(&cheat, &Mask::none()) < floor / 2.0, "seed {seed}");
            assert!(judge(&cheat, &Mask::causal()) > (count as f64).ln(), "seed {seed}");
        }
    }

    #[test]
    fn the_floor_by_hand() {
        // Three words: behind the first two are left, behind the second one.
        assert!((floor(3) - 2f64.ln() / 2.0).abs() < 1e-12);
    }
}
