//! What the commands for encoder–decoders print, in both languages.

jumok_training::texts! {
    /// The size of the model.
    MODEL =
        "Model    {cell} encoder–decoder, attention: {attention}, {width} wide, {parameters} parameters"
        | "모델     {cell} 인코더-디코더, 어텐션: {attention}, 폭 {width}, 파라미터 {parameters}개";
    /// The size of the data.
    DATA =
        "Data     {name}: {pairs} pairs, {source} and {target} tokens in the vocabularies; held out: {held_out} pairs"
        | "데이터   {name}: {pairs}쌍, 어휘 {source}개와 {target}개; 평가용 {held_out}쌍";
    /// Lines of the files that were passed over.
    EMPTY_LINES =
        "         {lines} lines with an empty side were left out"
        | "         한쪽이 비어 있는 {lines}줄은 뺐습니다";
    /// Pairs that are too long.
    LONG_PAIRS =
        "         {pairs} pairs with more than {max} tokens are not trained on"
        | "         토큰이 {max}개보다 많은 {pairs}쌍은 학습하지 않습니다";
    /// Tokens that were predicted rightly, for the progress line.
    TOKENS = "tokens {accuracy}" | "토큰 {accuracy}";
    /// An evaluation on the way.
    EVALUATION =
        "step {step}: held-out loss {loss}, whole sentences right {exact}, BLEU {bleu}"
        | "스텝 {step}: 평가 손실 {loss}, 문장 전체 정답 {exact}, BLEU {bleu}";
    /// The heading of the results.
    RESULTS =
        "On {pairs} held-out pairs whose source sentences the model has never seen:"
        | "모델이 본 적 없는 평가용 {pairs}쌍의 결과:";
    /// A column of the results: what was measured.
    COLUMN_FIGURE = "figure" | "지표";
    /// A column of the results: the value.
    COLUMN_VALUE = "value" | "값";
    /// A row of the results.
    ROW_EXACT = "whole sentences right" | "문장 전체 정답";
    /// A row of the results.
    ROW_BLEU = "BLEU (13a, lower case)" | "BLEU (13a, 소문자)";
    /// A row of the results.
    ROW_CHRF = "chrF2 (characters)" | "chrF2 (글자 단위)";
    /// A row of the results.
    ROW_TOKENS = "tokens right, given those before" | "앞이 주어졌을 때 토큰 정답";
    /// A row of the results.
    ROW_PERPLEXITY = "perplexity of a token" | "토큰의 퍼플렉시티";
    /// A row of the results.
    ROW_ALIGNED = "words that look most at the one they are made of" | "자기 원래 단어를 가장 많이 본 단어";
    /// A row of the results.
    ROW_BESIDE = "words that look most at its neighbour" | "그 이웃을 가장 많이 본 단어";
    /// The heading of the examples.
    EXAMPLES = "Some of them:" | "예:";
    /// A column of the examples.
    COLUMN_SOURCE = "held-out sentence" | "평가용 문장";
    /// A column of the examples.
    COLUMN_TRANSLATION = "what the model says" | "모델의 번역";
    /// A column of the examples.
    COLUMN_REFERENCE = "what is right, if that differs" | "다를 때의 정답";
    /// Where the results are.
    SAVED =
        "Trained in {time}. Model, curves (loss.svg, accuracy.svg), translations.tsv and summary.json are in {folder}"
        | "학습 시간 {time}. 모델, 곡선(loss.svg, accuracy.svg), translations.tsv, summary.json은 {folder}에 있습니다.";
    /// What to do with the results.
    TRY =
        "Try it:\n  {program} {command} translate --model {folder} \"{example}\""
        | "써 보세요:\n  {program} {command} translate --model {folder} \"{example}\"";
    /// Title of a picture.
    LOSS_TITLE = "Translator: loss of a token" | "번역기: 토큰의 손실";
    /// Title of a picture.
    ACCURACY_TITLE = "Translator: held-out accuracy" | "번역기: 평가 정확도";
    /// A curve.
    CURVE_EXACT = "whole sentences right" | "문장 전체 정답";
    /// A curve.
    CURVE_TOKENS = "tokens right, given those before" | "앞이 주어졌을 때 토큰 정답";
    /// Title of the alignment.
    ALIGNMENT_TITLE = "Where each word of the translation looked" | "번역의 각 단어가 본 곳";
    /// Rows of the alignment.
    AXIS_TRANSLATION = "translation" | "번역";
    /// Columns of the alignment.
    AXIS_SOURCE = "sentence" | "원문";
    /// Words that the model does not know.
    UNKNOWN =
        "Not in the vocabulary, so read as <unk>: {tokens}"
        | "어휘에 없어서 <unk>로 읽은 단어: {tokens}";
    /// A translation that did not end.
    UNFINISHED =
        "The translation was cut at {tokens} tokens; --max-tokens allows more."
        | "번역을 토큰 {tokens}개에서 잘랐습니다. --max-tokens로 늘릴 수 있습니다.";
    /// A model without attention.
    NO_ALIGNMENT =
        "This model has no attention, so there is no alignment to draw."
        | "이 모델에는 어텐션이 없어서 그릴 정렬이 없습니다.";
    /// What the experiment does.
    BOTTLENECK_PLAN =
        "Two encoder–decoders, {width} wide, learn the task {task} from sequences of {min} to {max} symbols in {steps} steps each."
        | "폭 {width}인 인코더-디코더 둘이 기호 {min}~{max}개의 수열로 과제 {task}을(를) {steps}스텝씩 배웁니다.";
    /// Its progress.
    BOTTLENECK_TRAINING = "training with {name} …" | "{name}: 학습 중 …";
    /// What it took.
    BOTTLENECK_TRAINED =
        "{name}: {parameters} parameters, {time}, loss {loss} in the end"
        | "{name}: 파라미터 {parameters}개, {time}, 마지막 손실 {loss}";
    /// A model.
    FIXED = "one fixed context vector" | "고정 문맥 벡터";
    /// A model.
    ATTENTION = "attention (Bahdanau)" | "어텐션 (Bahdanau)";
    /// A column of its table.
    COLUMN_LENGTH = "symbols" | "기호 수";
    /// The last line of its table.
    ROW_LONG_HALF = "the longer half" | "긴 쪽 절반";
    /// What it shows.
    BOTTLENECK_RESULT =
        "Held-out sequences that come out right as a whole:"
        | "처음부터 끝까지 맞힌 평가용 수열의 비율:";
    /// Where its plot is.
    PLOT_SAVED = "The plot is in {path}." | "그래프는 {path}에 있습니다.";
    /// Title of its plot.
    BOTTLENECK_TITLE = "The bottleneck: {task}" | "병목: {task}";
    /// Axis of its plot.
    AXIS_LENGTH = "symbols in the sequence" | "수열의 기호 수";
    /// Axis of its plot.
    AXIS_EXACT = "right as a whole" | "전체 정답 비율";
    /// What the experiment on recency does.
    RECENCY_PLAN =
        "In {sentences} sequences of {length} symbols, position by position, another symbol is put in the place of one. By how much does that move what the decoder is given? Without attention that is the encoder's last state, with attention the context of the step that needs the word. Every share is of the shifts at all positions together. All models are {width} wide and read from left to right."
        | "기호 {length}개의 수열 {sentences}개에서 자리마다 기호를 다른 것으로 바꿉니다. 디코더가 받는 것은 그때 얼마나 움직일까요? 어텐션이 없으면 인코더의 마지막 상태를 받고, 어텐션이 있으면 그 단어가 필요한 단계의 컨텍스트를 받습니다. 비율은 모든 자리의 움직임을 더한 것에 대한 몫입니다. 모델은 모두 폭이 {width}이고 왼쪽에서 오른쪽으로 읽습니다.";
    /// Over the first table.
    RECENCY_FRESH = "Before training:" | "학습 전:";
    /// Before the models are trained.
    RECENCY_TRAINING = "Training each for {steps} steps on the task {task} …" | "과제 {task}(으)로 {steps}스텝씩 학습하는 중 …";
    /// How well a model has learned.
    RECENCY_RIGHT = "{name}: {time}, {right} of the symbols right in the end" | "{name}: {time}, 마지막에 맞힌 기호 {right}";
    /// Over the second table.
    RECENCY_TRAINED = "After training:" | "학습 후:";
    /// A column of its table.
    COLUMN_POSITION = "position" | "자리";
    /// The last line of its table.
    ROW_LAST_QUARTER = "last quarter" | "마지막 4분의 1";
    /// Title of its plot.
    RECENCY_TITLE = "What the decoder is given of each word, before training" | "디코더가 단어마다 받는 몫, 학습 전";
    /// Axis of its plot.
    AXIS_POSITION = "position in the sequence" | "수열에서의 자리";
    /// Axis of its plot.
    AXIS_SHARE = "share of the shift" | "움직임의 비율";
    /// A level of its plot.
    EVEN_SHARE = "all words alike" | "모든 단어가 같을 때";
    /// What the experiment on the vanishing gradient does.
    GRADIENT_PLAN =
        "Fresh encoder–decoders, {width} wide, read {sentences} sequences of {length} symbols and are asked for the first symbol. The loss L goes back through the states h of the encoder."
        | "학습하지 않은 폭 {width}의 인코더-디코더들이 기호 {length}개의 수열 {sentences}개를 읽고 첫 기호를 말해야 합니다. 손실 L은 인코더의 상태 h를 거슬러 되돌아갑니다.";
    /// A column of its table.
    COLUMN_READER = "model" | "모델";
    /// A column of its table.
    COLUMN_STEP_READ = "step {step}" | "{step}단계";
    /// A column of its table.
    COLUMN_FACTOR = "per step back" | "한 단계 배율";
    /// What it shows.
    GRADIENT_RESULT =
        "‖∂L/∂h‖ at some steps, and the factor by which it changes from one step back to the next:"
        | "몇 단계의 ‖∂L/∂h‖, 그리고 한 단계 거슬러 갈 때마다 곱해지는 배율:";
    /// What it means.
    GRADIENT_MEANING =
        "The factor is the slope of the line through the logarithms (least squares). How much a vector can hold is another question: `seq2seq experiment bottleneck` asks it."
        | "배율은 로그값을 지나는 직선(최소제곱)의 기울기에서 구했습니다. 벡터 하나에 얼마나 담을 수 있는지는 다른 문제이며, `seq2seq experiment bottleneck`이 그것을 봅니다.";
    /// Title of its plot.
    GRADIENT_TITLE = "The gradient on its way back" | "되돌아가는 기울기";
    /// Axis of its plot.
    AXIS_STEP_READ = "step t of the encoder" | "인코더의 단계 t";
    /// What the experiment on music does.
    TAGGING_PLAN =
        "A model with {parameters} parameters learns the tags of clips of one or two sounds: {steps} steps of {batch} fresh clips, seed {seed}. It is told which tags a clip has, never where."
        | "파라미터 {parameters}개인 모델이 소리 한두 개로 된 클립의 태그를 배웁니다. 매번 새 클립 {batch}개씩 {steps}스텝, 시드 {seed}. 어떤 태그가 있는지만 배우고 어디에 있는지는 배우지 않습니다.";
    /// What an experiment took.
    EXPERIMENT_TRAINED = "Trained in {time}, loss {loss} in the end." | "학습 시간 {time}, 마지막 손실 {loss}.";
    /// Its results.
    TAGGING_RESULTS =
        "On {clips} held-out clips ({tags} tags):"
        | "평가용 클립 {clips}개의 결과 (태그 {tags}개):";
    /// A row of its results.
    ROW_TAG_SETS = "sets of tags right as a whole" | "태그 집합 전체 정답";
    /// A row of its results.
    ROW_TAG_ANSWERS = "single answers right" | "태그별 답 정답";
    /// A row of its results.
    ROW_TAG_F1 = "F1 of the tags that are heard" | "들리는 태그의 F1";
    /// A guesser.
    GUESS_NO_TAG = "no tag at all" | "태그를 하나도 붙이지 않음";
    /// A guesser.
    GUESS_ALL_TAGS = "every tag" | "모든 태그를 붙임";
    /// The heading of the second table.
    TAGGING_ATTENTION =
        "How much of a tag's attention lies on its own half, over {clips} held-out clips of each pair (listening everywhere alike: {even}):"
        | "태그의 어텐션 가운데 자기 절반에 놓인 몫, 쌍마다 평가용 클립 {clips}개 (어디나 똑같이 들으면 {even}):";
    /// A column.
    COLUMN_PAIR = "pair" | "쌍";
    /// A column.
    COLUMN_FIRST = "the first" | "앞의 태그";
    /// A column.
    COLUMN_SECOND = "the second" | "뒤의 태그";
    /// A column.
    COLUMN_EXACT = "tags right" | "태그 정답";
    /// Title of a picture.
    TAGGING_TITLE = "Where each tag listens" | "태그마다 듣는 곳";
    /// An axis.
    AXIS_TIME = "time" | "시간";
    /// What the experiment on images does.
    CAPTIONING_PLAN =
        "A model with {parameters} parameters learns to describe scenes of two shapes: {steps} steps of {batch} fresh scenes, seed {seed}. It is told what to say, never where to look."
        | "파라미터 {parameters}개인 모델이 도형 두 개로 된 장면을 설명하는 법을 배웁니다. 매번 새 장면 {batch}개씩 {steps}스텝, 시드 {seed}. 무엇을 말할지만 배우고 어디를 볼지는 배우지 않습니다.";
    /// Its results.
    CAPTIONING_RESULTS =
        "On {scenes} held-out scenes of pairs of objects that it has never seen together:"
        | "함께 나온 적이 없는 두 물체의 평가용 장면 {scenes}개의 결과:";
    /// A row of its results.
    ROW_CAPTIONS = "captions right, word for word" | "캡션 전체 정답";
    /// A row of its results.
    ROW_ON_OBJECT = "words of an object that look at it most" | "물체를 말하며 그 물체를 가장 많이 본 단어";
    /// A row of its results.
    ROW_MASS_ON_OBJECT = "their attention on its cell" | "그 단어들이 물체의 칸에 둔 어텐션";
    /// A guesser.
    GUESS_CAPTION = "always \"{caption}\"" | "늘 \"{caption}\"";
    /// A guesser.
    GUESS_CELL = "any of the {cells} cells" | "{cells}칸 가운데 아무 칸";
    /// A column.
    COLUMN_CAPTION = "what the model says" | "모델의 캡션";
    /// A column.
    COLUMN_TRUTH = "what is right, if that differs" | "다를 때의 정답";
    /// Title of a picture.
    CAPTIONING_TITLE = "Where each word looks" | "단어마다 보는 곳";
    /// Where a picture is.
    PICTURE_SAVED = "The picture is in {path}." | "그림은 {path}에 있습니다.";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
