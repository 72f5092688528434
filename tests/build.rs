//! Turns the notebooks into functions, so that the compiler sees every cell as it stands.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[path = "src/notebook/cells.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is public in the library, and the text of a cell matters only there")]
mod cells;

use cells::{Cell, cells, without_commands};

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../notebooks");
    println!("cargo::rerun-if-changed={}", folder.display());
    let entries = fs::read_dir(&folder).expect("the folder of the notebooks can be read");
    let mut notebooks: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
    // Notebooks are text in the form of jupytext, which starts with a header; other texts of the folder do not.
    let is_notebook = |path: &PathBuf| {
        path.extension().is_some_and(|extension| extension == "md")
            && fs::read_to_string(path).expect("a text can be read").starts_with("---\n")
    };
    notebooks.retain(is_notebook);
    notebooks.sort();

    let (mut functions, mut table) = (String::new(), String::new());
    for path in notebooks {
        println!("cargo::rerun-if-changed={}", path.display());
        let name = path.file_stem().and_then(|name| name.to_str()).expect("a name in ASCII").to_owned();
        let text = fs::read_to_string(&path).expect("a notebook can be read");
        let codes = cells(&text).into_iter().filter_map(|cell| match cell {
            Cell::Code(code) => Some(code),
            Cell::Markdown(_) => None,
        });
        let _ = writeln!(functions, "fn {name}() {{");
        for (number, code) in codes.enumerate() {
            let _ = writeln!(functions, "cell({number});\n{}", without_commands(&code));
        }
        functions += "}\n";
        let _ = writeln!(table, "    (\"{name}\", {name}),");
    }
    let source = format!("{functions}\nconst NOTEBOOKS: &[(&str, fn())] = &[\n{table}];\n");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("notebooks.rs");
    fs::write(out, source).expect("the generated source can be written");
}
