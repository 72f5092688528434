//! Between S17 and S18, 5 minutes. What the residual connections and the place of the norms do to a deep encoder.
//!
//! Twelve fresh layers, three times: norms behind the sum (the paper, BERT), norms before each sublayer (GPT-2, LLaMA), and
//! without any residual. Prints how much alike the tokens are at the end (mean cosine) and the norm of the gradient at the
//! feed-forward weights of the first, middle and last layer.
//!
//! - Without residuals all tokens become one vector: attention takes means, and means of means are alike (Dong, Cordonnier and
//!   Loukas 2021, arXiv 2103.03404).
//! - The place of the norms decides where the gradient is larger: with post-norm towards the last layer, with pre-norm towards
//!   the first. In deep stacks post-norm's large gradients at the end are the reason for a warm-up (Xiong et al. 2020, arXiv
//!   2002.04745); twelve narrow layers still show only the direction.
//!
//! `cargo run --release -p jumok-transformer --example residual_and_norm [-- --lang ko]`

use jumok_attention::Mask;
use jumok_nn::{Ctx, Init, keyed_rng};
use jumok_tensor::{Tensor, no_grad};
use jumok_transformer::{Encoder, EncoderLayerConfig};

const LAYERS: usize = 12;
const WIDTH: usize = 64;

fn main() -> Result<(), String> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let korean = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] | ["--lang", "en"] => false,
        ["--lang", "ko"] => true,
        _ => return Err(format!("cannot read {:?}: give nothing, --lang en or --lang ko", args.join(" "))),
    };
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    println!("{}", say("12 layers, fresh weights, 5 seeds each", "층 12개, 학습하지 않은 가중치, 시드 5개씩"));
    let (mut likeness, mut last_over_first) = (vec![], vec![]);
    for (name, norm_first, residual) in [
        (say("post-norm      ", "뒤에서 정규화  "), false, true),
        (say("pre-norm       ", "앞에서 정규화  "), true, true),
        (say("no residual    ", "잔차 없음      "), false, false),
    ] {
        let all: Vec<Measured> = (0..5).map(|seed| measure(seed, norm_first, residual)).collect();
        let mean = |of: &dyn Fn(&Measured) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        let cosine = mean(&|(cosine, _)| *cosine);
        let gradients = [0, 1, 2].map(|n| format!("{:.2e}", mean(&|(_, gradients)| gradients[n])));
        println!(
            "  {name}{} {cosine:.3}   {} {}",
            say("cosine of tokens", "토큰 사이의 코사인"),
            say("gradient in layers 0, 6, 11:", "0, 6, 11번째 층의 기울기:"),
            gradients.join("  ")
        );
        likeness.push(cosine);
        last_over_first.push(mean(&|(_, gradients)| gradients[2] / gradients[0]));
    }
    assert!(likeness[2] > 0.95, "without residuals all tokens become alike: {likeness:?}");
    assert!(likeness[0] < 0.9 && likeness[1] < 0.9, "residuals keep them apart: {likeness:?}");
    assert!(last_over_first[0] > 1.0 && last_over_first[1] < 1.0, "post-norm up, pre-norm down: {last_over_first:?}");
    Ok(())
}

/// The mean cosine of two tokens after the last layer, and the norm of the gradient at `linear1.weight` of three layers.
type Measured = (f64, [f64; 3]);

fn measure(seed: u64, norm_first: bool, residual: bool) -> Measured {
    let rng = &mut keyed_rng([seed]);
    let config = EncoderLayerConfig { norm_first, ..EncoderLayerConfig::new(WIDTH, 4, 4 * WIDTH) };
    let encoder = Encoder::new(&config, LAYERS, norm_first, rng);
    let x = Init::Normal { mean: 0.0, std: 1.0 }.array(&[2, 16, WIDTH], rng);
    let x = Tensor::from_array(x); //                                     [B, T, D]
    let y = if residual {
        encoder.forward(&x, &Mask::none(), &mut Ctx::eval()) //           [B, T, D]
    } else {
        without_residual(&encoder, &x)
    };
    let cosine = no_grad(|| {
        let unit = &y / &y.norm(-1, true); //                             [B, T, D]
        let cosines = unit.matmul(&unit.transpose(-2, -1)); //            [B, T, T]
        let (sum, [batch, tokens, _]) = (cosines.sum_all().item(), y.dims());
        (sum / batch as f64 - tokens as f64) / (tokens * (tokens - 1)) as f64
    });
    let wanted = Tensor::from_array(Init::Normal { mean: 0.0, std: 1.0 }.array(&[2, 16, WIDTH], rng));
    let gradients = (&y * &wanted).mean_all().backward();
    let norm = |layer: usize| {
        let weight = &encoder.layers[layer].feed_forward.linear1.weight;
        let gradient = gradients.get(weight).expect("every layer has a part in the result").to_vec();
        gradient.into_iter().map(|x| f64::from(x).powi(2)).sum::<f64>().sqrt()
    };
    (cosine, [0, LAYERS / 2, LAYERS - 1].map(norm))
}

/// x ← LayerNorm(Sublayer(x)) twice a layer: x `[B, T, D]` to `[B, T, D]`.
fn without_residual(encoder: &Encoder, x: &Tensor) -> Tensor {
    encoder.layers.iter().fold(x.clone(), |x, layer| {
        let ctx = &mut Ctx::eval();
        let attended = layer.norm1.forward(&layer.self_attn.forward(&x, &x, &x, &Mask::none(), ctx).output);
        layer.norm2.forward(&layer.feed_forward.forward(&attended, ctx))
    })
}
