//! What the commands print, in both languages.

pub mod attend;
pub mod calc;
pub mod finetune;
pub mod inspect;
pub mod language_model;
pub mod seq2seq;
pub mod tokenize;
pub mod transformer;
pub mod transformer_experiment;

jumok_training::texts! {
    /// Before the quick start.
    QUICK_START =
        "jumok pre-trains a tiny BERT on the built-in English corpus: hidden words and next sentences.\nThis is `{program} bert pretrain` with its defaults; `{program} --help` shows everything else.\n"
        | "내장 영어 코퍼스로 작은 BERT를 사전학습합니다: 가려진 단어와 다음 문장 맞히기.\n기본값의 `{program} bert pretrain`과 같습니다. 다른 명령은 `{program} --help`로 볼 수 있습니다.\n";
    /// A debug build.
    DEBUG_BUILD =
        "This is a debug build, which is many times slower: add --release behind `cargo run`."
        | "디버그 빌드라서 훨씬 느립니다: `cargo run` 뒤에 --release를 붙이세요.";
    /// The size of the model.
    MODEL =
        "Model    BERT {preset}: {layers} layers, {width} wide, {heads} heads, {parameters} parameters"
        | "모델     BERT {preset}: 층 {layers}개, 폭 {width}, 헤드 {heads}개, 파라미터 {parameters}개";
    /// The size of the data.
    DATA =
        "Data     {documents} documents, {sentences} sentences, {tokens} tokens, {vocabulary} word pieces; held out: {held_out} documents"
        | "데이터   문서 {documents}개, 문장 {sentences}개, 토큰 {tokens}개, 어휘 {vocabulary}개; 평가용 문서 {held_out}개";
    /// The length of the run.
    PLAN =
        "Training {steps} steps of {batch} pairs ({epochs} epochs), seed {seed}, {shards} shards on {threads} threads"
        | "학습     {batch}쌍씩 {steps}스텝 ({epochs} 에포크), 시드 {seed}, 조각 {shards}개, 스레드 {threads}개";
    /// How long it will take, measured.
    ESTIMATE =
        "Time     about {time} ({milliseconds} ms a step, measured over {timed} steps)"
        | "시간     약 {time} (스텝당 {milliseconds} ms, {timed}스텝으로 측정)";
    /// Where the run is kept.
    FOLDER = "Folder   {path}\n" | "폴더     {path}\n";
    /// A run goes on.
    RESUMED = "Going on after step {step} of {steps}." | "{steps}스텝 중 {step}스텝 다음부터 이어서 학습합니다.";
    /// A run that has nothing left to do.
    COMPLETE = "All {steps} steps of this run were done already." | "이 실행의 {steps}스텝은 이미 모두 끝났습니다.";
    /// Accuracy on masked words, for the progress line.
    MASKED_WORDS = "masked words {accuracy}" | "가린 단어 {accuracy}";
    /// Accuracy on next sentences, for the progress line.
    NEXT_SENTENCES = "next sentence {accuracy}" | "다음 문장 {accuracy}";
    /// An evaluation on the way.
    EVALUATION =
        "step {step}: held-out loss {loss}, masked words {masked}, next sentence {next}"
        | "스텝 {step}: 평가 손실 {loss}, 가린 단어 {masked}, 다음 문장 {next}";
    /// The first Ctrl-C.
    INTERRUPTED =
        "Stopping after this step and saving a checkpoint; Ctrl-C again ends at once."
        | "이 스텝을 마치고 체크포인트를 저장한 뒤 멈춥니다. Ctrl-C를 한 번 더 누르면 바로 끝납니다.";
    /// The second Ctrl-C.
    INTERRUPTED_AGAIN = "Ended at once." | "바로 끝냅니다.";
    /// A run that was stopped.
    STOPPED =
        "Stopped after step {step} of {steps}; saved in {path}. To go on:\n  {program} {command} --resume {folder}"
        | "{steps}스텝 중 {step}스텝에서 멈추고 {path}에 저장했습니다. 이어서 하려면:\n  {program} {command} --resume {folder}";
    /// The heading of the results.
    RESULTS = "On {pairs} held-out pairs whose sentences the model has never seen:" | "모델이 본 적 없는 문장으로 된 평가용 {pairs}쌍의 결과:";
    /// A column of the results: what was measured.
    COLUMN_TASK = "task" | "과제";
    /// A column of the results: the model's figure.
    COLUMN_MODEL = "model" | "모델";
    /// A column of the results: the figure of a guesser.
    COLUMN_BASELINE = "baseline" | "기준선";
    /// A column of the results: what the guesser does.
    COLUMN_GUESS = "the baseline" | "기준선의 방법";
    /// A row of the results.
    ROW_MASKED = "masked words, accuracy" | "가린 단어 정확도";
    /// A row of the results.
    ROW_MASKED_LOSS = "masked words, loss (nats)" | "가린 단어 손실 (nat)";
    /// A row of the results.
    ROW_NEXT = "next sentence, accuracy" | "다음 문장 정확도";
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
    /// A model whose run has not ended.
    FROM_CHECKPOINT = "The run has not ended; using {path}." | "아직 끝나지 않은 실행이어서 {path}을(를) 사용합니다.";
    /// Before the guesses for one of several masks.
    NTH_MASK = "[MASK] {number}:" | "{number}번째 [MASK]:";
    /// The answer of next-sentence prediction.
    IS_NEXT = "B follows A" | "B는 A의 다음 문장";
    /// The answer of next-sentence prediction.
    IS_NOT_NEXT = "B comes from elsewhere" | "B는 다른 글의 문장";
    /// The answer of sentence-order prediction.
    IN_ORDER = "A comes before B" | "A 다음에 B";
    /// The answer of sentence-order prediction.
    SWAPPED = "B comes before A" | "B 다음에 A";
    /// A file was written.
    SAVED_FILE = "Saved in {path}" | "{path}에 저장했습니다.";
    /// Title of a picture.
    LOSS_TITLE = "Pre-training: loss" | "사전학습: 손실";
    /// Title of a picture.
    ACCURACY_TITLE = "Pre-training: held-out accuracy" | "사전학습: 평가 정확도";
    /// Title of a picture.
    ATTENTION_TITLE = "Attention of the trained model" | "학습한 모델의 어텐션";
    /// An axis.
    AXIS_STEP = "step" | "스텝";
    /// An axis.
    AXIS_LOSS = "loss (nats)" | "손실 (nat)";
    /// An axis.
    AXIS_ACCURACY = "accuracy" | "정확도";
    /// A curve.
    CURVE_TRAINING = "training (smoothed)" | "학습 (평활)";
    /// A curve.
    CURVE_HELD_OUT = "held out" | "평가";
    /// A curve.
    CURVE_MASKED = "masked words" | "가린 단어";
    /// A curve.
    CURVE_NEXT = "next sentence" | "다음 문장";
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
