//! The weights of a model in one file, or in several with an index.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use jumok_tensor::Array;
use serde::Deserialize;

use super::load::load_from;
use super::read::{MAX_HEADER, SafetensorsFile};
use super::{CheckpointError, LoadOptions, LoadReport};
use crate::Module;

const WEIGHTS_FILE: &str = "model.safetensors";
const INDEX_FILE: &str = "model.safetensors.index.json";
/// More files than any published model has.
const MAX_FILES: usize = 4096;

/// Open weights: their headers were read and checked, their numbers not yet.
#[derive(Debug)]
pub struct Weights {
    path: PathBuf,
    files: Vec<SafetensorsFile>,
    /// Which file holds an array.
    place: BTreeMap<String, usize>,
}

/// `model.safetensors.index.json`.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

impl Weights {
    /// Opens a safetensors file, an index (`*.json`), or what a folder holds of the two: `model.safetensors` or else
    /// `model.safetensors.index.json` with its files.
    ///
    /// # Errors
    /// If there are no weights, a file cannot be read or is damaged, or the index does not fit its files. An index can only name
    /// files beside it.
    pub fn open(path: &Path) -> Result<Self, CheckpointError> {
        if !path.is_dir() {
            let is_index = path.extension().is_some_and(|extension| extension == "json");
            return if is_index { Self::of_index(path) } else { Self::of_file(path) };
        }
        let (file, index) = (path.join(WEIGHTS_FILE), path.join(INDEX_FILE));
        if file.is_file() {
            return Self::of_file(&file);
        }
        if index.is_file() {
            return Self::of_index(&index);
        }
        let hint = if path.join("pytorch_model.bin").is_file() || path.join("pytorch_model.bin.index.json").is_file() {
            "; pytorch_model.bin can run code when it is read: convert it to safetensors first"
        } else {
            ""
        };
        Err(CheckpointError::NoWeights { path: path.to_owned(), hint })
    }

    pub(super) fn of_file(path: &Path) -> Result<Self, CheckpointError> {
        let file = SafetensorsFile::open(path)?;
        let place = file.names().into_iter().map(|name| (name, 0)).collect();
        Ok(Self { path: path.to_owned(), files: vec![file], place })
    }

    fn of_index(path: &Path) -> Result<Self, CheckpointError> {
        let io = |source| CheckpointError::Io { action: "read", path: path.to_owned(), source };
        let wrong = |reason: String| CheckpointError::Index { path: path.to_owned(), reason };
        let size = fs::metadata(path).map_err(io)?.len();
        if size > MAX_HEADER {
            return Err(wrong(format!("it has {size} bytes, more than an index can need")));
        }
        let text = fs::read_to_string(path).map_err(io)?;
        let index: Index = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        let mut file_names: Vec<&String> = index.weight_map.values().collect();
        file_names.sort_unstable();
        file_names.dedup();
        if !(1..=MAX_FILES).contains(&file_names.len()) {
            return Err(wrong(format!("it names {} files, and must name from 1 to {MAX_FILES}", file_names.len())));
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut weights = Self { path: path.to_owned(), files: vec![], place: BTreeMap::new() };
        for file_name in file_names {
            // Also refuses what would mean another folder on another system.
            if file_name.contains(['/', '\\', ':']) || [".", "..", ""].contains(&file_name.as_str()) {
                return Err(wrong(format!("it names {file_name:?}, and can only name files in its own folder")));
            }
            let shard = folder.join(file_name);
            if !shard.is_file() {
                return Err(wrong(format!("it names {file_name}, which is not in its folder: fetch that file too")));
            }
            let file = SafetensorsFile::open(&shard)?;
            for name in file.names() {
                match index.weight_map.get(&name) {
                    Some(place) if place == file_name => _ = weights.place.insert(name, weights.files.len()),
                    Some(place) => return Err(wrong(format!("{name} is in {file_name}, and it says in {place}"))),
                    None => return Err(wrong(format!("{file_name} holds {name}, which it does not name"))),
                }
            }
            weights.files.push(file);
        }
        match index.weight_map.iter().find(|(name, _)| !weights.place.contains_key(*name)) {
            Some((name, file_name)) => Err(wrong(format!("it says that {name} is in {file_name}, which holds none"))),
            None => Ok(weights),
        }
    }

    /// The file or the index.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How many files there are.
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// The names of all arrays, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.place.keys().map(String::as_str)
    }

    /// The strings beside the arrays, of all files.
    pub fn metadata(&self) -> BTreeMap<String, String> {
        self.files.iter().flat_map(|file| file.strings()).collect()
    }

    /// The file that holds an array.
    fn holder(&self, name: &str) -> &SafetensorsFile {
        let place =
            self.place.get(name).unwrap_or_else(|| panic!("no array called {name:?} in {}", self.path.display()));
        &self.files[*place]
    }

    /// The shape of an array.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn shape(&self, name: &str) -> &[usize] {
        self.holder(name).shape(name)
    }

    /// The type of an array's numbers as the format calls it, such as `BF16`.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn dtype(&self, name: &str) -> String {
        format!("{:?}", self.holder(name).dtype(name))
    }

    /// The numbers of an array.
    ///
    /// # Errors
    /// If they are no floating-point numbers or cannot be read.
    ///
    /// # Panics
    /// If there is none of that name.
    pub fn array(&mut self, name: &str) -> Result<Array, CheckpointError> {
        let place = self.place[name];
        self.files[place].array(name)
    }

    /// How many numbers all arrays have together.
    pub fn element_count(&self) -> u128 {
        let count =
            |name: &str| self.shape(name).iter().fold(1_u128, |all, &extent| all.saturating_mul(extent as u128));
        self.names().map(count).fold(0, u128::saturating_add)
    }

    /// Checks that there are as many numbers as a configuration describes, before a model is made of it: nothing larger than the file
    /// is allocated on the word of a configuration.
    ///
    /// # Errors
    /// [`CheckpointError::TooFew`].
    pub fn check_size(&self, described: u128) -> Result<(), CheckpointError> {
        let found = self.element_count();
        match described > found {
            true => {
                let [found, described] = [found, described].map(|count| u64::try_from(count).unwrap_or(u64::MAX));
                Err(CheckpointError::TooFew { path: self.path.clone(), found, described })
            }
            false => Ok(()),
        }
    }

    /// Loads the parameters of `model`: all of what fits, or nothing.
    ///
    /// # Errors
    /// As [`load`](super::load).
    pub fn load_into(&mut self, model: &mut dyn Module, options: &LoadOptions) -> Result<LoadReport, CheckpointError> {
        load_from(model, self, options)
    }
}
