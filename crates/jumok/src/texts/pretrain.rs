//! What `bert pretrain` prints, in both languages.

jumok_training::texts! {
    /// The size of the model.
    MODEL =
        "Model    {family} {preset}: {layers} layers, {width} wide, {heads} heads, {parameters} parameters"
        | "모델     {family} {preset}: 층 {layers}개, 폭 {width}, 헤드 {heads}개, 파라미터 {parameters}개";
    /// What a run begins with.
    FROM = "From     {folder}" | "시작점   {folder}";
    /// What a student learns from.
    TEACHER =
        "Teacher  {folder}: some of its layers to begin with, and what it says of every token"
        | "선생     {folder}: 층 일부에서 시작하고, 토큰마다 선생이 하는 말을 배웁니다";
    /// Parts that the folder did not have.
    FRESH_PARTS = "Not in that folder, and drawn anew: {names}" | "그 폴더에 없어서 새로 뽑은 것: {names}";
    /// The size of the data.
    DATA =
        "Data     {documents} documents, {sentences} sentences, {tokens} tokens, {vocabulary} word pieces; held out: {held_out} documents"
        | "데이터   문서 {documents}개, 문장 {sentences}개, 토큰 {tokens}개, 어휘 {vocabulary}개; 평가용 문서 {held_out}개";
    /// Accuracy on masked words, for the progress line.
    MASKED_WORDS = "masked words {accuracy}" | "가린 단어 {accuracy}";
    /// Accuracy on next sentences, for the progress line.
    NEXT_SENTENCES = "next sentence {accuracy}" | "다음 문장 {accuracy}";
    /// Accuracy on the order of sentences.
    SENTENCE_ORDER = "sentence order {accuracy}" | "문장 순서 {accuracy}";
    /// An evaluation on the way.
    EVALUATION = "step {step}: held-out loss {loss}, {figures}" | "스텝 {step}: 평가 손실 {loss}, {figures}";
    /// The heading of the results.
    RESULTS = "On {pairs} held-out pairs whose sentences the model has never seen:" | "모델이 본 적 없는 문장으로 된 평가용 {pairs}쌍의 결과:";
    /// The heading of the results, where examples are no pairs.
    RESULTS_OF_TEXTS =
        "On {texts} held-out texts that the model has never seen:" | "모델이 본 적 없는 평가용 텍스트 {texts}개의 결과:";
    /// A column of the results: what was measured.
    COLUMN_TASK = "task" | "과제";
    /// A column of the results: the model's figure.
    COLUMN_MODEL = "model" | "모델";
    /// A row of the results.
    ROW_MASKED = "masked words, accuracy" | "가린 단어 정확도";
    /// A row of the results.
    ROW_MASKED_LOSS = "masked words, loss (nats)" | "가린 단어 손실 (nat)";
    /// A row of the results.
    ROW_NEXT = "next sentence, accuracy" | "다음 문장 정확도";
    /// A row of the results.
    ROW_ORDER = "sentence order, accuracy" | "문장 순서 정확도";
    /// A guesser.
    GUESS_FREQUENT = "always \"{word}\", the most frequent word" | "늘 가장 흔한 단어 \"{word}\"";
    /// A guesser.
    GUESS_UNIFORM = "all {words} word pieces equally likely" | "어휘 {words}개가 모두 같은 확률";
    /// A guesser.
    GUESS_COIN = "always the more frequent answer (a coin toss)" | "늘 더 흔한 답 (동전 던지기)";
    /// The heading of the masked sentences.
    EXAMPLES = "What it says in the place of a hidden word, with probabilities in %:" | "가린 자리에 모델이 넣은 단어와 확률(%):";
    /// A column of the masked sentences.
    COLUMN_SENTENCE = "held-out sentence" | "평가용 문장";
    /// A column of the masked sentences.
    COLUMN_WORD = "hidden" | "정답";
    /// A column of the masked sentences.
    COLUMN_GUESSES = "the five most likely words" | "가장 그럴듯한 다섯 단어";
    /// Where the results are.
    SAVED =
        "Trained in {time}. Model, curves (loss.svg, accuracy.svg), attention.svg and summary.json are in {folder}"
        | "학습 시간 {time}. 모델, 곡선(loss.svg, accuracy.svg), attention.svg, summary.json은 {folder}에 있습니다.";
    /// What to do with the results.
    TRY =
        "Try it:\n  {program} bert fill-mask --model {folder} \"{example}\""
        | "써 보세요:\n  {program} bert fill-mask --model {folder} \"{example}\"";
    /// Title of a picture.
    LOSS_TITLE = "Pre-training: loss" | "사전학습: 손실";
    /// Title of a picture.
    ACCURACY_TITLE = "Pre-training: held-out accuracy" | "사전학습: 평가 정확도";
    /// Title of a picture.
    ATTENTION_TITLE = "Attention of the trained model" | "학습한 모델의 어텐션";
    /// A curve.
    CURVE_MASKED = "masked words" | "가린 단어";
    /// A curve.
    CURVE_NEXT = "next sentence" | "다음 문장";
    /// A curve.
    CURVE_ORDER = "sentence order" | "문장 순서";
    /// A level line.
    CURVE_FREQUENT = "most frequent word" | "가장 흔한 단어";
    /// A level line.
    CURVE_COIN = "coin toss" | "동전 던지기";
    /// The caption of an attention map.
    LAYER_HEAD = "layer {layer}, head {head}" | "{layer}층 헤드 {head}";
    /// Rows of an attention map.
    AXIS_QUERY = "query" | "질의";
    /// Columns of an attention map.
    AXIS_KEY = "key" | "키";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
