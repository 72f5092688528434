//! What fine-tuning prints, in both languages.

jumok_training::texts! {
    /// The size of the model.
    MODEL =
        "Model    {architecture}: {layers} layers, {width} wide, {parameters} parameters; encoder: {from}"
        | "모델     {architecture}: 층 {layers}개, 폭 {width}, 파라미터 {parameters}개; 인코더: {from}";
    /// An encoder with random weights.
    FROM_SCRATCH = "random weights" | "무작위 가중치";
    /// The size of the data.
    DATA =
        "Data     {training} labelled examples, {dev} to choose the best epoch by; {tokens} tokens to train on, {unknown} of them unknown"
        | "데이터   학습 예 {training}개, 가장 좋은 에포크를 고를 예 {dev}개; 학습 토큰 {tokens}개, 그 가운데 모르는 토큰 {unknown}";
    /// Examples that neither train nor choose.
    TEST_DATA = "         {test} test examples to judge by" | "         평가할 시험 예 {test}개";
    /// The classes or tags.
    LABELS = "Labels   {labels}" | "레이블   {labels}";
    /// Rows that were passed over.
    SKIPPED = "         {rows} rows with an empty text were passed over" | "         글이 빈 {rows}행은 건너뛰었습니다.";
    /// Weights that no file brought.
    FRESH_PARTS =
        "Drawn    {names}: on the pre-trained encoder these begin with random weights"
        | "새 가중치 {names}: 사전학습한 인코더 위에서 무작위 가중치로 시작합니다.";
    /// An evaluation on the way.
    EVALUATION = "epoch {epoch}: loss {loss}, {figures}" | "에포크 {epoch}: 손실 {loss}, {figures}";
    /// A figure.
    ACCURACY = "accuracy" | "정확도";
    /// A figure.
    MACRO_F1 = "macro F1" | "매크로 F1";
    /// A figure.
    MCC = "Matthews' correlation" | "매튜스 상관계수";
    /// A figure.
    PEARSON = "Pearson's r" | "피어슨 상관계수";
    /// A figure.
    SPEARMAN = "Spearman's ρ" | "스피어만 상관계수";
    /// A figure.
    ENTITY_F1 = "entity F1" | "개체 F1";
    /// A figure.
    PRECISION = "precision" | "정밀도";
    /// A figure.
    RECALL = "recall" | "재현율";
    /// A figure.
    TAG_ACCURACY = "accuracy of single tags" | "태그 정확도";
    /// A figure.
    ANSWER_F1 = "F1" | "단어 F1";
    /// A figure.
    EXACT_MATCH = "exact match" | "완전 일치";
    /// The heading of the results on test examples.
    RESULTS_TEST =
        "On {examples} test examples that were not trained on; others chose epoch {epoch} of {epochs}, the best one:"
        | "학습하지 않은 시험 예 {examples}개의 결과. 가장 좋은 에포크는 다른 예로 골랐습니다({epochs}개 가운데 {epoch}번째):";
    /// The heading of the results where there are no test examples.
    RESULTS_DEV =
        "On {examples} examples that were not trained on, epoch {epoch} of {epochs}, the best one. The same examples chose the epoch, so this is a little too good; --test FILE judges by others:"
        | "학습하지 않은 예 {examples}개의 결과, 에포크 {epochs}개 가운데 가장 좋은 {epoch}번째. 에포크를 고른 예와 같으므로 실제보다 조금 좋게 나옵니다. --test로 다른 예를 줄 수 있습니다:";
    /// A column.
    COLUMN_METHOD = "method" | "방법";
    /// A column.
    COLUMN_FIGURE = "figure" | "지표";
    /// A column.
    COLUMN_VALUE = "value" | "값";
    /// A row.
    ROW_MODEL = "this model" | "이 모델";
    /// A simple method.
    BASELINE_MAJORITY = "the most frequent class" | "가장 흔한 클래스";
    /// A simple method.
    BASELINE_BAG = "logistic regression on words" | "단어 로지스틱 회귀";
    /// A simple method.
    BASELINE_NGRAMS = "logistic regression on character n-grams (TF-IDF)" | "글자 n-그램 로지스틱 회귀 (TF-IDF)";
    /// A simple method.
    BASELINE_NGRAM_OVERLAP = "similarity of the character n-grams (TF-IDF)" | "글자 n-그램 유사도 (TF-IDF)";
    /// A simple method.
    BASELINE_DICTIONARY = "dictionary of the training entities" | "학습 예의 개체 사전";
    /// A simple method.
    BASELINE_OVERLAP = "similarity of the words (TF-IDF)" | "단어 유사도 (TF-IDF)";
    /// A simple method.
    BASELINE_CHANCE = "guessing" | "찍기";
    /// A simple method.
    BASELINE_WORD_TAG = "each word's most frequent tag" | "단어마다 가장 흔한 태그";
    /// A simple method.
    BASELINE_SENTENCE = "the sentence nearest to the question" | "질문과 가장 비슷한 문장";
    /// The heading of the examples.
    EXAMPLES = "What it says to some of them:" | "그 가운데 몇 개에 대한 답:";
    /// A column.
    COLUMN_TEXT = "text" | "글";
    /// A column.
    COLUMN_RIGHT = "right" | "정답";
    /// A column.
    COLUMN_ANSWER = "the model" | "모델의 답";
    /// Where the results are.
    SAVED =
        "Trained in {time}. Model, curves (loss.svg, figures.svg) and summary.json are in {folder}"
        | "학습 시간 {time}. 모델, 곡선(loss.svg, figures.svg), summary.json은 {folder}에 있습니다.";
    /// What to do with the results.
    TRY =
        "Try it:\n  {program} bert predict --model {folder} {example}"
        | "써 보세요:\n  {program} bert predict --model {folder} {example}";
    /// Title of a picture.
    LOSS_TITLE = "Fine-tuning: loss" | "미세조정: 손실";
    /// Title of a picture.
    FIGURES_TITLE = "Fine-tuning: examples that were not trained on" | "미세조정: 학습하지 않은 예의 결과";
    /// An axis.
    AXIS_LOSS = "loss" | "손실";
    /// An axis.
    AXIS_FIGURES = "figure, 1 is best" | "지표 (1이 최고)";
    /// No answer in the text.
    NO_ANSWER = "(the text does not say)" | "(글에 답이 없습니다)";
    /// A predicted number.
    SCORE = "score {score}" | "점수 {score}";
    /// A found answer.
    ANSWER = "answer: {answer} ({probability})" | "답: {answer} ({probability})";
    /// Words beyond the longest sequence.
    CUT = "Only the first {read} of {words} words fit into the model." | "단어 {words}개 가운데 앞의 {read}개만 모델에 들어갑니다.";
    /// A column.
    COLUMN_WORD = "word" | "단어";
    /// A column.
    COLUMN_TAG = "tag" | "태그";
    /// What the experiment does.
    TRANSFER_PLAN =
        "Task {task}: the same head on the encoder of {model} and on one of the same sizes with random weights, {seeds} seeds, {steps} steps each; judged by {dev} examples."
        | "과제 {task}: 같은 헤드를 {model}의 인코더와, 같은 크기에 무작위 가중치인 인코더에 얹어 시드 {seeds}개로 {steps}스텝씩 학습하고, 예 {dev}개로 평가합니다.";
    /// What it shows.
    TRANSFER_RESULT = "{figure}, mean and standard deviation of {seeds} seeds:" | "{figure}, 시드 {seeds}개의 평균과 표준편차:";
    /// A column.
    COLUMN_LABELS = "labels" | "레이블 수";
    /// A column and a curve.
    SCRATCH = "from scratch" | "처음부터";
    /// A column and a curve.
    PRETRAINED = "pre-trained" | "사전학습";
    /// A column.
    COLUMN_GAP = "gap" | "차이";
    /// Title of its plot.
    TRANSFER_TITLE = "What pre-training brings: {task}" | "사전학습이 주는 것: {task}";
    /// An axis.
    AXIS_LABELS = "labelled examples (logarithmic axis); band: ± one standard deviation" | "레이블 있는 예의 수 (로그 축), 띠: ± 표준편차";
    /// Where the plot is.
    PLOT_SAVED = "The plot is in {path}." | "그래프는 {path}에 있습니다.";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
