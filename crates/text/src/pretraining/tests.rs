//! Claims of the paper and of the reference conventions, on ids that are easy to read.

mod relations;

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::*;
use crate::{Baselines, Corpus, SpecialTokens, TextError, Tokenizer, ToyOptions, WordPieceOptions, toy_corpus};

const SPECIAL: SpecialTokens = SpecialTokens { pad: 0, unk: 1, cls: 2, sep: 3, mask: 4 };

fn ordinary() -> Vec<i64> {
    (5..100).collect()
}

/// One group a position, for positions that are not special.
fn single_tokens(ids: &[i64]) -> Vec<Vec<usize>> {
    whole_word_groups(ids, |id| SPECIAL.contains(id), |_| false)
}

fn toy() -> (Corpus, Tokenizer) {
    let corpus =
        toy_corpus(&ToyOptions { documents: 400, held_out_documents: 0, ..ToyOptions::new(Default::default()) })
            .unwrap();
    let tokenizer =
        Tokenizer::train(&corpus.training, &WordPieceOptions { vocab_size: 900, ..Default::default() }).unwrap();
    (corpus.training, tokenizer)
}

fn data(options: PretrainingOptions) -> PretrainingData {
    let (corpus, tokenizer) = toy();
    PretrainingData::new(&corpus, &tokenizer, options).unwrap()
}

#[test]
fn decisions_are_carried_out_to_the_letter() {
    let ids = [2, 34, 93, 71, 9, 3];
    let decisions = [
        MaskDecision { position: 1, action: MaskAction::Mask },
        MaskDecision { position: 2, action: MaskAction::Random(7) },
        MaskDecision { position: 3, action: MaskAction::Keep },
    ];
    let masked = apply_masking(&ids, &decisions, SPECIAL.mask);
    assert_eq!(masked.input_ids, [2, 4, 7, 71, 9, 3]);
    assert_eq!(masked.labels, [-100, 34, 93, 71, -100, -100]);
}

#[test]
#[should_panic(expected = "position 6 of a sequence of 6")]
fn a_decision_outside_the_sequence_panics() {
    apply_masking(&[2, 34, 93, 71, 9, 3], &[MaskDecision { position: 6, action: MaskAction::Keep }], 4);
}

#[test]
fn one_token_in_seven_at_least_one() {
    let options = MaskingOptions::default();
    let counts = [0, 1, 3, 9, 10, 17, 100, 126].map(|candidates| options.count(candidates));
    assert_eq!(counts, [0, 1, 1, 1, 2, 3, 15, 19]);
    assert_eq!(MaskingOptions { probability: 1.0, ..options }.count(7), 7);
}

/// A million ordinary tokens in sequences of 128, as the reference's statistics ask for; bounds are 4.5 standard deviations.
#[test]
fn masking_has_the_statistics_of_the_paper() {
    let (sequences, ordinary, options) = (1_000_000 / 126, ordinary(), MaskingOptions::default());
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut ids: Vec<i64> = (0..128).map(|i| 5 + i % 95).collect();
    (ids[0], ids[127]) = (SPECIAL.cls, SPECIAL.sep);
    let (mut mask, mut keep, mut random) = (0usize, 0usize, HashMap::<i64, usize>::new());
    let mut chosen_at = [0usize; 128];
    for _ in 0..sequences {
        for decision in sample_masking(&single_tokens(&ids), &options, &ordinary, &mut rng) {
            chosen_at[decision.position] += 1;
            match decision.action {
                MaskAction::Mask => mask += 1,
                MaskAction::Keep => keep += 1,
                MaskAction::Random(id) => *random.entry(id).or_default() += 1,
            }
        }
    }
    assert_eq!((chosen_at[0], chosen_at[127]), (0, 0));
    let randoms: usize = random.values().sum();
    let chosen = mask + keep + randoms;
    let close = |part: usize, whole: usize, p: f64| {
        let bound = 4.5 * (p * (1.0 - p) / whole as f64).sqrt();
        let rate = part as f64 / whole as f64;
        assert!((rate - p).abs() < bound, "{rate} is not {p} ± {bound}");
    };
    assert_eq!(chosen, sequences * 19, "max(1, round(0.15 · 126)) in each sequence");
    close(mask, chosen, 0.8);
    close(randoms, chosen, 0.1);
    close(keep, chosen, 0.1);
    for &times in &chosen_at[1..127] {
        close(times, sequences, 19.0 / 126.0);
    }
    let expected = randoms as f64 / ordinary.len() as f64;
    let squared = ordinary.iter().map(|id| (random.get(id).copied().unwrap_or(0) as f64 - expected).powi(2));
    let chi_square: f64 = squared.sum::<f64>() / expected;
    assert_eq!(random.len(), 95, "every ordinary id is drawn, no other");
    assert!(chi_square < 162.6, "random ids are not uniform: chi-square {chi_square} with 94 degrees of freedom");
}

#[test]
fn a_word_is_an_ordinary_piece_and_its_continuations() {
    // Ids from 50 on continue a word; the first piece after [CLS] has lost its beginning.
    let ids = [2, 60, 10, 61, 62, 3, 63, 11, 1, 64, 12, 3, 0];
    let words = whole_word_groups(&ids, |id| SPECIAL.contains(id), |id| id >= 50);
    assert_eq!(words, [vec![1], vec![2, 3, 4], vec![6], vec![7], vec![9], vec![10]]);
    let from_ids = groups_of_word_ids(&[None, Some(0), Some(1), Some(1), None, Some(3)]);
    assert_eq!(from_ids, [vec![1], vec![2, 3], vec![], vec![5]]);
    let masked = apply_masking(&ids, &mask_groups(&words, &[1, 5]), SPECIAL.mask);
    assert_eq!(masked.input_ids, [2, 60, 4, 4, 4, 3, 63, 11, 1, 64, 4, 3, 0]);
}

#[test]
fn a_sequence_of_one_long_word_is_masked_all_the_same() {
    let groups = vec![vec![1, 2, 3]];
    let decisions = sample_masking(&groups, &MaskingOptions::default(), &ordinary(), &mut ChaCha8Rng::seed_from_u64(0));
    assert_eq!(decisions.iter().map(|d| d.position).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(sample_masking(&[], &MaskingOptions::default(), &ordinary(), &mut ChaCha8Rng::seed_from_u64(0)).is_empty());
}

#[test]
fn a_pair_is_joined_as_the_paper_draws_it() {
    let pair = build_pair(&[76, 50], &[67], &SPECIAL);
    assert_eq!(pair.input_ids, [2, 76, 50, 3, 67, 3]);
    assert_eq!(pair.token_type_ids, [0, 0, 0, 0, 1, 1]);
}

proptest! {
    #[test]
    fn masking_keeps_its_promises(
        ids in prop::collection::vec(0i64..100, 0..60),
        whole_words in any::<bool>(),
        seed in any::<u64>(),
    ) {
        let options = MaskingOptions { whole_words, ..Default::default() };
        let groups = whole_word_groups(&ids, |id| SPECIAL.contains(id), |id| whole_words && id >= 50);
        let decisions = sample_masking(&groups, &options, &ordinary(), &mut ChaCha8Rng::seed_from_u64(seed));
        let candidates = ids.iter().filter(|&&id| !SPECIAL.contains(id)).count();
        prop_assert!(decisions.is_sorted_by(|a, b| a.position < b.position), "each position once, in order");
        prop_assert!(decisions.iter().all(|d| !SPECIAL.contains(ids[d.position])));
        prop_assert_eq!(decisions.is_empty(), candidates == 0);
        prop_assert!(decisions.iter().all(|d| !matches!(d.action, MaskAction::Random(id) if SPECIAL.contains(id))));
        let chosen: HashSet<usize> = decisions.iter().map(|d| d.position).collect();
        if whole_words {
            let split = groups.iter().any(|g| { let n = g.iter().filter(|p| chosen.contains(p)).count(); n != 0 && n != g.len() });
            prop_assert!(!split, "a word is masked whole or not at all");
        } else {
            prop_assert_eq!(decisions.len(), options.count(candidates));
        }
        let masked = apply_masking(&ids, &decisions, SPECIAL.mask);
        for (position, &id) in ids.iter().enumerate() {
            let expected = if chosen.contains(&position) { id } else { IGNORE_INDEX };
            prop_assert_eq!(masked.labels[position], expected);
        }
    }

    #[test]
    fn truncation_cuts_the_longer_part(a in 0usize..40, b in 0usize..40, max in 0usize..60) {
        let (mut x, mut y): (Vec<i64>, Vec<i64>) = ((0..a as i64).collect(), (0..b as i64).collect());
        truncate_pair(&mut x, &mut y, max);
        prop_assert_eq!(x.len() + y.len(), max.min(a + b));
        prop_assert!(x.iter().copied().eq(0..x.len() as i64) && y.iter().copied().eq(0..y.len() as i64), "only backs are cut");
        if a + b > max && x.len() < a && y.len() < b {
            prop_assert!(x.len() == y.len() || x.len() == y.len() + 1, "both were cut, so they met, the second first");
        }
        if a + b > max && x.len() == a {
            prop_assert!(y.len() + 1 >= x.len(), "the shorter part is left alone");
        }
    }
}

/// Documents whose every token tells which document and sentence it stands in.
fn numbered_corpus(documents: usize, sentences: usize) -> (Corpus, Tokenizer) {
    let name = |d: usize, s: usize| format!("d{d}s{s} d{d}s{s} d{d}s{s}");
    let corpus = Corpus { documents: (0..documents).map(|d| (0..sentences).map(|s| name(d, s)).collect()).collect() };
    let options = WordPieceOptions { vocab_size: 5000, min_frequency: 1, ..Default::default() };
    let tokenizer = Tokenizer::train(&corpus, &options).unwrap();
    (corpus, tokenizer)
}

/// `(document, sentence)` of every word of the two parts of a row, masks undone.
fn parts(batch: &PretrainingBatch, row: usize, tokenizer: &Tokenizer) -> [Vec<(usize, usize)>; 2] {
    let (labels, start) = (batch.labels(), row * batch.seq_len);
    let mut parts = [vec![], vec![]];
    for at in start..start + batch.seq_len {
        let id = if labels[at] == IGNORE_INDEX { batch.input_ids[at] } else { labels[at] };
        if tokenizer.special().contains(id) {
            continue;
        }
        let token = tokenizer.token(id).unwrap();
        let (document, sentence) = token.strip_prefix('d').unwrap().split_once('s').unwrap();
        parts[batch.token_type_ids[at] as usize].push((document.parse().unwrap(), sentence.parse().unwrap()));
    }
    parts
}

#[test]
fn half_of_the_pairs_follow_and_the_others_come_from_another_document() {
    let (corpus, tokenizer) = numbered_corpus(50, 5);
    for pairing in [Pairing::Sentences, Pairing::Segments { short_seq_prob: 0.1 }] {
        let options = PretrainingOptions { pairing, seq_len: 20, ..Default::default() };
        let data = PretrainingData::new(&corpus, &tokenizer, options).unwrap();
        let (mut next, mut pairs) = (0, 0);
        for step in 0..640 {
            let batch = data.batch(step);
            for row in 0..batch.batch_size {
                let [a, b] = parts(&batch, row, &tokenizer);
                assert!(!a.is_empty() && !b.is_empty(), "neither part is empty");
                assert!(a.len() + b.len() + 3 <= 20);
                let (last, first) = (*a.last().unwrap(), b[0]);
                pairs += 1;
                if batch.next_sentence_labels[row] == 0 {
                    next += 1;
                    let follows = last.0 == first.0 && last.1 < first.1;
                    assert!(follows, "label 0, but {last:?} is followed by {first:?}");
                } else {
                    assert_ne!(last.0, first.0, "label 1, but both are of the same document");
                }
                if pairing == Pairing::Sentences {
                    assert_eq!((a.len(), b.len()), (3, 3));
                    assert!(batch.next_sentence_labels[row] == 1 || last.1 + 1 == first.1);
                }
            }
        }
        assert_eq!(pairs, 20480);
        let rate = next as f64 / pairs as f64;
        assert!((rate - 0.5).abs() < 0.0159, "{pairing:?}: {rate} of the pairs follow each other");
    }
}

#[test]
fn segments_fill_the_row_and_now_and_then_do_not() {
    let (corpus, tokenizer) = numbered_corpus(40, 30);
    let lengths = |short_seq_prob| {
        let pairing = Pairing::Segments { short_seq_prob };
        let options = PretrainingOptions { pairing, seq_len: 33, padding: Padding::MaxLength, ..Default::default() };
        let data = PretrainingData::new(&corpus, &tokenizer, options).unwrap();
        let rows: Vec<usize> = (0..20)
            .flat_map(|s| (0..32).map(move |row| (s, row)))
            .map(|(step, row)| data.batch(step).rows(row..row + 1).token_count())
            .collect();
        rows
    };
    let full = lengths(0.0);
    assert!(
        full.iter().filter(|&&length| length == 33).count() > full.len() * 8 / 10,
        "ten sentences of three words fill 30 tokens"
    );
    let short = lengths(1.0);
    assert!(short.iter().all(|&length| (5..=33).contains(&length)));
    assert!(short.iter().filter(|&&length| length < 20).count() > short.len() / 4, "lengths are drawn from 5 to 33");
}

#[test]
fn an_epoch_sees_every_example_once_and_the_next_in_another_order() {
    let (corpus, tokenizer) = numbered_corpus(8, 5);
    // 32 pairs, batches of 5: the seventh batch ends the first epoch and begins the second.
    let options = PretrainingOptions { batch_size: 5, ..Default::default() };
    let data = PretrainingData::new(&corpus, &tokenizer, options).unwrap();
    assert_eq!((data.len(), data.steps_per_epoch()), (32, 7));
    let firsts: Vec<(usize, usize)> = (0..13)
        .flat_map(|step| {
            let batch = data.batch(step);
            (0..5).map(|row| parts(&batch, row, &tokenizer)[0][0]).collect::<Vec<_>>()
        })
        .collect();
    let distinct = |range: std::ops::Range<usize>| firsts[range].iter().collect::<HashSet<_>>().len();
    assert_eq!((distinct(0..32), distinct(32..64)), (32, 32));
    assert_ne!(firsts[..32], firsts[32..64]);
}

#[test]
fn a_batch_depends_on_seed_and_step_alone() {
    let options = PretrainingOptions { batch_size: 8, ..Default::default() };
    let (one, other) = (data(options.clone()), data(options.clone()));
    let forwards: Vec<_> = (0..200).map(|step| one.batch(step)).collect();
    for step in (0..200).rev() {
        assert_eq!(other.batch(step), forwards[step as usize], "step {step} made in another order");
    }
    std::thread::scope(|scope| {
        for start in 0..4 {
            let (one, forwards) = (&one, &forwards);
            scope.spawn(move || {
                (start..200).step_by(4).for_each(|step| assert_eq!(one.batch(step as u64), forwards[step]))
            });
        }
    });
    assert_ne!(data(PretrainingOptions { seed: 1, ..options }).batch(0), forwards[0]);
}

#[test]
fn dynamic_masks_change_from_epoch_to_epoch_and_static_ones_do_not() {
    let (corpus, tokenizer) = numbered_corpus(4, 2);
    for dynamic in [true, false] {
        let options = PretrainingOptions { batch_size: 4, dynamic, ..Default::default() };
        let data = PretrainingData::new(&corpus, &tokenizer, options).unwrap();
        // An epoch is one batch; its rows are told apart by their first words.
        let epochs: Vec<HashSet<Vec<i64>>> = (0..6)
            .map(|step| {
                let batch = data.batch(step);
                (0..4)
                    .map(|row| {
                        let row = batch.rows(row..row + 1);
                        [row.labels(), row.input_ids].concat()
                    })
                    .collect()
            })
            .collect();
        assert_eq!(epochs.iter().all(|epoch| epoch == &epochs[0]), !dynamic);
    }
}

#[test]
fn rows_are_filled_up_with_padding_that_nothing_attends_to() {
    let options = PretrainingOptions { seq_len: 40, batch_size: 6, padding: Padding::MaxLength, ..Default::default() };
    let longest = data(PretrainingOptions { padding: Padding::Longest, ..options.clone() });
    let (fixed, longest) = (data(options).batch(3), longest.batch(3));
    assert_eq!((fixed.seq_len, fixed.batch_size), (40, 6));
    let special = toy().1.special();
    let mut lengths = vec![];
    for row in 0..6 {
        let row = fixed.rows(row..row + 1);
        let length = row.token_count();
        lengths.push(length);
        assert!(row.attention_mask[..length].iter().all(|&real| real));
        assert!(row.input_ids[length..].iter().all(|&id| id == special.pad));
        assert!(row.token_type_ids[length..].iter().all(|&segment| segment == 0));
        assert_eq!((row.input_ids[0], row.input_ids[length - 1]), (special.cls, special.sep));
        assert!(row.masked_positions.iter().all(|&position| (position as usize) < length));
    }
    assert_eq!(longest.seq_len, *lengths.iter().max().unwrap());
    assert_eq!(longest.masked_labels, fixed.masked_labels);
}

#[test]
fn shards_hold_the_rows_of_the_batch() {
    let batch = data(PretrainingOptions { batch_size: 7, ..Default::default() }).batch(0);
    let shards = [batch.rows(0..3), batch.rows(3..3), batch.rows(3..7)];
    assert_eq!(shards.iter().flat_map(|shard| shard.labels()).collect::<Vec<_>>(), batch.labels());
    assert_eq!(shards.iter().flat_map(|shard| shard.input_ids.clone()).collect::<Vec<_>>(), batch.input_ids);
    assert_eq!(shards.iter().map(|shard| shard.masked_labels.len()).sum::<usize>(), batch.masked_labels.len());
    assert_eq!(shards[1].batch_size, 0);
}

#[test]
fn evaluation_batches_are_always_the_same() {
    let data = data(PretrainingOptions { batch_size: 16, ..Default::default() });
    let sizes: Vec<usize> = data.evaluation_batches(40).map(|batch| batch.batch_size).collect();
    assert_eq!(sizes, [16, 16, 8]);
    data.batch(500);
    assert!(data.evaluation_batches(40).eq(data.evaluation_batches(40)));
    assert_eq!(data.evaluation_batches(usize::MAX).map(|batch| batch.batch_size).sum::<usize>(), data.len());
}

#[test]
fn what_cannot_be_prepared_is_refused() {
    let tokenizer = toy().1;
    let prepare = |text: &str, options| PretrainingData::new(&Corpus::parse(text), &tokenizer, options).unwrap_err();
    let default = PretrainingOptions::default;
    assert!(matches!(prepare("", default()), TextError::EmptyCorpus { .. }));
    assert!(matches!(prepare("漢 漢\n漢", default()), TextError::EmptyCorpus { .. }), "nothing but unknown words");
    assert!(matches!(prepare("The sea.\n\nThe sand.", default()), TextError::NoSentencePair { documents: 2 }));
    assert!(matches!(
        prepare("The sea.\nThe sand.", default()),
        TextError::TooFewDocuments { found: 1, needed: 2, .. }
    ));
    let two = "The sea.\nThe sand.\n\nThe garden.";
    for (options, name) in [
        (PretrainingOptions { batch_size: 0, ..default() }, "batch_size"),
        (PretrainingOptions { seq_len: 4, ..default() }, "seq_len"),
        (PretrainingOptions { pairing: Pairing::Segments { short_seq_prob: 1.5 }, ..default() }, "short_seq_prob"),
        (
            PretrainingOptions { masking: MaskingOptions { probability: 0.0, ..Default::default() }, ..default() },
            "masking probability",
        ),
        (
            PretrainingOptions { masking: MaskingOptions { mask_share: 0.95, ..Default::default() }, ..default() },
            "mask and random shares",
        ),
    ] {
        let error = prepare(two, options);
        assert!(matches!(error, TextError::InvalidOption { option, .. } if option == name), "{error}");
    }
}

#[test]
fn a_single_held_out_document_borrows_its_wrong_sentences() {
    let (corpus, tokenizer) = numbered_corpus(9, 4);
    let (held_out, training) =
        (Corpus { documents: corpus.documents[..1].to_vec() }, Corpus { documents: corpus.documents[1..].to_vec() });
    let options = PretrainingOptions { batch_size: 3, ..Default::default() };
    let data = PretrainingData::held_out(&held_out, &training, &tokenizer, options).unwrap();
    assert_eq!((data.len(), data.token_count()), (3, 12));
    let mut labels = HashSet::new();
    for step in 0..40 {
        let batch = data.batch(step);
        for row in 0..3 {
            let [a, b] = parts(&batch, row, &tokenizer);
            assert_eq!(a[0].0, 0);
            assert_eq!(b[0].0 != 0, batch.next_sentence_labels[row] == 1);
            labels.insert(batch.next_sentence_labels[row]);
        }
    }
    assert_eq!(labels.len(), 2);
}

#[test]
fn baselines_are_counted_by_hand() {
    let corpus = Corpus::parse("sea sea sand\nsea sand\n\nsea\nsun");
    let tokenizer =
        Tokenizer::train(&corpus, &WordPieceOptions { vocab_size: 100, min_frequency: 1, ..Default::default() })
            .unwrap();
    let data = PretrainingData::new(&corpus, &tokenizer, PretrainingOptions::default()).unwrap();
    let [sea, sun] = ["sea", "sun"].map(|word| tokenizer.id(word).unwrap());
    let batch = PretrainingBatch {
        input_ids: vec![0; 6],
        token_type_ids: vec![0; 6],
        attention_mask: vec![true; 6],
        masked_positions: vec![0, 1, 4],
        masked_labels: vec![sea, sun, sea],
        next_sentence_labels: vec![1, 1, 0],
        batch_size: 3,
        seq_len: 2,
    };
    let baselines = Baselines::measure(&data, [&batch]);
    assert_eq!(baselines, Baselines { most_frequent_token: sea, mlm_accuracy: 2.0 / 3.0, nsp_accuracy: 2.0 / 3.0 });
    assert_eq!(Baselines::measure(&data, []).mlm_accuracy, 0.0);
}
