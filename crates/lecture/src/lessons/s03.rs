//! S03: why attention. One vector is narrow, the last words drown the first, and the gradient fades on its way back: three
//! problems, measured one by one on fresh encoders that read the words.
//!
//! T words, d features: states `[T, d]`.

use jumok_nn::{Ctx, show};
use jumok_seq2seq::probe::{
    Order, Reader, Symbols, context_shifts, factor_per_step, first_symbol_batch, gradient_norms,
};
use jumok_seq2seq::{AttentionKind, CellKind, Seq2Seq};
use jumok_tensor::IntTensor;
use jumok_training::{Language, Text};
use jumok_viz::{Align, BarChart, Curve, Table};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::WORDS;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S03.
pub static LESSON: Lesson = Lesson {
    id: "s03",
    slides: &["S03"],
    title: Text { en: "Why attention: one vector is narrow", ko: "왜 어텐션인가: 벡터 하나로는 좁다" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The first part.
        NARROW_TITLE = "1. One vector is narrow" | "1. 벡터 하나로는 좁습니다";
        /// What is read.
        NARROW =
            "An encoder reads {count} words from left to right and leaves a state of {width} numbers at each. A decoder without attention gets the last row alone:"
            | "인코더가 단어 {count}개를 왼쪽에서 오른쪽으로 읽으며 단어마다 수 {width}개로 된 상태를 남깁니다. 어텐션이 없는 디코더는 마지막 행만 받습니다.";
        /// How much is passed on.
        NUMBERS =
            "The longer the sentence, the smaller the part that is passed on:"
            | "문장이 길수록 전해지는 부분은 작아집니다.";
        /// A column.
        COLUMN_WORDS = "words" | "단어 수";
        /// A column.
        COLUMN_ALL = "numbers in all states" | "모든 상태의 수";
        /// A column.
        COLUMN_LAST = "numbers in the last" | "마지막 상태의 수";
        /// Where this is trained.
        BOTTLENECK =
            "What comes of it when both are trained, at growing lengths: `seq2seq experiment bottleneck`."
            | "둘을 학습해 길이를 늘려 가며 비교하려면 `seq2seq experiment bottleneck`을 실행하세요.";
        /// The second part.
        DROWN_TITLE = "2. The last words drown the first" | "2. 마지막 단어들이 처음 단어를 덮습니다";
        /// What is measured.
        DROWN =
            "Each word in turn is replaced by another of the words. By how much does that move what the decoder is given: the last state, or with attention the context? As a share of all words together:"
            | "단어를 차례로 다른 단어로 바꿉니다. 디코더가 받는 것, 곧 마지막 상태나 (어텐션이 있으면) 컨텍스트는 얼마나 움직일까요? 모든 단어의 움직임을 더한 것에 대한 비율입니다.";
        /// What was measured.
        SHARES =
            "In the plain network \"{first}\" has {small} of the shift of the last state, and \"{last}\" has {large}. With attention, which has learned nothing yet and looks at all words nearly alike, it is {early} and {late}."
            | "단순한 RNN에서 마지막 상태의 움직임 가운데 \"{first}\"의 몫은 {small}, \"{last}\"의 몫은 {large}입니다. 아직 아무것도 배우지 않아 모든 단어를 거의 똑같이 보는 어텐션에서는 각각 {early}, {late}입니다.";
        /// What training does to it.
        TRAINED =
            "That is how an encoder starts, not a law: in training, the gates of GRU and LSTM learn to keep the first words too, and then all of them get too little. `seq2seq experiment recency` shows both, before and after."
            | "이는 인코더의 출발점이지 법칙은 아닙니다. 학습하면 GRU와 LSTM의 게이트는 처음 단어도 간직하게 되고, 그러면 이번에는 모든 단어의 몫이 모자랍니다. 학습 전과 후를 `seq2seq experiment recency`가 모두 보여 줍니다.";
        /// The third part.
        FADE_TITLE = "3. The gradient fades on its way back" | "3. 기울기는 되돌아가며 사라집니다";
        /// What is asked.
        FADE =
            "Now the encoder reads the words over and over, {steps} steps, and the decoder has to say the very first word. The loss L goes back through the states; each step back multiplies by one matrix more:"
            | "이번에는 인코더가 같은 단어들을 되풀이해 {steps}단계를 읽고, 디코더는 맨 처음 단어를 말해야 합니다. 손실 L은 상태를 거슬러 되돌아가고, 한 단계 거슬러 갈 때마다 행렬이 하나씩 더 곱해집니다.";
        /// The title of the picture.
        PICTURE = "‖∂L/∂hₜ‖ at each step" | "단계별 ‖∂L/∂hₜ‖";
        /// An axis.
        AXIS_STEP = "step t" | "단계 t";
        /// A column.
        COLUMN_MODEL = "model" | "모델";
        /// A column.
        COLUMN_FIRST = "at the first step" | "첫 단계에서";
        /// A column.
        COLUMN_AT_LAST = "at the last" | "마지막 단계에서";
        /// A column.
        COLUMN_FACTOR = "factor per step back" | "한 단계 거슬러 갈 때의 배율";
        /// What an LSTM does.
        GATES =
            "The factor is the slope of a line through the logarithms. In an LSTM the forget gate alone passes on about σ(0) = 0.5 when its biases are drawn at random about 0, and σ(1) = 0.73 with the usual start at 1; what comes back through the other gates is added to that. A gate that is wide open, at 1, would lose nothing. Attention needs no gate: the decoder reads hₜ itself, with the weight αₜ."
            | "배율은 로그값을 지나는 직선의 기울기에서 구했습니다. LSTM에서 망각 게이트만으로 전해지는 몫은 편향을 0 근처에서 무작위로 뽑으면 약 σ(0) = 0.5이고, 흔히 하듯 1에서 시작하면 약 σ(1) = 0.73이며, 다른 게이트로 되돌아오는 것이 여기에 더해집니다. 게이트가 1로 활짝 열려 있으면 아무것도 잃지 않습니다. 어텐션에는 게이트가 필요 없습니다. 디코더가 hₜ를 가중치 αₜ만큼 직접 읽기 때문입니다.";
        /// Two problems.
        TWO_PROBLEMS =
            "The slide calls the loss of information a vanishing gradient. These are two problems. The first part is about the way there: one vector cannot hold a long sentence, and no LSTM changes that. The third is about the way back: how to learn what to keep. An LSTM helps there; attention helps with both."
            | "슬라이드는 정보 손실을 기울기 소실이라고 부르지만, 이는 서로 다른 두 문제입니다. 첫째 부분은 앞으로 가는 길의 문제로, 벡터 하나에 긴 문장을 담을 수 없으며 LSTM도 이를 바꾸지 못합니다. 셋째 부분은 되돌아가는 길의 문제로, 무엇을 간직할지 배우는 일입니다. 이것에는 LSTM이 도움이 되고, 어텐션은 둘 다에 도움이 됩니다.";
        /// What came before.
        BEFORE =
            "And TF-IDF and word2vec, which the slide names as remedies? They give a word one weight in a document, or one vector in the language, whatever is asked. Attention weighs anew at every step of the output (example `s03_before_attention`)."
            | "슬라이드가 해결책으로 드는 TF-IDF와 word2vec은 무엇을 묻든 문서에서 단어마다 가중치 하나, 언어 전체에서 단어마다 벡터 하나를 줍니다. 어텐션은 출력의 단계마다 새로 무게를 잽니다(예제 `s03_before_attention`).";
        /// A reader with a bias of its forget gate.
        OPEN_READER = "{cell}, forget bias {bias}" | "{cell}, 망각 게이트 편향 {bias}";
        /// A reader with attention.
        ATTENTIVE_READER = "{cell} + attention" | "{cell} + 어텐션";
    }
}

/// Replacements of each word over which the shift is the mean.
const REPLACEMENTS: usize = 20;
/// How far the gradient has to go.
const STEPS: usize = 30;

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const WIDTH: usize = 8;
    let words = l.words(&WORDS)?;
    let count = words.len();
    let language = l.language();
    let symbols = Symbols { count, lengths: count..=count, order: Order::Copy };
    let sentence: Vec<i64> = (0..count as i64).map(|n| Symbols::FIRST + n).collect();
    // All readers begin alike, and how much one part draws does not change the next.
    let [of_models, of_words] = [(); 2].map(|()| l.rng().random::<u64>());
    let model = |reader: &Reader, width: usize| -> Seq2Seq {
        reader.model(&symbols, width, &mut ChaCha8Rng::seed_from_u64(of_models)).expect("a width above 0")
    };
    l.label("key", &words);

    l.heading(&texts::NARROW_TITLE, &[]);
    l.say(&texts::NARROW, &[("count", &count), ("width", &WIDTH)]);
    l.formula("hₜ = tanh(W·xₜ + U·hₜ₋₁),   c = h_T");
    let reader = model(&Reader::fixed(CellKind::RnnTanh), WIDTH);
    let source = IntTensor::from_vec(sentence.clone(), &[1, count]);
    let states = reader.encode(&source, &[count], &mut Ctx::eval()).annotations.squeeze(0); // [T, d]
    show!(l.model(), "states", ["key", "feature"], &states);
    l.matrices();
    l.say(&texts::NUMBERS, &[]);
    let columns = [texts::COLUMN_WORDS, texts::COLUMN_ALL, texts::COLUMN_LAST].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Right; 3]);
    for length in [count, 10 * count, 100 * count] {
        table.row([length, length * WIDTH, WIDTH].map(|number| number.to_string()));
    }
    l.table(table);
    l.say(&texts::BOTTLENECK, &[]);

    l.heading(&texts::DROWN_TITLE, &[]);
    l.say(&texts::DROWN, &[]);
    let sources = vec![sentence.clone(); REPLACEMENTS];
    let mut bars = BarChart::new(&words).axes("", "").range(0.0, 1.0).decimals(2);
    let mut shares = vec![];
    for reader in Reader::FOR_RECENCY {
        let shifts =
            context_shifts(&model(&reader, 2 * WIDTH), &symbols, &sources, &mut ChaCha8Rng::seed_from_u64(of_words));
        let all: f64 = shifts.iter().sum();
        let share: Vec<f64> = shifts.iter().map(|shift| shift / all).collect();
        bars = bars.series(&reader_name(&reader, language), &share);
        shares.push(share);
    }
    l.bars(bars);
    let (plain, attentive) = (&shares[0], &shares[shares.len() - 1]);
    let ends = [plain[0], plain[count - 1], attentive[0], attentive[count - 1]].map(|share| format!("{share:.2}"));
    let [small, large, early, late] = &ends;
    let (first, last) = (&words[0], &words[count - 1]);
    l.say(
        &texts::SHARES,
        &[("first", first), ("last", last), ("small", small), ("large", large), ("early", early), ("late", late)],
    );
    l.say(&texts::TRAINED, &[]);

    l.heading(&texts::FADE_TITLE, &[]);
    l.say(&texts::FADE, &[("steps", &STEPS)]);
    l.formula("∂L/∂hₜ = (∂hₜ₊₁/∂hₜ)ᵀ · (∂hₜ₊₂/∂hₜ₊₁)ᵀ · … · ∂L/∂h_T");
    let long: Vec<i64> = sentence.iter().copied().cycle().take(STEPS).collect();
    let mut curve = Curve::new(texts::PICTURE.get(language))
        .axes(texts::AXIS_STEP.get(language), "‖∂L/∂hₜ‖")
        .language(match language {
            Language::English => jumok_viz::Language::English,
            Language::Korean => jumok_viz::Language::Korean,
        })
        .log_scale();
    let columns = [texts::COLUMN_MODEL, texts::COLUMN_FIRST, texts::COLUMN_AT_LAST, texts::COLUMN_FACTOR];
    let mut align = [Align::Right; 4];
    align[0] = Align::Left;
    let mut table = Table::new(columns.map(|text| text.get(language))).align(align);
    for reader in Reader::FOR_GRADIENTS {
        let name = reader_name(&reader, language);
        let model = model(&reader, 2 * WIDTH);
        let norms = gradient_norms(&model, &first_symbol_batch(std::slice::from_ref(&long), &model.config));
        let [first, last] = [norms[0], norms[STEPS - 1]].map(|norm| format!("{norm:.1e}"));
        table.row([name.clone(), first, last, format!("{:.2}", factor_per_step(&norms))]);
        curve = curve.series(&name, norms.iter().enumerate().map(|(t, norm)| (t as f64 + 1.0, *norm)));
    }
    l.curve(curve);
    l.picture();
    l.table(table);
    l.say(&texts::GATES, &[]);
    l.say(&texts::TWO_PROBLEMS, &[]);
    l.say(&texts::BEFORE, &[]);
    l.loss_of(&states);
    Ok(())
}

/// What a reader is called in tables and pictures.
pub fn reader_name(reader: &Reader, language: Language) -> String {
    let cell = reader.cell_name();
    match (reader.attention, reader.forget_bias) {
        (AttentionKind::None, None) => cell.to_owned(),
        (AttentionKind::None, Some(bias)) => texts::OPEN_READER.fill(language, &[("cell", &cell), ("bias", &bias)]),
        (AttentionKind::Bahdanau | AttentionKind::Luong, _) => {
            texts::ATTENTIVE_READER.fill(language, &[("cell", &cell)])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Block, LessonOptions};
    use jumok_viz::TerminalStyle;

    /// The factors of a run's last table, model by model.
    fn factors(seed: u64) -> Vec<f64> {
        let run = LESSON.run(&LessonOptions { seed, ..LessonOptions::default() }).unwrap();
        let mut tables = run.blocks.iter().filter_map(|block| match block {
            Block::Table(table) => Some(table.to_terminal(&TerminalStyle::plain())),
            _ => None,
        });
        let last = tables.next_back().unwrap();
        last.lines().skip(2).map(|line| line.split_whitespace().last().unwrap().parse().unwrap()).collect()
    }

    #[test]
    fn the_gradient_fades_least_with_attention_and_most_in_the_plain_network() {
        for seed in 0..5 {
            let [rnn, lstm, open, attention] = factors(seed)[..] else { panic!("four models") };
            assert!(rnn < 0.7 && lstm < 0.7, "seed {seed}: {rnn} {lstm}");
            assert!(open > rnn + 0.1 && open > lstm + 0.1 && open < 0.9, "seed {seed}: {rnn} {lstm} {open}");
            assert!(attention > 0.95, "seed {seed}: {attention}");
        }
    }

    #[test]
    fn the_last_word_drowns_the_first_only_without_attention() {
        for seed in 0..5 {
            let symbols = Symbols { count: 5, lengths: 5..=5, order: Order::Copy };
            let share = |reader: &Reader| {
                let rng = &mut ChaCha8Rng::seed_from_u64(seed);
                let model = reader.model(&symbols, 16, rng).unwrap();
                let shifts = context_shifts(&model, &symbols, &vec![vec![3, 4, 5, 6, 7]; REPLACEMENTS], rng);
                [shifts[0], shifts[4]].map(|shift| shift / shifts.iter().sum::<f64>())
            };
            for reader in &Reader::FOR_RECENCY[..3] {
                let [first, last] = share(reader);
                assert!(last > 0.4 && first < 0.1, "{reader:?}, seed {seed}: {first} {last}");
            }
            let [first, last] = share(&Reader::FOR_RECENCY[3]);
            assert!((0.05..0.35).contains(&first) && (0.05..0.35).contains(&last), "seed {seed}: {first} {last}");
        }
    }
}
