//! Which sentences make a row: stretches of one document, or whole sentences of several.

use std::ops::Range;

use super::pairs::{PAIR_SPECIAL_TOKENS, SINGLE_SPECIAL_TOKENS};
use super::{Pairing, PretrainingOptions, Relation};

/// A stretch of neighbouring sentences of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) document: usize,
    pub(super) sentences: Range<usize>,
}

/// The rows of a corpus; each is one stretch, or several in a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rows {
    spans: Vec<Span>,
    /// Which of the stretches each row has.
    rows: Vec<Range<usize>>,
}

impl Rows {
    /// Lays out the rows of `documents`, `[document][sentence][position]`.
    pub(super) fn lay_out(documents: &[Vec<Vec<i64>>], options: &PretrainingOptions) -> Rows {
        if options.pairing == Pairing::Packed {
            return pack(documents, options.seq_len);
        }
        let room = options.seq_len;
        let of_document = |sentences: &[Vec<i64>]| match (options.pairing, options.relation) {
            (Pairing::Sentences, Relation::None) => (0..sentences.len()).map(|one| one..one + 1).collect(),
            (Pairing::Sentences, _) => (1..sentences.len()).map(|second| second - 1..second + 1).collect(),
            (_, Relation::None) => fitting(sentences, room - SINGLE_SPECIAL_TOKENS),
            (_, _) => stretches(sentences, room - PAIR_SPECIAL_TOKENS),
        };
        let spans: Vec<Span> = documents
            .iter()
            .enumerate()
            .flat_map(|(document, sentences)| {
                of_document(sentences).into_iter().map(move |sentences| Span { document, sentences })
            })
            .collect();
        let rows = (0..spans.len()).map(|n| n..n + 1).collect();
        Rows { spans, rows }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The stretches of a row.
    pub(super) fn row(&self, row: usize) -> &[Span] {
        &self.spans[self.rows[row].clone()]
    }
}

/// RoBERTa's FULL-SENTENCES: whole sentences in their order while they fit, across the ends of documents, where a separator stands
/// (Liu et al. 2019, section 4.2). A sentence that is longer than a row has one to itself, and is cut there.
fn pack(documents: &[Vec<Vec<i64>>], seq_len: usize) -> Rows {
    let mut packed = Rows::default();
    let mut row = 0..0;
    let mut length = SINGLE_SPECIAL_TOKENS;
    for (document, sentences) in documents.iter().enumerate() {
        for (index, sentence) in sentences.iter().enumerate() {
            let begins = index == 0 || row.is_empty();
            // The separator behind the document before this one; that behind the row is counted from the start.
            let separator = usize::from(begins && !row.is_empty());
            if !row.is_empty() && length + separator + sentence.len() > seq_len {
                packed.rows.push(row.clone());
                row = row.end..row.end;
                length = SINGLE_SPECIAL_TOKENS;
            }
            if index == 0 || row.is_empty() {
                length += usize::from(!row.is_empty());
                packed.spans.push(Span { document, sentences: index..index });
                row.end += 1;
            }
            packed.spans.last_mut().expect("a stretch was begun").sentences.end = index + 1;
            length += sentence.len();
        }
    }
    if !row.is_empty() {
        packed.rows.push(row);
    }
    packed
}

/// RoBERTa's DOC-SENTENCES: whole sentences of one document while they fit. A sentence that is longer has a row to itself, and is cut
/// there.
fn fitting(sentences: &[Vec<i64>], room: usize) -> Vec<Range<usize>> {
    let mut rows: Vec<Range<usize>> = vec![];
    let mut tokens = 0;
    for (index, sentence) in sentences.iter().enumerate() {
        match rows.last_mut() {
            Some(row) if tokens + sentence.len() <= room => row.end = index + 1,
            _ => {
                rows.push(index..index + 1);
                tokens = 0;
            }
        }
        tokens += sentence.len();
    }
    rows
}

/// Cuts a document into stretches of at least two sentences, each closed by the sentence that reaches `target` tokens.
///
/// A single sentence left at the end joins the stretch before it: alone, it could only be paired with a wrong one, and the two labels
/// would no longer be equally likely.
fn stretches(sentences: &[Vec<i64>], target: usize) -> Vec<Range<usize>> {
    let mut stretches: Vec<Range<usize>> = vec![];
    let mut start = 0;
    let mut tokens = 0;
    for (index, sentence) in sentences.iter().enumerate() {
        tokens += sentence.len();
        if tokens >= target && index > start {
            stretches.push(start..index + 1);
            start = index + 1;
            tokens = 0;
        }
    }
    match sentences.len() - start {
        0 => {}
        1 => {
            if let Some(last) = stretches.last_mut() {
                last.end = sentences.len();
            }
        }
        _ => stretches.push(start..sentences.len()),
    }
    stretches
}

/// Packs documents into rows as [`Pairing::Packed`] does: which sentences, as `(document, sentences)`, each row has.
///
/// `documents[d][s]` are the ids of sentence `s` of document `d`; a row has at most `seq_len` tokens, `[CLS]` and the separators
/// included.
pub fn pack_full_sentences(documents: &[Vec<Vec<i64>>], seq_len: usize) -> Vec<Vec<(usize, Range<usize>)>> {
    let packed = pack(documents, seq_len);
    let of_row = |row| packed.row(row).iter().map(|span| (span.document, span.sentences.clone())).collect();
    (0..packed.len()).map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentences(lengths: &[usize]) -> Vec<Vec<i64>> {
        lengths.iter().map(|&length| vec![7; length]).collect()
    }

    #[test]
    fn packing_fills_rows_with_whole_sentences_and_counts_separators() {
        // [CLS] 3 [SEP] 2 [SEP] are 8 tokens; the next sentence of 1 does not fit behind them.
        let documents = [sentences(&[3]), sentences(&[2, 1]), sentences(&[20, 1])];
        let rows = pack_full_sentences(&documents, 8);
        assert_eq!(rows, [vec![(0, 0..1), (1, 0..1)], vec![(1, 1..2)], vec![(2, 0..1)], vec![(2, 1..2)]]);
        let rows = pack_full_sentences(&documents, 9);
        assert_eq!(rows, [vec![(0, 0..1), (1, 0..2)], vec![(2, 0..1)], vec![(2, 1..2)]]);
        assert!(pack_full_sentences(&[], 8).is_empty());
    }

    #[test]
    fn rows_of_one_document_end_with_it() {
        assert_eq!(fitting(&sentences(&[3, 2, 1, 9, 5]), 6), [0..3, 3..4, 4..5]);
        assert_eq!(fitting(&sentences(&[9]), 6), [Range { start: 0, end: 1 }]);
        let options = PretrainingOptions {
            relation: Relation::None,
            pairing: Pairing::Segments { short_seq_prob: 0.0 },
            seq_len: 8,
            ..PretrainingOptions::default()
        };
        let rows = Rows::lay_out(&[sentences(&[3, 2]), sentences(&[4])], &options);
        assert_eq!(rows.row(0), [Span { document: 0, sentences: 0..2 }]);
        assert_eq!(rows.row(1), [Span { document: 1, sentences: 0..1 }]);
        assert_eq!(rows.len(), 2);
    }
}
