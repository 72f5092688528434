//! S06: how encoder and decoder meet. The encoder leaves a state for every word; the decoder asks them at every step.
//!
//! T words, d features: inputs `[T, d]`, keys `[T, d]`, a query `[1, d]`, its scores and weights `[1, T]`.

use jumok_attention::score::{ScaledDot, Score};
use jumok_attention::{Mask, Values, plain_attention};
use jumok_nn::{Linear, show};
use jumok_tensor::Tensor;
use jumok_training::Text;
use jumok_viz::HeatMap;

use super::{WORDS, vectors};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S06.
pub static LESSON: Lesson = Lesson {
    id: "s06",
    slides: &["S06"],
    title: Text { en: "How encoder and decoder meet", ko: "인코더와 디코더가 만나는 법" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// What is built.
        ENCODER =
            "The encoder reads word by word. At each word its state takes in the word and what it knew so far; the state of every word is kept. These states are the keys, and, in this form of attention, the values too:"
            | "인코더는 단어를 하나씩 읽습니다. 단어마다 그 단어와 지금까지 알던 것을 합쳐 상태를 만들고, 모든 단어의 상태를 남겨 둡니다. 이 상태들이 키이고, 이 형태의 어텐션에서는 값이기도 합니다.";
        /// Untrained.
        UNTRAINED =
            "All weights are random: nothing has been learned here, so do not look for sense in what looks at what. Look at what is computed from what."
            | "가중치는 모두 무작위입니다. 아직 배운 것이 없으니 어디를 보는지에서 뜻을 찾지 말고, 무엇에서 무엇을 계산하는지를 보세요.";
        /// The decoder.
        DECODER =
            "The decoder starts from the last state. At every step it makes a new state from its last one and from the context it last took home; that state is the query."
            | "디코더는 마지막 상태에서 시작합니다. 단계마다 자기의 직전 상태와 직전에 가져온 컨텍스트로 새 상태를 만들고, 그 상태가 질의입니다.";
        /// A step.
        STEP = "Decoder step {step}" | "디코더 {step}단계";
        /// A step in detail.
        IN_ORDER =
            "State, scores against all keys, weights, context, in this order:"
            | "상태, 모든 키와의 점수, 가중치, 컨텍스트의 순서입니다.";
        /// All steps together.
        TOGETHER =
            "The weights of all steps on one picture. Each row adds up to 1, and each step asks the same keys anew:"
            | "모든 단계의 가중치를 한 그림에 모았습니다. 각 행의 합은 1이고, 단계마다 같은 키에 새로 묻습니다.";
        /// The title of the picture.
        PICTURE = "Weights of three decoder steps" | "디코더 세 단계의 가중치";
        /// A row of the picture.
        ROW = "step {step}" | "{step}단계";
        /// Where the slide slips.
        SLIP =
            "The slide calls the share of a state its value. The shares are the weights, numbers that add up to 1; the value is what is shared out, a vector: here the state itself."
            | "슬라이드는 상태의 기여도를 값(Value)이라고 부릅니다. 기여도는 더해서 1이 되는 수인 가중치이고, 값은 그 비율로 나누어지는 벡터, 여기서는 상태 그 자체입니다.";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const FEATURES: usize = 4;
    const STEPS: usize = 3;
    let words = l.words(&WORDS)?;
    let inputs = vectors(words.len(), FEATURES, l.rng()); //                  [T, d]
    let [read, remember, go_on, take_in] = [(); 4].map(|()| Linear::new(FEATURES, FEATURES, l.rng()));
    l.label("key", &words);

    l.say(&texts::ENCODER, &[]);
    l.formula("hₜ = tanh(W·xₜ + U·hₜ₋₁)");
    let mut state = Tensor::zeros(&[1, FEATURES]);
    let mut states = Vec::new();
    // ANCHOR: encoder
    for t in 0..words.len() {
        let word = inputs.narrow(0, t, 1); //                                 [1, d]
        state = (read.forward(&word) + &remember.forward(&state)).tanh(); //  [1, d]
        states.push(state.clone());
    }
    // ANCHOR_END: encoder
    let keys = Tensor::concat(&states.iter().collect::<Vec<_>>(), 0); //      [T, d]
    show!(l.model(), "inputs", ["key", "feature"], &inputs);
    show!(l.model(), "keys", ["key", "feature"], &keys);
    l.matrices();
    l.say(&texts::UNTRAINED, &[]);

    l.say(&texts::DECODER, &[]);
    l.formula("sₜ = tanh(W'·sₜ₋₁ + C·cₜ₋₁)\nαₜ = softmax(sₜ·hᵢ / √d),   cₜ = Σᵢ αₜᵢ·hᵢ");
    let keys = keys.unsqueeze(0); //                                          [1, T, d], a batch of one
    let (prepared, values) = (ScaledDot.prepare(&keys), Values::new(keys));
    let mut context = Tensor::zeros(&[1, FEATURES]);
    let mut rows = Vec::new();
    // ANCHOR: decoder
    for step in 0..STEPS {
        l.heading(&texts::STEP, &[("step", &(step + 1))]);
        l.say(&texts::IN_ORDER, &[]);
        state = (go_on.forward(&state) + &take_in.forward(&context)).tanh(); // [1, d]
        let attention = l.model().at_index("step", step + 1, |ctx| {
            show!(ctx, "query", ["query", "feature"], &state);
            plain_attention(&ScaledDot, &state.unsqueeze(0), &prepared, &values, &Mask::none(), ctx)
        });
        rows.extend(attention.weights.tensor().to_vec());
        context = attention.context.into_tensor().squeeze(0); //                [1, d]
        l.matrices();
    }
    // ANCHOR_END: decoder

    l.say(&texts::TOGETHER, &[]);
    let language = l.language();
    let names: Vec<String> = (1..=STEPS).map(|step| texts::ROW.fill(language, &[("step", &step)])).collect();
    let map = HeatMap::new(&rows, [STEPS, words.len()]).title(texts::PICTURE.get(language));
    l.heat_map(map.row_labels(&names).col_labels(&words).show_values(3));
    l.picture();
    l.say(&texts::SLIP, &[]);
    l.loss_of(&context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions, Matrix};

    #[test]
    fn every_step_asks_all_keys_and_the_gradient_reaches_the_first_word() {
        let run = LESSON.run(&LessonOptions::default()).unwrap();
        let matrices: Vec<&Matrix> = run
            .blocks
            .iter()
            .filter_map(|block| if let Block::Matrix(matrix) = block { Some(matrix) } else { None })
            .collect();
        let named = |name: &str| matrices.iter().find(|matrix| matrix.name == name).unwrap();
        for step in 1..=3 {
            let weights = named(&format!("step.{step}.weights"));
            assert_eq!(weights.shape, [1, 5]);
            assert!((weights.values.iter().sum::<f64>() - 1.0).abs() < 1e-6);
            assert!(weights.place().starts_with("crates/attention/src/plain.rs:"), "{}", weights.place());
        }
        let gradient = named("inputs").gradient.as_ref().unwrap();
        assert!(gradient[..4].iter().any(|g| g.abs() > 1e-9), "{gradient:?}");
    }
}
