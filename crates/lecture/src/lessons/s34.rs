//! S34: one foundation, many tasks. Four heads on one pre-trained encoder, in three ways: a copy of the encoder for each, one encoder that
//! nobody changes, one encoder that learns one task after the other.
//!
//! K topics, T tokens, D features; see `topics` for the language.

mod reader;

use jumok_bert::{BertConfig, BertModel, EncoderSettings, TextEncoder};
use jumok_nn::{Ctx, Module, show};
use jumok_tensor::Tensor;
use jumok_training::{Language, Text, grouped};
use jumok_viz::{Align, BarChart, Table};
use rand::RngExt;

use self::reader::{LABELS, Reader, STEPS, Task};
use super::WORDS;
use super::topics::{Topics, own_rng};
use crate::calculator::Architecture;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S34.
pub static LESSON: Lesson = Lesson {
    id: "s34",
    slides: &["S34"],
    title: Text { en: "One foundation, many tasks", ko: "하나의 기반, 여러 과제" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The idea.
        IDEA =
            "Before BERT, every task had a model of its own, from the first layer to the last. A model that was pre-trained on much text is a foundation for many: what a task adds is its head. For BERT-base, counted to the last number:"
            | "BERT 이전에는 과제마다 첫 층부터 끝 층까지 자기 모델이 있었습니다. 많은 글로 사전학습한 모델은 여러 과제의 기반(foundation)이 됩니다. 과제가 더하는 것은 헤드뿐입니다. BERT-base에서 하나까지 세면 다음과 같습니다.";
        /// A column.
        COLUMN_PART = "part" | "부분";
        /// A column.
        COLUMN_NUMBERS = "parameters" | "파라미터";
        /// A column.
        COLUMN_SHARE = "share" | "비율";
        /// A part.
        PART_ENCODER = "embeddings and layers, shared" | "임베딩과 층 (공유)";
        /// A part.
        PART_POOLER = "pooler" | "풀러";
        /// A part.
        PART_PAIR = "head: 3 classes (MNLI)" | "헤드: 부류 3개 (MNLI)";
        /// A part.
        PART_SINGLE = "head: 2 classes (SST-2)" | "헤드: 부류 2개 (SST-2)";
        /// A part.
        PART_ANSWER = "head: begin and end (SQuAD)" | "헤드: 시작과 끝 (SQuAD)";
        /// A part.
        PART_TAGS = "head: 9 tags (CoNLL-2003)" | "헤드: 태그 9개 (CoNLL-2003)";
        /// What pre-training costs.
        PAID_ONCE =
            "And the foundation is paid for once. BERT's pre-training read {read} · 10⁹ tokens; three epochs of MNLI read {tuned} · 10⁹, one part in {ratio}. That is why a lab without a data centre can have a model of its own."
            | "그리고 기반의 값은 한 번만 치릅니다. BERT의 사전학습은 토큰을 {read} · 10⁹개 읽었고, MNLI 세 에포크는 {tuned} · 10⁹개, 곧 {ratio}분의 일을 읽습니다. 데이터 센터가 없는 연구실도 자기 모델을 가질 수 있는 까닭입니다.";
        /// A heading.
        WAYS_TITLE = "Three ways to share" | "나누어 쓰는 세 가지 길";
        /// The experiment.
        WAYS =
            "Here is the encoder that lesson S32 pre-trains, {parameters} parameters, and four tasks on its texts: which topic; do two texts have the same; which word is the stray; where is the word that has the question's topic. Each task has {labels} labelled texts and {steps} steps. First, each gets a copy of the encoder. Second, all use the encoder as it is, and only heads learn. Third, one encoder goes from task to task and learns each in turn. Right on new texts:"
            | "레슨 S32가 사전학습하는 파라미터 {parameters}개짜리 인코더와, 그 글에 대한 과제 넷이 있습니다. 어느 주제인가, 두 글의 주제가 같은가, 어느 단어가 딴 단어인가, 질문과 주제가 같은 단어는 어디인가입니다. 과제마다 레이블이 붙은 글 {labels}개와 {steps}스텝이 있습니다. 첫째, 과제마다 인코더의 사본을 가집니다. 둘째, 모두가 인코더를 그대로 쓰고 헤드만 배웁니다. 셋째, 인코더 하나가 과제를 옮겨 다니며 차례로 배웁니다. 새 글에서 맞힌 비율입니다.";
        /// A column.
        COLUMN_TASK = "task" | "과제";
        /// A column.
        COLUMN_COPY = "a copy each" | "사본 하나씩";
        /// A column.
        COLUMN_FROZEN = "encoder as it is" | "인코더 그대로";
        /// A column.
        COLUMN_AT_ONCE = "in turn: then" | "차례로: 직후";
        /// A column.
        COLUMN_AT_END = "in the end" | "끝에 가서";
        /// A series.
        SERIES_TURN = "in turn, in the end" | "차례로, 끝에 가서";
        /// A column.
        COLUMN_MOVED = "copy moved by" | "사본의 이동";
        /// A task.
        TOPIC = "topic" | "주제";
        /// A task.
        SAME = "same topic?" | "같은 주제?";
        /// A task.
        STRAY = "stray word" | "딴 단어";
        /// A task.
        FIND = "find the word" | "단어 찾기";
        /// Title of the picture.
        PICTURE = "Right on new texts" | "새 글의 정답률";
        /// What is seen.
        SEEN =
            "Where the foundation already holds the answer, as with topics, its encoder needs no change. What asks for something new needs an encoder that changes, and every copy moves in a direction of its own (last column: ‖θ − θ₀‖/‖θ₀‖). The encoder that learns in turn does well in each task at its time, sometimes better than a copy, for tasks help one another. But in the end it has forgotten the first ones: their heads read an encoder that has moved on."
            | "주제처럼 기반이 답을 이미 지니고 있으면 인코더를 바꿀 필요가 없습니다. 새로운 것을 묻는 과제에는 바뀌는 인코더가 필요하고, 사본마다 저마다의 방향으로 움직입니다(마지막 열: ‖θ − θ₀‖/‖θ₀‖). 차례로 배우는 인코더는 과제마다 그때는 잘하고, 과제끼리 서로 도와 사본보다 나을 때도 있습니다. 그러나 끝에 가서는 처음 것들을 잊었습니다. 그 헤드들이 읽는 인코더는 이미 딴 데로 가 버렸습니다.";
        /// Erratum E26.
        COPIES =
            "So the slide's \"one model takes on several tasks\" needs a word more: one *pre-trained* model, and a fine-tuned copy of it for each task. One and the same model for all tasks came later, with models that write their answers: T5 (S39) and GPT."
            | "그래서 슬라이드의 \"모델 하나가 여러 작업을 담당\"에는 한마디가 더 필요합니다. *사전학습한* 모델이 하나이고, 과제마다 미세조정한 사본이 있습니다. 정말로 한 모델이 모든 과제를 맡게 된 것은 답을 글로 쓰는 모델, T5(S39)와 GPT부터입니다.";
        /// A heading.
        COST_TITLE = "What it costs" | "비용";
        /// What has to be kept.
        COST =
            "What has to be stored for the 11 tasks of the paper at the size of BERT-base, 4 bytes a number:"
            | "논문의 과제 11개를 위해 BERT-base 크기에서 저장할 것(수 하나에 4바이트):";
        /// A column.
        COLUMN_WAY = "way" | "방식";
        /// A column.
        COLUMN_BYTES = "MB" | "용량 (MB)";
        /// A column.
        COLUMN_TEXTS = "passes to answer all 11 about a text" | "글 하나에 11개를 모두 답하는 데 드는 통과";
        /// A way.
        WAY_COPY = "a copy each" | "사본 하나씩";
        /// A way.
        WAY_FROZEN = "encoder as it is, 11 heads" | "인코더 그대로, 헤드 11개";
        /// Over the matrices.
        ONE_TEXT =
            "One text through the encoder as it is, once; two heads read the same states. On the way back both add their gradients there:"
            | "글 하나를 그대로 둔 인코더에 한 번 통과시키고, 헤드 둘이 같은 상태를 읽습니다. 되돌아가는 길에는 둘의 기울기가 거기서 더해집니다.";
    }
}

/// BERT's pre-training: 10⁶ steps of 256 sequences, nine of ten with 128 tokens, the others with 512 (Devlin et al. 2019, appendix A.2).
const PRETRAINING_TOKENS: f64 = 1e6 * 256.0 * (0.9 * 128.0 + 0.1 * 512.0);
/// Three epochs of MNLI's 392,702 pairs, 128 tokens each at most.
const FINETUNING_TOKENS: f64 = 3.0 * 392_702.0 * 128.0;
/// The tasks of the paper.
const PAPER_TASKS: usize = 11;
const WIDTH: usize = 32;
const HELD_OUT: usize = 150;

/// How well a task is done in the three ways.
#[derive(Debug, Clone, Copy)]
struct Outcome {
    /// On a copy of the encoder.
    copy: f64,
    /// On the encoder as it is.
    frozen: f64,
    /// On the encoder that learns in turn, just then.
    at_once: f64,
    /// The same head on the same encoder after the last task.
    at_end: f64,
    /// ‖θ − θ₀‖/‖θ₀‖ of the copy.
    moved: f64,
}

// ANCHOR: three_ways
/// All tasks in all three ways, and the readers with the encoder as it is.
fn three_ways(topics: &Topics, foundation: &BertModel, seed: u64) -> ([Outcome; 4], [Reader; 4]) {
    let fresh = |task: Task, encoder: &BertModel| Reader::new(task, topics, WIDTH, encoder, seed);
    let copies = Task::ALL.map(|task| fresh(task, foundation).trained(topics, seed));
    let frozen = Task::ALL.map(|task| fresh(task, foundation).with_frozen_encoder().trained(topics, seed));
    let mut encoder = foundation.clone();
    let in_turn = Task::ALL.map(|task| {
        let reader = fresh(task, &encoder).trained(topics, seed);
        encoder = reader.encoder().clone();
        reader
    });
    let judge = |reader: &Reader| reader.accuracy(topics, HELD_OUT, seed);
    let outcomes = [0, 1, 2, 3].map(|n| Outcome {
        copy: judge(&copies[n]),
        frozen: judge(&frozen[n]),
        at_once: judge(&in_turn[n]),
        at_end: judge(&in_turn[n].clone().on(&encoder)),
        moved: distance(copies[n].encoder(), foundation),
    });
    (outcomes, frozen)
}
// ANCHOR_END: three_ways

/// ‖θ − θ₀‖/‖θ₀‖ over embeddings and layers.
fn distance(encoder: &BertModel, foundation: &BertModel) -> f64 {
    let numbers = |model: &BertModel| {
        let mut all: Vec<f64> = vec![];
        let bare = BertModel { pooler: None, ..model.clone() };
        bare.for_each_parameter(&mut |_, tensor| all.extend(tensor.to_vec().into_iter().map(f64::from)));
        all
    };
    let (now, then) = (numbers(encoder), numbers(foundation));
    let square = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>();
    (square(&mut now.iter().zip(&then).map(|(a, b)| a - b)) / square(&mut then.iter().copied())).sqrt()
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let language = l.language();
    let topics = Topics::new(&words);
    let rng = &mut own_rng(l.rng());

    l.say(&texts::IDEA, &[]);
    count_parts(l, language);
    let [read, tuned] = [PRETRAINING_TOKENS, FINETUNING_TOKENS].map(|tokens| format!("{:.2}", tokens / 1e9));
    let ratio = format!("{:.0}", PRETRAINING_TOKENS / FINETUNING_TOKENS);
    l.say(&texts::PAID_ONCE, &[("read", &read), ("tuned", &tuned), ("ratio", &ratio)]);

    l.heading(&texts::WAYS_TITLE, &[]);
    let foundation = BertModel { pooler: None, ..topics.pretrained(WIDTH, rng) };
    let parameters = foundation.parameter_count();
    l.say(&texts::WAYS, &[("parameters", &grouped(parameters as u64)), ("labels", &LABELS), ("steps", &STEPS)]);
    let (outcomes, frozen) = three_ways(&topics, &foundation, rng.random());
    compare(l, language, &outcomes);
    l.say(&texts::SEEN, &[]);
    l.say(&texts::COPIES, &[]);

    l.say(&texts::ONE_TEXT, &[]);
    l.formula("H = encoder(text)      topic = W₁·tanh(W_p·H_[CLS])      stray = W₂·H      ∂L/∂H = Σ over heads");
    let text = topics.labelled(1, rng).swap_remove(0);
    let inputs = topics.inputs(std::slice::from_ref(&text));
    let tokens: Vec<String> = inputs.input_ids.as_slice().iter().map(|&id| topics.name(id)).collect();
    l.label("token", &tokens);
    l.label("topic", &words);
    let ctx = &mut Ctx::eval();
    let states = foundation.states(&inputs, None, ctx); //                    [1, T, D]
    let [topic, stray] = [0, 2].map(|n| frozen[n].on_states(&states, ctx).squeeze(0)); // [K], [T, 2]
    show!(l.model(), "states", ["batch", "token", "feature"], &states);
    l.label("label", &["–", "+"].map(str::to_owned));
    show!(l.model(), "topic.logits", ["topic"], &topic);
    show!(l.model(), "stray.logits", ["token", "label"], &stray);
    l.matrices();

    l.heading(&texts::COST_TITLE, &[]);
    l.say(&texts::COST, &[]);
    let base = Architecture::preset("bert-base").expect("BERT is known").parameters();
    let head = 2 * (BertConfig::base().hidden_size + 1);
    let megabytes = |numbers: usize| grouped((4 * numbers / 1_000_000) as u64);
    let columns = [texts::COLUMN_WAY, texts::COLUMN_BYTES, texts::COLUMN_TEXTS].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right, Align::Right]);
    table.row([texts::WAY_COPY.get(language), &megabytes(PAPER_TASKS * (base + head)), &PAPER_TASKS.to_string()]);
    table.row([texts::WAY_FROZEN.get(language), &megabytes(base + PAPER_TASKS * head), "1"]);
    l.table(table);
    let flat = |x: &Tensor| x.reshape(&[-1]);
    l.loss_of(&Tensor::concat(&[&flat(&topic), &flat(&stray)], 0));
    Ok(())
}

/// Where BERT-base's parameters are, and what each head adds.
fn count_parts(l: &mut LessonCtx, language: Language) {
    let sizes = BertConfig::base().sizes();
    let head = |outputs: u128| outputs * (sizes.hidden_size as u128 + 1);
    let rows = [
        (texts::PART_ENCODER, sizes.parameters()),
        (texts::PART_POOLER, sizes.pooler_parameters()),
        (texts::PART_PAIR, head(3)),
        (texts::PART_SINGLE, head(2)),
        (texts::PART_ANSWER, head(2)),
        (texts::PART_TAGS, head(9)),
    ];
    let whole = (sizes.parameters() + sizes.pooler_parameters()) as f64;
    let columns = [texts::COLUMN_PART, texts::COLUMN_NUMBERS, texts::COLUMN_SHARE].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right, Align::Right]);
    for (part, numbers) in rows {
        let share = format!("{:.3} %", 100.0 * numbers as f64 / whole);
        table.row([part.get(language), &grouped(numbers as u64), &share]);
    }
    l.table(table);
}

/// The table of outcomes, and the picture.
fn compare(l: &mut LessonCtx, language: Language, outcomes: &[Outcome; 4]) {
    let names = [texts::TOPIC, texts::SAME, texts::STRAY, texts::FIND].map(|text| text.get(language));
    let columns = [
        texts::COLUMN_TASK,
        texts::COLUMN_COPY,
        texts::COLUMN_FROZEN,
        texts::COLUMN_AT_ONCE,
        texts::COLUMN_AT_END,
        texts::COLUMN_MOVED,
    ];
    let right = Align::Right;
    let mut table =
        Table::new(columns.map(|text| text.get(language))).align([Align::Left, right, right, right, right, right]);
    for (name, outcome) in names.iter().zip(outcomes) {
        let [copy, frozen, at_once, at_end] = [outcome.copy, outcome.frozen, outcome.at_once, outcome.at_end]
            .map(|share| format!("{:.1} %", 100.0 * share));
        table.row([(*name).to_owned(), copy, frozen, at_once, at_end, format!("{:.2}", outcome.moved)]);
    }
    l.table(table);
    let series = |value: fn(&Outcome) -> f64| outcomes.each_ref().map(value);
    l.bars(
        BarChart::new(names)
            .series(texts::COLUMN_COPY.get(language), &series(|outcome| outcome.copy))
            .series(texts::COLUMN_FROZEN.get(language), &series(|outcome| outcome.frozen))
            .series(texts::SERIES_TURN.get(language), &series(|outcome| outcome.at_end))
            .title(texts::PICTURE.get(language))
            .range(0.0, 1.0)
            .decimals(2),
    );
    l.picture();
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    /// Erratum E26: copies do every task, one encoder that learns in turn forgets what came first.
    #[test]
    fn a_copy_for_each_task_or_the_first_is_forgotten() {
        let topics = Topics::new(&["a", "b", "c", "d", "e"].map(str::to_owned));
        let mut sums = [0.0; 3];
        for seed in 0..3 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let foundation = BertModel { pooler: None, ..topics.pretrained(WIDTH, rng) };
            let (outcomes, _) = three_ways(&topics, &foundation, rng.random());
            for outcome in outcomes {
                assert!(outcome.moved > 0.01, "seed {seed}: {outcome:?}");
            }
            // The last task is the one that is not forgotten, and the first is learned on the same encoder as its copy.
            assert_eq!(outcomes[3].at_once, outcomes[3].at_end);
            assert_eq!(outcomes[0].at_once, outcomes[0].copy);
            for outcome in &outcomes[..3] {
                for (sum, value) in sums.iter_mut().zip([outcome.copy, outcome.frozen, outcome.at_end]) {
                    *sum += value / 9.0;
                }
            }
        }
        let [copy, frozen, at_end] = sums;
        assert!(copy > frozen + 0.05 && copy > at_end + 0.1, "{sums:?}");
    }
}
