//! Tagged words, one a line, an empty line between sentences: CoNLL-2003, WNUT-17.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use super::{DataFileError, Examples, TaggedSentence, unknown_label};
use crate::TextError;
use crate::files::read_utf8;

/// Reads sentences with the word in the first column and the tag in the last, separated by spaces or tabs. Lines that begin with
/// `-DOCSTART-` are passed over.
///
/// `known` are the tags of the training data for the file to judge by; without it, `O` comes first and then every type that
/// occurs with its `B-` and its `I-`, by the alphabet.
///
/// # Errors
/// [`TextError::Read`], [`TextError::NotUtf8`], or [`TextError::DataFile`] with the line: a word without a tag, something else than
/// `O`, `B-TYPE` and `I-TYPE`, an `I-` that goes on with nothing, a type that the training data does not have.
pub fn read_conll(path: &Path, known: Option<&[String]>) -> Result<Examples, TextError> {
    Ok(parse(&read_utf8(path)?, path, known)?)
}

/// All tags of these types: `O`, then `B-` and `I-` of each, by the alphabet.
pub fn tags_of_types<'a>(types: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let types: BTreeSet<&str> = types.into_iter().collect();
    let both = types.into_iter().flat_map(|kind| [format!("B-{kind}"), format!("I-{kind}")]);
    std::iter::once("O".to_owned()).chain(both).collect()
}

fn parse(text: &str, path: &Path, known: Option<&[String]>) -> Result<Examples, DataFileError> {
    let mut sentences: Vec<Vec<(usize, &str, &str)>> = vec![vec![]];
    for (index, line) in text.lines().enumerate() {
        let line_number = index + 1;
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with("-DOCSTART-") {
            sentences.push(vec![]);
            continue;
        }
        // Tabs may surround words that have spaces in them; otherwise any white space separates.
        let mut fields: Vec<&str> = match trimmed.contains('\t') {
            true => trimmed.split('\t').map(str::trim).collect(),
            false => trimmed.split_whitespace().collect(),
        };
        let tag = fields.pop().unwrap_or_default();
        let Some(&word) = fields.first().filter(|word| !word.is_empty()) else {
            return Err(DataFileError::NoTag { path: path.into(), line: line_number, text: trimmed.to_owned() });
        };
        let before = sentences.last().and_then(|sentence| sentence.last()).map_or("O", |&(_, _, tag)| tag);
        check(tag, before, path, line_number)?;
        sentences.last_mut().expect("there is always a last sentence").push((line_number, word, tag));
    }
    sentences.retain(|sentence| !sentence.is_empty());
    if sentences.is_empty() {
        let form = "write a word, a tab and its tag a line, and an empty line between sentences";
        return Err(DataFileError::NoExamples { path: path.into(), form });
    }
    let tags = match known {
        Some(known) => known.to_vec(),
        None => tags_of_types(sentences.iter().flatten().filter_map(|&(_, _, tag)| tag.get(2..))),
    };
    // Looked up, not searched for: a file may have as many types as lines.
    let ids: HashMap<&str, usize> = tags.iter().map(String::as_str).zip(0..).collect();
    let mut tagged = Vec::with_capacity(sentences.len());
    for sentence in sentences {
        let mut one = TaggedSentence { words: vec![], tags: vec![] };
        for (line, word, tag) in sentence {
            one.words.push(word.to_owned());
            one.tags.push(match ids.get(tag) {
                Some(&id) => id,
                None => return Err(unknown_label(tag, &tags, path, line)),
            });
        }
        tagged.push(one);
    }
    if tags.len() < 2 {
        return Err(DataFileError::OneClass { path: path.into(), label: "O".into() });
    }
    Ok(Examples::Tags { tags, sentences: tagged })
}

/// Whether a tag is one, and may stand behind the tag `before`.
fn check(tag: &str, before: &str, path: &Path, line: usize) -> Result<(), DataFileError> {
    let kind = |tag: &str, prefix: &str| tag.strip_prefix(prefix).filter(|kind| !kind.is_empty()).map(str::to_owned);
    if tag == "O" || kind(tag, "B-").is_some() {
        return Ok(());
    }
    let Some(inside) = kind(tag, "I-") else {
        return Err(DataFileError::BadTag { path: path.into(), line, tag: tag.to_owned() });
    };
    match before.get(2..) == Some(inside.as_str()) {
        true => Ok(()),
        false => {
            Err(DataFileError::StrayInside { path: path.into(), line, tag: tag.to_owned(), before: before.to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, known: Option<&[String]>) -> Result<Examples, DataFileError> {
        parse(text, Path::new("data.conll"), known)
    }

    #[test]
    fn word_and_tag_are_the_first_and_the_last_column() {
        let text = "-DOCSTART- -X- O O\n\nU.N. NNP I-NP B-ORG\nofficial NN I-NP O\n\n\nEkeus NNP I-NP B-PER\n";
        let Examples::Tags { tags, sentences } = read(text, None).unwrap() else { panic!("tags were asked for") };
        assert_eq!(tags, ["O", "B-ORG", "I-ORG", "B-PER", "I-PER"]);
        assert_eq!(sentences.len(), 2);
        assert_eq!((sentences[0].words[0].as_str(), &sentences[0].tags[..]), ("U.N.", &[1, 0][..]));
        let Examples::Tags { sentences, .. } = read("New York\tB-LOC\n", None).unwrap() else { panic!() };
        assert_eq!(sentences[0].words, ["New York"]);
    }

    #[test]
    fn tags_are_checked_line_by_line() {
        let message = |text: &str| read(text, None).unwrap_err().to_string();
        assert!(message("a\tB-X\nb\n").contains("line 2"), "{}", message("a\tB-X\nb\n"));
        for bad in ["X", "B-", "I-", "E-PER", "o"] {
            assert!(message(&format!("a\tO\nb\t{bad}\n")).contains("is no tag"), "{bad}");
        }
        let stray = message("a\tO\nb\tI-X\n");
        assert!(stray.contains("line 2") && stray.contains("O is before it"), "{stray}");
        assert!(message("a\tB-X\n\nb\tI-X\n").contains("line 3"));
        assert!(message("a\tB-X\nb\tI-Y\n").contains("line 2"));
        assert!(message("a\tO\n").contains("at least two classes"));
        assert!(message("\n\n").contains("no example"));
        let known = tags_of_types(["X"]);
        assert!(
            read("a\tB-Y\n", Some(&known)).unwrap_err().to_string().contains("does not occur in the training data")
        );
    }
}
