//! How numbers are written, and which of them an axis shows.

/// How the numbers of one matrix are written: all in the same way, so that they can be compared at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Format {
    decimals: usize,
    scientific: bool,
}

impl Format {
    /// `decimals` after the point; scientific if the largest magnitude needs it, because it would be very long or would
    /// show no digit but zeros.
    pub(crate) fn new(decimals: usize, largest: f64) -> Format {
        let smallest_shown = 0.1_f64.powi(decimals.min(300) as i32);
        Format { decimals, scientific: largest >= 1e6 || largest > 0.0 && largest < smallest_shown }
    }

    /// The special values are `NaN`, `∞` and `−∞`.
    pub(crate) fn write(self, value: f64) -> String {
        if value.is_nan() {
            "NaN".to_owned()
        } else if value.is_infinite() {
            if value > 0.0 { "∞" } else { "−∞" }.to_owned()
        } else if self.scientific {
            format!("{value:.*e}", self.decimals)
        } else {
            fixed(value, self.decimals)
        }
    }
}

fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    // "-0.00" only says how the rounding went.
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|b| b == b'0' || b == b'.') => digits.to_owned(),
        _ => text,
    }
}

/// A tick of an axis: where it is and what is written there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// About `count` ticks at multiples of 1, 2 or 5 times a power of ten inside `low..=high`.
pub(crate) fn ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let rough = (high - low) / count.max(1) as f64;
    if !(rough > 0.0 && rough.is_finite()) {
        return vec![Tick { value: low, label: brief(low) }];
    }
    let power = 10_f64.powf(rough.log10().floor());
    let first_fit = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= rough * (1.0 - 1e-9)).unwrap_or(10.0);
    // A coarse step may have a single multiple in the range, or none; two are needed to read an axis.
    let finer = [1.0, 0.5, 0.2, 0.1].map(|part| part * first_fit * power);
    // A tick that rounding has pushed a trifle outside still belongs to the axis.
    let ends = |step: f64| ((low / step - 1e-6).ceil(), (high / step + 1e-6).floor());
    let has_two = |step: &f64| ends(*step).1 - ends(*step).0 >= 1.0;
    let step = finer.into_iter().find(has_two).unwrap_or(finer[3]);
    // A half of 5 is 2.5, which needs one decimal more than its size tells.
    let decimals = (0..17).find(|&d| ((step * 10_f64.powi(d)).round() / 10_f64.powi(d) - step).abs() < step * 1e-6);
    let (first, last) = ends(step);
    (0..=(last - first).max(0.0) as usize)
        .map(|n| {
            let value = (first + n as f64) * step;
            Tick { value, label: plain(value, decimals.unwrap_or(17) as usize) }
        })
        .collect()
}

/// Ticks for a logarithmic axis: powers of ten, with 2 and 5 between them where there are few.
pub(crate) fn log_ticks(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let inside = |multiples: &[f64], every: usize| -> Vec<Tick> {
        (first..=last)
            .step_by(every)
            .flat_map(|power| multiples.iter().map(move |m| (m, power)))
            .map(|(m, power)| Tick {
                value: m * 10_f64.powi(power),
                label: plain(m * 10_f64.powi(power), (-power).max(0) as usize),
            })
            .filter(|tick| tick.value >= low * (1.0 - 1e-9) && tick.value <= high * (1.0 + 1e-9))
            .collect()
    };
    let decades = inside(&[1.0], 1);
    if decades.len() > count {
        return inside(&[1.0], decades.len().div_ceil(count));
    }
    if decades.len() >= 4 {
        return decades;
    }
    let finer = inside(&[1.0, 2.0, 5.0], 1);
    if finer.len() >= 3 { finer } else { ticks(low, high, count) }
}

/// A single number in few characters: up to six decimals, none that say nothing.
pub(crate) fn brief(value: f64) -> String {
    let text = plain(value, 6);
    if text.contains('.') && !text.contains('e') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// A number as an axis shows it: with separated thousands, or as a power of ten where that is shorter.
fn plain(value: f64, decimals: usize) -> String {
    let magnitude = value.abs();
    if magnitude == 0.0 && decimals > 4 {
        return "0".to_owned();
    }
    if magnitude >= 1e7 || magnitude != 0.0 && magnitude < 1e-4 {
        let text = format!("{value:.2e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", mantissa.trim_end_matches('0').trim_end_matches('.'));
    }
    let text = fixed(value, decimals);
    let (whole, fraction) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("−", digits));
    let mut grouped = String::from(sign);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn labels(ticks: Vec<Tick>) -> Vec<String> {
        ticks.into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn numbers_of_a_matrix() {
        let write = |decimals, largest, value| Format::new(decimals, largest).write(value);
        assert_eq!(write(2, 1.0, 0.126), "0.13");
        assert_eq!(write(2, 1.0, -0.001), "0.00");
        assert_eq!(write(0, 1.0, -0.5), "0");
        assert_eq!(write(1, 2.0, -1.5), "-1.5");
        assert_eq!(write(2, 1.5e7, 1.5e7), "1.50e7");
        assert_eq!(write(1, 3e-5, 2.5e-5), "2.5e-5");
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|v| write(2, 1.0, v)), ["NaN", "∞", "−∞"]);
    }

    #[test]
    fn linear_ticks() {
        assert_eq!(labels(ticks(0.0, 1.0, 5)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(ticks(0.0, 12000.0, 4)), ["0", "5,000", "10,000"]);
        assert_eq!(labels(ticks(-0.3, 0.3, 3)), ["−0.2", "0.0", "0.2"]);
        assert_eq!(labels(ticks(0.0, 3e-5, 3)), ["0", "1e-5", "2e-5", "3e-5"]);
        assert_eq!(labels(ticks(2.0, 2.0, 3)), ["2"]);
    }

    #[test]
    fn brief_numbers() {
        let numbers = [0.0, 0.5, -2.0, 1234.5, 1e300, 1.5e-9, 1.0 / 3.0];
        assert_eq!(numbers.map(brief), ["0", "0.5", "−2", "1,234.5", "1e300", "1.5e-9", "0.333333"]);
    }

    #[test]
    fn logarithmic_ticks() {
        assert_eq!(labels(log_ticks(1.0, 1000.0, 6)), ["1", "10", "100", "1,000"]);
        assert_eq!(labels(log_ticks(0.1, 4.0, 6)), ["0.1", "0.2", "0.5", "1", "2"]);
        assert_eq!(labels(log_ticks(1.0, 1e12, 5)), ["1", "1,000", "1,000,000", "1e9", "1e12"]);
        assert!(log_ticks(3.0, 4.0, 5).len() >= 3);
    }

    proptest! {
        #[test]
        fn ticks_lie_inside_and_are_few(low in -1e6..1e6f64, span in 1e-6..1e6f64, count in 2usize..9) {
            let high = low + span;
            let ticks = ticks(low, high, count);
            prop_assert!((2..=count + 3).contains(&ticks.len()), "{ticks:?}");
            for tick in ticks {
                prop_assert!(tick.value >= low - span * 1e-3 && tick.value <= high + span * 1e-3);
            }
        }

        #[test]
        fn log_ticks_lie_inside_and_are_few(low in -8.0..8.0f64, span in 0.05..12.0f64, count in 4usize..9) {
            let (low, high) = (10_f64.powf(low), 10_f64.powf(low + span));
            let ticks = log_ticks(low, high, count);
            prop_assert!(!ticks.is_empty() && ticks.len() <= count.max(12) + 1);
            for tick in ticks {
                prop_assert!(tick.value >= low * 0.999 && tick.value <= high * 1.001);
            }
        }
    }
}
