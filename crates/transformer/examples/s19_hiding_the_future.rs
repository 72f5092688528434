//! S19 (a second): hiding the future. One masked pass is as many passes over the beginnings of the text, no output depends on a
//! later input, and a cache makes a step of writing cheap. Then what the mask does and does not tell about the order (erratum
//! E15), and that training unmasks nothing step by step: one triangle serves all places at once (erratum E14). `--lang ko` for
//! Korean.
//!
//! ```text
//! cargo run --release -p jumok-transformer --example s19_hiding_the_future
//! ```

use std::error::Error;

use jumok_attention::Mask;
use jumok_nn::Ctx;
use jumok_tensor::{IntTensor, Tensor, no_grad};
use jumok_transformer::causal::{CausalBlock, CausalLanguageModel, CausalLanguageModelConfig};
use jumok_transformer::generation::GenerationOptions;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    a.to_vec().into_iter().zip(b.to_vec()).map(|(a, b)| f64::from((a - b).abs())).fold(0.0, f64::max)
}

/// Tokens whose keys and values were computed and pairs of tokens that were scored in a step, as the model recorded them.
fn work(ctx: &mut Ctx) -> [usize; 2] {
    let (mut tokens, mut pairs) = (0, 0);
    for record in ctx.take_records() {
        let shape = record.value.shape();
        match record.path.rsplit('.').next() {
            Some("key") => tokens += shape[2],
            Some("scores") => pairs += shape[2] * shape[3],
            _ => {}
        }
    }
    [tokens, pairs]
}

fn main() -> Result<(), Box<dyn Error>> {
    let korean = std::env::args().any(|argument| argument == "ko" || argument == "--lang=ko");
    let say = |english: &'static str, in_korean: &'static str| if korean { in_korean } else { english };
    let mut rng = ChaCha8Rng::seed_from_u64(19);
    let config = CausalLanguageModelConfig { initializer_range: 0.2, ..CausalLanguageModelConfig::tiny() };
    let model = CausalLanguageModel::new(&config, &mut rng)?;
    let text: Vec<i64> = (0..12).map(|n| (n * 7) % 65).collect();
    let ids = |text: &[i64]| IntTensor::from_vec(text.to_vec(), &[1, text.len()]);

    println!(
        "{}",
        say(
            "One masked pass over 12 tokens beside 12 steps, each over one token more; the largest difference:",
            "가린 계산 한 번과, 토큰을 하나씩 늘려 가는 열두 단계. 가장 큰 차이:"
        )
    );
    let at_once = model.forward(&ids(&text), &mut Ctx::eval()); //              [1, T, V]
    let mut past = model.empty_past();
    let steps = |step: &mut dyn FnMut(usize) -> Tensor| {
        let rows: Vec<Tensor> = (1..=text.len()).map(step).collect(); //        [1, 1, V] each
        largest_difference(&at_once, &Tensor::concat(&rows.iter().collect::<Vec<_>>(), 1))
    };
    let last = |x: Tensor, end: usize| x.narrow(1, end - 1, 1);
    let recomputed = steps(&mut |end| last(model.forward(&ids(&text[..end]), &mut Ctx::eval()), end));
    let cached =
        steps(&mut |end| no_grad(|| model.read(&ids(&text[end - 1..end]), &mut past, &mut Ctx::eval())).unsqueeze(1));
    let unmasked =
        steps(&mut |end| last(model.forward_masked(&ids(&text[..end]), &Mask::none(), &mut Ctx::eval()), end));
    println!("  {recomputed:.0e}  {}", say("everything so far computed again", "지금까지를 모두 다시 계산"));
    println!(
        "  {cached:.0e}  {}",
        say("only the new token, the past from the cache", "새 토큰만 계산하고 과거는 캐시에서")
    );
    println!(
        "  {unmasked:.0e}  {}",
        say("no mask inside the beginnings: another model", "첫머리 안에서는 가리지 않음: 다른 모델")
    );
    assert!(recomputed <= 1e-5 && cached <= 1e-5);
    assert!(unmasked > 1e-2, "in the second block a token would hear of later ones through the first");

    println!(
        "\n{}",
        say(
            "|∂ out_t / ∂ x_s|, out of one block, token t down, token s across:",
            "|∂ out_t / ∂ x_s|, 블록 하나, 세로는 토큰 t, 가로는 토큰 s:"
        )
    );
    let block = CausalBlock::new(&config, &mut rng);
    let x = Tensor::parameter(
        Tensor::from_vec((0..6 * 64).map(|i| ((i * 31) % 19) as f32 / 8.0 - 1.1).collect(), &[1, 6, 64])
            .array()
            .clone(),
    );
    let out = block.forward(&x, &Mask::causal(), None, None, &mut Ctx::eval()); // [1, T, D]
    for t in 0..6 {
        let gradient = out.narrow(1, t, 1).sum_all().backward().get(&x).expect("x is a parameter").to_vec();
        let sizes: Vec<f32> = gradient.chunks(64).map(|g| g.iter().map(|g| g * g).sum::<f32>().sqrt()).collect(); // [T]
        println!("  {}", sizes.iter().map(|size| format!("{size:5.2}")).collect::<Vec<_>>().join(" "));
        assert!(sizes[t + 1..].iter().all(|&size| size == 0.0), "a later token has a say");
        assert!(sizes[..=t].iter().all(|&size| size > 0.0), "an earlier one has none");
    }

    println!(
        "\n{}",
        say(
            "What a step of writing computes (tokens projected, pairs scored), counted:",
            "쓰기 한 단계의 계산량을 센 것 (투영한 토큰, 점수를 낸 쌍):"
        )
    );
    println!("{}", say("  token    with cache       without", "  토큰     캐시 있음        없음"));
    let count = |use_cache: bool| -> Vec<[usize; 2]> {
        let options = GenerationOptions { max_new_tokens: 31, use_cache, ..GenerationOptions::default() };
        let mut generation = model.generate(&[3], &options).expect("a token of the vocabulary");
        let mut ctx = Ctx::eval().recording();
        std::iter::from_fn(|| generation.next_in(&mut ctx).map(|_| work(&mut ctx))).collect()
    };
    let (with, without) = (count(true), count(false));
    for n in [1, 2, 4, 8, 16, 31] {
        let ([a, b], [c, d]) = (with[n - 1], without[n - 1]);
        println!("  {n:>5}    {a:>3} {b:>6}      {c:>3} {d:>6}");
        // Two blocks: one token and n pairs each, beside n tokens and n² pairs.
        assert_eq!(([a, b], [c, d]), ([2, 2 * n], [2 * n, 2 * n * n]));
    }

    println!(
        "\n{}",
        say(
            "Does the order of the earlier tokens matter to the last? Its change when they are shuffled:",
            "앞선 토큰들의 순서가 마지막 토큰에 영향을 줄까요? 순서를 섞었을 때의 변화:"
        )
    );
    let order = IntTensor::from_vec(vec![3, 0, 4, 1, 2, 5], &[6]);
    let shuffled = x.index_select(1, &order);
    let second = CausalBlock::new(&config, &mut rng);
    let change = |mask: &Mask, blocks: &[&CausalBlock]| {
        let run = |x: &Tensor| {
            let through = |x: Tensor, block: &&CausalBlock| block.forward(&x, mask, None, None, &mut Ctx::eval());
            blocks.iter().fold(x.clone(), through).narrow(1, 5, 1)
        };
        largest_difference(&run(&x), &run(&shuffled))
    };
    let rows = [
        (change(&Mask::none(), &[&block, &second]), say("no mask, two blocks", "가림 없음, 블록 둘")),
        (change(&Mask::causal(), &[&block]), say("mask, one block", "가림, 블록 하나")),
        (
            change(&Mask::causal(), &[&block, &second]),
            say("mask, two blocks: it leaks a little", "가림, 블록 둘: 조금 새어 나옴"),
        ),
    ];
    for (change, what) in rows {
        println!("  {change:.0e}  {what}");
    }
    assert!(rows[0].0 < 1e-4 && rows[1].0 < 1e-4 && rows[2].0 > 1e-2, "{rows:?}");
    Ok(())
}
