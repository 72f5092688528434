//! What can be wrong with a file of labelled examples.

use std::path::PathBuf;

/// A file of labelled examples that cannot be used: what is wrong, in which line, and what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataFileError {
    /// The heading of a table lacks a column.
    #[error("{} has no column {wanted} (its columns are {}); name the right one with {option}", path.display(), present.join(", "))]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The names that were looked for.
        wanted: String,
        /// The columns that there are.
        present: Vec<String>,
        /// The option that names it.
        option: &'static str,
    },
    /// A row with another number of fields than the heading.
    #[error(
        "{}, line {line}, has {fields} fields, but the heading has {columns} columns: separate the fields by single tabs, \
         and leave none out",
        path.display()
    )]
    FieldCount {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The fields of the row.
        fields: usize,
        /// The columns of the heading.
        columns: usize,
    },
    /// A score that is no number.
    #[error("{}, line {line}: {value:?} in column {column} is no number; for classes use --task sentence or --task pair", path.display())]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        value: String,
    },
    /// A label that does not occur in the training data.
    #[error("{}, line {line}: the label {label:?} does not occur in the training data, which has {known}", path.display())]
    UnknownLabel {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The label.
        label: String,
        /// The labels of the training data.
        known: String,
    },
    /// Nothing to tell apart.
    #[error("every example of {} has the label {label:?}: there must be at least two classes", path.display())]
    OneClass {
        /// The file.
        path: PathBuf,
        /// The label.
        label: String,
    },
    /// More different labels than classes make sense.
    #[error(
        "column {column} of {} has {labels} different labels: are these scores (--task regression), or is it another column \
         (--label-column)?",
        path.display()
    )]
    TooManyClasses {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
        /// How many there are.
        labels: usize,
    },
    /// A right choice that is none of the choices.
    #[error("{}, line {line}: {label:?} in column {column} must be the number of the right choice, 0 to {}", path.display(), choices - 1)]
    ChoiceLabel {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The column.
        column: String,
        /// What stands there.
        label: String,
        /// How many choices there are.
        choices: usize,
    },
    /// Fewer than two columns with choices.
    #[error(
        "{} needs at least two columns with choices, named {prefix}0, {prefix}1 and so on; it has {}",
        path.display(), present.join(", ")
    )]
    NoChoices {
        /// The file.
        path: PathBuf,
        /// What their names begin with.
        prefix: String,
        /// The columns that there are.
        present: Vec<String>,
    },
    /// A word without a tag.
    #[error("{}, line {line}: a line needs a word and, in its last column, a tag; this one has only {text:?}", path.display())]
    NoTag {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The line's text.
        text: String,
    },
    /// Something else than a tag.
    #[error("{}, line {line}: {tag:?} is no tag: write O, B-TYPE or I-TYPE", path.display())]
    BadTag {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The tag.
        tag: String,
    },
    /// An `I-` tag that continues nothing.
    #[error("{}, line {line}: {tag} goes on with nothing, for {before} is before it: the first word of an entity has B-", path.display())]
    StrayInside {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The tag.
        tag: String,
        /// The tag before it.
        before: String,
    },
    /// No JSON, or not of SQuAD's form.
    #[error("{} is not in the form of SQuAD ({source}): it needs data, paragraphs, context, qas, id, question, answers", path.display())]
    Squad {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// An answer that does not stand where it should.
    #[error(
        "{}, question {id:?}: the answer {answer:?} does not stand at character {start} of its context, where {found:?} is: \
         answer_start counts characters (code points), not bytes",
        path.display()
    )]
    AnswerNotThere {
        /// The file.
        path: PathBuf,
        /// The question.
        id: String,
        /// The answer.
        answer: String,
        /// The character at which it should begin.
        start: u64,
        /// What stands there.
        found: String,
    },
    /// Neither an answer nor the word that there is none.
    #[error("{}, question {id:?}, has no answer: add one, or say \"is_impossible\": true", path.display())]
    NoAnswer {
        /// The file.
        path: PathBuf,
        /// The question.
        id: String,
    },
    /// A file without a single example.
    #[error("{} holds no example: {form}", path.display())]
    NoExamples {
        /// The file.
        path: PathBuf,
        /// What it should look like.
        form: &'static str,
    },
}
