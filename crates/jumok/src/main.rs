//! The command line of jumok; what it does stands in the library.

use std::io::{Write, stderr};
use std::process::ExitCode;

use jumok::{commands, help};

fn main() -> ExitCode {
    match commands::run(&help::parse_arguments()) {
        Ok(status) => ExitCode::from(status),
        Err(error) => {
            // Whoever closed standard error does not want to know.
            let _ = writeln!(stderr(), "error: {error}");
            ExitCode::FAILURE
        }
    }
}
