//! From the settings to what a model reads: examples, tokenizer, features.

use jumok_text::finetuning::conll::read_conll;
use jumok_text::finetuning::features::{encode_choice_examples, encode_tagged_sentences, encode_texts};
use jumok_text::finetuning::questions::encode_questions;
use jumok_text::finetuning::squad::read_squad;
use jumok_text::finetuning::{
    EncodedQuestion, Epochs, Examples, Feature, GeneratedOptions, QuestionOptions, TableTask, Target, generate,
    read_table,
};
use jumok_text::{Corpus, Language as TextLanguage, Tokenizer, WordPieceOptions};
use jumok_training::texts_sha256;

use super::config::{DataConfig, FinetuneConfig};
use crate::CommandError;
use crate::cli::TaskName;

/// Examples of all parts.
pub(super) struct Data {
    pub(super) training: Examples,
    pub(super) dev: Examples,
    /// Examples that neither train nor choose; none if only two parts are given.
    pub(super) test: Option<Examples>,
    /// Rows with an empty text, of all parts.
    pub(super) skipped: usize,
}

/// Examples and what a model reads of them.
#[derive(Clone)]
pub(super) struct Encoded {
    pub(super) examples: Examples,
    /// What is read: of a question all its windows, one after the other.
    pub(super) features: Vec<Feature>,
    /// For tagging: where each word's first piece is.
    pub(super) first_pieces: Vec<Vec<usize>>,
    /// For questions: their windows.
    pub(super) questions: Vec<EncodedQuestion>,
}

impl Data {
    /// Reads or generates the examples. Their fingerprint is put into `config`.
    ///
    /// # Errors
    /// [`CommandError`] for a file that cannot be used.
    pub(super) fn read(config: &mut FinetuneConfig) -> Result<Data, CommandError> {
        let mut data = Data::of(config.task, &config.data, config.seed)?;
        if let Some(labels) = config.data.labels {
            if labels > data.training.len() {
                let rule = format!("there are only {} to train on", data.training.len());
                return Err(CommandError::option("--labels", labels, rule));
            }
            data.training.truncate(labels);
        }
        let test = data.test.as_ref().map(Examples::lines).unwrap_or_default();
        let lines = [data.training.lines(), data.dev.lines(), test].concat();
        config.data.sha256 = texts_sha256(lines.iter().map(String::as_str));
        Ok(data)
    }

    fn of(task: TaskName, config: &DataConfig, seed: u64) -> Result<Data, CommandError> {
        if let Some(generated) = config.generated {
            let options = GeneratedOptions {
                language: config.language.unwrap_or_default(),
                // The same examples whatever the seed of the run, so that runs can be compared.
                seed: 0,
                training: config.training_examples,
                dev: config.dev_examples + config.test_examples,
            };
            let (training, mut dev) = generate(generated, &options)?;
            let test = Some(dev.split_off(config.dev_examples));
            return Ok(Data { training, dev, test, skipped: 0 });
        }
        let train = config.train.as_deref().expect("clap asks for --train where nothing is generated");
        let read = |path: &std::path::Path, known: Option<&[String]>| -> Result<(Examples, usize), CommandError> {
            let table =
                |task| read_table(path, task, &config.columns(), known).map(|table| (table.examples, table.skipped));
            Ok(match task {
                TaskName::Sentence => table(TableTask::Sentence)?,
                TaskName::Pair => table(TableTask::Pair)?,
                TaskName::Regression => table(TableTask::Regression)?,
                TaskName::MultipleChoice => table(TableTask::MultipleChoice)?,
                TaskName::Tagging => (read_conll(path, known)?, 0),
                TaskName::Qa => (read_squad(path)?, 0),
            })
        };
        let (training, skipped) = read(train, None)?;
        let has_labels = matches!(task, TaskName::Sentence | TaskName::Pair | TaskName::Tagging);
        let known = has_labels.then(|| training.label_names().to_vec());
        let mut skipped = skipped;
        let mut further = |option: &'static str, path: &std::path::Path, training: &Examples| {
            let (examples, more) = read(path, known.as_deref())?;
            skipped += more;
            if let (Examples::Choices(training), Examples::Choices(others)) = (training, &examples)
                && training[0].choices.len() != others[0].choices.len()
            {
                let (there, here) = (training[0].choices.len(), others[0].choices.len());
                let rule = format!("its examples have {here} choices, those to train on {there}");
                return Err(CommandError::option(option, path.display(), rule));
            }
            Ok(examples)
        };
        let test = config.test.as_deref().map(|path| further("--test", path, &training)).transpose()?;
        let (training, dev) = match &config.dev {
            Some(path) => {
                let dev = further("--dev", path, &training)?;
                (training, dev)
            }
            None => training.split_held_out(config.held_out, seed)?,
        };
        Ok(Data { training, dev, test, skipped })
    }

    /// Whether a question to train on has no answer.
    pub(super) fn has_unanswered(&self) -> bool {
        matches!(&self.training, Examples::Questions(questions) if questions.iter().any(|one| one.answers.is_empty()))
    }

    /// A vocabulary learned from the training examples.
    pub(super) fn learn_tokenizer(&self, config: &FinetuneConfig) -> Result<Tokenizer, CommandError> {
        let corpus = Corpus { documents: vec![self.training.texts()] };
        let hangul = |text: &&str| text.chars().any(|c| ('\u{ac00}'..='\u{d7a3}').contains(&c));
        let korean = corpus.sentences().filter(hangul).count() * 10 >= corpus.sentence_count();
        let language = if korean { TextLanguage::Korean } else { TextLanguage::English };
        let options = WordPieceOptions { vocab_size: config.vocab_size, language, ..WordPieceOptions::default() };
        Ok(Tokenizer::train(&corpus, &options)?)
    }
}

impl Encoded {
    /// Encodes examples.
    ///
    /// # Errors
    /// [`CommandError::Text`] if the tokenizer fails on a text.
    pub(super) fn new(
        examples: Examples,
        tokenizer: &Tokenizer,
        max_length: usize,
        questions: Option<&QuestionOptions>,
    ) -> Result<Encoded, CommandError> {
        let mut encoded = Encoded { examples, features: vec![], first_pieces: vec![], questions: vec![] };
        match &encoded.examples {
            Examples::Classes { examples, .. } => {
                let target = |&class: &usize| Target::Class(class as i64);
                encoded.features = encode_texts(tokenizer, examples, max_length, target)?;
            }
            Examples::Scores(examples) => {
                encoded.features = encode_texts(tokenizer, examples, max_length, |&score| Target::Score(score))?;
            }
            Examples::Choices(examples) => {
                encoded.features = encode_choice_examples(tokenizer, examples, max_length)?;
            }
            Examples::Tags { sentences, .. } => {
                for tagged in encode_tagged_sentences(tokenizer, sentences, max_length)? {
                    encoded.features.push(tagged.feature);
                    encoded.first_pieces.push(tagged.first_pieces);
                }
            }
            Examples::Questions(examples) => {
                let options = questions.copied().unwrap_or_else(|| QuestionOptions::of_length(max_length));
                encoded.questions = encode_questions(tokenizer, examples, &options)?;
                let windows = encoded.questions.iter().flat_map(|question| &question.windows);
                encoded.features = windows.map(|window| window.feature.clone()).collect();
            }
        }
        Ok(encoded)
    }

    /// The order in which a run reads them.
    pub(super) fn epochs(&self, batch_size: usize, seed: u64) -> Epochs {
        Epochs { examples: self.features.len(), batch_size, seed }
    }

    /// Tokens that are read, and how many of them are unknown.
    pub(super) fn token_counts(&self, unk: i64) -> (usize, usize) {
        let ids = || self.features.iter().flat_map(|feature| &feature.sequences).flat_map(|row| &row.input_ids);
        (ids().count(), ids().filter(|&&id| id == unk).count())
    }
}
