//! `jumok inspect` as a user runs it.

mod common;

use std::fs;

use common::Place;
use jumok_nn::{Array, NamedArrays, save_arrays};

fn arrays(names: &[(&str, &[usize])]) -> NamedArrays {
    let arrays = names.iter().map(|(name, shape)| ((*name).to_owned(), Array::full(shape, 2.0))).collect();
    NamedArrays { arrays, ..NamedArrays::default() }
}

#[test]
fn a_folder_in_several_files_is_one_tree() {
    let place = Place::new();
    fs::create_dir(place.path("model")).unwrap();
    let [a, b] = ["a.safetensors", "b.safetensors"].map(|name| place.path("model").join(name));
    save_arrays(&arrays(&[("encoder.layer.10.weight", &[2, 8]), ("encoder.layer.2.weight", &[3, 3])]), &a).unwrap();
    save_arrays(&arrays(&[("head.bias", &[4])]), &b).unwrap();
    let index = r#"{"weight_map": {"encoder.layer.10.weight": "a.safetensors", "encoder.layer.2.weight": "a.safetensors",
        "head.bias": "b.safetensors"}}"#;
    fs::write(place.path("model").join("model.safetensors.index.json"), index).unwrap();
    let printed = place.succeed(&["inspect", "model"]);
    assert!(printed.contains("29 numbers in 3 arrays, 2 file(s)"), "{printed}");
    let row = |words: &[&str]| {
        let found = printed.lines().position(|line| words.iter().all(|word| line.contains(word)));
        found.unwrap_or_else(|| panic!("{words:?} in\n{printed}"))
    };
    // √(25·4) = 10 in all layers, √(4·4) = 4 in the head.
    assert!(row(&["encoder", "25", "10.0000"]) < row(&["head", "4", "4.0000"]));
    let weights: Vec<usize> = ["[3, 3]", "[2, 8]"].map(|shape| row(&["weight", shape, "F32"])).to_vec();
    assert!(weights[0] < weights[1], "layer 2 stands before layer 10:\n{printed}");
    let flat = place.succeed(&["inspect", "model", "--depth", "1"]);
    assert!(!flat.contains("weight") && flat.contains("encoder"), "{flat}");
    assert!(place.succeed(&["--lang", "ko", "inspect", "model"]).contains("합계"));
}

#[test]
fn what_is_no_checkpoint_is_said() {
    let place = Place::new();
    fs::write(place.path("page.safetensors"), "<!DOCTYPE html>").unwrap();
    assert!(place.refused(&["inspect", "page.safetensors"]).contains("it is a text"));
    fs::create_dir(place.path("empty")).unwrap();
    assert!(place.refused(&["inspect", "empty"]).contains("holds no weights"));
    assert!(place.refused(&["inspect", "nowhere"]).contains("cannot read nowhere"));
}

#[cfg(not(feature = "hub"))]
#[test]
fn without_the_download_the_files_to_fetch_are_named() {
    let place = Place::new();
    let error = place.refused(&["inspect", "--hub", "klue/bert-base"]);
    for part in ["--features hub", "config.json", "model.safetensors", "huggingface.co/klue/bert-base", "models/klue"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert!(place.refused(&["inspect", "--hub", "../elsewhere"]).contains("owner/name"));
    assert!(!place.path("models").exists());
}
