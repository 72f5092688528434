//! What `jumok attend` prints, in both languages.

jumok_training::texts! {
    /// The title of the page for a text that is only read.
    TITLE = "Attention of {model}: {text}" | "{model}의 어텐션: {text}";
    /// The title of the page for a text and its translation.
    TITLE_OF_TRANSLATION = "Attention of {model}: {text} → {translation}" | "{model}의 어텐션: {text} → {translation}";
    /// A model that goes on with a text.
    LANGUAGE_MODEL = "a language model" | "언어 모델";
    /// What was recorded.
    ENCODER = "Encoder          {layers} layers, {heads} heads, {keys} tokens" | "인코더         {layers}층, 헤드 {heads}개, 토큰 {keys}개";
    /// What was recorded.
    DECODER = "Decoder          {layers} layers, {heads} heads, {queries} tokens" | "디코더         {layers}층, 헤드 {heads}개, 토큰 {queries}개";
    /// What was recorded.
    CROSS =
        "Cross-attention  {layers} layers, {heads} heads, from {queries} to {keys} tokens"
        | "크로스 어텐션  {layers}층, 헤드 {heads}개, 토큰 {queries}개에서 {keys}개로";
    /// A page that is large.
    LARGE =
        "The page holds {numbers} numbers: a browser will take a while to open it. A shorter text makes a smaller one."
        | "페이지에 수가 {numbers}개 들어 있어 브라우저에서 여는 데 시간이 걸립니다. 글이 짧으면 페이지도 작아집니다.";
    /// Where the page is.
    SAVED = "Saved in {path}; open it in a browser." | "{path}에 저장했습니다. 브라우저로 여세요.";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
