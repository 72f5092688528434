//! The lessons, one a file.

pub mod s03;
pub mod s04;
pub mod s05;
pub mod s06;
pub mod s07;
pub mod s08;
pub mod s09;
pub mod s10;
pub mod s11;
pub mod s12;
pub mod s13;
pub mod s14;
pub mod s15;
pub mod s16;
pub mod s17;
pub mod s18;
pub mod s19;
pub mod s20;
pub mod s21;
pub mod s25;
pub mod s26;
pub mod s27;
pub mod s28;
pub mod s29;
pub mod s30;
pub mod s31;
pub mod s32;
pub mod s33;
pub mod s34;
pub mod s35;
pub mod s36;
pub mod s37;
pub mod s38;
mod sequences;
mod small_bert;
mod stories;
mod topics;

use jumok_tensor::{Array, Elem, Tensor};
use jumok_training::Text;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// The words of a lesson whose user gave none.
const WORDS: Text = Text { en: "the cat drinks warm milk", ko: "고양이가 따뜻한 우유를 천천히 마신다" };

/// A leaf of random numbers in −1 … 1 with one decimal, so that sums can be checked on paper: `[rows, columns]`.
fn vectors(rows: usize, columns: usize, rng: &mut ChaCha8Rng) -> Tensor {
    let numbers = (0..rows * columns).map(|_| Elem::from(rng.random_range(-10i8..=10)) / 10.0).collect();
    Tensor::parameter(Array::from_vec(numbers, &[rows, columns]))
}

/// `a·x + b·y + …` written out, with so many decimals for the weights and one for the values.
fn written_out(weights: &[Elem], decimals: usize, values: &[Elem]) -> String {
    let terms = weights.iter().zip(values).map(|(w, v)| format!("{}·{}", in_sum(*w, decimals), in_sum(*v, 1)));
    terms.collect::<Vec<_>>().join(" + ")
}

/// A number as it stands in a sum: a negative one in parentheses.
fn in_sum(x: Elem, decimals: usize) -> String {
    let number = format!("{x:.decimals$}");
    if number.starts_with('-') { format!("({number})") } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_numbers_of_a_sum_stand_in_parentheses() {
        assert_eq!(written_out(&[0.25, -0.5], 2, &[-0.3, 0.6]), "0.25·(-0.3) + (-0.50)·0.6");
    }
}
