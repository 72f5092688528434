//! The lessons, one a file.

pub mod s04;
pub mod s05;
pub mod s06;
pub mod s07;
pub mod s08;
pub mod s09;
pub mod s11;
pub mod s12;

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

/// `a·x + b·y + …` written out, with two decimals.
fn written_out(weights: &[Elem], values: &[Elem]) -> String {
    let terms: Vec<String> = weights
        .iter()
        .zip(values)
        .map(|(w, v)| if *v < 0.0 { format!("{w:.2}·({v:.1})") } else { format!("{w:.2}·{v:.1}") })
        .collect();
    terms.join(" + ")
}
