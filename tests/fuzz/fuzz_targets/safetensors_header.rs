//! `model.safetensors` with a header that is JSON of the right form and says what it likes.

#![no_main]

use jumok_fuzz::Folder;
use jumok_nn::{Weights, load_arrays};
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};

thread_local!(static FOLDER: Folder = Folder::default());

const DTYPES: [&str; 20] = [
    "F32", "F64", "F16", "BF16", "I64", "I32", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F4", "F6_E2M3",
    "F6_E3M2", "C64", "U64", "I16", "U16", "U32", "I8",
];

#[derive(Arbitrary, Debug)]
enum Extent {
    Small(u8),
    Power(u8),
    Any(u64),
}

impl Extent {
    fn value(&self) -> u64 {
        match *self {
            Self::Small(extent) => u64::from(extent % 5),
            Self::Power(power) => 1 << (power % 64),
            Self::Any(extent) => extent,
        }
    }
}

#[derive(Arbitrary, Debug)]
struct Entry {
    name: u8,
    dtype: u8,
    shape: Vec<Extent>,
    /// Where the numbers stand; without it, behind those of the entry before, as many as the shape has.
    offsets: Option<(Extent, Extent)>,
}

#[derive(Arbitrary, Debug)]
struct File {
    entries: Vec<Entry>,
    metadata: Option<Vec<(String, String)>>,
    /// What the first bytes say about the length of the header, if it is not the truth.
    length: Option<Extent>,
    /// How many bytes of numbers are added, or missing.
    more: i8,
}

fuzz_target!(|file: File| {
    let mut header = Map::new();
    if let Some(metadata) = &file.metadata {
        header.insert(
            "__metadata__".into(),
            metadata.iter().map(|(k, v)| (k.clone(), json!(v))).collect::<Map<_, _>>().into(),
        );
    }
    let mut end = 0_u64;
    for entry in &file.entries {
        let shape: Vec<u64> = entry.shape.iter().map(Extent::value).collect();
        let dtype = DTYPES[usize::from(entry.dtype) % DTYPES.len()];
        let width = match dtype {
            "F64" | "I64" | "U64" | "C64" => 8,
            "F32" | "I32" | "U32" => 4,
            "F16" | "BF16" | "I16" | "U16" => 2,
            _ => 1,
        };
        let bytes = shape.iter().fold(width, |all: u64, &extent| all.saturating_mul(extent));
        let offsets = match &entry.offsets {
            Some((from, to)) => [from.value(), to.value()],
            None => [end, end.saturating_add(bytes)],
        };
        end = offsets[1];
        header.insert(format!("a.{}", entry.name), json!({"dtype": dtype, "shape": shape, "data_offsets": offsets}));
    }
    let header = Value::Object(header).to_string();
    let length = file.length.as_ref().map_or(header.len() as u64, Extent::value);
    let numbers = end.saturating_add_signed(file.more.into()).min(1 << 12) as usize;
    FOLDER.with(|folder| {
        let path =
            folder.write("a.safetensors", [&length.to_le_bytes()[..], header.as_bytes(), &vec![1; numbers]].concat());
        if let Ok(mut weights) = Weights::open(&path) {
            for name in weights.names().map(str::to_owned).collect::<Vec<_>>() {
                let shape = weights.shape(&name).to_vec();
                if let Ok(array) = weights.array(&name) {
                    assert_eq!(array.shape(), shape);
                    assert!(array.len() <= numbers, "{} numbers out of {numbers} bytes", array.len());
                }
            }
        }
        let _ = load_arrays(&path);
    });
});
