//! S19: hiding the future. The mask as a triangle, its gradients, one pass instead of many, and what it tells about the order.
//!
//! T words, D features: scores and weights `[T, T]`, queries, keys, values and contexts `[T, D]`.

use jumok_attention::{Mask, scaled_dot_product};
use jumok_nn::{Ctx, show};
use jumok_tensor::{IntTensor, Tensor};
use jumok_training::Text;
use jumok_viz::{Align, HeatMap, Table};

use super::{WORDS, vectors};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S19.
pub static LESSON: Lesson = Lesson {
    id: "s19",
    slides: &["S19"],
    title: Text { en: "Hiding the future", ko: "미래 가리기" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The triangle.
        TRIANGLE =
            "A word may look at itself and at those before it. The scores of all others become −∞ before the softmax, so their weights are exactly 0 and each row still sums to 1:"
            | "단어는 자기와 앞의 단어만 볼 수 있습니다. 나머지의 점수는 소프트맥스 전에 −∞가 되므로, 그 가중치는 정확히 0이고 행의 합은 그대로 1입니다.";
        /// One pass.
        PARALLEL =
            "Training does not unmask word by word, as the slide draws it: one triangle hides from every place its own future, and all places are computed at once. Only writing goes step by step. Both give the same:"
            | "학습에서는 슬라이드처럼 앞에서부터 하나씩 풀지 않습니다. 삼각형 하나가 자리마다 그 미래를 가리고, 모든 자리를 한 번에 계산합니다. 차례로 가는 것은 글을 쓸 때뿐입니다. 결과는 같습니다.";
        /// A column.
        COLUMN_WAY = "computed" | "계산한 방법";
        /// A column.
        COLUMN_PASSES = "passes" | "횟수";
        /// A column.
        COLUMN_DIFFERENCE = "largest difference" | "가장 큰 차이";
        /// A row.
        ONE_PASS = "all places under one triangle" | "삼각형 하나로 모든 자리를 함께";
        /// A row.
        STEPS = "place by place, over the words so far" | "자리마다, 거기까지의 단어로";
        /// The influence.
        INFLUENCE =
            "How much each context depends on each word: the length of the gradient of context t with respect to word s. Above the diagonal it is not small but 0:"
            | "컨텍스트가 단어마다 얼마나 달려 있는지: 단어 s에 대한 컨텍스트 t의 기울기의 길이입니다. 대각선 위는 작은 값이 아니라 정확히 0입니다.";
        /// Its title.
        INFLUENCE_TITLE = "|∂ context t / ∂ word s|" | "|∂ 컨텍스트 t / ∂ 단어 s|";
        /// An axis.
        AXIS_CONTEXT = "context t" | "컨텍스트 t";
        /// An axis.
        AXIS_WORD = "word s" | "단어 s";
        /// Order.
        ORDER =
            "The slide says that the mask teaches the order. It hides, it does not number: shuffle the earlier words, and the last one's context changes by {same}. With one masked layer on top of another it changes by {leak}, because the first mixed into each word what came before it. That is a trace of the order; the order itself comes from positions."
            | "슬라이드는 마스크가 순서를 가르친다고 합니다. 마스크는 가릴 뿐 번호를 매기지 않습니다. 앞의 단어들을 섞어도 마지막 단어의 컨텍스트는 {same}만큼만 달라집니다. 가린 층 위에 가린 층을 하나 더 놓으면 {leak}만큼 달라지는데, 첫 층이 단어마다 그 앞에 온 것을 섞어 넣었기 때문입니다. 순서의 흔적일 뿐이고, 순서 자체는 위치 정보에서 옵니다.";
        /// Not the only one.
        ONLY =
            "Nor is it the only thing that a decoder alone has: attention to the encoder (S20) is one more, and padding is masked everywhere."
            | "디코더에만 있는 것이 이것 하나도 아닙니다. 인코더를 보는 어텐션(S20)도 디코더에만 있고, 패딩을 가리는 마스크는 어디에나 있습니다.";
    }
}

const FEATURES: usize = 4;

/// Causal self-attention of words `[T, D]` without projections: `[T, D]`.
fn attention(words: &Tensor, mask: &Mask) -> Tensor {
    let heads = words.unsqueeze(0).unsqueeze(0); //                           [1, 1, T, D]
    scaled_dot_product(&heads, &heads, &heads, mask, &mut Ctx::eval()).context.squeeze(0).squeeze(0)
}

/// How far the last row moves when those before it are shuffled.
fn moved_by_shuffling(words: &Tensor, through: impl Fn(&Tensor) -> Tensor) -> f64 {
    let count = words.shape()[0];
    // The first goes behind the others, so that something moves however few there are.
    let order: Vec<i64> = (1..count as i64 - 1).chain([0, count as i64 - 1]).collect();
    let shuffled = words.index_select(0, &IntTensor::from_vec(order, &[count]));
    largest_difference(&through(words).narrow(0, count - 1, 1), &through(&shuffled).narrow(0, count - 1, 1))
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    a.to_vec().into_iter().zip(b.to_vec()).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max)
}

/// |∂ context t / ∂ word s|, `[T, T]`, row by row.
fn influence(words: &Tensor) -> Vec<f64> {
    let count = words.shape()[0];
    let contexts = attention(words, &Mask::causal());
    let row = |t: usize| {
        let gradient = contexts.narrow(0, t, 1).sum_all().backward().get(words).expect("a leaf").to_vec();
        gradient.chunks(FEATURES).map(|g| g.iter().map(|&g| f64::from(g * g)).sum::<f64>().sqrt()).collect::<Vec<_>>()
    };
    (0..count).flat_map(row).collect()
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let (count, language) = (words.len(), l.language());
    let x = vectors(count, FEATURES, l.rng()); //                             [T, D]
    l.label("query", &words);
    l.label("key", &words);

    l.say(&texts::TRIANGLE, &[]);
    l.formula("aₜₛ = softmaxₛ(xₜ·xₛ/√D)  for s ≤ t,   0 for s > t      cₜ = Σₛ aₜₛ·xₛ");
    show!(l.model(), "words", ["key", "feature"], &x);
    let heads = x.unsqueeze(0).unsqueeze(0); //                               [1, 1, T, D]
    let attended = scaled_dot_product(&heads, &heads, &heads, &Mask::causal(), l.model());
    l.matrices();

    l.say(&texts::PARALLEL, &[]);
    let at_once = attended.context.squeeze(0).squeeze(0); //                  [T, D]
    let step = |end: usize| attention(&x.narrow(0, 0, end), &Mask::none()).narrow(0, end - 1, 1);
    let steps: Vec<Tensor> = (1..=count).map(step).collect();
    let one_by_one = Tensor::concat(&steps.iter().collect::<Vec<_>>(), 0); // [T, D]
    let columns = [texts::COLUMN_WAY, texts::COLUMN_PASSES, texts::COLUMN_DIFFERENCE].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right, Align::Right]);
    table.row([texts::ONE_PASS.get(language), "1", ""]);
    let difference = largest_difference(&at_once, &one_by_one);
    table.row([texts::STEPS.get(language), &count.to_string(), &format!("{difference:.0e}")]);
    l.table(table);

    l.say(&texts::INFLUENCE, &[]);
    let map = HeatMap::new(&influence(&x), [count, count])
        .title(texts::INFLUENCE_TITLE.get(language))
        .row_labels(&words)
        .col_labels(&words)
        .axes(texts::AXIS_CONTEXT.get(language), texts::AXIS_WORD.get(language))
        .show_values(2);
    l.heat_map(map);
    l.picture();

    let once = |x: &Tensor| attention(x, &Mask::causal());
    let [same, leak] = [moved_by_shuffling(&x, once), moved_by_shuffling(&x, |x| once(&once(x)))];
    l.say(&texts::ORDER, &[("same", &format!("{same:.0e}")), ("leak", &format!("{leak:.2}"))]);
    l.say(&texts::ONLY, &[]);
    l.loss_of(&attended.context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::Array;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn what_the_texts_say_holds_for_other_words_too() {
        for seed in 0..5 {
            let x = vectors(6, FEATURES, &mut ChaCha8Rng::seed_from_u64(seed));
            for (n, size) in influence(&x).into_iter().enumerate() {
                assert_eq!(size == 0.0, n % 6 > n / 6, "seed {seed}, place {n}: {size}");
            }
            let once = |x: &Tensor| attention(x, &Mask::causal());
            assert!(moved_by_shuffling(&x, once) < 1e-6);
            assert!(moved_by_shuffling(&x, |x| once(&once(x))) > 1e-3, "seed {seed}");
            let x = Tensor::from_array(Array::from_vec(x.to_vec(), &[6, FEATURES]));
            let at_once = once(&x);
            for end in 1..=6 {
                let step = attention(&x.narrow(0, 0, end), &Mask::none()).narrow(0, end - 1, 1);
                assert!(largest_difference(&at_once.narrow(0, end - 1, 1), &step) <= 1e-5);
            }
        }
    }
}
