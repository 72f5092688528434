//! S15: the weights of self-attention beside those of a recurrent network. All tables are made from the live modules.
//!
//! T words, D features: x `[T, D]`.

use jumok_attention::{Mask, MultiHeadAttention, MultiHeadConfig};
use jumok_nn::{Linear, Module, parameters, show};
use jumok_seq2seq::{Cell, CellKind};
use jumok_tensor::Tensor;
use jumok_training::Text;
use jumok_viz::{Align, BarChart, Table};
use rand::Rng;

use super::{WORDS, vectors};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S15.
pub static LESSON: Lesson = Lesson {
    id: "s15",
    slides: &["S15"],
    title: Text { en: "The weights W_Q, W_K, W_V, and W_O", ko: "가중치 W_Q, W_K, W_V, 그리고 W_O" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The question.
        QUESTION =
            "{count} words of {width} numbers each go through a recurrent cell with its readout, and through a layer of self-attention. What does each of them learn?"
            | "수 {width}개짜리 단어 {count}개를 순환 셀과 그 출력층에, 그리고 셀프 어텐션 층에 넣습니다. 각각 무엇을 배울까요?";
        /// The table.
        LEARNED = "Everything that is learned, as the two modules list it:" | "학습하는 것 전부를 두 모듈이 적은 그대로 보면 다음과 같습니다.";
        /// A column.
        COLUMN_LAYER = "layer" | "층";
        /// A column.
        COLUMN_SLIDE = "on the slide" | "슬라이드의 이름";
        /// A column.
        COLUMN_NAME = "parameter" | "매개변수";
        /// A column.
        COLUMN_SHAPE = "shape" | "모양";
        /// A column.
        COLUMN_NUMBERS = "numbers" | "수의 개수";
        /// A layer.
        RNN = "recurrent" | "순환 신경망";
        /// A layer.
        ATTENTION = "self-attention" | "셀프 어텐션";
        /// A row of sums.
        TOTAL = "together" | "합계";
        /// What W_O is for.
        OUTPUT =
            "The slide has no W_O. It mixes what the heads bring home: without it, head 1 could only ever write into the first part of the result, and head 2 into the second. It is a quarter of the layer. Nor does the slide show the biases."
            | "슬라이드에는 W_O가 없습니다. W_O는 헤드들이 가져온 것을 섞습니다. 없으면 첫째 헤드는 결과의 앞부분에만, 둘째 헤드는 그다음 부분에만 쓸 수 있습니다. W_O는 이 층의 4분의 1입니다. 슬라이드에는 편향도 빠져 있습니다.";
        /// The same weights at every place.
        SHARED =
            "Both use the same weights at every word, so neither grows with the sentence. What differs is how the words meet: the recurrent network hands a state from word to word, self-attention compares all pairs at once."
            | "둘 다 모든 단어에 같은 가중치를 쓰므로 문장이 길어져도 커지지 않습니다. 다른 것은 단어가 만나는 방식입니다. 순환 신경망은 상태를 단어에서 단어로 넘기고, 셀프 어텐션은 모든 쌍을 한꺼번에 비교합니다.";
        /// A column.
        COLUMN_WORDS = "words" | "단어";
        /// A column.
        COLUMN_PARAMETERS = "weights, both" | "가중치(RNN, 셀프)";
        /// A column.
        COLUMN_STEPS = "steps of the RNN, one after the other" | "RNN이 차례로 밟는 걸음";
        /// A column.
        COLUMN_PAIRS = "pairs of self-attention, side by side" | "셀프 어텐션이 나란히 비교하는 쌍";
        /// The size of the paper.
        PAPER =
            "In the width of the paper's base model, 512, the same two modules have {rnn} and {attention} numbers. Both grow with the square of the width: the counts are 3·D² and 4·D² and a few biases."
            | "논문 기본 모델의 폭인 512에서는 두 모듈의 수가 {rnn}개와 {attention}개입니다. 둘 다 폭의 제곱에 비례합니다. 3·D²과 4·D²에 편향 몇 개를 더한 것입니다.";
        /// The picture.
        PICTURE = "Numbers in each weight" | "가중치마다 수의 개수";
        /// The outcome.
        OUTCOME = "What both make of the words: one new vector for each." | "두 층이 단어로 만든 것입니다. 단어마다 새 벡터가 하나씩 나옵니다.";
    }
}

/// The recurrent layer as the slide has it: a cell and a readout.
// ANCHOR: recurrent_layer
#[derive(Debug)]
struct RecurrentLayer {
    cell: Cell,
    readout: Linear,
}

impl Module for RecurrentLayer {
    parameters!(cell, readout);
}
// ANCHOR_END: recurrent_layer

impl RecurrentLayer {
    fn new(width: usize, rng: &mut impl Rng) -> Self {
        let cell = Cell::new(CellKind::RnnTanh, width, width, true, rng);
        Self { cell, readout: Linear::new(width, width, rng) }
    }

    /// x `[T, D]` to `[T, D]`, and how many steps had to wait for the one before.
    fn forward(&self, x: &Tensor) -> (Tensor, usize) {
        let [time, _] = x.dims();
        let gates = self.cell.input_gates(x); //                              [T, D]
        let mut state = self.cell.zero_state(1);
        let states: Vec<Tensor> = (0..time)
            .map(|t| {
                state = self.cell.step(&gates.narrow(0, t, 1), &state);
                state.h.clone() //                                            [1, D]
            })
            .collect();
        (self.readout.forward(&Tensor::concat(&states.iter().collect::<Vec<_>>(), 0)), states.len())
    }
}

/// What the slide calls a parameter, if it names it.
fn on_the_slide(name: &str) -> Option<&'static str> {
    let known = [
        ("cell.weight_ih", "W_x"),
        ("cell.weight_hh", "W_h"),
        ("readout.weight", "W_y"),
        ("q_proj.weight", "W_Q"),
        ("k_proj.weight", "W_K"),
        ("v_proj.weight", "W_V"),
    ];
    known.iter().find(|(parameter, _)| *parameter == name).map(|(_, slide)| *slide)
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const WIDTH: usize = 4;
    const HEADS: usize = 2;
    let words = l.words(&WORDS)?;
    let (count, language) = (words.len(), l.language());
    l.label("token", &words);
    let x = vectors(count, WIDTH, l.rng()); //                                [T, D]
    let rnn = RecurrentLayer::new(WIDTH, l.rng());
    let attention = MultiHeadAttention::new(&MultiHeadConfig::new(WIDTH, HEADS), l.rng());

    l.say(&texts::QUESTION, &[("count", &count), ("width", &WIDTH)]);
    l.formula("RNN:             hₜ = tanh(W_x·xₜ + W_h·hₜ₋₁)      yₜ = W_y·hₜ\nself-attention:  Q = X·W_Q   K = X·W_K   V = X·W_V      Y = Attention(Q, K, V)·W_O");
    show!(l.model(), "x", ["token", "feature"], &x);
    l.matrices();

    l.say(&texts::LEARNED, &[]);
    // ANCHOR: parameter_table
    let columns =
        [texts::COLUMN_LAYER, texts::COLUMN_SLIDE, texts::COLUMN_NAME, texts::COLUMN_SHAPE, texts::COLUMN_NUMBERS];
    let mut align = [Align::Left; 5];
    align[4] = Align::Right;
    let mut table = Table::new(columns.map(|text| text.get(language))).align(align);
    let modules: [(&str, &dyn Module); 2] =
        [(texts::RNN.get(language), &rnn), (texts::ATTENTION.get(language), &attention)];
    for (layer, module) in modules {
        for (name, parameter) in module.named_parameters() {
            let slide = on_the_slide(&name).unwrap_or("–");
            table.row([layer, slide, &name, &format!("{:?}", parameter.shape()), &parameter.len().to_string()]);
        }
        let total = module.parameter_count().to_string();
        table.row([layer, "", texts::TOTAL.get(language), "", &total]);
    }
    l.table(table);
    // ANCHOR_END: parameter_table
    let all = rnn.named_parameters().into_iter().chain(attention.named_parameters());
    let (names, sizes): (Vec<String>, Vec<f64>) = all.map(|(name, parameter)| (name, parameter.len() as f64)).unzip();
    let [title, axis] = [texts::PICTURE, texts::COLUMN_NUMBERS].map(|text| text.get(language));
    l.bars(BarChart::new(&names).title(title).axes("", axis).decimals(0).series(axis, &sizes));
    l.picture();
    l.say(&texts::OUTPUT, &[]);

    l.say(&texts::OUTCOME, &[]);
    let (recurrent, steps) = rnn.forward(&x); //                              [T, D]
    let sentence = x.unsqueeze(0); //                                         [1, T, D]
    let attended =
        attention.forward(&sentence, &sentence, &sentence, &Mask::none(), &mut jumok_nn::Ctx::eval()).output.squeeze(0);
    show!(l.model(), "recurrent", ["token", "feature"], &recurrent);
    show!(l.model(), "self_attention", ["token", "feature"], &attended);
    l.matrices();

    l.say(&texts::SHARED, &[]);
    let columns = [texts::COLUMN_WORDS, texts::COLUMN_PARAMETERS, texts::COLUMN_STEPS, texts::COLUMN_PAIRS]
        .map(|t| t.get(language));
    let mut table = Table::new(columns).align([Align::Right; 4]);
    let weights = format!("{}, {}", rnn.parameter_count(), attention.parameter_count());
    table.row([count.to_string(), weights.clone(), steps.to_string(), (count * count).to_string()]);
    let long = vectors(50, WIDTH, l.rng()); //                                [50, D]
    table.row(["50".to_owned(), weights, rnn.forward(&long).1.to_string(), (50 * 50).to_string()]);
    l.table(table);

    let (rnn, attention) =
        (RecurrentLayer::new(512, l.rng()), MultiHeadAttention::new(&MultiHeadConfig::new(512, 8), l.rng()));
    l.say(&texts::PAPER, &[("rnn", &rnn.parameter_count()), ("attention", &attention.parameter_count())]);
    l.loss_of(&Tensor::concat(&[&recurrent, &attended], 0));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_nn::keyed_rng;

    /// Erratum E10: three matrices stand on the slide, the layer has a fourth, a quarter of the weights.
    #[test]
    fn the_slide_leaves_out_w_o_and_the_biases() {
        for width in [8, 64] {
            let attention = MultiHeadAttention::new(&MultiHeadConfig::new(width, 4), &mut keyed_rng([1]));
            let unnamed: Vec<String> = attention
                .named_parameters()
                .into_iter()
                .filter(|(name, _)| on_the_slide(name).is_none())
                .map(|(name, _)| name)
                .collect();
            assert_eq!(unnamed, ["q_proj.bias", "k_proj.bias", "v_proj.bias", "out_proj.weight", "out_proj.bias"]);
            assert_eq!(attention.parameter_count(), 4 * (width * width + width));
            assert_eq!(4 * attention.output.parameter_count(), attention.parameter_count());
            let rnn = RecurrentLayer::new(width, &mut keyed_rng([1]));
            assert_eq!(rnn.parameter_count(), 3 * width * width + 3 * width);
            let named = rnn.named_parameters().iter().filter(|(name, _)| on_the_slide(name).is_some()).count();
            assert_eq!(named, 3);
        }
    }
}
