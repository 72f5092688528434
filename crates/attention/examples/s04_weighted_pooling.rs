//! S04, 3 minutes. The idea of attention: one vector out of many, as a mean with weights.
//!
//! Prints the arithmetic of that mean for weights from "all the same" to "only one".
//!
//! ```text
//! cargo run --release -p jumok-attention --example s04_weighted_pooling -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::{Lang, line};
use jumok_attention::{Values, Weights, value};
use jumok_tensor::Tensor;

const WORDS: [(&str, &str); 3] = [("the", "그"), ("red", "빨간"), ("boat", "배")];

fn main() -> Result<(), Box<dyn Error>> {
    let lang = Lang::from_args()?;
    // One vector a word: what a network knows of it after reading.
    let states = Tensor::from_vec(vec![1.0, 0.0, 0.0, 4.0, 8.0, 4.0], &[3, 2]); // [Tk, d_v]
    for (row, (en, ko)) in WORDS.iter().enumerate() {
        println!("h{} = {}  {}", row + 1, line(&states.select(0, row as isize)), lang.pick(en, ko));
    }

    let values = Values::new(states.clone());
    let poolings = [
        ([1.0 / 3.0; 3], "all the same: the mean", "모두 같게: 평균"),
        ([0.0, 0.25, 0.75], "mostly the boat", "주로 배에"),
        ([0.0, 0.0, 1.0], "the boat alone: a copy of it", "배에만: 그대로 복사"),
    ];
    for (weights, en, ko) in poolings {
        println!("\n{}", lang.pick(en, ko));
        let weights = Weights::try_from_tensor(Tensor::from_vec(weights.to_vec(), &[1, 3]))?; // [1, Tk]
        let context = value::context(&weights, &values); //               [1, d_v]
        let terms = weights.tensor().to_vec().into_iter().enumerate().map(|(row, weight)| {
            let state = states.select(0, row as isize);
            format!("{weight:.2}·{}", line(&state))
        });
        println!("  {} = {}", terms.collect::<Vec<_>>().join(" + "), line(context.tensor()));
    }

    // Weights that are no distribution are refused: their sum would change how long the result is.
    let refused = Weights::try_from_tensor(Tensor::ones(&[1, 3])).expect_err("three ones sum to 3");
    println!("\n{}\n  {refused}", lang.pick("[1, 1, 1] is not attention:", "[1, 1, 1]은 어텐션이 아닙니다:"));
    Ok(())
}
