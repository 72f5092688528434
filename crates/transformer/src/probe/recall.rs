//! Recall: cards with a name and a number are shown, then the names are asked in another order, and the number of each is to be said.
//!
//! ```text
//! anna 7  ben 3  cleo 9 … | ben 3  anna 7 …
//! └─ the cards are shown ┘  └─ and asked ─┘
//! ```
//!
//! To a language model that is a text of 4·cards tokens like any other; only the tokens behind the names that are asked are judged.
//! A recurrent network must have all cards in its state when the questions begin. A Transformer looks them up (an induction head:
//! Olsson et al. 2022, arXiv 2209.11895; the task is the associative recall of Arora et al. 2023, arXiv 2312.04927).

use jumok_attention::positions::RopeParameters;
use jumok_nn::keyed_rng;
use jumok_tensor::{CrossEntropy, IntTensor, Reduction, Tensor};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use crate::causal::CausalLanguageModelConfig;

/// The task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recall {
    /// How many different names there are, and how many different numbers.
    pub names: usize,
    /// Cards in a text; no name is on two.
    pub cards: usize,
    /// Of the names the first so many have the same number on every card: they can be known by heart.
    pub facts: usize,
}

/// A task that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecallError {
    /// No card, or more cards than names.
    #[error("{cards} cards cannot have different names out of {names}: need 1 to {names} cards")]
    Cards {
        /// How many were asked for.
        cards: usize,
        /// How many names there are.
        names: usize,
    },
    /// More facts than names.
    #[error("{facts} of {names} names cannot be known by heart: need {names} at most")]
    Facts {
        /// How many were asked for.
        facts: usize,
        /// How many names there are.
        names: usize,
    },
}

/// Texts of a [`Recall`], and what is asked in them: Q questions in all.
#[derive(Debug, Clone)]
pub struct RecallBatch {
    /// The texts, `[B, T]`.
    pub input_ids: IntTensor,
    /// Where the name of each question stands, as row b·T + t: `[Q]`.
    pub questions: IntTensor,
    /// The number that is right: `[Q]`.
    pub answers: IntTensor,
    /// At which t the number on the card stands, for each question.
    pub shown_at: Vec<usize>,
    /// How many tokens after the number on the card the question comes, for each question.
    pub distances: Vec<usize>,
    /// Whether the answer can be known by heart, for each question.
    pub is_fact: Vec<bool>,
}

/// Of the questions at a distance, how many were answered rightly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recalled {
    /// The distances of this class, from … to.
    pub distances: (usize, usize),
    /// Questions.
    pub questions: usize,
    /// Right answers.
    pub right: usize,
}

impl Recalled {
    /// The share of right answers; 0 if nothing was asked.
    pub fn share(&self) -> f64 {
        if self.questions == 0 { 0.0 } else { self.right as f64 / self.questions as f64 }
    }
}

impl Recall {
    /// Checks that there are such texts.
    ///
    /// # Errors
    /// If there is no card, or names are missing.
    pub fn validate(&self) -> Result<(), RecallError> {
        let &Recall { names, cards, facts } = self;
        if cards == 0 || cards > names {
            return Err(RecallError::Cards { cards, names });
        }
        if facts > names {
            return Err(RecallError::Facts { facts, names });
        }
        Ok(())
    }

    /// V: names and numbers.
    pub fn vocab_size(&self) -> usize {
        2 * self.names
    }

    /// T: two tokens for each card, and two for each question.
    pub fn tokens(&self) -> usize {
        4 * self.cards
    }

    /// A small Transformer for the task, `width` wide: two blocks of two heads. The first block can tell every number which name
    /// stands before it, the second can look for the name that is asked.
    ///
    /// Places are told by turned queries and keys: "the token before" is then the same turn everywhere, where learned vectors would have
    /// to find it for each place anew. With them, or with weights drawn as small as GPT-2's, 1,500 steps do not get there.
    pub fn transformer(&self, width: usize) -> CausalLanguageModelConfig {
        CausalLanguageModelConfig {
            vocab_size: self.vocab_size(),
            n_positions: self.tokens(),
            n_embd: width,
            n_inner: Some(2 * width),
            n_layer: 2,
            n_head: 2,
            initializer_range: 0.1,
            tie_word_embeddings: false,
            rope_parameters: Some(RopeParameters::default()),
            ..CausalLanguageModelConfig::tiny()
        }
    }

    /// The texts of a step of a training run: other ones for every seed and step.
    ///
    /// # Panics
    /// If [`Recall::validate`] refuses the task.
    #[track_caller]
    pub fn batch_of_step(&self, texts: usize, seed: u64, step: u64) -> RecallBatch {
        self.batch(texts, &mut keyed_rng([seed, step]))
    }

    /// `texts` random texts.
    ///
    /// # Panics
    /// If [`Recall::validate`] refuses the task.
    #[track_caller]
    pub fn batch(&self, texts: usize, rng: &mut ChaCha8Rng) -> RecallBatch {
        if let Err(error) = self.validate() {
            panic!("Recall: {error}");
        }
        let &Recall { names, cards, facts } = self;
        let time = self.tokens();
        let mut ids = Vec::with_capacity(texts * time);
        let (mut questions, mut answers) = (vec![], vec![]);
        let (mut shown_at, mut distances, mut is_fact) = (vec![], vec![], vec![]);
        for text in 0..texts {
            let mut all: Vec<usize> = (0..names).collect();
            all.shuffle(rng);
            let number =
                |name: usize, rng: &mut ChaCha8Rng| if name < facts { name } else { rng.random_range(0..names) };
            let shown: Vec<[usize; 2]> = all[..cards].iter().map(|name| [*name, names + number(*name, rng)]).collect();
            let mut order: Vec<usize> = (0..cards).collect();
            order.shuffle(rng);
            ids.extend(shown.iter().flatten().map(|id| *id as i64));
            for (n, card) in order.into_iter().enumerate() {
                let [name, number] = shown[card];
                let asked_at = 2 * cards + 2 * n;
                ids.extend([name as i64, number as i64]);
                questions.push((text * time + asked_at) as i64);
                answers.push(number as i64);
                shown_at.push(2 * card + 1);
                distances.push(asked_at - (2 * card + 1));
                is_fact.push(name < facts);
            }
        }
        let count = questions.len();
        RecallBatch {
            input_ids: IntTensor::from_vec(ids, &[texts, time]),
            questions: IntTensor::from_vec(questions, &[count]),
            answers: IntTensor::from_vec(answers, &[count]),
            shown_at,
            distances,
            is_fact,
        }
    }
}

impl RecallBatch {
    /// The texts `rows` of the batch, with their questions.
    ///
    /// # Panics
    /// If there are no such texts.
    #[track_caller]
    pub fn rows(&self, rows: std::ops::Range<usize>) -> RecallBatch {
        let [texts, time] = self.input_ids.dims();
        assert!(rows.end <= texts, "RecallBatch: there are no texts {rows:?} among {texts}");
        let cards = self.shown_at.len() / texts.max(1);
        let asked = rows.start * cards..rows.end * cards;
        let moved = self.questions.as_slice()[asked.clone()].iter().map(|row| row - (rows.start * time) as i64);
        RecallBatch {
            input_ids: IntTensor::from_vec(
                self.input_ids.as_slice()[rows.start * time..rows.end * time].to_vec(),
                &[rows.len(), time],
            ),
            questions: IntTensor::from_vec(moved.collect(), &[asked.len()]),
            answers: IntTensor::from_vec(self.answers.as_slice()[asked.clone()].to_vec(), &[asked.len()]),
            shown_at: self.shown_at[asked.clone()].to_vec(),
            distances: self.distances[asked.clone()].to_vec(),
            is_fact: self.is_fact[asked].to_vec(),
        }
    }

    /// The means over the questions whose answer is new, and over those whose answer can be known by heart; 0 where there is none.
    fn by_kind(&self, value: impl Fn(usize) -> f64) -> [f64; 2] {
        [false, true].map(|fact| {
            let of_kind: Vec<f64> = (0..self.is_fact.len()).filter(|q| self.is_fact[*q] == fact).map(&value).collect();
            of_kind.iter().sum::<f64>() / of_kind.len().max(1) as f64
        })
    }

    /// The shares of right answers: of those that are new, and of those that can be known by heart.
    ///
    /// # Panics
    /// As [`RecallBatch::loss`].
    #[track_caller]
    pub fn right_by_kind(&self, logits: &Tensor) -> [f64; 2] {
        let right = self.right(logits);
        self.by_kind(|q| f64::from(u8::from(right[q])))
    }

    /// How much head `head` looks at the number on the right card when its name is asked, from weights `[B, H, T, T]`: the means
    /// over answers that are new, and over those that can be known by heart.
    ///
    /// # Panics
    /// If the weights are not of this batch.
    #[track_caller]
    pub fn looks_at_card(&self, weights: &Tensor, head: usize) -> [f64; 2] {
        let of_head = weights.select(1, head as isize); //                        [B, T, T]
        let [_, time, _] = of_head.dims();
        let values = of_head.to_vec();
        let questions = self.questions.as_slice();
        self.by_kind(|q| f64::from(values[questions[q] as usize * time + self.shown_at[q]]))
    }

    /// What the logits `[B, T, V]` say behind the names that are asked: `[Q, V]`.
    #[track_caller]
    fn at_questions(&self, logits: &Tensor) -> Tensor {
        logits.flatten(0, 1).index_select(0, &self.questions)
    }

    /// −log p of the right numbers, in nats, the mean over all questions.
    ///
    /// # Panics
    /// If the logits are not `[B, T, V]` of this batch.
    // ANCHOR: recall_loss
    #[track_caller]
    pub fn loss(&self, logits: &Tensor) -> Tensor {
        let mean = CrossEntropy { reduction: Reduction::Mean, ..CrossEntropy::default() };
        self.at_questions(logits).cross_entropy(&self.answers, &mean)
    }
    // ANCHOR_END: recall_loss

    /// Whether the likeliest token is the right number, for each question.
    ///
    /// # Panics
    /// As [`RecallBatch::loss`].
    #[track_caller]
    pub fn right(&self, logits: &Tensor) -> Vec<bool> {
        let said = self.at_questions(logits).argmax(-1, false).to_vec();
        said.iter().zip(self.answers.as_slice()).map(|(said, right)| said == right).collect()
    }

    /// The right answers by distance, in `classes` classes of equal width from the nearest to the furthest.
    ///
    /// # Panics
    /// As [`RecallBatch::loss`], or if there are no classes.
    #[track_caller]
    pub fn by_distance(&self, logits: &Tensor, classes: usize) -> Vec<Recalled> {
        assert!(classes > 0, "by_distance: need at least one class");
        let (Some(&near), Some(&far)) = (self.distances.iter().min(), self.distances.iter().max()) else {
            return vec![];
        };
        let width = (far - near + 1).div_ceil(classes);
        let mut found: Vec<Recalled> = (near..=far)
            .step_by(width)
            .map(|from| Recalled { distances: (from, (from + width - 1).min(far)), questions: 0, right: 0 })
            .collect();
        for (distance, right) in self.distances.iter().zip(self.right(logits)) {
            let class = &mut found[(distance - near) / width];
            class.questions += 1;
            class.right += usize::from(right);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jumok_tensor::Elem;
    use rand::SeedableRng;

    const TASK: Recall = Recall { names: 6, cards: 4, facts: 2 };

    fn batch(seed: u64) -> RecallBatch {
        TASK.batch(50, &mut ChaCha8Rng::seed_from_u64(seed))
    }

    #[test]
    fn questions_ask_for_what_the_cards_say() {
        let batch = batch(0);
        let (ids, time) = (batch.input_ids.as_slice(), TASK.tokens());
        assert_eq!(batch.input_ids.shape(), [50, 16]);
        assert_eq!(batch.questions.len(), 200);
        let mut at_distance = std::collections::BTreeSet::new();
        for (n, question) in batch.questions.as_slice().iter().enumerate() {
            let (text, asked_at) = (*question as usize / time, *question as usize % time);
            let token = |t: usize| ids[text * time + t];
            let (name, answer) = (token(asked_at), batch.answers.as_slice()[n]);
            assert!((0..6).contains(&name) && (6..12).contains(&answer));
            assert_eq!((token(batch.shown_at[n] - 1), token(batch.shown_at[n])), (name, answer));
            assert_eq!(token(asked_at + 1), answer);
            assert_eq!(batch.distances[n], asked_at - batch.shown_at[n]);
            assert_eq!(batch.is_fact[n], name < 2);
            if name < 2 {
                assert_eq!(answer, 6 + name);
            }
            at_distance.insert(batch.distances[n]);
        }
        assert_eq!((at_distance.first(), at_distance.last()), (Some(&1), Some(&13)));
        for text in ids.chunks(time) {
            let names: std::collections::BTreeSet<_> = text[..8].iter().step_by(2).collect();
            assert_eq!(names.len(), 4, "a name is on two cards");
        }
    }

    #[test]
    fn a_batch_follows_from_its_seed() {
        assert_eq!(batch(1).input_ids.to_vec(), batch(1).input_ids.to_vec());
        assert_ne!(batch(1).input_ids.to_vec(), batch(2).input_ids.to_vec());
    }

    /// Logits that say the right number everywhere but at odd questions.
    #[test]
    fn answers_are_counted_where_they_were_asked() {
        let batch = batch(3);
        let (vocab, rows) = (TASK.vocab_size(), 50 * TASK.tokens());
        let mut logits = vec![0.0 as Elem; rows * vocab];
        for (n, question) in batch.questions.as_slice().iter().enumerate() {
            let said = if n % 2 == 0 { batch.answers.as_slice()[n] } else { 0 };
            logits[*question as usize * vocab + said as usize] = 20.0;
        }
        let logits = Tensor::from_vec(logits, &[50, TASK.tokens(), vocab]);
        let right = batch.right(&logits);
        assert!(right.iter().enumerate().all(|(n, right)| *right == (n % 2 == 0)));
        assert!((batch.loss(&logits).item() - 10.0).abs() < 1e-3, "half of the answers cost 20 nats");
        let classes = batch.by_distance(&logits, 3);
        assert_eq!(classes.iter().map(|class| class.distances).collect::<Vec<_>>(), [(1, 5), (6, 10), (11, 13)]);
        assert_eq!(classes.iter().map(|class| class.questions).sum::<usize>(), 200);
        assert_eq!(classes.iter().map(|class| class.right).sum::<usize>(), 100);
        assert!(classes.iter().all(|class| class.share() > 0.0 && class.share() < 1.0));
    }

    #[test]
    fn some_texts_of_a_batch_keep_their_questions() {
        let all = batch(4);
        let some = all.rows(10..13);
        let logits =
            Tensor::from_vec((0..50 * 16 * 12).map(|i| ((i * 37) % 101) as Elem / 50.0).collect(), &[50, 16, 12]);
        assert_eq!(some.right(&logits.narrow(0, 10, 3)), all.right(&logits)[40..52]);
        let parts = [0..20, 20..50]
            .map(|rows| (rows.len(), all.rows(rows.clone()).loss(&logits.narrow(0, rows.start, rows.len()))));
        let sum: f64 = parts.iter().map(|(texts, loss)| *texts as f64 / 50.0 * loss.item()).sum();
        assert!((sum - all.loss(&logits).item()).abs() < 1e-5);
        let step = |seed, step| TASK.batch_of_step(4, seed, step).input_ids.to_vec();
        assert_eq!(step(1, 2), step(1, 2));
        assert!(step(1, 2) != step(1, 3) && step(1, 2) != step(2, 2));
    }

    #[test]
    fn a_head_that_looks_at_the_card_of_facts_only_is_seen() {
        let batch = batch(5);
        let (time, mut weights) = (TASK.tokens(), vec![0.0 as Elem; 50 * 2 * 16 * 16]);
        for (q, question) in batch.questions.as_slice().iter().enumerate() {
            let (text, asked_at) = (*question as usize / time, *question as usize % time);
            let at = if batch.is_fact[q] { batch.shown_at[q] } else { 0 };
            weights[((text * 2 + 1) * time + asked_at) * time + at] = 1.0;
        }
        let weights = Tensor::from_vec(weights, &[50, 2, 16, 16]);
        assert_eq!(batch.looks_at_card(&weights, 0), [0.0, 0.0]);
        assert_eq!(batch.looks_at_card(&weights, 1), [0.0, 1.0]);
    }

    #[test]
    fn texts_that_cannot_be_are_refused() {
        assert_eq!(Recall { cards: 7, ..TASK }.validate(), Err(RecallError::Cards { cards: 7, names: 6 }));
        assert_eq!(Recall { cards: 0, ..TASK }.validate(), Err(RecallError::Cards { cards: 0, names: 6 }));
        let error = Recall { facts: 7, ..TASK }.validate().unwrap_err();
        assert_eq!(error.to_string(), "7 of 6 names cannot be known by heart: need 6 at most");
        assert_eq!(TASK.validate(), Ok(()));
    }
}
