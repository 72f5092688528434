//! S17: many heads. Eight heads are eight single heads side by side, and each can look for something else.
//!
//! T words, H heads of width d_k = D/H: x `[T, D]`, weights `[H, T, T]`.

use jumok_attention::probe::Neighbours;
use jumok_attention::{Mask, MultiHeadAttention, MultiHeadConfig};
use jumok_nn::{Ctx, Init, show};
use jumok_tensor::{IntTensor, Tensor};
use jumok_training::Text;
use jumok_viz::{Align, HeatMap, Table};

use super::WORDS;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S17.
pub static LESSON: Lesson = Lesson {
    id: "s17",
    slides: &["S17"],
    title: Text { en: "Many heads in the encoder", ko: "인코더의 여러 헤드" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The question.
        QUESTION =
            "One softmax is one look: where it puts its weight, others get none. The Transformer looks several times at once. Its base model cuts {width} features into {heads} heads of {head_width}, lets each attend by itself, puts the results side by side, and mixes them with W_O:"
            | "소프트맥스 하나는 시선 하나입니다. 한곳에 무게를 두면 다른 곳에는 남지 않습니다. 트랜스포머는 한 번에 여러 곳을 봅니다. 기본 모델은 특징 {width}개를 {head_width}개씩 헤드 {heads}개로 나누고, 헤드마다 따로 어텐션을 한 뒤, 결과를 나란히 붙여 W_O로 섞습니다.";
        /// The equality.
        EQUAL =
            "No number of that is a matter of taste: {heads} single heads computed one after the other, put together and multiplied by W_O, differ from the layer that computes all at once by at most {gap}."
            | "이것은 말뿐인 그림이 아닙니다. 헤드 {heads}개를 하나씩 계산해 이어 붙이고 W_O를 곱한 것과, 한꺼번에 계산하는 층의 차이는 많아야 {gap}입니다.";
        /// The task.
        TASK =
            "What are several looks good for? A small model learns to say, for every word, which one stands before it and which one behind it, from {count} words in random order. It has nothing but attention, no feed-forward layer and no residual, and what a head takes home says which word it saw, not where. Trained for {steps} steps:"
            | "여러 번 보는 것이 왜 좋을까요? 작은 모델이 무작위로 늘어놓은 단어 {count}개에서, 단어마다 앞의 단어와 뒤의 단어를 맞히는 법을 배웁니다. 피드포워드 층도 잔차 연결도 없이 어텐션뿐이고, 헤드가 가져오는 것은 본 단어가 무엇인지만 말할 뿐 어디에 있었는지는 말하지 않습니다. {steps}단계를 학습하면 다음과 같습니다.";
        /// A column.
        COLUMN_HEADS = "heads" | "헤드";
        /// A column.
        COLUMN_BEFORE = "word before" | "앞의 단어";
        /// A column.
        COLUMN_BEHIND = "word behind" | "뒤의 단어";
        /// The look of each head.
        LOOKS =
            "Where do the {heads} heads look? The mean weight by distance, over {sequences} sequences that the model has not seen: −1 is the word before, +1 the word behind."
            | "헤드 {heads}개는 어디를 볼까요? 모델이 보지 못한 문장 {sequences}개에서 거리별로 평균한 가중치입니다. −1은 앞의 단어, +1은 뒤의 단어입니다.";
        /// The picture.
        PICTURE = "Where each head looks" | "헤드마다 보는 곳";
        /// An axis.
        DISTANCE = "distance" | "거리";
        /// A label.
        HEAD = "head {number}" | "헤드 {number}";
        /// The sentence.
        SENTENCE = "And in the sentence itself, head by head:" | "이 문장에서는 헤드마다 이렇게 봅니다.";
        /// The ablation.
        ABLATION =
            "Now each head in turn is silenced: its columns of W_O become 0, and nothing is trained again."
            | "이제 헤드를 하나씩 끕니다. W_O에서 그 헤드의 열을 0으로 두고, 다시 학습하지 않습니다.";
        /// A column.
        COLUMN_SILENT = "silent" | "끈 헤드";
        /// A row.
        NONE = "none" | "없음";
        /// What was seen.
        SEEN =
            "Where a head is missed, it is missed on the side it looked at; where another one looks at the same place, nothing is lost. Nobody told the heads to share the work; they began at random and the loss did the rest. In large models too, many heads can be taken away one at a time with little loss (Michel, Levy and Neubig 2019)."
            | "헤드가 없어서 아쉬운 곳은 그 헤드가 보던 쪽입니다. 다른 헤드가 같은 곳을 보고 있으면 아무것도 잃지 않습니다. 일을 나누라고 시킨 적은 없습니다. 무작위로 시작했고 나머지는 손실이 했습니다. 큰 모델에서도 헤드를 하나쯤 빼면 거의 잃는 것이 없는 경우가 많습니다(Michel, Levy, Neubig 2019).";
        /// The slide says eight.
        EIGHT =
            "Eight is the number of the base model, not a law: the paper's big model has 16 heads, BERT base 12 and BERT large 16. More heads cost nothing, since each is as much narrower; the weights are the same {parameters} numbers for 1 head as for {heads}."
            | "8은 기본 모델의 값이지 법칙이 아닙니다. 논문의 큰 모델은 16개, BERT base는 12개, BERT large는 16개입니다. 헤드가 늘면 그만큼 좁아지므로 비용은 그대로입니다. 헤드가 1개여도 {heads}개여도 가중치는 수 {parameters}개입니다.";
    }
}

/// How the models of the lesson are trained.
const STEPS: u64 = 300;
const BATCH: usize = 32;
const LEARNING_RATE: f64 = 0.01;
const MODEL_WIDTH: usize = 32;
/// The heads of the model whose heads are silenced one by one.
const HEADS: usize = 4;

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const WIDTH: usize = 512;
    const BASE_HEADS: usize = 8;
    const SEQUENCES: usize = 200;
    let words = l.words(&WORDS)?;
    let (count, language) = (words.len(), l.language());

    let attention = MultiHeadAttention::new(&MultiHeadConfig::new(WIDTH, BASE_HEADS), l.rng());
    let (heads, head_width) = (BASE_HEADS, WIDTH / BASE_HEADS);
    l.say(&texts::QUESTION, &[("width", &WIDTH), ("heads", &heads), ("head_width", &head_width)]);
    l.formula("headᵢ = Attention(X·Wᵢ^Q, X·Wᵢ^K, X·Wᵢ^V)\nMultiHead(X) = Concat(head₁, …, head_H)·W_O");
    let x = Init::Normal { mean: 0.0, std: 1.0 }.parameter(&[1, count, WIDTH], l.rng()); // [B, T, D]
    // ANCHOR: side_by_side
    let single: Vec<Tensor> =
        (0..BASE_HEADS).map(|head| attention.single_head(head, &x, &x, &x, &Mask::none())).collect(); // [B, T, d_k]
    let side_by_side = Tensor::concat(&single.iter().collect::<Vec<_>>(), -1); // [B, T, H·d_k]
    let one_by_one = attention.output.forward(&side_by_side); //              [B, T, D]
    let at_once = attention.forward(&x, &x, &x, &Mask::none(), &mut Ctx::eval()).output; // [B, T, D]
    // ANCHOR_END: side_by_side
    let gap = (&one_by_one - &at_once).abs().max_all().item();
    l.say(&texts::EQUAL, &[("heads", &heads), ("gap", &format!("{gap:.7}"))]);

    l.say(&texts::TASK, &[("count", &count), ("steps", &STEPS)]);
    let task = Neighbours { symbols: count, length: count };
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let columns = [texts::COLUMN_HEADS, texts::COLUMN_BEFORE, texts::COLUMN_BEHIND].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Right; 3]);
    let [_, model] = [1, HEADS].map(|heads| {
        let mut model = task.model(MODEL_WIDTH, heads, l.rng());
        task.train(&mut model, STEPS, BATCH, LEARNING_RATE, l.rng(), |_, _| {});
        let shares = task.shares(&model, SEQUENCES, l.rng());
        table.row([heads.to_string(), percent(shares.left), percent(shares.right)]);
        model
    });
    l.table(table);

    l.say(&texts::LOOKS, &[("heads", &HEADS), ("sequences", &SEQUENCES)]);
    let reach = 3.min(count - 1);
    let unseen = task.sequences(SEQUENCES, l.rng());
    let looks = model.weights_by_distance(&unseen, reach);
    let distances: Vec<String> = (-(reach as i64)..=reach as i64).map(signed).collect();
    let names: Vec<String> = (0..HEADS).map(|n| texts::HEAD.fill(language, &[("number", &n)])).collect();
    let map = HeatMap::new(&looks.concat(), [HEADS, distances.len()]).row_labels(&names).col_labels(&distances);
    let [title, axis] = [texts::PICTURE, texts::DISTANCE].map(|text| text.get(language));
    l.heat_map(map.title(title).axes("", axis).show_values(2).range(0.0, 1.0));
    l.picture();

    l.say(&texts::SENTENCE, &[]);
    l.label("query", &words);
    l.label("key", &words);
    let sentence = IntTensor::from_vec((0..count as i64).collect(), &[1, count]);
    let looked = model.look(&sentence, &mut Ctx::eval());
    show!(l.model(), "weights", ["batch", "head", "query", "key"], &looked.weights);
    l.matrices();

    l.say(&texts::ABLATION, &[]);
    let columns = [texts::COLUMN_SILENT, texts::COLUMN_BEFORE, texts::COLUMN_BEHIND].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right, Align::Right]);
    let silenced = (0..HEADS).map(|head| (names[head].clone(), model.without_head(head)));
    for (name, model) in std::iter::once((texts::NONE.get(language).to_owned(), model.clone())).chain(silenced) {
        let shares = task.shares(&model, SEQUENCES, l.rng());
        table.row([name, percent(shares.left), percent(shares.right)]);
    }
    l.table(table);
    l.say(&texts::SEEN, &[]);
    let parameters = jumok_nn::Module::parameter_count(&attention);
    l.say(&texts::EIGHT, &[("parameters", &parameters), ("heads", &heads)]);
    l.loss_of(&looked.output);
    Ok(())
}

/// A distance with its sign: `−2`, `0`, `+1`.
fn signed(distance: i64) -> String {
    match distance {
        0 => "0".to_owned(),
        1.. => format!("+{distance}"),
        _ => format!("−{}", -distance),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LessonOptions;
    use jumok_viz::TerminalStyle;

    /// One head finds one neighbour, several find both, and a silent head is missed on at most one side.
    #[test]
    fn several_heads_share_the_work() {
        for seed in 0..3 {
            let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
            let tables: Vec<Vec<f64>> = run
                .blocks
                .iter()
                .filter(|block| matches!(block, crate::Block::Table(_)))
                .map(|block| {
                    let text = block.to_terminal(&TerminalStyle::plain());
                    let numbers = text.split('%').filter_map(|cell| cell.split_whitespace().last()?.parse().ok());
                    numbers.collect()
                })
                .collect();
            let (heads, silent) = (&tables[0], &tables[1]);
            assert!(heads[0] + heads[1] < 150.0, "seed {seed}: one head {heads:?}");
            assert!(heads[2].min(heads[3]) > 95.0, "seed {seed}: {HEADS} heads {heads:?}");
            for without in silent[2..].chunks(2) {
                assert!(without[0].max(without[1]) > 90.0, "seed {seed}: {silent:?}");
            }
        }
    }

    #[test]
    fn distances_have_their_sign() {
        assert_eq!([-2, 0, 1].map(signed), ["−2", "0", "+1"]);
    }
}
