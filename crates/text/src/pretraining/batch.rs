//! A batch: what a model reads and what it should answer.

use std::ops::Range;

use super::{IGNORE_INDEX, MaskedSequence};

/// One batch, ready for a model. Matrices are rows after rows, `[batch_size, seq_len]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PretrainingBatch {
    /// What the model reads, `[batch_size, seq_len]`.
    pub input_ids: Vec<i64>,
    /// 0 for `[CLS] A [SEP]` and padding, 1 for `B [SEP]`, `[batch_size, seq_len]`.
    pub token_type_ids: Vec<i64>,
    /// True for a token, false for padding, `[batch_size, seq_len]`.
    pub attention_mask: Vec<bool>,
    /// Where something is to be predicted, ascending: `row * seq_len + position`, `[predictions]`.
    pub masked_positions: Vec<i64>,
    /// What stands there, `[predictions]`.
    pub masked_labels: Vec<i64>,
    /// 0 if B really follows A, 1 if it is out of another document (the Hugging Face convention), `[batch_size]`. With
    /// [`Relation::SentenceOrder`](super::Relation) 0 if they stand in their order, 1 if they are swapped; with
    /// [`Relation::None`](super::Relation) nothing.
    pub next_sentence_labels: Vec<i64>,
    /// Number of rows.
    pub batch_size: usize,
    /// Length of a row.
    pub seq_len: usize,
}

impl PretrainingBatch {
    /// The labels in the shape of the input, `[batch_size, seq_len]`, [`IGNORE_INDEX`] where nothing is to be predicted.
    pub fn labels(&self) -> Vec<i64> {
        let mut labels = vec![IGNORE_INDEX; self.input_ids.len()];
        for (&position, &label) in self.masked_positions.iter().zip(&self.masked_labels) {
            labels[position as usize] = label;
        }
        labels
    }

    /// Some of the rows as a batch of their own (positions counted anew): a shard for one worker.
    ///
    /// # Panics
    /// If the range does not lie within the rows.
    #[track_caller]
    pub fn rows(&self, rows: Range<usize>) -> PretrainingBatch {
        assert!(
            rows.start <= rows.end && rows.end <= self.batch_size,
            "PretrainingBatch::rows: rows {rows:?} of a batch of {}",
            self.batch_size
        );
        let cells = rows.start * self.seq_len..rows.end * self.seq_len;
        let first = self.masked_positions.partition_point(|&position| (position as usize) < cells.start);
        let last = self.masked_positions.partition_point(|&position| (position as usize) < cells.end);
        PretrainingBatch {
            input_ids: self.input_ids[cells.clone()].to_vec(),
            token_type_ids: self.token_type_ids[cells.clone()].to_vec(),
            attention_mask: self.attention_mask[cells.clone()].to_vec(),
            masked_positions: self.masked_positions[first..last].iter().map(|p| p - cells.start as i64).collect(),
            masked_labels: self.masked_labels[first..last].to_vec(),
            next_sentence_labels: self.next_sentence_labels.get(rows.clone()).unwrap_or_default().to_vec(),
            batch_size: rows.len(),
            seq_len: self.seq_len,
        }
    }

    /// Number of tokens that are not padding.
    pub fn token_count(&self) -> usize {
        self.attention_mask.iter().filter(|&&real| real).count()
    }

    pub(super) fn gather(examples: &[Example], seq_len: usize, pad: i64) -> PretrainingBatch {
        let cells = examples.len() * seq_len;
        let mut batch = PretrainingBatch {
            input_ids: vec![pad; cells],
            token_type_ids: vec![0; cells],
            attention_mask: vec![false; cells],
            masked_positions: vec![],
            masked_labels: vec![],
            next_sentence_labels: examples.iter().filter_map(|example| example.relation_label).collect(),
            batch_size: examples.len(),
            seq_len,
        };
        for (row, example) in examples.iter().enumerate() {
            let start = row * seq_len;
            let length = example.masked.input_ids.len();
            batch.input_ids[start..start + length].copy_from_slice(&example.masked.input_ids);
            batch.token_type_ids[start..start + length].copy_from_slice(&example.token_type_ids);
            batch.attention_mask[start..start + length].fill(true);
            for (position, &label) in example.masked.labels.iter().enumerate() {
                if label != IGNORE_INDEX {
                    batch.masked_positions.push((start + position) as i64);
                    batch.masked_labels.push(label);
                }
            }
        }
        batch
    }
}

/// One row before padding.
pub(super) struct Example {
    pub(super) masked: MaskedSequence,
    pub(super) token_type_ids: Vec<i64>,
    /// Without a question about its parts, none.
    pub(super) relation_label: Option<i64>,
}
