//! S22, 5 minutes. The family tree of language models: three branches, and how they grew.
//!
//! Prints how many models each branch of the file of facts got in each year, what share of them has weights that can be had,
//! and the open descendants of GPT-3. Where the slide simplifies: the branch of encoder and decoder did not end with T5
//! (erratum E33), and weights that can be had are not the same as an open-source licence (erratum E40).
//!
//! ```text
//! cargo run --release -p jumok-lecture --example s22_lineage -- --lang ko
//! ```

mod common;

use std::error::Error;

use common::{language_from_args, text};
use jumok_lecture::lineage::{Access, Branch, Filter, Lineage, Model};
use jumok_viz::{Align, Table, TerminalStyle};

fn main() -> Result<(), Box<dyn Error>> {
    let (language, style) = (language_from_args()?, TerminalStyle::detect());
    let all = Lineage::built_in();
    println!("{}", text("New models of each branch in each year:", "해마다 갈래별로 나온 모델 수:").get(language));
    let branches = [Branch::EncoderOnly, Branch::EncoderDecoder, Branch::DecoderOnly];
    let heading = [text("year", "해")].into_iter().chain(branches.map(Branch::title)).chain([text("open", "공개")]);
    let mut table = Table::new(heading.map(|text| text.get(language))).align([Align::Right; 5]);
    let mut leaders = vec![];
    for year in 2018..=2024 {
        let of_year: Vec<&Model> = all.models().iter().filter(|model| model.date.year == year).collect();
        let count = |branch: Branch| of_year.iter().filter(|model| model.branch == branch).count();
        let open = of_year.iter().filter(|model| model.access == Access::Open).count();
        let counts = branches.map(count);
        leaders.push((year, counts));
        let cells = counts.map(|count| count.to_string());
        table.row([year.to_string()].into_iter().chain(cells).chain([format!("{open} / {}", of_year.len())]));
    }
    println!("{}", table.to_terminal(&style));

    // The encoders led in 2019, the decoders ever since 2021.
    for (year, [encoders, _, decoders]) in leaders {
        assert!(year != 2019 || encoders > decoders);
        assert!(year < 2021 || decoders > encoders);
    }

    println!("{}", text("Decoders whose weights can be had:", "가중치를 받을 수 있는 디코더:").get(language));
    let filter = Filter { branch: Some(Branch::DecoderOnly), open: true, ..Filter::default() };
    print!("{}", all.filtered(&filter).to_terminal(language, &style));
    Ok(())
}
