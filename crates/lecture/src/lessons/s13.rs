//! S13: self-attention. Every token asks every token, itself included, and takes a mean of what they have to say.
//!
//! T tokens, D features, one head of width d: x `[T, D]`, query, key and value `[T, d]`, scores and weights `[T, T]`.

use jumok_attention::positions::{SinusoidLayout, sinusoidal};
use jumok_attention::probe::order_gap;
use jumok_attention::{Mask, scaled_dot_product};
use jumok_nn::{Ctx, show};
use jumok_tensor::{IntTensor, Tensor};
use jumok_training::Text;
use jumok_viz::{Align, Table};
use rand::seq::SliceRandom;

use super::vectors;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S13.
pub static LESSON: Lesson = Lesson {
    id: "s13",
    slides: &["S13"],
    title: Text { en: "Self-attention", ko: "셀프 어텐션" },
    texts: texts::ALL,
    tell,
};

/// Six words of which one means this or that, as the others have it.
const SENTENCE: Text =
    Text { en: "she sat by the river bank", ko: "배가 고파서 강가에서 배를 천천히 먹었다" };

mod texts {
    jumok_training::texts! {
        /// The question.
        QUESTION =
            "{count} words, a vector for each. The vector of a word is the same in every sentence, but its meaning depends on the words around it. So each word asks all words, itself included, and becomes a mixture of what they answer. Three matrices make three roles of one vector:"
            | "단어 {count}개에 벡터가 하나씩 있습니다. 단어의 벡터는 어느 문장에서나 같지만, 뜻은 둘레의 단어에 따라 달라집니다. 그래서 단어마다 자신을 포함한 모든 단어에 묻고, 돌아온 답을 섞어 새로운 표현이 됩니다. 행렬 세 개가 한 벡터를 세 가지 역할로 바꿉니다.";
        /// The table of all pairs.
        PAIRS =
            "Every query meets every key: {count} × {count} scores, one for each pair of words. Each row of the weights adds up to 1. No word is further away than any other: all pairs are one step apart."
            | "모든 질의가 모든 키와 만납니다. 단어의 쌍마다 하나씩, 점수는 {count} × {count}개입니다. 가중치의 각 행을 더하면 1입니다. 더 먼 단어란 없습니다. 모든 쌍이 한 걸음 거리입니다.";
        /// The result.
        RESULT =
            "\"{word}\" looks most at \"{other}\" ({weight}). What comes out is again one vector for each word, so another layer can follow:"
            | "\"{word}\"은(는) \"{other}\"을(를) 가장 많이 봅니다({weight}). 나오는 것은 다시 단어마다 벡터 하나이므로, 그 위에 층을 더 쌓을 수 있습니다.";
        /// The order does not matter.
        ORDER =
            "Does it know where a word stands? Put the words into another order ({order}), and compare what comes out with the first result in that order. The largest difference:"
            | "단어가 어디에 있는지 알까요? 단어의 순서를 바꾸고({order}), 나온 결과를 처음 결과를 같은 순서로 바꾼 것과 비교합니다. 가장 큰 차이는 다음과 같습니다.";
        /// A column.
        COLUMN_INPUT = "what goes in" | "입력";
        /// A column.
        COLUMN_GAP = "largest difference" | "가장 큰 차이";
        /// A row.
        ALONE = "the words alone" | "단어만";
        /// A row.
        WITH_POSITIONS = "words + sinusoidal positions" | "단어 + 사인파 위치";
        /// A row.
        CAUSAL = "the words, with a causal mask" | "단어, 인과 마스크 사용";
        /// What was seen.
        CONCLUSION =
            "Alone it is a bag of words: the results move with the words and are otherwise the same, up to rounding. Positions added to the words tell it the order. A mask that hides what comes later changes the results too, but it tells a word only which others stood before it, not in which order."
            | "그 자체로는 단어 주머니와 같습니다. 결과는 단어를 따라 자리만 옮기고, 반올림을 빼면 그대로입니다. 단어에 위치를 더하면 순서를 알게 됩니다. 뒤에 오는 것을 가리는 마스크도 결과를 바꾸지만, 어떤 단어들이 앞에 있었는지만 알려 줄 뿐 그 순서는 알려 주지 않습니다.";
        /// Nothing is learned here.
        UNTRAINED =
            "The matrices here are drawn at random, so who looks at whom means nothing yet. That they come to mean something is the work of training."
            | "여기 행렬은 무작위로 뽑은 것이라, 누가 누구를 보는지는 아직 아무 뜻이 없습니다. 뜻이 생기는 것은 학습의 몫입니다.";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const WIDTH: usize = 4;
    const HEAD_WIDTH: usize = 3;
    let words = l.words(&SENTENCE)?;
    let (count, language) = (words.len(), l.language());
    let x = vectors(count, WIDTH, l.rng()); //                                [T, D]
    let [w_q, w_k, w_v] = [(); 3].map(|()| vectors(WIDTH, HEAD_WIDTH, l.rng()) * 2.0); // [D, d] each
    for axis in ["token", "query", "key"] {
        l.label(axis, &words);
    }

    l.say(&texts::QUESTION, &[("count", &count)]);
    l.formula("Q = X·W_Q      K = X·W_K      V = X·W_V");
    show!(l.model(), "x", ["token", "feature"], &x);
    l.matrices();
    // ANCHOR: one_head
    let one_head = |x: &Tensor, mask: &Mask, ctx: &mut Ctx| {
        let [q, k, v] = [&w_q, &w_k, &w_v].map(|w| x.matmul(w).unsqueeze(1)); // [B, 1, T, d] each
        show!(ctx, "query", ["batch", "head", "query", "feature"], &q);
        show!(ctx, "key", ["batch", "head", "key", "feature"], &k);
        show!(ctx, "value", ["batch", "head", "key", "feature"], &v);
        scaled_dot_product(&q, &k, &v, mask, &mut Ctx::eval()) //             [B, 1, T, d], [B, 1, T, T]
    };
    // ANCHOR_END: one_head
    let sentence = x.unsqueeze(0); //                                         [B, T, D]
    let attention = one_head(&sentence, &Mask::none(), l.model());
    l.formula("Attention(Q, K, V) = softmax(Q·Kᵀ / √d)·V");
    l.matrices();
    l.say(&texts::PAIRS, &[("count", &count)]);
    show!(l.model(), "weights", ["batch", "head", "query", "key"], &attention.weights);
    l.matrices();
    l.picture();

    let last = count - 1;
    let of_last = &attention.weights.to_vec()[last * count..];
    let most = (0..count).max_by(|&a, &b| of_last[a].total_cmp(&of_last[b])).expect("a sentence has words");
    let weight = format!("{:.2}", of_last[most]);
    l.say(&texts::RESULT, &[("word", &words[last]), ("other", &words[most]), ("weight", &weight)]);
    show!(l.model(), "context", ["batch", "head", "token", "feature"], &attention.context);
    l.matrices();

    let mut order: Vec<i64> = (0..count as i64).collect();
    while order.is_sorted() {
        order.shuffle(l.rng());
    }
    let shuffled: Vec<&str> = order.iter().map(|&n| words[n as usize].as_str()).collect();
    l.say(&texts::ORDER, &[("order", &shuffled.join(" "))]);
    l.formula("max | f(P·X) − P·f(X) |");
    let order = IntTensor::from_vec(order, &[count]);
    let context = |x: &Tensor, mask: &Mask| one_head(x, mask, &mut Ctx::eval()).context.squeeze(1); // [B, T, d]
    let positions = sinusoidal(count, WIDTH, SinusoidLayout::Interleaved); // [T, D]
    let gaps = [
        (texts::ALONE, order_gap(|x| context(x, &Mask::none()), &sentence, &order)),
        (texts::WITH_POSITIONS, order_gap(|x| context(&(x + &positions), &Mask::none()), &sentence, &order)),
        (texts::CAUSAL, order_gap(|x| context(x, &Mask::causal()), &sentence, &order)),
    ];
    let columns = [texts::COLUMN_INPUT, texts::COLUMN_GAP].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right]);
    for (input, gap) in gaps {
        table.row([input.get(language).to_owned(), format!("{gap:.6}")]);
    }
    l.table(table);
    l.say(&texts::CONCLUSION, &[]);
    l.say(&texts::UNTRAINED, &[]);
    l.loss_of(&attention.context);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};
    use jumok_viz::TerminalStyle;

    #[test]
    fn the_order_is_unknown_until_positions_or_a_mask_tell_it() {
        for seed in 0..5 {
            let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
            let tables: Vec<String> = run
                .blocks
                .iter()
                .filter(|block| matches!(block, Block::Table(_)))
                .map(|block| block.to_terminal(&TerminalStyle::plain()))
                .collect();
            let gaps: Vec<f64> =
                tables[0].lines().filter_map(|line| line.split_whitespace().last()?.parse().ok()).collect();
            assert_eq!(gaps.len(), 3, "{}", tables[0]);
            assert!(gaps[0] < 1e-5 && gaps[1] > 0.01 && gaps[2] > 0.01, "seed {seed}: {gaps:?}");
        }
    }

    #[test]
    fn every_pair_of_words_has_a_weight() {
        let run = LESSON.run(&LessonOptions::default()).unwrap();
        let Block::Matrix(weights) = &run.blocks[run.picture] else { panic!("the picture is a matrix") };
        assert_eq!(weights.shape, [6, 6]);
        for row in weights.values.chunks(6) {
            assert!(row.iter().all(|&w| w > 0.0) && (row.iter().sum::<f64>() - 1.0).abs() < 1e-6);
        }
    }
}
