//! A SentencePiece model, `spiece.model`.

#![no_main]

use jumok_fuzz::{Folder, start};
use jumok_text::SubwordTokenizer;
use libfuzzer_sys::fuzz_target;

thread_local!(static FOLDER: Folder = Folder::default());

/// A field that holds bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, bytes.len() as u8][..], bytes].concat()
}

fn seeds() -> Vec<Vec<u8>> {
    let piece = |text: &str, kind: u8| {
        field(
            1,
            &[field(1, text.as_bytes()), [&[0x15][..], &(-1.5_f32).to_le_bytes(), &[0x18, kind]].concat()].concat(),
        )
    };
    let pieces = [piece("<unk>", 2), piece("<s>", 3), piece("\u{2581}a", 1), piece("a", 1), piece("x", 4)].concat();
    // A map of characters: the length of a trie, its units, the texts.
    let trie: Vec<u8> = (0..256_u32).flat_map(|unit| (unit << 10).to_le_bytes()).take(40).collect();
    let charsmap = [&(trie.len() as u32).to_le_bytes()[..], &trie, b"a\0b\0"].concat();
    vec![
        pieces.clone(),
        [pieces.clone(), field(3, &field(2, &charsmap))].concat(),
        [pieces.clone(), field(3, &field(2, &[0; 4]))].concat(),
        [pieces, field(2, &[0x18, 1]), field(3, &[0x18, 0, 0x20, 0])].concat(),
    ]
}

fuzz_target!(init: start(seeds), |bytes: &[u8]| {
    FOLDER.with(|folder| {
        let Ok(tokenizer) = SubwordTokenizer::load(&folder.write("spiece.model", bytes)) else { return };
        for text in ["a x aa é", "학교\u{0}\u{301}"] {
            let Ok(pieces) = tokenizer.encode(text, true) else { continue };
            let ids: Vec<i64> = pieces.iter().map(|piece| piece.id).collect();
            let _ = tokenizer.decode(&ids, false);
        }
    });
});
