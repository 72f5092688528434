//! Whatever is wrong is said in a clear sentence before anything is written.

mod common;

use std::fs;

use common::{Place, message};

/// Refused, with words of the message that must be there, and nothing written.
fn refused(place: &Place, more: &[&str], words: &[&str]) {
    let args = place.pretrain(&[&["--out", "refused"], more].concat());
    let error = place.refused(&args);
    for word in words {
        assert!(error.contains(word), "{more:?}: {word:?} is missing in: {error}");
    }
    assert!(!place.path("refused").exists() && !place.path("runs").exists(), "{more:?} wrote something");
}

#[test]
fn values_that_make_no_sense() {
    let place = Place::new();
    refused(&place, &["--preset", "tinny"], &["'tiny'"]);
    refused(&place, &["--stpes", "5"], &["--steps"]);
    refused(&place, &["--steps", "0"], &["--steps", "at least 1"]);
    refused(&place, &["--steps", "many"], &["--steps", "whole number"]);
    refused(&place, &["--batch-size", "0"], &["--batch-size"]);
    refused(&place, &["--seq-len", "4000"], &["--seq-len 4000", "max_position_embeddings = 512"]);
    refused(&place, &["--seq-len", "3"], &["seq_len", "at least 5"]);
    refused(&place, &["--num-attention-heads", "3"], &["must divide hidden_size = 16", "1, 2, 4, 8, 16"]);
    refused(&place, &["--lr", "nan"], &["--lr", "is a good start"]);
    refused(&place, &["--lr=-1"], &["--lr"]);
    refused(&place, &["--shards", "9"], &["--shards 9", "a batch of 8 examples"]);
    refused(&place, &["--threads", "0"], &["--threads"]);
    refused(&place, &["--resume", "elsewhere"], &["--resume", "cannot be used with"]);
    refused(&place, &["--corpus", "ko"], &["--corpus", "--text"]);
    refused(&place, &["--lang", "fr"], &["en", "ko"]);
}

/// As [`Place::pretrain`], with another text.
fn with_text(place: &Place, name: &str, words: &[&str]) {
    let error = place.refused(&place.pretrain(&["--text", name, "--out", "refused"]));
    for word in words {
        assert!(error.contains(word), "{name}: {word:?} is missing in: {error}");
    }
    assert!(!place.path("refused").exists());
}

#[test]
fn texts_that_cannot_be_used() {
    let place = Place::new();
    fs::write(place.path("empty.txt"), "\n \n").unwrap();
    fs::write(place.path("latin1.txt"), b"one\ncaf\xe9\n").unwrap();
    fs::write(place.path("lines.txt"), "one day\n\none day\n\none day\n\none day\n").unwrap();
    fs::write(place.path("single.txt"), "one day\none day\none day\n").unwrap();
    with_text(&place, "missing.txt", &["missing.txt"]);
    with_text(&place, "empty.txt", &["no text in", "empty.txt"]);
    with_text(&place, "latin1.txt", &["latin1.txt is not UTF-8", "line 2, byte 4"]);
    with_text(&place, "lines.txt", &["two sentences"]);
    with_text(&place, "single.txt", &["separate documents by an empty line"]);
    with_text(&place, ".", &["cannot read"]);
}

#[test]
fn configs_and_tokenizers_that_cannot_be_used() {
    let place = Place::new();
    fs::write(place.path("bad.json"), r#"{"hidden_size": 130, "num_attention_heads": 4}"#).unwrap();
    fs::write(place.path("broken.json"), "{\"hidden_size\": ").unwrap();
    fs::write(place.path("vocab.txt"), "[PAD]\n[UNK]\nthe\n").unwrap();
    fs::create_dir(place.path("nothing")).unwrap();
    let config = |name: &str, words: &[&str]| {
        let args = ["bert", "pretrain", "--text", "text.txt", "--config", name, "--out", "refused"];
        let error = place.refused(&args);
        assert!(words.iter().all(|word| error.contains(word)), "{name}: {error}");
        assert!(!place.path("refused").exists());
    };
    config("bad.json", &["bad.json", "must divide hidden_size = 130", "1, 2, 5, 10"]);
    config("broken.json", &["broken.json", "line 1"]);
    config("missing.json", &["missing.json"]);
    let tokenizer = |path: &str, words: &[&str]| {
        let args = ["bert", "pretrain", "--text", "text.txt", "--tokenizer", path, "--out", "refused"];
        let error = place.refused(&args);
        assert!(words.iter().all(|word| error.contains(word)), "{path}: {error}");
        assert!(!place.path("refused").exists());
    };
    tokenizer("vocab.txt", &["vocab.txt", "[CLS]"]);
    tokenizer("nothing", &["tokenizer.json or vocab.txt"]);
}

#[test]
fn places_that_cannot_hold_a_run() {
    let place = Place::new();
    fs::create_dir(place.path("thesis")).unwrap();
    fs::write(place.path("thesis/chapter.txt"), "years of work").unwrap();
    let out = |path: &str, words: &[&str]| {
        let error = place.refused(&place.pretrain(&["--steps", "1", "--out", path]));
        assert!(words.iter().all(|word| error.contains(word)), "{path}: {error}");
    };
    out("thesis", &["not empty", "nothing is ever overwritten"]);
    assert_eq!(fs::read_dir(place.path("thesis")).unwrap().count(), 1);
    out("text.txt", &["is a file"]);
    out("text.txt/run", &["cannot write"]);
    if cfg!(target_os = "linux") {
        // Nobody, not even root, can make a folder there.
        out("/proc/run", &["cannot write /proc/run", "choose"]);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let locked = place.path("locked");
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o555)).unwrap();
        // Root may write there all the same; then there is nothing to refuse.
        if fs::write(locked.join("probe"), "").is_err() {
            out("locked/run", &["cannot write", "choose a folder that can be written to"]);
        }
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

#[test]
fn runs_that_cannot_go_on() {
    let place = Place::new();
    let resume = |words: &[&str]| {
        let error = place.refused(&["bert", "pretrain", "--resume", "run"]);
        assert!(words.iter().all(|word| error.contains(word)), "{words:?}: {error}");
    };
    resume(&["there is no run folder run"]);
    fs::create_dir(place.path("run")).unwrap();
    resume(&["run is not a run folder", "config.toml"]);
    assert_eq!(fs::read_dir(place.path("run")).unwrap().count(), 0, "looking must leave nothing behind");
    fs::remove_dir(place.path("run")).unwrap();

    place.succeed(&place.pretrain(&["--steps", "50", "--checkpoint-every", "2", "--out", "run", "--stop-after", "4"]));
    let weights = place.path("run/checkpoint-4/model.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::write(&weights, &bytes[..bytes.len() / 2]).unwrap();
    resume(&["checkpoint-4 is broken", "cut short", "checkpoint-2"]);
    fs::write(&weights, &bytes).unwrap();

    let config = place.path("run/config.toml");
    let settings = fs::read_to_string(&config).unwrap();
    fs::write(&config, settings.replace("steps = 50", "steps = \"fifty\"")).unwrap();
    resume(&["config.toml is broken", "line"]);
    fs::write(&config, settings.replace("num_attention_heads = 2", "num_attention_heads = 3")).unwrap();
    resume(&["must divide hidden_size = 16"]);
    fs::write(&config, settings.replace("hidden_size = 16", "hidden_size = 32")).unwrap();
    resume(&["checkpoint-4 is broken", "configuration describes a model of at least"]);
    fs::write(&config, settings.replace("hidden_size = 16", "hidden_size = 8")).unwrap();
    resume(&["checkpoint-4 is broken", "of another shape"]);
    fs::write(&config, &settings).unwrap();

    let text = fs::read_to_string(place.path("text.txt")).unwrap();
    fs::write(place.path("text.txt"), text.replacen('.', "!", 1)).unwrap();
    resume(&["the text of the run in run has changed"]);
    fs::write(place.path("text.txt"), text).unwrap();
    place.succeed(&["bert", "pretrain", "--resume", "run", "--stop-after", "5"]);
}

#[test]
fn models_and_texts_that_cannot_be_used() {
    let place = Place::new();
    place.succeed(&place.pretrain(&["--steps", "1", "--out", "run"]));
    let mask = |model: &str, text: &str, words: &[&str]| {
        let error = place.refused(&["bert", "fill-mask", "--model", model, text]);
        assert!(words.iter().all(|word| error.contains(word)), "{error}");
    };
    mask("run", "The boy is drinking milk .", &["no [MASK]", "The boy is drinking [MASK]."]);
    mask("elsewhere", "[MASK]", &["elsewhere is not the folder of a model", "config.json"]);
    mask("run", &"[MASK] ".repeat(600), &["602 tokens", "at most 512"]);
    let nsp = place.run(&["bert", "nsp", "--model", "run", "The boy runs.", " "]);
    assert!(message(&nsp).contains("sentence B is empty"));

    let weights = place.path("run/model.safetensors");
    let bytes = fs::read(&weights).unwrap();
    fs::write(&weights, &bytes[..bytes.len() - 9]).unwrap();
    mask("run", "[MASK]", &["model.safetensors is not a usable safetensors file"]);
    fs::write(&weights, "this is no checkpoint at all").unwrap();
    mask("run", "[MASK]", &["model.safetensors is not a usable safetensors file"]);
    fs::write(&weights, &bytes).unwrap();
    let config = place.path("run/config.json");
    let sizes = fs::read_to_string(&config).unwrap();
    fs::write(&config, sizes.replace("\"hidden_size\": 16", "\"hidden_size\": 32")).unwrap();
    mask("run", "[MASK]", &["do not belong together"]);
    fs::write(&config, sizes.replace("\"intermediate_size\": 32", "\"intermediate_size\": 31")).unwrap();
    mask("run", "[MASK]", &["does not fit the model", "of another shape"]);
}
