//! Fine-tuning as a user would: each shape of task, stopping and going on, files that do not fit, and questions to what came out.

mod common;

use std::fs;

use common::{Place, json};

/// A place with a small pre-trained model in `bert`.
fn place() -> Place {
    let place = Place::new();
    place.succeed(&place.pretrain(&["--steps", "2", "--out", "bert"]));
    place
}

/// `bert finetune` of a generated task on the small model.
fn generated<'a>(task: &'a str, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let usual = [
        ("--generated", task),
        ("--model", "bert"),
        ("--training-examples", "24"),
        ("--dev-examples", "12"),
        ("--test-examples", "12"),
        ("--epochs", "2"),
        ("--batch-size", "8"),
        ("--max-length", "48"),
        ("--out", out),
    ];
    common::with_usual(["bert", "finetune"], &usual, more)
}

#[test]
fn every_shape_is_trained_judged_and_asked() {
    let place = place();
    for (task, figure, inputs) in [
        ("sentiment", "accuracy", &["The soup is cold."][..]),
        ("acceptability", "mcc", &["He go home."]),
        ("nli", "f1", &["Tom finds a red fox in the park.", "Tom finds an animal."]),
        ("paraphrase", "accuracy", &["The cup is hot.", "The cup is not cold."]),
        ("similarity", "spearman", &["Tom finds a toy.", "Anna finds a toy."]),
        ("choice", "accuracy", &["Tom is in the kitchen.", "He cooks.", "The train is late."]),
        ("tagging", "precision", &["Tom travels to Paris ."]),
        ("questions", "exact_match", &["Where is Tom?", "Tom finds a fox in the park. Anna is at home."]),
    ] {
        let said = place.succeed(&generated(task, task, &[]));
        assert!(said.contains("On 12 test examples") && said.contains("of 2, the best one"), "{said}");
        let summary = place.summary(task);
        assert!(summary.get(figure).is_some(), "{task}: {summary}");
        assert!(summary["best_epoch"].as_u64().is_some_and(|epoch| (1..=2).contains(&epoch)), "{summary}");
        assert!(place.path(task).join("figures.svg").exists() && place.path(task).join("loss.svg").exists());
        let config = json(&place.path(task).join("config.json"));
        assert!(config["architectures"][0].as_str().unwrap().starts_with("BertFor"), "{config}");
        let answer = place.succeed(&[&["bert", "predict", "--model", task], inputs].concat());
        assert!(!answer.trim().is_empty(), "{task}");
        match task {
            "tagging" => assert!(answer.contains("Paris") && answer.contains("tag"), "{answer}"),
            "questions" => assert!(answer.contains('«') && answer.contains("answer: "), "{answer}"),
            "similarity" => assert!(answer.contains("score"), "{answer}"),
            _ => assert_eq!(
                answer.lines().count(),
                config["id2label"].as_object().map_or(2, |names| names.len().max(2)),
                "{answer}"
            ),
        }
        let error = place
            .refused(&["bert", "predict", "--model", task, "a", "b", "c", "d"][..if task == "choice" { 6 } else { 8 }]);
        assert!(error.contains("reads"), "{error}");
    }
    // A file of inputs gets an answer for each line.
    fs::write(place.path("lines.txt"), "The soup is cold.\nThe cake is sweet.\n").unwrap();
    let answers = place.succeed(&["bert", "predict", "--model", "sentiment", "--file", "lines.txt"]);
    assert_eq!(answers.matches("positive").count(), 2, "{answers}");
    let korean = place.succeed(&["--lang", "ko", "bert", "predict", "--model", "tagging", "Tom travels ."]);
    assert!(korean.contains("태그"), "{korean}");
}

#[test]
fn a_run_that_was_stopped_and_resumed_ends_with_the_same_bits() {
    let place = place();
    let steps = ["--dropout", "0.1", "--checkpoint-every", "2"];
    place.succeed(&generated("tagging", "whole", &steps));
    for stop in ["2", "4"] {
        let parts = format!("parts-{stop}");
        let stopped = place.succeed(&generated("tagging", &parts, &[&steps[..], &["--stop-after", stop]].concat()));
        assert!(stopped.contains("bert finetune --resume"), "{stopped}");
        let resumed = place.succeed(&["bert", "finetune", "--resume", &parts]);
        assert!(resumed.contains(&format!("Going on after step {stop} of 6")), "{resumed}");
        assert_eq!(place.summary("whole")["weights_sha256"], place.summary(&parts)["weights_sha256"]);
        let metrics = |run: &str| fs::read_to_string(place.path(run).join("metrics.csv")).unwrap();
        assert_eq!(metrics("whole"), metrics(&parts));
    }
    let again = place.succeed(&["bert", "finetune", "--resume", "parts-2"]);
    assert!(again.contains("were done already"), "{again}");
    assert_eq!(place.summary("whole")["weights_sha256"], place.summary("parts-2")["weights_sha256"]);
}

#[test]
fn threads_change_no_bit_and_options_do() {
    let place = place();
    let run = |name: &'static str, more: &[&'static str]| {
        place.succeed(&generated("sentiment", name, more));
        place.summary(name)["weights_sha256"].as_str().unwrap().to_owned()
    };
    let one = run("one", &["--threads", "1"]);
    assert_eq!(run("four", &["--threads", "4"]), one);
    let mut digests = vec![one];
    for (name, option) in [
        ("seed", &["--seed", "1"][..]),
        ("scratch", &["--from-scratch"]),
        ("lr", &["--lr", "0.004"]),
        ("warmup", &["--warmup-ratio", "0.5"]),
        ("decay", &["--weight-decay", "0.5"]),
        ("clip", &["--max-grad-norm", "0.01"]),
        ("shards", &["--shards", "3"]),
        ("labels", &["--labels", "10"]),
        ("dropout", &["--dropout", "0.3"]),
        ("length", &["--max-length", "10"]),
        ("korean", &["--corpus", "ko"]),
    ] {
        digests.push(run(name, option));
    }
    let different: std::collections::HashSet<&String> = digests.iter().collect();
    assert_eq!(different.len(), digests.len(), "{digests:#?}");
}

#[test]
fn files_are_read_in_the_forms_of_the_field() {
    let place = place();
    let write = |name: &str, text: &str| fs::write(place.path(name), text).unwrap();
    let table: String = (0..30).map(|n| format!("Tom sees a boat {n}\t{}\n", n % 2)).collect();
    write("nsmc.tsv", &format!("document\tlabel\n\t1\n{table}"));
    let pairs: String = (0..30).map(|n| format!("Tom sees a boat {n}\tAnna sings\t{}.5\n", n % 4)).collect();
    write("sts.tsv", &format!("sentence1\tsentence2\tscore\n{pairs}"));
    write("ner.conll", &"Tom\tB-PER\ntravels\tO\n\nto\tO\nNew\tB-LOC\nYork\tI-LOC\n\n".repeat(15));
    let question = |n: usize| {
        format!(
            r#"{{"context": "Tom is in 파리 {n}.", "qas": [{{"id": "{n}", "question": "Where?", "answers": [{{"text": "파리", "answer_start": 10}}]}}, {{"id": "x{n}", "question": "Who?", "is_impossible": true, "answers": []}}]}}"#
        )
    };
    let paragraphs = (0..15).map(question).collect::<Vec<_>>().join(",");
    write("squad.json", &format!(r#"{{"data": [{{"paragraphs": [{paragraphs}]}}]}}"#));
    for (task, file, figure) in [
        ("sentence", "nsmc.tsv", "accuracy"),
        ("regression", "sts.tsv", "pearson"),
        ("tagging", "ner.conll", "f1"),
        ("qa", "squad.json", "f1"),
    ] {
        let train =
            ["bert", "finetune", "--task", task, "--train", file, "--model", "bert", "--epochs", "1", "--out", task];
        let said = place.succeed(&[&train[..], &["--max-length", "32"]].concat());
        assert!(place.summary(task).get(figure).is_some());
        assert_eq!(said.contains("passed over"), task == "sentence", "{said}");
        assert!(said.contains("The same examples chose the epoch"), "{said}");
        // With files to choose and to judge by, and without a model.
        let scratch = format!("{task}-scratch");
        let said = place.succeed(&[
            "bert",
            "finetune",
            "--task",
            task,
            "--train",
            file,
            "--dev",
            file,
            "--test",
            file,
            "--epochs",
            "1",
            "--vocab-size",
            "60",
            "--labels",
            "4",
            "--out",
            &scratch,
        ]);
        assert!(said.contains("test examples") && place.summary(&scratch)["judged_by"] == "test", "{said}");
    }
}

#[test]
fn whatever_is_wrong_is_said_before_anything_is_written() {
    let place = place();
    fs::write(place.path("bad.tsv"), "document\tlabel\none\t0\ntwo\n").unwrap();
    fs::write(place.path("good.tsv"), "document\tlabel\none\t0\ntwo\t1\nthree\t0\n").unwrap();
    fs::write(place.path("other.tsv"), "document\tlabel\none\t7\n").unwrap();
    for (args, words) in [
        (&["--task", "sentence", "--train", "missing.tsv"][..], &["missing.tsv"][..]),
        (&["--task", "sentence", "--train", "bad.tsv"], &["bad.tsv, line 3", "1 fields"]),
        (&["--task", "pair", "--train", "good.tsv"], &["no column sentence1", "--text-column"]),
        (&["--task", "sentence", "--train", "good.tsv", "--dev", "other.tsv"], &["other.tsv, line 2", "\"7\""]),
        (&["--task", "sentence", "--train", "good.tsv", "--test", "other.tsv"], &["other.tsv, line 2", "\"7\""]),
        (&["--task", "sentence", "--train", "good.tsv", "--label-column", "score"], &["no column score"]),
        (&["--task", "tagging", "--train", "good.tsv"], &["good.tsv, line 1", "is no tag"]),
        (&["--task", "qa", "--train", "good.tsv"], &["form of SQuAD"]),
        (&["--task", "tagging", "--train", "good.tsv", "--text-column", "x"], &["--text-column", "no such column"]),
        (&["--task", "sentence", "--train", "good.tsv", "--doc-stride", "9"], &["--doc-stride", "only --task qa"]),
        (&["--task", "sentence", "--train", "good.tsv", "--dev", "good.tsv", "--labels", "99"], &["--labels 99"]),
        (&["--generated", "nli", "--max-length", "9999"], &["--max-length", "max_position_embeddings"]),
        (&["--generated", "nli", "--warmup-ratio", "2"], &["--warmup-ratio"]),
        (&["--generated", "nli", "--lr", "nan"], &["--lr"]),
        (&["--generated", "nli", "--task", "qa"], &["--task", "--generated"]),
        (&["--generated", "nonsense"], &["nonsense"]),
        (&["--task", "sentence"], &["--train"]),
        (&["--generated", "questions", "--doc-stride", "500"], &["doc_stride"]),
    ] {
        let error = place.refused(&[&["bert", "finetune", "--model", "bert", "--out", "refused"], args].concat());
        for word in words {
            assert!(error.contains(word), "{args:?}: {word:?} is missing in: {error}");
        }
        assert!(!place.path("refused").exists() && !place.path("runs").exists(), "{args:?} wrote something");
    }
    let error = place.refused(&["bert", "predict", "--model", "bert", "text"]);
    assert!(error.contains("bert"), "{error}");
    let error = place.refused(&["bert", "finetune", "--generated", "nli", "--model", "nowhere"]);
    assert!(error.contains("nowhere") && error.contains("config.json"), "{error}");
}

#[test]
fn transfer_compares_both_encoders_and_draws_them() {
    let place = place();
    let usual =
        ["bert", "experiment", "transfer", "--model", "bert", "--labels", "4,8", "--seeds", "2", "--steps", "3"];
    let said = place.succeed(&[&usual[..], &["--dev-examples", "20"]].concat());
    assert!(said.contains("from scratch") && said.contains("pre-trained") && said.contains("gap"), "{said}");
    let picture = fs::read_to_string(place.path("transfer.svg")).unwrap();
    assert!(picture.contains("<polygon") && picture.contains("standard deviation"), "{picture}");
    let error = place.refused(&[&usual[..5], &["--labels", "8,4"]].concat());
    assert!(error.contains("--labels 8,4") && error.contains("grow"), "{error}");
}

#[test]
fn texts_are_taken_apart_by_every_kind_of_tokenizer() {
    let place = Place::new();
    for kind in ["wordpiece", "bpe", "unigram"] {
        let learn = ["tokenize", "--train", kind, "--from", "text.txt", "--vocab-size", "400", "--save", kind];
        let said = place.succeed(&[&learn[..], &["The cat sat."]].concat());
        assert!(said.contains("a word"), "{said}");
        let counted = place.succeed(&["tokenize", "--tokenizer", kind, "--count", "text.txt"]);
        assert!(counted.contains("text.txt"), "{counted}");
    }
    let error = place.refused(&["tokenize", "--tokenizer", "nowhere", "text"]);
    assert!(error.contains("nowhere"), "{error}");
}
