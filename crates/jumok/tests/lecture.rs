//! `jumok lecture` as a user sees it.

mod common;

use std::io::Write;
use std::process::Stdio;

use common::{Place, text};
use jumok::lecture::{LESSONS, LessonOptions};
use jumok::training::Language;
use jumok::viz::TerminalStyle;

/// What a pipe in a UTF-8 locale gets.
const PIPE: TerminalStyle = TerminalStyle { unicode: true, ..TerminalStyle::plain() };

#[test]
fn the_list_names_every_slide_in_both_languages() {
    let place = Place::new();
    let english = place.succeed(&["lecture"]);
    let korean = place.succeed(&["lecture", "--lang", "ko"]);
    for list in [&english, &korean] {
        assert_eq!(list.lines().filter(|line| line.starts_with('S')).count(), 55, "{list}");
        assert!(list.contains("jumok lecture s07") && list.contains("bert fill-mask"), "{list}");
    }
    assert!(english.contains("Attention score") && english.contains("not yet runnable"), "{english}");
    assert!(korean.contains("어텐션 점수") && korean.contains("아직 실행할 수 없음"), "{korean}");
}

/// The book quotes what the library renders; this is what ties it to the command.
#[test]
fn a_lesson_prints_what_the_library_renders() {
    let place = Place::new();
    for lesson in LESSONS {
        for (code, language) in [("en", Language::English), ("ko", Language::Korean)] {
            let printed = place.succeed(&["lecture", lesson.id, "--lang", code]);
            let run = lesson.run(&LessonOptions { language, ..LessonOptions::default() }).unwrap();
            assert_eq!(printed, run.to_terminal(&PIPE), "{} {code}", lesson.id);
        }
    }
}

#[test]
fn own_words_seed_and_files() {
    let place = Place::new();
    let line = ["lecture", "S7", "--text", "나무 는 나무", "--seed", "5", "--svg", "new/s.svg", "--html", "s.html"];
    let printed = place.succeed(&line);
    assert!(printed.contains("나무") && printed.ends_with("Saved in new/s.svg\nSaved in s.html\n"), "{printed}");
    assert_ne!(
        printed,
        place.succeed(&["lecture", "S7", "--text", "나무 는 나무", "--svg", "new/s.svg", "--html", "s.html"])
    );
    let svg = std::fs::read_to_string(place.path("new/s.svg")).unwrap();
    let html = std::fs::read_to_string(place.path("s.html")).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains(">나무</text>") && html.contains(">나무</text>"));
}

#[test]
fn the_stepper_follows_the_keys_of_a_pipe() {
    let place = Place::new();
    let walk = |keys: &str, args: &[&str]| {
        let mut command = place.command(&[&["lecture", "s09", "--step"][..], args].concat());
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        // A process that has ended already reads no keys.
        let _ = child.stdin.take().unwrap().write_all(keys.as_bytes());
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    };
    let all = walk(&"\n".repeat(50), &[]);
    for part in ["forward 1/", "computed in crates/lecture/src/lessons/s09.rs:", "rows: ", "back 1/", "∂L/∂ weights"]
    {
        assert!(all.contains(part), "{part} is missing in {all}");
    }
    let few = walk("n\np\nq\n", &["--lang", "ko"]);
    assert_eq!(few.matches("앞으로 1/").count(), 2, "{few}");
    assert_eq!(walk("", &[]).matches("forward").count(), 1, "no input: one step, then the end");
}

#[test]
fn what_cannot_be_run_is_refused() {
    let place = Place::new();
    for (args, words) in [
        (vec!["lecture", "s99"], "there is no slide \"s99\""),
        (vec!["lecture", "s55"], "S55 has no lesson yet; there are lessons for s03"),
        (vec!["lecture", "s07", "--text", "word"], "has 1 different words, but this lesson takes 2 to 10"),
        (vec!["lecture", "s07", "--svg", "/"], "not the name of a file"),
        (vec!["lecture", "--step"], "required arguments were not provided"),
        (vec!["lecture", "s07", "--seed", "many"], "--seed"),
    ] {
        let message = place.refused(&args);
        assert!(message.contains(words), "{args:?}: {message}");
    }
}
