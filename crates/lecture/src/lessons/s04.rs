//! S04: the idea. A weighted mean of vectors, from "all alike" to "this one alone".
//!
//! S focuses, T words, d features: values `[T, d]`, weights `[S, T]`, context `[S, d]`.

use jumok_attention::value::{self, Values};
use jumok_attention::{Mask, Scores};
use jumok_nn::show;
use jumok_tensor::{Elem, Tensor};
use jumok_training::Text;
use rand::RngExt;

use super::{WORDS, vectors, written_out};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S04.
pub static LESSON: Lesson = Lesson {
    id: "s04",
    slides: &["S04"],
    title: Text { en: "The idea: weigh what matters", ko: "기본 생각: 중요한 것에 무게를" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The task.
        TASK =
            "A sentence of {count} words is to become one vector. Every word has a vector of {features} numbers (drawn at random here); the question is how much of each goes in."
            | "단어 {count}개로 된 문장을 벡터 하나로 만들려 합니다. 단어마다 숫자 {features}개짜리 벡터가 있습니다(여기서는 무작위). 문제는 각 단어를 얼마나 넣느냐입니다.";
        /// What weights are.
        WEIGHTS =
            "The answer is a weight for every word. The weights of a row are not negative and add up to 1. Row by row, more of them goes to one word, \"{word}\":"
            | "답은 단어마다 하나씩 주는 가중치입니다. 한 행의 가중치는 음수가 아니고 더하면 1입니다. 아래로 갈수록 한 단어 \"{word}\"에 더 많이 갑니다.";
        /// A row of weights.
        ALIKE = "all alike" | "모두 같게";
        /// A row of weights.
        MORE = "some more" | "조금 더";
        /// A row of weights.
        MOST = "most" | "대부분";
        /// A row of weights.
        ALONE = "it alone" | "그것만";
        /// What comes out.
        RESULT = "Weights times vectors, added up, is what each row takes home:" | "가중치와 벡터를 곱해 더한 것이 각 행이 가져가는 값입니다.";
        /// One number by hand.
        BY_HAND = "The first number of row \"{row}\", by hand: {sum} ≈ {result}" | "\"{row}\" 행의 첫째 수를 손으로 계산하면: {sum} ≈ {result}";
        /// What the ends are.
        ENDS =
            "The first row is the mean of all words, the last is the vector of \"{word}\" itself. Attention lies between the two, and learns where."
            | "첫 행은 모든 단어의 평균이고, 마지막 행은 \"{word}\"의 벡터 그 자체입니다. 어텐션은 이 둘 사이에 있으며, 어디쯤일지를 학습합니다.";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const FEATURES: usize = 3;
    let words = l.words(&WORDS)?;
    let count = words.len();
    let focus = l.rng().random_range(0..count);
    let values = vectors(count, FEATURES, l.rng()); //                       [T, d]
    let rows = [texts::ALIKE, texts::MORE, texts::MOST, texts::ALONE].map(|text| text.get(l.language()).to_owned());
    l.label("key", &words);
    l.label("focus", &rows);

    l.say(&texts::TASK, &[("count", &count), ("features", &FEATURES)]);
    show!(l.model(), "values", ["key", "feature"], &values);
    l.matrices();

    l.say(&texts::WEIGHTS, &[("word", &words[focus])]);
    l.formula("αᵢ ≥ 0,   Σᵢ αᵢ = 1");
    // The softmax of a score that only this word has; infinite in the last row.
    let scores = [0.0, 1.0, 3.0, Elem::INFINITY].into_iter().flat_map(|score| {
        (0..count).map(move |word| match (word == focus, score == Elem::INFINITY) {
            (true, false) => score,
            (false, true) => Elem::NEG_INFINITY,
            _ => 0.0,
        })
    });
    let scores = Tensor::from_vec(scores.collect(), &[rows.len(), count]).requires_grad(); // [S, T]
    // ANCHOR: weights
    let weights = Scores::new(scores).distribution(&Mask::none()); //         [S, T]
    show!(l.model(), "weights", ["focus", "key"], weights.tensor());
    l.matrices();
    l.picture();

    l.say(&texts::RESULT, &[]);
    l.formula("c = Σᵢ αᵢ·vᵢ");
    let context = value::context(&weights, &Values::new(values.clone())); //  [S, d]
    show!(l.model(), "context", ["focus", "feature"], context.tensor());
    // ANCHOR_END: weights
    l.matrices();
    let row = &weights.tensor().to_vec()[count..2 * count];
    let first: Vec<Elem> = values.to_vec().into_iter().step_by(FEATURES).collect();
    let result = format!("{:.3}", context.tensor().to_vec()[FEATURES]);
    l.say(&texts::BY_HAND, &[("row", &rows[1]), ("sum", &written_out(row, 3, &first)), ("result", &result)]);
    l.say(&texts::ENDS, &[("word", &words[focus])]);
    l.loss_of(context.tensor());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};

    #[test]
    fn the_first_row_is_the_mean_and_the_last_a_word() {
        for seed in 0..5 {
            let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
            let find = |name: &str| {
                let of_name = |block: &Block| matches!(block, Block::Matrix(matrix) if matrix.name == name);
                match &run.blocks[run.blocks.iter().position(of_name).unwrap()] {
                    Block::Matrix(matrix) => matrix.clone(),
                    _ => unreachable!("a matrix was found"),
                }
            };
            let (values, weights, context) = (find("values"), find("weights"), find("context"));
            let words = values.shape[0];
            for feature in 0..3 {
                let mean = (0..words).map(|word| values.values[word * 3 + feature]).sum::<f64>() / words as f64;
                assert!((context.values[feature] - mean).abs() < 1e-6);
            }
            let last = &weights.values[3 * words..];
            let focus = last.iter().position(|&weight| weight == 1.0).unwrap();
            assert_eq!(context.values[9..], values.values[focus * 3..focus * 3 + 3]);
            for row in weights.values.chunks_exact(words) {
                assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-6);
            }
        }
    }
}
