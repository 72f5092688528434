//! S14, 5 minutes. Attention and self-attention are one function: encoder, decoder and cross-attention are three calls of it.
//!
//! Prints the weights at the three call sites, then compares the attention of part 1 with the function of self-attention, bit
//! for bit. Where the slide simplifies (erratum E11): it sets a sum against an inner product; Σ α_i·v_i is both.
//!
//! ```text
//! cargo run --release -p jumok-attention --example s14_one_function -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::{Lang, line};
use jumok_attention::score::{ScaledDot, Score};
use jumok_attention::{Mask, Values, plain_attention, scaled_dot_product};
use jumok_nn::{Ctx, Init};
use jumok_tensor::{BoolTensor, Tensor};
use rand::{SeedableRng, rngs::ChaCha8Rng};

fn main() -> Result<(), Box<dyn Error>> {
    let (lang, ctx) = (Lang::from_args()?, &mut Ctx::eval());
    let rng = &mut ChaCha8Rng::seed_from_u64(14);
    let mut states = |count: usize| Init::Normal { mean: 0.0, std: 1.0 }.array(&[1, 1, count, 8], rng);
    let read = Tensor::from_array(states(4)); //                          [B, H, S, d]
    let written = Tensor::from_array(states(3)); //                       [B, H, T, d]
    // The last of the four words read is padding: nobody may look at it.
    let padding = Mask::padding(&BoolTensor::from_vec(vec![true, true, true, false], &[1, 4]));

    let encoder = scaled_dot_product(&read, &read, &read, &padding, ctx);
    let decoder = scaled_dot_product(&written, &written, &written, &Mask::causal(), ctx);
    let cross = scaled_dot_product(&written, &read, &read, &padding, ctx);
    for (title, attention) in [
        (lang.pick("Encoder: read words ask read words", "인코더: 읽은 단어가 읽은 단어에게"), &encoder),
        (lang.pick("Decoder: written words ask earlier ones", "디코더: 쓴 단어가 앞서 쓴 단어에게"), &decoder),
        (lang.pick("Cross: written words ask read words", "크로스: 쓴 단어가 읽은 단어에게"), &cross),
    ] {
        println!("{title}");
        for row in 0..attention.weights.shape()[2] {
            println!("  {}", line(&attention.weights.select(2, row as isize)));
        }
    }
    assert_eq!(cross.weights.shape(), [1, 1, 3, 4]);
    assert_eq!(decoder.weights.to_vec()[1..3], [0.0, 0.0], "the first word written sees nothing later");
    let last_column: Vec<_> = encoder.weights.to_vec().into_iter().skip(3).step_by(4).collect();
    assert_eq!(last_column, [0.0; 4], "nobody looks at padding");

    let (query, h) = (written.squeeze(1), read.squeeze(1)); //            [B, T, d], [B, S, d]
    let plain = plain_attention(&ScaledDot, &query, &ScaledDot.prepare(&h), &Values::new(h.clone()), &padding, ctx);
    let pairs: Vec<_> = plain.context.tensor().to_vec().into_iter().zip(cross.context.to_vec()).collect();
    let different = pairs.iter().filter(|(a, b)| a.to_bits() != b.to_bits()).count();
    println!(
        "\n{}",
        lang.pick(
            "Part 1's attention with keys = values = H beside the third call:",
            "강의 앞부분의 어텐션(키 = 값 = H)과 세 번째 호출의 비교:"
        )
    );
    println!(
        "  {} / {} {}",
        different,
        pairs.len(),
        lang.pick("numbers differ in any bit", "개의 수가 한 비트라도 다릅니다")
    );
    assert_eq!(different, 0, "it is one function (E11)");
    Ok(())
}
