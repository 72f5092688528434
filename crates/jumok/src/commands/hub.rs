//! Models of the Hugging Face Hub: which files a folder needs, and, with the feature `hub`, their download.

use std::path::{Path, PathBuf};

use crate::{CommandError, Console};

/// What a folder needs, in words that stand in an error message.
pub(super) const NEEDED: &str = "config.json, model.safetensors (or model.safetensors.index.json and all files that it names), and tokenizer.json or vocab.txt";

/// Where a model is kept that is given no folder: `models/NAME`.
pub(super) fn usual_folder(name: &str) -> PathBuf {
    Path::new("models").join(name)
}

/// A name has at most one slash, and nothing that would lead out of a folder.
fn check_name(name: &str) -> Result<(), CommandError> {
    let part = |part: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !part.is_empty() && !part.starts_with('.') && part.chars().all(known)
    };
    if name.split('/').count() <= 2 && name.split('/').all(part) {
        return Ok(());
    }
    let rule = "a model of the Hub is called owner/name or name, klue/bert-base for example";
    Err(CommandError::option("--hub", name, rule))
}

/// Says which files to fetch, since this program was built without the download.
///
/// # Errors
/// Always: [`CommandError::NoHub`], or [`CommandError::Option`] for what is no name.
#[cfg(not(feature = "hub"))]
pub(super) fn download(name: &str, folder: &Path, _: Console) -> Result<(), CommandError> {
    check_name(name)?;
    Err(CommandError::NoHub { name: name.to_owned(), folder: folder.to_owned(), needed: NEEDED })
}

/// Downloads a model into `folder`, which is complete afterwards or does not exist. One that is there already is left as it is.
///
/// # Errors
/// [`CommandError::Option`] for what is no name, [`CommandError::Hub`] if the Hub has no such model, it lacks a file that is needed, or
/// the network fails.
#[cfg(feature = "hub")]
pub(super) fn download(name: &str, folder: &Path, console: Console) -> Result<(), CommandError> {
    use crate::texts::inspect as texts;

    check_name(name)?;
    if folder.exists() {
        console.say(&texts::ALREADY_THERE, &[("folder", &folder.display())]);
        return Ok(());
    }
    let failed = |reason: String| CommandError::Hub { name: name.to_owned(), reason, needed: NEEDED };
    let api = hf_hub::api::sync::ApiBuilder::from_env().build().map_err(|error| failed(error.to_string()))?;
    let model = api.model(name.to_owned());
    let found = model.info().map_err(|error| failed(error.to_string()))?;
    let names: Vec<&str> = found.siblings.iter().map(|file| file.rfilename.as_str()).collect();
    let wanted = wanted(&names).map_err(|missing| failed(format!("it has no {missing}")))?;

    let parent = folder.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unwritten = |source: std::io::Error| failed(format!("{}: {source}", folder.display()));
    std::fs::create_dir_all(parent).map_err(unwritten)?;
    let partial = tempfile::Builder::new().prefix(".download-").tempdir_in(parent).map_err(unwritten)?;
    for file in wanted {
        console.say(&texts::DOWNLOADING, &[("file", &file)]);
        let cached = model.get(file).map_err(|error| failed(format!("{file}: {error}")))?;
        std::fs::copy(cached, partial.path().join(file)).map_err(unwritten)?;
    }
    std::fs::rename(partial.keep(), folder).map_err(unwritten)?;
    console.say(&crate::texts::SAVED_FILE, &[("path", &folder.display())]);
    Ok(())
}

/// Those of a model's files that are read here, or the one that is missing.
#[cfg(any(feature = "hub", test))]
fn wanted<'a>(names: &[&'a str]) -> Result<Vec<&'a str>, &'static str> {
    let has = |name: &str| names.contains(&name);
    let sharded = has("model.safetensors.index.json");
    let is_weights = |name: &str| match sharded {
        true => {
            name == "model.safetensors.index.json" || (name.starts_with("model-") && name.ends_with(".safetensors"))
        }
        false => name == "model.safetensors",
    };
    const TOKENIZER: [&str; 6] =
        ["tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json", "vocab.json", "merges.txt"];
    if !has("config.json") {
        return Err("config.json");
    }
    if !names.iter().any(|name| is_weights(name)) {
        return Err("model.safetensors");
    }
    if !has("tokenizer.json") && !has("vocab.txt") {
        return Err("tokenizer.json and no vocab.txt");
    }
    Ok(names
        .iter()
        .copied()
        .filter(|name| *name == "config.json" || is_weights(name) || TOKENIZER.contains(name))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_else() {
        for name in ["bert-base-uncased", "klue/bert-base", "a/b.c_d"] {
            check_name(name).unwrap();
        }
        for name in ["", "/", "a/", "../a", "a/..", "a/b/c", "a b", "a\\b"] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn only_what_is_read_is_fetched() {
        let names =
            ["README.md", "config.json", "model.safetensors", "pytorch_model.bin", "tokenizer.json", "vocab.txt"];
        assert_eq!(wanted(&names).unwrap(), ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"]);
        let shards = ["config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json", "vocab.txt"];
        assert_eq!(wanted(&shards).unwrap(), shards);
        assert_eq!(wanted(&["config.json", "pytorch_model.bin"]), Err("model.safetensors"));
        assert_eq!(wanted(&["model.safetensors"]), Err("config.json"));
        assert!(wanted(&["config.json", "model.safetensors"]).unwrap_err().contains("vocab.txt"));
    }
}
