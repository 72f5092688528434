//! Small translation tasks, generated from a seed: what an encoder–decoder learns in minutes (lecture S03–S10).
//!
//! | task | from | to |
//! |---|---|---|
//! | `copy` | `k a f` | `k a f` |
//! | `reverse` | `k a f` | `f a k` |
//! | `dates-en` | `Wednesday, March 3rd, 2021` | `2021-03-03` |
//! | `dates-ko` | `이천이십일년 삼월 삼일` | `2021-03-03` |
//! | `en-fr` | `The girl does not eat a red apple.` | `La fille ne mange pas de pomme rouge.` |
//! | `en-ko` | `The girl does not eat a red apple.` | `그 소녀는 빨간 사과를 먹지 않는다.` |
//!
//! Dates go from the many ways in which they are written to the one of ISO 8601, so that there is exactly one right answer.

mod dates;
mod grammar;
mod symbols;

use std::collections::HashSet;
use std::str::FromStr;

use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::random::{Purpose, keyed_rng};
use crate::{SentencePair, TextError, Unit};

/// A generated task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Task {
    /// The same symbols again.
    Copy,
    /// The symbols from the last to the first.
    Reverse,
    /// English dates to ISO 8601.
    DatesEn,
    /// Korean dates to ISO 8601.
    DatesKo,
    /// English to French sentences.
    EnFr,
    /// English to Korean sentences.
    EnKo,
}

impl Task {
    /// All tasks.
    pub const ALL: [Task; 6] = [Task::Copy, Task::Reverse, Task::DatesEn, Task::DatesKo, Task::EnFr, Task::EnKo];

    /// The name as it is typed: `copy`, `reverse`, `dates-en`, `dates-ko`, `en-fr` or `en-ko`.
    pub fn name(self) -> &'static str {
        match self {
            Task::Copy => "copy",
            Task::Reverse => "reverse",
            Task::DatesEn => "dates-en",
            Task::DatesKo => "dates-ko",
            Task::EnFr => "en-fr",
            Task::EnKo => "en-ko",
        }
    }

    /// What a token is: a date is read letter by letter, everything else word by word.
    pub fn unit(self) -> Unit {
        match self {
            Task::DatesEn | Task::DatesKo => Unit::Characters,
            Task::Copy | Task::Reverse | Task::EnFr | Task::EnKo => Unit::Words,
        }
    }

    /// Whether [`TaskOptions::min_length`] and [`TaskOptions::max_length`] mean anything.
    pub fn has_lengths(self) -> bool {
        matches!(self, Task::Copy | Task::Reverse)
    }

    fn draw(self, options: &TaskOptions, rng: &mut ChaCha8Rng) -> SentencePair {
        let lengths = options.min_length..=options.max_length;
        match self {
            Task::Copy => symbols::copy(lengths, rng),
            Task::Reverse => symbols::reverse(lengths, rng),
            Task::DatesEn => dates::english(rng),
            Task::DatesKo => dates::korean(rng),
            Task::EnFr => grammar::english_french(rng),
            Task::EnKo => grammar::english_korean(rng),
        }
    }
}

impl std::fmt::Display for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Task {
    type Err = TextError;

    /// The task of a name.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for a name that no task has.
    fn from_str(name: &str) -> Result<Task, TextError> {
        Task::ALL.into_iter().find(|task| task.name() == name).ok_or_else(|| {
            let names = Task::ALL.map(Task::name).join(", ");
            TextError::option("task", name, format!("use one of {names}"))
        })
    }
}

/// What to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskOptions {
    /// The task.
    pub task: Task,
    /// The same seed gives the same pairs.
    pub seed: u64,
    /// Pairs to train on.
    pub training: usize,
    /// Pairs held out. None of their source sentences occurs among those to train on.
    pub held_out: usize,
    /// Symbols of the shortest sequence, for `copy` and `reverse`.
    pub min_length: usize,
    /// Symbols of the longest sequence, for `copy` and `reverse`.
    pub max_length: usize,
}

impl TaskOptions {
    /// 10,000 pairs to train on and 500 held out, from seed 0; sequences of 3 to 20 symbols.
    pub fn new(task: Task) -> TaskOptions {
        TaskOptions { task, seed: 0, training: 10_000, held_out: 500, min_length: 3, max_length: 20 }
    }
}

/// A task in its two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskPairs {
    /// What a model learns from: no source sentence occurs twice.
    pub training: Vec<SentencePair>,
    /// What it is judged by: no source sentence occurs twice, nor in `training`.
    pub held_out: Vec<SentencePair>,
}

/// After so many draws in a row that bring nothing new a task counts as exhausted.
const FRUITLESS_DRAWS: usize = 2000;

/// Generates a task.
///
/// The held-out pairs are drawn first and the pairs to train on after them, each pair only if its source sentence is new. With so
/// many pairs asked for that they exhaust the task (there are only 676 sequences of two letters), fewer come out.
///
/// ```
/// use jumok_text::{Task, TaskOptions, task_pairs};
/// let pairs = task_pairs(&TaskOptions { training: 20, held_out: 5, ..TaskOptions::new(Task::Reverse) })?;
/// assert_eq!((pairs.training.len(), pairs.held_out.len()), (20, 5));
/// let reversed: Vec<&str> = pairs.training[0].source.split(' ').rev().collect();
/// assert_eq!(pairs.training[0].target, reversed.join(" "));
/// # Ok::<(), jumok_text::TextError>(())
/// ```
///
/// # Errors
/// [`TextError::InvalidOption`] for lengths that are zero or in the wrong order.
pub fn task_pairs(options: &TaskOptions) -> Result<TaskPairs, TextError> {
    let (min, max) = (options.min_length, options.max_length);
    if min == 0 || max < min {
        let rule = format!("sequences need at least one symbol, and --max-length {max} at least as many as this");
        return Err(TextError::option("min_length", min, rule));
    }
    let mut known: HashSet<String> = HashSet::new();
    let mut number = 0;
    let mut draw = |count: usize| {
        let mut pairs = Vec::with_capacity(count);
        let mut fruitless = 0;
        while pairs.len() < count && fruitless < FRUITLESS_DRAWS {
            let pair = options.task.draw(options, &mut keyed_rng(options.seed, Purpose::Task, 0, number));
            number += 1;
            fruitless += 1;
            if known.insert(pair.source.clone()) {
                pairs.push(pair);
                fruitless = 0;
            }
        }
        pairs
    };
    let held_out = draw(options.held_out);
    Ok(TaskPairs { training: draw(options.training), held_out })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(task: Task) -> TaskPairs {
        task_pairs(&TaskOptions { training: 3000, held_out: 300, ..TaskOptions::new(task) }).unwrap()
    }

    #[test]
    fn no_held_out_source_is_trained_on_and_none_occurs_twice() {
        for task in Task::ALL {
            let TaskPairs { training, held_out } = pairs(task);
            assert_eq!((training.len(), held_out.len()), (3000, 300), "{task}");
            let distinct: HashSet<&String> = training.iter().chain(&held_out).map(|pair| &pair.source).collect();
            assert_eq!(distinct.len(), 3300, "{task}");
        }
    }

    #[test]
    fn the_seed_alone_decides() {
        for task in Task::ALL {
            let options = TaskOptions { training: 50, held_out: 9, ..TaskOptions::new(task) };
            let first = task_pairs(&options).unwrap();
            assert_eq!(task_pairs(&options).unwrap(), first);
            assert_ne!(task_pairs(&TaskOptions { seed: 1, ..options.clone() }).unwrap(), first);
            // More to train on leaves the held-out part as it is.
            let more = task_pairs(&TaskOptions { training: 60, ..options }).unwrap();
            assert_eq!((&more.held_out, &more.training[..50]), (&first.held_out, &first.training[..]));
        }
    }

    #[test]
    fn an_exhausted_task_gives_fewer_pairs() {
        let options =
            TaskOptions { training: 100, held_out: 10, min_length: 1, max_length: 1, ..TaskOptions::new(Task::Copy) };
        let TaskPairs { training, held_out } = task_pairs(&options).unwrap();
        assert_eq!((training.len(), held_out.len()), (16, 10));
    }

    #[test]
    fn senseless_lengths_and_names_are_refused() {
        for (min_length, max_length) in [(0, 4), (5, 4)] {
            let options = TaskOptions { min_length, max_length, ..TaskOptions::new(Task::Copy) };
            assert!(matches!(task_pairs(&options), Err(TextError::InvalidOption { option: "min_length", .. })));
        }
        assert_eq!("dates-ko".parse::<Task>().unwrap(), Task::DatesKo);
        let error = "sort".parse::<Task>().unwrap_err().to_string();
        assert!(error.contains("copy, reverse, dates-en, dates-ko, en-fr, en-ko"), "{error}");
    }
}
