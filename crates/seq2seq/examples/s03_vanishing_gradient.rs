//! Slide S03 (5 minutes): the gradient fades on its way back.
//!
//! Fresh encoders read 40 symbols, and the decoder is asked for the first. Prints ‖∂L/∂h_t‖ at some steps and the factor per step
//! back, the slope of the line through the logarithms, and draws all steps on a logarithmic scale.
//!
//! Erratum E2: that the gradient fades and that one vector is narrow are two problems. An LSTM helps with the first, the more the
//! wider its forget gate stands open (its bias begins at 0 or, as usual today, at 1), and not with the second, which
//! `jumok seq2seq experiment bottleneck` measures. With attention the decoder reads every state itself, even those of the plain
//! network.
//!
//! `cargo run --release -p jumok-seq2seq --example s03_vanishing_gradient [-- --lang ko]`

use jumok_seq2seq::probe::{Order, Reader, Symbols, factor_per_step, first_symbol_batch, gradient_norms};
use jumok_viz::{Curve, TerminalStyle};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

mod common;
use common::korean;

const LENGTH: usize = 40;
const WIDTH: usize = 32;

fn main() {
    let korean = korean("s03_vanishing_gradient");
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    let names =
        ["RNN", "LSTM", say("LSTM, forget bias 1", "LSTM, 망각 게이트 편향 1"), say("RNN + attention", "RNN + 어텐션")];
    let symbols = Symbols { count: 26, lengths: LENGTH..=LENGTH, order: Order::Copy };
    let (sources, _) = symbols.pairs(32, &mut ChaCha8Rng::seed_from_u64(1));
    let mut curve = Curve::new(say("‖∂L/∂h‖, step by step", "단계별 ‖∂L/∂h‖")).log_scale();
    for (reader, name) in Reader::FOR_GRADIENTS.iter().zip(names) {
        let model = reader.model(&symbols, WIDTH, &mut ChaCha8Rng::seed_from_u64(0)).expect("a width above 0");
        let norms = gradient_norms(&model, &first_symbol_batch(&sources, &model.config));
        println!("{name}");
        for t in [1, LENGTH / 4, LENGTH / 2, LENGTH] {
            println!("  ‖∂L/∂h_{t}‖ = {:.1e}", norms[t - 1]);
        }
        println!("  {} {:.3}", say("factor per step back:", "한 단계 거슬러 갈 때의 배율:"), factor_per_step(&norms));
        curve = curve.series(name, norms.iter().enumerate().map(|(t, norm)| (t as f64 + 1.0, *norm)));
    }
    print!("\n{}", curve.to_terminal(&TerminalStyle::detect()));
}
