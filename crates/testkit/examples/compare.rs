//! Judges a folder of computed cases: `cargo run -p jumok-testkit --example compare -- REFERENCE ACTUAL [--out-only] [ONLY...]`
//!
//! Prints the failures and a table of counts by group; the exit status is 0 only if nothing fails or is missing.

use std::path::Path;
use std::process::ExitCode;

use jumok_testkit::{Report, Scope, TestkitError, Verdict, compare_scope, read_computed, walk};

fn main() -> ExitCode {
    let (options, arguments): (Vec<String>, Vec<String>) = std::env::args().skip(1).partition(|a| a.starts_with("--"));
    let scope = match options.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => Scope::All,
        ["--out-only"] => Scope::Outputs,
        _ => return usage(),
    };
    let [reference, actual, only @ ..] = &arguments[..] else { return usage() };
    match judge(reference.as_ref(), actual.as_ref(), only, scope) {
        Ok(report) => {
            println!("{report}");
            if report.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: compare REFERENCE ACTUAL [--out-only] [ONLY...]");
    ExitCode::from(2)
}

fn judge(reference: &Path, actual: &Path, only: &[String], scope: Scope) -> Result<Report, TestkitError> {
    let mut report = Report::default();
    for case in walk(reference, only)? {
        let verdict = match read_computed(actual, &case) {
            Ok(computed) => compare_scope(&case, computed.as_ref(), scope),
            // A damaged result is a failure of this case; the others are judged all the same.
            Err(error) => Verdict::Fail(vec![format!("unreadable: {error}")]),
        };
        report.add(&case.name, verdict);
    }
    Ok(report)
}
