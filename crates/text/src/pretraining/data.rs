//! A tokenised corpus from which every batch of every step can be made.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};

use super::batch::{Example, PretrainingBatch};
use super::masking::{apply_masking, sample_masking, whole_word_groups};
use super::pairs::{
    PAIR_SPECIAL_TOKENS, PairSequence, SINGLE_SPECIAL_TOKENS, build_pair, build_single, order_pair, truncate_pair,
};
use super::spans::{Rows, Span};
use super::{Padding, Pairing, PretrainingOptions, Relation};
use crate::random::{Purpose, keyed_rng};
use crate::{Corpus, SpecialTokens, TextError, Tokenizer};

/// The epoch whose order was made last, and that order.
type EpochOrder = Option<(u64, Arc<[u32]>)>;

/// Pre-training examples out of a corpus.
///
/// Each stretch of text is one example an epoch ([`PretrainingData::len`] examples); epochs follow each other without a gap, so a
/// batch may end one and begin the next. The order within an epoch is shuffled by (seed, epoch).
#[derive(Debug)]
pub struct PretrainingData {
    /// `[document][sentence][position]`: those that examples come from first, then those that only lend wrong sentences.
    documents: Vec<Vec<Vec<i64>>>,
    /// How many of them are not lent.
    own: usize,
    rows: Rows,
    options: PretrainingOptions,
    special: SpecialTokens,
    ordinary_ids: Vec<i64>,
    /// `continuation[id]`, for whole words.
    continuation: Vec<bool>,
    order: Mutex<EpochOrder>,
}

impl PretrainingData {
    /// Tokenises a corpus once and lays out its examples.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] as [`PretrainingOptions::validate`]; [`TextError::EmptyCorpus`];
    /// [`TextError::TooFewDocuments`] with a single document where the wrong sentence comes out of another one;
    /// [`TextError::NoSentencePair`] if something is to be told about pairs and no document has two sentences.
    pub fn new(
        corpus: &Corpus,
        tokenizer: &Tokenizer,
        options: PretrainingOptions,
    ) -> Result<PretrainingData, TextError> {
        PretrainingData::with_lenders(corpus, &Corpus::default(), tokenizer, options)
    }

    /// Examples out of a held-out corpus. If that is a single document, its wrong sentences are lent by the training corpus.
    ///
    /// # Errors
    /// As [`PretrainingData::new`].
    pub fn held_out(
        held_out: &Corpus,
        training: &Corpus,
        tokenizer: &Tokenizer,
        options: PretrainingOptions,
    ) -> Result<PretrainingData, TextError> {
        let nothing = Corpus::default();
        let lenders = if held_out.documents.len() == 1 { training } else { &nothing };
        PretrainingData::with_lenders(held_out, lenders, tokenizer, options)
    }

    fn with_lenders(
        corpus: &Corpus,
        lenders: &Corpus,
        tokenizer: &Tokenizer,
        options: PretrainingOptions,
    ) -> Result<PretrainingData, TextError> {
        options.validate()?;
        let special = tokenizer.special();
        let tokenize = |corpus: &Corpus| -> Result<Vec<Vec<Vec<i64>>>, TextError> {
            let mut documents = tokenizer.encode_corpus(corpus)?;
            for document in &mut documents {
                // A sentence without a single known piece teaches nothing and has nothing to mask.
                document.retain(|sentence| sentence.iter().any(|&id| !special.contains(id)));
            }
            documents.retain(|document| !document.is_empty());
            Ok(documents)
        };
        let mut documents = tokenize(corpus)?;
        if documents.is_empty() {
            return Err(TextError::EmptyCorpus { place: "the corpus to pre-train on".into() });
        }
        let rows = Rows::lay_out(&documents, &options);
        if rows.len() == 0 {
            return Err(TextError::NoSentencePair { documents: documents.len() });
        }
        let own = documents.len();
        documents.extend(tokenize(lenders)?);
        if options.relation == Relation::NextSentence && documents.len() < 2 {
            return Err(TextError::TooFewDocuments { found: 1, needed: 2, purpose: "next-sentence prediction" });
        }
        Ok(PretrainingData {
            documents,
            own,
            rows,
            options,
            special,
            ordinary_ids: tokenizer.ordinary_ids().to_vec(),
            continuation: (0..tokenizer.vocab_size() as i64).map(|id| tokenizer.is_continuation(id)).collect(),
            order: Mutex::new(None),
        })
    }

    /// Examples in an epoch; never 0.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The options it was made with.
    pub fn options(&self) -> &PretrainingOptions {
        &self.options
    }

    /// Steps that see every example about once.
    pub fn steps_per_epoch(&self) -> usize {
        self.len().div_ceil(self.options.batch_size)
    }

    /// Tokens of the sentences that examples come from, special tokens not counted.
    pub fn token_count(&self) -> usize {
        self.own_documents().iter().flatten().map(Vec::len).sum()
    }

    /// How often each id occurs in the sentences that examples come from, `[vocab_size]`.
    pub fn token_frequencies(&self) -> Vec<u64> {
        let mut frequencies = vec![0; self.continuation.len()];
        for &id in self.own_documents().iter().flatten().flatten() {
            frequencies[id as usize] += 1;
        }
        frequencies
    }

    /// The batch of a step, counted from 0.
    ///
    /// With `n = len()` examples, row `r` of step `s` is example number `g = s · batch_size + r` of the run: number `g mod n` in the
    /// order of epoch `⌊g / n⌋`.
    pub fn batch(&self, step: u64) -> PretrainingBatch {
        let first = step * self.options.batch_size as u64;
        let per_epoch = self.len() as u64;
        let examples: Vec<Example> = (first..first + self.options.batch_size as u64)
            .map(|number| {
                let epoch = number / per_epoch;
                let index = self.order_of(epoch)[(number % per_epoch) as usize] as usize;
                self.example(index, if self.options.dynamic { epoch } else { 0 })
            })
            .collect();
        self.collate(&examples)
    }

    /// Batches for an evaluation: the first `examples` of epoch 0's order (all, if there are fewer), with that epoch's masks. The
    /// same on every call; the last batch may be smaller.
    pub fn evaluation_batches(&self, examples: usize) -> impl Iterator<Item = PretrainingBatch> + '_ {
        let order = self.order_of(0);
        let count = examples.min(order.len());
        (0..count).step_by(self.options.batch_size).map(move |start| {
            let end = (start + self.options.batch_size).min(count);
            let rows: Vec<Example> = order[start..end].iter().map(|&index| self.example(index as usize, 0)).collect();
            self.collate(&rows)
        })
    }

    /// The ids that a random replacement is drawn from, ascending: all but the special tokens'.
    pub fn ordinary_ids(&self) -> &[i64] {
        &self.ordinary_ids
    }

    fn own_documents(&self) -> &[Vec<Vec<i64>>] {
        &self.documents[..self.own]
    }

    fn collate(&self, examples: &[Example]) -> PretrainingBatch {
        let seq_len = match self.options.padding {
            Padding::MaxLength => self.options.seq_len,
            Padding::Longest => examples.iter().map(|example| example.token_type_ids.len()).max().unwrap_or(0),
        };
        PretrainingBatch::gather(examples, seq_len, self.special.pad)
    }

    /// The shuffled order of an epoch. Only the last one asked for is kept, as steps come one after the other.
    fn order_of(&self, epoch: u64) -> Arc<[u32]> {
        let mut kept = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, order)) if *of == epoch => order.clone(),
            _ => {
                let mut order: Vec<u32> = (0..self.rows.len() as u32).collect();
                order.shuffle(&mut keyed_rng(self.options.seed, Purpose::Shuffle, epoch, 0));
                let order: Arc<[u32]> = order.into();
                *kept = Some((epoch, order.clone()));
                order
            }
        }
    }

    fn example(&self, index: usize, epoch: u64) -> Example {
        let seed = self.options.seed;
        let rng = &mut keyed_rng(seed, Purpose::Pair, epoch, index as u64);
        let (PairSequence { input_ids, token_type_ids }, relation_label) = match self.options.relation {
            Relation::None => (self.text_of(self.rows.row(index), rng), None),
            Relation::NextSentence | Relation::SentenceOrder => {
                let (mut a, mut b, label) = self.draw_pair(&self.rows.row(index)[0], rng);
                truncate_pair(&mut a, &mut b, self.options.seq_len - PAIR_SPECIAL_TOKENS);
                (build_pair(&a, &b, &self.special), Some(label))
            }
        };
        let is_special = |id| self.special.contains(id);
        let continues = |id: i64| self.options.masking.whole_words && self.continuation[id as usize];
        let groups = whole_word_groups(&input_ids, is_special, continues);
        let mut rng = keyed_rng(seed, Purpose::Masking, epoch, index as u64);
        let decisions = sample_masking(&groups, &self.options.masking, &self.ordinary_ids, &mut rng);
        let masked = apply_masking(&input_ids, &decisions, self.special.mask);
        Example { masked, token_type_ids, relation_label }
    }

    /// A row without a question about its parts: the sentences of its stretches, with a separator behind each stretch.
    fn text_of(&self, spans: &[Span], rng: &mut ChaCha8Rng) -> PairSequence {
        let longest = self.options.seq_len - SINGLE_SPECIAL_TOKENS;
        let room = match self.options.pairing {
            Pairing::Segments { short_seq_prob } if rng.random_bool(short_seq_prob) => 1 + below(longest, rng),
            _ => longest,
        };
        let sentences = |span: &Span| self.documents[span.document][span.sentences.clone()].concat();
        let mut texts: Vec<Vec<i64>> = spans.iter().map(sentences).collect();
        if let [alone] = &mut texts[..] {
            alone.truncate(room);
        }
        build_single(&texts.iter().map(Vec::as_slice).collect::<Vec<_>>(), &self.special)
    }

    /// A, B and what is to be told of them, each answer with probability ½: whether B is out of another document (1) or really follows
    /// (0), or whether they are swapped (1) or in order (0).
    fn draw_pair(&self, span: &Span, rng: &mut ChaCha8Rng) -> (Vec<i64>, Vec<i64>, i64) {
        let document = &self.documents[span.document];
        let is_next = rng.random_bool(0.5);
        let in_order = self.options.relation == Relation::SentenceOrder;
        match self.options.pairing {
            Pairing::Packed => {
                unreachable!("PretrainingOptions::validate refuses packed rows with a question about pairs")
            }
            Pairing::Sentences => {
                let a = document[span.sentences.start].clone();
                if in_order {
                    return order_pair(a, document[span.sentences.start + 1].clone(), !is_next);
                }
                if is_next {
                    return (a, document[span.sentences.start + 1].clone(), 0);
                }
                let other = self.other_document(span.document, rng);
                (a, other[below(other.len(), rng)].clone(), 1)
            }
            Pairing::Segments { short_seq_prob } => {
                let longest = self.options.seq_len - PAIR_SPECIAL_TOKENS;
                let target = if rng.random_bool(short_seq_prob) { 2 + below(longest - 1, rng) } else { longest };
                let a_sentences = 1 + below(span.sentences.len() - 1, rng);
                let second = span.sentences.start + a_sentences;
                let mut a = document[span.sentences.start..second].concat();
                let mut b = if in_order || is_next {
                    document[second..span.sentences.end].concat()
                } else {
                    let other = self.other_document(span.document, rng);
                    let start = below(other.len(), rng);
                    take_sentences(&other[start..], target.saturating_sub(a.len()).max(1))
                };
                truncate_pair(&mut a, &mut b, target);
                if in_order {
                    return order_pair(a, b, !is_next);
                }
                (a, b, if is_next { 0 } else { 1 })
            }
        }
    }

    /// Any document but this one, all equally likely.
    fn other_document(&self, this: usize, rng: &mut ChaCha8Rng) -> &[Vec<i64>] {
        let drawn = below(self.documents.len() - 1, rng);
        &self.documents[if drawn < this { drawn } else { drawn + 1 }]
    }
}

/// Uniform over `0..n`. In 32 bits, so that every machine draws the same.
fn below<R: Rng>(n: usize, rng: &mut R) -> usize {
    rng.random_range(0..n as u32) as usize
}

/// Whole sentences until they have `tokens` tokens, at least one.
fn take_sentences(sentences: &[Vec<i64>], tokens: usize) -> Vec<i64> {
    let mut taken = vec![];
    for sentence in sentences {
        if taken.len() >= tokens {
            break;
        }
        taken.extend_from_slice(sentence);
    }
    taken
}
