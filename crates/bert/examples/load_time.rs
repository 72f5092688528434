//! Writes a random model of BERT-base's shape (440 MB) into a temporary folder, loads it three times and prints the seconds.
//!
//! cargo run --release --example load_time -p jumok-bert

use std::error::Error;
use std::time::Instant;

use jumok_bert::{BertConfig, BertForMaskedLM, HeadedModel, MissingParts};
use jumok_nn::Module;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let config = BertConfig::base();
    BertForMaskedLM::new(&config, 0)?.save(&config, folder.path())?;
    for _ in 0..3 {
        let start = Instant::now();
        let loaded = BertForMaskedLM::load(folder.path(), MissingParts::Refuse)?;
        println!("{} parameters in {:.3} s", loaded.model.parameter_count(), start.elapsed().as_secs_f64());
    }
    Ok(())
}
