//! Which operations there are, according to the source files.

use std::collections::BTreeMap;
use std::path::Path;

/// An operation as its source file defines it.
#[derive(Debug, PartialEq)]
pub(crate) struct Definition {
    /// Whether its documentation has a section on panics.
    pub(crate) panics: bool,
    /// Whether it gives whole numbers or truth values only.
    pub(crate) whole_numbers: bool,
    /// Whether a panic points at the caller's line.
    pub(crate) track_caller: bool,
}

/// The public methods in `impl Tensor`, `impl IntTensor` and `impl BoolTensor` blocks of a formatted source text.
fn definitions(source: &str) -> BTreeMap<String, Definition> {
    let mut found = BTreeMap::new();
    let mut inside = false;
    let mut above: Vec<&str> = vec![];
    let lines: Vec<&str> = source.lines().collect();
    for (n, line) in lines.iter().enumerate() {
        if line.starts_with("impl ") && line.ends_with("Tensor {") && !line.contains(" for ") {
            inside = true;
        } else if *line == "}" {
            inside = false;
        } else if let (true, Some(rest)) = (inside, line.strip_prefix("    pub fn ")) {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let signature = lines[n..].iter().take_while(|line| !line.starts_with("    }")).copied();
            let signature = signature.collect::<Vec<_>>().join(" ");
            let result =
                signature.split_once("->").map_or("", |(_, rest)| rest.split_once('{').map_or(rest, |(r, _)| r));
            let differentiable = result.replace("IntTensor", "").replace("BoolTensor", "").replace("TensorError", "");
            found.insert(
                name,
                Definition {
                    panics: above.iter().any(|line| line.contains("# Panics")),
                    whole_numbers: !differentiable.contains("Tensor"),
                    track_caller: above.iter().any(|line| line.contains("#[track_caller]")),
                },
            );
        }
        if line.trim_start().starts_with("///") || line.trim_start().starts_with("#[") {
            above.push(line);
        } else {
            above.clear();
        }
    }
    found
}

/// All operations under `src/ops`.
pub(crate) fn defined_operations() -> BTreeMap<String, Definition> {
    fn read(folder: &Path, all: &mut BTreeMap<String, Definition>) {
        for entry in std::fs::read_dir(folder).expect("the folder of the operations") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                read(&path, all);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                all.extend(definitions(&std::fs::read_to_string(&path).expect("a source file")));
            }
        }
    }
    let mut all = BTreeMap::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops"), &mut all);
    all
}

#[test]
fn the_scan_reads_definitions() {
    let source = "
impl Tensor {
    /// Text.
    ///
    /// # Panics
    /// Always.
    #[track_caller]
    pub fn first(&self) -> Tensor {
        fit(self.try_first())
    }

    pub fn try_first(
        &self,
        n: usize,
    ) -> Result<(Tensor, IntTensor), TensorError> {
        todo()
    }

    fn hidden(&self) {}
}

impl IntTensor {
    pub fn second(&self) -> IntTensor {
    }
}

mod tests {
    impl Tensor {
        pub fn inner() -> Tensor {}
    }
}
";
    let found = definitions(source);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["first", "second", "try_first"]);
    assert_eq!(found["first"], Definition { panics: true, whole_numbers: false, track_caller: true });
    assert_eq!(found["second"], Definition { panics: false, whole_numbers: true, track_caller: false });
    assert!(!found["try_first"].whole_numbers);
}
