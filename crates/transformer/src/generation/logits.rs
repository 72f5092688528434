//! What is done to the logits of a step before a token is chosen, in the order of Hugging Face's `generate`: repetition penalty,
//! temperature, top-k, top-p. A token that may not be chosen has the logit −∞.

/// ln Σ e^x would overflow without the largest taken out first.
fn largest(logits: &[f64]) -> f64 {
    logits.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}

/// softmax(x)_i = e^(x_i) / Σ_j e^(x_j); zeros where every logit is −∞.
pub fn probabilities(logits: &[f64]) -> Vec<f64> {
    let max = largest(logits);
    if max == f64::NEG_INFINITY {
        return vec![0.0; logits.len()];
    }
    let exponentials: Vec<f64> = logits.iter().map(|x| (x - max).exp()).collect();
    let total: f64 = exponentials.iter().sum();
    exponentials.into_iter().map(|x| x / total).collect()
}

/// x → x/θ if x > 0, x·θ if not, for every token that the text already has (Keskar et al. 2019, CTRL, section 4.1): θ > 1 makes it
/// rarer. A token counts once, however often it occurs.
pub fn repetition_penalty(logits: &mut [f64], text: &[i64], penalty: f64) {
    let mut seen = vec![false; logits.len()];
    for &token in text {
        let token = token as usize;
        if !std::mem::replace(&mut seen[token], true) {
            let x = &mut logits[token];
            *x = if *x < 0.0 { *x * penalty } else { *x / penalty };
        }
    }
}

/// x → x/T: below 1 the likely tokens become likelier still, above 1 all become more alike.
pub fn temperature(logits: &mut [f64], temperature: f64) {
    logits.iter_mut().for_each(|x| *x /= temperature);
}

/// Only the k largest may be chosen (Fan et al. 2018), and what equals the k-th.
pub fn top_k(logits: &mut [f64], k: usize) {
    if k >= logits.len() {
        return;
    }
    let mut sorted = logits.to_vec();
    let (_, &mut smallest, _) = sorted.select_nth_unstable_by(k.max(1) - 1, |a, b| b.total_cmp(a));
    logits.iter_mut().filter(|x| **x < smallest).for_each(|x| *x = f64::NEG_INFINITY);
}

/// Only the fewest likeliest tokens whose probabilities add up to at least p may be chosen (Holtzman et al. 2019): many where the
/// model is unsure, one where it is not. The likeliest always may. Of equally likely ones the first counts as the likelier.
pub fn top_p(logits: &mut [f64], p: f64) {
    if p >= 1.0 {
        return;
    }
    let probabilities = probabilities(logits);
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
    let mut before = 0.0;
    for (rank, token) in order.into_iter().enumerate() {
        if rank > 0 && before >= p {
            logits[token] = f64::NEG_INFINITY;
        }
        before += probabilities[token];
    }
}

/// The likeliest token, the first of equals.
pub fn argmax(logits: &[f64]) -> usize {
    (0..logits.len()).rev().max_by(|&a, &b| logits[a].total_cmp(&logits[b])).unwrap_or(0)
}

/// The token in whose part of the line from 0 to 1 `point` lies, where each token has a part as long as its probability, in the order
/// of their numbers.
pub fn pick(logits: &[f64], point: f64) -> usize {
    let probabilities = probabilities(logits);
    let mut end = 0.0;
    let mut last = 0;
    for (token, p) in probabilities.iter().enumerate().filter(|(_, p)| **p > 0.0) {
        end += p;
        last = token;
        if point < end {
            return token;
        }
    }
    // Rounding may leave the sum a little below 1.
    last
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const OUT: f64 = f64::NEG_INFINITY;

    fn changed(logits: &[f64], f: impl FnOnce(&mut [f64])) -> Vec<f64> {
        let mut logits = logits.to_vec();
        f(&mut logits);
        logits
    }

    #[test]
    fn each_rule_by_hand() {
        let x = [2.0, -1.0, 0.5, 0.0];
        assert_eq!(changed(&x, |x| repetition_penalty(x, &[1, 0, 1, 3], 2.0)), [1.0, -2.0, 0.5, 0.0]);
        assert_eq!(changed(&x, |x| temperature(x, 0.5)), [4.0, -2.0, 1.0, 0.0]);
        assert_eq!(changed(&x, |x| top_k(x, 2)), [2.0, OUT, 0.5, OUT]);
        assert_eq!(changed(&[1.0, 3.0, 1.0, 0.0], |x| top_k(x, 2)), [1.0, 3.0, 1.0, OUT], "what equals the k-th stays");
        // Probabilities 0.1, 0.4, 0.2, 0.3 sorted: 0.4, 0.7, 0.9, 1.0.
        let p = [0.1f64, 0.4, 0.2, 0.3].map(f64::ln);
        assert_eq!(changed(&p, |x| top_p(x, 0.6)), [OUT, p[1], OUT, p[3]]);
        assert_eq!(changed(&p, |x| top_p(x, 0.75)), [OUT, p[1], p[2], p[3]]);
        assert_eq!(changed(&p, |x| top_p(x, 0.1)), [OUT, p[1], OUT, OUT]);
        assert_eq!(argmax(&[0.0, 3.0, 3.0]), 1);
        for (point, token) in [(0.0, 0), (0.09, 0), (0.11, 1), (0.49, 1), (0.51, 2), (0.71, 3), (0.999_999, 3)] {
            assert_eq!(pick(&p, point), token, "{point}");
        }
        assert_eq!(pick(&[OUT, 0.0, OUT], 0.999_999), 1);
    }

    #[test]
    fn the_order_is_that_of_hugging_face() {
        // Temperature before top-p: sharper probabilities leave fewer tokens.
        let x = [1.0, 0.9, 0.0];
        let sharp = changed(&x, |x| {
            temperature(x, 0.05);
            top_p(x, 0.8);
        });
        assert_eq!(sharp, [20.0, OUT, OUT]);
        assert_eq!(changed(&x, |x| top_p(x, 0.8)), [1.0, 0.9, OUT]);
    }

    proptest! {
        #[test]
        fn top_1_is_greedy(x in prop::collection::vec(-9.0f64..9.0, 1..40), point in 0.0f64..1.0) {
            prop_assert_eq!(pick(&changed(&x, |x| top_k(x, 1)), point), argmax(&x));
        }

        #[test]
        fn nothing_changes_at_the_neutral_values(x in prop::collection::vec(-9.0f64..9.0, 1..40), text in prop::collection::vec(0i64..1, 0..5)) {
            prop_assert_eq!(&changed(&x, |x| top_p(x, 1.0)), &x);
            prop_assert_eq!(&changed(&x, |x| top_k(x, x.len())), &x);
            prop_assert_eq!(&changed(&x, |x| temperature(x, 1.0)), &x);
            prop_assert_eq!(&changed(&x, |x| repetition_penalty(x, &text, 1.0)), &x);
        }

        #[test]
        fn what_remains_has_the_asked_for_probability_and_not_more_tokens_than_needed(
            x in prop::collection::vec(-5.0f64..5.0, 1..40),
            p in 0.01f64..1.0,
        ) {
            let before = probabilities(&x);
            let kept: Vec<f64> =
                changed(&x, |x| top_p(x, p)).iter().zip(before).filter(|(x, _)| **x != OUT).map(|(_, p)| p).collect();
            let total: f64 = kept.iter().sum();
            let smallest = kept.iter().copied().fold(f64::INFINITY, f64::min);
            prop_assert!(total >= p - 1e-12);
            prop_assert!(kept.len() == 1 || total - smallest < p + 1e-12);
        }
    }
}
