//! S14: self-attention beside attention. One function; what differs is who asks, who is asked, and what is hidden.
//!
//! S words read, T words written, d features: encoder states `[S, d]`, decoder states `[T, d]`.

use jumok_attention::score::{ScaledDot, Score};
use jumok_attention::value::context_by_loop;
use jumok_attention::{Attention, Mask, Values, Weights, plain_attention, scaled_dot_product};
use jumok_nn::{Ctx, show};
use jumok_tensor::Tensor;
use jumok_training::Text;
use jumok_viz::{Align, HeatMap, Table};

use super::{WORDS, vectors};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S14.
pub static LESSON: Lesson = Lesson {
    id: "s14",
    slides: &["S14"],
    title: Text { en: "Self-attention beside attention", ko: "셀프 어텐션과 기존 어텐션의 비교" },
    texts: texts::ALL,
    tell,
};

/// What a translator has written so far.
const WRITTEN: Text = Text { en: "le chat boit du lait", ko: "the cat drinks warm milk" };

mod texts {
    jumok_training::texts! {
        /// The question.
        QUESTION =
            "A translator has read {read} words and written {written}. Here are the states of its encoder and of its decoder, drawn at random. Attention is needed at three places, and it is one function at all three:"
            | "번역기가 단어 {read}개를 읽고 {written}개를 썼습니다. 아래는 인코더와 디코더의 상태이며, 무작위로 뽑았습니다. 어텐션은 세 곳에서 필요하고, 세 곳 모두 같은 함수입니다.";
        /// The first call site.
        ENCODER_SELF =
            "1. Self-attention in the encoder: every word read asks every word read. Queries, keys and values come from one place."
            | "1. 인코더의 셀프 어텐션: 읽은 단어마다 읽은 단어 모두에게 묻습니다. 질의, 키, 값이 한곳에서 나옵니다.";
        /// The second call site.
        DECODER_SELF =
            "2. Self-attention in the decoder: every word written asks the words written up to itself. Later ones did not exist yet, so a mask hides them."
            | "2. 디코더의 셀프 어텐션: 쓴 단어마다 자신까지 쓴 단어에게 묻습니다. 뒤의 단어는 아직 없던 것이므로 마스크로 가립니다.";
        /// The third call site.
        CROSS =
            "3. Cross-attention: every word written asks every word read. This is the attention of the first part of the lecture, where the decoder's state was the query and the encoder's states were keys and values."
            | "3. 크로스 어텐션: 쓴 단어마다 읽은 단어 모두에게 묻습니다. 강의 앞부분의 어텐션이 바로 이것입니다. 거기서는 디코더의 상태가 질의였고 인코더의 상태가 키이자 값이었습니다.";
        /// The table of the three.
        TABLE = "Only the arguments differ:" | "다른 것은 인자뿐입니다.";
        /// A column.
        COLUMN_SITE = "call site" | "부르는 곳";
        /// A column.
        COLUMN_QUERY = "Q from" | "Q의 출처";
        /// A column.
        COLUMN_MEMORY = "K and V from" | "K와 V의 출처";
        /// A column.
        COLUMN_MASK = "mask" | "마스크";
        /// A column.
        COLUMN_SHAPE = "weights" | "가중치";
        /// A row.
        SITE_ENCODER = "encoder, self" | "인코더 셀프";
        /// A row.
        SITE_DECODER = "decoder, self" | "디코더 셀프";
        /// A row.
        SITE_CROSS = "cross" | "크로스";
        /// Where a query comes from.
        READ = "words read" | "읽은 단어";
        /// Where a query comes from.
        WRITTEN_WORDS = "words written" | "쓴 단어";
        /// A mask.
        NO_MASK = "none" | "없음";
        /// A mask.
        CAUSAL_MASK = "causal" | "인과";
        /// The picture.
        PICTURE = "Who may look at whom" | "누가 누구를 볼 수 있는가";
        /// The axes of the picture.
        ASKS = "asks" | "묻는 단어";
        /// The axes of the picture.
        IS_ASKED = "is asked" | "답하는 단어";
        /// What the picture shows.
        MAP =
            "All three in one map, the words read first and the words written behind them. The empty corner is no accident: the encoder never sees what is written."
            | "셋을 지도 하나에 모았습니다. 읽은 단어가 먼저, 쓴 단어가 그 뒤에 옵니다. 빈 모서리는 우연이 아닙니다. 인코더는 쓴 것을 결코 보지 않습니다.";
        /// The same function, bit for bit.
        SAME =
            "Is the attention of the first part really the same? `plain_attention` with the scaled score, keys = values = the encoder's states H, beside `scaled_dot_product` with K = V = H. Of {count} numbers of weights and contexts, {different} differ in any bit."
            | "강의 앞부분의 어텐션과 정말 같을까요? 점수를 √d로 나누고 키와 값을 인코더의 상태 H로 둔 `plain_attention`을, K = V = H로 부른 `scaled_dot_product`와 비교합니다. 가중치와 컨텍스트의 수 {count}개 가운데 한 비트라도 다른 것은 {different}개입니다.";
        /// The slide says sum here and inner product there.
        SUM =
            "The slide says that attention *sums* weights and values and self-attention takes their *inner product*. Both do both: each number of a context is the inner product of the weights with a column of V, and that is the weighted sum. Written as a loop and as a product, the contexts differ by at most {gap}."
            | "슬라이드는 기존 어텐션이 가중치와 값을 *합*하고 셀프 어텐션은 둘을 *내적*한다고 합니다. 둘 다 같은 일입니다. 컨텍스트의 각 수는 가중치와 V의 한 열의 내적이고, 그것이 곧 가중합입니다. 반복문으로 쓴 것과 행렬곱으로 쓴 것의 차이는 많아야 {gap}입니다.";
    }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const FEATURES: usize = 4;
    let read = l.words(&WORDS)?;
    let written: Vec<String> = WRITTEN.get(l.language()).split(' ').map(str::to_owned).collect();
    let (sources, targets) = (read.len(), written.len());
    let encoder = vectors(sources, FEATURES, l.rng()); //                     [S, d]
    let decoder = vectors(targets, FEATURES, l.rng()); //                     [T, d]

    l.say(&texts::QUESTION, &[("read", &sources), ("written", &targets)]);
    l.formula("Attention(Q, K, V) = softmax(Q·Kᵀ / √d)·V");
    l.label("read", &read);
    l.label("written", &written);
    show!(l.model(), "encoder_states", ["read", "feature"], &encoder);
    show!(l.model(), "decoder_states", ["written", "feature"], &decoder);
    l.matrices();

    let [x, y] = [&encoder, &decoder].map(|states| states.unsqueeze(0).unsqueeze(0)); // [1, 1, S, d], [1, 1, T, d]
    let weights_of =
        |l: &mut LessonCtx, text: &Text, site: &'static str, attention: &Attention, axes: [&'static str; 2]| {
            l.say(text, &[]);
            let [asking, asked] = axes;
            show!(l.model(), site, ["batch", "head", asking, asked], &attention.weights);
            l.matrices();
            attention.weights.squeeze(0).squeeze(0)
        };
    // ANCHOR: three_call_sites
    let ctx = &mut Ctx::eval();
    let encoder_self = scaled_dot_product(&x, &x, &x, &Mask::none(), ctx); //   weights [1, 1, S, S]
    let decoder_self = scaled_dot_product(&y, &y, &y, &Mask::causal(), ctx); // weights [1, 1, T, T]
    let cross = scaled_dot_product(&y, &x, &x, &Mask::none(), ctx); //          weights [1, 1, T, S]
    // ANCHOR_END: three_call_sites
    let top = weights_of(l, &texts::ENCODER_SELF, "encoder_self", &encoder_self, ["read", "read"]);
    let right = weights_of(l, &texts::DECODER_SELF, "decoder_self", &decoder_self, ["written", "written"]);
    let left = weights_of(l, &texts::CROSS, "cross", &cross, ["written", "read"]);

    l.say(&texts::TABLE, &[]);
    let language = l.language();
    let columns =
        [texts::COLUMN_SITE, texts::COLUMN_QUERY, texts::COLUMN_MEMORY, texts::COLUMN_MASK, texts::COLUMN_SHAPE];
    let mut align = [Align::Left; 5];
    align[4] = Align::Right;
    let mut table = Table::new(columns.map(|text| text.get(language))).align(align);
    for (site, query, memory, mask, weights) in [
        (texts::SITE_ENCODER, texts::READ, texts::READ, texts::NO_MASK, &top),
        (texts::SITE_DECODER, texts::WRITTEN_WORDS, texts::WRITTEN_WORDS, texts::CAUSAL_MASK, &right),
        (texts::SITE_CROSS, texts::WRITTEN_WORDS, texts::READ, texts::NO_MASK, &left),
    ] {
        let names = [site, query, memory, mask].map(|text| text.get(language).to_owned());
        table.row(names.into_iter().chain([format!("{:?}", weights.shape())]));
    }
    l.table(table);

    l.say(&texts::MAP, &[]);
    let unseen = Tensor::full(&[sources, targets], f64::NEG_INFINITY);
    let hidden: Vec<_> = (0..targets * targets).map(|n| n % targets > n / targets).collect();
    let right = right.masked_fill(&jumok_tensor::BoolTensor::from_vec(hidden, &[targets, targets]), f64::NEG_INFINITY);
    let map = Tensor::concat(&[&Tensor::concat(&[&top, &unseen], 1), &Tensor::concat(&[&left, &right], 1)], 0);
    let words = [&read[..], &written[..]].concat();
    let map = HeatMap::new(&map.to_vec(), [words.len(), words.len()]).row_labels(&words).col_labels(&words);
    let [title, rows, columns] = [texts::PICTURE, texts::ASKS, texts::IS_ASKED].map(|text| text.get(language));
    l.heat_map(map.title(title).axes(rows, columns).range(0.0, 1.0));
    l.picture();

    let (count, different) = differing_bits(&decoder, &encoder);
    l.say(&texts::SAME, &[("count", &count), ("different", &different)]);
    let weights = Weights::try_from_tensor(left.clone()).expect("attention gives distributions");
    let by_loop = context_by_loop(&weights, &Values::new(encoder.clone())); // [T, d]
    let gap = (by_loop.tensor() - &cross.context.squeeze(0).squeeze(0)).abs().max_all().item();
    l.say(&texts::SUM, &[("gap", &format!("{gap:.7}"))]);
    l.formula("c = α·V,   cₙ = Σᵢ αᵢ·vᵢₙ");
    l.loss_of(&Tensor::concat(&[&encoder_self.context, &decoder_self.context, &cross.context], -2));
    Ok(())
}

/// How many numbers plain attention with K = V = H and the function of self-attention compute, and how many of them differ:
/// queries `[T, d]`, H `[S, d]`.
fn differing_bits(query: &Tensor, hidden_states: &Tensor) -> (usize, usize) {
    let ctx = &mut Ctx::eval();
    let [q, h] = [query, hidden_states].map(|x| x.unsqueeze(0)); //           [1, T, d], [1, S, d]
    // ANCHOR: plain_is_self
    let plain = plain_attention(&ScaledDot, &q, &ScaledDot.prepare(&h), &Values::new(h.clone()), &Mask::none(), ctx);
    let (q, h) = (q.unsqueeze(1), h.unsqueeze(1)); //                         [1, 1, T, d], [1, 1, S, d]
    let own = scaled_dot_product(&q, &h, &h, &Mask::none(), ctx);
    // ANCHOR_END: plain_is_self
    let pairs = [(plain.weights.tensor(), &own.weights), (plain.context.tensor(), &own.context)];
    let bits = pairs.iter().flat_map(|(a, b)| a.to_vec().into_iter().zip(b.to_vec()));
    bits.fold((0, 0), |(count, different), (a, b)| (count + 1, different + usize::from(a.to_bits() != b.to_bits())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions, Matrix};

    #[test]
    fn plain_attention_is_the_function_of_self_attention_bit_for_bit() {
        for seed in 0..5 {
            let rng = &mut jumok_nn::keyed_rng([seed]);
            let (query, h) = (vectors(3, 4, rng), vectors(6, 4, rng));
            assert_eq!(differing_bits(&query, &h), (3 * 6 + 3 * 4, 0));
            assert_eq!(differing_bits(&h, &h), (6 * 6 + 6 * 4, 0));
        }
    }

    #[test]
    fn the_three_call_sites_have_the_shapes_and_the_mask_of_the_table() {
        let run = LESSON.run(&LessonOptions { text: Some("a b c d".to_owned()), ..LessonOptions::default() }).unwrap();
        let find = |name: &str| -> Matrix {
            let of_name = |block: &Block| match block {
                Block::Matrix(matrix) if matrix.name == name => Some(matrix.clone()),
                _ => None,
            };
            run.blocks.iter().find_map(of_name).unwrap()
        };
        assert_eq!(find("encoder_self").shape, [4, 4]);
        assert_eq!(find("cross").shape, [5, 4]);
        let decoder = find("decoder_self");
        assert_eq!(decoder.shape, [5, 5]);
        for (n, weight) in decoder.values.iter().enumerate() {
            assert_eq!(*weight == 0.0, n % 5 > n / 5, "row {}, column {}", n / 5, n % 5);
        }
    }
}
