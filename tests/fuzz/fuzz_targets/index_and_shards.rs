//! `model.safetensors.index.json` and the files that it names.

#![no_main]

use jumok_fuzz::Folder;
use jumok_nn::{NamedArrays, Weights, save_arrays};
use jumok_tensor::Array;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

const FILES: [&str; 12] = [
    "a.safetensors",
    "b.safetensors",
    "c.safetensors",
    "missing.safetensors",
    "../a.safetensors",
    "/etc/passwd",
    "",
    ".",
    "..",
    "folder",
    "a.safetensors\0",
    "model.safetensors.index.json",
];

#[derive(Arbitrary, Debug)]
enum Index {
    /// Which array is said to be in which file.
    Map(Vec<(u8, u8)>),
    Named(Vec<(String, String)>),
    Bytes(Vec<u8>),
}

#[derive(Arbitrary, Debug)]
struct Folders {
    index: Index,
    /// The arrays of the three files; of the last, its bytes, if there are some.
    arrays: [Vec<(u8, u8)>; 3],
    bytes: Option<Vec<u8>>,
}

fuzz_target!(|input: Folders| {
    let folder = Folder::default();
    std::fs::create_dir(folder.path().join("folder")).expect("the folder is new");
    for (arrays, file) in input.arrays.iter().zip(FILES) {
        let arrays = arrays
            .iter()
            .map(|(name, rows)| (format!("a.{}", name % 8), Array::zeros(&[(rows % 4).into(), 2])))
            .collect();
        save_arrays(&NamedArrays { arrays, ..Default::default() }, &folder.path().join(file))
            .expect("it can be written");
    }
    if let Some(bytes) = &input.bytes {
        folder.write(FILES[2], bytes);
    }
    let of_map = |map: Map<String, Value>| json!({"metadata": {}, "weight_map": map}).to_string().into_bytes();
    let index = match &input.index {
        Index::Map(pairs) => of_map(
            pairs
                .iter()
                .map(|(name, file)| (format!("a.{}", name % 8), json!(FILES[usize::from(*file) % FILES.len()])))
                .collect(),
        ),
        Index::Named(pairs) => of_map(pairs.iter().map(|(name, file)| (name.clone(), json!(file))).collect()),
        Index::Bytes(bytes) => bytes.clone(),
    };
    folder.write("model.safetensors.index.json", index);
    match Weights::open(folder.path()) {
        Ok(mut weights) => {
            assert!(weights.file_count() <= 3);
            for name in weights.names().map(str::to_owned).collect::<Vec<_>>() {
                let _ = weights.array(&name);
            }
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
