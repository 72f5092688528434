//! What the experiment on BERT's family prints, in both languages.

jumok_training::texts! {
    /// What the experiment does.
    PLAN =
        "BERT, RoBERTa, ALBERT and DistilBERT of one size: {steps} steps of pre-training each on the same text, then the task {task} with {examples} examples. Runs in {folder}."
        | "같은 크기의 BERT, RoBERTa, ALBERT, DistilBERT를 같은 텍스트로 {steps}스텝씩 사전학습하고, 예 {examples}개로 과제 {task}에 미세조정합니다. 실행 폴더: {folder}";
    /// Before a run.
    PRETRAINING = "{model}: pre-training" | "{model}: 사전학습";
    /// Before a run.
    FINETUNING = "{model}: fine-tuning" | "{model}: 미세조정";
    /// The heading of the table.
    RESULT =
        "Masked words are the same ones for all, in texts that none has seen; sizes are layers/width/heads:"
        | "가린 단어는 넷 모두 같은 것이며, 본 적 없는 글에서 골랐습니다. 크기는 층/폭/헤드입니다.";
    /// A column.
    COLUMN_MODEL = "model" | "모델";
    /// A column.
    COLUMN_PARAMETERS = "parameters" | "파라미터";
    /// A column.
    COLUMN_SIZES = "sizes" | "크기";
    /// A column.
    COLUMN_STEP = "ms a step" | "스텝당 ms";
    /// A column.
    COLUMN_WORDS = "masked words" | "가린 단어";
    /// A column.
    COLUMN_SECOND = "second exercise" | "둘째 과제";
    /// What BERT does.
    CHANGE_BERT = "masked words, next sentence" | "가린 단어, 다음 문장";
    /// What RoBERTa does.
    CHANGE_ROBERTA = "masked words in full rows, new masks each time" | "꽉 찬 행의 가린 단어, 매번 새 마스크";
    /// What ALBERT does.
    CHANGE_ALBERT = "masked words, sentence order; one layer for all" | "가린 단어, 문장 순서, 층 하나를 공유";
    /// What DistilBERT does.
    CHANGE_DISTILBERT = "masked words and that BERT; half the layers" | "가린 단어와 위의 BERT, 층은 절반";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
