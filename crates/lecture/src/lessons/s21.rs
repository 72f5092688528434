//! S21: what the Transformer changed. Four claims of the slide, each counted or measured on models that have learned nothing yet; what
//! trained ones do is asked by `transformer experiment`.
//!
//! T tokens, D features: x `[T, D]`, weights `[T, T]` for each head.

use jumok_attention::{Mask, MultiHeadAttention, MultiHeadConfig};
use jumok_nn::{Ctx, show};
use jumok_seq2seq::{CellKind, Recurrent, RecurrentConfig};
use jumok_tensor::{Tensor, no_grad};
use jumok_training::{Language, Text};
use jumok_transformer::probe::{PowerLaw, longest_chain, reads_other_tokens};
use jumok_viz::{Align, Curve, Table};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::{WORDS, vectors};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S21.
pub static LESSON: Lesson = Lesson {
    id: "s21",
    slides: &["S21"],
    title: Text { en: "What the Transformer changed", ko: "트랜스포머가 바꾼 것" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The first part.
        PARALLEL_TITLE = "1. Side by side" | "1. 나란히 계산하기";
        /// What is counted.
        PARALLEL =
            "A GRU needs the state before it can make the next one. Attention asks all {count} tokens at once. Both read the words; then the graph that they left behind is walked, and the longest chain of steps that wait for one another is counted:"
            | "GRU는 앞의 상태가 있어야 다음 상태를 만듭니다. 어텐션은 토큰 {count}개에 한꺼번에 묻습니다. 둘 다 단어를 읽게 한 뒤, 계산이 남긴 그래프를 따라가며 서로를 기다려야 하는 단계의 가장 긴 사슬을 셉니다.";
        /// A column.
        COLUMN_TOKENS = "tokens" | "토큰";
        /// A column.
        COLUMN_GRU_STEPS = "GRU: steps" | "GRU: 단계";
        /// A column.
        COLUMN_ATTENTION_STEPS = "attention: steps" | "어텐션: 단계";
        /// A column.
        COLUMN_PAIRS = "attention: pairs" | "어텐션: 쌍";
        /// Title of the picture.
        PICTURE = "Steps that wait for one another" | "서로를 기다리는 단계의 수";
        /// An axis.
        AXIS_TOKENS = "tokens" | "토큰";
        /// An axis.
        AXIS_STEPS = "steps" | "단계";
        /// A series.
        SERIES_GRU = "GRU" | "GRU 신경망";
        /// A series.
        SERIES_ATTENTION = "attention" | "어텐션";
        /// The price.
        PRICE =
            "Nothing is free: the pairs grow with the square of the length. And it holds for learning, where the whole text is there from the start; a text that is being written still comes token by token. Milliseconds are measured by `transformer experiment parallel`."
            | "공짜는 아닙니다. 쌍의 수는 길이의 제곱으로 늘어납니다. 그리고 이는 글 전체가 처음부터 있는 학습 때의 이야기입니다. 글을 쓸 때는 여전히 토큰이 하나씩 나옵니다. 실제 시간은 `transformer experiment parallel`이 잽니다.";
        /// The second part.
        SIZE_TITLE = "2. In proportion to the size?" | "2. 크기에 비례해서?";
        /// What was found.
        SIZE =
            "Larger models are better, but not in proportion. The loss follows a power of the number of parameters N; for large language models Kaplan et al. (2020) measured the exponent {exponent}. What is left of the loss with so many times the parameters:"
            | "모델이 클수록 좋지만 비례하지는 않습니다. 손실은 파라미터 수 N의 거듭제곱을 따르고, 큰 언어 모델에서 Kaplan 등(2020)이 잰 지수는 {exponent}입니다. 파라미터가 몇 배가 되면 손실이 얼마나 남는지 봅니다.";
        /// A column.
        COLUMN_TIMES = "parameters" | "파라미터";
        /// A column.
        COLUMN_LAW = "power law" | "거듭제곱 법칙";
        /// A column.
        COLUMN_PROPORTIONAL = "if it were proportional" | "비례한다면";
        /// Where this is trained.
        SIZE_TRAINED =
            "`transformer experiment scaling` trains four sizes on the same text and fits a law of its own."
            | "`transformer experiment scaling`은 네 가지 크기를 같은 글로 학습하고 그 결과에 맞는 법칙을 구합니다.";
        /// The third part.
        DISTANCE_TITLE = "3. Far apart" | "3. 멀리 떨어진 단어";
        /// What is measured.
        DISTANCE =
            "Another vector is put in the place of \"{word}\", the first word, and the words are repeated to make the text longer. How far does the last output move, measured by its own length?"
            | "첫 단어 \"{word}\"의 자리에 다른 벡터를 넣고, 단어들을 되풀이해 글을 늘려 갑니다. 마지막 출력은 자기 길이에 대해 얼마나 움직일까요?";
        /// A column.
        COLUMN_GRU = "GRU" | "GRU 신경망";
        /// A column.
        COLUMN_ATTENTION = "attention" | "어텐션";
        /// What was seen.
        DISTANCE_SEEN =
            "On its way through the GRU it is multiplied away, step by step. Attention that has learned nothing divides its looks among all tokens, so the share falls like 1/T and no faster; training can give one of them all of it. What both recall after training: `transformer experiment recall`."
            | "GRU를 지나는 동안에는 한 단계마다 곱해지며 사라집니다. 아직 배우지 않은 어텐션은 모든 토큰에 눈길을 나누므로 몫이 1/T로 줄어들 뿐이고, 학습하면 그중 하나에 전부를 줄 수도 있습니다. 학습한 뒤 둘이 무엇을 기억해 내는지는 `transformer experiment recall`이 보여 줍니다.";
        /// The fourth part.
        INSIDE_TITLE = "4. Looking inside" | "4. 안을 들여다보기";
        /// Two maps.
        INSIDE =
            "Two heads look at the words. Both maps are sound: every row adds up to 1."
            | "헤드 둘이 단어들을 봅니다. 두 지도 모두 온전해서 행마다 더하면 1입니다.";
        /// What is done.
        SHUFFLED =
            "But in this layer the columns of W_O that belong to head 2 are 0: nobody hears what it says. Turn the rows of one map round, so that the head looks elsewhere. How far does the output move?"
            | "그런데 이 층에서는 W_O에서 헤드 2에 속하는 열이 0이어서, 헤드 2가 하는 말을 아무도 듣지 않습니다. 한 지도의 행을 뒤집어 헤드가 다른 곳을 보게 하면 출력은 얼마나 움직일까요?";
        /// A column.
        COLUMN_HEAD = "head" | "헤드";
        /// A column.
        COLUMN_LOOKS = "largest weight" | "가장 큰 가중치";
        /// A column.
        COLUMN_MOVES = "output moves by" | "출력의 움직임";
        /// What follows.
        EVIDENCE =
            "The map says where a head looks, not whether it matters. That is tested by changing it. In a trained model, too, a head can look at the right word while the answer comes from elsewhere: `transformer experiment heads`."
            | "지도는 헤드가 어디를 보는지 말할 뿐, 그것이 중요한지는 말하지 않습니다. 중요한지는 바꾸어 보아야 압니다. 학습한 모델에서도 헤드는 맞는 단어를 보는데 답은 다른 곳에서 나올 수 있습니다. `transformer experiment heads`를 보세요.";
    }
}

/// The exponent of the loss of large language models in their number of parameters (Kaplan et al. 2020, arXiv 2001.08361, eq. 1.1).
const KAPLAN: f64 = -0.076;

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const WIDTH: usize = 8;
    const HEADS: usize = 2;
    let words = l.words(&WORDS)?;
    let (count, language) = (words.len(), l.language());
    l.label("query", &words);
    l.label("key", &words);
    let x = vectors(count, WIDTH, l.rng()); //                                [T, D]
    let other = vectors(1, WIDTH, l.rng()); //                                [1, D]
    let rng = &mut ChaCha8Rng::seed_from_u64(l.rng().random());
    let gru = Recurrent::new(&RecurrentConfig::new(CellKind::Gru, WIDTH, WIDTH), rng);
    let mut attention = MultiHeadAttention::new(&MultiHeadConfig::new(WIDTH, HEADS), rng);
    let read = |x: &Tensor| gru.forward(&x.unsqueeze(0), None, None, &mut Ctx::eval()).output.squeeze(0);
    let ask = |attention: &MultiHeadAttention, x: &Tensor| {
        let x = x.unsqueeze(0);
        let context = attention.context(&x, &x, &x, &Mask::none(), &mut Ctx::eval());
        attention.output.forward(&context).squeeze(0) //                      [T, D]
    };
    let repeated = |x: &Tensor, times: usize| Tensor::concat(&vec![x; times], 0);

    l.heading(&texts::PARALLEL_TITLE, &[]);
    l.say(&texts::PARALLEL, &[("count", &count)]);
    l.formula("hₜ = GRU(xₜ, hₜ₋₁)      Y = softmax(Q·Kᵀ/√d)·V");
    let columns = [texts::COLUMN_TOKENS, texts::COLUMN_GRU_STEPS, texts::COLUMN_ATTENTION_STEPS, texts::COLUMN_PAIRS];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 4]);
    let mut steps = [vec![], vec![]];
    for times in [1, 2, 4, 8] {
        let long = repeated(&x, times);
        let tokens = count * times;
        let chains = [read(&long), ask(&attention, &long)].map(|y| longest_chain(&y, reads_other_tokens));
        table.row([tokens, chains[0], chains[1], tokens * tokens].map(|n| n.to_string()));
        for (points, chain) in steps.iter_mut().zip(chains) {
            points.push((tokens as f64, chain as f64));
        }
    }
    l.table(table);
    let [by_gru, by_attention] = steps;
    l.curve(
        Curve::new(texts::PICTURE.get(language))
            .axes(texts::AXIS_TOKENS.get(language), texts::AXIS_STEPS.get(language))
            .language(match language {
                Language::English => jumok_viz::Language::English,
                Language::Korean => jumok_viz::Language::Korean,
            })
            .dotted_series(texts::SERIES_GRU.get(language), by_gru)
            .dotted_series(texts::SERIES_ATTENTION.get(language), by_attention)
            .include(0.0),
    );
    l.picture();
    l.say(&texts::PRICE, &[]);

    l.heading(&texts::SIZE_TITLE, &[]);
    l.say(&texts::SIZE, &[("exponent", &KAPLAN)]);
    l.formula("L(N) ≈ a·N^b");
    let law = PowerLaw { factor: 1.0, exponent: KAPLAN, r_squared: 1.0 };
    let columns = [texts::COLUMN_TIMES, texts::COLUMN_LAW, texts::COLUMN_PROPORTIONAL];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 3]);
    for times in [1u32, 10, 100, 1000] {
        let [by_law, proportional] = [law.at(f64::from(times)), 1.0 / f64::from(times)].map(|x| format!("{x:.3}"));
        table.row([format!("×{times}"), by_law, proportional]);
    }
    l.table(table);
    l.say(&texts::SIZE_TRAINED, &[]);

    l.heading(&texts::DISTANCE_TITLE, &[]);
    l.say(&texts::DISTANCE, &[("word", &words[0])]);
    let columns = [texts::COLUMN_TOKENS, texts::COLUMN_GRU, texts::COLUMN_ATTENTION];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 3]);
    for times in [1, 2, 4, 8] {
        let long = repeated(&x, times);
        let tokens = count * times;
        let changed = Tensor::concat(&[&other, &long.narrow(0, 1, tokens - 1)], 0);
        let moves = no_grad(|| {
            [
                relative_shift(&last_row(&read(&long)), &last_row(&read(&changed))),
                relative_shift(&last_row(&ask(&attention, &long)), &last_row(&ask(&attention, &changed))),
            ]
        });
        let [by_gru, by_attention] = moves.map(|shift| format!("{shift:.1e}"));
        table.row([tokens.to_string(), by_gru, by_attention]);
    }
    l.table(table);
    l.say(&texts::DISTANCE_SEEN, &[]);

    l.heading(&texts::INSIDE_TITLE, &[]);
    l.say(&texts::INSIDE, &[]);
    silence_second_half(&mut attention);
    let sequence = x.unsqueeze(0);
    let ctx = &mut Ctx::eval();
    let weights = attention.forward(&sequence, &sequence, &sequence, &Mask::none(), ctx).weights.squeeze(0); // [H, T, T]
    let maps = [0, 1].map(|head| weights.select(0, head)); //                 [T, T] each
    show!(l.model(), "head_1.weights", ["query", "key"], &maps[0]);
    show!(l.model(), "head_2.weights", ["query", "key"], &maps[1]);
    l.matrices();
    l.say(&texts::SHUFFLED, &[]);
    let [_, values] = attention.keys_and_values(&sequence, &sequence, ctx); //   [1, H, T, d]
    let spoken = |maps: [&Tensor; HEADS]| {
        let heads = [0, 1].map(|head| maps[head].matmul(&values.squeeze(0).select(0, head as isize))); // [T, d] each
        attention.output.forward(&Tensor::concat(&[&heads[0], &heads[1]], -1)) //                         [T, D]
    };
    let output = spoken([&maps[0], &maps[1]]); //                             [T, D]
    let turned = [0, 1].map(|head| maps[head].flip(&[1]));
    let columns = [texts::COLUMN_HEAD, texts::COLUMN_LOOKS, texts::COLUMN_MOVES];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 3]);
    for (head, changed) in [spoken([&turned[0], &maps[1]]), spoken([&maps[0], &turned[1]])].iter().enumerate() {
        let largest = maps[head].to_vec().into_iter().fold(0.0, |a: f64, b| a.max(f64::from(b)));
        let shift = relative_shift(&output, changed);
        table.row([(head + 1).to_string(), format!("{largest:.3}"), format!("{shift:.3}")]);
    }
    l.table(table);
    l.say(&texts::EVIDENCE, &[]);
    l.loss_of(&output);
    Ok(())
}

fn last_row(x: &Tensor) -> Tensor {
    x.narrow(0, x.shape()[0] - 1, 1)
}

/// ‖a − b‖ / ‖a‖.
fn relative_shift(a: &Tensor, b: &Tensor) -> f64 {
    let norm = |x: &Tensor| x.to_vec().into_iter().map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt();
    norm(&(a - b)) / norm(a)
}

/// Puts the columns of W_O at 0 that read the second of two heads.
fn silence_second_half(attention: &mut MultiHeadAttention) {
    let [width, inner] = attention.output.weight.dims();
    let values = attention.output.weight.array_mut().make_mut();
    for row in 0..width {
        values[row * inner + inner / 2..(row + 1) * inner].fill(0.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};
    use jumok_viz::TerminalStyle;

    /// The rows of the lesson's tables, as words.
    fn tables(seed: u64) -> Vec<Vec<Vec<String>>> {
        let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
        let table = |block: &Block| match block {
            Block::Table(table) => Some(table.to_terminal(&TerminalStyle::plain())),
            _ => None,
        };
        let row = |line: &str| line.split_whitespace().map(str::to_owned).collect();
        run.blocks.iter().filter_map(table).map(|text| text.lines().skip(2).map(row).collect()).collect()
    }

    #[test]
    fn recurrence_waits_for_every_token_and_attention_for_none() {
        for row in &tables(0)[0] {
            let [tokens, gru, attention, pairs] = [0, 1, 2, 3].map(|n| row[n].parse::<usize>().unwrap());
            assert_eq!((gru, attention, pairs), (tokens, 1, tokens * tokens));
        }
    }

    #[test]
    fn what_is_far_away_vanishes_in_the_recurrent_network_only() {
        for seed in 0..5 {
            let rows = &tables(seed)[2];
            let [tokens, gru, attention] = [0, 1, 2].map(|n| rows[3][n].parse::<f64>().unwrap());
            assert_eq!(tokens, 40.0);
            assert!(gru < 1e-4, "seed {seed}: {gru}");
            assert!(attention > 1e-3, "seed {seed}: {attention}");
        }
    }

    /// Erratum E17: two maps as sound as each other, and only one of them matters.
    #[test]
    fn a_head_that_nobody_hears_looks_as_well_as_the_other() {
        for seed in 0..5 {
            let rows = &tables(seed)[3];
            let moves = |head: usize| rows[head][2].parse::<f64>().unwrap();
            assert!(moves(0) > 0.01, "seed {seed}: {rows:?}");
            assert_eq!(moves(1), 0.0, "seed {seed}");
            assert!(rows[1][1].parse::<f64>().unwrap() > 0.2, "seed {seed}: {rows:?}");
        }
    }
}
