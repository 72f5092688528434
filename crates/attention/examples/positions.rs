//! Between S13 and S14, 5 minutes. Five ways to tell attention where a word stands.
//!
//! Prints by how much what each of them tells about two words changes when both are moved 100 places further: not at all for
//! those that tell the distance. With `--svg FILE` it draws what each tells about every pair of places.
//!
//! ```text
//! cargo run --release -p jumok-attention --example positions -- --svg positions.svg
//! ```

mod common;

use std::error::Error;

use common::Lang;
use jumok_attention::positions::{
    AlibiBias, RopeParameters, RotaryEmbedding, RotaryLayout, SinusoidLayout, T5RelativePositionBias, sinusoidal,
};
use jumok_nn::{Embedding, Init};
use jumok_tensor::{Elem, IntTensor, Tensor};
use jumok_viz::AttentionGrid;
use rand::{SeedableRng, rngs::ChaCha8Rng};

/// How many places the picture has.
const PLACES: usize = 24;
/// The width of a vector.
const WIDTH: usize = 32;
/// How far the words are moved.
const MOVED: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args: Vec<String> = std::env::args().skip(1).collect();
    let svg = match args.iter().position(|arg| arg == "--svg") {
        Some(at) if at + 1 < args.len() => args.drain(at..=at + 1).nth(1),
        Some(_) => return Err("--svg needs the name of a file".into()),
        None => None,
    };
    let lang = Lang::from_list(&args)?;
    let rng = &mut ChaCha8Rng::seed_from_u64(0);

    // Every matrix: what position tells the score of a query (row) and a key (column), for places `first..first + PLACES`.
    let sinusoids = |first: usize| {
        let waves = sinusoidal(first + PLACES, WIDTH, SinusoidLayout::Interleaved).narrow(0, first, PLACES); // [T, D]
        waves.matmul(&waves.transpose(0, 1)) //                           [T, T]
    };
    let table = Embedding::with_init(MOVED + PLACES, WIDTH, None, Init::Normal { mean: 0.0, std: 0.02 }, rng);
    let learned = |first: usize| {
        let vectors = table.weight.narrow(0, first, PLACES); //           [T, D]
        vectors.matmul(&vectors.transpose(0, 1)) //                       [T, T]
    };
    let rotary = RotaryEmbedding::new(WIDTH, &RopeParameters::default(), RotaryLayout::Interleaved);
    let same = Tensor::ones(&[1, 1, PLACES, WIDTH]); // the same query and key everywhere
    let turned = |first: usize| {
        let places = IntTensor::from_vec((first as i64..(first + PLACES) as i64).collect(), &[1, PLACES]);
        let turned = rotary.rotate(&same, &rotary.angles(&places)); //    [1, 1, T, D]
        turned.matmul(&turned.transpose(-2, -1)).squeeze(0).squeeze(0) // [T, T]
    };
    let alibi = AlibiBias::new(8);
    let lowered = |first: usize, head: isize| {
        let all = first + PLACES;
        alibi.relative(all, all).select(0, head).narrow(0, first, PLACES).narrow(1, first, PLACES) // [T, T]
    };
    let t5 = T5RelativePositionBias::new(16, 1, true, 32, rng);
    let classes = |first: usize| {
        let all = t5.forward(first + PLACES, first + PLACES, 0); //       [1, 1, T, T]
        all.squeeze(0).squeeze(0).narrow(0, first, PLACES).narrow(1, first, PLACES) // [T, T]
    };

    println!(
        "{}",
        lang.pick(
            "Two words move 100 places further. What position tells their score changes by at most",
            "두 단어가 100자리 뒤로 갑니다. 위치가 점수에 알려 주는 것이 바뀌는 정도는 많아야"
        )
    );
    let gap = |near: Tensor, far: Tensor| (near - far).abs().max_all().item();
    let ways = [
        (lang.pick("sinusoids", "사인파"), gap(sinusoids(0), sinusoids(MOVED)), true),
        (lang.pick("learned", "학습한 위치"), gap(learned(0), learned(MOVED)), false),
        (lang.pick("rotary", "회전"), gap(turned(0), turned(MOVED)), true),
        ("ALiBi", gap(lowered(0, 0), lowered(MOVED, 0)), true),
        ("T5", gap(classes(0), classes(MOVED)), true),
    ];
    for (name, gap, tells_distance) in ways {
        println!("  {gap:.6}  {name}");
        assert!(if tells_distance { gap < 1e-4 } else { gap > 1e-3 }, "{name}: {gap}");
    }

    let Some(file) = svg else { return Ok(()) };
    // Only shapes are compared, so each map is shown in units of its largest value.
    let unit = |map: &Tensor| -> Vec<Elem> { (map * (1.0 / map.abs().max_all().item())).to_vec() };
    // A bias is a factor on the weight, e to the power of it; keys behind the query are hidden by ALiBi's causal mask.
    let factor = |head: isize| -> Vec<Elem> {
        let hidden = |n: usize| n % PLACES > n / PLACES;
        let factors = lowered(0, head).exp().to_vec().into_iter().enumerate();
        factors.map(|(n, x)| if hidden(n) { Elem::NEG_INFINITY } else { x }).collect()
    };
    AttentionGrid::new([PLACES, PLACES])
        .title(lang.pick("What position tells the score", "위치가 점수에 알려 주는 것"))
        .map(lang.pick("sinusoids", "사인파"), &unit(&sinusoids(0)))
        .map(lang.pick("learned, at the start", "학습하기 전의 위치"), &unit(&learned(0)))
        .map(lang.pick("rotary", "회전(RoPE)"), &unit(&turned(0)))
        .map(lang.pick("ALiBi, head 0", "ALiBi, 헤드 0"), &factor(0))
        .map(lang.pick("ALiBi, head 3", "ALiBi, 헤드 3"), &factor(3))
        .map(lang.pick("T5, at the start", "T5, 학습하기 전"), &unit(&classes(0)))
        .axes(lang.pick("query", "질의"), lang.pick("key", "키"))
        .columns(3)
        .range(-1.0, 1.0)
        .save_svg(&file)?;
    println!("{file}");
    Ok(())
}
