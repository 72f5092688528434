//! S36: RoBERTa, DistilBERT and ALBERT. The slide's table with what can be computed, and the one change of each, small.
//!
//! V words, E features of a narrow table, D features of a token, τ temperature.

use jumok_bert::{AlbertConfig, AlbertModel, TextEncoder, distillation_kl};
use jumok_nn::{Module, show};
use jumok_tensor::Tensor;
use jumok_text::pretraining::{MaskAction, MaskDecision, MaskingOptions, sample_masking};
use jumok_training::{Language, Text, grouped};
use jumok_viz::{Align, BarChart, Table};

use super::{WORDS, vectors};
use crate::calculator::Architecture;
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S36.
pub static LESSON: Lesson = Lesson {
    id: "s36",
    slides: &["S36"],
    title: Text { en: "RoBERTa, DistilBERT, ALBERT", ko: "RoBERTa, DistilBERT, ALBERT의 개선" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The first part.
        TABLE_TITLE = "The table, computed" | "계산한 표";
        /// What is computed.
        TABLE =
            "From the sizes of each model follow its parameters, to the last one, and the operations that it takes to read a text. The slide's numbers are rounded, and RoBERTa's and DistilBERT's have lost their unit: 125, 355 and 66 are millions."
            | "모델의 크기가 정해지면 파라미터 수는 하나까지, 글 하나를 읽는 데 드는 연산도 정해집니다. 슬라이드의 수는 반올림한 것이고, RoBERTa와 DistilBERT에는 단위가 빠졌습니다. 125, 355, 66은 백만 단위입니다.";
        /// A column.
        COLUMN_MODEL = "model" | "모델";
        /// A column.
        COLUMN_SIZES = "layers / width / heads" | "층 / 폭 / 헤드";
        /// A column.
        COLUMN_SLIDE = "slide" | "슬라이드";
        /// A column.
        COLUMN_COUNT = "computed here" | "여기서 계산";
        /// A column.
        COLUMN_OPERATIONS = "10⁹ operations, {tokens} tokens" | "연산 10⁹개, 토큰 {tokens}개";
        /// Title of the picture.
        PICTURE = "Beside BERT-base, which is 1" | "BERT-base를 1로 볼 때";
        /// A series.
        SERIES_PARAMETERS = "parameters" | "파라미터";
        /// A series.
        SERIES_OPERATIONS = "operations" | "연산";
        /// Erratum E30.
        SAME_WORK =
            "Look at ALBERT-base: {share} of BERT-base's parameters, {work} of its operations. It is small to store and to send, not quick to run: the same layer is gone through {layers} times. DistilBERT is the one that halves the work."
            | "ALBERT-base를 보세요. 파라미터는 BERT-base의 {share}인데 연산은 {work}입니다. 저장하고 보내기에 작을 뿐 빨리 도는 것은 아닙니다. 같은 층을 {layers}번 지나기 때문입니다. 연산을 절반으로 줄이는 것은 DistilBERT입니다.";
        /// Errata E28 and E29.
        NOTES =
            "Two more rows of the slide need a note. BERT was not trained on V100s but on 4 and 16 Cloud TPUs, 4 days each; the V100 figures are somebody's conversion. And the GLUE figures do not belong to the sizes above them: 88.5 is an ensemble of RoBERTa-large, 89.4 an ensemble of ALBERT-xxlarge, which is 4,096 wide."
            | "슬라이드의 두 행에는 덧붙일 말이 있습니다. BERT를 학습한 것은 V100이 아니라 Cloud TPU 4개와 16개, 각각 4일이었습니다. V100 수치는 누군가가 환산한 것입니다. 그리고 GLUE 점수는 위에 적힌 크기의 것이 아닙니다. 88.5는 RoBERTa-large 여러 개를 묶은 앙상블, 89.4는 폭이 4,096인 ALBERT-xxlarge의 앙상블입니다.";
        /// ALBERT.
        ALBERT_TITLE = "ALBERT: a narrow table, one layer" | "ALBERT: 좁은 표, 층 하나";
        /// The first change.
        FACTORED =
            "A table of V words, D wide, has V·D numbers. ALBERT keeps a narrow one, E wide, and one matrix that widens it for all words. Here E = {narrow} and D = {wide}:"
            | "단어 V개, 폭 D인 표에는 수가 V·D개 있습니다. ALBERT는 폭 E인 좁은 표와, 모든 단어를 함께 넓히는 행렬 하나를 둡니다. 여기서는 E = {narrow}, D = {wide}입니다.";
        /// What it saves.
        FACTORED_COUNT =
            "The words now lie in a plane: whatever D is, the rank of the product is at most E. At the size of ALBERT-base, {factored} numbers instead of {full}."
            | "이제 단어들은 한 평면 위에 있습니다. D가 얼마든 곱의 계수는 많아야 E입니다. ALBERT-base의 크기에서는 수 {full}개가 {factored}개로 줍니다.";
        /// The second change.
        SHARED =
            "And every layer is the same one. Deeper means more work, not more to learn:"
            | "그리고 모든 층이 같은 층입니다. 깊어지면 할 일이 늘 뿐, 배울 것은 늘지 않습니다.";
        /// A column.
        COLUMN_DEPTH = "depth" | "깊이";
        /// A column.
        COLUMN_ALBERT = "ALBERT: parameters" | "ALBERT: 파라미터";
        /// A column.
        COLUMN_BERT = "layers of their own" | "층마다 따로 둘 때";
        /// A column.
        COLUMN_ADDS = "multiply-adds a token" | "토큰마다 곱셈-덧셈";
        /// DistilBERT.
        DISTIL_TITLE = "DistilBERT: learning from a teacher" | "DistilBERT: 스승에게 배우기";
        /// What the student learns.
        DISTIL =
            "A masked word has one right answer, but a teacher has an opinion on every word, and the wrong ones that it finds likely say much. The softmax of logits divided by τ > 1 is flatter and lets them be seen. What this teacher says of a masked place, at three temperatures:"
            | "가린 단어의 정답은 하나지만, 스승은 모든 단어에 의견이 있습니다. 틀린 단어 가운데 그럴듯하다고 여기는 것들이 많은 것을 알려 줍니다. 로짓을 τ > 1로 나눈 소프트맥스는 더 평평해서 그것이 드러납니다. 이 스승이 가린 자리 하나를 두고 하는 말을 온도 셋에서 보면 다음과 같습니다.";
        /// A row.
        TEMPERATURE = "τ = {temperature}" | "온도 τ = {temperature}";
        /// The loss.
        DISTIL_LOSS =
            "The student is to say the same. Its loss is the divergence of the two softened distributions, times τ², for the gradient of softened logits shrinks with 1/τ²:"
            | "제자는 같은 말을 하도록 배웁니다. 손실은 부드럽게 한 두 분포의 발산에 τ²을 곱한 것입니다. 부드럽게 한 로짓의 기울기는 1/τ²로 줄기 때문입니다.";
        /// A column.
        COLUMN_TEMPERATURE = "τ" | "온도 τ";
        /// A column.
        COLUMN_ENTROPY = "entropy of the teacher" | "스승의 엔트로피";
        /// A column.
        COLUMN_DIVERGENCE = "τ²·KL" | "τ²·KL 값";
        /// The rest of the loss.
        DISTIL_REST =
            "DistilBERT adds the loss on the masked words themselves and the angle between the last states, with the weights 5, 2 and 1. And it does not begin from nothing: its 6 layers start as every second one of the teacher's 12."
            | "DistilBERT는 여기에 가린 단어 자체의 손실과 마지막 상태 사이의 각도를 더하고, 무게는 5, 2, 1입니다. 그리고 맨바닥에서 시작하지 않습니다. 6개 층은 스승의 12개 층을 하나 걸러 하나씩 가져온 것입니다.";
        /// RoBERTa.
        ROBERTA_TITLE = "RoBERTa: new masks every time" | "RoBERTa: 매번 새로운 마스크";
        /// Dynamic masking.
        DYNAMIC =
            "BERT's data was masked once, before training; a sentence came back with the same holes (in ten versions, each seen four times). RoBERTa draws the mask when the sentence is read. Chosen words are hidden ([MASK]), replaced at random ([word]) or left as they are ([=word]):"
            | "BERT의 데이터는 학습 전에 한 번 가렸습니다. 문장은 같은 구멍을 지닌 채 다시 왔습니다(열 가지 판을 만들어 네 번씩 보았습니다). RoBERTa는 문장을 읽을 때 마스크를 뽑습니다. 뽑힌 단어는 가리거나([MASK]), 아무 단어로 바꾸거나([단어]), 그대로 둡니다([=단어]).";
        /// A column.
        COLUMN_EPOCH = "epoch" | "에포크";
        /// A column.
        COLUMN_STATIC = "masked once" | "한 번만 가림";
        /// A column.
        COLUMN_DYNAMIC = "masked anew" | "새로 가림";
        /// What else.
        DYNAMIC_REST =
            "The rest is more of everything: ten times the text, larger batches, a byte-level vocabulary of {vocabulary}, which is where the extra parameters are, and no next-sentence task."
            | "나머지는 모두 양입니다. 글은 열 배, 배치는 더 크게, 어휘는 바이트 단위로 {vocabulary}개이고, 늘어난 파라미터는 여기에 있습니다. 다음 문장 과제는 없앴습니다.";
        /// SOP.
        ORDER_TITLE = "Sentence order instead of next sentence" | "다음 문장 대신 문장 순서";
        /// Why.
        ORDER =
            "In the next-sentence task (NSP) a false B comes from another document, so the topic alone gives it away. ALBERT asks for the order (SOP): the same two sentences, straight or swapped. Only what holds them together can tell:"
            | "다음 문장 과제(NSP)에서 가짜 B는 다른 문서에서 오므로 주제만 보아도 들통납니다. ALBERT는 순서를 묻습니다(SOP). 같은 두 문장이 바른 순서이거나 뒤바뀐 순서입니다. 둘을 잇는 것만이 답을 알려 줍니다.";
        /// A column.
        COLUMN_TASK = "task" | "과제";
        /// A column.
        COLUMN_TRUE = "label 0" | "레이블 0";
        /// A column.
        COLUMN_FALSE = "label 1" | "레이블 1";
        /// A sentence of another document.
        ELSEWHERE = "(out of another text)" | "(다른 글의 문장)";
        /// Where to go on.
        OUTLOOK =
            "`inspect` shows the parameters of a real checkpoint, `calc albert-base` where they are and what they cost."
            | "실제 체크포인트의 파라미터는 `inspect`로, 어디에 있고 얼마나 드는지는 `calc albert-base`로 볼 수 있습니다.";
    }
}

/// The models of the slide: name for people, name for the calculator, what the slide says.
const MODELS: [(&str, &str, &str); 7] = [
    ("BERT-base", "bert-base", "110M"),
    ("BERT-large", "bert-large", "340M"),
    ("RoBERTa-base", "roberta-base", "125"),
    ("RoBERTa-large", "roberta-large", "355"),
    ("DistilBERT-base", "distilbert-base", "66"),
    ("ALBERT-base", "albert-base", "12M"),
    ("ALBERT-large", "albert-large", "18M"),
];
/// The length of a text whose operations are counted.
const TOKENS: usize = 128;
const TEMPERATURES: [f64; 3] = [1.0, 2.0, 4.0];
const EPOCHS: usize = 4;

fn model(name: &str) -> Architecture {
    Architecture::preset(name).expect("the models of the slide are known")
}

/// A very small ALBERT: 12 words, E = 4, D = 8.
fn small_albert(depth: usize) -> AlbertConfig {
    AlbertConfig {
        vocab_size: 12,
        embedding_size: 4,
        hidden_size: 8,
        num_hidden_layers: depth,
        num_attention_heads: 2,
        intermediate_size: 16,
        max_position_embeddings: 8,
        ..AlbertConfig::base()
    }
}

/// The sentence with its decisions carried out, as text.
fn shown(words: &[String], decisions: &[MaskDecision]) -> String {
    let mut shown = words.to_vec();
    for decision in decisions {
        match decision.action {
            MaskAction::Mask => shown[decision.position] = "[MASK]".to_owned(),
            MaskAction::Random(id) => shown[decision.position] = format!("[{}]", words[id as usize]),
            MaskAction::Keep => shown[decision.position] = format!("[={}]", words[decision.position]),
        }
    }
    shown.join(" ")
}

/// H(p) = −Σ p·log p, in nats.
fn entropy(p: &Tensor) -> f64 {
    p.to_vec().into_iter().map(f64::from).filter(|&p| p > 0.0).map(|p| -p * p.ln()).sum()
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    const NARROW: usize = 2;
    const WIDE: usize = 5;
    let words = l.words(&WORDS)?;
    let (count, language) = (words.len(), l.language());

    l.heading(&texts::TABLE_TITLE, &[]);
    l.say(&texts::TABLE, &[]);
    compare(l, language);
    let (bert, albert) = (model("bert-base"), model("albert-base"));
    let percent = |part: f64, whole: f64| format!("{:.0} %", 100.0 * part / whole);
    let share = percent(albert.parameters() as f64, bert.parameters() as f64);
    let work = percent(albert.compute(TOKENS).forward(), bert.compute(TOKENS).forward());
    l.say(&texts::SAME_WORK, &[("share", &share), ("work", &work), ("layers", &albert.encoder_layers)]);
    l.say(&texts::NOTES, &[]);

    l.heading(&texts::ALBERT_TITLE, &[]);
    l.say(&texts::FACTORED, &[("narrow", &NARROW), ("wide", &WIDE)]);
    l.formula("V·D   →   V·E + E·D");
    let narrow = vectors(count, NARROW, l.rng()); //                          [V, E]
    let widen = vectors(NARROW, WIDE, l.rng()); //                            [E, D]
    let wide = narrow.matmul(&widen); //                                      [V, D]
    l.label("word", &words);
    show!(l.model(), "words.narrow", ["word", "feature"], &narrow);
    show!(l.model(), "widen", ["narrow", "feature"], &widen);
    show!(l.model(), "words", ["word", "feature"], &wide);
    l.matrices();
    let (v, e, d) = (albert.vocab_size, albert.embedding_size, albert.hidden_size);
    let [factored, full] = [v * e + e * d, v * d].map(|numbers| grouped(numbers as u64));
    l.say(&texts::FACTORED_COUNT, &[("factored", &factored), ("full", &full)]);
    l.say(&texts::SHARED, &[]);
    let columns = [texts::COLUMN_DEPTH, texts::COLUMN_ALBERT, texts::COLUMN_BERT, texts::COLUMN_ADDS];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 4]);
    for depth in [1, 2, 4] {
        let config = small_albert(depth);
        let shared = AlbertModel::build(&config, true, l.rng());
        let separate = AlbertModel::build(&AlbertConfig { num_hidden_groups: depth, ..config.clone() }, true, l.rng());
        let (d, f) = (config.hidden_size, config.intermediate_size);
        let adds = config.embedding_size * d + depth * (4 * d * d + 2 * d * f);
        let cells = [depth, shared.parameter_count(), separate.parameter_count(), adds];
        table.row(cells.map(|cell| grouped(cell as u64)));
    }
    l.table(table);

    l.heading(&texts::DISTIL_TITLE, &[]);
    l.say(&texts::DISTIL, &[]);
    l.formula("p_τ(w) = exp(z_w/τ) / Σ_w′ exp(z_w′/τ)");
    let said = |l: &mut LessonCtx| vectors(1, count, l.rng()) * 4.0; //       [1, V]
    let (teacher, student) = (said(l), said(l));
    // ANCHOR: softened
    let softened = |logits: &Tensor| {
        let rows = TEMPERATURES.map(|temperature| (logits * (1.0 / temperature)).softmax(-1)); // [1, V] each
        Tensor::concat(&rows.each_ref(), 0) //                                [temperatures, V]
    };
    // ANCHOR_END: softened
    let (taught, answered) = (softened(&teacher), softened(&student));
    let names = TEMPERATURES.map(|temperature| texts::TEMPERATURE.fill(language, &[("temperature", &temperature)]));
    l.label("temperature", &names);
    show!(l.model(), "teacher", ["temperature", "word"], &taught);
    show!(l.model(), "student", ["temperature", "word"], &answered);
    l.matrices();
    l.say(&texts::DISTIL_LOSS, &[]);
    l.formula("L = τ²·Σ_w p_τ(w)·log(p_τ(w)/q_τ(w))      ∂L/∂z_w = τ·(q_τ(w) − p_τ(w))");
    let columns = [texts::COLUMN_TEMPERATURE, texts::COLUMN_ENTROPY, texts::COLUMN_DIVERGENCE];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 3]);
    for (n, temperature) in TEMPERATURES.into_iter().enumerate() {
        let loss = distillation_kl(&student, &teacher, temperature).item();
        let entropy = entropy(&taught.select(0, n as isize));
        table.row([format!("{temperature}"), format!("{entropy:.3}"), format!("{loss:.3}")]);
    }
    l.table(table);
    l.say(&texts::DISTIL_REST, &[]);

    l.heading(&texts::ROBERTA_TITLE, &[]);
    l.say(&texts::DYNAMIC, &[]);
    let places: Vec<Vec<usize>> = (0..count).map(|place| vec![place]).collect();
    let ids: Vec<i64> = (0..count as i64).collect();
    let options = MaskingOptions::default();
    let once = sample_masking(&places, &options, &ids, l.rng());
    let columns = [texts::COLUMN_EPOCH, texts::COLUMN_STATIC, texts::COLUMN_DYNAMIC].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Right, Align::Left, Align::Left]);
    for epoch in 1..=EPOCHS {
        let anew = sample_masking(&places, &options, &ids, l.rng());
        table.row([epoch.to_string(), shown(&words, &once), shown(&words, &anew)]);
    }
    l.table(table);
    l.say(&texts::DYNAMIC_REST, &[("vocabulary", &grouped(model("roberta-base").vocab_size as u64))]);

    l.heading(&texts::ORDER_TITLE, &[]);
    l.say(&texts::ORDER, &[]);
    let (a, b) = words.split_at(count / 2);
    let pair = |a: &str, b: &str| format!("[CLS] {a} [SEP] {b} [SEP]");
    let (a, b) = (a.join(" "), b.join(" "));
    let columns = [texts::COLUMN_TASK, texts::COLUMN_TRUE, texts::COLUMN_FALSE].map(|text| text.get(language));
    let mut table = Table::new(columns);
    table.row(["NSP".to_owned(), pair(&a, &b), pair(&a, texts::ELSEWHERE.get(language))]);
    table.row(["SOP".to_owned(), pair(&a, &b), pair(&b, &a)]);
    l.table(table);
    l.say(&texts::OUTLOOK, &[]);
    let hottest = TEMPERATURES.len() - 1;
    let divergence = distillation_kl(&student, &teacher, TEMPERATURES[hottest]);
    l.loss_of(&Tensor::concat(&[&wide.reshape(&[-1]), &answered.reshape(&[-1]), &divergence.reshape(&[1])], 0));
    Ok(())
}

/// The table of the slide, and the picture.
fn compare(l: &mut LessonCtx, language: Language) {
    let operations = texts::COLUMN_OPERATIONS.fill(language, &[("tokens", &TOKENS)]);
    let columns = [texts::COLUMN_MODEL, texts::COLUMN_SIZES, texts::COLUMN_SLIDE, texts::COLUMN_COUNT];
    let columns = columns.iter().map(|text| text.get(language)).chain([operations.as_str()]);
    let mut table = Table::new(columns).align([Align::Left, Align::Left, Align::Right, Align::Right, Align::Right]);
    let bert = model("bert-base");
    let [mut parameters, mut work] = [vec![], vec![]];
    for (name, key, slide) in MODELS {
        let model = model(key);
        let forward = model.compute(TOKENS).forward();
        let sizes = format!("{} / {} / {}", model.encoder_layers, model.hidden_size, model.num_attention_heads);
        table.row([name, &sizes, slide, &grouped(model.parameters() as u64), &format!("{:.1}", forward / 1e9)]);
        parameters.push(model.parameters() as f64 / bert.parameters() as f64);
        work.push(forward / bert.compute(TOKENS).forward());
    }
    l.table(table);
    l.bars(
        BarChart::new(MODELS.map(|(name, _, _)| name))
            .series(texts::SERIES_PARAMETERS.get(language), &parameters)
            .series(texts::SERIES_OPERATIONS.get(language), &work)
            .title(texts::PICTURE.get(language))
            .decimals(2),
    );
    l.picture();
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_bert::{BertConfig, BertInputs, DistilBertConfig, EncoderSettings, RobertaConfig};
    use jumok_nn::Ctx;
    use jumok_tensor::IntTensor;
    use rand::SeedableRng;
    use rand::rngs::ChaCha8Rng;

    /// The calculator of the table and the models themselves count the same.
    #[test]
    fn the_counts_are_those_of_the_models() {
        let counts = [109_482_240_u128, 335_141_888, 124_645_632, 355_359_744, 66_362_880, 11_683_584, 17_683_968];
        for ((_, key, _), count) in MODELS.iter().zip(counts) {
            assert_eq!(model(key).parameters() as u128, count, "{key}");
        }
        let pooled = |sizes: jumok_bert::EncoderSizes| sizes.parameters() + sizes.pooler_parameters();
        assert_eq!(pooled(BertConfig::base().sizes()), counts[0]);
        assert_eq!(pooled(RobertaConfig::base().sizes()), counts[2]);
        assert_eq!(pooled(RobertaConfig::large().sizes()), counts[3]);
        assert_eq!(DistilBertConfig::default().sizes().parameters(), counts[4]);
        assert_eq!(pooled(AlbertConfig::base().sizes()), counts[5]);
        assert_eq!(pooled(AlbertConfig::large().sizes()), counts[6]);
    }

    /// Erratum E30: a tenth of the parameters, all of the work.
    #[test]
    fn albert_saves_memory_and_not_time() {
        let (bert, albert) = (model("bert-base"), model("albert-base"));
        assert!(albert.parameters() * 9 < bert.parameters());
        let work = albert.compute(TOKENS).forward() / bert.compute(TOKENS).forward();
        assert!((0.99..1.02).contains(&work), "{work}");
        let distilled = model("distilbert-base").compute(TOKENS).forward() / bert.compute(TOKENS).forward();
        assert!((0.49..0.51).contains(&distilled), "{distilled}");
    }

    /// Layers that share their weights are one layer that is gone through again and again.
    #[test]
    fn depth_costs_no_parameters() {
        let shallow = AlbertModel::build(&small_albert(1), true, &mut ChaCha8Rng::seed_from_u64(0));
        let deep = AlbertModel::build(&small_albert(4), true, &mut ChaCha8Rng::seed_from_u64(0));
        assert_eq!(shallow.parameter_count(), deep.parameter_count());
        let inputs = BertInputs::new(IntTensor::from_vec(vec![1, 2, 3], &[1, 3]));
        let states = |model: &AlbertModel| model.states(&inputs, None, &mut Ctx::eval()).to_vec();
        assert_ne!(states(&shallow), states(&deep));
    }

    #[test]
    fn a_higher_temperature_says_more_about_the_wrong_words() {
        let rng = &mut ChaCha8Rng::seed_from_u64(3);
        for _ in 0..20 {
            let logits = vectors(1, 6, rng) * 4.0;
            let entropies = TEMPERATURES.map(|t| entropy(&(&logits * (1.0 / t)).softmax(-1)));
            assert!(entropies.is_sorted(), "{entropies:?}");
        }
    }

    /// ∂L/∂z = τ·(q − p): what the formula of the lesson says is what autograd finds.
    #[test]
    fn the_gradient_of_the_distillation_loss() {
        let rng = &mut ChaCha8Rng::seed_from_u64(7);
        let (student, teacher) = (vectors(1, 5, rng), vectors(1, 5, rng));
        for t in TEMPERATURES {
            let gradients = distillation_kl(&student, &teacher, t).backward();
            let found = gradients.get(&student).unwrap().to_vec();
            let [q, p] = [&student, &teacher].map(|logits| (logits * (1.0 / t)).softmax(-1).to_vec());
            for n in 0..5 {
                assert!((f64::from(found[n]) - t * f64::from(q[n] - p[n])).abs() < 1e-4);
            }
        }
    }
}
