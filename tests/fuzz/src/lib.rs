//! What the fuzz targets share: a folder that a loader reads, the files that a target starts from, and configurations with fields
//! that somebody changed.

use std::path::{Path, PathBuf};

use libfuzzer_sys::arbitrary::{self, Arbitrary};
use serde_json::{Map, Value, json};

/// Where [`start`] writes, if it shall: set by `run`.
const SEEDS: &str = "JUMOK_FUZZ_SEEDS";

/// The folder whose files change from input to input.
#[derive(Debug)]
pub struct Folder(tempfile::TempDir);

impl Default for Folder {
    fn default() -> Self {
        Self(tempfile::tempdir().expect("the folder of temporary files can be written to"))
    }
}

impl Folder {
    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Puts a file there, in the place of the one that had its name.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, bytes).expect("the folder of temporary files can be written to");
        path
    }
}

/// For the `init` of a target: where `run` asks for the files that fuzzing starts from, writes them and ends the program.
pub fn start<T: AsRef<[u8]>>(seeds: impl FnOnce() -> Vec<T>) {
    if let Some(folder) = std::env::var_os(SEEDS) {
        for (n, seed) in seeds().iter().enumerate() {
            std::fs::write(Path::new(&folder).join(format!("seed-{n}")), seed).expect("the folder of seeds exists");
        }
        std::process::exit(0);
    }
}

/// A value that somebody wrote into a configuration.
#[derive(Arbitrary, Debug)]
pub enum Written {
    Small(u8),
    /// One more or less than a power of two.
    Power(u8, i8),
    Whole(i64),
    Real(f64),
    Flag(bool),
    Text(String),
    Nothing,
    List(Vec<u8>),
    Names(Vec<(u8, String)>),
}

impl Written {
    fn json(&self) -> Value {
        match self {
            Written::Small(number) => json!(number % 20),
            Written::Power(power, more) => json!((1_u64 << (power % 64)).wrapping_add_signed((more % 2).into())),
            Written::Whole(number) => json!(number),
            Written::Real(number) => json!(number),
            Written::Flag(flag) => json!(flag),
            Written::Text(text) => json!(text),
            Written::Nothing => Value::Null,
            Written::List(list) => json!(list),
            Written::Names(names) => {
                names.iter().map(|(id, name)| (id.to_string(), json!(name))).collect::<Map<_, _>>().into()
            }
        }
    }
}

/// A field of a configuration with the value that it gets.
pub type Change = (u8, Written);

/// A `config.json` with some fields changed: those that it has, and `more` that it may have.
pub fn changed(config: &Value, more: &[&str], changes: &[Change]) -> Vec<u8> {
    let mut config = config.clone();
    let present = config.as_object().expect("a configuration is an object").keys().cloned();
    let fields: Vec<String> = present.chain(more.iter().map(|&field| field.to_owned())).collect();
    for (field, value) in changes {
        config[&fields[usize::from(*field) % fields.len()]] = value.json();
    }
    config.to_string().into_bytes()
}
