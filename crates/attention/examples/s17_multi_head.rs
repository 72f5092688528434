//! S17, 5 minutes. Many heads: eight single heads side by side, and what each of a trained model is good for.
//!
//! Prints by how much the layer that computes all heads at once differs from its heads computed one by one (rounding), then
//! trains models with 1, 2 and 4 heads to name both neighbours of every symbol, and silences their heads one at a time. Where
//! the slide simplifies (erratum E13): 8 heads are the base setting of the paper, not part of the idea.
//!
//! ```text
//! cargo run --release -p jumok-attention --example s17_multi_head -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::Lang;
use jumok_attention::probe::{Neighbours, Shares};
use jumok_attention::{Mask, MultiHeadAttention, MultiHeadConfig};
use jumok_nn::{Ctx, Init};
use jumok_tensor::Tensor;
use rand::{SeedableRng, rngs::ChaCha8Rng};

fn main() -> Result<(), Box<dyn Error>> {
    let lang = Lang::from_args()?;
    let rng = &mut ChaCha8Rng::seed_from_u64(17);

    let attention = MultiHeadAttention::new(&MultiHeadConfig::new(512, 8), rng); // d_k = 512 / 8 = 64
    let x = Init::Normal { mean: 0.0, std: 1.0 }.array(&[1, 6, 512], rng);
    let x = Tensor::from_array(x); //                                     [B, T, D]
    let heads: Vec<Tensor> = (0..8).map(|head| attention.single_head(head, &x, &x, &x, &Mask::none())).collect();
    let side_by_side = Tensor::concat(&heads.iter().collect::<Vec<_>>(), -1); // [B, T, 8·64]
    let one_by_one = attention.output.forward(&side_by_side); //          [B, T, D]
    let at_once = attention.forward(&x, &x, &x, &Mask::none(), &mut Ctx::eval()).output; // [B, T, D]
    let gap = (one_by_one - at_once).abs().max_all().item();
    println!(
        "{} {gap:.7}",
        lang.pick(
            "8 heads at once, and one by one through W_O, differ by",
            "헤드 8개를 한꺼번에 계산한 것과 하나씩 계산해 W_O를 곱한 것의 차이:"
        )
    );
    assert!(gap < 1e-6);

    println!(
        "\n{}",
        lang.pick(
            "Which symbol stands before, which behind? 5 symbols, 300 steps:",
            "앞의 기호와 뒤의 기호 맞히기. 기호 5개, 300단계 학습:"
        )
    );
    let task = Neighbours { symbols: 5, length: 5 };
    let show = |name: &str, shares: Shares| {
        let [before, behind] = [lang.pick("before", "앞"), lang.pick("behind", "뒤")];
        println!("  {name}  {before} {:5.1} %  {behind} {:5.1} %", 100.0 * shares.left, 100.0 * shares.right);
    };
    for heads in [1, 2, 4] {
        let mut model = task.model(32, heads, rng);
        task.train(&mut model, 300, 32, 0.01, rng, |_, _| {});
        let whole = task.shares(&model, 200, rng);
        show(&format!("{heads} {}       ", lang.pick("head(s)", "헤드")), whole);
        for silent in 0..heads {
            show(
                &format!("  {} {silent}", lang.pick("without head", "빼고 헤드")),
                task.shares(&model.without_head(silent), 200, rng),
            );
        }
        let knows_both = whole.left.min(whole.right) > 0.95;
        assert_eq!(knows_both, heads > 1, "{heads} heads: {whole:?}");
    }
    Ok(())
}
