//! `jumok transformer` as a user runs it: training a translator, resuming, translating, and what is refused.

mod common;

use std::fs;

use common::{Place, with_usual};

/// `transformer train` of a very small model on a small task, with further arguments, which may replace those of the small model.
fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    const SMALL: [(&str, &str); 9] = [
        ("--d-model", "12"),
        ("--heads", "3"),
        ("--layers", "1"),
        ("--ffn-dim", "16"),
        ("--batch-size", "8"),
        ("--steps", "6"),
        ("--training-pairs", "60"),
        ("--held-out-pairs", "12"),
        ("--max-length", "6"),
    ];
    with_usual(["transformer", "train"], &SMALL, more)
}

#[test]
fn a_run_leaves_a_whole_folder_and_a_translator() {
    let place = Place::new();
    let printed = place.succeed(&train(&["--eval-every", "3"]));
    let run = "runs/transformer-reverse-001";
    for words in [
        "Model    Transformer: 1 + 1 layers, 12 wide, 3 heads, pre-norm",
        "Data     reverse: 60 pairs",
        "Training 6 steps of 8 examples",
        "whole sentences right",
        "Where each word of the translation looked",
        "jumok transformer translate --model runs/transformer-reverse-001",
    ] {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    for file in ["config.toml", "metrics.csv", "summary.json", "alignment.svg", "config.json", "model.safetensors"] {
        assert!(place.path(run).join(file).is_file(), "{file}");
    }
    let translate = |more: &[&str]| {
        place.succeed(&[&["transformer", "translate", "--model", run, "a b c", "--max-tokens", "4"], more].concat())
    };
    let mean = translate(&[]);
    assert!(mean.contains("sentence") && mean.contains("translation"), "{mean}");
    let drawn = |more: &[&str]| {
        translate(&[&["--svg", "map.svg"], more].concat());
        fs::read_to_string(place.path("map.svg")).unwrap()
    };
    let heads = ["0", "1", "2"].map(|head| drawn(&["--layer", "0", "--head", head]));
    assert!(heads[0] != heads[1] && heads[1] != heads[2] && heads[0] != drawn(&[]));
    assert!(translate(&["--beam", "3", "--svg", "map.svg", "--lang", "ko"]).contains("원문"));
    assert!(fs::read_to_string(place.path("map.svg")).unwrap().contains("원문"));
    for (option, value) in [("--layer", "1"), ("--head", "3")] {
        let error = place.refused(&["transformer", "translate", "--model", run, "a b c", option, value]);
        assert!(error.contains(&format!("{option} {value}")) && error.contains("counted from 0"), "{error}");
    }
}

#[test]
fn a_run_that_was_stopped_and_resumed_ends_with_the_same_bits() {
    let place = Place::new();
    let steps = ["--steps", "12", "--checkpoint-every", "5", "--eval-every", "4", "--dropout", "0.2"];
    let more = ["--label-smoothing", "0.1", "--schedule", "inverse-sqrt"];
    place.succeed(&train(&[&steps[..], &more, &["--out", "whole"]].concat()));
    let stopped = place.succeed(&train(&[&steps[..], &more, &["--out", "parts", "--stop-after", "6"]].concat()));
    assert!(stopped.contains("jumok transformer train --resume parts"), "{stopped}");
    let translation = place.succeed(&["transformer", "translate", "--model", "parts", "a b c"]);
    assert!(translation.contains("has not ended"), "{translation}");
    let resumed = place.succeed(&["transformer", "train", "--resume", "parts", "--threads", "1"]);
    assert!(resumed.contains("Going on after step 6 of 12"), "{resumed}");
    let (whole, parts) = (place.summary("whole"), place.summary("parts"));
    assert_eq!(whole["weights_sha256"], parts["weights_sha256"]);
    assert_eq!(whole["bleu"], parts["bleu"]);
    let metrics = |run: &str| fs::read_to_string(place.path(run).join("metrics.csv")).unwrap();
    assert_eq!(metrics("whole"), metrics("parts"));
}

#[test]
fn no_option_is_ignored() {
    let place = Place::new();
    let run = |name: &str, more: &[&str]| {
        place.succeed(&train(&[&["--steps", "3", "--out", name], more].concat()));
        place.summary(name)["weights_sha256"].as_str().unwrap().to_owned()
    };
    let one = run("one", &["--threads", "1"]);
    assert_eq!(run("two", &["--threads", "2"]), one);
    // What only the final evaluation looks at leaves the weights as they are.
    assert_eq!(run("beam", &["--beam", "3"]), one);
    let mut digests = vec![one];
    for (name, option) in [
        ("task", &["--task", "copy"][..]),
        ("seed", &["--seed", "1"]),
        ("separate", &["--separate-vocabularies"]),
        ("width", &["--d-model", "24"]),
        ("layers", &["--layers", "2"]),
        ("heads", &["--heads", "2"]),
        ("ffn", &["--ffn-dim", "20"]),
        ("post-norm", &["--post-norm"]),
        ("dropout", &["--dropout", "0.3"]),
        ("smoothing", &["--label-smoothing", "0.2"]),
        ("lr", &["--lr", "0.001"]),
        ("warmup", &["--warmup-steps", "2"]),
        ("schedule", &["--schedule", "inverse-sqrt", "--warmup-steps", "1"]),
        ("decay", &["--weight-decay", "0.5"]),
        ("clip", &["--max-grad-norm", "0.01"]),
        ("shards", &["--shards", "3"]),
        ("unit", &["--unit", "characters"]),
    ] {
        digests.push(run(name, option));
    }
    let different: std::collections::HashSet<&String> = digests.iter().collect();
    assert_eq!(different.len(), digests.len(), "{digests:#?}");
    let sizes = |run: &str| {
        let read = |name: &str| fs::read_to_string(place.path(run).join(name)).unwrap();
        (read("source_vocabulary.json"), read("target_vocabulary.json"))
    };
    let (source, target) = sizes("one");
    assert_eq!(source, target);
}

#[test]
fn what_makes_no_sense_is_refused_and_nothing_written() {
    let place = Place::new();
    let refused = |more: &[&str], words: &[&str]| {
        let error = place.refused(&train(&[&["--out", "refused"], more].concat()));
        assert!(words.iter().all(|word| error.contains(word)), "{more:?}: {error}");
        assert!(!place.path("refused").exists(), "{more:?} wrote something");
    };
    refused(&["--heads", "5"], &["encoder_attention_heads = 5", "d_model = 12"]);
    refused(&["--label-smoothing", "1"], &["--label-smoothing 1"]);
    refused(&["--dropout", "1.5"], &["dropout"]);
    refused(&["--preset", "huge"], &["tiny", "base"]);
    refused(&["--resume", "elsewhere"], &["cannot be used with"]);
    place.succeed(&with_usual(["seq2seq", "train"], &[("--hidden-size", "8")], &["--steps", "1", "--out", "rnn"]));
    let error = place.refused(&["transformer", "translate", "--model", "rnn", "a b"]);
    assert!(error.contains("\"jumok-seq2seq\", not \"jumok-transformer\""), "{error}");
    let error = place.refused(&["transformer", "train", "--resume", "rnn"]);
    assert!(error.contains("rnn"), "{error}");
}
