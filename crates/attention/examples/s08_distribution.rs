//! S08, 5 minutes. The attention distribution: softmax makes weights out of scores.
//!
//! Prints the softmax word for word beside the stable one as scores grow, until the naive one overflows; then what a mask
//! does. Where the slide simplifies (erratum E7): weights are not only between 0 and 1, they **sum to 1**.
//!
//! ```text
//! cargo run --release -p jumok-attention --example s08_distribution -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::{Lang, line};
use jumok_attention::distribution::naive_softmax;
use jumok_attention::{Mask, Scores, Weights};
use jumok_tensor::{BoolTensor, Tensor};

fn main() -> Result<(), Box<dyn Error>> {
    let lang = Lang::from_args()?;
    let scores = Tensor::from_vec(vec![3.0, 2.0, 1.0], &[1, 3]); //       [Tq, Tk]

    println!("{}", lang.pick("Between 0 and 1 is not enough (E7):", "0과 1 사이라는 것만으로는 부족합니다 (E7):"));
    let (sigmoid, softmax) = (scores.sigmoid(), scores.softmax(-1));
    for (name, weights) in [("sigmoid", &sigmoid), ("softmax", &softmax)] {
        let verdict =
            Weights::try_from_tensor(weights.clone()).map_or_else(|error| error.to_string(), |_| "Weights".into());
        println!("  {name}  {}  Σ = {:.2}  -> {verdict}", line(weights), weights.sum_all().item());
    }

    println!(
        "\n{}",
        lang.pick(
            "The same differences, the same weights: softmax(s) = softmax(s − max s)",
            "차이가 같으면 가중치도 같습니다: softmax(s) = softmax(s − max s)"
        )
    );
    for shift in [0.0, 50.0, 85.0, 100.0, 10_000.0] {
        let shifted = &scores + shift; //                                 [Tq, Tk]
        let (naive, stable) = (naive_softmax(&shifted), shifted.softmax(-1));
        println!("  s + {shift:<5}  naive {:<18}  stable {}", line(&naive), line(&stable));
        let overflows = naive.to_vec().iter().any(|weight| weight.is_nan());
        assert_eq!(overflows, shift > 88.0, "exp overflows f32 above 88.7");
        let largest_error = (&stable - &softmax).abs().to_vec().into_iter().fold(0.0, f32::max);
        assert!(largest_error < 1e-6, "the stable softmax does not notice the shift");
    }

    println!(
        "\n{}",
        lang.pick("The larger the scores, the sharper the weights:", "점수가 클수록 가중치는 뾰족해집니다:")
    );
    for factor in [0.0, 0.5, 1.0, 2.0, 10_000.0] {
        println!("  {factor:>5}·s  {}", line(&(&scores * factor).softmax(-1)));
    }

    println!(
        "\n{}",
        lang.pick(
            "Padding weighs exactly 0; a query without any key gets zeros, not NaN:",
            "패딩의 가중치는 정확히 0입니다. 볼 키가 없는 쿼리는 NaN이 아니라 0을 받습니다:"
        )
    );
    for tokens in [3, 2, 0] {
        let is_token = BoolTensor::from_vec((0..3).map(|key| key < tokens).collect(), &[1, 3]);
        let weights = Scores::new(scores.unsqueeze(0)).distribution(&Mask::padding(&is_token)); // [B, Tq, Tk]
        let found = weights.tensor().to_vec();
        println!("  {tokens}/3  {}  Σ = {:.0}", line(weights.tensor()), found.iter().sum::<f32>());
        assert!(found[tokens..].iter().all(|&weight| weight == 0.0), "a masked key weighs exactly nothing");
    }
    Ok(())
}
