//! What examples become, and that nothing is lost on the way.

use proptest::prelude::*;

use super::features::{encode_tagged, encode_words};
use super::questions::{encode_question, tokens_of_answer};
use super::*;
use crate::pretraining::IGNORE_INDEX;
use crate::{Corpus, Language, Tokenizer, WordPieceOptions};

fn tokenizer(language: Language) -> Tokenizer {
    let text = "the cat sat on the mat with seven unhappy cats\n나는 학교에 간다 고양이는 집에 있다\n";
    let options = WordPieceOptions { vocab_size: 90, min_frequency: 1, language, ..WordPieceOptions::default() };
    Tokenizer::train(&Corpus::parse(text), &options).unwrap()
}

fn options(max_length: usize, doc_stride: usize) -> QuestionOptions {
    QuestionOptions { max_length, doc_stride, max_query_length: 4, max_answer_length: 30 }
}

fn question(context: &str, answer: &str) -> QuestionExample {
    let answers = context.find(answer).map(|start| AnswerText { text: answer.into(), start });
    QuestionExample {
        id: "1".into(),
        question: "the cat".into(),
        context: context.into(),
        answers: answers.into_iter().collect(),
    }
}

#[test]
fn a_pair_is_cut_at_its_longer_part() {
    let tokenizer = tokenizer(Language::English);
    let encode = |max_length| encode_text(&tokenizer, "the cat sat on the mat", Some("cats"), max_length).unwrap();
    let whole = encode(40);
    assert_eq!(whole.token_type_ids.iter().filter(|&&segment| segment == 1).count(), whole.input_ids.len() - 8);
    let cut = encode(whole.input_ids.len() - 2);
    assert_eq!(cut.input_ids.len(), whole.input_ids.len() - 2);
    assert_eq!(cut.input_ids[..5], whole.input_ids[..5]);
    let b = |sequence: &crate::pretraining::PairSequence| {
        let segments = sequence.token_type_ids.iter().zip(&sequence.input_ids);
        segments.filter(|(segment, _)| **segment == 1).map(|(_, id)| *id).collect::<Vec<_>>()
    };
    assert_eq!(b(&cut), b(&whole), "the short part stays whole");
    assert!(matches!(encode_text(&tokenizer, "a", Some("b"), 4), Err(crate::TextError::InvalidOption { .. })));
    assert_eq!(encode_text(&tokenizer, "the cat sat", None, 4).unwrap().input_ids.len(), 4);
}

#[test]
fn tags_stand_on_first_pieces_alone() {
    let tokenizer = tokenizer(Language::English);
    let sentence = TaggedSentence {
        words: ["the", "unhappiest", "\u{1}", "cat"].map(str::to_owned).to_vec(),
        tags: vec![0, 1, 2, 3],
    };
    let TaggedFeature { feature, first_pieces } = encode_tagged(&tokenizer, &sentence, 40).unwrap();
    let Target::Tags(tags) = &feature.target else { panic!("tags were asked for") };
    assert_eq!(first_pieces.len(), 4, "a word without a letter has a piece too");
    assert!(feature.sequences[0].input_ids.len() > 6, "one of the words has several pieces");
    for (place, &tag) in tags.iter().enumerate() {
        match first_pieces.iter().position(|&first| first == place) {
            Some(word) => assert_eq!(tag, word as i64),
            None => assert_eq!(tag, IGNORE_INDEX),
        }
    }
    let cut = encode_tagged(&tokenizer, &sentence, 5).unwrap();
    assert_eq!(cut.feature.sequences[0].input_ids.len(), 5);
    assert!(cut.first_pieces.len() < 4);
}

#[test]
fn epochs_read_every_example_once_in_another_order_each_time() {
    let epochs = Epochs { examples: 10, batch_size: 4, seed: 3 };
    assert_eq!(epochs.steps(), 3);
    let epoch = |n: u64| (3 * n..3 * n + 3).flat_map(|step| epochs.batch(step)).collect::<Vec<_>>();
    let mut sorted = epoch(0);
    sorted.sort_unstable();
    assert!(sorted.into_iter().eq(0..10));
    assert_ne!(epoch(0), epoch(1));
    assert_eq!(epochs.batch(4), epochs.batch(4));
    assert_eq!(epochs.batch(2).len(), 2);
}

#[test]
fn batches_are_filled_up_to_the_longest() {
    let tokenizer = tokenizer(Language::English);
    let feature = |text: &str, class| Feature {
        sequences: vec![encode_text(&tokenizer, text, Some("cat"), 30).unwrap()],
        target: Target::Class(class),
    };
    let (short, long) = (feature("the", 1), feature("the cat sat on the mat", 0));
    let batch = FinetuningBatch::gather(&[&short, &long], 0);
    assert_eq!(batch.seq_len, long.sequences[0].input_ids.len());
    assert_eq!(batch.classes(), [1, 0]);
    let real = short.sequences[0].input_ids.len();
    assert!(batch.attention_mask[..batch.seq_len].iter().enumerate().all(|(n, &mask)| (mask == 1) == (n < real)));
    assert_eq!(batch.token_count(), real + batch.seq_len);
}

#[test]
fn every_word_of_a_long_text_is_in_a_window() {
    let tokenizer = tokenizer(Language::English);
    let context = ["the cat sat on the mat"; 6].join(" with ");
    let encoded = encode_question(&tokenizer, &question(&context, "with the"), &options(16, 5)).unwrap();
    assert!(encoded.windows.len() > 3);
    let mut read = vec![false; encoded.offsets.len()];
    for window in &encoded.windows {
        read[window.first..window.first + window.len].fill(true);
        assert!(window.feature.sequences[0].input_ids.len() <= 16);
    }
    assert!(read.into_iter().all(|token| token));
    let with_answer = encoded.windows.iter().filter(|one| one.feature.target != Target::Span { start: 0, end: 0 });
    assert!(with_answer.count() >= 1);
    for wrong in [options(16, 0), options(16, 12), options(7, 1), options(4, 1)] {
        assert!(encode_question(&tokenizer, &question("a", "a"), &wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_answer_is_the_best_span_of_all_windows_and_never_an_illegal_one() {
    let tokenizer = tokenizer(Language::English);
    let context = "the cat sat on the mat with seven unhappy cats";
    let encoded = encode_question(&tokenizer, &question(context, "seven"), &options(12, 3)).unwrap();
    // Everything that is not allowed gets the highest logits: question, [CLS], [SEP], an end before the start.
    let mut logits: Vec<[Vec<f32>; 2]> = vec![];
    for window in &encoded.windows {
        let tokens = window.feature.sequences[0].input_ids.len();
        let mut both = [vec![9.0; tokens], vec![9.0; tokens]];
        for place in window.context_start..window.context_start + window.len {
            both[0][place] = -((window.first + place) as f32) * 0.01;
            both[1][place] = -1.0;
        }
        logits.push(both);
    }
    let last = encoded.windows.len() - 1;
    let window = &encoded.windows[last];
    // The end is far before the start.
    logits[last][0][window.context_start + window.len - 1] = 5.0;
    logits[last][1][window.context_start] = 5.0;
    let views: Vec<SpanLogits> = logits.iter().map(|[start, end]| SpanLogits { start, end }).collect();
    let answer = encoded.answer(&views, 30);
    let span = answer.span.unwrap();
    assert_eq!(answer.null_score, 18.0);
    let first = -((window.first + window.context_start) as f32) * 0.01;
    assert_eq!(
        span.score,
        5.0 + first,
        "the end with 5 and a start before it; both with 5 would end before they start"
    );
    assert!(span.start < span.end && span.end <= context.len());
    assert!(span.probability > 0.0 && span.probability <= 1.0);
    // At most one token.
    let one = encoded.answer(&views, 1).span.unwrap();
    assert!(encoded.offsets.contains(&(one.start, one.end)));
}

#[test]
fn generated_tasks_are_balanced_disjoint_and_nested() {
    for language in [Language::English, Language::Korean] {
        for task in GeneratedTask::ALL {
            let options = GeneratedOptions { language, seed: 4, training: 300, dev: 100 };
            let (training, dev) = generate(task, &options).unwrap();
            assert_eq!((training.len(), dev.len()), (300, 100), "{task:?}");
            let known: std::collections::HashSet<String> = training.lines().into_iter().skip(1).collect();
            assert!(dev.lines().iter().skip(1).all(|line| !known.contains(line)), "{task:?}");
            let (more, same) = generate(task, &GeneratedOptions { training: 310, ..options }).unwrap();
            // The stories grow with the number of examples, and with them what is drawn from them.
            if !matches!(task, GeneratedTask::Choice) {
                assert_eq!(dev, same, "{task:?}");
                assert_eq!(more.lines()[..301], training.lines()[..], "{task:?}");
            }
            if let Examples::Classes { labels, examples } = &training {
                for class in 0..labels.len() {
                    let share = examples.iter().filter(|one| one.label == class).count() as f64 / 300.0;
                    assert!((share - 1.0 / labels.len() as f64).abs() < 0.1, "{task:?} {class}: {share}");
                }
            }
            if let Examples::Questions(questions) = &training {
                for QuestionExample { context, answers, .. } in questions {
                    assert!(answers.iter().all(|one| context[one.start..].starts_with(&one.text)), "{context}");
                }
            }
        }
    }
    let options = GeneratedOptions { language: Language::English, seed: 0, training: 0, dev: 1 };
    assert!(generate(GeneratedTask::Nli, &options).is_err());
}

#[test]
fn counting_words_does_not_solve_them() {
    for language in [Language::English, Language::Korean] {
        for task in GeneratedTask::ALL {
            let options = GeneratedOptions { language, seed: 0, training: 3000, dev: 500 };
            let (training, dev) = generate(task, &options).unwrap();
            let (Examples::Classes { labels, examples }, Examples::Classes { examples: judged, .. }) = (training, dev)
            else {
                continue;
            };
            let accuracy = BagOfWords::fit(&examples, labels.len()).accuracy(&judged);
            println!("{} {task:?}: bag of words {:.1} %", language.code(), 100.0 * accuracy);
            assert!(accuracy < 0.8, "{task:?}: {accuracy}");
        }
    }
}

proptest! {
    /// Each word's first piece is where the word begins, whatever is written.
    #[test]
    fn words_are_found_in_their_pieces(words in proptest::collection::vec("(the|cat|unhappy|é|학교|학교에|\\PC{1,6})", 1..12), max_length in 4usize..40) {
        for language in [Language::English, Language::Korean] {
            let tokenizer = tokenizer(language);
            let (sequence, first_pieces) = encode_words(&tokenizer, &words, max_length).unwrap();
            prop_assert!(sequence.input_ids.len() <= max_length);
            prop_assert!(first_pieces.is_sorted_by(|a, b| a < b));
            let ends = first_pieces.iter().skip(1).copied().chain([sequence.input_ids.len() - 1]);
            for ((word, &start), end) in words.iter().zip(&first_pieces).zip(ends) {
                let mut pieces = tokenizer.encode(word).unwrap();
                if pieces.is_empty() {
                    pieces.push(tokenizer.special().unk);
                }
                // The last word may be cut.
                prop_assert_eq!(&sequence.input_ids[start..end], &pieces[..end - start]);
            }
        }
    }

    /// From the bytes of an answer to tokens and back: at least the answer comes out, and exactly it if it is made of whole words.
    #[test]
    fn answers_survive_the_way_to_tokens_and_back(
        words in proptest::collection::vec("(the|cat|unhappy|é|학교|학교에|[a-zé]{1,6})", 1..30),
        from in 0usize..30,
        count in 1usize..4,
        stride in 1usize..8,
    ) {
        let context = words.join(" ");
        let from = from % words.len();
        let to = (from + count).min(words.len());
        let start = words[..from].iter().map(|word| word.len() + 1).sum::<usize>();
        let answer = words[from..to].join(" ");
        let mut example = question(&context, "");
        example.answers = vec![AnswerText { text: answer.clone(), start }];
        for language in [Language::English, Language::Korean] {
            let tokenizer = tokenizer(language);
            let encoded = encode_question(&tokenizer, &example, &options(20, stride)).unwrap();
            let (first, last) = tokens_of_answer(&encoded.offsets, start, start + answer.len()).unwrap();
            let back = &context[encoded.offsets[first].0..encoded.offsets[last].1];
            prop_assert_eq!(back, &answer);
            // A model that is sure of the labels of every window says the very words, where a window holds them all.
            let mut labelled = false;
            let logits: Vec<[Vec<f32>; 2]> = encoded.windows.iter().map(|window| {
                let Target::Span { start, end } = window.feature.target else { panic!("a span was asked for") };
                labelled |= start > 0;
                let tokens = window.feature.sequences[0].input_ids.len();
                let sure = |place: i64| (0..tokens).map(|n| if n as i64 == place { 10.0 } else { 0.0 }).collect();
                [sure(start), sure(end)]
            }).collect();
            let views: Vec<SpanLogits> = logits.iter().map(|[start, end]| SpanLogits { start, end }).collect();
            let span = encoded.answer(&views, 30).span.unwrap();
            if labelled {
                prop_assert_eq!(&context[span.start..span.end], &answer);
            }
        }
    }
}
