//! S16, 5 minutes. Why the scores are divided by √d_k.
//!
//! Prints, for heads from 1 to 512 wide, the variance of q·k, and with and without the division how decided the weights are
//! (their entropy) and how much of the gradient reaches a query. Without it the variance grows like d_k, one key wins before
//! anything is learned, and the median query gets next to nothing, while a few that stand between two keys get a large
//! gradient. The slide (erratum E12) takes the name from the scaling and leaves out the reason.
//!
//! ```text
//! cargo run --release -p jumok-attention --example s16_scaling -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::Lang;
use jumok_attention::probe::{Scaling, Sharpness};
use rand::{SeedableRng, rngs::ChaCha8Rng};

fn main() -> Result<(), Box<dyn Error>> {
    let lang = Lang::from_args()?;
    let rng = &mut ChaCha8Rng::seed_from_u64(16);
    println!(
        "{}",
        lang.pick(
            "256 random queries, 32 random keys. Left with √d_k, right without.",
            "무작위 질의 256개, 키 32개. 왼쪽은 √d_k로 나눈 것, 오른쪽은 나누지 않은 것입니다."
        )
    );
    println!(
        "  d_k  {}",
        lang.pick(
            "Var(q·k)   entropy       median |∂L/∂q|   mean |∂L/∂q|",
            "Var(q·k)   엔트로피      |∂L/∂q| 중앙값   |∂L/∂q| 평균"
        )
    );
    let measured: Vec<Scaling> = (0..10).map(|n| Scaling::measure(1 << n, 256, 32, rng)).collect();
    for m in &measured {
        let pair = |of: fn(&Sharpness) -> f64, decimals: usize| {
            format!("{:.decimals$}  {:.decimals$}", of(&m.scaled), of(&m.unscaled))
        };
        println!(
            "  {:<4} {:>8.2}   {}    {}     {}",
            m.d_k,
            m.variance,
            pair(|s| s.entropy, 2),
            pair(|s| s.median_gradient, 3),
            pair(|s| s.mean_gradient, 3)
        );
    }
    let wide = measured[9];
    let best = measured.iter().map(|m| m.unscaled.median_gradient).fold(0.0, f64::max);
    assert!((0.7..1.4).contains(&(wide.variance / 512.0)), "the variance of q·k is d_k");
    assert!(wide.scaled.entropy > 2.5 && wide.unscaled.entropy < 0.4, "without the root one key wins");
    assert!(wide.unscaled.median_gradient < 0.2 * best, "and the median query learns little");
    Ok(())
}
