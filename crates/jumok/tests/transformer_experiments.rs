//! `jumok transformer experiment` as a user runs it (slide S21).

mod common;

use std::fs;

use common::{Place, with_usual};

/// An experiment with small settings, and further arguments, which may replace them.
fn run(place: &Place, name: &str, small: &[(&str, &str)], more: &[&str]) -> String {
    place.succeed(&with_usual(["transformer", "experiment", name], small, more))
}

#[test]
fn dependent_steps_are_counted_and_drawn() {
    let place = Place::new();
    let small = [("--max-length", "16"), ("--width", "6"), ("--seconds", "0.01"), ("--svg", "plot.svg")];
    let printed = run(&place, "parallel", &small, &["--threads", "2"]);
    for length in ["8", "16"] {
        let rows = printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let [steps, times] = &rows.filter(|row| row.first() == Some(&length)).collect::<Vec<_>>()[..] else {
            panic!("steps and times: {printed}");
        };
        assert_eq!(*steps, [length, length, "1"], "{printed}");
        assert_eq!(times.len(), 5, "two models, on one thread and on two: {printed}");
    }
    assert!(fs::read_to_string(place.path("plot.svg")).unwrap().contains("A training step on one text"));
    assert!(run(&place, "parallel", &small, &["--lang", "ko"]).contains("서로를 기다려야"));
    let wider = run(&place, "parallel", &small, &["--width", "8"]);
    assert!(printed.contains("both 6 wide") && wider.contains("both 8 wide"), "{wider}");
    let error = place.refused(&["transformer", "experiment", "parallel", "--max-length", "15"]);
    assert!(error.contains("--max-length 15") && error.contains("at least 16"), "{error}");
}

#[test]
fn recall_is_measured_by_distance_and_drawn() {
    let place = Place::new();
    let small = [
        ("--names", "4"),
        ("--cards", "2"),
        ("--steps", "2"),
        ("--batch-size", "4"),
        ("--width", "8"),
        ("--held-out", "20"),
        ("--svg", "plot.svg"),
    ];
    let printed = run(&place, "recall", &small, &[]);
    for words in ["2 cards with one of 4 names", "Transformer: ", "GRU: ", "distance", "25.0 %", "40 questions"] {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    assert!(fs::read_to_string(place.path("plot.svg")).unwrap().contains("What is recalled"));
    let figures = |printed: &str| {
        printed.lines().skip_while(|line| !line.contains("questions in")).map(str::to_owned).collect::<Vec<_>>()
    };
    for more in [
        ["--names", "5"],
        ["--cards", "3"],
        ["--steps", "30"],
        ["--batch-size", "40"],
        ["--width", "12"],
        ["--held-out", "30"],
        ["--seed", "1"],
    ] {
        assert_ne!(figures(&run(&place, "recall", &small, &more)), figures(&printed), "{more:?} has no effect");
    }
    let refused = |more: [&str; 2], words: &str| {
        let error = place.refused(&[&["transformer", "experiment", "recall"][..], &more].concat());
        assert!(error.contains(more[0]) && error.contains(words), "{error}");
    };
    refused(["--cards", "17"], "need 1 to 16 cards");
    refused(["--width", "7"], "7");
}

#[test]
fn heads_are_taken_out_one_by_one() {
    let place = Place::new();
    let small = [
        ("--names", "4"),
        ("--facts", "2"),
        ("--cards", "2"),
        ("--steps", "2"),
        ("--batch-size", "4"),
        ("--held-out", "20"),
        ("--svg", "plot.svg"),
    ];
    let printed = run(&place, "heads", &small, &[]);
    for words in ["2 of the names", "whole", "without layer 2, head 2", "without any head", "by heart"] {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    assert!(fs::read_to_string(place.path("plot.svg")).unwrap().contains("all heads"));
    assert!(run(&place, "heads", &small, &["--lang", "ko"]).contains("모든 헤드 제외"));
    for facts in ["0", "4"] {
        let args = ["transformer", "experiment", "heads", "--names", "4", "--cards", "2", "--facts", facts];
        let error = place.refused(&args);
        assert!(error.contains(&format!("--facts {facts}")) && error.contains("both kinds"), "{error}");
    }
}

#[test]
fn loss_against_size_is_fitted_and_drawn() {
    let place = Place::new();
    let small =
        [("--widths", "4,8"), ("--steps", "2"), ("--batch-size", "2"), ("--stories", "20"), ("--svg", "plot.svg")];
    let printed = run(&place, "scaling", &small, &[]);
    for words in ["2 language models", "4 wide: ", "8 wide: ", "if it were proportional", "R² = "] {
        assert!(printed.contains(words), "{words:?} is missing in:\n{printed}");
    }
    assert!(fs::read_to_string(place.path("plot.svg")).unwrap().contains("Loss against size"));
    // The law is printed to few digits; the plot shows the losses as finely as its axis allows.
    let plot = || fs::read_to_string(place.path("plot.svg")).unwrap();
    let first = plot();
    for more in [["--widths", "4,12"], ["--steps", "3"], ["--batch-size", "3"], ["--stories", "21"], ["--seed", "1"]] {
        run(&place, "scaling", &small, &more);
        assert_ne!(plot(), first, "{more:?} has no effect");
    }
    let error = place.refused(&["transformer", "experiment", "scaling", "--widths", "8,4"]);
    assert!(error.contains("--widths 8,4") && error.contains("must grow"), "{error}");
}
