//! What the commands for the Transformer print beside what all translators print, in both languages.

jumok_training::texts! {
    /// The size of the model.
    MODEL =
        "Model    Transformer: {encoder} + {decoder} layers, {width} wide, {heads} heads, {norm}, {parameters} parameters"
        | "모델     트랜스포머: 인코더 {encoder}층 + 디코더 {decoder}층, 폭 {width}, 헤드 {heads}개, {norm}, 파라미터 {parameters}개";
    /// Where the norms stand.
    PRE_NORM = "pre-norm" | "앞 정규화(pre-norm)";
    /// Where the norms stand.
    POST_NORM = "post-norm" | "뒤 정규화(post-norm)";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
