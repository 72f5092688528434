//! The notebooks of the course: every cell compiles (it is part of the binary `notebook`), and what it shows is what is
//! stored in the `.ipynb`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jumok_tests::course::UPDATE;
use jumok_tests::notebook::{Cell, cells, outputs, read_ipynb, to_ipynb};

fn notebooks() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks");
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .filter(|path| fs::read_to_string(path).unwrap().starts_with("---\n"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no notebook was found");
    found
}

#[test]
fn the_cells_run_and_show_what_is_stored() {
    for path in notebooks() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let run = Command::new(env!("CARGO_BIN_EXE_notebook")).arg(name).output().unwrap();
        let printed = String::from_utf8(run.stdout).unwrap();
        assert!(run.status.success(), "{name}: {printed}\n{}", String::from_utf8_lossy(&run.stderr));
        let cells = cells(&fs::read_to_string(&path).unwrap());
        let shown = outputs(&printed);
        let stored_file = path.with_extension("ipynb");
        let fresh = to_ipynb(&cells, &shown);
        if std::env::var_os(UPDATE).is_some() {
            fs::write(&stored_file, &fresh).unwrap();
        }
        let stored = read_ipynb(&fs::read_to_string(&stored_file).unwrap()).unwrap();
        let expected = read_ipynb(&fresh).unwrap();
        let hint = format!("write it anew with {UPDATE}=1, or run notebooks/run");
        assert_eq!(stored.cells, expected.cells, "{name}.ipynb is not made from {name}.md: {hint}");
        for (number, (stored, expected)) in stored.outputs.iter().zip(&expected.outputs).enumerate() {
            assert_eq!(stored, expected, "{name}.ipynb, cell of code {number}: {hint}");
        }
    }
}

/// A kernel that meets an `Err` at the top level of a cell goes on as if nothing had happened, and of two contents in one
/// cell it shows one.
#[test]
fn cells_keep_to_what_a_kernel_can_do() {
    for path in notebooks() {
        for cell in cells(&fs::read_to_string(&path).unwrap()) {
            let Cell::Code(code) = cell else { continue };
            assert!(!code.contains("?;") && !code.ends_with('?'), "{}: `?` at the top level:\n{code}", path.display());
            let displays = code.matches("evcxr_display").count();
            assert!(displays <= 1, "{}: {displays} contents in a cell:\n{code}", path.display());
            assert!(!code.contains("std::process::exit"), "{}: a cell that ends the kernel:\n{code}", path.display());
        }
    }
}
