//! Next-sentence prediction: two pieces of text in one sequence (lecture S29 and S31; Devlin et al. 2019, section 3.1, task 2).

use crate::SpecialTokens;

/// `[CLS] A [SEP] B [SEP]`, or `[CLS] A [SEP]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairSequence {
    /// The ids, `[len(A) + len(B) + 3]` of a pair.
    pub input_ids: Vec<i64>,
    /// 0 for `[CLS] A [SEP]`, 1 for `B [SEP]`.
    pub token_type_ids: Vec<i64>,
}

/// How many special tokens a pair needs.
pub const PAIR_SPECIAL_TOKENS: usize = 3;

/// Joins two pieces of text.
pub fn build_pair(a: &[i64], b: &[i64], special: &SpecialTokens) -> PairSequence {
    let mut input_ids = Vec::with_capacity(a.len() + b.len() + PAIR_SPECIAL_TOKENS);
    input_ids.push(special.cls);
    input_ids.extend_from_slice(a);
    input_ids.push(special.sep);
    let first = input_ids.len();
    input_ids.extend_from_slice(b);
    input_ids.push(special.sep);
    let mut token_type_ids = vec![0; first];
    token_type_ids.resize(input_ids.len(), 1);
    PairSequence { input_ids, token_type_ids }
}

/// How many special tokens a text alone needs.
pub const SINGLE_SPECIAL_TOKENS: usize = 2;

/// `[CLS] text [SEP]`, or with the ends of documents in between `[CLS] text [SEP] text [SEP]`; all of one segment.
///
/// RoBERTa reads no pairs in its pre-training, and a separator where a document ends (Liu et al. 2019, section 4.2).
pub fn build_single(documents: &[&[i64]], special: &SpecialTokens) -> PairSequence {
    let mut input_ids = vec![special.cls];
    for document in documents {
        input_ids.extend_from_slice(document);
        input_ids.push(special.sep);
    }
    PairSequence { token_type_ids: vec![0; input_ids.len()], input_ids }
}

/// Sentences in their order, or swapped: what sentence-order prediction tells apart (Lan et al. 2019, section 3.1). Label 0 = in
/// order, 1 = swapped.
pub fn order_pair(first: Vec<i64>, second: Vec<i64>, swap: bool) -> (Vec<i64>, Vec<i64>, i64) {
    if swap { (second, first, 1) } else { (first, second, 0) }
}

/// Drops the last token of the longer part until both have `max_tokens` together; of equally long parts the second is cut.
///
/// BERT's code cuts front or back at random; here it is always the back.
pub fn truncate_pair(a: &mut Vec<i64>, b: &mut Vec<i64>, max_tokens: usize) {
    while a.len() + b.len() > max_tokens {
        if a.len() > b.len() {
            a.pop()
        } else {
            b.pop()
        };
    }
}
