//! Does a debugger show a tensor as numbers? Runs the example under gdb, where there is one.

use std::path::PathBuf;
use std::process::Command;

/// The example as `cargo test` has built it, or as built now (`cargo test --test debugger` builds no examples).
fn example() -> PathBuf {
    let target = std::env::current_exe().expect("the path of this test").with_file_name("");
    let program = target.with_file_name("examples").join("step_through_softmax");
    if !program.exists() {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--package", env!("CARGO_PKG_NAME"), "--example", "step_through_softmax"]);
        build.arg("--target-dir").arg(target.ancestors().nth(2).expect("target/debug/deps"));
        assert!(build.status().expect("cargo runs").success(), "the example does not build");
    }
    program
}

/// What gdb prints for `commands`, or why it cannot be asked.
fn gdb(commands: &[&str]) -> Result<String, String> {
    if cfg!(not(debug_assertions)) {
        return Err("a release build has no debug information about variables".into());
    }
    let mut gdb = Command::new("gdb");
    gdb.args(["-nx", "-batch", "-iex", "set auto-load safe-path /"]);
    for command in commands {
        gdb.args(["-ex", command]);
    }
    let output = gdb.arg(example()).output().map_err(|error| format!("gdb does not start: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let trouble = String::from_utf8_lossy(&output.stderr);
    for reason in ["ptrace: Operation not permitted", "Python scripting is not supported", "Couldn't get CS register"] {
        if trouble.contains(reason) || text.contains(reason) {
            return Err(format!("gdb cannot run the program here: {reason}"));
        }
    }
    Ok(format!("{text}{trouble}"))
}

#[test]
fn gdb_shows_values_shape_and_grad_fn() {
    let commands = [
        "break step_through_softmax::look_here",
        "run",
        "print *scores",
        "print *weights",
        "print *loss",
        "print *gradient",
    ];
    let shown = match gdb(&commands) {
        Ok(shown) => shown,
        Err(reason) => return println!("skipped: {reason}"),
    };
    for expected in [
        "= Tensor([[2.0000, 1.0000, 0.0000], [0.5000, 0.5000, 0.5000]], shape=[2, 3], parameter)",
        "= Tensor([[0.6652, 0.2447, 0.0900], [0.3333, 0.3333, 0.3333]], shape=[2, 3], grad_fn=SoftmaxBackward)",
        "= Tensor(0.7531, shape=[], grad_fn=",
        "= Array([[-0.1674, 0.1224, 0.0450], [-0.3333, 0.1667, 0.1667]], shape=[2, 3])",
    ] {
        assert!(shown.contains(expected), "expected {expected}\nin\n{shown}");
    }
}

#[test]
fn gdb_steps_into_a_backward_pass() {
    // Where the gradient of softmax is computed, whatever line that is today.
    let source = include_str!("../src/ops/softmax.rs");
    let rule = source.find("Backward for SoftmaxBackward").expect("the backward rule of softmax");
    let body = rule + source[rule..].find("grads![").expect("its body");
    let here = format!("break softmax.rs:{}", source[..body].lines().count());
    let shown = match gdb(&[&here, "run", "print grad", "print (*self).y", "print (*self).axis"]) {
        Ok(shown) => shown,
        Err(reason) => return println!("skipped: {reason}"),
    };
    for expected in [
        "= Array([[-0.7516, 0.0000, 0.0000], [-1.5000, 0.0000, 0.0000]], shape=[2, 3])",
        "= Array([[0.6652, 0.2447, 0.0900], [0.3333, 0.3333, 0.3333]], shape=[2, 3])",
        "$3 = 1",
    ] {
        assert!(shown.contains(expected), "expected {expected}\nin\n{shown}");
    }
}
