//! S09: the attention value. Weights times values, added up: one number three ways, and who is what.
//!
//! T keys, d features: scores and weights `[1, T]`, values `[T, d]`, context `[1, d]`.

use jumok_attention::value::{Values, context, context_by_broadcast, context_by_loop};
use jumok_attention::{Mask, Scores};
use jumok_nn::show;
use jumok_tensor::Elem;
use jumok_training::Text;
use jumok_viz::{Align, Table};

use super::{WORDS, vectors, written_out};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S09.
pub static LESSON: Lesson = Lesson {
    id: "s09",
    slides: &["S09"],
    title: Text { en: "Attention value: the context", ko: "어텐션 값: 컨텍스트" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The sum.
        SUM =
            "The encoder's states hᵢ are the values, the weights αᵢ come from the softmax. The context is their weighted sum:"
            | "인코더의 상태 hᵢ가 값이고, 가중치 αᵢ는 소프트맥스에서 나옵니다. 컨텍스트는 이들의 가중합입니다.";
        /// By hand.
        BY_HAND = "Its first number by hand: {sum} ≈ {result}" | "첫째 수를 손으로 계산하면: {sum} ≈ {result}";
        /// Three ways.
        THREE_WAYS =
            "The same numbers three ways: a loop over the words, one matrix product, and a product of every weight with its row, summed down:"
            | "같은 수를 세 가지로 계산합니다. 단어를 도는 반복문, 행렬곱 한 번, 그리고 가중치마다 자기 행에 곱해 아래로 더하기입니다.";
        /// A column.
        COLUMN_FEATURE = "feature" | "특징";
        /// A column.
        COLUMN_LOOP = "loop" | "반복문";
        /// A column.
        COLUMN_PRODUCT = "matrix product" | "행렬곱";
        /// A column.
        COLUMN_BROADCAST = "broadcast sum" | "브로드캐스트 합";
        /// Who is what.
        ROLES =
            "Weights and values cannot be confused once their shapes are written down; in the source they are two types, and to swap them does not compile. The slide calls the weight the value; a weight is one number for each word, a value is a vector for each word:"
            | "모양을 적어 보면 가중치와 값을 헷갈릴 수 없습니다. 소스에서는 서로 다른 타입이라 바꿔 쓰면 컴파일되지 않습니다. 슬라이드는 가중치를 값(Value)이라고 부르지만, 가중치는 단어마다 수 하나이고 값은 단어마다 벡터 하나입니다.";
        /// A column.
        COLUMN_NAME = "what" | "이름";
        /// A column.
        COLUMN_SHAPE = "shape" | "모양";
        /// A row.
        WEIGHTS = "weights α" | "가중치 α";
        /// A row.
        VALUES = "values h" | "값 h";
        /// A row.
        CONTEXT = "context c" | "컨텍스트 c";
        /// The way back.
        GRADIENT =
            "On the way back (--step shows it) a weight gets the inner product of the context's gradient with its value, and a value gets that gradient times its weight: words that were looked at more are taught more."
            | "거꾸로 갈 때(--step으로 볼 수 있습니다) 가중치는 컨텍스트의 기울기와 자기 값의 내적을 받고, 값은 그 기울기에 자기 가중치를 곱한 것을 받습니다. 더 많이 본 단어가 더 많이 배웁니다.";
        /// The context does not replace the state.
        TOGETHER =
            "The slide lets the context act as the decoder's state. It joins that state, by concatenation or addition, and does not replace it."
            | "슬라이드에서는 컨텍스트가 디코더의 상태 역할을 합니다. 실제로는 상태를 대신하지 않고, 이어 붙이거나 더해서 상태와 함께 씁니다.";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const FEATURES: usize = 3;
    let words = l.words(&WORDS)?;
    let count = words.len();
    let values = vectors(count, FEATURES, l.rng()); //                        [T, d]
    let scores = vectors(1, count, l.rng()) * 2.0; //                         [1, T]
    l.label("key", &words);

    l.say(&texts::SUM, &[]);
    l.formula("c = Σᵢ αᵢ·hᵢ");
    let weights = Scores::new(scores).distribution(&Mask::none()); //         [1, T]
    let v = Values::new(values.clone()); //                                   [T, d]
    show!(l.model(), "values", ["key", "feature"], &values);
    show!(l.model(), "weights", ["query", "key"], weights.tensor());
    l.matrices();
    l.picture();
    let by_product = context(&weights, &v); //                                [1, d]
    show!(l.model(), "context", ["query", "feature"], by_product.tensor());
    l.matrices();
    let first: Vec<Elem> = values.to_vec().into_iter().step_by(FEATURES).collect();
    let result = format!("{:.3}", by_product.tensor().to_vec()[0]);
    l.say(&texts::BY_HAND, &[("sum", &written_out(&weights.tensor().to_vec(), 3, &first)), ("result", &result)]);

    l.say(&texts::THREE_WAYS, &[]);
    let columns = [texts::COLUMN_FEATURE, texts::COLUMN_LOOP, texts::COLUMN_PRODUCT, texts::COLUMN_BROADCAST];
    let mut table = Table::new(columns.map(|text| text.get(l.language()))).align([Align::Right; 4]);
    let ways = [&context_by_loop(&weights, &v), &by_product, &context_by_broadcast(&weights, &v)];
    let ways = ways.map(|context| context.tensor().to_vec());
    for feature in 0..FEATURES {
        let numbers = ways.iter().map(|way| format!("{:.4}", way[feature]));
        table.row(std::iter::once(feature.to_string()).chain(numbers));
    }
    l.table(table);

    l.say(&texts::ROLES, &[]);
    let columns = [texts::COLUMN_NAME, texts::COLUMN_SHAPE].map(|text| text.get(l.language()));
    let mut table = Table::new(columns);
    for (name, tensor) in
        [(texts::WEIGHTS, weights.tensor()), (texts::VALUES, &values), (texts::CONTEXT, by_product.tensor())]
    {
        table.row([name.get(l.language()).to_owned(), format!("{:?}", tensor.shape())]);
    }
    l.table(table);
    l.formula("∂L/∂αᵢ = (∂L/∂c)·hᵢ      ∂L/∂hᵢ = αᵢ·(∂L/∂c)");
    l.say(&texts::GRADIENT, &[]);
    l.say(&texts::TOGETHER, &[]);
    l.loss_of(by_product.tensor());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions, Matrix};

    /// What the lesson says of the way back: ∂L/∂αᵢ = (∂L/∂c)·hᵢ and ∂L/∂hᵢ = αᵢ·(∂L/∂c).
    #[test]
    fn the_gradients_are_what_the_text_says() {
        let run = LESSON.run(&LessonOptions::default()).unwrap();
        let find = |name: &str| -> Matrix {
            let of_name = |block: &Block| match block {
                Block::Matrix(matrix) if matrix.name == name => Some(matrix.clone()),
                _ => None,
            };
            run.blocks.iter().find_map(of_name).unwrap()
        };
        let (values, weights, context) = (find("values"), find("weights"), find("context"));
        let upstream = context.gradient.unwrap();
        for word in 0..5 {
            let value = &values.values[word * 3..word * 3 + 3];
            let expected: f64 = upstream.iter().zip(value).map(|(g, h)| g * h).sum();
            assert!((weights.gradient.as_ref().unwrap()[word] - expected).abs() < 1e-6);
            for feature in 0..3 {
                let expected = weights.values[word] * upstream[feature];
                assert!((values.gradient.as_ref().unwrap()[word * 3 + feature] - expected).abs() < 1e-6);
            }
        }
    }
}
