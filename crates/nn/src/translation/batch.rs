//! Pairs of sentences as tensors.

use std::ops::Range;

use jumok_tensor::{CrossEntropy, IntTensor, Reduction};

use super::SpecialTokens;

/// Source and target sentences of a batch, padded to their longest.
#[derive(Debug, Clone, PartialEq)]
pub struct Seq2SeqBatch {
    /// The source tokens, `[B, S]`.
    pub source: IntTensor,
    /// How many of them are no padding.
    pub source_lengths: Vec<usize>,
    /// The target tokens, `[B, T + 1]`: bos, the sentence, eos, padding. The first T go into the decoder, which predicts the
    /// last T.
    pub target: IntTensor,
    /// The id of padding.
    pub pad_token_id: usize,
}

impl Seq2SeqBatch {
    /// A batch of pairs without any special tokens: bos and eos are put around the targets, padding behind.
    ///
    /// # Panics
    /// If there are not as many targets as sources.
    #[track_caller]
    pub fn new(sources: &[Vec<i64>], targets: &[Vec<i64>], special: impl Into<SpecialTokens>) -> Self {
        assert!(
            sources.len() == targets.len(),
            "Seq2SeqBatch: {} sources and {} targets do not fit: need pairs",
            sources.len(),
            targets.len()
        );
        let special = special.into();
        let (source, source_lengths) = padded(sources, special.pad);
        Self { source, source_lengths, target: framed(targets, special), pad_token_id: special.pad as usize }
    }

    /// B, the number of pairs.
    pub fn len(&self) -> usize {
        self.source_lengths.len()
    }

    /// Whether there is no pair at all.
    pub fn is_empty(&self) -> bool {
        self.source_lengths.is_empty()
    }

    /// Some of the pairs: a shard of the batch.
    ///
    /// # Panics
    /// If there are no such rows.
    #[track_caller]
    pub fn rows(&self, rows: Range<usize>) -> Self {
        let cut = |ids: &IntTensor| {
            let [_, time] = ids.dims();
            IntTensor::from_vec(ids.as_slice()[rows.start * time..rows.end * time].to_vec(), &[rows.len(), time])
        };
        Self {
            source: cut(&self.source),
            source_lengths: self.source_lengths[rows.clone()].to_vec(),
            target: cut(&self.target),
            pad_token_id: self.pad_token_id,
        }
    }

    /// What goes into the decoder when it is taught: everything but the last token, `[B, T]`.
    pub fn decoder_input(&self) -> IntTensor {
        all_but_one_column(&self.target, 0)
    }

    /// What it should answer: everything but the first token, `[B, T]`.
    pub fn labels(&self) -> IntTensor {
        all_but_one_column(&self.target, 1)
    }

    /// The number of tokens to predict: eos counts, padding does not.
    pub fn target_tokens(&self) -> usize {
        self.labels().as_slice().iter().filter(|&&label| label != self.pad_token_id as i64).count()
    }

    /// The loss over these labels: a sum that leaves padding out.
    pub fn cross_entropy(&self) -> CrossEntropy {
        without_padding(self.pad_token_id)
    }
}

/// The loss over labels of which some are padding: a sum that leaves them out.
pub fn without_padding(pad_token_id: usize) -> CrossEntropy {
    let ignore_index = pad_token_id as i64;
    CrossEntropy { ignore_index, reduction: Reduction::Sum, ..CrossEntropy::default() }
}

/// Targets with bos before and eos behind them, padded to their longest: `[B, T + 1]`.
pub fn framed(targets: &[Vec<i64>], SpecialTokens { pad, bos, eos }: SpecialTokens) -> IntTensor {
    let framed: Vec<Vec<i64>> = targets.iter().map(|target| [&[bos], &target[..], &[eos]].concat()).collect();
    padded(&framed, pad).0
}

/// T of the T + 1 columns of framed targets: from `first` = 0 what a decoder reads, from 1 what it should answer.
///
/// # Panics
/// If `target` is no matrix.
#[track_caller]
pub fn all_but_one_column(target: &IntTensor, first: usize) -> IntTensor {
    let [batch, width] = target.dims();
    let time = width.saturating_sub(1);
    let rows = target.as_slice().chunks_exact(width.max(1));
    IntTensor::from_vec(rows.flat_map(|row| &row[first..first + time]).copied().collect(), &[batch, time])
}

/// Sequences as one table `[B, longest]` with `pad` behind the shorter ones, and their lengths.
pub fn padded(sequences: &[Vec<i64>], pad: i64) -> (IntTensor, Vec<usize>) {
    let lengths: Vec<usize> = sequences.iter().map(Vec::len).collect();
    let longest = lengths.iter().copied().max().unwrap_or(0);
    let cells = sequences.iter().flat_map(|ids| {
        let padding = std::iter::repeat_n(pad, longest - ids.len());
        ids.iter().copied().chain(padding)
    });
    (IntTensor::from_vec(cells.collect(), &[sequences.len(), longest]), lengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECIAL: SpecialTokens = SpecialTokens { pad: 0, bos: 1, eos: 2 };

    #[test]
    fn sentences_are_framed_and_padded() {
        let batch = Seq2SeqBatch::new(&[vec![7, 8, 9], vec![5]], &[vec![4], vec![6, 3]], SPECIAL);
        assert_eq!((batch.source.to_vec(), batch.source_lengths.clone()), (vec![7, 8, 9, 5, 0, 0], vec![3, 1]));
        assert_eq!((batch.target.shape(), batch.target.to_vec()), (&[2, 4][..], vec![1, 4, 2, 0, 1, 6, 3, 2]));
        assert_eq!(batch.decoder_input().to_vec(), [1, 4, 2, 1, 6, 3]);
        assert_eq!(batch.labels().to_vec(), [4, 2, 0, 6, 3, 2]);
        assert_eq!((batch.target_tokens(), batch.len(), batch.is_empty()), (5, 2, false));
        let second = batch.rows(1..2);
        assert_eq!((second.source.to_vec(), second.target.to_vec()), (vec![5, 0, 0], vec![1, 6, 3, 2]));
    }

    #[test]
    #[should_panic(expected = "2 sources and 1 targets do not fit: need pairs")]
    fn sentences_come_in_pairs() {
        Seq2SeqBatch::new(&[vec![1], vec![2]], &[vec![1]], SPECIAL);
    }
}
