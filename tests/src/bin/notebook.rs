//! Runs a notebook of the course as a program: `notebook part1_attention`. Before the output of each cell stands a line
//! with [`CELL_MARK`] and its number.

use std::process::ExitCode;

use jumok_tests::notebook::CELL_MARK;

include!(concat!(env!("OUT_DIR"), "/notebooks.rs"));

fn cell(number: usize) {
    println!("{CELL_MARK}{number}");
}

fn main() -> ExitCode {
    let name = std::env::args().nth(1).unwrap_or_default();
    match NOTEBOOKS.iter().find(|(known, _)| *known == name) {
        Some((_, run)) => {
            run();
            ExitCode::SUCCESS
        }
        None => {
            let known: Vec<&str> = NOTEBOOKS.iter().map(|(known, _)| *known).collect();
            eprintln!("error: there is no notebook {name:?}; there are: {}", known.join(", "));
            ExitCode::FAILURE
        }
    }
}
