//! BERT's data preparation: pairs of text, masks, batches.
//!
//! [`PretrainingData`] holds a tokenised corpus and makes any batch of any step on demand. Whatever is random about an example
//! depends on (seed, epoch, number of the example) and on nothing else, so batches can be made in any order, on any number of
//! threads, and a training run that goes on at step 1000 sees what it would have seen.

mod batch;
mod data;
mod masking;
mod pairs;
mod spans;
#[cfg(test)]
mod tests;

pub use batch::PretrainingBatch;
pub use data::PretrainingData;
pub use masking::{
    IGNORE_INDEX, MaskAction, MaskDecision, MaskedSequence, MaskingOptions, apply_masking, groups_of_word_ids,
    mask_groups, sample_masking, whole_word_groups,
};
pub use pairs::{
    PAIR_SPECIAL_TOKENS, PairSequence, SINGLE_SPECIAL_TOKENS, build_pair, build_single, order_pair, truncate_pair,
};
pub use spans::pack_full_sentences;

use serde::{Deserialize, Serialize};

use crate::TextError;

/// The exercise beside the masked words: what is to be told about the two parts of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// Whether B follows A or comes out of another document (BERT).
    #[default]
    NextSentence,
    /// Whether A and B stand in their order or are swapped (ALBERT).
    SentenceOrder,
    /// Nothing: a row is one text (RoBERTa).
    None,
}

/// What the parts of a row are made of.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Pairing {
    /// One sentence each: every pair of neighbours in the corpus is one example, or every sentence, where nothing is told about pairs.
    Sentences,
    /// As many sentences of one document as fit, as in BERT's `create_pretraining_data.py`: a document is cut into stretches of about `seq_len`
    /// tokens, each stretch is one example, and where A ends in it is drawn anew each epoch.
    Segments {
        /// Share of examples that are shorter, with a length drawn between 2 tokens and the full one (BERT: 0.1), so that
        /// the model also sees short inputs.
        short_seq_prob: f64,
    },
    /// As many whole sentences as fit, across the ends of documents, with a separator at each (RoBERTa's FULL-SENTENCES). Only with
    /// [`Relation::None`].
    Packed,
}

/// How long the rows of a batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Padding {
    /// As long as the longest row of the batch.
    Longest,
    /// Always `seq_len`.
    MaxLength,
}

/// How pre-training data is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PretrainingOptions {
    /// Rows of a batch.
    pub batch_size: usize,
    /// Tokens of a row at most, special tokens included; at least 5 (`[CLS] A [SEP] B [SEP]`).
    pub seq_len: usize,
    /// All that is random follows from it.
    pub seed: u64,
    /// What is told about A and B.
    pub relation: Relation,
    /// What A and B are.
    pub pairing: Pairing,
    /// Which tokens are hidden.
    pub masking: MaskingOptions,
    /// True: every epoch draws new masks and new wrong sentences (RoBERTa's dynamic masking). False: every epoch repeats the
    /// first one's examples, in another order.
    pub dynamic: bool,
    /// How long rows are.
    pub padding: Padding,
}

impl Default for PretrainingOptions {
    /// 32 rows of at most 64 tokens, one sentence each, 15 % masked anew every epoch, padded to the longest row.
    fn default() -> PretrainingOptions {
        PretrainingOptions {
            batch_size: 32,
            seq_len: 64,
            seed: 0,
            relation: Relation::NextSentence,
            pairing: Pairing::Sentences,
            masking: MaskingOptions::default(),
            dynamic: true,
            padding: Padding::Longest,
        }
    }
}

impl PretrainingOptions {
    /// Checks that batches can be made this way.
    ///
    /// # Errors
    /// [`TextError::InvalidOption`] for a batch without rows, a `seq_len` below 5, a `short_seq_prob` outside 0 to 1, packed rows of
    /// which something is to be told, and senseless masking options.
    pub fn validate(&self) -> Result<(), TextError> {
        if self.batch_size == 0 {
            return Err(TextError::option("batch_size", 0, "a batch needs at least one row"));
        }
        let shortest = PAIR_SPECIAL_TOKENS + 2;
        if self.seq_len < shortest {
            let rule = format!("[CLS] A [SEP] B [SEP] needs at least {shortest} tokens");
            return Err(TextError::option("seq_len", self.seq_len, rule));
        }
        if let Pairing::Segments { short_seq_prob } = self.pairing
            && !(0.0..=1.0).contains(&short_seq_prob)
        {
            return Err(TextError::option(
                "short_seq_prob",
                short_seq_prob,
                "it must lie between 0 and 1; BERT uses 0.1",
            ));
        }
        if self.pairing == Pairing::Packed && self.relation != Relation::None {
            let rule = "rows across documents are no pairs; use sentences or segments, or no second exercise";
            return Err(TextError::option("pairing", "packed", rule));
        }
        self.masking.validate()
    }
}
