//! What a user sees of the commands when all is well.

mod common;

use std::io::Read;

use common::{Place, Running, json, text};

#[test]
fn a_run_leaves_a_whole_folder_and_says_how_good_it_is() {
    let place = Place::new();
    let printed = place.succeed(&place.pretrain(&["--steps", "6", "--eval-every", "3"]));
    let run = "runs/bert-tiny-001";
    for words in [
        "Model    BERT tiny: 1 layers, 16 wide, 2 heads",
        "Data     76 documents",
        "Training 6 steps of 8 examples",
        "ms a step, measured over",
        "Folder   runs/bert-tiny-001",
        "masked words, accuracy",
        "next sentence, accuracy",
        "the most frequent word",
        "the five most likely words",
        "jumok bert fill-mask --model runs/bert-tiny-001",
    ] {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    for file in [
        "config.toml",
        "metrics.csv",
        "summary.json",
        "loss.svg",
        "accuracy.svg",
        "attention.svg",
        "config.json",
        "model.safetensors",
        "vocab.txt",
        "tokenizer.json",
        "checkpoint-6/optimizer.safetensors",
    ] {
        assert!(place.path(run).join(file).is_file(), "{file}");
    }
    let summary = place.summary(run);
    for figure in ["mlm_accuracy", "nsp_accuracy", "mlm_accuracy_baseline", "nsp_accuracy_baseline"] {
        let value = summary[figure].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&value), "{figure} {value}");
    }
    assert_eq!(summary["steps"], 6);
    assert_eq!(summary["weights_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(json(&place.path(run).join("config.json"))["model_type"], "bert");
    assert_eq!(std::fs::read_to_string(place.path(run).join("metrics.csv")).unwrap().lines().count(), 7);

    let guesses = place.succeed(&["bert", "fill-mask", "--model", run, "--top", "3", "The boy is [MASK] ."]);
    assert_eq!(guesses.lines().count(), 3, "{guesses}");
    let two = place.succeed(&["bert", "fill-mask", "--model", run, "--top", "2", "The [MASK] is [MASK] ."]);
    assert_eq!(two.lines().count(), 6, "{two}");
    let nsp = place.succeed(&["bert", "nsp", "--model", run, "The boy runs.", "He is tired."]);
    assert!(nsp.contains("B follows A") && nsp.lines().count() == 2, "{nsp}");
    // The next run gets the next number.
    place.succeed(&place.pretrain(&["--steps", "1"]));
    assert!(place.path("runs/bert-tiny-002/summary.json").exists());
}

#[test]
fn korean_goes_in_and_out() {
    let place = Place::new();
    let line = [
        "bert",
        "pretrain",
        "--lang",
        "ko",
        "--steps",
        "1",
        "--batch-size",
        "4",
        "--hidden-size",
        "16",
        "--intermediate-size",
        "32",
        "--num-hidden-layers",
        "1",
        "--out",
        "run",
    ];
    let printed = place.succeed(&line);
    assert!(printed.contains("모델     BERT tiny") && printed.contains("가린 단어 정확도"), "{printed}");
    // The built-in Korean corpus, its syllables whole.
    let vocabulary = std::fs::read_to_string(place.path("run/vocab.txt")).unwrap();
    assert!(vocabulary.lines().filter(|piece| piece.chars().any(|c| ('가'..='힣').contains(&c))).count() > 100);
    assert!(!vocabulary.chars().any(|c| ('\u{1100}'..='\u{11ff}').contains(&c)));

    // A Korean text is recognised as such, whatever language is printed.
    std::fs::write(place.path("ko.txt"), "나는 학교에 간다.\n책을 읽는다.\n\n".repeat(9)).unwrap();
    place.succeed(&[
        "bert",
        "pretrain",
        "--text",
        "ko.txt",
        "--steps",
        "1",
        "--batch-size",
        "4",
        "--hidden-size",
        "16",
        "--num-attention-heads",
        "2",
        "--intermediate-size",
        "32",
        "--num-hidden-layers",
        "1",
        "--out",
        "text",
    ]);
    assert!(std::fs::read_to_string(place.path("text/vocab.txt")).unwrap().contains('학'));
}

#[test]
fn a_closed_pipe_ends_the_output_and_not_the_run() {
    let place = Place::new();
    let mut running = Running::start(place.command(&place.pretrain(&["--steps", "3", "--out", "run"])));
    // Reads a few bytes and closes, as `| head -c 5` does.
    let mut pipe = running.0.stdout.take().unwrap();
    pipe.read_exact(&mut [0; 5]).unwrap();
    drop(pipe);
    let output = running.output();
    assert!(output.status.success(), "{output:?}");
    assert!(!text(&output.stderr).contains("panicked"), "{output:?}");
    assert!(place.path("run/summary.json").exists());
}

#[test]
fn bench_prints_one_line_of_json() {
    let place = Place::new();
    let line = place.succeed(&["bench", "bert-tiny", "--steps", "6", "--threads", "2"]);
    assert_eq!(line.lines().count(), 1);
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!((value["workload"].as_str(), value["threads"].as_u64()), (Some("W1"), Some(2)));
    assert!(value["ms_per_step_median"].as_f64().unwrap() > 0.0);
    assert!(value["loss_last"].as_f64().unwrap() < value["loss_first"].as_f64().unwrap());
}

#[test]
fn help_names_every_command() {
    let place = Place::new();
    let help = place.succeed(&["--help"]);
    for words in ["bert", "bench", "--lang", "--threads"] {
        assert!(help.contains(words), "{help}");
    }
    let help = place.succeed(&["bert", "pretrain", "--help"]);
    for words in ["--text", "--resume", "--whole-word-masking", "[default: tiny]"] {
        assert!(help.contains(words), "{help}");
    }
    let help = place.succeed(&["bert", "pretrain", "--help", "--lang", "ko"]);
    assert!(help.contains("모델의 크기 [기본값: tiny]") && help.contains("데이터:"), "{help}");
}
