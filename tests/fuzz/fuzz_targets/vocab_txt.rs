//! `vocab.txt`, with a `tokenizer_config.json` beside it where the input has a zero byte.

#![no_main]

use jumok_fuzz::{Folder, start};
use jumok_text::Tokenizer;
use libfuzzer_sys::fuzz_target;

thread_local!(static FOLDER: Folder = Folder::default());

fn seeds() -> Vec<&'static [u8]> {
    vec![
        b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##a\nthe\n",
        b"\xef\xbb\xbf[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\n\r\na\r\na\r\n",
        b"<pad>\n<unk>\n<s>\n</s>\n<mask>\n\xed\x95\x99\n##\xea\xb5\x90",
        b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nA\n\0{\"do_lower_case\": true, \"strip_accents\": false}",
    ]
}

fuzz_target!(init: start(seeds), |bytes: &[u8]| {
    FOLDER.with(|folder| {
        let (vocabulary, beside) = match bytes.iter().position(|&byte| byte == 0) {
            Some(zero) => (&bytes[..zero], &bytes[zero + 1..]),
            None => (bytes, &b"{}"[..]),
        };
        folder.write("vocab.txt", vocabulary);
        folder.write("tokenizer_config.json", beside);
        let Ok(tokenizer) = Tokenizer::load(folder.path()) else { return };
        let rows = tokenizer.vocab_size() as i64;
        for text in ["the a [MASK] aa [PAD]", "학교 <mask> É [CLS]", "\u{0}\u{301}"] {
            let Ok(ids) = tokenizer.encode(text) else { continue };
            let sequence = tokenizer.sequence(&ids, Some(&ids));
            assert!(sequence.input_ids.iter().all(|id| (0..rows).contains(id)), "{:?} of {rows}", sequence.input_ids);
            let _ = (tokenizer.decode(&ids), tokenizer.tokens(&ids));
        }
        let saved = Folder::default();
        tokenizer.save(saved.path()).expect("the folder of temporary files can be written to");
        let again = Tokenizer::load(saved.path()).expect("what was written can be read");
        assert_eq!(again.special(), tokenizer.special());
    });
});
