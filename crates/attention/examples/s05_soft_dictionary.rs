//! S05, 5 minutes. Key, value and query: from a dictionary to attention.
//!
//! Prints what a dictionary answers and what attention answers, from temperature 0.01 (the dictionary's value) to infinite
//! (the mean of all values). Where the slide simplifies (erratum E4): a dictionary gives one hit or none; attention mixes.
//!
//! ```text
//! cargo run --release -p jumok-attention --example s05_soft_dictionary -- --lang ko
//! ```

mod common;

use std::collections::HashMap;
use std::error::Error;

use common::{Lang, line};
use jumok_attention::SoftDictionary;
use jumok_tensor::Tensor;

/// The direction of this many degrees: a key of length 1.
fn key(degrees: f32) -> [f32; 2] {
    [degrees.to_radians().cos(), degrees.to_radians().sin()]
}

fn main() -> Result<(), Box<dyn Error>> {
    let lang = Lang::from_args()?;
    // How sweet is it? Keys that mean similar things point in similar directions.
    let fruit = [("apple", "사과", 0.0, 6.0), ("pear", "배", 25.0, 7.0), ("lemon", "레몬", 120.0, 1.0)];
    let words: HashMap<&str, f32> = fruit.iter().map(|&(en, ko, _, sweet)| (lang.pick(en, ko), sweet)).collect();
    let (apple, quince) = (lang.pick("apple", "사과"), lang.pick("quince", "모과"));
    println!("{}", lang.pick("A dictionary: the key is there, or it is not.", "사전: 키가 있거나, 없습니다."));
    println!("  words[{apple:?}] = {:?}\n  words[{quince:?}] = {:?}", words.get(apple), words.get(quince));

    let keys = fruit.iter().flat_map(|&(_, _, degrees, _)| key(degrees)).collect();
    let sweetness: Vec<f32> = fruit.iter().map(|&(_, _, _, sweet)| sweet).collect();
    let mean = sweetness.iter().sum::<f32>() / 3.0;
    let dictionary = SoftDictionary::new(Tensor::from_vec(keys, &[3, 2]), Tensor::from_vec(sweetness.clone(), &[3, 1]));
    for (name, degrees) in [(apple, 0.0), (quince, 40.0)] {
        let title = lang.pick("Attention, the query is", "어텐션, 쿼리는");
        println!("\n{title} {name:?}: exact {:?}", dictionary.exact(&key(degrees)));
        let query = Tensor::from_vec(key(degrees).to_vec(), &[1, 2]); //  [1, d]
        for temperature in [0.01, 0.1, 1.0, 10.0, f64::INFINITY] {
            let weights = dictionary.weights(&query, temperature); //     [1, n]
            let answer = dictionary.soft(&query, temperature); //         [1, d_v]
            println!("  T = {temperature:>4}  α = {}  value = {:.4}", line(weights.tensor()), answer.tensor().item());
        }
    }

    let query = Tensor::from_vec(key(0.0).to_vec(), &[1, 2]);
    let distance = |temperature: f64, expected: f32| {
        (dictionary.soft(&query, temperature).tensor().item() - f64::from(expected)).abs()
    };
    let (to_value, to_mean) = (distance(1e-3, sweetness[0]), distance(f64::INFINITY, mean));
    println!("\n|T → 0 − words[{apple:?}]| = {to_value:.0e}");
    println!("|T → ∞ − {}| = {to_mean:.0e}", lang.pick("mean", "평균"));
    assert!(to_value < 1e-6 && to_mean < 1e-6, "the two limits of attention");
    Ok(())
}
