//! S31: does this sentence follow that one? Pairs, segments, and what the exercise is good for.
//!
//! B pairs of T tokens, V tokens of the vocabulary, width D: states `[B, T, D]`, logits `[B, 2]`.

use jumok_bert::{BertForPreTraining, BertInputs, TextEncoder};
use jumok_nn::{Ctx, show};
use jumok_tensor::{CrossEntropy, IntTensor};
use jumok_training::{Language, Text};
use jumok_viz::{Align, Curve, Table};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::stories::{BOTH, Entry, Exercises, HEROES, Pair, Stories};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S31.
pub static LESSON: Lesson = Lesson {
    id: "s31",
    slides: &["S31"],
    title: Text { en: "Next sentences", ko: "다음 문장 맞히기" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The exercise.
        QUESTION =
            "Some tasks are about two texts: does this answer that, does this follow from that? For them BERT practises a second exercise. It reads two sentences in one row, and at [CLS] it says whether the second really came behind the first."
            | "두 글의 관계를 묻는 과제가 있습니다. 이 글이 저 글의 답인가? 이 글에서 저 글이 따라 나오는가? 그런 과제를 위해 BERT는 연습을 하나 더 합니다. 두 문장을 한 줄로 읽고, [CLS] 자리에서 둘째 문장이 정말 첫째 뒤에 있던 것인지 말합니다.";
        /// The world.
        WORLD =
            "The texts of this lesson are diaries, one for each of {count} heroes. An entry has two sentences: when the hero slept and where; when it ate and what. The days are random; place and food belong to the hero. Half of the pairs are an entry as it is. For the other half the second sentence comes out of another diary, drawn at random:"
            | "이 레슨의 글은 일기입니다. 주인공 {count}명이 한 권씩 씁니다. 하루치는 두 문장입니다. 언제 어디서 잤는지, 언제 무엇을 먹었는지. 요일은 무작위이고, 장소와 먹이는 주인공마다 정해져 있습니다. 쌍의 절반은 하루치 그대로입니다. 나머지 절반에서는 둘째 문장을 다른 일기에서 무작위로 가져옵니다.";
        /// A column.
        COLUMN_INPUT = "what is read" | "읽는 것";
        /// A column.
        COLUMN_SEGMENTS = "segments" | "세그먼트";
        /// A column.
        COLUMN_LABEL = "label" | "정답";
        /// A label.
        NEXT = "0, really next" | "0, 정말 다음";
        /// A label.
        OTHER = "1, out of another diary" | "1, 다른 일기에서 옴";
        /// A label, short.
        NEXT_SHORT = "next" | "다음";
        /// A label, short.
        OTHER_SHORT = "other" | "다른 곳";
        /// What a pair consists of.
        FORM =
            "[SEP] ends each sentence. And since attention has no sense of sides, each token is told which one it belongs to: a segment vector, 0 or 1, is added to its word and its position. Of {drawn} pairs, {next} are really next ({share})."
            | "[SEP]는 문장마다 끝을 표시합니다. 그런데 어텐션은 어느 쪽 문장인지 모르므로, 토큰마다 어느 문장에 속하는지 알려 줍니다. 단어와 위치에 세그먼트 벡터 0번이나 1번을 더합니다. 쌍 {drawn}개 가운데 {next}개가 정말 다음 문장입니다({share}).";
        /// Training.
        TRAINING =
            "Three models with the same weights at the start learn for {steps} steps, {rows} pairs each: one as BERT does, one without segment vectors, one on hidden words alone. A fifth of all entries is held out, and about pairs of those they are asked:"
            | "처음 가중치가 같은 모델 셋이 {steps}스텝 동안, 스텝마다 쌍 {rows}개로 배웁니다. 하나는 BERT처럼, 하나는 세그먼트 벡터 없이, 하나는 가린 단어만으로 배웁니다. 모든 일기의 오분의 일은 따로 떼어 두었다가, 그것으로 만든 쌍을 묻습니다.";
        /// Title of the picture.
        CURVE = "Does B follow A? Held-out pairs" | "B가 A의 다음인가? 떼어 둔 쌍";
        /// An axis.
        AXIS_STEP = "step" | "스텝";
        /// An axis.
        AXIS_SHARE = "right, %" | "맞힌 비율, %";
        /// A model.
        AS_BERT = "as BERT" | "BERT처럼";
        /// A model.
        NO_SEGMENTS = "without segments" | "세그먼트 없이";
        /// A model.
        WORDS_ALONE = "hidden words alone" | "가린 단어만";
        /// A level.
        COIN = "a coin" | "동전 던지기";
        /// A column.
        COLUMN_MODEL = "model" | "모델";
        /// A column.
        COLUMN_NEXT = "relations right" | "맞힌 관계";
        /// A column.
        COLUMN_WORDS = "hidden words right" | "맞힌 가린 단어";
        /// What it means.
        RESULT =
            "Two things stand in that table. The segments are hardly missed here, where [SEP] and the positions already say which sentence is which. And the hidden words are guessed as well without the second exercise; only the relation, which that model was never asked for, stays a coin toss."
            | "이 표에는 두 가지가 들어 있습니다. 여기서는 세그먼트가 없어도 거의 아쉽지 않습니다. [SEP]와 위치가 이미 어느 문장인지 알려 주기 때문입니다. 그리고 가린 단어는 둘째 연습이 없어도 그만큼 맞힙니다. 다만 그 모델에게 한 번도 묻지 않은 관계만은 동전 던지기에 머뭅니다.";
        /// The gradients.
        RELATIONS =
            "Only the state of [CLS] is read, so all that the model knows of the two sentences has come there through attention."
            | "읽는 것은 [CLS]의 상태뿐입니다. 그러니 모델이 두 문장에 대해 아는 것은 모두 어텐션을 거쳐 그리로 왔습니다.";
        /// The pairs of the matrix.
        ABOUT =
            "What the first model says when \"{first}\" out of a held-out entry is followed by a sentence about each of the foods:"
            | "떼어 둔 일기의 문장 \"{first}\" 뒤에 먹이가 서로 다른 문장을 이었을 때 첫째 모델이 하는 말입니다.";
        /// RoBERTa.
        OUTLOOK =
            "Is the exercise needed? The slide does not ask. RoBERTa (Liu et al. 2019) left it out, filled its rows with running text instead, and did as well or better; the table of S36 says so. A sentence out of another document gives itself away by its topic. ALBERT asks something harder: are these two neighbours in the right order?"
            | "이 연습이 꼭 필요할까요? 슬라이드는 묻지 않습니다. RoBERTa(Liu et al. 2019)는 이것을 빼고 줄을 이어지는 글로 채웠는데, 결과는 같거나 더 좋았습니다. S36의 표에도 그렇게 적혀 있습니다. 다른 문서에서 온 문장은 주제만으로 들통납니다. ALBERT는 더 어려운 것을 묻습니다. 이웃한 두 문장의 순서가 맞는가?";
    }
}

const EVERY: u64 = 20;
/// Pairs that a model is asked at a time.
const JUDGED: usize = 200;
/// Pairs that are counted.
const DRAWN: usize = 1000;

/// A model after training, and the share of relations that it gets right about held-out pairs, by step.
struct Trained {
    model: BertForPreTraining,
    relations: Vec<(f64, f64)>,
    /// Relations and hidden words at the end, in percent.
    last: [f64; 2],
}

/// Trains on the pairs that follow from `seeds[1]` a model that follows from `seeds[0]`.
fn trained(
    stories: &Stories,
    [training, held_out]: &[Vec<Entry>; 2],
    exercises: Exercises,
    seeds: [u64; 2],
) -> Trained {
    let [mut rng, mut asked] = [seeds[1], seeds[1] ^ 1].map(ChaCha8Rng::seed_from_u64);
    let mut model = stories.model(seeds[0]);
    let mut ask = |model: &BertForPreTraining| stories.judge(model, held_out, exercises.segments, JUDGED, &mut asked);
    let mut relations = vec![];
    stories.train(&mut model, training, exercises, &mut rng, |step, model, _| {
        if step % EVERY == 0 {
            relations.push((step as f64, ask(model)[0]));
        }
    });
    let last = ask(&model);
    relations.push((stories.steps() as f64, last[0]));
    Trained { model, relations, last }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let heroes = l.words(&HEROES)?;
    let (count, language) = (heroes.len(), l.language());
    let stories = Stories::new(&heroes, language);
    let entries = stories.entries(l.rng());
    let seeds: [u64; 2] = [l.rng().random(), l.rng().random()];
    let written = |ids: &[i64]| ids.iter().map(|&id| stories.vocabulary[id as usize].clone()).collect::<Vec<_>>();

    l.say(&texts::QUESTION, &[]);
    l.formula("[CLS] A [SEP] B [SEP]      p = softmax(W·tanh(W_p·h_[CLS] + b_p) + b)");
    l.say(&texts::WORLD, &[("count", &count)]);
    let pairs: Vec<Pair> = (0..DRAWN).map(|_| stories.pair(&entries[0], l.rng())).collect();
    let columns = [texts::COLUMN_INPUT, texts::COLUMN_SEGMENTS, texts::COLUMN_LABEL].map(|text| text.get(language));
    let mut table = Table::new(columns);
    // Each hero's first pair, so that all of them are met.
    for hero in 0..count {
        let Some(pair) = pairs.iter().find(|pair| pair.hero == hero) else { continue };
        let segments: Vec<String> = pair.token_type_ids.iter().map(i64::to_string).collect();
        let label = [texts::NEXT, texts::OTHER][pair.label as usize].get(language);
        table.row([&written(&pair.input_ids).join(" "), &segments.join(" "), label]);
    }
    l.table(table);
    let next = pairs.iter().filter(|pair| pair.label == 0).count();
    let share = format!("{:.1} %", 100.0 * next as f64 / DRAWN as f64);
    l.say(&texts::FORM, &[("drawn", &DRAWN), ("next", &next), ("share", &share)]);

    l.say(&texts::TRAINING, &[("steps", &stories.steps()), ("rows", &Stories::ROWS)]);
    let kinds = [
        (texts::AS_BERT, BOTH),
        (texts::NO_SEGMENTS, Exercises { segments: false, ..BOTH }),
        (texts::WORDS_ALONE, Exercises { next_sentence: false, ..BOTH }),
    ];
    let models = kinds.map(|(name, exercises)| (name.get(language), trained(&stories, &entries, exercises, seeds)));
    let mut curve = Curve::new(texts::CURVE.get(language))
        .axes(texts::AXIS_STEP.get(language), texts::AXIS_SHARE.get(language))
        .language(match language {
            Language::English => jumok_viz::Language::English,
            Language::Korean => jumok_viz::Language::Korean,
        })
        .smoothing(0.0)
        .baseline(texts::COIN.get(language), 50.0)
        .include(0.0);
    let columns = [texts::COLUMN_MODEL, texts::COLUMN_NEXT, texts::COLUMN_WORDS].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Right, Align::Right]);
    for (name, trained) in &models {
        curve = curve.series(name, trained.relations.iter().copied());
        let [relations, words] = trained.last.map(|share| format!("{share:.1} %"));
        table.row([name, relations.as_str(), &words]);
    }
    l.curve(curve);
    l.picture();
    l.table(table);
    l.say(&texts::RESULT, &[]);

    let [(_, Trained { model, .. }), ..] = &models;
    let candidates = stories.one_with_all(entries[1][0]);
    let foods = candidates.iter().map(|pair| written(&pair.input_ids)[Stories::LENGTH - 2].clone()).collect::<Vec<_>>();
    let flat = |f: fn(&Pair) -> &[i64]| {
        IntTensor::from_vec(candidates.iter().flat_map(f).copied().collect(), &[count, Stories::LENGTH])
    };
    let inputs = BertInputs {
        token_type_ids: flat(|pair| &pair.token_type_ids),
        ..BertInputs::new(flat(|pair| &pair.input_ids))
    };
    // ANCHOR: relation
    let pooled = model.bert.forward(&inputs, &mut Ctx::eval()).pooler_output.expect("built with its pooler"); // [B, D]
    let logits = model.cls.seq_relationship.forward(&pooled); //              [B, 2]
    let labels = IntTensor::from_vec(candidates.iter().map(|pair| pair.label).collect(), &[count]); // [B]
    let loss = logits.cross_entropy(&labels, &CrossEntropy::default());
    // ANCHOR_END: relation
    let first = written(&candidates[0].input_ids[1..4]).join(" ");
    l.say(&texts::ABOUT, &[("first", &first)]);
    l.label("sentence", &foods);
    l.label("relation", &[texts::NEXT_SHORT, texts::OTHER_SHORT].map(|text| text.get(language).to_owned()));
    show!(l.model(), "relation", ["sentence", "relation"], &logits);
    show!(l.model(), "probabilities", ["sentence", "relation"], &logits.softmax(-1));
    l.matrices();
    l.say(&texts::RELATIONS, &[]);
    l.say(&texts::OUTLOOK, &[]);
    l.own_loss(&loss);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the slide promises, on pairs that were never seen; without the exercise the relation stays a coin toss, and the
    /// hidden words are guessed as well (erratum E23).
    #[test]
    fn a_small_model_learns_which_sentence_is_next() {
        for (seed, count) in [(0, 5), (1, 5), (2, 2), (3, 10)] {
            let heroes: Vec<String> = (0..count).map(|n| format!("hero{n}")).collect();
            let stories = Stories::new(&heroes, Language::English);
            let entries = stories.entries(&mut ChaCha8Rng::seed_from_u64(seed));
            let last = |exercises| trained(&stories, &entries, exercises, [seed, seed + 10]).last;
            let (both, without) = (last(BOTH), last(Exercises { next_sentence: false, ..BOTH }));
            assert!(both[0] >= 90.0, "seed {seed}, {count} heroes: {both:?}");
            assert!((35.0..65.0).contains(&without[0]), "seed {seed}, {count} heroes: {without:?}");
            assert!(without[1] > both[1] - 10.0, "seed {seed}, {count} heroes: {both:?} and {without:?}");
        }
    }
}
