//! A run gives the same weights on any number of threads and however often it is interrupted.

mod common;

use common::{Place, json, message, text};

#[test]
fn a_run_that_was_stopped_and_resumed_ends_with_the_same_bits() {
    let place = Place::new();
    let steps = ["--steps", "12", "--checkpoint-every", "5", "--eval-every", "4"];
    place.succeed(&place.pretrain(&[&steps[..], &["--out", "whole"]].concat()));
    let stopped = place.succeed(&place.pretrain(&[&steps[..], &["--out", "parts", "--stop-after", "6"]].concat()));
    assert!(stopped.contains("Stopped after step 6 of 12") && stopped.contains("--resume parts"), "{stopped}");
    assert!(!place.path("parts/summary.json").exists());
    let resumed = place.succeed(&["bert", "pretrain", "--resume", "parts"]);
    assert!(resumed.contains("Going on after step 6 of 12"), "{resumed}");

    let (whole, parts) = (place.summary("whole"), place.summary("parts"));
    assert_eq!(whole["weights_sha256"], parts["weights_sha256"]);
    assert_eq!(whole["mlm_loss"], parts["mlm_loss"]);
    let metrics = |run: &str| std::fs::read_to_string(place.path(run).join("metrics.csv")).unwrap();
    assert_eq!(metrics("whole"), metrics("parts"));
    assert_eq!(metrics("whole").lines().count(), 13);

    // Nothing is left to do, which is no error, and the results come out again.
    let again = place.succeed(&["bert", "pretrain", "--resume", "parts"]);
    assert!(again.contains("All 12 steps of this run were done already"), "{again}");
    assert_eq!(place.summary("parts")["weights_sha256"], whole["weights_sha256"]);
}

#[test]
fn the_number_of_threads_changes_no_bit_and_the_seed_every_one() {
    let place = Place::new();
    let run = |name: &str, more: &[&str]| {
        place.succeed(&place.pretrain(&[&["--steps", "4", "--out", name], more].concat()));
        place.summary(name)["weights_sha256"].as_str().unwrap().to_owned()
    };
    let one = run("one", &["--threads", "1"]);
    assert_eq!(run("two", &["--threads", "2"]), one);
    assert_eq!(run("eight", &["--threads", "8"]), one);
    assert_ne!(run("seed", &["--seed", "1"]), one);
    // Options that change what is computed change the weights: none is silently ignored.
    let mut digests = vec![one];
    for (name, option) in [
        ("whole-words", &["--whole-word-masking"][..]),
        ("sentences", &["--pairing", "sentences"]),
        ("lr", &["--lr", "0.002"]),
        ("constant", &["--schedule", "constant"]),
        ("cosine", &["--schedule", "cosine"]),
        ("warmup", &["--warmup-steps", "2"]),
        ("decay", &["--weight-decay", "0.5"]),
        ("clip", &["--max-grad-norm", "0.01"]),
        ("shards", &["--shards", "3"]),
        ("dropout", &["--dropout", "0.3"]),
        ("held-out", &["--held-out", "0.3"]),
    ] {
        digests.push(run(name, option));
    }
    let different: std::collections::HashSet<&String> = digests.iter().collect();
    assert_eq!(different.len(), digests.len(), "{digests:#?}");
}

#[test]
fn static_masks_repeat_the_first_epoch() {
    let place = Place::new();
    let run = |name: &str, more: &[&str]| {
        // Long enough for a second epoch of the small text.
        place.succeed(&place.pretrain(&[&["--steps", "9", "--batch-size", "64", "--out", name], more].concat()));
        place.summary(name)["weights_sha256"].clone()
    };
    assert_ne!(run("dynamic", &[]), run("static", &["--static-masks"]));
}

#[cfg(unix)]
mod signals {
    use super::*;
    use common::Running;

    /// A run that would go on for hours.
    fn endless(place: &Place, out: &'static str) -> Running {
        Running::start(place.command(&place.pretrain(&["--steps", "1000000", "--checkpoint-every", "7", "--out", out])))
    }

    fn state(place: &Place, run: &str, step: u64) -> serde_json::Value {
        json(&place.path(run).join(format!("checkpoint-{step}/state.json")))
    }

    #[test]
    fn a_killed_run_goes_on_from_its_last_checkpoint_with_the_same_bits() {
        let place = Place::new();
        let mut running = endless(&place, "killed");
        running.wait_until(|| place.path("killed/checkpoint-14").exists());
        running.signal("KILL");
        drop(running.output());

        let newest = (1..)
            .map(|n| n * 7)
            .take_while(|&step| step < 10_000)
            .filter(|step| place.path("killed").join(format!("checkpoint-{step}/state.json")).exists());
        let step = newest.max().unwrap() + 3;
        let stop = step.to_string();
        place.succeed(&["bert", "pretrain", "--resume", "killed", "--stop-after", &stop]);
        place.succeed(&place.pretrain(&[
            "--steps",
            "1000000",
            "--checkpoint-every",
            "7",
            "--out",
            "straight",
            "--stop-after",
            &stop,
        ]));
        let digest = |run| state(&place, run, step)["weights_sha256"].as_str().unwrap().to_owned();
        assert_eq!(digest("killed"), digest("straight"));
    }

    #[test]
    fn ctrl_c_saves_a_checkpoint_and_a_run_at_work_is_not_resumed() {
        let place = Place::new();
        let mut running = endless(&place, "run");
        running.wait_until(|| place.path("run/checkpoint-7").exists());

        let error = place.refused(&["bert", "pretrain", "--resume", "run"]);
        assert!(error.contains("still going on (process"), "{error}");
        let error = place.refused(&place.pretrain(&["--steps", "1", "--out", "run"]));
        assert!(error.contains("already holds a run"), "{error}");
        // Its newest checkpoint can be used all the same.
        let guesses = place.succeed(&["bert", "fill-mask", "--model", "run", "The boy is drinking [MASK] ."]);
        assert!(guesses.contains("has not ended"), "{guesses}");

        running.signal("INT");
        let output = running.output();
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        let printed = text(&output.stdout);
        let at = printed.split("Stopped after step ").nth(1).unwrap();
        let step: u64 = at.split(' ').next().unwrap().parse().unwrap();
        assert!(printed.contains("jumok bert pretrain --resume run"), "{printed}");
        assert_eq!(state(&place, "run", step)["step"], step);
        let further = (step + 1).to_string();
        place.succeed(&["bert", "pretrain", "--resume", "run", "--stop-after", &further]);
        assert_eq!(state(&place, "run", step + 1)["step"], step + 1);
    }

    #[test]
    fn a_full_disk_loses_nothing_that_was_saved() {
        let place = Place::new();
        place.succeed(&place.pretrain(&[
            "--steps",
            "100",
            "--checkpoint-every",
            "2",
            "--out",
            "run",
            "--stop-after",
            "2",
        ]));
        let before = state(&place, "run", 2);
        // A limit on the size of files stands for the full disk: writing fails in the same way.
        let program = env!("CARGO_BIN_EXE_jumok");
        let script = format!("trap '' XFSZ; ulimit -f 8; exec '{program}' bert pretrain --resume run");
        let output =
            std::process::Command::new("sh").arg("-c").arg(script).current_dir(place.path("")).output().unwrap();
        let error = message(&output);
        assert!(error.contains("cannot write") && error.contains("make room on the disk"), "{error}");
        assert_eq!(state(&place, "run", 2), before);
        place.succeed(&["bert", "pretrain", "--resume", "run", "--stop-after", "4"]);
        assert_eq!(state(&place, "run", 4)["step"], 4);
    }

    #[test]
    fn a_second_ctrl_c_ends_at_once() {
        let place = Place::new();
        // Steps of so many pairs that the first one is not over before the second Ctrl-C.
        let line =
            ["--steps", "2", "--batch-size", "8192", "--micro-batch", "8", "--hidden-size", "64", "--out", "run"];
        let mut running = Running::start(place.command(&place.pretrain(&line)));
        running.wait_until(|| place.path("run/config.toml").exists());
        running.signal("INT");
        std::thread::sleep(std::time::Duration::from_millis(200));
        running.signal("INT");
        let output = running.output();
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert!(text(&output.stderr).contains("Ended at once."), "{output:?}");
        assert!(!text(&output.stdout).contains("Stopped after"), "{output:?}");
    }
}
