//! A corpus: documents of sentences, in BERT's input format.
//!
//! One sentence a line, an empty line between documents, UTF-8 (google-research/bert, `sample_text.txt`). Byte order marks,
//! Windows line ends and white space around a sentence are taken away.

use std::collections::HashSet;
use std::path::Path;

use rand::seq::SliceRandom;

use crate::TextError;
use crate::files::{read_utf8, write_atomically};
use crate::random::{Purpose, keyed_rng};

/// Documents, each a list of sentences in their order. No document and no sentence is empty when it was read or parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Corpus {
    /// `documents[d][s]` is sentence `s` of document `d`.
    pub documents: Vec<Vec<String>>,
}

impl Corpus {
    /// Reads files, one after the other; the end of a file ends a document.
    ///
    /// # Errors
    /// [`TextError::Read`] for a file that is missing or cannot be read, [`TextError::NotUtf8`] with line and byte,
    /// [`TextError::EmptyCorpus`] if there is no sentence in any of the files.
    pub fn read<P: AsRef<Path>>(paths: &[P]) -> Result<Corpus, TextError> {
        let mut corpus = Corpus::default();
        for path in paths {
            corpus.documents.extend(Corpus::parse(&read_utf8(path.as_ref())?).documents);
        }
        if corpus.documents.is_empty() {
            let names: Vec<String> = paths.iter().map(|path| path.as_ref().display().to_string()).collect();
            let place = if names.is_empty() { "an empty list of files".to_owned() } else { names.join(", ") };
            return Err(TextError::EmptyCorpus { place });
        }
        Ok(corpus)
    }

    /// Takes a text apart: lines are sentences, empty lines (or lines of white space) end a document.
    pub fn parse(text: &str) -> Corpus {
        let mut documents: Vec<Vec<String>> = vec![];
        let mut in_document = false;
        let before = |letter: char| letter == '\u{feff}' || letter.is_whitespace();
        for line in text.lines().map(|line| line.trim_start_matches(before).trim_end()) {
            if line.is_empty() {
                in_document = false;
            } else {
                if !in_document {
                    documents.push(vec![]);
                    in_document = true;
                }
                documents.last_mut().expect("a document was just begun").push(line.to_owned());
            }
        }
        Corpus { documents }
    }

    /// Writes the corpus in the format that [`Corpus::read`] reads, to a temporary file that is then renamed.
    ///
    /// # Errors
    /// [`TextError::Write`] when the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<(), TextError> {
        write_atomically(path, self.to_string().as_bytes())
    }

    /// All sentences, document after document.
    pub fn sentences(&self) -> impl Iterator<Item = &str> {
        self.documents.iter().flatten().map(String::as_str)
    }

    /// Number of sentences of all documents.
    pub fn sentence_count(&self) -> usize {
        self.documents.iter().map(Vec::len).sum()
    }

    /// Puts about `fraction` of the documents (at least one) aside: `(training, held_out)`, both in their old order.
    ///
    /// Whole documents are held out, since neighbouring sentences tell about each other. Which ones depends on `seed` alone.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] unless `0 < fraction < 1`; [`TextError::TooFewDocuments`] with fewer than three documents,
    /// for two must remain: next-sentence prediction draws its wrong sentences from other documents.
    pub fn split_held_out(&self, fraction: f64, seed: u64) -> Result<(Corpus, Corpus), TextError> {
        check_fraction(fraction)?;
        let count = self.documents.len();
        if count < 3 {
            return Err(TextError::TooFewDocuments { found: count, needed: 3, purpose: "holding out a part" });
        }
        let held_out_count = ((count as f64 * fraction).round() as usize).clamp(1, count - 2);
        let mut order: Vec<usize> = (0..count).collect();
        order.shuffle(&mut keyed_rng(seed, Purpose::HeldOut, 0, 0));
        let held_out_indices: HashSet<usize> = order[..held_out_count].iter().copied().collect();
        let mut training = Corpus::default();
        let mut held_out = Corpus::default();
        for (index, document) in self.documents.iter().enumerate() {
            let part = if held_out_indices.contains(&index) { &mut held_out } else { &mut training };
            part.documents.push(document.clone());
        }
        Ok((training, held_out))
    }
}

impl Corpus {
    /// Puts about `fraction` of the sentences (at least one) aside, those at the end of each document: `(training, held_out)`. For a text
    /// that is a single document, or two; a document of one sentence stays whole.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] unless `0 < fraction < 1`; [`TextError::TooFewSentences`] if no document has two sentences.
    pub fn split_ends(&self, fraction: f64) -> Result<(Corpus, Corpus), TextError> {
        check_fraction(fraction)?;
        let (mut training, mut held_out) = (Corpus::default(), Corpus::default());
        for document in &self.documents {
            let count = ((document.len() as f64 * fraction).round() as usize).max(1);
            let (begin, end) = document.split_at(document.len().saturating_sub(count).max(1));
            training.documents.push(begin.to_vec());
            held_out.documents.extend((!end.is_empty()).then(|| end.to_vec()));
        }
        match held_out.documents.is_empty() {
            true => Err(TextError::TooFewSentences),
            false => Ok((training, held_out)),
        }
    }
}

fn check_fraction(fraction: f64) -> Result<(), TextError> {
    if fraction > 0.0 && fraction < 1.0 {
        return Ok(());
    }
    Err(TextError::option("held-out fraction", fraction, "it must lie between 0 and 1, 0.05 for example"))
}

/// The corpus in the format that [`Corpus::parse`] reads.
impl std::fmt::Display for Corpus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, document) in self.documents.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            for sentence in document {
                writeln!(f, "{sentence}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(count: usize) -> Corpus {
        Corpus { documents: (0..count).map(|d| vec![format!("first {d}"), format!("second {d}")]).collect() }
    }

    #[test]
    fn lines_are_sentences_and_empty_lines_end_documents() {
        let corpus = Corpus::parse("\u{feff}  One.\r\nTwo. \r\n\r\n \t \r\nThree.\n\n\n");
        assert_eq!(corpus.documents, [vec!["One.", "Two."], vec!["Three."]]);
        assert_eq!(corpus.sentence_count(), 3);
        assert_eq!(corpus.to_string(), "One.\nTwo.\n\nThree.\n");
        assert_eq!(Corpus::parse(&corpus.to_string()), corpus);
        assert_eq!(Corpus::parse(" \u{feff}\tFour.").documents, [vec!["Four."]]);
    }

    #[test]
    fn files_are_read_one_after_the_other() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a.txt"), folder.path().join("b.txt"));
        std::fs::write(&a, "One.\nTwo.").unwrap();
        Corpus::parse("셋.\n넷.").write(&b).unwrap();
        let corpus = Corpus::read(&[&a, &b]).unwrap();
        assert_eq!(corpus.documents, [vec!["One.", "Two."], vec!["셋.", "넷."]]);
    }

    #[test]
    fn bad_files_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("missing.txt");
        let error = Corpus::read(&[&missing]).unwrap_err().to_string();
        assert!(error.contains("missing.txt"), "{error}");

        let latin1 = folder.path().join("latin1.txt");
        std::fs::write(&latin1, b"ok\r\ncaf\xe9 au lait\n").unwrap();
        match Corpus::read(&[&latin1]).unwrap_err() {
            TextError::NotUtf8 { line: 2, byte: 4, value: 0xe9, .. } => {}
            other => panic!("{other}"),
        }

        let empty = folder.path().join("empty.txt");
        std::fs::write(&empty, "\n \r\n").unwrap();
        let error = Corpus::read(&[&empty]).unwrap_err();
        assert!(matches!(&error, TextError::EmptyCorpus { place } if place.contains("empty.txt")), "{error}");
        assert!(matches!(Corpus::read::<&Path>(&[]), Err(TextError::EmptyCorpus { .. })));
        assert!(matches!(Corpus::default().write(Path::new("/")), Err(TextError::Write { .. })));
    }

    #[test]
    fn whole_documents_are_held_out() {
        let corpus = numbered(40);
        let (training, held_out) = corpus.split_held_out(0.1, 7).unwrap();
        assert_eq!((training.documents.len(), held_out.documents.len()), (36, 4));
        assert!(held_out.documents.iter().all(|d| !training.documents.contains(d)));
        assert!(training.documents.is_sorted_by_key(|d| corpus.documents.iter().position(|e| e == d)));
        assert_eq!(corpus.split_held_out(0.1, 7).unwrap(), (training, held_out.clone()));
        assert_ne!(corpus.split_held_out(0.1, 8).unwrap().1, held_out);
    }

    #[test]
    fn of_a_single_document_the_end_is_held_out() {
        let corpus = Corpus::parse("1\n2\n3\n4\n5\n\nalone");
        let (training, held_out) = corpus.split_ends(0.4).unwrap();
        assert_eq!(training.documents, [vec!["1", "2", "3"], vec!["alone"]]);
        assert_eq!(held_out.documents, [["4", "5"]]);
        assert_eq!(corpus.split_ends(0.999).unwrap().0.documents[0], ["1"]);
        assert!(matches!(Corpus::parse("alone").split_ends(0.5), Err(TextError::TooFewSentences)));
        assert!(matches!(corpus.split_ends(1.0), Err(TextError::InvalidOption { .. })));
    }

    #[test]
    fn two_documents_remain_whatever_the_fraction() {
        let (training, held_out) = numbered(3).split_held_out(0.99, 0).unwrap();
        assert_eq!((training.documents.len(), held_out.documents.len()), (2, 1));
        assert!(matches!(numbered(2).split_held_out(0.5, 0), Err(TextError::TooFewDocuments { found: 2, .. })));
        for fraction in [0.0, 1.0, -1.0, f64::NAN] {
            assert!(matches!(numbered(9).split_held_out(fraction, 0), Err(TextError::InvalidOption { .. })));
        }
    }
}
