//! Tables with a heading, one example a line, fields separated by tabs: NSMC, KorSTS, KorNLI, GLUE.
//!
//! Quotation marks are letters like any other, as in these files.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::{ChoiceExample, DataFileError, Examples, TextExample, index_of};
use crate::TextError;
use crate::files::read_utf8;

/// More classes than this are scores or names by mistake.
const MAX_CLASSES: usize = 200;

/// What the columns of a table are called; what is `None` is looked for under the usual names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    /// The sentence, the first of a pair, or the text before the choices. Usually `document`, `sentence`, `text`, or, in pairs,
    /// `sentence1`, `premise`, `question1`; before choices also `context`, `startphrase`.
    pub text: Option<String>,
    /// The second of a pair: usually `sentence2`, `hypothesis` or `question2`.
    pub pair: Option<String>,
    /// The label: usually `label` or `gold_label`, for numbers `score`.
    pub label: Option<String>,
    /// What the columns of the choices begin with, before 0, 1, …: usually `ending` or `choice`.
    pub choice: Option<String>,
}

/// What the rows of a table are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableTask {
    /// A sentence and its class.
    Sentence,
    /// A pair and its class.
    Pair,
    /// A pair, or a sentence where no second one is found, and a number.
    Regression,
    /// A text, several continuations, and the number of the right one, from 0.
    MultipleChoice,
}

/// The rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// The examples.
    pub examples: Examples,
    /// Rows that were passed over because a text of theirs is empty (NSMC has some).
    pub skipped: usize,
}

/// Reads a table. `known` are the labels of the training data for the file to judge by; without it, the labels that occur
/// are the classes, in the order of numbers or of the alphabet.
///
/// # Errors
/// [`TextError::Read`], [`TextError::NotUtf8`], or [`TextError::DataFile`] with the line, and what to do.
pub fn read_table(
    path: &Path,
    task: TableTask,
    columns: &Columns,
    known: Option<&[String]>,
) -> Result<Table, TextError> {
    let text = read_utf8(path)?;
    Ok(parse(&text, path, task, columns, known)?)
}

const FORM: &str = "write a line with the names of the columns, then an example a line, with tabs between the fields";

struct Rows<'a> {
    path: &'a Path,
    heading: Vec<&'a str>,
    /// The lines' numbers and fields.
    rows: Vec<(usize, Vec<&'a str>)>,
}

impl<'a> Rows<'a> {
    fn read(text: &'a str, path: &'a Path) -> Result<Rows<'a>, DataFileError> {
        let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let none = || DataFileError::NoExamples { path: path.into(), form: FORM };
        let (_, heading) = lines.next().ok_or_else(none)?;
        let heading: Vec<&str> = heading.split('\t').map(str::trim).collect();
        let mut rows = vec![];
        for (index, line) in lines {
            let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
            if fields.len() != heading.len() {
                return Err(DataFileError::FieldCount {
                    path: path.into(),
                    line: index + 1,
                    fields: fields.len(),
                    columns: heading.len(),
                });
            }
            rows.push((index + 1, fields));
        }
        if rows.is_empty() {
            return Err(none());
        }
        Ok(Rows { path, heading, rows })
    }

    /// The column of this name, or else the first of the usual ones that there is.
    fn column(&self, wish: Option<&str>, usual: &[&str], option: &'static str) -> Result<usize, DataFileError> {
        let find = |name: &str| self.heading.iter().position(|column| *column == name);
        let found = match wish {
            Some(name) => find(name),
            None => usual.iter().find_map(|name| find(name)),
        };
        found.ok_or_else(|| DataFileError::MissingColumn {
            path: self.path.into(),
            wanted: wish.map_or_else(|| usual.join(" or "), str::to_owned),
            present: self.present(),
            option,
        })
    }

    fn present(&self) -> Vec<String> {
        self.heading.iter().map(|&name| name.to_owned()).collect()
    }
}

fn parse(
    text: &str,
    path: &Path,
    task: TableTask,
    columns: &Columns,
    known: Option<&[String]>,
) -> Result<Table, DataFileError> {
    let rows = Rows::read(text, path)?;
    let single = ["document", "sentence", "text"];
    let first = ["sentence1", "premise", "question1"];
    let second = ["sentence2", "hypothesis", "question2"];
    let label = ["label", "gold_label"];
    let column = |wish: &Option<String>, usual: &[&str], option| rows.column(wish.as_deref(), usual, option);
    let (text_option, pair_option, label_option) = ("--text-column", "--pair-column", "--label-column");
    match task {
        TableTask::Sentence => {
            let text = column(&columns.text, &single, text_option)?;
            // A second text is read where one is asked for by name.
            let pair = columns.pair.as_ref().map(|name| rows.column(Some(name), &[], pair_option)).transpose()?;
            rows.classes(text, pair, column(&columns.label, &label, label_option)?, known)
        }
        TableTask::Pair => {
            let text = column(&columns.text, &first, text_option)?;
            let pair = column(&columns.pair, &second, pair_option)?;
            rows.classes(text, Some(pair), column(&columns.label, &label, label_option)?, known)
        }
        TableTask::Regression => {
            let text = column(&columns.text, &[&first[..], &single].concat(), text_option)?;
            let pair = match &columns.pair {
                Some(name) => Some(rows.column(Some(name), &[], pair_option)?),
                None => rows.column(None, &second, pair_option).ok(),
            };
            rows.scores(text, pair, column(&columns.label, &["score", "label"], label_option)?)
        }
        TableTask::MultipleChoice => {
            let before = [&["context", "startphrase"][..], &first, &single].concat();
            let text = column(&columns.text, &before, text_option)?;
            rows.choices(text, columns.choice.as_deref(), column(&columns.label, &label, label_option)?)
        }
    }
}

impl Rows<'_> {
    /// The texts of every row that has all of its texts, with line and label, and how many have not.
    fn texts(&self, text: usize, pair: Option<usize>, label: usize) -> (Vec<TextExample<(usize, &str)>>, usize) {
        let complete = |fields: &[&str]| !fields[text].is_empty() && pair.is_none_or(|pair| !fields[pair].is_empty());
        let examples: Vec<_> = self
            .rows
            .iter()
            .filter(|(_, fields)| complete(fields))
            .map(|(line, fields)| TextExample {
                text: fields[text].to_owned(),
                pair: pair.map(|pair| fields[pair].to_owned()),
                label: (*line, fields[label]),
            })
            .collect();
        let skipped = self.rows.len() - examples.len();
        (examples, skipped)
    }

    fn none_left(&self) -> DataFileError {
        DataFileError::NoExamples { path: self.path.into(), form: "every row has an empty text" }
    }

    fn classes(
        &self,
        text: usize,
        pair: Option<usize>,
        label: usize,
        known: Option<&[String]>,
    ) -> Result<Table, DataFileError> {
        let (rows, skipped) = self.texts(text, pair, label);
        let labels = match known {
            Some(known) => known.to_vec(),
            None => self.label_names(rows.iter().map(|row| row.label.1), label)?,
        };
        let mut examples = Vec::with_capacity(rows.len());
        for TextExample { text, pair, label: (line, label) } in rows {
            examples.push(TextExample { text, pair, label: index_of(label, &labels, self.path, line)? });
        }
        match examples.is_empty() {
            true => Err(self.none_left()),
            false => Ok(Table { examples: Examples::Classes { labels, examples }, skipped }),
        }
    }

    /// The labels that occur: in the order of numbers if all are numbers, else of the alphabet.
    fn label_names<'b>(
        &self,
        labels: impl Iterator<Item = &'b str>,
        column: usize,
    ) -> Result<Vec<String>, DataFileError> {
        let distinct: BTreeSet<&str> = labels.collect();
        let mut names: Vec<&str> = distinct.into_iter().collect();
        if names.iter().all(|name| name.parse::<i64>().is_ok()) {
            names.sort_by_key(|name| name.parse::<i64>().unwrap_or_default());
        }
        match names.len() {
            0 => Err(self.none_left()),
            1 => Err(DataFileError::OneClass { path: self.path.into(), label: names[0].to_owned() }),
            labels if labels > MAX_CLASSES => Err(DataFileError::TooManyClasses {
                path: self.path.into(),
                column: self.heading[column].to_owned(),
                labels,
            }),
            _ => Ok(names.into_iter().map(str::to_owned).collect()),
        }
    }

    fn scores(&self, text: usize, pair: Option<usize>, label: usize) -> Result<Table, DataFileError> {
        let (rows, skipped) = self.texts(text, pair, label);
        let mut examples = Vec::with_capacity(rows.len());
        for TextExample { text, pair, label: (line, value) } in rows {
            match value.parse::<f64>() {
                Ok(score) if score.is_finite() => examples.push(TextExample { text, pair, label: score }),
                _ => {
                    return Err(DataFileError::NotANumber {
                        path: self.path.into(),
                        line,
                        column: self.heading[label].to_owned(),
                        value: value.to_owned(),
                    });
                }
            }
        }
        match examples.is_empty() {
            true => Err(self.none_left()),
            false => Ok(Table { examples: Examples::Scores(examples), skipped }),
        }
    }

    fn choices(&self, text: usize, prefix: Option<&str>, label: usize) -> Result<Table, DataFileError> {
        // Looked up, not searched for: a heading may have as many columns as it likes.
        let columns: HashMap<&str, usize> = self.heading.iter().copied().zip(0..).collect();
        let numbered = |prefix: &str| -> Vec<usize> {
            (0..).map_while(|n| columns.get(format!("{prefix}{n}").as_str()).copied()).collect()
        };
        let choices = match prefix {
            Some(prefix) => numbered(prefix),
            None => ["ending", "choice"].into_iter().map(numbered).max_by_key(Vec::len).unwrap_or_default(),
        };
        if choices.len() < 2 {
            let prefix = prefix.unwrap_or("ending").to_owned();
            return Err(DataFileError::NoChoices { path: self.path.into(), prefix, present: self.present() });
        }
        let (mut examples, mut skipped) = (vec![], 0);
        for (line, fields) in &self.rows {
            if choices.iter().any(|&choice| fields[choice].is_empty()) || fields[text].is_empty() {
                skipped += 1;
                continue;
            }
            let right = fields[label].parse::<usize>().ok().filter(|&right| right < choices.len());
            let right = right.ok_or_else(|| DataFileError::ChoiceLabel {
                path: self.path.into(),
                line: *line,
                column: self.heading[label].to_owned(),
                label: fields[label].to_owned(),
                choices: choices.len(),
            })?;
            examples.push(ChoiceExample {
                context: fields[text].to_owned(),
                choices: choices.iter().map(|&choice| fields[choice].to_owned()).collect(),
                label: right,
            });
        }
        match examples.is_empty() {
            true => Err(self.none_left()),
            false => Ok(Table { examples: Examples::Choices(examples), skipped }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, task: TableTask, columns: &Columns, known: Option<&[String]>) -> Result<Table, DataFileError> {
        parse(text, Path::new("data.tsv"), task, columns, known)
    }

    fn usual(text: &str, task: TableTask) -> Result<Table, DataFileError> {
        read(text, task, &Columns::default(), None)
    }

    #[test]
    fn classes_are_in_the_order_of_numbers() {
        let table = usual("document\tlabel\r\n\"a\" b\t10\r\n\t9\nc\t9\n", TableTask::Sentence).unwrap();
        assert_eq!(table.skipped, 1);
        let Examples::Classes { labels, examples } = table.examples else { panic!("classes were asked for") };
        assert_eq!(labels, ["9", "10"]);
        assert_eq!(examples[0], TextExample { text: "\"a\" b".into(), pair: None, label: 1 });
        assert_eq!(examples[1].label, 0);
    }

    #[test]
    fn columns_are_found_by_their_usual_names_or_by_those_given() {
        let sts = "genre\tscore\tsentence1\tsentence2\nx\t4.25\ta b\tc\n";
        let Examples::Scores(scores) = usual(sts, TableTask::Regression).unwrap().examples else { panic!() };
        assert_eq!(scores, [TextExample { text: "a b".into(), pair: Some("c".into()), label: 4.25 }]);
        let error = usual(sts, TableTask::Pair).unwrap_err().to_string();
        assert!(error.contains("no column label or gold_label") && error.contains("--label-column"), "{error}");
        let columns = Columns { label: Some("genre".into()), text: Some("sentence2".into()), ..Columns::default() };
        let error = read(sts, TableTask::Sentence, &columns, None).unwrap_err().to_string();
        assert!(error.contains("at least two classes"), "{error}");
        let error = read(sts, TableTask::Regression, &columns, None).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("\"x\" in column genre"), "{error}");
    }

    #[test]
    fn choices_stand_in_numbered_columns() {
        let swag = "context\tending0\tending1\tending2\tlabel\nwe go\thome\tblue\tat\t0\n";
        let Examples::Choices(choices) = usual(swag, TableTask::MultipleChoice).unwrap().examples else { panic!() };
        assert_eq!((choices[0].choices.len(), choices[0].label), (3, 0));
        let error = usual(&swag.replace("at\t0", "at\t3"), TableTask::MultipleChoice).unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("0 to 2"), "{error}");
        let error = usual("text\tlabel\na\t0\n", TableTask::MultipleChoice).unwrap_err().to_string();
        assert!(error.contains("ending0, ending1"), "{error}");
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_line() {
        let error = usual("document\tlabel\na\t0\nb\tc\t1\n", TableTask::Sentence).unwrap_err().to_string();
        assert!(error.contains("line 3") && error.contains("3 fields") && error.contains("2 columns"), "{error}");
        let known = ["0".to_owned(), "1".to_owned()];
        let error =
            read("document\tlabel\na\t2\n", TableTask::Sentence, &Columns::default(), Some(&known)).unwrap_err();
        assert!(error.to_string().contains("line 2") && error.to_string().contains("which has 0, 1"), "{error}");
        for empty in ["", "document\tlabel\n", "\n \n"] {
            assert!(matches!(usual(empty, TableTask::Sentence), Err(DataFileError::NoExamples { .. })), "{empty:?}");
        }
    }
}
