//! S29: pre-training. A small BERT learns from texts that nobody labelled, and both its losses are written down.
//!
//! B pairs of T tokens, M hidden words, V tokens of the vocabulary: logits `[M, V]` and `[B, 2]`.

use jumok_bert::BertForPreTraining;
use jumok_nn::{Ctx, show};
use jumok_training::{Language, Text};
use jumok_viz::{Align, Curve, Table};
use rand::RngExt;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::stories::{BOTH, HEROES, Stories};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S29.
pub static LESSON: Lesson =
    Lesson {
        id: "s29", slides: &["S29"], title: Text { en: "Pre-training", ko: "사전학습" }, texts: texts::ALL, tell
    };

mod texts {
    jumok_training::texts! {
        /// The idea.
        QUESTION =
            "Labels are dear (S27), texts are not (S28). Pre-training takes the texts and makes the labels out of them: hide a word, and the word is its own label; put two sentences together, and whether they stood together is theirs. In form it is supervised learning, down to the cross-entropy. What it needs is a text."
            | "정답은 비싸고(S27) 글은 그렇지 않습니다(S28). 사전학습은 글을 가져다 정답을 만들어 냅니다. 단어를 가리면 그 단어가 정답이 되고, 두 문장을 붙이면 원래 붙어 있었는지가 정답이 됩니다. 형식은 교차 엔트로피까지 지도 학습 그대로입니다. 필요한 것은 글뿐입니다.";
        /// The rows.
        ROWS =
            "Four exercises that were made out of the diaries of S31; nobody wrote down an answer:"
            | "S31의 일기로 만든 문제 네 개입니다. 정답을 적어 준 사람은 없습니다.";
        /// A column.
        COLUMN_READ = "what the model reads" | "모델이 읽는 것";
        /// A column.
        COLUMN_HIDDEN = "hidden" | "가린 단어";
        /// A column.
        COLUMN_NEXT = "B follows A" | "B가 A의 다음";
        /// An answer.
        YES = "yes" | "예";
        /// An answer.
        NO = "no" | "아니요";
        /// The loss.
        LOSS =
            "Both exercises are done in one pass, and their losses are added. Nobody weighs them: each is a mean of −log p in nats, and each begins near what guessing costs, ln {vocabulary} = {words} for a word and ln 2 = {coin} for a relation:"
            | "두 연습을 한 번에 풀고 손실을 더합니다. 가중치는 없습니다. 둘 다 −log p의 평균(nat)이고, 찍을 때의 값 가까이에서 시작합니다. 단어는 ln {vocabulary} = {words}, 관계는 ln 2 = {coin}입니다.";
        /// Training.
        TRAINING =
            "A BERT of {layers} layers, {width} wide, with {parameters} parameters, learns for {steps} steps of {rows} pairs:"
            | "층이 {layers}개, 폭이 {width}, 파라미터가 {parameters}개인 BERT가 {steps}스텝 동안 스텝마다 쌍 {rows}개로 배웁니다.";
        /// Title of the picture.
        CURVE = "The two losses of pre-training" | "사전학습의 두 손실";
        /// An axis.
        AXIS_STEP = "step" | "스텝";
        /// An axis.
        AXIS_LOSS = "loss (nats)" | "손실 (nat)";
        /// A curve.
        WORDS = "hidden words (MLM)" | "가린 단어 (MLM)";
        /// A curve.
        RELATIONS = "next sentence (NSP)" | "다음 문장 (NSP)";
        /// A level.
        COIN = "a coin" | "동전 던지기";
        /// A column.
        COLUMN_STEP = "step" | "스텝";
        /// A column.
        COLUMN_MLM = "MLM" | "MLM 손실";
        /// A column.
        COLUMN_NSP = "NSP" | "NSP 손실";
        /// A column.
        COLUMN_SUM = "loss" | "합";
        /// What came out.
        RESULT =
            "On pairs of entries that it never saw, it guesses {words} of the hidden words and {relations} of the relations. The words cannot all be guessed: the days are random, and whoever is asked for one can only guess. The word loss falls first. The relation stays a coin toss until the words have meanings that can be compared, and is learned then."
            | "한 번도 보지 못한 일기의 쌍에서 가린 단어는 {words}, 관계는 {relations}를 맞힙니다. 단어를 모두 맞힐 수는 없습니다. 요일은 무작위라서, 요일을 물으면 찍을 수밖에 없습니다. 먼저 내려가는 것은 단어의 손실입니다. 관계는 동전 던지기에 머물다가, 비교할 만한 뜻이 단어에 생긴 다음에 배웁니다.";
        /// The logits.
        LOGITS =
            "What the trained model says about the four exercises: a row for each hidden word, then one for each pair. In the stepper (--step), the gradient of either is p − y, divided by how many there are:"
            | "배운 모델이 위의 네 문제에 하는 말입니다. 가린 단어마다 한 행, 그다음 쌍마다 한 행입니다. 스테퍼(--step)에서 보면 둘의 기울기는 모두 p − y를 개수로 나눈 것입니다.";
        /// The slide: infinite?
        FINITE =
            "The slide calls this an infinite amount of supervised data. Free is the labelling; the texts end. BERT had two sources, and for the second the slide of S32 says {slide}M words where the paper says {books}M:"
            | "슬라이드는 이것을 무한한 양의 지도학습 데이터라고 합니다. 공짜인 것은 정답이고, 글에는 끝이 있습니다. BERT가 읽은 것은 두 가지입니다. 둘째에 대해 S32의 슬라이드에는 {slide}M 단어라고 적혀 있지만 논문에는 {books}M 단어입니다.";
        /// A column.
        COLUMN_SOURCE = "source" | "출처";
        /// A column.
        COLUMN_MILLIONS = "words, millions" | "단어 (백만)";
        /// A row.
        TOGETHER = "together" | "합계";
        /// A row.
        READ = "tokens read in training" | "학습하며 읽은 토큰";
        /// A row.
        ASKED = "labels that were asked for, 15 %" | "그 가운데 물어본 정답, 15 %";
        /// What it means.
        OUTLOOK =
            "A million steps of {rows} rows, nine of ten of them {short} tokens long and the rest {long}, are about {times} passes over the same texts (the paper counts every row as {long} long and speaks of {counted}). Each pass hides other words. And nobody could have written the labels by hand: at one a second, day and night, they are {years} years of work."
            | "스텝마다 {rows}줄씩 백만 스텝이고, 열에 아홉은 토큰 {short}개, 나머지는 {long}개짜리 줄이므로 같은 글을 {times}번쯤 읽는 셈입니다(논문은 모든 줄을 {long}개로 쳐서 {counted}번이라고 합니다). 읽을 때마다 다른 단어를 가립니다. 그리고 이 정답들을 손으로 쓸 수 있는 사람은 없습니다. 일 초에 하나씩 밤낮없이 써도 {years}년이 걸립니다.";
    }
}

/// Rows that are shown.
const SHOWN: usize = 4;
const EVERY: u64 = 50;
/// Pairs that the trained model is asked.
const JUDGED: usize = 400;

/// English Wikipedia and BooksCorpus in millions of words (Devlin et al. 2019, section 3.1).
const SOURCES: [(&str, f64); 2] = [("Wikipedia", 2500.0), ("BooksCorpus", 800.0)];
/// What the slide says of BooksCorpus.
const SLIDE: f64 = 8.0;
/// Rows of a batch and steps (section A.2).
const ROWS: f64 = 256.0;
const STEPS: f64 = 1e6;
/// Tokens of a row in the first nine of ten steps, and in the last.
const SHORT: f64 = 128.0;
const LONG: f64 = 512.0;

/// Both losses of a step, each a mean.
struct Losses {
    step: u64,
    words: f64,
    relations: f64,
}

/// Pre-trains a fresh model and keeps the losses of every step.
fn pretrain(
    stories: &Stories,
    entries: &[super::stories::Entry],
    seeds: [u64; 2],
) -> (BertForPreTraining, Vec<Losses>) {
    let mut model = stories.model(seeds[0]);
    let mut losses = vec![];
    let rng = &mut ChaCha8Rng::seed_from_u64(seeds[1]);
    stories.train(&mut model, entries, BOTH, rng, |step, _, said| {
        let words = said.masked_loss_sum / said.masked_count as f64;
        let relations = said.next_sentence_loss_sum / said.next_sentence_count as f64;
        losses.push(Losses { step, words, relations });
    });
    (model, losses)
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let heroes = l.words(&HEROES)?;
    let language = l.language();
    let stories = Stories::new(&heroes, language);
    let entries = stories.entries(l.rng());
    let seeds: [u64; 2] = [l.rng().random(), l.rng().random()];
    let written = |ids: &[i64]| ids.iter().map(|&id| stories.vocabulary[id as usize].clone()).collect::<Vec<_>>();

    l.say(&texts::QUESTION, &[]);
    l.say(&texts::ROWS, &[]);
    let exercises = stories.batch(&entries[1], SHOWN, true, l.rng());
    let columns = [texts::COLUMN_READ, texts::COLUMN_HIDDEN, texts::COLUMN_NEXT].map(|text| text.get(language));
    let mut table = Table::new(columns);
    let hidden = written(exercises.labels.masked_labels.as_slice());
    for (row, ids) in exercises.inputs.input_ids.as_slice().chunks(Stories::LENGTH).enumerate() {
        let in_row = |&(_, &at): &(usize, &i64)| at as usize / Stories::LENGTH == row;
        let places = exercises.positions.as_slice().iter().enumerate().filter(in_row);
        let answers: Vec<&str> = places.map(|(n, _)| hidden[n].as_str()).collect();
        let next = [texts::YES, texts::NO][exercises.labels.next_sentence_labels.as_slice()[row] as usize];
        table.row([written(ids).join(" "), answers.join(", "), next.get(language).to_owned()]);
    }
    l.table(table);

    let vocabulary = stories.vocabulary.len();
    let [words, coin] = [vocabulary as f64, 2.0].map(|choices| format!("{:.2}", choices.ln()));
    l.say(&texts::LOSS, &[("vocabulary", &vocabulary), ("words", &words), ("coin", &coin)]);
    l.formula("L = L_MLM + L_NSP = −(1/M)·Σ log p(word) − (1/B)·Σ log p(relation)");
    let (model, losses) = pretrain(&stories, &entries[0], seeds);
    let parameters = jumok_nn::Module::parameter_count(&model);
    let [layers, width] = [model.bert.encoder.layer.len(), model.bert.embeddings.word_embeddings.weight.shape()[1]];
    let values: [(&str, &dyn std::fmt::Display); 5] = [
        ("layers", &layers),
        ("width", &width),
        ("parameters", &parameters),
        ("steps", &stories.steps()),
        ("rows", &Stories::ROWS),
    ];
    l.say(&texts::TRAINING, &values);
    let points = |of: fn(&Losses) -> f64| losses.iter().map(move |at| (at.step as f64, of(at))).collect::<Vec<_>>();
    l.curve(
        Curve::new(texts::CURVE.get(language))
            .axes(texts::AXIS_STEP.get(language), texts::AXIS_LOSS.get(language))
            .language(match language {
                Language::English => jumok_viz::Language::English,
                Language::Korean => jumok_viz::Language::Korean,
            })
            .series(texts::WORDS.get(language), points(|at| at.words))
            .series(texts::RELATIONS.get(language), points(|at| at.relations))
            .baseline(texts::COIN.get(language), 2f64.ln())
            .include(0.0),
    );
    l.picture();
    let columns = [texts::COLUMN_STEP, texts::COLUMN_MLM, texts::COLUMN_NSP, texts::COLUMN_SUM];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 4]);
    for at in losses.iter().filter(|at| at.step % EVERY == 0 || at.step + 1 == stories.steps()) {
        let [words, relations, sum] = [at.words, at.relations, at.words + at.relations].map(|x| format!("{x:.3}"));
        table.row([(at.step + 1).to_string(), words, relations, sum]);
    }
    l.table(table);
    let [relations, words] = stories.judge(&model, &entries[1], true, JUDGED, l.rng()).map(|x| format!("{x:.1} %"));
    l.say(&texts::RESULT, &[("words", &words), ("relations", &relations)]);

    l.say(&texts::LOGITS, &[]);
    let output = model.forward(&exercises.inputs, &exercises.positions, &mut Ctx::eval());
    let said = BertForPreTraining::loss(&output, &exercises.labels, exercises.labels.counts());
    l.label("position", &hidden);
    l.label("word", &stories.vocabulary);
    l.label("relation", &[texts::YES, texts::NO].map(|text| text.get(language).to_owned()));
    show!(l.model(), "words", ["position", "word"], &output.prediction_logits);
    show!(l.model(), "relations", ["sentence", "relation"], &output.seq_relationship_logits);
    l.matrices();

    let million = |x: f64| format!("{x:.0}");
    let books = SOURCES[1].1;
    l.say(&texts::FINITE, &[("slide", &million(SLIDE)), ("books", &million(books))]);
    let all: f64 = SOURCES.iter().map(|(_, words)| words).sum();
    let read = ROWS * STEPS * (0.9 * SHORT + 0.1 * LONG) / 1e6;
    let asked = 0.15 * read;
    let columns = [texts::COLUMN_SOURCE, texts::COLUMN_MILLIONS].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right]);
    for (name, words) in SOURCES {
        table.row([name, &million(words)]);
    }
    for (name, count) in [(texts::TOGETHER, all), (texts::READ, read), (texts::ASKED, asked)] {
        table.row([name.get(language), &million(count)]);
    }
    l.table(table);
    const SECONDS_A_YEAR: f64 = 365.25 * 24.0 * 3600.0;
    let counted = million(ROWS * STEPS * LONG / 1e6 / all);
    let (times, years) = (million(read / all), million(asked * 1e6 / SECONDS_A_YEAR));
    let values: [(&str, &dyn std::fmt::Display); 6] = [
        ("rows", &ROWS),
        ("short", &SHORT),
        ("long", &LONG),
        ("times", &times),
        ("counted", &counted),
        ("years", &years),
    ];
    l.say(&texts::OUTLOOK, &values);
    l.own_loss(&said.loss);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Of = fn(&Losses) -> f64;

    /// Both losses begin near what guessing costs and fall well below it; the words first.
    #[test]
    fn both_losses_fall() {
        let heroes = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let stories = Stories::new(&heroes, Language::English);
        for seed in 0..3 {
            let [training, _] = stories.entries(&mut ChaCha8Rng::seed_from_u64(seed));
            let (_, losses) = pretrain(&stories, &training, [seed, seed + 10]);
            let mean = |of: Of, part: &[Losses]| part.iter().map(of).sum::<f64>() / part.len() as f64;
            let (first, last) = (&losses[..1], &losses[losses.len() - 20..]);
            let guessing = (stories.vocabulary.len() as f64).ln();
            let words: Of = |at| at.words;
            let relations: Of = |at| at.relations;
            assert!((mean(words, first) - guessing).abs() < 0.7, "seed {seed}: {}", mean(words, first));
            assert!((mean(relations, first) - 2f64.ln()).abs() < 0.5, "seed {seed}: {}", mean(relations, first));
            assert!(mean(words, last) < 0.5 * guessing, "seed {seed}: {}", mean(words, last));
            assert!(mean(relations, last) < 0.35, "seed {seed}: {}", mean(relations, last));
            let half = |of: Of, start: f64| losses.iter().position(|at| of(at) < start / 2.0);
            assert!(half(words, guessing) < half(relations, 2f64.ln()), "seed {seed}: the words come first");
        }
    }
}
