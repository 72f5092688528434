//! The slides of the lecture and what can be run for each.

use jumok_training::Text;

use crate::lesson::LESSONS;

/// A part of the lecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Title and contents.
    Opening,
    /// Attention and self-attention.
    Attention,
    /// BERT.
    Bert,
    /// Large language models.
    Llm,
}

impl Part {
    /// Its name.
    pub fn title(self) -> Text {
        match self {
            Part::Opening => Text { en: "Opening", ko: "시작" },
            Part::Attention => Text { en: "Attention and self-attention", ko: "어텐션과 셀프 어텐션" },
            Part::Bert => Text { en: "BERT", ko: "BERT: 양방향 인코더" },
            Part::Llm => Text { en: "Large language models", ko: "거대 언어 모델" },
        }
    }
}

/// Something that can be run for a slide, beside its lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// A command of the program, without its name.
    Command(&'static str),
    /// An example of a package of the workspace: `cargo run -p <package> --example <name>`.
    Example {
        /// The package.
        package: &'static str,
        /// The example.
        name: &'static str,
    },
}

/// A slide.
#[derive(Debug, Clone, Copy)]
pub struct Slide {
    /// `S01` to `S55`.
    pub id: &'static str,
    /// The part it belongs to.
    pub part: Part,
    /// What it is about, in words of the course.
    pub title: Text,
    /// What can be run for it beside a lesson.
    pub activities: &'static [Activity],
}

impl Slide {
    /// Whether something can be run for it today.
    pub fn is_runnable(&self) -> bool {
        !self.activities.is_empty() || LESSONS.iter().any(|lesson| lesson.slides.contains(&self.id))
    }
}

use Activity::{Command, Example};
use Part::{Attention, Bert, Llm, Opening};

const fn slide(
    id: &'static str,
    part: Part,
    en: &'static str,
    ko: &'static str,
    activities: &'static [Activity],
) -> Slide {
    Slide { id, part, title: Text { en, ko }, activities }
}

/// All slides, in order.
#[rustfmt::skip] // a table: one slide a line
pub const SLIDES: &[Slide] = &[
    slide("S01", Opening, "Title", "표지", &[Command("lecture")]),
    slide("S02", Opening, "The four parts", "네 부분의 차례", &[Command("lecture")]),
    slide("S03", Attention, "Why attention: one vector is narrow", "왜 어텐션인가: 벡터 하나로는 좁다", &[Command("seq2seq experiment bottleneck"), Command("seq2seq experiment recency"), Command("seq2seq experiment vanishing-gradient"), Example { package: "jumok-seq2seq", name: "s03_before_attention" }, Example { package: "jumok-seq2seq", name: "s03_recency" }, Example { package: "jumok-seq2seq", name: "s03_vanishing_gradient" }]),
    slide("S04", Attention, "The idea: weigh what matters", "기본 생각: 중요한 것에 무게를", &[Example { package: "jumok-attention", name: "s04_weighted_pooling" }]),
    slide("S05", Attention, "Key, value, query", "키, 값, 질의", &[Example { package: "jumok-attention", name: "s05_soft_dictionary" }]),
    slide("S06", Attention, "How encoder and decoder meet", "인코더와 디코더가 만나는 법", &[Example { package: "jumok-seq2seq", name: "s06_encoder_decoder" }]),
    slide("S07", Attention, "Attention score", "어텐션 점수", &[Example { package: "jumok-attention", name: "s07_scores" }]),
    slide("S08", Attention, "Attention distribution", "어텐션 분포", &[Example { package: "jumok-attention", name: "s08_distribution" }, Example { package: "jumok-tensor", name: "step_through_softmax" }]),
    slide("S09", Attention, "Attention value: the context", "어텐션 값: 컨텍스트", &[Example { package: "jumok-attention", name: "s09_value" }]),
    slide("S10", Attention, "A new focus for every output word", "출력 단어마다 새로운 초점", &[Command("seq2seq train --task reverse --attention luong"), Example { package: "jumok-seq2seq", name: "s10_reverse_alignment" }]),
    slide("S11", Attention, "Use: tagging music", "응용: 음악 태깅", &[Command("seq2seq experiment tagging"), Example { package: "jumok-seq2seq", name: "s11_music_tagging" }]),
    slide("S12", Attention, "Use: captioning images", "응용: 이미지 캡션", &[Command("seq2seq experiment captioning"), Example { package: "jumok-seq2seq", name: "s12_image_captioning" }]),
    slide("S13", Attention, "Self-attention", "셀프 어텐션", &[Example { package: "jumok-attention", name: "s13_self_attention" }]),
    slide("S14", Attention, "Self-attention beside attention", "셀프 어텐션과 기존 어텐션의 비교", &[Example { package: "jumok-attention", name: "s14_one_function" }]),
    slide("S15", Attention, "Its weights W_Q, W_K, W_V", "가중치 W_Q, W_K, W_V", &[Example { package: "jumok-seq2seq", name: "s15_parameters" }]),
    slide("S16", Attention, "The formula, and why √d", "수식, 그리고 √d의 이유", &[Example { package: "jumok-attention", name: "s16_scaling" }]),
    slide("S17", Attention, "Many heads in the encoder", "인코더의 여러 헤드", &[Example { package: "jumok-attention", name: "s17_multi_head" }]),
    slide("S18", Attention, "The decoder as a language model", "언어 모델로서의 디코더", &[Command("transformer train-lm"), Command("transformer generate"), Example { package: "jumok-transformer", name: "s18_language_model" }]),
    slide("S19", Attention, "Hiding the future", "미래 가리기", &[Example { package: "jumok-transformer", name: "s19_hiding_the_future" }]),
    slide("S20", Attention, "The decoder looks at the encoder", "인코더를 보는 디코더", &[Command("transformer train --task reverse"), Command("transformer train --task dates-ko"), Example { package: "jumok-transformer", name: "s20_encoder_decoder" }]),
    slide("S21", Attention, "What the Transformer changed", "트랜스포머가 바꾼 것", &[Command("transformer experiment parallel"), Command("transformer experiment scaling"), Command("transformer experiment recall"), Command("transformer experiment heads"), Example { package: "jumok-transformer", name: "s21_parallel" }, Example { package: "jumok-transformer", name: "s21_scaling" }, Example { package: "jumok-transformer", name: "s21_recall" }, Example { package: "jumok-transformer", name: "s21_heads" }]),
    slide("S22", Attention, "The family tree of language models", "언어 모델의 계통수", &[Command("lineage"), Example { package: "jumok-lecture", name: "s22_lineage" }]),
    slide("S23", Attention, "LLM products", "LLM 소프트웨어 제품", &[Command("lineage --products")]),
    slide("S24", Attention, "LLMs and their hardware", "LLM과 하드웨어", &[Command("calc llama-7b"), Command("calc llama-3.1-8b --roofline"), Command("bench limits"), Example { package: "jumok-lecture", name: "s24_calculator" }]),
    slide("S25", Bert, "BERT: an encoder that reads both ways", "BERT: 양쪽을 읽는 인코더", &[Command("bert pretrain"), Command("calc bert-base")]),
    slide("S26", Bert, "Context from left and right", "왼쪽과 오른쪽의 문맥", &[Command("bert fill-mask")]),
    slide("S27", Bert, "Before BERT: learning from labels", "BERT 이전: 정답으로 배우기", &[]),
    slide("S28", Bert, "Before BERT: learning without labels", "BERT 이전: 정답 없이 배우기", &[Example { package: "jumok-seq2seq", name: "s28_skip_gram" }]),
    slide("S29", Bert, "Pre-training", "사전학습", &[Command("bert pretrain")]),
    slide("S30", Bert, "Masked words", "가린 단어 맞히기", &[Example { package: "jumok-text", name: "s30_masking" }, Example { package: "jumok-text", name: "pretraining_pair" }, Command("bert fill-mask")]),
    slide("S31", Bert, "Next sentences", "다음 문장 맞히기", &[Example { package: "jumok-bert", name: "s31_next_sentence" }, Command("bert nsp")]),
    slide("S32", Bert, "Transfer: pre-train, then fine-tune", "전이 학습: 사전학습 뒤 미세조정", &[Command("bert experiment transfer")]),
    slide("S33", Bert, "Four kinds of tasks", "네 가지 과제", &[Command("bert finetune"), Command("bert predict"), Example { package: "jumok-bert", name: "s33_four_shapes" }]),
    slide("S34", Bert, "One foundation, many tasks", "하나의 기반, 여러 과제", &[Command("bert finetune"), Command("inspect")]),
    slide("S35", Llm, "Kinds of language models", "언어 모델의 구분", &[Command("lineage --open")]),
    slide("S36", Llm, "RoBERTa, DistilBERT, ALBERT", "RoBERTa, DistilBERT, ALBERT의 개선", &[Command("bert experiment family"), Command("calc albert-base"), Command("inspect"), Example { package: "jumok-bert", name: "s36_distillation" }]),
    slide("S37", Llm, "Other languages and fields", "다른 언어와 분야", &[Command("tokenize")]),
    slide("S38", Llm, "Korean models", "한국어 모델", &[Command("tokenize"), Command("calc kobert"), Command("calc kogpt2")]),
    slide("S39", Llm, "T5: everything is text", "T5: 모든 것을 텍스트로", &[]),
    slide("S40", Llm, "T5: how it is built", "T5의 구조", &[]),
    slide("S41", Llm, "T5: how it learns", "T5의 학습", &[]),
    slide("S42", Llm, "GPT: an overview", "GPT 개관", &[]),
    slide("S43", Llm, "GPT-1", "GPT-1의 두 단계", &[]),
    slide("S44", Llm, "GPT-2", "GPT-2의 확장", &[]),
    slide("S45", Llm, "Learning from examples in the prompt", "프롬프트 속 예시로 배우기", &[]),
    slide("S46", Llm, "GPT-3", "GPT-3의 규모", &[]),
    slide("S47", Llm, "ChatGPT", "ChatGPT의 대화", &[]),
    slide("S48", Llm, "Step 1: imitate demonstrations", "1단계: 시범 따라 하기", &[]),
    slide("S49", Llm, "Step 2: a model of preferences", "2단계: 선호의 모델", &[]),
    slide("S50", Llm, "Step 3: PPO", "3단계: PPO 학습", &[]),
    slide("S51", Llm, "GPT-4, by rumour", "소문으로 아는 GPT-4", &[]),
    slide("S52", Llm, "LLaMA: size against data", "LLaMA: 크기와 데이터", &[]),
    slide("S53", Llm, "LLaMA: four sizes, eight benchmarks", "LLaMA: 네 크기, 여덟 벤치마크", &[]),
    slide("S54", Llm, "LLaMA: open weights, short context", "LLaMA: 공개 가중치, 짧은 문맥", &[]),
    slide("S55", Llm, "LLaMA 3.1: long context", "LLaMA 3.1: 긴 문맥", &[]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn all_slides_are_there_in_order_and_in_both_languages() {
        assert_eq!(SLIDES.len(), 55);
        for (n, slide) in SLIDES.iter().enumerate() {
            assert_eq!(slide.id, format!("S{:02}", n + 1));
            for title in [slide.title, slide.part.title()] {
                assert_eq!(jumok_training::texts::faults(&[(slide.id, title)]), Vec::<String>::new());
            }
        }
    }

    #[test]
    fn the_examples_exist() {
        let examples = SLIDES.iter().flat_map(|slide| slide.activities).filter_map(|activity| match activity {
            Example { package, name } => Some((package, name)),
            Command(_) => None,
        });
        for (package, name) in examples {
            let folder = package.strip_prefix("jumok-").unwrap_or(package);
            let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../{folder}/examples/{name}.rs"));
            assert!(file.is_file(), "{package} has no example {name}");
        }
    }

    #[test]
    fn a_slide_with_a_lesson_is_runnable() {
        for (id, runnable) in [("S07", true), ("S25", true), ("S55", false)] {
            assert_eq!(SLIDES.iter().find(|slide| slide.id == id).unwrap().is_runnable(), runnable, "{id}");
        }
    }
}
