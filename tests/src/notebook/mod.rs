//! Notebooks that cannot rot: their cells are compiled into the binary `notebook`, byte for byte, and what a run prints is
//! compared with the outputs stored in the `.ipynb`.
//!
//! The text `notebooks/<name>.md` is what people edit. `notebooks/<name>.ipynb` is made from it:
//! `JUMOK_UPDATE=1 cargo test -p jumok-tests --test notebooks` writes it with the outputs of the program,
//! `notebooks/run` with those of the real kernel; the two must be the same.

mod cells;
mod ipynb;

pub use cells::{Cell, cells, without_commands};
pub use ipynb::{NotebookError, Output, Stored, read_ipynb, to_ipynb};

/// The start of a line that the program prints before each cell of code; the number of the cell follows.
pub const CELL_MARK: &str = "\u{1e}cell ";

/// What each cell of code printed, from everything that the program printed.
pub fn outputs(printed: &str) -> Vec<Output> {
    printed.split(CELL_MARK).skip(1).map(|cell| Output::parse(cell.split_once('\n').unwrap_or_default().1)).collect()
}
