//! Tasks generated of the words and sentences of the built-in stories, so that everything runs without a file, and so that a model
//! that was pre-trained on the stories knows the words.
//!
//! Each is made so that counting words is not enough; what [`super::BagOfWords`] reaches is measured in the tests.
//!
//! | task | kind | what has to be seen |
//! |---|---|---|
//! | `sentiment` | sentence | what `not` belongs to: *not cold but wonderful*, *not wonderful but cold* |
//! | `acceptability` | sentence | order of words and agreement, as in CoLA |
//! | `nli` | pair | that a fox is an animal and a forest outside, and what is left open |
//! | `paraphrase` | pair | that *not heavy* and *light* are the same |
//! | `similarity` | pair, 0 to 5 | things of one kind, places of one kind, company or none |
//! | `choice` | multiple choice | which sentence goes on with a story |
//! | `tagging` | tagging | `Paris` the place and `Paris team`, `in the morning` and `in the kitchen` |
//! | `questions` | question answering | which of three things is of the kind asked about, and what belongs to it |

mod english;
mod facts;
mod korean;
mod lexicon;
mod stories;

use std::collections::HashSet;
use std::str::FromStr;

use rand::rngs::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::{ChoiceExample, Examples, QuestionExample, TaggedSentence, TextExample, conll::tags_of_types};
use crate::random::{Purpose, keyed_rng};
use crate::{Language, TextError};
use lexicon::Lexicon;
use stories::Stories;

/// A task that can be generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GeneratedTask {
    /// Is something praised or not?
    Sentiment,
    /// Is a sentence sound?
    Acceptability,
    /// Does one sentence follow from another, contradict it, or neither?
    Nli,
    /// Do two sentences say the same?
    Paraphrase,
    /// How much of two sentences is the same, 0 to 5?
    Similarity,
    /// Which sentence goes on with a story?
    Choice,
    /// Where are people, places, teams and times?
    Tagging,
    /// Where in a text does the answer stand?
    Questions,
}

impl GeneratedTask {
    /// All of them.
    pub const ALL: [GeneratedTask; 8] = [
        GeneratedTask::Sentiment,
        GeneratedTask::Acceptability,
        GeneratedTask::Nli,
        GeneratedTask::Paraphrase,
        GeneratedTask::Similarity,
        GeneratedTask::Choice,
        GeneratedTask::Tagging,
        GeneratedTask::Questions,
    ];

    /// The name by which it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            GeneratedTask::Sentiment => "sentiment",
            GeneratedTask::Acceptability => "acceptability",
            GeneratedTask::Nli => "nli",
            GeneratedTask::Paraphrase => "paraphrase",
            GeneratedTask::Similarity => "similarity",
            GeneratedTask::Choice => "choice",
            GeneratedTask::Tagging => "tagging",
            GeneratedTask::Questions => "questions",
        }
    }
}

impl FromStr for GeneratedTask {
    type Err = TextError;

    /// The task of a name.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for an unknown name.
    fn from_str(name: &str) -> Result<GeneratedTask, TextError> {
        let names = GeneratedTask::ALL.map(GeneratedTask::name);
        GeneratedTask::ALL
            .into_iter()
            .find(|task| task.name() == name)
            .ok_or_else(|| TextError::option("generated", name, format!("use one of {}", names.join(", "))))
    }
}

/// How much is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GeneratedOptions {
    /// In which language.
    pub language: Language,
    /// The same seed gives the same examples.
    pub seed: u64,
    /// Examples to train on.
    pub training: usize,
    /// Examples to judge by. None of them, nor a sentence that one was made of, is among those to train on, and they do not depend on
    /// how many those are.
    pub dev: usize,
}

/// Draws at most for one example that has not come yet.
const DRAWS: u64 = 50;

/// One example of any kind.
enum Example {
    Class(TextExample<usize>),
    Score(TextExample<f64>),
    Choice(ChoiceExample),
    Tags(TaggedSentence),
    Question(QuestionExample),
}

/// Examples to train on, and others to judge by.
///
/// ```
/// use jumok_text::Language;
/// use jumok_text::finetuning::{GeneratedOptions, GeneratedTask, generate};
/// let options = GeneratedOptions { language: Language::English, seed: 0, training: 100, dev: 20 };
/// let (training, dev) = generate(GeneratedTask::Nli, &options)?;
/// assert_eq!((training.len(), dev.len()), (100, 20));
/// # Ok::<(), jumok_text::TextError>(())
/// ```
///
/// # Errors
/// [`TextError::InvalidOption`] if either number is 0, or there are not as many different examples.
pub fn generate(task: GeneratedTask, options: &GeneratedOptions) -> Result<(Examples, Examples), TextError> {
    for (option, value) in [("training examples", options.training), ("dev examples", options.dev)] {
        if value == 0 {
            return Err(TextError::option(option, value, "there must be at least one"));
        }
    }
    let lexicon = lexicon::of(options.language);
    let wanted = options.training + options.dev;
    let stories = Stories::tell(task, options, wanted)?;
    let mut known = HashSet::new();
    let mut examples = Vec::with_capacity(wanted);
    for number in 0..wanted as u64 * DRAWS {
        let rng = &mut keyed_rng(options.seed, Purpose::Finetuning, task as u64, number);
        // What an example was made of must not come twice, or one could be known by heart.
        if let Some((source, example)) = draw(task, lexicon, &stories, number, rng)
            && known.insert(source)
        {
            examples.push(example);
            if examples.len() == wanted {
                break;
            }
        }
    }
    if examples.len() < wanted {
        let rule = format!("there are only about {} different ones", examples.len());
        return Err(TextError::option("generated examples", wanted, rule));
    }
    let training = examples.split_off(options.dev);
    Ok((collect(task, options.language, training), collect(task, options.language, examples)))
}

/// An example, and the sentence that it was made of.
fn draw(
    task: GeneratedTask,
    lexicon: &Lexicon,
    stories: &Stories,
    number: u64,
    rng: &mut ChaCha8Rng,
) -> Option<(String, Example)> {
    match task {
        GeneratedTask::Sentiment => {
            let example = (lexicon.sentiment)(lexicon, rng);
            Some((example.text.clone(), Example::Class(example)))
        }
        GeneratedTask::Acceptability => {
            let (source, example) = stories.acceptability(number, rng)?;
            Some((source, Example::Class(example)))
        }
        GeneratedTask::Nli => {
            let example = facts::nli(lexicon, rng);
            Some((format!("{example:?}"), Example::Class(example)))
        }
        GeneratedTask::Paraphrase => {
            let example = facts::paraphrase(lexicon, rng);
            Some((format!("{example:?}"), Example::Class(example)))
        }
        GeneratedTask::Similarity => {
            let example = facts::similarity(lexicon, rng);
            Some((example.text.clone(), Example::Score(example)))
        }
        GeneratedTask::Choice => {
            let example = stories.choice(number, rng)?;
            Some((example.context.clone(), Example::Choice(example)))
        }
        GeneratedTask::Tagging => {
            let sentence = lexicon.tagged(rng);
            Some((sentence.words.join(" "), Example::Tags(sentence)))
        }
        GeneratedTask::Questions => {
            let example = facts::question(lexicon, number, rng);
            Some((example.context.clone(), Example::Question(example)))
        }
    }
}

/// Types of entities in the tagging task.
const ENTITIES: [&str; 4] = ["LOC", "ORG", "PER", "TIME"];

/// The names of the classes.
fn label_names(task: GeneratedTask, language: Language) -> Vec<String> {
    let names: &[&str] = match (task, language) {
        (GeneratedTask::Sentiment, Language::English) => &["negative", "positive"],
        (GeneratedTask::Sentiment, Language::Korean) => &["부정", "긍정"],
        (GeneratedTask::Acceptability, Language::English) => &["unacceptable", "acceptable"],
        (GeneratedTask::Acceptability, Language::Korean) => &["비문", "정문"],
        (GeneratedTask::Nli, Language::English) => &["entailment", "neutral", "contradiction"],
        (GeneratedTask::Nli, Language::Korean) => &["함의", "중립", "모순"],
        (GeneratedTask::Paraphrase, Language::English) => &["different", "same"],
        (GeneratedTask::Paraphrase, Language::Korean) => &["다른 뜻", "같은 뜻"],
        _ => &[],
    };
    names.iter().map(|&name| name.to_owned()).collect()
}

fn collect(task: GeneratedTask, language: Language, examples: Vec<Example>) -> Examples {
    let (mut classes, mut scores, mut choices, mut sentences, mut questions) = (vec![], vec![], vec![], vec![], vec![]);
    for example in examples {
        match example {
            Example::Class(example) => classes.push(example),
            Example::Score(example) => scores.push(example),
            Example::Choice(example) => choices.push(example),
            Example::Tags(sentence) => sentences.push(sentence),
            Example::Question(example) => questions.push(example),
        }
    }
    match task {
        GeneratedTask::Similarity => Examples::Scores(scores),
        GeneratedTask::Choice => Examples::Choices(choices),
        GeneratedTask::Tagging => Examples::Tags { tags: tags_of_types(ENTITIES), sentences },
        GeneratedTask::Questions => Examples::Questions(questions),
        _ => Examples::Classes { labels: label_names(task, language), examples: classes },
    }
}
