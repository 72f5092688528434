//! Vocabularies, files and the way back to text.

use proptest::prelude::*;

use super::*;
use crate::{ToyOptions, toy_corpus};

fn train(text: &str, options: WordPieceOptions) -> Tokenizer {
    Tokenizer::train(&Corpus::parse(text), &options).unwrap()
}

fn small() -> WordPieceOptions {
    WordPieceOptions { vocab_size: 200, min_frequency: 1, ..Default::default() }
}

fn toy(language: Language) -> (Corpus, Tokenizer) {
    let options = ToyOptions { documents: 400, held_out_documents: 0, ..ToyOptions::new(language) };
    let corpus = toy_corpus(&options).unwrap().training;
    let tokenizer = Tokenizer::train(&corpus, &WordPieceOptions { language, ..Default::default() }).unwrap();
    (corpus, tokenizer)
}

#[test]
fn special_tokens_come_first_and_the_rest_is_ordinary() {
    let tokenizer = train("low lower lowest", small());
    assert_eq!(tokenizer.special(), SpecialTokens { pad: 0, unk: 1, cls: 2, sep: 3, mask: 4 });
    assert_eq!(tokenizer.ordinary_ids(), (5..tokenizer.vocab_size() as i64).collect::<Vec<_>>());
    assert_eq!(tokenizer.token(4), Some("[MASK]"));
    assert_eq!((tokenizer.token(-1), tokenizer.token(1 << 40)), (None, None));
    assert_eq!(tokenizer.tokens(&[2, 99_999, -5]), ["[CLS]", "[UNK]", "[UNK]"]);
}

#[test]
fn words_are_taken_apart_greedily_and_put_together_again() {
    let options = WordPieceOptions { vocab_size: 17, ..small() };
    let tokenizer = train("low low low lower lower newest newest wider", options);
    let ids = tokenizer.encode("Lowest, [MASK] zzz").unwrap();
    let tokens = tokenizer.tokens(&ids);
    assert_eq!(tokens.last(), Some(&"[UNK]"));
    assert!(tokens.contains(&"[MASK]") && tokens[0].starts_with('l'));
    for &id in &ids {
        let token = tokenizer.token(id).unwrap();
        assert_eq!(tokenizer.is_continuation(id), token.starts_with("##"), "{token}");
    }
    let ids = tokenizer.encode("newest lower").unwrap();
    assert!(ids.len() > 2, "17 pieces do not hold whole words: {:?}", tokenizer.tokens(&ids));
    assert_eq!(tokenizer.decode(&ids), "newest lower");
    assert!(!tokenizer.is_continuation(-1) && !tokenizer.is_continuation(1 << 40));
}

#[test]
fn training_is_deterministic() {
    for language in [Language::English, Language::Korean] {
        let (corpus, tokenizer) = toy(language);
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let options = WordPieceOptions { language, ..Default::default() };
        let again = one_thread.install(|| Tokenizer::train(&corpus, &options).unwrap());
        assert_eq!(tokenizer.tokens, again.tokens);
        assert_eq!(
            tokenizer.encode_corpus(&corpus).unwrap(),
            one_thread.install(|| again.encode_corpus(&corpus)).unwrap()
        );
    }
}

#[test]
fn every_word_of_the_built_in_corpus_is_known_and_comes_back() {
    for language in [Language::English, Language::Korean] {
        let corpus = toy(language).0;
        let options = WordPieceOptions { language, min_frequency: 1, ..Default::default() };
        let tokenizer = Tokenizer::train(&corpus, &options).unwrap();
        for (document, ids) in corpus.documents.iter().zip(tokenizer.encode_corpus(&corpus).unwrap()) {
            for (sentence, ids) in document.iter().zip(ids) {
                assert_eq!(tokenizer.decode(&ids), sentence.to_lowercase());
            }
        }
    }
}

#[test]
fn hangul_stays_whole_however_it_was_typed() {
    let options = WordPieceOptions { language: Language::Korean, ..small() };
    let tokenizer = train("한국어 사과를 먹는다.\n학교에 간다.", options);
    let composed = tokenizer.encode("사과를").unwrap();
    // The same word, taken apart into its letters.
    let decomposed = tokenizer.encode("\u{1109}\u{1161}\u{1100}\u{116a}\u{1105}\u{1173}\u{11af}").unwrap();
    assert_eq!(tokenizer.decode(&composed), "사과를");
    assert_eq!(composed, decomposed);
    assert!(!composed.contains(&tokenizer.special().unk));

    let folder = tempfile::tempdir().unwrap();
    tokenizer.save(folder.path()).unwrap();
    for file in [TOKENIZER_FILE, VOCABULARY_FILE] {
        let loaded = Tokenizer::load(&folder.path().join(file)).unwrap();
        assert_eq!(loaded.encode("\u{1109}\u{1161}과를").unwrap(), composed, "{file}");
    }
}

#[test]
fn case_and_accents_go_as_the_options_say() {
    let lower = train("Café café", small());
    assert_eq!(lower.encode("CAFÉ").unwrap(), lower.encode("cafe").unwrap());
    assert!(lower.lowercase());
    let cased = train("Café Cafe", WordPieceOptions { lowercase: false, ..small() });
    assert_ne!(cased.encode("Café").unwrap(), cased.encode("Cafe").unwrap());
    assert!(!cased.lowercase());
}

#[test]
fn saving_and_loading_changes_nothing() {
    let text = "The cat's cradle, 3.14! [MASK] naïve";
    for options in [small(), WordPieceOptions { lowercase: false, ..small() }] {
        let tokenizer = train("The cat sat. The naïve cat's cradle is 3.14 wide!", options);
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("made/on/the/way");
        tokenizer.save(&inner).unwrap();
        for loaded in
            [&inner, &inner.join(TOKENIZER_FILE), &inner.join(VOCABULARY_FILE)].map(|path| Tokenizer::load(path))
        {
            let loaded = loaded.unwrap();
            assert_eq!(loaded.tokens, tokenizer.tokens);
            assert_eq!(loaded.special(), tokenizer.special());
            assert_eq!(loaded.continuation, tokenizer.continuation);
            assert_eq!(loaded.lowercase(), tokenizer.lowercase());
            assert_eq!(loaded.encode(text).unwrap(), tokenizer.encode(text).unwrap());
        }
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 3, "no temporary file is left");
    }
}

#[test]
fn special_tokens_are_looked_up_in_foreign_vocabularies() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vocab.txt");
    std::fs::write(&file, "a\r\n##b\r\n[MASK]\r\n[SEP]\r\n[CLS]\r\n[UNK]\r\n[PAD]\r\n").unwrap();
    let tokenizer = Tokenizer::load(&file).unwrap();
    assert_eq!(tokenizer.special(), SpecialTokens { pad: 6, unk: 5, cls: 4, sep: 3, mask: 2 });
    assert_eq!(tokenizer.ordinary_ids(), [0, 1]);
    assert_eq!(tokenizer.encode("AB q").unwrap(), [0, 1, 5]);
    // Under other names, what is called [MASK] elsewhere is a text like any other, and no id is beyond the vocabulary.
    std::fs::write(&file, "a\n<mask>\n<unk>\n<pad>\n<s>\n</s>\n").unwrap();
    let tokenizer = Tokenizer::load(&file).unwrap();
    assert_eq!(tokenizer.encode("a <mask> q").unwrap(), [0, 1, 2]);
    assert!(tokenizer.encode("[MASK]").unwrap().iter().all(|&id| id == 2));
    assert_eq!(tokenizer.sequence(&[0], None).input_ids, [4, 0, 5]);
}

#[test]
fn what_is_put_around_a_text_must_be_tokens_and_segments_that_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let error = |sep_id: u32, segment: u32| {
        let piece = |kind: &str, id: &str, segment: u32| format!(r#"{{"{kind}":{{"id":"{id}","type_id":{segment}}}}}"#);
        let (cls, a, b) = (piece("SpecialToken", "<s>", 0), piece("Sequence", "A", 0), piece("Sequence", "B", segment));
        let sep = piece("SpecialToken", "</s>", 0);
        let step = format!(
            r#"{{"type":"TemplateProcessing","single":[{cls},{a},{sep}],"pair":[{cls},{a},{sep},{b},{sep}],"special_tokens":
               {{"<s>":{{"id":"<s>","ids":[0],"tokens":["<s>"]}},"</s>":{{"id":"</s>","ids":[{sep_id}],"tokens":["</s>"]}}}}}}"#
        );
        std::fs::write(folder.path().join(TOKENIZER_FILE), like_roberta(&step)).unwrap();
        Tokenizer::load(folder.path()).map(|_| ()).map_err(|error| error.to_string())
    };
    error(2, 1).unwrap();
    assert!(error(77, 0).unwrap_err().contains("puts token 77 around a text, and the last one is 8"));
    assert!(error(2, 5).unwrap_err().contains("has segment 5, and a pair of texts has the segments 0 and 1"));
}

#[test]
fn bad_tokenizer_files_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(matches!(Tokenizer::load(&path("missing.txt")), Err(TextError::Read { .. })));
    assert!(matches!(Tokenizer::load(folder.path()), Err(TextError::NoTokenizer { .. })));

    std::fs::write(path("vocab.txt"), "[PAD]\n[UNK]\n[CLS]\n[SEP]\nword\n").unwrap();
    let error = Tokenizer::load(folder.path()).unwrap_err();
    assert!(matches!(error, TextError::MissingSpecialToken { token: "[MASK]", .. }), "{error}");
    assert!(error.to_string().contains("vocab.txt"), "{error}");

    for (name, contents) in [
        ("broken.json", "{\"version\": \"1.0\", "),
        ("foreign.json", "{\"hidden_size\": 128}"),
        (
            "other.json",
            r#"{"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,
          "decoder":null,"model":{"type":"WordLevel","vocab":{"[UNK]":0},"unk_token":"[UNK]"}}"#,
        ),
        (
            "hostile.json",
            r###"{"version":"1.0","added_tokens":[],"normalizer":null,"pre_tokenizer":null,"post_processor":null,
          "decoder":null,"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
          "max_input_chars_per_word":100,"vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"[MASK]":4000000000}}}"###,
        ),
    ] {
        std::fs::write(path(name), contents).unwrap();
        let error = Tokenizer::load(&path(name)).unwrap_err();
        assert!(matches!(error, TextError::InvalidTokenizer { .. }), "{name}: {error}");
        assert!(error.to_string().contains(name), "{error}");
    }

    std::fs::write(path("vocab.txt"), SPECIAL_TOKENS.join("\n")).unwrap();
    std::fs::write(path(CONFIG_FILE), "{").unwrap();
    assert!(matches!(Tokenizer::load(&path("vocab.txt")), Err(TextError::InvalidTokenizer { .. })));
    std::fs::write(path("a file"), "").unwrap();
    let error = train("a", small()).save(&path("a file")).unwrap_err();
    assert!(matches!(error, TextError::Write { .. }), "{error}");
}

#[test]
fn senseless_training_options_are_refused() {
    let corpus = Corpus::parse("words");
    let train = |vocab_size| Tokenizer::train(&corpus, &WordPieceOptions { vocab_size, ..small() });
    assert!(matches!(train(5), Err(TextError::InvalidOption { option: "vocab_size", .. })));
    assert_eq!(train(6).unwrap().vocab_size(), 6);
    assert!(matches!(Tokenizer::train(&Corpus::default(), &small()), Err(TextError::EmptyCorpus { .. })));
    assert!(matches!("fr".parse::<Language>(), Err(TextError::InvalidOption { option: "language", .. })));
    assert_eq!("ko".parse::<Language>().unwrap().to_string(), "ko");
}

proptest! {
    /// Word by word, as a corpus is encoded, and all at once must agree, whatever the text.
    #[test]
    fn a_corpus_is_encoded_as_its_sentences_are(text in r"(the|cat| |Ca|é|e\u{301}|\t|\u{85}|\u{b}|\[MASK\]|한|\u{1112}\u{1161}|漢|İ|\u{300}|.){0,20}") {
        for options in [small(), WordPieceOptions { language: Language::Korean, ..small() }] {
            let tokenizer = train("the cat sat, cafe 한국 한글 漢", options);
            prop_assert!(tokenizer.splits_at_spaces());
            let corpus = Corpus { documents: vec![vec![text.clone()]] };
            prop_assert_eq!(&tokenizer.encode_corpus(&corpus).unwrap()[0][0], &tokenizer.encode(&text).unwrap());
        }
    }
}

/// A byte-level BPE with RoBERTa's special tokens around a few pieces.
fn like_roberta(post_processor: &str) -> String {
    let byte_level = r#"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}"#;
    let special = |id: usize, token: &str| {
        format!(
            r#"{{"id":{id},"content":"{token}","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}}"#
        )
    };
    let added: Vec<String> = [(0, "<s>"), (1, "<pad>"), (2, "</s>"), (3, "<unk>"), (8, "<mask>")]
        .map(|(id, token)| special(id, token))
        .to_vec();
    format!(
        r#"{{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{}],"normalizer":null,
           "pre_tokenizer":{byte_level},"post_processor":{post_processor},"decoder":{byte_level},
           "model":{{"type":"BPE","dropout":null,"unk_token":"<unk>","continuing_subword_prefix":null,
             "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
             "vocab":{{"<s>":0,"<pad>":1,"</s>":2,"<unk>":3,"a":4,"b":5,"Ġ":6,"Ġa":7,"<mask>":8}},
             "merges":[["Ġ","a"]]}}}}"#,
        added.join(",")
    )
}

#[test]
fn special_tokens_and_the_frame_of_a_pair_are_the_tokenizers_own() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(TOKENIZER_FILE);
    let robertas =
        r#"{"type":"RobertaProcessing","sep":["</s>",2],"cls":["<s>",0],"trim_offsets":true,"add_prefix_space":false}"#;
    for post_processor in [robertas, "null"] {
        std::fs::write(&file, like_roberta(post_processor)).unwrap();
        let tokenizer = Tokenizer::load(folder.path()).unwrap();
        assert_eq!(tokenizer.special(), SpecialTokens { pad: 1, unk: 3, cls: 0, sep: 2, mask: 8 });
        assert_eq!(tokenizer.kind(), SubwordKind::Bpe);
        // <s> A </s></s> B </s>, all in one segment.
        let pair = tokenizer.sequence(&[4, 5], Some(&[7]));
        assert_eq!(pair.input_ids, [0, 4, 5, 2, 2, 7, 2]);
        assert_eq!(pair.token_type_ids, [0; 7]);
        assert_eq!((tokenizer.special_token_count(true), tokenizer.second_start(2)), (4, 5));
        assert_eq!(tokenizer.sequence(&[4], None).input_ids, [0, 4, 2]);
        // A word inside a sentence has its space.
        assert_eq!((tokenizer.encode("a").unwrap(), tokenizer.encode_word("a").unwrap()), (vec![4], vec![7]));
        assert!(tokenizer.is_continuation(5) && !tokenizer.is_continuation(7) && !tokenizer.is_continuation(0));
        assert_eq!((tokenizer.readable(7).as_str(), tokenizer.readable(8).as_str()), ("a", "<mask>"));
        let saved = folder.path().join("saved");
        tokenizer.save(&saved).unwrap();
        let back = Tokenizer::load(&saved).unwrap();
        assert_eq!(
            (back.special(), &back.frame, &back.tokens),
            (tokenizer.special(), &tokenizer.frame, &tokenizer.tokens)
        );
        assert!(std::fs::read_to_string(saved.join(CONFIG_FILE)).unwrap().contains("\"mask_token\": \"<mask>\""));
    }
    // A folder may name them otherwise, with settings or without.
    std::fs::write(
        folder.path().join("special_tokens_map.json"),
        r#"{"cls_token": {"content": "</s>"}, "sep_token": "<s>"}"#,
    )
    .unwrap();
    let tokenizer = Tokenizer::load(folder.path()).unwrap();
    assert_eq!((tokenizer.special().cls, tokenizer.special().sep), (2, 0));
}

#[test]
fn a_pair_of_berts_has_two_segments_and_one_where_the_model_knows_no_more() {
    let tokenizer = train("the cat sat", small());
    let pair = tokenizer.sequence(&[7, 8], Some(&[9]));
    assert_eq!((pair.input_ids, pair.token_type_ids), (vec![2, 7, 8, 3, 9, 3], vec![0, 0, 0, 0, 1, 1]));
    let folder = tempfile::tempdir().unwrap();
    tokenizer.save(folder.path()).unwrap();
    assert_eq!(Tokenizer::load(folder.path()).unwrap().frame, tokenizer.frame);
    assert_eq!(tokenizer.clone().with_segments(2).frame, tokenizer.frame);
    assert_eq!(tokenizer.with_segments(1).sequence(&[7], Some(&[9])).token_type_ids, [0; 5]);
}

#[test]
fn given_pieces_are_the_vocabulary() {
    let pieces = ["grand", "##mother", "차를"].map(str::to_owned);
    let tokenizer = Tokenizer::of_pieces(&pieces).unwrap();
    let ids = tokenizer.encode("grandmother 차를 Grand").unwrap();
    assert_eq!(tokenizer.tokens(&ids), ["grand", "##mother", "차를", "[UNK]"]);
    assert_eq!(tokenizer.id("grand"), Some(5));
    for broken in ["", "a b", "grand"] {
        let error = Tokenizer::of_pieces(&[pieces[0].clone(), broken.to_owned()]).unwrap_err().to_string();
        assert!(error.contains("a piece is not empty"), "{error}");
    }
}
