//! Computes reference cases with jumok, writes the results and judges them.
//!
//! `cargo run --release -p jumok-tests --bin reference -- --reference DIR --out DIR [--only ops/ attention/]`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use jumok_tests::{Run, run};

/// Computes what the cases of a folder ask for, writes it to mirrored files (out.*, grad.*) and compares it with the
/// reference. Exit status: 0 if no case fails, 1 if one does, 2 if the run could not go on. Cases of kinds that are not
/// built yet are listed and counted as missing.
#[derive(Parser)]
#[command(name = "reference")]
struct Arguments {
    /// Folder with the cases: NAME.json and NAME.safetensors, in folders such as ops/
    #[arg(long, value_name = "DIR")]
    reference: PathBuf,
    /// Folder for the results; it is made if it does not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only cases whose name begins with one of these, such as ops/ or attention/mha
    #[arg(long, value_name = "BEGINNING", num_args = 1..)]
    only: Vec<String>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.reference, &arguments.only, Some(&arguments.out)) {
        Ok(run) => {
            print(&run);
            if run.report.total().fail == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn print(run: &Run) {
    for (kind, cases) in &run.not_built {
        println!("missing, not built yet: {kind} ({}): {}", cases.len(), cases.join(" "));
    }
    println!("{}", run.report);
}
