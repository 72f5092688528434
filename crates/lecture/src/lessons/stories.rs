//! A world that a model can learn in a second: diaries, a telegram a day, in two sentences each.
//!
//! Every hero has a place where it sleeps and a food that it eats. The days are drawn at random, so that a model has to learn
//! what belongs together and cannot know the rest. The ids are the same in both languages; only the words differ.

use jumok_bert::{BertForPreTraining, BertInputs, PreTrainingLabels, PreTrainingLoss};
use jumok_nn::{AdamW, AdamWConfig, Ctx, Optimizer, Schedule, clip_grad_norm};
use jumok_tensor::{IntTensor, no_grad};
use jumok_text::pretraining::{IGNORE_INDEX, apply_masking, build_pair, sample_masking, whole_word_groups};
use jumok_text::{MaskedSequence, MaskingOptions};
use jumok_training::{Language, Text};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::small_bert::{FIRST, SPECIAL, small_bert, vocabulary};

/// The heroes of a user who named none.
pub(super) const HEROES: Text = Text { en: "cat dog horse bear bee", ko: "고양이 강아지 말 곰 꿀벌" };

const DAYS: Text = Text {
    en: "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    ko: "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
};

/// Where a hero sleeps, by its number.
const PLACES: Text = Text {
    en: "kitchen yard stable forest meadow river roof barn garden cave",
    ko: "부엌 마당 마구간 숲 풀밭 강 지붕 헛간 정원 동굴",
};

/// What a hero eats, by its number.
const FOODS: Text = Text {
    en: "milk bones hay honey nectar fish bread corn apples mice",
    ko: "우유 뼈다귀 건초 벌꿀 꽃꿀 물고기 빵 옥수수 사과 쥐",
};

/// Out of how many days of a diary one is held out.
const ONE_HELD_OUT_OF: usize = 5;

/// A day of a diary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Whose diary it is.
    pub(super) hero: usize,
    days: [usize; 2],
}

/// The world.
pub(super) struct Stories {
    /// Every token by its id.
    pub(super) vocabulary: Vec<String>,
    days: usize,
    heroes: usize,
}

/// One row of a batch before masking: `[CLS] A [SEP] B [SEP]`.
pub(super) struct Pair {
    /// Whose diary A is out of.
    pub(super) hero: usize,
    pub(super) input_ids: Vec<i64>,
    pub(super) token_type_ids: Vec<i64>,
    /// 0 if B really follows A, 1 if it is out of another diary.
    pub(super) label: i64,
}

/// A batch, with what should be answered.
pub(super) struct StoryBatch {
    /// `[B, T]` each.
    pub(super) inputs: BertInputs,
    /// b·T + t of every chosen token: `[M]`.
    pub(super) positions: IntTensor,
    pub(super) labels: PreTrainingLabels,
}

impl Stories {
    /// Tokens of a row: a day, a hero and a place; a day and a food; and three special ones.
    pub(super) const LENGTH: usize = 8;

    pub(super) fn new(heroes: &[String], language: Language) -> Stories {
        let list = |words: Text| words.get(language).split(' ').map(str::to_owned).collect::<Vec<_>>();
        let (days, count) = (list(DAYS), heroes.len());
        let of_each = |words: Text| list(words).into_iter().take(count).collect::<Vec<_>>();
        let words = [days.clone(), heroes.to_vec(), of_each(PLACES), of_each(FOODS)].concat();
        Stories { vocabulary: vocabulary(&words), days: days.len(), heroes: count }
    }

    /// A: when, who and where. B: when and what.
    pub(super) fn sentences(&self, entry: Entry) -> [Vec<i64>; 2] {
        let day = |n: usize| FIRST + entry.days[n] as i64;
        let of_hero = |list: usize| FIRST + (self.days + list * self.heroes + entry.hero) as i64;
        [vec![day(0), of_hero(0), of_hero(1)], vec![day(1), of_hero(2)]]
    }

    /// All days of all diaries in a random order, those to learn from and those held out.
    pub(super) fn entries(&self, rng: &mut ChaCha8Rng) -> [Vec<Entry>; 2] {
        let mut all: Vec<Entry> = (0..self.heroes * self.days * self.days)
            .map(|n| Entry { hero: n % self.heroes, days: [n / self.heroes % self.days, n / self.heroes / self.days] })
            .collect();
        all.shuffle(rng);
        let training = all.split_off(all.len() / ONE_HELD_OUT_OF);
        [training, all]
    }

    // ANCHOR: pair
    /// A pair out of `entries`: A with its own B, or, just as often, with the B of another diary.
    pub(super) fn pair(&self, entries: &[Entry], rng: &mut ChaCha8Rng) -> Pair {
        let drawn = |rng: &mut ChaCha8Rng| entries[rng.random_range(0..entries.len() as u32) as usize];
        let entry = drawn(rng);
        let mut second = entry;
        if rng.random_bool(0.5) {
            while second.hero == entry.hero {
                second = drawn(rng);
            }
        }
        self.joined(entry, second)
    }

    /// The first sentence of an entry and the second of this or another one.
    fn joined(&self, first: Entry, second: Entry) -> Pair {
        let ([a, _], [_, b]) = (self.sentences(first), self.sentences(second));
        let pair = build_pair(&a, &b, &SPECIAL);
        let label = i64::from(first.hero != second.hero);
        Pair { hero: first.hero, input_ids: pair.input_ids, token_type_ids: pair.token_type_ids, label }
    }
    // ANCHOR_END: pair

    /// The first sentence of an entry with the food of every hero.
    pub(super) fn one_with_all(&self, entry: Entry) -> Vec<Pair> {
        (0..self.heroes).map(|hero| self.joined(entry, Entry { hero, ..entry })).collect()
    }

    /// Chooses 15 % of the tokens of a pair and hides them as BERT does.
    fn mask(&self, pair: &Pair, rng: &mut ChaCha8Rng) -> MaskedSequence {
        let ordinary: Vec<i64> = (FIRST..self.vocabulary.len() as i64).collect();
        let groups = whole_word_groups(&pair.input_ids, |id| SPECIAL.contains(id), |_| false);
        let decisions = sample_masking(&groups, &MaskingOptions::default(), &ordinary, rng);
        apply_masking(&pair.input_ids, &decisions, SPECIAL.mask)
    }

    /// `rows` pairs out of `entries`, with words hidden if `masked`.
    pub(super) fn batch(&self, entries: &[Entry], rows: usize, masked: bool, rng: &mut ChaCha8Rng) -> StoryBatch {
        let (mut ids, mut segments, mut next) = (vec![], vec![], vec![]);
        let (mut positions, mut hidden) = (vec![], vec![]);
        for row in 0..rows {
            let pair = self.pair(entries, rng);
            let masked = if masked { self.mask(&pair, rng) } else { apply_masking(&pair.input_ids, &[], SPECIAL.mask) };
            for (t, &label) in masked.labels.iter().enumerate() {
                if label != IGNORE_INDEX {
                    positions.push((row * Self::LENGTH + t) as i64);
                    hidden.push(label);
                }
            }
            ids.extend(masked.input_ids);
            segments.extend(pair.token_type_ids);
            next.push(pair.label);
        }
        let shape = [rows, Self::LENGTH];
        let vector = |cells: Vec<i64>| IntTensor::from_vec(cells.clone(), &[cells.len()]);
        StoryBatch {
            inputs: BertInputs {
                token_type_ids: IntTensor::from_vec(segments, &shape),
                ..BertInputs::new(IntTensor::from_vec(ids, &shape))
            },
            positions: vector(positions),
            labels: PreTrainingLabels { masked_labels: vector(hidden), next_sentence_labels: vector(next) },
        }
    }
}

/// What a model of the lessons is trained for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exercises {
    /// Whether it is asked for the next sentence beside the hidden words.
    pub(super) next_sentence: bool,
    /// Whether it is told which sentence a token belongs to.
    pub(super) segments: bool,
}

/// BERT's own: both exercises, with segments.
pub(super) const BOTH: Exercises = Exercises { next_sentence: true, segments: true };

impl StoryBatch {
    /// The batch as a model sees it that is trained for `exercises`: what it is not asked counts for nothing, and without
    /// segments all tokens belong to the first.
    fn for_exercises(mut self, exercises: Exercises) -> StoryBatch {
        if !exercises.next_sentence {
            let count = self.labels.next_sentence_labels.len();
            self.labels.next_sentence_labels = IntTensor::from_vec(vec![IGNORE_INDEX; count], &[count]);
        }
        if !exercises.segments {
            self.inputs = BertInputs::new(self.inputs.input_ids);
        }
        self
    }

    /// Mean −log p of the hidden words plus mean −log p of the relations.
    fn loss(&self, model: &BertForPreTraining, ctx: &mut Ctx) -> PreTrainingLoss {
        let output = model.forward(&self.inputs, &self.positions, ctx);
        BertForPreTraining::loss(&output, &self.labels, self.labels.counts())
    }
}

impl Stories {
    /// A fresh model that reads pairs of this world.
    pub(super) fn model(&self, seed: u64) -> BertForPreTraining {
        let config = small_bert(self.vocabulary.len(), Self::LENGTH, 2, 32);
        BertForPreTraining::new(&config, seed).expect("a valid configuration")
    }

    /// Pairs that a step of [`Stories::train`] reads.
    pub(super) const ROWS: usize = 64;

    /// Steps after which the relation is learned: the more heroes, the more there is to connect.
    pub(super) fn steps(&self) -> u64 {
        150 + 30 * self.heroes as u64
    }

    /// Trains `model` on `entries` for [`Stories::steps`] and hands what each step said to `each`, before its update.
    pub(super) fn train(
        &self,
        model: &mut BertForPreTraining,
        entries: &[Entry],
        exercises: Exercises,
        rng: &mut ChaCha8Rng,
        mut each: impl FnMut(u64, &BertForPreTraining, &PreTrainingLoss),
    ) {
        let steps = self.steps();
        let schedule = Schedule::Linear { lr: 5e-3, warmup_steps: steps / 10, total_steps: steps };
        let mut optimizer = AdamW::new(AdamWConfig::default()).expect("sound settings");
        for step in 0..steps {
            let batch = self.batch(entries, Self::ROWS, true, rng).for_exercises(exercises);
            let said = batch.loss(model, &mut Ctx::train(step));
            each(step, model, &said);
            let mut gradients = said.loss.backward();
            drop(said);
            clip_grad_norm(model, &mut gradients, 1.0);
            optimizer.step(model, &gradients, schedule.lr(step)).expect("the loss depends on every parameter");
        }
    }

    /// Judges `model` on `pairs` pairs of `entries`: the share of relations that it gets right where nothing is hidden, and that
    /// of the hidden words, in percent.
    pub(super) fn judge(
        &self,
        model: &BertForPreTraining,
        entries: &[Entry],
        segments: bool,
        pairs: usize,
        rng: &mut ChaCha8Rng,
    ) -> [f64; 2] {
        let exercises = Exercises { next_sentence: true, segments };
        let [whole, masked] = [false, true].map(|masked| {
            let batch = self.batch(entries, pairs, masked, rng).for_exercises(exercises);
            no_grad(|| batch.loss(model, &mut Ctx::eval()))
        });
        let percent = |correct: usize, count: usize| 100.0 * correct as f64 / count as f64;
        [
            percent(whole.next_sentence_correct, whole.next_sentence_count),
            percent(masked.masked_correct, masked.masked_count),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn half_of_the_pairs_follow_and_the_others_come_from_another_diary() {
        let heroes = ["a", "b", "c"].map(str::to_owned);
        let stories = Stories::new(&heroes, Language::English);
        let rng = &mut ChaCha8Rng::seed_from_u64(0);
        let [training, held_out] = stories.entries(rng);
        assert_eq!((training.len(), held_out.len()), (118, 29));
        assert!(held_out.iter().all(|entry| !training.contains(entry)));
        let hero = |id: i64, list: i64| (id - FIRST - 7) - 3 * list;
        let mut follow = 0;
        for _ in 0..2000 {
            let pair = stories.pair(&training, rng);
            let (a, b) = (hero(pair.input_ids[2], 0), hero(pair.input_ids[6], 2));
            assert_eq!(pair.label == 0, a == b, "{:?}", pair.input_ids);
            assert_eq!((hero(pair.input_ids[3], 1), pair.input_ids.len()), (a, Stories::LENGTH));
            follow += usize::from(pair.label == 0);
        }
        assert!((910..1090).contains(&follow), "four standard deviations of 2000 tosses: {follow}");
    }
}
