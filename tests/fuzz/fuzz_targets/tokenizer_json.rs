//! `tokenizer.json`, with a `tokenizer_config.json` beside it where the input has a zero byte.

#![no_main]

use jumok_fuzz::{Folder, start};
use jumok_text::{Corpus, SubwordTokenizer, Tokenizer, WordPieceOptions};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

thread_local!(static FOLDER: Folder = Folder::default());

const TEXTS: [&str; 3] = ["the cat [MASK] sat.", "학교에 간다 <mask> é", "\u{0}\u{301} a\u{200d}  \u{fb01}"];

/// The tokenizers of the three kinds, and one with every step that there is.
fn seeds() -> Vec<Vec<u8>> {
    let corpus = Corpus::parse("the cat sat on the mat\nthe hat\n\n학교에 간다\n");
    let folder = Folder::default();
    let options = WordPieceOptions { vocab_size: 40, min_frequency: 1, ..Default::default() };
    let file = || std::fs::read(folder.path().join("tokenizer.json")).expect("it was written");
    let mut seeds = vec![];
    Tokenizer::train(&corpus, &options).and_then(|it| it.save(folder.path())).expect("there are words");
    seeds.push(file());
    SubwordTokenizer::train_unigram(&corpus, 40).and_then(|it| it.save(folder.path())).expect("there are words");
    seeds.push(file());
    SubwordTokenizer::train_bpe(&corpus, 270, 1).and_then(|it| it.save(folder.path())).expect("there are words");
    seeds.push(file());
    let special = ["<pad>", "<unk>", "<s>", "</s>", "<mask>"];
    let added: Vec<Value> = special
        .iter()
        .enumerate()
        .map(|(id, token)| {
            json!({"id": id, "content": token, "single_word": false, "lstrip": id == 4, "rstrip": false, "normalized": false, "special": true})
        })
        .collect();
    let roberta = json!({"type": "RobertaProcessing", "sep": ["</s>", 3], "cls": ["<s>", 2], "trim_offsets": true, "add_prefix_space": false});
    let template = json!({
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
        "pair": [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [2], "tokens": ["<s>"]}},
    });
    let normalizers = json!([
        {"type": "Precompiled", "precompiled_charsmap": "AAAAAA=="}, {"type": "NFKC"}, {"type": "Lowercase"}, {"type": "StripAccents"},
        {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}, {"type": "Prepend", "prepend": "_"}, {"type": "Nmt"},
        {"type": "BertNormalizer", "clean_text": true, "handle_chinese_chars": true, "strip_accents": null, "lowercase": false},
    ]);
    let splitters = json!([
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": true}, {"type": "Digits", "individual_digits": true},
        {"type": "Punctuation", "behavior": "Isolated"}, {"type": "Split", "pattern": {"String": "a"}, "behavior": "MergedWithNext", "invert": false},
        {"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true, "use_regex": true}, {"type": "WhitespaceSplit"},
        {"type": "UnicodeScripts"}, {"type": "CharDelimiterSplit", "delimiter": "x"}, {"type": "FixedLength", "length": 5},
    ]);
    let pieces: Vec<&str> = special.into_iter().chain(["a", "##a", "t", "at", "▁a", "▁the", "<0x41>"]).collect();
    let ids: serde_json::Map<_, _> =
        pieces.iter().enumerate().map(|(id, piece)| ((*piece).to_owned(), json!(id))).collect();
    let models = [
        json!({"type": "Unigram", "unk_id": 1, "byte_fallback": true, "vocab": pieces.iter().map(|piece| json!([piece, -1.5])).collect::<Vec<_>>()}),
        json!({"type": "BPE", "dropout": null, "unk_token": "<unk>", "continuing_subword_prefix": "", "end_of_word_suffix": null, "fuse_unk": true,
            "byte_fallback": true, "ignore_merges": false, "vocab": ids, "merges": [["a", "t"]]}),
        json!({"type": "WordPiece", "unk_token": "<unk>", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": ids}),
    ];
    for (n, model) in models.iter().enumerate() {
        for (normalizer, splitter) in
            normalizers.as_array().into_iter().flatten().zip(splitters.as_array().into_iter().flatten())
        {
            let step = if n == 0 { &template } else { &roberta };
            let json = json!({
                "version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": normalizer,
                "pre_tokenizer": splitter, "post_processor": step, "decoder": null, "model": model,
            });
            seeds.push(json.to_string().into_bytes());
        }
    }
    seeds.push([&seeds[0][..], b"\0", br#"{"pad_token": "[PAD]", "cls_token": {"content": "the"}}"#].concat());
    seeds
}

fuzz_target!(init: start(seeds), |bytes: &[u8]| {
    FOLDER.with(|folder| {
        let (json, beside) = match bytes.iter().position(|&byte| byte == 0) {
            Some(zero) => (&bytes[..zero], &bytes[zero + 1..]),
            None => (bytes, &b"{}"[..]),
        };
        let path = folder.write("tokenizer.json", json);
        folder.write("tokenizer_config.json", beside);
        if let Ok(tokenizer) = SubwordTokenizer::load(&path) {
            for text in TEXTS {
                let Ok(pieces) = tokenizer.encode(text, true) else { continue };
                let ids: Vec<i64> = pieces.iter().map(|piece| piece.id).collect();
                let _ = tokenizer.decode(&ids, true);
            }
        }
        if let Ok(tokenizer) = Tokenizer::load(folder.path()) {
            let rows = tokenizer.vocab_size() as i64;
            for text in TEXTS {
                let Ok(ids) = tokenizer.encode(text) else { continue };
                for pair in [None, Some(&ids[..])] {
                    let sequence = tokenizer.sequence(&ids, pair);
                    // Every id has a row in a table of `vocab_size`, every segment in a table of two.
                    assert!(sequence.input_ids.iter().all(|id| (0..rows).contains(id)), "{:?} of {rows}", sequence.input_ids);
                    assert!(sequence.token_type_ids.iter().all(|segment| (0..2).contains(segment)), "{:?}", sequence.token_type_ids);
                }
                let _ = (tokenizer.decode(&ids), tokenizer.encode_word(text), tokenizer.encode_with_offsets(text));
                ids.iter().for_each(|&id| drop(tokenizer.readable(id)));
            }
        }
    });
});
