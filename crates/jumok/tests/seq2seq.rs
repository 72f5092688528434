//! `jumok seq2seq` as a user runs it: training, resuming, translating, and what is refused.

mod common;

use std::fs;

use common::{Place, text, with_usual};

/// `seq2seq train` of a very small model, with further arguments, which may replace those of the small model.
fn train<'a>(more: &[&'a str]) -> Vec<&'a str> {
    const SMALL: [(&str, &str); 3] = [("--hidden-size", "12"), ("--batch-size", "8"), ("--steps", "6")];
    with_usual(["seq2seq", "train"], &SMALL, more)
}

/// The options of a small generated task.
const TASK: [&str; 8] = ["--task", "reverse", "--training-pairs", "60", "--held-out-pairs", "12", "--max-length", "6"];

fn task<'a>(more: &[&'a str]) -> Vec<&'a str> {
    train(&[&TASK[..], more].concat())
}

#[test]
fn a_run_leaves_a_whole_folder_and_a_translator() {
    let place = Place::new();
    let printed = place.succeed(&task(&["--eval-every", "3"]));
    let run = "runs/seq2seq-reverse-001";
    for words in [
        "Model    GRU encoder–decoder, attention: bahdanau, 12 wide",
        "Data     reverse: 60 pairs",
        "Training 6 steps of 8 examples",
        "ms a step, measured over",
        "On 12 held-out pairs",
        "whole sentences right",
        "BLEU (13a, lower case)",
        "Where each word of the translation looked",
        "jumok seq2seq translate --model runs/seq2seq-reverse-001",
    ] {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    for file in [
        "config.toml",
        "metrics.csv",
        "summary.json",
        "loss.svg",
        "accuracy.svg",
        "alignment.svg",
        "translations.tsv",
        "config.json",
        "model.safetensors",
        "source_vocabulary.json",
        "target_vocabulary.json",
        "checkpoint-6/optimizer.safetensors",
    ] {
        assert!(place.path(run).join(file).is_file(), "{file}");
    }
    let summary = place.summary(run);
    assert_eq!((summary["steps"].as_u64(), summary["held_out_pairs"].as_u64()), (Some(6), Some(12)));
    assert!((0.0..=1.0).contains(&summary["exact_match"].as_f64().unwrap()));
    assert_eq!(fs::read_to_string(place.path(run).join("metrics.csv")).unwrap().lines().count(), 7);
    assert_eq!(fs::read_to_string(place.path(run).join("translations.tsv")).unwrap().lines().count(), 12);

    let translation = place.succeed(&["seq2seq", "translate", "--model", run, "a b c"]);
    assert!(translation.contains("sentence") && translation.contains("translation"), "{translation}");
    let args =
        ["seq2seq", "translate", "--model", run, "a b c", "--beam", "3", "--svg", "alignment.svg", "--lang", "ko"];
    let translation = place.succeed(&args);
    assert!(translation.contains("원문"), "{translation}");
    let svg = fs::read_to_string(place.path("alignment.svg")).unwrap();
    assert!(svg.contains("원문") && svg.contains("&lt;eos&gt;") || svg.contains("번역"), "{svg}");
    // What the vocabulary does not know is named and read all the same.
    let translation = place.succeed(&["seq2seq", "translate", "--model", run, "a zebra b 가", "--max-tokens", "2"]);
    assert!(translation.contains("read as <unk>: zebra 가"), "{translation}");
    let text = place.succeed(&["seq2seq", "translate", "--model", run, "a", "--max-tokens", "1"]);
    assert!(text.lines().count() > 2, "{text}");
}

#[test]
fn a_run_that_was_stopped_and_resumed_ends_with_the_same_bits() {
    let place = Place::new();
    // Dropout and coins of teacher forcing are random too, and an epoch ends on the way.
    let steps = [
        "--steps",
        "12",
        "--checkpoint-every",
        "5",
        "--eval-every",
        "4",
        "--dropout",
        "0.2",
        "--teacher-forcing",
        "0.7",
    ];
    place.succeed(&task(&[&steps[..], &["--out", "whole"]].concat()));
    let stopped = place.succeed(&task(&[&steps[..], &["--out", "parts", "--stop-after", "6"]].concat()));
    assert!(stopped.contains("jumok seq2seq train --resume parts"), "{stopped}");
    assert!(!place.path("parts/summary.json").exists());
    // Its newest checkpoint can be used already.
    let translation = place.succeed(&["seq2seq", "translate", "--model", "parts", "a b c"]);
    assert!(translation.contains("has not ended"), "{translation}");

    let resumed = place.succeed(&["seq2seq", "train", "--resume", "parts", "--threads", "1"]);
    assert!(resumed.contains("Going on after step 6 of 12"), "{resumed}");
    let (whole, parts) = (place.summary("whole"), place.summary("parts"));
    assert_eq!(whole["weights_sha256"], parts["weights_sha256"]);
    assert_eq!(whole["loss"], parts["loss"]);
    let metrics = |run: &str| fs::read_to_string(place.path(run).join("metrics.csv")).unwrap();
    assert_eq!(metrics("whole"), metrics("parts"));
}

#[test]
fn no_option_is_ignored() {
    let place = Place::new();
    let run = |name: &str, more: &[&str]| {
        place.succeed(&task(&[&["--steps", "3", "--out", name], more].concat()));
        place.summary(name)["weights_sha256"].as_str().unwrap().to_owned()
    };
    let one = run("one", &["--threads", "1"]);
    assert_eq!(run("two", &["--threads", "2"]), one);
    let mut digests = vec![one];
    for (name, option) in [
        ("copy", &["--task", "copy"][..]),
        ("seed", &["--seed", "1"]),
        ("none", &["--attention", "none"]),
        ("luong", &["--attention", "luong"]),
        ("score", &["--score", "general"]),
        ("lstm", &["--cell", "lstm"]),
        ("layers", &["--encoder-layers", "2"]),
        ("one-direction", &["--one-direction"]),
        ("dropout", &["--dropout", "0.3"]),
        ("forcing", &["--teacher-forcing", "0.5"]),
        ("lr", &["--lr", "0.002"]),
        ("warmup", &["--warmup-steps", "2"]),
        ("constant", &["--schedule", "constant"]),
        ("decay", &["--weight-decay", "0.5"]),
        ("clip", &["--max-grad-norm", "0.01"]),
        ("shards", &["--shards", "3"]),
        ("unit", &["--unit", "characters"]),
        ("vocabulary", &["--vocab-size", "20"]),
        ("min-length", &["--min-length", "5"]),
        ("max-tokens", &["--unit", "characters", "--max-tokens", "9"]),
    ] {
        // A later --task takes the place of the first one.
        let more: Vec<&str> = option.to_vec();
        if more[0] == "--task" {
            let line = train(&[
                "--steps",
                "3",
                "--out",
                name,
                "--task",
                "copy",
                "--training-pairs",
                "60",
                "--held-out-pairs",
                "12",
                "--max-length",
                "6",
            ]);
            place.succeed(&line);
            digests.push(place.summary(name)["weights_sha256"].as_str().unwrap().to_owned());
        } else {
            digests.push(run(name, &more));
        }
    }
    let different: std::collections::HashSet<&String> = digests.iter().collect();
    assert_eq!(different.len(), digests.len(), "{digests:#?}");
}

#[test]
fn all_tasks_and_files_can_be_learned_from() {
    let place = Place::new();
    for task in ["copy", "dates-en", "dates-ko", "en-fr", "en-ko"] {
        let args = ["--task", task, "--training-pairs", "40", "--held-out-pairs", "9", "--steps", "1", "--out", task];
        let printed = place.succeed(&train(&[&args[..], &["--lang", "ko"]].concat()));
        assert!(printed.contains("데이터   ") && printed.contains("문장 전체 정답"), "{printed}");
    }
    let lines =
        |ending: &str| (0..40).map(|n| format!("word{} and Word{} {ending}\n", n % 7, n % 5)).collect::<String>();
    fs::write(place.path("a.en"), lines("here.") + "\nlast one\n").unwrap();
    fs::write(place.path("a.fr"), lines("ici.") + "rien\nle dernier\n").unwrap();
    fs::write(place.path("b.tsv"), "word1 here.\tmot1 ici.\nword2 here.\tmot2 ici.\n").unwrap();
    let files = ["--source", "a.en", "--target", "a.fr", "--held-out", "0.2", "--max-tokens", "30", "--out", "files"];
    let printed = place.succeed(&train(&files));
    assert!(printed.contains("files: ") && printed.contains("1 lines with an empty side were left out"), "{printed}");
    let valid =
        ["--source", "a.en", "--target", "a.fr", "--valid-source", "a.fr", "--valid-target", "a.en", "--out", "valid"];
    assert!(place.succeed(&train(&valid)).contains("held out: 41 pairs"));
    let tabbed = ["--pairs", "b.tsv", "--valid-pairs", "b.tsv", "--keep-case", "--unit", "words", "--out", "tabbed"];
    // Words that occur once only are not learned, so nearly all is unknown, which is no error.
    place.succeed(&train(&tabbed));
    let resumed = place.succeed(&["seq2seq", "train", "--resume", "files"]);
    assert!(resumed.contains("All 6 steps of this run were done already"), "{resumed}");
    fs::write(place.path("a.fr"), lines("là.") + "rien\nle dernier\n").unwrap();
    let error = place.refused(&["seq2seq", "train", "--resume", "files"]);
    assert!(error.contains("the text of the run in files has changed"), "{error}");
}

#[test]
fn the_bottleneck_is_measured_and_drawn() {
    let place = Place::new();
    let args = [
        "seq2seq",
        "experiment",
        "bottleneck",
        "--steps",
        "3",
        "--hidden-size",
        "8",
        "--max-length",
        "8",
        "--held-out-pairs",
        "4",
        "--svg",
        "plot.svg",
    ];
    let printed = place.succeed(&args);
    for words in ["one fixed context vector: ", "attention (Bahdanau): ", "the longer half", "plot.svg"] {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    assert!(fs::read_to_string(place.path("plot.svg")).unwrap().contains("The bottleneck: reverse"));
    let lstm = place.succeed(&[&args[..], &["--cell", "lstm"]].concat());
    let parameters = |printed: &str| printed.lines().filter(|line| line.contains("parameters")).collect::<String>();
    assert_ne!(parameters(&lstm), parameters(&printed), "--cell has no effect");
    let error = place.refused(&["seq2seq", "experiment", "bottleneck", "--max-length", "5"]);
    assert!(error.contains("--max-length 5") && error.contains("at least 8"), "{error}");
}

#[test]
fn recency_is_measured_before_and_after_training_and_drawn() {
    let place = Place::new();
    let recency = |more: &[&str]| {
        let small = [("--hidden-size", "8"), ("--length", "4"), ("--sentences", "3"), ("--svg", "plot.svg")];
        place.succeed(&with_usual(["seq2seq", "experiment", "recency"], &small, more))
    };
    let printed = recency(&["--steps", "2"]);
    for words in
        ["Before training:", "After training:", "GRU + attention", "last quarter", "of the symbols right", "plot.svg"]
    {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    assert!(fs::read_to_string(place.path("plot.svg")).unwrap().contains("GRU + attention"));
    let fresh = recency(&["--steps", "0", "--lang", "ko"]);
    assert!(fresh.contains("학습 전:") && !fresh.contains("학습 후:"), "{fresh}");
    let reversed = recency(&["--steps", "2", "--task", "reverse"]);
    let other_seed = recency(&["--steps", "2", "--seed", "1"]);
    let wider = recency(&["--steps", "2", "--hidden-size", "9"]);
    let more = recency(&["--steps", "2", "--sentences", "4"]);
    let shares = |printed: &str| printed.lines().filter(|line| line.contains("last quarter")).collect::<String>();
    for different in [&reversed, &other_seed, &wider, &more] {
        assert_ne!(shares(different), shares(&printed), "an option has no effect");
    }
    let error = place.refused(&["seq2seq", "experiment", "recency", "--length", "3"]);
    assert!(error.contains("--length 3") && error.contains("at least 4"), "{error}");
}

#[test]
fn the_vanishing_gradient_is_measured_and_drawn() {
    let place = Place::new();
    let experiment = |more: &[&str]| {
        let small = [("--hidden-size", "8"), ("--length", "9"), ("--sentences", "2"), ("--svg", "plot.svg")];
        place.succeed(&with_usual(["seq2seq", "experiment", "vanishing-gradient"], &small, more))
    };
    let printed = experiment(&[]);
    for words in ["LSTM, forget bias 1", "RNN + attention", "per step back", "step 9", "plot.svg"] {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    assert!(fs::read_to_string(place.path("plot.svg")).unwrap().contains("RNN + attention"));
    assert!(experiment(&["--lang", "ko"]).contains("망각 게이트 편향 1"));
    for more in [["--hidden-size", "9"], ["--sentences", "3"], ["--seed", "1"], ["--length", "8"]] {
        assert_ne!(experiment(&more), printed, "{more:?} has no effect");
    }
    let error = place.refused(&["seq2seq", "experiment", "vanishing-gradient", "--length", "2"]);
    assert!(error.contains("--length 2") && error.contains("at least 4"), "{error}");
}

/// Refused, with words of the message that must be there, and nothing written.
fn refused(place: &Place, more: &[&str], words: &[&str]) {
    let error = place.refused(&train(&[&["--out", "refused"], more].concat()));
    for word in words {
        assert!(error.contains(word), "{more:?}: {word:?} is missing in: {error}");
    }
    assert!(!place.path("refused").exists() && !place.path("runs").exists(), "{more:?} wrote something");
}

#[test]
fn what_cannot_be_learned_from_is_refused() {
    let place = Place::new();
    fs::write(place.path("two"), "one\ntwo\n").unwrap();
    fs::write(place.path("three"), "one\ntwo\nthree\n").unwrap();
    fs::write(place.path("empty"), "").unwrap();
    fs::write(place.path("blank"), "\n\n").unwrap();
    fs::write(place.path("latin1"), b"one\ncaf\xe9\n").unwrap();
    let files = |source, target, words: &[&str]| refused(&place, &["--source", source, "--target", target], words);
    files("two", "three", &["two has 2 lines", "three has 3"]);
    files("empty", "empty", &["no pair of sentences in"]);
    files("two", "blank", &["no pair of sentences in"]);
    files("two", "latin1", &["latin1 is not UTF-8", "line 2, byte 4"]);
    files("two", "missing", &["cannot read", "missing"]);
    refused(&place, &["--pairs", "two"], &["two, line 1, has no tab"]);
    refused(&place, &["--source", "two"], &["--target"]);
    refused(&place, &["--source", "two", "--target", "two", "--task", "copy"], &["--task", "cannot be used with"]);
    refused(
        &place,
        &["--source", "three", "--target", "three", "--max-tokens", "1", "--unit", "characters"],
        &["--max-tokens 1"],
    );
    refused(&place, &["--task", "sort"], &["reverse", "dates-ko"]);
    refused(&place, &["--task", "en-fr", "--max-length", "9"], &["--max-length 9", "en-fr has not"]);
    refused(&place, &["--min-length", "30"], &["--min-length 30", "--max-length 20"]);
    refused(&place, &["--attention", "bahdanov"], &["bahdanau"]);
    refused(&place, &["--attention", "none", "--score", "dot"], &["nothing is scored"]);
    refused(&place, &["--score", "dot"], &["decoder_hidden_size", "24 wide"]);
    refused(&place, &["--shards", "9"], &["--shards 9", "a batch of 8 pairs"]);
    refused(&place, &["--teacher-forcing", "2"], &["--teacher-forcing 2"]);
    refused(&place, &["--vocab-size", "4"], &["vocab_size = 4", "four special tokens"]);
    refused(&place, &["--min-length", "1", "--max-length", "1", "--held-out-pairs", "30"], &["--max-length 1"]);
    refused(&place, &["--resume", "elsewhere"], &["cannot be used with"]);
}

#[test]
fn folders_that_hold_no_translator_are_refused() {
    let place = Place::new();
    place.succeed(&task(&["--steps", "1", "--out", "run"]));
    place.succeed(&task(&["--steps", "1", "--attention", "none", "--out", "none"]));
    place.succeed(&place.pretrain(&["--steps", "1", "--out", "bert"]));
    let translate = |model: &str, text: &str, words: &[&str]| {
        let error = place.refused(&["seq2seq", "translate", "--model", model, text]);
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    };
    translate("bert", "a b", &["holds a model of type \"bert\"", "encoder-decoder"]);
    translate("nowhere", "a b", &["nowhere", "config.json is missing"]);
    translate("run", " ", &["the sentence is empty"]);
    let error = place.refused(&["bert", "fill-mask", "--model", "run", "a [MASK]"]);
    assert!(error.contains("run"), "{error}");
    let plain = place.succeed(&["seq2seq", "translate", "--model", "none", "a b"]);
    assert!(plain.contains("This model has no attention"), "{plain}");
    let svg = place.run(&["seq2seq", "translate", "--model", "none", "a b", "--svg", "a.svg"]);
    assert!(!svg.status.success() && text(&svg.stderr).contains("leave --svg out"), "{svg:?}");
    assert!(!place.path("a.svg").exists());

    let vocabulary = place.path("run/source_vocabulary.json");
    let whole = fs::read_to_string(&vocabulary).unwrap();
    fs::write(&vocabulary, whole.replacen("\"a\",", "", 1)).unwrap();
    translate("run", "a b", &["do not belong together"]);
    fs::write(&vocabulary, &whole[..whole.len() / 2]).unwrap();
    translate("run", "a b", &["source_vocabulary.json"]);
    fs::remove_file(&vocabulary).unwrap();
    translate("run", "a b", &["cannot read", "source_vocabulary.json"]);
}

#[test]
fn music_is_tagged_and_the_pairs_of_the_slide_are_drawn() {
    let place = Place::new();
    let run = |more: &[&str]| {
        let args = ["seq2seq", "experiment", "tagging", "--steps", "2", "--batch-size", "3", "--held-out", "6"];
        place.succeed(&[&args[..], more].concat())
    };
    let printed = run(&["--svg", "new/tags.svg"]);
    for words in
        ["2 steps of 3 fresh clips", "On 6 held-out clips (11 tags)", "no tag at all", "Slow + Fast", "new/tags.svg"]
    {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    let svg = fs::read_to_string(place.path("new/tags.svg")).unwrap();
    assert_eq!(svg.matches("<image ").count(), 6);
    assert!(svg.contains(">Techno</text>") && svg.contains("Where each tag listens"));
    let korean = run(&["--lang", "ko", "--svg", "ko.svg", "--threads", "1"]);
    assert!(korean.contains("느림 + 빠름") && korean.contains("태그 집합 전체 정답"), "{korean}");
    assert!(fs::read_to_string(place.path("ko.svg")).unwrap().contains(">테크노</text>"));

    run(&["--svg", "again.svg", "--threads", "1"]);
    assert_eq!(fs::read_to_string(place.path("again.svg")).unwrap(), svg, "the threads change nothing");
    for (name, option) in [("seed", "--seed"), ("steps", "--steps"), ("batch", "--batch-size")] {
        // A later option would be given twice, so the line is written out.
        let mut args = vec![("--steps", "2"), ("--batch-size", "3"), ("--seed", "0"), ("--held-out", "6")];
        args.iter_mut().filter(|(known, _)| *known == option).for_each(|(_, value)| *value = "4");
        let args: Vec<&str> = args.into_iter().flat_map(|(option, value)| [option, value]).collect();
        let line = ["seq2seq", "experiment", "tagging", "--svg", name];
        place.succeed(&[&line[..], &args].concat());
        assert_ne!(fs::read_to_string(place.path(name)).unwrap(), svg, "{option} is ignored");
    }
}

#[test]
fn scenes_are_described_and_drawn() {
    let place = Place::new();
    let run = |more: &[&str]| {
        let args = ["seq2seq", "experiment", "captioning", "--steps", "2", "--batch-size", "3", "--held-out", "5"];
        place.succeed(&[&args[..], more].concat())
    };
    let printed = run(&["--svg", "new/scenes.svg"]);
    for words in
        ["2 steps of 3 fresh scenes", "5", "captions right, word for word", "any of the 64 cells", "new/scenes.svg"]
    {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    let svg = fs::read_to_string(place.path("new/scenes.svg")).unwrap();
    assert!(svg.contains("Where each word looks") && svg.matches("<image ").count() >= 4, "four scenes at least");
    let korean = run(&["--lang", "ko", "--svg", "ko.svg", "--threads", "1"]);
    assert!(korean.contains("캡션 전체 정답") && korean.contains("있습니다\""), "{korean}");
    let english_captions = run(&["--lang", "ko", "--captions", "en", "--svg", "mixed.svg"]);
    assert!(english_captions.contains("늘 \"a "), "{english_captions}");
    run(&["--svg", "again.svg", "--threads", "1"]);
    assert_eq!(fs::read_to_string(place.path("again.svg")).unwrap(), svg, "the threads change nothing");
    run(&["--svg", "seed.svg", "--seed", "7"]);
    assert_ne!(fs::read_to_string(place.path("seed.svg")).unwrap(), svg);
}

#[test]
fn experiments_refuse_what_makes_no_sense() {
    let place = Place::new();
    for experiment in ["tagging", "captioning"] {
        let refused = |option: &str, value: &str, words: &str| {
            let error = place.refused(&["seq2seq", "experiment", experiment, &format!("{option}={value}")]);
            assert!(error.contains(option) && error.contains(words), "{error}");
        };
        refused("--steps", "0", "at least 1");
        refused("--batch-size", "0", "at least 1");
        refused("--held-out", "0", "at least 1");
        refused("--seed", "-1", "-1");
        assert!(!place.path(&format!("{experiment}.svg")).exists());
    }
    let error = place.refused(&["seq2seq", "experiment", "captioning", "--captions", "fr"]);
    assert!(error.contains("--captions") && error.contains("ko"), "{error}");
}
