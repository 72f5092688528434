//! What a `tokenizer.json` must be before the `tokenizers` crate may work by it: the crate takes these things on trust, and a file that
//! is damaged or hostile would make it panic or reserve memory without bounds.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::Value;
use tokenizers::utils::SysRegex;

use super::invalid;
use crate::TextError;

/// The parts of the file that are looked at.
#[derive(Deserialize)]
struct Parts {
    #[serde(default)]
    normalizer: Value,
    #[serde(default)]
    post_processor: Value,
    #[serde(default)]
    model: Value,
}

/// Reads a `tokenizer.json`.
///
/// # Errors
/// [`TextError::InvalidTokenizer`] for what is no such file, and for one that contradicts itself.
pub(super) fn read(text: &str, path: &Path) -> Result<tokenizers::Tokenizer, TextError> {
    let parts: Parts = serde_json::from_str(text).map_err(|error| invalid(path, error.into()))?;
    check(&parts).map_err(|reason| invalid(path, format!("{reason}; fetch the file anew").into()))?;
    let mut tokenizer = tokenizers::Tokenizer::from_bytes(text).map_err(|error| invalid(path, error))?;
    // Rows are cut and filled where batches are made, never behind their back.
    tokenizer.with_truncation(None).map_err(|error| invalid(path, error))?;
    tokenizer.with_padding(None);
    Ok(tokenizer)
}

fn check(parts: &Parts) -> Result<(), String> {
    each_object(&parts.normalizer, &mut |step| {
        if let Some(map) = step["precompiled_charsmap"].as_str() {
            check_charsmap(&STANDARD.decode(map).map_err(|error| format!("precompiled_charsmap: {error}"))?)?;
        }
        step["pattern"]["Regex"].as_str().map_or(Ok(()), check_replaced)
    })?;
    each_object(&parts.post_processor, &mut |step| {
        check_template(&step["single"], 1, &step["special_tokens"])?;
        check_template(&step["pair"], 2, &step["special_tokens"])
    })?;
    check_merges(&parts.model)
}

/// Calls `f` with every object of a step and of the steps inside it.
fn each_object(step: &Value, f: &mut dyn FnMut(&Value) -> Result<(), String>) -> Result<(), String> {
    match step {
        Value::Object(fields) => {
            f(step)?;
            fields.values().try_for_each(|field| each_object(field, f))
        }
        Value::Array(steps) => steps.iter().try_for_each(|step| each_object(step, f)),
        _ => Ok(()),
    }
}

/// SentencePiece's map of characters: the length of a trie, its units of four bytes, then texts that end with a zero byte. The trie is
/// a double array (Aoe 1989): from a state at `base`, the character `c` leads to the unit at `base ^ c`. Every unit that can be looked at
/// must exist, and every text begin inside the texts.
pub(super) fn check_charsmap(bytes: &[u8]) -> Result<(), String> {
    let damaged = || "its map of characters is damaged".to_owned();
    let (length, rest) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let (trie, texts) = rest.split_at_checked(u32::from_le_bytes(*length) as usize / 4 * 4).ok_or_else(damaged)?;
    let texts = std::str::from_utf8(texts).map_err(|_| damaged())?;
    let units: Vec<usize> = trie.as_chunks().0.iter().map(|&unit| u32::from_le_bytes(unit) as usize).collect();
    let offset = |unit: usize| (unit >> 10) << ((unit & 1 << 9) >> 6);
    let mut waiting = vec![offset(*units.first().ok_or_else(damaged)?)];
    let mut seen: BTreeSet<usize> = waiting.iter().copied().collect();
    while let Some(base) = waiting.pop() {
        // The units of a state's 256 characters stand in one block.
        if base | 0xff >= units.len() {
            return Err(damaged());
        }
        for character in 1..=0xff {
            let unit = units[base ^ character];
            if unit & (1 << 31 | 0xff) != character {
                continue;
            }
            let next = base ^ character ^ offset(unit);
            if unit >> 8 & 1 == 1 {
                let text = units.get(next).ok_or_else(damaged)? & ((1 << 31) - 1);
                if !texts.is_char_boundary(text) {
                    return Err(damaged());
                }
            }
            if seen.insert(next) {
                waiting.push(next);
            }
        }
    }
    Ok(())
}

/// What a normalizer replaces must be something: where nothing is replaced by something, the places of the tokens are lost.
fn check_replaced(pattern: &str) -> Result<(), String> {
    let regex =
        SysRegex::new(pattern).map_err(|error| format!("the pattern {pattern:?} of its normalizer: {error}"))?;
    match regex.find_iter("").next() {
        Some(_) => Err(format!("its normalizer replaces the empty text, which the pattern {pattern:?} matches")),
        None => Ok(()),
    }
}

/// A template of `texts` texts: it may ask for no other, and its special tokens must be described.
fn check_template(template: &Value, texts: usize, special_tokens: &Value) -> Result<(), String> {
    for piece in template.as_array().into_iter().flatten() {
        if let Some(text) = piece["Sequence"]["id"].as_str()
            && !["A", "B"][..texts].contains(&text)
        {
            return Err(format!("its post_processor puts text {text} into a template of {texts}"));
        }
        if let Some(token) = piece["SpecialToken"]["id"].as_str()
            && special_tokens[token].is_null()
        {
            return Err(format!("its post_processor does not say what the special token {token:?} is"));
        }
    }
    Ok(())
}

/// What two pieces of BPE are joined to must be a piece.
fn check_merges(model: &Value) -> Result<(), String> {
    let prefix = model["continuing_subword_prefix"].as_str().unwrap_or_default();
    for merge in model["merges"].as_array().into_iter().flatten() {
        let pair = match merge {
            // The older form; a file of merges begins with its version.
            Value::String(line) if line.starts_with("#version") => continue,
            Value::String(line) => line.split_once(' '),
            merge => merge[0].as_str().zip(merge[1].as_str()),
        };
        let joined = pair.and_then(|(left, right)| Some(format!("{left}{}", right.get(prefix.len()..)?)));
        if joined.is_none_or(|joined| model["vocab"][&joined].is_null()) {
            return Err(format!("what it joins by {merge} is not in its vocabulary"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused(json: Value) -> String {
        read(&json.to_string(), Path::new("tokenizer.json")).unwrap_err().to_string()
    }

    fn with(part: &str, value: Value) -> Value {
        let model = json!({"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]});
        let mut json = json!({"version": "1.0", "added_tokens": [], "model": model});
        json[part] = value;
        json
    }

    #[test]
    fn pieces_that_are_joined_to_none_are_refused() {
        assert!(read(&with("decoder", Value::Null).to_string(), Path::new("tokenizer.json")).is_ok());
        for (prefix, vocabulary, merges) in [
            ("", json!({"a": 0, "b": 1}), json!([["a", "b"]])),
            ("", json!({"a": 0, "b": 1}), json!(["#version: 0.2", "a b"])),
            ("##", json!({"a": 0, "b": 1, "ab": 2}), json!([["a", "b"]])),
            ("#", json!({"a": 0, "é": 1, "aé": 2}), json!([["a", "é"]])),
        ] {
            let model =
                json!({"type": "BPE", "continuing_subword_prefix": prefix, "vocab": vocabulary, "merges": merges});
            let error = refused(with("model", model));
            assert!(error.contains("tokenizer.json: what it joins by") && error.contains("vocabulary"), "{error}");
        }
    }

    #[test]
    fn normalizers_that_replace_nothing_are_refused() {
        let replace = |pattern: &str| {
            let step = json!({"type": "Replace", "pattern": {"Regex": pattern}, "content": " "});
            with("normalizer", json!({"type": "Sequence", "normalizers": [step]}))
        };
        assert!(read(&replace(" {2,}").to_string(), Path::new("tokenizer.json")).is_ok());
        let error = refused(replace(" {0,}"));
        assert!(error.contains("replaces the empty text") && error.contains(" {0,}"), "{error}");
        let error = refused(replace("(")); // no pattern at all
        assert!(error.contains("of its normalizer"), "{error}");
    }

    #[test]
    fn templates_that_ask_for_what_is_not_there_are_refused() {
        let piece = |kind: &str, id: &str| json!([{kind: {"id": id, "type_id": 0}}]);
        let template = |single: Value, pair: Value| {
            let step = json!({"type": "TemplateProcessing", "single": single, "pair": pair, "special_tokens": {}});
            refused(with("post_processor", json!({"type": "Sequence", "processors": [step]})))
        };
        let error = template(piece("SpecialToken", "[CLS]"), piece("Sequence", "A"));
        assert!(error.contains("does not say what the special token \"[CLS]\" is"), "{error}");
        let error = template(piece("Sequence", "B"), piece("Sequence", "A"));
        assert!(error.contains("puts text B into a template of 1"), "{error}");
    }

    /// A map of one character: `a` becomes the text at `text`.
    fn charsmap(text: u32, units: usize, texts: &str) -> Vec<u8> {
        let mut trie = vec![0_u32; units];
        trie[0] = 256 << 10;
        if let Some(unit) = trie.get_mut(256 ^ usize::from(b'a')) {
            *unit = 1 << 8 | u32::from(b'a') | 512 << 10;
        }
        if let Some(unit) = trie.get_mut(256 ^ usize::from(b'a') ^ 512) {
            *unit = text | 1 << 31;
        }
        let trie: Vec<u8> = trie.into_iter().flat_map(u32::to_le_bytes).collect();
        [&(trie.len() as u32).to_le_bytes()[..], &trie, texts.as_bytes()].concat()
    }

    #[test]
    fn a_map_of_characters_is_followed_to_its_ends() {
        check_charsmap(&charsmap(2, 1024, "x\0é\0")).unwrap();
        let whole = charsmap(0, 1024, "x\0");
        for broken in [
            vec![],
            vec![0; 4],                        // no unit at all
            u32::MAX.to_le_bytes().to_vec(),   // a gigabyte of units, says the file
            whole[..whole.len() - 7].to_vec(), // the end is missing
            charsmap(0, 300, "x\0"),           // a state outside
            charsmap(3, 1024, "x\0é\0"),       // in the middle of a character
            charsmap(9, 1024, "x\0"),          // behind the texts
        ] {
            assert_eq!(check_charsmap(&broken).unwrap_err(), "its map of characters is damaged", "{:?}", &broken[..]);
        }
        let map = STANDARD.encode(u32::MAX.to_le_bytes());
        let step = json!({"type": "Precompiled", "precompiled_charsmap": map});
        let error = refused(with("normalizer", json!({"type": "Sequence", "normalizers": [step]})));
        assert_eq!(error, "tokenizer.json: its map of characters is damaged; fetch the file anew");
    }
}
