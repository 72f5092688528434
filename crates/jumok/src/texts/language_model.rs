//! What the commands for language models print, in both languages.

jumok_training::texts! {
    /// The size of the model.
    MODEL =
        "Model    causal language model {preset}: {layers} layers, {width} wide, {heads} heads, {positions} tokens at once, {parameters} parameters"
        | "모델     인과 언어 모델 {preset}: 층 {layers}개, 폭 {width}, 헤드 {heads}개, 한 번에 토큰 {positions}개, 파라미터 {parameters}개";
    /// The size of the data.
    DATA =
        "Data     {tokens} {unit}, {vocabulary} different ones in the vocabulary; held out: {held_out}"
        | "데이터   {unit} {tokens}개, 어휘 {vocabulary}개; 평가용 {held_out}개";
    /// What a token is.
    CHARACTERS = "characters" | "글자";
    /// What a token is.
    WORDS = "words" | "단어";
    /// What a token is.
    PIECES = "word pieces" | "단어 조각";
    /// Among how many tokens the model hesitates, for the progress line.
    PERPLEXITY = "perplexity {perplexity}" | "퍼플렉시티 {perplexity}";
    /// An evaluation on the way.
    EVALUATION =
        "step {step}: held-out loss {loss}, perplexity {perplexity}"
        | "스텝 {step}: 평가 손실 {loss}, 퍼플렉시티 {perplexity}";
    /// The heading of the results.
    RESULTS =
        "On {tokens} tokens of the held-out text, each foretold from those before it:"
        | "평가용 텍스트의 토큰 {tokens}개를 그 앞의 토큰들로 예측한 결과:";
    /// A column of the results.
    COLUMN_WHO = "who foretells" | "예측하는 쪽";
    /// A column of the results.
    COLUMN_LOSS = "loss (nats)" | "손실 (nat)";
    /// A column of the results.
    COLUMN_PERPLEXITY = "perplexity" | "퍼플렉시티";
    /// A column of the results.
    COLUMN_BITS = "bits a token" | "토큰당 비트";
    /// A row of the results.
    ROW_MODEL = "the model" | "모델";
    /// A row of the results.
    ROW_BIGRAM = "counting pairs of tokens" | "이웃한 두 토큰의 빈도";
    /// A row of the results.
    ROW_UNIGRAM = "counting tokens" | "토큰의 빈도";
    /// A row of the results.
    ROW_UNIFORM = "all tokens alike" | "모든 토큰이 같은 확률";
    /// Over a sample.
    SAMPLE =
        "How it goes on with the beginning of the held-out text (temperature 0.8):"
        | "평가용 텍스트의 첫머리를 이어 쓴 글 (온도 0.8):";
    /// Where the results are.
    SAVED =
        "Trained in {time}. Model, vocabulary, curve (loss.svg) and summary.json are in {folder}"
        | "학습 시간 {time}. 모델, 어휘, 곡선(loss.svg), summary.json은 {folder}에 있습니다.";
    /// What to do with the results.
    TRY =
        "Try it:\n  {program} transformer generate --model {folder} --temperature 0.8 --prompt \"The \""
        | "써 보세요:\n  {program} transformer generate --model {folder} --temperature 0.8 --prompt \"The \"";
    /// Something in the prompt that the vocabulary does not have.
    UNKNOWN =
        "The vocabulary does not know everything in the prompt; it is read as: {prompt}"
        | "프롬프트에 어휘에 없는 것이 있습니다. 이렇게 읽습니다: {prompt}";
    /// Title of a plot.
    LOSS_TITLE = "Language model: loss of the next token" | "언어 모델: 다음 토큰의 손실";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
