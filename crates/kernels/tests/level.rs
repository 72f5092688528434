//! `JUMOK_KERNEL` as a whole process sees it.

use jumok_kernels::level::{self, Level};
use jumok_kernels::reduce;
use std::process::{Command, Output};

/// Runs the ignored test below in a process of its own, with the variable set.
fn child(value: &str) -> Output {
    Command::new(std::env::current_exe().expect("the test knows its own path"))
        .args(["--exact", "first_use", "--ignored", "--nocapture"])
        .env(level::VARIABLE, value)
        .output()
        .expect("the test can start itself")
}

#[test]
#[ignore = "a child process of the other tests: it needs JUMOK_KERNEL"]
fn first_use() {
    assert_eq!(reduce::sum(&[1.0, 2.0]), 3.0);
    println!("level {}", level::current());
}

#[test]
fn every_available_level_can_be_forced() {
    for level in level::available() {
        let output = child(level.name());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains(&format!("level {level}")), "{level}: {text}");
    }
}

#[test]
fn an_unknown_level_stops_the_first_kernel_with_what_there_is() {
    let output = child("sse9");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success(), "{text}");
    assert!(text.contains("JUMOK_KERNEL=sse9 names no kernel level; this machine has: portable"), "{text}");
}

#[test]
fn a_level_that_is_missing_stops_the_first_kernel_too() {
    for level in Level::ALL.into_iter().filter(|level| !level.is_available()) {
        let output = child(level.name());
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && text.contains("does not have that kernel level"), "{text}");
    }
}
