//! S07, 5 minutes. The attention score: six ways to say how well a key fits a query.
//!
//! Prints the six scores of three keys for one query, then what a longer key does to them: the dot product is drawn to it,
//! the cosine is not. Where the slide simplifies (erratum E6): scoring the *current* state by a dot product is Luong's
//! attention; Bahdanau's is additive and asks with the *previous* state.
//!
//! ```text
//! cargo run --release -p jumok-attention --example s07_scores -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::{Lang, line};
use jumok_attention::score::{Additive, Concat, Cosine, Dot, General, ScaledDot, Score};
use jumok_attention::{Mask, Values, plain_attention};
use jumok_nn::Ctx;
use jumok_tensor::Tensor;
use rand::{SeedableRng, rngs::ChaCha8Rng};

fn main() -> Result<(), Box<dyn Error>> {
    let (lang, ctx) = (Lang::from_args()?, &mut Ctx::eval());
    let rng = &mut ChaCha8Rng::seed_from_u64(7);
    let query = Tensor::from_vec(vec![1.0, 2.0, 0.0, 1.0], &[1, 1, 4]); // [B, Tq, d]
    let keys = [[1.0, 2.0, 0.0, 1.0], [2.0, 1.0, 0.0, 0.0], [-1.0, 0.0, 2.0, 0.0]];
    let keys = Tensor::from_vec(keys.concat(), &[1, 3, 4]); //            [B, Tk, d]
    println!(
        "{}",
        lang.pick(
            "q equals k1, is a little like k2, and unlike k3.",
            "q는 k1과 같고, k2와 조금 비슷하고, k3과는 다릅니다."
        )
    );
    println!("  q  = {}", line(&query));
    for j in 0..3 {
        println!("  k{} = {}", j + 1, line(&keys.select(1, j)));
    }

    let scores: [(&str, Box<dyn Score>); 6] = [
        ("dot         q·k             ", Box::new(Dot)),
        ("scaled dot  q·k/√d          ", Box::new(ScaledDot)),
        ("cosine      q·k/(|q||k|)    ", Box::new(Cosine::default())),
        ("general     qᵀWk            ", Box::new(General::new(4, 4, rng))),
        ("additive    v·tanh(Wq+Uk+b) ", Box::new(Additive::new(4, 4, 8, true, rng))),
        ("concat      v·tanh(W[q;k])  ", Box::new(Concat::new(4, 4, 8, rng))),
    ];
    let untrained = lang.pick("(the last three have yet to learn their W)", "(아래 셋은 W를 아직 배우지 않았습니다)");
    println!("\n{} {untrained}", lang.pick("Scores of k1, k2, k3:", "k1, k2, k3의 점수:"));
    for (name, score) in &scores {
        println!("  {name}{}", line(score.forward(&query, &keys, ctx).tensor()));
    }

    println!(
        "\n{}",
        lang.pick(
            "Make k2 longer, not different, and the weights become",
            "k2를 방향은 그대로 두고 길게만 하면 가중치는"
        )
    );
    for factor in [1.0, 2.0, 4.0] {
        let lengths = Tensor::from_vec(vec![1.0, factor, 1.0], &[1, 3, 1]);
        let stretched = &keys * &lengths; //                              [B, Tk, d]
        let values = Values::new(stretched.clone());
        let mut weights = |score: &dyn Score| {
            plain_attention(score, &query, &score.prepare(&stretched), &values, &Mask::none(), ctx)
                .weights
                .into_tensor()
        };
        let (dot, cosine) = (weights(&Dot), weights(&Cosine::default()));
        println!("  {factor}·k2  dot {}  cosine {}", line(&dot), line(&cosine));
        assert_eq!(cosine.argmax(-1, false).to_vec(), [0], "the cosine does not look at lengths");
        assert_eq!(dot.argmax(-1, false).to_vec(), [i64::from(factor > 1.0)], "the dot product does");
    }

    println!(
        "\n{}",
        lang.pick(
            "Who asks? A decoder's states s0, s1; the word to come is the first.",
            "누가 묻는가? 디코더 상태 s0, s1; 이제 첫 단어를 만듭니다."
        )
    );
    let states = Tensor::from_vec(vec![0.5, -1.0, 1.0, 0.0, 1.0, 2.0, 0.0, 1.0], &[1, 2, 4]); // [B, T, d]
    let mut ask =
        |score: &dyn Score, state: usize| line(score.forward(&states.narrow(1, state, 1), &keys, ctx).tensor());
    println!("  Bahdanau (2015)  additive(s0, k) = {}", ask(&*scores[4].1, 0));
    println!("  Luong (2015)     dot(s1, k)      = {}", ask(&Dot, 1));
    Ok(())
}
