//! The examples run in both languages, print the same numbers in each, and refuse what they do not know.

use std::path::PathBuf;
use std::process::{Command, Output};

const EXAMPLES: [&str; 10] = [
    "s04_weighted_pooling",
    "s05_soft_dictionary",
    "s07_scores",
    "s08_distribution",
    "s09_value",
    "s13_self_attention",
    "s14_one_function",
    "s16_scaling",
    "s17_multi_head",
    "positions",
];

/// The example as `cargo test` has built it, or as built now (`cargo test --test examples` builds no examples).
fn program(example: &str) -> PathBuf {
    let target = std::env::current_exe().expect("the path of this test").with_file_name("");
    let program = target.with_file_name("examples").join(example).with_extension(std::env::consts::EXE_EXTENSION);
    if !program.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--package", env!("CARGO_PKG_NAME"), "--example", example]);
        build.arg("--target-dir").arg(target.ancestors().nth(2).expect("target/debug/deps"));
        assert!(build.status().expect("cargo runs").success(), "{example} does not build");
    }
    program
}

fn run(example: &str, args: &[&str]) -> Output {
    Command::new(program(example)).args(args).output().expect("the example starts")
}

fn printed(example: &str, args: &[&str]) -> String {
    let output = run(example, args);
    assert!(output.status.success(), "{example} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn is_hangul(c: char) -> bool {
    ('가'..='힣').contains(&c)
}

#[test]
fn both_languages_print_the_same_numbers_in_lines_of_their_own() {
    for example in EXAMPLES {
        let (english, korean) = (printed(example, &[]), printed(example, &["--lang", "ko"]));
        assert_eq!(english, printed(example, &["--lang", "en"]), "{example}: English is what it speaks by itself");
        assert!(!english.contains(is_hangul) && korean.contains(is_hangul), "{example}");
        let numbers = |text: &str| {
            text.lines()
                .filter(|line| line.starts_with("  ") || line.starts_with('|'))
                .map(|line| line.chars().filter(char::is_ascii_digit).collect::<String>())
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(&english), numbers(&korean), "{example}");
        assert_eq!(english.lines().count(), korean.lines().count(), "{example}");
        assert!(numbers(&english).iter().any(|line| !line.is_empty()), "{example} prints no number");
    }
}

#[test]
fn what_an_example_does_not_know_is_refused() {
    for args in [&["--lang", "fr"][..], &["--lang"], &["--seed", "1"]] {
        let output = run(EXAMPLES[0], args);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && error.contains("give nothing, --lang en or --lang ko"), "{error}");
    }
}
