//! `jumok calc` and `jumok lineage` as a user runs them.

mod common;

use std::fs;

use common::Place;

#[test]
fn a_model_by_name() {
    let place = Place::new();
    let printed = place.succeed(&["calc", "llama-7b"]);
    for words in ["6,738,415,616", "13.48 GB", "weights in int4", "cross-attention"] {
        assert_eq!(printed.contains(words), words != "cross-attention", "{words:?} in\n{printed}");
    }
    assert!(place.succeed(&["calc"]).contains("llama-3.1-405b"));
    let json = place.succeed(&["calc", "llama-3.1-8b", "--json", "--peak", "989000", "--bandwidth", "3350"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["bytes"]["kv_cache"].as_f64().unwrap() / 1024f64.powi(3), 16.0);
    assert_eq!(json["roofline"]["points"].as_array().unwrap().len(), 2);
}

/// What the calculator says about a run is what the run says about itself.
#[test]
fn a_folder_of_a_run() {
    let place = Place::new();
    let printed = place.succeed(&place.pretrain(&["--steps", "1", "--out", "run"]));
    let said = printed.lines().find(|line| line.starts_with("Model")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&place.succeed(&["calc", "run", "--json"])).unwrap();
    let digits: String = said.rsplit(", ").next().unwrap().chars().filter(char::is_ascii_digit).collect();
    assert_eq!(json["parameters"].as_u64().unwrap().to_string(), digits, "{said}");
}

#[test]
fn this_machine_has_a_roof() {
    let place = Place::new();
    let printed = place.succeed(&["calc", "gpt2", "--roofline", "--svg", "roof.svg", "--threads", "1"]);
    assert!(printed.contains("Measured here with 1 threads") && printed.contains("reading"), "{printed}");
    assert!(fs::read_to_string(place.path("roof.svg")).unwrap().contains("gpt2"));
}

#[test]
fn what_cannot_be_counted_is_refused() {
    let place = Place::new();
    fs::write(place.path("broken.json"), "{").unwrap();
    fs::write(place.path("other.json"), r#"{"model_type": "mamba"}"#).unwrap();
    fs::create_dir_all(place.path("empty")).unwrap();
    for (args, words) in [
        (&["gpt5"][..], &["\"gpt5\"", "llama-7b"][..]),
        (&["broken.json"], &["broken.json"]),
        (&["other.json"], &["other.json", "mamba"]),
        (&["empty"], &["config.json"]),
        (&["gpt2", "--context", "2000"], &["--context 2000", "1024"]),
        (&["gpt2", "--svg", "a.svg"], &["--roofline"]),
        (&["gpt2", "--peak", "5"], &["--bandwidth"]),
        (&["gpt2", "--batch", "0"], &["at least 1"]),
        (&["--json"], &["MODEL"]),
    ] {
        let error = place.refused(&[&["calc"], args].concat());
        assert!(words.iter().all(|word| error.contains(word)), "{args:?}: {error}");
    }
    assert!(!place.path("a.svg").exists());
}

#[test]
fn the_family_tree() {
    let place = Place::new();
    let printed = place.succeed(&["lineage", "--svg", "tree.svg"]);
    assert!(printed.contains("Transformer") && printed.contains("calc bert-large"), "{printed}");
    assert!(fs::read_to_string(place.path("tree.svg")).unwrap().contains("LLaMA 3.1"));
    let encoders = place.succeed(&["lineage", "--branch", "encoder-only", "--until", "2019", "--lang", "ko"]);
    assert!(encoders.contains("RoBERTa") && !encoders.contains("DeBERTa") && !encoders.contains("GPT-2"), "{encoders}");
    assert!(place.succeed(&["lineage", "--products"]).contains("CLOVA X"));
    let error = place.refused(&["lineage", "--branch", "encoder-only", "--products"]);
    assert!(error.contains("leave one of"), "{error}");
}
