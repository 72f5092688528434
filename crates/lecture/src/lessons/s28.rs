//! S28: learning without labels. Vectors of words from the company they keep, by skip-gram with negative sampling.
//!
//! V words, vectors `[V, D]`, their cosines `[V, V]`.

use jumok_nn::{AdamW, AdamWConfig, Optimizer, show};
use jumok_seq2seq::word2vec::{SkipGramData, SkipGramOptions, Word2Vec};
use jumok_tensor::Tensor;
use jumok_training::Text;
use jumok_viz::{Align, Table};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S28.
pub static LESSON: Lesson = Lesson {
    id: "s28",
    slides: &["S28"],
    title: Text { en: "Before BERT: learning without labels", ko: "BERT 이전: 정답 없이 배우기" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// What there is to learn from.
        QUESTION =
            "Texts without labels are cheap. What is there to learn from them? A word is known by the company it keeps (Firth 1957): words that stand among the same words mean similar things. Here {sentences} sentences of {length} words, each about one of {topics} topics, one of which is made of your words. Words like \"{common}\" stand everywhere:"
            | "정답 없는 글은 쌉니다. 거기서 무엇을 배울 수 있을까요? 단어는 함께 다니는 단어를 보면 알 수 있습니다(Firth 1957). 같은 단어들 사이에 나오는 단어는 뜻이 비슷합니다. 여기 {length}단어짜리 문장 {sentences}개가 있습니다. 문장마다 주제가 {topics}개 가운데 하나이고, 그 하나는 여러분의 단어로 이루어져 있습니다. \"{common}\" 같은 단어는 어디에나 나옵니다.";
        /// A column.
        COLUMN_SENTENCES = "some sentences" | "문장 몇 개";
        /// The exercise.
        METHOD =
            "Skip-gram (Mikolov et al. 2013) gives every word a vector and asks: is o a neighbour of c? The true neighbour should score high, {negatives} random words low. Nobody was told what a topic is. The loss falls from {first} to {last} in {steps} steps:"
            | "스킵그램(Mikolov et al. 2013)은 단어마다 벡터를 주고 묻습니다. o는 c의 이웃인가? 진짜 이웃은 점수가 높아야 하고, 무작위 단어 {negatives}개는 낮아야 합니다. 주제가 무엇인지는 아무도 알려 주지 않았습니다. {steps}스텝 동안 손실이 {first}에서 {last}(으)로 내려갑니다.";
        /// The neighbours.
        NEIGHBOURS =
            "Which vectors point in similar directions? The nearest words, with their cosines:"
            | "어떤 벡터들이 비슷한 방향을 가리킬까요? 가장 가까운 단어와 그 코사인입니다.";
        /// A column.
        COLUMN_WORD = "word" | "단어";
        /// A column.
        COLUMN_NEAREST = "nearest words" | "가장 가까운 단어";
        /// The share.
        SHARE =
            "Of {words} words with a topic, {before} had a nearest word of their own topic before training; now {after} have. All cosines in one map: the topics stand out as blocks."
            | "주제가 있는 단어 {words}개 가운데, 가장 가까운 단어가 같은 주제인 것은 학습 전 {before}개, 지금은 {after}개입니다. 모든 코사인을 지도 하나에 담으면 주제가 덩어리로 드러납니다.";
        /// The slide.
        HARSH =
            "The slide says that before BERT unsupervised learning produced nothing meaningful in language. That is too harsh. word2vec (2013) and GloVe (2014) were in nearly every model of their time, ELMo and ULMFiT (2018) pre-trained whole networks on plain text, and GPT-1 came four months before BERT. And the direction is not vague at all: it is a loss like any other."
            | "슬라이드는 BERT 이전에는 비지도 학습으로 의미 있는 결과를 만들지 못했다고 합니다. 지나친 말입니다. word2vec(2013)과 GloVe(2014)는 당시 거의 모든 모델에 쓰였고, ELMo와 ULMFiT(2018)는 신경망 전체를 평범한 글로 사전학습했으며, GPT-1은 BERT보다 넉 달 먼저 나왔습니다. 방향이 모호하지도 않습니다. 여느 손실과 다를 바 없는 손실입니다.";
        /// What was missing.
        MISSING =
            "What was missing is something else: a word has one vector here, in every sentence the same. \"Bank\" at a river and in a city are one. And only the table is handed on; whatever reads sentences has to be learned from labels. BERT hands on the reader."
            | "모자란 것은 다른 데 있습니다. 여기서는 단어의 벡터가 하나뿐이어서 어느 문장에서나 같습니다. 먹는 배와 타는 배가 하나입니다. 그리고 물려주는 것은 표뿐입니다. 문장을 읽는 부분은 정답으로 새로 배워야 합니다. BERT는 읽는 부분을 물려줍니다.";
    }
}

/// The words of the first topic, if a user names nothing else.
const ANIMALS: Text = Text { en: "cat dog horse cow", ko: "고양이 강아지 말 소" };
/// The other topics: kitchen, sea, music.
const TOPICS: [Text; 3] = [
    Text { en: "pan oven plate spoon", ko: "냄비 오븐 접시 숟가락" },
    Text { en: "wave ship beach island", ko: "파도 배 해변 섬" },
    Text { en: "song violin drum choir", ko: "노래 바이올린 북 합창단" },
];
/// Words that stand everywhere.
const COMMON: Text = Text { en: "and then here", ko: "그리고 다시 여기" };

const SENTENCES: usize = 300;
const LENGTH: usize = 8;
/// How often a place is taken by a common word.
const COMMON_SHARE: f64 = 0.3;
const STEPS: u64 = 200;
const RATE: f64 = 0.02;
const WIDTH: usize = 8;
/// Near words that are named.
const NEAREST: usize = 3;

/// The words and what each is about.
struct World {
    words: Vec<String>,
    /// The topic of each word; none of a common one.
    topics: Vec<Option<usize>>,
    count: usize,
}

impl World {
    fn new(own: Vec<String>, language: jumok_training::Language) -> World {
        let list = |words: Text| words.get(language).split(' ').map(str::to_owned).collect::<Vec<_>>();
        let lists: Vec<Vec<String>> = std::iter::once(own).chain(TOPICS.map(list)).collect();
        let of = |(topic, list): (usize, &Vec<String>)| vec![Some(topic); list.len()];
        let mut topics: Vec<Option<usize>> = lists.iter().enumerate().flat_map(of).collect();
        let common = list(COMMON);
        topics.extend(common.iter().map(|_| None));
        World { count: lists.len(), words: [lists.concat(), common].concat(), topics }
    }

    /// Sentences as word numbers: about one topic each, common words in between.
    fn sentences(&self, rng: &mut ChaCha8Rng) -> Vec<Vec<usize>> {
        let members = |topic: Option<usize>| -> Vec<usize> {
            (0..self.words.len()).filter(|&word| self.topics[word] == topic).collect()
        };
        let common = members(None);
        let topics: Vec<Vec<usize>> = (0..self.count).map(|topic| members(Some(topic))).collect();
        let pick = |list: &[usize], rng: &mut ChaCha8Rng| list[rng.random_range(0..list.len() as u32) as usize];
        (0..SENTENCES)
            .map(|n| {
                let topic = &topics[n % self.count];
                let word = |_| if rng.random_bool(COMMON_SHARE) { pick(&common, rng) } else { pick(topic, rng) };
                (0..LENGTH).map(word).collect()
            })
            .collect()
    }

    /// How many words with a topic have a nearest word of the same one.
    fn in_company(&self, model: &Word2Vec) -> usize {
        let alike = |&word: &usize| {
            let topic = self.topics[word];
            topic.is_some() && self.topics[model.nearest(word, 1)[0].0] == topic
        };
        (0..self.words.len()).filter(alike).count()
    }
}

// ANCHOR: cosines
/// The cosine of every two rows of `vectors` `[V, D]`: `[V, V]`.
fn cosines(vectors: &Tensor) -> Tensor {
    let lengths = vectors.pow_scalar(2.0).sum(&[1], true).sqrt(); //          [V, 1]
    let directions = vectors / lengths; //                                    [V, D]
    directions.matmul(&directions.transpose(0, 1))
}
// ANCHOR_END: cosines

/// Learns vectors from `data` and says what the first and the last step lost.
fn learn(model: &mut Word2Vec, data: &SkipGramData) -> [f64; 2] {
    let mut optimizer = AdamW::new(AdamWConfig::default()).expect("sound settings");
    let mut lost = [0.0; 2];
    for step in 0..STEPS {
        let loss = model.loss(&data.batch(step));
        lost[usize::from(step > 0)] = loss.item();
        let gradients = loss.backward();
        drop(loss);
        optimizer.step(model, &gradients, RATE).expect("every parameter has a gradient");
    }
    lost
}

/// How the lesson draws neighbours.
fn options(seed: u64) -> SkipGramOptions {
    SkipGramOptions { window: 3, negatives: 5, batch_size: 64, subsampling: 0.05, seed }
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let own = l.words(&ANIMALS)?;
    let (mine, language) = (own.len(), l.language());
    let world = World::new(own, language);
    let sentences = world.sentences(l.rng());
    let topical = world.topics.iter().flatten().count();

    let common = world.words[topical].clone();
    let values: [(&str, &dyn std::fmt::Display); 4] =
        [("sentences", &SENTENCES), ("length", &LENGTH), ("topics", &world.count), ("common", &common)];
    l.say(&texts::QUESTION, &values);
    let mut table = Table::new([texts::COLUMN_SENTENCES.get(language)]);
    for sentence in &sentences[..world.count] {
        table.row([sentence.iter().map(|&word| world.words[word].as_str()).collect::<Vec<_>>().join(" ")]);
    }
    l.table(table);

    let options = options(l.rng().random());
    let negatives = options.negatives;
    let data = SkipGramData::new(sentences, world.words.len(), options);
    let mut model = Word2Vec::new(world.words.len(), WIDTH, &mut ChaCha8Rng::seed_from_u64(l.rng().random()));
    let before = world.in_company(&model);
    let [first, last] = learn(&mut model, &data).map(|loss| format!("{loss:.2}"));
    let values: [(&str, &dyn std::fmt::Display); 4] =
        [("negatives", &negatives), ("first", &first), ("last", &last), ("steps", &STEPS)];
    l.say(&texts::METHOD, &values);
    l.formula("L = −log σ(u_o·v_c) − Σₖ log σ(−uₖ·v_c)");
    l.label("word", &world.words);
    show!(l.model(), "vectors", ["word", "feature"], &model.input.weight);
    l.matrices();

    l.say(&texts::NEIGHBOURS, &[]);
    let columns = [texts::COLUMN_WORD, texts::COLUMN_NEAREST].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Left, Align::Left]);
    // The user's words, and the first of every other topic.
    let firsts = (0..topical).filter(|&word| word < mine || world.topics[word] != world.topics[word - 1]);
    for word in firsts {
        let near = model.nearest(word, NEAREST);
        let near: Vec<String> =
            near.iter().map(|(other, cosine)| format!("{} ({cosine:.2})", world.words[*other])).collect();
        table.row([&world.words[word], &near.join(", ")]);
    }
    l.table(table);
    let after = world.in_company(&model);
    l.say(&texts::SHARE, &[("words", &topical), ("before", &before), ("after", &after)]);
    l.label("neighbour", &world.words);
    show!(l.model(), "cosines", ["word", "neighbour"], &cosines(&model.input.weight));
    l.matrices();
    l.picture();
    l.say(&texts::HARSH, &[]);
    l.say(&texts::MISSING, &[]);
    l.own_loss(&model.loss(&data.batch(STEPS)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_training::Language;

    /// Erratum E19: nobody labelled anything, and what belongs together is found.
    #[test]
    fn words_of_a_topic_find_each_other() {
        for seed in 0..3 {
            let rng = &mut ChaCha8Rng::seed_from_u64(seed);
            let own = ["a", "b", "c", "d"].map(str::to_owned).to_vec();
            let world = World::new(own, Language::English);
            let data = SkipGramData::new(world.sentences(rng), world.words.len(), options(seed));
            let mut model = Word2Vec::new(world.words.len(), WIDTH, rng);
            let before = world.in_company(&model);
            let [first, last] = learn(&mut model, &data);
            let after = world.in_company(&model);
            assert!(before <= 9 && after >= 15, "seed {seed}: {before} and {after} of 16");
            assert!((first - 6.0 * 2f64.ln()).abs() < 1e-3 && last < 0.9 * first, "seed {seed}: {first} and {last}");
        }
    }

    #[test]
    fn cosines_by_hand() {
        let vectors = Tensor::from_vec(vec![3.0, 4.0, 0.0, 2.0, -6.0, -8.0], &[3, 2]);
        let expected = [1.0, 0.8, -1.0, 0.8, 1.0, -0.8, -1.0, -0.8, 1.0];
        assert!(cosines(&vectors).to_vec().iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
