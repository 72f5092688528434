//! Questions about texts in the form of SQuAD 1.1 and 2.0 (Rajpurkar et al. 2016 and 2018), KorQuAD 1.0.

use std::path::Path;

use serde::Deserialize;

use super::{AnswerText, DataFileError, Examples, QuestionExample};
use crate::TextError;
use crate::files::read_utf8;

#[derive(Deserialize)]
struct Squad {
    data: Vec<Article>,
}

#[derive(Deserialize)]
struct Article {
    paragraphs: Vec<Paragraph>,
}

#[derive(Deserialize)]
struct Paragraph {
    context: String,
    qas: Vec<Question>,
}

#[derive(Deserialize)]
struct Question {
    id: String,
    question: String,
    #[serde(default)]
    answers: Vec<Answer>,
    #[serde(default)]
    is_impossible: bool,
}

#[derive(Deserialize)]
struct Answer {
    text: String,
    answer_start: u64,
}

/// Reads questions. `answer_start` counts code points, as in SQuAD; [`AnswerText::start`] counts bytes.
///
/// # Errors
/// [`TextError::Read`], [`TextError::NotUtf8`], or [`TextError::DataFile`]: no JSON of this form, an answer that does not stand where
/// it should, a question without an answer that is not marked `is_impossible`, no question at all.
pub fn read_squad(path: &Path) -> Result<Examples, TextError> {
    Ok(parse(&read_utf8(path)?, path)?)
}

fn parse(text: &str, path: &Path) -> Result<Examples, DataFileError> {
    let squad: Squad =
        serde_json::from_str(text).map_err(|source| DataFileError::Squad { path: path.into(), source })?;
    let mut questions = vec![];
    for Paragraph { context, qas } in squad.data.into_iter().flat_map(|article| article.paragraphs) {
        // Where each code point begins, and where the last one ends.
        let starts: Vec<usize> = context.char_indices().map(|(start, _)| start).chain([context.len()]).collect();
        for Question { id, question, answers, is_impossible } in qas {
            let mut found = vec![];
            // The answers of an impossible question are only plausible ones.
            for answer in answers.into_iter().filter(|_| !is_impossible) {
                let start = usize::try_from(answer.answer_start).ok().and_then(|start| starts.get(start)).copied();
                match start.filter(|&start| !answer.text.is_empty() && context[start..].starts_with(&answer.text)) {
                    Some(start) => found.push(AnswerText { text: answer.text, start }),
                    None => {
                        let there = start.map_or("", |start| &context[start..]);
                        return Err(DataFileError::AnswerNotThere {
                            path: path.into(),
                            id,
                            found: there.chars().take(answer.text.chars().count().clamp(1, 40)).collect(),
                            answer: answer.text,
                            start: answer.answer_start,
                        });
                    }
                }
            }
            if found.is_empty() && !is_impossible {
                return Err(DataFileError::NoAnswer { path: path.into(), id });
            }
            questions.push(QuestionExample { id, question, context: context.clone(), answers: found });
        }
    }
    if questions.is_empty() {
        let form = "its data needs paragraphs with a context and questions (qas)";
        return Err(DataFileError::NoExamples { path: path.into(), form });
    }
    Ok(Examples::Questions(questions))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(context: &str, qas: &str) -> String {
        format!(
            r#"{{"version": "1.1", "data": [{{"title": "t", "paragraphs": [{{"context": "{context}", "qas": [{qas}]}}]}}]}}"#
        )
    }

    fn read(context: &str, qas: &str) -> Result<Vec<QuestionExample>, DataFileError> {
        match parse(&file(context, qas), Path::new("data.json"))? {
            Examples::Questions(questions) => Ok(questions),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn places_are_counted_in_code_points_and_become_bytes() {
        let questions = read(
            "나는 학교에 간다",
            r#"{"id": "1", "question": "어디?", "answers": [{"text": "학교", "answer_start": 3}]}"#,
        )
        .unwrap();
        assert_eq!(questions[0].answers, [AnswerText { text: "학교".into(), start: 7 }]);
    }

    #[test]
    fn what_the_text_does_not_say_has_no_answer() {
        let plausible =
            r#"{"id": "1", "question": "q", "is_impossible": true, "answers": [{"text": "x", "answer_start": 9}]}"#;
        assert!(read("a b", plausible).unwrap()[0].answers.is_empty());
        let error = read("a b", r#"{"id": "7", "question": "q", "answers": []}"#).unwrap_err().to_string();
        assert!(error.contains("\"7\"") && error.contains("is_impossible"), "{error}");
    }

    #[test]
    fn answers_are_checked_against_the_text() {
        for (text, start) in [("b", 0), ("b c", 2), ("", 0), ("b", 99), ("b", u64::MAX)] {
            let qa = format!(
                r#"{{"id": "1", "question": "q", "answers": [{{"text": "{text}", "answer_start": {start}}}]}}"#
            );
            let error = read("a b", &qa).unwrap_err().to_string();
            assert!(error.contains("does not stand at character") && error.contains("code points"), "{error}");
        }
        let error = parse("{\"data\": 3}", Path::new("data.json")).err().unwrap().to_string();
        assert!(error.contains("data.json") && error.contains("line 1"), "{error}");
        assert!(parse(r#"{"data": []}"#, Path::new("data.json")).is_err());
    }
}
