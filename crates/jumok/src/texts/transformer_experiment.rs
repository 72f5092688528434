//! What the experiments on the Transformer print, in both languages.

jumok_training::texts! {
    /// A model.
    GRU = "GRU" | "GRU 신경망";
    /// A model.
    TRANSFORMER = "Transformer" | "트랜스포머";
    /// Where a plot is.
    PLOT_SAVED = "The plot is in {path}." | "그래프는 {path}에 있습니다.";
    /// How a model was trained.
    TRAINED =
        "{name}: {parameters} parameters, {time}, loss {loss} in the end"
        | "{name}: 파라미터 {parameters}개, {time}, 마지막 손실 {loss}";
    /// What the experiment on parallel steps does.
    PARALLEL_PLAN =
        "A GRU ({gru} parameters) and a layer of a Transformer ({transformer}), both {width} wide, read one text forward and back."
        | "폭이 {width}인 GRU(파라미터 {gru}개)와 트랜스포머 층 하나({transformer}개)가 글 하나를 읽고 역전파까지 합니다.";
    /// What it shows.
    PARALLEL_STEPS =
        "Steps in which a token learns of others and which must wait for one another, counted on the graph that was computed:"
        | "토큰이 다른 토큰을 알게 되는 단계 가운데 서로를 기다려야 하는 것의 수입니다. 실제로 계산한 그래프에서 셌습니다.";
    /// What it shows besides.
    PARALLEL_TIMES =
        "Milliseconds of a training step on this machine, by the number of threads:"
        | "이 컴퓨터에서 학습 한 스텝에 걸린 시간(ms)입니다. 스레드 수에 따라 나누었습니다.";
    /// A column.
    COLUMN_TOKENS = "tokens" | "토큰";
    /// A column.
    COLUMN_STEPS = "{name}: steps" | "{name}: 단계";
    /// A column.
    COLUMN_TIME = "{name}, threads: {threads}" | "{name}, 스레드 {threads}개";
    /// Title of its plot.
    PARALLEL_TITLE = "A training step on one text" | "글 하나로 하는 학습 한 스텝";
    /// An axis.
    AXIS_TOKENS = "tokens in the text" | "글의 토큰 수";
    /// An axis.
    AXIS_MS = "milliseconds" | "밀리초";
    /// What the experiment on recall does.
    RECALL_PLAN =
        "{cards} cards with one of {names} names and a number are shown, then all of them are asked in another order. Both models are {width} wide and have two layers; each learns from {steps} steps of {batch} fresh texts."
        | "이름 {names}개 가운데 하나와 수가 적힌 카드 {cards}장을 보여 준 뒤, 순서를 바꾸어 모두 묻습니다. 두 모델 모두 폭이 {width}이고 층이 둘이며, 새 글 {batch}개씩 {steps}스텝을 배웁니다.";
    /// What it shows.
    RECALL_RESULT =
        "Right answers to {questions} questions in held-out texts, by the number of tokens between card and question:"
        | "본 적 없는 글의 질문 {questions}개에 맞게 답한 비율, 카드와 질문 사이의 토큰 수에 따라:";
    /// A column.
    COLUMN_DISTANCE = "distance" | "거리";
    /// A column and a level.
    COLUMN_GUESS = "guessing" | "찍기";
    /// A row.
    ROW_ALL = "all" | "전체";
    /// Title of its plot.
    RECALL_TITLE = "What is recalled, and how far away it was" | "기억해 낸 비율과 거리";
    /// An axis.
    AXIS_DISTANCE = "tokens between card and question" | "카드와 질문 사이의 토큰 수";
    /// An axis.
    AXIS_RIGHT = "right answers" | "정답 비율";
    /// What the experiment on heads does.
    HEADS_PLAN =
        "{cards} cards with one of {names} names and a number are shown, then asked. {facts} of the names have the same number in every text, so it can be known by heart; those of the others are new each time. One Transformer learns both from {steps} steps of {batch} fresh texts."
        | "이름 {names}개 가운데 하나와 수가 적힌 카드 {cards}장을 보여 준 뒤 묻습니다. 이름 {facts}개는 모든 글에서 수가 같아 외울 수 있고, 나머지는 글마다 새로 정해집니다. 트랜스포머 하나가 새 글 {batch}개씩 {steps}스텝으로 둘 다 배웁니다.";
    /// What it shows.
    HEADS_RESULT =
        "How much each head looks at the number on the right card when the name is asked, and the right answers to {questions} held-out questions when it is taken out:"
        | "이름을 물을 때 각 헤드가 맞는 카드의 수를 보는 정도와, 그 헤드를 뺐을 때 본 적 없는 질문 {questions}개에 맞게 답한 비율입니다.";
    /// A column.
    COLUMN_MODEL = "model" | "모델";
    /// A column.
    COLUMN_LOOKS_NEW = "looks: new" | "보는 정도: 새 수";
    /// A column.
    COLUMN_LOOKS_FACT = "looks: by heart" | "보는 정도: 외운 수";
    /// A column.
    COLUMN_RIGHT_NEW = "right: new" | "정답: 새 수";
    /// A column.
    COLUMN_RIGHT_FACT = "right: by heart" | "정답: 외운 수";
    /// A row.
    ROW_WHOLE = "whole" | "전체";
    /// A row.
    ROW_WITHOUT = "without layer {layer}, head {head}" | "{layer}층 헤드 {head} 제외";
    /// A row.
    ROW_WITHOUT_ALL = "without any head" | "모든 헤드 제외";
    /// What follows.
    HEADS_CONCLUSION =
        "Without any head, {new} of the new numbers are right and {fact} of those known by heart. A head that looks at the card is the reason of the answer only where taking it out changes the answer."
        | "헤드를 모두 빼면 새 수는 {new}, 외운 수는 {fact}가 맞습니다. 헤드가 카드를 본다고 해서 그것이 답의 이유는 아닙니다. 빼었을 때 답이 달라져야 이유입니다.";
    /// A head in the plot.
    HEAD_NAME = "layer {layer}, head {head}" | "{layer}층 헤드 {head}";
    /// All heads in the plot.
    ALL_HEADS = "all heads" | "모든 헤드";
    /// Title of its plot.
    HEADS_TITLE = "Where a head looks, and what is lost without it" | "헤드가 보는 곳과, 뺐을 때 잃는 것";
    /// A series.
    SERIES_LOOKS = "looks at the card of a number known by heart" | "외운 수의 카드를 보는 정도";
    /// A series.
    SERIES_LOST_NEW = "right answers lost, new numbers" | "잃은 정답, 새 수";
    /// A series.
    SERIES_LOST_FACT = "right answers lost, numbers known by heart" | "잃은 정답, 외운 수";
    /// What the experiment on the size does.
    SCALING_PLAN =
        "{models} language models read the same {stories} stories ({characters} characters): {steps} steps of {batch} pieces of {window} characters each."
        | "언어 모델 {models}개가 같은 이야기 {stories}편(글자 {characters}개)을 읽습니다. 글자 {window}개짜리 조각 {batch}개씩 {steps}스텝입니다.";
    /// A model.
    MODEL_OF_WIDTH = "{width} wide" | "폭 {width}";
    /// What it shows.
    SCALING_RESULT =
        "Held-out loss in nats a character. Who knows only how frequent each character is gets {frequent}:"
        | "평가용 글의 글자당 손실(nat)입니다. 글자마다 얼마나 흔한지만 아는 사람은 {frequent}입니다.";
    /// A column.
    COLUMN_WIDTH = "width" | "폭";
    /// A column.
    COLUMN_PARAMETERS = "parameters" | "파라미터";
    /// A column.
    COLUMN_LOSS = "held-out loss" | "평가 손실";
    /// A column.
    COLUMN_LAW = "power law" | "거듭제곱 법칙";
    /// A column.
    COLUMN_PROPORTIONAL = "if it were proportional" | "비례한다면";
    /// The law.
    SCALING_LAW =
        "L ≈ {factor}·N^({exponent}), R² = {r_squared}: ten times the parameters take {tenfold} % off the loss."
        | "L ≈ {factor}·N^({exponent}), R² = {r_squared}: 파라미터가 열 배가 되면 손실이 {tenfold} % 줄어듭니다.";
    /// Title of its plot.
    SCALING_TITLE = "Loss against size" | "크기에 따른 손실";
    /// An axis.
    AXIS_PARAMETERS = "log₁₀ of the parameters" | "log₁₀(파라미터 수)";
    /// An axis.
    AXIS_LOSS = "held-out loss (nats)" | "평가 손실 (nat)";
    /// A series.
    SERIES_MEASURED = "measured" | "측정값";
    /// A series.
    SERIES_LAW = "power law, exponent {exponent}" | "거듭제곱 법칙, 지수 {exponent}";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
