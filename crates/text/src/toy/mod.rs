//! The built-in corpus: little stories of two to six sentences, generated from a seed, in English and Korean.
//!
//! Each story plays in one of two dozen small worlds (a kitchen, a beach, a train …) and hangs together: its names, pronouns, objects and
//! places are carried on from sentence to sentence, causes come before effects. So a masked word can largely be inferred from
//! the words around it and from the other sentence, and a sentence out of another story mostly clashes.

mod english;
mod korean;
mod particle;
mod template;

use std::collections::HashSet;

use crate::random::{Purpose, keyed_rng};
use crate::{Corpus, Language, TextError};
use template::Story;

pub use particle::with_particle;

/// What to generate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToyOptions {
    /// English or Korean.
    pub language: Language,
    /// The same seed gives the same stories.
    pub seed: u64,
    /// In how many of the small worlds stories play, 2 to [`ToyOptions::MAX_SCENES`]: more of them mean more words and topics, and a
    /// longer way for a model to go.
    pub scenes: usize,
    /// Stories to train on.
    pub documents: usize,
    /// Stories held out. None of their sentences occurs in those to train on.
    pub held_out_documents: usize,
}

impl ToyOptions {
    /// How many small worlds there are.
    pub const MAX_SCENES: usize = 24;

    /// 12,000 stories from 16 worlds to train on and 500 held out, from seed 0.
    pub fn new(language: Language) -> ToyOptions {
        ToyOptions { language, seed: 0, scenes: 16, documents: 12_000, held_out_documents: 500 }
    }
}

/// The built-in corpus in its two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToyCorpus {
    /// What a model learns from.
    pub training: Corpus,
    /// What it is judged by: whole stories, none of whose sentences occurs in `training`.
    pub held_out: Corpus,
}

/// The names of men and of women in the stories.
pub(crate) fn names(language: Language) -> [Vec<&'static str>; 2] {
    let world = match language {
        Language::English => &english::WORLD,
        Language::Korean => &korean::WORLD,
    };
    [world.male_names, world.female_names].map(|names| names.split(',').map(str::trim).collect())
}

/// How many stories are drawn at most for one that can be held out.
const DRAWS_PER_HELD_OUT: u64 = 200;

/// Generates the built-in corpus.
///
/// Held-out stories are drawn from the same worlds until there are enough that share no sentence with the training part. That is
/// nearly always soon; with so many training stories that they exhaust the worlds, fewer come out.
///
/// ```
/// use jumok_text::{Language, ToyOptions, toy_corpus};
/// let toy = toy_corpus(&ToyOptions { documents: 50, held_out_documents: 5, ..ToyOptions::new(Language::Korean) })?;
/// assert_eq!((toy.training.documents.len(), toy.held_out.documents.len()), (50, 5));
/// # Ok::<(), jumok_text::TextError>(())
/// ```
///
/// # Errors
/// [`TextError::InvalidOption`] if `scenes` is out of range.
pub fn toy_corpus(options: &ToyOptions) -> Result<ToyCorpus, TextError> {
    if !(2..=ToyOptions::MAX_SCENES).contains(&options.scenes) {
        let rule = format!("stories play in 2 to {} worlds", ToyOptions::MAX_SCENES);
        return Err(TextError::option("scenes", options.scenes, rule));
    }
    let (world, scenes) = match options.language {
        Language::English => (&english::WORLD, &english::SCENES[..options.scenes]),
        Language::Korean => (&korean::WORLD, &korean::SCENES[..options.scenes]),
    };
    // The scenes take turns, so that each is told equally often.
    let tell = |number: u64| {
        let mut rng = keyed_rng(options.seed, Purpose::Story, 0, number);
        Story::tell(world, &scenes[(number % scenes.len() as u64) as usize], &mut rng)
    };
    let documents = options.documents as u64;
    let training = Corpus { documents: (0..documents).map(tell).collect() };
    let known: HashSet<&str> = training.sentences().collect();
    let candidates = documents..documents + options.held_out_documents as u64 * DRAWS_PER_HELD_OUT;
    let held_out = candidates
        .map(tell)
        .filter(|story| story.iter().all(|sentence| !known.contains(sentence.as_str())))
        .take(options.held_out_documents)
        .collect();
    Ok(ToyCorpus { held_out: Corpus { documents: held_out }, training })
}
