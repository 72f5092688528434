//! `--help` in Korean. The English help stands beside the arguments in [`crate::cli`]; a test keeps the two in step.

use clap::{Arg, Command, CommandFactory, FromArgMatches};
use jumok_training::Language;

use crate::cli::Cli;
use crate::console::language_of;

/// Reads the arguments of the process. Help is printed, and mistakes are told, before this returns: the process then ends.
pub fn parse_arguments() -> Cli {
    let arguments: Vec<String> = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let language = asked_for(&arguments).unwrap_or_else(|| language_of(|name| std::env::var(name).ok()));
    let matches = command(language).get_matches();
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

/// The language that `--lang` asks for, before the arguments are known to be sound: their help is already in it.
fn asked_for(arguments: &[String]) -> Option<Language> {
    let next = arguments.iter().skip(1).map(Some).chain([None]);
    let values = arguments.iter().zip(next).filter_map(|(argument, next)| match argument.as_str() {
        "--lang" => next.map(String::as_str),
        _ => argument.strip_prefix("--lang="),
    });
    values.last().and_then(|code| code.parse().ok())
}

/// The command line with its help in `language`.
pub fn command(language: Language) -> Command {
    match language {
        Language::English => Cli::command(),
        Language::Korean => in_korean(Cli::command(), ""),
    }
}

/// `path` is the name of the command without `jumok`: `bert pretrain`.
fn in_korean(command: Command, path: &str) -> Command {
    let find_at = |path: &str, wanted: &str| {
        KOREAN.iter().find(|(at, id, _)| *at == path && *id == wanted).map(|(_, _, text)| *text)
    };
    let same_as = SAME_ARGUMENTS.iter().find(|(command, _)| *command == path).map(|(_, other)| *other);
    let find = |wanted: &str| find_at(path, wanted).or_else(|| same_as.and_then(|other| find_at(other, wanted)));
    let mut command = command;
    if let Some(about) = find("") {
        command = command.about(about).long_about(None);
    }
    command = command.mut_args(|arg: Arg| {
        // Arguments of all commands are described once, with the command `jumok` itself.
        let id = arg.get_id().as_str();
        let everywhere =
            || KOREAN.iter().find(|(at, known, _)| at.is_empty() && *known == id).map(|(_, _, text)| *text);
        let arg = match find(id).or_else(everywhere) {
            Some(text) => arg.help(text).long_help(None),
            None => arg,
        };
        let heading =
            arg.get_help_heading().and_then(|heading| HEADINGS.iter().find(|(english, _)| *english == heading));
        match heading {
            Some((_, korean)) => arg.help_heading(*korean),
            None => arg,
        }
    });
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    for name in names {
        let below = if path.is_empty() { name.clone() } else { format!("{path} {name}") };
        command = command.mut_subcommand(name, |sub| in_korean(sub, &below));
    }
    command
}

const HEADINGS: [(&str, &str); 4] = [("Data", "데이터"), ("Model", "모델"), ("Training", "학습"), ("Run", "실행")];

/// Commands whose arguments are described as those of another, unless they have a description of their own.
const SAME_ARGUMENTS: [(&str, &str); 2] =
    [("transformer train", "seq2seq train"), ("transformer translate", "seq2seq translate")];

/// Command, argument (empty: the command itself), text.
const KOREAN: &[(&str, &str, &str)] = &[
    (
        "",
        "",
        "Rust로 배우는 트랜스포머: 학습하고, 들여다보고, 재어 봅니다. 명령 없이 실행하면 내장 코퍼스로 작은 BERT를 사전학습합니다(약 1분).",
    ),
    ("", "lang", "출력 언어 [기본값: 환경의 언어]"),
    ("", "threads", "사용할 스레드 수. 결과는 스레드 수와 무관합니다 [기본값: 코어 수]"),
    ("bert", "", "BERT: 사전학습, 가려진 단어 맞히기, 두 문장의 관계 판단, 과제에 맞춘 미세조정"),
    (
        "bert pretrain",
        "",
        "BERT, RoBERTa, ALBERT, DistilBERT를 사전학습합니다. 새로 시작하거나, 다른 모델에서, 또는 멈춘 곳에서 이어 갑니다",
    ),
    ("bert pretrain", "text", "학습할 텍스트 파일: 한 줄에 한 문장, 문서 사이에 빈 줄, UTF-8"),
    ("bert pretrain", "corpus", "--text가 없을 때 쓸 내장 코퍼스 [기본값: --lang의 언어, 없으면 en]"),
    ("bert pretrain", "held_out", "--text의 문서 가운데 평가용으로 남길 비율 [기본값: 0.05]"),
    ("bert pretrain", "tokenizer", "어휘를 새로 배우지 않고 이 vocab.txt, tokenizer.json 또는 폴더를 사용"),
    ("bert pretrain", "vocab_size", "배울 어휘의 최대 크기 [기본값: 2000]"),
    ("bert pretrain", "seq_len", "한 예의 최대 토큰 수, 특수 토큰 포함 [기본값: 64]"),
    (
        "bert pretrain",
        "second_exercise",
        "가린 단어 외에 두 부분에 대해 맞힐 것 [기본값: bert는 next-sentence, albert는 sentence-order, 나머지는 none]",
    ),
    ("bert pretrain", "pairing", "예 하나를 이루는 것 [기본값: segments, 둘째 과제가 없으면 packed]"),
    ("bert pretrain", "whole_word_masking", "단어 조각이 아니라 단어 전체를 가림"),
    ("bert pretrain", "static_masks", "에포크마다 새로 뽑지 않고 첫 에포크의 마스크와 쌍을 되풀이"),
    ("bert pretrain", "model_type", "인코더의 종류 [기본값: bert, --from이나 --config가 있으면 그 종류]"),
    ("bert pretrain", "from", "이 폴더의 모델과 어휘에서 시작해 다른 코퍼스로, 또는 더 오래 학습"),
    (
        "bert pretrain",
        "teacher",
        "DistilBERT를 가르칠 BERT의 폴더. 크기가 같고 층은 절반이며, 그 층들의 가중치에서 시작합니다",
    ),
    ("bert pretrain", "preset", "모델의 크기 [기본값: tiny]"),
    ("bert pretrain", "config", "--preset 대신 모델의 크기를 담은 config.json"),
    ("bert pretrain", "hidden_size", "토큰 벡터의 폭, 프리셋의 값 대신"),
    ("bert pretrain", "num_hidden_layers", "층의 수, 프리셋의 값 대신"),
    ("bert pretrain", "num_attention_heads", "어텐션 헤드의 수, 프리셋의 값 대신"),
    ("bert pretrain", "intermediate_size", "피드포워드 층의 폭, 프리셋의 값 대신"),
    ("bert pretrain", "embedding_size", "ALBERT 임베딩의 폭 [기본값: hidden size의 사분의 일]"),
    ("bert pretrain", "dropout", "모델 전체의 드롭아웃 확률 [기본값: 0, --config나 --from이 있으면 그 값]"),
    ("bert pretrain", "steps", "학습 스텝 수 [기본값: 2500]"),
    ("bert pretrain", "batch_size", "한 스텝의 예 수 [기본값: 32]"),
    ("bert pretrain", "lr", "가장 높은 학습률 [기본값: 0.256 / 폭, tiny에서는 0.002]"),
    ("bert pretrain", "warmup_steps", "학습률이 0에서 올라가는 스텝 수 [기본값: --steps의 20분의 1]"),
    ("bert pretrain", "schedule", "그 뒤 학습률의 모양 [기본값: linear]"),
    ("bert pretrain", "weight_decay", "AdamW의 가중치 감쇠 [기본값: 0.01]"),
    ("bert pretrain", "max_grad_norm", "기울기의 최대 길이. 더 길면 여기까지 줄입니다 [기본값: 1]"),
    ("bert pretrain", "seed", "모든 난수가 여기서 나옵니다 [기본값: 0]"),
    ("bert pretrain", "shards", "나란히 계산할 배치 조각의 수. --threads와 달리 결과의 일부입니다 [기본값: 4]"),
    ("bert pretrain", "micro_batch", "조각 하나가 한 번에 계산할 예의 수 [기본값: 조각 전체]"),
    (
        "bert pretrain",
        "precision",
        "층의 행렬곱에서 곱하는 정밀도. bf16은 지원하는 프로세서에서 더 빠르고 더 거칩니다 [기본값: f32]",
    ),
    ("bert pretrain", "out", "실행 폴더. 새것이거나 비어 있어야 합니다 [기본값: runs/<종류>-<프리셋>-<번호>]"),
    ("bert pretrain", "resume", "이 폴더의 실행을 그 설정 그대로 이어서 학습"),
    ("bert pretrain", "checkpoint_every", "체크포인트 사이의 스텝 수 [기본값: --steps의 10분의 1, 최대 1000]"),
    ("bert pretrain", "eval_every", "평가 사이의 스텝 수 [기본값: --steps의 10분의 1]"),
    ("bert pretrain", "stop_after", "이 스텝 뒤에 Ctrl-C처럼 체크포인트를 저장하고 멈춤"),
    ("bert fill-mask", "", "사전학습한 모델이 [MASK] 자리의 단어를 맞힙니다"),
    ("bert fill-mask", "model", "실행 폴더 또는 Hugging Face 형식의 모델 폴더"),
    ("bert fill-mask", "text", "한 단어 이상의 자리에 [MASK]가 있는 텍스트"),
    ("bert fill-mask", "top", "보여 줄 후보의 수"),
    ("bert nsp", "", "사전학습한 모델에게 문장 B가 문장 A의 다음 문장인지 묻습니다"),
    ("bert nsp", "model", "실행 폴더 또는 Hugging Face 형식의 모델 폴더"),
    ("bert nsp", "a", "첫 문장"),
    ("bert nsp", "b", "그다음일 수 있는 문장"),
    ("bert finetune", "", "사전학습한 모델을 레이블 있는 예로 미세조정합니다: 클래스, 점수, 선택, 태그, 답"),
    ("bert finetune", "task", "과제의 모양. --generated는 모양이 정해져 있습니다"),
    (
        "bert finetune",
        "train",
        "레이블 있는 예: 머리글이 있는 탭 구분 표, tagging은 한 줄에 단어와 태그, qa는 SQuAD의 JSON",
    ),
    ("bert finetune", "dev", "가장 좋은 에포크를 고를 예, 같은 형식"),
    ("bert finetune", "test", "고른 에포크를 평가할 예, 같은 형식. 없으면 고를 때 쓴 예로 평가합니다"),
    ("bert finetune", "held_out", "--dev가 없을 때 --train에서 에포크를 고르는 데 쓸 비율 [기본값: 0.1]"),
    ("bert finetune", "generated", "파일을 읽지 않고 내장 이야기의 단어로 이 과제를 만듭니다"),
    ("bert finetune", "corpus", "만들 과제의 언어 [기본값: --lang의 언어, 없으면 en]"),
    ("bert finetune", "training_examples", "만들 학습 예의 수 [기본값: 8000]"),
    ("bert finetune", "dev_examples", "가장 좋은 에포크를 고르려고 만들 예의 수 [기본값: 1000]"),
    ("bert finetune", "test_examples", "고른 에포크를 평가하려고 만들 예의 수 [기본값: 1000]"),
    ("bert finetune", "labels", "학습에 앞의 N개만 사용"),
    ("bert finetune", "text_column", "문장, 쌍의 첫 문장, 또는 선택지 앞 글의 열 이름 [기본값: 흔히 쓰는 이름]"),
    ("bert finetune", "pair_column", "둘째 문장의 열 이름 [기본값: 흔히 쓰는 이름]"),
    ("bert finetune", "label_column", "레이블이나 점수의 열 이름 [기본값: 흔히 쓰는 이름]"),
    (
        "bert finetune",
        "choice_columns",
        "선택지 열 이름의 앞부분, 뒤에 0, 1, 2가 붙습니다 [기본값: ending 또는 choice]",
    ),
    ("bert finetune", "max_length", "한 시퀀스의 최대 토큰 수, 특수 토큰 포함 [기본값: 128, 또는 모델의 최대 길이]"),
    (
        "bert finetune",
        "doc_stride",
        "qa에서 긴 글의 한 창에서 다음 창까지의 토큰 수 [기본값: --max-length의 삼분의 일]",
    ),
    ("bert finetune", "max_answer_length", "qa에서 답의 최대 토큰 수 [기본값: 30]"),
    ("bert finetune", "model", "사전학습한 모델의 폴더. 없으면 작은 모델이 무작위 가중치와 새 어휘로 시작합니다"),
    ("bert finetune", "from_scratch", "--model의 크기와 어휘만 쓰고 가중치는 무작위로 뽑습니다"),
    ("bert finetune", "vocab_size", "--model이 없을 때 배울 어휘의 최대 크기 [기본값: 2000]"),
    ("bert finetune", "dropout", "모델 전체의 드롭아웃 확률 [기본값: --model의 값, 없으면 0.1]"),
    ("bert finetune", "epochs", "학습 예를 모두 읽는 횟수 [기본값: 4]"),
    ("bert finetune", "batch_size", "한 스텝의 예 수 [기본값: 32]"),
    ("bert finetune", "lr", "가장 높은 학습률 [기본값: 폭에 따라, tiny에서는 0.00055, base에서는 0.00005]"),
    ("bert finetune", "warmup_ratio", "학습률이 0에서 올라가는 스텝의 비율 [기본값: 0.1]"),
    ("bert finetune", "weight_decay", "AdamW의 가중치 감쇠 [기본값: 0.01]"),
    ("bert finetune", "max_grad_norm", "기울기의 최대 길이. 더 길면 여기까지 줄입니다 [기본값: 1]"),
    ("bert finetune", "seed", "모든 난수가 여기서 나옵니다 [기본값: 0]"),
    ("bert finetune", "shards", "나란히 계산할 배치 조각의 수. --threads와 달리 결과의 일부입니다 [기본값: 4]"),
    ("bert finetune", "out", "실행 폴더. 새것이거나 비어 있어야 합니다 [기본값: runs/<과제>-<번호>]"),
    ("bert finetune", "resume", "이 폴더의 실행을 그 설정 그대로 이어서 학습"),
    ("bert finetune", "checkpoint_every", "체크포인트 사이의 스텝 수 [기본값: 한 에포크, 최대 1000]"),
    ("bert finetune", "stop_after", "이 스텝 뒤에 Ctrl-C처럼 체크포인트를 저장하고 멈춤"),
    ("bert predict", "", "미세조정한 모델에게 묻습니다"),
    ("bert predict", "model", "미세조정 실행 폴더"),
    ("bert predict", "text", "문장, 쌍의 첫 문장, 질문, 또는 선택지 앞의 글"),
    ("bert predict", "more", "둘째 문장, 답이 들어 있는 글, 또는 선택지들"),
    ("bert predict", "file", "이 파일의 줄마다 답합니다. 글과 다음 글은 탭으로 나눕니다"),
    ("bert experiment", "", "강의의 실험을 실행합니다"),
    (
        "bert experiment transfer",
        "",
        "슬라이드 S32: 레이블 수에 따라, 사전학습한 인코더와 처음부터 학습한 인코더에 얹은 같은 헤드를 비교합니다",
    ),
    ("bert experiment family", "", "슬라이드 S36: BERT, RoBERTa, ALBERT, DistilBERT를 같은 예산으로 견줍니다"),
    ("bert experiment family", "out", "실행 여덟 개와 family.json의 폴더. 멈춘 실험은 그 폴더에서 이어 갑니다"),
    ("bert experiment family", "preset", "BERT의 크기. 나머지도 이것을 따릅니다"),
    ("bert experiment family", "steps", "사전학습 스텝 수 (각각)"),
    ("bert experiment family", "generated", "모두를 미세조정할 과제"),
    ("bert experiment family", "training_examples", "그 과제의 학습 예 수"),
    ("bert experiment family", "corpus", "내장 코퍼스와 과제의 언어 [기본값: --lang의 언어, 없으면 en]"),
    ("bert experiment family", "seed", "모든 난수가 여기서 나옵니다"),
    ("bert experiment transfer", "model", "사전학습한 모델의 폴더"),
    ("bert experiment transfer", "generated", "과제"),
    ("bert experiment transfer", "corpus", "과제의 언어 [기본값: --lang의 언어, 없으면 en]"),
    ("bert experiment transfer", "labels", "레이블 있는 예의 수, 작은 것부터 큰 것까지"),
    ("bert experiment transfer", "seeds", "시드의 수. 시드마다 예와 헤드와 순서가 다릅니다"),
    ("bert experiment transfer", "steps", "예의 수와 관계없이 한 번의 학습 스텝 수"),
    ("bert experiment transfer", "batch_size", "한 스텝의 최대 예 수"),
    ("bert experiment transfer", "dev_examples", "평가할 예의 수"),
    ("bert experiment transfer", "lr", "가장 높은 학습률, 둘 다 같은 값 [기본값: 폭에 따라, tiny에서는 0.00055]"),
    ("bert experiment transfer", "svg", "그래프를 저장할 파일"),
    ("seq2seq", "", "트랜스포머 이전의 인코더-디코더: 번역기를 학습하고, 써 보고, 어텐션이 무엇을 바꾸었는지 봅니다"),
    (
        "seq2seq train",
        "",
        "생성한 과제나 직접 준비한 문장으로 번역기를 학습합니다. 새로 시작하거나 멈춘 곳에서 이어 갑니다",
    ),
    ("seq2seq train", "task", "문장 쌍을 만들어 쓸 과제 [기본값: reverse]"),
    ("seq2seq train", "source", "번역할 문장, 한 줄에 하나, UTF-8. --target이 필요합니다"),
    ("seq2seq train", "target", "줄마다 짝이 되는 번역. --source가 필요합니다"),
    ("seq2seq train", "pairs", "두 파일 대신 한 파일: 줄마다 문장, 탭, 번역"),
    ("seq2seq train", "valid_source", "평가용으로 남겨 둔 문장. --valid-target이 필요합니다"),
    ("seq2seq train", "valid_target", "그 번역. --valid-source가 필요합니다"),
    ("seq2seq train", "valid_pairs", "평가용 문장 쌍, --pairs와 같은 형식"),
    ("seq2seq train", "held_out", "평가용 파일이 없을 때 남겨 둘 쌍의 비율 [기본값: 0.05]"),
    ("seq2seq train", "training_pairs", "과제의 학습용 쌍 수 [기본값: 20000]"),
    ("seq2seq train", "held_out_pairs", "과제의 평가용 쌍 수 [기본값: 500]"),
    ("seq2seq train", "min_length", "copy와 reverse에서 가장 짧은 수열의 기호 수 [기본값: 3]"),
    ("seq2seq train", "max_length", "copy와 reverse에서 가장 긴 수열의 기호 수 [기본값: 20]"),
    ("seq2seq train", "unit", "토큰의 단위 [기본값: 날짜는 characters, 파일은 pieces, 다른 과제는 words]"),
    ("seq2seq train", "vocab_size", "양쪽 어휘의 최대 크기 [기본값: 4000]"),
    ("seq2seq train", "keep_case", "대문자와 소문자를 구별"),
    ("seq2seq train", "max_tokens", "긴 쪽의 토큰 수가 이보다 많은 쌍은 학습하지 않습니다 [기본값: 60]"),
    ("seq2seq train", "preset", "모델의 크기 [기본값: tiny]"),
    (
        "seq2seq train",
        "attention",
        "디코더가 원문에서 보는 것: 고정 벡터 하나(none), 또는 Bahdanau나 Luong의 어텐션 [기본값: bahdanau]",
    ),
    ("seq2seq train", "score", "어텐션 점수의 종류 [기본값: bahdanau는 additive, luong은 general]"),
    ("seq2seq train", "cell", "인코더와 디코더의 순환 셀 [기본값: gru]"),
    ("seq2seq train", "hidden_size", "상태와 임베딩과 은닉층의 폭, 프리셋의 값 대신"),
    ("seq2seq train", "encoder_layers", "인코더의 층 수 [기본값: 1]"),
    ("seq2seq train", "one_direction", "인코더가 왼쪽에서 오른쪽으로만 읽게 합니다"),
    ("seq2seq train", "dropout", "드롭아웃 확률 [기본값: 0]"),
    ("seq2seq train", "steps", "학습 스텝 수 [기본값: 2000]"),
    ("seq2seq train", "batch_size", "한 스텝의 문장 쌍 수 [기본값: 64]"),
    ("seq2seq train", "teacher_forcing", "디코더가 자기 출력 대신 정답 토큰을 읽을 확률 [기본값: 1]"),
    ("seq2seq train", "lr", "가장 높은 학습률 [기본값: tiny는 0.005, small은 0.001]"),
    ("seq2seq train", "warmup_steps", "학습률이 0에서 올라가는 스텝 수 [기본값: --steps의 20분의 1]"),
    ("seq2seq train", "schedule", "그 뒤 학습률의 모양 [기본값: linear]"),
    ("seq2seq train", "weight_decay", "AdamW의 가중치 감쇠 [기본값: 0.01]"),
    ("seq2seq train", "max_grad_norm", "기울기의 최대 길이. 더 길면 여기까지 줄입니다 [기본값: 1]"),
    ("seq2seq train", "seed", "모든 난수가 여기서 나옵니다 [기본값: 0]"),
    ("seq2seq train", "shards", "나란히 계산할 배치 조각의 수. --threads와 달리 결과의 일부입니다 [기본값: 2]"),
    ("seq2seq train", "out", "실행 폴더. 새것이거나 비어 있어야 합니다 [기본값: runs/<명령>-<과제>-<번호>]"),
    ("seq2seq train", "resume", "이 폴더의 실행을 그 설정 그대로 이어서 학습"),
    ("seq2seq train", "checkpoint_every", "체크포인트 사이의 스텝 수 [기본값: --steps의 10분의 1, 최대 1000]"),
    ("seq2seq train", "eval_every", "평가 사이의 스텝 수 [기본값: --steps의 10분의 1]"),
    ("seq2seq train", "stop_after", "이 스텝 뒤에 Ctrl-C처럼 체크포인트를 저장하고 멈춤"),
    ("seq2seq translate", "", "문장을 번역하고, 번역의 각 단어가 원문의 어느 단어를 보았는지 그립니다"),
    ("seq2seq translate", "model", "실행 폴더"),
    ("seq2seq translate", "text", "번역할 문장"),
    ("seq2seq translate", "beam", "동시에 따라갈 번역의 수. 1이면 늘 가장 그럴듯한 다음 토큰을 고릅니다"),
    ("seq2seq translate", "max_tokens", "번역의 최대 토큰 수 [기본값: 원문 토큰 수의 두 배에 열을 더한 값]"),
    ("seq2seq translate", "svg", "정렬 그림을 이 파일에도 저장"),
    ("seq2seq experiment", "", "강의의 실험을 실행합니다"),
    ("seq2seq experiment bottleneck", "", "슬라이드 S03: 문장 길이에 따른 정확도, 고정 문맥 벡터와 어텐션 비교"),
    ("seq2seq experiment bottleneck", "task", "과제: reverse 또는 copy"),
    ("seq2seq experiment bottleneck", "cell", "인코더와 디코더의 순환 셀"),
    ("seq2seq experiment bottleneck", "max_length", "가장 긴 수열의 기호 수. 가장 짧은 것은 네 개입니다"),
    ("seq2seq experiment bottleneck", "steps", "두 모델 각각의 학습 스텝 수"),
    ("seq2seq experiment bottleneck", "hidden_size", "상태와 임베딩과 은닉층의 폭"),
    ("seq2seq experiment bottleneck", "held_out_pairs", "길이마다 평가할 수열의 수"),
    ("seq2seq experiment bottleneck", "seed", "모든 난수가 여기서 나옵니다"),
    ("seq2seq experiment bottleneck", "svg", "그래프를 저장할 파일"),
    (
        "seq2seq experiment recency",
        "",
        "슬라이드 S03: 단어마다 디코더가 받는 것을 얼마나 움직이는지, 고정 문맥 벡터와 어텐션 비교",
    ),
    ("seq2seq experiment recency", "task", "과제: copy 또는 reverse"),
    ("seq2seq experiment recency", "length", "수열의 기호 수"),
    ("seq2seq experiment recency", "steps", "모델마다 학습 스텝 수. 0이면 학습하지 않습니다"),
    ("seq2seq experiment recency", "hidden_size", "상태와 임베딩과 은닉층의 폭"),
    ("seq2seq experiment recency", "sentences", "자리마다 바꾸어 볼 수열의 수"),
    ("seq2seq experiment recency", "seed", "모든 난수가 여기서 나옵니다"),
    ("seq2seq experiment recency", "svg", "그래프를 저장할 파일"),
    (
        "seq2seq experiment vanishing-gradient",
        "",
        "슬라이드 S03: 손실의 기울기가 인코더의 상태마다 얼마나 도착하는지 봅니다",
    ),
    ("seq2seq experiment vanishing-gradient", "length", "수열의 기호 수"),
    ("seq2seq experiment vanishing-gradient", "hidden_size", "상태와 임베딩과 은닉층의 폭"),
    ("seq2seq experiment vanishing-gradient", "sentences", "손실을 평균할 수열의 수"),
    ("seq2seq experiment vanishing-gradient", "seed", "모든 난수가 여기서 나옵니다"),
    ("seq2seq experiment vanishing-gradient", "svg", "그래프를 저장할 파일"),
    ("seq2seq experiment tagging", "", "슬라이드 S11: 음악에 태그를 붙이고, 태그마다 클립의 어디를 듣는지 봅니다"),
    ("seq2seq experiment tagging", "steps", "학습 스텝 수"),
    ("seq2seq experiment tagging", "batch_size", "한 스텝의 클립 수"),
    ("seq2seq experiment tagging", "held_out", "태그를 붙여 볼 평가용 클립 수"),
    ("seq2seq experiment tagging", "seed", "모든 난수가 여기서 나옵니다"),
    ("seq2seq experiment tagging", "svg", "슬라이드의 여섯 쌍을 그려 저장할 파일"),
    ("seq2seq experiment captioning", "", "슬라이드 S12: 그림에 캡션을 달고, 단어마다 그림의 어디를 보는지 봅니다"),
    ("seq2seq experiment captioning", "captions", "캡션의 언어 [기본값: 출력 언어]"),
    ("seq2seq experiment captioning", "steps", "학습 스텝 수"),
    ("seq2seq experiment captioning", "batch_size", "한 스텝의 장면 수"),
    ("seq2seq experiment captioning", "held_out", "캡션을 달아 볼 평가용 장면 수"),
    ("seq2seq experiment captioning", "seed", "모든 난수가 여기서 나옵니다"),
    ("seq2seq experiment captioning", "svg", "장면 몇 개를 단어와 함께 그려 저장할 파일"),
    ("transformer", "", "트랜스포머: 번역하거나 글을 이어 쓰도록 학습하고, 써 보고, 어디를 보는지 봅니다"),
    (
        "transformer train",
        "",
        "만들어 낸 과제나 자기 문장으로 번역기를 학습합니다. 새로 시작하거나 멈춘 곳에서 이어 갑니다",
    ),
    ("transformer train", "separate_vocabularies", "양쪽이 한 어휘를 함께 쓰지 않고, 어휘와 임베딩을 각각 배웁니다"),
    ("transformer train", "d_model", "토큰 벡터의 폭, 프리셋의 값 대신"),
    ("transformer train", "layers", "인코더의 층 수, 디코더도 같은 수, 프리셋의 값 대신"),
    ("transformer train", "heads", "어텐션마다 헤드의 수, 프리셋의 값 대신"),
    ("transformer train", "ffn_dim", "피드포워드 층의 폭, 프리셋의 값 대신"),
    ("transformer train", "post_norm", "정규화를 하위 층 앞이 아니라 논문처럼 뒤에 둡니다 [기본값: base에서만]"),
    ("transformer train", "dropout", "드롭아웃 확률 [기본값: 0.1, tiny는 0]"),
    ("transformer train", "lr", "가장 높은 학습률 [기본값: tiny는 0.003, small은 0.001, base는 0.0007]"),
    (
        "transformer train",
        "label_smoothing",
        "어떤 답도 지나치게 확신하지 않도록, 정답의 이 비율을 모든 토큰에 나누어 줍니다 [기본값: 0.1, tiny는 0]",
    ),
    ("transformer train", "beam", "마지막 평가에서 동시에 따라갈 번역의 수 [기본값: 1]"),
    ("transformer translate", "", "문장을 번역하고, 번역의 각 토큰이 어디를 보았는지 그립니다"),
    ("transformer translate", "layer", "크로스 어텐션을 그릴 디코더 층, 0부터 셉니다 [기본값: 마지막 층]"),
    ("transformer translate", "head", "그릴 헤드, 0부터 셉니다 [기본값: 모든 헤드의 평균]"),
    (
        "transformer train-lm",
        "",
        "자기 텍스트나 내장 이야기로 인과 언어 모델을 학습합니다. 새로 시작하거나 멈춘 곳에서 이어 갑니다",
    ),
    ("transformer train-lm", "text", "학습할 텍스트 파일, UTF-8. 끝부분은 평가용으로 남깁니다"),
    ("transformer train-lm", "corpus", "--text가 없을 때 쓸 내장 이야기 [기본값: en]"),
    ("transformer train-lm", "held_out", "--text의 글자 가운데 평가용으로 남길 비율 [기본값: 0.1]"),
    ("transformer train-lm", "unit", "토큰의 단위 [기본값: --text는 characters, 내장 이야기는 words]"),
    ("transformer train-lm", "vocab_size", "어휘의 최대 크기 [기본값: 4000]"),
    ("transformer train-lm", "preset", "모델의 크기 [기본값: nanogpt]"),
    ("transformer train-lm", "n_positions", "모델이 한 번에 보는 토큰 수, 프리셋의 값 대신"),
    ("transformer train-lm", "n_embd", "토큰 벡터의 폭, 프리셋의 값 대신"),
    ("transformer train-lm", "n_layer", "블록의 수, 프리셋의 값 대신"),
    ("transformer train-lm", "n_head", "어텐션 헤드의 수, 프리셋의 값 대신"),
    ("transformer train-lm", "dropout", "모델 전체의 드롭아웃 확률 [기본값: 0]"),
    ("transformer train-lm", "steps", "학습 스텝 수 [기본값: 2000]"),
    ("transformer train-lm", "batch_size", "한 스텝에 쓸 텍스트 창의 수 [기본값: 12]"),
    ("transformer train-lm", "lr", "가장 높은 학습률 [기본값: 0.003, 256보다 넓은 모델은 0.0006]"),
    ("transformer train-lm", "min_lr", "반 코사인을 따라 내려간 끝의 학습률 [기본값: --lr의 10분의 1]"),
    ("transformer train-lm", "warmup_steps", "학습률이 0에서 올라가는 스텝 수 [기본값: --steps의 20분의 1]"),
    ("transformer train-lm", "weight_decay", "AdamW의 가중치 감쇠 [기본값: 0.1]"),
    ("transformer train-lm", "max_grad_norm", "기울기의 최대 길이. 더 길면 여기까지 줄입니다 [기본값: 1]"),
    ("transformer train-lm", "seed", "모든 난수가 여기서 나옵니다 [기본값: 0]"),
    ("transformer train-lm", "shards", "나란히 계산할 배치 조각의 수. --threads와 달리 결과의 일부입니다 [기본값: 2]"),
    ("transformer train-lm", "out", "실행 폴더. 새것이거나 비어 있어야 합니다 [기본값: runs/lm-<프리셋>-<번호>]"),
    ("transformer train-lm", "resume", "이 폴더의 실행을 그 설정 그대로 이어서 학습"),
    ("transformer train-lm", "checkpoint_every", "체크포인트 사이의 스텝 수 [기본값: --steps의 10분의 1, 최대 1000]"),
    ("transformer train-lm", "eval_every", "평가 사이의 스텝 수 [기본값: --steps의 10분의 1]"),
    ("transformer train-lm", "stop_after", "이 스텝 뒤에 Ctrl-C처럼 체크포인트를 저장하고 멈춤"),
    ("transformer generate", "", "언어 모델이 글을 토큰 하나씩 이어 씁니다"),
    ("transformer generate", "model", "train-lm의 실행 폴더"),
    ("transformer generate", "prompt", "글의 첫머리"),
    ("transformer generate", "max_new_tokens", "쓸 토큰의 최대 수"),
    ("transformer generate", "greedy", "토큰을 뽑지 않고 늘 가장 그럴듯한 것을 고름"),
    (
        "transformer generate",
        "temperature",
        "1보다 작으면 그럴듯한 토큰이 더 그럴듯해지고, 1보다 크면 모두 비슷해집니다 [기본값: 1]",
    ),
    ("transformer generate", "top_k", "가장 그럴듯한 이만큼의 토큰에서만 뽑음"),
    ("transformer generate", "top_p", "확률의 합이 이만큼 되는 가장 그럴듯한 토큰에서만 뽑음"),
    ("transformer generate", "repetition_penalty", "글에 이미 나온 토큰을 이 배율만큼 드물게 함. 1이면 그대로입니다"),
    ("transformer generate", "seed", "뽑기가 여기서 나옵니다 [기본값: 0]"),
    ("transformer generate", "no_cache", "캐시가 무엇을 아끼는지 보도록 토큰마다 글 전체의 키와 값을 다시 계산"),
    ("tokenize", "", "토크나이저가 글을 어떻게 나누는지 봅니다: 조각, 번호, 자리, 단어당 토큰 수"),
    ("tokenize", "text", "나눌 글"),
    ("tokenize", "tokenizer", "토크나이저: tokenizer.json, vocab.txt, SentencePiece 모델, 또는 모델이나 실행의 폴더"),
    ("tokenize", "train", "대신 이 종류의 어휘를 배웁니다"),
    ("tokenize", "from", "배울 텍스트 파일: 한 줄에 한 문장, UTF-8"),
    ("tokenize", "corpus", "--from이 없을 때 배울 내장 코퍼스 [기본값: --lang의 언어, 없으면 en]"),
    ("tokenize", "vocab_size", "배울 조각의 최대 수, 특수 토큰 포함 [기본값: 2000]"),
    ("tokenize", "save", "배운 토크나이저를 이 폴더에 저장"),
    ("tokenize", "count", "이 파일들의 줄도 나누어 단어당 토큰 수를 셉니다"),
    ("tokenize", "plain", "글 앞뒤의 특수 토큰을 빼고 봅니다"),
    ("attend", "", "모델을 들여다봅니다: 문장의 토큰마다 어디를 보는지 보여 주는 페이지를 만듭니다"),
    ("attend", "model", "실행 폴더, 또는 Hugging Face 형식의 BERT 폴더"),
    ("attend", "text", "문장. BERT에는 `[SEP]`으로 나눈 두 문장도 됩니다"),
    ("attend", "target", "디코더가 있는 모델에서 들여다볼 번역 [기본값: 모델 자신의 번역]"),
    ("attend", "out", "저장할 페이지"),
    ("inspect", "", "체크포인트의 파라미터를 나무로 보여 줍니다: 모양, 자료형, 개수, 노름"),
    ("inspect", "path", "safetensors 파일, 여러 파일의 인덱스, 또는 모델 폴더"),
    ("inspect", "hub", "Hugging Face Hub의 이 모델을 먼저 받음. `--features hub`로 빌드했을 때만"),
    ("inspect", "out", "--hub의 모델을 둘 폴더 [기본값: models/<이름>]"),
    ("inspect", "depth", "보여 줄 나무의 깊이. 더 깊은 곳은 합쳐서 보여 줍니다 [기본값: 전부]"),
    ("calc", "", "모델의 비용을 계산합니다: 파라미터, 연산, 메모리, 그리고 기계에서 낼 수 있는 속도의 상한"),
    ("calc", "model", "`llama-7b` 같은 이름, config.json, 또는 모델 폴더. 없으면 이름을 나열합니다"),
    ("calc", "context", "글의 토큰 수 [기본값: 모델이 정한 길이, 없으면 512]"),
    ("calc", "batch", "동시에 처리할 글의 수 [기본값: 1]"),
    ("calc", "format", "사용할 때 가중치의 저장 형식 [기본값: f16]"),
    ("calc", "training_tokens", "학습할 토큰 수, 예를 들어 300e9 [기본값: 파라미터마다 20]"),
    ("calc", "roofline", "이 기계의 상한을 재고, 모델이 낼 수 있는 속도를 계산합니다"),
    ("calc", "peak", "다른 기계로 계산할 때 그 기계의 최대 연산 속도(10⁹/초)"),
    ("calc", "bandwidth", "그 기계의 메모리 속도(10⁹바이트/초)"),
    ("calc", "svg", "루프라인 그림을 이 파일에도 저장"),
    ("calc", "json", "JSON 한 줄로 출력"),
    ("transformer experiment", "", "강의의 실험을 실행합니다"),
    (
        "transformer experiment parallel",
        "",
        "슬라이드 S21: 서로를 기다리는 단계의 수와 학습 한 스텝의 시간, GRU와 트랜스포머 비교",
    ),
    (
        "transformer experiment parallel",
        "max_length",
        "가장 긴 글의 토큰 수. 가장 짧은 글은 8개이고 두 배씩 길어집니다",
    ),
    ("transformer experiment parallel", "width", "두 모델의 폭"),
    ("transformer experiment parallel", "seconds", "스텝마다 시간을 재는 길이(초)"),
    ("transformer experiment parallel", "seed", "모든 난수가 여기서 나옵니다"),
    ("transformer experiment parallel", "svg", "그래프를 저장할 파일"),
    ("transformer experiment scaling", "", "슬라이드 S21: 파라미터 수에 따른 평가 손실과, 이를 지나는 거듭제곱 법칙"),
    ("transformer experiment scaling", "widths", "모델의 폭, 작은 것부터 큰 것까지"),
    ("transformer experiment scaling", "steps", "모델마다 학습 스텝 수"),
    ("transformer experiment scaling", "batch_size", "한 스텝의 글 조각 수"),
    ("transformer experiment scaling", "stories", "학습할 내장 이야기의 수"),
    ("transformer experiment scaling", "seed", "모든 난수가 여기서 나옵니다"),
    ("transformer experiment scaling", "svg", "그래프를 저장할 파일"),
    ("transformer experiment recall", "", "슬라이드 S21: 거리에 따라 트랜스포머와 GRU가 기억해 내는 것"),
    ("transformer experiment recall", "names", "서로 다른 이름의 수. 수도 이만큼 있습니다"),
    ("transformer experiment recall", "cards", "질문 전에 보여 줄 카드의 수"),
    ("transformer experiment recall", "steps", "모델마다 학습 스텝 수"),
    ("transformer experiment recall", "batch_size", "한 스텝의 글 수"),
    ("transformer experiment recall", "width", "두 모델의 폭"),
    ("transformer experiment recall", "held_out", "평가할 글의 수"),
    ("transformer experiment recall", "seed", "모든 난수가 여기서 나옵니다"),
    ("transformer experiment recall", "svg", "그래프를 저장할 파일"),
    ("transformer experiment heads", "", "슬라이드 S21: 헤드가 보는 곳과, 그 헤드를 뺐을 때 남는 것"),
    ("transformer experiment heads", "names", "서로 다른 이름의 수. 수도 이만큼 있습니다"),
    ("transformer experiment heads", "facts", "이름 가운데 모든 카드에서 수가 같은 것의 개수"),
    ("transformer experiment heads", "cards", "질문 전에 보여 줄 카드의 수"),
    ("transformer experiment heads", "steps", "학습 스텝 수"),
    ("transformer experiment heads", "batch_size", "한 스텝의 글 수"),
    ("transformer experiment heads", "held_out", "평가할 글의 수"),
    ("transformer experiment heads", "seed", "모든 난수가 여기서 나옵니다"),
    ("transformer experiment heads", "svg", "그래프를 저장할 파일"),
    ("lecture", "", "강의: 슬라이드 목록을 보거나 하나를 레슨으로 실행합니다"),
    ("lecture", "slide", "실행할 슬라이드, 예를 들어 `s07`. 없으면 목록을 보여 줍니다"),
    ("lecture", "step", "한 단계씩 진행하고, 이어서 기울기를 따라 되돌아갑니다"),
    ("lecture", "text", "레슨에 쓸 단어들, 공백으로 구분"),
    ("lecture", "seed", "모든 난수가 여기서 나옵니다 [기본값: 0]"),
    ("lecture", "svg", "레슨의 그림을 저장할 파일"),
    ("lecture", "html", "레슨 전체를 페이지로 저장할 파일"),
    ("lineage", "", "언어 모델의 계통수를 보여 줍니다"),
    ("lineage", "branch", "이 갈래만"),
    ("lineage", "open", "가중치를 받을 수 있는 모델만"),
    ("lineage", "until", "이 해의 끝까지 나온 모델만"),
    ("lineage", "products", "제품과 그 바탕이 되는 모델만"),
    ("lineage", "svg", "시간에 따라 그린 계통수를 이 파일에도 저장"),
    ("bench", "", "무작위 데이터로 학습 스텝의 시간을 재고 JSON 한 줄로 출력합니다"),
    ("bench", "workload", "시간을 잴 대상"),
    ("bench", "steps", "블록 대신 한 스텝씩 이만큼 잽니다"),
    ("bench", "blocks", "잴 블록의 수. 블록마다 평균이 표본 하나가 됩니다"),
    ("bench", "block_seconds", "블록의 길이(초). 스텝 단위로 올립니다"),
    ("bench", "shards", "나란히 계산할 배치 조각의 수 [기본값: 2]"),
    ("bench", "micro_batch", "조각 하나가 한 번에 계산할 행의 수 [기본값: 토큰 1,024개만큼]"),
    ("bench", "precision", "층의 행렬곱에서 곱하는 정밀도 (지원하는 프로세서에서) [기본값: f32]"),
    ("bench", "row_selection", "BERT 마지막 층의 어텐션 뒤를 손실이 읽는 행에서만 계산"),
    ("bench", "only", "W5나 W6에서 이름에 이 말이 든 것만"),
    ("bench", "peak", "스레드 하나의 최대 연산 속도(10⁹/초), `limits`가 출력하는 값 [기본값: 측정]"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn hangul(text: &str) -> bool {
        text.chars().any(|c| ('가'..='힣').contains(&c))
    }

    /// Every argument of every command, as (command, argument, help).
    fn all(command: &Command, path: &str, found: &mut Vec<(String, String, String)>) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        found.push((path.to_owned(), String::new(), about));
        for arg in command.get_arguments().filter(|arg| !["help", "version"].contains(&arg.get_id().as_str())) {
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            found.push((path.to_owned(), arg.get_id().to_string(), help));
        }
        for sub in command.get_subcommands() {
            let below = if path.is_empty() { sub.get_name().to_owned() } else { format!("{path} {}", sub.get_name()) };
            all(sub, &below, found);
        }
    }

    #[test]
    fn the_language_is_found_among_the_arguments() {
        let asked = |line: &str| asked_for(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(asked("jumok --lang ko --help"), Some(Language::Korean));
        assert_eq!(asked("jumok bench W1 --lang=en"), Some(Language::English));
        assert_eq!(asked("jumok --lang"), None);
        assert_eq!(asked("jumok --lang fr"), None);
        assert_eq!(asked("jumok --help"), None);
    }

    #[test]
    fn every_argument_has_help_in_both_languages() {
        let (mut english, mut korean) = (vec![], vec![]);
        all(&command(Language::English), "", &mut english);
        all(&command(Language::Korean), "", &mut korean);
        for (path, id, help) in &english {
            assert!(!help.is_empty() && !hangul(help), "{path} {id}: no English help");
        }
        for (path, id, help) in &korean {
            assert!(hangul(help), "{path} {id}: no Korean help");
        }
        for (path, id, _) in KOREAN {
            assert!(
                english.iter().any(|(at, known, _)| at == path && known == id),
                "{path} {id}: there is no such argument"
            );
        }
    }

    #[test]
    fn both_languages_name_the_same_defaults() {
        let (mut english, mut korean) = (vec![], vec![]);
        all(&command(Language::English), "", &mut english);
        all(&command(Language::Korean), "", &mut korean);
        let numbers = |help: &str| -> Vec<String> {
            let default = help.split(['[', ']']).nth(1).unwrap_or_default().to_owned();
            default
                .split(|c: char| !c.is_ascii_digit() && c != '.')
                .filter(|n| n.parse::<f64>().is_ok())
                .map(str::to_owned)
                .collect()
        };
        for ((path, id, first), (_, _, second)) in english.iter().zip(&korean) {
            if first.contains("twentieth") || first.contains("tenth") {
                continue;
            }
            assert_eq!(numbers(first), numbers(second), "{path} {id}");
        }
    }
}
