//! S08: the distribution. The softmax turns scores into weights; how not to compute it; and what a mask does.
//!
//! T keys: scores and weights `[1, T]`.

use jumok_attention::distribution::naive_softmax;
use jumok_attention::{Mask, Scores};
use jumok_nn::show;
use jumok_tensor::{BoolTensor, Tensor};
use jumok_training::Text;
use jumok_viz::{Align, BarChart, Table};

use super::{WORDS, vectors};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S08.
pub static LESSON: Lesson = Lesson {
    id: "s08",
    slides: &["S08"],
    title: Text { en: "Attention distribution", ko: "어텐션 분포" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The softmax.
        SOFTMAX =
            "Scores may be anything, weights may not: none is negative, and together they are 1. The softmax makes every score positive by the exponential and divides by the sum."
            | "점수는 어떤 수라도 되지만 가중치는 그렇지 않습니다. 음수가 없어야 하고 모두 더하면 1이어야 합니다. 소프트맥스는 지수 함수로 모든 점수를 양수로 만들고 그 합으로 나눕니다.";
        /// The sum.
        SUM =
            "Sum of the weights: {sum}. The slide says that each lies between 0 and 1; what makes them a distribution is that they add up to 1."
            | "가중치의 합: {sum}. 슬라이드는 각각이 0과 1 사이라고 하지만, 이들을 분포로 만드는 것은 합이 1이라는 점입니다.";
        /// The title of the picture.
        PICTURE = "Scores and their weights" | "점수와 그 가중치";
        /// A series.
        SCORES = "score" | "점수";
        /// A series.
        WEIGHTS = "weight" | "가중치";
        /// The naive version.
        NAIVE =
            "Computed just as it is written, it fails on large scores. Here 1000 is added to every score, which should change nothing, since e^1000 cancels out:"
            | "쓰인 그대로 계산하면 점수가 클 때 실패합니다. 모든 점수에 1000을 더해 보겠습니다. e^1000은 약분되므로 아무것도 바뀌지 않아야 합니다.";
        /// A column.
        COLUMN_KEY = "key" | "키";
        /// A column.
        COLUMN_NAIVE = "as written" | "쓰인 그대로";
        /// A column.
        COLUMN_NAIVE_MOVED = "as written, +1000" | "쓰인 그대로, +1000";
        /// A column.
        COLUMN_STABLE_MOVED = "less the largest, +1000" | "최댓값을 뺀 뒤, +1000";
        /// The stable version.
        STABLE =
            "e^1000 is infinite for the machine, and ∞/∞ is not a number. Subtracting the largest score first gives the same weights and no exponential greater than 1. This is how the library computes it."
            | "컴퓨터에서 e^1000은 무한대이고, ∞/∞는 수가 아닙니다(NaN). 가장 큰 점수를 먼저 빼면 가중치는 같고 어떤 지수도 1을 넘지 않습니다. 이 라이브러리도 이렇게 계산합니다.";
        /// The mask.
        MASK =
            "A mask forbids keys. Here \"{word}\" is forbidden: its weight is exactly 0, and the others share the 1 among themselves."
            | "마스크는 키를 금지합니다. 여기서는 \"{word}\"을(를) 금지했습니다. 그 가중치는 정확히 0이고, 나머지가 1을 나누어 갖습니다.";
        /// Nobody is left.
        NOBODY =
            "If every key is forbidden, the weights are all 0 (their sum here: {sum}), and not NaN: who may look at nobody takes nothing home."
            | "모든 키를 금지하면 가중치는 NaN이 아니라 모두 0입니다(여기서 합: {sum}). 아무도 볼 수 없으면 아무것도 가져가지 않습니다.";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let count = words.len();
    let scores = vectors(1, count, l.rng()) * 3.0; //                         [1, T]
    l.label("key", &words);

    l.say(&texts::SOFTMAX, &[]);
    l.formula("αᵢ = e^(zᵢ) / Σⱼ e^(zⱼ)");
    let under = |mask: &Mask| Scores::new(scores.clone()).distribution(mask).into_tensor();
    let weights = under(&Mask::none()); //                                    [1, T], rows sum to 1
    show!(l.model(), "scores", ["query", "key"], &scores);
    show!(l.model(), "weights", ["query", "key"], &weights);
    l.matrices();
    l.say(&texts::SUM, &[("sum", &format!("{:.6}", weights.sum_all().item()))]);
    let [title, of_scores, of_weights] =
        [texts::PICTURE, texts::SCORES, texts::WEIGHTS].map(|text| text.get(l.language()));
    let chart = BarChart::new(&words).title(title).decimals(2);
    l.bars(chart.series(of_scores, &scores.to_vec()).series(of_weights, &weights.to_vec()));
    l.picture();

    l.say(&texts::NAIVE, &[]);
    let moved = &scores + 1000.0; //                                          [1, T]
    let columns = [texts::COLUMN_KEY, texts::COLUMN_NAIVE, texts::COLUMN_NAIVE_MOVED, texts::COLUMN_STABLE_MOVED];
    let mut align = [Align::Right; 4];
    align[0] = Align::Left;
    let mut table = Table::new(columns.map(|text| text.get(l.language()))).align(align);
    let results = [naive_softmax(&scores), naive_softmax(&moved), moved.softmax(-1)].map(|x| x.to_vec());
    for (n, word) in words.iter().enumerate() {
        let numbers = results.iter().map(|weights| format!("{:.3}", weights[n]));
        table.row(std::iter::once(word.clone()).chain(numbers));
    }
    l.table(table);
    l.formula("αᵢ = e^(zᵢ − max z) / Σⱼ e^(zⱼ − max z)");
    l.say(&texts::STABLE, &[]);

    l.say(&texts::MASK, &[("word", &words[count - 1])]);
    let allowed =
        |keys: usize| Mask::allowed(BoolTensor::from_vec((0..count).map(|key| key < keys).collect(), &[1, count]));
    let masked = under(&allowed(count - 1)); //                               [1, T]
    show!(l.model(), "masked", ["query", "key"], &masked);
    l.matrices();
    let nobody = under(&allowed(0)); //                                       [1, T]
    l.say(&texts::NOBODY, &[("sum", &nobody.sum_all().item())]);
    l.loss_of(&Tensor::concat(&[&weights, &masked], 0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};

    #[test]
    fn the_naive_softmax_overflows_where_the_other_does_not() {
        let large = Tensor::from_vec(vec![0.5, -2.0, 3.0], &[1, 3]) + 1000.0;
        assert!(naive_softmax(&large).to_vec().iter().all(|weight| weight.is_nan()));
        let weights = Scores::new(large).distribution(&Mask::none());
        assert!((weights.tensor().sum_all().item() - 1.0).abs() < 1e-6);
    }

    #[test]
    fn the_masked_word_weighs_exactly_nothing() {
        let run = LESSON.run(&LessonOptions::default()).unwrap();
        let masked = run.blocks.iter().find_map(|block| match block {
            Block::Matrix(matrix) if matrix.name == "masked" => Some(matrix.values.clone()),
            _ => None,
        });
        let masked = masked.unwrap();
        assert_eq!(masked[4], 0.0);
        assert!((masked.iter().sum::<f64>() - 1.0).abs() < 1e-6 && masked[..4].iter().all(|&weight| weight > 0.0));
    }
}
