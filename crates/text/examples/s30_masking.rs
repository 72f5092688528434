//! S30 (a second): masked words, a million of them. Which tokens of a stretch of 128 are chosen and what becomes of them, beside
//! what the paper says; then the slide's sentences, of which one word is chosen and not a window of three (errata E21 and E22).
//! `--lang ko` for Korean.
//!
//! ```text
//! cargo run --release -p jumok-text --example s30_masking
//! ```

use std::error::Error;

use jumok_text::pretraining::{apply_masking, sample_masking, whole_word_groups};
use jumok_text::{MaskAction, MaskingOptions, SpecialTokens};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

const SPECIAL: SpecialTokens = SpecialTokens { pad: 0, unk: 1, cls: 2, sep: 3, mask: 4 };
/// `[CLS]`, 126 ordinary tokens, `[SEP]`.
const LENGTH: usize = 128;
const CANDIDATES: usize = 1_000_000;

/// Whether a share lies within five standard deviations of the one that is due.
fn near(part: usize, whole: usize, due: f64) -> bool {
    (part as f64 / whole as f64 - due).abs() < 5.0 * (due * (1.0 - due) / whole as f64).sqrt()
}

fn main() -> Result<(), Box<dyn Error>> {
    let korean = std::env::args().any(|argument| argument == "ko" || argument == "--lang=ko");
    let say = |english: &'static str, in_korean: &'static str| if korean { in_korean } else { english };
    let options = MaskingOptions::default();
    let ordinary: Vec<i64> = (5..2000).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(30);

    let mut ids: Vec<i64> = ordinary.iter().copied().take(LENGTH).collect();
    (ids[0], ids[LENGTH - 1]) = (SPECIAL.cls, SPECIAL.sep);
    let groups = whole_word_groups(&ids, |id| SPECIAL.contains(id), |_| false);
    let sequences = CANDIDATES / groups.len();
    let (mut special, mut masked, mut random, mut kept) = (0, 0, 0, 0);
    for _ in 0..sequences {
        for decision in sample_masking(&groups, &options, &ordinary, &mut rng) {
            special += usize::from(SPECIAL.contains(ids[decision.position]));
            match decision.action {
                MaskAction::Mask => masked += 1,
                MaskAction::Random(_) => random += 1,
                MaskAction::Keep => kept += 1,
            }
        }
    }
    let (candidates, chosen) = (sequences * groups.len(), masked + random + kept);
    println!("{}", say("Of ordinary tokens in rows of 128:", "128개짜리 줄의 보통 토큰 가운데:"));
    let row = |what: &str, part: usize, whole: usize| {
        println!("  {part:>7} / {whole:>7}  {:>6.2} %  {what}", 100.0 * part as f64 / whole as f64);
    };
    row(say("chosen", "고른 것"), chosen, candidates);
    row(say("of those: [MASK]", "그 가운데 [MASK]"), masked, chosen);
    row(say("of those: a random token", "그 가운데 무작위 토큰"), random, chosen);
    row(say("of those: kept", "그 가운데 그대로 둔 것"), kept, chosen);
    row(say("special tokens among the chosen", "고른 것 가운데 특수 토큰"), special, chosen);
    assert_eq!((chosen, special), (sequences * options.count(groups.len()), 0));
    assert!(near(masked, chosen, 0.8) && near(random, chosen, 0.1) && near(kept, chosen, 0.1));

    println!("\n{}", say("The slide's sentences, three draws each:", "슬라이드의 문장, 세 번씩:"));
    for sentence in ["I am eating an ice cream", "The boy is drinking milk"] {
        let words: Vec<&str> = sentence.split(' ').collect();
        let ids: Vec<i64> = [vec![SPECIAL.cls], (5..5 + words.len() as i64).collect(), vec![SPECIAL.sep]].concat();
        let groups = whole_word_groups(&ids, |id| SPECIAL.contains(id), |_| false);
        for _ in 0..3 {
            let decisions = sample_masking(&groups, &options, &ordinary[..words.len()], &mut rng);
            assert_eq!(decisions.len(), 1, "max(1, round(0.15·n)) of a short sentence");
            let masked = apply_masking(&ids, &decisions, SPECIAL.mask);
            let written: Vec<&str> = masked.input_ids[1..=words.len()]
                .iter()
                .map(|&id| if id == SPECIAL.mask { "[MASK]" } else { words[id as usize - 5] })
                .collect();
            println!("  {}  ({})", written.join(" "), words[decisions[0].position - 1]);
        }
    }
    Ok(())
}
