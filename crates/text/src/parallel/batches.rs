//! Batches of pairs of similar length.

use std::sync::{Arc, Mutex, PoisonError};

use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{SentencePair, Vocabulary};
use crate::TextError;
use crate::random::{Purpose, keyed_rng};

/// The ids of a sentence and of its translation, without `<bos>` and `<eos>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncodedPair {
    /// What is read; never empty.
    pub source: Vec<i64>,
    /// What should be written.
    pub target: Vec<i64>,
}

/// The ids of pairs, on all threads, and how many pairs are left out because one side has more than `max_length` tokens or
/// none at all.
pub fn encode_pairs(
    pairs: &[SentencePair],
    source: &Vocabulary,
    target: &Vocabulary,
    max_length: usize,
) -> (Vec<EncodedPair>, usize) {
    let encode =
        |pair: &SentencePair| EncodedPair { source: source.encode(&pair.source), target: target.encode(&pair.target) };
    let fits = |pair: &EncodedPair| {
        let lengths = 1..=max_length;
        lengths.contains(&pair.source.len()) && lengths.contains(&pair.target.len())
    };
    let mut encoded: Vec<EncodedPair> = pairs.par_iter().map(encode).collect();
    encoded.retain(fits);
    let left_out = pairs.len() - encoded.len();
    (encoded, left_out)
}

/// How pairs become batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchOptions {
    /// Pairs of a batch.
    pub batch_size: usize,
    /// Decides the order.
    pub seed: u64,
    /// Batches that are cut from pairs sorted by length: with 1 nothing is sorted, with many little is padded, and each batch
    /// holds pairs of one length only.
    pub bucket: usize,
}

impl Default for BatchOptions {
    /// 64 pairs, seed 0, buckets of 20 batches.
    fn default() -> BatchOptions {
        BatchOptions { batch_size: 64, seed: 0, bucket: 20 }
    }
}

/// The epoch whose order was made last, and the pairs of each of its batches.
type EpochOrder = Option<(u64, Arc<Vec<Vec<u32>>>)>;

/// Pairs to train on, as batches that the number of the step alone decides: a run that goes on at step *n* needs no more than *n*.
///
/// In each epoch the pairs are shuffled by (seed, epoch), cut into buckets, sorted by length within each bucket and cut into
/// batches, which are then shuffled: rows of a batch are similar in length, so that little is padded, and still no two epochs
/// are alike.
#[derive(Debug)]
pub struct ParallelData {
    pairs: Vec<EncodedPair>,
    options: BatchOptions,
    order: Mutex<EpochOrder>,
}

impl ParallelData {
    /// Takes pairs over.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for a batch or bucket of 0, [`TextError::NoPair`] without pairs.
    pub fn new(pairs: Vec<EncodedPair>, options: BatchOptions) -> Result<ParallelData, TextError> {
        for (option, value) in [("batch_size", options.batch_size), ("bucket", options.bucket)] {
            if value == 0 {
                return Err(TextError::option(option, value, "it must be at least 1"));
            }
        }
        match pairs.is_empty() {
            true => Err(TextError::NoPair { place: "what is to be trained on".into() }),
            false => Ok(ParallelData { pairs, options, order: Mutex::new(None) }),
        }
    }

    /// The pairs.
    pub fn pairs(&self) -> &[EncodedPair] {
        &self.pairs
    }

    /// Batches that hold every pair once; the last one may be smaller.
    pub fn steps_per_epoch(&self) -> usize {
        self.pairs.len().div_ceil(self.options.batch_size)
    }

    /// The batch of a step, counted from 0.
    pub fn batch(&self, step: u64) -> ParallelBatch {
        let steps = self.steps_per_epoch() as u64;
        let order = self.order_of(step / steps);
        let pairs = order[(step % steps) as usize].iter().map(|&index| &self.pairs[index as usize]);
        ParallelBatch::of(pairs)
    }

    fn order_of(&self, epoch: u64) -> Arc<Vec<Vec<u32>>> {
        let mut kept = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, order)) if *of == epoch => order.clone(),
            _ => {
                let order = Arc::new(self.make_order(epoch));
                *kept = Some((epoch, order.clone()));
                order
            }
        }
    }

    fn make_order(&self, epoch: u64) -> Vec<Vec<u32>> {
        let BatchOptions { batch_size, seed, bucket } = self.options;
        let mut rng = keyed_rng(seed, Purpose::Bucket, epoch, 0);
        let mut indices: Vec<u32> = (0..self.pairs.len() as u32).collect();
        indices.shuffle(&mut rng);
        let mut batches: Vec<Vec<u32>> = vec![];
        for bucket in indices.chunks_mut(batch_size * bucket) {
            // Stable, so that pairs of equal lengths stay shuffled.
            bucket.sort_by_key(|&index| {
                let pair = &self.pairs[index as usize];
                (pair.source.len(), pair.target.len())
            });
            batches.extend(bucket.chunks(batch_size).map(<[u32]>::to_vec));
        }
        batches.shuffle(&mut rng);
        batches
    }
}

/// Some pairs that are worked on together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ParallelBatch {
    /// The ids of each source sentence.
    pub sources: Vec<Vec<i64>>,
    /// The ids of each translation.
    pub targets: Vec<Vec<i64>>,
}

impl ParallelBatch {
    /// The batch of these pairs, in their order.
    pub fn of<'a>(pairs: impl IntoIterator<Item = &'a EncodedPair>) -> ParallelBatch {
        let (sources, targets) = pairs.into_iter().map(|pair| (pair.source.clone(), pair.target.clone())).unzip();
        ParallelBatch { sources, targets }
    }
}

/// Rows of one length: what a batch of sentences is as a table of numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaddedRows {
    /// `[rows, width]`, row after row.
    pub ids: Vec<i64>,
    /// `[rows, width]`: whether there is a token, rather than padding.
    pub mask: Vec<bool>,
    /// The length of the longest row.
    pub width: usize,
}

/// Fills rows with `pad` up to the length of the longest.
///
/// ```
/// let padded = jumok_text::parallel::pad_rows(&[vec![5, 6], vec![7]], 0);
/// assert_eq!((padded.ids, padded.mask), (vec![5, 6, 7, 0], vec![true, true, true, false]));
/// ```
pub fn pad_rows(rows: &[Vec<i64>], pad: i64) -> PaddedRows {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut padded = PaddedRows { ids: vec![pad; rows.len() * width], mask: vec![false; rows.len() * width], width };
    for (row, ids) in rows.iter().enumerate() {
        let cells = row * width..row * width + ids.len();
        padded.ids[cells.clone()].copy_from_slice(ids);
        padded.mask[cells].fill(true);
    }
    padded
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Task, TaskOptions, VocabularyOptions, task_pairs};

    fn data(count: usize, options: BatchOptions) -> ParallelData {
        let options_of_task = TaskOptions { training: count, held_out: 0, ..TaskOptions::new(Task::Reverse) };
        let pairs = task_pairs(&options_of_task).unwrap().training;
        let vocabulary =
            Vocabulary::train(pairs.iter().map(|pair| pair.source.as_str()), &VocabularyOptions::default()).unwrap();
        let (encoded, left_out) = encode_pairs(&pairs, &vocabulary, &vocabulary, 20);
        assert_eq!(left_out, 0);
        ParallelData::new(encoded, options).unwrap()
    }

    fn epoch(data: &ParallelData, number: u64) -> Vec<ParallelBatch> {
        let steps = data.steps_per_epoch() as u64;
        (number * steps..(number + 1) * steps).map(|step| data.batch(step)).collect()
    }

    #[test]
    fn an_epoch_holds_every_pair_once() {
        let data = data(1003, BatchOptions { batch_size: 10, ..Default::default() });
        assert_eq!(data.steps_per_epoch(), 101);
        for number in 0..2 {
            let mut seen: Vec<Vec<i64>> = epoch(&data, number).into_iter().flat_map(|batch| batch.sources).collect();
            let mut all: Vec<Vec<i64>> = data.pairs().iter().map(|pair| pair.source.clone()).collect();
            seen.sort();
            all.sort();
            assert_eq!(seen, all);
        }
    }

    #[test]
    fn the_step_alone_decides_and_epochs_differ() {
        let options = BatchOptions { batch_size: 10, ..Default::default() };
        let data_here = data(300, options.clone());
        let (first, second) = (epoch(&data_here, 0), epoch(&data_here, 1));
        assert_ne!(first, second);
        // Another object, asked out of order, as a resumed run would.
        let again = data(300, options.clone());
        assert_eq!(again.batch(45), second[15]);
        assert_eq!(again.batch(3), first[3]);
        assert_ne!(data(300, BatchOptions { seed: 1, ..options }).batch(3), first[3]);
    }

    #[test]
    fn buckets_save_padding() {
        let padding = |bucket: usize| {
            let data = data(1000, BatchOptions { batch_size: 10, bucket, ..Default::default() });
            let batches = epoch(&data, 0);
            let padded: usize = batches.iter().map(|batch| pad_rows(&batch.sources, 0).ids.len()).sum();
            let tokens: usize = batches.iter().flat_map(|batch| &batch.sources).map(Vec::len).sum();
            padded as f64 / tokens as f64
        };
        assert!(padding(1) > 1.4, "{}", padding(1));
        assert!(padding(20) < 1.1, "{}", padding(20));
    }

    #[test]
    fn long_pairs_are_left_out_and_counted() {
        let pair = |source: &str, target: &str| SentencePair { source: source.into(), target: target.into() };
        let pairs = [pair("a b", "a"), pair("a b c", "a"), pair("a", "a b c")];
        let vocabulary = Vocabulary::train(["a b c"], &VocabularyOptions::default()).unwrap();
        let (encoded, left_out) = encode_pairs(&pairs, &vocabulary, &vocabulary, 2);
        assert_eq!((encoded.len(), left_out), (1, 2));
    }

    #[test]
    fn batches_of_nothing_are_refused() {
        assert!(matches!(ParallelData::new(vec![], BatchOptions::default()), Err(TextError::NoPair { .. })));
        let pair = EncodedPair { source: vec![4], target: vec![4] };
        for options in
            [BatchOptions { batch_size: 0, ..Default::default() }, BatchOptions { bucket: 0, ..Default::default() }]
        {
            assert!(matches!(ParallelData::new(vec![pair.clone()], options), Err(TextError::InvalidOption { .. })));
        }
        assert_eq!(pad_rows(&[], 0).width, 0);
    }
}
