//! The names of axes in Korean. In the code they are English.

use jumok_training::{Language, Text};

const AXES: &[Text] = &[
    Text { en: "batch", ko: "배치" },
    Text { en: "head", ko: "헤드" },
    Text { en: "query", ko: "질의" },
    Text { en: "key", ko: "키" },
    Text { en: "feature", ko: "특징" },
    Text { en: "token", ko: "토큰" },
    Text { en: "focus", ko: "집중" },
    Text { en: "written", ko: "쓴 것" },
    Text { en: "read", ko: "읽은 것" },
    Text { en: "next", ko: "다음 단어" },
    Text { en: "word", ko: "단어" },
    Text { en: "clue", ko: "단서" },
    Text { en: "model", ko: "모델" },
    Text { en: "sentence", ko: "문장" },
    Text { en: "class", ko: "부류" },
    Text { en: "position", ko: "위치" },
    Text { en: "relation", ko: "관계" },
    Text { en: "neighbour", ko: "이웃" },
    Text { en: "tag", ko: "태그" },
    Text { en: "band", ko: "대역" },
    Text { en: "color", ko: "색" },
    Text { en: "label", ko: "레이블" },
    Text { en: "before", ko: "앞에 쓴 것" },
    Text { en: "form", ko: "형태" },
    Text { en: "other", ko: "다른 형태" },
    Text { en: "topic", ko: "주제" },
    Text { en: "text", ko: "글" },
    Text { en: "word", ko: "단어" },
    Text { en: "narrow", ko: "좁은 특징" },
    Text { en: "temperature", ko: "온도" },
    Text { en: "choice", ko: "선택지" },
    Text { en: "first", ko: "첫 토큰" },
    Text { en: "last", ko: "끝 토큰" },
    Text { en: "end", ko: "끝점" },
];

/// The name of an axis in the language of a run; one without a translation stays as it is.
pub(crate) fn axis(name: &str, language: Language) -> &str {
    AXES.iter().find(|text| text.en == name).map_or(name, |text| text.get(language))
}
