//! Small vocabularies and sequences for the lessons on BERT's family.

use jumok_bert::BertInputs;
use jumok_tensor::IntTensor;
use jumok_text::pretraining::PairSequence;
use jumok_text::{Corpus, Language, ToyOptions, toy_corpus};

/// The first stories of the built-in corpus in a language. They do not depend on the language of the lesson, so that its numbers do
/// not either.
pub(super) fn stories(language: Language, documents: usize, seed: u64) -> Corpus {
    let options = ToyOptions { documents, held_out_documents: 0, seed, ..ToyOptions::new(language) };
    toy_corpus(&options).expect("the built-in worlds are there").training
}

/// Both corpora in one.
pub(super) fn joined(corpora: [&Corpus; 2]) -> Corpus {
    Corpus { documents: corpora.into_iter().flat_map(|corpus| corpus.documents.iter().cloned()).collect() }
}

/// Sequences side by side, `[B, T]`, filled up to the longest with `pad`.
pub(super) fn inputs(sequences: &[PairSequence], pad: i64) -> BertInputs {
    let time = sequences.iter().map(|sequence| sequence.input_ids.len()).max().unwrap_or(0);
    let fill = |ids: &dyn Fn(&PairSequence) -> Vec<i64>, value: i64| {
        let mut cells = Vec::with_capacity(sequences.len() * time);
        for (n, sequence) in sequences.iter().enumerate() {
            cells.extend(ids(sequence));
            cells.resize((n + 1) * time, value);
        }
        IntTensor::from_vec(cells, &[sequences.len(), time])
    };
    BertInputs {
        input_ids: fill(&|sequence| sequence.input_ids.clone(), pad),
        token_type_ids: fill(&|sequence| sequence.token_type_ids.clone(), 0),
        attention_mask: fill(&|sequence| vec![1; sequence.input_ids.len()], 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_sequence_is_filled_up() {
        let sequence = |ids: &[i64]| PairSequence { input_ids: ids.to_vec(), token_type_ids: vec![1; ids.len()] };
        let inputs = inputs(&[sequence(&[5, 6]), sequence(&[7, 8, 9])], 0);
        assert_eq!(inputs.input_ids, IntTensor::from_vec(vec![5, 6, 0, 7, 8, 9], &[2, 3]));
        assert_eq!(inputs.token_type_ids.as_slice(), [1, 1, 0, 1, 1, 1]);
        assert_eq!(inputs.attention_mask.as_slice(), [1, 1, 0, 1, 1, 1]);
    }
}
