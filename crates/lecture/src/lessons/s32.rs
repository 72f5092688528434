//! S32: transfer. A small encoder guesses hidden words of texts that nobody has labelled; then the same head learns from a few labels,
//! once on that encoder and once on a fresh one.
//!
//! K topics, D features; see `topics` for the language.

use jumok_bert::{BertForSequenceClassification, BertModel, HeadConfig, SequenceLabels, TextEncoder};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Optimizer, show};
use jumok_tensor::{IntTensor, Tensor, no_grad};
use jumok_training::{Language, Text};
use jumok_viz::{Align, Curve, Table};
use rand::rngs::ChaCha8Rng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use super::WORDS;
use super::topics::{FORMS, HIDDEN, ON_TOPIC, PRETRAINING_BATCH, PRETRAINING_STEPS, TopicText, Topics, own_rng};
use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S32.
pub static LESSON: Lesson = Lesson {
    id: "s32",
    slides: &["S32"],
    title: Text { en: "Transfer: pre-train, then fine-tune", ko: "전이 학습: 사전학습 뒤 미세조정" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// The idea.
        IDEA =
            "Labels are dear, text is not. So a model first learns from text alone, and brings what it has learned to a task with few labels: it is transferred. Only the end of the model, the head, is new for each task."
            | "레이블은 비싸고 글은 흔합니다. 그래서 모델은 먼저 글만으로 배우고, 배운 것을 레이블이 적은 과제로 가져갑니다. 이것이 전이입니다. 과제마다 새로운 것은 모델의 끝, 헤드뿐입니다.";
        /// The language.
        LANGUAGE =
            "To see it happen in a second, a very small language. Each word below is a topic with {forms} forms, such as {example}. A text is about one topic: {on} forms of it and a stray word, in any order. For instance: {text}."
            | "이 일을 잠깐 사이에 보려고 아주 작은 언어를 씁니다. 아래 단어마다 주제 하나이고 형태가 {forms}개 있습니다. 예를 들면 {example}입니다. 글 하나는 주제 하나를 다룹니다. 그 주제의 형태 {on}개와 딴 단어 하나가 아무 순서로나 섞여 있습니다. 이를테면 {text}입니다.";
        /// Pre-training.
        PRETRAINING =
            "Pre-training: {steps} steps, {batch} texts each, {hidden} words of each text hidden and to be guessed. Nobody says that there are topics. The angle between the vectors of some forms, as cosine, before and after:"
            | "사전학습은 {steps}스텝, 스텝마다 글 {batch}개이고, 글마다 단어 {hidden}개를 가리고 맞히게 합니다. 주제가 있다는 것은 아무도 말해 주지 않습니다. 몇몇 형태의 벡터 사이의 각을 코사인으로, 학습 전과 후에 봅니다.";
        /// What is seen.
        COMPANY =
            "Forms that keep the same company have come together: {same} on the mean within a topic, {other} between topics. That was learned without a single label."
            | "같은 이웃과 지내는 형태들이 모였습니다. 한 주제 안에서는 평균 {same}, 서로 다른 주제 사이에서는 {other}입니다. 레이블 하나 없이 배운 것입니다.";
        /// Fine-tuning.
        FINETUNING =
            "Now the task: what is a text about? The same head on both encoders, the same labelled texts, the same {steps} steps; both train as a whole. Right on {held_out} new texts, the mean over {seeds} draws of the labels:"
            | "이제 과제입니다. 글이 무엇을 다루는지 맞힙니다. 두 인코더에 같은 헤드, 같은 레이블, 같은 {steps}스텝이고, 둘 다 전체를 학습합니다. 새 글 {held_out}개에서 맞힌 비율을 레이블을 {seeds}번 뽑아 평균하면 다음과 같습니다.";
        /// A column.
        COLUMN_LABELS = "labels a topic" | "주제마다 레이블";
        /// A series.
        SCRATCH = "from scratch" | "처음부터";
        /// A series.
        PRETRAINED = "pre-trained" | "사전학습";
        /// A column.
        COLUMN_GAP = "gap" | "차이";
        /// Title of the picture.
        PICTURE = "What pre-training brings" | "사전학습이 가져오는 것";
        /// An axis.
        AXIS_RIGHT = "right on new texts" | "새 글의 정답률";
        /// A level.
        GUESSING = "guessing" | "찍기";
        /// What it means.
        GAP =
            "From scratch a label teaches about the forms in its text and no others. The pre-trained encoder knows which forms belong together, so a label on one is a label on all. With more labels the gap closes: what pre-training brings is worth labels."
            | "처음부터 배우면 레이블 하나는 그 글에 나온 형태만 가르칩니다. 사전학습한 인코더는 어떤 형태들이 한데 속하는지 알기에, 하나에 붙은 레이블이 모두에 붙은 셈입니다. 레이블이 많아지면 차이는 줄어듭니다. 사전학습이 가져오는 것은 레이블만큼의 값어치입니다.";
        /// Over the matrices.
        READ =
            "What both say of one new text about each topic, after {labels} label a topic (rows the texts, columns the topics):"
            | "주제마다 레이블 {labels}개로 배운 뒤, 주제별 새 글 하나씩에 대해 둘이 하는 말입니다(행은 글, 열은 주제).";
        /// The eleven tasks.
        ELEVEN =
            "BERT's paper did this on 11 tasks: 8 of GLUE (MNLI, QQP, QNLI, SST-2, CoLA, STS-B, MRPC, RTE), SQuAD v1.1 and v2.0, SWAG. The slide's figure also has 11 names, but CoNLL-2003 in the place of SQuAD v2.0: there BERT came near the best, not ahead of it."
            | "BERT 논문은 이 일을 과제 11개에서 했습니다. GLUE의 8개(MNLI, QQP, QNLI, SST-2, CoLA, STS-B, MRPC, RTE), SQuAD v1.1과 v2.0, SWAG입니다. 슬라이드의 그림에도 이름이 11개지만 SQuAD v2.0 자리에 CoNLL-2003이 있습니다. 거기서 BERT는 최고에 가까웠을 뿐 앞서지는 못했습니다.";
        /// Erratum E24.
        CORPUS =
            "And of what was it pre-trained? Wikipedia with 2,500M words, and BooksCorpus with 800M: the slide's 8M is a hundred times too small."
            | "무엇으로 사전학습했을까요? 위키백과 2,500M(이십오억) 단어와 BooksCorpus 800M(팔억) 단어입니다. 슬라이드의 8M은 백 배 작습니다.";
        /// Where to go on.
        OUTLOOK =
            "With a model of your own: `bert pretrain`, then `bert experiment transfer --model DIR`."
            | "직접 학습한 모델로 하려면 `bert pretrain` 다음에 `bert experiment transfer --model DIR`을 쓰세요.";
    }
}

const WIDTH: usize = 32;
const STEPS: u64 = 40;
const BATCH: usize = 16;
const RATE: f64 = 5e-3;
const LABELS: [usize; 4] = [1, 2, 4, 8];
const SEEDS: usize = 3;
const HELD_OUT: usize = 40;
/// So many forms of the first topics have their vectors compared; more would not stand side by side on a page.
const COMPARED: usize = 2;
const COMPARED_TOPICS: usize = 3;

/// The head on `encoder`, or on a fresh encoder.
fn classifier(topics: &Topics, encoder: Option<&BertModel>, seed: u64) -> BertForSequenceClassification {
    let config = topics.config(WIDTH, HeadConfig::numbered(topics.count()));
    let mut model = BertForSequenceClassification::new(&config, seed).expect("a valid configuration");
    if let Some(encoder) = encoder {
        let pooler = model.encoder.pooler.take();
        model.encoder = BertModel { pooler, ..encoder.clone() };
    }
    model
}

fn logits(model: &BertForSequenceClassification, topics: &Topics, texts: &[TopicText]) -> Tensor {
    model.forward(&topics.inputs(texts), &mut Ctx::eval())
}

// ANCHOR: finetune
/// Trains encoder and head together on the labelled texts.
fn finetune(model: &mut BertForSequenceClassification, topics: &Topics, labelled: &[TopicText], rng: &mut ChaCha8Rng) {
    let mut optimizer = AdamW::new(AdamWConfig::default()).expect("sound settings");
    for _ in 0..STEPS {
        let texts: Vec<TopicText> = labelled.sample(rng, BATCH.min(labelled.len())).cloned().collect();
        let classes = texts.iter().map(|text| text.topic as i64).collect();
        let classes = SequenceLabels::Classes(IntTensor::from_vec(classes, &[texts.len()]));
        let gradients = model.loss(&logits(model, topics, &texts), &classes).backward();
        optimizer.step(model, &gradients, RATE).expect("every parameter has a gradient");
    }
}
// ANCHOR_END: finetune

/// The share of texts whose topic is told.
fn accuracy(model: &BertForSequenceClassification, topics: &Topics, texts: &[TopicText]) -> f64 {
    let said = no_grad(|| logits(model, topics, texts)).argmax(-1, false);
    let right = said.as_slice().iter().zip(texts).filter(|(said, text)| **said == text.topic as i64).count();
    right as f64 / texts.len() as f64
}

/// Accuracies from scratch and pre-trained for every number of labels, each the mean over the draws, and both models of the first draw
/// with the fewest labels.
fn transfer(
    topics: &Topics,
    encoder: &BertModel,
    held_out: &[TopicText],
    rng: &mut ChaCha8Rng,
) -> (Vec<[f64; 2]>, [BertForSequenceClassification; 2]) {
    let (mut means, mut kept) = (vec![], None);
    for labels in LABELS {
        let mut sums = [0.0; 2];
        for _ in 0..SEEDS {
            let labelled = topics.labelled(labels, rng);
            let [seed, order]: [u64; 2] = rng.random();
            let models = [None, Some(encoder)].map(|encoder| {
                let mut model = classifier(topics, encoder, seed);
                finetune(&mut model, topics, &labelled, &mut ChaCha8Rng::seed_from_u64(order));
                model
            });
            for (sum, model) in sums.iter_mut().zip(&models) {
                *sum += accuracy(model, topics, held_out);
            }
            kept.get_or_insert(models);
        }
        means.push(sums.map(|sum| sum / SEEDS as f64));
    }
    (means, kept.expect("there is a first draw"))
}

/// Cosines between the vectors of some forms: `[forms, forms]`.
fn cosines(encoder: &BertModel, forms: &[i64]) -> Tensor {
    let ids = IntTensor::from_vec(forms.to_vec(), &[forms.len()]);
    let rows = encoder.word_embeddings().weight.index_select(0, &ids); //     [forms, D]
    let unit = &rows / &rows.norm(-1, true);
    unit.matmul(&unit.transpose(0, 1))
}

/// The mean cosine of different forms of one topic, and of different topics.
fn mean_cosines(topics: &Topics, encoder: &BertModel) -> [f64; 2] {
    let forms: Vec<i64> = (0..topics.count() * FORMS).map(|n| topics.form(n / FORMS, n % FORMS)).collect();
    let values = no_grad(|| cosines(encoder, &forms)).to_vec();
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    for (n, value) in values.into_iter().enumerate() {
        let (a, b) = (n / forms.len(), n % forms.len());
        if a != b {
            let kind = usize::from(a / FORMS != b / FORMS);
            sums[kind] += f64::from(value);
            counts[kind] += 1.0;
        }
    }
    [sums[0] / counts[0], sums[1] / counts[1]]
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let words = l.words(&WORDS)?;
    let language = l.language();
    let topics = Topics::new(&words);
    let names = |ids: &[i64]| ids.iter().map(|&id| topics.name(id)).collect::<Vec<_>>();
    let rng = &mut own_rng(l.rng());

    l.say(&texts::IDEA, &[]);
    let example = names(&[topics.form(0, 0), topics.form(0, 1), topics.form(0, 2)]).join(", ");
    let text = names(&topics.text(rng).ids).join(" ");
    l.say(&texts::LANGUAGE, &[("forms", &FORMS), ("example", &example), ("on", &ON_TOPIC), ("text", &text)]);

    l.say(&texts::PRETRAINING, &[("steps", &PRETRAINING_STEPS), ("batch", &PRETRAINING_BATCH), ("hidden", &HIDDEN)]);
    l.formula("L = −(1/M)·Σₘ log p(wₘ | the words around it)");
    let fresh = classifier(&topics, None, rng.random()).encoder;
    let encoder = topics.pretrained(WIDTH, rng);
    let compared: Vec<i64> =
        (0..topics.count().min(COMPARED_TOPICS) * COMPARED).map(|n| topics.form(n / COMPARED, n % COMPARED)).collect();
    l.label("form", &names(&compared));
    l.label("other", &names(&compared));
    let [before, after] = [&fresh, &encoder].map(|encoder| cosines(encoder, &compared));
    show!(l.model(), "fresh.cosine", ["form", "other"], &before);
    show!(l.model(), "pretrained.cosine", ["form", "other"], &after);
    l.matrices();
    let [same, other] = mean_cosines(&topics, &encoder).map(|cosine| format!("{cosine:.2}"));
    l.say(&texts::COMPANY, &[("same", &same), ("other", &other)]);

    let held_out = topics.labelled(HELD_OUT, rng);
    l.say(&texts::FINETUNING, &[("steps", &STEPS), ("held_out", &held_out.len()), ("seeds", &SEEDS)]);
    let (means, models) = transfer(&topics, &encoder, &held_out, rng);
    compare(l, language, &means, topics.count());
    l.say(&texts::GAP, &[]);

    l.say(&texts::READ, &[("labels", &LABELS[0])]);
    l.label("topic", &words);
    l.label("text", &words);
    let judged = topics.labelled(1, rng);
    let [scratch, pretrained] = models.map(|model| logits(&model, &topics, &judged).softmax(-1)); // [K, K] each
    show!(l.model(), "scratch.probabilities", ["text", "topic"], &scratch);
    show!(l.model(), "pretrained.probabilities", ["text", "topic"], &pretrained);
    l.matrices();

    l.say(&texts::ELEVEN, &[]);
    l.say(&texts::CORPUS, &[]);
    l.say(&texts::OUTLOOK, &[]);
    let flat = |x: &Tensor| x.reshape(&[-1]);
    l.loss_of(&Tensor::concat(&[&flat(&before), &flat(&after), &flat(&scratch), &flat(&pretrained)], 0));
    Ok(())
}

/// The table of accuracies, and the picture.
fn compare(l: &mut LessonCtx, language: Language, means: &[[f64; 2]], topics: usize) {
    let columns = [texts::COLUMN_LABELS, texts::SCRATCH, texts::PRETRAINED, texts::COLUMN_GAP];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 4]);
    for (labels, [scratch, pretrained]) in LABELS.iter().zip(means) {
        let [scratch, pretrained, gap] =
            [*scratch, *pretrained, pretrained - scratch].map(|share| format!("{:.1} %", 100.0 * share));
        table.row([labels.to_string(), scratch, pretrained, gap]);
    }
    l.table(table);
    let series = |which: usize| LABELS.iter().zip(means).map(move |(&labels, both)| (labels as f64, both[which]));
    l.curve(
        Curve::new(texts::PICTURE.get(language))
            .axes(texts::COLUMN_LABELS.get(language), texts::AXIS_RIGHT.get(language))
            .language(match language {
                Language::English => jumok_viz::Language::English,
                Language::Korean => jumok_viz::Language::Korean,
            })
            .dotted_series(texts::SCRATCH.get(language), series(0))
            .dotted_series(texts::PRETRAINED.get(language), series(1))
            .baseline(texts::GUESSING.get(language), 1.0 / topics as f64)
            .include(0.0)
            .include(1.0),
    );
    l.picture();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The claim of the slide, over five seeds: with few labels the pre-trained encoder is ahead, and never far behind with more.
    #[test]
    fn pre_training_is_worth_labels() {
        let topics = Topics::new(&["a", "b", "c", "d", "e"].map(str::to_owned));
        for seed in 0..5 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let encoder = topics.pretrained(WIDTH, rng);
            let [same, other] = mean_cosines(&topics, &encoder);
            assert!(same > other + 0.2, "seed {seed}: {same} and {other}");
            let held_out = topics.labelled(HELD_OUT, rng);
            let (means, _) = transfer(&topics, &encoder, &held_out, rng);
            let [scratch, pretrained] = means[0];
            assert!(pretrained > scratch + 0.1, "seed {seed}: {means:?}");
            assert!(means.iter().all(|[scratch, pretrained]| pretrained > &(scratch - 0.05)), "seed {seed}: {means:?}");
        }
    }
}
