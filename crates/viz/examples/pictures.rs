//! Writes one picture of each kind to a folder: `cargo run -p jumok-viz --example pictures -- FOLDER`
//!
//! The numbers are made up here, so that the pictures need no model: attention that falls with the distance of two words,
//! and a loss that falls with the steps.

use std::path::PathBuf;
use std::process::ExitCode;

use jumok_viz::{
    Align, AttentionGrid, BarChart, Colors, Curve, HeatMap, Language, Page, Table, TerminalStyle, VizError, bars,
    sparkline,
};

const ENGLISH: [&str; 9] = ["[CLS]", "the", "little", "boy", "is", "drinking", "[MASK]", ".", "[SEP]"];
const KOREAN: [&str; 8] = ["[CLS]", "작은", "소년이", "시원한", "우유를", "마시고", "있습니다", "[SEP]"];

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: pictures FOLDER");
        return ExitCode::from(2);
    };
    match write_pictures(&folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write_pictures(folder: &std::path::Path) -> Result<(), VizError> {
    let shape = [ENGLISH.len(), ENGLISH.len()];
    let attention = HeatMap::new(&head(ENGLISH.len(), 1), shape)
        .title("What each word looks at: layer 1, head 1")
        .row_labels(ENGLISH)
        .col_labels(ENGLISH)
        .axes("query", "key");
    attention.save_svg(folder.join("attention.svg"))?;

    let shape = [KOREAN.len(), KOREAN.len()];
    let korean = HeatMap::new(&head(KOREAN.len(), 0), shape)
        .title("각 낱말이 바라보는 곳: 1층, 머리 0")
        .row_labels(KOREAN)
        .col_labels(KOREAN)
        .axes("질의 (query)", "키 (key)")
        .show_values(2);
    korean.save_svg(folder.join("attention_ko.svg"))?;

    let scores = masked_scores(6);
    HeatMap::new(&scores, [6, 6])
        .title("Scores with a causal mask")
        .row_labels(&ENGLISH[..6])
        .col_labels(&ENGLISH[..6])
        .axes("query", "key")
        .show_values(1)
        .save_svg(folder.join("scores.svg"))?;

    // Larger than one can label word by word.
    HeatMap::new(&head(96, 1), [96, 96]).title("96 positions").save_svg(folder.join("long.svg"))?;
    HeatMap::new(&[0.25, f64::NAN, 0.5], [1, 3]).show_values(2).save_svg(folder.join("row.svg"))?;

    let mut grid = AttentionGrid::new([ENGLISH.len(), ENGLISH.len()])
        .title("Two layers, four heads")
        .row_labels(ENGLISH)
        .col_labels(ENGLISH)
        .axes("query", "key")
        .columns(4);
    for n in 0..8 {
        grid = grid.map(&format!("layer {} · head {}", n / 4, n % 4), &head(ENGLISH.len(), n));
    }
    grid.save_svg(folder.join("heads.svg"))?;

    let scores = [2.31, -0.84, 0.0, 1.27];
    let chart =
        BarChart::new(["나는", "drinking", "따뜻한 우유를", "a label that is far too long to stand beside its bar"])
            .title("점수와 가중치 · scores and weights")
            .axes("키 (key)", "value")
            .series("점수 · score", &scores)
            .series("가중치 · weight", &[0.66, 0.03, 0.07, 0.24])
            .decimals(2);
    chart.save_svg(folder.join("bars.svg"))?;

    let steps = 600;
    let noisy = |start: f64, end: f64, rate: f64, seed: u32| {
        (1..=steps).map(move |n| {
            let hash = (n * 97 + seed).wrapping_mul(0x9e37_79b9) ^ (n * 31).wrapping_mul(0x85eb_ca6b);
            let noise = f64::from(hash >> 16) / 65536.0 - 0.5;
            (f64::from(n), end + (start - end) * (-f64::from(n) * rate).exp() + noise * 0.35)
        })
    };
    let loss = Curve::new("Loss of a tiny BERT")
        .axes("step", "cross entropy (nats)")
        .series("masked words", noisy(7.6, 1.4, 0.008, 1))
        .series("next sentence", noisy(0.9, 0.3, 0.01, 2))
        .baseline("uniform guess", 7.6)
        .smoothing(0.9);
    loss.save_svg(folder.join("loss.svg"))?;

    Curve::new("가려진 낱말 맞히기")
        .axes("학습 단계", "정확도")
        .series("학습", noisy(0.02, 0.71, 0.01, 3).map(|(x, y)| (x, (y + 0.1).clamp(0.0, 1.0))))
        .dotted_series("검증", (0..=12).map(|n| (f64::from(n) * 50.0, 0.68 - 0.66 * (-f64::from(n) * 0.4).exp())))
        .baseline("가장 흔한 낱말", 0.11)
        .include(1.0)
        .smoothing(0.9)
        .language(Language::Korean)
        .save_svg(folder.join("accuracy_ko.svg"))?;

    Curve::new("Learning rate")
        .axes("step", "rate")
        .log_scale()
        .series("", (1..=steps).map(|n| (f64::from(n), schedule(n))))
        .save_svg(folder.join("log.svg"))?;

    let words = [("milk", 0.62), ("water", 0.21), ("우유", 0.09), ("juice", 0.035)];
    let mut table = Table::new(["word", "probability"]).align([Align::Left, Align::Right]);
    for (word, p) in words {
        table.row([word.to_owned(), format!("{p:.3}")]);
    }
    let mut page = Page::new("What a tiny BERT has learned", Language::English);
    page.heading("Attention").text("Each row sums to one.").figure(&attention.to_svg(), "Layer 1, head 1.");
    page.figure(&korean.to_svg(), "한국어 문장");
    page.heading("Training").figure(&loss.to_svg()?, "The loss falls.").heading("Predictions").table(&table);
    page.preformatted(&korean.to_numbers(&TerminalStyle { unicode: true, ..TerminalStyle::plain() }));
    page.save(folder.join("page.html"))?;

    for style in
        [TerminalStyle::detect(), TerminalStyle { unicode: true, ..TerminalStyle::plain() }, TerminalStyle::plain()]
    {
        println!("{}\n{}", korean.to_terminal(&style), attention.to_terminal(&style));
        println!("{}\n{}", korean.to_numbers(&style), table.to_terminal(&style));
        let trend: Vec<f64> = noisy(7.6, 1.4, 0.008, 1).step_by(12).map(|point| point.1).collect();
        println!("{}\n{}", bars(&words, &style), sparkline(&trend, &style));
        println!("{}\n{}", chart.to_terminal(&style), loss.to_terminal(&style));
    }
    let colors = TerminalStyle { colors: Colors::TrueColor, unicode: true, columns: 80 };
    println!("{}", attention.to_terminal(&colors));
    Ok(())
}

/// Attention weights `[n, n]` of a head: softmax of how near another word is to the place this head prefers.
fn head(n: usize, kind: usize) -> Vec<f32> {
    let offset = [0.0, -1.0, 1.0, -2.0, 0.0, 2.0, -3.0, 1.0][kind];
    let sharpness = [0.9, 0.6, 1.4, 0.5, 0.15, 0.8, 0.4, 0.3][kind];
    let mut weights = Vec::with_capacity(n * n);
    for i in 0..n {
        let row: Vec<f32> = (0..n).map(|j| (-sharpness * (j as f32 - i as f32 - offset).abs()).exp()).collect();
        let sum: f32 = row.iter().sum();
        weights.extend(row.iter().map(|w| w / sum));
    }
    weights
}

/// Scores `[n, n]` in which no word looks at a later one.
fn masked_scores(n: usize) -> Vec<f32> {
    let score = |i: usize, j: usize| if j > i { f32::NEG_INFINITY } else { ((i * 5 + j * 3) % 7) as f32 - 3.0 };
    (0..n * n).map(|k| score(k / n, k % n)).collect()
}

/// The learning rate of "Attention Is All You Need", equation 3, for 128 dimensions and 60 steps of warm-up.
fn schedule(step: u32) -> f64 {
    let step = f64::from(step);
    128_f64.powf(-0.5) * step.powf(-0.5).min(step * 60_f64.powf(-1.5))
}
