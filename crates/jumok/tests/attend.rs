//! `jumok attend` as a user runs it: pages of two kinds of models, and what is refused before anything is written.

mod common;

use std::fs;

use common::Place;

/// The data that stand in a page.
fn data(page: &str) -> serde_json::Value {
    let start = "<script type=\"application/json\" id=\"data\">";
    let json = page.split(start).nth(1).unwrap().split("</script>").next().unwrap();
    serde_json::from_str(json).unwrap()
}

#[test]
fn the_attention_of_a_bert_as_a_page() {
    let place = Place::new();
    place.succeed(&place.pretrain(&["--steps", "2", "--out", "run"]));
    let text = "tom is here [SEP] he eats </script>";
    let printed = place.succeed(&["attend", "--model", "run", text, "--lang", "ko"]);
    assert!(printed.contains("인코더") && printed.contains("attention.html"), "{printed}");
    let page = fs::read_to_string(place.path("attention.html")).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>\n<html lang=\"ko\">"));
    let data = data(&page);
    let part = &data["parts"][0];
    assert_eq!((data["parts"].as_array().unwrap().len(), part["kind"].as_str()), (1, Some("encoder")));
    let tokens = part["keys"].as_array().unwrap();
    assert_eq!((tokens[0].as_str(), tokens[tokens.len() - 1].as_str()), (Some("[CLS]"), Some("[SEP]")));
    let layer = &part["layers"][0];
    assert_eq!(layer["path"], "encoder.layer.0.attention.self");
    let head = layer["weights"][1].as_array().unwrap();
    assert_eq!(head.len(), tokens.len() * tokens.len());
    for row in head.chunks(tokens.len()) {
        let sum: f64 = row.iter().map(|weight| weight.as_f64().unwrap()).sum();
        assert!((sum - 1.0).abs() < 1e-4 * tokens.len() as f64, "{sum}");
    }
    // A score is q·k/√d of the vectors beside it.
    let numbers = |values: &serde_json::Value| -> Vec<f64> {
        values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    };
    let [q, k] = ["queries", "keys"].map(|name| numbers(&layer["vectors"][name][0]));
    let width = layer["vectors"]["width"].as_u64().unwrap() as usize;
    let (query, key) = (2, 1);
    let dot: f64 = (0..width).map(|c| q[query * width + c] * k[key * width + c]).sum();
    let score = numbers(&layer["scores"][0])[query * tokens.len() + key];
    assert!((dot / (width as f64).sqrt() - score).abs() < 1e-2 * (1.0 + score.abs()), "{dot} {score}");
}

#[test]
fn the_alignment_of_a_recurrent_translator_as_a_page() {
    let place = Place::new();
    let task = ["--task", "reverse", "--training-pairs", "40", "--held-out-pairs", "6", "--max-length", "5"];
    let small = ["--hidden-size", "8", "--batch-size", "8", "--steps", "2"];
    for (attention, run) in [("luong", "with"), ("none", "without")] {
        place.succeed(&[&["seq2seq", "train", "--out", run, "--attention", attention], &task[..], &small[..]].concat());
    }
    place.succeed(&["attend", "--model", "with", "a b c", "--target", "c b", "--out", "pages/a.html"]);
    let data = data(&fs::read_to_string(place.path("pages/a.html")).unwrap());
    let part = &data["parts"][0];
    assert_eq!((part["kind"].as_str(), data["absent"]["encoder"].as_str()), (Some("cross"), Some("recurrent")));
    assert_eq!(part["queries"], serde_json::json!(["c", "b", "<eos>"]));
    assert_eq!(part["layers"][0]["weights"][0].as_array().unwrap().len(), 9);
    let error = place.refused(&["attend", "--model", "without", "a b c"]);
    assert!(error.contains("no attention") && error.contains("--attention bahdanau"), "{error}");
}

#[test]
fn the_three_attentions_of_a_transformer_as_a_page() {
    let place = Place::new();
    let task = ["--task", "reverse", "--training-pairs", "40", "--held-out-pairs", "6", "--max-length", "5"];
    let small = ["--d-model", "16", "--layers", "2", "--heads", "2", "--batch-size", "8", "--steps", "2"];
    place.succeed(&[&["transformer", "train", "--out", "run"], &task[..], &small[..]].concat());
    place.succeed(&["attend", "--model", "run", "a b c", "--target", "c b"]);
    let data = data(&fs::read_to_string(place.path("attention.html")).unwrap());
    let parts = data["parts"].as_array().unwrap();
    let kinds: Vec<_> = parts.iter().map(|part| part["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["encoder", "decoder", "cross"]);
    assert_eq!(parts[1]["queries"], serde_json::json!(["<bos>", "c", "b"]));
    assert_eq!(parts[2]["queries"], serde_json::json!(["c", "b", "<eos>"]));
    for part in parts {
        assert_eq!(part["layers"].as_array().unwrap().len(), 2);
        assert!(part["layers"][1]["vectors"]["width"] == 8, "{part}");
    }
    // The future is masked, and nothing else is.
    let head = parts[1]["layers"][0]["weights"][0].as_array().unwrap();
    let masked: Vec<usize> = (0..9).filter(|&cell| head[cell].is_null()).collect();
    assert_eq!(masked, [1, 2, 5]);
    let cross = parts[2]["layers"][0]["weights"][0].as_array().unwrap();
    assert!(cross.iter().all(|weight| !weight.is_null()));
}

#[test]
fn a_language_model_looks_back() {
    let place = Place::new();
    let small = ["--n-embd", "16", "--n-layer", "1", "--n-head", "2", "--n-positions", "8", "--batch-size", "4"];
    let data_options = ["transformer", "train-lm", "--text", "text.txt", "--steps", "2", "--out", "run"];
    place.succeed(&[&data_options[..], &small[..]].concat());
    place.succeed(&["attend", "--model", "run", "tom is"]);
    let data = data(&fs::read_to_string(place.path("attention.html")).unwrap());
    let part = &data["parts"][0];
    assert_eq!((part["kind"].as_str(), data["absent"]["cross"].as_str()), (Some("decoder"), Some("decoder-only")));
    assert_eq!(part["queries"], serde_json::json!(["t", "o", "m", "␣", "i", "s"]));
    assert_eq!(part["layers"][0]["path"], "h.0.attn");
    assert!(place.refused(&["attend", "--model", "run", "tom is here"]).contains("at most 8"));
    assert!(place.refused(&["attend", "--model", "run", "tom", "--target", "a"]).contains("translates none"));
}

#[test]
fn what_cannot_be_shown_is_refused_and_nothing_is_written() {
    let place = Place::new();
    place.succeed(&place.pretrain(&["--steps", "1", "--out", "run"]));
    fs::create_dir_all(place.path("other")).unwrap();
    fs::write(place.path("other/config.json"), r#"{"model_type": "mamba"}"#).unwrap();
    fs::write(place.path("file"), "a file").unwrap();
    for (args, words) in [
        (&["--model", "run", " "][..], &["the sentence is empty"][..]),
        (&["--model", "run", "a", "--target", "b"], &["--target b", "leave it out"]),
        (&["--model", "run", "a [SEP] b [SEP] c"], &["one part, or two"]),
        (&["--model", "run", "[SEP] b"], &["before [SEP] is empty"]),
        (&["--model", "nowhere", "a"], &["nowhere", "config.json"]),
        (&["--model", "other", "a"], &["\"mamba\"", "BERT"]),
        (&["--model", "run", "a", "--out", "file/page.html"], &["cannot write file/page.html"]),
    ] {
        let error = place.refused(&[&["attend"], args].concat());
        assert!(words.iter().all(|word| error.contains(word)), "{args:?}: {error}");
    }
    let long = "a ".repeat(600);
    assert!(place.refused(&["attend", "--model", "run", &long]).contains("shorten it"));
    assert!(!place.path("attention.html").exists());
    assert_eq!(fs::read_to_string(place.path("file")).unwrap(), "a file");
}
