//! Ten stories of the built-in corpus, and how large it is.
//!
//! ```text
//! cargo run --release -p jumok-text --example toy_stories -- ko
//! ```

use jumok_text::{Language, TextError, ToyOptions, toy_corpus};

fn main() -> Result<(), TextError> {
    let language: Language = std::env::args().nth(1).as_deref().unwrap_or("en").parse()?;
    let toy = toy_corpus(&ToyOptions::new(language))?;
    for story in &toy.training.documents[..10] {
        println!("{}\n", story.join("\n"));
    }
    for (name, part) in [("training", &toy.training), ("held out", &toy.held_out)] {
        println!("{name}: {} stories, {} sentences", part.documents.len(), part.sentence_count());
    }
    Ok(())
}
