//! S27: learning from labels. A loop written out, the difference that drives it, and what labels cost.
//!
//! n sentences, V words, two classes: counts X `[n, V]`, weights W `[V, 2]`, logits, y_true and y_pred `[n, 2]`.

use jumok_nn::show;
use jumok_tensor::{CrossEntropy, Elem, IntTensor, Tensor, no_grad};
use jumok_text::toy::with_particle;
use jumok_training::{Language, Text};
use jumok_viz::{Align, Curve, Table};
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::{Lesson, LessonCtx, LessonError};

/// The lesson of slide S27.
pub static LESSON: Lesson = Lesson {
    id: "s27",
    slides: &["S27"],
    title: Text { en: "Before BERT: learning from labels", ko: "BERT 이전: 정답으로 배우기" },
    texts: texts::ALL,
    tell,
};

mod texts {
    jumok_training::texts! {
        /// Supervised learning.
        QUESTION =
            "Supervised learning is given questions X and answers y_true. The model says y_pred, and the difference of the two tells every weight which way to go. Here the questions are {count} sentences such as \"{good}\" and \"{bad}\", the answers \"good\" or \"bad\". The model counts words and weighs them:"
            | "지도 학습에는 문제 X와 정답 y_true가 주어집니다. 모델이 y_pred를 말하면, 둘의 차이가 가중치마다 어느 쪽으로 가야 할지 알려 줍니다. 여기서 문제는 \"{good}\", \"{bad}\" 같은 문장 {count}개이고 정답은 \"좋음\" 아니면 \"나쁨\"입니다. 모델은 단어를 세고 무게를 답니다.";
        /// The loop.
        LOOP =
            "That the difference is the direction is no metaphor. With the loss −log p of the right answer, the gradient of the logits is p − y, y_pred minus y_true, and the chain rule carries it to the weights. The step along the gradient of automatic differentiation differs by at most {gap}. After {shown} steps, for the first {rows} sentences, each with its noun and its adjective:"
            | "차이가 곧 방향이라는 말은 비유가 아닙니다. 손실이 정답의 −log p이면 로짓의 기울기는 p − y, 곧 y_pred에서 y_true를 뺀 것이고, 연쇄 법칙이 이것을 가중치까지 옮깁니다. 자동 미분의 기울기를 따라간 한 걸음과의 차이는 많아야 {gap}입니다. {shown}스텝 뒤 처음 문장 {rows}개에서의 값입니다. 행의 이름은 문장의 명사와 형용사입니다.";
        /// A class.
        BAD = "bad" | "나쁨";
        /// A class.
        GOOD = "good" | "좋음";
        /// Training.
        TRAINING =
            "The differences shrink, and the labelled sentences are soon all right. But these were given; what counts are {unseen} sentences that were not:"
            | "차이는 줄어들고, 정답을 받은 문장은 곧 모두 맞힙니다. 하지만 그것은 받은 정답입니다. 중요한 것은 받지 않은 문장 {unseen}개입니다.";
        /// A column.
        COLUMN_STEP = "step" | "스텝";
        /// A column.
        COLUMN_LOSS = "loss" | "손실";
        /// A column.
        COLUMN_LABELLED = "labelled right" | "정답 있는 문장";
        /// A column.
        COLUMN_UNSEEN = "unseen right" | "처음 보는 문장";
        /// The cost.
        COST =
            "A word that stood in no labelled sentence has the weight 0: the model knows nothing of it. So it is labels that are missing. With more of them (mean of {draws} draws each):"
            | "정답 있는 문장에 한 번도 나오지 않은 단어는 무게가 0입니다. 모델은 그 단어를 전혀 모릅니다. 모자란 것은 정답입니다. 정답을 늘려 가면 다음과 같습니다(각각 {draws}번 뽑은 평균).";
        /// Title of the picture.
        CURVE = "What labels buy" | "정답으로 사는 정확도";
        /// An axis.
        AXIS_LABELS = "labelled sentences" | "정답 있는 문장 수";
        /// An axis.
        AXIS_SHARE = "right, %" | "맞힌 비율, %";
        /// A curve.
        UNSEEN = "unseen sentences right" | "맞힌 처음 보는 문장";
        /// A level.
        COIN = "a coin" | "동전 던지기";
        /// A column.
        COLUMN_LABELS = "labels" | "정답 수";
        /// What it means.
        RESULT =
            "Every word has to be met in a labelled sentence at least once, and the last ones are the dearest: from {few} labels to {more} the share grows by {cheap} points, from {many} to {most} by {dear}, at four times the price. The world of this lesson has {words} words; a language has tens of thousands, and what they mean depends on each other. The slide calls labelling text practically impossible. It was done, for one task at a time: SQuAD alone has more than 100,000 questions that people wrote and answered (Rajpurkar et al. 2016). What nobody could label was enough text to learn the language from."
            | "모든 단어가 정답 있는 문장에 적어도 한 번은 나와야 하고, 마지막 단어들이 가장 비쌉니다. 정답을 {few}개에서 {more}개로 늘리면 비율이 {cheap}포인트, {many}개에서 {most}개로 늘리면 네 배를 치르고도 {dear}포인트 오릅니다. 이 레슨의 세계에는 단어가 {words}개뿐이지만, 한 언어에는 수만 개가 있고 뜻이 서로 얽혀 있습니다. 슬라이드는 텍스트의 정답을 만드는 일이 사실상 불가능하다고 합니다. 과제 하나씩이라면 해냈습니다. SQuAD에만 사람이 쓰고 답한 질문이 100,000개가 넘습니다(Rajpurkar et al. 2016). 아무도 할 수 없었던 것은 언어 자체를 배울 만큼의 글에 정답을 다는 일입니다.";
    }
}

/// What sentences are about, if a user names nothing else.
const NOUNS: Text = Text { en: "film book room music meal", ko: "영화 책 방 음악 음식" };
const ADVERBS: Text = Text { en: "really very rather quite", ko: "정말 아주 꽤 제법" };
/// The first half is bad, the second good.
const ADJECTIVES: Text = Text {
    en: "bad boring awful poor noisy old dirty dull disappointing uncomfortable dark sad good excellent beautiful delightful great funny lovely comfortable clean bright exciting perfect",
    ko: "나쁘다 지루하다 끔찍하다 형편없다 시끄럽다 낡았다 더럽다 답답하다 실망스럽다 불편하다 어둡다 슬프다 좋다 훌륭하다 아름답다 즐겁다 멋지다 재미있다 사랑스럽다 편안하다 깨끗하다 밝다 신난다 완벽하다",
};

/// Sentences with an answer.
const LABELLED: usize = 20;
/// Sentences whose matrices are shown, at least.
const ROWS: usize = 6;
/// Steps after which the differences are shown.
const SHOWN: usize = 5;
const STEPS: usize = 200;
const RATE: f64 = 2.0;
/// How many answers are tried, and how often each number.
const LABELS: [usize; 7] = [2, 5, 10, 20, 40, 80, 160];
const DRAWS: usize = 10;

/// A noun, an adverb and an adjective, by number.
type Sentence = [usize; 3];

/// The words that sentences are made of.
struct World {
    nouns: Vec<String>,
    adverbs: Vec<&'static str>,
    adjectives: Vec<&'static str>,
    language: Language,
}

impl World {
    fn new(nouns: Vec<String>, language: Language) -> World {
        let list = |words: Text| words.get(language).split(' ').collect();
        World { nouns, adverbs: list(ADVERBS), adjectives: list(ADJECTIVES), language }
    }

    /// V.
    fn vocabulary(&self) -> usize {
        self.nouns.len() + self.adverbs.len() + self.adjectives.len()
    }

    /// Every sentence, in a random order.
    fn sentences(&self, rng: &mut ChaCha8Rng) -> Vec<Sentence> {
        let (nouns, adverbs) = (self.nouns.len(), self.adverbs.len());
        let count = nouns * adverbs * self.adjectives.len();
        let mut all: Vec<Sentence> =
            (0..count).map(|n| [n % nouns, n / nouns % adverbs, n / nouns / adverbs]).collect();
        all.shuffle(rng);
        all
    }

    /// 0 for bad, 1 for good.
    fn label(&self, &[_, _, adjective]: &Sentence) -> usize {
        usize::from(adjective >= self.adjectives.len() / 2)
    }

    fn written(&self, &[noun, adverb, adjective]: &Sentence) -> String {
        let (noun, adverb, adjective) = (&self.nouns[noun], self.adverbs[adverb], self.adjectives[adjective]);
        match self.language {
            Language::English => format!("the {noun} is {adverb} {adjective}"),
            Language::Korean => format!("{} {adverb} {adjective}", with_particle(noun, "은")),
        }
    }

    /// How often each word stands in each sentence: `[n, V]`.
    fn counts(&self, sentences: &[Sentence]) -> Tensor {
        let (nouns, adverbs, words) = (self.nouns.len(), self.adverbs.len(), self.vocabulary());
        let mut cells = vec![0.0; sentences.len() * words];
        for (row, &[noun, adverb, adjective]) in cells.chunks_mut(words).zip(sentences) {
            for word in [noun, nouns + adverb, nouns + adverbs + adjective] {
                row[word] += 1.0;
            }
        }
        Tensor::from_vec(cells, &[sentences.len(), words])
    }

    /// One for the right class, zero for the other: `[n, 2]`.
    fn y_true(&self, sentences: &[Sentence]) -> Tensor {
        let cells = sentences.iter().flat_map(|sentence| {
            let label = self.label(sentence);
            [0, 1].map(|class| if class == label { 1.0 } else { 0.0 })
        });
        Tensor::from_vec(cells.collect(), &[sentences.len(), 2])
    }

    /// The share of sentences that `w` puts into the right class, in percent.
    fn right(&self, w: &Tensor, sentences: &[Sentence]) -> f64 {
        let guesses = no_grad(|| self.counts(sentences).matmul(w)).argmax(-1, false);
        let hits = guesses.as_slice().iter().zip(sentences).filter(|(guess, s)| **guess == self.label(s) as i64);
        100.0 * hits.count() as f64 / sentences.len() as f64
    }
}

/// Weights that know nothing: `[V, 2]`.
fn no_weights(world: &World) -> Tensor {
    Tensor::from_vec(vec![0.0; 2 * world.vocabulary()], &[world.vocabulary(), 2])
}

// ANCHOR: step
/// One step of supervised learning: W + η·Xᵀ·(y_true − y_pred)/n.
///
/// For one sentence with p = softmax(z) and the right class c, L = −log p_c = log Σⱼ e^zⱼ − z_c, so
/// ∂L/∂z_k = e^z_k/Σⱼ e^zⱼ − [k = c] = p_k − y_k. With Z = X·W, the chain rule gives ∂L/∂W = Xᵀ·∂L/∂Z.
fn step(w: &Tensor, x: &Tensor, y_true: &Tensor) -> Tensor {
    let y_pred = x.matmul(w).softmax(-1); //                                  [n, 2]
    let difference = y_true - &y_pred; //                                     [n, 2]
    let direction = x.transpose(0, 1).matmul(&difference); //                 [V, 2]
    w + direction * (RATE / x.shape()[0] as f64)
}
// ANCHOR_END: step

/// W after `steps` steps from nothing.
fn learn(world: &World, sentences: &[Sentence], steps: usize) -> Tensor {
    let (x, y_true) = (world.counts(sentences), world.y_true(sentences));
    no_grad(|| (0..steps).fold(no_weights(world), |w, _| step(&w, &x, &y_true)))
}

/// Mean −log p of the right answers, and the logits it is computed from.
fn loss(world: &World, w: &Tensor, sentences: &[Sentence]) -> (Tensor, Tensor) {
    let logits = world.counts(sentences).matmul(w); //                        [n, 2]
    let labels = sentences.iter().map(|sentence| world.label(sentence) as i64).collect();
    let labels = IntTensor::from_vec(labels, &[sentences.len()]);
    (logits.cross_entropy(&labels, &CrossEntropy::default()), logits)
}

/// The largest difference between the step of [`step`] and that along the gradient of automatic differentiation.
fn gap(world: &World, w: &Tensor, sentences: &[Sentence]) -> f64 {
    let leaf = Tensor::parameter(w.array().clone());
    let gradient = loss(world, &leaf, sentences).0.backward().get(&leaf).expect("a leaf").to_vec();
    let by_hand = no_grad(|| step(w, &world.counts(sentences), &world.y_true(sentences)) - w).to_vec();
    let difference = |(hand, g): (&Elem, &Elem)| (f64::from(*hand) + RATE * f64::from(*g)).abs();
    by_hand.iter().zip(&gradient).map(difference).fold(0.0, f64::max)
}

fn tell(l: &mut LessonCtx) -> Result<(), LessonError> {
    let nouns = l.words(&NOUNS)?;
    let language = l.language();
    let world = World::new(nouns, language);
    // A noun each, as long as there are new ones, so that the first sentences name all of them.
    let mut all = world.sentences(l.rng());
    for noun in 0..world.nouns.len() {
        let at = all.iter().position(|sentence| sentence[0] == noun).expect("every noun has sentences");
        all.swap(noun, at);
    }
    let (labelled, unseen) = all.split_at(LABELLED);

    let example = |label| {
        let of_class = |sentence: &&Sentence| world.label(sentence) == label;
        labelled.iter().chain(unseen).find(of_class).map(|sentence| world.written(sentence)).unwrap_or_default()
    };
    l.say(&texts::QUESTION, &[("count", &LABELLED), ("good", &example(1)), ("bad", &example(0))]);
    l.formula("y_pred = softmax(X·W)      L = −(1/n)·Σ log p(right answer)\nW ← W + η·Xᵀ·(y_true − y_pred)/n");

    let w = Tensor::parameter(learn(&world, labelled, SHOWN).array().clone());
    let rows = &labelled[..world.nouns.len().max(ROWS)];
    let gap = format!("{:.6}", gap(&world, &w, labelled));
    l.say(&texts::LOOP, &[("gap", &gap), ("shown", &SHOWN), ("rows", &rows.len())]);
    let (own, logits) = loss(&world, &w, rows);
    let y_pred = logits.softmax(-1);
    let named = |&[noun, _, adjective]: &Sentence| format!("{} {}", world.nouns[noun], world.adjectives[adjective]);
    l.label("sentence", &rows.iter().map(named).collect::<Vec<_>>());
    l.label("class", &[texts::BAD, texts::GOOD].map(|text| text.get(language).to_owned()));
    show!(l.model(), "logits", ["sentence", "class"], &logits);
    show!(l.model(), "y_pred", ["sentence", "class"], &y_pred);
    show!(l.model(), "difference", ["sentence", "class"], &(world.y_true(rows) - &y_pred));
    l.matrices();

    l.say(&texts::TRAINING, &[("unseen", &unseen.len())]);
    let columns = [texts::COLUMN_STEP, texts::COLUMN_LOSS, texts::COLUMN_LABELLED, texts::COLUMN_UNSEEN];
    let mut table = Table::new(columns.map(|text| text.get(language))).align([Align::Right; 4]);
    for steps in [0, 1, SHOWN, 20, STEPS] {
        let w = learn(&world, labelled, steps);
        let shares = [labelled, unseen].map(|sentences| format!("{:.1} %", world.right(&w, sentences)));
        let loss = format!("{:.3}", loss(&world, &w, labelled).0.item());
        table.row([steps.to_string(), loss, shares[0].clone(), shares[1].clone()]);
    }
    l.table(table);

    l.say(&texts::COST, &[("draws", &DRAWS)]);
    let bought = LABELS.map(|labels| (labels as f64, bought(&world, labels, l.rng())));
    let columns = [texts::COLUMN_LABELS, texts::COLUMN_UNSEEN].map(|text| text.get(language));
    let mut table = Table::new(columns).align([Align::Right; 2]);
    for (labels, share) in bought {
        table.row([format!("{labels:.0}"), format!("{share:.1} %")]);
    }
    l.table(table);
    l.curve(
        Curve::new(texts::CURVE.get(language))
            .axes(texts::AXIS_LABELS.get(language), texts::AXIS_SHARE.get(language))
            .language(match language {
                Language::English => jumok_viz::Language::English,
                Language::Korean => jumok_viz::Language::Korean,
            })
            .dotted_series(texts::UNSEEN.get(language), bought)
            .baseline(texts::COIN.get(language), 50.0),
    );
    l.picture();
    let [.., few, more, many, most] = bought;
    let [cheap, dear] = [more.1 - few.1, most.1 - many.1].map(|points| format!("{points:.1}"));
    let values: [(&str, &dyn std::fmt::Display); 7] = [
        ("few", &few.0),
        ("more", &more.0),
        ("many", &many.0),
        ("most", &most.0),
        ("cheap", &cheap),
        ("dear", &dear),
        ("words", &world.vocabulary()),
    ];
    l.say(&texts::RESULT, &values);
    l.own_loss(&own);
    Ok(())
}

/// What so many labels buy: the share of unseen sentences that is right, in the mean of [`DRAWS`] draws.
fn bought(world: &World, labels: usize, rng: &mut ChaCha8Rng) -> f64 {
    let shares = (0..DRAWS).map(|_| {
        let all = world.sentences(rng);
        let (labelled, unseen) = all.split_at(labels);
        world.right(&learn(world, labelled, STEPS), unseen)
    });
    shares.sum::<f64>() / DRAWS as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn world() -> World {
        World::new(["film", "book", "room"].map(str::to_owned).to_vec(), Language::English)
    }

    #[test]
    fn the_difference_is_the_gradient() {
        let (world, rng) = (world(), &mut ChaCha8Rng::seed_from_u64(0));
        let sentences = &world.sentences(rng)[..LABELLED];
        for steps in [0, 1, 50] {
            assert!(gap(&world, &learn(&world, sentences, steps), sentences) < 1e-6, "{steps}");
        }
    }

    #[test]
    fn what_was_labelled_is_learned_and_more_labels_buy_more() {
        let (world, rng) = (world(), &mut ChaCha8Rng::seed_from_u64(1));
        let sentences = world.sentences(rng);
        let w = learn(&world, &sentences[..LABELLED], STEPS);
        assert_eq!(world.right(&w, &sentences[..LABELLED]), 100.0);
        let shares = [2, 20, 160].map(|labels| bought(&world, labels, rng));
        assert!(shares[0] < 65.0 && shares[1] > shares[0] + 10.0 && shares[2] > shares[1] + 10.0, "{shares:?}");
    }

    #[test]
    fn a_sentence_is_its_words_counted() {
        let world = world();
        assert_eq!(world.written(&[1, 0, 23]), "the book is really perfect");
        let counts = world.counts(&[[1, 0, 23]]).to_vec();
        let ones: Vec<usize> = (0..counts.len()).filter(|&word| counts[word] == 1.0).collect();
        assert_eq!((ones, counts.len()), (vec![1, 3, 30], 31));
        assert_eq!((world.label(&[1, 0, 23]), world.label(&[1, 0, 0])), (1, 0));
    }
}
