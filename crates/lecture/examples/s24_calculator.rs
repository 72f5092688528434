//! S24, 10 minutes. Why language models need the hardware they need: memory first, arithmetic second.
//!
//! Prints the memory that the weights of LLaMA take, what the keys and values of a long text add, what training takes, and how
//! fast one accelerator can write at most: decoding fetches every weight for every token, so that memory, not arithmetic, sets
//! the pace, and a batch shares what is fetched.
//!
//! ```text
//! cargo run --release -p jumok-lecture --example s24_calculator -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::{language_from_args, text};
use jumok_lecture::calculator::{Architecture, Machine, NumberFormat, Phase, Roofline, TrainingMemory};
use jumok_viz::{Align, Table, TerminalStyle};

/// NVIDIA H100 SXM, from its data sheet: dense products in 16 bits, and HBM3.
const H100: Machine = Machine { gflops: 989_000.0, gb_per_s: 3350.0 };

fn main() -> Result<(), Box<dyn Error>> {
    let (language, style) = (language_from_args()?, TerminalStyle::detect());
    let gigabytes = |bytes: f64| format!("{:.1} GB", bytes / 1e9);

    println!(
        "{}",
        text(
            "Memory of LLaMA, in 16 and in 4 bits, and to train it:",
            "LLaMA의 메모리, 16비트와 4비트, 그리고 학습할 때:"
        )
        .get(language)
    );
    let heading = [
        text("model", "모델"),
        text("parameters", "파라미터"),
        text("16 bits", "16비트"),
        text("4 bits", "4비트"),
        text("training", "학습"),
    ];
    let mut table = Table::new(heading.map(|text| text.get(language))).align([
        Align::Left,
        Align::Right,
        Align::Right,
        Align::Right,
        Align::Right,
    ]);
    for name in ["llama-7b", "llama-13b", "llama-33b", "llama-65b"] {
        let model = Architecture::preset(name)?;
        let parameters = model.parameters();
        let training = TrainingMemory::new(&model, 2048, 1, true).total();
        let [half, quarter] = [NumberFormat::F16, NumberFormat::Int4].map(|format| gigabytes(format.bytes(parameters)));
        table.row([name.to_owned(), parameters.to_string(), half, quarter, gigabytes(training)]);
    }
    println!("{}", table.to_terminal(&style));

    let model = Architecture::preset("llama-3.1-8b")?;
    println!(
        "{}",
        text("Keys and values of LLaMA 3.1 8B, for one text:", "LLaMA 3.1 8B가 글 하나에 보관하는 키와 값:")
            .get(language)
    );
    for context in [2048, 8192, 32_768, 131_072] {
        let cache = NumberFormat::F16.bytes(model.kv_cache_values(context, 1));
        println!("{context:>8}  {:6.2} GiB", cache / 1024f64.powi(3));
    }
    let longest = NumberFormat::F16.bytes(model.kv_cache_values(131_072, 1));
    assert_eq!(longest / 1024f64.powi(3), 16.0);
    assert!(longest > NumberFormat::F16.bytes(model.parameters()), "a long text weighs more than the model");

    println!(
        "\n{}",
        text(
            "Tokens a second that one H100 can write with it at most, 2,048 tokens each:",
            "H100 한 장이 이 모델로 쓸 수 있는 초당 토큰의 상한, 글마다 토큰 2,048개:"
        )
        .get(language)
    );
    let mut before = 0.0;
    for batch in [1, 8, 64, 512] {
        let roofline = Roofline::new(&model, NumberFormat::F16, 2048, batch, H100);
        let writing = roofline.points.iter().find(|point| point.phase == Phase::Writing).ok_or("a decoder writes")?;
        let limit = match writing.intensity < H100.ridge() {
            true => text("memory", "메모리"),
            false => text("arithmetic", "연산"),
        };
        let labels = [text("batch", "배치"), text("operations a byte", "바이트당 연산"), text("limit", "한계")]
            .map(|text| text.get(language));
        println!(
            "{} {batch:>3}: {:>8.0}  {} {:6.1}, {} {}",
            labels[0],
            writing.tokens_per_s,
            labels[1],
            writing.intensity,
            labels[2],
            limit.get(language)
        );
        assert!(writing.tokens_per_s > before, "more texts, more tokens");
        assert!(writing.intensity < H100.ridge(), "and still it waits for the memory");
        before = writing.tokens_per_s;
    }
    Ok(())
}
