//! `jumok bert predict`.

use std::path::Path;

use jumok_bert::{HeadConfig, ProblemType};
use jumok_text::Tokenizer;
use jumok_text::finetuning::features::{encode_choices, encode_words};
use jumok_text::finetuning::questions::encode_question;
use jumok_text::finetuning::{Examples, Feature, QuestionExample, QuestionOptions, Target, encode_text};
use jumok_text::pretraining::PairSequence;
use jumok_training::RunFolder;
use jumok_viz::{Table, TerminalStyle, bars};

use super::config::{FinetuneConfig, defaults};
use super::evaluation::{Answer, answer_of, answers, tags_of_words};
use super::model::FinetunedModel;
use crate::cli::{BertPredictArgs, TaskName};
use crate::commands::model_folder::{ModelFolder, config_json};
use crate::texts::finetune as texts;
use crate::{CommandError, Console};

/// A fine-tuned model with all that answering needs.
struct Predictor {
    settings: Settings,
    head: HeadConfig,
    model: FinetunedModel,
    tokenizer: Tokenizer,
}

/// What a run knows of its task, and of a folder from elsewhere is told by its class.
struct Settings {
    task: TaskName,
    max_length: usize,
    questions: QuestionOptions,
    no_answer: bool,
}

/// Prints what a fine-tuned model answers to a text of the command line, or to each line of a file.
///
/// # Errors
/// [`CommandError`] if the model cannot be loaded, or the texts do not fit its task.
pub fn predict(args: &BertPredictArgs, console: Console) -> Result<(), CommandError> {
    let predictor = Predictor::load(&args.model, console)?;
    match (&args.file, &args.text) {
        (Some(path), _) => {
            let unreadable = |source| CommandError::Input { path: path.clone(), source };
            let text = std::fs::read_to_string(path).map_err(unreadable)?;
            for line in text.lines().filter(|line| !line.trim().is_empty()) {
                let parts: Vec<&str> = line.split('\t').collect();
                console.line(line);
                predictor.answer(parts[0], &parts[1..], console)?;
                console.line("");
            }
            Ok(())
        }
        (None, Some(text)) => {
            predictor.answer(text, &args.more.iter().map(String::as_str).collect::<Vec<_>>(), console)
        }
        (None, None) => Err(CommandError::EmptySentence { what: "the text" }),
    }
}

impl Settings {
    /// Those of a run of ours; for another folder in Hugging Face's format the shape that its class has, texts as long as the model
    /// reads, and an answer to every question.
    fn read(path: &Path, folder: &ModelFolder) -> Result<Settings, CommandError> {
        let architecture = config_json(path)?["architectures"][0].as_str().unwrap_or_default().to_owned();
        let task = match architecture.split_once("For").map(|(_, head)| head) {
            Some("SequenceClassification") if folder.config.head().problem() == ProblemType::Regression => {
                TaskName::Regression
            }
            Some("SequenceClassification") => TaskName::Sentence,
            Some("MultipleChoice") => TaskName::MultipleChoice,
            Some("TokenClassification") => TaskName::Tagging,
            Some("QuestionAnswering") => TaskName::Qa,
            _ => return Err(CommandError::NotFinetuned { path: path.into(), architecture }),
        };
        if !RunFolder::has_config(path) {
            let max_length = folder.config.sizes().max_length;
            let questions = QuestionOptions::of_length(max_length.min(defaults::QUESTION_WINDOW));
            return Ok(Settings { task, max_length, questions, no_answer: false });
        }
        let config: FinetuneConfig = RunFolder::read_config(path)?;
        config.validate()?;
        let questions = config.questions.unwrap_or_else(|| QuestionOptions::of_length(config.max_length));
        Ok(Settings { task: config.task, max_length: config.max_length, questions, no_answer: config.no_answer })
    }
}

impl Predictor {
    fn load(path: &Path, console: Console) -> Result<Predictor, CommandError> {
        let folder = ModelFolder::open(path, console)?;
        let settings = Settings::read(path, &folder)?;
        let model = FinetunedModel::load(settings.task, &folder)?;
        Ok(Predictor { settings, head: folder.config.head().clone(), model, tokenizer: folder.tokenizer })
    }

    fn answer(&self, text: &str, more: &[&str], console: Console) -> Result<(), CommandError> {
        let task = self.settings.task;
        // How many further texts each task reads.
        let (least, most) = match task {
            TaskName::Sentence => (0, 1),
            TaskName::Pair | TaskName::Qa => (1, 1),
            TaskName::Regression => (0, 1),
            TaskName::MultipleChoice => (2, usize::MAX),
            TaskName::Tagging => (0, 0),
        };
        if more.len() < least || more.len() > most {
            return Err(CommandError::PredictInput { task: task.name(), form: form(task), given: 1 + more.len() });
        }
        if text.trim().is_empty() || more.iter().any(|text| text.trim().is_empty()) {
            return Err(CommandError::EmptySentence { what: "a text" });
        }
        match task {
            TaskName::Sentence | TaskName::Pair | TaskName::Regression => {
                self.judge(text, more.first().copied(), console)
            }
            TaskName::MultipleChoice => self.choose(text, more, console),
            TaskName::Tagging => self.tag(text, console),
            TaskName::Qa => self.find(text, more[0], console),
        }
    }

    fn logits(&self, sequences: Vec<PairSequence>) -> Answer {
        // The target is only read for the loss, which is not asked for here.
        let feature = Feature { sequences, target: self.no_target() };
        let (_, mut answers) = answers(&self.model, &[feature], self.tokenizer.special().pad);
        answers.remove(0)
    }

    /// A target of the right kind.
    fn no_target(&self) -> Target {
        match self.settings.task {
            TaskName::Sentence | TaskName::Pair | TaskName::MultipleChoice => Target::Class(0),
            TaskName::Regression => Target::Score(0.0),
            TaskName::Tagging => Target::Tags(vec![]),
            TaskName::Qa => Target::Span { start: 0, end: 0 },
        }
    }

    fn judge(&self, text: &str, pair: Option<&str>, console: Console) -> Result<(), CommandError> {
        let sequence = encode_text(&self.tokenizer, text, pair, self.settings.max_length)?;
        match self.logits(vec![sequence]) {
            Answer::Score(score) => console.say(&texts::SCORE, &[("score", &format!("{score:.3}"))]),
            Answer::Classes(logits) => self.show(&self.head.labels, &logits, console),
            other => unreachable!("a head for classes said {other:?}"),
        }
        Ok(())
    }

    fn choose(&self, context: &str, choices: &[&str], console: Console) -> Result<(), CommandError> {
        let choices: Vec<String> = choices.iter().map(|&choice| choice.to_owned()).collect();
        let sequences = encode_choices(&self.tokenizer, context, &choices, self.settings.max_length)?;
        if let Answer::Classes(logits) = self.logits(sequences) {
            self.show(&choices, &logits, console);
        }
        Ok(())
    }

    fn show(&self, names: &[String], logits: &[f32], console: Console) {
        let shares: Vec<(&str, f64)> = names.iter().map(String::as_str).zip(softmax(logits)).collect();
        console.raw(&bars(&shares, &TerminalStyle::detect()));
    }

    fn tag(&self, text: &str, console: Console) -> Result<(), CommandError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (sequence, first_pieces) = encode_words(&self.tokenizer, &words, self.settings.max_length)?;
        if first_pieces.len() < words.len() {
            console.say(&texts::CUT, &[("words", &words.len()), ("read", &first_pieces.len())]);
        }
        let Answer::Tags(tags) = self.logits(vec![sequence]) else { unreachable!("a head for tags gives tags") };
        let tags = tags_of_words(words.len(), &first_pieces, &tags);
        let language = console.language();
        let mut table = Table::new([texts::COLUMN_WORD, texts::COLUMN_TAG].map(|text| text.get(language)));
        for (word, &tag) in words.iter().zip(&tags) {
            table.row([*word, &self.head.labels[tag]]);
        }
        console.raw(&table.to_terminal(&TerminalStyle::detect()));
        let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        console.line(&entities_in_words(&words, &tags, &self.head.labels));
        Ok(())
    }

    fn find(&self, question: &str, context: &str, console: Console) -> Result<(), CommandError> {
        let options = &self.settings.questions;
        let example = QuestionExample {
            id: String::new(),
            question: question.to_owned(),
            context: context.to_owned(),
            answers: vec![],
        };
        let encoded = encode_question(&self.tokenizer, &example, options)?;
        let features: Vec<Feature> = encoded.windows.iter().map(|window| window.feature.clone()).collect();
        let (_, said) = answers(&self.model, &features, self.tokenizer.special().pad);
        let choice = answer_of(&encoded, &said, options.max_answer_length);
        match choice.span {
            Some(span) if !(self.settings.no_answer && choice.null_score > span.score) => {
                let (before, rest) = context.split_at(span.start);
                let (answer, behind) = rest.split_at(span.end - span.start);
                console.line(&format!("{before}«{answer}»{behind}"));
                console.say(
                    &texts::ANSWER,
                    &[("answer", &answer), ("probability", &crate::commands::run::percent(span.probability))],
                );
            }
            _ => console.line(texts::NO_ANSWER.get(console.language())),
        }
        Ok(())
    }
}

/// What `predict` reads for a task, as it is typed.
fn form(task: TaskName) -> &'static str {
    match task {
        TaskName::Sentence => "\"a sentence\"",
        TaskName::Pair | TaskName::Regression => "\"the first sentence\" \"the second\"",
        TaskName::MultipleChoice => "\"a text\" \"a choice\" \"another choice\" …",
        TaskName::Tagging => "\"a sentence with spaces between its words\"",
        TaskName::Qa => "\"a question\" \"the text that answers it\"",
    }
}

/// p_i = exp(z_i) / Σ_j exp(z_j).
pub(super) fn softmax(logits: &[f32]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&logit| f64::from(logit - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// The entities of a sentence with their types: `Paris team (ORG), Anna (PER)`; a dash if there is none.
pub(super) fn entities_in_words(words: &[String], numbers: &[usize], tags: &[String]) -> String {
    let names: Vec<&str> = numbers.iter().map(|&number| tags[number].as_str()).collect();
    let found = jumok_metrics::entities(&names, jumok_metrics::Scheme::Lenient).unwrap_or_default();
    let one =
        |entity: &jumok_metrics::Entity| format!("{} ({})", words[entity.first..=entity.last].join(" "), entity.kind);
    match found.is_empty() {
        true => "–".into(),
        false => found.iter().map(one).collect::<Vec<_>>().join(", "),
    }
}

/// An example as `predict` reads it, if there is one that a shell takes as it stands between quotation marks.
pub(super) fn example(examples: &Examples) -> Option<String> {
    let parts: Vec<Vec<&str>> = match examples {
        Examples::Classes { examples, .. } => examples.iter().map(|one| texts_of(&one.text, &one.pair)).collect(),
        Examples::Scores(examples) => examples.iter().map(|one| texts_of(&one.text, &one.pair)).collect(),
        Examples::Choices(examples) => examples
            .iter()
            .map(|one| std::iter::once(one.context.as_str()).chain(one.choices.iter().map(String::as_str)).collect())
            .collect(),
        Examples::Tags { sentences, .. } => {
            return sentences
                .iter()
                .map(|one| one.words.join(" "))
                .find(|text| is_plain(text))
                .map(|text| quoted(&text));
        }
        Examples::Questions(examples) => {
            examples.iter().map(|one| vec![one.question.as_str(), one.context.as_str()]).collect()
        }
    };
    let found = parts.into_iter().find(|parts| parts.iter().all(|text| is_plain(text)))?;
    Some(found.into_iter().map(quoted).collect::<Vec<_>>().join(" "))
}

fn texts_of<'a>(text: &'a str, pair: &'a Option<String>) -> Vec<&'a str> {
    [Some(text), pair.as_deref()].into_iter().flatten().collect()
}

fn is_plain(text: &str) -> bool {
    !text.contains(['"', '$', '`', '\\', '!']) && !text.starts_with('-') && text.chars().count() < 300
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
