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

use jumok_tensor::{CrossEntropy, IntTensor, Reduction, Tensor};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

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
    /// What the logits `[B, T, V]` say behind the names that are asked: `[Q, V]`.
    #[track_caller]
    fn at_questions(&self, logits: &Tensor) -> Tensor {
        logits.flatten(0, 1).index_select(0, &self.questions)
    }

    /// −log p of the right numbers, in nats, the mean over all questions.
    ///
    /// # Panics
    /// If the logits are not `[B, T, V]` of this batch.
    #[track_caller]
    pub fn loss(&self, logits: &Tensor) -> Tensor {
        let mean = CrossEntropy { reduction: Reduction::Mean, ..CrossEntropy::default() };
        self.at_questions(logits).cross_entropy(&self.answers, &mean)
    }

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
    fn texts_that_cannot_be_are_refused() {
        assert_eq!(Recall { cards: 7, ..TASK }.validate(), Err(RecallError::Cards { cards: 7, names: 6 }));
        assert_eq!(Recall { cards: 0, ..TASK }.validate(), Err(RecallError::Cards { cards: 0, names: 6 }));
        let error = Recall { facts: 7, ..TASK }.validate().unwrap_err();
        assert_eq!(error.to_string(), "7 of 6 names cannot be known by heart: need 6 at most");
        assert_eq!(TASK.validate(), Ok(()));
    }
}
