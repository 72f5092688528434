//! What `jumok calc` prints, in both languages.

jumok_training::texts! {
    /// The heading of the list.
    PRESETS = "Models by name; a config.json or the folder of a model does as well:" | "이름으로 고르는 모델 (config.json이나 모델 폴더도 됩니다):";
    /// A column.
    COLUMN_NAME = "name" | "이름";
    /// A column.
    COLUMN_PARAMETERS = "parameters" | "파라미터";
    /// A column.
    COLUMN_LAYERS = "layers" | "층";
    /// A column.
    COLUMN_WIDTH = "width" | "폭";
    /// A column.
    COLUMN_CONTEXT = "context" | "문맥";
    /// The heading of the parameters.
    PARAMETERS = "Parameters of {model}: {parameters}" | "{model}의 파라미터: {parameters}개";
    /// A column.
    COLUMN_PART = "part" | "부분";
    /// A column.
    COLUMN_EACH = "each" | "층마다";
    /// A column.
    COLUMN_TOTAL = "total" | "합계";
    /// A column.
    COLUMN_SHARE = "share" | "비율";
    /// The heading of the operations.
    COMPUTE = "Operations (a multiply-add is two), texts of {context} tokens:" | "연산 수 (곱하고 더하기는 둘로 셈), 토큰 {context}개짜리 글:";
    /// A row.
    ROW_FORWARD = "forward, a token" | "순전파, 토큰 하나";
    /// A row.
    ROW_ATTENTION = "  of it between tokens" | "  그중 토큰 사이";
    /// A row.
    ROW_TRAINING = "training on {tokens} tokens" | "토큰 {tokens}개로 학습";
    /// A row.
    ROW_SIX = "  by the estimate 6·N·D" | "  6·N·D로 어림하면";
    /// The heading of the memory.
    MEMORY = "Memory:" | "메모리:";
    /// A row.
    ROW_WEIGHTS = "weights in {format}" | "{format} 가중치";
    /// A row.
    ROW_CACHE = "keys and values of {batch} × {context} tokens in {format}" | "키와 값, {batch} × {context} 토큰, {format}";
    /// A row.
    ROW_STEP = "training with AdamW, {precision}" | "AdamW 학습, {precision}";
    /// A row.
    ROW_GRADIENTS = "  gradients" | "  기울기";
    /// A row.
    ROW_OWN = "  weights" | "  가중치";
    /// A row.
    ROW_MOMENTS = "  moments" | "  모멘트";
    /// A row.
    ROW_ACTIVATIONS = "  activations, roughly" | "  활성값, 대략";
    /// The precision of a training.
    MIXED = "products in bf16" | "bf16 곱셈";
    /// The precision of a training.
    SINGLE = "f32" | "f32 (단정밀도)";
    /// The heading of the roofline.
    ROOFLINE =
        "At most, on a machine with {peak} GFLOP/s and {bandwidth} GB/s, weights in {format}, {batch} × {context} tokens:"
        | "{peak} GFLOP/s, {bandwidth} GB/s인 기계의 상한, {format} 가중치, {batch} × {context} 토큰:";
    /// A measured machine.
    MEASURED = "Measured here with {threads} threads: {peak} GFLOP/s in f32, {bandwidth} GB/s from memory." | "여기서 스레드 {threads}개로 측정: f32 {peak} GFLOP/s, 메모리 {bandwidth} GB/s.";
    /// A column.
    COLUMN_PHASE = "phase" | "단계";
    /// A column.
    COLUMN_INTENSITY = "operations a byte" | "바이트당 연산";
    /// A column.
    COLUMN_ATTAINABLE = "GFLOP/s" | "초당 연산 (GFLOP/s)";
    /// A column.
    COLUMN_TOKENS = "tokens/s" | "초당 토큰";
    /// A column.
    COLUMN_LIMIT = "the limit is" | "한계";
    /// A phase.
    READING = "reading (prompt)" | "읽기 (프롬프트)";
    /// A phase.
    WRITING = "writing, token by token" | "쓰기, 토큰마다";
    /// A limit.
    LIMIT_MEMORY = "memory" | "메모리";
    /// A limit.
    LIMIT_ARITHMETIC = "arithmetic" | "연산";
    /// The title of the picture.
    CHART_TITLE = "{model} on {peak} GFLOP/s and {bandwidth} GB/s" | "{model}: {peak} GFLOP/s, {bandwidth} GB/s에서";
    /// An axis.
    AXIS_INTENSITY = "operations for each byte" | "바이트당 연산";
    /// An axis.
    AXIS_RATE = "GFLOP/s at most" | "상한 (GFLOP/s)";
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_message_exists_in_both_languages() {
        assert_eq!(jumok_training::texts::faults(super::ALL), Vec::<String>::new());
    }
}
