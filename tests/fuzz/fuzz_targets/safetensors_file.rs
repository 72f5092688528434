//! `model.safetensors`, byte by byte.

#![no_main]

use jumok_fuzz::{Folder, start};
use jumok_nn::{LoadOptions, NamedArrays, OptimizerState, Weights, load_arrays, save_arrays};
use jumok_tensor::Array;
use libfuzzer_sys::fuzz_target;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

thread_local!(static FOLDER: Folder = Folder::default());

fn seeds() -> Vec<Vec<u8>> {
    let folder = Folder::default();
    let path = folder.path().join("a.safetensors");
    let mut named = NamedArrays::default();
    let mut seeds = vec![];
    for (name, shape) in [("weight", &[2, 3][..]), ("bias", &[3]), ("a.scalar", &[]), ("a.nothing", &[0, 7])] {
        named.arrays.insert(name.into(), Array::zeros(shape));
        save_arrays(&named, &path).expect("it can be written");
        seeds.push(std::fs::read(&path).expect("it was written"));
        named.metadata.insert("format".into(), "pt".into());
    }
    for dtype in ["F64", "F16", "BF16", "I64", "BOOL", "F8_E4M3", "F4"] {
        let header = format!(r#"{{"a":{{"dtype":"{dtype}","shape":[2],"data_offsets":[0,4]}}}}"#);
        seeds.push([&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat());
    }
    seeds
}

fuzz_target!(init: start(seeds), |bytes: &[u8]| {
    FOLDER.with(|folder| {
        let path = folder.write("a.safetensors", bytes);
        if let Ok(mut weights) = Weights::open(&path) {
            let names: Vec<String> = weights.names().map(str::to_owned).collect();
            let mut elements = 0;
            for name in &names {
                let shape = weights.shape(name).to_vec();
                match weights.array(name) {
                    Ok(array) => assert_eq!(array.shape(), shape),
                    Err(error) => assert!(error.to_string().contains("a.safetensors"), "{error}"),
                }
                elements += shape.iter().map(|&extent| extent as u128).product::<u128>();
            }
            assert_eq!(weights.element_count(), elements);
            let mut model = jumok_nn::Linear::new(3, 2, &mut ChaCha8Rng::seed_from_u64(1));
            let _ = weights.load_into(&mut model, &LoadOptions { strict: false, ..LoadOptions::default() });
        }
        if let Ok(named) = load_arrays(&path) {
            // What can be read can be written and read again.
            save_arrays(&named, &folder.path().join("b.safetensors")).expect("it can be written");
            let again = load_arrays(&folder.path().join("b.safetensors")).expect("it was written just now");
            assert_eq!(again.arrays.len(), named.arrays.len());
            let _ = OptimizerState::from_arrays(named);
        }
    });
});
