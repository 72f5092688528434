//! What `jumok inspect` prints, in both languages.

jumok_training::texts! {
    /// A model that was fetched before.
    ALREADY_THERE = "{folder} is there already and is not fetched again" | "{folder}은(는) 이미 있어서 다시 받지 않습니다";
    /// Before a file is fetched.
    DOWNLOADING = "fetching {file}" | "받는 중: {file}";
    /// What was opened.
    WEIGHTS = "{path}: {parameters} numbers in {arrays} arrays, {files} file(s)" | "{path}: 배열 {arrays}개, 수 {parameters}개, 파일 {files}개";
    /// What the configuration says.
    CONFIG = "config.json: {model_type}, {architecture}" | "config.json: {model_type}, {architecture}";
    /// A configuration that names no class.
    NO_ARCHITECTURE = "no architecture named" | "아키텍처 이름 없음";
    /// A column.
    COLUMN_NAME = "name" | "이름";
    /// A column.
    COLUMN_SHAPE = "shape" | "모양";
    /// A column.
    COLUMN_TYPE = "type" | "자료형";
    /// A column.
    COLUMN_COUNT = "numbers" | "개수";
    /// A column.
    COLUMN_NORM = "norm" | "노름";
    /// The last row.
    TOTAL = "total" | "합계";
    /// Arrays of numbers that have no norm here.
    NOT_FLOAT = "A – stands where numbers are not floating-point: they are counted, and have no norm." | "–는 부동소수점이 아닌 배열입니다. 개수만 세고 노름은 계산하지 않습니다.";
}
