//! What `jumok tokenize` prints, in both languages.

jumok_training::texts! {
    /// The tokenizer.
    TOKENIZER = "{kind}, {size} tokens in the vocabulary" | "{kind}, 어휘의 토큰 {size}개";
    /// A column.
    COLUMN_PIECE = "piece" | "조각";
    /// A column.
    COLUMN_ID = "id" | "번호";
    /// A column.
    COLUMN_BYTES = "bytes" | "바이트";
    /// A column.
    COLUMN_TEXT = "text" | "글";
    /// How many tokens a word takes.
    COUNT = "{words} words, {tokens} tokens: {fertility} a word" | "단어 {words}개, 토큰 {tokens}개: 단어당 {fertility}개";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
