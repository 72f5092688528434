//! What the list of slides and the stepper say, in both languages.

pub mod lineage;

jumok_training::texts! {
    /// Over the list.
    LIST_TITLE = "The lecture, slide by slide" | "강의, 슬라이드별";
    /// Under the list.
    LIST_HINT =
        "Run a lesson with `{program} lecture s07`; --step goes through it step by step, --text \"…\" takes your own words.\nExamples run from a copy of the source with `cargo run -p <package> --example <name>`."
        | "`{program} lecture s07`로 레슨을 실행합니다. --step은 한 단계씩 진행하고, --text \"…\"로 원하는 단어를 넣을 수 있습니다.\n예제는 소스 사본에서 `cargo run -p <패키지> --example <이름>`으로 실행합니다.";
    /// A column of the list.
    COLUMN_SLIDE = "slide" | "슬라이드";
    /// A column of the list.
    COLUMN_TITLE = "what it is about" | "내용";
    /// A column of the list.
    COLUMN_RUN = "to run" | "실행";
    /// A slide that nothing can be run for.
    NOTHING_YET = "not yet runnable" | "아직 실행할 수 없음";
    /// An example of the list.
    EXAMPLE = "example" | "예제";
    /// Over a step on the way there.
    FORWARD = "forward {number}/{count}" | "앞으로 {number}/{count}";
    /// Over a step on the way back.
    BACKWARD = "back {number}/{count}" | "거꾸로 {number}/{count}";
    /// Where a matrix is computed.
    COMPUTED_IN = "computed in {place}" | "계산하는 곳: {place}";
    /// The axes and the size of a matrix.
    AXES = "rows: {rows}, columns: {columns}" | "행: {rows}, 열: {columns}";
    /// An axis without a name.
    SINGLE_ROW = "one" | "하나";
    /// What the gradients are of.
    GRADIENT_OF =
        "The loss here is L = ½·Σ x² over the results x of the lesson. Its gradient at a place says how fast L grows when a value there grows."
        | "여기서 손실은 레슨의 결과 x에 대한 L = ½·Σ x²입니다. 어떤 곳의 기울기는 그곳의 값이 커질 때 L이 얼마나 빨리 커지는지를 나타냅니다.";
    /// What the gradients are of.
    GRADIENT_OF_OWN =
        "The loss L here is the one that the lesson is about. Its gradient at a place says how fast L grows when a value there grows."
        | "여기서 손실 L은 이 레슨이 다루는 바로 그 손실입니다. 어떤 곳의 기울기는 그곳의 값이 커질 때 L이 얼마나 빨리 커지는지를 나타냅니다.";
    /// Between the way there and the way back.
    TURN = "That was the way there. Now the way back, from the loss to the inputs." | "여기까지가 앞으로 가는 길입니다. 이제 손실에서 입력으로 되돌아갑니다.";
    /// What can be typed.
    KEYS = "[Enter] next  [p] back  [q] quit > " | "[Enter] 다음  [p] 이전  [q] 끝 > ";
    /// Something else was typed.
    UNKNOWN_KEY = "{key} means nothing here: Enter or n goes on, p goes back, q ends." | "{key}은(는) 쓰지 않는 키입니다. Enter나 n은 다음, p는 이전, q는 끝입니다.";
    /// The first step has none before it.
    AT_START = "This is the first step." | "여기가 첫 단계입니다.";
    /// After the last step.
    END = "That was the last step." | "마지막 단계였습니다.";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
