//! The command line of the runner: what it writes, what it prints and how it ends.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use jumok_testkit::{TensorData, Values, Verdict, compare, read_computed, read_tensors, walk, write_case};
use tempfile::{TempDir, tempdir};

fn reference() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reference")
}

fn run(reference: &Path, out: &Path, only: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_reference"));
    command.arg("--reference").arg(reference).arg("--out").arg(out);
    if !only.is_empty() {
        command.arg("--only").args(only);
    }
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A reference of a single case, in a folder of its own.
fn small_reference(case: &str) -> TempDir {
    let folder = tempdir().unwrap();
    let group = Path::new(case).parent().unwrap();
    fs::create_dir_all(folder.path().join(group)).unwrap();
    for extension in ["json", "safetensors"] {
        let name = format!("{case}.{extension}");
        fs::copy(reference().join(&name), folder.path().join(&name)).unwrap();
    }
    folder
}

#[test]
fn results_stand_in_mirrored_files_and_are_judged() {
    let out = tempdir().unwrap();
    let only = [
        "ops/max_dim",
        "ops/one_hot",
        "pretraining/pair_truncation",
        "transformer/schedule__noam",
        "pretraining/electra",
    ];
    let output = run(&reference(), out.path(), &only);
    let printed = text(&output.stdout);
    assert!(output.status.success(), "{printed}");
    assert!(
        printed.contains("missing, not built yet: replaced_token_detection (1): pretraining/electra_replaced_tokens"),
        "{printed}"
    );
    assert!(printed.ends_with("all                    7       0        1\n"), "{printed}");
    for case in walk(&reference(), &only).unwrap() {
        let verdict = compare(&case, read_computed(out.path(), &case).unwrap().as_ref());
        let expected = if case.op == "replaced_token_detection" { Verdict::Missing } else { Verdict::Pass };
        assert_eq!(verdict, expected, "{}", case.name);
    }
    let max = read_tensors(&out.path().join("ops/max_dim__ties.safetensors")).unwrap();
    assert_eq!(max.keys().collect::<Vec<_>>(), ["grad.x", "out.indices", "out.values"]);
    assert!(matches!(max["out.indices"].values(), Values::I64(_)));
    let rates = read_tensors(&out.path().join("transformer/schedule__noam.safetensors")).unwrap();
    assert!(matches!(rates["out.lr"].values(), Values::F64(_)));
}

#[test]
fn a_failing_case_is_named_and_the_exit_status_says_so() {
    let (folder, out) = (small_reference("ops/tanh"), tempdir().unwrap());
    assert_eq!(run(folder.path(), out.path(), &[]).status.code(), Some(0));

    let path = folder.path().join("ops/tanh.safetensors");
    let mut tensors: BTreeMap<String, TensorData> = read_tensors(&path).unwrap();
    let mut gradient = tensors["grad.x"].to_f32();
    gradient[3] += 0.01;
    let shape = tensors["grad.x"].shape().to_vec();
    tensors.insert("grad.x".to_owned(), TensorData::f32(&shape, gradient));
    write_case(folder.path(), Path::new("ops/tanh"), &tensors).unwrap();
    let output = run(folder.path(), out.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let printed = text(&output.stdout);
    assert!(printed.starts_with("FAIL ops/tanh: grad.x: 1 of "), "{printed}");
}

#[test]
fn a_result_of_an_earlier_run_is_not_taken_for_one_of_this_run() {
    let (folder, out) = (small_reference("ops/tanh"), tempdir().unwrap());
    let written = out.path().join("ops/tanh.safetensors");
    run(folder.path(), out.path(), &[]);
    assert!(written.exists());
    let json = folder.path().join("ops/tanh.json");
    let text = fs::read_to_string(&json).unwrap().replace("\"op\": \"tanh\"", "\"op\": \"not yet\"");
    fs::write(&json, text).unwrap();
    assert_eq!(run(folder.path(), out.path(), &[]).status.code(), Some(0), "missing is no failure");
    assert!(!written.exists());
}

#[test]
fn the_reference_is_never_overwritten() {
    let folder = small_reference("ops/tanh");
    let before = fs::read(folder.path().join("ops/tanh.safetensors")).unwrap();
    let output = run(folder.path(), &folder.path().join("ops/.."), &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("that is where the reference is"), "{}", text(&output.stderr));
    assert_eq!(fs::read(folder.path().join("ops/tanh.safetensors")).unwrap(), before);
}

#[test]
fn a_folder_without_cases_is_an_error() {
    let (empty, out) = (tempdir().unwrap(), tempdir().unwrap());
    for (folder, only, expected) in [
        (empty.path().to_owned(), vec![], "no case in "),
        (reference(), vec!["opps/"], "whose name begins with opps/"),
        (empty.path().join("nowhere"), vec![], "cannot read "),
    ] {
        let output = run(&folder, out.path(), &only);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
}
