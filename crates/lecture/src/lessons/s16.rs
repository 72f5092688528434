//! S16: softmax(QKᵀ/√d_k)·V, step by step, and what the √d_k is for.
//!
//! T words, d_k features: queries, keys and values `[T, d_k]`, scores and weights `[T, T]`.

use jumok_attention::Mask;
use jumok_attention::probe::{Scaling, Sharpness};
use jumok_attention::score::Scores;
use jumok_nn::show;
use jumok_training::Text;
use jumok_viz::{Align, Curve, Table};

use super::{WORDS, vectors, written_out};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S16.
pub static LESSON: Lesson = Lesson {
    id: "s16",
    slides: &["S16"],
    title: Text { en: "The formula, and why √d", ko: "수식, 그리고 √d의 이유" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The formula is read from the inside out.
        READING =
            "The whole formula, from the inside out. {count} words have a query, a key and a value each, of d_k = {width} numbers:"
            | "수식 전체를 안에서 바깥으로 계산합니다. 단어 {count}개에 질의, 키, 값이 하나씩 있고, 각각 d_k = {width}개의 수입니다.";
        /// The products.
        PRODUCTS =
            "Every query with every key. \"{first}\" with \"{second}\", by hand: {sum} = {result}"
            | "모든 질의와 모든 키를 곱합니다. \"{first}\"와(과) \"{second}\"를 손으로 계산하면: {sum} = {result}";
        /// The scores.
        SCORES = "Divided by √d_k = √{width} = {root}:" | "√d_k = √{width} = {root}(으)로 나눕니다.";
        /// The weights.
        WEIGHTS = "Softmax over each row, so that a row is a distribution over the keys:" | "행마다 소프트맥스를 취합니다. 한 행이 키에 대한 분포가 됩니다.";
        /// The result.
        RESULT = "And the mean of the values under it:" | "그 분포로 값의 평균을 냅니다.";
        /// Why the root.
        WHY =
            "Why √d_k? If the numbers of q and k are independent with mean 0 and variance 1, q·k is a sum of d_k products of variance 1, so its variance is d_k. Measured with {queries} random queries and {keys} random keys:"
            | "왜 √d_k일까요? q와 k의 수가 서로 독립이고 평균 0, 분산 1이면 q·k는 분산이 1인 곱 d_k개의 합이므로 분산이 d_k입니다. 무작위 질의 {queries}개와 키 {keys}개로 재어 봅니다.";
        /// A column.
        COLUMN_WIDTH = "width d_k" | "폭 d_k";
        /// A column.
        COLUMN_VARIANCE = "variance of q·k" | "q·k의 분산";
        /// A column.
        COLUMN_ENTROPY = "entropy with √d_k" | "엔트로피, √d_k 있음";
        /// A column.
        COLUMN_ENTROPY_WITHOUT = "without" | "없음";
        /// A column.
        COLUMN_LARGEST = "largest weight with" | "가장 큰 가중치, 있음";
        /// The same for the gradient.
        GRADIENT =
            "And on the way back? The derivative of a softmax is diag(w) − w·wᵀ. Where one weight is nearly 1 and the others nearly 0, all of it is nearly 0. The norm of ∂L/∂q, where L is the sum of all contexts:"
            | "되돌아가는 길에서는 어떨까요? 소프트맥스의 미분은 diag(w) − w·wᵀ입니다. 한 가중치가 거의 1이고 나머지가 거의 0이면 전체가 거의 0입니다. L을 모든 컨텍스트의 합으로 두고 ∂L/∂q의 크기를 잽니다.";
        /// A column.
        COLUMN_MEDIAN = "median query with √d_k" | "가운데 질의, √d_k 있음";
        /// A column.
        COLUMN_MEAN = "mean with √d_k" | "평균, √d_k 있음";
        /// The picture.
        PICTURE = "The gradient that reaches the median query" | "가운데 질의에 닿는 기울기";
        /// The axis.
        AXIS_WIDTH = "log₂ of the width d_k" | "폭 d_k의 log₂";
        /// The axis.
        AXIS_GRADIENT = "norm of the gradient" | "기울기의 크기";
        /// A curve.
        WITH = "with √d_k" | "√d_k 있음";
        /// A curve.
        WITHOUT = "without" | "없음";
        /// What was seen.
        SEEN =
            "With the root hardly anything depends on the width. Without it, at d_k = {width} the weights are decided before anything is learned (entropy {entropy} of at most {most}): the median query gets {share} of the gradient it got at its best width, while a few queries that happen to stand between two keys get a large one, so that the mean even grows. Most learn nothing and some are thrown about; that is what the division prevents."
            | "루트로 나누면 폭에 거의 달려 있지 않습니다. 나누지 않으면 d_k = {width}에서 아무것도 배우기 전에 가중치가 이미 정해집니다(엔트로피 {entropy}, 최대 {most}). 가운데 질의는 가장 좋은 폭에서 받던 기울기의 {share}만 받습니다. 반면 우연히 두 키 사이에 선 소수의 질의는 큰 기울기를 받아서 평균은 오히려 커집니다. 대부분은 배우지 못하고 일부는 크게 흔들립니다. 나눗셈은 이것을 막습니다.";
        /// What the slide says.
        SLIDE =
            "The slide gives the name, scaled dot-product attention, and not the reason. The scale is also the only difference to the dot-product attention of the first part; the sum over the values is the same (erratum in S14)."
            | "슬라이드는 스케일드 닷-프로덕트 어텐션이라는 이름만 말하고 이유는 말하지 않습니다. 강의 앞부분의 내적 어텐션과 다른 점도 이 스케일뿐입니다. 값을 더하는 방식은 같습니다(S14에서 고친 내용).";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const WIDTH: usize = 4;
    const QUERIES: usize = 256;
    const KEYS: usize = 32;
    let words = l.words(&WORDS)?;
    let (count, language) = (words.len(), l.language());
    let [q, k, v] = [(); 3].map(|()| vectors(count, WIDTH, l.rng())); //      [T, d_k] each
    l.label("query", &words);
    l.label("key", &words);

    l.say(&texts::READING, &[("count", &count), ("width", &WIDTH)]);
    l.formula("Attention(Q, K, V) = softmax(Q·Kᵀ / √d_k)·V");
    show!(l.model(), "Q", ["query", "feature"], &q);
    show!(l.model(), "K", ["key", "feature"], &k);
    show!(l.model(), "V", ["key", "feature"], &v);
    l.matrices();
    // ANCHOR: formula
    let products = q.matmul(&k.transpose(-2, -1)); //                         [T, T]
    let scores = &products * (1.0 / (WIDTH as f64).sqrt()); //                [T, T]
    let weights = Scores::new(scores.clone()).distribution(&Mask::none()); // [T, T], rows sum to 1
    let context = weights.tensor().matmul(&v); //                             [T, d_k]
    // ANCHOR_END: formula
    let row = |x: &jumok_tensor::Tensor, n: usize| x.to_vec()[n * WIDTH..(n + 1) * WIDTH].to_vec();
    let result = format!("{:.2}", products.to_vec()[1]);
    let sum = written_out(&row(&q, 0), 1, &row(&k, 1));
    l.say(&texts::PRODUCTS, &[("first", &words[0]), ("second", &words[1]), ("sum", &sum), ("result", &result)]);
    l.formula("Q·Kᵀ");
    show!(l.model(), "products", ["query", "key"], &products);
    l.matrices();
    l.say(&texts::SCORES, &[("width", &WIDTH), ("root", &format!("{:.2}", (WIDTH as f64).sqrt()))]);
    l.formula("Q·Kᵀ / √d_k");
    show!(l.model(), "scores", ["query", "key"], &scores);
    l.matrices();
    l.say(&texts::WEIGHTS, &[]);
    l.formula("softmax(Q·Kᵀ / √d_k)");
    show!(l.model(), "weights", ["query", "key"], weights.tensor());
    l.matrices();
    l.say(&texts::RESULT, &[]);
    l.formula("softmax(Q·Kᵀ / √d_k)·V");
    show!(l.model(), "context", ["query", "feature"], &context);
    l.matrices();

    l.say(&texts::WHY, &[("queries", &QUERIES), ("keys", &KEYS)]);
    l.formula("Var(q·k) = Σₙ Var(qₙ·kₙ) = d_k");
    let measured: Vec<Scaling> = (0..10).map(|n| Scaling::measure(1 << n, QUERIES, KEYS, l.rng())).collect();
    let columns = [
        texts::COLUMN_WIDTH,
        texts::COLUMN_VARIANCE,
        texts::COLUMN_ENTROPY,
        texts::COLUMN_ENTROPY_WITHOUT,
        texts::COLUMN_LARGEST,
        texts::COLUMN_ENTROPY_WITHOUT,
    ];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 6]);
    for m in &measured {
        let numbers =
            [m.variance, m.scaled.entropy, m.unscaled.entropy, m.scaled.largest_weight, m.unscaled.largest_weight];
        table.row(std::iter::once(m.d_k.to_string()).chain(numbers.map(|x| format!("{x:.2}"))));
    }
    l.table(table);

    l.say(&texts::GRADIENT, &[]);
    l.formula("∂wᵢ/∂sⱼ = wᵢ·(δᵢⱼ − wⱼ)");
    let columns = [
        texts::COLUMN_WIDTH,
        texts::COLUMN_MEDIAN,
        texts::COLUMN_ENTROPY_WITHOUT,
        texts::COLUMN_MEAN,
        texts::COLUMN_ENTROPY_WITHOUT,
    ];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 5]);
    for m in &measured {
        let gradients = [&m.scaled, &m.unscaled].map(|s| s.median_gradient).into_iter();
        let gradients = gradients.chain([&m.scaled, &m.unscaled].map(|s| s.mean_gradient));
        table.row(std::iter::once(m.d_k.to_string()).chain(gradients.map(|x| format!("{x:.3}"))));
    }
    l.table(table);
    let [title, x, y] = [texts::PICTURE, texts::AXIS_WIDTH, texts::AXIS_GRADIENT].map(|text| text.get(language));
    let points = |sharpness: fn(&Scaling) -> &Sharpness| -> Vec<(f64, f64)> {
        measured.iter().map(|m| ((m.d_k as f64).log2(), sharpness(m).median_gradient)).collect()
    };
    let curve = Curve::new(title).axes(x, y).include(0.0);
    let curve = curve.dotted_series(texts::WITH.get(language), points(|m| &m.scaled));
    l.curve(curve.dotted_series(texts::WITHOUT.get(language), points(|m| &m.unscaled)));
    l.picture();

    let wide = measured.last().expect("some widths");
    let best = measured.iter().map(|m| m.unscaled.median_gradient).fold(0.0, f64::max);
    let share = format!("{:.1} %", 100.0 * wide.unscaled.median_gradient / best);
    let [entropy, most] = [wide.unscaled.entropy, (KEYS as f64).ln()].map(|x| format!("{x:.2}"));
    l.say(&texts::SEEN, &[("width", &wide.d_k), ("entropy", &entropy), ("most", &most), ("share", &share)]);
    l.say(&texts::SLIDE, &[]);
    l.loss_of(&context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions, Matrix};

    /// The matrices of the lesson are those of the function that the models call.
    #[test]
    fn step_by_step_is_scaled_dot_product_attention() {
        for seed in 0..3 {
            let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
            let find = |name: &str| -> Matrix {
                let of_name = |block: &Block| match block {
                    Block::Matrix(matrix) if matrix.name == name => Some(matrix.clone()),
                    _ => None,
                };
                run.blocks.iter().find_map(of_name).unwrap()
            };
            let tensor = |name: &str| {
                let matrix = find(name);
                let values = matrix.values.iter().map(|&x| x as jumok_tensor::Elem).collect();
                jumok_tensor::Tensor::from_vec(values, &[1, 1, matrix.shape[0], matrix.shape[1]])
            };
            let [q, k, v] = ["Q", "K", "V"].map(tensor);
            let own = jumok_attention::scaled_dot_product(&q, &k, &v, &Mask::none(), &mut jumok_nn::Ctx::eval());
            for (name, expected) in [("weights", own.weights), ("context", own.context)] {
                for (a, b) in find(name).values.iter().zip(expected.to_vec()) {
                    assert!((a - f64::from(b)).abs() < 1e-6, "{name}: {a} {b}");
                }
            }
            assert!(find("Q").gradient.is_some() && find("products").gradient.is_some());
        }
    }
}
