//! What the family tree says, in both languages.

jumok_training::texts! {
    /// What the marks mean.
    LEGEND = "{open} the weights can be had, under the licence that is named; {closed} only answers can be had" | "{open} 적힌 라이선스로 가중치를 받을 수 있음, {closed} 답만 받을 수 있음";
    /// The title of the picture.
    TITLE = "The family tree of language models" | "언어 모델의 계통수";
    /// A full mark.
    OPEN = "weights can be had" | "가중치 공개";
    /// A hollow mark.
    CLOSED = "closed" | "비공개";
    /// A column.
    COLUMN_PRODUCT = "product" | "제품";
    /// A column.
    COLUMN_MODEL = "model" | "모델";
    /// A column.
    COLUMN_ORGANISATION = "organisation" | "기관";
    /// A column.
    COLUMN_DATE = "date" | "시기";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
