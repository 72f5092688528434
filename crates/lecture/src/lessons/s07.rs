//! S07: the score. How similar is the query to each key? The inner product also asks how long they are, the cosine does not.
//!
//! T keys, d features: query `[1, d]`, keys `[T, d]`, scores `[1, T]`.

use jumok_attention::score::{Additive, Cosine, Dot, General, ScaledDot, Score};
use jumok_nn::{Ctx, show};
use jumok_tensor::{Elem, Tensor};
use jumok_training::Text;
use jumok_viz::{Align, BarChart, Table};
use rand::RngExt;

use super::{WORDS, vectors, written_out};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S07.
pub static LESSON: Lesson = Lesson {
    id: "s07",
    slides: &["S07"],
    title: Text { en: "Attention score", ko: "어텐션 점수" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The question.
        QUESTION =
            "One query, {count} keys. The score of a key says how well it fits the query. The lecture takes the inner product and mentions the cosine; let us compute both, and the inner product divided by √d that the Transformer uses."
            | "질의 하나와 키 {count}개가 있습니다. 키의 점수는 그 키가 질의에 얼마나 잘 맞는지를 나타냅니다. 강의는 내적을 쓰고 코사인을 언급합니다. 둘 다 계산하고, 트랜스포머가 쓰는 √d로 나눈 내적도 함께 봅니다.";
        /// Two more.
        LEARNED =
            "Two more have weights that are learned (random here): the general score puts a matrix between query and key, the additive one asks a small network. All five are one trait in the source, `Score`, and can be exchanged for one another."
            | "나머지 둘은 학습하는 가중치를 갖습니다(여기서는 무작위). 일반형 점수는 질의와 키 사이에 행렬을 두고, 가산형 점수는 작은 신경망에 묻습니다. 소스에서는 다섯 모두가 트레이트 `Score` 하나이고 서로 바꿔 쓸 수 있습니다.";
        /// One score by hand.
        BY_HAND = "The score of \"{word}\", by hand: {sum} = {result}" | "\"{word}\"의 점수를 손으로 계산하면: {sum} = {result}";
        /// The comparison.
        LONGER =
            "Now the key of \"{word}\" is made ten times longer. Its direction is the same, so it means the same; but see what the scores say:"
            | "이제 \"{word}\"의 키를 열 배 길게 합니다. 방향이 같으니 뜻도 같습니다. 그런데 점수는 다음과 같이 바뀝니다.";
        /// A column.
        COLUMN_KEY = "key" | "키";
        /// A column.
        COLUMN_DOT = "dot" | "내적";
        /// A column.
        COLUMN_DOT_LONGER = "dot, longer" | "내적, 늘린 뒤";
        /// A column.
        COLUMN_COSINE = "cosine" | "코사인";
        /// A column.
        COLUMN_COSINE_LONGER = "cosine, longer" | "코사인, 늘린 뒤";
        /// What was seen.
        SCALE =
            "The inner product of that key has grown tenfold, its cosine has not moved. The inner product lets a single key speak louder, and training can use that. The √d does nothing about it: it divides the scores of all keys alike. What it makes up for is the number of features d. With features of variance 1, q·k is a sum of d terms and has the variance d; divided by √d it has the variance 1 again, however wide the vectors are."
            | "그 키의 내적은 열 배가 되었고 코사인은 그대로입니다. 내적에서는 키 하나가 더 크게 말할 수 있고, 학습은 이를 이용할 수 있습니다. √d는 여기에 아무 일도 하지 않습니다. 모든 키의 점수를 똑같이 나눌 뿐입니다. √d가 되돌리는 것은 특징의 수 d의 영향입니다. 특징의 분산이 1이면 q·k는 d개 항의 합이라 분산이 d이고, √d로 나누면 벡터가 아무리 넓어도 분산이 다시 1이 됩니다.";
        /// The title of the picture.
        PICTURE = "Three scores of the same keys" | "같은 키의 세 가지 점수";
        /// The name of the axis.
        SCORE = "score" | "점수";
        /// A series.
        SCALED = "dot / √d" | "내적 / √d";
        /// Where the slide slips.
        SLIP =
            "The slide compares with the decoder's current state. That is Luong's attention; Bahdanau's, which came first, asks with the previous state and scores with a small network instead of an inner product."
            | "슬라이드는 디코더의 현재 상태와 비교합니다. 이는 루옹(Luong)의 방식이고, 먼저 나온 바다나우(Bahdanau)의 방식은 직전 상태로 묻고 내적 대신 작은 신경망으로 점수를 매깁니다.";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const FEATURES: usize = 4;
    let words = l.words(&WORDS)?;
    let count = words.len();
    let focus = l.rng().random_range(0..count);
    let keys = vectors(count, FEATURES, l.rng()); //                          [T, d]
    let query = vectors(1, FEATURES, l.rng()); //                             [1, d]
    l.label("key", &words);

    l.say(&texts::QUESTION, &[("count", &count)]);
    l.formula("dot(q, k) = q·k      scaled(q, k) = q·k / √d      cosine(q, k) = q·k / (‖q‖·‖k‖)");
    show!(l.model(), "query", ["query", "feature"], &query);
    show!(l.model(), "keys", ["key", "feature"], &keys);
    l.matrices();
    l.say(&texts::LEARNED, &[]);
    l.formula("general(q, k) = q·W·k      additive(q, k) = v·tanh(W·q + U·k)");
    let functions: [(&str, Box<dyn Score>); 5] = [
        ("dot", Box::new(Dot)),
        ("scaled", Box::new(ScaledDot)),
        ("cosine", Box::new(Cosine::default())),
        ("general", Box::new(General::new(FEATURES, FEATURES, l.rng()))),
        ("additive", Box::new(Additive::new(FEATURES, FEATURES, FEATURES, false, l.rng()))),
    ];
    let scores = functions.each_ref().map(|(name, score)| {
        let scores = l.model().at(name, |ctx| score.forward(&query, &keys, ctx)); //  [1, T]
        scores.into_tensor()
    });
    l.matrices();
    let [dot, scaled, cosine, ..] = &scores;
    let key = &keys.to_vec()[focus * FEATURES..(focus + 1) * FEATURES];
    let result = format!("{:.2}", dot.to_vec()[focus]);
    l.say(
        &texts::BY_HAND,
        &[("word", &words[focus]), ("sum", &written_out(&query.to_vec(), 1, key)), ("result", &result)],
    );
    let [name, axis, by_root] = [texts::PICTURE, texts::SCORE, texts::SCALED].map(|text| text.get(l.language()));
    let [in_dot, in_cosine] = [texts::COLUMN_DOT, texts::COLUMN_COSINE].map(|text| text.get(l.language()));
    let chart = BarChart::new(&words).title(name).axes("", axis).decimals(2);
    let chart = chart.series(in_dot, &dot.to_vec()).series(by_root, &scaled.to_vec());
    l.bars(chart.series(in_cosine, &cosine.to_vec()));
    l.picture();

    l.say(&texts::LONGER, &[("word", &words[focus])]);
    let stretch: Vec<Elem> = (0..count).map(|n| if n == focus { 10.0 } else { 1.0 }).collect();
    let longer = &keys * &Tensor::from_vec(stretch, &[count, 1]); //                  [T, d]
    let columns = [
        texts::COLUMN_KEY,
        texts::COLUMN_DOT,
        texts::COLUMN_DOT_LONGER,
        texts::COLUMN_COSINE,
        texts::COLUMN_COSINE_LONGER,
    ];
    let mut align = [Align::Right; 5];
    align[0] = Align::Left;
    let mut table = Table::new(columns.map(|text| text.get(l.language()))).align(align);
    let again = |score: &dyn Score| score.forward(&query, &longer, &mut Ctx::eval()).into_tensor().to_vec();
    let compared = [dot.to_vec(), again(&Dot), cosine.to_vec(), again(&Cosine::default())];
    for (n, word) in words.iter().enumerate() {
        let numbers = compared.iter().map(|scores| format!("{:.2}", scores[n]));
        table.row(std::iter::once(word.clone()).chain(numbers));
    }
    l.table(table);
    l.say(&texts::SCALE, &[]);
    l.say(&texts::SLIP, &[]);
    l.loss_of(&Tensor::concat(&scores.each_ref(), 0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    #[test]
    fn the_inner_product_grows_with_a_key_and_the_cosine_does_not() {
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let (query, keys) = (vectors(1, 4, &mut rng), vectors(5, 4, &mut rng));
        let longer = &keys * 10.0;
        let scores = |score: &dyn Score, keys| score.forward(&query, keys, &mut Ctx::eval()).into_tensor().to_vec();
        for (a, b) in scores(&Dot, &longer).iter().zip(scores(&Dot, &keys)) {
            assert!((a - 10.0 * b).abs() < 1e-5);
        }
        for (a, b) in scores(&Cosine::default(), &longer).iter().zip(scores(&Cosine::default(), &keys)) {
            assert!((a - b).abs() < 1e-6 && a.abs() <= 1.0 + 1e-6);
        }
    }

    #[test]
    fn every_score_is_shown_where_its_formula_stands() {
        let run = LESSON.run(&LessonOptions::default()).unwrap();
        let places: Vec<(String, String)> = run
            .blocks
            .iter()
            .filter_map(|block| if let Block::Matrix(m) = block { Some((m.name.clone(), m.place())) } else { None })
            .collect();
        for name in ["dot", "scaled", "cosine", "general", "additive"] {
            let (_, place) = places.iter().find(|(path, _)| *path == format!("{name}.scores")).unwrap();
            let file = if name == "additive" { "additive.rs:" } else { "product.rs:" };
            assert!(place.starts_with(&format!("crates/attention/src/score/{file}")), "{name}: {place}");
        }
    }
}
