//! Slide S15 (5 minutes): what self-attention learns, beside what a recurrent network learns.
//!
//! Prints every parameter of a recurrent layer and of a layer of self-attention with its shape, as the live modules list them,
//! at a width of 8 and at the paper's 512. Where the slide simplifies (erratum E10): beside W_Q, W_K and W_V there is W_O, which
//! mixes what the heads bring home, and there are biases.
//!
//! `cargo run --release -p jumok-seq2seq --example s15_parameters [-- --lang ko]`

use jumok_attention::{MultiHeadAttention, MultiHeadConfig};
use jumok_nn::{Linear, Module, keyed_rng};
use jumok_seq2seq::{Cell, CellKind};
use jumok_viz::{Align, Table, TerminalStyle};

mod common;
use common::korean;

/// The modules of a layer by their names.
type Parts<'a> = &'a [(&'a str, &'a dyn Module)];

fn main() {
    let korean = korean("s15_parameters");
    let say = |en: &'static str, ko: &'static str| if korean { ko } else { en };
    let rng = &mut keyed_rng([15]);
    for (width, heads) in [(8, 2), (512, 8)] {
        let cell = Cell::new(CellKind::RnnTanh, width, width, true, rng); //  W_x, W_h
        let readout = Linear::new(width, width, rng); //                      W_y
        let attention = MultiHeadAttention::new(&MultiHeadConfig::new(width, heads), rng);
        let layers: [(&str, Parts); 2] = [
            (say("recurrent layer", "순환 층"), &[("cell.", &cell), ("readout.", &readout)]),
            (say("self-attention", "셀프 어텐션"), &[("", &attention)]),
        ];
        println!("{}", say("Width", "폭").to_owned() + &format!(" {width}"));
        let columns =
            [say("layer", "층"), say("parameter", "매개변수"), say("shape", "모양"), say("numbers", "수의 개수")];
        let mut table = Table::new(columns).align([Align::Left, Align::Left, Align::Left, Align::Right]);
        let mut totals = vec![];
        for (layer, modules) in layers {
            let mut total = 0;
            for (prefix, module) in modules {
                for (name, parameter) in module.named_parameters() {
                    let shape = format!("{:?}", parameter.shape());
                    table.row([layer, &format!("{prefix}{name}"), &shape, &parameter.len().to_string()]);
                    total += parameter.len();
                }
            }
            table.row([layer, say("together", "합계"), "", &total.to_string()]);
            totals.push(total);
        }
        println!("{}", table.to_terminal(&TerminalStyle::detect()));
        assert_eq!(totals, [3 * (width * width + width), 4 * (width * width + width)], "three matrices against four");
    }
}
