//! What is told about the parts of a row: their order, or nothing.

use super::*;
use crate::pretraining::Relation;

#[test]
fn half_of_the_pairs_stand_in_their_order_and_the_others_are_swapped() {
    let (corpus, tokenizer) = numbered_corpus(50, 5);
    for pairing in [Pairing::Sentences, Pairing::Segments { short_seq_prob: 0.1 }] {
        let options =
            PretrainingOptions { relation: Relation::SentenceOrder, pairing, seq_len: 20, ..Default::default() };
        let data = PretrainingData::new(&corpus, &tokenizer, options).unwrap();
        let (mut in_order, mut pairs) = (0, 0);
        for step in 0..640 {
            let batch = data.batch(step);
            for row in 0..batch.batch_size {
                let [a, b] = parts(&batch, row, &tokenizer);
                let (first, second) = if batch.next_sentence_labels[row] == 0 { (&a, &b) } else { (&b, &a) };
                let (last, next) = (first.last().unwrap(), second[0]);
                assert!(last.0 == next.0 && last.1 < next.1, "{last:?} comes before {next:?}, of one document");
                in_order += usize::from(batch.next_sentence_labels[row] == 0);
                pairs += 1;
            }
        }
        let rate = in_order as f64 / pairs as f64;
        assert!((rate - 0.5).abs() < 0.0159, "{pairing:?}: {rate} of the pairs stand in their order");
    }
}

#[test]
fn a_single_document_can_be_put_in_order() {
    let (corpus, tokenizer) = numbered_corpus(1, 6);
    let options = PretrainingOptions { relation: Relation::SentenceOrder, ..Default::default() };
    assert_eq!(PretrainingData::new(&corpus, &tokenizer, options).unwrap().len(), 5);
}

#[test]
fn without_a_question_every_sentence_is_read_once_an_epoch() {
    let (corpus, tokenizer) = numbered_corpus(7, 3);
    for pairing in [Pairing::Sentences, Pairing::Segments { short_seq_prob: 0.0 }, Pairing::Packed] {
        let options = PretrainingOptions {
            relation: Relation::None,
            pairing,
            seq_len: 16,
            batch_size: 1,
            masking: MaskingOptions { mask_share: 0.0, random_share: 0.0, ..Default::default() },
            ..Default::default()
        };
        let data = PretrainingData::new(&corpus, &tokenizer, options).unwrap();
        let mut read = vec![];
        for step in 0..data.len() as u64 {
            let batch = data.batch(step);
            assert!(batch.next_sentence_labels.is_empty() && batch.token_type_ids.iter().all(|&part| part == 0));
            assert_eq!(batch.rows(0..1), batch);
            assert!(batch.seq_len <= 16 && !batch.masked_labels.is_empty());
            let special = tokenizer.special();
            assert_eq!((batch.input_ids[0], *batch.input_ids.last().unwrap()), (special.cls, special.sep));
            read.extend(batch.input_ids.iter().copied().filter(|&id| !special.contains(id)));
        }
        read.sort_unstable();
        let mut all = tokenizer.encode_corpus(&corpus).unwrap().concat().concat();
        all.sort_unstable();
        assert_eq!(read, all, "{pairing:?}");
    }
}

#[test]
fn documents_of_one_sentence_do_where_nothing_is_told_of_pairs() {
    let tokenizer = toy().1;
    let corpus = Corpus::parse("The sea.\n\nThe sand.");
    let options = PretrainingOptions { relation: Relation::None, pairing: Pairing::Packed, ..Default::default() };
    let data = PretrainingData::new(&corpus, &tokenizer, options.clone()).unwrap();
    assert_eq!(data.len(), 1, "both fit into a row");
    let row = data.batch(0).rows(0..1);
    let separators = row.input_ids.iter().filter(|&&id| id == tokenizer.special().sep).count();
    assert_eq!(separators, 2);
    let asked = PretrainingOptions { relation: Relation::NextSentence, ..options };
    let error = PretrainingData::new(&corpus, &tokenizer, asked).unwrap_err();
    assert!(matches!(error, TextError::InvalidOption { option: "pairing", .. }), "{error}");
}
