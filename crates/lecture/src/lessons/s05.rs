//! S05: key, value, query. A dictionary answers with one value or not at all; attention answers with a mixture.
//!
//! S temperatures, T entries, d features: query `[1, S, d]`, keys `[1, T, d]`, values `[1, T, 1]`.

use std::collections::HashMap;

use jumok_attention::score::{Dot, Score};
use jumok_attention::{Mask, SoftDictionary, Values, plain_attention};
use jumok_nn::show;
use jumok_tensor::{Array, Elem, Tensor};
use jumok_training::Text;
use jumok_viz::{Align, BarChart, Table};
use rand::RngExt;

use super::{WORDS, vectors};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S05.
pub static LESSON: Lesson = Lesson {
    id: "s05",
    slides: &["S05"],
    title: Text { en: "Key, value, query", ko: "키, 값, 질의" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The dictionary.
        DICTIONARY =
            "A dictionary stores pairs: a key to look up, a value to get. Ours knows {count} words, with the values {values}. Asked for \"{word}\" it answers {answer}; asked for \"{word}!\" it answers nothing at all. It is exact, hard, and gives one hit or none."
            | "딕셔너리는 짝을 저장합니다. 찾을 때 쓰는 키와 꺼내는 값입니다. 여기에는 단어 {count}개가 값 {values}와(과) 함께 들어 있습니다. \"{word}\"을(를) 물으면 {answer}(이)라고 답하고, \"{word}!\"을(를) 물으면 아무 답도 없습니다. 정확히 일치해야 하고, 하나가 나오거나 없거나입니다.";
        /// Keys as vectors.
        SOFTLY =
            "Attention keeps the words and softens the question. Keys are vectors now (of length 1), the query is one too, and instead of \"equal or not\" we ask how similar they are. The query here is the key of \"{word}\"."
            | "어텐션은 같은 말을 쓰되 질문을 부드럽게 바꿉니다. 이제 키는 벡터이고(길이 1), 질의도 벡터이며, \"같은가 다른가\" 대신 얼마나 비슷한가를 묻습니다. 여기서 질의는 \"{word}\"의 키입니다.";
        /// The temperature.
        TEMPERATURE =
            "A temperature T says how strict we are. The same query at five temperatures, one a row:"
            | "온도 T는 얼마나 엄격한지를 정합니다. 같은 질의를 다섯 온도로, 한 행에 하나씩 놓았습니다.";
        /// The table.
        ANSWERS = "The answer is the mean of the values under these weights:" | "답은 이 가중치로 구한 값들의 평균입니다.";
        /// A column.
        COLUMN_TEMPERATURE = "T" | "온도 T";
        /// A column.
        COLUMN_ANSWER = "answer" | "답";
        /// A column.
        COLUMN_DICTIONARY = "off the dictionary's" | "딕셔너리 값과의 차이";
        /// A column.
        COLUMN_MEAN = "off the mean" | "평균과의 차이";
        /// The dictionary of the attention crate.
        EXACT =
            "The keys as vectors make a dictionary as well (`SoftDictionary`). What an exact lookup finds with the query: {found}. With the query moved by a hair: {missed}. What a soft lookup finds with the moved query, at T = 0.01: {soft}."
            | "벡터로 된 키로도 딕셔너리를 만들 수 있습니다(`SoftDictionary`). 질의로 정확히 조회한 결과: {found}. 질의를 아주 조금 움직여 정확히 조회한 결과: {missed}. 움직인 질의로 부드럽게 조회한 결과(T = 0.01): {soft}.";
        /// Nothing was found.
        NOTHING = "nothing" | "없음";
        /// The limits.
        LIMITS =
            "Towards T = 0 the soft lookup becomes the dictionary ({hard}), towards T = ∞ it becomes the mean of all values ({mean}). A dictionary is the coldest attention."
            | "T가 0으로 가면 부드러운 조회는 딕셔너리({hard})가 되고, 무한대로 가면 모든 값의 평균({mean})이 됩니다. 딕셔너리는 가장 차가운 어텐션입니다.";
    }
}

/// From hot to cold.
const TEMPERATURES: [Elem; 5] = [100.0, 1.0, 0.1, 0.01, 0.001];

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const FEATURES: usize = 8;
    let words = l.words(&WORDS)?;
    let count = words.len();
    let focus = l.rng().random_range(0..count);
    let word = &words[focus];
    let numbers: Vec<Elem> = (1..=count).map(|n| 10.0 * n as Elem).collect();

    // ANCHOR: lookup
    let dictionary: HashMap<&str, Elem> = words.iter().map(String::as_str).zip(numbers.iter().copied()).collect();
    let hard = dictionary[word.as_str()];
    // ANCHOR_END: lookup
    let listed = numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    l.say(&texts::DICTIONARY, &[("count", &count), ("values", &listed), ("word", word), ("answer", &hard)]);

    let keys = unit(&vectors(count, FEATURES, l.rng())); //                  [T, d]
    let temperatures = TEMPERATURES.map(|t| format!("T = {t}"));
    l.label("key", &words);
    l.label("query", &temperatures);
    l.say(&texts::SOFTLY, &[("word", word)]);
    show!(l.model(), "keys", ["key", "feature"], &keys);
    l.matrices();

    l.say(&texts::TEMPERATURE, &[]);
    l.formula("α = softmax(q·kᵢ / T),   c = Σᵢ αᵢ·vᵢ");
    let cold: Vec<Elem> = TEMPERATURES.iter().map(|t| 1.0 / t).collect();
    let asked = keys.narrow(0, focus, 1); //                                          [1, d]
    let query = &asked * &Tensor::from_vec(cold, &[TEMPERATURES.len(), 1]); //        [S, d]
    let values = Tensor::parameter(Array::from_vec(numbers.clone(), &[count, 1])); // [T, 1]
    let (prepared, v) = (Dot.prepare(&keys.unsqueeze(0)), Values::new(values.unsqueeze(0))); // a batch of one
    let attention = plain_attention(&Dot, &query.unsqueeze(0), &prepared, &v, &Mask::none(), l.model());
    l.matrices();

    l.say(&texts::ANSWERS, &[]);
    let softly = SoftDictionary::new(keys, values);
    let mean = numbers.iter().sum::<Elem>() / count as Elem;
    let columns = [texts::COLUMN_TEMPERATURE, texts::COLUMN_ANSWER, texts::COLUMN_DICTIONARY, texts::COLUMN_MEAN];
    let mut table = Table::new(columns.map(|text| text.get(l.language()))).align([Align::Right; 4]);
    for (t, answer) in TEMPERATURES.iter().zip(attention.context.tensor().to_vec()) {
        let off = |from: Elem| format!("{:.4}", (answer - from).abs());
        table.row([t.to_string(), format!("{answer:.4}"), off(hard), off(mean)]);
    }
    l.table(table);
    l.bars(weights_as_bars(&words, &attention.weights.tensor().to_vec(), &temperatures));
    l.picture();
    let moved = &asked + 1e-3; //                                             [1, d]
    let nothing = texts::NOTHING.get(l.language()).to_owned();
    let exact = |query: &Tensor| softly.exact(&query.to_vec()).map_or(nothing.clone(), |value| value[0].to_string());
    let soft = format!("{:.2}", softly.soft(&moved, 0.01).tensor().item());
    l.say(&texts::EXACT, &[("found", &exact(&asked)), ("missed", &exact(&moved)), ("soft", &soft)]);
    l.say(&texts::LIMITS, &[("hard", &hard), ("mean", &mean)]);
    l.loss_of(attention.context.tensor());
    Ok(())
}

/// Every row divided by its length: `[T, d]`.
fn unit(x: &Tensor) -> Tensor {
    let length = x.pow_scalar(2.0).sum(&[-1], true).sqrt(); //               [T, 1]
    x / &length
}

/// How hard the lookup is, at the three highest temperatures: below, the bars would all look alike.
fn weights_as_bars(words: &[String], weights: &[Elem], temperatures: &[String]) -> BarChart {
    let rows = weights.chunks_exact(words.len()).zip(temperatures);
    let chart = BarChart::new(words).axes("", "α").range(0.0, 1.0);
    rows.take(3).fold(chart, |chart, (row, temperature)| chart.series(temperature, row))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};

    /// The claim of the slide's correction (E4): cold attention is the dictionary, hot attention the mean.
    #[test]
    fn cold_attention_is_the_dictionary_and_hot_attention_the_mean() {
        for seed in 0..5 {
            let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
            let context = run.blocks.iter().find_map(|block| match block {
                Block::Matrix(matrix) if matrix.name == "context" => Some(matrix.values.clone()),
                _ => None,
            });
            let answers = context.unwrap();
            assert!((answers[4] % 10.0).abs() < 1e-5, "seed {seed}: {answers:?} is no value of the dictionary");
            assert!((answers[0] - 30.0).abs() < 0.3, "seed {seed}: {answers:?}, but the mean is 30");
            let distance = |n: usize| (answers[n] - answers[4]).abs();
            assert!(distance(3) <= distance(2) && distance(2) <= distance(1), "seed {seed}: {answers:?}");
        }
    }
}
