//! S13, 5 minutes. Self-attention: every token asks every token, and does not know where any of them stands.
//!
//! Prints who looks at whom in a sentence of six words, then what happens when the words change places: the results change
//! places with them, and nothing else. Positions added to the words end that.
//!
//! ```text
//! cargo run --release -p jumok-attention --example s13_self_attention -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::{Lang, line};
use jumok_attention::positions::{SinusoidLayout, sinusoidal};
use jumok_attention::probe::order_gap;
use jumok_attention::{Mask, MultiHeadAttention, MultiHeadConfig};
use jumok_nn::{Ctx, Init};
use jumok_tensor::{IntTensor, Tensor};
use rand::{SeedableRng, rngs::ChaCha8Rng};

const WIDTH: usize = 16;

fn main() -> Result<(), Box<dyn Error>> {
    let lang = Lang::from_args()?;
    let rng = &mut ChaCha8Rng::seed_from_u64(13);
    let words = lang.pick("she sat by the river bank", "배가 고파서 강가에서 배를 천천히 먹었다");
    let words: Vec<&str> = words.split(' ').collect();
    let embeddings = Init::Normal { mean: 0.0, std: 1.0 }.array(&[1, words.len(), WIDTH], rng);
    let embeddings = Tensor::from_array(embeddings); //                   [B, T, D]
    let attention = MultiHeadAttention::new(&MultiHeadConfig::new(WIDTH, 1), rng);
    let attend = |x: &Tensor| attention.forward(x, x, x, &Mask::none(), &mut Ctx::eval());

    println!("{}", lang.pick("Who looks at whom (one row a word):", "누가 누구를 보는가 (한 줄이 한 단어):"));
    let weights = attend(&embeddings).weights; //                         [B, 1, T, T]
    for (n, word) in words.iter().enumerate() {
        println!("  {}  {word}", line(&weights.select(2, n as isize)));
    }

    let backwards = IntTensor::from_vec((0..words.len() as i64).rev().collect(), &[words.len()]);
    let positions = sinusoidal(words.len(), WIDTH, SinusoidLayout::Interleaved); // [T, D]
    let alone = order_gap(|x| attend(x).output, &embeddings, &backwards);
    let placed = order_gap(|x| attend(&(x + &positions)).output, &embeddings, &backwards);
    println!(
        "\n{}",
        lang.pick(
            "The sentence backwards. By how much do the results differ, word by word?",
            "문장을 거꾸로 넣습니다. 단어별로 결과가 얼마나 달라질까요?"
        )
    );
    println!("  {alone:.6}  {}", lang.pick("words alone: not at all (rounding)", "단어만: 그대로입니다 (반올림 오차)"));
    println!("  {placed:.6}  {}", lang.pick("words + positions", "단어 + 위치"));
    assert!(alone < 1e-5, "self-attention alone does not know the order");
    assert!(placed > 0.05, "positions tell it");
    Ok(())
}
