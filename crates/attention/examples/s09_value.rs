//! S09, 5 minutes. The attention value: the mean of the hidden states under the weights, three ways.
//!
//! Prints the context as the slide's loop, as a matrix product and as a broadcast sum. Where the slide simplifies: weights
//! are not values (erratum E5), which the types know; and the context does not replace the decoder's state, it joins it
//! (erratum E8), without which two states that look at the same place are the same.
//!
//! ```text
//! cargo run --release -p jumok-attention --example s09_value -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::{Lang, line};
use jumok_attention::score::{Cosine, Score};
use jumok_attention::{Mask, Values, plain_attention, value};
use jumok_nn::Ctx;
use jumok_tensor::Tensor;

fn main() -> Result<(), Box<dyn Error>> {
    let (lang, ctx) = (Lang::from_args()?, &mut Ctx::eval());
    let hidden = Tensor::from_vec(vec![1.0, 0.0, 0.0, 2.0, -1.0, 1.0], &[1, 3, 2]); // [B, Tk, d]
    let state = Tensor::from_vec(vec![1.0, 2.0], &[1, 1, 2]); //          [B, Tq, d]
    let score = Cosine::default();
    let (keys, values) = (score.prepare(&hidden), Values::new(hidden.clone()));
    let attention = plain_attention(&score, &state, &keys, &values, &Mask::none(), ctx);
    let weights = &attention.weights;

    println!(
        "{}",
        lang.pick(
            "Weights are one number a key, values one vector a key (E5):",
            "가중치는 키마다 수 하나, 값은 키마다 벡터 하나입니다 (E5):"
        )
    );
    println!("  α  {:?}  {}", weights.tensor().shape(), line(weights.tensor()));
    println!("  V  {:?}  {}", hidden.shape(), line(&hidden));
    println!("  value::context(&α, &α)  {}", lang.pick("does not compile", "컴파일되지 않습니다"));

    println!("\n{}", lang.pick("The loop, contribution by contribution:", "반복문으로, 하나씩 더하면:"));
    for j in 0..3 {
        let (alpha, h) = (weights.tensor().to_vec()[j], hidden.select(1, j as isize));
        println!("  {alpha:.2}·{} = {}", line(&h), line(&(&h * f64::from(alpha))));
    }

    println!("\n{}", lang.pick("Three ways, one number:", "세 가지 방법, 같은 수:"));
    let ways = [
        ("Σ α_j·h_j            ", value::context_by_loop(weights, &values)),
        ("αH                   ", value::context(weights, &values)),
        ("(α[:, None]·H).sum(0)", value::context_by_broadcast(weights, &values)),
    ];
    for (name, context) in &ways {
        println!("  {name}  {}", line(context.tensor()));
        let difference = (context.tensor() - attention.context.tensor()).abs().to_vec().into_iter().fold(0.0, f32::max);
        assert!(difference < 1e-6, "{name} differs by {difference}");
    }

    println!(
        "\n{}",
        lang.pick("Two decoder states that look at the same place (E8):", "같은 곳을 보는 두 디코더 상태 (E8):")
    );
    let mut joined = Vec::new();
    for state in [state.clone(), &state * 3.0] {
        let context = plain_attention(&score, &state, &keys, &values, &Mask::none(), ctx).context.into_tensor();
        let both = Tensor::concat(&[&context, &state], -1); //            [B, Tq, d_v + d]
        println!("  s = {}  c = {}  [c; s] = {}", line(&state), line(&context), line(&both));
        joined.push((line(&context), line(&both)));
    }
    println!(
        "  {}",
        lang.pick(
            "c alone cannot tell them apart, [c; s] can.",
            "c만으로는 둘을 구별할 수 없고, [c; s]로는 구별됩니다."
        )
    );
    assert!(joined[0].0 == joined[1].0 && joined[0].1 != joined[1].1, "the context alone loses the state");
    Ok(())
}
