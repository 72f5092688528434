//! From plain batches of numbers to what the models take.

use jumok_bert::{BertInputs, PreTrainingLabels};
use jumok_tensor::IntTensor;
use jumok_text::PretrainingBatch;

/// A batch as BERT reads it.
pub struct BertBatch {
    /// Ids, segments and mask, `[batch, seq_len]` each.
    pub inputs: BertInputs,
    /// Where something is to be predicted, `[predictions]`.
    pub masked_positions: IntTensor,
    /// The right answers.
    pub labels: PreTrainingLabels,
}

impl BertBatch {
    /// Some of the rows as a batch of their own, positions counted anew; every row has `masked` masked positions.
    pub fn rows(&self, rows: std::ops::Range<usize>, seq_len: usize, masked: usize) -> BertBatch {
        let (cells, answers) = (rows.start * seq_len..rows.end * seq_len, rows.start * masked..rows.end * masked);
        let table =
            |ids: &IntTensor| IntTensor::from_vec(ids.as_slice()[cells.clone()].to_vec(), &[rows.len(), seq_len]);
        let list = |ids: &[i64]| IntTensor::from_vec(ids.to_vec(), &[ids.len()]);
        let positions =
            self.masked_positions.as_slice()[answers.clone()].iter().map(|position| position - cells.start as i64);
        BertBatch {
            inputs: BertInputs {
                input_ids: table(&self.inputs.input_ids),
                token_type_ids: table(&self.inputs.token_type_ids),
                attention_mask: table(&self.inputs.attention_mask),
            },
            masked_positions: list(&positions.collect::<Vec<i64>>()),
            labels: PreTrainingLabels {
                masked_labels: list(&self.labels.masked_labels.as_slice()[answers]),
                next_sentence_labels: list(&self.labels.next_sentence_labels.as_slice()[rows.clone()]),
            },
        }
    }
}

impl From<&PretrainingBatch> for BertBatch {
    fn from(batch: &PretrainingBatch) -> BertBatch {
        let shape = [batch.batch_size, batch.seq_len];
        let list = |values: &Vec<i64>| IntTensor::from_vec(values.clone(), &[values.len()]);
        BertBatch {
            inputs: BertInputs {
                input_ids: IntTensor::from_vec(batch.input_ids.clone(), &shape),
                token_type_ids: IntTensor::from_vec(batch.token_type_ids.clone(), &shape),
                attention_mask: IntTensor::from_vec(
                    batch.attention_mask.iter().map(|&real| real.into()).collect(),
                    &shape,
                ),
            },
            masked_positions: list(&batch.masked_positions),
            labels: PreTrainingLabels {
                masked_labels: list(&batch.masked_labels),
                next_sentence_labels: list(&batch.next_sentence_labels),
            },
        }
    }
}

/// The language of what is printed, for the words that pictures add by themselves.
pub(crate) fn viz_language(language: jumok_training::Language) -> jumok_viz::Language {
    match language {
        jumok_training::Language::English => jumok_viz::Language::English,
        jumok_training::Language::Korean => jumok_viz::Language::Korean,
    }
}
