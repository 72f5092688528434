//! What the commands print, in both languages.

pub mod attend;
pub mod calc;
pub mod family;
pub mod finetune;
pub mod inspect;
pub mod language_model;
pub mod pretrain;
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
    /// The length of the run.
    PLAN =
        "Training {steps} steps of {batch} examples ({epochs} epochs), seed {seed}, {shards} shards on {threads} threads"
        | "학습     예 {batch}개씩 {steps}스텝 ({epochs} 에포크), 시드 {seed}, 조각 {shards}개, 스레드 {threads}개";
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
    /// A column of the results: the figure of a guesser.
    COLUMN_BASELINE = "baseline" | "기준선";
    /// A column of the results: what the guesser does.
    COLUMN_GUESS = "the baseline" | "기준선의 방법";
    /// An axis.
    AXIS_ACCURACY = "accuracy" | "정확도";
    /// An axis.
    AXIS_STEP = "step" | "스텝";
    /// An axis.
    AXIS_LOSS = "loss (nats)" | "손실 (nat)";
    /// A curve.
    CURVE_TRAINING = "training (smoothed)" | "학습 (평활)";
    /// A curve.
    CURVE_HELD_OUT = "held out" | "평가";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
