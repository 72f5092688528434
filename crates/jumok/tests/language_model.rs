//! `jumok transformer train-lm` and `generate` as a user runs them: training, resuming, writing, and what is refused.

mod common;

use std::fs;

use common::{Place, with_usual};

/// `transformer train-lm` of a very small model on `text.txt`, with further arguments, which may replace those of the small model.
fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    const SMALL: [(&str, &str); 7] = [
        ("--text", "text.txt"),
        ("--n-embd", "16"),
        ("--n-layer", "1"),
        ("--n-head", "2"),
        ("--n-positions", "16"),
        ("--batch-size", "4"),
        ("--steps", "6"),
    ];
    with_usual(["transformer", "train-lm"], &SMALL, more)
}

#[test]
fn a_run_leaves_a_whole_folder_and_a_writer() {
    let place = Place::new();
    let printed = place.succeed(&train(&["--eval-every", "3"]));
    let run = "runs/lm-nanogpt-001";
    for words in [
        "Model    causal language model nanogpt: 1 layers, 16 wide, 2 heads",
        "characters",
        "ms a step, measured over",
        "counting pairs of tokens",
        "jumok transformer generate --model runs/lm-nanogpt-001",
    ] {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    for file in [
        "config.toml",
        "metrics.csv",
        "summary.json",
        "loss.svg",
        "config.json",
        "model.safetensors",
        "vocabulary.json",
        "checkpoint-6/optimizer.safetensors",
    ] {
        assert!(place.path(run).join(file).is_file(), "{file}");
    }
    let summary = place.summary(run);
    let loss = |name: &str| summary[name].as_f64().unwrap();
    assert!((loss("perplexity") - loss("held_out_loss").exp()).abs() < 1e-9);
    assert!(loss("bigram_loss") < loss("unigram_loss") && loss("unigram_loss") < loss("uniform_loss"));
    assert_eq!(fs::read_to_string(place.path(run).join("metrics.csv")).unwrap().lines().count(), 7);

    let generate = |more: &[&str]| {
        let usual = ["transformer", "generate", "--model", run, "--prompt", "The ", "--max-new-tokens", "20"];
        place.succeed(&[&usual[..], more].concat())
    };
    let drawn = generate(&["--temperature", "0.9", "--top-k", "10", "--top-p", "0.95", "--seed", "3"]);
    assert!(drawn.starts_with("The "), "{drawn}");
    assert_eq!(drawn.trim_end_matches('\n').chars().count().min(24), drawn.trim_end_matches('\n').chars().count());
    let again = ["--temperature", "0.9", "--top-k", "10", "--top-p", "0.95", "--seed", "3"];
    assert_eq!(drawn, generate(&again));
    assert_eq!(drawn, generate(&[&again[..], &["--no-cache"]].concat()), "the cache changes no character");
    assert_ne!(drawn, generate(&["--temperature", "0.9", "--seed", "4"]));
    assert_eq!(generate(&["--greedy"]), generate(&["--top-k", "1"]));
    let unknown = place.succeed(&["transformer", "generate", "--model", run, "--prompt", "가나", "--greedy"]);
    assert!(unknown.contains("The vocabulary does not know everything in the prompt"), "{unknown}");
}

#[test]
fn a_run_that_was_stopped_and_resumed_ends_with_the_same_bits() {
    let place = Place::new();
    let options = ["--dropout", "0.2", "--checkpoint-every", "4", "--seed", "5"];
    place.succeed(&train(&[&options[..], &["--out", "whole"]].concat()));
    place.succeed(&train(&[&options[..], &["--out", "parts", "--stop-after", "3", "--threads", "1"]].concat()));
    assert!(!place.path("parts/model.safetensors").exists());
    let early =
        place.succeed(&["transformer", "generate", "--model", "parts", "--prompt", "a", "--max-new-tokens", "2"]);
    assert!(early.contains("The run has not ended"), "{early}");
    let resumed = place.succeed(&["transformer", "train-lm", "--resume", "parts", "--threads", "2"]);
    assert!(resumed.contains("Going on after step 3 of 6."), "{resumed}");
    for file in ["model.safetensors", "metrics.csv", "vocabulary.json"] {
        let [a, b] = ["whole", "parts"].map(|run| fs::read(place.path(run).join(file)).unwrap());
        assert_eq!(a, b, "{file}");
    }
    assert_eq!(place.summary("whole")["weights_sha256"], place.summary("parts")["weights_sha256"]);
    fs::write(place.path("text.txt"), "other words ".repeat(400)).unwrap();
    let error = place.refused(&["transformer", "train-lm", "--resume", "parts"]);
    assert!(error.contains("has changed since it was started"), "{error}");
}

#[test]
fn no_option_is_ignored_and_threads_change_nothing() {
    let place = Place::new();
    let run = |name: &str, more: &[&str]| {
        place.succeed(&train(&[&["--steps", "3", "--out", name], more].concat()));
        place.summary(name)["weights_sha256"].as_str().unwrap().to_owned()
    };
    let one = run("one", &["--threads", "1"]);
    assert_eq!(run("two", &["--threads", "2"]), one);
    let mut digests = vec![one];
    for (name, option) in [
        ("seed", &["--seed", "1"][..]),
        ("unit", &["--unit", "words"]),
        ("vocab", &["--vocab-size", "20"]),
        ("held-out", &["--held-out", "0.2"]),
        ("preset", &["--preset", "llama"]),
        ("positions", &["--n-positions", "12"]),
        ("dropout", &["--dropout", "0.3"]),
        ("batch", &["--batch-size", "5"]),
        ("lr", &["--lr", "0.002"]),
        ("min-lr", &["--min-lr", "0.0005"]),
        ("warmup", &["--warmup-steps", "2"]),
        ("decay", &["--weight-decay", "0.5"]),
        ("clip", &["--max-grad-norm", "0.01"]),
        ("shards", &["--shards", "3"]),
    ] {
        let digest = run(name, option);
        assert!(!digests.contains(&digest), "{option:?} changes nothing");
        digests.push(digest);
    }
}

#[test]
fn words_of_the_built_in_stories_are_learned_too() {
    let place = Place::new();
    let args = ["transformer", "train-lm", "--corpus", "ko", "--preset", "llama", "--n-layer", "1", "--n-embd", "16"];
    let more =
        ["--n-head", "2", "--n-positions", "8", "--batch-size", "2", "--steps", "2", "--lang", "ko", "--out", "run"];
    let printed = place.succeed(&[&args[..], &more].concat());
    assert!(printed.contains("단어") && printed.contains("퍼플렉시티"), "{printed}");
    let text = ["transformer", "generate", "--model", "run", "--prompt", "어머니는", "--max-new-tokens", "5"];
    assert!(!place.succeed(&text).trim().is_empty());
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_written() {
    let place = Place::new();
    for (more, words) in [
        (&["--n-head", "3"][..], "it must divide n_embd = 16"),
        (&["--n-positions", "100000"], "--n-positions 100000"),
        (&["--held-out", "1.5"], "--held-out 1.5"),
        (&["--min-lr", "0.5"], "--min-lr 0.5"),
        (&["--shards", "5"], "a batch of 4 windows"),
        (&["--text", "missing.txt"], "cannot read"),
        (&["--unit", "letters"], "characters"),
        (&["--preset", "nanogtp"], "nanogpt"),
    ] {
        let error = place.refused(&train(&[&["--out", "refused"], more].concat()));
        assert!(error.contains(words), "{more:?}: {error}");
        assert!(!place.path("refused").exists(), "{more:?}");
    }
    place.succeed(&train(&["--out", "run", "--steps", "1"]));
    let refused = |more: &[&str]| {
        let usual = ["transformer", "generate", "--model", "run", "--prompt", "a"];
        place.refused(&[&usual[..], more].concat())
    };
    assert!(refused(&["--temperature", "0"]).contains("temperature = 0 is not possible"));
    assert!(refused(&["--top-p", "2"]).contains("top_p = 2"));
    assert!(refused(&["--repetition-penalty", "0"]).contains("repetition_penalty"));
    assert!(refused(&["--greedy", "--seed", "1"]).contains("--seed"));
    let empty = place.refused(&["transformer", "generate", "--model", "run", "--prompt", ""]);
    assert!(empty.contains("the prompt is empty"), "{empty}");
    let nowhere = place.refused(&["transformer", "generate", "--model", "nowhere", "--prompt", "a"]);
    assert!(nowhere.contains("config.json is missing there"), "{nowhere}");
}
